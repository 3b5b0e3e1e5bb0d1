package tensor

import (
	"runtime"
	"sync"
	"testing"
	"time"
)

// What concurrent predictions and gradients of heap tensors leave behind is bounded, however many there were, and goes
// away when nobody uses it.
func TestIdleScopesAreBounded(t *testing.T) {
	const goroutines, size = 50, 1 << 20 // 4 MB each
	x := Ones(size).SetRequiresGrad(true)
	heap := func() int {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int(m.HeapAlloc)
	}
	before := heap()
	for name, f := range map[string]func(ready func()){
		"NoGrad": func(ready func()) {
			NoGrad(x, func(x Tensor) Tensor {
				y := x.MulScalar(2)
				ready()
				return y.Sum()
			})
		},
		"Gradient": func(ready func()) {
			y := x.MulScalar(2)
			y.RegisterHook(func(g Tensor) Tensor {
				ready()
				return g.MulScalar(2)
			})
			Gradient(y.Sum(), []Tensor{x}, false)
		},
	} {
		var all, wg sync.WaitGroup
		all.Add(goroutines)
		for range goroutines {
			wg.Go(func() {
				f(func() { // all hold their memory at once
					all.Done()
					all.Wait()
				})
			})
		}
		wg.Wait()
		idle.mu.Lock()
		sum := 0
		for _, c := range idle.scopes {
			sum += c.pool.bytes
		}
		if sum != idle.bytes || sum > idleBytes {
			t.Errorf("%s: idle scopes hold %d bytes and are counted as %d, want at most %d", name, sum, idle.bytes, idleBytes)
		}
		idle.mu.Unlock()
		if kept := heap() - before; kept > idleBytes+size {
			t.Errorf("%s: %d bytes are still there", name, kept)
		}
	}
	// The finalizer that drops idle scopes runs after a collection, at its own time.
	deadline := time.Now().Add(10 * time.Second)
	for time.Now().Before(deadline) {
		runtime.GC()
		time.Sleep(time.Millisecond)
		idle.mu.Lock()
		left := idle.bytes
		idle.mu.Unlock()
		if left == 0 {
			return
		}
	}
	t.Error("idle scopes keep their memory although nobody uses it")
}

// A scope in use from one garbage collection to the next stays.
func TestIdleScopesInUseStay(t *testing.T) {
	x := Ones(1 << 10)
	predict := func() { NoGrad(x, func(x Tensor) Tensor { return x.MulScalar(2) }) }
	predict()
	idle.mu.Lock()
	first := idle.scopes[len(idle.scopes)-1].Scope
	idle.mu.Unlock()
	for range 20 {
		idle.drop()
		predict()
		idle.mu.Lock()
		if last := idle.scopes[len(idle.scopes)-1].Scope; last != first {
			t.Fatal("a scope in use was dropped")
		}
		idle.mu.Unlock()
	}
}
