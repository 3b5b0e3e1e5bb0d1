package device

import "github.com/lamina-ml/lamina/internal/kernel/vec"

// Softmaxer is implemented by devices with kernels for softmax along the last dimension.
type Softmaxer interface {
	Softmax(dst, x *Array)
	LogSoftmax(dst, x *Array)
}

// Triangler is implemented by devices that copy the triangle of the last two dimensions on and below a diagonal, or on and above it,
// and write 0 elsewhere. Element (i, j) is on the diagonal if j − i = offset.
type Triangler interface {
	Triangle(dst, x *Array, offset int, upper bool)
}

// Update is one parameter's part in a step of an optimizer: dense arrays of one shape and type, float32 or float64, the
// optimizer's state in the order that the interfaces below name, nil where the step has none, and the step's numbers.
type Update[S any] struct {
	Param, Grad *Array
	State       [3]*Array
	Step        S
}

// The numbers of one step of an optimizer. Package vec documents what is computed with them.
type (
	SGDStep     = vec.SGDStep
	RMSpropStep = vec.RMSpropStep
	AdamStep    = vec.AdamStep

	AdagradStep  = vec.AdagradStep
	AdadeltaStep = vec.AdadeltaStep
	AdamaxStep   = vec.AdamaxStep
	NAdamStep    = vec.NAdamStep
	RAdamStep    = vec.RAdamStep
)

// SGDStepper is implemented by devices that make a step of SGD for all parameters at once, in one pass over memory. State is the
// momentum buffer.
type SGDStepper interface {
	SGD(updates []Update[SGDStep])
}

// RMSpropStepper is implemented by devices with a kernel for RMSprop. State is the mean of squares, the mean of gradients (if
// centered) and the momentum buffer (with momentum).
type RMSpropStepper interface {
	RMSprop(updates []Update[RMSpropStep])
}

// AdamStepper is implemented by devices with a kernel for Adam and AdamW. State is the first moment, the second, and its maximum
// (with AMSGrad).
type AdamStepper interface {
	Adam(updates []Update[AdamStep])
}

// AdagradStepper is implemented by devices with a kernel for Adagrad. State is the sum of squares.
type AdagradStepper interface {
	Adagrad(updates []Update[AdagradStep])
}

// AdadeltaStepper is implemented by devices with a kernel for Adadelta. State is the mean of squared gradients and that of squared
// changes.
type AdadeltaStepper interface {
	Adadelta(updates []Update[AdadeltaStep])
}

// AdamaxStepper is implemented by devices with a kernel for Adamax. State is the first moment and the decaying maximum.
type AdamaxStepper interface {
	Adamax(updates []Update[AdamaxStep])
}

// NAdamStepper is implemented by devices with a kernel for NAdam. State is the first moment and the second.
type NAdamStepper interface {
	NAdam(updates []Update[NAdamStep])
}

// RAdamStepper is implemented by devices with a kernel for RAdam. State is the first moment and the second.
type RAdamStepper interface {
	RAdam(updates []Update[RAdamStep])
}

// Lerper is implemented by devices that move many arrays towards others in one call: Param + Step·(Grad − Param), for running
// averages of weights.
type Lerper interface {
	Lerp(updates []Update[float64])
}
