package ui

import (
	"encoding/base64"
	"math"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/tensor"
)

const gridSize = 48 // points of a surface in each direction; those of hidden neurons have half as many

// playNet is the playground's network: hidden layers, then one output.
type playNet struct {
	Hidden  []*nn.Linear
	Dropout *nn.Dropout // after each activation
	Out     *nn.Linear

	activation func(tensor.Tensor) tensor.Tensor
}

// layers returns the results of x (N, inputs) in each layer: z = W·a + b and a, behind the activation and dropout. For
// the output, a is z.
func (m *playNet) layers(x tensor.Tensor) (z, a []tensor.Tensor) {
	for _, l := range m.Hidden {
		z = append(z, l.Forward(x))
		x = m.Dropout.Forward(m.activation(z[len(z)-1]))
		a = append(a, x)
	}
	out := m.Out.Forward(x)
	return append(z, out), append(a, out)
}

// Forward returns the output (N, 1): a logit or, in a regression, the prediction.
func (m *playNet) Forward(x tensor.Tensor) tensor.Tensor {
	for _, l := range m.Hidden {
		x = m.Dropout.Forward(m.activation(l.Forward(x)))
	}
	return m.Out.Forward(x)
}

// trainer trains a playground's network. One goroutine uses it.
type trainer struct {
	settings
	classes   bool
	trained   []sample // the samples that are trained on
	tested    []sample
	net       *playNet
	optimizer optim.Optimizer
	random    *rng.Torch // draws the order of the samples
	order     []int64    // of the epoch
	at        int        // in order
	steps     int
	epochs    float64

	scope       *tensor.Scope // of a step
	look        *tensor.Scope // of what is shown
	grid        tensor.Tensor // the inputs at all points of a surface
	trainX      tensor.Tensor // the inputs of all samples that are trained on, and their targets
	trainY      tensor.Tensor
	testX       tensor.Tensor
	testY       tensor.Tensor
	featureRows []float32 // of trained
	batchX      []float32
	batchY      []float32
}

// newTrainer returns a trainer with new weights. c has been checked.
func newTrainer(c settings) *trainer {
	t := &trainer{settings: c, classes: playgroundData[findData(c.Data)].classes, random: rng.NewTorch(c.Seed),
		scope: tensor.NewScope(tensor.CPU()), look: tensor.NewScope(tensor.CPU())}
	t.look.SetRecording(false)
	samples := drawSamples(&c)
	n := int(math.Round(c.Train * float64(len(samples))))
	t.trained, t.tested = samples[:n], samples[n:]

	g := rng.NewTorch(c.Seed)
	t.net = &playNet{activation: activations[c.Activation], Dropout: nn.NewDropout(g, c.Dropout)}
	in := len(c.Inputs)
	for _, out := range c.Hidden {
		t.net.Hidden = append(t.net.Hidden, nn.NewLinear(g, in, out))
		in = out
	}
	t.net.Out = nn.NewLinear(g, in, 1)
	t.optimizer = c.newOptimizer(nn.Parameters(t.net))

	t.featureRows = t.features(t.trained)
	t.trainX, t.trainY = t.tensors(t.trained)
	t.testX, t.testY = t.tensors(t.tested)
	var points []sample
	for row := range gridSize {
		for col := range gridSize {
			points = append(points, sample{x: gridPoint(col), y: -gridPoint(row)})
		}
	}
	t.grid, _ = t.tensors(points)
	return t
}

// gridPoint returns the coordinate of the middle of the i-th cell.
func gridPoint(i int) float64 { return playgroundReach * (2*(float64(i)+0.5)/gridSize - 1) }

// features returns the inputs of samples, row by row.
func (t *trainer) features(samples []sample) []float32 {
	rows := make([]float32, 0, len(samples)*len(t.Inputs))
	for _, s := range samples {
		for _, name := range t.Inputs {
			rows = append(rows, float32(inputFunction(name)(s.x, s.y)))
		}
	}
	return rows
}

// tensors returns the inputs (N, inputs) and the targets (N, 1) of samples.
func (t *trainer) tensors(samples []sample) (x, y tensor.Tensor) {
	targets := make([]float32, len(samples))
	for i, s := range samples {
		targets[i] = float32(s.target)
	}
	return tensor.From(t.features(samples), len(samples), len(t.Inputs)), tensor.From(targets, len(samples), 1)
}

// change takes settings that keep the network and its weights.
func (t *trainer) change(c settings) {
	if c.Optimizer != t.Optimizer || c.Decay != t.Decay || c.Loss != t.Loss {
		t.optimizer = c.newOptimizer(t.optimizer.Params())
	}
	t.optimizer.SetLR(c.Rate)
	t.net.Dropout.P = c.Dropout
	t.settings = c
}

// loss returns the mean loss of the output z (N, 1) against targets (N, 1).
func (t *trainer) loss(z, target tensor.Tensor) tensor.Tensor {
	switch {
	case t.Loss == "cross-entropy":
		return nn.BCEWithLogits(z, target)
	case t.Loss == "l1":
		return nn.L1(z, target)
	case t.classes:
		return nn.MSE(z.Sigmoid(), target)
	}
	return nn.MSE(z, target)
}

// step trains on the next batch.
func (t *trainer) step() {
	if t.at >= len(t.order) {
		t.order = append(t.order[:0], make([]int64, len(t.trained))...)
		t.random.Randperm(t.order)
		t.at = 0
	}
	batch := t.order[t.at:min(t.at+t.Batch, len(t.order))]
	t.at += len(batch)
	t.batchX, t.batchY = t.batchX[:0], t.batchY[:0]
	width := len(t.Inputs)
	for _, i := range batch {
		t.batchX = append(t.batchX, t.featureRows[int(i)*width:(int(i)+1)*width]...)
		t.batchY = append(t.batchY, float32(t.trained[i].target))
	}
	x, y := t.scope.Empty(tensor.Float32, len(batch), width), t.scope.Empty(tensor.Float32, len(batch), 1)
	tensor.SetFrom(x, t.batchX)
	tensor.SetFrom(y, t.batchY)
	t.optimizer.ZeroGrad()
	t.loss(t.net.Forward(x), y).Backward()
	t.optimizer.Step()
	t.scope.Recycle()
	t.steps++
	t.epochs += float64(len(batch)) / float64(len(t.trained))
}

// epoch trains until the end of the epoch.
func (t *trainer) epoch() {
	for t.step(); t.at < len(t.order); {
		t.step()
	}
}

// frame is what the page draws at a moment of the training.
type frame struct {
	Step    int        `json:"step"`
	Epoch   float64    `json:"epoch"`
	Train   number     `json:"train"` // losses of all samples, without dropout
	Test    number     `json:"test"`
	Correct [2]float64 `json:"correct"` // the share of right classes, trained and tested
	Weights [][]number `json:"weights"` // of each layer, row by row
	Biases  [][]number `json:"biases"`
	Scales  []number   `json:"scales"`  // the largest absolute value of each surface
	Surface string     `json:"surface"` // base64 of int8: hidden neurons', then the output's, each times 127/scale
	Playing bool       `json:"playing"`
	Idle    bool       `json:"idle"`
}

// number is a runs.Number whose JSON has 5 significant digits, so that frames are short.
type number runs.Number

func (n number) MarshalJSON() ([]byte, error) {
	return runs.Number(significant(float64(n), 5)).MarshalJSON()
}

// frame computes what is shown now.
func (t *trainer) frame() *frame {
	f := &frame{Step: t.steps, Epoch: significant(t.epochs, 6)}
	nn.Eval(t.net)
	defer nn.Train(t.net)
	evaluate := func(x, y tensor.Tensor, target []sample) (number, float64) {
		z := t.net.Forward(x.InScope(t.look))
		right := 0
		if t.classes {
			for i, v := range z.Float32s() {
				if (v > 0) == (target[i].target == 1) {
					right++
				}
			}
		}
		return number(t.loss(z, y).Item()), float64(right) / float64(len(target))
	}
	f.Train, f.Correct[0] = evaluate(t.trainX, t.trainY, t.trained)
	f.Test, f.Correct[1] = evaluate(t.testX, t.testY, t.tested)
	for _, l := range append(t.net.Hidden[:len(t.net.Hidden):len(t.net.Hidden)], t.net.Out) {
		f.Weights = append(f.Weights, numbers(l.Weight.Float32s()))
		f.Biases = append(f.Biases, numbers(l.Bias.Float32s()))
	}
	// A hidden neuron's scale is its largest absolute value, at least 1; the output's is 1, as the targets'.
	var raw []byte
	_, a := t.net.layers(t.grid.InScope(t.look))
	for _, layer := range a[:len(a)-1] {
		values, width := layer.Float32s(), layer.Dim(1)
		for j := range width {
			value := func(row, col int) float32 { return values[(2*row*gridSize+2*col)*width+j] }
			scale := float32(1)
			for i := range gridSize * gridSize / 4 {
				v := value(i/(gridSize/2), i%(gridSize/2))
				scale = max(scale, v, -v)
			}
			raw = f.add(raw, value, gridSize/2, scale)
		}
	}
	out := a[len(a)-1]
	if t.classes {
		out = out.Sigmoid().MulScalar(2).AddScalar(-1)
	}
	values := out.Float32s()
	raw = f.add(raw, func(row, col int) float32 { return values[row*gridSize+col] }, gridSize, 1)
	f.Surface = base64.StdEncoding.EncodeToString(raw)
	t.look.Recycle()
	return f
}

// add appends a surface with size×size values to raw, and its scale to f.
func (f *frame) add(raw []byte, value func(row, col int) float32, size int, scale float32) []byte {
	for i := range size * size {
		v := max(-1, min(1, value(i/size, i%size)/scale)) * 127
		if v != v {
			v = 0 // not a number
		}
		raw = append(raw, byte(int8(math.Round(float64(v)))))
	}
	f.Scales = append(f.Scales, number(scale))
	return raw
}

func numbers(xs []float32) []number {
	ys := make([]number, len(xs))
	for i, x := range xs {
		ys[i] = number(x)
	}
	return ys
}
