package cpu

import "github.com/lamina-ml/lamina/internal/device"

// CheckIndex returns the position and value of the first index outside [0, n), or a negative position.
func (*Device) CheckIndex(index *device.Array, n int) (at int, value int64) {
	v := from[int64](index)
	seen := 0
	for l := plan(index, nil, nil, nil); l.left > 0; l.next() {
		for i := range l.n {
			if x := v[l.at[0]+i*l.step[0]]; uint64(x) >= uint64(n) {
				return seen + i, x
			}
		}
		seen += l.n
	}
	return -1, 0
}

// Gather sets dst[i…] = x[i… with i[dim] = index[i…]].
func (*Device) Gather(dst, x, index *device.Array, dim int) {
	switch dst.DType.Size() {
	case 1:
		gather[uint8](dst, x, index, dim)
	case 2:
		gather[uint16](dst, x, index, dim)
	case 4:
		gather[uint32](dst, x, index, dim)
	case 8:
		gather[uint64](dst, x, index, dim)
	}
}

// along returns x with dimension dim standing still and the sizes of index elsewhere, so that a loop over index walks x's other
// dimensions; the stride of dim is returned beside it.
func along(x, index *device.Array, dim int) (device.Array, int) {
	view := *x
	view.Dims = index.Dims
	step := view.Strides[dim]
	view.Strides[dim] = 0
	view.Refresh()
	return view, step
}

func gather[T any](dst, x, index *device.Array, dim int) {
	view, step := along(x, index, dim)
	d, v, idx := from[T](dst), from[T](x), from[int64](index)
	for l := plan(dst, &view, index, nil); l.left > 0; l.next() {
		for i := range l.n {
			d[l.at[0]+i*l.step[0]] = v[l.at[1]+i*l.step[1]+int(idx[l.at[2]+i*l.step[2]])*step]
		}
	}
}

// ScatterAdd adds src into dst at the places that index names, in row-major order of index.
func (*Device) ScatterAdd(dst, index, src *device.Array, dim int) {
	switch dst.DType {
	case device.Float32:
		scatterAdd[float32](dst, index, src, dim)
	case device.Float64:
		scatterAdd[float64](dst, index, src, dim)
	case device.Int64:
		scatterAdd[int64](dst, index, src, dim)
	default:
		missing("scatter", dst.DType)
	}
}

func scatterAdd[T element](dst, index, src *device.Array, dim int) {
	view, step := along(dst, index, dim)
	d, v, idx := from[T](dst), from[T](src), from[int64](index)
	for l := plan(index, &view, src, nil); l.left > 0; l.next() {
		for i := range l.n {
			d[l.at[1]+i*l.step[1]+int(idx[l.at[0]+i*l.step[0]])*step] += v[l.at[2]+i*l.step[2]]
		}
	}
}
