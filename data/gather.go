package data

import (
	"fmt"
)

// A slot is host memory in which one batch is put together.
type slot struct {
	sample  Sample // its row walks through the batch
	indices []int64
	err     error
}

// open prepares for a pass with batches of up to rows samples.
func (s *slot) open(rows, epoch int, seed uint64) {
	for i := range s.sample.columns {
		if c := &s.sample.columns[i]; len(c.raw) < rows*c.size {
			c.raw = hostMemory(rows * c.size)
		}
	}
	s.sample.epoch, s.sample.seed = epoch, seed
}

// gather reads the samples of a batch.
func (s *slot) gather(ds Dataset, indices []int64) {
	s.indices, s.err = indices, nil
	for i := range s.sample.columns {
		c := &s.sample.columns[i]
		clear(c.raw[:len(indices)*c.size])
	}
	for row, index := range indices {
		s.sample.row, s.sample.index = row, int(index)
		if err := ds.Read(int(index), &s.sample); err != nil {
			s.err = &SampleError{int(index), err}
			return
		}
	}
}

// SampleError says which sample of a dataset could not be read.
type SampleError struct {
	Index int
	Err   error
}

func (e *SampleError) Error() string { return fmt.Sprintf("data: sample %d: %v", e.Index, e.Err) }

func (e *SampleError) Unwrap() error { return e.Err }
