package nn

import (
	"fmt"

	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// Embedding is a lookup table of vectors, one for each index, such as the number of a word:
//
//	(…) int64  →  (…, size)
//
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.Embedding.html)
type Embedding struct {
	Weight       tensor.Tensor // (count, size)
	PaddingIndex *int          // the row that is not trained; nil means none; negative counts from the end
}

// EmbeddingConfig holds the options of an Embedding. The zero value is PyTorch's default.
type EmbeddingConfig struct {
	PaddingIndex *int // a row of zeros that is not trained; negative counts from the end
	DType        tensor.DType
}

// NewEmbedding returns a table of count vectors of the given size, drawn from g with mean 0 and variance 1. The
// values are those of PyTorch after torch.manual_seed.
func NewEmbedding(g *rng.Torch, count, size int) *Embedding {
	return EmbeddingConfig{}.New(g, count, size)
}

// New returns a table of count vectors; see [NewEmbedding].
func (c EmbeddingConfig) New(g *rng.Torch, count, size int) *Embedding {
	checkGenerator("embedding", g)
	checkSize("embedding", "count", count)
	checkSize("embedding", "size", size)
	weight := tensor.Options{DType: c.DType}.RandN(g, count, size).SetRequiresGrad(true)
	l := &Embedding{Weight: weight, PaddingIndex: c.PaddingIndex}
	if p := l.padding(); p >= 0 {
		l.Weight.Data().Select(0, p).FillInPlace(0)
	}
	return l
}

// padding returns the index of the row that is not trained, or −1.
func (l *Embedding) padding() int { return paddingRow("embedding", l, l.Weight, l.PaddingIndex) }

// paddingRow returns the number of a table's row, or −1 for nil. It panics if there is no such row.
func paddingRow(op string, layer any, table tensor.Tensor, index *int) int {
	if index == nil {
		return -1
	}
	n := table.Dim(0)
	p := *index
	if p < 0 {
		p += n
	}
	if p < 0 || p >= n {
		fail(op, layer, fmt.Sprintf("the padding index %d is out of range for %d rows", *index, n), table.Shape())
	}
	return p
}

// Forward returns the rows of the table with the indices x. It panics if x is not int64 or int32, or if an index is
// out of range.
func (l *Embedding) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	checkWeighted("embedding", l, l.Weight)
	return Report(l, x, tensor.Embedding(x, l.Weight, l.padding()))
}
