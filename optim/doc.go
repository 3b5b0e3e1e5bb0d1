// Package optim provides optimizers, gradient clipping and averages of weights.
// Learning-rate schedules are in [github.com/lamina-ml/lamina/optim/sched].
//
//	opt := optim.NewAdam(params, optim.AdamConfig{LR: 1e-3})
//	…
//	opt.ZeroGrad()
//	loss.Backward()
//	opt.Step()
//
// The update rules, their defaults and the order of their floating-point operations are PyTorch's
// (https://docs.pytorch.org/docs/stable/optim.html): the same gradients give the same parameters. A parameter whose
// gradient is absent does not change, not even by weight decay, nor does its step count.
//
// A setting's zero value is PyTorch's default. If that default is not 0, [Zero] sets the value 0.
//
// To write an optimizer, pass [New] a [Rule]: a struct of settings with four methods.
package optim
