package device

// StepRule is an optimizer's rule for which a device may have a kernel.
type StepRule uint8

// The rules, with the state in the kernel's order and the numbers that the kernel reads. Every rule but StepLerp reads
// WeightDecay and Maximize. Package optim documents the formulas.
const (
	StepSGD      StepRule = iota // momentum buffer (if Momentum is not 0); LR Momentum Dampening First Nesterov
	StepRMSprop                  // mean of squares, mean of gradients (if Centered), momentum buffer (if Momentum is not 0); LR Beta2 Eps Momentum Centered
	StepAdam                     // first moment, second moment, its maximum (AMSGrad; else nil); LR Beta1 Beta2 Eps Correction1 Correction2 Decoupled
	StepAdagrad                  // sum of squares; LR Eps
	StepAdadelta                 // mean of squared gradients, mean of squared changes; LR Beta2 Eps
	StepAdamax                   // first moment, decaying maximum; LR Beta1 Beta2 Eps Correction1
	StepNAdam                    // first moment, second moment; LR Beta1 Beta2 Eps GradRate MomentRate Correction2 Decoupled
	StepRAdam                    // first moment, second moment; LR Beta1 Beta2 Eps Correction1 Correction2 Rectify Decoupled
	StepLerp                     // no state: Param ← Param + LR·(Grad − Param), for running averages of weights
)

// StepNumbers holds the numbers of one step of an optimizer. A later field of Update may be an array of the float64
// fields, in this order: then they are stored in the device's memory, and a recorded step can run again with other
// numbers.
type StepNumbers struct {
	LR, Momentum, Dampening, WeightDecay float64
	Beta1, Beta2, Eps                    float64 // Beta2 is also RMSprop's alpha and Adadelta's rho
	Correction1, Correction2             float64 // 1 − Beta1ᵗ and 1 − Beta2ᵗ
	GradRate, MomentRate                 float64 // NAdam: the factors of the gradient and of the first moment in the step
	Rectify                              float64 // RAdam: the factor r; 0 means that the step does not use the second moment

	Maximize  bool // the gradient is negated: the objective is maximized
	Decoupled bool // weight decay shrinks the parameter instead of being added to the gradient
	Nesterov  bool // SGD
	First     bool // SGD: the momentum buffer is empty and becomes the gradient
	Centered  bool // RMSprop
}

// Update is the step of one parameter: contiguous arrays of the same shape and type, float32 or float64, the state in
// the order that the rule lists (nil for state that the step does not have), and the numbers of the step.
type Update struct {
	Param, Grad *Array
	State       [3]*Array
	Numbers     StepNumbers
}

// Stepper is implemented by devices that make an optimizer's step for all parameters in one call.
type Stepper interface {
	// Step makes the step and reports whether the device has a kernel for the rule. If not, it changes nothing. Without
	// updates it only reports.
	Step(rule StepRule, updates []Update) bool
}
