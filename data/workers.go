package data

import (
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/lamina-ml/lamina/tensor"
)

// prefetcher holds a loader's batch buffers and the goroutines that fill them ahead during a pass. Batch b always
// uses buffer b mod len(buffers), and one worker fills all batches of a buffer. So the order of batches needs no
// further synchronization, and at most len(buffers) batches wait.
type prefetcher struct {
	buffers []batchBuffer
	first   int // first batch of the pass: not 0 after Resume
	quit    atomic.Bool
	stop    chan struct{} // closed when quit is set; nil while there are no workers
	done    sync.WaitGroup
}

func (c *prefetcher) at(step int) *batchBuffer { return &c.buffers[(step-c.first)%len(c.buffers)] }

// start starts the workers, from batch c.first on.
func (c *prefetcher) start(l *Loader) {
	c.stop = make(chan struct{})
	c.quit.Store(false)
	for i := range c.buffers {
		s := &c.buffers[i]
		s.free, s.ready = make(chan struct{}, 1), make(chan struct{}, 1)
		s.free <- struct{}{}
	}
	workers := l.source.readers(len(c.buffers))
	for w := range min(workers, l.batches-c.first) {
		c.done.Add(1)
		go c.work(l, c.first+w, workers)
	}
}

// work reads the batches step, step+stride, ….
//
// It ends at the end of the pass, when the pass stops, and after an error.
func (c *prefetcher) work(l *Loader, step, stride int) {
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

// fill reads a batch and signals s.ready, also if the dataset panics or calls runtime.Goexit.
func (c *prefetcher) fill(l *Loader, s *batchBuffer, step int) {
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

// wait waits until s is filled. It panics if its worker panicked.
func (c *prefetcher) wait(s *batchBuffer) {
	<-s.ready
	if s.panicked != nil {
		s.panicked.rethrow()
	}
}

// end stops the workers and waits until they have returned.
func (c *prefetcher) end() {
	if c.stop == nil {
		return
	}
	c.quit.Store(true)
	close(c.stop)
	c.done.Wait()
	c.stop = nil
}

// PanicError is the panic value of a loop over a loader whose dataset panicked in a worker. There are two exceptions:
// a *tensor.Error remains a *tensor.Error, and its text then names the sample; without workers the dataset's panic
// passes through unchanged.
type PanicError struct {
	Index int    // the sample that was being read, -1 in Collate
	Value any    // the dataset's panic value; nil after runtime.Goexit
	Stack []byte // the worker's stack trace
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

// Unwrap returns the panic value if it is an error, else nil.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// rethrow panics with e, or with a copy of the *tensor.Error in it that names the sample.
func (e *PanicError) rethrow() {
	if mistake, ok := e.Value.(*tensor.Error); ok {
		named := *mistake
		named.Msg += ", " + e.doing()
		panic(&named)
	}
	panic(e)
}
