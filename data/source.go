package data

import (
	"fmt"
	"sync/atomic"

	"github.com/lamina-ml/lamina/tensor"
)

// source reads a loader's batches: from a dataset or from a stream.
type source interface {
	len() int                                // batches in a pass, -1 if unknown
	open(l *Loader) (batches int, err error) // begins a pass
	readers(buffers int) int                 // how many goroutines may call gather concurrently
	gather(s *batchBuffer, step int)         // reads a batch
	close() error                            // ends a pass
}

// batchBuffer is host memory for one batch, and the state of reading it.
type batchBuffer struct {
	sample   Sample // of the row being read
	raw      RawBatch
	quit     *atomic.Bool // true once the pass has ended: nobody needs this batch
	indices  []int64
	skipped  []*SampleError
	kept     []int64 // memory of indices if samples were skipped
	err      error
	end      bool // there is no such batch: the stream has ended
	panicked *PanicError

	// With workers: a value in free lets the worker fill the buffer, a value in ready lets the loader read it.
	free, ready chan struct{}
}

func newBatchBuffer(fields []Field, quit *atomic.Bool) batchBuffer {
	columns := newColumns(fields, 0)
	return batchBuffer{sample: Sample{columns: columns}, raw: RawBatch{columns: columns}, quit: quit}
}

// open resets s for a new pass.
func (s *batchBuffer) open(epoch int, seed uint64) {
	s.sample.epoch, s.sample.seed = epoch, seed
	s.raw.epoch, s.raw.seed = epoch, seed
	s.err, s.end, s.panicked = nil, false, nil
}

// reserve grows the memory to that many samples and keeps the samples already read.
func (s *batchBuffer) reserve(rows int) {
	for i := range s.sample.columns {
		c := &s.sample.columns[i]
		if n := rows * c.size; len(c.raw) < n {
			raw := tensor.HostBytes(max(n, 2*len(c.raw)))
			copy(raw, c.raw)
			c.raw = raw
		}
	}
}

// setRows sets the shapes of a batch of that many stacked samples.
func (s *batchBuffer) setRows(rows int) {
	for i := range s.sample.columns {
		c := &s.sample.columns[i]
		c.set, c.rank = true, 1+c.Shape.Rank()
		c.dims[0] = rows
		for d := range c.rank - 1 {
			c.dims[1+d] = c.Shape.Dim(d)
		}
	}
}

// datasetSource reads the batches of a loader from a dataset, in the order of a sampler.
type datasetSource struct {
	ds       Dataset
	collator Collator // nil if samples are read one by one
	sampler  BatchSampler
	custom   bool // the caller gave the sampler: its indices are checked
	skip     bool // leave out samples that cannot be read
	order    []int64
	sizes    []int
	starts   []int // index in order of each batch's first sample
}

func (q *datasetSource) len() int { return q.sampler.Len() }

func (q *datasetSource) open(l *Loader) (batches int, err error) {
	q.order, q.sizes = q.sampler.Append(q.order[:0], q.sizes[:0], l.config.RNG)
	if q.custom {
		checkIndices("Sampler", q.order, q.ds.Len())
	}
	q.starts = q.starts[:0]
	at := 0
	for _, n := range q.sizes {
		if n <= 0 || n > len(q.order)-at {
			fail("BatchSampler", fmt.Sprintf("batch sizes %v for %d indices, want sizes ≥ 1 whose sum is at most the number of indices",
				q.sizes, len(q.order)))
		}
		q.starts = append(q.starts, at)
		at += n
	}
	return len(q.sizes), nil
}

func (q *datasetSource) readers(buffers int) int { return buffers }

func (q *datasetSource) gather(s *batchBuffer, step int) {
	s.indices = q.order[q.starts[step]:][:q.sizes[step]:q.sizes[step]]
	if q.collator != nil {
		q.collate(s)
		return
	}
	s.skipped = s.skipped[:0]
	s.reserve(len(s.indices))
	for i := range s.sample.columns {
		c := &s.sample.columns[i]
		clear(c.raw[:len(s.indices)*c.size])
	}
	rows := 0
	for _, index := range s.indices {
		if s.quit.Load() {
			return
		}
		s.sample.row, s.sample.index = rows, int(index)
		if err := q.ds.Read(int(index), &s.sample); err == nil {
			rows++
			continue
		} else if bad := (&SampleError{int(index), err}); !q.skip {
			s.err = bad
			return
		} else {
			s.skipped = append(s.skipped, bad)
		}
		for i := range s.sample.columns { // Read may have written a part of the sample
			clear(s.sample.Bytes(i))
		}
	}
	s.dropSkipped()
	s.setRows(rows)
}

// dropSkipped removes the indices of skipped samples.
func (s *batchBuffer) dropSkipped() {
	if len(s.skipped) == 0 {
		return
	}
	s.kept = s.kept[:0]
	next := 0
	for _, index := range s.indices {
		if next < len(s.skipped) && s.skipped[next].Index == int(index) {
			next++
			continue
		}
		s.kept = append(s.kept, index)
	}
	s.indices = s.kept
}

func (q *datasetSource) close() error { return nil }
