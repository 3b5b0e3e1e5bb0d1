// Package window has the loops of pooling and resampling: the largest element of each window of an array's last three dimensions, and
// products of these dimensions with sparse matrices.
package window

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
	d, h, w := &axes[0], &axes[1], &axes[2]
	o := 0
	for od := range d.Out {
		for oh := range h.Out {
			for ow := range w.Out {
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

// MaxGrad sets dx to the sums of the elements of dy whose index names the element.
func MaxGrad[T Float](dx, dy []T, index []int32) {
	clear(dx)
	for i, at := range index {
		dx[at] += dy[i]
	}
}
