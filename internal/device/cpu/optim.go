package cpu

import (
	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/freelist"
	"github.com/lamina-ml/lamina/internal/kernel/vec"
	"github.com/lamina-ml/lamina/internal/pool"
)

// A stepper makes the step of all of an optimizer's parameters: one walk over memory, cut into ranges that do not care where one
// parameter ends and the next begins.
type stepper[S any] struct {
	f32   func(p, g, a, b, c []float32, s S)
	f64   func(p, g, a, b, c []float64, s S)
	tasks freelist.List[stepTask[S]]
}

// stepGrain is how many elements of a step are worth waking a worker for.
const stepGrain = 16 << 10

func (k *stepper[S]) step(updates []device.Update[S]) {
	n := 0
	for i := range updates {
		n += updates[i].Param.Size
	}
	t := k.tasks.Get()
	t.kernel, t.updates = k, updates
	pool.For(n, stepGrain, t)
	t.updates = nil
	k.tasks.Put(t)
}

type stepTask[S any] struct {
	kernel  *stepper[S]
	updates []device.Update[S]
}

// Run steps the elements i0 to i1, counted through all parameters.
func (t *stepTask[S]) Run(i0, i1 int) {
	for i := range t.updates {
		u := &t.updates[i]
		n := u.Param.Size
		if lo, hi := max(i0, 0), min(i1, n); lo < hi {
			switch u.Param.DType {
			case device.Float32:
				t.kernel.f32(part[float32](u.Param, lo, hi), part[float32](u.Grad, lo, hi),
					part[float32](u.State[0], lo, hi), part[float32](u.State[1], lo, hi), part[float32](u.State[2], lo, hi), u.Step)
			case device.Float64:
				t.kernel.f64(part[float64](u.Param, lo, hi), part[float64](u.Grad, lo, hi),
					part[float64](u.State[0], lo, hi), part[float64](u.State[1], lo, hi), part[float64](u.State[2], lo, hi), u.Step)
			default:
				missing("an optimizer's step", u.Param.DType)
			}
		}
		i0, i1 = i0-n, i1-n
		if i1 <= 0 {
			return
		}
	}
}

// part returns elements lo to hi of a dense array, nil of no array.
func part[T float](a *device.Array, lo, hi int) []T {
	if a == nil {
		return nil
	}
	return dense[T](a)[lo:hi]
}

var (
	sgd     = stepper[device.SGDStep]{f32: sgdKernel[float32], f64: sgdKernel[float64]}
	rmsprop = stepper[device.RMSpropStep]{f32: vec.RMSprop[float32], f64: vec.RMSprop[float64]}
	adam    = stepper[device.AdamStep]{f32: vec.Adam[float32], f64: vec.Adam[float64]}

	adagrad  = stepper[device.AdagradStep]{f32: adagradKernel[float32], f64: adagradKernel[float64]}
	adadelta = stepper[device.AdadeltaStep]{f32: adadeltaKernel[float32], f64: adadeltaKernel[float64]}
	adamax   = stepper[device.AdamaxStep]{f32: adamaxKernel[float32], f64: adamaxKernel[float64]}
	nadam    = stepper[device.NAdamStep]{f32: nadamKernel[float32], f64: nadamKernel[float64]}
	radam    = stepper[device.RAdamStep]{f32: radamKernel[float32], f64: radamKernel[float64]}
	lerp     = stepper[float64]{f32: lerpKernel[float32], f64: lerpKernel[float64]}
)

// The kernels below have less state than a stepper offers.

func sgdKernel[T float](p, g, buf, _, _ []T, s device.SGDStep) { vec.SGD(p, g, buf, s) }

func adagradKernel[T float](p, g, sum, _, _ []T, s device.AdagradStep) { vec.Adagrad(p, g, sum, s) }
func adadeltaKernel[T float](p, g, sq, acc, _ []T, s device.AdadeltaStep) {
	vec.Adadelta(p, g, sq, acc, s)
}
func adamaxKernel[T float](p, g, m, u, _ []T, s device.AdamaxStep) { vec.Adamax(p, g, m, u, s) }
func nadamKernel[T float](p, g, m, v, _ []T, s device.NAdamStep)   { vec.NAdam(p, g, m, v, s) }
func radamKernel[T float](p, g, m, v, _ []T, s device.RAdamStep)   { vec.RAdam(p, g, m, v, s) }
func lerpKernel[T float](p, g, _, _, _ []T, weight float64)        { vec.Lerp(p, p, g, T(weight)) }

// SGD makes a step of stochastic gradient descent.
func (*Device) SGD(updates []device.Update[device.SGDStep]) { sgd.step(updates) }

// RMSprop makes a step of RMSprop.
func (*Device) RMSprop(updates []device.Update[device.RMSpropStep]) { rmsprop.step(updates) }

// Adam makes a step of Adam or AdamW.
func (*Device) Adam(updates []device.Update[device.AdamStep]) { adam.step(updates) }

// Adagrad makes a step of Adagrad.
func (*Device) Adagrad(updates []device.Update[device.AdagradStep]) { adagrad.step(updates) }

// Adadelta makes a step of Adadelta.
func (*Device) Adadelta(updates []device.Update[device.AdadeltaStep]) { adadelta.step(updates) }

// Adamax makes a step of Adamax.
func (*Device) Adamax(updates []device.Update[device.AdamaxStep]) { adamax.step(updates) }

// NAdam makes a step of NAdam.
func (*Device) NAdam(updates []device.Update[device.NAdamStep]) { nadam.step(updates) }

// RAdam makes a step of RAdam.
func (*Device) RAdam(updates []device.Update[device.RAdamStep]) { radam.step(updates) }

// Lerp moves arrays towards others.
func (*Device) Lerp(updates []device.Update[float64]) { lerp.step(updates) }
