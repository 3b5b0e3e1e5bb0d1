// Package attention computes scaled dot-product attention and its gradients without storing the scores of all pairs
// of queries and keys.
//
// For each batch and head, the result is, as plain Go loops,
//
//	for i := range queries {
//		for j := range keys {
//			s[j] = scale*dot(q[i], k[j]) + mask[i][j] // −∞ for a key that the query does not see
//		}
//		m := max(s) // 0 if all are −∞
//		for j := range keys {
//			p[j] = exp(s[j] - m)
//		}
//		for c := range valueSize {
//			for j := range keys {
//				dst[i][c] += keep[i][j] * p[j] * v[j][c] / sum(p) // 0 if the sum is 0
//			}
//		}
//	}
//
// where keep is 1 without dropout, and the gradients are, with p of the sum 1,
//
//	for i := range queries {
//		d := dot(dy[i], y[i])
//		for j := range keys {
//			ds := p[j] * (keep[i][j]*dot(dy[i], v[j]) - d) * scale
//			dq[i] += ds * k[j] // vectors
//			dk[j] += ds * q[i]
//			dv[j] += keep[i][j] * p[j] * dy[i]
//		}
//	}
//
// The kernels compute blocks of scores that stay in the caches. The forward pass keeps for each query the largest
// score and the sum of the weights until now, and multiplies what it has summed if a block has a much larger score
// (https://arxiv.org/abs/2205.14135, https://arxiv.org/abs/2112.05682). It keeps the largest score and the sum of the
// weights of each query, from which the backward pass computes the weights again. One number, the logarithm of that sum,
// would not do: it is rounded, and in float32 weights of scores around 1e8 are wrong by factors.
//
// The division into blocks and the order of all sums depend on the shape and the instruction set, but not on the
// number of threads.
package attention

import (
	"fmt"
	"math"
	"slices"

	"github.com/lamina-ml/lamina/internal/freelist"
	"github.com/lamina-ml/lamina/internal/kernel/gemm"
	"github.com/lamina-ml/lamina/internal/kernel/vec"
)

// Float is the type of the elements.
type Float = gemm.Float

// Rows is an array (batch, heads, rows, columns) with any strides between the batches, heads and rows. The columns
// are contiguous.
type Rows[T Float] struct {
	X                []T
	Batch, Head, Row int
}

// at returns the elements from a row on; none if the rows have no elements.
func (r *Rows[T]) at(b, h, row int) []T { return r.X[min(b*r.Batch+h*r.Head+row*r.Row, len(r.X)):] }

// Mask is an array (batch, heads, queries, keys) with any strides; a stride of 0 repeats it. Either Seen or Add is
// set, or none. Seen is true where a query sees a key; Add is added to the scores.
type Mask[T Float] struct {
	Seen                  []bool
	Add                   []T
	Batch, Head, Row, Col int
}

// Keep is a dropout of the weights, an array (batch, heads, queries) of rows of bits with any strides in bytes. The weight
// of key j is multiplied by Factor if bit j%8 of byte j/8 is 1, else by 0. Rows are whole words of 32 bits.
type Keep struct {
	Bits             []uint8 // nil for no dropout
	Batch, Head, Row int
	Factor           float64
}

// Problem describes an attention.
type Problem[T Float] struct {
	Batch, Heads, Queries int
	KVHeads, Keys         int // consecutive Heads/KVHeads query heads share a head of keys and values
	Size, ValueSize       int
	Q, K, V               Rows[T]
	Mask                  Mask[T]
	Keep                  Keep
	Causal                bool // query i sees the keys 0 to i
	Scale                 float64
}

// check panics if the sizes do not fit; the arrays are checked where they are used.
func (p *Problem[T]) check() {
	if min(p.Batch, p.Heads, p.Queries, p.KVHeads, p.Keys, p.Size, p.ValueSize) < 0 || p.Heads > 0 && (p.KVHeads == 0 ||
		p.Heads%p.KVHeads != 0) {
		panic(fmt.Sprintf("attention: impossible sizes: batch %d, heads %d and %d, lengths %d and %d, sizes %d and %d",
			p.Batch, p.Heads, p.KVHeads,
			p.Queries, p.Keys, p.Size, p.ValueSize))
	}
}

// groups returns the number of query heads that share a head of keys.
func (p *Problem[T]) groups() int { return p.Heads / max(1, p.KVHeads) }

// joinGroups makes single queries of the heads of a group the queries of one head: together they read the keys once.
func (p *Problem[T]) joinGroups(operands ...*Rows[T]) {
	if p.Queries != 1 || p.Causal {
		return
	}
	g := p.groups()
	p.Heads, p.Queries = p.KVHeads, g
	for _, r := range operands {
		r.Row, r.Head = r.Head, r.Head*g
	}
	p.Mask.Row, p.Mask.Head = p.Mask.Head, p.Mask.Head*g
	p.Keep.Row, p.Keep.Head = p.Keep.Head, p.Keep.Head*g
}

// scale returns the scale without its sign, which the scores have.
func (p *Problem[T]) scale() T { return T(math.Abs(p.Scale)) }

// operations returns the approximate number of floating-point operations of one product of all queries with all keys.
func (p *Problem[T]) operations() float64 {
	return 2 * float64(p.Batch) * float64(p.Heads) * float64(p.Queries) * float64(p.Keys) * float64(max(p.Size, p.ValueSize))
}

// minParallel is the least number of operations that run on more than one thread.
const minParallel = 2 << 20

// subRows is the most queries in a block of scores: a multiple of the heights of most tiles, at most vec.AttentionRows.
const subRows = 48

// blockRows returns the number of queries in a block of scores: fewer if Causal hides a large part of a block.
func (p *Problem[T]) blockRows() int {
	if p.Causal && p.Queries <= 2*subRows {
		return subRows / 2
	}
	return subRows
}

// maxKeyBlock is the most keys in a block of scores.
const maxKeyBlock = 256

// sliver is the number of keys whose transposed copies lie together.
const sliver = gemm.SerialColumns

// scratch is the memory of one goroutine.
type scratch[T Float] struct {
	mul        gemm.Serial[T]
	kt, vt     []T // transposed keys and values: slivers
	k, v, q    []T // contiguous copies
	dy, dk, dv []T
	s, dp      []T // scores and their gradients
	mask       []T
	d          []T
	stats      []vec.AttentionStats[T]
}

var (
	scratch32 freelist.List[scratch[float32]]
	scratch64 freelist.List[scratch[float64]]
)

func scratches[T Float]() *freelist.List[scratch[T]] {
	if l, ok := any(&scratch32).(*freelist.List[scratch[T]]); ok {
		return l
	}
	return any(&scratch64).(*freelist.List[scratch[T]])
}

// grow returns a slice of n elements, s if it is large enough. Its capacity grows as append's does, so that a cache
// of keys that becomes longer step by step does not make each step allocate.
func grow[T any](s []T, n int) []T { return slices.Grow(s[:0], n)[:n] }

// transposed copies rows of x, each of size elements, to slivers: element (row, i) is at row/sliver·size·sliver +
// i·sliver + row%sliver.
func (w *scratch[T]) transposed(dst, x []T, stride, rows, size int) []T {
	dst = grow(dst, (rows+sliver-1)/sliver*sliver*size)
	for r := 0; r < rows; r += sliver {
		w.mul.Transpose(dst[r*size:], sliver, x[min(r*stride, len(x)):], stride, min(sliver, rows-r), size)
	}
	return dst
}

// contiguous returns x, or a copy in dst if its rows of size elements are not contiguous: their distance may be a
// multiple of a large power of two, with which few of them stay in the first cache.
func (w *scratch[T]) contiguous(dst, x []T, stride, rows, size int) (copied, y []T, ld int) {
	if stride == size {
		return dst, x, size
	}
	dst = grow(dst, rows*size)
	w.mul.Copy(dst, size, x, stride, rows, size)
	return dst, dst, size
}

// few reports whether there are so few queries that products of rows are faster than a product with transposed keys.
// The forward and the backward pass compute the scores in the same way, to the same bits.
func (p *Problem[T]) few(w *scratch[T]) bool { return p.groups() == 1 && p.Queries <= w.mul.DotRows() }

// negate negates the scores s (m, n) if the scale is negative.
func (p *Problem[T]) negate(s []T, ld, m, n int) {
	if p.Scale < 0 {
		for i := range m {
			for j, x := range s[i*ld:][:n] {
				s[i*ld+j] = -x
			}
		}
	}
}

// scores sets s (m, n) to the products of m rows of q with n transposed keys.
func (w *scratch[T]) scores(s []T, ld int, q []T, stride, m int, kt []T, n, size int) {
	for c := 0; c < n; c += sliver {
		cols := (min(sliver, n-c) + 15) &^ 15 // whole vectors; what lies beyond n is not used
		w.mul.Mul(s[c:], ld, m, cols, size, q, stride, 1, kt[c*size:], sliver, false)
	}
}

// drop multiplies the weights s, or their gradients, of rows queries from r0 on and cols keys from k0 on by the factors of
// the dropout. k0 is a multiple of 32.
func (p *Problem[T]) drop(s []T, ld, b, h, r0, rows, k0, cols int) {
	if k := &p.Keep; k.Bits != nil && rows > 0 && cols > 0 {
		vec.KeepRows(s, ld, k.Bits[b*k.Batch+h*k.Head+r0*k.Row+k0/8:], k.Row, rows, cols, T(k.Factor))
	}
}

// firstKey returns the first key of one of some parts of the keys: a multiple of 32, because of the words of Keep.
func (p *Problem[T]) firstKey(part, parts int) int {
	if part == parts {
		return p.Keys
	}
	return p.Keys * part / parts &^ 31
}

// The scores that Causal hides are those right of the diagonal. diagonal is a mask for them: the elements from
// maxKeyBlock on are −∞, so the first keys of a row are seen if it starts as many elements before, and the next row
// starts one element earlier.
type diagonal[T Float] [2*maxKeyBlock + subRows]T

var (
	diagonal32 = newDiagonal[float32]()
	diagonal64 = newDiagonal[float64]()
)

func newDiagonal[T Float]() *diagonal[T] {
	d := new(diagonal[T])
	for i := maxKeyBlock + subRows; i < len(d); i++ {
		d[i] = T(math.Inf(-1))
	}
	return d
}

func diagonalOf[T Float]() *diagonal[T] {
	if d, ok := any(diagonal32).(*diagonal[T]); ok {
		return d
	}
	return any(diagonal64).(*diagonal[T])
}

// mask returns what is added to the scores of rows queries from r0 on and cols keys from k0 on.
func (p *Problem[T]) mask(w *scratch[T], b, h, r0, rows, k0, cols int) vec.ScoreMask[T] {
	crossed := p.Causal && r0+1-k0 < cols // the diagonal crosses the block
	m := &p.Mask
	if m.Seen == nil && m.Add == nil || rows == 0 || cols == 0 {
		if !crossed {
			return vec.ScoreMask[T]{}
		}
		return vec.ScoreMask[T]{X: diagonalOf[T]()[:], At: maxKeyBlock + subRows - (r0 + 1 - k0), Row: -1}
	}
	at := b*m.Batch + h*m.Head + r0*m.Row + k0*m.Col
	if m.Add != nil && m.Col == 1 && !crossed {
		return vec.ScoreMask[T]{X: m.Add, At: at, Row: m.Row}
	}
	ld := cols
	if m.Row == 0 && !crossed {
		rows, ld = 1, 0
	}
	w.mask = grow(w.mask, rows*maxKeyBlock)[:rows*cols] // room for the longer sequences of later steps
	zeros, hidden := diagonalOf[T]()[:cols], diagonalOf[T]()[maxKeyBlock+subRows:][:cols]
	for r := range rows {
		row, at := w.mask[r*ld:][:cols], at+r*m.Row
		switch {
		case m.Add != nil:
			for j := range row {
				row[j] = m.Add[at+j*m.Col]
			}
		case m.Col == 1:
			vec.Choose(row, m.Seen[at:][:cols], zeros, hidden)
		default:
			for j := range row {
				if row[j] = hidden[j]; m.Seen[at+j*m.Col] {
					row[j] = 0
				}
			}
		}
		if crossed {
			copy(row[min(max(0, r0+r+1-k0), cols):], hidden)
		}
	}
	return vec.ScoreMask[T]{X: w.mask, Row: ld}
}
