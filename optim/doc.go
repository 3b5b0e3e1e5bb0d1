// Package optim holds the optimizers that change parameters by their gradients, clipping of gradients, and averages of weights.
// Learning-rate schedules are in [github.com/lamina-ml/lamina/optim/sched].
//
//	opt := optim.NewAdam(params, optim.AdamConfig{LR: 1e-3})
//	…
//	opt.ZeroGrad()
//	loss.Backward()
//	opt.Step()
//
// The update rules, their defaults and the order of their floating-point operations are PyTorch's
// (https://docs.pytorch.org/docs/stable/optim.html): the same gradients give the same parameters. A parameter whose gradient is
// absent is left alone, weight decay included, and its step count stays.
//
// A setting's zero value is PyTorch's default. Where that default is another number than 0, [Zero] says 0.
//
// An optimizer of your own is a [Rule], a struct of settings with four methods, given to [New].
package optim
