package main

import (
	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

func labelSmoothing(c *Curve) {
	g := rng.NewTorch(21)
	x, y := blobs(g, 150, 10, 6)
	loader := data.NewLoader(data.NewTensorDataset(x.Cast(c.DType), y), data.LoaderConfig{
		BatchSize: 32, Shuffle: true, DropLast: true, Workers: 3, RNG: g, Device: c.Device,
	})
	model := nn.Sequential{nn.NewLinear(g, 10, 32), &nn.ReLU{}, nn.NewLinear(g, 32, 6)}
	c.To(model)
	smoothed := nn.CrossEntropyLoss{LabelSmoothing: 0.1}
	opt := optim.NewAdam(nn.Parameters(model), optim.AdamConfig{LR: 0.01})
	for range 10 {
		for batch := range loader.Batches() {
			loss := smoothed.Forward(model.Forward(batch.X), batch.Y)
			step(opt, loss)
			c.Add(loss)
		}
	}
	c.Classified(model, x, y)
}

func binary(c *Curve) {
	g := rng.NewTorch(22)
	x := tensor.Options{}.RandN(g, 128, 2)
	y := x.Narrow(1, 0, 1).Mul(x.Narrow(1, 1, 1)).GreaterScalar(0).Cast(tensor.Float32)
	loader := data.NewLoader(data.NewTensorDataset(x.Cast(c.DType), y.Cast(c.DType)), data.LoaderConfig{BatchSize: 16,
		Shuffle: true, RNG: g, Device: c.Device})
	model := nn.Sequential{nn.NewLinear(g, 2, 16), &nn.Tanh{}, nn.NewLinear(g, 16, 1), &nn.Sigmoid{}}
	c.To(model)
	opt := optim.NewAdam(nn.Parameters(model), optim.AdamConfig{LR: 0.03})
	for range 8 {
		for batch := range loader.Batches() {
			loss := nn.BCE(model.Forward(batch.X), batch.Y)
			step(opt, loss)
			c.Add(loss)
		}
	}
	yes := tensor.NoGrad(x.Cast(c.DType).To(c.Device), model.Forward).GreaterScalar(0.5)
	c.End("correct", yes.Equal(y.To(c.Device).GreaterScalar(0.5)).Sum().Item())
	c.Trained(model)
}

func posWeight(c *Curve) {
	g := rng.NewTorch(23)
	x := tensor.Options{}.RandN(g, 120, 6)
	y := x.Narrow(1, 0, 3).Add(x.Narrow(1, 3, 3)).GreaterScalar(1.5).Cast(tensor.Float32) // one of seven is positive
	loader := data.NewLoader(data.NewTensorDataset(x.Cast(c.DType), y.Cast(c.DType)), data.LoaderConfig{BatchSize: 20,
		Shuffle: true, RNG: g, Device: c.Device})
	weighted := &nn.BCEWithLogitsLoss{PosWeight: tensor.From([]float32{5, 6, 7})}
	model := nn.Sequential{nn.NewLinear(g, 6, 24), &nn.ReLU{}, nn.NewLinear(g, 24, 3)}
	c.To(model)
	c.To(weighted)
	opt := optim.NewAdam(nn.Parameters(model), optim.AdamConfig{LR: 0.01})
	for range 8 {
		for batch := range loader.Batches() {
			loss := weighted.Forward(model.Forward(batch.X), batch.Y)
			step(opt, loss)
			c.Add(loss)
		}
	}
	c.Trained(model)
}

func tagging(c *Curve) {
	g := rng.NewTorch(24)
	var o tensor.Options
	words := o.RandInt(g, 1, 20, 90, 7)
	tags := words.Remainder(tensor.Scalar(3))
	lengths := o.RandInt(g, 2, 8, 90, 1)
	padding := tensor.Arange(7).GreaterEqual(lengths) // (90, 7)
	words, tags = words.MaskedFill(padding, 0), tags.MaskedFill(padding, -1)
	loader := data.NewLoader(data.NewTensorDataset(words, tags), data.LoaderConfig{BatchSize: 15, Shuffle: true, RNG: g, Device: c.Device})

	noWord, noTag := 0, -1
	model := nn.Sequential{
		nn.EmbeddingConfig{PaddingIndex: &noWord}.New(g, 20, 8),
		nn.NewLinear(g, 8, 16), &nn.Hardswish{}, nn.NewLinear(g, 16, 3),
	}
	weighted := &nn.CrossEntropyLoss{Weight: tensor.From([]float32{1, 0.5, 2}), IgnoreIndex: &noTag}
	c.To(model)
	c.To(weighted)
	opt := optim.NewAdam(nn.Parameters(model), optim.AdamConfig{LR: 0.02})
	for range 8 {
		for batch := range loader.Batches() {
			scores := model.Forward(batch.X).Transpose(1, 2) // (N, classes, words)
			loss := weighted.Forward(scores, batch.Y)
			step(opt, loss)
			c.Add(loss)
		}
	}
	c.Trained(model)
}

func distillation(c *Curve) {
	g := rng.NewTorch(25)
	x, y := blobs(g, 128, 8, 5)
	loader := data.NewLoader(data.NewTensorDataset(x.Cast(c.DType), y), data.LoaderConfig{BatchSize: 32, Shuffle: true,
		RNG: g, Device: c.Device})
	teacher := nn.Sequential{nn.NewLinear(g, 8, 48), &nn.ReLU{}, nn.NewLinear(g, 48, 5)}
	student := nn.Sequential{nn.NewLinear(g, 8, 8), &nn.ReLU{}, nn.NewLinear(g, 8, 5)}
	c.To(teacher)
	c.To(student)

	opt := optim.NewAdam(nn.Parameters(teacher), optim.AdamConfig{LR: 0.01})
	for range 5 {
		for batch := range loader.Batches() {
			loss := nn.CrossEntropy(teacher.Forward(batch.X), batch.Y)
			step(opt, loss)
			c.Add(loss)
		}
	}

	const temperature = 2
	divergence := nn.KLDivLoss{BatchMean: true}
	opt = optim.NewAdam(nn.Parameters(student), optim.AdamConfig{LR: 0.02})
	for range 8 {
		for batch := range loader.Batches() {
			soft := tensor.NoGrad(batch.X, teacher.Forward).DivScalar(temperature).Softmax(1)
			out := student.Forward(batch.X)
			near := divergence.Forward(out.DivScalar(temperature).LogSoftmax(1), soft)
			right := nn.CrossEntropy(out, batch.Y)
			loss := near.MulScalar(temperature * temperature).Add(right.MulScalar(0.5))
			step(opt, loss)
			c.Add(loss)
		}
	}
	c.Classified(student, x, y)
}

func triplets(c *Curve) {
	g := rng.NewTorch(26)
	anchor, _ := blobs(g, 96, 6, 4)
	positive := anchor.Add(tensor.Options{}.RandN(g, 96, 6).MulScalar(0.5))
	negative := tensor.Options{}.RandN(g, 96, 6)
	points := data.NewTensorDataset(anchor.Cast(c.DType), positive.Cast(c.DType), negative.Cast(c.DType))
	loader := data.NewLoader(points, data.LoaderConfig{BatchSize: 16, Shuffle: true, RNG: g, Device: c.Device})
	model := nn.Sequential{nn.NewLinear(g, 6, 24), &nn.CELU{}, nn.NewLinear(g, 24, 3)}
	c.To(model)
	margin := nn.TripletMarginLoss{Margin: 0.7}
	opt := optim.NewAdadelta(nn.Parameters(model), optim.AdadeltaConfig{LR: 0.5})
	for range 8 {
		for batch := range loader.Batches() {
			a, p, n := model.Forward(batch.Fields[0]), model.Forward(batch.Fields[1]), model.Forward(batch.Fields[2])
			loss := margin.Forward(a, p, n)
			step(opt, loss)
			c.Add(loss)
		}
	}
	c.Trained(model)
}

func svm(c *Curve) {
	g := rng.NewTorch(27)
	x, y := blobs(g, 120, 8, 4)
	loader := data.NewLoader(data.NewTensorDataset(x.Cast(c.DType), y), data.LoaderConfig{BatchSize: 20, Shuffle: true,
		RNG: g, Device: c.Device})
	model := nn.NewLinear(g, 8, 4)
	c.To(model)
	params := nn.Parameters(model)
	opt := optim.NewSGD(params, optim.SGDConfig{LR: 0.1})
	for range 8 {
		for batch := range loader.Batches() {
			penalty := model.Weight.InScope(batch.X.Scope()).Abs().Sum() // In makes the penalty part of this step's scope
			loss := nn.MultiMarginLoss{}.Forward(model.Forward(batch.X), batch.Y).Add(penalty.MulScalar(0.01))
			opt.ZeroGrad()
			loss.Backward()
			optim.ClipGradValue(params, 0.1)
			opt.Step()
			c.Add(loss)
		}
	}
	c.Classified(model, x, y)
}
