package conv

import "github.com/lamina-ml/lamina/internal/freelist"

// A workspace holds the buffers of one goroutine, and the geometry of the block that it computes.
type workspace[T Float] struct {
	t     tiles[T]
	p     planes[T]
	in    winogradInput[T]
	out   winogradOutput[T]
	block int
	begin [3]int // the block's positions in the destination: from begin to before end
	end   [3]int

	// The part of the source that the block reads: size positions from first on, spacing apart. Element (c, z, y, x) of
	// it is data[c*plane + z*slice + y*pitch + x], where a row is split into split rows, of every split-th element.
	first, size, spacing [3]int
	split                int
	plane, slice, pitch  int
	part                 int // length of a split row
	direct               bool
	data                 []T
	cleared              layout // of the planes in scratch whose padding is 0

	classes [2]rowClass
	phases  []phase
	table   []int32
	scratch []T
	temp    []T
	bias    []T
	sums    []T
	columns []T
	panel   []T
}

// A layout says which elements of planes in a scratch are padding.
type layout struct {
	first, size, spacing, from [3]int
	split, plane, planes       int
}

// A phase is the positions y+i·step, x+j·step of a block, for i < rows and j < cols, whose sums have the same offsets:
// those of table[from:to].
type phase struct{ y, x, rows, cols, from, to int }

// dropReferences drops the references to the caller's memory.
func (w *workspace[T]) dropReferences() {
	w.t, w.p = tiles[T]{}, planes[T]{}
	w.in, w.out = winogradInput[T]{}, winogradOutput[T]{}
	w.data = nil
}

// layOut sets the strides of the part of a source whose images have the given size and channels. The source is used in
// place if the part is inside the image and its planes do not fall into the same lines of the cache.
func (w *workspace[T]) layOut(channels int, from [3]int) {
	w.direct = w.split == 1 && w.spacing == [3]int{1, 1, 1}
	for d := range 3 {
		w.direct = w.direct && w.first[d] >= 0 && w.first[d]+w.size[d] <= from[d]
	}
	if plane := product(from); w.direct && (plane%256 != 0 || channels < 8) {
		w.plane, w.slice, w.pitch = plane, from[1]*from[2], from[2]
		w.part = w.pitch
		return
	}
	w.direct = false
	w.part = ceil(w.size[2], w.split)
	w.pitch = w.split * w.part
	w.slice = w.size[1] * w.pitch
	w.plane = oddLines(w.size[0] * w.slice)
}

// at returns the offset of source position q of dimension d.
func (w *workspace[T]) at(d, q int) int {
	q -= w.first[d]
	q /= w.spacing[d]
	switch d {
	case 0:
		return q * w.slice
	case 1:
		return q * w.pitch
	}
	return q%w.split*w.part + q/w.split
}

// reserve makes w.scratch hold the part of some channels, with zeros for padding, unless the source is used in place.
func (w *workspace[T]) reserve(channels int, from [3]int) {
	if w.direct {
		return
	}
	l := layout{w.first, w.size, w.spacing, from, w.split, w.plane, channels}
	if n := channels * w.plane; cap(w.scratch) < n || w.cleared != l {
		w.scratch = grow(w.scratch, n)
		w.clearPadding(channels, from)
		w.cleared = l
	}
}

// clearPadding clears what prepare does not set.
func (w *workspace[T]) clearPadding(channels int, from [3]int) {
	y0, y1 := w.inside(1, from[1])
	x0, x1 := w.inside(2, from[2])
	for c := range channels {
		for z := range w.size[0] {
			dst := w.scratch[c*w.plane+z*w.slice:][:w.slice]
			q := w.first[0] + z*w.spacing[0]
			switch {
			case q < 0 || q >= from[0] || y0 >= y1 || x0 >= x1 || w.split > 1:
				clear(dst)
			case x0 == 0 && x1 == w.size[2]:
				clear(dst[:y0*w.pitch])
				clear(dst[y1*w.pitch:])
			default: // the end of a row and the beginning of the next one are padding
				clear(dst[:y0*w.pitch+x0])
				for y := y0; y < y1-1; y++ {
					clear(dst[y*w.pitch+x1 : (y+1)*w.pitch+x0])
				}
				clear(dst[(y1-1)*w.pitch+x1:])
			}
		}
	}
}

// prepare makes w.data the part of src, whose channels are images of the given size: in place, or a copy in w.scratch[at:],
// which the caller has reserved.
func (w *workspace[T]) prepare(src []T, at, channels int, from [3]int, kr *kernels[T]) {
	image := product(from)
	if w.direct {
		w.data = src[(w.first[0]*from[1]+w.first[1])*from[2]+w.first[2]:]
		return
	}
	w.data = w.scratch[at:]
	y0, y1 := w.inside(1, from[1])
	x0, x1 := w.inside(2, from[2])
	if y0 >= y1 || x0 >= x1 {
		return
	}
	for c := range channels {
		for z := range w.size[0] {
			q := w.first[0] + z*w.spacing[0]
			if q < 0 || q >= from[0] {
				continue
			}
			dst := w.data[c*w.plane+z*w.slice+y0*w.pitch:]
			src := src[c*image+(q*from[1]+w.first[1]+y0*w.spacing[1])*from[2]+w.first[2]+x0*w.spacing[2]:]
			if lds := w.spacing[1] * from[2]; w.split > 1 || w.spacing[2] > 1 {
				w.splitRows(dst, src, lds, y1-y0, x0, x1, kr)
			} else {
				kr.copy(dst[x0:], w.pitch, src, lds, y1-y0, x1-x0)
			}
		}
	}
}

// splitRows sets positions x0 to x1-1 of some rows of the part, of which src holds the first element.
func (w *workspace[T]) splitRows(dst, src []T, lds, rows, x0, x1 int, kr *kernels[T]) {
	if w.split == 2 && w.spacing[2] == 1 {
		even := dst[x0%2*w.part+x0/2:]
		odd := after(dst, (x0+1)%2*w.part+(x0+1)/2) // may be empty if x1-x0 = 1
		kr.split(even, odd, w.pitch, src, lds, rows, x1-x0)
		return
	}
	for y := range rows {
		for r := range w.split {
			first := x0 + (r-x0%w.split+w.split)%w.split // the first position with remainder r
			if first >= x1 {
				continue
			}
			to := dst[y*w.pitch+r*w.part+first/w.split:][:ceil(x1-first, w.split)]
			from, step := src[y*lds+(first-x0)*w.spacing[2]:], w.split*w.spacing[2]
			for i := range to {
				to[i] = from[i*step]
			}
		}
	}
}

// inside returns the range of the part's positions of dimension d that are inside an image of n positions.
func (w *workspace[T]) inside(d, n int) (from, to int) {
	from = ceil(max(-w.first[d], 0), w.spacing[d])
	return min(from, w.size[d]), max(min(ceil(max(n-w.first[d], 0), w.spacing[d]), w.size[d]), 0)
}

// grow returns a slice of n elements. It returns s[:n] if s has the capacity; the elements are not cleared.
func grow[T Float](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// freeLists keep jobs and workspaces for reuse.
type freeLists[T Float] struct {
	workspaces freelist.List[workspace[T]]
	passes     freelist.List[pass[T]]
	gradients  freelist.List[weightGradient[T]]
	depthwise  freelist.List[depthwise[T]]
	winograd   freelist.List[winogradPass[T]]
}
