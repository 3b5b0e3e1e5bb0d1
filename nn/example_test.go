package nn_test

import (
	"errors"
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// A model is a struct of layers with a Forward method.
type xorNet struct{ Hidden, Out *nn.Linear }

func (m *xorNet) Forward(x tensor.Tensor) tensor.Tensor {
	return m.Out.Forward(m.Hidden.Forward(x).Tanh())
}

// Gradient descent written by hand, on the four points of XOR.
func Example() {
	g := rng.NewTorch(0)
	model := &xorNet{nn.NewLinear(g, 2, 8), nn.NewLinear(g, 8, 1)}
	x := tensor.From([]float32{0, 0, 0, 1, 1, 0, 1, 1}, 4, 2)
	y := tensor.From([]float32{0, 1, 1, 0}, 4, 1)

	params := nn.Parameters(model)
	step := tensor.NewScope(tensor.CPU())
	for range 500 {
		step.Recycle()
		loss := nn.BCEWithLogits(model.Forward(x.InScope(step)), y)
		for _, p := range params {
			p.ZeroGrad()
		}
		loss.Backward()
		for _, p := range params {
			p.Data().AddScaledInPlace(-1, p.Grad())
		}
	}
	fmt.Println(model.Forward(x).GreaterScalar(0).Flatten(0))
	// Output: tensor([false,  true,  true, false])
}

func ExampleModule() {
	var model nn.Module = &xorNet{nn.NewLinear(rng.NewTorch(0), 2, 8), nn.NewLinear(rng.NewTorch(1), 8, 1)}
	fmt.Println(model.Forward(tensor.Zeros(5, 2)).Shape(), nn.Count(model))
	// Output: (5, 1) 33
}

func ExampleLinear() {
	l := nn.NewLinear(rng.NewTorch(42), 3, 2) // torch.manual_seed(42); nn.Linear(3, 2)
	fmt.Println(l.Weight)
	fmt.Println(l.Bias)
	fmt.Println(l.Forward(tensor.Ones(4, 3)).Shape())
	// Output:
	// tensor([[ 0.4414,  0.4792, -0.1353],
	//         [ 0.5304, -0.1265,  0.1165]], requires grad)
	// tensor([-0.2811,  0.3391], requires grad)
	// (4, 2)
}

func ExampleLinearConfig() {
	l := nn.LinearConfig{NoBias: true, DType: tensor.Float64}.New(rng.NewTorch(0), 3, 2)
	fmt.Println(l.Weight.DType(), l.Bias)
	// Output: float64 no tensor
}

func ExampleSequential() {
	g := rng.NewTorch(0)
	model := nn.Sequential{&nn.Flatten{}, nn.NewLinear(g, 784, 128), &nn.ReLU{}, nn.NewLinear(g, 128, 10)}
	fmt.Println(model.Forward(tensor.Zeros(32, 28, 28)).Shape())
	for _, p := range nn.NamedParameters(model) {
		fmt.Println(p.Name, p.Tensor.Shape())
	}
	// Output:
	// (32, 10)
	// 1.weight (128, 784)
	// 1.bias (128,)
	// 3.weight (10, 128)
	// 3.bias (10,)
}

func ExampleReLU() {
	fmt.Println((&nn.ReLU{}).Forward(tensor.From([]float32{-1, 0, 2})))
	// Output: tensor([0., 0., 2.])
}

func ExampleSigmoid() {
	fmt.Println((&nn.Sigmoid{}).Forward(tensor.From([]float32{-1, 0, 1})))
	// Output: tensor([0.2689, 0.5000, 0.7311])
}

func ExampleTanh() {
	fmt.Println((&nn.Tanh{}).Forward(tensor.From([]float32{-1, 0, 1})))
	// Output: tensor([-0.7616,  0.0000,  0.7616])
}

func ExampleFlatten() {
	fmt.Println((&nn.Flatten{}).Forward(tensor.Zeros(32, 28, 28)).Shape())
	// Output: (32, 784)
}

func ExampleDropout() {
	l := nn.NewDropout(rng.NewTorch(0), 0.5)
	x := tensor.Ones(8)
	fmt.Println(l.Forward(x))
	nn.Eval(l)
	fmt.Println(l.Forward(x))
	// Output:
	// tensor([0., 0., 2., 0., 0., 0., 2., 2.])
	// tensor([1., 1., 1., 1., 1., 1., 1., 1.])
}

// noise adds a constant in training.
type noise struct{ nn.Mode }

func (l *noise) Forward(x tensor.Tensor) tensor.Tensor {
	if !l.Training() {
		return nn.Report(l, x, x)
	}
	return nn.Report(l, x, x.AddScalar(0.5))
}

func ExampleMode() {
	l := &noise{} // type noise struct{ nn.Mode }
	x := tensor.Zeros(2)
	fmt.Println(l.Forward(x))
	nn.Eval(l)
	fmt.Println(l.Forward(x))
	// Output:
	// tensor([0.5000, 0.5000])
	// tensor([0., 0.])
}

func ExampleMSELoss() {
	pred, target := tensor.From([]float32{1, 2, 3}), tensor.From([]float32{1, 1, 5})
	fmt.Println(nn.MSE(pred, target))
	fmt.Println(nn.MSELoss{Reduction: nn.Sum}.Forward(pred, target))
	// Output:
	// tensor(1.6667)
	// tensor(5.)
}

func ExampleReduction() {
	pred, target := tensor.From([]float32{1, 2, 3}), tensor.From([]float32{1, 1, 5})
	for _, r := range []nn.Reduction{nn.Mean, nn.Sum, nn.None} {
		fmt.Println(r, nn.MSELoss{Reduction: r}.Forward(pred, target))
	}
	// Output:
	// mean tensor(1.6667)
	// sum tensor(5.)
	// none tensor([0., 1., 4.])
}

func ExampleCrossEntropyLoss() {
	logits := tensor.From([]float32{2, 0, 0, 0, 3, 0}, 2, 3)
	target := tensor.From([]int{0, 2})
	fmt.Println(nn.CrossEntropy(logits, target))
	fmt.Println(nn.CrossEntropyLoss{Reduction: nn.None}.Forward(logits, target))
	// Output:
	// tensor(1.6672)
	// tensor([0.2395, 3.0949])
}

func ExampleBCELoss() {
	pred, target := tensor.From([]float32{0.9, 0.2}), tensor.From([]float32{1, 0})
	fmt.Println(nn.BCE(pred, target))
	fmt.Println(nn.BCELoss{Reduction: nn.Sum}.Forward(pred, target))
	// Output:
	// tensor(0.1643)
	// tensor(0.3285)
}

func ExampleBCEWithLogitsLoss() {
	logits, target := tensor.From([]float32{1000, -2}), tensor.From([]float32{1, 0})
	fmt.Println(nn.BCEWithLogits(logits, target))
	fmt.Println(nn.BCEWithLogitsLoss{Reduction: nn.None}.Forward(logits, target))
	// Output:
	// tensor(0.0635)
	// tensor([0.0000, 0.1269])
}

func ExampleNamed() {
	model := &xorNet{nn.NewLinear(rng.NewTorch(0), 2, 8), nn.NewLinear(rng.NewTorch(1), 8, 1)}
	for _, n := range nn.StateDict(model) {
		fmt.Println(n.Name, n.Tensor.Shape())
	}
	// Output:
	// hidden.weight (8, 2)
	// hidden.bias (8,)
	// out.weight (1, 8)
	// out.bias (1,)
}

func ExampleStateError() {
	model := nn.NewLinear(rng.NewTorch(0), 2, 8)
	err := nn.LoadStateDict(model, []nn.Named{{Name: "weight", Tensor: tensor.Zeros(2, 8)}, {Name: "b", Tensor: tensor.Zeros(8)}})
	var e *nn.StateError
	if errors.As(err, &e) {
		fmt.Println(e.Missing, e.Unexpected, len(e.Misshapen))
	}
	fmt.Println(err)
	// Output:
	// [bias] [b] 1
	// the state dict does not fit the model; missing: bias; unexpected: b; of another shape: weight is (2, 8) in the dict and (8, 2) in the model
}

func ExampleMisshapen() {
	model := nn.LinearConfig{NoBias: true}.New(rng.NewTorch(0), 2, 8)
	err := nn.LoadStateDict(model, []nn.Named{{Name: "weight", Tensor: tensor.Zeros(2, 8)}})
	for _, m := range err.(*nn.StateError).Misshapen {
		fmt.Println(m.Key, m.Model, m.Dict)
	}
	// Output: weight (8, 2) (2, 8)
}

func ExampleSummaryTable() {
	g := rng.NewTorch(0)
	model := nn.Sequential{&nn.Flatten{}, nn.NewLinear(g, 784, 128), &nn.ReLU{}, nn.NewLinear(g, 128, 10)}
	fmt.Println(nn.Summary(model, 1, 28, 28))
	// Output:
	// layer  type     output shape  parameters  multiply-adds    weights   output
	// ───────────────────────────────────────────────────────────────────────────
	// 0      Flatten  (1, 784)
	// 1      Linear   (1, 128)         100,480        100,352  392.5 KiB    512 B
	// 2      ReLU     (1, 128)                                              512 B
	// 3      Linear   (1, 10)            1,290          1,280    5.0 KiB     40 B
	// ───────────────────────────────────────────────────────────────────────────
	// total                            101,770        101,632  397.5 KiB  1.0 KiB
	// input (1, 28, 28), 101,770 parameters, all trained
}

func ExampleSummaryRow() {
	model := &xorNet{nn.NewLinear(rng.NewTorch(0), 2, 8), nn.NewLinear(rng.NewTorch(1), 8, 1)}
	for _, row := range nn.Summary(model, 1, 2).Rows {
		fmt.Println(row.Path, row.Type, row.Outputs[0], row.Parameters, row.MultiplyAdds)
	}
	// Output:
	// hidden Linear (1, 8) 24 16
	// out Linear (1, 1) 9 8
}

// Your own layer can report its multiply-adds to a summary.
func ExampleMultiplyAdder() {
	l := &gated{tensor.Zeros(3).SetRequiresGrad(true), &nn.Tanh{}}
	var _ nn.MultiplyAdder = l // func (m *gated) MultiplyAdds(inputs, outputs []tensor.Shape) int { return outputs[0].Size() }
	fmt.Println(nn.Summary(l, 5, 3).Total.MultiplyAdds)
	// Output: 15
}

func ExampleNotFinite() {
	model := &xorNet{nn.NewLinear(rng.NewTorch(0), 2, 8), nn.NewLinear(rng.NewTorch(1), 8, 1)}
	model.Out.Bias.Data().FillInPlace(math.NaN())
	fmt.Println(nn.TraceNaN(model, tensor.Zeros(5, 2)))
	// Output: the output of model.out is not finite; neither is its parameter bias
}

// An error names the layer's path in the model.
func ExampleLocate() {
	model := &xorNet{nn.NewLinear(rng.NewTorch(0), 2, 8), nn.NewLinear(rng.NewTorch(1), 8, 1)}
	err := tensor.Try(func() { model.Forward(tensor.Zeros(5, 3)) })
	fmt.Println(nn.Locate(model, err))
	// Output: linear: the input's last dimension is not the weight's: (5, 3) × (8, 2), in model.hidden
}
