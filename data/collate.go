package data

import (
	"errors"
	"fmt"
	"slices"

	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// Collator is a dataset that builds whole batches itself: PyTorch's collate_fn. Use one for batches that are more
// than stacked samples: sequences padded to the longest of the batch, negative examples drawn for each batch, one
// read for many samples. A batch has the dataset's number of fields with their types, and any shapes. A loader then
// calls Collate instead of Read. A loader of a [Subset] of a Collator calls the Collator too; a loader of a [Concat]
// calls Read.
//
// A loader with workers calls Collate from several goroutines concurrently.
type Collator interface {
	Dataset
	// Collate writes the samples with these indices as one batch into b. Return a [*SampleError] for an error that
	// concerns one sample.
	Collate(indices []int64, b *RawBatch) error
}

// RawBatch is the memory of a batch that a [Collator] fills. The loader owns the memory, reuses it, and clears it
// before each call.
type RawBatch struct {
	columns []column
	seed    uint64
	epoch   int
	mapped  []int64 // scratch of subsetCollator
}

// Random returns a random number generator for the sample with that index; see [Sample.Random].
func (b *RawBatch) Random(index int64) rng.Keyed {
	return rng.NewKeyed(b.seed, uint32(b.epoch), uint64(index))
}

// Bytes sets the shape of a field in this batch and returns its elements as raw bytes, little-endian and in row-major
// order.
func (b *RawBatch) Bytes(field int, dims ...int) []byte {
	c := &b.columns[field]
	shape := tensor.ShapeOf(dims...)
	c.set, c.rank = true, len(dims)
	copy(c.dims[:], dims)
	n := shape.Size() * c.DType.Size()
	if len(c.raw) < n {
		c.raw = tensor.HostBytes(n)
	} else {
		clear(c.raw[:n])
	}
	return c.raw[:n:n]
}

// Float32 sets the shape of a float32 field in this batch and returns its elements, in row-major order. It panics if
// the field has another type.
func (b *RawBatch) Float32(field int, dims ...int) []float32 {
	checkType("RawBatch", b.columns, field, tensor.Float32)
	return elements[float32](b.Bytes(field, dims...))
}

// Float64 is Float32 for a float64 field.
func (b *RawBatch) Float64(field int, dims ...int) []float64 {
	checkType("RawBatch", b.columns, field, tensor.Float64)
	return elements[float64](b.Bytes(field, dims...))
}

// Int64 is Float32 for an int64 field.
func (b *RawBatch) Int64(field int, dims ...int) []int64 {
	checkType("RawBatch", b.columns, field, tensor.Int64)
	return elements[int64](b.Bytes(field, dims...))
}

// Int32 is Float32 for an int32 field.
func (b *RawBatch) Int32(field int, dims ...int) []int32 {
	checkType("RawBatch", b.columns, field, tensor.Int32)
	return elements[int32](b.Bytes(field, dims...))
}

// Int16 is Float32 for an int16 field.
func (b *RawBatch) Int16(field int, dims ...int) []int16 {
	checkType("RawBatch", b.columns, field, tensor.Int16)
	return elements[int16](b.Bytes(field, dims...))
}

// Int8 is Float32 for an int8 field.
func (b *RawBatch) Int8(field int, dims ...int) []int8 {
	checkType("RawBatch", b.columns, field, tensor.Int8)
	return elements[int8](b.Bytes(field, dims...))
}

// Uint8 is Float32 for a uint8 field.
func (b *RawBatch) Uint8(field int, dims ...int) []uint8 {
	checkType("RawBatch", b.columns, field, tensor.Uint8)
	return b.Bytes(field, dims...)
}

// collatorOf returns ds itself if it is a Collator, a subsetCollator for a subset of one, and nil otherwise.
func collatorOf(ds Dataset) Collator {
	if s, ok := ds.(*Subset); ok {
		if inner := collatorOf(s.ds); inner != nil {
			return subsetCollator{s, inner}
		}
		return nil
	}
	c, _ := ds.(Collator)
	return c
}

type subsetCollator struct {
	*Subset
	inner Collator
}

// Collate calls the inner collator with the inner dataset's indices. A SampleError gets the subset's index.
func (s subsetCollator) Collate(indices []int64, b *RawBatch) error {
	from := len(b.mapped)
	for _, i := range indices {
		b.mapped = append(b.mapped, s.indices[i])
	}
	mapped := b.mapped[from:]
	err := s.inner.Collate(mapped, b)
	b.mapped = b.mapped[:from]
	if bad := (*SampleError)(nil); errors.As(err, &bad) {
		if at := slices.Index(mapped, int64(bad.Index)); at >= 0 {
			return &SampleError{int(indices[at]), bad.Err}
		}
	}
	return err
}

func (q *datasetSource) collate(s *batchBuffer) {
	for i := range s.raw.columns {
		s.raw.columns[i].set = false
	}
	s.sample.index = -1
	s.raw.mapped = s.raw.mapped[:0]
	if err := q.collator.Collate(s.indices, &s.raw); err != nil {
		if bad := (*SampleError)(nil); errors.As(err, &bad) {
			s.err = err
		} else {
			s.err = fmt.Errorf("data: collating samples %v: %w", slices.Clone(s.indices), err)
		}
		return
	}
	for i := range s.raw.columns {
		if !s.raw.columns[i].set {
			fail("Collate", fmt.Sprintf("field %d was not written, want all fields", i))
		}
	}
}
