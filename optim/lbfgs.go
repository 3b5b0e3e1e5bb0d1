package optim

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/tensor"
)

// LBFGSConfig holds the settings of LBFGS.
type LBFGSConfig struct {
	LR              float64 // step length, the first one tried with StrongWolfe; 0 means 1
	MaxIter         int     // iterations in a call of Step; 0 means 20
	MaxEval         int     // evaluations of the loss in a call of Step; 0 means 5/4 of MaxIter
	ToleranceGrad   float64 // stop if no gradient is larger; 0 means 1e-7
	ToleranceChange float64 // stop if neither a parameter nor the loss changes by more; 0 means 1e-9
	HistorySize     int     // number of stored pairs of changes; 0 means 100
	StrongWolfe     bool    // search each step's length until the strong Wolfe conditions hold; otherwise it is LR
	Maximize        bool    // maximize the loss instead of minimizing it
}

// LBFGS is the limited-memory method of Broyden, Fletcher, Goldfarb and Shanno: it estimates the curvature from how the
// gradient changed over the last steps. It needs the gradient of the whole data set, not of a batch, and evaluates the
// loss several times a step. Except for Step it has the methods of an Optimizer, with one group. All parameters have
// one type and one device; after moving or converting a model, create another LBFGS.
//
// https://docs.pytorch.org/docs/stable/generated/torch.optim.LBFGS.html
type LBFGS struct {
	config LBFGSConfig
	group  *Group
	params []tensor.Tensor

	grad, dir flat // of this iteration
	lbfgsState
}

// lbfgsState is the state between steps.
type lbfgsState struct {
	evals, iters int
	length       float64 // of the last step, in units of its direction
	scale        float64 // of the first estimate of the inverse Hessian
	prevGrad     tensor.Tensor
	history      []pair // the oldest first
}

// pair is the change of gradient and parameters in one step.
type pair struct {
	grad, param tensor.Tensor
	rho         float64 // 1/(grad·param)
}

// NewLBFGS returns an optimizer of params.
func NewLBFGS(params []tensor.Tensor, c LBFGSConfig) *LBFGS {
	o := &LBFGS{config: c}
	o.group = NewGroup(params, &o.config)
	o.params = o.group.params
	for i, p := range params {
		if p.DType() != params[0].DType() || p.Device() != params[0].Device() {
			fail("LBFGS", fmt.Sprintf("parameter %d differs from the first in type or device", i), p.Shape())
		}
	}
	if o.config.MaxEval == 0 {
		o.config.MaxEval = o.config.MaxIter * 5 / 4
	}
	o.grad, o.dir = newFlat(params), newFlat(params)
	o.prevGrad = o.grad.Keep()
	return o
}

// Name returns "LBFGS".
func (c *LBFGSConfig) Name() string { return "LBFGS" }

// Settings lists the settings.
func (c *LBFGSConfig) Settings() []Setting {
	return []Setting{
		{Name: "lr", Value: &c.LR, Default: 1},
		{Name: "max_iter", Value: &c.MaxIter, Default: 20, Min: 1},
		{Name: "max_eval", Value: &c.MaxEval},
		{Name: "tolerance_grad", Value: &c.ToleranceGrad, Default: 1e-7},
		{Name: "tolerance_change", Value: &c.ToleranceChange, Default: 1e-9},
		{Name: "history_size", Value: &c.HistorySize, Default: 100, Min: 1},
		{Name: "strong_wolfe", Value: &c.StrongWolfe},
		{Name: "maximize", Value: &c.Maximize},
	}
}

// flat is one vector for all parameters, and its parts in the parameters' shapes.
type flat struct {
	tensor.Tensor
	parts []tensor.Tensor
}

func newFlat(params []tensor.Tensor) flat {
	n := 0
	for _, p := range params {
		n += p.Len()
	}
	f := flat{Tensor: tensor.Options{DType: params[0].DType(), Device: params[0].Device()}.Zeros(n)}
	n = 0
	for _, p := range params {
		f.parts = append(f.parts, f.Narrow(0, n, p.Len()).Reshape(p.Shape().Dims()...))
		n += p.Len()
	}
	return f
}

// Config returns the settings, defaults filled in, for reading and changing between steps.
func (o *LBFGS) Config() *LBFGSConfig { return &o.config }

// Groups returns the one group of parameters.
func (o *LBFGS) Groups() []*Group { return []*Group{o.group} }

// Params returns the parameters.
func (o *LBFGS) Params() []tensor.Tensor { return o.params }

// LR returns the learning rate.
func (o *LBFGS) LR() float64 { return o.config.LR }

// SetLR sets the learning rate.
func (o *LBFGS) SetLR(lr float64) { o.config.LR = lr }

// ZeroGrad sets every parameter's gradient to none and keeps its memory.
func (o *LBFGS) ZeroGrad() {
	for _, p := range o.params {
		p.ZeroGrad()
	}
}

// Step makes up to MaxIter iterations and returns the loss before the first. The function loss zeroes the gradients,
// computes the loss, runs Backward and returns the loss.
func (o *LBFGS) Step(loss func() float64) float64 {
	evals := 0
	eval := func() float64 {
		evals++
		o.evals++
		f := loss()
		o.gather()
		if o.config.Maximize {
			return -f
		}
		return f
	}
	f := eval()
	start := f
	if o.config.Maximize {
		start = -f
	}
	if o.grad.Len() == 0 || largest(o.grad.Tensor) <= o.config.ToleranceGrad {
		return start
	}
	for n := 1; n <= o.config.MaxIter; n++ {
		o.iters++
		o.direct()
		before := f
		o.length = o.config.LR
		if o.iters == 1 {
			o.length *= math.Min(1, 1/total(o.grad.Tensor))
		}
		derivative := dot(o.grad.Tensor, o.dir.Tensor)
		if derivative > -o.config.ToleranceChange {
			break
		}
		if o.config.StrongWolfe {
			f = o.search(f, derivative, eval, o.config.MaxEval-evals)
			o.move(o.length)
		} else {
			o.move(o.length)
			if n == o.config.MaxIter {
				break // another evaluation would not be used
			}
			f = eval()
		}
		if evals >= o.config.MaxEval || largest(o.grad.Tensor) <= o.config.ToleranceGrad ||
			largest(o.dir.Tensor)*math.Abs(o.length) <= o.config.ToleranceChange ||
			math.Abs(f-before) < o.config.ToleranceChange {
			break
		}
	}
	return start
}

// gather copies the parameters' gradients into one vector; absent ones are 0.
func (o *LBFGS) gather() {
	for i, p := range o.params {
		if g := p.Grad(); g.Defined() {
			o.grad.parts[i].CopyFrom(g)
		} else {
			o.grad.parts[i].FillInPlace(0)
		}
	}
	if o.config.Maximize {
		o.grad.MulScalarInPlace(-1)
	}
}

// move adds length times the direction to the parameters.
func (o *LBFGS) move(length float64) {
	for i, p := range o.params {
		p.Data().AddScaledInPlace(length, o.dir.parts[i])
	}
}

// direct adds the last step to the history and sets the direction to minus the estimated inverse Hessian times the
// gradient, by the two-loop recursion.
func (o *LBFGS) direct() {
	if o.iters == 1 {
		o.history, o.scale = nil, 1
		o.dir.CopyFrom(o.grad.Neg())
		o.prevGrad.CopyFrom(o.grad.Tensor)
		return
	}
	y, s := o.grad.Sub(o.prevGrad), o.dir.MulScalar(o.length)
	if ys := dot(y, s); ys > 1e-10 {
		if spare := len(o.history) - o.config.HistorySize + 1; spare > 0 {
			o.history = append(o.history[:0], o.history[spare:]...)
		}
		o.history = append(o.history, pair{y, s, 1 / ys})
		o.scale = ys / dot(y, y)
	}
	o.dir.CopyFrom(o.grad.Neg())
	alpha := make([]float64, len(o.history))
	for i := len(alpha) - 1; i >= 0; i-- {
		h := o.history[i]
		alpha[i] = dot(h.param, o.dir.Tensor) * h.rho
		o.dir.AddScaledInPlace(-alpha[i], h.grad)
	}
	o.dir.MulScalarInPlace(o.scale)
	for i, h := range o.history {
		o.dir.AddScaledInPlace(alpha[i]-dot(h.grad, o.dir.Tensor)*h.rho, h.param)
	}
	o.prevGrad.CopyFrom(o.grad.Tensor)
}

func dot(a, b tensor.Tensor) float64 {
	s := acquireScope(a.Device())
	defer releaseScope(s)
	return a.InScope(s).Widen().Mul(b.InScope(s).Widen()).Sum().Item()
}

func total(a tensor.Tensor) float64 {
	s := acquireScope(a.Device())
	defer releaseScope(s)
	return a.InScope(s).Widen().Abs().Sum().Item()
}

func largest(a tensor.Tensor) float64 {
	s := acquireScope(a.Device())
	defer releaseScope(s)
	return a.InScope(s).Abs().Max().Item()
}

// State returns all that Step depends on except parameters and gradients, by name, as Optimizer's State does.
func (o *LBFGS) State() map[string]tensor.Tensor {
	m := map[string]tensor.Tensor{
		"rule.LBFGS": tensor.Scalar(int64(1)),
		"iterations": tensor.Scalar(int64(o.iters)), "evaluations": tensor.Scalar(int64(o.evals)),
		"length": tensor.Scalar(o.length), "scale": tensor.Scalar(o.scale),
		"direction": o.dir.Tensor, "previous_gradient": o.prevGrad,
		"history": tensor.Scalar(int64(len(o.history))),
	}
	for i, h := range o.history {
		prefix := fmt.Sprint("history.", i, ".")
		m[prefix+"gradient"], m[prefix+"parameter"], m[prefix+"rho"] = h.grad, h.param, tensor.Scalar(h.rho)
	}
	o.group.save(m, 0, 0)
	return m
}

// LoadState loads a state that State returned. Its error lists everything that does not fit; then nothing is changed.
func (o *LBFGS) LoadState(saved map[string]tensor.Tensor) error {
	l := newLoader(saved)
	l.rule("LBFGS")
	config := o.config
	l.group(0, o.group, config.Settings(), 0)
	s := lbfgsState{iters: l.count("iterations", 0), evals: l.count("evaluations", 0), length: l.number("length"),
		scale: l.number("scale"), prevGrad: l.tensor("previous_gradient", o.dir.Tensor)}
	dir := l.tensor("direction", o.dir.Tensor)
	for i := range l.count("history", 0) {
		prefix := fmt.Sprint("history.", i, ".")
		if !l.has(prefix + "gradient") {
			l.addError("%sgradient is missing", prefix) // do not report the later ones: the count may be wrong
			break
		}
		s.history = append(s.history, pair{l.tensor(prefix+"gradient", o.dir.Tensor),
			l.tensor(prefix+"parameter", o.dir.Tensor), l.number(prefix + "rho")})
	}
	l.onSuccess(func() {
		o.config = config
		o.dir.CopyFrom(dir)
		s.prevGrad = s.prevGrad.Keep()
		for i, h := range s.history {
			s.history[i].grad, s.history[i].param = h.grad.Keep(), h.param.Keep()
		}
		o.lbfgsState = s
	})
	return l.finish("LBFGS optimizer")
}
