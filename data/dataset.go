package data

import (
	"fmt"
	"unsafe"

	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// Dataset is a map-style dataset, torch.utils.data.Dataset: samples with indices 0 to Len()−1, which all have the
// same fields.
//
// A loader with workers calls Read from several goroutines concurrently.
type Dataset interface {
	// Len returns the number of samples.
	Len() int
	// Fields returns the type and shape of each array in a sample. Field 0 becomes [Batch].X, and field 1 (optional)
	// [Batch].Y.
	Fields() []Field
	// Read writes sample i, 0 ≤ i < Len(), into s, whose memory is filled with zeros before the call.
	Read(i int, s *Sample) error
}

// Field describes one array in every sample of a dataset.
type Field struct {
	DType tensor.DType
	Shape tensor.Shape // of one sample, without the batch dimension; the zero value is a scalar
}

// bytes returns the field's size in one sample, in bytes.
func (f Field) bytes() int { return f.Shape.Size() * f.DType.Size() }

// Sample is the memory of one sample that a dataset's Read fills: one row of a batch. It is valid until that call of
// Read returns.
type Sample struct {
	columns []column
	row     int
	index   int
	epoch   int
	seed    uint64
}

// column is the memory of one field for all samples of a batch.
type column struct {
	Field
	size int // bytes in one sample
	raw  []byte

	set  bool // dims hold the shape in the current batch
	rank int
	dims [tensor.MaxRank + 1]int
}

// NewSample returns zeroed memory for one sample of a [Dataset] or a [Stream], to read samples without a loader.
// Nothing clears the memory between two calls of Read; make a new Sample if the dataset relies on zeros.
func NewSample(ds interface{ Fields() []Field }) *Sample {
	return &Sample{columns: newColumns(ds.Fields(), 1)}
}

func newColumns(fields []Field, rows int) []column {
	columns := make([]column, len(fields))
	for i, f := range fields {
		size := f.bytes()
		columns[i] = column{Field: f, size: size, raw: tensor.HostBytes(rows * size)}
	}
	return columns
}

// Index returns the sample's index in the loader's dataset. It differs from the argument of Read if one dataset wraps
// another, as [Subset] does. In a stream it is the number of samples read before in this pass.
func (s *Sample) Index() int { return s.index }

// Random returns a random number generator for augmentation. Its stream depends on the pass's seed, its epoch and the
// sample's index, and not on the worker that reads the sample.
func (s *Sample) Random() rng.Keyed {
	return rng.NewKeyed(s.seed, uint32(s.epoch), uint64(s.index))
}

// Bytes returns a field's elements as raw bytes, little-endian and in row-major order.
func (s *Sample) Bytes(field int) []byte {
	c := &s.columns[field]
	return c.raw[s.row*c.size:][:c.size:c.size]
}

// Float32 returns the elements of a float32 field, in row-major order. It panics if the field has another type.
func (s *Sample) Float32(field int) []float32 { return values[float32](s, field, tensor.Float32) }

// Float64 returns the elements of a float64 field, as Float32 does.
func (s *Sample) Float64(field int) []float64 { return values[float64](s, field, tensor.Float64) }

// Int64 returns the elements of an int64 field, as Float32 does.
func (s *Sample) Int64(field int) []int64 { return values[int64](s, field, tensor.Int64) }

// Int32 returns the elements of an int32 field, as Float32 does.
func (s *Sample) Int32(field int) []int32 { return values[int32](s, field, tensor.Int32) }

// Int16 returns the elements of an int16 field, as Float32 does.
func (s *Sample) Int16(field int) []int16 { return values[int16](s, field, tensor.Int16) }

// Int8 returns the elements of an int8 field, as Float32 does.
func (s *Sample) Int8(field int) []int8 { return values[int8](s, field, tensor.Int8) }

// Uint8 returns the elements of a uint8 field, as Float32 does.
func (s *Sample) Uint8(field int) []uint8 { return values[uint8](s, field, tensor.Uint8) }

func values[T any](s *Sample, field int, dt tensor.DType) []T {
	checkType("Sample", s.columns, field, dt)
	return elements[T](s.Bytes(field))
}

func checkType(op string, columns []column, field int, dt tensor.DType) {
	if got := columns[field].DType; got != dt {
		fail(op, fmt.Sprintf("field %d is %s, not %s", field, got, dt))
	}
}

// elements returns aligned raw bytes as a slice of T.
func elements[T any](b []byte) []T {
	if len(b) == 0 {
		return nil
	}
	return unsafe.Slice((*T)(unsafe.Pointer(&b[0])), len(b)/int(unsafe.Sizeof(*new(T))))
}

// fail panics with a *tensor.Error.
func fail(op, msg string) { panic(&tensor.Error{Op: "data." + op, Msg: msg}) }
