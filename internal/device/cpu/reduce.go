package cpu

import (
	"math"
	"unsafe"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/freelist"
	"github.com/lamina-ml/lamina/internal/kernel/vec"
	"github.com/lamina-ml/lamina/internal/pool"
)

// Reduce joins the elements of x over the dimensions that have size 1 in dst.
func (d *Device) Reduce(op device.Reduction, dst, x *device.Array) {
	if op == device.ArgMax || op == device.ArgMin {
		argReduce(op, dst, x)
		return
	}
	done := false
	switch {
	case x.DType == device.Float32 && dst.DType == device.Float32:
		done = rows[float32](op, dst, x)
	case x.DType == device.Float64 && dst.DType == device.Float64:
		done = rows[float64](op, dst, x)
	}
	if !done {
		reduceStaged(op, dst, x)
	}
}

// rows serves the shapes that matter most: all of x, its rows, or its columns, without gaps.
func rows[T float](op device.Reduction, dst, x *device.Array) bool {
	if !x.Dense || !dst.Dense || x.Size == 0 {
		return false
	}
	// Reduced dimensions are the last ones, or the first ones.
	split := x.Rank
	for split > 0 && dst.Dims[split-1] == 1 {
		split--
	}
	outer := 1
	for i := range split {
		if dst.Dims[i] != x.Dims[i] {
			outer = 0
		}
		outer *= x.Dims[i]
	}
	v, out := dense[T](x), dense[T](dst)
	if op != device.Sum && op != device.Max && op != device.Min {
		return false
	}
	if outer > 0 {
		reduceRows(op, out, v)
		return true
	}
	first := 0
	for first < x.Rank && dst.Dims[first] == 1 {
		first++
	}
	for i := first; i < split; i++ {
		if dst.Dims[i] != x.Dims[i] {
			return false
		}
	}
	if split < x.Rank { // the last ones too, as for channels: rows, and then columns of what they give
		tmp := roomFor[T](x.Size / product(x.Dims[split:x.Rank]))
		defer tmp.free()
		reduceRows(op, dense[T](&tmp.Array), v)
		v = dense[T](&tmp.Array)
	}
	if op == device.Sum {
		vec.ColumnSums(out, v)
		return true
	}
	n := len(out)
	copy(out, v)
	for i := n; i < len(v); i += n {
		if op == device.Max {
			vec.Max(out, out, v[i:i+n])
		} else {
			vec.Min(out, out, v[i:i+n])
		}
	}
	return true
}

func product(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

// reduceRows sets each element of out to the sum, or the largest or smallest element, of as long a row of x.
func reduceRows[T float](op device.Reduction, out, x []T) {
	tasks := &rowTasks[unsafe.Sizeof(out[0])/8]
	t, _ := tasks.Get().(*rowTask[T])
	if t == nil {
		t = new(rowTask[T])
	}
	n := len(x) / len(out)
	*t = rowTask[T]{op, out, x, n}
	pool.For(len(out), max(1, 2*grain/n), t)
	*t = rowTask[T]{}
	tasks.Put(t)
}

type rowTask[T float] struct {
	op     device.Reduction
	out, x []T
	n      int
}

var rowTasks [2]freelist.Any // for float32 and float64

// Run does rows i0 to i1.
func (t *rowTask[T]) Run(i0, i1 int) {
	for i := i0; i < i1; i++ {
		row := t.x[i*t.n : (i+1)*t.n]
		switch t.op {
		case device.Sum:
			t.out[i] = vec.Sum(row)
		case device.Max:
			t.out[i] = vec.MaxOf(row)
		case device.Min:
			t.out[i] = vec.MinOf(row)
		}
	}
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
	switch x.DType {
	case device.Float32:
		return extremeAt(op, from[float32](x)[at:], step, n)
	case device.Float64:
		return extremeAt(op, from[float64](x)[at:], step, n)
	case device.Int64:
		return extremeAt(op, from[int64](x)[at:], step, n)
	case device.Int32:
		return extremeAt(op, from[int32](x)[at:], step, n)
	case device.Uint8, device.Bool:
		return extremeAt(op, from[uint8](x)[at:], step, n)
	}
	return extremeHalf(op, x, at, step, n)
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
