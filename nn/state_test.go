package nn_test

import (
	"testing"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// FourLayerNN is the model of the notes.
type FourLayerNN struct{ FC1, FC2, FC3, FC4 *nn.Linear }

func newFourLayerNN(g *rng.Torch) *FourLayerNN {
	return &FourLayerNN{nn.NewLinear(g, 100, 128), nn.NewLinear(g, 128, 64), nn.NewLinear(g, 64, 32), nn.NewLinear(g, 32, 10)}
}

func (m *FourLayerNN) Forward(x tensor.Tensor) tensor.Tensor {
	x = m.FC1.Forward(x).ReLU()
	x = m.FC2.Forward(x).ReLU()
	x = m.FC3.Forward(x).ReLU()
	return m.FC4.Forward(x)
}

func TestSteadyStepAllocatesNothing(t *testing.T) {
	g := rng.NewTorch(1)
	model := nn.Sequential{nn.NewLinear(g, 20, 30), &nn.ReLU{}, nn.NewLinear(g, 30, 10)}
	x, y := tensor.Options{}.RandN(g, 16, 20), tensor.From(make([]int64, 16))
	s := tensor.NewScope(tensor.CPU())
	step := func() {
		for _, p := range nn.Parameters(model) {
			p.ZeroGrad()
		}
	}
	step()
	params := nn.Parameters(model)
	step = func() {
		s.Recycle()
		loss := nn.CrossEntropy(model.Forward(x.In(s)), y.In(s))
		for _, p := range params {
			p.ZeroGrad()
		}
		loss.Backward()
	}
	for range 3 {
		step()
	}
	if n := testing.AllocsPerRun(50, step); n != 0 {
		t.Errorf("%v allocations a step", n)
	}
}

func TestPredictionAllocatesNothing(t *testing.T) {
	g := rng.NewTorch(1)
	model := nn.Sequential{&nn.Flatten{}, nn.NewLinear(g, 20, 30), &nn.ReLU{}, nn.NewLinear(g, 30, 10), &nn.Tanh{}}
	x := tensor.Options{}.RandN(g, 16, 4, 5)
	s := tensor.NewScope(tensor.CPU())
	s.SetRecording(false)
	step := func() {
		s.Recycle()
		model.Forward(x.In(s))
	}
	for range 3 {
		step()
	}
	if n := testing.AllocsPerRun(50, step); n != 0 {
		t.Errorf("%v allocations a prediction", n)
	}
}
