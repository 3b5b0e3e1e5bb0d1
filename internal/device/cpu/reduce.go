package cpu

import (
	"math"

	"github.com/lamina-ml/lamina/internal/device"
)

// Reduce reduces x over the dimensions that have size 1 in dst.
func (d *Device) Reduce(op device.Reduction, dst, x *device.Array) {
	if reduceContiguous(op, dst, x) || reduceFirstAndLast(op, dst, x) {
		return
	}
	if op == device.ArgMax || op == device.ArgMin {
		argReduce(op, dst, x)
		return
	}
	reduceStaged(op, dst, x)
}

// reduceStaged reduces arrays of any strides and types. It sums floats in float64, in row-major order.
func reduceStaged(op device.Reduction, dst, x *device.Array) {
	s := scratches.Get()
	defer scratches.Put(s)
	// One element of dst at a time: inner has the reduced dimensions, outer the others.
	outer, inner := *x, *x
	for i := range x.Rank {
		if dst.Dims[i] == x.Dims[i] {
			inner.Dims[i] = 1
		} else {
			outer.Dims[i] = 1
		}
	}
	outer.Refresh()
	inner.Refresh()
	floats := x.DType.IsFloat()
	for o := plan(dst, &outer, nil, nil); o.left > 0; o.next() {
		for i := range o.n {
			inner.Offset = o.off[1] + i*o.step[1]
			if floats {
				s.f64[1][0] = reduceFloats(op, s, x, &inner)
				store(dst, o.off[0]+i*o.step[0], 1, s.f64[1][:1])
			} else {
				s.i64[1][0] = reduceInts(op, s, x, &inner)
				store(dst, o.off[0]+i*o.step[0], 1, s.i64[1][:1])
			}
		}
	}
}

// reduceFloats reduces the elements of inner, whose offset is relative to x's.
func reduceFloats(op device.Reduction, s *scratch, x, inner *device.Array) float64 {
	switch op {
	case device.Mean:
		n := float64(inner.Size)
		mean := reduceScaled(device.Sum, s, x, inner, 1) / n
		if x.DType == device.Float64 && math.IsInf(mean, 0) {
			mean = reduceScaled(device.Sum, s, x, inner, 1/n)
		}
		return mean
	case device.Norm:
		squares := reduceScaled(device.Norm, s, x, inner, 1)
		if x.DType != device.Float64 || squares >= leastSquares64 && squares <= math.MaxFloat64 {
			return math.Sqrt(squares)
		}
		largest := max(reduceScaled(device.Max, s, x, inner, 1), -reduceScaled(device.Min, s, x, inner, 1))
		if !(largest > 0 && largest <= math.MaxFloat64) {
			return max(largest, 0) // 0, infinite or NaN
		}
		_, e := math.Frexp(largest)
		e = max(-1000, min(e, 1023)) // 2⁻ᵉ is a normal number
		return math.Ldexp(math.Sqrt(reduceScaled(device.Norm, s, x, inner, math.Ldexp(1, -e))), e)
	}
	return reduceScaled(op, s, x, inner, 1)
}

// reduceScaled reduces scale times the elements of inner. For Norm it returns the sum of squares.
func reduceScaled(op device.Reduction, s *scratch, x, inner *device.Array, scale float64) float64 {
	acc := identity(op)
	for l := plan(inner, nil, nil, nil); l.left > 0; l.next() {
		for j := 0; j < l.n; j += chunk {
			v := s.f64[0][:min(chunk, l.n-j)]
			load(v, x, inner.Offset+l.off[0]+j*l.step[0], l.step[0])
			switch op {
			case device.Sum:
				for _, e := range v {
					acc += float64(e * scale)
				}
			case device.Norm:
				for _, e := range v {
					e *= scale
					acc += float64(e * e)
				}
			case device.Prod:
				for _, e := range v {
					acc *= e
				}
			case device.Max:
				for _, e := range v {
					acc = max(acc, e)
				}
			case device.Min:
				for _, e := range v {
					acc = min(acc, e)
				}
			}
		}
	}
	return acc
}

// reduceInts reduces the elements of inner, whose offset is relative to x's.
func reduceInts(op device.Reduction, s *scratch, x, inner *device.Array) int64 {
	acc := int64(bit(op == device.Prod))
	switch {
	case op != device.Max && op != device.Min:
	case x.DType == device.Bool:
		acc = int64(bit(op == device.Min))
	case op == device.Max:
		acc = math.MinInt64
	default:
		acc = math.MaxInt64
	}
	for l := plan(inner, nil, nil, nil); l.left > 0; l.next() {
		for j := 0; j < l.n; j += chunk {
			v := s.i64[0][:min(chunk, l.n-j)]
			load(v, x, inner.Offset+l.off[0]+j*l.step[0], l.step[0])
			switch op {
			case device.Sum:
				acc += sumOf(v)
			case device.Prod:
				for _, e := range v {
					acc *= e
				}
			case device.Max:
				for _, e := range v {
					acc = max(acc, e)
				}
			case device.Min:
				for _, e := range v {
					acc = min(acc, e)
				}
			default:
				noKernel(op.String(), x.DType)
			}
		}
	}
	return acc
}

// identity returns the result of a reduction of no elements.
func identity(op device.Reduction) float64 {
	switch op {
	case device.Prod:
		return 1
	case device.Max:
		return math.Inf(-1)
	case device.Min:
		return math.Inf(1)
	}
	return 0
}

// argReduce computes ArgMax or ArgMin along the one dimension that is reduced.
func argReduce(op device.Reduction, dst, x *device.Array) {
	dim := -1
	for i := range x.Rank {
		if dst.Dims[i] != x.Dims[i] {
			dim = i
		}
	}
	if dim < 0 { // the dimension has size 1
		fill(dst, int64(0))
		return
	}
	n, step := x.Dims[dim], x.Strides[dim]
	first := *x
	first.Dims[dim] = 1
	first.Refresh()
	out := fromOffset[int64](dst)
	for l := plan(dst, &first, nil, nil); l.left > 0; l.next() {
		for i := range l.n {
			out[l.off[0]+i*l.step[0]] = int64(argOf(op, x, l.off[1]+i*l.step[1], step, n))
		}
	}
}

func argOf(op device.Reduction, x *device.Array, off, step, n int) int {
	return types[x.DType].argOf(op, x, off, step, n)
}

// argExtreme returns the index of the first largest or smallest element, or of the first NaN if there is one.
func argExtreme[T element](op device.Reduction, x []T, step, n int) int {
	best, index := x[0], 0
	for i := 1; i < n && best == best; i++ {
		v := x[i*step]
		if v != v || op == device.ArgMax && v > best || op == device.ArgMin && v < best {
			best, index = v, i
		}
	}
	return index
}
