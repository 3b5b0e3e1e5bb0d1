package data_test

import (
	"math"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// numbered returns a dataset of n samples: x of sample i is (3,) with elements 3i, 3i+1, 3i+2, and y is i.
func numbered(n int) *data.TensorDataset {
	x, y := make([]float32, 3*n), make([]int64, n)
	for i := range x {
		x[i] = float32(i)
	}
	for i := range y {
		y[i] = int64(i)
	}
	return data.NewTensorDataset(tensor.From(x, n, 3), tensor.From(y, n))
}

// check fails the test if X and Y of a batch of numbered do not match its Indices.
func check(t *testing.T, b data.Batch) {
	t.Helper()
	n := len(b.Indices)
	x, y := b.X.Float32s(), b.Y.Int64s()
	if len(x) != 3*n || b.X.Shape() != tensor.ShapeOf(n, 3) || b.Y.Shape() != tensor.ShapeOf(n) {
		t.Fatalf("batch of %d samples has shapes %v, %v", n, b.X.Shape(), b.Y.Shape())
	}
	if !reflect.DeepEqual(y, b.Indices) {
		t.Fatalf("samples %v hold %v", b.Indices, y)
	}
	for i, v := range x {
		if want := float32(3*b.Indices[i/3] + int64(i%3)); v != want {
			t.Fatalf("element %d of x is %v, want %v", i, v, want)
		}
	}
}

// orders runs a pass and returns the indices of each batch.
func orders(t *testing.T, l *data.Loader, o ...data.Option) (all [][]int64) {
	t.Helper()
	for b := range l.Batches(o...) {
		check(t, b)
		if b.Step != len(all) {
			t.Fatalf("batch %d says that it is %d", len(all), b.Step)
		}
		all = append(all, append([]int64(nil), b.Indices...))
	}
	if err := l.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// panics returns the text of the *tensor.Error that f panics with.
func panics(t *testing.T, f func()) string {
	t.Helper()
	err := tensor.Try(f)
	if err == nil {
		t.Fatal("no panic")
	}
	return err.Error()
}

func TestBatches(t *testing.T) {
	for _, test := range []struct {
		name string
		n    int
		c    data.LoaderConfig
		want [][]int64
	}{
		{"partial last batch", 7, data.LoaderConfig{BatchSize: 3}, [][]int64{{0, 1, 2}, {3, 4, 5}, {6}}},
		{"drop last", 7, data.LoaderConfig{BatchSize: 3, DropLast: true}, [][]int64{{0, 1, 2}, {3, 4, 5}}},
		{"drop last of full batches", 4, data.LoaderConfig{BatchSize: 2, DropLast: true}, [][]int64{{0, 1}, {2, 3}}},
		{"batch larger than dataset", 3, data.LoaderConfig{BatchSize: 1 << 60}, [][]int64{{0, 1, 2}}},
		{"dropped batch larger than dataset", 3, data.LoaderConfig{BatchSize: 5, DropLast: true}, nil},
		{"empty dataset", 0, data.LoaderConfig{BatchSize: 3}, nil},
		{"empty dataset shuffled", 0, data.LoaderConfig{BatchSize: 3, Shuffle: true, RNG: rng.NewTorch(1)}, nil},
		{"default", 2, data.LoaderConfig{}, [][]int64{{0}, {1}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := data.NewLoader(numbered(test.n), test.c)
			if l.Len() != len(test.want) {
				t.Errorf("Len is %d, want %d", l.Len(), len(test.want))
			}
			for range 2 {
				if got := orders(t, l); !reflect.DeepEqual(got, test.want) {
					t.Errorf("got %v, want %v", got, test.want)
				}
			}
		})
	}
}

func TestBreakThenReadLastBatch(t *testing.T) {
	l := data.NewLoader(numbered(6), data.LoaderConfig{BatchSize: 2})
	var last data.Batch
	var sum tensor.Tensor
	for b := range l.Batches() {
		last, sum = b, b.X.Sum()
		if b.Step == 1 {
			break
		}
	}
	if got := sum.Item(); got != 6+7+8+9+10+11 {
		t.Errorf("the value computed before the break reads %v", got)
	}
	check(t, last)
	if got := orders(t, l); len(got) != 3 {
		t.Errorf("the pass after a break: %v", got)
	}
	if msg := panics(t, func() { sum.Item() }); !strings.Contains(msg, "Keep") {
		t.Errorf("a stale value: %s", msg)
	}
}

func TestPanicInLoopThenGoOn(t *testing.T) {
	l := data.NewLoader(numbered(6), data.LoaderConfig{BatchSize: 2})
	var last data.Batch
	func() {
		defer func() {
			if r := recover(); r != "mistake" {
				t.Errorf("recovered %v", r)
			}
		}()
		for b := range l.Batches() {
			last = b
			panic("mistake")
		}
	}()
	check(t, last)
	if got := orders(t, l); len(got) != 3 {
		t.Errorf("the pass after a panic: %v", got)
	}
}

func TestUsedAfterNextBatch(t *testing.T) {
	l := data.NewLoader(numbered(6), data.LoaderConfig{BatchSize: 2})
	var kept, stale tensor.Tensor
	for b := range l.Batches() {
		switch b.Step {
		case 0:
			stale, kept = b.X, b.X.Keep()
		case 1:
			if msg := panics(t, func() { stale.Float32s() }); !strings.Contains(msg, "Keep") {
				t.Errorf("no hint at Keep: %s", msg)
			}
			if got := kept.Float32s(); !reflect.DeepEqual(got, []float32{0, 1, 2, 3, 4, 5}) {
				t.Errorf("kept %v", got)
			}
			stale = b.Y
		}
	}
	if msg := panics(t, func() { stale.Int64s() }); !strings.Contains(msg, "Keep") {
		t.Errorf("after the pass: %s", msg)
	}
}

func TestTwoLoadersInterleaved(t *testing.T) {
	a := data.NewLoader(numbered(6), data.LoaderConfig{BatchSize: 2})
	b := data.NewLoader(numbered(3), data.LoaderConfig{BatchSize: 2, Shuffle: true, RNG: rng.NewTorch(3)})
	n := 0
	for x := range a.Batches() {
		for y := range b.Batches() {
			check(t, x)
			check(t, y)
			x.X.Sum().Add(y.X.Sum()).Item() // the result belongs to the scope of the inner step
			n++
		}
		check(t, x)
	}
	if n != 6 {
		t.Errorf("%d inner batches, want 6", n)
	}
}

func TestLoopInsideOwnLoop(t *testing.T) {
	l := data.NewLoader(numbered(4), data.LoaderConfig{BatchSize: 2})
	for b := range l.Batches() {
		if msg := panics(t, func() {
			for range l.Batches() {
			}
		}); !strings.Contains(msg, "needs a second loader") {
			t.Error(msg)
		}
		check(t, b)
	}
}

func TestNoGrad(t *testing.T) {
	l := data.NewLoader(numbered(4), data.LoaderConfig{BatchSize: 4})
	w := tensor.Ones(3, 1).SetRequiresGrad(true)
	for _, test := range []struct {
		options []data.Option
		want    bool
	}{{nil, true}, {[]data.Option{data.NoGrad}, false}, {nil, true}} {
		for b := range l.Batches(test.options...) {
			if got := b.X.MatMul(w).NeedsGrad(); got != test.want {
				t.Errorf("options %v: a result needs a gradient: %v", test.options, got)
			}
			break // the scope still holds tensors when the next pass changes the recording
		}
	}
}

func TestResume(t *testing.T) {
	config := data.LoaderConfig{BatchSize: 2, Shuffle: true, RNG: rng.NewTorch(5)}
	l := data.NewLoader(numbered(7), config)
	orders(t, l)
	state, _ := config.RNG.MarshalBinary()
	want := orders(t, l)

	l = data.NewLoader(numbered(7), config)
	if err := config.RNG.UnmarshalBinary(state); err != nil {
		t.Fatal(err)
	}
	l.Resume(1, 2)
	var got [][]int64
	for b := range l.Batches() {
		if b.Epoch != 1 || b.Step != 2+len(got) {
			t.Errorf("epoch %d, step %d", b.Epoch, b.Step)
		}
		got = append(got, append([]int64(nil), b.Indices...))
	}
	if !reflect.DeepEqual(got, want[2:]) {
		t.Errorf("resumed %v, want %v", got, want[2:])
	}
	if got := orders(t, l); len(got) != 4 {
		t.Errorf("the pass after a resumed one: %v", got)
	}
	panics(t, func() { l.Resume(0, 5) })
}

func TestMistakes(t *testing.T) {
	for name, f := range map[string]func(){
		"no dataset":          func() { data.NewLoader(nil, data.LoaderConfig{}) },
		"no stream":           func() { data.NewStreamLoader(nil, data.LoaderConfig{}) },
		"negative batch":      func() { data.NewLoader(numbered(1), data.LoaderConfig{BatchSize: -1}) },
		"negative workers":    func() { data.NewLoader(numbered(1), data.LoaderConfig{Workers: -1}) },
		"shuffle without RNG": func() { data.NewLoader(numbered(1), data.LoaderConfig{Shuffle: true}) },
		"no fields":           func() { data.NewTensorDataset() },
		"single number":       func() { data.NewTensorDataset(tensor.Scalar(1)) },
		"lengths differ":      func() { data.NewTensorDataset(tensor.Zeros(2, 3), tensor.Zeros(3)) },
		"wrong type":          func() { data.NewSample(numbered(1)).Float64(0) },
	} {
		if msg := panics(t, f); !strings.HasPrefix(msg, "data.") {
			t.Errorf("%s: %s", name, msg)
		}
	}
}

func TestFieldsAndTypes(t *testing.T) {
	fields := []tensor.Tensor{
		tensor.From([]float64{1, 2, 3, 4}, 2, 1, 2),
		tensor.From([]int32{5, 6}),
		tensor.From([]uint8{7, 8, 9, 10, 11, 12}, 2, 3),
		tensor.Zeros(2, 0),
		tensor.From([]int16{-300, 300}),
		tensor.From([]int8{-7, 7}),
	}
	ds := data.NewTensorDataset(fields...)
	s := data.NewSample(ds)
	if err := ds.Read(1, s); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(s.Float64(0), []float64{3, 4}) || s.Int32(1)[0] != 6 || !reflect.DeepEqual(s.Uint8(2), []uint8{10, 11, 12}) ||
		len(s.Float32(3)) != 0 {
		t.Errorf("sample 1 reads %v %v %v %v", s.Float64(0), s.Int32(1), s.Uint8(2), s.Float32(3))
	}
	if s.Int16(4)[0] != 300 || s.Int8(5)[0] != 7 {
		t.Errorf("sample 1 reads %v %v", s.Int16(4), s.Int8(5))
	}
	l := data.NewLoader(ds, data.LoaderConfig{BatchSize: 5})
	for b := range l.Batches() {
		for i, f := range b.Fields {
			if f.DType() != fields[i].DType() || f.Shape() != fields[i].Shape() || !reflect.DeepEqual(f.Bytes(), fields[i].Bytes()) {
				t.Errorf("field %d: %v, want %v", i, f, fields[i])
			}
		}
		if b.X != b.Fields[0] || b.Y != b.Fields[1] {
			t.Error("X and Y are not fields 0 and 1")
		}
	}
	for b := range data.NewLoader(data.NewTensorDataset(fields[0]), data.LoaderConfig{}).Batches() {
		if b.Y.Defined() {
			t.Error("Y of a dataset with one field")
		}
	}
}

// mallocs returns the heap allocations of f: the fewest of three runs, since the runtime's own goroutines allocate
// now and then.
func mallocs(f func()) uint64 {
	fewest := uint64(math.MaxUint64)
	for range 3 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		fewest = min(fewest, after.Mallocs-before.Mallocs)
	}
	return fewest
}

// TestNoAllocation runs 10,000 steps with full and partial batches, in training and in evaluation.
func TestNoAllocation(t *testing.T) {
	l := data.NewLoader(numbered(48), data.LoaderConfig{BatchSize: 32, Shuffle: true, RNG: rng.NewTorch(1)})
	total, seen := tensor.Zeros(1), 0
	epoch := func() {
		for b := range l.Batches() {
			total.AddInPlace(b.X.Sum())
			seen += len(b.Indices)
		}
		for b := range l.Batches(data.NoGrad) {
			total.AddInPlace(b.X.Sum())
			seen += len(b.Indices)
		}
	}
	for range 500 { // the runtime fills its caches of type assertions at random moments
		epoch()
	}
	seen = 0
	if n := mallocs(func() {
		for range 2500 {
			epoch()
		}
	}); n != 0 {
		t.Errorf("%d allocations in 10,000 steps", n)
	}
	if seen != 3*2500*96 {
		t.Errorf("saw %d samples", seen)
	}
}
