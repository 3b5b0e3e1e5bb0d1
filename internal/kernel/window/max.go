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
	inside := maxInside(y, index, x, axes)
	d, h, w := &axes[0], &axes[1], &axes[2]
	o := 0
	for od := range d.Out {
		for oh := range h.Out {
			for ow := 0; ow < w.Out; ow++ {
				if ow == inside.w0 && oh >= inside.h0 && oh < inside.h1 {
					o += inside.w1 - ow
					ow = inside.w1
					if ow == w.Out {
						break
					}
				}
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
				y[o], index[o] = best, int32(at)
				o++
			}
		}
	}
}

// A block is a range of windows along the last two dimensions.
type block struct{ h0, h1, w0, w1 int }

// maxInside does the windows of 2 or 3 columns that lie two elements apart and within x, with vector instructions, and returns them. A line
// of windows that reaches beyond x's first or last row has fewer rows.
func maxInside[T Float](y []T, index []int32, x []T, axes *[3]Axis) block {
	h, w := &axes[1], &axes[2]
	if axes[0].In != 1 || axes[0].Out != 1 || h.Step != 1 || w.Step != 1 || w.stride() != 2 {
		return block{}
	}
	cols := 0
	for i := range w.Out {
		cols = max(cols, int(w.Hi[i]-w.Lo[i]))
	}
	b := block{h1: h.Out, w1: w.Out}
	for b.w0 < b.w1 && int(w.Hi[b.w0]-w.Lo[b.w0]) < cols {
		b.w0++
	}
	for b.w1 > b.w0 && int(w.Hi[b.w1-1]-w.Lo[b.w1-1]) < cols {
		b.w1--
	}
	if cols != 2 && cols != 3 || b.w0 == b.w1 {
		return block{}
	}
	for oh := 0; oh < h.Out; {
		// Lines of windows with as many rows each, at equal distances.
		rows, lines, step := int(h.Hi[oh]-h.Lo[oh]), 1, 0
		for next := oh + 1; next < h.Out && int(h.Hi[next]-h.Lo[next]) == rows; next++ {
			d := int(h.Lo[next] - h.Lo[next-1])
			if lines > 1 && d != step {
				break
			}
			step = d
			lines++
		}
		out, in := oh*w.Out+b.w0, int(h.Lo[oh])*w.In+int(w.Lo[b.w0])
		if !vec.MaxWindows2(y[out:], index[out:], x[in:], b.w1-b.w0, lines, rows, cols, w.In, w.Out, step*w.In, in) {
			return block{}
		}
		oh += lines
	}
	return b
}

// stride returns the distance of the windows that do not begin in the padding, 0 if it varies.
func (a *Axis) stride() int {
	stride := 0
	for i := 2; i < a.Out; i++ {
		d := int(a.Lo[i] - a.Lo[i-1])
		if i > 2 && d != stride {
			return 0
		}
		stride = d
	}
	return stride
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
	for i := range h.In {
		line := i / 2
		from, at := dy, index
		if line >= base {
			line -= base
			from, at = room.dy, room.index
		}
		if !vec.MaxWindowsGrad2(dx[i*w.In:][:w.In], from[line*n:], at[line*n:], 1+i%2, n, i*w.In) {
			return false
		}
	}
	return true
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
