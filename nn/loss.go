package nn

import (
	"fmt"

	"github.com/lamina-ml/lamina/tensor"
)

// Reduction says how a loss combines the losses of the elements. The zero value is Mean.
type Reduction uint8

// The reductions.
const (
	Mean Reduction = iota
	Sum
	None // return the loss of each element
)

var reductions = [...]string{"mean", "sum", "none"}

// String returns PyTorch's name, such as "mean".
func (r Reduction) String() string {
	if int(r) >= len(reductions) {
		return fmt.Sprintf("Reduction(%d)", uint8(r))
	}
	return reductions[r]
}

// of reduces a loss and casts it to the type of x, because losses of 16-bit floats are computed in float32.
func (r Reduction) of(loss, x tensor.Tensor) tensor.Tensor {
	switch r {
	case Mean:
		return loss.Mean().Cast(x.DType())
	case Sum:
		return loss.Sum().Cast(x.DType())
	case None:
		return loss.Cast(x.DType())
	}
	panic(&tensor.Error{Op: "loss", Msg: r.String() + " is not a reduction: use Mean, Sum or None"})
}

// checkPair panics unless pred and target are floats of the same type and shape. Broadcasting in a loss is almost
// always a mistake.
func checkPair(op string, pred, target tensor.Tensor) {
	if pred.Shape() != target.Shape() {
		fail(op, nil, "prediction and target differ in shape", pred.Shape(), target.Shape())
	}
	if pred.DType() != target.DType() || !pred.DType().IsFloat() {
		fail(op, nil, fmt.Sprintf("prediction and target must be floats of one type, not %s and %s", pred.DType(),
			target.DType()), pred.Shape(), target.Shape())
	}
}

// MSE returns the mean squared error, the mean of (pred − target)².
func MSE(pred, target tensor.Tensor) tensor.Tensor { return MSELoss{}.Forward(pred, target) }

// MSELoss is [MSE] with a choice of reduction.
type MSELoss struct{ Reduction Reduction }

// Forward returns the reduced (pred − target)². Shapes and types must be equal.
func (l MSELoss) Forward(pred, target tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	checkPair("mse_loss", pred, target)
	return reported(l, l.Reduction.of(pred.Widen().Sub(ofStep(target, pred).Widen()).Square(), pred), pred, target)
}

// BCE returns the mean binary cross-entropy of probabilities pred and targets between 0 and 1:
//
//	−(target·log pred + (1 − target)·log(1 − pred))
//
// Logarithms are clamped to −100, as in PyTorch. It panics unless all elements of pred and target are between 0 and 1.
func BCE(pred, target tensor.Tensor) tensor.Tensor { return BCELoss{}.Forward(pred, target) }

// BCELoss is [BCE] with weights or another reduction.
type BCELoss struct {
	Weight    tensor.Tensor `nn:",buffer"` // of each element, broadcast; undefined means 1
	Reduction Reduction
}

// Forward returns the reduced binary cross-entropy. Shapes and types must be equal.
func (l BCELoss) Forward(pred, target tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	checkPair("binary_cross_entropy", pred, target)
	p, t, weight := pred.Widen(), ofStep(target, pred).Widen(), ofStep(l.Weight, pred).Widen()
	if l.Reduction == None { // PyTorch computes this single op in float16 itself, where the smallest denominator is 0
		p, t, weight = pred, target, l.Weight
	}
	return reported(l, l.Reduction.of(applyWeight("binary_cross_entropy", tensor.BCE(p, t), weight), pred), pred,
		target)
}

// ofStep returns a weight or a target that is on the heap in the scope of x, so that results computed from it alone
// belong to the step. An absent weight stays absent.
func ofStep(t, x tensor.Tensor) tensor.Tensor {
	if !t.Defined() || !x.Defined() {
		return t
	}
	return t.InScopeOf(x)
}

// applyWeight returns loss·weight. It panics if weight does not broadcast to the shape of loss.
func applyWeight(op string, loss, weight tensor.Tensor) tensor.Tensor {
	if !weight.Defined() {
		return loss
	}
	if !broadcastsTo(weight.Shape(), loss.Shape()) {
		fail(op, nil, "the weight does not broadcast to the elements", weight.Shape(), loss.Shape())
	}
	y := loss.Mul(weight)
	if y.DType() != loss.DType() {
		fail(op, nil, fmt.Sprintf("the weight is %s, the elements %s", weight.DType(), loss.DType()), weight.Shape(),
			loss.Shape())
	}
	return y
}

// broadcastsTo reports whether the shape s broadcasts to the shape to.
func broadcastsTo(s, to tensor.Shape) bool {
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

// BCEWithLogits returns the mean binary cross-entropy of sigmoid(logits) and targets between 0 and 1. It is accurate
// for large logits too, unlike BCE of a sigmoid.
func BCEWithLogits(logits, target tensor.Tensor) tensor.Tensor {
	return BCEWithLogitsLoss{}.Forward(logits, target)
}

// BCEWithLogitsLoss is [BCEWithLogits] with weights or another reduction.
type BCEWithLogitsLoss struct {
	Weight    tensor.Tensor `nn:",buffer"` // of each element, broadcast; undefined means 1
	PosWeight tensor.Tensor `nn:",buffer"` // of positive targets, one per class, broadcast; undefined means 1
	Reduction Reduction
}

// Forward returns the reduced weight·((1 − target)·logits − (1 + (p − 1)·target)·log sigmoid(logits)) with p =
// PosWeight. Shapes and types must be equal.
func (l BCEWithLogitsLoss) Forward(logits, target tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	const op = "binary_cross_entropy_with_logits"
	checkPair(op, logits, target)
	x, t := logits.Widen(), ofStep(target, logits).Widen()
	if !l.PosWeight.Defined() {
		return reported(l, l.Reduction.of(applyWeight(op, tensor.BCEWithLogits(x, t), ofStep(l.Weight, logits).Widen()), logits),
			logits, target)
	}
	factor := applyWeight(op, t, l.PosWeight.InScopeOf(logits).Widen().AddScalar(-1)).AddScalar(1)
	loss := t.Neg().AddScalar(1).Mul(x).Sub(factor.Mul(x.LogSigmoid()))
	return reported(l, l.Reduction.of(applyWeight(op, loss, ofStep(l.Weight, logits).Widen()), logits), logits, target)
}
