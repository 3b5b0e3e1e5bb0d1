package nn

import (
	"fmt"

	"github.com/lamina-ml/lamina/internal/device"
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
	l := &Embedding{Weight: tensor.Options{DType: c.DType}.RandN(g, count, size).RequireGrad(), PaddingIndex: c.PaddingIndex}
	if p := l.padding(); p >= 0 {
		l.Weight.Data().Select(0, p).SetAll(0)
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
	if l.Weight.Rank() != 2 {
		fail("embedding", l, "the weight is no matrix", l.Weight.Shape())
	}
	index := x
	switch x.DType() {
	case tensor.Int64:
	case tensor.Int32:
		index = x.Cast(tensor.Int64)
	default:
		fail("embedding", l, "the rows' numbers must be int64 or int32, not "+x.DType().String(), x.Shape())
	}
	n, size := l.Weight.Dim(0), l.Weight.Dim(1)
	tensor.CheckRange(index, device.Check{Op: "embedding", Hi: float64(n - 1), Format: "index %d at element %d is none of %[3]d rows", Args: [2]int{n},
		Layer: l, Shapes: [2]device.Extent{extent(x), extent(l.Weight)}})
	y := tensor.Apply2(embedding{padding: l.padding()}, l.Weight, index.Contiguous().Reshape(x.Len()))
	return Report(l, x, y.ReshapeTo(appendDim(x.Shape(), size)))
}

// extent returns the shape of x in the form that a check keeps it in.
func extent(x tensor.Tensor) device.Extent {
	a := x.Array()
	return device.Extent{Rank: a.Rank, Dims: a.Dims}
}

// appendDim returns s with another dimension behind.
func appendDim(s tensor.Shape, size int) tensor.Shape {
	var dims [tensor.MaxRank + 1]int
	n := s.Rank()
	for i := range n {
		dims[i] = s.Dim(i)
	}
	dims[n] = size
	return tensor.ShapeOf(dims[:n+1]...)
}

// embedding picks rows of w (count, size) by an index (n,): (n, size).
type embedding struct{ padding int }

func (embedding) Forward(s *tensor.Scope, w, index tensor.Tensor) tensor.Tensor {
	y := s.Empty(w, w.DType(), appendDim(index.Shape(), w.Dim(1)))
	dev := w.Device().Impl()
	if e, ok := dev.(device.Embedder); ok && w.Array().Dense {
		e.Embed(y.Array(), w.Array(), index.Array())
	} else {
		rows := columns(index, w.Dim(1))
		dev.Gather(y.Array(), w.Array(), &rows, 0)
	}
	return y
}

// columns returns index (n,) as (n, size), every column of it the same.
func columns(index tensor.Tensor, size int) device.Array {
	a := *index.Array()
	a.Rank = 2
	a.Dims[1], a.Strides[1] = size, 0
	a.Refresh()
	return a
}

func (embedding) Saves() tensor.Saved { return tensor.SaveInput(1) }

// Composite is the same by the ops of package tensor. No gradient flows to the padding's row.
func (o embedding) Composite(w, index tensor.Tensor) tensor.Tensor {
	y := w.IndexSelect(0, index)
	if o.padding >= 0 {
		y = tensor.Where(index.EqualScalar(float64(o.padding)).Unsqueeze(1), y.Detach(), y)
	}
	return y
}

// Backward adds the rows of dy (n, size) to zeros of w's shape, at the rows that the index names and in its order. The padding's
// row stays 0.
func (o embedding) Backward(w, index, y, dy tensor.Tensor) (dw, di tensor.Tensor) {
	dw, dy = w.NewGrad(), dy.Contiguous()
	dev := dy.Device().Impl()
	if e, ok := dev.(device.Embedder); ok {
		e.EmbedGrad(dw.Array(), index.Array(), dy.Array(), o.padding)
		return dw, di
	}
	dev.Fill(dw.Array(), 0)
	rows := columns(index, w.Dim(1))
	dev.ScatterAdd(dw.Array(), &rows, dy.Array(), 0)
	if o.padding >= 0 { // what was added there goes away again
		row := *dw.Array()
		row.Offset += o.padding * row.Strides[0]
		row.Dims[0] = 1
		row.Refresh()
		dev.Fill(&row, 0)
	}
	return dw, di
}
