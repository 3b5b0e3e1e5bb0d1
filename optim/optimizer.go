package optim

import (
	"github.com/lamina-ml/lamina/tensor"
)

// Optimizer updates parameters by their gradients.
type Optimizer interface {
	// Step updates every parameter that has a gradient.
	Step()
	// ZeroGrad sets every parameter's gradient to None and keeps its memory.
	ZeroGrad()
	// Params returns the parameters, group after group.
	Params() []tensor.Tensor
	// Groups returns the groups of parameters. There is at least one.
	Groups() []*Group
	// LR returns the first group's learning rate.
	LR() float64
	// SetLR sets the learning rate of all groups.
	SetLR(lr float64)
	// State returns all that Step depends on except parameters and gradients; see LoadState.
	State() map[string]tensor.Tensor
	// LoadState loads a state that State returned, in this program or another, so that training continues bit for bit.
	// Its error lists everything that does not fit; then nothing is changed.
	LoadState(state map[string]tensor.Tensor) error
}

// Base is the optimizer of a [Rule]: everything except the formula. C is the struct of settings; *C is the Rule.
type Base[C any] struct {
	name    string
	groups  []*Group
	configs []*C
	rules   []Rule  // the configs
	fusers  []Fuser // the configs as Fusers; nil if they are not
	states  []paramState
	params  []tensor.Tensor

	step    Step               // the current step
	powers  powers             // cached powers of the step's settings
	pending []tensor.ParamStep // of the next StepAll
	kernel  tensor.StepRule    // of the pending steps
	unfused bool               // for tests: never call a fused kernel
}

// New returns an optimizer of params that follows the rule c, a struct of settings. Settings of 0 mean the rule's
// defaults. New panics if a setting is out of bounds, and if a tensor is not a leaf on the heap or was given before.
// AddGroup adds parameters with other settings.
func New[C any, R interface {
	*C
	Rule
}](params []tensor.Tensor, c C) *Base[C] {
	o := &Base[C]{name: R(&c).Name()}
	o.AddGroup(params, c)
	return o
}

// AddGroup adds parameters with their settings; C is the optimizer's configuration, such as [AdamConfig] for [Adam]. A
// setting of 0 means PyTorch's default, not the first group's value. Parameters that are not frozen require gradients
// from then on. AddGroup panics if a tensor is not a leaf on the heap or was given before.
func (o *Base[C]) AddGroup(params []tensor.Tensor, c C) {
	op := o.name
	rule := any(&c).(Rule)
	g := NewGroup(params, rule)
	for i, p := range params {
		checkParam(op, o.params, i, p)
	}
	if err := check(rule, params); err != nil {
		fail(op, err.Error())
	}
	for _, p := range params {
		o.states = append(o.states, paramState{param: p, group: len(o.groups)})
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

// Config returns the settings of a group, defaults filled in, for reading and changing between steps; C is the
// optimizer's configuration, such as [AdamConfig] for [Adam].
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

// ZeroGrad sets every parameter's gradient to None and keeps its memory.
func (o *Base[C]) ZeroGrad() {
	for _, p := range o.params {
		p.ZeroGrad()
	}
}

// Step updates every parameter that has a gradient, in one call of the device's fused kernel if there is one.
func (o *Base[C]) Step() {
	for i := range o.states {
		s := &o.states[i]
		g := s.param.Grad()
		if !g.Defined() {
			continue
		}
		s.steps++
		o.step = Step{Param: s.param, Grad: g, Count: s.steps, state: s, rule: o.rules[s.group], powers: &o.powers}
		if f := o.fusers[s.group]; f != nil && !o.unfused && tensor.HasStep(f.Kernel(), s.param, g) {
			o.fuse(f)
		} else {
			o.compose()
		}
	}
	o.flush()
	o.step = Step{}
}

// fuse adds the step to the pending ones.
func (o *Base[C]) fuse(f Fuser) {
	if len(o.pending) > 0 && (o.kernel != f.Kernel() || o.pending[0].Param.Device() != o.step.Param.Device()) {
		o.flush()
	}
	o.kernel = f.Kernel()
	o.pending = append(o.pending, tensor.ParamStep{Param: o.step.Param, Grad: o.step.Grad})
	f.Fuse(&o.step, &o.pending[len(o.pending)-1])
}

// flush runs the pending steps in one call of the device's kernel.
func (o *Base[C]) flush() {
	tensor.StepAll(o.kernel, o.pending)
	clear(o.pending)
	o.pending = o.pending[:0]
}

// compose runs the rule's Step.
func (o *Base[C]) compose() {
	s := &o.step
	s.scope = acquireScope(s.Param.Device())
	defer releaseScope(s.scope)
	s.Param, s.Grad = s.Param.Data().InScope(s.scope), s.Grad.InScope(s.scope)
	s.rule.Step(s)
}

func fail(op, msg string, shapes ...tensor.Shape) {
	panic(&tensor.Error{Op: op, Msg: msg, Shapes: append([]tensor.Shape(nil), shapes...)})
}
