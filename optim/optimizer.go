package optim

import (
	"github.com/lamina-ml/lamina/tensor"
)

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

// Base is the optimizer of a [Rule]: it has everything but the formula. C is the struct of settings, whose pointer is the Rule.
type Base[C any] struct {
	name    string
	groups  []*Group
	configs []*C
	rules   []Rule  // the configs
	fusers  []Fuser // the configs again; nil where they are none
	slots   []slot
	params  []tensor.Tensor

	step    Step               // the one being made
	powers  powers             // of that step's settings
	pending []tensor.ParamStep // waiting to be made in one call
	kernel  tensor.StepRule    // of the pending steps
	unfused bool               // for tests: never call a fused kernel
}

// New returns an optimizer of params that follows the rule c, a struct of settings. Zeros among the settings mean the rule's defaults. New
// panics for settings out of their bounds, for a tensor that is not a leaf on the heap and for one given twice. More parameters, with
// settings of their own, are added with AddGroup.
func New[C any, R interface {
	*C
	Rule
}](params []tensor.Tensor, c C) *Base[C] {
	o := &Base[C]{name: R(&c).Name()}
	o.AddGroup(params, c)
	return o
}

// AddGroup adds parameters with settings of their own; C is the optimizer's configuration, such as [AdamConfig] for [Adam]. The
// settings stand for themselves: a zero means PyTorch's default, not the first group's value. Parameters that are not frozen ask
// for their gradients from then on. It panics for a tensor that is not a leaf on the heap, and for one that the optimizer already has.
func (o *Base[C]) AddGroup(params []tensor.Tensor, c C) {
	op := "New" + o.name
	rule := any(&c).(Rule)
	g := NewGroup(params, rule)
	for i, p := range params {
		checkParam(op, o.params, i, p)
	}
	if err := check(rule, params); err != nil {
		fail(op, err.Error())
	}
	for _, p := range params {
		o.slots = append(o.slots, slot{param: p, group: len(o.groups)})
	}
	fuser, _ := rule.(Fuser)
	o.params = append(o.params, params...)
	o.groups, o.configs = append(o.groups, g), append(o.configs, &c)
	o.rules, o.fusers = append(o.rules, rule), append(o.fusers, fuser)
}

func check(r Rule, params []tensor.Tensor) error {
	if c, ok := r.(Checker); ok {
		return c.Check(params)
	}
	return nil
}

// Config returns the settings of a group, defaults filled in, for reading and changing between steps; C is the optimizer's
// configuration, such as [AdamConfig] for [Adam].
func (o *Base[C]) Config(group int) *C { return o.configs[group] }

// Groups returns the groups of parameters.
func (o *Base[C]) Groups() []*Group { return o.groups }

// Params returns the parameters, group after group.
func (o *Base[C]) Params() []tensor.Tensor { return o.params }

// LR returns the first group's learning rate.
func (o *Base[C]) LR() float64 { return o.groups[0].LR() }

// SetLR sets the learning rate of all groups.
func (o *Base[C]) SetLR(lr float64) {
	for _, g := range o.groups {
		g.SetLR(lr)
	}
}

// ZeroGrad marks every parameter's gradient absent; its memory stays.
func (o *Base[C]) ZeroGrad() {
	for _, p := range o.params {
		p.ZeroGrad()
	}
}

// Step changes every parameter whose gradient is present, through one call of the device's fused kernel where it has one.
func (o *Base[C]) Step() {
	for i := range o.slots {
		s := &o.slots[i]
		g := s.param.Grad()
		if !g.Defined() {
			continue
		}
		s.steps++
		o.step = Step{Param: s.param, Grad: g, Count: s.steps, slot: s, rule: o.rules[s.group], powers: &o.powers}
		if f := o.fusers[s.group]; f != nil && !o.unfused && tensor.HasStep(f.Kernel(), s.param, g) {
			o.fuse(f)
		} else {
			o.compose()
		}
	}
	o.flush()
	o.step = Step{}
}

// fuse adds the step to those that wait for the device's kernel.
func (o *Base[C]) fuse(f Fuser) {
	if len(o.pending) > 0 && (o.kernel != f.Kernel() || o.pending[0].Param.Device() != o.step.Param.Device()) {
		o.flush()
	}
	o.kernel = f.Kernel()
	o.pending = append(o.pending, tensor.ParamStep{Param: o.step.Param, Grad: o.step.Grad})
	f.Fuse(&o.step, &o.pending[len(o.pending)-1])
}

// flush makes the steps that wait.
func (o *Base[C]) flush() {
	tensor.StepAll(o.kernel, o.pending)
	clear(o.pending)
	o.pending = o.pending[:0]
}

// compose makes the step out of operations on tensors.
func (o *Base[C]) compose() {
	s := &o.step
	s.scope = borrow(s.Param.Device())
	defer giveBack(s.scope)
	s.Param, s.Grad = s.Param.Data().InScope(s.scope), s.Grad.InScope(s.scope)
	s.rule.Step(s)
}

func fail(op, msg string, shapes ...tensor.Shape) {
	panic(&tensor.Error{Op: op, Msg: msg, Shapes: append([]tensor.Shape(nil), shapes...)})
}
