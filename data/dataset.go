package data

import (
	"fmt"
	"unsafe"

	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// Dataset is a numbered collection of samples that all have the same form. A type with these three methods is one; see the
// example.
//
// A loader with workers calls Read from several goroutines at once.
type Dataset interface {
	// Len returns the number of samples.
	Len() int
	// Fields describes what each sample holds: field 0 becomes [Batch].X, field 1, if there is one, [Batch].Y.
	Fields() []Field
	// Read writes sample i, 0 ≤ i < Len(), into the memory of s, which arrives filled with zeros.
	Read(i int, s *Sample) error
}

// Field describes one array in every sample of a dataset.
type Field struct {
	DType tensor.DType
	Shape tensor.Shape // of one sample; the zero value is a single number
}

// bytes returns the memory that the field takes in one sample.
func (f Field) bytes() int { return f.Shape.Size() * f.DType.Size() }

// Sample is where a dataset writes one sample: a row in the memory of a batch that is being put together. It is good during
// the call of Read that it is given to.
type Sample struct {
	columns []column
	row     int
	index   int
	epoch   int
	seed    uint64
}

// A column is the memory of one field in the samples of a batch, usually one behind the other.
type column struct {
	Field
	size int // bytes in one sample
	raw  []byte

	set  bool // dims are those of the batch under way
	rank int
	dims [tensor.MaxRank + 1]int
}

// NewSample returns memory for one sample of a [Dataset] or a [Stream], to read samples without a loader. What is in it stays
// there: a Read that is to find zeros gets a new one.
func NewSample(ds interface{ Fields() []Field }) *Sample {
	return &Sample{columns: newColumns(ds.Fields(), 1)}
}

func newColumns(fields []Field, rows int) []column {
	columns := make([]column, len(fields))
	for i, f := range fields {
		size := f.bytes()
		columns[i] = column{Field: f, size: size, raw: hostMemory(rows * size)}
	}
	return columns
}

// hostMemory returns zeroed bytes, aligned to 64 of them: tensors can lie there.
func hostMemory(n int) []byte {
	if n == 0 {
		return nil
	}
	buf := make([]byte, n+64)
	skip := int(-uintptr(unsafe.Pointer(&buf[0])) & 63)
	return buf[skip : skip+n : skip+n]
}

// Index returns the sample's number in the loader's dataset. Where a dataset passes Read on to another one, such as [Subset]
// does, that number differs from the one that Read was called with. In a stream it counts the samples of the pass.
func (s *Sample) Index() int { return s.index }

// Random returns the random numbers of this sample in this pass, for augmentation: a stream that depends on the pass's seed,
// its epoch and the sample's index, and not on the worker that reads the sample.
func (s *Sample) Random() rng.Keyed {
	return rng.NewKeyed(s.seed, uint32(s.epoch), uint64(s.index))
}

// Bytes returns the memory of a field as raw elements, little-endian and in row-major order.
func (s *Sample) Bytes(field int) []byte {
	c := &s.columns[field]
	return c.raw[s.row*c.size:][:c.size:c.size]
}

// Float32 returns the elements of a float32 field, in row-major order. It panics where the field has another type.
func (s *Sample) Float32(field int) []float32 { return values[float32](s, field, tensor.Float32) }

// Float64 returns the elements of a float64 field.
func (s *Sample) Float64(field int) []float64 { return values[float64](s, field, tensor.Float64) }

// Int64 returns the elements of an int64 field.
func (s *Sample) Int64(field int) []int64 { return values[int64](s, field, tensor.Int64) }

// Int32 returns the elements of an int32 field.
func (s *Sample) Int32(field int) []int32 { return values[int32](s, field, tensor.Int32) }

// Uint8 returns the elements of a uint8 field.
func (s *Sample) Uint8(field int) []uint8 { return values[uint8](s, field, tensor.Uint8) }

func values[T any](s *Sample, field int, dt tensor.DType) []T {
	checkType("Sample", s.columns, field, dt)
	return numbers[T](s.Bytes(field))
}

func checkType(op string, columns []column, field int, dt tensor.DType) {
	if got := columns[field].DType; got != dt {
		fail(op, fmt.Sprintf("field %d is %s, not %s", field, got, dt))
	}
}

// numbers returns raw elements, which lie aligned, as a slice of T.
func numbers[T any](b []byte) []T {
	if len(b) == 0 {
		return nil
	}
	return unsafe.Slice((*T)(unsafe.Pointer(&b[0])), len(b)/int(unsafe.Sizeof(*new(T))))
}

// fail panics with a programmer's mistake.
func fail(op, msg string) { panic(&tensor.Error{Op: "data." + op, Msg: msg}) }
