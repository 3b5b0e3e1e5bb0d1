package nn

import (
	"fmt"

	"github.com/lamina-ml/lamina/tensor"
)

// Reduction says how a loss joins its elements. The zero value is the mean.
type Reduction uint8

// The reductions.
const (
	Mean Reduction = iota
	Sum
	None // leave the elements as they are
)

var reductions = [...]string{"mean", "sum", "none"}

// String returns PyTorch's name, such as "mean".
func (r Reduction) String() string {
	if int(r) >= len(reductions) {
		return fmt.Sprintf("Reduction(%d)", uint8(r))
	}
	return reductions[r]
}

// of reduces a loss, and rounds it to the type of x: losses of 16-bit floats are computed in float32.
func (r Reduction) of(loss, x tensor.Tensor) tensor.Tensor {
	switch r {
	case Mean:
		return loss.Mean().Cast(x.DType())
	case Sum:
		return loss.Sum().Cast(x.DType())
	case None:
		return loss.Cast(x.DType())
	}
	panic(&tensor.Error{Op: "loss", Msg: "there is no " + r.String()})
}

// checkPair panics unless pred and target are floats of one type and shape: broadcasting in a loss is a mistake.
func checkPair(op string, pred, target tensor.Tensor) {
	if pred.Shape() != target.Shape() {
		fail(op, nil, "prediction and target differ in shape", pred.Shape(), target.Shape())
	}
	if pred.DType() != target.DType() || !pred.DType().IsFloat() {
		fail(op, nil, fmt.Sprintf("prediction and target must be floats of one type, not %s and %s", pred.DType(), target.DType()),
			pred.Shape(), target.Shape())
	}
}

// MSE returns the mean squared error, the mean of (pred − target)².
func MSE(pred, target tensor.Tensor) tensor.Tensor { return MSELoss{}.Forward(pred, target) }

// MSELoss is the squared error with another reduction.
type MSELoss struct{ Reduction Reduction }

// Forward returns (pred − target)², reduced. Shapes and types must be the same.
func (l MSELoss) Forward(pred, target tensor.Tensor) tensor.Tensor {
	defer inLayer(l)
	checkPair("mse", pred, target)
	return reported(l, l.Reduction.of(wide(pred).Sub(wide(target)).Square(), pred), pred, target)
}

// BCE returns the mean binary cross-entropy of probabilities pred and targets between 0 and 1,
// −(target·log pred + (1 − target)·log(1 − pred)). Logarithms are limited to −100. It panics where pred or target is not
// between 0 and 1.
func BCE(pred, target tensor.Tensor) tensor.Tensor { return BCELoss{}.Forward(pred, target) }

// BCELoss is the binary cross-entropy with weights or another reduction.
type BCELoss struct {
	Weight    tensor.Tensor `nn:",buffer"` // of each element, broadcast; no tensor is 1
	Reduction Reduction
}

// Forward returns the binary cross-entropy, reduced. Shapes and types must be the same.
func (l BCELoss) Forward(pred, target tensor.Tensor) tensor.Tensor {
	defer inLayer(l)
	checkPair("bce", pred, target)
	p, t, weight := wide(pred), wide(target), wide(l.Weight)
	if l.Reduction == None { // one step, which PyTorch computes in the type itself: its least denominator is 0 in float16
		p, t, weight = pred, target, l.Weight
	}
	return reported(l, l.Reduction.of(weigh("bce", tensor.BCE(p, t), weight), pred), pred, target)
}

// weigh returns loss·weight, which must not stretch it.
func weigh(op string, loss, weight tensor.Tensor) tensor.Tensor {
	if !weight.Defined() {
		return loss
	}
	if !stretches(weight.Shape(), loss.Shape()) {
		fail(op, nil, "the weight does not fit the elements", weight.Shape(), loss.Shape())
	}
	y := loss.Mul(weight)
	if y.DType() != loss.DType() {
		fail(op, nil, fmt.Sprintf("a %s weight does not fit the %s elements", weight.DType(), loss.DType()), weight.Shape(), loss.Shape())
	}
	return y
}

// stretches reports whether broadcasting takes the shape s to the shape to.
func stretches(s, to tensor.Shape) bool {
	if s.Rank() > to.Rank() {
		return false
	}
	for i := 1; i <= s.Rank(); i++ {
		if s.Dim(-i) != to.Dim(-i) && s.Dim(-i) != 1 {
			return false
		}
	}
	return true
}

// BCEWithLogits returns the mean binary cross-entropy of sigmoid(logits) and targets between 0 and 1, computed so that no large
// logit overflows or loses its digits.
func BCEWithLogits(logits, target tensor.Tensor) tensor.Tensor {
	return BCEWithLogitsLoss{}.Forward(logits, target)
}

// BCEWithLogitsLoss is BCEWithLogits with weights or another reduction.
type BCEWithLogitsLoss struct {
	Weight    tensor.Tensor `nn:",buffer"` // of each element, broadcast; no tensor is 1
	PosWeight tensor.Tensor `nn:",buffer"` // of what is positive, for each class, broadcast; no tensor is 1
	Reduction Reduction
}

// Forward returns (1 − target)·logits − (1 + (p − 1)·target)·log sigmoid(logits) with p the weight of positives, times the weight,
// reduced. Shapes and types must be the same.
func (l BCEWithLogitsLoss) Forward(logits, target tensor.Tensor) tensor.Tensor {
	defer inLayer(l)
	const op = "bce_with_logits"
	checkPair(op, logits, target)
	x, t := wide(logits), wide(target)
	if !l.PosWeight.Defined() {
		return reported(l, l.Reduction.of(weigh(op, tensor.BCEWithLogits(x, t), wide(l.Weight)), logits), logits, target)
	}
	factor := weigh(op, t, wide(beside(l.PosWeight, logits)).AddScalar(-1)).AddScalar(1)
	loss := t.Neg().AddScalar(1).Mul(x).Sub(factor.Mul(x.LogSigmoid()))
	return reported(l, l.Reduction.of(weigh(op, loss, wide(l.Weight)), logits), logits, target)
}
