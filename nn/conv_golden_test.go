package nn_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// A convCase is a layer of testdata/torch/nn_conv.py: its results, or the digests of its initial values.
type convCase struct {
	Name    string
	In, Out int
	Kernel  []int
	Attrs   attrs

	Inputs        []packed
	Weights       packed
	Output        packed
	First, Second []packed
	DType         string
	Keys, Digests []string
	Next          float64
}

func (c convCase) ints(k string) (list []int) {
	values, _ := c.Attrs[k].([]any)
	for _, v := range values {
		list = append(list, int(v.(float64)))
	}
	return list
}

// layer returns the layer, drawn from g.
func (c convCase) layer(t *testing.T, g *rng.Torch) nn.Module {
	modes := []string{"zeros", "reflect", "replicate", "circular"}
	mode := 0
	if name, ok := c.Attrs["padding_mode"].(string); ok {
		mode = slices.Index(modes, name)
	}
	config := nn.ConvConfig{Stride: c.ints("stride"), Padding: c.ints("padding"), Same: c.Attrs["padding"] == "same",
		Dilation:    c.ints("dilation"),
		PaddingMode: nn.PaddingMode(mode), Groups: int(c.Attrs.float("groups")), NoBias: c.Attrs["bias"] == false, DType: dtypes[c.DType]}
	back := nn.ConvTransposeConfig{Stride: config.Stride, Padding: config.Padding,
		OutputPadding: c.ints("output_padding"), Dilation: config.Dilation,
		Groups: config.Groups, NoBias: config.NoBias, DType: config.DType}
	switch c.Name {
	case "Conv1d":
		return nn.Conv1dConfig(config).New(g, c.In, c.Out, c.Kernel[0])
	case "Conv2d":
		return nn.Conv2dConfig(config).New(g, c.In, c.Out, c.Kernel...)
	case "Conv3d":
		return nn.Conv3dConfig(config).New(g, c.In, c.Out, c.Kernel...)
	case "ConvTranspose1d":
		return nn.ConvTranspose1dConfig(back).New(g, c.In, c.Out, c.Kernel[0])
	case "ConvTranspose2d":
		return nn.ConvTranspose2dConfig(back).New(g, c.In, c.Out, c.Kernel...)
	case "ConvTranspose3d":
		return nn.ConvTranspose3dConfig(back).New(g, c.In, c.Out, c.Kernel...)
	}
	t.Fatalf("no layer %q", c.Name)
	return nil
}

// TestConvGolden compares layers with every setting with PyTorch's, with their gradients and second derivatives.
func TestConvGolden(t *testing.T) {
	var file struct{ Layers, Init []convCase }
	golden(t, "conv", &file)
	for dev, d := range devices {
		for _, c := range file.Layers {
			c.DType = c.Output.DType
			t.Run(fmt.Sprint(dev, "/", c.DType, "/", c.Name, c.Attrs), func(t *testing.T) { c.run(t, d) })
		}
	}
	for _, c := range file.Init {
		g := rng.NewTorch(31)
		l := c.layer(t, g)
		var keys []string
		for i, p := range nn.NamedParameters(l) {
			keys = append(keys, p.Name)
			if digest(p.Tensor) != c.Digests[i] {
				t.Errorf("%s %s: the initial %s is not PyTorch's", c.DType, l, p.Name)
			}
		}
		if next := (tensor.Options{}).Rand(g).Item(); !slices.Equal(keys, c.Keys) || next != c.Next {
			t.Errorf("%s %s: keys %v, then %v; want %v, then %v", c.DType, l, keys, next, c.Keys, c.Next)
		}
	}
}

func (c convCase) run(t *testing.T, d tensor.Device) {
	l := c.layer(t, rng.NewTorch(1))
	nn.To(l, d)
	x := c.Inputs[0].on(d).SetRequiresGrad(true)
	leaves := []tensor.Tensor{x}
	for i, p := range nn.NamedParameters(l) {
		p.Tensor.Data().CopyFrom(c.Inputs[1+i].on(d))
		leaves = append(leaves, p.Tensor)
	}
	const ulps = 16 // sums of a few dozen products, in another order, relative to the largest element
	near := func(what string, want packed, got tensor.Tensor, ulps float64) {
		t.Helper()
		if err := want.near(got, ulps, want.largest()); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	y := l.Forward(x)
	near("output", c.Output, y, ulps)
	first := tensor.Gradient(y.Mul(c.Weights.on(d)).Sum(), leaves, true)
	total := tensor.From([]float64{0}).To(d).Cast(y.DType()).Sum()
	for i, g := range first {
		near(fmt.Sprint("gradient ", i), c.First[i], g, ulps)
		total = total.Add(g.Square().Sum())
	}
	second := tensor.Gradient(total, leaves, false)
	for i, want := range c.Second {
		g := second[i]
		if !g.Defined() {
			g = leaves[i].NewZeros(want.Shape...)
		}
		near(fmt.Sprint("second derivative ", i), want, g, 4*ulps)
	}
}
