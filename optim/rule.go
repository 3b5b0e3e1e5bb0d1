package optim

import (
	"github.com/lamina-ml/lamina/tensor"
)

// Rule is the formula of an optimizer: a struct of settings whose pointer has these methods. [New] returns its
// optimizer. All optimizers of this package except LBFGS are rules.
type Rule interface {
	Config
	// State lists the tensors that the rule, with its current settings, keeps for parameter p between steps.
	State(p tensor.Tensor) []State
	// Step updates s.Param in place. Its temporary results are released when it returns.
	Step(s *Step)
}

// Config is a pointer to a struct of settings.
type Config interface {
	// Name returns the optimizer's name, such as "Adam". Errors and saved states contain it.
	Name() string
	// Settings lists the settings, with pointers to the fields. One is called "lr". Schedules change the momentum
	// through "momentum" or "betas.0".
	Settings() []Setting
}

// Checker is implemented by rules that restrict combinations of settings, or the parameters.
type Checker interface {
	// Check returns an error if the settings do not fit together or a parameter is not supported.
	Check(params []tensor.Tensor) error
}

// Fuser is implemented by rules that [tensor.StepAll] has a kernel for: the step of all parameters is then one call of
// the device. The rule's Step remains the definition. It runs on devices without that kernel, for 16-bit floats and for
// parameters that are not contiguous.
type Fuser interface {
	// Kernel returns the device's kernel.
	Kernel() tensor.StepRule
	// Fuse sets the state, in the kernel's order, and the numbers of the step. Parameter and gradient are set already.
	Fuse(s *Step, f *tensor.ParamStep)
}

// State describes a tensor that an optimizer keeps for a parameter: PyTorch's state["exp_avg"].
type State struct {
	Name  string
	Start float64 // the value of every element before the first step
	Dims  []int   // nil means the parameter's shape
	// Number means that it is one float32 number in the CPU's memory, for parameters of every type and device.
	Number bool
}

// Step is one step of one parameter, as a [Rule] sees it.
type Step struct {
	Param tensor.Tensor // Step updates it in place
	Grad  tensor.Tensor
	Count int // steps of this parameter, this one included

	state  *paramState
	rule   Rule
	powers *powers
	scope  *tensor.Scope // holds Step's temporary results; nil in Fuse
}

// State returns the state called name, which the rule's State lists. It is created if it does not exist yet.
func (s *Step) State(name string) tensor.Tensor {
	r := s.state.find(name)
	if r == nil {
		r = s.state.addState(s.rule, name)
	}
	if r.number {
		return r.Tensor
	}
	matchParam(r.Tensor, s.state.param)
	if s.scope == nil {
		return r.Tensor
	}
	return r.InScope(s.scope)
}

// Has reports whether the state called name exists from an earlier step.
func (s *Step) Has(name string) bool { return s.state.find(name) != nil }

// paramState is a parameter with its group, its number of steps, and the tensors that the rule keeps for it.
type paramState struct {
	param tensor.Tensor
	group int
	steps int
	state []namedState
}

type namedState struct {
	tensor.Tensor
	name   string
	number bool
}

func (s *paramState) find(name string) *namedState {
	for i := range s.state {
		if s.state[i].name == name {
			return &s.state[i]
		}
	}
	return nil
}

// addState adds the state called name.
func (s *paramState) addState(rule Rule, name string) *namedState {
	for _, d := range rule.State(s.param) {
		if d.Name == name {
			s.state = append(s.state, namedState{d.tensor(s.param), d.Name, d.Number})
			return &s.state[len(s.state)-1]
		}
	}
	fail(rule.Name(), "Step uses the state "+name+", which State does not list")
	return nil
}

// tensor returns the state of parameter p before the first step.
func (d State) tensor(p tensor.Tensor) tensor.Tensor {
	if d.Number {
		return tensor.Full(d.Start)
	}
	dims := d.Dims
	if dims == nil {
		dims = p.Shape().Dims()
	}
	return tensor.Options{DType: p.DType(), Device: p.Device()}.Full(d.Start, dims...)
}

// matchParam moves and converts t to the parameter's device and type, if the parameter was moved or converted.
func matchParam(t, param tensor.Tensor) {
	t.MoveTo(param.Device())
	t.ConvertTo(param.DType())
}
