package pool

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// marks is a task that counts the visits of each index.
type marks struct {
	grain int
	seen  []int32
	bad   atomic.Int32
}

func (m *marks) Run(i0, i1 int) {
	if i0%m.grain != 0 || i1 != min(i0+m.grain, len(m.seen)) {
		m.bad.Add(1)
	}
	for i := i0; i < i1; i++ {
		atomic.AddInt32(&m.seen[i], 1)
	}
}

func (m *marks) check(t *testing.T) {
	t.Helper()
	if m.bad.Load() != 0 {
		t.Errorf("n=%d grain=%d: %d ranges that n and grain do not give", len(m.seen), m.grain, m.bad.Load())
	}
	for i, c := range m.seen {
		if c != 1 {
			t.Fatalf("n=%d grain=%d: index %d visited %d times", len(m.seen), m.grain, i, c)
		}
	}
}

func setThreads(t testing.TB, n int) {
	old := Threads()
	SetThreads(n)
	t.Cleanup(func() { SetThreads(old) })
}

func TestForVisitsEveryIndexOnce(t *testing.T) {
	for _, threads := range []int{1, 2, 3, 8} {
		setThreads(t, threads)
		for _, n := range []int{0, 1, 2, 7, 64, 1000} {
			for _, grain := range []int{1, 2, 3, 64, 2000} {
				m := &marks{grain: grain, seen: make([]int32, n)}
				For(n, grain, m)
				m.check(t)
			}
		}
	}
}

// nested is a task that calls For inside a range.
type nested struct{ inner []*marks }

func (x *nested) Run(i0, i1 int) {
	for _, m := range x.inner[i0:i1] {
		For(len(m.seen), m.grain, m)
	}
}

func TestNestedAndConcurrent(t *testing.T) {
	setThreads(t, 4)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				x := new(nested)
				for i := range 9 {
					x.inner = append(x.inner, &marks{grain: 1 + i%3, seen: make([]int32, 10*i)})
				}
				For(len(x.inner), 1, x)
				for _, m := range x.inner {
					m.check(t)
				}
			}
		})
	}
	wg.Wait()
}

type bomb struct{ at int }

func (b bomb) Run(i0, i1 int) {
	if i0 <= b.at && b.at < i1 {
		panic(b)
	}
}

func TestPanicReachesTheCaller(t *testing.T) {
	for _, threads := range []int{1, 4} {
		setThreads(t, threads)
		for at := range 40 {
			func() {
				defer func() {
					if r := recover(); r != (bomb{at}) {
						t.Errorf("threads=%d: recovered %v, want %v", threads, r, bomb{at})
					}
				}()
				For(40, 1, bomb{at})
			}()
			m := &marks{grain: 1, seen: make([]int32, 20)}
			For(20, 1, m) // the pool remains usable
			m.check(t)
		}
	}
}

// meet is a task whose ranges wait for each other: they return only if each runs on its own goroutine.
type meet struct{ wg sync.WaitGroup }

func (m *meet) Run(i0, i1 int) {
	m.wg.Done()
	m.wg.Wait()
}

func TestWorkersTakePart(t *testing.T) {
	setThreads(t, 3)
	for range 20 {
		m := new(meet)
		m.wg.Add(3)
		For(3, 1, m)
		time.Sleep(100 * time.Microsecond) // long enough to park: the next round must wake them
	}
}

func TestIdleWorkersPark(t *testing.T) {
	setThreads(t, 4)
	m := new(meet)
	m.wg.Add(4)
	For(4, 1, m)
	deadline := time.Now().Add(10 * time.Second)
	for {
		n := 0
		for _, w := range shared.workers {
			if w.state.Load() == parked {
				n++
			}
		}
		if n == len(shared.workers) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d workers parked", n, len(shared.workers))
		}
		time.Sleep(spinTime)
	}
}

func TestForAllocatesNothing(t *testing.T) {
	setThreads(t, 2)
	m := &marks{grain: 1, seen: make([]int32, 8)}
	if n := testing.AllocsPerRun(100, func() { For(8, 1, m) }); n != 0 {
		t.Errorf("For allocates %v times", n)
	}
}

func TestBadArgumentsPanic(t *testing.T) {
	for name, f := range map[string]func(){
		"grain":   func() { For(1, 0, &marks{}) },
		"threads": func() { SetThreads(0) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}

type noop struct{}

func (noop) Run(i0, i1 int) {}

// stamp is a task that records when a worker, not the caller, starts its range.
type stamp struct {
	start   time.Time
	latency time.Duration
	began   atomic.Bool
}

func (s *stamp) Run(i0, i1 int) {
	if i0 == 0 { // the first range waits for the second: the caller for the worker
		for deadline := time.Now().Add(time.Second); !s.began.Load() && time.Now().Before(deadline); {
		}
		return
	}
	s.latency = time.Since(s.start)
	s.began.Store(true)
}

// BenchmarkHandOver reports the time until a spinning worker has started.
func BenchmarkHandOver(b *testing.B) {
	if runtime.GOMAXPROCS(0) < 2 {
		b.Skip("one processor")
	}
	setThreads(b, 2)
	var best, sum time.Duration
	best = time.Hour
	s := new(stamp)
	for b.Loop() {
		s.began.Store(false)
		s.start = time.Now()
		For(2, 1, s)
		best = min(best, s.latency)
		sum += s.latency
	}
	b.ReportMetric(float64(best.Nanoseconds()), "min-ns")
	b.ReportMetric(float64(sum.Nanoseconds())/float64(b.N), "mean-ns")
}

func BenchmarkForkJoin(b *testing.B) {
	setThreads(b, 2)
	for b.Loop() {
		For(2, 1, noop{})
	}
}
