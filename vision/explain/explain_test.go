package explain

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// golden holds PyTorch's results; testdata/torch/explain.py made them.
type golden struct {
	Maps, GradCAM, Occlusion map[string]values
	Saliency, SmoothGrad     values
}

type values struct {
	Shape  []int
	Values []float64
}

const class = 3

// network draws the network and the images of testdata/torch/explain.py.
func network() (nn.Sequential, tensor.Tensor) {
	g := rng.NewTorch(7)
	model := nn.Sequential{nn.NewConv2d(g, 1, 3, 3), &nn.ReLU{}, nn.Conv2dConfig{Padding: []int{1}}.New(g, 3, 4, 3),
		&nn.ReLU{}, &nn.Flatten{},
		nn.NewLinear(g, 4*6*6, 5)}
	return model, tensor.Options{}.RandN(g, 2, 1, 8, 8)
}

func readGolden(t *testing.T) golden {
	t.Helper()
	text, err := os.ReadFile("../../testdata/torch/explain/explain.json")
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(text, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

// compare allows for another order of float32 sums: 2e-6 is 8 units in the last place of the largest results, about 1.
func compare(t *testing.T, name string, got tensor.Tensor, want values) {
	t.Helper()
	if got.Shape() != tensor.ShapeOf(want.Shape...) || len(want.Values) == 0 {
		t.Fatalf("%s: shape %v, want %v", name, got.Shape(), want.Shape)
	}
	for i, v := range got.Float64s() {
		if d := math.Abs(v - want.Values[i]); !(d <= 2e-6) {
			t.Fatalf("%s: element %d is %v, PyTorch's is %v", name, i, v, want.Values[i])
		}
	}
}

func TestGolden(t *testing.T) {
	g := readGolden(t)
	model, x := network()
	nn.Train(model)
	layers := FeatureMaps(model, x)
	if len(layers) != len(model) {
		t.Fatalf("%d layers, want %d", len(layers), len(model))
	}
	for i, l := range layers {
		if l.Path != fmt.Sprint(i) || l.Type != []string{"Conv2d", "ReLU", "Conv2d", "ReLU", "Flatten", "Linear"}[i] {
			t.Errorf("layer %d is %s %s", i, l.Path, l.Type)
		}
		compare(t, "layer "+l.Path, l.Output, g.Maps[l.Path])
	}
	compare(t, "saliency", Saliency(model, x, class), g.Saliency)
	compare(t, "smoothgrad", SmoothGrad(model, x, class, SmoothGradConfig{Samples: 4, Seed: 11}), g.SmoothGrad)
	compare(t, "smoothgrad without noise", SmoothGrad(model, x, class, SmoothGradConfig{Samples: 2, Noise: nn.Zero}), g.Saliency)
	for layer, want := range g.GradCAM {
		compare(t, "Grad-CAM of "+layer, GradCAM(model, x, class, GradCAMConfig{Layer: layer}), want)
	}
	for text, want := range g.Occlusion {
		var c OcclusionConfig
		if _, err := fmt.Sscanf(text, "%d,%d,%g", &c.Size, &c.Stride, &c.Value); err != nil {
			t.Fatal(err)
		}
		compare(t, "occlusion "+text, Occlusion(model, x.Narrow(0, 0, 1), class, c), want)
	}
	compare(t, "occlusion's defaults", Occlusion(model, x.Narrow(0, 0, 1), class, OcclusionConfig{}), g.Occlusion["5,1,0"])
	for _, p := range nn.NamedParameters(model) {
		if p.Tensor.Grad().Defined() {
			t.Errorf("%s has a gradient", p.Name)
		}
	}
}

// fused is the network with a ReLU inside its convolutions.
type fused struct {
	Conv1, Conv2 *nn.Conv2d
	FC           *nn.Linear
}

func (m *fused) Forward(x tensor.Tensor) tensor.Tensor {
	c := tensor.NewChain(x)
	x = c.Next(m.Conv1.Forward(x))
	x = c.Next(m.Conv2.Forward(x))
	return c.Next(m.FC.Forward(x.Flatten(1)))
}

// TestFused checks a model that computes ReLU in the convolution's pass, and releases results as it goes.
func TestFused(t *testing.T) {
	g := readGolden(t)
	s, x := network()
	m := &fused{s[0].(*nn.Conv2d), s[2].(*nn.Conv2d), s[5].(*nn.Linear)}
	m.Conv1.Activation, m.Conv2.Activation = tensor.ReLU, tensor.ReLU
	layers := FeatureMaps(m, x)
	compare(t, "conv1", layers[0].Output, g.Maps["1"])
	compare(t, "conv2", layers[1].Output, g.Maps["3"])
	if layers[0].Path != "conv1" || layers[2].Path != "fc" {
		t.Errorf("paths %q, %q", layers[0].Path, layers[2].Path)
	}
	compare(t, "saliency", Saliency(m, x, class), g.Saliency)
	compare(t, "Grad-CAM", GradCAM(m, x, class, GradCAMConfig{}), g.GradCAM["3"])
	if name, w := Filters(m); name != "conv1.weight" || w.Shape() != tensor.ShapeOf(3, 1, 3, 3) {
		t.Errorf("the first filters are %s %v", name, w.Shape())
	}
}

// TestMode checks that a model in training mode is seen in evaluation mode.
func TestMode(t *testing.T) {
	g := rng.NewTorch(1)
	model := nn.Sequential{nn.NewDropout(g, 0.5), nn.NewLinear(g, 4, 2)}
	layers := FeatureMaps(model, tensor.Ones(1, 4))
	if got := layers[0].Output.Float32s(); got[0] != 1 || got[1] != 1 {
		t.Errorf("dropout's result is %v", got)
	}
}

func TestMistakesOfCalls(t *testing.T) {
	model, x := network()
	for want, call := range map[string]func(){
		"class 5 of the model's result (2, 5)":           func() { Saliency(model, x, 5) },
		"class -1 of the model's result":                 func() { GradCAM(model, x, -1, GradCAMConfig{}) },
		`the model calls no layer "conv9"`:               func() { GradCAM(model, x, 0, GradCAMConfig{Layer: "conv9"}) },
		`the layer "5" has the result (2, 5), want maps`: func() { GradCAM(model, x, 0, GradCAMConfig{Layer: "5"}) },
		"the model calls no Conv2d":                      func() { GradCAM(nn.Sequential{&nn.Flatten{}}, x, 0, GradCAMConfig{}) },
		"the input is one image (1, C, H, W)":            func() { Occlusion(model, x, 0, OcclusionConfig{}) },
		"a patch of -1 pixels":                           func() { Occlusion(model, x.Narrow(0, 0, 1), 0, OcclusionConfig{Size: -1}) },
		"the index [0] of a layer's result (2, 5)":       func() { FeatureMaps(model, x)[5].Neuron(0) },
		"layer 9, and the model calls 6 layers":          func() { NeuronGradient(model, x, 9, 0) },
		"-2 samples":                                     func() { SmoothGrad(model, x, 0, SmoothGradConfig{Samples: -2}) },
		"0 bins":                                         func() { NewHistogram(x, 0) },
		"probabilities for 3 targets, want (3, classes)": func() { Mistakes(x, make([]int64, 3), 1) },
		"has no parameter with two or more dimensions":   func() { Filters(nn.Sequential{&nn.ReLU{}}) },
		"in model.0":                                     func() { FeatureMaps(model, tensor.Ones(1, 3, 8, 8)) },
	} {
		err := tensor.Try(call)
		var e *tensor.Error
		if !errors.As(err, &e) || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %q", err, want)
		}
	}
}

func TestHistogram(t *testing.T) {
	h := NewHistogram(tensor.From([]float64{0, 0, 1, 2, 2.5, 4, math.NaN(), math.Inf(1)}), 4)
	if fmt.Sprint(h.Edges, h.Counts, h.Zeros, h.Total) != "[0 1 2 3 4] [2 1 2 1] 2 6" {
		t.Error(h)
	}
	h = NewHistogram(tensor.From([]float64{3, 3}), 2)
	if fmt.Sprint(h.Edges, h.Counts) != "[2.5 3 3.5] [0 2]" {
		t.Error(h)
	}
	h = NewHistogram(tensor.Zeros(0), 2)
	if fmt.Sprint(h.Edges, h.Counts, h.Total) != "[0 0.5 1] [0 0] 0" {
		t.Error(h)
	}
}

func TestMistakes(t *testing.T) {
	p := tensor.From([]float32{0.9, 0.1, 0.2, 0.8, 0.3, 0.7, 0.4, 0.6}, 4, 2)
	got := Mistakes(p, []int64{1, 1, 0, 0}, 2)
	if len(got) != 2 || got[0].Index != 0 || got[0].Predicted != 0 || got[0].Target != 1 || got[1].Index != 2 ||
		got[1].Probability != float64(float32(0.7)) {
		t.Error(got)
	}
	if got := Mistakes(p, []int64{0, 1, 1, 1}, 9); len(got) != 0 {
		t.Error(got)
	}
}
