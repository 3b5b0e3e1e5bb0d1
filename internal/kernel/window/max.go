// Package window has the loops of pooling and resampling: the largest element of each window of an array's last three dimensions, and
// products of these dimensions with sparse matrices.
package window

import "github.com/lamina-ml/lamina/internal/kernel/vec"

// Float is the type of elements.
type Float interface{ float32 | float64 }

// An Axis says which inputs each window of one dimension reads: those from Lo[i] on below Hi[i], Step apart.
type Axis struct {
	In, Out int
	Lo, Hi  []int32
	Step    int
}

// Max sets y to each window's largest element and index to its position in x, for one array x (axes' In) and y, index (axes' Out). Of equal
// elements it takes the first. NaN is the largest; of several it takes the last.
func Max[T Float](y []T, index []int32, x []T, axes *[3]Axis) {
	if maxHalved(y, index, x, axes) {
		return
	}
	for od := range axes[0].Out {
		for oh := range axes[1].Out {
			for ow := range axes[2].Out {
				maxOne(y, index, x, axes, od, oh, ow)
			}
		}
	}
}

// maxOne is Max for the window od, oh, ow.
func maxOne[T Float](y []T, index []int32, x []T, axes *[3]Axis, od, oh, ow int) {
	d, h, w := &axes[0], &axes[1], &axes[2]
	lo, hi := int(w.Lo[ow]), int(w.Hi[ow])
	at := (int(d.Lo[od])*h.In+int(h.Lo[oh]))*w.In + lo
	best := x[at]
	for id := int(d.Lo[od]); id < int(d.Hi[od]); id += d.Step {
		for ih := int(h.Lo[oh]); ih < int(h.Hi[oh]); ih += h.Step {
			row := (id*h.In + ih) * w.In
			for i := row + lo; i < row+hi; i += w.Step {
				if v := x[i]; v > best || v != v {
					best, at = v, i
				}
			}
		}
	}
	o := (od*h.Out+oh)*w.Out + ow
	y[o], index[o] = best, int32(at)
}

// maxHalved is Max with vector instructions for windows of 2 or 3 columns that lie two elements apart. The first may
// lack its first column and the last its last one, and lines of windows that reach beyond x's first or last row have
// fewer rows. It reports whether the windows are those.
func maxHalved[T Float](y []T, index []int32, x []T, axes *[3]Axis) bool {
	h, w := &axes[1], &axes[2]
	cols, left, right := w.halved()
	if cols == 0 || h.Step != 1 || axes[0].In != 1 || axes[0].Out != 1 {
		return false
	}
	// A missing column has the element of the row before or behind in its place, except at x's beginning and end.
	atEnd := func(oh int) bool { return left && h.Lo[oh] == 0 || right && int(h.Hi[oh]) == h.In }
	for oh := 0; oh < h.Out; {
		// Lines of windows with as many rows each, at equal distances.
		rows, end, lines, step := h.Hi[oh]-h.Lo[oh], atEnd(oh), 1, int32(0)
		for next := oh + 1; next < h.Out && h.Hi[next]-h.Lo[next] == rows && atEnd(next) == end; next++ {
			d := h.Lo[next] - h.Lo[next-1]
			if lines > 1 && d != step {
				break
			}
			step = d
			lines++
		}
		w0, w1 := 0, w.Out
		if end && left {
			w0++
		}
		if end && right {
			w1--
		}
		out, in := oh*w.Out+w0, int(h.Lo[oh])*w.In+int(w.Lo[1])+2*(w0-1)
		if !vec.MaxWindows2(y[out:], index[out:], x[in:], w1-w0, lines, int(rows), cols, w.In, w.Out, int(step)*w.In, in,
			left && !end, right && !end) {
			return false
		}
		for l := range lines {
			for ow := range w0 {
				maxOne(y, index, x, axes, 0, oh+l, ow)
			}
			for ow := w1; ow < w.Out; ow++ {
				maxOne(y, index, x, axes, 0, oh+l, ow)
			}
		}
		oh += lines
	}
	return true
}

// halved returns the columns, 2 or 3, of windows that lie two elements apart, and whether the first lacks its first
// column and the last its last one. It returns 0 columns for other windows.
func (a *Axis) halved() (cols int, left, right bool) {
	if a.Step != 1 || a.Out < 3 {
		return 0, false, false
	}
	last := a.Out - 1
	size := a.Hi[1] - a.Lo[1]
	left, right = a.Lo[0] == a.Lo[1]-1, a.Hi[last] == a.Hi[last-1]+1
	for i := range a.Out {
		lo := a.Lo[1] + int32(2*(i-1))
		hi := lo + size
		if i == 0 && left {
			lo++
		}
		if i == last && right {
			hi--
		}
		if a.Lo[i] != lo || a.Hi[i] != hi {
			return 0, false, false
		}
	}
	if size != 2 && size != 3 {
		return 0, false, false
	}
	return int(size), left, right
}

// MaxGrad sets dx to the sums of the elements of dy whose index names the element, for arrays as in Max. room is memory for
// the next call.
func MaxGrad[T Float](dx, dy []T, index []int32, axes *[3]Axis, room *Lines[T]) {
	if maxGradInside(dx, dy, index, axes, room) {
		return
	}
	clear(dx)
	for i, at := range index {
		dx[at] += dy[i]
	}
}

// Lines is memory for copies of lines of windows.
type Lines[T Float] struct {
	dy    []T
	index []int32
}

// maxGradInside does the gradient of windows of 2 × 2, or 3 × 3 with a padding of 1, that are two elements apart
// and cover an even number of rows and columns. It reports whether the windows are those.
func maxGradInside[T Float](dx, dy []T, index []int32, axes *[3]Axis, room *Lines[T]) bool {
	h, w := &axes[1], &axes[2]
	overlap := h.isHalved(3) && w.isHalved(3)
	if axes[0].In != 1 || axes[0].Out != 1 || !overlap && !(h.isHalved(2) && w.isHalved(2)) {
		return false
	}
	n := w.Out
	if !overlap {
		return vec.SquareChosen(dx, dy, index, n)
	}
	// A row of the gradient needs one line of windows or two, and the kernel reads one element beyond. So it reads the last two lines in a
	// copy, which a line without windows follows.
	base := max(h.Out-2, 0)
	if len(room.dy) < 3*n+1 {
		room.dy, room.index = make([]T, 3*n+1), make([]int32, 3*n+1)
	}
	copied := copy(room.dy, dy[base*n:])
	copy(room.index, index[base*n:])
	for j := copied; j < len(room.dy); j++ {
		room.dy[j], room.index[j] = 0, -1
	}
	at := 4 * base * n
	return vec.MaxWindowsGrad2(dx, dy, index, n, base, 0) && vec.MaxWindowsGrad2(dx[at:], room.dy, room.index, n, h.Out-base, at)
}

// isHalved reports whether the windows have size elements, 2 or 3, are two elements apart and cover 2·Out elements; windows of 3 begin one
// element before the first.
func (a *Axis) isHalved(size int) bool {
	if a.Step != 1 || a.In != 2*a.Out {
		return false
	}
	for i := range a.Out {
		if lo := 2*i - (size - 2); int(a.Lo[i]) != max(lo, 0) || int(a.Hi[i]) != lo+size {
			return false
		}
	}
	return true
}
