package tensor

import (
	"fmt"
	"math"
)

// GridSampleOptions says how GridSample computes, in PyTorch's terms.
type GridSampleOptions struct {
	// "bilinear" (the default), "nearest" or "bicubic"; in three dimensions too, where they are trilinear and tricubic
	Mode         string
	PaddingMode  string // what lies outside: "zeros" (the default), "border" (the nearest element) or "reflection"
	AlignCorners bool   // −1 and 1 are the centers of the corner elements, not the outer edges
}

// GridSample returns elements of x at the positions of grid, between the elements too:
//
//	x (N, C, H, W), grid (N, H′, W′, 2) → (N, C, H′, W′)
//	x (N, C, D, H, W), grid (N, D′, H′, W′, 3) → (N, C, D′, H′, W′)
//
// A position is (x, y) or (x, y, z), from −1 at the left, top or front edge to 1 at the other. grid has x's type;
// both have gradients, but with the mode nearest grid has none, where PyTorch's is 0. 16-bit floats are computed in
// float32.
//
// A position of NaN gives what it gives in PyTorch. With the padding zeros it gives 0 in three dimensions and with the
// mode nearest, else NaN. With border and reflection it means the first element of its dimension if there are two
// dimensions, the last if there are three. The mode bicubic gives NaN.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.grid_sample.html)
func GridSample(x, grid Tensor, o GridSampleOptions) Tensor {
	const op = "grid_sample"
	s, g := x.Shape(), grid.Shape()
	dims := s.rank - 2
	if dims != 2 && dims != 3 || g.rank != s.rank || g.dims[0] != s.dims[0] || g.dims[g.rank-1] != dims {
		fail(op, "the shapes must be (N, C, H, W) and (N, H′, W′, 2), or (N, C, D, H, W) and (N, D′, H′, W′, 3)", s, g)
	}
	checkSpatial(op, x, dims)
	if !x.DType().IsFloat() || grid.DType() != x.DType() {
		fail(op, fmt.Sprintf("input and grid must be floating point and of one type, not %s and %s", x.DType(),
			grid.DType()), s, g)
	}
	if newerScope(op, x.h.scope, grid.h.scope) != x.h.scope { // both in one scope, so that the taps' sums are
		x = x.InScope(grid.h.scope)
	}
	v := sampler{x: x.Widen(), dims: dims, padding: o.PaddingMode, align: o.AlignCorners}
	switch o.PaddingMode {
	case "", "zeros", "border", "reflection":
	default:
		fail(op, fmt.Sprintf("there is no padding mode %q: zeros, border and reflection exist", o.PaddingMode), s)
	}
	out := s
	n := 1
	for i := range dims {
		out.dims[2+i] = g.dims[1+i]
		n *= g.dims[1+i]
	}
	points := grid.Widen().Contiguous().Reshape(s.dims[0], n, dims)
	var y Tensor
	switch o.Mode {
	case "", "bilinear":
		y = v.linear(points)
	case "nearest":
		y = v.nearest(points)
	case "bicubic":
		y = v.cubic(points)
	default:
		fail(op, fmt.Sprintf("there is no mode %q: bilinear, nearest and bicubic exist", o.Mode), s)
	}
	return y.Cast(x.DType()).reshape(out)
}

// A sampler reads elements of x (N, C, …) at points (N, n, dims).
type sampler struct {
	x       Tensor
	dims    int
	padding string
	align   bool
}

// size returns the size of the dimension that coordinate k counts: the first counts the last dimension.
func (v *sampler) size(k int) int { return v.x.h.Dims[v.x.h.Rank-1-k] }

// coordinate returns coordinate k of the points as a place among the elements: (N, n).
func (v *sampler) coordinate(points Tensor, k int) Tensor {
	n := float64(v.size(k))
	c := points.Select(-1, k)
	if v.align {
		return c.AddScalar(1).MulScalar((n - 1) / 2)
	}
	return c.AddScalar(1).MulScalar(n).SubScalar(1).MulScalar(0.5)
}

// inside moves places outside to where the padding mode reads them.
func (v *sampler) inside(c Tensor, k int) Tensor {
	n := float64(v.size(k))
	if v.padding == "reflection" {
		if v.align {
			c = reflected(c, 0, n-1)
		} else {
			c = reflected(c, -0.5, n-0.5)
		}
	}
	if v.padding == "border" || v.padding == "reflection" {
		c = c.Clamp(0, n-1)
	}
	return c
}

// finite replaces places that are no numbers, and infinite ones, as PyTorch does: in three dimensions they lie outside,
// and PyTorch's clamp makes the first of NaN in two dimensions and the last in three.
func (v *sampler) finite(c Tensor, k int) Tensor {
	n := float64(v.size(k))
	switch {
	case v.padding == "border" || v.padding == "reflection":
		to := 0.0
		if v.dims == 3 {
			to = n - 1
		}
		return c.MaskedFill(c.Detach().IsNaN(), to)
	case v.dims == 3: // −2 and the place behind it are outside, too
		return c.MaskedFill(c.Detach().GreaterEqualScalar(-1).And(c.Detach().LessScalar(n)).Not(), -2)
	}
	return c
}

// reflected moves numbers into [lo, hi] by reflections at both ends.
func reflected(c Tensor, lo, hi float64) Tensor {
	span := hi - lo
	if span <= 0 {
		return c.MulScalar(0)
	}
	c = c.SubScalar(lo).Abs()
	turns := c.Detach().DivScalar(span).Floor()
	rest := c.Sub(turns.MulScalar(span))
	odd := turns.RemainderScalar(2).EqualScalar(1)
	return Where(odd, rest.Neg().AddScalar(hi), rest.AddScalar(lo))
}

// at returns x's elements at whole places, one for each coordinate, and 0 outside: (N, C, n).
func (v *sampler) at(places []Tensor) Tensor {
	s := v.x.Shape()
	var index, valid Tensor
	for k := len(places) - 1; k >= 0; k-- {
		n := float64(v.size(k))
		p := places[k]
		ok := p.GreaterEqualScalar(0).And(p.LessScalar(n))
		i := Where(ok, p, p.NewFull(0)).Cast(Int64)
		if !index.Defined() {
			index, valid = i, ok
		} else {
			index, valid = index.MulScalar(n).Add(i), valid.And(ok)
		}
	}
	n := index.h.Dims[1]
	shape := Shape{rank: 3, dims: [MaxRank]int{s.dims[0], s.dims[1], n}}
	y := v.x.Flatten(2).Gather(2, index.Unsqueeze(1).expand(shape))
	return y.MaskedFill(valid.Unsqueeze(1).Not(), 0)
}

// linear adds up the corners of the cell around each point, weighted by the opposite parts of the cell.
func (v *sampler) linear(points Tensor) Tensor {
	var floor, part [3]Tensor
	for k := range v.dims {
		c := v.finite(v.inside(v.coordinate(points, k), k), k)
		floor[k] = c.Detach().Floor()
		part[k] = c.Sub(floor[k])
	}
	var y Tensor
	for corner := range 1 << v.dims {
		var places [3]Tensor
		var weight Tensor
		for k := range v.dims {
			w := part[k]
			places[k] = floor[k]
			if corner>>k&1 == 1 {
				places[k] = floor[k].AddScalar(1)
			} else {
				w = w.RSubScalar(1)
			}
			weight = times(weight, w)
		}
		y = plus(y, v.at(places[:v.dims]).Mul(weight.Unsqueeze(1)))
	}
	return y
}

func (v *sampler) nearest(points Tensor) Tensor {
	var places [3]Tensor
	for k := range v.dims {
		places[k] = v.finite(v.inside(v.coordinate(points, k), k), k).Detach().Round()
	}
	return v.at(places[:v.dims])
}

// cubic adds up 4 elements along each dimension around each point by cubic convolution with a = −0.75.
func (v *sampler) cubic(points Tensor) Tensor {
	var places, weights [3][4]Tensor
	for k := range v.dims {
		c := v.coordinate(points, k)
		floor := c.Detach().Floor()
		t := c.Sub(floor)
		const a = -0.75
		near := func(t Tensor) Tensor { return t.MulScalar(a + 2).SubScalar(a + 3).Mul(t).Mul(t).AddScalar(1) }
		far := func(t Tensor) Tensor {
			return t.MulScalar(a).SubScalar(5 * a).Mul(t).AddScalar(8 * a).Mul(t).SubScalar(4 * a)
		}
		weights[k] = [4]Tensor{far(t.AddScalar(1)), near(t), near(t.RSubScalar(1)), far(t.RSubScalar(2))}
		for j := range places[k] {
			places[k][j] = v.inside(floor.AddScalar(float64(j-1)), k).Round()
		}
	}
	var y Tensor
	for tap := range 1 << (2 * v.dims) { // two bits for each dimension
		var at [3]Tensor
		var weight Tensor
		for k := range v.dims {
			j := tap >> (2 * k) & 3
			at[k] = places[k][j]
			weight = times(weight, weights[k][j])
		}
		y = plus(y, v.at(at[:v.dims]).Mul(weight.Unsqueeze(1)))
	}
	return y
}

// plus and times are those of two tensors, of which the first may be absent.
func plus(a, b Tensor) Tensor {
	if !a.Defined() {
		return b
	}
	return a.Add(b)
}

func times(a, b Tensor) Tensor {
	if !a.Defined() {
		return b
	}
	return a.Mul(b)
}

// AffineGrid returns the positions that GridSample reads for an affine map of the result's positions:
//
//	theta (N, 2, 3), size (N, C, H, W) → (N, H, W, 2)
//	theta (N, 3, 4), size (N, C, D, H, W) → (N, D, H, W, 3)
//	grid[n, i, j] = theta[n]·(xⱼ, yᵢ, 1)
//
// xⱼ and yᵢ are the positions of the elements of a result of that size, from −1 to 1: the centers of the corner
// elements lie there with alignCorners, else the outer edges.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.affine_grid.html)
func AffineGrid(theta Tensor, alignCorners bool, size ...int) Tensor {
	const op = "affine_grid"
	s := theta.Shape()
	dims := len(size) - 2
	if dims != 2 && dims != 3 || s.rank != 3 || s.dims[0] != size[0] || s.dims[1] != dims || s.dims[2] != dims+1 {
		fail(op, fmt.Sprintf("theta must be (N, 2, 3) for a size (N, C, H, W), or (N, 3, 4) for (N, C, D, H, W); the size is %v", size), s)
	}
	if !theta.DType().IsFloat() {
		fail(op, "theta must be floating point, not "+theta.DType().String(), s)
	}
	out := Shape{rank: dims + 2, dims: [MaxRank]int{size[0]}}
	n := 1
	for i, d := range size[2:] {
		if d < 1 {
			fail(op, fmt.Sprintf("the sizes %v must be positive", size), s)
		}
		out.dims[1+i] = d
		n = saturatingMul(n, d)
	}
	out.dims[dims+1] = dims
	out.checkSize(op, s)
	t := theta.Widen()
	column := Shape{rank: dims + 2, dims: [MaxRank]int{size[0], 1, 1, 1, 1}}
	column.dims[dims+1] = dims
	y := t.Select(2, dims).reshape(column)
	for k := range dims { // the last dimension first
		d := dims - k
		place := Shape{rank: dims + 2, dims: [MaxRank]int{1, 1, 1, 1, 1}}
		place.dims[d] = out.dims[d]
		y = y.Add(t.Select(2, k).reshape(column).Mul(t.gridPositions(out.dims[d], alignCorners).reshape(place)))
	}
	return y.expand(out).Contiguous().Cast(theta.DType())
}

// gridPositions returns where n elements lie between −1 and 1, in x's type and scope.
func (x Tensor) gridPositions(n int, alignCorners bool) Tensor {
	i := x.arange(n, 0, 1).Cast(x.DType()).MulScalar(2)
	switch {
	case n == 1:
		return i
	case alignCorners:
		return i.DivScalar(float64(n - 1)).SubScalar(1)
	}
	return i.AddScalar(1).DivScalar(float64(n)).SubScalar(1)
}

// MaxUnpool returns zeros of x's shape but for the last len(size) dimensions, which are 1 to 3 and get the sizes
// size, with x's elements written to the row-major positions index among these dimensions: a partial inverse of
// MaxPoolIndices. x has one or two more dimensions, (N, C, …) or (C, …).
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxUnpool2d.html)
func (x Tensor) MaxUnpool(index Tensor, size ...int) Tensor {
	const op = "max_unpool"
	dims := len(size)
	checkSpatial(op, x, dims)
	s := x.Shape()
	if index.Shape() != s || index.DType() != Int64 {
		fail(op, "the index must be int64 and of the input's shape, not "+index.DType().String(), s, index.Shape())
	}
	if !x.DType().IsFloat() {
		fail(op, "the input must be floating point, not "+x.DType().String(), s)
	}
	out, n := s, 1
	for i, d := range size {
		if d < 1 {
			fail(op, fmt.Sprintf("the sizes %v must be positive", size), s)
		}
		out.dims[s.rank-dims+i] = d
		n = saturatingMul(n, d)
	}
	out.checkSize(op, s)
	if n > math.MaxInt32 {
		fail(op, "the result has more elements in these dimensions than int32 can count", out)
	}
	rows := 1
	for i := range s.rank - dims {
		rows *= s.dims[i]
	}
	inner := 1
	for i := s.rank - dims; i < s.rank; i++ {
		inner *= s.dims[i]
	}
	zeros := x.Detach().NewZeros(rows, n)
	return zeros.Scatter(1, index.Contiguous().Reshape(rows, inner), x.Contiguous().Reshape(rows, inner)).reshape(out)
}
