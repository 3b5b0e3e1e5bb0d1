package attention

import (
	"math"

	"github.com/lamina-ml/lamina/internal/freelist"
	"github.com/lamina-ml/lamina/internal/kernel/vec"
	"github.com/lamina-ml/lamina/internal/pool"
)

const (
	taskRows = 576         // the most queries of a task: they read the keys from memory once
	keyBlock = maxKeyBlock // keys of a block
	// With few queries the keys are divided too: into parts of at least partKeys keys, so that there are about
	// manyTasks tasks.
	partKeys  = 256
	manyTasks = 32
)

// forward is a forward pass under way.
type forward[T Float] struct {
	Problem[T]
	dst   Rows[T]
	stats []T

	rows, blocks int // queries of a task, tasks of a head
	subRows      int // queries of a block of scores
	parts        int // parts of the keys
	partial      []T // for each part and head: results (rows, ValueSize), tops and sums
	all          vec.AttentionStats[T]
}

var (
	forward32 freelist.List[forward[float32]]
	forward64 freelist.List[forward[float64]]
)

func forwards[T Float]() *freelist.List[forward[T]] {
	if l, ok := any(&forward32).(*freelist.List[forward[T]]); ok {
		return l
	}
	return any(&forward64).(*freelist.List[forward[T]])
}

// Forward computes dst. Unless stats is nil, it gets two numbers for each query (batch, heads, queries, 2), from which
// Backward computes the weights again: the score that was subtracted from the others, and 1/Σ weights.
func Forward[T Float](dst Rows[T], stats []T, p *Problem[T]) {
	p.check()
	if p.Batch*p.Heads*p.Queries*p.ValueSize == 0 {
		return
	}
	list := forwards[T]()
	f := list.Get()
	f.Problem, f.dst, f.stats = *p, dst, stats
	f.joinGroups(&f.Q, &f.dst)
	heads := f.Batch * f.KVHeads
	f.blocks, f.subRows = ceil(f.Queries, taskRows), f.blockRows()
	f.rows = ceil(ceil(f.Queries, f.blocks), f.subRows) * f.subRows
	f.blocks = ceil(f.Queries, f.rows)
	f.parts = 1
	if f.Queries <= subRows && f.groups() == 1 && !f.Causal && heads < manyTasks {
		f.parts = max(1, min(ceil(manyTasks, heads), f.Keys/partKeys))
	}
	if f.parts > 1 {
		f.partial = grow(f.partial, f.parts*heads*f.partSize())
	}
	n := f.blocks * heads * f.parts
	switch each := 2 * f.operations() / float64(n); {
	case each*float64(n) < minParallel:
		f.Run(0, n)
	default:
		pool.For(n, max(1, int(minParallel/4/max(each, 1))), f)
	}
	if f.parts > 1 {
		for i := range heads {
			f.join(i/f.KVHeads, i%f.KVHeads)
		}
	}
	f.Problem, f.dst, f.stats = Problem[T]{}, Rows[T]{}, nil
	list.Put(f)
}

// Run computes some tasks. Those with the last queries come first, because with Causal they take longest.
func (f *forward[T]) Run(i0, i1 int) {
	list := scratches[T]()
	w := list.Get()
	w.mul.Begin()
	heads := f.Batch * f.KVHeads
	for i := i0; i < i1; i++ {
		b, h := i%heads/f.KVHeads, i%heads%f.KVHeads
		if f.parts > 1 {
			f.part(w, b, h, i/heads)
			continue
		}
		r0 := (f.blocks - 1 - i/heads) * f.rows
		f.attend(w, b, h, r0, min(r0+f.rows, f.Queries), 0, f.Keys, &f.dst)
		f.finish(w, b, h, r0, min(r0+f.rows, f.Queries))
	}
	w.mul.End()
	list.Put(w)
}

// attend sums the weighted values of the keys k0 to k1 for the queries r0 to r1 of all query heads that share the
// head h of keys. It leaves the rows' numbers in w.stats and the sums, which finish divides, in dst.
func (f *forward[T]) attend(w *scratch[T], b, h, r0, r1, k0, k1 int, dst *Rows[T]) {
	g, subs := f.groups(), ceil(r1-r0, f.subRows)
	w.stats = grow(w.stats, g*subs)
	for i := range w.stats {
		w.stats[i].Reset(min(f.subRows, r1-r0))
	}
	if f.Causal {
		k1 = min(k1, r1)
	}
	if k1 <= k0 {
		f.clear(dst, b, h, r0, r1)
		return
	}
	few := f.few(w)
	w.s = grow(w.s, subRows*keyBlock)
	scale := f.scale()
	for k := k0; k < k1; k += keyBlock {
		n := min(keyBlock, k1-k)
		keys, values, ldv := f.K.at(b, h, k), f.V.at(b, h, k), f.V.Row
		if !few {
			w.kt = w.transposed(w.kt, keys, f.K.Row, n, f.Size)
			w.v, values, ldv = w.contiguous(w.v, values, f.V.Row, n, f.ValueSize)
		}
		for i := range g {
			head := h*g + i
			for sub := range subs {
				a := r0 + sub*f.subRows
				m, seen := min(f.subRows, r1-a), n
				if f.Causal {
					if seen = min(n, a+m-k); seen <= 0 {
						continue
					}
				}
				q := f.Q.at(b, head, a)
				if few {
					w.mul.Dot(w.s, keyBlock, m, seen, f.Size, q, f.Q.Row, keys, f.K.Row)
				} else {
					w.scores(w.s, keyBlock, q, f.Q.Row, m, w.kt, seen, f.Size)
				}
				f.negate(w.s, keyBlock, m, seen)
				stats := &w.stats[i*subs+sub]
				mask := f.mask(w, b, head, a, m, k, seen)
				vec.Attend(w.s, keyBlock, mask, stats, m, seen, scale)
				f.drop(w.s, keyBlock, b, head, a, m, k, seen)
				y := dst.at(b, head, a)
				if k > k0 && decays(stats.Decay[:m]) {
					vec.ScaleRows(y, dst.Row, y, dst.Row, stats.Decay[:], m, f.ValueSize)
				}
				w.mul.Mul(y, dst.Row, m, f.ValueSize, seen, w.s, keyBlock, 1, values, ldv, k > k0)
			}
		}
	}
}

// decays reports whether a factor is not 1.
func decays[T Float](factors []T) bool {
	for _, x := range factors {
		if x != 1 {
			return true
		}
	}
	return false
}

// finish divides the sums in dst by the sums of the weights, and stores the rows' numbers for Backward.
func (f *forward[T]) finish(w *scratch[T], b, h, r0, r1 int) {
	g, subs := f.groups(), ceil(r1-r0, f.subRows)
	for i := range g {
		head := h*g + i
		for sub := range subs {
			a := r0 + sub*f.subRows
			m, stats := min(f.subRows, r1-a), &w.stats[i*subs+sub]
			stats.Finish(f.statsOf(b, head, a), m)
			y := f.dst.at(b, head, a)
			vec.ScaleRows(y, f.dst.Row, y, f.dst.Row, stats.Decay[:], m, f.ValueSize)
		}
	}
}

// statsOf returns the memory for the numbers of the rows from row on, nil if they are not wanted.
func (f *forward[T]) statsOf(b, h, row int) []T {
	if f.stats == nil {
		return nil
	}
	return f.stats[2*((b*f.Heads+h)*f.Queries+row):]
}

// clear sets results to 0.
func (f *forward[T]) clear(dst *Rows[T], b, h, r0, r1 int) {
	for i := range f.groups() {
		for r := r0; r < r1; r++ {
			clear(dst.at(b, h*f.groups()+i, r)[:f.ValueSize])
		}
	}
}

func (f *forward[T]) partSize() int { return f.Queries * (f.ValueSize + 2) }

// partOf returns the results, the largest scores and the sums of one part of the keys.
func (f *forward[T]) partOf(b, h, part int) (y, largest, sums []T) {
	x := f.partial[((b*f.KVHeads+h)*f.parts+part)*f.partSize():][:f.partSize()]
	n := f.Queries * f.ValueSize
	return x[:n], x[n:][:f.Queries], x[n+f.Queries:]
}

// part computes one part of the keys.
func (f *forward[T]) part(w *scratch[T], b, h, part int) {
	y, largest, sums := f.partOf(b, h, part)
	f.attend(w, b, h, 0, f.Queries, f.firstKey(part, f.parts), f.firstKey(part+1, f.parts), &Rows[T]{X: y, Row: f.ValueSize})
	copy(largest, w.stats[0].Top[:])
	copy(sums, w.stats[0].Sum[:])
}

// join adds the parts of a head.
func (f *forward[T]) join(b, h int) {
	all := &f.all
	all.Reset(f.Queries)
	for i := range f.parts {
		_, tops, _ := f.partOf(b, h, i)
		for r, x := range tops {
			all.Top[r] = max(all.Top[r], x)
		}
	}
	for r := range f.Queries {
		dst := f.dst.at(b, h, r)[:f.ValueSize]
		clear(dst)
		for i := range f.parts {
			y, tops, sums := f.partOf(b, h, i)
			if sums[r] == 0 {
				continue
			}
			factor := T(math.Exp(math.Abs(f.Scale) * float64(tops[r]-all.Top[r])))
			all.Sum[r] += factor * sums[r]
			for c, x := range y[r*f.ValueSize:][:f.ValueSize] {
				dst[c] += factor * x
			}
		}
	}
	all.Finish(f.statsOf(b, h, 0), f.Queries)
	y := f.dst.at(b, h, 0)
	vec.ScaleRows(y, f.dst.Row, y, f.dst.Row, all.Decay[:], f.Queries, f.ValueSize)
}

func ceil(x, y int) int { return (x + y - 1) / y }
