package data

import (
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/lamina-ml/lamina/tensor"
)

// A crew is the slots of a loader and the goroutines that fill them ahead in one pass. Batch b always lies in slot b mod the number
// of slots, and always comes from the same worker, so that the order of batches needs no agreement and no more of them wait than
// there are slots.
type crew struct {
	slots []slot
	first int // the batch that the pass began with
	quit  atomic.Bool
	stop  chan struct{} // closed with quit set; nil where nobody works
	done  sync.WaitGroup
}

func (c *crew) at(step int) *slot { return &c.slots[(step-c.first)%len(c.slots)] }

// start sets workers to the batches from c.first on.
func (c *crew) start(l *Loader) {
	c.stop = make(chan struct{})
	c.quit.Store(false)
	for i := range c.slots {
		s := &c.slots[i]
		s.free, s.ready = make(chan struct{}, 1), make(chan struct{}, 1)
		s.free <- struct{}{}
	}
	workers := l.source.readers(len(c.slots))
	for w := range min(workers, l.batches-c.first) {
		c.done.Add(1)
		go c.work(l, c.first+w, workers)
	}
}

// work fills every stride-th slot.
func (c *crew) work(l *Loader, step, stride int) {
	defer c.done.Done()
	for ; step < l.batches; step += stride {
		s := c.at(step)
		select {
		case <-s.free:
		case <-c.stop:
			return
		}
		c.fill(l, s, step)
		if s.err != nil || s.end || s.panicked != nil {
			return
		}
	}
}

// fill gathers a batch and hands the slot over, also where the dataset panics or ends its goroutine.
func (c *crew) fill(l *Loader, s *slot, step int) {
	finished := false
	defer func() {
		if !finished {
			s.panicked = &PanicError{s.sample.index, recover(), debug.Stack()}
		}
		s.ready <- struct{}{}
	}()
	l.source.gather(s, step)
	finished = true
}

// wait waits until a slot is full.
func (c *crew) wait(s *slot) {
	<-s.ready
	if s.panicked != nil {
		s.panicked.carry()
	}
}

// end stops the workers and waits for them.
func (c *crew) end() {
	if c.stop == nil {
		return
	}
	c.quit.Store(true)
	close(c.stop)
	c.done.Wait()
	c.stop = nil
}

// PanicError is what a loop over a loader with workers panics with when the dataset panicked in a worker. (A *tensor.Error
// stays one; its text then names the sample.) Without workers the dataset's panic comes as it is.
type PanicError struct {
	Index int    // the sample that was being read, -1 in a collator
	Value any    // what the dataset panicked with; nil where it ended the goroutine
	Stack []byte // where
}

func (e *PanicError) doing() string {
	if e.Index < 0 {
		return "collating a batch"
	}
	return fmt.Sprintf("reading sample %d", e.Index)
}

func (e *PanicError) Error() string {
	return fmt.Sprintf("data: %s in a worker: panic: %v\n\n%s", e.doing(), e.Value, e.Stack)
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
		named.Msg += ", " + e.doing()
		panic(&named)
	}
	panic(e)
}
