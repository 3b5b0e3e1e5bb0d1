package cpu

import (
	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/freelist"
	"github.com/lamina-ml/lamina/internal/kernel/vec"
	"github.com/lamina-ml/lamina/internal/pool"
)

// stepGrain is the smallest number of elements of a step that a worker takes.
const stepGrain = 16 << 10

// Step makes a step of an optimizer for all parameters in one pass over memory. Workers take ranges of elements, which
// need not begin or end with a parameter. The CPU has a kernel for every rule.
func (*Device) Step(rule device.StepRule, updates []device.Update) bool {
	if rule > device.StepLerp {
		return false
	}
	n := 0
	for i := range updates {
		n += updates[i].Param.Size
	}
	t := stepTasks.Get()
	t.rule, t.updates = rule, updates
	pool.For(n, stepGrain, t)
	t.updates = nil
	stepTasks.Put(t)
	return true
}

type stepTask struct {
	rule    device.StepRule
	updates []device.Update
}

var stepTasks freelist.List[stepTask]

// Run updates the elements i0 to i1, counted over all parameters.
func (t *stepTask) Run(i0, i1 int) {
	for i := range t.updates {
		u := &t.updates[i]
		n := u.Param.Size
		if lo, hi := max(i0, 0), min(i1, n); lo < hi {
			switch u.Param.DType {
			case device.Float32:
				step[float32](t.rule, u, lo, hi)
			case device.Float64:
				step[float64](t.rule, u, lo, hi)
			default:
				noKernel("an optimizer's step", u.Param.DType)
			}
		}
		i0, i1 = i0-n, i1-n
		if i1 <= 0 {
			return
		}
	}
}

// step updates the elements lo to hi of one parameter.
func step[T float](rule device.StepRule, u *device.Update, lo, hi int) {
	p, g := part[T](u.Param, lo, hi), part[T](u.Grad, lo, hi)
	a, b, c := part[T](u.State[0], lo, hi), part[T](u.State[1], lo, hi), part[T](u.State[2], lo, hi)
	s := (*vec.Step)(&u.Numbers)
	switch rule {
	case device.StepSGD:
		vec.SGD(p, g, a, s)
	case device.StepRMSprop:
		vec.RMSprop(p, g, a, b, c, s)
	case device.StepAdam:
		vec.Adam(p, g, a, b, c, s)
	case device.StepAdagrad:
		vec.Adagrad(p, g, a, s)
	case device.StepAdadelta:
		vec.Adadelta(p, g, a, b, s)
	case device.StepAdamax:
		vec.Adamax(p, g, a, b, s)
	case device.StepNAdam:
		vec.NAdam(p, g, a, b, s)
	case device.StepRAdam:
		vec.RAdam(p, g, a, b, s)
	case device.StepLerp:
		vec.Lerp(p, p, g, T(s.LR))
	}
}

// part returns elements lo to hi of a contiguous array, or nil for a nil array.
func part[T float](a *device.Array, lo, hi int) []T {
	if a == nil {
		return nil
	}
	return elements[T](a)[lo:hi]
}
