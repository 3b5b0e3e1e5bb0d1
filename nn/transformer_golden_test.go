package nn_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/lamina-ml/lamina/internal/devicetest"
	"github.com/lamina-ml/lamina/internal/kernel/cpu"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// A transformerCase is a layer of testdata/torch/nn_transformer.py: its results, or the digests of its initial values.
type transformerCase struct {
	Name        string
	Attrs, Call attrs
	Keys        []string
	Inputs      []packed // the parameters, then the sequences
	Masks       map[string]packed
	Output      packed
	Weights     *packed
	First       []packed

	DType   string
	Digests []string
	Next    float64
}

// layer returns the layer, drawn from g.
func (c transformerCase) layer(t *testing.T, g *rng.Torch) any {
	a := c.Attrs
	const e, heads = 4, 2
	dt := dtypes[c.DType]
	config := nn.TransformerLayerConfig{FeedForward: 6, Dropout: a.float("dropout"), LayerNormEps: a.float("layer_norm_eps"),
		BatchFirst: a["batch_first"] == true, NormFirst: a["norm_first"] == true, NoBias: a["bias"] == false, DType: dt}
	if a["activation"] == "gelu" {
		config.Activation = tensor.Tensor.GELU
	}
	var norm *nn.LayerNorm
	if a["norm"] == true {
		norm = nn.LayerNormConfig{DType: dt}.New(e)
	}
	n := int(a.float("num_layers"))
	switch c.Name {
	case "MultiheadAttention":
		return nn.MultiheadAttentionConfig{Dropout: a.float("dropout"), NoBias: config.NoBias,
			AddBiasKV: a["add_bias_kv"] == true, AddZeroAttn: a["add_zero_attn"] == true,
			KDim: int(a.float("kdim")), VDim: int(a.float("vdim")), BatchFirst: config.BatchFirst, DType: dt}.New(g, e, heads)
	case "TransformerEncoderLayer":
		return config.NewEncoder(g, e, heads)
	case "TransformerDecoderLayer":
		return config.NewDecoder(g, e, heads)
	case "TransformerEncoder":
		return nn.NewTransformerEncoder(config.NewEncoder(g, e, heads), n, norm)
	case "TransformerDecoder":
		return nn.NewTransformerDecoder(config.NewDecoder(g, e, heads), n, norm)
	case "Transformer":
		return nn.TransformerConfig{EncoderLayers: int(a.float("num_encoder_layers")),
			DecoderLayers: int(a.float("num_decoder_layers")), Layer: config}.New(g, e, heads)
	}
	t.Fatalf("no layer %q", c.Name)
	return nil
}

// forward returns the layer's results for the sequences x.
func (c transformerCase) forward(layer any, x []tensor.Tensor, d tensor.Device) (y, weights tensor.Tensor) {
	mask := func(name string) tensor.Tensor {
		if m, ok := c.Masks[name]; ok {
			return m.on(d)
		}
		return tensor.Tensor{}
	}
	m := nn.AttentionMask{Mask: mask("mask"), KeyPadding: mask("padding"), Causal: c.Call["causal"] == true}
	cross := nn.AttentionMask{Mask: mask("memory_mask"), KeyPadding: mask("memory_padding")}
	switch l := layer.(type) {
	case *nn.MultiheadAttention:
		q := x[0]
		k, v := q, q
		switch len(x) {
		case 2:
			k, v = x[1], x[1]
		case 3:
			k, v = x[1], x[2]
		}
		if how := c.Call["weights"]; how != nil {
			return l.ForwardWeights(q, k, v, m, how == "heads")
		}
		y = l.Forward(q, k, v, m)
	case *nn.TransformerEncoderLayer:
		y = l.Forward(x[0], m)
	case *nn.TransformerEncoder:
		y = l.Forward(x[0], m)
	case *nn.TransformerDecoderLayer:
		y = l.Forward(x[0], x[1], m, cross)
	case *nn.TransformerDecoder:
		y = l.Forward(x[0], x[1], m, cross)
	case *nn.Transformer:
		y = l.Forward(x[0], x[1], nn.TransformerMasks{Source: nn.AttentionMask{KeyPadding: m.KeyPadding},
			Target: nn.AttentionMask{Causal: m.Causal}, Memory: cross})
	}
	return y, weights
}

func (c transformerCase) run(t *testing.T, d tensor.Device, ulps float64) {
	c.DType = c.Output.DType
	g := rng.NewTorch(1)
	l := c.layer(t, g)
	nn.To(l, d)
	var leaves, x []tensor.Tensor
	named := nn.NamedParameters(l)
	for i, p := range c.Inputs {
		if i < len(named) {
			if named[i].Name != c.Keys[i] {
				t.Fatalf("parameter %d is %s, want %s", i, named[i].Name, c.Keys[i])
			}
			named[i].Tensor.Data().CopyFrom(p.on(d))
			leaves = append(leaves, named[i].Tensor)
			continue
		}
		x = append(x, p.on(d).SetRequiresGrad(true))
		leaves = append(leaves, x[len(x)-1])
	}
	if c.Call["train"] == true {
		g.Seed(77)
	} else {
		nn.Eval(l)
	}
	near := func(what string, want packed, got tensor.Tensor, ulps float64) {
		t.Helper()
		if err := want.near(got, ulps, want.largest()); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	y, weights := c.forward(l, x, d)
	near("output", c.Output, y, ulps)
	ramp := func(y tensor.Tensor, lo, hi float64) tensor.Tensor { // PyTorch's linspace
		v := make([]float64, y.Len())
		for i := range v {
			v[i] = lo + (hi-lo)*float64(i)/float64(max(1, len(v)-1))
		}
		return y.Mul(tensor.FromAs(tensor.Options{DType: tensor.Float64}, v, y.Shape().Dims()...).Cast(y.DType()).To(d)).Sum()
	}
	total := ramp(y, 0.5, 1.5)
	if c.Weights != nil {
		near("weights", *c.Weights, weights, ulps)
		total = total.Add(ramp(weights, -1, 1))
	}
	for i, g := range tensor.Gradient(total, leaves, false) {
		if !g.Defined() {
			g = leaves[i].ZerosLike()
		}
		name := "an input"
		if i < len(c.Keys) {
			name = c.Keys[i]
		}
		near("gradient of "+name, c.First[i], g, 4*ulps) // norms subtract gradients that are nearly equal
	}
}

// TestTransformerGolden compares attention and transformer layers with every argument with PyTorch's, with their
// gradients and dropout. 16-bit layers round between their steps where PyTorch's do not, or the other way round.
func TestTransformerGolden(t *testing.T) {
	var file struct{ Layers, Half, Init []transformerCase }
	golden(t, "transformer", &file)
	compare := func(t *testing.T, d tensor.Device) {
		for _, c := range file.Layers {
			t.Run(fmt.Sprint(c.Output.DType, "/", c.Name, c.Attrs, c.Call), func(t *testing.T) { c.run(t, d, 32) })
		}
		for _, c := range file.Half {
			t.Run(fmt.Sprint(c.Output.DType, "/", c.Name, c.Attrs, c.Call), func(t *testing.T) { c.run(t, d, 8) })
		}
	}
	for _, level := range cpu.Levels() {
		t.Run(level.String(), func(t *testing.T) {
			defer cpu.Force(level)()
			compare(t, tensor.CPU())
		})
	}
	t.Run("async", func(t *testing.T) { compare(t, devicetest.Async()) })
	for _, c := range file.Init {
		g := rng.NewTorch(31)
		l := c.layer(t, g)
		var keys []string
		for i, p := range nn.NamedParameters(l) {
			keys = append(keys, p.Name)
			if i < len(c.Digests) && digest(p.Tensor) != c.Digests[i] {
				t.Errorf("%s %s %v: the initial %s is not PyTorch's", c.DType, c.Name, c.Attrs, p.Name)
			}
		}
		if next := (tensor.Options{}).Rand(g).Item(); !slices.Equal(keys, c.Keys) || next != c.Next {
			t.Errorf("%s %s %v: keys %v, then %v; want %v, then %v", c.DType, c.Name, c.Attrs, keys, next, c.Keys, c.Next)
		}
	}
}
