package tensor

import "github.com/lamina-ml/lamina/internal/device"

// MatMul returns the matrix product over the last two dimensions:
//
//	(…, m, k) × (…, k, n) → (…, m, n)
//
// Leading dimensions broadcast. A vector on the left is treated as a row and one on the right as a column; that
// dimension is removed from the result. Both must have one type. No element is skipped: 0 × NaN is NaN.
func (a Tensor) MatMul(b Tensor) Tensor {
	sa, sb := a.Shape(), b.Shape()
	if a.DType() != b.DType() {
		fail("matmul", "the types differ, "+a.DType().String()+" and "+b.DType().String(), sa, sb)
	}
	if sa.rank == 0 || sb.rank == 0 {
		fail("matmul", "a tensor without dimensions is not a matrix", sa, sb)
	}
	left, right := sa.rank == 1, sb.rank == 1
	if left {
		a = a.Unsqueeze(0)
	}
	if right {
		b = b.Unsqueeze(1)
	}
	if a.h.Dims[a.h.Rank-1] != b.h.Dims[b.h.Rank-2] {
		fail("matmul", "inner dimensions differ", sa, sb)
	}
	y := Apply2(matmul{}, a, b)
	if left {
		y = y.Select(-2, 0)
	}
	if right {
		y = y.Select(-1, 0)
	}
	return y
}

type matmul struct{ SavesInputs }

func (matmul) Forward(s *Scope, a, b Tensor) Tensor {
	sa, sb := a.Shape(), b.Shape()
	m, n := sa.Dim(-2), sb.Dim(-1)
	shape := broadcast("matmul", lead(sa), lead(sb))
	if shape.rank+2 > MaxRank {
		fail("matmul", "too many dimensions", sa, sb)
	}
	shape.dims[shape.rank], shape.dims[shape.rank+1] = m, n
	shape.rank += 2
	shape.checkSize("matmul", sa, sb)
	y := s.NewEmpty(a, a.DType(), shape)
	a.h.store.dev.MatMul(&y.h.Array, &a.h.Array, &b.h.Array, device.Precision(s.Float32MatmulPrecision()))
	return y
}

func (matmul) Backward(a, b, y, dy Tensor) (da, db Tensor) {
	if a.NeedsGrad() {
		da = a.gradMatMul(dy, b.T())
	}
	if b.NeedsGrad() {
		db = b.gradMatMul(a.T(), dy)
	}
	return da, db
}

// gradMatMul returns the gradient a·b of an op's input x, summed over the dimensions that broadcast. If nothing is
// recorded, it writes the product to x.NewGrad() directly.
func (x Tensor) gradMatMul(a, b Tensor) Tensor {
	s, shape := a.h.scope, x.Shape()
	if s == nil || s.record || shape.rank != a.h.Rank || a.h.Rank != b.h.Rank {
		return a.MatMul(b).sumTo(shape)
	}
	for i := range shape.rank - 2 {
		if max(a.h.Dims[i], b.h.Dims[i]) != shape.dims[i] {
			return a.MatMul(b).sumTo(shape)
		}
	}
	dx := x.NewGrad()
	dx.h.store.dev.MatMul(&dx.h.Array, &a.h.Array, &b.h.Array, device.Precision(s.Float32MatmulPrecision()))
	return dx
}

// lead returns the dimensions before the last two.
func lead(s Shape) Shape {
	s.rank -= 2
	s.dims[s.rank], s.dims[s.rank+1] = 0, 0
	return s
}
