package nn

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/internal/defaults"
	"github.com/lamina-ml/lamina/tensor"
)

// L1 returns the mean absolute error, the mean of |pred − target|.
func L1(pred, target tensor.Tensor) tensor.Tensor { return L1Loss{}.Forward(pred, target) }

// L1Loss is the absolute error with another reduction.
type L1Loss struct{ Reduction Reduction }

// Forward returns |pred − target|, reduced. Shapes and types must be the same.
func (l L1Loss) Forward(pred, target tensor.Tensor) tensor.Tensor {
	defer inLayer(l)
	checkPair("l1", pred, target)
	return reported(l, l.Reduction.of(wide(pred).Sub(wide(target)).Abs(), pred), pred, target)
}

// SmoothL1Loss is a square near 0 and the absolute error beyond: for d = pred − target, d²/2β where |d| < β, else |d| − β/2.
// (https://arxiv.org/abs/1504.08083)
type SmoothL1Loss struct {
	Beta      float64 // β; 0 means 1, and [Zero] makes it an [L1Loss]
	Reduction Reduction
}

// Forward returns the loss, reduced. Shapes and types must be the same. It panics where β is negative.
func (l SmoothL1Loss) Forward(pred, target tensor.Tensor) tensor.Tensor {
	defer inLayer(l)
	checkPair("smooth_l1", pred, target)
	beta := defaults.Float(l.Beta, 1)
	if beta == 0 {
		return reported(l, l.Reduction.of(wide(pred).Sub(wide(target)).Abs(), pred), pred, target)
	}
	if !(beta > 0) {
		fail("smooth_l1", nil, fmt.Sprintf("beta must be at least 0, not %v", beta))
	}
	return reported(l, l.Reduction.of(wide(pred).Sub(wide(target)).SmoothL1(beta), pred), pred, target)
}

// HuberLoss is a square near 0 and a straight line beyond: for d = pred − target, d²/2 where |d| ≤ δ, else δ(|d| − δ/2).
// (https://doi.org/10.1214/aoms/1177703732)
type HuberLoss struct {
	Delta     float64 // δ; 0 means 1
	Reduction Reduction
}

// Forward returns the loss, reduced. Shapes and types must be the same. It panics where δ is negative.
func (l HuberLoss) Forward(pred, target tensor.Tensor) tensor.Tensor {
	defer inLayer(l)
	checkPair("huber", pred, target)
	delta := defaults.Float(l.Delta, 1)
	if !(delta > 0) {
		fail("huber", nil, fmt.Sprintf("delta must be positive, not %v", delta))
	}
	return reported(l, l.Reduction.of(wide(pred).Sub(wide(target)).Huber(delta), pred), pred, target)
}

// KLDivLoss is the Kullback-Leibler divergence of a distribution from the one whose logarithms are given:
//
//	target·(log target − log)
//
// PyTorch's name for what mathematics calls the divergence of a batch is reduction="batchmean": BatchMean.
type KLDivLoss struct {
	LogTarget bool // the target holds logarithms too
	BatchMean bool // divide the sum by the first dimension, not by the number of elements
	Reduction Reduction
}

// Forward returns the divergence of target from the distribution whose logarithms log are, reduced. Shapes and types must be the
// same.
func (l KLDivLoss) Forward(log, target tensor.Tensor) tensor.Tensor {
	defer inLayer(l)
	checkPair("kl_div", log, target)
	x, t := wide(log), wide(target)
	var loss tensor.Tensor
	if l.LogTarget {
		loss = t.Exp().Mul(t.Sub(x))
	} else {
		loss = tensor.KLDiv(x, t)
	}
	if l.BatchMean {
		if l.Reduction != Mean || loss.Rank() == 0 {
			fail("kl_div", nil, "the mean over samples needs samples, and excludes another reduction", log.Shape())
		}
		return reported(l, loss.Sum().DivScalar(float64(loss.Dim(0))).Cast(log.DType()), log, target)
	}
	return reported(l, l.Reduction.of(loss, log), log, target)
}

// signsFor returns targets that are to be 1 and −1, in the type that the loss of x is computed in. It panics unless they are integers or
// of x's type, and have the shape that is wanted.
func signsFor(op string, signs, x tensor.Tensor, shape tensor.Shape) tensor.Tensor {
	dt := signs.DType()
	if signs.Shape() != shape || dt != x.DType() && (dt.IsFloat() || dt == tensor.Bool) {
		fail(op, nil, "the targets, 1 and -1, must be "+x.DType().String()+" of the shape of the loss", signs.Shape(), shape)
	}
	return signs.Cast(wide(x).DType())
}

// HingeEmbeddingLoss is x where the target is 1, and max(0, margin − x) where it is −1, for distances x of pairs that are alike or
// not.
type HingeEmbeddingLoss struct {
	Margin    float64 // 0 means 1
	Reduction Reduction
}

// Forward returns the loss, reduced. Targets are 1 and −1, of x's shape, and of its type or integers.
func (l HingeEmbeddingLoss) Forward(x, target tensor.Tensor) tensor.Tensor {
	defer inLayer(l)
	d, sign := wide(x), signsFor("hinge_embedding", target, x, x.Shape())
	alike := tensor.Where(sign.EqualScalar(-1), d.NewZeros(), d)
	apart := tensor.Where(sign.EqualScalar(1), d.NewZeros(), d.Neg().AddScalar(defaults.Float(l.Margin, 1)).ReLU())
	return reported(l, l.Reduction.of(alike.Add(apart), x), x, target)
}

// MarginRankingLoss is max(0, −target·(a − b) + margin): where the target is 1, a is to be above b, and where it is −1, below.
type MarginRankingLoss struct {
	Margin    float64
	Reduction Reduction
}

// Forward returns the loss, reduced. Targets are 1 and −1; all three have one shape and type, but the targets may be integers.
func (l MarginRankingLoss) Forward(a, b, target tensor.Tensor) tensor.Tensor {
	defer inLayer(l)
	checkPair("margin_ranking", a, b)
	sign := signsFor("margin_ranking", target, a, a.Shape())
	return reported(l, l.Reduction.of(sign.Neg().Mul(wide(a).Sub(wide(b))).AddScalar(l.Margin).ReLU(), a), a, b, target)
}

// MultiMarginLoss is the hinge loss of a classifier, as of a support vector machine:
//
//	Σⱼ max(0, margin − x[target] + xⱼ)ᵖ/C over the classes j that are not the target
//
// for scores x (N, C) and int64 targets (N,), or (C,) and ().
type MultiMarginLoss struct {
	Squared   bool          // p = 2; else 1
	Margin    float64       // 0 means 1
	Weight    tensor.Tensor `nn:",buffer"` // of each class (C,), by the target; no tensor is 1
	Reduction Reduction
}

// Forward returns the loss, reduced.
func (l MultiMarginLoss) Forward(x, target tensor.Tensor) tensor.Tensor {
	defer inLayer(l)
	const op = "multi_margin"
	if x.Rank() == 0 || x.Rank() > 2 {
		fail(op, nil, "the scores must be (N, C) or (C,)", x.Shape())
	}
	none := math.MinInt // all targets count
	r := classRows(op, x, target, l.Weight, &none)
	own := r.target.Unsqueeze(1)
	scores := wide(r.x)
	z := scores.Sub(scores.Gather(1, own)).AddScalar(defaults.Float(l.Margin, 1))
	z = z.ScatterScalar(1, own, 0).ReLU() // the target itself adds nothing, also where it is infinite
	if l.Squared {
		z = z.Square()
	}
	if r.weight.Defined() {
		z = z.Mul(r.weight.Unsqueeze(1))
	}
	loss := z.Sum(1).DivScalar(float64(r.x.Dim(1)))
	return reported(l, l.Reduction.of(loss.ReshapeTo(target.Shape()), x), x, target)
}

// CosineEmbeddingLoss is 1 − cos(a, b) where the target is 1, and max(0, cos(a, b) − margin) where it is −1.
type CosineEmbeddingLoss struct {
	Margin    float64
	Reduction Reduction
}

// Forward returns the loss of the rows of a and b (N, D) with targets (N,), or of (D,) with (), reduced.
func (l CosineEmbeddingLoss) Forward(a, b, target tensor.Tensor) tensor.Tensor {
	defer inLayer(l)
	const op = "cosine_embedding"
	checkPair(op, a, b)
	if a.Rank() == 0 {
		fail(op, nil, "there are no vectors", a.Shape())
	}
	cos := unit(wide(a)).VecDot(unit(wide(b)))
	sign := signsFor(op, target, a, cos.Shape())
	alike := tensor.Where(sign.EqualScalar(1), cos.Neg().AddScalar(1), cos.NewZeros())
	apart := tensor.Where(sign.EqualScalar(-1), cos.AddScalar(-l.Margin).ReLU(), cos.NewZeros())
	return reported(l, l.Reduction.of(alike.Add(apart), a), a, b, target)
}

// unit returns x divided by √(‖x‖² + ε) along the last dimension, with PyTorch's ε, which keeps 0 from the divisor.
func unit(x tensor.Tensor) tensor.Tensor {
	length := x.Norm(2, -1)
	length = tensor.Stack(-1, length, length.FullLike(1e-6)).Norm(2, -1) // √(‖x‖² + ε); no square overflows
	return x.Div(length.Unsqueeze(-1))
}

// TripletMarginLoss is max(0, d(anchor, positive) − d(anchor, negative) + margin), with d(a, b) = ‖a − b + ε‖ₚ along the last
// dimension: an anchor is to be nearer to what is of its kind. (https://doi.org/10.5244/C.30.119)
type TripletMarginLoss struct {
	Margin    float64 // 0 means 1
	P         float64 // 0 means 2
	Eps       float64 // ε; 0 means 1e-6
	Swap      bool    // take d(positive, negative) instead of d(anchor, negative) where it is smaller
	Reduction Reduction
}

// Forward returns the loss, reduced. All three have one type and shape (…, D).
func (l TripletMarginLoss) Forward(anchor, positive, negative tensor.Tensor) tensor.Tensor {
	defer inLayer(l)
	const op = "triplet_margin"
	checkPair(op, anchor, positive)
	checkPair(op, anchor, negative)
	if anchor.Rank() == 0 {
		fail(op, nil, "there are no vectors", anchor.Shape())
	}
	margin := defaults.Float(l.Margin, 1)
	if !(margin > 0) {
		fail(op, nil, fmt.Sprintf("the margin must be positive, not %v", margin), anchor.Shape())
	}
	near, far := l.distance(anchor, positive), l.distance(anchor, negative)
	if l.Swap {
		far = far.Minimum(l.distance(positive, negative))
	}
	return reported(l, l.Reduction.of(near.Sub(far).AddScalar(margin).ReLU(), anchor), anchor, positive, negative)
}

func (l TripletMarginLoss) distance(a, b tensor.Tensor) tensor.Tensor {
	return wide(a).Sub(wide(b)).AddScalar(defaults.Float(l.Eps, 1e-6)).Norm(defaults.Float(l.P, 2), -1)
}
