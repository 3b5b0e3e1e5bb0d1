package cpu

import (
	"math"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/freelist"
)

// ranked is a sort key, an integer with the same order as the element, and the element's index.
type ranked struct {
	key   uint64
	index int
}

// rankBuffer holds the keys of a line and a buffer for sorting them.
type rankBuffer struct{ a, b []ranked }

var rankBuffers freelist.List[rankBuffer]

// ArgSort sets index to the positions along dim that sort x's elements; if index is shorter along dim, to the first of
// them. The sort is stable.
func (*Device) ArgSort(index, x *device.Array, dim int, descending bool) {
	if index.Size == 0 {
		return
	}
	out := fromOffset[int64](index)
	buf := rankBuffers.Get()
	l, n, step := linesAlong(index, x, nil, dim)
	k := n
	if index.Rank > 0 {
		k = index.Dims[dim]
	}
	var flip uint64
	if descending {
		flip = math.MaxUint64
	}
	order := sortLine
	if k <= n/heapRatio {
		order = selectLine
	}
	for ; l.left > 0; l.next() {
		for i := range l.n {
			off := l.off[0] + i*l.step[0]
			for _, e := range order(buf, x, l.off[1]+i*l.step[1], step[1], n, k, flip) {
				out[off] = int64(e.index)
				off += step[0]
			}
		}
	}
	rankBuffers.Put(buf)
}

// heapRatio is the smallest ratio of all elements to requested ones for which a heap of the requested ones is faster
// than a sort.
const heapRatio = 8

func (b *rankBuffer) grow(n int) {
	if cap(b.a) < n {
		b.a, b.b = make([]ranked, n), make([]ranked, n)
	}
}

// sortLine returns the first k of n elements in sorted order. It sorts all.
func sortLine(buf *rankBuffer, x *device.Array, off, step, n, k int, flip uint64) []ranked {
	buf.grow(n)
	a := buf.a[:n]
	rank(a, x, off, step, flip)
	return sortRanked(a, buf.b[:n])[:k]
}

// selectLine returns the first k of n elements in sorted order. It keeps them in a heap, whose top is the last of them.
func selectLine(buf *rankBuffer, x *device.Array, off, step, n, k int, flip uint64) []ranked {
	const part = 256
	buf.grow(max(k, part))
	h := buf.a[:k]
	rank(h, x, off, step, flip)
	for i := k/2 - 1; i >= 0; i-- {
		sink(h, i)
	}
	if x.DType == device.Float32 && step == 1 {
		selectFloats(h, fromOffset[float32](x)[off:][:n], flip)
		n = k // all are selected
	}
	for j := k; j < n; j += part {
		a := buf.b[:min(part, n-j)]
		rank(a, x, off+j*step, step, flip)
		for _, e := range a {
			if e.key < h[0].key { // of equal elements the earlier one stays
				h[0] = ranked{e.key, j + e.index}
				sink(h, 0)
			}
		}
	}
	for i := k - 1; i > 0; i-- {
		h[0], h[i] = h[i], h[0]
		sink(h[:i], 0)
	}
	return h
}

// selectFloats goes on with a selection whose heap h has the first elements of x. Most of the other elements need no
// key: a comparison with the last element of the heap excludes them. A comparison with NaN is false, so its key decides.
func selectFloats(h []ranked, x []float32, flip uint64) {
	last := x[h[0].index]
	for i := len(h); i < len(x); i++ {
		v := x[i]
		if flip == 0 && v >= last || flip != 0 && v <= last {
			continue
		}
		if key := flip ^ uint64(rank32(v)); key < h[0].key { // of equal elements the earlier one stays
			h[0] = ranked{key, i}
			sink(h, 0)
			last = x[h[0].index]
		}
	}
}

// rank computes the keys of a line. If all bits of flip are set, their order is reversed; else flip is 0. The keys of
// −0 and 0 are equal, and NaN has the largest key.
func rank(out []ranked, x *device.Array, off, step int, flip uint64) {
	types[x.DType].rank(out, x, off, step, flip)
}

func rankFloat32s(out []ranked, x *device.Array, off, step int, flip uint64) {
	v := fromOffset[float32](x)
	for i := range out {
		out[i] = ranked{flip ^ uint64(rank32(v[off+i*step])), i}
	}
}

func rankFloat64s(out []ranked, x *device.Array, off, step int, flip uint64) {
	v := fromOffset[float64](x)
	for i := range out {
		key := uint64(math.MaxUint64)
		if e := v[off+i*step]; e == e {
			key = math.Float64bits(e + 0)
			key ^= uint64(int64(key)>>63) | 1<<63
		}
		out[i] = ranked{flip ^ key, i}
	}
}

func rank32(v float32) uint32 {
	if v != v {
		return math.MaxUint32
	}
	key := math.Float32bits(v + 0)                // −0 becomes 0
	return key ^ (uint32(int32(key)>>31) | 1<<31) // invert all bits of a negative number, else the first
}

// sink moves element i of a heap down until the heap is valid.
func sink(h []ranked, i int) {
	later := func(x, y ranked) bool { return x.key > y.key || x.key == y.key && x.index > y.index }
	for {
		c := 2*i + 1
		if c >= len(h) {
			return
		}
		if c+1 < len(h) && later(h[c+1], h[c]) {
			c++
		}
		if !later(h[c], h[i]) {
			return
		}
		h[i], h[c] = h[c], h[i]
		i = c
	}
}

// insertionMax is the largest number of elements for which insertion sort is faster than radix sort.
const insertionMax = 48

// sortRanked sorts a by key with a stable radix sort, from the lowest byte, which skips bytes that all keys have in
// common. It returns the result, which is stored in a or in b.
func sortRanked(a, b []ranked) []ranked {
	if len(a) <= insertionMax {
		for i := 1; i < len(a); i++ {
			e := a[i]
			j := i
			for ; j > 0 && a[j-1].key > e.key; j-- {
				a[j] = a[j-1]
			}
			a[j] = e
		}
		return a
	}
	var differ uint64
	for i := range a {
		differ |= a[i].key ^ a[0].key
	}
	for shift := 0; shift < 64; shift += 8 {
		if differ>>shift&0xff == 0 {
			continue
		}
		var place [256]int
		for i := range a {
			place[uint8(a[i].key>>shift)]++
		}
		sum := 0
		for i, n := range place {
			place[i] = sum
			sum += n
		}
		for _, e := range a {
			p := &place[uint8(e.key>>shift)]
			b[*p] = e
			*p++
		}
		a, b = b, a
	}
	return a
}
