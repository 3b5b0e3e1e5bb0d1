package data_test

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/internal/devicetest"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// slow takes longer for some samples than for others, so that workers finish out of order.
type slow struct{ *data.TensorDataset }

func (d slow) Read(i int, s *data.Sample) error {
	time.Sleep(time.Duration(i*7919%5) * 100 * time.Microsecond)
	return d.TensorDataset.Read(i, s)
}

func TestOrderDoesNotDependOnWorkers(t *testing.T) {
	var want [][]int64
	for workers := range 9 {
		l := data.NewLoader(slow{numbered(53)}, data.LoaderConfig{BatchSize: 5, Shuffle: true, Workers: workers, RNG: rng.NewTorch(9)})
		var got [][]int64
		for range 3 {
			got = append(got, orders(t, l)...)
		}
		if workers == 0 {
			want = got
		} else if !reflect.DeepEqual(got, want) {
			t.Errorf("%d workers: %v, want %v", workers, got, want)
		}
	}
}

// noisy is a dataset of random numbers, drawn as augmentation draws them.
type noisy struct{ n int }

func (d noisy) Len() int           { return d.n }
func (noisy) Fields() []data.Field { return []data.Field{{Shape: tensor.ShapeOf(4)}} }
func (noisy) Read(i int, s *data.Sample) error {
	g := s.Random()
	g.Uniform32(s.Float32(0), 0, 1)
	return nil
}

func TestRandomDoesNotDependOnWorkers(t *testing.T) {
	var want []float32
	for workers := range 4 {
		l := data.NewLoader(noisy{20}, data.LoaderConfig{BatchSize: 3, Shuffle: true, Workers: workers, RNG: rng.NewTorch(9)})
		var got []float32
		for range 2 {
			for b := range l.Batches() {
				got = append(got, b.X.Float32s()...)
			}
		}
		seen := map[float32]bool{}
		for _, v := range got {
			seen[v] = true
		}
		if len(seen) < 155 { // 160 numbers with 24 random bits
			t.Errorf("only %d different numbers in two passes", len(seen))
		}
		if workers == 0 {
			want = got
		} else if !reflect.DeepEqual(got, want) {
			t.Errorf("%d workers draw other numbers", workers)
		}
	}
}

// sparse is a dataset that writes only one of four elements.
type sparse struct{ n int }

func (d sparse) Len() int           { return d.n }
func (sparse) Fields() []data.Field { return []data.Field{{Shape: tensor.ShapeOf(4)}} }
func (sparse) Read(i int, s *data.Sample) error {
	s.Float32(0)[i%4] = 1
	return nil
}

func TestSamplesArriveZeroed(t *testing.T) {
	for workers := range 3 {
		l := data.NewLoader(sparse{25}, data.LoaderConfig{BatchSize: 3, Workers: workers})
		for range 2 {
			for b := range l.Batches() {
				if got := b.X.Sum().Item(); got != float64(len(b.Indices)) {
					t.Fatalf("batch %d adds up to %v", b.Step, got)
				}
			}
		}
	}
}

// goroutines fails the test if the number of goroutines does not return to before.
func goroutines(t *testing.T, before int) {
	t.Helper()
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}

func TestBreakStopsWorkers(t *testing.T) {
	before := runtime.NumGoroutine()
	l := data.NewLoader(slow{numbered(100)}, data.LoaderConfig{BatchSize: 2, Workers: 4})
	for stop := range 6 {
		var last data.Batch
		for b := range l.Batches() {
			last = b
			if b.Step == stop {
				break
			}
		}
		goroutines(t, before)
		check(t, last)
	}
	func() {
		defer func() { recover() }()
		for range l.Batches() {
			panic("mistake")
		}
	}()
	goroutines(t, before)
	if got := orders(t, l); len(got) != 50 {
		t.Errorf("the pass after breaks: %d batches", len(got))
	}
	goroutines(t, before)
}

// failing is a dataset with one sample that cannot be read.
type failing struct {
	*data.TensorDataset
	bad int
}

var errUnreadable = errors.New("the file is gone")

func (d failing) Read(i int, s *data.Sample) error {
	if i == d.bad {
		return fmt.Errorf("picture: %w", errUnreadable)
	}
	return d.TensorDataset.Read(i, s)
}

func TestSampleError(t *testing.T) {
	before := runtime.NumGoroutine()
	for workers := range 4 {
		l := data.NewLoader(failing{numbered(19), 5}, data.LoaderConfig{BatchSize: 2, Workers: workers})
		for range 2 {
			n := 0
			for b := range l.Batches() {
				check(t, b)
				n++
			}
			var e *data.SampleError
			if err := l.Err(); n != 2 || !errors.As(err, &e) || e.Index != 5 || !errors.Is(err, errUnreadable) ||
				err.Error() != "data: sample 5: picture: the file is gone" {
				t.Errorf("%d workers: %d batches, then %v", workers, n, err)
			}
		}
		// A pass that ends before the bad sample has no error.
		for range l.Batches() {
			break
		}
		if err := l.Err(); err != nil {
			t.Errorf("%d workers: an error of a sample that the loop did not reach: %v", workers, err)
		}
	}
	goroutines(t, before)
}

// wild is a dataset that calls do when sample 7 is read.
type wild struct {
	*data.TensorDataset
	do func()
}

func (d wild) Read(i int, s *data.Sample) error {
	if i == 7 {
		d.do()
	}
	return d.TensorDataset.Read(i, s)
}

// run returns the number of batches before a pass panics, and the panic value.
func run(l *data.Loader) (n int, value any) {
	defer func() { value = recover() }()
	for range l.Batches() {
		n++
	}
	return
}

func TestPanicInDataset(t *testing.T) {
	before := runtime.NumGoroutine()
	cause := errors.New("wild")
	for workers := range 3 {
		l := data.NewLoader(wild{numbered(19), func() { panic(cause) }}, data.LoaderConfig{BatchSize: 2, Workers: workers})
		for range 2 {
			n, value := run(l)
			if n != 3 {
				t.Errorf("%d workers: %d batches before the panic", workers, n)
			}
			if workers == 0 {
				if value != cause {
					t.Errorf("panic in place: %v", value)
				}
				continue
			}
			e, ok := value.(*data.PanicError)
			if !ok || e.Index != 7 || e.Value != cause || !errors.Is(e, cause) || !strings.Contains(e.Error(), "wild.Read") {
				t.Errorf("%d workers: panic: %v", workers, value)
			}
		}
		l = data.NewLoader(wild{numbered(19), func() { tensor.Zeros(2).Add(tensor.Zeros(3)) }}, data.LoaderConfig{Workers: workers})
		_, value := run(l)
		if e, ok := value.(*tensor.Error); !ok || workers > 0 && !strings.Contains(e.Msg, "reading sample 7") {
			t.Errorf("%d workers: a mistake with tensors: %v", workers, value)
		}
	}
	l := data.NewLoader(wild{numbered(19), runtime.Goexit}, data.LoaderConfig{Workers: 2})
	if n, value := run(l); n != 7 || value == nil {
		t.Errorf("a dataset that ends its goroutine: %d batches, %v", n, value)
	}
	goroutines(t, before)
}

// A pass with workers allocates goroutines and channels once, and nothing per batch.
func TestNoAllocationPerBatchWithWorkers(t *testing.T) {
	l := data.NewLoader(numbered(30000), data.LoaderConfig{BatchSize: 7, Workers: 2})
	pass := func() {
		for b := range l.Batches() {
			b.X.Sum()
		}
	}
	pass()
	if n := mallocs(pass); n > 30 {
		t.Errorf("%d allocations in a pass of %d batches", n, l.Len())
	}
}

func TestLoadersInManyGoroutines(t *testing.T) {
	ds := numbered(200)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			l := data.NewLoader(ds, data.LoaderConfig{BatchSize: 9, Shuffle: true, Workers: g % 3, RNG: rng.NewTorch(uint64(g))})
			orders(t, l)
			orders(t, l, data.NoGrad)
		}()
	}
	wg.Wait()
}

// On an asynchronous device a batch must not change when the loader refills its staging memory.
func TestAsyncDevice(t *testing.T) {
	device := devicetest.Async()
	for workers := range 3 {
		l := data.NewLoader(numbered(40), data.LoaderConfig{BatchSize: 7, Shuffle: true, Workers: workers,
			RNG: rng.NewTorch(2), Device: device})
		if got := orders(t, l); len(got) != 6 {
			t.Errorf("%d batches", len(got))
		}
		for b := range l.Batches() {
			if b.X.Device() != device {
				t.Fatalf("a batch on %v", b.X.Device())
			}
		}
	}
}
