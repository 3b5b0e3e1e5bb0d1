package nn

import (
	"fmt"
	"math"

	nninit "github.com/lamina-ml/lamina/nn/init"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// MultiheadAttention lets each position of a sequence, the query, read from the positions of another one, the keys and
// values, with several heads at a time:
//
//	headₕ = softmax(Qₕ·Kₕᵀ/√d)·Vₕ,  y = [head₁, head₂, …]·Wᵀ + b
//
// Q, K and V are linear functions of the inputs, d = E/heads is the size of a head. With query (L, N, E), key (S, N,
// kdim) and value (S, N, vdim) the result is (L, N, E); with BatchFirst the first two dimensions are exchanged;
// without a batch they are (L, E), (S, kdim), (S, vdim) and (L, E). (https://arxiv.org/abs/1706.03762,
// https://docs.pytorch.org/docs/stable/generated/torch.nn.MultiheadAttention.html)
type MultiheadAttention struct {
	Mode
	// (3E, E), for query, key and value; undefined if the sizes of key or value differ from E
	InProjWeight tensor.Tensor
	QProjWeight  tensor.Tensor // (E, E), in place of InProjWeight
	KProjWeight  tensor.Tensor // (E, kdim)
	VProjWeight  tensor.Tensor // (E, vdim)
	InProjBias   tensor.Tensor // (3E,); undefined if the layer has no bias
	BiasK, BiasV tensor.Tensor // (1, 1, E), a further key and value; undefined without AddBiasKV
	OutProj      *Linear

	Heads       int
	Dropout     float64 // of the weights, in training mode
	AddZeroAttn bool    // a further key and value of zeros
	BatchFirst  bool
	RNG         *rng.Torch // draws the dropout, a number for each weight
}

// MultiheadAttentionConfig holds the options of a MultiheadAttention. The zero value is PyTorch's default.
type MultiheadAttentionConfig struct {
	Dropout     float64
	NoBias      bool // neither InProjBias nor a bias of OutProj
	AddBiasKV   bool // a learned key and value is added to the sequence
	AddZeroAttn bool // a key and a value of zeros are added to the sequence
	KDim, VDim  int  // the sizes of a key and a value; 0 means that of a query
	BatchFirst  bool // the inputs are (N, L, E)
	DType       tensor.DType
}

// AttentionMask says which keys a query may not see. The zero value hides none.
type AttentionMask struct {
	// Mask is (L, S), or (N·heads, L, S). A boolean mask is true where a query must not see a key; a floating-point
	// mask is added to the scores.
	Mask tensor.Tensor
	// KeyPadding is (N, S), (S) without a batch: true, or −∞, for keys that are padding.
	KeyPadding tensor.Tensor
	// Causal hides from query i the keys after i. Unlike PyTorch's is_causal it needs no Mask.
	Causal bool
}

// NewMultiheadAttention returns a layer for queries of the given size, which heads must divide. The values are those of
// PyTorch after torch.manual_seed.
func NewMultiheadAttention(g *rng.Torch, size, heads int) *MultiheadAttention {
	return MultiheadAttentionConfig{}.New(g, size, heads)
}

// New returns a layer; see [NewMultiheadAttention]. It panics if heads does not divide size.
func (c MultiheadAttentionConfig) New(g *rng.Torch, size, heads int) *MultiheadAttention {
	const op = "multi_head_attention"
	checkGenerator(op, g)
	if size < 1 || heads < 1 || size%heads != 0 {
		fail(op, nil, fmt.Sprintf("the size %d and the number of heads %d must be positive, "+
			"and the second must divide the first", size, heads))
	}
	if c.KDim < 0 || c.VDim < 0 || !(c.Dropout >= 0 && c.Dropout <= 1) {
		fail(op, nil, fmt.Sprintf("KDim and VDim must not be negative, and Dropout must be between 0 and 1, "+
			"not %d, %d and %v", c.KDim, c.VDim, c.Dropout))
	}
	o := tensor.Options{DType: c.DType}
	param := func(dims ...int) tensor.Tensor { return o.Zeros(dims...).SetRequiresGrad(true) }
	l := &MultiheadAttention{Heads: heads, Dropout: c.Dropout, AddZeroAttn: c.AddZeroAttn, BatchFirst: c.BatchFirst,
		RNG: g}
	// PyTorch draws its bias, too, before it sets it to 0
	l.OutProj = LinearConfig{NoBias: c.NoBias, DType: c.DType}.New(g, size, size)
	if kdim, vdim := or(c.KDim, size), or(c.VDim, size); kdim == size && vdim == size {
		l.InProjWeight = param(3*size, size)
		nninit.XavierUniform(g, l.InProjWeight, 1)
	} else {
		l.QProjWeight, l.KProjWeight, l.VProjWeight = param(size, size), param(size, kdim), param(size, vdim)
		for _, w := range [...]tensor.Tensor{l.QProjWeight, l.KProjWeight, l.VProjWeight} {
			nninit.XavierUniform(g, w, 1)
		}
	}
	if !c.NoBias {
		l.InProjBias = param(3 * size)
		l.OutProj.Bias.Data().FillInPlace(0)
	}
	if c.AddBiasKV {
		l.BiasK, l.BiasV = param(1, 1, size), param(1, 1, size)
		nninit.XavierNormal(g, l.BiasK, 1)
		nninit.XavierNormal(g, l.BiasV, 1)
	}
	return l
}

func or(n, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return n
}

// Forward returns the result of attention: PyTorch's forward(…, need_weights=False). A query that sees no key gives
// OutProj's bias. It panics if shapes or types do not fit.
func (l *MultiheadAttention) Forward(query, key, value tensor.Tensor, m AttentionMask) tensor.Tensor {
	defer InLayer(l)
	in := l.project(query, key, value, m)
	y := tensor.ScaledDotProductAttention(in.q, in.k, in.v, l.config(&in))
	y = l.join(y, query)
	ReportAll(l, []tensor.Tensor{query, key, value, m.Mask, m.KeyPadding}, []tensor.Tensor{y})
	return y
}

// ForwardWeights returns the result of attention and the weights with which each query reads the keys, after dropout:
// (N, L, S), the mean of the heads, or with perHead (N, heads, L, S); without a batch they have no N. The added keys
// of BiasK and AddZeroAttn come last. All weights of a query that sees no key are 0; in PyTorch they and its result
// are NaN here. It is slower than Forward and stores all weights.
func (l *MultiheadAttention) ForwardWeights(query, key, value tensor.Tensor, m AttentionMask,
	perHead bool) (y, weights tensor.Tensor) {
	defer InLayer(l)
	in := l.project(query, key, value, m)
	dt := in.q.DType()
	weights = tensor.AttentionWeights(in.q.Widen(), in.k.Widen(), l.config(&in))
	y = l.join(weights.MatMul(in.v.Widen()).Cast(dt), query)
	if !perHead {
		weights = weights.Mean(1)
	}
	if weights = weights.Cast(dt); query.Rank() == 2 {
		weights = weights.Squeeze(0)
	}
	ReportAll(l, []tensor.Tensor{query, key, value, m.Mask, m.KeyPadding}, []tensor.Tensor{y, weights})
	return y, weights
}

// causalMask returns (L, S), true for the keys after each query. The last more keys, which were added, are seen by all.
func causalMask(scores tensor.Tensor, l, s, more int) tensor.Tensor {
	row := scores.NewOnes(l, 1).Cast(tensor.Float32).CumSum(0)
	col := scores.NewOnes(1, s-more).Cast(tensor.Float32).CumSum(1)
	if more > 0 {
		col = tensor.Cat(1, col, col.NewZeros(1, more))
	}
	return col.Greater(row)
}

// dropout returns the probability with which a weight is dropped in the layer's mode.
func (l *MultiheadAttention) dropout() float64 {
	if !l.Training() {
		return 0
	}
	return l.Dropout
}

// projected holds queries (N, heads, L, d), keys and values (N, heads, S, d), and what hides keys: a mask, true or
// added to the scores as in PyTorch's layer, and the causal order.
type projected struct {
	q, k, v, mask tensor.Tensor
	causal        bool
}

// config returns the arguments of attention. Its mask is true where a key is seen, or float32 or float64:
// AttentionWeights gets widened queries.
func (l *MultiheadAttention) config(in *projected) tensor.AttentionConfig {
	mask := in.mask
	if mask.Defined() && mask.DType() == tensor.Bool {
		mask = mask.Not()
	} else if mask.Defined() {
		mask = mask.Widen()
	}
	return tensor.AttentionConfig{Mask: mask, Causal: in.causal, Dropout: l.dropout(), Generator: l.RNG}
}

// project checks the inputs, projects them and divides them among the heads.
func (l *MultiheadAttention) project(query, key, value tensor.Tensor, m AttentionMask) (in projected) {
	l.check(query, key, value)
	e := l.OutProj.Weight.Dim(0)
	linear := func(x, w tensor.Tensor, from, n int) tensor.Tensor { // with rows from, from + 1, … of the bias
		return tensor.Linear(x, w, narrowed(l.InProjBias, x, from, n), tensor.NoActivation)
	}
	switch w := l.InProjWeight; {
	case !w.Defined():
		in.q = linear(query, l.QProjWeight, 0, e)
		in.k, in.v = linear(key, l.KProjWeight, e, e), linear(value, l.VProjWeight, 2*e, e)
	case query == key && key == value:
		y := linear(query, w, 0, 3*e)
		in.q, in.k, in.v = y.Narrow(-1, 0, e), y.Narrow(-1, e, e), y.Narrow(-1, 2*e, e)
	case key == value:
		in.q = linear(query, narrowed(w, query, 0, e), 0, e)
		y := linear(key, narrowed(w, key, e, 2*e), e, 2*e)
		in.k, in.v = y.Narrow(-1, 0, e), y.Narrow(-1, e, e)
	default:
		in.q = linear(query, narrowed(w, query, 0, e), 0, e)
		in.k, in.v = linear(key, narrowed(w, key, e, e), e, e), linear(value, narrowed(w, value, 2*e, e), 2*e, e)
	}
	in.q, in.k, in.v = l.split(in.q), l.split(in.k), l.split(in.v)
	n, s, d := in.k.Dim(0), in.k.Dim(2), in.k.Dim(3)
	if l.BiasK.Defined() {
		in.k = tensor.Cat(2, in.k, l.BiasK.InScopeOf(in.k).Reshape(1, l.Heads, 1, d).Expand(n, -1, -1, -1))
		in.v = tensor.Cat(2, in.v, l.BiasV.InScopeOf(in.v).Reshape(1, l.Heads, 1, d).Expand(n, -1, -1, -1))
	}
	if l.AddZeroAttn {
		zeros := in.k.NewZeros(n, l.Heads, 1, d)
		in.k, in.v = tensor.Cat(2, in.k, zeros), tensor.Cat(2, in.v, zeros)
	}
	in.mask = l.mask(in.q, s, in.k.Dim(2)-s, m, query.Rank() == 3)
	in.causal = m.Causal
	if added := in.k.Dim(2) - s; m.Causal && added > 0 {
		in.causal = false
		in.mask = either(in.mask, causalMask(in.q, in.q.Dim(2), in.k.Dim(2), added), in.q)
	}
	return in
}

// narrowed returns rows from, from + 1, … of a parameter in x's scope, or the zero Tensor for an absent one.
func narrowed(w, x tensor.Tensor, from, n int) tensor.Tensor {
	if !w.Defined() || n == w.Dim(0) {
		return w
	}
	return w.InScopeOf(x).Narrow(0, from, n)
}

// split returns x (L, N, E), or (N, L, E) if the batch comes first, or (L, E), as (N, heads, L, d).
func (l *MultiheadAttention) split(x tensor.Tensor) tensor.Tensor {
	d := x.Dim(-1) / l.Heads
	switch {
	case x.Rank() == 2:
		return x.Reshape(1, x.Dim(0), l.Heads, d).Transpose(1, 2)
	case l.BatchFirst:
		return x.Reshape(x.Dim(0), x.Dim(1), l.Heads, d).Transpose(1, 2)
	}
	return x.Reshape(x.Dim(0), x.Dim(1), l.Heads, d).Permute(1, 2, 0, 3)
}

// join puts the heads of y (N, heads, L, d) side by side in the form of the query, and applies OutProj. With dropout
// the result lies in memory as (L, N, E) even if the batch comes first, as PyTorch's does: a Dropout after this layer
// draws its mask in the order of memory.
func (l *MultiheadAttention) join(y, query tensor.Tensor) tensor.Tensor {
	switch e := query.Dim(-1); {
	case query.Rank() == 2:
		return l.OutProj.Forward(y.Transpose(1, 2).ReshapeTo(query.Shape()))
	case l.BatchFirst && l.dropout() == 0:
		return l.OutProj.Forward(y.Transpose(1, 2).ReshapeTo(query.Shape()))
	case l.BatchFirst:
		return l.OutProj.Forward(y.Permute(2, 0, 1, 3).Reshape(y.Dim(2), y.Dim(0), e)).Transpose(0, 1)
	}
	return l.OutProj.Forward(y.Permute(2, 0, 1, 3).ReshapeTo(query.Shape()))
}

// mask returns what hides keys, true or added to the scores, with a shape that broadcasts to (N, heads, L, S +
// added). The added keys are not hidden. It is the zero Tensor if nothing is hidden.
func (l *MultiheadAttention) mask(q tensor.Tensor, s, added int, m AttentionMask, batched bool) (mask tensor.Tensor) {
	const op = "multi_head_attention"
	n, queries := q.Dim(0), q.Dim(2)
	for i, t := range [...]tensor.Tensor{m.Mask, m.KeyPadding} {
		if !t.Defined() {
			continue
		}
		name, shape := "Mask", tensor.ShapeOf(queries, s)
		if i == 1 {
			if name, shape = "KeyPadding", tensor.ShapeOf(n, s); !batched {
				shape = tensor.ShapeOf(s)
			}
		} else if t.Rank() == 3 {
			shape = tensor.ShapeOf(n*l.Heads, queries, s)
		}
		if t.Shape() != shape || t.DType() != tensor.Bool && !t.DType().IsFloat() {
			fail(op, l, fmt.Sprintf("%s must be boolean or floating point and %v, not %s", name, shape, t.DType()),
				t.Shape())
		}
		t = t.InScopeOf(q)
		switch {
		case i == 1:
			t = t.Reshape(n, 1, 1, s)
		case t.Rank() == 3:
			t = t.Reshape(n, l.Heads, queries, s)
		default:
			t = t.Reshape(1, 1, queries, s)
		}
		if added > 0 {
			t = tensor.Cat(3, t, q.NewZeros(t.Dim(0), t.Dim(1), t.Dim(2), added).Cast(t.DType()))
		}
		mask = either(mask, t, q)
	}
	return mask
}

// either returns a mask that hides what a or b hides. a may be absent. If one of them is added to the scores, so is the
// result, in q's type.
func either(a, b, q tensor.Tensor) tensor.Tensor {
	switch {
	case !a.Defined() && b.DType() == tensor.Bool:
		return b
	case !a.Defined():
		return b.Cast(q.DType())
	case a.DType() == tensor.Bool && b.DType() == tensor.Bool:
		return a.Or(b)
	}
	return added(a, q).Add(added(b, q))
}

// added returns a mask as numbers to add to the scores.
func added(mask, q tensor.Tensor) tensor.Tensor {
	if mask.DType() == tensor.Bool {
		return mask.Cast(q.DType()).MulScalar(0).MaskedFill(mask, math.Inf(-1))
	}
	return mask.Cast(q.DType())
}

// check panics unless the inputs fit to the layer and to each other.
func (l *MultiheadAttention) check(query, key, value tensor.Tensor) {
	const op = "multi_head_attention"
	w := l.InProjWeight
	if l.OutProj == nil || !w.Defined() && !(l.QProjWeight.Defined() && l.KProjWeight.Defined() &&
		l.VProjWeight.Defined()) {
		fail(op, l, "the layer lacks weights: create the layer with its New function")
	}
	e := l.OutProj.Weight.Dim(0)
	kdim, vdim := e, e
	if !w.Defined() {
		kdim, vdim = l.KProjWeight.Dim(1), l.VProjWeight.Dim(1)
	}
	if l.Heads < 1 || e%l.Heads != 0 {
		fail(op, l, fmt.Sprintf("%d heads do not divide the size %d", l.Heads, e))
	}
	q, k, v := query.Shape(), key.Shape(), value.Shape()
	rank := q.Rank()
	if rank != 2 && rank != 3 || k.Rank() != rank || v.Rank() != rank {
		fail(op, l, "query, key and value must all be (L, N, E), or (N, L, E) with BatchFirst, or (L, E)", q, k, v)
	}
	batch := 1
	if l.BatchFirst {
		batch = 0
	}
	if q.Dim(-1) != e || k.Dim(-1) != kdim || v != k.With(-1, vdim) || rank == 3 && q.Dim(batch) != k.Dim(batch) {
		fail(op, l, fmt.Sprintf("the last dimensions must be %d, %d and %d, batches equal, and keys as many as values",
			e, kdim, vdim), q, k, v)
	}
}

// MultiplyAdds returns the number of multiply-adds of Forward, without OutProj's.
func (l *MultiheadAttention) MultiplyAdds(inputs, outputs []tensor.Shape) int {
	q, k, v := inputs[0], inputs[1], inputs[2]
	e, batch := q.Dim(-1), 1
	if q.Rank() == 3 {
		batch = q.Dim(1)
		if l.BatchFirst {
			batch = q.Dim(0)
		}
	}
	queries, keys := q.Size()/max(1, e*batch), k.Size()/max(1, k.Dim(-1)*batch)
	return e*(q.Size()+k.Size()+v.Size()) + 2*batch*queries*keys*e
}

// String returns a line such as "MultiheadAttention(embed_dim=512, num_heads=8, dropout=0.1, batch_first=True)".
func (l *MultiheadAttention) String() string {
	size := 0
	if l.OutProj != nil && l.OutProj.Weight.Defined() {
		size = l.OutProj.Weight.Dim(0)
	}
	return fmt.Sprintf("MultiheadAttention(embed_dim=%d, num_heads=%d, dropout=%v, batch_first=%s)", size, l.Heads,
		l.Dropout, boolText(l.BatchFirst))
}
