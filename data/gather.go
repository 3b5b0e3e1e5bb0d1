package data

import (
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/lamina-ml/lamina/tensor"
)

// A slot is host memory in which one batch is put together.
type slot struct {
	sample   Sample // its row walks through the batch
	indices  []int64
	err      error
	panicked *PanicError

	free, ready chan struct{} // with workers: whose turn it is
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
func (s *slot) gather(ds Dataset, indices []int64, quit *atomic.Bool) {
	s.indices, s.err = indices, nil
	for i := range s.sample.columns {
		c := &s.sample.columns[i]
		clear(c.raw[:len(indices)*c.size])
	}
	for row, index := range indices {
		if quit.Load() {
			return
		}
		s.sample.row, s.sample.index = row, int(index)
		if err := ds.Read(int(index), &s.sample); err != nil {
			s.err = &SampleError{int(index), err}
			return
		}
	}
}

// A crew is the goroutines that read ahead in one pass. Worker w of n has a slot of its own and reads the batches w, w+n, w+2n, …
// into it, so that the order of batches needs no agreement, and no more than n of them wait.
type crew struct {
	slots []slot
	first int // the batch that the first worker began with
	quit  atomic.Bool
	stop  chan struct{} // closed with quit set
	done  sync.WaitGroup
}

// start sets the slots to work on the batches from first on.
func (c *crew) start(l *Loader, first int) {
	n := min(len(c.slots), max(l.batches-first, 1))
	c.slots, c.first, c.stop = c.slots[:n], first, make(chan struct{})
	c.quit.Store(false)
	for w := range c.slots {
		s := &c.slots[w]
		s.panicked = nil
		s.free, s.ready = make(chan struct{}, 1), make(chan struct{}, 1)
		s.free <- struct{}{}
		c.done.Add(1)
		go c.work(l, s, first+w)
	}
}

func (c *crew) work(l *Loader, s *slot, step int) {
	defer c.done.Done()
	for ; step < l.batches; step += len(c.slots) {
		select {
		case <-s.free:
		case <-c.stop:
			return
		}
		c.read(l, s, step)
		if s.err != nil || s.panicked != nil {
			return
		}
	}
}

// read gathers a batch and hands the slot over, also where the dataset panics or ends its goroutine.
func (c *crew) read(l *Loader, s *slot, step int) {
	finished := false
	defer func() {
		if !finished {
			s.panicked = &PanicError{s.sample.index, recover(), debug.Stack()}
		}
		s.ready <- struct{}{}
	}()
	s.gather(l.ds, l.indices(step), &c.quit)
	finished = true
}

// wait returns the slot with batch step.
func (c *crew) wait(step int) *slot {
	s := &c.slots[(step-c.first)%len(c.slots)]
	<-s.ready
	if s.panicked != nil {
		s.panicked.carry()
	}
	return s
}

// end stops the workers and waits for them.
func (c *crew) end() {
	c.quit.Store(true)
	close(c.stop)
	c.done.Wait()
	c.slots = c.slots[:cap(c.slots)]
}

// SampleError says which sample of a dataset could not be read.
type SampleError struct {
	Index int
	Err   error
}

func (e *SampleError) Error() string { return fmt.Sprintf("data: sample %d: %v", e.Index, e.Err) }

func (e *SampleError) Unwrap() error { return e.Err }

// PanicError is what a loop over a loader with workers panics with when the dataset panicked in a worker. (A *tensor.Error
// stays one; its text then names the sample.) Without workers the dataset's panic comes as it is.
type PanicError struct {
	Index int    // the sample that was being read
	Value any    // what the dataset panicked with; nil where it ended the goroutine
	Stack []byte // where
}

func (e *PanicError) Error() string {
	return fmt.Sprintf("data: reading sample %d in a worker: panic: %v\n\n%s", e.Index, e.Value, e.Stack)
}

// Unwrap returns the panic's value where it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// carry panics in the goroutine of the loop.
func (e *PanicError) carry() {
	if mistake, ok := e.Value.(*tensor.Error); ok {
		named := *mistake
		named.Msg += fmt.Sprintf(", reading sample %d", e.Index)
		panic(&named)
	}
	panic(e)
}
