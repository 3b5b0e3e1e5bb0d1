package nn

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// BagMode says how an [EmbeddingBag] combines the vectors of a bag.
type BagMode uint8

// The modes of an EmbeddingBag.
const (
	BagMean BagMode = iota
	BagSum
	BagMax
)

// String returns PyTorch's name of the mode.
func (m BagMode) String() string {
	if m > BagMax {
		return fmt.Sprintf("BagMode(%d)", uint8(m))
	}
	return [...]string{"mean", "sum", "max"}[m]
}

// EmbeddingBag is a lookup table of vectors, of which it combines those of a bag of indices, such as the words of a
// text: by their mean, their sum or the largest element in each place. The result of an empty bag is 0.
//
//	(B, L) int64 → (B, size);  (N,) int64 with the bags' offsets → (bags, size)
//
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.EmbeddingBag.html)
type EmbeddingBag struct {
	Weight tensor.Tensor // (count, size)
	Mode   BagMode
	// the row that does not count and is not trained; nil means none; negative counts from the end
	PaddingIndex      *int
	IncludeLastOffset bool // the last offset is the end of the last bag
}

// EmbeddingBagConfig holds the options of an EmbeddingBag. The zero value is PyTorch's default.
type EmbeddingBagConfig struct {
	Mode              BagMode
	PaddingIndex      *int // a row of zeros that does not count and is not trained; negative counts from the end
	IncludeLastOffset bool // the last offset is the end of the last bag
	DType             tensor.DType
}

// NewEmbeddingBag returns a table of count vectors of the given size, drawn from g with mean 0 and variance 1. The
// values are those of PyTorch after torch.manual_seed.
func NewEmbeddingBag(g *rng.Torch, count, size int) *EmbeddingBag {
	return EmbeddingBagConfig{}.New(g, count, size)
}

// New returns a table of count vectors; see [NewEmbeddingBag].
func (c EmbeddingBagConfig) New(g *rng.Torch, count, size int) *EmbeddingBag {
	checkGenerator("embedding_bag", g)
	table := EmbeddingConfig{PaddingIndex: c.PaddingIndex, DType: c.DType}.New(g, count, size)
	return &EmbeddingBag{Weight: table.Weight, Mode: c.Mode, PaddingIndex: c.PaddingIndex,
		IncludeLastOffset: c.IncludeLastOffset}
}

// Forward returns the combination of each bag. For index (B, L) each row is a bag, and offsets is nil. For index
// (N,), bag b has the indices from offsets[b] to offsets[b+1]. With BagSum each vector may be multiplied by a weight
// of index's shape; the zero Tensor means 1. It panics if index is not int64 or int32, or if an index is out of
// range, the offsets do not begin with 0 or decrease, or the weights do not fit.
func (l *EmbeddingBag) Forward(index tensor.Tensor, offsets []int, weights tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	const op = "embedding_bag"
	checkWeighted(op, l, l.Weight)
	if l.Mode > BagMax {
		fail(op, l, l.Mode.String()+" is not a mode: use BagMean, BagSum or BagMax")
	}
	if index.DType() == tensor.Int32 {
		index = index.Cast(tensor.Int64)
	}
	shape := index.Shape()
	if index.DType() != tensor.Int64 || shape.Rank() != 1 && shape.Rank() != 2 {
		fail(op, l, "the indices must be int64 or int32 and of one or two dimensions, not "+index.DType().String(),
			shape)
	}
	if weights.Defined() && (l.Mode != BagSum || weights.Shape() != shape || weights.DType() != l.Weight.DType()) {
		fail(op, l, fmt.Sprintf("weights need the mode sum, the indices' shape and the table's type %s",
			l.Weight.DType()), weights.Shape(), shape)
	}
	b := bags{count: shape.Dim(0)}
	if shape.Rank() == 2 {
		if offsets != nil {
			fail(op, l, "indices of two dimensions have no offsets: each row is a bag", shape)
		}
		b.length = shape.Dim(1)
	} else {
		b = l.bags(index, offsets)
	}
	flat := index.Contiguous().Reshape(index.Len())
	padding := paddingRow(op, l, l.Weight, l.PaddingIndex)
	rows := tensor.Embedding(flat, l.Weight, padding) // (N, size)
	var skipped tensor.Tensor
	if padding >= 0 {
		skipped = flat.EqualScalar(float64(padding)).Unsqueeze(1)
	}
	if weights.Defined() {
		rows = rows.Mul(weights.Contiguous().Reshape(flat.Len(), 1))
	}
	y := b.combine(l.Mode, rows, skipped)
	ReportAll(l, []tensor.Tensor{index, weights}, []tensor.Tensor{y})
	return y
}

// bags says which of N rows belong to which bag.
type bags struct {
	count, length int           // the number of bags, and the length of all or of the longest one
	of            tensor.Tensor // (N,) int64, the bag of each row; undefined if all bags have one length
	first         tensor.Tensor // (count,) int64, the first row of each bag
}

// bags returns the bags of indices with offsets.
func (l *EmbeddingBag) bags(index tensor.Tensor, offsets []int) (b bags) {
	const op = "embedding_bag"
	n := index.Len()
	if len(offsets) == 0 || offsets[0] != 0 {
		fail(op, l, "indices of one dimension need offsets, the first of which is 0", index.Shape())
	}
	if l.IncludeLastOffset {
		if last := offsets[len(offsets)-1]; last != n {
			fail(op, l, fmt.Sprintf("the last offset %d is not the number of indices", last), index.Shape())
		}
		if offsets = offsets[:len(offsets)-1]; len(offsets) == 0 {
			fail(op, l, "at least one bag is needed: IncludeLastOffset needs two offsets", index.Shape())
		}
	}
	b.count = len(offsets)
	for i, from := range offsets {
		end := n
		if i+1 < len(offsets) {
			end = offsets[i+1]
		}
		if from > end || end > n {
			fail(op, l, fmt.Sprintf("bag %d reaches from %d to %d of %d indices", i, from, end, n), index.Shape())
		}
		b.length = max(b.length, end-from)
	}
	b.first = tensor.NewFrom(index, offsets)
	starts := index.NewZeros(n+1).ScatterAdd(0, b.first, b.first.OnesLike()) // how many bags begin at each row
	b.of = starts.CumSum(0).Narrow(0, 0, n).AddScalar(-1)
	return b
}

// sum returns the sum of each bag's rows (N, size).
func (b bags) sum(rows tensor.Tensor) tensor.Tensor {
	if b.of.Defined() {
		return rows.NewZeros(b.count, rows.Dim(1)).IndexAdd(0, b.of, rows)
	}
	return rows.Reshape(b.count, b.length, rows.Dim(1)).Sum(1)
}

// combine returns the combination of each bag's rows (N, size) without those that are skipped, (N, 1).
func (b bags) combine(mode BagMode, rows, skipped tensor.Tensor) tensor.Tensor {
	if mode == BagSum {
		if skipped.Defined() {
			rows = rows.MaskedFill(skipped, 0)
		}
		return b.sum(rows)
	}
	ones := rows.Detach().NewOnes(rows.Dim(0), 1)
	if skipped.Defined() {
		ones = ones.MaskedFill(skipped, 0)
	}
	counts := b.sum(ones)
	if mode == BagMean {
		return b.combine(BagSum, rows, skipped).Div(counts.Clamp(1, math.Inf(1)))
	}
	if b.count == 0 || b.length == 0 {
		return b.sum(rows) // zeros, with a gradient of 0
	}
	if skipped.Defined() {
		rows = rows.MaskedFill(skipped, math.Inf(-1))
	}
	size := rows.Dim(1)
	if b.of.Defined() { // as bags of one length
		row := b.of.OnesLike().CumSum(0).AddScalar(-1)
		place := b.of.MulScalar(float64(b.length)).Add(row.Sub(b.first.IndexSelect(0, b.of)))
		rows = rows.NewFull(math.Inf(-1), b.count*b.length, size).Scatter(0,
			place.Unsqueeze(1).Expand(rows.Dim(0), size), rows)
	}
	rows = rows.Reshape(b.count, b.length, size)
	best := rows.Detach().ArgMax(1).Unsqueeze(1) // the first of equal elements gets the gradient
	return rows.Gather(1, best).Squeeze(1).MaskedFill(counts.EqualScalar(0), 0)
}

// String returns PyTorch's text, such as "EmbeddingBag(10, 3, mode='sum')".
func (l *EmbeddingBag) String() string {
	if !l.Weight.Defined() {
		return "EmbeddingBag()"
	}
	s := fmt.Sprintf("EmbeddingBag(%d, %d, mode='%v'", l.Weight.Dim(0), l.Weight.Dim(1), l.Mode)
	if l.PaddingIndex != nil {
		s += fmt.Sprintf(", padding_idx=%d", paddingRow("embedding_bag", l, l.Weight, l.PaddingIndex))
	}
	return s + ")"
}
