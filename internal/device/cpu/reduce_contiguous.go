package cpu

import (
	stdbytes "bytes"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/freelist"
	"github.com/lamina-ml/lamina/internal/kernel/vec"
	"github.com/lamina-ml/lamina/internal/pool"
)

// Reductions of contiguous arrays over neighbouring dimensions: x is (outer, n, inner), and dst (outer, inner).

// reducedShape returns x's shape as (outer, n, inner), where n is the product of the reduced dimensions. ok is false if
// the arrays are not contiguous or the reduced dimensions are not neighbours.
func reducedShape(dst, x *device.Array) (outer, n, inner int, ok bool) {
	if !x.Contiguous || !dst.Contiguous || x.Size == 0 || dst.Size == 0 {
		return 0, 0, 0, false
	}
	lo, hi := 0, x.Rank
	for lo < hi && dst.Dims[lo] == x.Dims[lo] {
		lo++
	}
	for lo < hi && dst.Dims[hi-1] == x.Dims[hi-1] {
		hi--
	}
	outer, n, inner = 1, 1, 1
	for i, d := range x.Dims[:x.Rank] {
		switch {
		case i < lo:
			outer *= d
		case i >= hi:
			inner *= d
		case dst.Dims[i] != 1:
			return 0, 0, 0, false
		default:
			n *= d
		}
	}
	return outer, n, inner, true
}

// reducer has the loops of a reduction of elements of type T to type D.
type reducer[D, T any] struct {
	rows     func(dst []D, x []T)             // dst[i] from row i of x, which has as many rows as dst has elements
	columns  func(dst []D, x []T, stride int) // dst[j] from x[j], x[stride + j], x[2·stride + j], …
	minInner int                              // the smallest inner size for columns to be faster than reduceStaged
	parallel bool                             // columns takes all columns, and splits them among goroutines itself
	tasks    freelist.List[reduceTask[D, T]]
}

func (r *reducer[D, T]) run(dst, x *device.Array) bool {
	outer, n, inner, ok := reducedShape(dst, x)
	if !ok || inner > 1 && (r.columns == nil || inner < r.minInner) {
		return false
	}
	t := r.tasks.Get()
	*t = reduceTask[D, T]{r, elements[D](dst), elements[T](x), n, inner}
	units, size := outer, n
	if inner > 1 {
		units *= t.strips()
		size *= min(inner, t.strip())
	}
	pool.For(units, max(1, 2*grain/size), t)
	*t = reduceTask[D, T]{}
	r.tasks.Put(t)
	return true
}

type reduceTask[D, T any] struct {
	*reducer[D, T]
	out      []D
	x        []T
	n, inner int
}

func (t *reduceTask[D, T]) strips() int { return (t.inner + t.strip() - 1) / t.strip() }

// strip returns the number of columns that a goroutine takes at a time: enough for a call of a kernel per row.
func (t *reduceTask[D, T]) strip() int {
	if t.parallel {
		return t.inner
	}
	return 4 * chunk
}

// Run computes rows i0 to i1 or, if inner > 1, the strips of columns i0 to i1.
func (t *reduceTask[D, T]) Run(i0, i1 int) {
	if t.inner == 1 {
		t.rows(t.out[i0:i1], t.x[i0*t.n:i1*t.n])
		return
	}
	for i := i0; i < i1; i++ {
		outer, lo := i/t.strips(), i%t.strips()*t.strip()
		hi := min(lo+t.strip(), t.inner)
		t.columns(t.out[outer*t.inner+lo:outer*t.inner+hi], t.x[outer*t.n*t.inner+lo:((outer+1)*t.n-1)*t.inner+hi],
			t.inner)
	}
}

// eachRow returns a loop that calls f for each row.
func eachRow[D, T any](f func(row []T) D) func(dst []D, x []T) {
	return func(dst []D, x []T) {
		n := len(x) / len(dst)
		for i := range dst {
			dst[i] = f(x[i*n : (i+1)*n])
		}
	}
}

// reducers are the reductions of one type of floats.
type reducers[T float] struct {
	sum, mean, squares, norm, product, largest, smallest reducer[T, T]
	argMax, argMin                                       reducer[int64, T]
}

func (r *reducers[T]) run(op device.Reduction, dst, x *device.Array) bool {
	switch op {
	case device.Sum:
		return r.sum.run(dst, x)
	case device.Mean:
		return r.mean.run(dst, x)
	case sumSquares:
		return r.squares.run(dst, x)
	case device.Norm:
		return r.norm.run(dst, x)
	case device.Prod:
		return r.product.run(dst, x)
	case device.Max:
		return r.largest.run(dst, x)
	case device.Min:
		return r.smallest.run(dst, x)
	case device.ArgMax:
		return r.argMax.run(dst, x)
	case device.ArgMin:
		return r.argMin.run(dst, x)
	}
	return false
}

func reducersOf[T float](products func(dst, x []T)) *reducers[T] {
	return &reducers[T]{
		sum:      reducer[T, T]{rows: vec.SumRows[T], columns: columnSums[T], parallel: true},
		mean:     reducer[T, T]{rows: meansOf[T], columns: columnMeans[T], parallel: true},
		squares:  reducer[T, T]{rows: vec.SumSquaresRows[T], columns: columnsInFloat64(0, addSquares[T], nil)},
		norm:     reducer[T, T]{rows: normsOf[T], columns: columnsInFloat64(0, addSquares[T], normFrom[T])},
		product:  reducer[T, T]{rows: products, columns: columnsInFloat64(1, multiply[T], nil)},
		largest:  reducer[T, T]{rows: eachRow(vec.MaxOf[T]), columns: columnReduce(vec.Max[T])},
		smallest: reducer[T, T]{rows: eachRow(vec.MinOf[T]), columns: columnReduce(vec.Min[T])},
		argMax: reducer[int64, T]{rows: eachRow(asInt64(vec.ArgMax[T])), columns: columnArgExtreme[T](vec.LessEq),
			minInner: minColumns},
		argMin: reducer[int64, T]{rows: eachRow(asInt64(vec.ArgMin[T])), columns: columnArgExtreme[T](vec.GreaterEq),
			minInner: minColumns},
	}
}

// minColumns is the smallest number of columns for which a call of a kernel per row pays.
const minColumns = 16

var (
	floats32 = reducersOf(vec.ProductRows[float32])
	floats64 = reducersOf(eachRow(productOf[float64]))
	products = reducer[int64, int64]{rows: eachRow(productOf[int64])}
	anyOf    = reducer[uint8, uint8]{rows: eachRow(anyTrue), columns: columnLogical(vec.Or), minInner: minColumns}
	allOf    = reducer[uint8, uint8]{rows: eachRow(allTrue), columns: columnLogical(vec.And), minInner: minColumns}
)

// reduceContiguous computes the reduction and returns true if it has a loop for x; else it returns false.
func reduceContiguous(op device.Reduction, dst, x *device.Array) bool {
	switch {
	case x.DType == device.Float32 || x.DType == device.Float64:
		return reduceFloatRows(op, dst, x)
	case x.DType == device.Int64 && op == device.Prod:
		return products.run(dst, x)
	case op == device.Sum && types[x.DType].sum != nil:
		return types[x.DType].sum(dst, x)
	case x.DType == device.Bool && op == device.Max:
		return anyOf.run(dst, x)
	case x.DType == device.Bool && op == device.Min:
		return allOf.run(dst, x)
	}
	return false
}

// reduceFloatRows is reduceContiguous for float32 and float64. It does not use the table of types, through which arrays
// would escape.
func reduceFloatRows(op device.Reduction, dst, x *device.Array) bool {
	if x.DType == device.Float32 {
		return floats32.run(op, dst, x)
	}
	return floats64.run(op, dst, x)
}

// reduceFirstAndLast reduces the last dimensions and then the first ones, as a reduction to channels does.
func reduceFirstAndLast(op device.Reduction, dst, x *device.Array) bool {
	switch op {
	case device.Sum, device.Mean, device.Norm, device.Max, device.Min:
	default: // intermediate products may overflow
		return false
	}
	last := x.Rank
	for last > 0 && dst.Dims[last-1] == 1 {
		last--
	}
	if x.DType != device.Float32 && x.DType != device.Float64 || last == 0 || last == x.Rank || !x.Contiguous {
		return false
	}
	dims, n := dst.Dims, 1
	for i, d := range x.Dims[:last] {
		dims[i] = d
		n *= d
	}
	temp := newTemp[float64](n)
	rows := device.Array{Mem: temp.Mem, DType: x.DType}
	rows.SetContiguous(dims[:x.Rank])
	if _, _, _, ok := reducedShape(dst, &rows); !ok {
		temp.free()
		return false
	}
	// A mean and a norm are sums, followed by a step that rounds once.
	first, second := op, op
	switch op {
	case device.Mean:
		first, second = device.Sum, device.Sum
	case device.Norm:
		first, second = sumSquares, device.Sum
	}
	done := reduceFloatRows(first, &rows, x)
	if done {
		reduceFloatRows(second, dst, &rows)
	}
	temp.free()
	if !done || first == op {
		return done
	}
	if x.DType == device.Float32 {
		return finish(op, elements[float32](dst), x.Size/dst.Size)
	}
	return finish(op, elements[float64](dst), x.Size/dst.Size)
}

func columnSums[T float](dst, x []T, _ int) { vec.ColumnSums(dst, x) }

func multiply[T float](acc []float64, x []T) {
	for j, v := range x {
		acc[j] *= float64(v)
	}
}

func columnReduce[T float](combine func(dst, a, b []T)) func(dst, x []T, stride int) {
	return func(dst, x []T, stride int) {
		copy(dst, x)
		for i := stride; i < len(x); i += stride {
			combine(dst, dst, x[i:i+len(dst)])
		}
	}
}

// columnsInFloat64 returns a loop that reduces columns in float64, row by row in order: accumulate adds a row to the
// totals. finish, if not nil, computes the result from a total and its column.
func columnsInFloat64[T float](
	start float64, accumulate func(acc []float64, x []T), finish func(total float64, column []T, stride int) T,
) func(dst, x []T, stride int) {
	return func(dst, x []T, stride int) {
		s := scratches.Get()
		for lo := 0; lo < len(dst); lo += chunk {
			d := dst[lo:min(lo+chunk, len(dst))]
			acc := s.f64[0][:len(d)]
			for j := range acc {
				acc[j] = start
			}
			for i := lo; i < len(x); i += stride {
				accumulate(acc, x[i:i+len(d)])
			}
			for j, v := range acc {
				if finish == nil {
					d[j] = T(v)
				} else {
					d[j] = finish(v, x[lo+j:], stride)
				}
			}
		}
		scratches.Put(s)
	}
}

// productOf multiplies in four independent chains, which the processor computes in parallel.
func productOf[T float | int64](x []T) T {
	a, b, c, d := T(1), T(1), T(1), T(1)
	for ; len(x) >= 4; x = x[4:] {
		a *= x[0]
		b *= x[1]
		c *= x[2]
		d *= x[3]
	}
	for _, v := range x {
		a *= v
	}
	return a * b * (c * d)
}

// anyTrue and allTrue search for a byte, since a bool is stored as 0 or 1. bytes.IndexByte is the fastest loop for
// that.
func anyTrue(x []uint8) uint8 { return uint8(bit(stdbytes.IndexByte(x, 1) >= 0)) }
func allTrue(x []uint8) uint8 { return uint8(bit(stdbytes.IndexByte(x, 0) < 0)) }

func columnLogical(combine func(dst, a, b []bool)) func(dst, x []uint8, stride int) {
	return func(dst, x []uint8, stride int) {
		copy(dst, x)
		d := asBools(dst)
		for i := stride; i < len(x); i += stride {
			combine(d, d, asBools(x[i:i+len(d)]))
		}
	}
}

func asInt64[T any](f func(row []T) int) func(row []T) int64 {
	return func(row []T) int64 { return int64(f(row)) }
}

// columnArgExtreme returns a loop that keeps the best element of each column and its row. Few rows have a better
// element, so a kernel compares a whole row first. notBetter is false for NaN, so that NaN is found too.
func columnArgExtreme[T float](notBetter vec.Comparison) func(dst []int64, x []T, stride int) {
	return func(dst []int64, x []T, stride int) {
		s := scratches.Get()
		for lo := 0; lo < len(dst); lo += chunk {
			d := dst[lo:min(lo+chunk, len(dst))]
			best, mask := scratchBuffer[T](s, 0)[:len(d)], scratchBuffer[uint8](s, 1)[:len(d)]
			copy(best, x[lo:])
			clear(d)
			for i := 1; lo+i*stride < len(x); i++ {
				row := x[lo+i*stride:][:len(d)]
				vec.Compare(asBools(mask), notBetter, row, best)
				for j := stdbytes.IndexByte(mask, 0); j >= 0; {
					if best[j] == best[j] { // the first NaN is the result
						best[j], d[j] = row[j], int64(i)
					}
					next := stdbytes.IndexByte(mask[j+1:], 0)
					if next < 0 {
						break
					}
					j += 1 + next
				}
			}
		}
		scratches.Put(s)
	}
}
