package cpu

import (
	"math"

	"github.com/lamina-ml/lamina/internal/device"
)

// Reduce joins the elements of x over the dimensions that have size 1 in dst.
func (d *Device) Reduce(op device.Reduction, dst, x *device.Array) {
	if reduceDense(op, dst, x) || reduceEnds(op, dst, x) {
		return
	}
	if op == device.ArgMax || op == device.ArgMin {
		argReduce(op, dst, x)
		return
	}
	reduceStaged(op, dst, x)
}

// reduceStaged is the general case. Floats are summed in float64, in row-major order.
func reduceStaged(op device.Reduction, dst, x *device.Array) {
	s := scratches.Get()
	defer scratches.Put(s)
	// One element of dst at a time: inner walks what is reduced, outer what is kept.
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
			at := o.at[1] + i*o.step[1]
			if floats {
				acc := neutral(op)
				for l := plan(&inner, nil, nil, nil); l.left > 0; l.next() {
					for j := 0; j < l.n; j += chunk {
						v := s.f64[0][:min(chunk, l.n-j)]
						load(v, x, at+l.at[0]+j*l.step[0], l.step[0])
						acc = joinFloats(op, acc, v)
					}
				}
				s.f64[1][0] = acc
				store(dst, o.at[0]+i*o.step[0], 1, s.f64[1][:1])
				continue
			}
			acc := int64(neutral(op))
			switch op {
			case device.Max:
				acc = math.MinInt64
			case device.Min:
				acc = math.MaxInt64
			}
			if x.DType == device.Bool {
				acc = int64(bit(op == device.Min))
			}
			for l := plan(&inner, nil, nil, nil); l.left > 0; l.next() {
				for j := 0; j < l.n; j += chunk {
					v := s.i64[0][:min(chunk, l.n-j)]
					load(v, x, at+l.at[0]+j*l.step[0], l.step[0])
					acc = joinInts(op, acc, v)
				}
			}
			s.i64[1][0] = acc
			store(dst, o.at[0]+i*o.step[0], 1, s.i64[1][:1])
		}
	}
}

// neutral is what a reduction of nothing gives.
func neutral(op device.Reduction) float64 {
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

func joinFloats(op device.Reduction, acc float64, v []float64) float64 {
	for _, e := range v {
		switch op {
		case device.Sum:
			acc += e
		case device.SumSquares:
			acc += float64(e * e)
		case device.Prod:
			acc *= e
		case device.Max:
			acc = max(acc, e)
		case device.Min:
			acc = min(acc, e)
		}
	}
	return acc
}

func joinInts(op device.Reduction, acc int64, v []int64) int64 {
	for _, e := range v {
		switch op {
		case device.Sum:
			acc += e
		case device.Prod:
			acc *= e
		case device.Max:
			acc = max(acc, e)
		case device.Min:
			acc = min(acc, e)
		}
	}
	return acc
}

// argReduce finds the place of the extreme along the one dimension that is reduced.
func argReduce(op device.Reduction, dst, x *device.Array) {
	dim := -1
	for i := range x.Rank {
		if dst.Dims[i] != x.Dims[i] {
			dim = i
		}
	}
	if dim < 0 { // the dimension has size 1: there is one place
		fill(dst, int64(0))
		return
	}
	n, step := x.Dims[dim], x.Strides[dim]
	first := *x
	first.Dims[dim] = 1
	first.Refresh()
	out := from[int64](dst)
	for l := plan(dst, &first, nil, nil); l.left > 0; l.next() {
		for i := range l.n {
			out[l.at[0]+i*l.step[0]] = int64(argOf(op, x, l.at[1]+i*l.step[1], step, n))
		}
	}
}

func argOf(op device.Reduction, x *device.Array, at, step, n int) int {
	return types[x.DType].argOf(op, x, at, step, n)
}

// extremeAt returns the place of the first largest or smallest element; the first NaN wins over all.
func extremeAt[T element](op device.Reduction, x []T, step, n int) int {
	best, at := x[0], 0
	for i := 1; i < n && best == best; i++ {
		v := x[i*step]
		if v != v || op == device.ArgMax && v > best || op == device.ArgMin && v < best {
			best, at = v, i
		}
	}
	return at
}
