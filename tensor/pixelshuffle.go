package tensor

import "fmt"

// Unflatten returns x with dimension dim split into dimensions of the given sizes, one of which may be −1: it is
// inferred. It is a view where strides can describe it, as [Tensor.Reshape].
//
//	x.Unflatten(1, 2, -1): (N, 6, L) → (N, 2, 3, L)
//
// (https://docs.pytorch.org/docs/stable/generated/torch.unflatten.html)
func (x Tensor) Unflatten(dim int, sizes ...int) Tensor {
	const op = "unflatten"
	s := x.Shape()
	dim = s.axis(op, dim)
	if len(sizes) == 0 || s.rank-1+len(sizes) > MaxRank {
		fail(op, fmt.Sprintf("%d sizes; there must be at least 1 and at most %d", len(sizes), MaxRank-s.rank+1), s)
	}
	out, n, open := s, 1, -1
	out.rank += len(sizes) - 1
	copy(out.dims[dim+len(sizes):], s.dims[dim+1:s.rank])
	for i, d := range sizes {
		switch {
		case d >= 0:
			n = saturatingMul(n, d)
		case d == -1 && open < 0:
			open = dim + i
		default:
			fail(op, fmt.Sprintf("sizes must be positive, and one may be -1; got %d", d), s)
		}
		out.dims[dim+i] = d
	}
	if open >= 0 {
		if n == 0 || s.dims[dim]%n != 0 {
			fail(op, fmt.Sprintf("%d elements of dimension %d do not divide by %d", s.dims[dim], dim, n), s)
		}
		out.dims[open], n = s.dims[dim]/n, s.dims[dim]
	}
	if n != s.dims[dim] {
		fail(op, fmt.Sprintf("the sizes have the product %d, and dimension %d has %d elements", n, dim, s.dims[dim]), s)
	}
	return x.reshape(out)
}

// PixelShuffle makes an image r times as high and wide from r² times as many channels: r² channels are the r × r
// blocks of one.
//
//	y[…, c, h·r + i, w·r + j] = x[…, c·r² + i·r + j, h, w]
//	(…, C·r², H, W) → (…, C, H·r, W·r)
//
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.pixel_shuffle.html,
// https://arxiv.org/abs/1609.05158)
func (x Tensor) PixelShuffle(r int) Tensor {
	const op = "pixel_shuffle"
	s := x.Shape()
	x.checkPixels(op, r)
	c, h, w := s.rank-3, s.rank-2, s.rank-1
	if s.dims[c]%r != 0 || s.dims[c]/r%r != 0 {
		fail(op, fmt.Sprintf("%d channels are not a multiple of %d·%[2]d", s.dims[c], r), s)
	}
	blocks := ShapeOf(s.product(c), s.dims[c]/r/r, r, r, s.dims[h], s.dims[w])
	out := s
	out.dims[c], out.dims[h], out.dims[w] = s.dims[c]/r/r, saturatingMul(s.dims[h], r), saturatingMul(s.dims[w], r)
	return x.reshape(blocks).Permute(0, 1, 4, 2, 5, 3).reshape(out.checkSize(op, s))
}

// PixelUnshuffle makes r² channels from each r × r blocks of an image: the inverse of [Tensor.PixelShuffle].
//
//	y[…, c·r² + i·r + j, h, w] = x[…, c, h·r + i, w·r + j]
//	(…, C, H·r, W·r) → (…, C·r², H, W)
//
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.pixel_unshuffle.html)
func (x Tensor) PixelUnshuffle(r int) Tensor {
	const op = "pixel_unshuffle"
	s := x.Shape()
	x.checkPixels(op, r)
	c, h, w := s.rank-3, s.rank-2, s.rank-1
	if s.dims[h]%r != 0 || s.dims[w]%r != 0 {
		fail(op, fmt.Sprintf("height and width are not multiples of %d", r), s)
	}
	blocks := ShapeOf(s.product(c), s.dims[c], s.dims[h]/r, r, s.dims[w]/r, r)
	out := s
	out.dims[c], out.dims[h], out.dims[w] = saturatingMul(s.dims[c], saturatingMul(r, r)), s.dims[h]/r, s.dims[w]/r
	return x.reshape(blocks).Permute(0, 1, 3, 5, 2, 4).reshape(out.checkSize(op, s))
}

func (x Tensor) checkPixels(op string, r int) {
	if x.Rank() < 3 {
		fail(op, "the input must be (…, C, H, W)", x.Shape())
	}
	if r < 1 {
		fail(op, fmt.Sprintf("the factor is %d; it must be at least 1", r), x.Shape())
	}
}

// product returns the product of the first n sizes.
func (s Shape) product(n int) int {
	size := 1
	for _, d := range s.dims[:n] {
		size *= d
	}
	return size
}
