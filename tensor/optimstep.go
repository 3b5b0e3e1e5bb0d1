package tensor

import (
	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/freelist"
)

// StepRule names an optimizer's rule that a device may have a kernel for.
type StepRule = device.StepRule

// The rules, with the state in the kernel's order and the numbers that the kernel reads. Every rule but StepLerp reads WeightDecay
// and Maximize. Package optim documents the formulas.
const (
	StepSGD      = device.StepSGD      // momentum buffer; LR Momentum Dampening First Nesterov
	StepRMSprop  = device.StepRMSprop  // mean of squares, mean of gradients, momentum buffer; LR Beta2 Eps Momentum Centered
	StepAdam     = device.StepAdam     // both moments, the second's maximum; LR Beta1 Beta2 Eps Correction1 Correction2 Decoupled
	StepAdagrad  = device.StepAdagrad  // sum of squares; LR Eps
	StepAdadelta = device.StepAdadelta // mean of squared gradients, mean of squared changes; LR Beta2 Eps
	StepAdamax   = device.StepAdamax   // first moment, decaying maximum; LR Beta1 Beta2 Eps Correction1
	StepNAdam    = device.StepNAdam    // both moments; LR Beta1 Beta2 Eps GradRate MomentRate Correction2 Decoupled
	StepRAdam    = device.StepRAdam    // both moments; LR Beta1 Beta2 Eps Correction1 Correction2 Rectify Decoupled
	StepLerp     = device.StepLerp     // no state: Param ← Param + LR·(Grad − Param)
)

// StepNumbers holds the numbers of one step of an optimizer.
type StepNumbers = device.StepNumbers

// ParamStep is one parameter's part in a step of an optimizer: parameter, gradient, state in the order that the rule names (the zero
// Tensor where the step has none), and the step's numbers.
type ParamStep struct {
	Param, Grad Tensor
	State       [3]Tensor
	Numbers     StepNumbers
}

// HasStep reports whether the device of p has a kernel for the rule that takes a parameter and a gradient like p and g: float32 or
// float64, without gaps between the elements.
func HasStep(rule StepRule, p, g Tensor) bool {
	h := p.header()
	if !h.Dense || !g.header().Dense || h.DType != device.Float32 && h.DType != device.Float64 {
		return false
	}
	d, ok := h.store.dev.(device.Stepper)
	return ok && d.Step(rule, nil)
}

// StepAll makes an optimizer's step for parameters on one device, each of which HasStep accepts, in one call of the device's kernel:
// PyTorch's fused optimizers. It raises the versions of the parameters, so a tape recorded before is refused.
func StepAll(rule StepRule, steps []ParamStep) {
	if len(steps) == 0 {
		return
	}
	l := stepLists.Get()
	defer func() {
		clear(l.updates)
		l.updates = l.updates[:0]
		stepLists.Put(l)
	}()
	first := steps[0].Param.header()
	for i := range steps {
		s := &steps[i]
		p := s.Param
		if p.RequiresGrad() {
			p = p.Data()
		}
		h := p.writable("StepAll")
		u := device.Update{Param: &h.Array, Grad: s.Grad.stepArray(h), Numbers: s.Numbers}
		for j, t := range s.State {
			if t.Defined() {
				u.State[j] = t.stepArray(h)
			}
		}
		sameDevice("StepAll", first, h)
		l.updates = append(l.updates, u)
	}
	for i := range steps {
		steps[i].Param.h.markWritten() // nothing was refused: from here on the memory changes
		for _, t := range steps[i].State {
			if t.Defined() {
				t.h.markWritten()
			}
		}
	}
	d, ok := first.store.dev.(device.Stepper)
	if !ok || !d.Step(rule, l.updates) {
		fail("StepAll", "the device "+first.store.dev.Name()+" has no kernel for this rule; HasStep asks")
	}
}

// stepArray returns the array of a gradient or of state that belongs to the parameter p.
func (t Tensor) stepArray(p *header) *device.Array {
	h := t.header()
	if !h.Dense || !p.Dense || h.DType != p.DType || !h.sameDims(p) {
		fail("StepAll", "a gradient or state differs from its parameter in shape or type, or has gaps between its elements", t.Shape(), Shape{rank: p.Rank, dims: p.Dims})
	}
	sameDevice("StepAll", h, p)
	return &h.Array
}

type stepList struct{ updates []device.Update }

// stepLists holds lists that are not in use, so that a step allocates nothing.
var stepLists freelist.List[stepList]
