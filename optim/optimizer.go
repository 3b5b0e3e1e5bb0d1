package optim

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/tensor"
)

// Zero says 0 for a setting whose zero value means another default: AdamWConfig{WeightDecay: optim.Zero} is AdamW without decay.
const Zero = -math.SmallestNonzeroFloat64

// Optimizer changes parameters by their gradients.
type Optimizer interface {
	// Step changes every parameter whose gradient is present.
	Step()
	// ZeroGrad marks every parameter's gradient absent; its memory stays.
	ZeroGrad()
	// Params returns the parameters, group after group.
	Params() []tensor.Tensor
	// Groups returns the groups of parameters. There is at least one.
	Groups() []*Group
	// LR returns the first group's learning rate.
	LR() float64
	// SetLR sets the learning rate of all groups.
	SetLR(lr float64)
	// State returns all that Step depends on besides parameters and gradients; see LoadState.
	State() map[string]tensor.Tensor
	// LoadState takes over what State returned, in this program or another, so that training goes on bit for bit. Its error
	// lists everything that does not fit, and then nothing is changed.
	LoadState(state map[string]tensor.Tensor) error
}

// Group is some of an optimizer's parameters, with settings of their own. Schedules write to it.
type Group struct {
	params   []tensor.Tensor
	lr       *float64
	momentum *float64 // nil where the optimizer has none
	initial  *float64 // nil before the first schedule
}

// Params returns the group's parameters.
func (g *Group) Params() []tensor.Tensor { return g.params }

// LR returns the learning rate.
func (g *Group) LR() float64 { return *g.lr }

// SetLR sets the learning rate; 0 is 0 here.
func (g *Group) SetLR(lr float64) { *g.lr = lr }

// InitialLR returns the learning rate that schedules start from: that of the first call. It is saved with the optimizer's state.
func (g *Group) InitialLR() float64 {
	if g.initial == nil {
		lr := *g.lr
		g.initial = &lr
	}
	return *g.initial
}

// SetInitialLR changes the learning rate that schedules start from.
func (g *Group) SetInitialLR(lr float64) { g.initial = &lr }

// Momentum returns the momentum, which is β₁ for Adam and its kin, and whether the optimizer has one.
func (g *Group) Momentum() (float64, bool) {
	if g.momentum == nil {
		return 0, false
	}
	return *g.momentum, true
}

// SetMomentum sets the momentum, or β₁. It panics for an optimizer without.
func (g *Group) SetMomentum(m float64) {
	if g.momentum == nil {
		fail("SetMomentum", "this optimizer has no momentum")
	}
	*g.momentum = m
}

// A rule is what tells optimizers apart. C is the type of the settings, S the numbers of one step.
type rule[C, S any] interface {
	// settings returns c with defaults in place of zeros. It panics for values without meaning.
	settings(c C) C
	// state names the state that c calls for; "" where a place is not used.
	state(c *C) [3]string
	// start is the first value of the state's elements.
	start(c *C) float64
	// numbers returns those of the step that s.steps counts. With fresh, the state was made just now.
	numbers(c *C, s *slot, fresh bool) S
	// fused makes the step of several parameters where dev has a kernel for it, and reports whether it has.
	fused(dev device.Device, updates []device.Update[S]) bool
	// composite makes the step of one parameter out of operations on tensors.
	composite(p, g tensor.Tensor, state [3]tensor.Tensor, n *S)
}

// A slot is a parameter and what the optimizer remembers of it.
type slot struct {
	param tensor.Tensor
	group int
	steps int
	state [3]tensor.Tensor // made by the first step that needs it

	muProduct float32 // NAdam's product of momenta, one for each step
}

// core is what all optimizers share: groups, state, and the way through a step.
type core[C, S any] struct {
	name    string
	rule    rule[C, S]
	groups  []*Group
	configs []*C
	slots   []slot
	params  []tensor.Tensor

	pending []*slot // whose updates wait to be made in one call
	updates []device.Update[S]
	dev     tensor.Device
	unfused bool // for tests: never call a fused kernel
}

func (o *core[C, S]) init(name string, r rule[C, S], params []tensor.Tensor, c C) {
	o.name, o.rule = name, r
	o.AddGroup(params, c)
}

// AddGroup adds parameters with settings of their own; C is the optimizer's configuration, such as [AdamConfig] for [Adam]. The
// settings stand for themselves: a zero means PyTorch's default, not the first group's value. Parameters that are not frozen ask
// for their gradients from then on. It panics for a tensor that is no leaf on the heap, and for one that the optimizer already has.
func (o *core[C, S]) AddGroup(params []tensor.Tensor, c C) {
	if len(params) == 0 {
		fail(o.name, "no parameters were given")
	}
	cfg := o.rule.settings(c)
	g := &Group{params: append([]tensor.Tensor(nil), params...)}
	g.lr, g.momentum = rates(&cfg)
	for i, p := range params {
		checkParam(o.name, o.params, i, p)
		adopt(p)
		o.params = append(o.params, p)
		o.slots = append(o.slots, slot{param: p, group: len(o.groups)})
	}
	o.groups = append(o.groups, g)
	o.configs = append(o.configs, &cfg)
}

// checkParam panics where p, number i of those given, cannot join the parameters that an optimizer has.
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

// adopt has p's gradient computed, unless p is frozen: a layer's own tensor for which nobody called RequireGrad is trained, too.
func adopt(p tensor.Tensor) {
	if !p.Frozen() {
		p.RequireGrad()
	}
}

// Config returns the settings of a group, defaults filled in, for reading and changing between steps; C is the optimizer's
// configuration, such as [AdamConfig] for [Adam].
func (o *core[C, S]) Config(group int) *C { return o.configs[group] }

// Groups returns the groups of parameters.
func (o *core[C, S]) Groups() []*Group { return o.groups }

// Params returns the parameters, group after group.
func (o *core[C, S]) Params() []tensor.Tensor { return o.params }

// LR returns the first group's learning rate.
func (o *core[C, S]) LR() float64 { return o.groups[0].LR() }

// SetLR sets the learning rate of all groups.
func (o *core[C, S]) SetLR(lr float64) {
	for _, g := range o.groups {
		g.SetLR(lr)
	}
}

// ZeroGrad marks every parameter's gradient absent; its memory stays.
func (o *core[C, S]) ZeroGrad() {
	for _, p := range o.params {
		p.ZeroGrad()
	}
}

// Step changes every parameter whose gradient is present, through one call of the device's fused kernel where it has one.
func (o *core[C, S]) Step() {
	for i := range o.slots {
		s := &o.slots[i]
		g := s.param.Grad()
		if !g.Defined() {
			continue
		}
		c := o.configs[s.group]
		fresh := o.prepare(s, c)
		s.steps++
		u := device.Update[S]{Param: s.param.Data().Array(), Grad: g.Array(), Step: o.rule.numbers(c, s, fresh)}
		for i, name := range o.rule.state(c) {
			if name != "" {
				u.State[i] = s.state[i].Array()
			}
		}
		if d := s.param.Device(); d != o.dev {
			o.flush()
			o.dev = d
		}
		o.pending = append(o.pending, s)
		o.updates = append(o.updates, u)
	}
	o.flush()
}

// prepare makes the state that a parameter lacks, and reports whether it made any.
func (o *core[C, S]) prepare(s *slot, c *C) (fresh bool) {
	for i, name := range o.rule.state(c) {
		if name == "" {
			continue
		}
		if !s.state[i].Defined() {
			s.state[i] = like(s.param, o.rule.start(c))
			fresh = true
		} else {
			follow(s.state[i], s.param)
		}
	}
	return fresh
}

// like returns a tensor of p's shape, type and device whose elements are v.
func like(p tensor.Tensor, v float64) tensor.Tensor {
	return tensor.Options{DType: p.DType(), Device: p.Device()}.Full(v, p.Shape().Dims()...)
}

// follow takes t to the parameter's device and type, where that has been moved or converted since.
func follow(t, param tensor.Tensor) {
	t.MoveTo(param.Device())
	t.ConvertTo(param.DType())
}

// flush makes the updates that wait.
func (o *core[C, S]) flush() {
	if len(o.updates) == 0 {
		return
	}
	fuse := !o.unfused
	for _, s := range o.pending {
		s.param.Data().Written()
		fuse = fuse && fusable(s.param)
	}
	if !fuse || !o.rule.fused(o.dev.Impl(), o.updates) {
		for i, s := range o.pending {
			o.compose(s, &o.updates[i])
		}
	}
	clear(o.updates)
	o.pending, o.updates = o.pending[:0], o.updates[:0]
}

// fusable reports whether a parameter is such as fused kernels take.
func fusable(p tensor.Tensor) bool {
	return p.Array().Dense && (p.DType() == tensor.Float32 || p.DType() == tensor.Float64)
}

// compose makes one parameter's step out of operations on tensors. What they compute on the way lives in a scope that is recycled
// at once.
func (o *core[C, S]) compose(s *slot, u *device.Update[S]) {
	scope := borrow(o.dev)
	defer giveBack(scope)
	var state [3]tensor.Tensor
	for i := range state {
		if u.State[i] != nil {
			state[i] = s.state[i].In(scope)
		}
	}
	o.rule.composite(s.param.Data().In(scope), s.param.Grad().In(scope), state, &u.Step)
}

// pull returns the gradient that the rules work with: negated to maximize, weight decay λp added.
func pull(p, g tensor.Tensor, maximize bool, decay float64) tensor.Tensor {
	if maximize {
		g = g.Neg()
	}
	if decay != 0 {
		g = g.Add(p.MulScalar(decay))
	}
	return g
}

// pullDecoupled is pull for rules whose weight decay may shrink the parameter instead: p ← p − ηλp.
func pullDecoupled(p, g tensor.Tensor, maximize bool, lr, decay float64, decoupled bool) tensor.Tensor {
	if decoupled {
		p.MulScalarInPlace(1 - float64(lr*decay))
		decay = 0
	}
	return pull(p, g, maximize, decay)
}

func fail(op, msg string, shapes ...tensor.Shape) {
	panic(&tensor.Error{Op: op, Msg: msg, Shapes: append([]tensor.Shape(nil), shapes...)})
}
