package figure_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/ui/figure"
)

func ExampleColumns() {
	for _, c := range figure.Columns(models.NewDigitsNet(rng.NewTorch(1), 28, 10), tensor.Ones(1, 784)) {
		fmt.Println(c.Path, c.Type, c.Activation, c.Shape)
	}
	// Output:
	// 1 Conv2d  [24 24 24]
	// 2 MaxPool2d  [24 12 12]
	// 3 BatchNorm2d ReLU [24 12 12]
	// 5 Conv2d  [48 10 10]
	// 6 BatchNorm2d ReLU [48 10 10]
	// 8 Conv2d  [64 8 8]
	// 9 MaxPool2d  [64 4 4]
	// 10 BatchNorm2d ReLU [64 4 4]
	// 14 Linear ReLU [128]
	// 16 Linear  [10]
}

// TestActivations holds that the three ways to write an activation give the same columns: a layer, a layer's setting, and a
// method that Forward calls.
func TestActivations(t *testing.T) {
	g := rng.NewTorch(2)
	fc1, fc2 := nn.NewLinear(g, 4, 6), nn.NewLinear(g, 6, 3)
	withSetting := *fc1
	withSetting.Activation = tensor.ReLU
	x := tensor.Options{}.RandN(g, 1, 4)
	want := ""
	for name, m := range map[string]nn.Module{
		"layer":   nn.Sequential{fc1, &nn.ReLU{}, nn.NewDropout(g, 0.5), fc2},
		"setting": nn.Sequential{&withSetting, fc2},
		"method":  &twoLayers{fc1, fc2},
	} {
		columns := figure.Columns(m, x)
		if len(columns) != 2 || columns[0].Activation != "ReLU" || columns[1].Activation != "" {
			t.Fatalf("%s: %+v", name, columns)
		}
		got := ""
		for i, c := range columns {
			for j, v := range c.Values {
				n, ok := figure.NeuronOf(m, x, c.Layer, j)
				if !ok || !n.Weighted || n.Output != float64(v) || i == 0 && n.Output != max(0, n.Sum) || i == 1 && n.Output != n.Sum {
					t.Errorf("%s: neuron %d of layer %d: %+v, value %v", name, j, i, n, v)
				}
				got += fmt.Sprint(n.Inputs, n.Weights, n.Bias, n.Sum, n.Output)
			}
		}
		if want == "" {
			want = got
		}
		if got != want {
			t.Errorf("%s: the neurons are\n%s\nwant\n%s", name, got, want)
		}
	}
}

type twoLayers struct{ FC1, FC2 *nn.Linear }

func (m *twoLayers) Forward(x tensor.Tensor) tensor.Tensor {
	return m.FC2.Forward(m.FC1.Forward(x).ReLU())
}

// TestBounds holds that large layers are shown in part, and that places outside are refused.
func TestBounds(t *testing.T) {
	g := rng.NewTorch(1)
	m := nn.Sequential{nn.NewConv2d(g, 1, 80, 1), nn.NewMaxPool2d(150), &nn.Flatten{}, nn.NewLinear(g, 80, 5000)}
	x := tensor.Ones(1, 1, 150, 150)
	columns := figure.Columns(m, x)
	if got := fmt.Sprint(columns[0].Shown, columns[2].Shown); got != "[64 50 50] [4096]" {
		t.Error(got)
	}
	if n, ok := figure.NeuronOf(m, x, 0, 79, 149, 149); !ok || n.Weights[149*150+149] == 0 || math.Abs(n.Output-n.Sum) > 0 {
		t.Error("the last neuron of a convolution")
	}
	for _, at := range [][]int{{0, 80, 0, 0}, {0, 0, 0}, {0, -1, 0, 0}, {2, 0}, {-1, 0}, {9, 0}} {
		if _, ok := figure.NeuronOf(m, x, at[0], at[1:]...); ok {
			t.Errorf("there is no neuron %v", at)
		}
	}
}

func TestCompound(t *testing.T) {
	m := models.NewResNet20(rng.NewTorch(1), 10)
	for _, c := range figure.Columns(m, tensor.Ones(1, 3, 32, 32)) {
		if strings.Contains(c.Type, "Block") || strings.Contains(c.Type, "ResNet") {
			t.Errorf("column %s", c.Type)
		}
	}
}

func TestValues(t *testing.T) {
	want := figure.Values{0, 1.5, float32(math.Inf(-1)), 3e-41}
	raw, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got figure.Values
	if err := json.Unmarshal(raw, &got); err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Error(got, err)
	}
	if err := json.Unmarshal([]byte(`"AAA="`), &got); err == nil {
		t.Error("two bytes are numbers")
	}
}

func ExampleValues() {
	text, _ := json.Marshal(figure.Values{1, -2})
	fmt.Println(string(text))
	// Output: "AACAPwAAAMA="
}

func ExampleColumn() {
	model := nn.Sequential{nn.NewLinear(rng.NewTorch(1), 4, 3), &nn.ReLU{}}
	c := figure.Columns(model, tensor.Ones(1, 4))[0]
	fmt.Println(c.Type, c.Activation, c.Shape, len(c.Values))
	// Output: Linear ReLU [3] 3
}

func ExampleNeuron() {
	layer := nn.NewLinear(rng.NewTorch(1), 2, 1)
	layer.Weight.Data().CopyFrom(tensor.From([]float32{2, -1}, 1, 2))
	layer.Bias.Data().FillInPlace(0.5)
	model := nn.Sequential{layer, &nn.ReLU{}}
	n, _ := figure.NeuronOf(model, tensor.From([]float32{1, 3}, 1, 2), 0, 0)
	fmt.Printf("%v·%v + %v·%v + %v = %v, σ(z) = %v\n", n.Inputs[0], n.Weights[0], n.Inputs[1], n.Weights[1], n.Bias, n.Sum, n.Output)
	// Output: 1·2 + 3·-1 + 0.5 = -0.5, σ(z) = 0
}
