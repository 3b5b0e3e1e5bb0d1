package tensor

import (
	"fmt"

	"github.com/lamina-ml/lamina/internal/device"
)

// CrossEntropy returns the cross-entropy of each row of logits x with its target, a class index:
//
//	log Σ e^x − (1 − smoothing)·x[target] − smoothing·mean(x)        (rows, classes), (rows,) of int64 → (rows,)
//
// smoothing is the label smoothing ε: each target distribution is (1 − ε)·onehot + ε/classes. Package nn has the loss
// with weights, ignored targets and reductions. It panics if shapes or types do not fit. [CheckClasses] checks that the
// targets are class indices. (https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.cross_entropy.html,
// reduction="none")
func CrossEntropy(x, target Tensor, smoothing float64) Tensor {
	const op = "cross_entropy"
	if x.Rank() != 2 || target.Rank() != 1 || target.Dim(0) != x.Dim(0) {
		fail(op, "the logits must be (rows, classes) and the targets (rows,)", x.Shape(), target.Shape())
	}
	if !x.DType().IsFloat() || target.DType() != Int64 {
		fail(op, "the logits must be floating point and the targets int64, not "+x.DType().String()+" and "+target.DType().String(),
			x.Shape(), target.Shape())
	}
	if !(smoothing >= 0 && smoothing <= 1) {
		fail(op, fmt.Sprintf("the label smoothing %v is not between 0 and 1", smoothing), x.Shape())
	}
	o, rows := crossEntropy{smoothing: smoothing}, x.Widen()
	if _, ok := x.h.store.dev.(device.CrossEntropyer); !ok {
		return o.Composite(rows, target).Cast(x.DType())
	}
	return Apply2(o, rows.Contiguous(), target.Contiguous()).Cast(x.DType())
}

// crossEntropy computes the cross-entropy of each row of x (rows, classes), which is contiguous.
type crossEntropy struct {
	SavesInputs
	smoothing float64
}

// Composite computes the same by ops.
func (o crossEntropy) Composite(x, target Tensor) Tensor {
	log := x.LogSoftmax(-1)
	loss := log.Gather(1, target.Unsqueeze(1)).Squeeze(1).Neg()
	if o.smoothing > 0 {
		loss = loss.MulScalar(1 - o.smoothing).Sub(log.Mean(-1).MulScalar(o.smoothing))
	}
	return loss
}

func (o crossEntropy) Forward(s *Scope, x, target Tensor) Tensor {
	y := s.NewEmpty(x, x.DType(), target.Shape())
	x.h.store.dev.(device.CrossEntropyer).CrossEntropy(y.array(), x.array(), target.array(), o.smoothing)
	return y
}

// Backward returns dx = dy·(softmax(x) − (1 − smoothing)·onehot(target) − smoothing/classes), row by row.
func (o crossEntropy) Backward(x, target, y, dy Tensor) (dx, dt Tensor) {
	dy, dx = dy.Contiguous(), x.NewGrad()
	x.h.store.dev.(device.CrossEntropyer).CrossEntropyGrad(dx.array(), dy.array(), x.array(), target.array(),
		o.smoothing)
	return dx, dt
}
