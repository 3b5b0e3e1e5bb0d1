package optim_test

import (
	"fmt"

	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/tensor"
)

// descend makes n steps that minimize distance.
func descend(p tensor.Tensor, opt optim.Optimizer, n int) {
	for range n {
		opt.ZeroGrad()
		distance(p).Backward()
		opt.Step()
	}
	fmt.Printf("%.1f\n", p.Float32s())
}

func ExampleLion() {
	p := tensor.Zeros(2).SetRequiresGrad(true)
	descend(p, optim.NewLion([]tensor.Tensor{p}, optim.LionConfig{LR: 0.01, Beta2: 0.9}), 600)
	// Output: [3.0 -1.0]
}

func ExampleLAMB() {
	p := tensor.Zeros(2).SetRequiresGrad(true)
	descend(p, optim.NewLAMB([]tensor.Tensor{p}, optim.LAMBConfig{LR: 0.01}), 600)
	// Output: [3.0 -1.0]
}

func ExampleAdafactor() {
	p := tensor.Zeros(2).SetRequiresGrad(true)
	descend(p, optim.NewAdafactor([]tensor.Tensor{p}, optim.AdafactorConfig{LR: 0.02}), 2000)
	// Output: [3.0 -1.0]
}

// Muon trains the matrices of hidden layers, AdamW the other parameters.
func ExampleMuon() {
	weight, bias := tensor.Ones(4, 3).SetRequiresGrad(true), tensor.Ones(4).SetRequiresGrad(true)
	muon := optim.NewMuon([]tensor.Tensor{weight}, optim.MuonConfig{LR: 0.02})
	adam := optim.NewAdamW([]tensor.Tensor{bias}, optim.AdamWConfig{})
	weight.Sum().Add(bias.Sum()).Backward()
	muon.Step()
	adam.Step()
	fmt.Printf("%.2f %.3f\n", weight.At(0, 0), bias.At(0))

	fmt.Println(tensor.Try(func() { optim.NewMuon([]tensor.Tensor{bias}, optim.MuonConfig{}) }))
	// Output:
	// 0.99 0.999
	// Muon: parameter 0 has shape (4,); Muon takes matrices, give the others to AdamW
}

func ExampleAdjustLR() {
	matrix := []tensor.Tensor{tensor.Ones(16, 4).SetRequiresGrad(true)}
	for _, a := range []optim.AdjustLR{optim.AdjustOriginal, optim.AdjustMatchRMSAdamW, optim.AdjustSpectralUnclamped} {
		opt := optim.NewMuon(matrix, optim.MuonConfig{AdjustLR: a})
		fmt.Println(opt.State()["param_groups.0.adjust_lr_fn"].Item())
	}
	// Output:
	// 0
	// 1
	// 2
}

func ExampleLionConfig() {
	fmt.Printf("%+v\n", *optim.NewLion(parameters(), optim.LionConfig{}).Config(0))
	// Output: {LR:0.0001 Beta1:0.9 Beta2:0.99 WeightDecay:0 Maximize:false}
}

func ExampleLAMBConfig() {
	fmt.Printf("%+v\n", *optim.NewLAMB(parameters(), optim.LAMBConfig{}).Config(0))
	// Output: {LR:0.001 Beta1:0.9 Beta2:0.999 Eps:1e-06 WeightDecay:0 Maximize:false}
}

func ExampleAdafactorConfig() {
	fmt.Printf("%+v\n", *optim.NewAdafactor(parameters(), optim.AdafactorConfig{}).Config(0))
	// Output: {LR:0.01 Beta2Decay:-0.8 Eps1:0 Eps2:0.001 D:1 WeightDecay:0 Maximize:false}
}

func ExampleMuonConfig() {
	fmt.Printf("%+v\n", *optim.NewMuon([]tensor.Tensor{tensor.Ones(2, 2)}, optim.MuonConfig{}).Config(0))
	// Output: {LR:0.001 WeightDecay:0.1 Momentum:0.95 NoNesterov:false NSCoeffs:[3.4445 -4.775 2.0315] NSSteps:5 Eps:1e-07 AdjustLR:0}
}
