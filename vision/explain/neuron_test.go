package explain

import (
	"slices"
	"testing"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// TestNeuron compares each neuron's terms with the layer's result, and those of a Linear and a convolution with their
// parameters.
func TestNeuron(t *testing.T) {
	g := rng.NewTorch(3)
	linear := nn.LinearConfig{Activation: tensor.ReLU}.New(g, 6, 4)
	model := nn.Sequential{nn.NewConv2d(g, 2, 3, 2), nn.NewBatchNorm2d(3), nn.NewMaxPool2d(2), &nn.ReLU{}, &nn.Flatten{}, linear,
		nn.NewLayerNorm(4), &nn.Tanh{}, nn.NewLinear(g, 4, 2)}
	x := tensor.Options{}.RandN(g, 2, 2, 3, 5)
	layers := FeatureMaps(model, x)
	weighted := map[string]bool{"Conv2d": true, "BatchNorm2d": true, "MaxPool2d": true, "ReLU": true, "Flatten": true, "Linear": true}
	for _, l := range layers {
		index := make([]int, l.Output.Rank())
		index[0], index[1] = 1, 1
		n, ok := l.Neuron(index...)
		if ok != weighted[l.Type] {
			t.Errorf("%s: ok is %v", l.Type, ok)
		}
		y := at(l.Output, index).Item()
		if l.Layer == linear {
			n.Sum = max(0, n.Sum) // the neuron is without the activation
			for i, w := range linear.Weight.Select(0, 1).Float64s() {
				if got := n.Weights.Float64s()[i]; got != w {
					t.Errorf("weight %d is %v, want %v", i, got, w)
				}
			}
			if b := linear.Bias.Float64s()[1]; n.Bias != b {
				t.Errorf("the bias is %v, want %v", n.Bias, b)
			}
		}
		if n.Sum != y {
			t.Errorf("%s: the sum is %v, the result %v", l.Type, n.Sum, y)
		}
	}
	n, _ := layers[0].Neuron(1, 2, 1, 3)
	filter := layers[0].Layer.(*nn.Conv2d).Weight.Select(0, 2)
	for c := range 2 {
		for i := range 3 {
			for j := range 5 {
				want := 0.0
				if i >= 1 && j >= 3 {
					want = filter.Select(0, c).Select(0, i-1).Select(0, j-3).Item()
				}
				if got := n.Weights.Select(0, c).Select(0, i).Select(0, j).Item(); got != want {
					t.Errorf("weight %d, %d, %d is %v, want %v", c, i, j, got, want)
				}
			}
		}
	}
}

// TestNeuronGradient compares the gradient of a score with Saliency, which has PyTorch's values, and that of a neuron of
// the first layer with its weights.
func TestNeuronGradient(t *testing.T) {
	model, x := network()
	got := NeuronGradient(model, x, 5, 1, class).Abs()
	if want := Saliency(model, x, class); !slices.Equal(got.Float32s()[64:], want.Float32s()[64:]) {
		t.Errorf("the gradient is %v, want %v", got, want)
	}
	x = x.Narrow(0, 0, 1)
	first := NeuronGradient(model, x, 0, 0, 1, 0, 0)
	n, _ := FeatureMaps(model, x)[0].Neuron(0, 1, 0, 0)
	if !slices.Equal(first.Float32s(), n.Weights.Float32s()) {
		t.Error("the gradient of the first layer's neuron is not its weights")
	}
	for _, p := range nn.Parameters(model) {
		if p.Grad().Defined() {
			t.Error("a parameter has a gradient")
		}
	}
}

// TestNeuronOfFusedActivation checks that a neuron is what goes into an activation that its layer computes in the same
// pass, also where a ReLU makes it 0.
func TestNeuronOfFusedActivation(t *testing.T) {
	g := rng.NewTorch(3)
	norm := nn.BatchNormConfig{Activation: tensor.ReLU}
	for _, l := range []struct {
		layer nn.Module
		shape []int
	}{
		{nn.Conv1dConfig{Activation: tensor.ReLU}.New(g, 2, 8, 2), []int{1, 2, 3}},
		{nn.Conv2dConfig{Activation: tensor.ReLU}.New(g, 2, 8, 2), []int{1, 2, 3, 3}},
		{nn.Conv3dConfig{Activation: tensor.ReLU}.New(g, 2, 8, 2), []int{1, 2, 3, 3, 3}},
		{norm.New1d(8), []int{1, 8, 3}},
		{norm.New2d(8), []int{1, 8, 3, 3}},
		{norm.New3d(8), []int{1, 8, 3, 3, 3}},
	} {
		x := tensor.Options{}.RandN(g, l.shape...)
		layer := FeatureMaps(l.layer, x)[0]
		negative := 0
		for channel := range 8 {
			index := make([]int, layer.Output.Rank())
			index[1] = channel
			n, ok := layer.Neuron(index...)
			if y := at(layer.Output, index).Item(); !ok || max(n.Sum, 0) != y {
				t.Errorf("%s, channel %d: %v, %v; the result is %v", layer.Type, channel, n.Sum, ok, y)
			}
			if n.Sum < 0 {
				negative++
			}
		}
		if negative == 0 {
			t.Errorf("%s: no neuron is below 0", layer.Type)
		}
	}
}
