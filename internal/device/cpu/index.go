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
		if l.step[0] == 1 && l.step[1] == 1 && l.step[2] == 0 { // whole rows are picked
			copy(d[l.at[0]:l.at[0]+l.n], v[l.at[1]+int(idx[l.at[2]])*step:])
			continue
		}
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
	case device.Int32:
		scatterAdd[int32](dst, index, src, dim)
	case device.Uint8:
		scatterAdd[uint8](dst, index, src, dim)
	case device.Bool:
		scatterOr(dst, index, src, dim)
	default:
		scatterAddHalf(dst, index, src, dim)
	}
}

// scatterOr adds booleans.
func scatterOr(dst, index, src *device.Array, dim int) {
	view, step := along(dst, index, dim)
	d, v, idx := from[uint8](dst), from[uint8](src), from[int64](index)
	for l := plan(index, &view, src, nil); l.left > 0; l.next() {
		for i := range l.n {
			d[l.at[1]+i*l.step[1]+int(idx[l.at[0]+i*l.step[0]])*step] |= v[l.at[2]+i*l.step[2]]
		}
	}
}

// Scatter writes src to the places that index names, in row-major order of index.
func (*Device) Scatter(dst, index, src *device.Array, dim int) {
	switch dst.DType.Size() {
	case 1:
		scatter[uint8](dst, index, src, dim)
	case 2:
		scatter[uint16](dst, index, src, dim)
	case 4:
		scatter[uint32](dst, index, src, dim)
	case 8:
		scatter[uint64](dst, index, src, dim)
	}
}

func scatter[T any](dst, index, src *device.Array, dim int) {
	view, step := along(dst, index, dim)
	d, v, idx := from[T](dst), from[T](src), from[int64](index)
	for l := plan(index, &view, src, nil); l.left > 0; l.next() {
		for i := range l.n {
			d[l.at[1]+i*l.step[1]+int(idx[l.at[0]+i*l.step[0]])*step] = v[l.at[2]+i*l.step[2]]
		}
	}
}

// NonZero writes the places of x's nonzero elements to the rows of dst.
func (*Device) NonZero(dst, x *device.Array) {
	out := dense[int64](dst)
	var buf [1]float64
	var at [device.MaxRank]int
	row := 0
	for range x.Size {
		place := 0
		for d := range x.Rank {
			place += at[d] * x.Strides[d]
		}
		if nonzero(x, place, buf[:]) {
			for d := range x.Rank {
				out[row] = int64(at[d])
				row++
			}
		}
		for d := x.Rank - 1; d >= 0; d-- {
			if at[d]++; at[d] < x.Dims[d] {
				break
			}
			at[d] = 0
		}
	}
}

func nonzero(x *device.Array, place int, buf []float64) bool {
	if x.DType.Size() == 1 {
		return from[uint8](x)[place] != 0
	}
	load(buf, x, place, 1)
	return buf[0] != 0
}

func scatterAdd[T element](dst, index, src *device.Array, dim int) {
	view, step := along(dst, index, dim)
	d, v, idx := from[T](dst), from[T](src), from[int64](index)
	for l := plan(index, &view, src, nil); l.left > 0; l.next() {
		if l.step[0] == 0 && l.step[1] == 1 && l.step[2] == 1 && l.n > 1 { // whole rows are added
			row := d[l.at[1]+int(idx[l.at[0]])*step:]
			for i, x := range v[l.at[2] : l.at[2]+l.n] {
				row[i] += x
			}
			continue
		}
		for i := range l.n {
			d[l.at[1]+i*l.step[1]+int(idx[l.at[0]+i*l.step[0]])*step] += v[l.at[2]+i*l.step[2]]
		}
	}
}
