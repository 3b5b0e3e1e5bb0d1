package tensor

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/internal/device"
)

// BagMode says how [EmbeddingBag] combines the vectors of a bag.
type BagMode uint8

// The modes of an EmbeddingBag.
const (
	BagMean = BagMode(device.BagMean)
	BagSum  = BagMode(device.BagSum)
	BagMax  = BagMode(device.BagMax)
)

// String returns PyTorch's name of the mode.
func (m BagMode) String() string {
	if m > BagMax {
		return fmt.Sprintf("BagMode(%d)", uint8(m))
	}
	return [...]string{"mean", "sum", "max"}[m]
}

// EmbeddingBagConfig has the optional arguments of EmbeddingBag. The zero value is PyTorch's default.
type EmbeddingBagConfig struct {
	Mode BagMode
	// Weights multiply the vectors before BagSum adds them (per_sample_weights). They have the indices' shape and the
	// table's type. The zero Tensor means 1.
	Weights Tensor
	// PaddingIndex is the row that does not count and gets no gradient. nil means none; a negative one counts from the end.
	PaddingIndex *int
	// IncludeLastOffset says that the last offset is the end of the last bag, and not the beginning of another one.
	IncludeLastOffset bool
}

// EmbeddingBag returns for each bag of indices the mean, the sum or the largest elements of the rows of w with these
// indices. It does not store the rows.
//
//	index (B, L), offsets nil, w (count, size) → (B, size):     each row of index is a bag
//	index (N,), bags offsets, w (count, size) → (bags, size):   bag b has the indices from offsets[b] to offsets[b+1]
//
// The indices are int64 or int32. The result of a bag without indices is 0. The gradient of a largest element goes to
// the first of equal ones. 16-bit floats are computed in float32 and rounded once. It panics if an index is out of
// range, if the offsets do not begin with 0 or decrease, or if shapes or types do not fit.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.embedding_bag.html)
func EmbeddingBag(index, w Tensor, offsets []int, c EmbeddingBagConfig) Tensor {
	const op = "embedding_bag"
	if c.Mode > BagMax {
		fail(op, c.Mode.String()+" is not a mode: use BagMean, BagSum or BagMax")
	}
	if w.Rank() != 2 || !w.DType().IsFloat() {
		fail(op, "the weight must be a floating-point matrix, not "+w.DType().String(), w.Shape())
	}
	if index.DType() == Int32 {
		index = index.Cast(Int64)
	}
	shape := index.Shape()
	if index.DType() != Int64 || shape.rank != 1 && shape.rank != 2 {
		fail(op, "the indices must be int64 or int32 and of one or two dimensions, not "+index.DType().String(), shape)
	}
	if c.Weights.Defined() && (c.Mode != BagSum || c.Weights.Shape() != shape || c.Weights.DType() != w.DType()) {
		fail(op, fmt.Sprintf("weights need the mode sum, the indices' shape and the table's type %s", w.DType()),
			c.Weights.Shape(), shape)
	}
	o := embeddingBag{mode: c.Mode, bags: shape.dims[0], padding: c.paddingRow(op, w), weighted: c.Weights.Defined()}
	var starts, weights Tensor
	switch {
	case shape.rank == 2 && offsets != nil:
		fail(op, "indices of two dimensions have no offsets: each row is a bag", shape)
	case shape.rank == 2:
		o.length = shape.dims[1]
	default:
		offsets, o.length = c.bags(op, offsets, shape)
		o.bags, starts = len(offsets), NewFrom(index, offsets)
	}
	rows := w.Dim(0)
	checkRange(index, device.Check{Op: op, Hi: float64(rows - 1),
		Format: "index %d at element %d is outside the %[3]d rows", Args: [2]int{rows},
		Shapes: [2]device.Shape{shape.deviceShape(), w.Shape().deviceShape()}})
	index = index.Contiguous().Reshape(shape.Size())
	if o.weighted {
		weights = c.Weights.Contiguous().Reshape(shape.Size())
	}
	var y [1]Tensor
	if _, ok := w.h.store.dev.(device.Bagger); ok && rows <= math.MaxInt32 {
		ApplyN(o, y[:], w.Contiguous(), index, starts, weights)
	} else {
		y[0] = o.compose(w, index, starts, weights)
	}
	return y[0]
}

// paddingRow returns the number of the row that does not count, or −1.
func (c *EmbeddingBagConfig) paddingRow(op string, w Tensor) int {
	if c.PaddingIndex == nil {
		return -1
	}
	n, p := w.Dim(0), *c.PaddingIndex
	if p < 0 {
		p += n
	}
	if p < 0 || p >= n {
		fail(op, fmt.Sprintf("the padding index %d is out of range for %d rows", *c.PaddingIndex, n), w.Shape())
	}
	return p
}

// bags checks the offsets for indices of a shape (N,). It returns the first index of each bag, and the length of the
// longest one.
func (c *EmbeddingBagConfig) bags(op string, offsets []int, shape Shape) (starts []int, length int) {
	n := shape.dims[0]
	if len(offsets) == 0 || offsets[0] != 0 {
		fail(op, "indices of one dimension need offsets, the first of which is 0", shape)
	}
	if c.IncludeLastOffset {
		if last := offsets[len(offsets)-1]; last != n {
			fail(op, fmt.Sprintf("the last offset %d is not the number of indices", last), shape)
		}
		if offsets = offsets[:len(offsets)-1]; len(offsets) == 0 {
			fail(op, "at least one bag is needed: IncludeLastOffset needs two offsets", shape)
		}
	}
	for i, from := range offsets {
		end := n
		if i+1 < len(offsets) {
			end = offsets[i+1]
		}
		if from > end || end > n {
			fail(op, fmt.Sprintf("bag %d reaches from %d to %d of %d indices", i, from, end, n), shape)
		}
		length = max(length, end-from)
	}
	return offsets, length
}

// embeddingBag combines rows of w (count, size), given index (N,), starts (bags,) of int64 and weights (N,).
// Without starts all bags have one length.
type embeddingBag struct {
	mode          BagMode
	bags, padding int
	length        int // of the longest bag
	weighted      bool
	chosen        Tensor // (bags, size) int32: for BagMax the row of each element, −1 for none
}

func (*embeddingBag) Optional(i int) bool { return i >= 2 }

// Saves has the table if the gradients depend on its elements: those of weights, and those of the largest elements.
func (o *embeddingBag) Saves() Saved {
	if o.weighted || o.mode == BagMax {
		return SaveInputs
	}
	return SaveInputs &^ SaveInput(0)
}

func (o *embeddingBag) kernel() device.Bags {
	return device.Bags{Mode: device.BagMode(o.mode), Length: o.length, Padding: o.padding}
}

func (o *embeddingBag) Forward(s *Scope, xs, ys []Tensor) {
	w, index, starts, weights := xs[0], xs[1], xs[2], xs[3]
	ys[0] = s.NewEmpty(w, w.DType(), ShapeOf(o.bags, w.Dim(1)))
	if o.mode == BagMax {
		o.chosen = s.Save(s.NewEmpty(w, Int32, ys[0].Shape()))
	}
	w.h.store.dev.(device.Bagger).EmbedBag(ys[0].array(), o.chosen.array(), w.array(), index.array(), starts.array(),
		weights.array(), o.kernel())
}

// Backward adds to row index[i] of dw the gradient dy of i's bag: times the weight of i, divided by the number of the
// bag's indices, or in the places in which that row is the largest. The gradient of a weight is Σ dy·w[index[i]].
func (o *embeddingBag) Backward(xs, ys, dys, dxs []Tensor) {
	w, index, starts, weights, dy := xs[0], xs[1], xs[2], xs[3], dys[0].Contiguous()
	dev := dy.h.store.dev.(device.Bagger)
	if w.NeedsGrad() {
		dxs[0] = w.NewGrad()
		dev.EmbedBagGrad(dxs[0].array(), dy.array(), o.chosen.array(), index.array(), starts.array(), weights.array(),
			o.kernel())
	}
	if o.weighted && weights.NeedsGrad() {
		dxs[3] = weights.NewGrad()
		dev.EmbedBagWeightsGrad(dxs[3].array(), dy.array(), w.array(), index.array(), starts.array(), o.kernel())
	}
}

// Composite computes the same by ops.
func (o *embeddingBag) Composite(xs, ys []Tensor) { ys[0] = o.compose(xs[0], xs[1], xs[2], xs[3]) }

// compose computes it by ops, which store all N rows.
func (o *embeddingBag) compose(w, index, starts, weights Tensor) Tensor {
	rows := w.IndexSelect(0, index) // (N, size)
	ones := rows.Detach().NewOnes(index.Len(), 1)
	if o.padding >= 0 {
		ones = ones.MaskedFill(index.EqualScalar(float64(o.padding)).Unsqueeze(1), 0)
	}
	if weights.Defined() {
		rows = rows.Mul(weights.Reshape(index.Len(), 1))
	}
	skipped := ones.EqualScalar(0)
	switch counts := o.sum(ones, starts); {
	case o.mode == BagSum:
		return o.sum(rows.MaskedFill(skipped, 0), starts)
	case o.mode == BagMean:
		return o.sum(rows.MaskedFill(skipped, 0), starts).Div(counts.Clamp(1, math.Inf(1)))
	case o.bags == 0 || o.length == 0:
		return o.sum(rows, starts) // zeros, with a gradient of 0
	default:
		return o.largest(rows.MaskedFill(skipped, math.Inf(-1)), starts).MaskedFill(counts.EqualScalar(0), 0)
	}
}

// sum returns the sum of each bag's rows (N, n).
func (o *embeddingBag) sum(rows, starts Tensor) Tensor {
	if starts.Defined() {
		return rows.NewZeros(o.bags, rows.Dim(1)).IndexAdd(0, bagOfEach(starts, rows.Dim(0)), rows)
	}
	return rows.Reshape(o.bags, o.length, rows.Dim(1)).Sum(1)
}

// largest returns the largest elements of each bag's rows (N, size).
func (o *embeddingBag) largest(rows, starts Tensor) Tensor {
	n, size := rows.Dim(0), rows.Dim(1)
	if starts.Defined() { // as bags of one length
		bag := bagOfEach(starts, n)
		row := bag.OnesLike().CumSum(0).AddScalar(-1)
		place := bag.MulScalar(float64(o.length)).Add(row.Sub(starts.IndexSelect(0, bag)))
		rows = rows.NewFull(math.Inf(-1), o.bags*o.length, size).Scatter(0, place.Unsqueeze(1).Expand(n, size), rows)
	}
	rows = rows.Reshape(o.bags, o.length, size)
	best := rows.Detach().ArgMax(1).Unsqueeze(1) // the first of equal elements gets the gradient
	return rows.Gather(1, best).Squeeze(1)
}

// bagOfEach returns the bag (n,) of each of n rows, given the first row of each bag.
func bagOfEach(starts Tensor, n int) Tensor {
	begun := starts.NewZeros(n+1).ScatterAdd(0, starts, starts.OnesLike()) // how many bags begin at each row
	return begun.CumSum(0).Narrow(0, 0, n).AddScalar(-1)
}
