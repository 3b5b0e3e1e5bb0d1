package optim_test

import (
	"fmt"

	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/tensor"
)

// distance is a loss with its minimum at (3, -1).
func distance(p tensor.Tensor) tensor.Tensor {
	return p.Sub(tensor.From([]float32{3, -1})).Square().Sum()
}

// A training loop. All optimizers are used in the same way.
func ExampleOptimizer() {
	p := tensor.Zeros(2).SetRequiresGrad(true)
	var opt optim.Optimizer = optim.NewAdam([]tensor.Tensor{p}, optim.AdamConfig{LR: 0.1})
	for range 200 {
		loss := distance(p)
		opt.ZeroGrad()
		loss.Backward()
		opt.Step()
	}
	fmt.Printf("%.2f\n", p.Float32s())
	// Output: [3.00 -1.00]
}

func ExampleSGD() {
	p := tensor.Zeros(2).SetRequiresGrad(true)
	opt := optim.NewSGD([]tensor.Tensor{p}, optim.SGDConfig{LR: 0.25})
	for range 3 {
		opt.ZeroGrad()
		distance(p).Backward()
		opt.Step()
		fmt.Println(p.Float32s())
	}
	// Output:
	// [1.5 -0.5]
	// [2.25 -0.75]
	// [2.625 -0.875]
}

func ExampleSGDConfig() {
	p := tensor.Zeros(2).SetRequiresGrad(true)
	opt := optim.NewSGD([]tensor.Tensor{p}, optim.SGDConfig{Momentum: 0.9, Nesterov: true})
	fmt.Println(opt.LR(), opt.Config(0).Momentum)
	// Output: 0.001 0.9
}

func ExampleRMSprop() {
	p := tensor.Zeros(2).SetRequiresGrad(true)
	opt := optim.NewRMSprop([]tensor.Tensor{p}, optim.RMSpropConfig{LR: 0.01, Momentum: 0.9})
	for range 300 {
		opt.ZeroGrad()
		distance(p).Backward()
		opt.Step()
	}
	fmt.Printf("%.1f\n", p.Float32s())
	// Output: [3.0 -1.0]
}

// Save an optimizer's state and continue with another optimizer.
func ExampleAdam() {
	p := tensor.Zeros(2).SetRequiresGrad(true)
	opt := optim.NewAdam([]tensor.Tensor{p}, optim.AdamConfig{LR: 0.1})
	distance(p).Backward()
	opt.Step()

	again := optim.NewAdam([]tensor.Tensor{p}, optim.AdamConfig{})
	err := again.LoadState(opt.State())
	fmt.Println(again.LR(), again.State()["state.0.step"].Item(), err)

	p3 := tensor.Zeros(3).SetRequiresGrad(true)
	other := optim.NewAdam([]tensor.Tensor{p3}, optim.AdamConfig{})
	fmt.Println(other.LoadState(opt.State()))
	// Output:
	// 0.1 1 <nil>
	// the state does not fit the Adam optimizer: state.0.exp_avg has shape (2,), its parameter (3,); state.0.exp_avg_sq has shape (2,), its parameter (3,)
}

// Weight decay for weights, none for biases: one group for each.
func ExampleAdamW() {
	weight, bias := tensor.Ones(2, 2).SetRequiresGrad(true), tensor.Zeros(2).SetRequiresGrad(true)
	opt := optim.NewAdamW([]tensor.Tensor{weight}, optim.AdamWConfig{LR: 3e-4})
	opt.AddGroup([]tensor.Tensor{bias}, optim.AdamWConfig{LR: 3e-4, WeightDecay: optim.Zero})
	fmt.Println(opt.Config(0).WeightDecay, opt.Config(1).WeightDecay)
	// Output: 0.01 0
}

func ExampleGroup() {
	body, head := tensor.Zeros(2).SetRequiresGrad(true), tensor.Zeros(2).SetRequiresGrad(true)
	opt := optim.NewSGD([]tensor.Tensor{body}, optim.SGDConfig{LR: 0.001})
	opt.AddGroup([]tensor.Tensor{head}, optim.SGDConfig{LR: 0.1})
	for _, g := range opt.Groups() {
		g.SetLR(g.LR() / 2)
		fmt.Println(len(g.Params()), g.LR())
	}
	// Output:
	// 1 0.0005
	// 1 0.05
}

// Steps shrink with the sum of squared gradients.
func ExampleAdagrad() {
	p := tensor.Zeros(1).SetRequiresGrad(true)
	opt := optim.NewAdagrad([]tensor.Tensor{p}, optim.AdagradConfig{LR: 1})
	for range 3 {
		opt.ZeroGrad()
		p.Sum().Backward() // the gradient is 1
		opt.Step()
		fmt.Printf("%.3f\n", p.Item())
	}
	// Output:
	// -1.000
	// -1.707
	// -2.284
}

func ExampleAdadelta() {
	p := tensor.Zeros(2).SetRequiresGrad(true)
	opt := optim.NewAdadelta([]tensor.Tensor{p}, optim.AdadeltaConfig{Eps: 1e-3})
	for range 500 {
		opt.ZeroGrad()
		distance(p).Backward()
		opt.Step()
	}
	fmt.Printf("%.1f\n", p.Float32s())
	// Output: [3.0 -1.0]
}

func ExampleAdamax() {
	p := tensor.Zeros(2).SetRequiresGrad(true)
	opt := optim.NewAdamax([]tensor.Tensor{p}, optim.AdamaxConfig{LR: 0.1})
	for range 300 {
		opt.ZeroGrad()
		distance(p).Backward()
		opt.Step()
	}
	fmt.Printf("%.1f\n", p.Float32s())
	// Output: [3.0 -1.0]
}

func ExampleNAdam() {
	p := tensor.Zeros(2).SetRequiresGrad(true)
	opt := optim.NewNAdam([]tensor.Tensor{p}, optim.NAdamConfig{LR: 0.1, WeightDecay: 1e-4, DecoupledWeightDecay: true})
	for range 200 {
		opt.ZeroGrad()
		distance(p).Backward()
		opt.Step()
	}
	fmt.Printf("%.1f\n", p.Float32s())
	// Output: [3.0 -1.0]
}

func ExampleRAdam() {
	p := tensor.Zeros(2).SetRequiresGrad(true)
	opt := optim.NewRAdam([]tensor.Tensor{p}, optim.RAdamConfig{LR: 0.1})
	for range 300 {
		opt.ZeroGrad()
		distance(p).Backward()
		opt.Step()
	}
	fmt.Printf("%.1f\n", p.Float32s())
	// Output: [3.0 -1.0]
}

// Clip the gradients' norm before a step.
func ExampleClipGradNorm() {
	p := tensor.Zeros(2).SetRequiresGrad(true)
	distance(p).Backward()
	fmt.Printf("%.3f %.3f\n", optim.ClipGradNorm([]tensor.Tensor{p}, 1), p.Grad().Float32s())
	// Output: 6.325 [-0.949 0.316]
}

func ExampleAverage() {
	p := tensor.Zeros(1).SetRequiresGrad(true)
	avg := optim.NewEMA([]tensor.Tensor{p}, 0.5)
	for _, v := range []float64{4, 8, 8} {
		p.Data().FillInPlace(v) // instead of an optimizer's step
		avg.Update()
	}
	avg.Swap()
	fmt.Println(p.Item())
	avg.Swap()
	fmt.Println(p.Item())
	// Output:
	// 7
	// 8
}

// A line search over the whole data, for small problems.
func ExampleLBFGS() {
	p := tensor.Zeros(2).SetRequiresGrad(true)
	opt := optim.NewLBFGS([]tensor.Tensor{p}, optim.LBFGSConfig{StrongWolfe: true})
	before := opt.Step(func() float64 {
		opt.ZeroGrad()
		loss := distance(p)
		loss.Backward()
		return loss.Item()
	})
	fmt.Printf("%.0f %.3f\n", before, p.Float32s())
	// Output: 10 [3.000 -1.000]
}

// The examples below print an optimizer's default settings, which are PyTorch's.

func parameters() []tensor.Tensor { return []tensor.Tensor{tensor.Zeros(2).SetRequiresGrad(true)} }

func ExampleRMSpropConfig() {
	fmt.Printf("%+v\n", *optim.NewRMSprop(parameters(), optim.RMSpropConfig{}).Config(0))
	// Output: {LR:0.01 Alpha:0.99 Eps:1e-08 Momentum:0 WeightDecay:0 Centered:false Maximize:false}
}

func ExampleAdamConfig() {
	fmt.Printf("%+v\n", *optim.NewAdam(parameters(), optim.AdamConfig{}).Config(0))
	// Output: {LR:0.001 Beta1:0.9 Beta2:0.999 Eps:1e-08 WeightDecay:0 AMSGrad:false Maximize:false}
}

func ExampleAdamWConfig() {
	fmt.Printf("%+v\n", *optim.NewAdamW(parameters(), optim.AdamWConfig{}).Config(0))
	// Output: {LR:0.001 Beta1:0.9 Beta2:0.999 Eps:1e-08 WeightDecay:0.01 AMSGrad:false Maximize:false}
}

func ExampleAdagradConfig() {
	fmt.Printf("%+v\n", *optim.NewAdagrad(parameters(), optim.AdagradConfig{}).Config(0))
	// Output: {LR:0.01 LRDecay:0 WeightDecay:0 InitialAccumulatorValue:0 Eps:1e-10 Maximize:false}
}

func ExampleAdadeltaConfig() {
	fmt.Printf("%+v\n", *optim.NewAdadelta(parameters(), optim.AdadeltaConfig{}).Config(0))
	// Output: {LR:1 Rho:0.9 Eps:1e-06 WeightDecay:0 Maximize:false}
}

func ExampleAdamaxConfig() {
	fmt.Printf("%+v\n", *optim.NewAdamax(parameters(), optim.AdamaxConfig{}).Config(0))
	// Output: {LR:0.002 Beta1:0.9 Beta2:0.999 Eps:1e-08 WeightDecay:0 Maximize:false}
}

func ExampleNAdamConfig() {
	fmt.Printf("%+v\n", *optim.NewNAdam(parameters(), optim.NAdamConfig{}).Config(0))
	// Output: {LR:0.002 Beta1:0.9 Beta2:0.999 Eps:1e-08 WeightDecay:0 MomentumDecay:0.004 DecoupledWeightDecay:false Maximize:false}
}

func ExampleRAdamConfig() {
	fmt.Printf("%+v\n", *optim.NewRAdam(parameters(), optim.RAdamConfig{}).Config(0))
	// Output: {LR:0.001 Beta1:0.9 Beta2:0.999 Eps:1e-08 WeightDecay:0 DecoupledWeightDecay:false Maximize:false}
}

func ExampleLBFGSConfig() {
	fmt.Printf("%+v\n", *optim.NewLBFGS(parameters(), optim.LBFGSConfig{}).Config())
	// Output: {LR:1 MaxIter:20 MaxEval:25 ToleranceGrad:1e-07 ToleranceChange:1e-09 HistorySize:100 StrongWolfe:false Maximize:false}
}
