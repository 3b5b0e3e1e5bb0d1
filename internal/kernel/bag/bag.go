// Package bag combines rows of a table by bags of indices, and computes the gradients. As plain Go loops, for the sum:
//
//	for b := range bags {
//		for i := first[b]; i < end[b]; i++ {
//			out[b] += weights[i] * table[index[i]] // vectors
//			dtable[index[i]] += weights[i] * dout[b]
//			dweights[i] = dot(table[index[i]], dout[b])
//		}
//	}
//
// The rows are never stored. Each element of a result is a sum in the order of the indices, so it does not depend on the
// number of threads: the forward pass is parallel over bags, the gradient of the table over parts of its rows.
package bag

import (
	"slices"

	"github.com/lamina-ml/lamina/internal/freelist"
	"github.com/lamina-ml/lamina/internal/kernel/vec"
	"github.com/lamina-ml/lamina/internal/pool"
)

// Mode says how the rows of a bag are combined.
type Mode uint8

// The modes.
const (
	Mean Mode = iota
	Sum
	Max
)

// Array is an array of numbers: of T, or of 16 bits that are converted to T and back.
type Array[T vec.Float] struct {
	X      []T
	Half   []uint16 // instead of X
	Widen  func(dst []T, x []uint16)
	Narrow func(dst []uint16, x []T)
}

func (a *Array[T]) defined() bool { return a.X != nil || a.Half != nil }

// get returns n elements from element i on, converted to room if they have 16 bits.
func (a *Array[T]) get(i, n int, room []T) []T {
	if a.Half == nil {
		return a.X[i:][:n]
	}
	a.Widen(room[:n], a.Half[i:][:n])
	return room[:n]
}

// place returns memory for n elements from element i on: that of X, or room, from which store converts them.
func (a *Array[T]) place(i, n int, room []T) []T {
	if a.Half == nil {
		return a.X[i:][:n]
	}
	return room[:n]
}

func (a *Array[T]) store(i int, x []T) {
	if a.Half != nil {
		a.Narrow(a.Half[i:][:len(x)], x)
	}
}

// Problem describes bags of rows.
type Problem[T vec.Float] struct {
	Mode
	Bags, Count, Size int
	Index             []int64  // the row of each vector
	Starts            []int64  // the first index of each bag; nil: all have one length
	Length            int      // without Starts: the number of indices of a bag
	Padding           int      // the row that does not count, or −1
	Table             Array[T] // (Count, Size), or its gradient
	Out               Array[T] // (Bags, Size), or its gradient
	Weights           Array[T] // (len(Index),) or none
	Chosen            []int32  // (Bags, Size) for Max: the row of each element, −1 for none
}

// span returns the indices of bag b, from first to end.
func (p *Problem[T]) span(b int) (first, end int) {
	switch {
	case p.Starts == nil:
		return b * p.Length, (b + 1) * p.Length
	case b+1 < len(p.Starts):
		return int(p.Starts[b]), int(p.Starts[b+1])
	}
	return int(p.Starts[b]), len(p.Index)
}

// counted returns the number of the indices of bag b that count.
func (p *Problem[T]) counted(b int) int {
	first, end := p.span(b)
	n := end - first
	if p.Padding >= 0 {
		for _, k := range p.Index[first:end] {
			if int(k) == p.Padding {
				n--
			}
		}
	}
	return n
}

// scratch is the memory of one goroutine.
type scratch[T vec.Float] struct {
	index    [64]int64 // the numbers of the next rows
	factors  [64]T
	row, out []T
	table    []T // some rows of the gradient of a table of 16-bit floats
}

var (
	scratch32 freelist.List[scratch[float32]]
	scratch64 freelist.List[scratch[float64]]
)

func scratches[T vec.Float]() *freelist.List[scratch[T]] {
	if l, ok := any(&scratch32).(*freelist.List[scratch[T]]); ok {
		return l
	}
	return any(&scratch64).(*freelist.List[scratch[T]])
}

// begin returns memory, and end takes it back.
func (p *Problem[T]) begin() *scratch[T] {
	w := scratches[T]().Get()
	w.row, w.out = grow(w.row, max(1, p.Size)), grow(w.out, p.Size)
	return w
}

func (p *Problem[T]) end(w *scratch[T]) { scratches[T]().Put(w) }

func grow[T any](s []T, n int) []T { return slices.Grow(s[:0], n)[:n] }

// next finds the next of the indices first to end whose rows lie from r0 to r1 and count, some at a time. It returns
// these rows' numbers, counted from r0, their weights (nil for none) and the index that follows.
func (p *Problem[T]) next(w *scratch[T], first, end, r0, r1 int) (index []int64, factors []T, i int) {
	if p.Padding < 0 && r0 == 0 && r1 == p.Count && p.Weights.Half == nil {
		if p.Weights.X != nil {
			factors = p.Weights.X[first:end]
		}
		return p.Index[first:end], factors, end
	}
	n := 0
	for i = first; i < end && n < len(w.index); i++ {
		k := int(p.Index[i])
		if k < r0 || k >= r1 || k == p.Padding {
			continue
		}
		w.index[n] = int64(k - r0)
		if p.Weights.defined() {
			w.factors[n] = p.Weights.get(i, 1, w.row)[0]
		}
		n++
	}
	if p.Weights.defined() {
		factors = w.factors[:n]
	}
	return w.index[:n], factors, i
}

// rangeWork is about the number of elements that one call of Run reads or writes.
const rangeWork = 8 << 10

// Forward computes Out, and for Max Chosen.
func Forward[T vec.Float](p *Problem[T]) {
	each := p.Size * max(1, len(p.Index)/max(1, p.Bags))
	pool.For(p.Bags, max(1, rangeWork/max(1, each)), (*forward[T])(p))
}

type forward[T vec.Float] Problem[T]

// Run combines the rows of the bags b0 to b1.
func (f *forward[T]) Run(b0, b1 int) {
	p := (*Problem[T])(f)
	w := p.begin()
	for b := b0; b < b1; b++ {
		out := p.Out.place(b*p.Size, p.Size, w.out)
		clear(out)
		first, end := p.span(b)
		switch {
		case p.Mode == Max:
			p.largest(w, out, b)
		case p.Table.Half != nil:
			for i := first; i < end; i++ {
				k := int(p.Index[i])
				if k == p.Padding {
					continue
				}
				factor := T(1)
				if p.Weights.defined() {
					factor = p.Weights.get(i, 1, w.row)[0]
				}
				vec.AXPY(out, factor, p.Table.get(k*p.Size, p.Size, w.row), out)
			}
		default:
			for i := first; i < end; {
				var index []int64
				var factors []T
				index, factors, i = p.next(w, i, end, 0, p.Count)
				vec.GatherSum(out, p.Table.X, index, factors)
			}
		}
		if p.Mode == Mean {
			vec.DivScalar(out, out, T(max(1, p.counted(b))))
		}
		p.Out.store(b*p.Size, out)
	}
	p.end(w)
}

// largest sets out to the largest elements of the rows of bag b; a NaN is larger than all.
func (p *Problem[T]) largest(w *scratch[T], out []T, b int) {
	chosen := p.Chosen[b*p.Size:][:p.Size]
	for j := range chosen {
		chosen[j] = -1
	}
	first, end := p.span(b)
	if p.Padding < 0 && p.Table.Half == nil && first < end {
		vec.GatherMax(out, chosen, p.Table.X, p.Index[first:end])
		return
	}
	for _, k := range p.Index[first:end] {
		if int(k) == p.Padding {
			continue
		}
		for j, v := range p.Table.get(int(k)*p.Size, p.Size, w.row) {
			if best := out[j]; chosen[j] < 0 || v > best || v != v && best == best {
				out[j], chosen[j] = v, int32(k)
			}
		}
	}
}

// Gradient sets Table to its gradient, given that of Out.
func Gradient[T vec.Float](p *Problem[T]) {
	parts := 1
	if p.Count*p.Size+len(p.Index)*p.Size > 4*rangeWork {
		parts = pool.Threads() // each reads all indices
	}
	pool.For(p.Count, max(1, (p.Count+parts-1)/parts), (*gradient[T])(p))
}

type gradient[T vec.Float] Problem[T]

// halfRows is the most elements of a table of 16-bit floats that are summed in T at a time.
const halfRows = 1 << 18

// Run computes the rows r0 to r1 of the table.
func (g *gradient[T]) Run(r0, r1 int) {
	p := (*Problem[T])(g)
	w := p.begin()
	if p.Table.Half == nil {
		p.gradientRows(w, p.Table.X[r0*p.Size:r1*p.Size], r0, r1)
	} else {
		for step := max(1, halfRows/max(1, p.Size)); r0 < r1; r0 += step {
			end := min(r1, r0+step)
			w.table = grow(w.table, (end-r0)*p.Size)
			p.gradientRows(w, w.table, r0, end)
			p.Table.store(r0*p.Size, w.table)
		}
	}
	p.end(w)
}

// gradientRows computes the rows r0 to r1 of the table's gradient.
func (p *Problem[T]) gradientRows(w *scratch[T], table []T, r0, r1 int) {
	clear(table)
	for b := range p.Bags {
		if p.Mode == Max {
			p.spread(w, table, b, r0, r1)
			continue
		}
		var dy []T // read when a row needs it
		for i, end := p.span(b); i < end; {
			var index []int64
			var factors []T
			if index, factors, i = p.next(w, i, end, r0, r1); len(index) == 0 {
				break
			}
			if dy == nil {
				dy = p.Out.get(b*p.Size, p.Size, w.out)
				if p.Mode == Mean {
					vec.DivScalar(w.out, dy, T(p.counted(b)))
					dy = w.out
				}
			}
			vec.SpreadAdd(table, dy, index, factors)
		}
	}
}

// spread adds the gradient of bag b to the chosen rows from r0 to r1.
func (p *Problem[T]) spread(w *scratch[T], table []T, b, r0, r1 int) {
	dy := p.Out.get(b*p.Size, p.Size, w.out)
	for j, k := range p.Chosen[b*p.Size:][:p.Size] {
		if k := int(k); k >= r0 && k < r1 {
			table[(k-r0)*p.Size+j] += dy[j]
		}
	}
}

// WeightsGradient sets Weights to their gradient, given that of Out.
func WeightsGradient[T vec.Float](p *Problem[T]) {
	each := p.Size * max(1, len(p.Index)/max(1, p.Bags))
	pool.For(p.Bags, max(1, rangeWork/max(1, each)), (*weightsGradient[T])(p))
}

type weightsGradient[T vec.Float] Problem[T]

// Run computes the gradients of the weights of the bags b0 to b1.
func (g *weightsGradient[T]) Run(b0, b1 int) {
	p := (*Problem[T])(g)
	w := p.begin()
	for b := b0; b < b1; b++ {
		first, end := p.span(b)
		dy := p.Out.get(b*p.Size, p.Size, w.out)
		for i := first; i < end; i++ {
			d := p.Weights.place(i, 1, w.factors[:])
			d[0] = 0
			if k := int(p.Index[i]); k != p.Padding {
				d[0] = vec.Dot(dy, p.Table.get(k*p.Size, p.Size, w.row))
			}
			p.Weights.store(i, d)
		}
	}
	p.end(w)
}
