package tensor

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/rng"
)

// AttentionConfig has the optional arguments of ScaledDotProductAttention and AttentionWeights. The zero value is
// PyTorch's default. With a Mask with a gradient ScaledDotProductAttention computes by several operations and stores all
// L×S weights; otherwise one kernel computes it without storing them. Dropout stores one bit for each weight.
type AttentionConfig struct {
	// Mask broadcasts to (…, Hq, L, S). A boolean mask is true where a query may see a key; a floating-point mask, of
	// query's type or float32, is added to the scores. The zero Tensor means none. A gradient flows to a
	// floating-point mask.
	Mask Tensor
	// Causal lets query i see the keys 0 to i only, and of them those that Mask allows. (PyTorch refuses both
	// together.)
	Causal bool
	// Dropout is the probability with which a weight is set to 0; the others are multiplied by 1/(1−Dropout). There
	// is no evaluation mode: leave it 0 there.
	Dropout float64
	// Generator draws the dropout, a number for each weight (…, Hq, L, S).
	Generator *rng.Torch
	// Scale multiplies the scores; 0 means 1/√E.
	Scale float64
	// GroupedQueries lets consecutive query heads share a head of keys and values: the number of key heads divides
	// that of query heads (enable_gqa).
	GroupedQueries bool
}

// ScaledDotProductAttention returns for each query the mean of the values, weighted by the softmax of its products
// with the keys:
//
//	softmax(scale·query·keyᵀ + mask)·value
//
//	query (…, Hq, L, E), key (…, H, S, E), value (…, H, S, Ev) → (…, Hq, L, Ev)
//
// L and S are the lengths of the two sequences, E and Ev the sizes of a query and of a value. All dimensions before L
// broadcast; the heads Hq and H may be left out. A key that a query does not see, because of a mask or Causal, has
// weight 0, even if its score is NaN (PyTorch's mask leaves NaN). A query that sees no key gives 0, as in PyTorch,
// and so does one whose scores are all −∞. 16-bit floats are computed in float32. It panics if shapes, types or
// devices do not fit.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.scaled_dot_product_attention.html,
// https://arxiv.org/abs/1706.03762)
func ScaledDotProductAttention(query, key, value Tensor, c AttentionConfig) Tensor {
	const op = "scaled_dot_product_attention"
	q, k, v, mask, shape := attentionInputs(op, query, key, value, &c)
	dt := query.DType()
	o := newAttention(&c, q)
	q, k, v, mask = q.Widen(), k.Widen(), v.Widen(), widenMask(mask, dt)
	if _, ok := q.h.store.dev.(device.Attender); !ok || mask.needs() {
		return o.compose(q, k, v, mask, o.dropout(op, q, k, &c)).Cast(dt).reshape(shape)
	}
	var y [1]Tensor
	ApplyN(o, y[:], q.contiguousRows(), k.contiguousRows(), v.contiguousRows(), mask, o.dropoutBits(op, q, k, &c))
	return y[0].Cast(dt).reshape(shape)
}

// AttentionWeights returns the weights with which ScaledDotProductAttention reads the values, after dropout:
//
//	softmax(scale·query·keyᵀ + mask)
//
//	query (…, Hq, L, E), key (…, H, S, E) → (…, Hq, L, S)
//
// Each query's weights add up to 1 without dropout; those of a query that sees no key are 0. 16-bit floats are
// computed in float32. It draws the same dropout from the same generator. It panics if shapes, types or devices do
// not fit.
func AttentionWeights(query, key Tensor, c AttentionConfig) Tensor {
	const op = "AttentionWeights"
	q, k, _, mask, shape := attentionInputs(op, query, key, key, &c)
	dt := query.DType()
	o := newAttention(&c, q)
	q, k, mask = q.Widen(), k.Widen(), widenMask(mask, dt)
	return o.weights(q, k, mask, o.dropout(op, q, k, &c)).Cast(dt).reshape(shape.With(-1, k.Dim(2)))
}

// newAttention returns the operation for c's settings and queries q.
func newAttention(c *AttentionConfig, q Tensor) attention {
	o := attention{causal: c.Causal, scale: c.Scale, keepFactor: keepFactor(c.Dropout, q.DType())}
	if c.Scale == 0 {
		o.scale = 1 / math.Sqrt(float64(max(1, q.Dim(3))))
	}
	return o
}

// widenMask returns a mask that is added to the scores in the type in which attention of dt is computed.
func widenMask(mask Tensor, dt DType) Tensor {
	switch {
	case !mask.Defined() || mask.DType() == Bool:
		return mask
	case dt == Float64:
		return mask.Cast(Float64)
	}
	return mask.Widen()
}

// attentionInputs checks the arguments. It returns query, key and value with four dimensions, (batch, heads, length,
// size), where the heads of key and value are one number that divides that of query, the mask with four dimensions
// that broadcast to (batch, Hq, L, S), and the result's shape.
func attentionInputs(op string, query, key, value Tensor, c *AttentionConfig) (q, k, v, mask Tensor, shape Shape) {
	sq, sk, sv := query.Shape(), key.Shape(), value.Shape()
	if sq.rank < 2 || sk.rank < 2 || sv.rank < 2 {
		fail(op, "the inputs must have at least two dimensions", sq, sk, sv)
	}
	dt := query.DType()
	if !dt.IsFloat() || key.DType() != dt || value.DType() != dt {
		fail(op, fmt.Sprintf("the inputs must have one floating-point type, not %s, %s and %s", dt, key.DType(),
			value.DType()), sq, sk, sv)
	}
	if sq.Dim(-1) != sk.Dim(-1) {
		fail(op, "query and key differ in the last dimension", sq, sk, sv)
	}
	if sk.Dim(-2) != sv.Dim(-2) {
		fail(op, "key and value must have one length, the dimension before the last", sq, sk, sv)
	}
	if !(c.Dropout >= 0 && c.Dropout <= 1) {
		fail(op, fmt.Sprintf("the dropout probability must be between 0 and 1, not %v", c.Dropout), sq)
	}
	commonScope(op, query, key, value, c.Mask)
	hq, hk, hv := headsOf(sq), headsOf(sk), headsOf(sv)
	if c.GroupedQueries {
		if min(sq.rank, sk.rank, sv.rank) < 3 {
			fail(op, "grouped queries need a dimension of heads before the length", sq, sk, sv)
		}
		if hq != 0 && (hk == 0 || hv == 0 || hq%hk != 0 || hq%hv != 0) {
			fail(op, "the heads of key and value, the third dimension from the end, must divide those of query", sq,
				sk, sv)
		}
	} else if hq == 1 {
		hq = max(hk, hv)
	}
	heads := hq
	if hk == 1 && hv == 1 || c.GroupedQueries && hk == hv {
		heads = hk // shared; the kernel reads them in place
	} else if c.GroupedQueries {
		key, value = key.RepeatInterleave(hq/hk, sk.rank-3), value.RepeatInterleave(hq/hv, sv.rank-3)
	}
	batch := broadcast(op, broadcast(op, batchOf(sq), batchOf(sk)), batchOf(sv))
	rank := max(sq.rank, sk.rank, sv.rank)
	q, k, v = query.toHeads(op, batch, hq), key.toHeads(op, batch, heads), value.toHeads(op, batch, heads)
	shape = attentionShape(rank, batch, hq, q.Dim(2), v.Dim(3))
	if c.Mask.Defined() {
		mask = attentionMask(op, c.Mask.InScopeOf(query), attentionShape(rank, batch, hq, q.Dim(2), k.Dim(2)), dt)
	}
	return q, k, v, mask, shape
}

// headsOf returns the third dimension from the end, 1 if there is none.
func headsOf(s Shape) int {
	if s.rank < 3 {
		return 1
	}
	return s.Dim(-3)
}

// batchOf returns the dimensions before the last three.
func batchOf(s Shape) Shape {
	out := Shape{rank: max(0, s.rank-3)}
	copy(out.dims[:out.rank], s.dims[:out.rank])
	return out
}

// attentionShape returns the shape (batch…, heads, m, n), without the heads if rank is 2.
func attentionShape(rank int, batch Shape, heads, m, n int) Shape {
	s := batch
	if rank > 2 {
		s.dims[s.rank] = heads
		s.rank++
	}
	s.dims[s.rank], s.dims[s.rank+1] = m, n
	s.rank += 2
	return s
}

// toHeads returns x (…, heads, m, n), expanded to the batch and the number of heads, as (batch, heads, m, n).
func (x Tensor) toHeads(op string, batch Shape, heads int) Tensor {
	s := x.Shape()
	if h := headsOf(s); h != heads && h != 1 {
		fail(op, fmt.Sprintf("%d heads do not broadcast to %d; GroupedQueries lets query heads share them", h, heads),
			s)
	}
	x = x.expand(attentionShape(3, batch, heads, s.Dim(-2), s.Dim(-1)))
	return x.reshape(ShapeOf(batch.Size(), heads, s.Dim(-2), s.Dim(-1)))
}

// attentionMask checks the mask for scores of a shape, and returns it with four dimensions.
func attentionMask(op string, mask Tensor, scores Shape, dt DType) Tensor {
	if d := mask.DType(); d != Bool && d != Float32 && d != dt {
		fail(op, fmt.Sprintf("the mask must be boolean, float32 or %s, not %s", dt, d), mask.Shape())
	}
	if s := mask.Shape(); s.rank > scores.rank || broadcast(op, s, scores) != scores {
		fail(op, "the mask does not broadcast to the scores", s, scores)
	}
	if scores.rank > 4 {
		mask = mask.expand(scores)
		return mask.reshape(ShapeOf(batchOf(scores).Size(), scores.Dim(-3), scores.Dim(-2), scores.Dim(-1)))
	}
	s := Shape{rank: 4, dims: [MaxRank]int{1, 1, 1, 1}}
	copy(s.dims[4-mask.h.Rank:], mask.h.Dims[:mask.h.Rank])
	return mask.reshape(s)
}

// contiguousRows returns x, or a contiguous copy if its last dimension has a stride.
func (x Tensor) contiguousRows() Tensor {
	if d := x.h.Rank - 1; x.h.Strides[d] == 1 || x.h.Dims[d] < 2 {
		return x
	}
	return x.Contiguous()
}

// attention computes (softmax(scale·q·kᵀ + mask)·keep)·v for q (B, Hq, L, E), k (B, H, S, E) and v (B, H, S, Ev). keep,
// the dropout's factors, is given as bits (B, Hq, L, bytes).
type attention struct {
	causal     bool
	scale      float64
	keepFactor float64 // where a bit of keep is 1
	stats      Tensor  // (B, Hq, L, 2): two numbers of each query from which Backward computes the weights again
}

func (*attention) Optional(i int) bool { return i >= 3 }

func (o *attention) kernel(mask, keep Tensor) device.Attention {
	return device.Attention{Mask: mask.array(), Keep: keep.array(), KeepFactor: o.keepFactor, Scale: o.scale, Causal: o.causal}
}

// Forward gives y the order (B, L, Hq, Ev) in memory, so that joining the heads needs no copy, but with dropout the order
// (B, Hq, L, Ev). Both are PyTorch's, whose next dropout draws in the order of memory.
func (o *attention) Forward(s *Scope, xs, ys []Tensor) {
	q, k, v, mask, keep := xs[0], xs[1], xs[2], xs[3], xs[4]
	y := s.NewEmpty(q, q.DType(), ShapeOf(q.Dim(0), q.Dim(1), q.Dim(2), v.Dim(3)))
	if !keep.Defined() {
		y = s.newRowMajorHeads(q, v.Dim(3))
	}
	o.stats = s.Save(s.NewEmpty(q, q.DType(), ShapeOf(q.Dim(0), q.Dim(1), q.Dim(2), 2)))
	q.h.store.dev.(device.Attender).Attention(y.array(), o.stats.array(), q.array(), k.array(), v.array(),
		o.kernel(mask, keep))
	ys[0] = y
}

// Backward returns, with the weights P = softmax(scale·q·kᵀ + mask) and dS = P·(keep·(dy·vᵀ) − Σ dy·y) by elements,
//
//	dq = scale·dS·k, dk = scale·dSᵀ·q, dv = (P·keep)ᵀ·dy
func (o *attention) Backward(xs, ys, dys, dxs []Tensor) {
	q, k, v, dy := xs[0], xs[1], xs[2], dys[0].contiguousRows()
	for i, x := range xs[:3] {
		if x.NeedsGrad() {
			dxs[i] = x.newGradOfHeads()
		}
	}
	q.h.store.dev.(device.Attender).AttentionGrad(dxs[0].array(), dxs[1].array(), dxs[2].array(), dy.array(),
		q.array(), k.array(), v.array(), ys[0].array(), o.stats.array(), o.kernel(xs[3], xs[4]))
}

// Composite computes the same by ops.
func (o *attention) Composite(xs, ys []Tensor) {
	var keep Tensor
	if xs[4].Defined() {
		keep = o.factors(xs[4], xs[0].DType(), xs[1].Dim(2))
	}
	ys[0] = o.compose(xs[0], xs[1], xs[2], xs[3], keep)
}

// newRowMajorHeads returns a new tensor (B, H, L, n), for q (B, H, L, …), that is (B, L, H, n) in memory.
func (s *Scope) newRowMajorHeads(q Tensor, n int) Tensor {
	return s.NewEmpty(q, q.DType(), ShapeOf(q.Dim(0), q.Dim(2), q.Dim(1), n)).Transpose(1, 2)
}

// newGradOfHeads is NewGrad for x (B, H, L, n). If x is (B, L, H, n) in memory, so is its gradient, unless that is a
// leaf's Grad.
func (x Tensor) newGradOfHeads() Tensor {
	if h := x.geometry(); h.gradLeaf == nil && h.Strides[1] < h.Strides[2] {
		return h.scope.newRowMajorHeads(x, x.Dim(3))
	}
	return x.NewGrad()
}

// dropout returns a factor for each weight, 0 or 1/(1 − p), or the zero Tensor for p = 0.
func (o *attention) dropout(op string, q, k Tensor, c *AttentionConfig) Tensor {
	if c.Dropout == 0 {
		return Tensor{}
	}
	weights := q.Scope().alloc(q.h.store.dev, q.DType(), ShapeOf(q.Dim(0), q.Dim(1), q.Dim(2), k.Dim(2)))
	if c.Dropout == 1 { // PyTorch draws no numbers here
		return weights.ZerosLike()
	}
	checkGenerator(op, c.Generator)
	keep := weights.BernoulliLike(c.Generator, 1-c.Dropout)
	keep.MulScalarInPlace(o.keepFactor)
	return keep
}

// dropoutBits returns the dropout as one bit for each weight, from the same numbers, or the zero Tensor for p = 0.
func (o *attention) dropoutBits(op string, q, k Tensor, c *AttentionConfig) Tensor {
	if c.Dropout == 0 {
		return Tensor{}
	}
	keys := k.Dim(2)
	shape := ShapeOf(q.Dim(0), q.Dim(1), q.Dim(2), device.BitBytes(keys))
	options := Options{DType: Uint8, Device: q.Device()}
	if c.Dropout == 1 { // PyTorch draws no numbers here
		return q.Scope().alloc(q.h.store.dev, Uint8, shape).ZerosLike()
	}
	checkGenerator(op, c.Generator)
	return q.Scope().draw(options, shape, c.Generator, device.Draw{Distribution: device.BernoulliBits, DType: device.Uint8,
		A: 1 - c.Dropout, Columns: keys})
}

// factors returns the dropout's factors for each weight (B, Hq, L, keys), given as bits.
func (o *attention) factors(bits Tensor, dt DType, keys int) Tensor {
	bytes := bits.Cast(dt)
	powers := NewFrom(bytes, []float32{1, 2, 4, 8, 16, 32, 64, 128})
	above := bytes.Unsqueeze(-1).Div(powers).Floor()
	ones := above.Sub(above.MulScalar(0.5).Floor().MulScalar(2)) // the last bit
	return ones.Flatten(3).Narrow(3, 0, keys).MulScalar(o.keepFactor)
}

// keepFactor returns what a dropout with probability p multiplies the weights of a type by that it keeps.
func keepFactor(p float64, dt DType) float64 {
	switch {
	case p == 1:
		return 0
	case dt == Float64:
		return 1 / (1 - p)
	}
	return float64(1 / float32(1-p))
}

// compose computes it by ops. mask and keep are optional.
func (o *attention) compose(q, k, v, mask, keep Tensor) Tensor {
	batch, hq, l, heads := q.Dim(0), q.Dim(1), q.Dim(2), k.Dim(1)
	weights := o.weights(q, k, mask, keep)
	if groups := hq / max(1, heads); groups != 1 {
		weights, v = weights.reshape(ShapeOf(batch, heads, groups, l, k.Dim(2))), v.Unsqueeze(2)
	}
	return weights.MatMul(v).reshape(ShapeOf(batch, hq, l, v.Dim(-1)))
}

// weights computes the weights (B, Hq, L, S) by ops. mask and keep are optional.
func (o *attention) weights(q, k, mask, keep Tensor) Tensor {
	batch, hq, l, heads := q.Dim(0), q.Dim(1), q.Dim(2), k.Dim(1)
	if groups := hq / max(1, heads); groups != 1 { // (B, H, groups, L, E): matmul broadcasts k over the groups
		q, k = q.reshape(ShapeOf(batch, heads, groups, l, q.Dim(3))), k.Unsqueeze(2)
	}
	scores := q.MulScalar(o.scale).MatMul(k.T()).reshape(ShapeOf(batch, hq, l, k.Dim(-2)))
	if mask.Defined() && mask.DType() == Bool {
		scores = scores.MaskedFill(mask.Not(), math.Inf(-1))
	} else if mask.Defined() {
		// also where the score is NaN
		scores = scores.Add(mask).MaskedFill(mask.Detach().EqualScalar(math.Inf(-1)), math.Inf(-1))
	}
	if o.causal {
		rows, cols := scores.rowAndColumnNumbers()
		scores = scores.MaskedFill(cols.Greater(rows), math.Inf(-1))
	}
	unseen := scores.rowMax().EqualScalar(math.Inf(-1)) // queries that see no key
	weights := scores.MaskedFill(unseen, 0).Softmax(-1).MaskedFill(unseen, 0)
	if keep.Defined() {
		weights = weights.Mul(keep)
	}
	return weights
}
