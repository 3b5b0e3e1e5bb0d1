package optim

import (
	"fmt"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/tensor"
)

// Average keeps a running average of parameters, which often does better on new data than the last parameters do.
//
//	avg := optim.NewEMA(params, 0.999)
//	…
//	opt.Step()
//	avg.Update()
//	…
//	avg.Swap() // evaluate with the averages
//	…
//	avg.Swap() // train on
//
// https://docs.pytorch.org/docs/stable/optim.html#weight-averaging-swa-and-ema
type Average struct {
	params   []tensor.Tensor
	averages []tensor.Tensor
	weight   func(n int) float64 // of the parameters, after n updates
	n        int

	updates []device.Update[float64] // to be made in one call
	lerper  tensor.Device
}

// NewEMA returns an exponential moving average: a ← decay·a + (1 − decay)·p at each update. Decay lies between 0 and 1; 0.999 is usual.
func NewEMA(params []tensor.Tensor, decay float64) *Average {
	if !(decay >= 0 && decay <= 1) {
		fail("NewEMA", fmt.Sprintf("decay is %g; it must lie between 0 and 1", decay))
	}
	return newAverage(params, func(int) float64 { return 1 - decay })
}

// NewSWA returns the equal average of the parameters at each update: stochastic weight averaging.
func NewSWA(params []tensor.Tensor) *Average {
	return newAverage(params, func(n int) float64 { return 1 / float64(n+1) })
}

func newAverage(params []tensor.Tensor, weight func(n int) float64) *Average {
	a := &Average{params: append([]tensor.Tensor(nil), params...), weight: weight}
	for _, p := range params {
		a.averages = append(a.averages, p.Keep())
	}
	return a
}

// Params returns the averages, in the order of the parameters. Before the first update they are the parameters as they were when
// the Average was made.
func (a *Average) Params() []tensor.Tensor { return a.averages }

// Update takes the parameters as they are now into the average. The first update copies them.
func (a *Average) Update() {
	weight := a.weight(a.n)
	a.n++
	for i, p := range a.params {
		avg := a.averages[i]
		follow(avg, p)
		switch _, ok := p.Device().Impl().(device.Lerper); {
		case a.n == 1:
			avg.CopyFrom(p)
		case ok && fusable(p):
			if p.Device() != a.lerper {
				a.flush()
				a.lerper = p.Device()
			}
			avg.Written()
			a.updates = append(a.updates, device.Update[float64]{Param: avg.Array(), Grad: p.Array(), Step: weight})
		default:
			avg.LerpInPlace(p, weight)
		}
	}
	a.flush()
}

func (a *Average) flush() {
	if len(a.updates) > 0 {
		a.lerper.Impl().(device.Lerper).Lerp(a.updates)
		a.updates = a.updates[:0]
	}
}

// Swap exchanges parameters and averages, so that a model computes with the averages until the next Swap.
func (a *Average) Swap() {
	for i, p := range a.params {
		avg, data := a.averages[i], p.Data()
		follow(avg, p)
		s := borrow(p.Device())
		was := s.New(p.DType(), p.Shape().Dims()...)
		was.CopyFrom(data)
		data.CopyFrom(avg)
		avg.CopyFrom(was)
		giveBack(s)
	}
}

// State returns the averages and the number of updates by name, as Optimizer's State does.
func (a *Average) State() map[string]tensor.Tensor {
	m := map[string]tensor.Tensor{"updates": tensor.Scalar(int64(a.n))}
	for i, t := range a.averages {
		m[fmt.Sprint(i, ".average")] = t
	}
	return m
}

// LoadState takes over what State returned. Its error lists everything that does not fit, and then nothing is changed.
func (a *Average) LoadState(saved map[string]tensor.Tensor) error {
	l := newLoader(saved)
	n := l.count("updates", 0)
	for i, avg := range a.averages {
		if t := l.tensor(fmt.Sprint(i, ".average"), avg); t.Defined() {
			l.then(func() { avg.CopyFrom(t.To(avg.Device())) })
		}
	}
	l.then(func() { a.n = n })
	return l.finish("average")
}
