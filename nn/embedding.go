package nn

import (
	"fmt"

	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// Embedding is a table of vectors, one for each word, class or other number that it is asked for:
//
//	(…) int64  →  (…, size)
//
// as https://docs.pytorch.org/docs/stable/generated/torch.nn.Embedding.html has it.
type Embedding struct {
	Weight       tensor.Tensor // (count, size)
	PaddingIndex *int          // the row that is never trained, nil for none; negative counts from the end
}

// EmbeddingConfig says how an Embedding differs from PyTorch's default, which is the zero value.
type EmbeddingConfig struct {
	PaddingIndex *int // a row of zeros that is never trained; negative counts from the end
	DType        tensor.DType
}

// NewEmbedding returns a table of count vectors of the given size, drawn from g with mean 0 and variance 1, as after
// torch.manual_seed PyTorch draws them.
func NewEmbedding(g *rng.Torch, count, size int) *Embedding {
	return EmbeddingConfig{}.New(g, count, size)
}

// New returns a table of count vectors; see [NewEmbedding].
func (c EmbeddingConfig) New(g *rng.Torch, count, size int) *Embedding {
	checkGenerator("embedding", g)
	l := &Embedding{Weight: tensor.Options{DType: c.DType}.RandN(g, count, size).SetRequiresGrad(true), PaddingIndex: c.PaddingIndex}
	if p := l.padding(); p >= 0 {
		l.Weight.Data().Select(0, p).FillInPlace(0)
	}
	return l
}

// padding returns the number of the row that is never trained, −1 for none.
func (l *Embedding) padding() int {
	if l.PaddingIndex == nil {
		return -1
	}
	n := l.Weight.Dim(0)
	p := *l.PaddingIndex
	if p < 0 {
		p += n
	}
	if p < 0 || p >= n {
		fail("embedding", l, fmt.Sprintf("the padding index %d is none of %d rows", *l.PaddingIndex, n), l.Weight.Shape())
	}
	return p
}

// Forward returns the rows of the table that x names. It panics where x is not int64 or int32, or names a row that does not exist.
func (l *Embedding) Forward(x tensor.Tensor) tensor.Tensor {
	defer inLayer(l)
	checkWeighted("embedding", l, l.Weight)
	return Report(l, x, tensor.Embedding(x, l.Weight, l.padding()))
}
