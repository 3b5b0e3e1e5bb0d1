package main

import (
	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/optim/sched"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

func oneCycle(c *Curve) {
	g := rng.NewTorch(11)
	x, y := blobs(g, 192, 8, 4)
	loader := data.NewLoader(data.NewTensorDataset(x.Cast(c.DType), y), data.LoaderConfig{BatchSize: 24, Shuffle: true,
		RNG: g, Device: c.Device})
	model := nn.Sequential{nn.NewLinear(g, 8, 32), &nn.SiLU{}, nn.NewLinear(g, 32, 4)}
	c.To(model)
	opt := optim.NewSGD(nn.Parameters(model), optim.SGDConfig{LR: 0.1, Momentum: 0.9})
	lr := sched.NewOneCycleLR(opt, 0.2, 6*loader.Len(), sched.OneCycleConfig{})
	for range 6 {
		for batch := range loader.Batches() {
			loss := nn.CrossEntropy(model.Forward(batch.X), batch.Y)
			step(opt, loss)
			lr.Step()
			c.Add(loss)
		}
	}
	c.Classified(model, x, y)
}

func restarts(c *Curve) {
	g := rng.NewTorch(12)
	x, y := blobs(g, 192, 8, 4)
	loader := data.NewLoader(data.NewTensorDataset(x.Cast(c.DType), y), data.LoaderConfig{BatchSize: 32, Shuffle: true,
		RNG: g, Device: c.Device})
	model := nn.Sequential{nn.NewLinear(g, 8, 32), &nn.Mish{}, nn.NewLinear(g, 32, 4)}
	c.To(model)
	opt := optim.NewNAdam(nn.Parameters(model), optim.NAdamConfig{LR: 0.02})
	lr := sched.NewCosineAnnealingWarmRestarts(opt, 6, 2, 1e-3) // runs of 6, 12, 24 and 48 steps
	for range 8 {
		for batch := range loader.Batches() {
			loss := nn.CrossEntropy(model.Forward(batch.X), batch.Y)
			step(opt, loss)
			lr.Step()
			c.Add(loss)
		}
	}
	c.Classified(model, x, y)
}

func plateau(c *Curve) {
	g := rng.NewTorch(13)
	x, y := surface(g, 120, 4)
	y.Slice(0, 0, 120, 15).AddInPlace(tensor.Full(8, 1)) // outliers
	x, y = x.Cast(c.DType), y.Cast(c.DType)
	known := data.NewTensorDataset(x.Narrow(0, 0, 96), y.Narrow(0, 0, 96))
	xNew, yNew := x.Narrow(0, 96, 24).To(c.Device), y.Narrow(0, 96, 24).To(c.Device)

	loader := data.NewLoader(known, data.LoaderConfig{BatchSize: 16, Shuffle: true, RNG: g, Device: c.Device})
	model := nn.Sequential{nn.NewLinear(g, 4, 24), &nn.LeakyReLU{NegativeSlope: 0.1}, nn.NewLinear(g, 24, 1)}
	c.To(model)
	huber := nn.HuberLoss{Delta: 0.5}
	opt := optim.NewAdamax(nn.Parameters(model), optim.AdamaxConfig{LR: 0.05})
	lr := sched.NewReduceLROnPlateau(opt, sched.PlateauConfig{Factor: 0.5, Patience: -1})
	for range 12 {
		for batch := range loader.Batches() {
			loss := huber.Forward(model.Forward(batch.X), batch.Y)
			step(opt, loss)
			c.Add(loss)
		}
		lr.Step(huber.Forward(tensor.NoGrad(xNew, model.Forward), yNew).Item())
	}
	c.End("rate", opt.LR())
	c.Trained(model)
}

func cyclic(c *Curve) {
	g := rng.NewTorch(14)
	x, y := blobs(g, 160, 8, 4)
	loader := data.NewLoader(data.NewTensorDataset(x.Cast(c.DType), y), data.LoaderConfig{BatchSize: 32, Shuffle: true,
		RNG: g, Device: c.Device})
	model := nn.Sequential{nn.NewLinear(g, 8, 24), &nn.ELU{}, nn.NewLinear(g, 24, 4)}
	c.To(model)
	opt := optim.NewSGD(nn.Parameters(model), optim.SGDConfig{Momentum: 0.9})
	lr := sched.NewCyclicLR(opt, 0.01, 0.2, 7, sched.CyclicConfig{Halve: true})
	for range 10 {
		for batch := range loader.Batches() {
			loss := nn.CrossEntropy(model.Forward(batch.X), batch.Y)
			step(opt, loss)
			lr.Step()
			c.Add(loss)
		}
	}
	c.Classified(model, x, y)
}
