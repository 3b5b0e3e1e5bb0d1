// Package pool runs the parts of a kernel on several goroutines. It is the only place that starts worker goroutines for kernels.
//
// One piece of work is spread at a time: a call that finds the workers busy, because it is nested in another or comes from
// another goroutine, does its parts itself, in order. So parts must be independent and a result must not depend on which
// goroutine computes a part; then it does not depend on the number of threads either.
//
// A worker that has finished spins for a short while, so that the next piece of work reaches it within a microsecond or two,
// and then parks: a process with nothing to do sleeps. Nothing is allocated once the workers have started.
package pool

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// A Task is work on the indices of a range. Run is called from several goroutines at once, on ranges that do not overlap.
type Task interface {
	Run(i0, i1 int)
}

// For calls t.Run(i, min(i+grain, n)) once for each i = 0, grain, 2·grain, … below n, in no particular order, and returns when
// all calls have. The ranges depend on n and grain alone.
//
// Workers are not woken where there is one range only, so a caller keeps small work off them by the grain that it asks for;
// a range should be worth ten microseconds or more. If Run panics, no further ranges are begun, and For panics with the first
// value once the ranges under way have ended. For panics if grain is not positive.
func For(n, grain int, t Task) {
	if grain <= 0 {
		panic(fmt.Sprintf("pool: grain %d is not positive", grain))
	}
	if n <= grain || !shared.spread(n, grain, t) {
		for i := 0; i < n; i += grain {
			t.Run(i, min(i+grain, n))
		}
	}
}

// Threads returns the number of goroutines that For spreads work over, the caller's included.
func Threads() int { return int(shared.threads.Load()) }

// SetThreads sets the number of goroutines that For spreads work over, the caller's included. It starts as GOMAXPROCS.
// A call of For that has begun keeps its number. SetThreads panics if n is less than 1.
func SetThreads(n int) {
	if n < 1 {
		panic(fmt.Sprintf("pool: %d threads", n))
	}
	shared.threads.Store(int32(n))
}

// How long a worker without work, and a caller whose workers have not finished, look before they sleep.
const spinTime = 25 * time.Microsecond

var shared = func() *pool {
	p := new(pool)
	p.threads.Store(int32(runtime.GOMAXPROCS(0)))
	return p
}()

type pool struct {
	threads atomic.Int32
	busy    sync.Mutex // held by the call of For whose work is spread
	workers []*worker

	// The work. Written while no worker is running, read by running workers.
	task     Task
	n, grain int
	_        [64]byte
	next     atomic.Int64 // ranges handed out
	_        [64]byte
	panicked atomic.Bool
	failure  any
}

// The states of a worker. A caller moves hot and parked to assigned, and assigned back to hot when nothing is left to do;
// a worker moves assigned to running, running and awaited to hot, and hot to parked.
const (
	hot      = iota // looks for work, or is about to
	parked          // waits for a token from wake
	assigned        // has work it has not begun
	running
	awaited // is running, and the caller waits for a token from done
)

type worker struct {
	state      atomic.Int32
	wake, done chan struct{}
	_          [64]byte
}

// spread does the work on this goroutine and the workers. It reports false, having done nothing, where there are no workers
// to be had.
func (p *pool) spread(n, grain int, t Task) bool {
	ranges := (n + grain - 1) / grain
	helpers := min(int(p.threads.Load()), ranges) - 1
	if helpers <= 0 || !p.busy.TryLock() {
		return false
	}
	for len(p.workers) < helpers {
		w := &worker{wake: make(chan struct{}, 1), done: make(chan struct{}, 1)}
		p.workers = append(p.workers, w)
		go p.serve(w)
	}
	p.task, p.n, p.grain = t, n, grain
	p.next.Store(0)
	for _, w := range p.workers[:helpers] {
		if w.state.Swap(assigned) == parked {
			w.wake <- struct{}{}
		}
	}
	p.work()
	for _, w := range p.workers[:helpers] {
		w.finish()
	}
	p.task = nil
	failed, failure := p.panicked.Load(), p.failure
	if failed {
		p.failure = nil
		p.panicked.Store(false)
	}
	p.busy.Unlock()
	if failed {
		panic(failure)
	}
	return true
}

// work runs ranges until none is left.
func (p *pool) work() {
	defer func() {
		if r := recover(); r != nil {
			p.next.Store(int64(p.n)) // begin no more ranges
			if p.panicked.CompareAndSwap(false, true) {
				p.failure = r
			}
		}
	}()
	for {
		i := int(p.next.Add(1)-1) * p.grain
		if i >= p.n {
			return
		}
		p.task.Run(i, min(i+p.grain, p.n))
	}
}

// finish returns when w is not working, taking back work that w has not begun.
func (w *worker) finish() {
	if w.state.CompareAndSwap(assigned, hot) {
		return
	}
	if spin(func() bool { return w.state.Load() != running }) {
		return
	}
	if w.state.CompareAndSwap(running, awaited) {
		<-w.done
	}
}

// serve is the life of a worker.
func (p *pool) serve(w *worker) {
	for {
		if !spin(func() bool { return w.state.Load() == assigned }) && w.state.CompareAndSwap(hot, parked) {
			<-w.wake
		}
		if !w.state.CompareAndSwap(assigned, running) {
			continue // taken back before it began
		}
		p.work()
		if w.state.Swap(hot) == awaited {
			w.done <- struct{}{}
		}
	}
}

// spin waits for cond for as long as spinTime and reports whether it came.
func spin(cond func() bool) bool {
	for start := time.Now(); ; {
		for range 100 {
			if cond() {
				return true
			}
		}
		if time.Since(start) > spinTime {
			return false
		}
		runtime.Gosched() // other goroutines come first
	}
}
