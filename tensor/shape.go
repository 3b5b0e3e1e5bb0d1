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

// Shape is the sizes of a tensor's dimensions, outermost first: a comparable value. The zero value is the shape of a single
// number.
type Shape struct {
	rank int
	dims [MaxRank]int
}

// ShapeOf returns the shape with the given sizes. It panics on a negative size and on more than MaxRank dimensions.
func ShapeOf(dims ...int) Shape {
	if len(dims) > MaxRank {
		fail("shape", "at most "+strconv.Itoa(MaxRank)+" dimensions are possible, got "+strconv.Itoa(len(dims)))
	}
	s := Shape{rank: len(dims)}
	copy(s.dims[:], dims)
	return s.checkSize("shape")
}

// sized returns s. It panics where a size is negative and where there are more elements than an address can count. Every op that
// computes a shape from others, which the error names, passes it through here.
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

// times returns a·b for sizes, the largest integer where the product is larger: sized refuses that.
func saturatingMul(a, b int) int {
	if a > 0 && b > math.MaxInt/a {
		return math.MaxInt
	}
	return a * b
}

// plus returns a + b, the largest integer where the sum is larger.
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

// With returns s with another size of dimension i; negative i counts from the end.
func (s Shape) With(i, size int) Shape {
	s.dims[s.axis("shape", i)] = size
	return s
}

// Size returns the number of elements, 1 for a single number.
func (s Shape) Size() int {
	n := 1
	for _, d := range s.dims[:s.rank] {
		n *= d
	}
	return n
}

// Dims returns the sizes as a new slice.
func (s Shape) Dims() []int { return append([]int(nil), s.dims[:s.rank]...) }

// hostSlice is make([]T, n). It panics with a typed error where n is negative or beyond the host's memory, which would end the process.
func hostSlice[T any](op string, n int, shapes ...Shape) []T {
	if n < 0 || saturatingMul(n, int(unsafe.Sizeof(*new(T)))) > cpu.MachineMemory() {
		fail(op, fmt.Sprintf("%d elements of %T do not fit into memory", n, *new(T)), shapes...)
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

// axis maps a dimension's number, negative from the end, to 0 … rank−1.
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

// axisOrNumber is axis for operations that take a single number for a vector of one element: its dimensions 0 and −1 exist.
func (s Shape) axisOrNumber(op string, i int) int {
	if s.rank == 0 && (i == 0 || i == -1) {
		return 0
	}
	return s.axis(op, i)
}

// axes maps several dimensions' numbers to a set; none means all. A single number counts as a vector.
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

// broadcast returns the shape that a and b stretch to: aligned at the last dimension, sizes of 1 stretch.
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
