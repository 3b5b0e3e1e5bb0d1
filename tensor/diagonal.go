package tensor

import (
	"fmt"

	"github.com/lamina-ml/lamina/internal/device"
)

// Diagonal returns the elements whose indices i in dimension d1 and j in d2 have j − i = offset, as a view: the two
// dimensions are removed, and a new last one runs along the diagonal.
func (x Tensor) Diagonal(offset, d1, d2 int) Tensor {
	s := x.Shape()
	d1, d2 = s.axis("diagonal", d1), s.axis("diagonal", d2)
	if d1 == d2 {
		fail("diagonal", fmt.Sprintf("dimension %d is given twice", d1), s)
	}
	n := min(s.dims[d1], s.dims[d2]-offset)
	if offset < 0 {
		n = min(s.dims[d1]+offset, s.dims[d2])
	}
	return Apply1(diagonal{d1: d1, d2: d2, offset: offset, n: max(0, n), whole: s}, x)
}

type diagonal struct {
	SavesNothing
	d1, d2, offset, n int
	whole             Shape
}

func (o diagonal) subview(h *header) *header {
	start := max(0, -o.offset)*h.Strides[o.d1] + max(0, o.offset)*h.Strides[o.d2]
	step := h.Strides[o.d1] + h.Strides[o.d2]
	k := 0
	for i := range h.Rank {
		if i != o.d1 && i != o.d2 {
			h.Dims[k], h.Strides[k] = h.Dims[i], h.Strides[i]
			k++
		}
	}
	h.Rank--
	h.Dims[k], h.Strides[k] = o.n, step
	h.Dims[k+1] = 0 // sizes beyond the rank are 0, so that shapes compare equal
	h.Refresh()
	if h.Size > 0 {
		h.Offset += start
	}
	return h
}

func (o diagonal) Forward(s *Scope, x Tensor) Tensor { return o.subview(s.view(x.h)).handle() }
func (o diagonal) Backward(x, y, dy Tensor) Tensor   { return Apply1(undiagonal{from: o}, dy) }

// undiagonal writes x to the positions that diagonal reads, and 0 elsewhere: the gradient of diagonal.
type undiagonal struct {
	SavesNothing
	from diagonal
}

func (o undiagonal) Forward(s *Scope, x Tensor) Tensor {
	y := s.NewEmpty(x, x.DType(), o.from.whole)
	dev := x.h.store.dev
	dev.Fill(&y.h.Array, 0)
	if x.h.Size > 0 {
		dev.Copy(&o.from.subview(s.view(y.h)).Array, &x.h.Array)
	}
	return y
}
func (o undiagonal) Backward(x, y, dy Tensor) Tensor { return Apply1(o.from, dy) }

// Tril returns the lower triangle of the last two dimensions, with 0 above the diagonal offset: 0 is the main diagonal,
// 1 the one above it.
func (x Tensor) Tril(offset int) Tensor {
	if x.hasTriangles("tril") {
		return Apply1(triangle{offset: offset}, x)
	}
	rows, cols := x.rowAndColumnNumbers()
	return x.MaskedFill(cols.Greater(rows.AddScalar(float64(offset))), 0)
}

// Triu returns the upper triangle of the last two dimensions, with 0 below the diagonal offset.
func (x Tensor) Triu(offset int) Tensor {
	if x.hasTriangles("triu") {
		return Apply1(triangle{offset: offset, upper: true}, x)
	}
	rows, cols := x.rowAndColumnNumbers()
	return x.MaskedFill(cols.Less(rows.AddScalar(float64(offset))), 0)
}

type triangle struct {
	SavesNothing
	offset int
	upper  bool
}

func (o triangle) Forward(s *Scope, x Tensor) Tensor {
	y := s.NewEmpty(x, x.DType(), x.Shape())
	x.h.store.dev.(device.Triangler).Triangle(&y.h.Array, &x.h.Array, o.offset, o.upper)
	return y
}
func (o triangle) Backward(x, y, dy Tensor) Tensor { return Apply1(o, dy) }

// hasTriangles panics if x has fewer than two dimensions, and reports whether its device has a kernel for triangles.
func (x Tensor) hasTriangles(op string) bool {
	if s := x.Shape(); s.rank < 2 {
		fail(op, "there must be at least two dimensions", s)
	}
	_, ok := x.h.store.dev.(device.Triangler)
	return ok
}

// rowAndColumnNumbers returns the row numbers, as a column, and the column numbers of x's matrices.
func (x Tensor) rowAndColumnNumbers() (rows, cols Tensor) {
	s := x.Shape()
	return x.arange(s.Dim(-2), 0, 1).Unsqueeze(1), x.arange(s.Dim(-1), 0, 1)
}
