// Package pool runs the ranges of a kernel on several goroutines. No other package starts worker goroutines for
// kernels.
//
// The workers execute one call of For at a time. A call that finds the workers busy (a nested call, or a call of
// another goroutine) runs its ranges itself, in order. So ranges must be independent, and a result must not depend on
// the goroutine that computes a range; then it does not depend on the number of threads either.
//
// A worker that has finished spins for a short time, so that it starts the next task within one or two microseconds,
// and then parks: an idle process uses no processor time. Nothing is allocated after the workers have started.
package pool

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Task computes ranges of indices. For calls Run concurrently from several goroutines, on disjoint ranges.
type Task interface {
	Run(i0, i1 int)
}

// For calls t.Run(i, min(i+grain, n)) once for each i = 0, grain, 2·grain, … below n, in any order, and returns when
// all calls have returned. The ranges depend on n and grain only.
//
// A single range runs on the caller without waking workers. Choose grain so that a range takes ten microseconds or
// more. If Run panics, For starts no further ranges, waits for the running ones and panics with the first value. For
// panics if grain is not positive.
func For(n, grain int, t Task) {
	if grain <= 0 {
		panic(fmt.Sprintf("pool: grain %d, want at least 1", grain))
	}
	if n <= grain || !shared.parallel(n, grain, t) {
		for i := 0; i < n; i += grain {
			t.Run(i, min(i+grain, n))
		}
	}
}

// Threads returns the number of goroutines that For uses, including the caller.
func Threads() int { return int(shared.threads.Load()) }

// SetThreads sets the number of goroutines that For uses, including the caller. The initial number is GOMAXPROCS.
// Running calls of For keep their number. SetThreads panics if n is less than 1.
func SetThreads(n int) {
	if n < 1 {
		panic(fmt.Sprintf("pool: %d threads, want at least 1", n))
	}
	shared.threads.Store(int32(n))
}

// spinTime is how long a worker without work spins before it parks, and a caller before it sleeps until the workers
// have finished.
const spinTime = 25 * time.Microsecond

var shared = func() *pool {
	p := new(pool)
	p.threads.Store(int32(runtime.GOMAXPROCS(0)))
	return p
}()

type pool struct {
	threads atomic.Int32
	busy    sync.Mutex // held by the call of For that uses the workers
	workers []*worker

	// The current call of For. Written while no worker is running, read by running workers.
	task     Task
	n, grain int
	_        [64]byte
	next     atomic.Int64 // number of ranges started
	_        [64]byte
	panicked atomic.Bool
	failure  any
}

// The states of a worker. The caller changes spinning and parked to assigned, assigned back to spinning when no range
// is left, and running to awaited. The worker changes assigned to running, running and awaited to spinning, and
// spinning to parked.
const (
	spinning = iota // polls for work, or will soon
	parked          // waits for a value from wake
	assigned        // has work that it has not started
	running
	awaited // is running, and the caller waits for a value from done
)

type worker struct {
	state      atomic.Int32
	wake, done chan struct{}
	_          [64]byte
}

// parallel runs t on this goroutine and the workers. It returns false without running anything if no workers are
// available.
func (p *pool) parallel(n, grain int, t Task) bool {
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

// work runs ranges until none are left.
func (p *pool) work() {
	defer func() {
		if r := recover(); r != nil {
			p.next.Store(int64(p.n)) // start no more ranges
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

// finish waits until w is not running. It takes back work that w has not started.
func (w *worker) finish() {
	if w.state.CompareAndSwap(assigned, spinning) {
		return
	}
	if spin(func() bool { return w.state.Load() != running }) {
		return
	}
	if w.state.CompareAndSwap(running, awaited) {
		<-w.done
	}
}

// serve is the loop of a worker.
func (p *pool) serve(w *worker) {
	for {
		if !spin(func() bool { return w.state.Load() == assigned }) && w.state.CompareAndSwap(spinning, parked) {
			<-w.wake
		}
		if !w.state.CompareAndSwap(assigned, running) {
			continue // the caller has taken the work back
		}
		p.work()
		if w.state.Swap(spinning) == awaited {
			w.done <- struct{}{}
		}
	}
}

// spin polls cond for up to spinTime and reports whether it became true.
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
		runtime.Gosched() // let other goroutines run
	}
}
