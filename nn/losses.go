package nn

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/internal/defaults"
	"github.com/lamina-ml/lamina/tensor"
)

// L1 returns the mean absolute error, the mean of |pred − target|.
func L1(pred, target tensor.Tensor) tensor.Tensor { return L1Loss{}.Forward(pred, target) }

// L1Loss is [L1] with a choice of reduction.
type L1Loss struct{ Reduction Reduction }

// Forward returns the reduced |pred − target|. Shapes and types must be equal.
func (l L1Loss) Forward(pred, target tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	checkPair("l1_loss", pred, target)
	return reported(l, l.Reduction.of(pred.Widen().Sub(ofStep(target, pred).Widen()).Abs(), pred), pred, target)
}

// SmoothL1Loss is quadratic for small errors and linear for large ones: for d = pred − target, d²/2β if |d| < β, else
// |d| − β/2. (https://arxiv.org/abs/1504.08083)
type SmoothL1Loss struct {
	Beta      float64 // β; 0 means 1, and [Zero] makes it an [L1Loss]
	Reduction Reduction
}

// Forward returns the reduced loss. Shapes and types must be equal. It panics if β is negative.
func (l SmoothL1Loss) Forward(pred, target tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	checkPair("smooth_l1_loss", pred, target)
	beta := defaults.Float(l.Beta, 1)
	if beta == 0 {
		return reported(l, l.Reduction.of(pred.Widen().Sub(ofStep(target, pred).Widen()).Abs(), pred), pred, target)
	}
	if !(beta > 0) {
		fail("smooth_l1_loss", nil, fmt.Sprintf("Beta must be at least 0, not %v", beta))
	}
	return reported(l, l.Reduction.of(pred.Widen().Sub(ofStep(target, pred).Widen()).SmoothL1(beta), pred), pred, target)
}

// HuberLoss is quadratic for small errors and linear for large ones: for d = pred − target, d²/2 if |d| ≤ δ, else
// δ(|d| − δ/2). (https://doi.org/10.1214/aoms/1177703732)
type HuberLoss struct {
	Delta     float64 // δ; 0 means 1
	Reduction Reduction
}

// Forward returns the reduced loss. Shapes and types must be equal. It panics unless δ is positive.
func (l HuberLoss) Forward(pred, target tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	checkPair("huber_loss", pred, target)
	delta := defaults.Float(l.Delta, 1)
	if !(delta > 0) {
		fail("huber_loss", nil, fmt.Sprintf("Delta must be positive, not %v", delta))
	}
	return reported(l, l.Reduction.of(pred.Widen().Sub(ofStep(target, pred).Widen()).Huber(delta), pred), pred, target)
}

// KLDivLoss is the Kullback-Leibler divergence of the target distribution from a distribution given by its
// log-probabilities log:
//
//	target·(log target − log)
//
// BatchMean (PyTorch's reduction="batchmean") gives the mean divergence per sample, which is the mathematical
// definition. (https://docs.pytorch.org/docs/stable/generated/torch.nn.KLDivLoss.html)
type KLDivLoss struct {
	LogTarget bool // the target holds log-probabilities too
	BatchMean bool // divide the sum by the first dimension, not by the number of elements
	Reduction Reduction
}

// Forward returns the reduced divergence of target from the distribution with the log-probabilities log. Shapes and
// types must be equal.
func (l KLDivLoss) Forward(log, target tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	checkPair("kl_div", log, target)
	x, t := log.Widen(), ofStep(target, log).Widen()
	var loss tensor.Tensor
	if l.LogTarget {
		loss = t.Exp().Mul(t.Sub(x))
	} else {
		loss = tensor.KLDiv(x, t)
	}
	if l.BatchMean {
		if l.Reduction != Mean || loss.Rank() == 0 {
			fail("kl_div", nil, "BatchMean requires at least 1 dimension and the reduction Mean", log.Shape())
		}
		return reported(l, loss.Sum().DivScalar(float64(loss.Dim(0))).Cast(log.DType()), log, target)
	}
	return reported(l, l.Reduction.of(loss, log), log, target)
}

// signsFor returns targets, which must be 1 or −1, in the type in which the loss of x is computed. It panics unless
// they have the given shape, and are integers or of x's type.
func signsFor(op string, signs, x tensor.Tensor, shape tensor.Shape) tensor.Tensor {
	dt := signs.DType()
	if signs.Shape() != shape || dt != x.DType() && (dt.IsFloat() || dt == tensor.Bool) {
		fail(op, nil, "the targets, 1 and -1, must be integers or "+x.DType().String()+" of the shape of the loss",
			signs.Shape(), shape)
	}
	return ofStep(signs, x).Cast(x.Widen().DType())
}

// HingeEmbeddingLoss is x if the target is 1, and max(0, margin − x) if it is −1. The inputs x are distances of
// pairs; 1 marks a similar pair, −1 a dissimilar one.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.HingeEmbeddingLoss.html)
type HingeEmbeddingLoss struct {
	Margin    float64 // 0 means 1
	Reduction Reduction
}

// Forward returns the reduced loss. Targets are 1 or −1, have x's shape, and are of x's type or integers.
func (l HingeEmbeddingLoss) Forward(x, target tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	d, sign := x.Widen(), signsFor("hinge_embedding_loss", target, x, x.Shape())
	similar := tensor.Where(sign.EqualScalar(-1), d.NewZeros(), d)
	dissimilar := tensor.Where(sign.EqualScalar(1), d.NewZeros(), d.Neg().AddScalar(defaults.Float(l.Margin, 1)).ReLU())
	return reported(l, l.Reduction.of(similar.Add(dissimilar), x), x, target)
}

// MarginRankingLoss is max(0, −target·(a − b) + margin). The target 1 says that a should rank above b, and −1 that b
// should rank above a. (https://docs.pytorch.org/docs/stable/generated/torch.nn.MarginRankingLoss.html)
type MarginRankingLoss struct {
	Margin    float64
	Reduction Reduction
}

// Forward returns the reduced loss. Targets are 1 or −1. All three have the same shape and type, except that targets
// may be integers.
func (l MarginRankingLoss) Forward(a, b, target tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	checkPair("margin_ranking_loss", a, b)
	sign := signsFor("margin_ranking_loss", target, a, a.Shape())
	return reported(l, l.Reduction.of(sign.Neg().Mul(a.Widen().Sub(b.Widen())).AddScalar(l.Margin).ReLU(), a), a, b,
		target)
}

// MultiMarginLoss is the multi-class hinge loss, as in a support vector machine:
//
//	Σⱼ max(0, margin − x[target] + xⱼ)ᵖ/C over the classes j ≠ target
//
// for scores x (N, C) and int64 targets (N,), or (C,) and ().
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.MultiMarginLoss.html)
type MultiMarginLoss struct {
	Squared   bool          // p = 2 instead of 1
	Margin    float64       // 0 means 1
	Weight    tensor.Tensor `nn:",buffer"` // of each class (C,), selected by the target; undefined means 1
	Reduction Reduction
}

// Forward returns the reduced loss.
func (l MultiMarginLoss) Forward(x, target tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	const op = "multi_margin_loss"
	if x.Rank() == 0 || x.Rank() > 2 {
		fail(op, nil, "the scores must be (N, C) or (C,)", x.Shape())
	}
	ignoreNone := math.MinInt
	r := newClassRows(op, x, target, l.Weight, &ignoreNone)
	index := r.target.Unsqueeze(1)
	scores := r.x.Widen()
	z := scores.Sub(scores.Gather(1, index)).AddScalar(defaults.Float(l.Margin, 1))
	z = z.ScatterScalar(1, index, 0).ReLU() // exclude the target, whose score may be infinite
	if l.Squared {
		z = z.Square()
	}
	if r.weight.Defined() {
		z = z.Mul(r.weight.Unsqueeze(1))
	}
	loss := z.Sum(1).DivScalar(float64(r.x.Dim(1)))
	return reported(l, l.Reduction.of(loss.ReshapeTo(target.Shape()), x), x, target)
}

// CosineEmbeddingLoss is 1 − cos(a, b) if the target is 1, and max(0, cos(a, b) − margin) if it is −1.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.CosineEmbeddingLoss.html)
type CosineEmbeddingLoss struct {
	Margin    float64
	Reduction Reduction
}

// Forward returns the reduced loss of the rows of a and b (N, D) with targets (N,), or of vectors (D,) with a target
// ().
func (l CosineEmbeddingLoss) Forward(a, b, target tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	const op = "cosine_embedding_loss"
	checkPair(op, a, b)
	if a.Rank() == 0 {
		fail(op, nil, "the inputs must have at least 1 dimension", a.Shape())
	}
	cos := normalize(a.Widen()).VecDot(normalize(b.Widen()))
	sign := signsFor(op, target, a, cos.Shape())
	similar := tensor.Where(sign.EqualScalar(1), cos.Neg().AddScalar(1), cos.NewZeros())
	dissimilar := tensor.Where(sign.EqualScalar(-1), cos.AddScalar(-l.Margin).ReLU(), cos.NewZeros())
	return reported(l, l.Reduction.of(similar.Add(dissimilar), a), a, b, target)
}

// normalize returns x divided by √(‖x‖² + ε) along the last dimension. PyTorch's ε prevents a division by 0.
func normalize(x tensor.Tensor) tensor.Tensor {
	length := x.Norm(2, -1)
	length = tensor.Stack(-1, length, length.FullLike(1e-6)).Norm(2, -1) // √(‖x‖² + ε) without overflow of the squares
	return x.Div(length.Unsqueeze(-1))
}

// TripletMarginLoss is max(0, d(anchor, positive) − d(anchor, negative) + margin), with d(a, b) = ‖a − b + ε‖ₚ along
// the last dimension. It trains an anchor to be nearer to the positive than to the negative.
// (https://doi.org/10.5244/C.30.119)
type TripletMarginLoss struct {
	Margin    float64 // 0 means 1
	P         float64 // 0 means 2
	Eps       float64 // ε; 0 means 1e-6
	Swap      bool    // use d(positive, negative) instead of d(anchor, negative) if it is smaller
	Reduction Reduction
}

// Forward returns the reduced loss. All three have the same type and shape (…, D).
func (l TripletMarginLoss) Forward(anchor, positive, negative tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	const op = "triplet_margin_loss"
	checkPair(op, anchor, positive)
	checkPair(op, anchor, negative)
	if anchor.Rank() == 0 {
		fail(op, nil, "the inputs must have at least 1 dimension", anchor.Shape())
	}
	margin := defaults.Float(l.Margin, 1)
	if !(margin > 0) {
		fail(op, nil, fmt.Sprintf("Margin must be positive, not %v", margin), anchor.Shape())
	}
	near, far := l.distance(anchor, positive), l.distance(anchor, negative)
	if l.Swap {
		far = far.Minimum(l.distance(positive, negative))
	}
	return reported(l, l.Reduction.of(near.Sub(far).AddScalar(margin).ReLU(), anchor), anchor, positive, negative)
}

func (l TripletMarginLoss) distance(a, b tensor.Tensor) tensor.Tensor {
	return a.Widen().Sub(b.Widen()).AddScalar(defaults.Float(l.Eps, 1e-6)).Norm(defaults.Float(l.P, 2), -1)
}
