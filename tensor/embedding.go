package tensor

import (
	"fmt"

	"github.com/lamina-ml/lamina/internal/device"
)

// Embedding returns the rows w[index].
//
//	index (…) of int64 or int32, w (count, size) → (…, size)
//
// No gradient flows to the row with the number padding; −1 means that there is none. It panics if w is not a matrix, or
// if index has another type or an element outside [0, count).
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.embedding.html)
func Embedding(index, w Tensor, padding int) Tensor {
	const op = "embedding"
	if w.Rank() != 2 {
		fail(op, "the weight must be a matrix", w.Shape())
	}
	n, size := w.Dim(0), w.Dim(1)
	if padding < -1 || padding >= n {
		fail(op, fmt.Sprintf("the padding index %d is out of range for %d rows", padding, n), w.Shape())
	}
	shape := index.Shape()
	if shape.rank == MaxRank {
		fail(op, fmt.Sprintf("the result has more than %d dimensions", MaxRank), shape)
	}
	switch index.DType() {
	case Int64:
	case Int32:
		index = index.Cast(Int64)
	default:
		fail(op, "the index must be int64 or int32, not "+index.DType().String(), shape)
	}
	checkRange(index, device.Check{Op: op, Hi: float64(n - 1),
		Format: "index %d at element %d is outside the %[3]d rows", Args: [2]int{n},
		Shapes: [2]device.Shape{shape.deviceShape(), w.Shape().deviceShape()}})
	y := Apply2(embedding{padding: padding}, w, index.Contiguous().Reshape(index.Len()))
	shape.dims[shape.rank] = size
	shape.rank++
	return y.reshape(shape)
}

// embedding selects rows of w (count, size) by an index (n,), into (n, size).
type embedding struct{ padding int }

func (embedding) Saves() Saved { return SaveInput(1) }

// Composite computes the same by ops. No gradient flows to the padding's row.
func (o embedding) Composite(w, index Tensor) Tensor {
	y := w.IndexSelect(0, index)
	if o.padding >= 0 {
		y = Where(index.EqualScalar(float64(o.padding)).Unsqueeze(1), y.Detach(), y)
	}
	return y
}

func (embedding) Forward(s *Scope, w, index Tensor) Tensor {
	y := s.NewEmpty(w, w.DType(), ShapeOf(index.Len(), w.Dim(1)))
	dev := w.h.store.dev
	if e, ok := dev.(device.Embedder); ok && w.h.Contiguous {
		e.Embed(y.array(), w.array(), index.array())
	} else {
		rows := columns(index, w.Dim(1))
		dev.Gather(y.array(), w.array(), &rows, 0)
	}
	return y
}

// Backward adds row i of dy (n, size) to row index[i] of zeros of w's shape, in the order of i. The padding's row stays
// 0.
func (o embedding) Backward(w, index, y, dy Tensor) (dw, di Tensor) {
	dw, dy = w.NewGrad(), dy.Contiguous()
	dev := dy.h.store.dev
	if e, ok := dev.(device.Embedder); ok {
		e.EmbedGrad(dw.array(), index.array(), dy.array(), o.padding)
		return dw, di
	}
	dev.Fill(dw.array(), 0)
	rows := columns(index, w.Dim(1))
	dev.ScatterAdd(dw.array(), &rows, dy.array(), 0)
	if o.padding >= 0 {
		row := *dw.array()
		row.Offset += o.padding * row.Strides[0]
		row.Dims[0] = 1
		row.Refresh()
		dev.Fill(&row, 0)
	}
	return dw, di
}

// columns returns index (n,) expanded to (n, size).
func columns(index Tensor, size int) device.Array {
	a := *index.array()
	a.Rank = 2
	a.Dims[1], a.Strides[1] = size, 0
	a.Refresh()
	return a
}
