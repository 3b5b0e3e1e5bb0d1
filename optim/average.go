package optim

import (
	"fmt"

	"github.com/lamina-ml/lamina/tensor"
)

// Average keeps a running average of parameters, which often generalizes better than the last parameters.
//
//	avg := optim.NewEMA(params, 0.999)
//	…
//	opt.Step()
//	avg.Update()
//	…
//	avg.Swap() // evaluate with the averages
//	…
//	avg.Swap() // continue the training
//
// https://docs.pytorch.org/docs/stable/optim.html#weight-averaging-swa-and-ema
type Average struct {
	name     string // "EMA" or "SWA"
	params   []tensor.Tensor
	averages []tensor.Tensor
	weight   func(n int) float64 // of the parameters, after n updates
	n        int

	pending []tensor.ParamStep // of the next StepAll
}

// NewEMA returns an exponential moving average: a ← decay·a + (1 − decay)·p at each update. Decay is between 0 and 1;
// 0.999 is usual.
func NewEMA(params []tensor.Tensor, decay float64) *Average {
	if !(decay >= 0 && decay <= 1) {
		fail("optim.NewEMA", fmt.Sprintf("decay is %g; it must lie between 0 and 1", decay))
	}
	return newAverage("EMA", params, func(int) float64 { return 1 - decay })
}

// NewWarmEMA returns an exponential moving average whose decay grows to its final value: at update n it is (1 +
// n)/(10 + n) if that is smaller. So the average forgets the first, poor parameters quickly. (The rule is that of
// TensorFlow's ExponentialMovingAverage with num_updates.)
func NewWarmEMA(params []tensor.Tensor, decay float64) *Average {
	a := NewEMA(params, decay)
	a.weight = func(n int) float64 { return 1 - min(decay, float64(1+n)/float64(10+n)) }
	return a
}

// NewSWA returns the equal average of the parameters at each update: stochastic weight averaging.
func NewSWA(params []tensor.Tensor) *Average {
	return newAverage("SWA", params, func(n int) float64 { return 1 / float64(n+1) })
}

func newAverage(name string, params []tensor.Tensor, weight func(n int) float64) *Average {
	a := &Average{name: name, params: append([]tensor.Tensor(nil), params...), weight: weight}
	for _, p := range params {
		a.averages = append(a.averages, p.Keep())
	}
	return a
}

// Params returns the averages, in the order of the parameters. Before the first update they equal the parameters when
// the Average was created.
func (a *Average) Params() []tensor.Tensor { return a.averages }

// Update adds the current parameters to the average. The first update copies them.
func (a *Average) Update() {
	weight := a.weight(a.n)
	a.n++
	for i, p := range a.params {
		avg := a.averages[i]
		matchParam(avg, p)
		switch {
		case a.n == 1:
			avg.CopyFrom(p)
		case tensor.HasStep(tensor.StepLerp, avg, p):
			if len(a.pending) > 0 && a.pending[0].Param.Device() != p.Device() {
				a.flush()
			}
			a.pending = append(a.pending, tensor.ParamStep{Param: avg, Grad: p,
				Numbers: tensor.StepNumbers{LR: weight}})
		default:
			avg.LerpInPlace(p, weight)
		}
	}
	a.flush()
}

func (a *Average) flush() {
	tensor.StepAll(tensor.StepLerp, a.pending)
	clear(a.pending)
	a.pending = a.pending[:0]
}

// Swap exchanges parameters and averages, so a model uses the averages until the next Swap.
func (a *Average) Swap() {
	for i, p := range a.params {
		avg, data := a.averages[i], p.Data()
		matchParam(avg, p)
		was := data.Keep() // on the heap, for the garbage collector: a swap is rare, and a scope would hold the memory
		data.CopyFrom(avg)
		avg.CopyFrom(was)
	}
}

// State returns the averages and the number of updates by name, as Optimizer's State does.
func (a *Average) State() map[string]tensor.Tensor {
	m := map[string]tensor.Tensor{"rule." + a.name: tensor.Scalar(int64(1)), "updates": tensor.Scalar(int64(a.n))}
	for i, t := range a.averages {
		m[fmt.Sprint(i, ".average")] = t
	}
	return m
}

// LoadState loads a state that State returned. Its error lists everything that does not fit; then nothing is changed.
func (a *Average) LoadState(saved map[string]tensor.Tensor) error {
	l := newLoader(saved)
	l.rule(a.name)
	n := l.count("updates", 0)
	for i, avg := range a.averages {
		if t := l.tensor(fmt.Sprint(i, ".average"), avg); t.Defined() {
			l.onSuccess(func() { avg.CopyFrom(t.To(avg.Device())) })
		}
	}
	l.onSuccess(func() { a.n = n })
	return l.finish("average")
}
