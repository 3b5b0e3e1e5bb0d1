package device

// Linearer is implemented by devices with a kernel for an affine layer.
type Linearer interface {
	// Linear computes dst = x·wᵀ + b, for x (…, in), w (out, in) and b (out,), and with relu the ReLU of that. A nil b
	// is 0. dst and b are contiguous; x is contiguous unless it has two dimensions. p applies to float32 only.
	Linear(dst, x, w, b *Array, relu bool, p Precision)
}

// CrossEntropyer is implemented by devices with fused kernels for softmax and cross-entropy. Targets are class indices,
// which the caller has checked with Check. smoothing is the label smoothing: that part of the target's probability is
// divided among all classes. All arrays are contiguous.
type CrossEntropyer interface {
	// CrossEntropy computes loss = log Σ eˣ − (1−smoothing)·x[target] − smoothing·mean(x) for each row of x (rows,
	// classes).
	CrossEntropy(loss, x, target *Array, smoothing float64)
	// CrossEntropyGrad computes dx = dloss·(softmax(x) − (1−smoothing)·onehot(target) − smoothing/classes), row by row.
	CrossEntropyGrad(dx, dloss, x, target *Array, smoothing float64)
}

// Embedder is implemented by devices with kernels for embeddings. Indices are int64, and the caller has checked them
// with Check. All arrays are contiguous.
type Embedder interface {
	// Embed sets row i of dst (n, size) to row index[i] of w (count, size).
	Embed(dst, w, index *Array)
	// EmbedGrad sets dw (count, size) to zeros and adds row i of dy (n, size) to its row index[i], in the order of i.
	// It ignores rows whose index is skip.
	EmbedGrad(dw, index, dy *Array, skip int)
}

// BagMode says how a bag of embeddings is combined.
type BagMode uint8

// The modes.
const (
	BagMean BagMode = iota
	BagSum
	BagMax
)

// Bags describes bags of indices.
type Bags struct {
	Mode    BagMode
	Length  int // of each bag, if there are no starts
	Padding int // the index that does not count; −1 for none
}

// Bagger is implemented by devices with kernels for bags of embeddings. index (n,) and starts (bags,) are int64, and the
// caller has checked them: bag b has the indices from starts[b] on, up to those of the next bag. Without starts, nil,
// all bags have one length. weights (n,) is nil or, with BagSum, multiplies the rows. w has less than 2³¹ rows. All arrays
// are contiguous.
type Bagger interface {
	// EmbedBag sets row b of dst (bags, size) to the mean, the sum or the largest elements of the rows of w (count,
	// size) with the indices of bag b; 0 for none. With BagMax, chosen (bags, size) of int32 gets the row of each
	// element, the first of equal ones, and −1 for none; else it is nil.
	EmbedBag(dst, chosen, w, index, starts, weights *Array, b Bags)
	// EmbedBagGrad computes the gradient of w, given that of dst, dy, in the order of the indices.
	EmbedBagGrad(dw, dy, chosen, index, starts, weights *Array, b Bags)
	// EmbedBagWeightsGrad computes the gradient of the weights.
	EmbedBagWeightsGrad(dweights, dy, w, index, starts *Array, b Bags)
}

// Normer is implemented by devices with kernels for layer norm and RMS norm of float32 or float64. All arrays are
// contiguous; x, dst, dx and dy are (rows, n), gamma, beta and dgamma (n,), mean and rstd (rows,). A nil gamma is 1, a
// nil beta 0.
type Normer interface {
	// LayerNorm computes dst = (x − mean)·rstd·gamma + beta with each row's mean and rstd = 1/√(variance + eps).
	LayerNorm(dst, mean, rstd, x, gamma, beta *Array, eps float64)
	// LayerNormGrad computes the gradients of x and gamma. It skips those whose destination is nil.
	LayerNormGrad(dx, dgamma, dy, x, mean, rstd, gamma *Array)
	// RMSNorm computes dst = x·rstd·gamma with each row's rstd = 1/√(mean(x²) + eps).
	RMSNorm(dst, rstd, x, gamma *Array, eps float64)
	// RMSNormGrad computes the gradients of x and gamma. It skips those whose destination is nil.
	RMSNormGrad(dx, dgamma, dy, x, rstd, gamma *Array)
}

// Dotter is implemented by devices with a kernel for dot products of rows of float32 or float64.
type Dotter interface {
	// Dots computes dst[i] = Σⱼ a[i,j]·b[i,j] for j in the last dimension of a and b, which have one shape. All arrays
	// are contiguous.
	Dots(dst, a, b *Array)
}

// Rotator is implemented by devices with a kernel for rotary position embeddings of float32 and float64.
type Rotator interface {
	// Rotary computes, for the halves a and b of the first 2·h elements of each vector of x, dst = (a·cos − b·sin,
	// b·cos + a·sin), where h is the last size of cos and sin, and copies the other elements. With back it rotates by
	// the negative angles. x is strided; cos and sin are strided and broadcast to x's other dimensions; dst is
	// strided.
	Rotary(dst, x, cos, sin *Array, back bool)
}

// Attention has the arguments of an attention that are not differentiated.
type Attention struct {
	Mask       *Array  // nil, boolean or of q's type, with four dimensions that broadcast to (batch, heads, queries, keys)
	Keep       *Array  // nil or, for dropout, uint8 (batch, heads, queries, BitBytes(keys)): bits as BernoulliBits draws them
	KeepFactor float64 // what a weight is multiplied by where the bit is 1; it is 0 where the bit is 0
	Scale      float64
	Causal     bool
}

// Attender is implemented by devices with kernels for scaled dot-product attention of float32 or float64 that do not
// store the scores of all pairs of queries and keys. q is (batch, heads, queries, size), k (batch, kvHeads, keys,
// size), v (batch, kvHeads, keys, valueSize); consecutive heads/kvHeads heads of q share a head of k and v. The last
// dimension of all arrays but the mask is contiguous, stats and a.Keep are contiguous, and the others have any strides.
type Attender interface {
	// Attention computes dst = (softmax(scale·q·kᵀ + mask)·keep)·v, and stats (batch, heads, queries, 2), numbers from
	// which AttentionGrad computes the softmax again. A boolean mask is true where a query sees a key. With causal, query i
	// sees of these only the keys 0 to i. A query that sees no key gives 0.
	Attention(dst, stats, q, k, v *Array, a Attention)
	// AttentionGrad computes the gradients of q, k and v, given the gradient dy of the result y. It skips those whose
	// destination is nil.
	AttentionGrad(dq, dk, dv, dy, q, k, v, y, stats *Array, a Attention)
}

// CTCer is implemented by devices with kernels for connectionist temporal classification, for float32 and float64.
type CTCer interface {
	// CTC sets loss (samples,) to −log of the probability of each target, of x (steps, samples, classes). targets of
	// int64 are (samples, most), or one after the other if they have one dimension. It returns the position of the
	// first label that is no class, or −1.
	CTC(loss, x, targets *Array, inputLengths, targetLengths []int, blank int) (outside int)
	// CTCGrad sets dx to (eˣ − the share of the paths in a state of the class)·dloss; NaN for an infinite loss, and 0
	// after a sample's last step.
	CTCGrad(dx, dloss, x, targets *Array, inputLengths, targetLengths []int, blank int)
}
