package attention

import (
	"github.com/lamina-ml/lamina/internal/freelist"
	"github.com/lamina-ml/lamina/internal/kernel/vec"
	"github.com/lamina-ml/lamina/internal/pool"
)

const (
	// If there are fewer than fewHeads heads of keys, the keys are divided into parts of at least gradPartKeys keys.
	// Each part sums its own gradient of the queries; they have at most partElements elements.
	fewHeads     = 8
	gradPartKeys = 512
	partElements = 2 << 20
)

// backward is a backward pass under way.
type backward[T Float] struct {
	Problem[T]
	y, dy      Rows[T]
	stats      []T
	dq, dk, dv Rows[T]

	keys    int // keys of a block
	parts   int
	partial []T // for each part but the first: a gradient of the queries (batch, heads, queries, size)
}

var (
	backward32 freelist.List[backward[float32]]
	backward64 freelist.List[backward[float64]]
)

func backwards[T Float]() *freelist.List[backward[T]] {
	if l, ok := any(&backward32).(*freelist.List[backward[T]]); ok {
		return l
	}
	return any(&backward64).(*freelist.List[backward[T]])
}

// Backward computes the gradients of query, key and value, given the result y, its gradient dy and the stats from
// Forward. It skips those whose X is nil.
func Backward[T Float](dq, dk, dv, y, dy Rows[T], stats []T, p *Problem[T]) {
	p.check()
	list := backwards[T]()
	w := list.Get()
	w.Problem, w.y, w.dy, w.stats, w.dq, w.dk, w.dv = *p, y, dy, stats, dq, dk, dv
	w.joinGroups(&w.Q, &w.y, &w.dy, &w.dq)
	heads := w.Batch * w.KVHeads
	w.parts, w.keys = 1, 2*sliver
	if w.Causal && w.Queries <= 8*sliver {
		w.keys = sliver // Causal hides a large part of a large block
	}
	if heads < fewHeads {
		w.parts = max(1, min(ceil(fewHeads, max(1, heads)), w.Keys/gradPartKeys, 1+partElements/max(1, w.partSize())))
	}
	if w.parts > 1 && w.dq.X != nil {
		w.partial = grow(w.partial, (w.parts-1)*w.partSize())
	}
	n := heads * w.parts
	switch each := 5 * w.operations() / float64(max(1, n)); {
	case each*float64(n) < minParallel:
		w.Run(0, n)
	default:
		pool.For(n, max(1, int(minParallel/4/max(each, 1))), w)
	}
	if w.dq.X != nil && (w.parts > 1 || w.Keys == 0) {
		for b := range w.Batch {
			for h := range w.Heads {
				w.joinQueries(b, h)
			}
		}
	}
	w.Problem, w.y, w.dy, w.stats, w.dq, w.dk, w.dv = Problem[T]{}, Rows[T]{}, Rows[T]{}, nil, Rows[T]{}, Rows[T]{}, Rows[T]{}
	list.Put(w)
}

// Run computes the parts i0 to i1 of the heads.
func (f *backward[T]) Run(i0, i1 int) {
	list := scratches[T]()
	w := list.Get()
	w.mul.Begin()
	for i := i0; i < i1; i++ {
		head, part := i/f.parts, i%f.parts
		f.head(w, head/f.KVHeads, head%f.KVHeads, part)
	}
	w.mul.End()
	list.Put(w)
}

// head computes the gradients of one part of the keys and values of a head, and what that part adds to the gradient
// of the queries.
func (f *backward[T]) head(w *scratch[T], b, h, part int) {
	g := f.groups()
	w.d = grow(w.d, g*f.Queries)
	for i := range g {
		vec.RowDots(w.d[i*f.Queries:], f.dy.at(b, h*g+i, 0), f.dy.Row, f.y.at(b, h*g+i, 0), f.y.Row, f.Queries, f.ValueSize)
	}
	w.s, w.dp = grow(w.s, subRows*f.keys), grow(w.dp, subRows*f.keys)
	w.dk, w.dv = grow(w.dk, f.keys*f.Size), grow(w.dv, f.keys*f.ValueSize)
	first, end := f.partStart(part), f.partStart(part+1)
	for k := first; k < end; k += f.keys {
		n := min(f.keys, end-k)
		clear(w.dk)
		clear(w.dv)
		keys, values := f.K.at(b, h, k), f.V.at(b, h, k)
		if !f.Causal || k < f.Queries {
			if !f.few(w) {
				w.kt = w.transposed(w.kt, keys, f.K.Row, n, f.Size)
			}
			w.vt = w.transposed(w.vt, values, f.V.Row, n, f.ValueSize)
			ldk := 0
			w.k, keys, ldk = w.contiguous(w.k, keys, f.K.Row, n, f.Size)
			for i := range g {
				f.keyBlock(w, b, h*g+i, part, k, n, keys, ldk, w.d[i*f.Queries:], k > first)
			}
		}
		if f.dk.X != nil {
			w.mul.Copy(f.dk.at(b, h, k), f.dk.Row, w.dk, f.Size, n, f.Size)
		}
		if f.dv.X != nil {
			w.mul.Copy(f.dv.at(b, h, k), f.dv.Row, w.dv, f.ValueSize, n, f.ValueSize)
		}
	}
}

// keyBlock computes what the n keys from k on and the queries of a head add to the gradients. d has Σ dy·y of the
// head's queries.
func (f *backward[T]) keyBlock(w *scratch[T], b, h, part, k, n int, keys []T, ldk int, d []T, add bool) {
	stats := f.stats[2*(b*f.Heads+h)*f.Queries:]
	scale, slope := f.scale(), T(f.Scale)
	start, subRows := 0, f.blockRows()
	if f.Causal {
		start = k // earlier queries see none of these keys
	}
	for a := start; a < f.Queries; a += subRows {
		m, seen := min(subRows, f.Queries-a), n
		if f.Causal {
			seen = min(n, a+m-k)
		}
		q, dy := f.Q.at(b, h, a), f.dy.at(b, h, a)
		var ldq, ldy int
		w.q, q, ldq = w.contiguous(w.q, q, f.Q.Row, m, f.Size)
		w.dy, dy, ldy = w.contiguous(w.dy, dy, f.dy.Row, m, f.ValueSize)
		if f.few(w) {
			w.mul.Dot(w.s, f.keys, m, seen, f.Size, q, ldq, keys, ldk)
		} else {
			w.scores(w.s, f.keys, q, ldq, m, w.kt, seen, f.Size)
		}
		w.scores(w.dp, f.keys, dy, ldy, m, w.vt, seen, f.ValueSize)
		f.negate(w.s, f.keys, m, seen)
		mask := f.mask(w, b, h, a, m, k, seen)
		f.drop(w.dp, f.keys, b, h, a, m, k, seen)
		vec.AttendGrad(w.s, w.dp, f.keys, mask, stats[2*a:], d[a:], m, seen, scale, slope)
		f.drop(w.s, f.keys, b, h, a, m, k, seen)
		if f.dv.X != nil {
			w.mul.Mul(w.dv, f.ValueSize, seen, f.ValueSize, m, w.s, 1, f.keys, dy, ldy, true)
		}
		if f.dk.X != nil {
			w.mul.Mul(w.dk, f.Size, seen, f.Size, m, w.dp, 1, f.keys, q, ldq, true)
		}
		if f.dq.X != nil {
			dq, ldd := f.dq.at(b, h, a), f.dq.Row
			if part > 0 {
				dq, ldd = f.partOf(part, b, h)[a*f.Size:], f.Size
			}
			w.mul.Mul(dq, ldd, m, f.Size, seen, w.dp, f.keys, 1, keys, ldk, add)
		}
	}
}

// partStart returns the first key of a part.
func (f *backward[T]) partStart(part int) int { return f.firstKey(part, f.parts) }

func (f *backward[T]) partSize() int { return f.Batch * f.Heads * f.Queries * f.Size }

// partOf returns a part's gradient of the queries of a head.
func (f *backward[T]) partOf(part, b, h int) []T {
	n := f.Queries * f.Size
	return f.partial[(part-1)*f.partSize()+(b*f.Heads+h)*n:][:n]
}

// joinQueries adds the parts of the gradient of a head's queries, or sets it to 0 if there are no keys.
func (f *backward[T]) joinQueries(b, h int) {
	for r := range f.Queries {
		dq := f.dq.at(b, h, r)[:f.Size]
		if f.Keys == 0 {
			clear(dq)
		}
		for part := 1; part < f.parts; part++ {
			if f.Causal && r < f.partStart(part) {
				break
			}
			for c, x := range f.partOf(part, b, h)[r*f.Size:][:f.Size] {
				dq[c] += x
			}
		}
	}
}
