package nn

import (
	"fmt"

	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// BagMode says how an [EmbeddingBag] combines the vectors of a bag.
type BagMode = tensor.BagMode

// The modes of an EmbeddingBag.
const (
	BagMean = tensor.BagMean
	BagSum  = tensor.BagSum
	BagMax  = tensor.BagMax
)

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
	checkSize("embedding_bag", "count", count)
	checkSize("embedding_bag", "size", size)
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
	checkWeighted("embedding_bag", l, l.Weight)
	y := tensor.EmbeddingBag(index, l.Weight, offsets, tensor.EmbeddingBagConfig{Mode: l.Mode, Weights: weights,
		PaddingIndex: l.PaddingIndex, IncludeLastOffset: l.IncludeLastOffset})
	ReportAll(l, []tensor.Tensor{index, weights}, []tensor.Tensor{y})
	return y
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
