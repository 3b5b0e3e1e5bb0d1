package data_test

import (
	"errors"
	"io"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/tensor"
)

// rows is a stream of a dataset's samples.
type rows struct{ data.Dataset }

func (r rows) Open(int) (data.StreamReader, error) { return &rowReader{ds: r.Dataset}, nil }

type rowReader struct {
	ds   data.Dataset
	next int
}

func (r *rowReader) Read(s *data.Sample) error {
	if r.next == r.ds.Len() {
		return io.EOF
	}
	r.next++
	return r.ds.Read(r.next-1, s)
}

func (r *rowReader) Close() error { return nil }

func TestStream(t *testing.T) {
	before := runtime.NumGoroutine()
	for workers := range 4 {
		for _, test := range []struct {
			n, batch int
			drop     bool
			want     [][]int64
		}{
			{7, 3, false, [][]int64{{0, 1, 2}, {3, 4, 5}, {6}}},
			{7, 3, true, [][]int64{{0, 1, 2}, {3, 4, 5}}},
			{6, 3, false, [][]int64{{0, 1, 2}, {3, 4, 5}}},
			{3, 1 << 60, false, [][]int64{{0, 1, 2}}},
			{0, 3, false, nil},
		} {
			l := data.NewStreamLoader(rows{numbered(test.n)}, data.LoaderConfig{BatchSize: test.batch,
				DropLast: test.drop, Workers: workers})
			if l.Len() != -1 || l.Dataset() != nil {
				t.Errorf("a stream of length %d", l.Len())
			}
			for range 2 {
				if got := orders(t, l); !reflect.DeepEqual(got, test.want) {
					t.Errorf("%d workers, %d samples: %v, want %v", workers, test.n, got, test.want)
				}
			}
		}
		l := data.NewStreamLoader(rows{numbered(100)}, data.LoaderConfig{BatchSize: 3, Workers: workers})
		l.Resume(4, 30)
		n := 0
		for b := range l.Batches() {
			check(t, b)
			if b.Epoch != 4 || b.Step != 30+n || b.Indices[0] != int64(90+3*n) {
				t.Errorf("%d workers, resumed: epoch %d, step %d, %v", workers, b.Epoch, b.Step, b.Indices)
			}
			n++
		}
		if n != 4 {
			t.Errorf("%d workers, resumed: %d batches", workers, n)
		}
		l.Resume(0, 50)
		for range l.Batches() {
			t.Error("a batch beyond the end")
		}
		for b := range l.Batches() {
			if b.Step == 3 {
				break
			}
		}
		if got := orders(t, l); len(got) != 34 {
			t.Errorf("%d workers: %d batches after a break", workers, len(got))
		}
	}
	goroutines(t, before)
}

// faulty is a stream whose methods return the given errors.
type faulty struct {
	rows
	open, read, close error
	closed            *int
}

func (f faulty) Open(int) (data.StreamReader, error) {
	if f.open != nil {
		return nil, f.open
	}
	return &faultyReader{rowReader{ds: f.Dataset}, f}, nil
}

type faultyReader struct {
	rowReader
	faulty
}

func (f *faultyReader) Fields() []data.Field { return nil }
func (f *faultyReader) Read(s *data.Sample) error {
	if f.next == 5 && f.read != nil {
		return f.read
	}
	return f.rowReader.Read(s)
}
func (f *faultyReader) Close() error { *f.closed++; return f.faulty.close }

func TestStreamErrors(t *testing.T) {
	cause := errors.New("the connection is closed")
	for workers := range 3 {
		closed := 0
		for _, test := range []struct {
			s       faulty
			batches int
			text    string
		}{
			{faulty{open: cause}, 0, "data: opening the stream: the connection is closed"},
			{faulty{read: cause}, 2, "data: sample 5: the connection is closed"},
			{faulty{close: cause}, 4, "data: closing the stream: the connection is closed"},
			{faulty{close: errors.New("second"), read: cause}, 2, "data: sample 5: the connection is closed"},
		} {
			test.s.rows, test.s.closed = rows{numbered(7)}, &closed
			l := data.NewStreamLoader(test.s, data.LoaderConfig{BatchSize: 2, Workers: workers})
			for range 2 {
				n := 0
				for range l.Batches() {
					n++
				}
				if err := l.Err(); n != test.batches || !errors.Is(err, cause) || err.Error() != test.text {
					t.Errorf("%d workers: %d batches, then %v; want %d, %s", workers, n, err, test.batches, test.text)
				}
			}
		}
		if closed != 6 {
			t.Errorf("%d workers: closed %d times, opened 6 times", workers, closed)
		}
	}
	if msg := panics(t, func() { data.NewStreamLoader(rows{numbered(1)}, data.LoaderConfig{Shuffle: true}) }); !strings.Contains(msg, "order") {
		t.Error(msg)
	}
}

func TestStreamNoAllocation(t *testing.T) {
	l := data.NewStreamLoader(rows{numbered(100)}, data.LoaderConfig{BatchSize: 7})
	sum := tensor.Zeros(7, 3)
	pass := func() {
		for range 100 {
			for b := range l.Batches() {
				if len(b.Indices) == 7 {
					sum.CopyFrom(b.X)
				}
			}
		}
	}
	for range 20 {
		pass()
	}
	if n := mallocs(pass); n > 100 { // the dataset allocates one reader in each pass
		t.Errorf("%d allocations in 100 passes", n)
	}
}
