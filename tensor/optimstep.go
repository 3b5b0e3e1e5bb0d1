package tensor

import (
	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/freelist"
)

// StepRule names an optimizer's rule that a device may have a kernel for.
type StepRule uint8

// The rules. The comments list the state in the kernel's order and the fields of StepNumbers that the kernel reads.
// Every rule except StepLerp also reads WeightDecay and Maximize. Package optim documents the formulas.
const (
	StepSGD = StepRule(device.StepSGD) // momentum buffer; LR Momentum Dampening First Nesterov
	// mean of squares, mean of gradients, momentum buffer; LR Beta2 Eps Momentum Centered
	StepRMSprop = StepRule(device.StepRMSprop)
	// both moments, the second's maximum; LR Beta1 Beta2 Eps Correction1 Correction2 Decoupled
	StepAdam     = StepRule(device.StepAdam)
	StepAdagrad  = StepRule(device.StepAdagrad)  // sum of squares; LR Eps
	StepAdadelta = StepRule(device.StepAdadelta) // mean of squared gradients, mean of squared changes; LR Beta2 Eps
	StepAdamax   = StepRule(device.StepAdamax)   // first moment, decaying maximum; LR Beta1 Beta2 Eps Correction1
	// both moments; LR Beta1 Beta2 Eps GradRate MomentRate Correction2 Decoupled
	StepNAdam = StepRule(device.StepNAdam)
	// both moments; LR Beta1 Beta2 Eps Correction1 Correction2 Rectify Decoupled
	StepRAdam = StepRule(device.StepRAdam)
	StepLerp  = StepRule(device.StepLerp) // no state: Param ← Param + LR·(Grad − Param)
)

// StepNumbers holds the numbers of one step of an optimizer.
type StepNumbers struct {
	LR, Momentum, Dampening, WeightDecay float64
	Beta1, Beta2, Eps                    float64 // Beta2 is also RMSprop's alpha and Adadelta's rho
	Correction1, Correction2             float64 // 1 − Beta1ᵗ and 1 − Beta2ᵗ in step t
	// NAdam: the factors of the gradient and of the first moment in the step
	GradRate, MomentRate float64
	// RAdam: 0 while the second moment is too uncertain to divide by its root
	Rectify float64

	Maximize  bool // the gradient is negated, so that the objective grows
	Decoupled bool // weight decay shrinks the parameter instead of being added to the gradient
	Nesterov  bool // SGD
	First     bool // SGD: the momentum buffer is empty and becomes the gradient
	Centered  bool // RMSprop
}

// ParamStep is the step of one parameter: the parameter, its gradient, the state in the order that the rule lists (the
// zero Tensor for state that the step does not have), and the numbers of the step.
type ParamStep struct {
	Param, Grad Tensor
	State       [3]Tensor
	Numbers     StepNumbers
}

// HasStep reports whether p's device has a kernel for the rule that accepts a parameter and a gradient like p and g:
// contiguous float32 or float64.
func HasStep(rule StepRule, p, g Tensor) bool {
	h := p.header()
	if !h.Contiguous || !g.header().Contiguous || h.DType != device.Float32 && h.DType != device.Float64 {
		return false
	}
	d, ok := h.store.dev.(device.Stepper)
	return ok && d.Step(device.StepRule(rule), nil)
}

// StepAll makes one optimizer step for several parameters on one device with one call of the device's kernel, as
// PyTorch's fused optimizers do. HasStep must be true for each of them; StepAll panics otherwise. It raises the
// versions of the parameters and states, so that Backward panics for a tape that was recorded before and needs the old
// values.
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
		u := device.Update{Param: &h.Array, Grad: s.Grad.arrayFor(h), Numbers: device.StepNumbers(s.Numbers)}
		for j, t := range s.State {
			if t.Defined() {
				u.State[j] = t.arrayFor(h)
			}
		}
		sameDevice("StepAll", first, h)
		l.updates = append(l.updates, u)
	}
	for i := range steps {
		steps[i].Param.h.markWritten() // no parameter was refused: from here on the memory changes
		for _, t := range steps[i].State {
			if t.Defined() {
				t.h.markWritten()
			}
		}
	}
	d, ok := first.store.dev.(device.Stepper)
	if !ok || !d.Step(device.StepRule(rule), l.updates) {
		fail("StepAll", "the device "+first.store.dev.Name()+" has no kernel for this rule; HasStep reports that")
	}
}

// arrayFor returns the array of t, a gradient or state of the parameter p.
func (t Tensor) arrayFor(p *header) *device.Array {
	h := t.header()
	if !h.Contiguous || !p.Contiguous || h.DType != p.DType || !h.sameDims(p) {
		fail("StepAll", "a gradient or state must have its parameter's shape and type, and no gaps between its elements", t.Shape(), Shape{rank: p.Rank, dims: p.Dims})
	}
	sameDevice("StepAll", h, p)
	return &h.Array
}

type stepList struct{ updates []device.Update }

// stepLists holds unused lists, so that a step allocates nothing.
var stepLists freelist.List[stepList]
