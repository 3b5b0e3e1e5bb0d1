package main

import (
	"log"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/data/mnist"
	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/optim/sched"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// digits returns the first n test digits of MNIST, (n, 1, 28, 28) from 0 to 1, and their classes (n,).
func digits(n int) (x, y tensor.Tensor) {
	d, err := mnist.Test()
	if err != nil {
		log.Fatal(err)
	}
	x = tensor.From(d.Images[:n*d.Rows*d.Cols], n, 1, d.Rows, d.Cols).Cast(tensor.Float32).DivScalar(255)
	return x, tensor.From(d.Labels[:n]).Cast(tensor.Int64)
}

func residual(c *Curve) {
	g := rng.NewTorch(52)
	x, y := blobs(g, 40, 3*8*8, 10)
	x = x.Reshape(40, 3, 8, 8)
	loader := data.NewLoader(data.NewTensorDataset(x.Cast(c.DType), y), data.LoaderConfig{BatchSize: 8, Shuffle: true,
		RNG: g, Device: c.Device})
	model := models.NewResNet20(g, 10)
	c.To(model)
	opt := optim.NewSGD(nn.Parameters(model), optim.SGDConfig{LR: 0.001, Momentum: 0.9, WeightDecay: 1e-4})
	for range 6 {
		for batch := range loader.Batches() {
			loss := nn.CrossEntropy(model.Forward(batch.X), batch.Y)
			step(opt, loss)
			c.Add(loss)
		}
	}
	c.Classified(model, x, y)
}

func convolution(c *Curve) {
	g := rng.NewTorch(51)
	x, y := digits(6)
	loader := data.NewLoader(data.NewTensorDataset(x.Cast(c.DType), y), data.LoaderConfig{BatchSize: 1, Shuffle: true,
		RNG: g, Device: c.Device})
	model := models.NewMNISTNet(g, 10)
	c.To(model)
	opt := optim.NewAdadelta(nn.Parameters(model), optim.AdadeltaConfig{LR: 1})
	lr := sched.NewStepLR(opt, 1, 0.7)
	for range 5 {
		for batch := range loader.Batches() {
			loss := nn.CrossEntropy(model.Forward(batch.X), batch.Y)
			step(opt, loss)
			c.Add(loss)
		}
		lr.Step()
	}
	c.Classified(model, x, y)
}
