package data

import (
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// Collator is a dataset that puts batches together itself, where they are more than their samples one above the other: sequences
// of different lengths, padded to the longest; negative examples drawn for each batch; one read for many samples. It is PyTorch's
// collate_fn. Read and the fields' shapes then serve only those who read single samples; a batch has as many fields, of the same
// types. A [Subset] of a Collator is collated by it; a [Concat] reads single samples.
//
// A loader with workers calls Collate from several goroutines at once.
type Collator interface {
	Dataset
	// Collate writes the samples with these indices as one batch into b. An error that concerns one sample is best a
	// [*SampleError].
	Collate(indices []int64, b *RawBatch) error
}

// RawBatch is where a [Collator] writes a batch. The memory is the loader's and is used again; it arrives filled with zeros.
type RawBatch struct {
	columns []column
	seed    uint64
	epoch   int
	mapped  []int64 // scratch of subsets
}

// Random returns the random numbers of a sample in this pass; see [Sample.Random].
func (b *RawBatch) Random(index int64) rng.Keyed {
	return rng.NewKeyed(b.seed, uint32(b.epoch), uint64(index))
}

// Bytes sets the shape of a field in this batch and returns its elements as raw bytes, little-endian and in row-major order.
func (b *RawBatch) Bytes(field int, dims ...int) []byte {
	c := &b.columns[field]
	shape := tensor.ShapeOf(dims...)
	c.set, c.rank = true, len(dims)
	copy(c.dims[:], dims)
	n := shape.Size() * c.DType.Size()
	if len(c.raw) < n {
		c.raw = hostMemory(n)
	} else {
		clear(c.raw[:n])
	}
	return c.raw[:n:n]
}

// Float32 sets the shape of a float32 field in this batch and returns its elements, in row-major order. It panics where the
// field has another type.
func (b *RawBatch) Float32(field int, dims ...int) []float32 {
	checkType("RawBatch", b.columns, field, tensor.Float32)
	return numbers[float32](b.Bytes(field, dims...))
}

// Float64 is Float32 for a float64 field.
func (b *RawBatch) Float64(field int, dims ...int) []float64 {
	checkType("RawBatch", b.columns, field, tensor.Float64)
	return numbers[float64](b.Bytes(field, dims...))
}

// Int64 is Float32 for an int64 field.
func (b *RawBatch) Int64(field int, dims ...int) []int64 {
	checkType("RawBatch", b.columns, field, tensor.Int64)
	return numbers[int64](b.Bytes(field, dims...))
}

// Int32 is Float32 for an int32 field.
func (b *RawBatch) Int32(field int, dims ...int) []int32 {
	checkType("RawBatch", b.columns, field, tensor.Int32)
	return numbers[int32](b.Bytes(field, dims...))
}

// Uint8 is Float32 for a uint8 field.
func (b *RawBatch) Uint8(field int, dims ...int) []uint8 {
	checkType("RawBatch", b.columns, field, tensor.Uint8)
	return b.Bytes(field, dims...)
}

// A slot is host memory in which one batch is put together.
type slot struct {
	sample   Sample // its row walks through the batch
	raw      RawBatch
	quit     *atomic.Bool // the pass is over: nobody waits for this batch
	indices  []int64
	err      error
	end      bool // there is no such batch: the stream ran out
	panicked *PanicError

	free, ready chan struct{} // with workers: whose turn it is
}

func newSlot(fields []Field, quit *atomic.Bool) slot {
	columns := newColumns(fields, 0)
	return slot{sample: Sample{columns: columns}, raw: RawBatch{columns: columns}, quit: quit}
}

// open prepares for a pass.
func (s *slot) open(epoch int, seed uint64) {
	s.sample.epoch, s.sample.seed = epoch, seed
	s.raw.epoch, s.raw.seed = epoch, seed
	s.err, s.end, s.panicked = nil, false, nil
}

// reserve makes room for the first rows samples of a batch, keeping those that are there.
func (s *slot) reserve(rows int) {
	for i := range s.sample.columns {
		c := &s.sample.columns[i]
		if n := rows * c.size; len(c.raw) < n {
			raw := hostMemory(max(n, 2*len(c.raw)))
			copy(raw, c.raw)
			c.raw = raw
		}
	}
}

// setRows says that the batch is rows samples one above the other.
func (s *slot) setRows(rows int) {
	for i := range s.sample.columns {
		c := &s.sample.columns[i]
		c.set, c.rank = true, 1+c.Shape.Rank()
		c.dims[0] = rows
		for d := range c.rank - 1 {
			c.dims[1+d] = c.Shape.Dim(d)
		}
	}
}

// tableSource reads the batches of a loader from a dataset, in the order of a sampler.
type tableSource struct {
	ds       Dataset
	collator Collator // ds, where it is one
	sampler  BatchSampler
	foreign  bool // the sampler is not ours: its indices are checked
	order    []int64
	sizes    []int
	starts   []int // where each batch starts in order
}

func (q *tableSource) len() int { return q.sampler.Len() }

func (q *tableSource) open(l *Loader) (batches int, err error) {
	q.order, q.sizes = q.sampler.Append(q.order[:0], q.sizes[:0], l.config.RNG)
	if q.foreign {
		checkIndices("Sampler", q.order, q.ds.Len())
	}
	q.starts = q.starts[:0]
	at := 0
	for _, n := range q.sizes {
		if n <= 0 || n > len(q.order)-at {
			fail("BatchSampler", fmt.Sprintf("batch sizes %v for %d indices", q.sizes, len(q.order)))
		}
		q.starts = append(q.starts, at)
		at += n
	}
	return len(q.sizes), nil
}

func (q *tableSource) readers(slots int) int { return slots }

func (q *tableSource) gather(s *slot, step int) {
	s.indices = q.order[q.starts[step]:][:q.sizes[step]:q.sizes[step]]
	if q.collator != nil {
		q.collate(s)
		return
	}
	s.reserve(len(s.indices))
	s.setRows(len(s.indices))
	for i := range s.sample.columns {
		c := &s.sample.columns[i]
		clear(c.raw[:len(s.indices)*c.size])
	}
	for row, index := range s.indices {
		if s.quit.Load() {
			return
		}
		s.sample.row, s.sample.index = row, int(index)
		if err := q.ds.Read(int(index), &s.sample); err != nil {
			s.err = &SampleError{int(index), err}
			return
		}
	}
}

func (q *tableSource) collate(s *slot) {
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
			fail("Collate", fmt.Sprintf("field %d was not written", i))
		}
	}
}

func (q *tableSource) close() error { return nil }

// collatorOf returns what collates ds: itself, or what it is a subset of; nil where nothing does.
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

// Collate has the whole's samples collated; an error names the subset's.
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

// SampleError says which sample of a dataset could not be read.
type SampleError struct {
	Index int // in the loader's dataset; in a stream, how many samples came before
	Err   error
}

func (e *SampleError) Error() string { return fmt.Sprintf("data: sample %d: %v", e.Index, e.Err) }

func (e *SampleError) Unwrap() error { return e.Err }
