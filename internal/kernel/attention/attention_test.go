package attention

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/internal/kernel/cpu"
	"github.com/lamina-ml/lamina/internal/pool"
)

// shape is a test's problem.
type shape struct {
	batch, heads, queries, kvHeads, keys, size, valueSize int
	causal                                                bool
	mask                                                  string // "", "seen", "add", "row" (repeated over queries), "columns" (strided); "keep" (dropout) is alone or follows
}

var shapes = []shape{
	{1, 1, 1, 1, 1, 1, 1, false, ""},
	{1, 2, 3, 2, 5, 4, 6, false, ""},
	{2, 2, 70, 2, 70, 9, 17, true, ""},
	{1, 2, 48, 2, 64, 32, 32, true, ""},
	{1, 1, 100, 1, 200, 16, 16, false, "seen"},
	{1, 1, 200, 1, 100, 16, 16, true, "seen"},
	{2, 4, 130, 2, 129, 8, 8, true, ""},
	{1, 6, 1, 2, 300, 64, 64, false, ""},
	{1, 6, 1, 2, 1500, 16, 8, false, "row"},
	{1, 6, 1, 2, 30, 8, 8, true, ""},
	{1, 2, 7, 2, 1200, 8, 8, false, "add"},
	{1, 1, 300, 1, 1100, 8, 8, true, "columns"},
	{1, 1, 600, 1, 1100, 8, 4, false, "row"},
	{1, 1, 1100, 1, 1100, 4, 4, true, ""},
	{1, 2, 3, 1, 0, 4, 4, false, ""},
	{1, 2, 0, 1, 3, 4, 4, true, ""},
	{1, 2, 3, 2, 4, 0, 2, false, ""},
	{1, 2, 3, 2, 4, 2, 0, true, ""},
	{0, 2, 3, 2, 4, 2, 2, true, ""},
	{1, 3, 20, 1, 40, 5, 3, false, "dead"},
	{2, 2, 70, 2, 70, 9, 17, true, "keep"},
	{1, 4, 130, 2, 1300, 8, 8, false, "keep"},
	{1, 2, 7, 2, 1210, 8, 8, false, "keep"},
	{1, 6, 1, 2, 300, 16, 8, false, "keep"},
	{1, 1, 300, 1, 1100, 8, 8, true, "seen keep"},
}

// array is an array (batch, heads, rows, cols), stored as (batch, rows, heads, cols) with a gap after each row.
func array[T Float](b, h, rows, cols int, draw func() float64) Rows[T] {
	head := cols + 3
	r := Rows[T]{Batch: rows * h * head, Head: head, Row: h * head}
	r.X = make([]T, b*rows*h*head)
	for i := range r.X {
		r.X[i] = T(draw())
	}
	return r
}

type problem[T Float] struct {
	Problem[T]
	dst, dy    Rows[T]
	dq, dk, dv Rows[T]
	stats      []T
}

func newProblem[T Float](s shape) *problem[T] {
	dice := rand.New(rand.NewPCG(1, 2))
	draw := func() float64 { return dice.Float64()*4 - 2 }
	nan := func() float64 { return math.NaN() }
	p := &problem[T]{Problem: Problem[T]{Batch: s.batch, Heads: s.heads, Queries: s.queries, KVHeads: s.kvHeads,
		Keys: s.keys, Size: s.size, ValueSize: s.valueSize,
		Causal: s.causal, Scale: 0.7 / math.Sqrt(float64(max(1, s.size)))}}
	p.Q = array[T](s.batch, s.heads, s.queries, s.size, draw)
	p.K = array[T](s.batch, s.kvHeads, s.keys, s.size, draw)
	p.V = array[T](s.batch, s.kvHeads, s.keys, s.valueSize, draw)
	p.dst, p.dy = array[T](s.batch, s.heads, s.queries, s.valueSize, nan), array[T](s.batch, s.heads, s.queries, s.valueSize, draw)
	p.dq = array[T](s.batch, s.heads, s.queries, s.size, nan)
	p.dk = array[T](s.batch, s.kvHeads, s.keys, s.size, nan)
	p.dv = array[T](s.batch, s.kvHeads, s.keys, s.valueSize, nan)
	p.stats = make([]T, 2*s.batch*s.heads*s.queries)
	mask, keep := strings.CutSuffix(s.mask, "keep")
	if keep {
		row := (s.keys + 31) / 32 * 4
		p.Keep = Keep{Bits: make([]uint8, s.batch*s.queries*s.heads*row), Batch: s.queries * s.heads * row, Head: row,
			Row: s.heads * row, Factor: 1.5}
		for i := range p.Keep.Bits {
			p.Keep.Bits[i] = uint8(dice.Uint32() | dice.Uint32())
		}
	}
	switch mask {
	case "seen", "seen ", "dead":
		p.Mask = Mask[T]{Head: s.queries * s.keys, Row: s.keys, Col: 1, Seen: make([]bool, s.heads*s.queries*s.keys)}
		for i := range p.Mask.Seen {
			p.Mask.Seen[i] = dice.IntN(3) > 0 && (s.mask != "dead" || i/s.keys%s.queries%3 > 0)
		}
	case "row":
		p.Mask = Mask[T]{Col: 1, Seen: make([]bool, s.keys)}
		for i := range p.Mask.Seen {
			p.Mask.Seen[i] = dice.IntN(3) > 0
		}
	case "add", "columns":
		p.Mask = Mask[T]{Row: s.keys, Col: 1, Add: make([]T, s.queries*s.keys)}
		if s.mask == "columns" {
			p.Mask.Row, p.Mask.Col = 1, s.queries
		}
		for i := range p.Mask.Add {
			if p.Mask.Add[i] = T(draw()); dice.IntN(3) == 0 {
				p.Mask.Add[i] = T(math.Inf(-1))
			}
		}
	}
	return p
}

func dot[T Float](a, b []T) (sum float64) {
	for i, x := range a {
		sum += float64(x) * float64(b[i])
	}
	return sum
}

// plain computes the results by the loops of the package's comment, in float64. The results are contiguous.
func (p *problem[T]) plain() (y, dq, dk, dv []float64) {
	g := p.groups()
	y = make([]float64, p.Batch*p.Heads*p.Queries*p.ValueSize)
	dq = make([]float64, p.Batch*p.Heads*p.Queries*p.Size)
	dk = make([]float64, p.Batch*p.KVHeads*p.Keys*p.Size)
	dv = make([]float64, p.Batch*p.KVHeads*p.Keys*p.ValueSize)
	w, keep := make([]float64, p.Keys), make([]float64, p.Keys)
	for b := range p.Batch {
		for h := range p.Heads {
			for i := range p.Queries {
				q, dy := p.Q.at(b, h, i)[:p.Size], p.dy.at(b, h, i)[:p.ValueSize]
				m, sum := math.Inf(-1), 0.0
				for j := range w {
					w[j] = float64(T(p.Scale * dot(q, p.K.at(b, h/g, j))))
					at := b*p.Mask.Batch + h*p.Mask.Head + i*p.Mask.Row + j*p.Mask.Col
					if p.Mask.Add != nil {
						w[j] = float64(T(w[j]) + p.Mask.Add[at])
					}
					if p.Causal && j > i || p.Mask.Seen != nil && !p.Mask.Seen[at] {
						w[j] = math.Inf(-1)
					}
					m = max(m, w[j])
				}
				if math.IsInf(m, -1) {
					m = 0
				}
				for j := range w {
					w[j] = math.Exp(w[j] - m)
					sum += w[j]
				}
				if sum == 0 {
					sum = 1
				}
				d := 0.0
				for j := range w {
					w[j] /= sum
					keep[j] = 1
					if k := &p.Keep; k.Bits != nil {
						keep[j] = k.Factor * float64(k.Bits[b*k.Batch+h*k.Head+i*k.Row+j/8]>>(j%8)&1)
					}
					d += w[j] * keep[j] * dot(dy, p.V.at(b, h/g, j))
				}
				n := (b*p.Heads+h)*p.Queries + i
				for j, x := range w {
					kv := (b*p.KVHeads+h/g)*p.Keys + j
					k, v := p.K.at(b, h/g, j)[:p.Size], p.V.at(b, h/g, j)[:p.ValueSize]
					ds := x * (keep[j]*dot(dy, v) - d) * p.Scale
					for c := range v {
						y[n*p.ValueSize+c] += x * keep[j] * float64(v[c])
						dv[kv*p.ValueSize+c] += x * keep[j] * float64(dy[c])
					}
					for c := range k {
						dq[n*p.Size+c] += ds * float64(k[c])
						dk[kv*p.Size+c] += ds * float64(q[c])
					}
				}
			}
		}
	}
	return y, dq, dk, dv
}

// run computes the results with the kernels.
func (p *problem[T]) run() {
	Forward(p.dst, p.stats, &p.Problem)
	Backward(p.dq, p.dk, p.dv, p.dst, p.dy, p.stats, &p.Problem)
}

// differ returns how r differs from the contiguous array want by more than tol of its largest element, which counts
// as at least 1 because gradients are sums that may cancel, "" if it does not.
func differ[T Float](r Rows[T], b, h, rows, cols int, want []float64, tol float64) string {
	largest := 1.0
	for _, x := range want {
		largest = max(largest, math.Abs(x))
	}
	for i, x := range want {
		row := i / cols
		got := float64(r.at(row/rows/h, row/rows%h, row%rows)[i%cols])
		if !(math.Abs(got-x) <= tol*largest) {
			return fmt.Sprintf("batch %d, head %d, row %d, column %d is %v, want %v", row/rows/h, row/rows%h, row%rows, i%cols, got, x)
		}
	}
	return ""
}

func testShapes[T Float](t *testing.T, tol float64) {
	for _, s := range shapes {
		p := newProblem[T](s)
		p.run()
		y, dq, dk, dv := p.plain()
		for _, c := range []struct {
			name string
			msg  string
		}{
			{"result", differ(p.dst, s.batch, s.heads, s.queries, s.valueSize, y, tol)},
			{"gradient of the queries", differ(p.dq, s.batch, s.heads, s.queries, s.size, dq, tol)},
			{"gradient of the keys", differ(p.dk, s.batch, s.kvHeads, s.keys, s.size, dk, tol)},
			{"gradient of the values", differ(p.dv, s.batch, s.kvHeads, s.keys, s.valueSize, dv, tol)},
		} {
			if c.msg != "" {
				t.Errorf("%+v: %s: %s", s, c.name, c.msg)
			}
		}
		for name, r := range map[string]Rows[T]{"result": p.dst, "dq": p.dq, "dk": p.dk, "dv": p.dv} { // the gaps after rows
			cols := r.Head - 3
			for i := 0; r.Head > 3 && i < len(r.X); i += r.Head {
				for _, x := range r.X[i+cols:][:3] {
					if x == x {
						t.Fatalf("%+v: %s: an element outside is written", s, name)
					}
				}
			}
		}
	}
}

func TestShapes(t *testing.T) {
	for _, level := range cpu.Levels() {
		t.Run(level.String(), func(t *testing.T) {
			defer cpu.Force(level)()
			// Sums of up to 1,100 rounded terms; the weights are within two units in the last place.
			testShapes[float32](t, 2e-6)
			testShapes[float64](t, 1e-14)
		})
	}
}

// TestThreads compares all bits of results computed with different numbers of threads.
func TestThreads(t *testing.T) {
	defer pool.SetThreads(pool.Threads())
	for _, s := range shapes {
		pool.SetThreads(1)
		want := newProblem[float32](s)
		want.run()
		for _, n := range []int{2, 3, 7} {
			pool.SetThreads(n)
			got := newProblem[float32](s)
			got.run()
			for i, pair := range [][2][]float32{{got.dst.X, want.dst.X}, {got.dq.X, want.dq.X}, {got.dk.X, want.dk.X},
				{got.dv.X, want.dv.X}, {got.stats, want.stats}} {
				for j, x := range pair[0] {
					if math.Float32bits(x) != math.Float32bits(pair[1][j]) {
						t.Fatalf("%+v, %d threads: result %d, element %d: %v, with one thread %v", s, n, i, j, x, pair[1][j])
					}
				}
			}
		}
	}
}

func TestAllocations(t *testing.T) {
	for _, s := range shapes {
		p := newProblem[float32](s)
		if n := testing.AllocsPerRun(5, p.run); n > 0 {
			t.Errorf("%+v: %v allocations", s, n)
		}
	}
}

func BenchmarkForward(b *testing.B)  { bench(b, false) }
func BenchmarkBackward(b *testing.B) { bench(b, true) }

func bench(b *testing.B, backward bool) {
	for _, s := range []shape{
		{8, 8, 256, 8, 256, 64, 64, false, ""}, {8, 8, 256, 8, 256, 64, 64, true, ""},
		{1, 8, 2048, 8, 2048, 64, 64, false, ""}, {1, 8, 2048, 8, 2048, 64, 64, true, ""},
		{16, 4, 64, 4, 64, 32, 32, true, ""}, {1, 9, 1, 3, 2048, 64, 64, false, ""}, {1, 32, 1, 8, 2048, 128, 128, false, ""},
	} {
		b.Run(fmt.Sprintf("%d,%d,%d,%d causal=%v", s.batch, s.heads, s.keys, s.size, s.causal), func(b *testing.B) {
			p := newProblem[float32](s)
			p.run()
			b.ResetTimer()
			for range b.N {
				if backward {
					Backward(p.dq, p.dk, p.dv, p.dst, p.dy, p.stats, &p.Problem)
				} else {
					Forward(p.dst, p.stats, &p.Problem)
				}
			}
			ops := 4 * float64(s.batch*s.heads*s.queries*s.keys*s.size)
			if s.causal {
				ops /= 2
			}
			if backward {
				ops *= 2.5
			}
			b.ReportMetric(ops*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}
