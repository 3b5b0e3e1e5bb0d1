package models_test

import (
	"fmt"

	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// A table with two numbers and a category of 4 codes, and 3 classes.
func ExampleTabularMLP() {
	in := models.TabularInputs{Numbers: 2, Categories: []int{4}}
	m := models.NewTabularMLP(rng.NewTorch(1), in, 3)
	logits := m.Forward(tensor.From([]float32{0.3, -1.2, 2, 1.1, 0.4, 0}, 2, 3))
	fmt.Println(logits.Shape())
	// Output:
	// (2, 3)
}

// Eight networks at once: training compares each with the target, evaluation gives their mean.
func ExampleTabularMLPConfig() {
	in := models.TabularInputs{Numbers: 2, Clip: 3, Bins: 16}
	m := models.TabularMLPConfig{Hidden: []int{64, 64}, Members: 8}.New(rng.NewTorch(1), in, 1)
	x := tensor.From([]float32{0.3, -1.2, 1.1, 0.4}, 2, 2)
	y := tensor.From([]float32{1, 0}, 2, 1)
	m.FitBins(x)
	pred := m.Forward(x)
	fmt.Println(pred.Shape(), models.MemberLoss{Loss: nn.MSELoss{}}.Forward(pred, y).Shape())
	nn.Eval(m)
	fmt.Println(m.Forward(x).Shape())
	// Output:
	// (2, 8, 1) ()
	// (2, 1)
}

func ExampleMemberLoss() {
	pred := tensor.From([]float32{1, 3, 0, 0}, 2, 2, 1) // two rows, two members
	target := tensor.From([]float32{1, 0}, 2, 1)
	fmt.Println(models.MemberLoss{Loss: nn.MSELoss{}}.Forward(pred, target).Item())
	// Output:
	// 1
}

func ExampleTabularInputs() {
	in := models.TabularInputs{Numbers: 3, Categories: []int{5, 2}}
	fmt.Println(in.Width())
	// Output:
	// 5
}

func ExampleTabularLinear() {
	m := models.NewTabularLinear(rng.NewTorch(1), models.TabularInputs{Numbers: 2, Categories: []int{4}}, 1)
	fmt.Println(m.Forward(tensor.Zeros(5, 3)).Shape(), nn.Count(m))
	// Output:
	// (5, 1) 7
}

func ExampleTabularResNet() {
	m := models.NewTabularResNet(rng.NewTorch(1), models.TabularInputs{Numbers: 10}, 2)
	fmt.Println(m.Forward(tensor.Zeros(4, 10)).Shape(), nn.Count(m))
	// Output:
	// (4, 2) 299714
}

func ExampleTabularResNetConfig() {
	m := models.TabularResNetConfig{Blocks: 1, Width: 32}.New(rng.NewTorch(1), models.TabularInputs{Numbers: 10}, 2)
	fmt.Println(m.Forward(tensor.Zeros(4, 10)).Shape())
	// Output:
	// (4, 2)
}

func ExampleFTTransformer() {
	m := models.NewFTTransformer(rng.NewTorch(1), models.TabularInputs{Numbers: 10, Categories: []int{7}}, 2)
	fmt.Println(m.Forward(tensor.Zeros(4, 11)).Shape(), nn.Count(m))
	// Output:
	// (4, 2) 897410
}

func ExampleFTTransformerConfig() {
	m := models.FTTransformerConfig{Blocks: 2, Width: 64, Heads: 4}.New(rng.NewTorch(1), models.TabularInputs{Numbers: 10}, 2)
	fmt.Println(m.Forward(tensor.Zeros(4, 10)).Shape())
	// Output:
	// (4, 2)
}

// The embeddings of three numbers.
func ExampleNumberEmbeddings() {
	m := models.TabularMLPConfig{}.New(rng.NewTorch(1), models.TabularInputs{Numbers: 3, Bins: 16, NumberSize: 4}, 1)
	fmt.Println(m.ContEmbeddings.Forward(tensor.Zeros(2, 3)).Shape())
	// Output:
	// (2, 3, 4)
}
