package nn_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/internal/tensortest"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// TestParametrizations compares layers with a weight norm and a spectral norm with PyTorch's: two steps in training mode, one in evaluation
// mode, with gradients and states, and the weight that is left when the norm is removed.
func TestParametrizations(t *testing.T) {
	var golden struct {
		Cases map[string]struct {
			Shape []int
			Steps []struct {
				X, Y         []float64
				Grads, State map[string][]float64
			}
			Weight []float64
			Keys   []string
		}
	}
	raw, err := os.ReadFile("../testdata/torch/parametrize.json")
	if err == nil {
		err = json.Unmarshal(raw, &golden)
	}
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range golden.Cases {
		g := rng.NewTorch(3)
		var layer nn.Module
		dim, err := strconv.Atoi(name[strings.LastIndexByte(name, ' ')+1:])
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case strings.HasPrefix(name, "linear"):
			layer = nn.NewLinear(g, 4, 3)
		case strings.HasPrefix(name, "conv"):
			layer = nn.NewConv2d(g, 2, 3, 2)
		default:
			layer = nn.NewConvTranspose1d(g, 2, 3, 2)
		}
		if strings.Contains(name, "weight") {
			layer = nn.AddWeightNorm(layer, dim)
		} else {
			layer = nn.AddSpectralNorm(g, layer, dim)
		}
		s := tensor.NewScope(tensor.CPU())
		for i, step := range c.Steps {
			if i == 2 {
				nn.Eval(layer)
			}
			x := make([]float32, len(step.X))
			for k, v := range step.X {
				x[k] = float32(v)
			}
			for _, p := range nn.Parameters(layer) {
				p.ZeroGrad()
			}
			y := layer.Forward(tensor.From(x, c.Shape...).InScope(s))
			approx(t, name+": y", y, step.Y)
			y.Square().Sum().Backward()
			for _, p := range nn.NamedParameters(layer) {
				approx(t, name+": gradient of "+p.Name, p.Tensor.Grad(), step.Grads[p.Name])
			}
			state := nn.StateDict(layer)
			if len(state) != len(step.State) {
				t.Errorf("%s: %d tensors in the state dict, want %d", name, len(state), len(step.State))
			}
			for _, p := range state {
				approx(t, name+": "+p.Name, p.Tensor, step.State[p.Name])
			}
			s.Recycle()
		}
		x := tensor.Options{}.RandN(rng.NewTorch(1), c.Shape...)
		before := layer.Forward(x).Float64s()
		nn.RemoveParametrizations(layer)
		approx(t, name+": removed", layer.Forward(x), before)
		dict := nn.StateDict(layer)
		if len(dict) != 2 || dict[0].Name != "weight" {
			t.Errorf("%s: without the norm the state dict is %v", name, dict)
			continue
		}
		approx(t, name+": weight", dict[0].Tensor, c.Weight)
	}
}

// approx compares with the rounding of some products and quotients in float32.
func approx(t *testing.T, name string, got tensor.Tensor, want []float64) {
	t.Helper()
	largest := 0.0
	for _, v := range want {
		largest = math.Max(largest, math.Abs(v))
	}
	values := got.Float64s()
	if len(values) != len(want) {
		t.Errorf("%s: %d elements, want %d", name, len(values), len(want))
		return
	}
	for i, v := range values {
		if math.Abs(v-want[i]) > 2e-6*math.Max(1, largest) {
			t.Errorf("%s: element %d is %v, want %v", name, i, v, want[i])
			return
		}
	}
}

// A steady step with a weight norm allocates nothing.
func TestWeightNormStep(t *testing.T) {
	layer := nn.AddWeightNorm(nn.NewLinear(rng.NewTorch(1), 6, 5), 0)
	params, data := nn.Parameters(layer), tensor.Ones(3, 6)
	s := tensor.NewScope(tensor.CPU())
	step := func() {
		for _, p := range params {
			p.ZeroGrad()
		}
		layer.Forward(data.InScope(s)).Sum().Backward()
		s.Recycle()
	}
	for range 5 {
		step()
	}
	if n := tensortest.AllocsPerRun(20, step); n > 0 {
		t.Errorf("a step allocates %v times", n)
	}
}

func TestParametrizationMistakes(t *testing.T) {
	for want, f := range map[string]func(){
		"weight_norm: dimension 2 does not exist: (3, 2)":                                                          func() { nn.AddWeightNorm(nn.NewLinear(rng.NewTorch(1), 2, 3), 2) },
		"weight_norm: the layer has a parametrization already, or no weight":                                       func() { nn.AddWeightNorm(nn.AddWeightNorm(nn.NewLinear(rng.NewTorch(1), 2, 3), 0), 0) },
		"spectral_norm: *nn.ReLU has no fields Weight and Parametrizations: parametrize a Linear or a convolution": func() { nn.AddSpectralNorm(rng.NewTorch(1), &nn.ReLU{}, 0) },
		"remove_parametrizations: the layer has no parametrization":                                                func() { nn.RemoveParametrizations(nn.NewLinear(rng.NewTorch(1), 2, 3)) },
	} {
		if err := tensor.Try(f); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

// ExampleWeightNorm trains the length and the direction of each row of a weight.
func ExampleWeightNorm() {
	layer := nn.AddWeightNorm(nn.NewLinear(rng.NewTorch(1), 3, 2), 0)
	for _, p := range nn.StateDict(layer) {
		fmt.Println(p.Name, p.Tensor.Shape())
	}
	nn.RemoveParametrizations(layer)
	fmt.Println(nn.StateDict(layer)[0].Name)
	// Output:
	// bias (2,)
	// parametrizations.weight.original0 (2, 1)
	// parametrizations.weight.original1 (2, 3)
	// weight
}

// ExampleSpectralNorm bounds the largest singular value of a weight.
func ExampleSpectralNorm() {
	layer := nn.AddSpectralNorm(rng.NewTorch(1), &nn.Linear{Weight: tensor.From([]float32{3, 0, 0, 1}, 2, 2)}, 0)
	fmt.Println(layer.Forward(tensor.From([]float32{1, 1}, 1, 2)))
	// Output:
	// tensor([[1.0000, 0.3333]])
}

func ExampleParametrizations() {
	layer := nn.AddWeightNorm(nn.NewLinear(rng.NewTorch(1), 3, 2), 0)
	w := layer.Parametrizations.Of(layer.Weight, tensor.Ones(1, 3))
	fmt.Println(w.Shape(), layer.Weight.Defined())
	// Output:
	// (2, 3) false
}

func ExampleParametrization() {
	layer := nn.AddWeightNorm(nn.NewLinear(rng.NewTorch(1), 3, 2), 0)
	var norm nn.Parametrization = layer.Parametrizations.Weight
	fmt.Println(norm.Original().Shape())
	// Output:
	// (2, 3)
}

func ExampleSpectralVectors() {
	layer := nn.AddSpectralNorm(rng.NewTorch(1), nn.NewLinear(rng.NewTorch(1), 3, 2), 0)
	for _, p := range nn.StateDict(layer) {
		fmt.Println(p.Name, p.Tensor.Shape())
	}
	// Output:
	// bias (2,)
	// parametrizations.weight.original (2, 3)
	// parametrizations.weight.0._u (2,)
	// parametrizations.weight.0._v (3,)
}

// A transposed convolution whose weight is computed takes a size, too.
func TestParametrizedForwardSize(t *testing.T) {
	g := rng.NewTorch(0)
	one := nn.ConvTranspose1dConfig{Stride: []int{2}}.New(g, 2, 3, 2)
	two := nn.ConvTranspose2dConfig{Stride: []int{2}}.New(g, 2, 3, 2)
	three := nn.ConvTranspose3dConfig{Stride: []int{2}}.New(g, 2, 3, 2)
	for _, c := range []struct {
		layer   any
		forward func() tensor.Tensor
	}{
		{one, func() tensor.Tensor { return one.ForwardSize(tensor.Ones(1, 2, 3), 7) }},
		{two, func() tensor.Tensor { return two.ForwardSize(tensor.Ones(1, 2, 3, 3), 7, 6) }},
		{three, func() tensor.Tensor { return three.ForwardSize(tensor.Ones(1, 2, 3, 3, 3), 7, 6, 7) }},
	} {
		want := c.forward()
		nn.AddWeightNorm(c.layer, 0)
		var got tensor.Tensor
		if err := tensor.Try(func() { got = c.forward() }); err != nil {
			t.Errorf("%T: %v", c.layer, err)
		} else if d := got.Sub(want).Abs().Max().Item(); !(d < 1e-6) {
			t.Errorf("%T: the result with a weight norm differs by %v", c.layer, d)
		}
	}
}
