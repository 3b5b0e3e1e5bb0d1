package main

import (
	"context"
	"log"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/optim/sched"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
)

func accumulation(c *Curve) {
	g := rng.NewTorch(41)
	x, y := blobs(g, 96, 8, 4)
	loader := data.NewLoader(data.NewTensorDataset(x.Cast(c.DType), y), data.LoaderConfig{BatchSize: 8, Shuffle: true,
		RNG: g, Device: c.Device})
	model := nn.Sequential{nn.NewLinear(g, 8, 24), &nn.SELU{}, nn.NewLinear(g, 24, 4)}
	c.To(model)
	opt := optim.NewAdam(nn.Parameters(model), optim.AdamConfig{LR: 0.01})
	for range 8 {
		for batch := range loader.Batches() {
			loss := nn.CrossEntropy(model.Forward(batch.X), batch.Y).DivScalar(4)
			loss.Backward() // adds to the gradients of the previous batches
			if batch.Step%4 == 3 {
				opt.Step()
				opt.ZeroGrad()
			}
			c.Add(loss)
		}
	}
	c.Classified(model, x, y)
}

// Classifier has a body, which computes features of the input, and a head, which computes scores from the features.
type Classifier struct {
	Body nn.Sequential
	Head *nn.Linear
}

// Forward returns the scores of the classes.
func (m *Classifier) Forward(x tensor.Tensor) tensor.Tensor { return m.Head.Forward(m.Body.Forward(x)) }

func frozen(c *Curve) {
	g := rng.NewTorch(42)
	x, y := blobs(g, 120, 8, 6)
	even := y.Remainder(tensor.Scalar(2))
	model := &Classifier{nn.Sequential{nn.NewLinear(g, 8, 24), &nn.Tanh{}}, nn.NewLinear(g, 24, 6)}
	c.To(model)
	size := func() float64 { return nn.Parameters(model.Body)[0].Data().Cast(tensor.Float64).Norm(2).Item() }

	fitTo := func(y tensor.Tensor) {
		opt := optim.NewAdam(nn.Parameters(model), optim.AdamConfig{LR: 0.02}) // frozen parameters have no gradient and stay unchanged
		loader := data.NewLoader(data.NewTensorDataset(x.Cast(c.DType), y), data.LoaderConfig{BatchSize: 24,
			Shuffle: true, RNG: g, Device: c.Device})
		for range 6 {
			for batch := range loader.Batches() {
				loss := nn.CrossEntropy(model.Forward(batch.X), batch.Y)
				step(opt, loss)
				c.Add(loss)
			}
		}
	}
	fitTo(y)
	c.End("body after 6 classes", size())
	nn.Freeze(model.Body)
	model.Head = nn.NewLinear(g, 24, 2)
	c.To(model)
	fitTo(even)
	c.End("body after 2 classes", size())
	c.Classified(model, x, even)
}

func averages(c *Curve) {
	g := rng.NewTorch(43)
	x, y := blobs(g, 120, 8, 4)
	loader := data.NewLoader(data.NewTensorDataset(x.Cast(c.DType), y), data.LoaderConfig{BatchSize: 24, Shuffle: true,
		RNG: g, Device: c.Device})
	model := nn.Sequential{nn.NewLinear(g, 8, 24), &nn.ReLU{}, nn.NewLinear(g, 24, 4)}
	c.To(model)
	params := nn.Parameters(model)
	opt := optim.NewSGD(params, optim.SGDConfig{LR: 0.3})
	ema, swa := optim.NewEMA(params, 0.9), optim.NewSWA(params)
	lr := sched.NewSWALR(opt, 0.1, 3, false)
	for epoch := range 8 {
		for batch := range loader.Batches() {
			loss := nn.CrossEntropy(model.Forward(batch.X), batch.Y)
			step(opt, loss)
			ema.Update()
			c.Add(loss)
		}
		if epoch >= 4 {
			swa.Update()
			lr.Step()
		}
	}
	lossWith := func(avg *optim.Average) float64 {
		avg.Swap()
		defer avg.Swap()
		return nn.CrossEntropy(tensor.NoGrad(x.Cast(c.DType).To(c.Device), model.Forward), y.To(c.Device)).Item()
	}
	c.End("EMA", lossWith(ema))
	c.End("SWA", lossWith(swa))
	c.Classified(model, x, y)
}

// VAE is a variational autoencoder: its code is a normal distribution. (https://arxiv.org/abs/1312.6114)
type VAE struct {
	Encode       *nn.Linear
	Mean, LogVar *nn.Linear
	Decode       nn.Sequential
}

// Forward returns the reconstruction of x (N, features) from a sample of the code, and the code's mean and log σ²,
// (N, size). noise (N, size) is standard normal.
func (m *VAE) Forward(x, noise tensor.Tensor) (out, mean, logVar tensor.Tensor) {
	h := m.Encode.Forward(x).ReLU()
	mean, logVar = m.Mean.Forward(h), m.LogVar.Forward(h)
	z := mean.Add(noise.Mul(logVar.MulScalar(0.5).Exp()))
	return m.Decode.Forward(z), mean, logVar
}

func vae(c *Curve) {
	g := rng.NewTorch(44)
	half := tensor.Options{}.Rand(g, 128, 12).GreaterScalar(0.5).Cast(tensor.Float32).Narrow(1, 0, 6)
	x := tensor.Cat(1, half, half)
	loader := data.NewLoader(data.NewTensorDataset(x.Cast(c.DType)), data.LoaderConfig{BatchSize: 16, Shuffle: true,
		RNG: g, Device: c.Device})
	model := &VAE{
		nn.NewLinear(g, 12, 24), nn.NewLinear(g, 24, 4), nn.NewLinear(g, 24, 4),
		nn.Sequential{nn.NewLinear(g, 4, 24), &nn.ReLU{}, nn.NewLinear(g, 24, 12)},
	}
	c.To(model)
	opt := optim.NewAdam(nn.Parameters(model), optim.AdamConfig{LR: 0.01})
	for range 6 {
		for batch := range loader.Batches() {
			noise := batch.X.Scope().Empty(tensor.Float32, 16, 4).RandNLike(g).Cast(c.DType) // in the scope of this step
			out, mean, logVar := model.Forward(batch.X, noise)
			rebuilt := nn.BCEWithLogits(out, batch.X)
			divergence := logVar.AddScalar(1).Sub(mean.Square()).Sub(logVar.Exp()).Mean().MulScalar(-0.5)
			loss := rebuilt.Add(divergence.MulScalar(0.1))
			step(opt, loss)
			c.Add(loss)
		}
	}
	c.Trained(model)
}

func adversaries(c *Curve) {
	g := rng.NewTorch(45)
	x := tensor.Options{}.RandN(g, 128, 2).MulScalar(0.3)
	x.Select(1, 1).AddInPlace(x.Select(1, 0).Abs())
	loader := data.NewLoader(data.NewTensorDataset(x.Cast(c.DType)), data.LoaderConfig{BatchSize: 32, Shuffle: true,
		RNG: g, Device: c.Device})
	generator := nn.Sequential{nn.NewLinear(g, 3, 16), &nn.LeakyReLU{NegativeSlope: 0.2}, nn.NewLinear(g, 16, 2)}
	critic := nn.Sequential{nn.NewLinear(g, 2, 16), &nn.Softplus{}, nn.NewLinear(g, 16, 1)}
	both := struct{ Generator, Critic nn.Sequential }{generator, critic}
	c.To(both)
	adam := optim.AdamConfig{LR: 5e-3, Beta1: 0.5, Beta2: 0.9}
	generatorOpt, criticOpt := optim.NewAdam(nn.Parameters(generator), adam), optim.NewAdam(nn.Parameters(critic), adam)
	for range 8 {
		for batch := range loader.Batches() {
			real := batch.X
			noise := real.Scope().Empty(tensor.Float32, 32, 3).RandNLike(g).Cast(c.DType)
			generated := generator.Forward(noise)

			// The critic separates real from generated points; the penalty keeps the norm of its gradient between
			// them close to 1. (https://arxiv.org/abs/1704.00028)
			between := real.Lerp(generated.Detach(), 0.5).SetRequiresGrad(true)
			slope := tensor.Gradient(critic.Forward(between).Sum(), []tensor.Tensor{between}, true)[0]
			penalty := slope.Norm(2, 1).AddScalar(-1).Square().Mean()
			loss := critic.Forward(generated.Detach()).Mean().Sub(critic.Forward(real).Mean()).Add(penalty)
			step(criticOpt, loss)
			c.Add(loss)

			loss = critic.Forward(generated).Mean().Neg()
			step(generatorOpt, loss)
			c.Add(loss)
		}
	}
	c.Trained(both)
}

func fit(c *Curve) {
	g := rng.NewTorch(46)
	x, y := blobs(g, 150, 8, 4)
	x = x.Cast(c.DType)
	known := data.NewTensorDataset(x.Narrow(0, 0, 110), y.Narrow(0, 0, 110))
	fresh := data.NewTensorDataset(x.Narrow(0, 110, 40), y.Narrow(0, 110, 40))
	model := nn.Sequential{nn.NewLinear(g, 8, 24), nn.NewDropout(g, 0.2), &nn.ReLU{}, nn.NewLinear(g, 24, 4)}
	c.To(model)
	opt := optim.NewAdam(nn.Parameters(model), optim.AdamConfig{LR: 0.02})
	history, err := train.Fit(context.Background(), model, train.Config{
		Train:      data.NewLoader(known, data.LoaderConfig{BatchSize: 20, Shuffle: true, RNG: g, Device: c.Device}),
		Validation: data.NewLoader(fresh, data.LoaderConfig{BatchSize: 10, RNG: g, Device: c.Device}),
		Optimizer:  opt,
		Schedule:   sched.NewExponentialLR(opt, 0.8),
		Loss:       nn.CrossEntropyLoss{},
		Epochs:     8,
		Reporter:   reporter{c},
	})
	if err != nil {
		log.Fatal(err)
	}
	c.End("correct", float64(history.Epochs[7].Validation.Correct))
	c.Trained(model)
}

// reporter records Fit's reports in a Curve.
type reporter struct{ *Curve }

func (r reporter) Step(p train.Progress)       { r.note(p.Loss) }
func (r reporter) Epoch(e train.Epoch, of int) { r.note(e.Validation.Loss) }
