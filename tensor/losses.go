package tensor

import (
	"math"

	"github.com/lamina-ml/lamina/internal/device"
)

// BCE returns the binary cross-entropy of each element, with probability x and target t, both between 0 and 1:
//
//	−t·log x − (1 − t)·log(1 − x)
//
// Logarithms are limited to −100, as in PyTorch. x and t have one shape and type. It panics if an element of x or t is
// not between 0 and 1. (https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.binary_cross_entropy.html,
// reduction="none")
func BCE(x, t Tensor) Tensor {
	checkSame("binary_cross_entropy", x, t)
	checkProbabilities(x, "the prediction %v at element %[2]d is not between 0 and 1", x, t)
	checkProbabilities(t, "the target %v at element %[2]d is not between 0 and 1", x, t)
	return Apply2(binaryCrossEntropy{}, x, t)
}

// BCEWithLogits returns the binary cross-entropy of each element, with probability sigmoid(x) and target t between 0
// and 1:
//
//	(1 − t)·x − log sigmoid(x)
//
// x and t have one shape and type.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.binary_cross_entropy_with_logits.html,
// reduction="none")
func BCEWithLogits(x, t Tensor) Tensor {
	checkSame("binary_cross_entropy_with_logits", x, t)
	return Apply2(binaryCrossEntropyWithLogits{}, x, t)
}

// checkProbabilities checks that all elements of p, which is x or t, are between 0 and 1.
func checkProbabilities(p Tensor, format string, x, t Tensor) {
	checkRange(p, device.Check{Op: "binary_cross_entropy", Hi: 1, Format: format,
		Shapes: [2]device.Shape{x.Shape().deviceShape(), t.Shape().deviceShape()}})
}

func checkSame(op string, x, t Tensor) {
	if x.Shape() != t.Shape() || x.DType() != t.DType() || !x.DType().IsFloat() {
		fail(op, "predictions and targets must have one shape and one floating-point type, not "+x.DType().String()+" and "+
			t.DType().String(), x.Shape(), t.Shape())
	}
}

// KLDiv returns the terms of the Kullback-Leibler divergence of the target distribution t from the distribution with
// log-probabilities x:
//
//	t·(log t − x), with 0·log 0 = 0
//
// x and t have one shape and type. (https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.kl_div.html,
// reduction="none")
func KLDiv(x, t Tensor) Tensor {
	checkSame("kl_div", x, t)
	return Apply2(klDiv{}, x, t)
}

type binaryCrossEntropy struct{ SavesInputs }

var bceRow = device.NewBinary(device.BinaryOp{Name: "bce",
	F: func(x, t float64, _ device.Params) float64 {
		return float64((t-1)*math.Max(math.Log1p(-x), -100)) - t*math.Max(math.Log(x), -100)
	}})

func (binaryCrossEntropy) Forward(s *Scope, x, t Tensor) Tensor { return s.binary(bceRow, x, t) }

// leastBCE is PyTorch's lower limit of the gradient's denominator: 10⁻¹² rounded to float32, for every type.
const leastBCE = float64(float32(1e-12))

// Backward returns dx = dy·(x − t)/(x·(1 − x)) and dt = dy·(log(1 − x) − log x). These logarithms are not limited, as
// in PyTorch.
func (binaryCrossEntropy) Backward(x, t, y, dy Tensor) (dx, dt Tensor) {
	if x.NeedsGrad() {
		rest := x.MulScalar(-1).AddScalar(1)
		dx = x.Sub(t).Mul(dy).Div(rest.Mul(x).Clamp(leastBCE, math.Inf(1)))
	}
	if t.NeedsGrad() {
		dt = x.Neg().Log1p().Sub(x.Log()).Mul(dy)
	}
	return dx, dt
}

type binaryCrossEntropyWithLogits struct{ SavesInputs }

var bceWithLogitsRow = device.NewBinary(device.BinaryOp{Name: "bce with logits",
	F: func(x, t float64, _ device.Params) float64 {
		logSigmoid := math.Min(x, 0) - math.Log1p(math.Exp(-math.Abs(x)))
		return float64((1-t)*x) - logSigmoid
	}})

func (binaryCrossEntropyWithLogits) Forward(s *Scope, x, t Tensor) Tensor {
	return s.binary(bceWithLogitsRow, x, t)
}

// Backward returns dx = dy·(sigmoid(x) − t) and dt = −dy·x.
func (binaryCrossEntropyWithLogits) Backward(x, t, y, dy Tensor) (dx, dt Tensor) {
	if x.NeedsGrad() {
		dx = x.Sigmoid().Sub(t).Mul(dy)
	}
	if t.NeedsGrad() {
		dt = x.Mul(dy).Neg()
	}
	return dx, dt
}

type klDiv struct{ SavesInputs }

var klDivRow = device.NewBinary(device.BinaryOp{Name: "divergence",
	F: func(x, t float64, _ device.Params) float64 {
		return t * (math.Max(math.Log(t), -1000) - x) // only log 0 is below −1000; the limit makes 0·log 0 = 0
	}})

func (klDiv) Forward(s *Scope, x, t Tensor) Tensor { return s.binary(klDivRow, x, t) }

// Backward returns dx = −dy·t and dt = dy·(log t + 1 − x), with log t + 1 = 0 for t = 0.
func (klDiv) Backward(x, t, y, dy Tensor) (dx, dt Tensor) {
	if x.NeedsGrad() {
		dx = t.Neg().Mul(dy)
	}
	if t.NeedsGrad() {
		dt = Where(t.EqualScalar(0), t.NewZeros(), t.Log().AddScalar(1)).Sub(x).Mul(dy)
	}
	return dx, dt
}
