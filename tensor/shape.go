package tensor

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unsafe"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/device/cpu"
)

// MaxRank is the largest number of dimensions of a tensor.
const MaxRank = device.MaxRank

// Shape is the sizes of a tensor's dimensions, outermost first: a comparable value. The zero value is the shape of a
// tensor without dimensions, which has one element.
type Shape struct {
	rank int
	dims [MaxRank]int
}

// ShapeOf returns the shape with the given sizes. It panics for a negative size, for more than MaxRank dimensions, and
// for more elements than memory can hold.
func ShapeOf(dims ...int) Shape {
	if len(dims) > MaxRank {
		fail("shape", "at most "+strconv.Itoa(MaxRank)+" dimensions are possible, got "+strconv.Itoa(len(dims)))
	}
	s := Shape{rank: len(dims)}
	copy(s.dims[:], dims)
	return s.checkSize("shape")
}

// checkSize returns s. It panics if a size is negative or if there are more elements than memory can address. Every op
// that computes a shape from the shapes from calls it; the error names op and from.
func (s Shape) checkSize(op string, from ...Shape) Shape {
	n := 1
	for _, d := range s.dims[:s.rank] {
		if d < 0 {
			fail(op, "negative size "+strconv.Itoa(d), from...)
		}
		if d > math.MaxInt/8/n {
			if len(from) == 0 {
				fail(op, "more elements than memory can hold", s)
			}
			fail(op, "more elements than memory can hold in the result "+s.String(), from...)
		}
		n *= max(d, 1)
	}
	return s
}

// saturatingMul returns a·b for sizes, or the largest int if the product overflows; checkSize rejects that.
func saturatingMul(a, b int) int {
	if a > 0 && b > math.MaxInt/a {
		return math.MaxInt
	}
	return a * b
}

// saturatingAdd returns a + b, or the largest int if the sum overflows.
func saturatingAdd(a, b int) int {
	if b > 0 && a > math.MaxInt-b {
		return math.MaxInt
	}
	return a + b
}

// Rank returns the number of dimensions.
func (s Shape) Rank() int { return s.rank }

// Dim returns the size of dimension i; negative i counts from the end.
func (s Shape) Dim(i int) int { return s.dims[s.axis("shape", i)] }

// With returns s with the given size of dimension i; negative i counts from the end.
func (s Shape) With(i, size int) Shape {
	s.dims[s.axis("shape", i)] = size
	return s
}

// Size returns the number of elements, 1 for a shape without dimensions.
func (s Shape) Size() int {
	n := 1
	for _, d := range s.dims[:s.rank] {
		n *= d
	}
	return n
}

// Dims returns the sizes as a new slice.
func (s Shape) Dims() []int { return append([]int(nil), s.dims[:s.rank]...) }

// HostBytes returns n zeroed bytes of the host's memory, aligned to 64 bytes, so that [Scope.WrapBytes] takes them without
// a copy. It panics with an *Error, whose cause is [ErrOutOfMemory], if there is not so much memory.
func HostBytes(n int) []byte {
	const align = 64
	buf := hostSlice[byte]("HostBytes", n+align)
	skip := int(-uintptr(unsafe.Pointer(&buf[0])) & (align - 1))
	return buf[skip : skip+n : skip+n]
}

// hostSlice is make([]T, n). It panics with an *Error if n is negative or the slice exceeds the host's memory, which
// would otherwise end the process.
func hostSlice[T any](op string, n int, shapes ...Shape) []T {
	if n < 0 {
		fail(op, fmt.Sprintf("%d elements of %T do not fit into memory", n, *new(T)), shapes...)
	}
	if err := cpu.CheckMemory(saturatingMul(n, int(unsafe.Sizeof(*new(T))))); err != nil {
		failAlloc(op, err, shapes...)
	}
	return make([]T, n)
}

// String returns a form such as "(32, 784)".
func (s Shape) String() string {
	var b strings.Builder
	b.WriteByte('(')
	for i, d := range s.dims[:s.rank] {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(strconv.Itoa(d))
	}
	if s.rank == 1 {
		b.WriteByte(',')
	}
	b.WriteByte(')')
	return b.String()
}

// axis maps the number of a dimension, negative from the end, to 0 … rank−1. It panics if there is no such dimension.
func (s Shape) axis(op string, i int) int {
	j := i
	if j < 0 {
		j += s.rank
	}
	if j < 0 || j >= s.rank {
		fail(op, fmt.Sprintf("dimension %d does not exist", i), s)
	}
	return j
}

// axisOrNumber is axis for operations that treat a tensor without dimensions as a vector of one element: dimensions 0
// and −1 exist.
func (s Shape) axisOrNumber(op string, i int) int {
	if s.rank == 0 && (i == 0 || i == -1) {
		return 0
	}
	return s.axis(op, i)
}

// axes maps the numbers of several dimensions to a set; no numbers mean all dimensions. A tensor without dimensions
// counts as a vector.
func (s Shape) axes(op string, dims []int) (set [MaxRank]bool) {
	if len(dims) == 0 {
		for i := range s.rank {
			set[i] = true
		}
		return set
	}
	for _, d := range dims {
		i := s.axisOrNumber(op, d)
		if set[i] {
			fail(op, fmt.Sprintf("dimension %d is given twice", d), s)
		}
		set[i] = true
	}
	return set
}

// broadcast returns the shape to which a and b broadcast: aligned at the last dimension, sizes of 1 are expanded.
func broadcast(op string, a, b Shape) Shape {
	if a == b {
		return a
	}
	out := a
	if b.rank > a.rank {
		out = b
	}
	for i := 1; i <= min(a.rank, b.rank); i++ {
		da, db := a.dims[a.rank-i], b.dims[b.rank-i]
		switch {
		case da == db || db == 1:
			out.dims[out.rank-i] = da
		case da == 1:
			out.dims[out.rank-i] = db
		default:
			fail(op, "shapes do not broadcast", a, b)
		}
	}
	return out.checkSize(op, a, b)
}
