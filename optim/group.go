package optim

import (
	"fmt"

	"github.com/lamina-ml/lamina/tensor"
)

// Group is a set of an optimizer's parameters with common settings, PyTorch's param_group. Schedules set its learning
// rate and momentum.
type Group struct {
	params   []tensor.Tensor
	settings []Setting
	lr       *float64
	momentum *float64 // nil if the optimizer has no momentum
	initial  *float64 // nil before the first schedule
}

// NewGroup returns a group of parameters whose settings are the fields of the struct that c points to. It is for
// optimizers that are not a [Rule]; [New] calls it for rules. It replaces zeros by defaults and makes parameters that
// are not frozen require gradients. It panics if a setting is out of bounds, if no setting is called "lr", or if a
// tensor is not a leaf on the heap or was given before.
func NewGroup(params []tensor.Tensor, c Config) *Group {
	op := c.Name()
	if len(params) == 0 {
		fail(op, "no parameters were given")
	}
	for i, p := range params {
		checkParam(op, params[:i], i, p)
	}
	g := &Group{params: append([]tensor.Tensor(nil), params...), settings: c.Settings()}
	for i := range g.settings {
		s := &g.settings[i]
		s.fill()
		if problem := s.problem(fieldName(c, s.Value)); problem != "" {
			fail(op, problem)
		}
		v, _ := s.Value.(*float64)
		switch s.Name {
		case "lr":
			g.lr = v
		case "momentum", "betas.0":
			g.momentum = v
		}
	}
	if g.lr == nil {
		fail(op, `the settings have no float64 called "lr"`)
	}
	for _, p := range params {
		adopt(p)
	}
	return g
}

// adopt makes p require a gradient unless p is frozen, so a custom layer's tensor is trained without a call of
// SetRequiresGrad.
func adopt(p tensor.Tensor) {
	if !p.Frozen() {
		p.SetRequiresGrad(true)
	}
}

// Params returns the group's parameters.
func (g *Group) Params() []tensor.Tensor { return g.params }

// LR returns the learning rate.
func (g *Group) LR() float64 { return *g.lr }

// SetLR sets the learning rate; 0 means 0.
func (g *Group) SetLR(lr float64) { *g.lr = lr }

// InitialLR returns the learning rate that schedules start from: the learning rate at the first call. It is saved with
// the optimizer's state.
func (g *Group) InitialLR() float64 {
	if g.initial == nil {
		lr := *g.lr
		g.initial = &lr
	}
	return *g.initial
}

// SetInitialLR changes the learning rate that schedules start from.
func (g *Group) SetInitialLR(lr float64) { g.initial = &lr }

// Momentum returns the momentum (β₁ for Adam and its variants) and whether the optimizer has one.
func (g *Group) Momentum() (float64, bool) {
	if g.momentum == nil {
		return 0, false
	}
	return *g.momentum, true
}

// SetMomentum sets the momentum, or β₁. It panics if the optimizer has no momentum.
func (g *Group) SetMomentum(m float64) {
	if g.momentum == nil {
		fail("optim.SetMomentum", "this optimizer has no momentum")
	}
	*g.momentum = m
}

// checkParam panics if p, number i of those given, cannot be added to an optimizer's parameters.
func checkParam(name string, has []tensor.Tensor, i int, p tensor.Tensor) {
	switch {
	case !p.Defined():
		fail(name, fmt.Sprintf("parameter %d is no tensor", i))
	case p.Scope() != nil || p.NeedsGrad() && !p.RequiresGrad():
		fail(name, fmt.Sprintf("parameter %d is not a leaf on the heap but the result of an operation", i), p.Shape())
	case !p.DType().IsFloat():
		fail(name, fmt.Sprintf("parameter %d holds %s, which has no gradient", i, p.DType()), p.Shape())
	}
	for j, q := range has {
		if p == q {
			fail(name, fmt.Sprintf("parameter %d was already given, as number %d of the optimizer", i, j), p.Shape())
		}
	}
}
