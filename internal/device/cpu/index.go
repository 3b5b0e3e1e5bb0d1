package cpu

import (
	endian "encoding/binary"
	"math/bits"

	"github.com/lamina-ml/lamina/internal/device"
)

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

// indexedView returns a view of x with the sizes of index and stride 0 in dimension dim, so that a loop over index
// visits the other dimensions of x too. It also returns x's stride of dim.
func indexedView(x, index *device.Array, dim int) (device.Array, int) {
	view := *x
	view.Dims = index.Dims
	step := view.Strides[dim]
	view.Strides[dim] = 0
	view.Refresh()
	return view, step
}

func gather[T any](dst, x, index *device.Array, dim int) {
	view, step := indexedView(x, index, dim)
	d, v, idx := fromOffset[T](dst), fromOffset[T](x), fromOffset[int64](index)
	for l := plan(dst, &view, index, nil); l.left > 0; l.next() {
		n, off0, off1, off2 := l.n, l.off[0], l.off[1], l.off[2]
		switch s0, s1, s2 := l.step[0], l.step[1], l.step[2]; {
		case s0 == 1 && s1 == 1 && s2 == 0 && l.rank == 1: // copy whole rows, in one loop
			for range l.dims[0] {
				copy(d[off0:off0+n], v[off1+int(idx[off2])*step:])
				off0 += l.stride[0][0]
				off1 += l.stride[1][0]
				off2 += l.stride[2][0]
			}
			return
		case s0 == 1 && s1 == 1 && s2 == 0:
			copy(d[off0:off0+n], v[off1+int(idx[off2])*step:])
		case s0 == 1 && s1 == 0 && s2 == 1 && l.rank == 1: // elements of rows, in one loop
			for range l.dims[0] {
				gatherRow(d[off0:off0+n], v[off1:], idx[off2:off2+n], step)
				off0 += l.stride[0][0]
				off1 += l.stride[1][0]
				off2 += l.stride[2][0]
			}
			return
		case s0 == 1 && s1 == 0 && s2 == 1: // elements of a row
			gatherRow(d[off0:off0+n], v[off1:], idx[off2:off2+n], step)
		default:
			for range n {
				d[off0] = v[off1+int(idx[off2])*step]
				off0 += s0
				off1 += s1
				off2 += s2
			}
		}
	}
}

// gatherRow sets out[i] = line[index[i]*step].
func gatherRow[T any](out, line []T, index []int64, step int) {
	if step == 1 {
		for len(out) >= 8 && len(index) >= 8 {
			o, j := (*[8]T)(out), (*[8]int64)(index)
			o[0], o[1], o[2], o[3] = line[j[0]], line[j[1]], line[j[2]], line[j[3]]
			o[4], o[5], o[6], o[7] = line[j[4]], line[j[5]], line[j[6]], line[j[7]]
			out, index = out[8:], index[8:]
		}
	}
	index = index[:len(out)]
	for i, k := range index {
		out[i] = line[int(k)*step]
	}
}

// ScatterAdd adds src[i…] to dst[i… with i[dim] = index[i…]], in row-major order of index.
func (*Device) ScatterAdd(dst, index, src *device.Array, dim int) {
	types[dst.DType].scatterAdd(dst, index, src, dim)
}

func addRun[T element](dst, a, b []T) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] + b[i]
	}
}

func scatterAdd[T element](dst, index, src *device.Array, dim int, add func(dst, a, b []T)) {
	view, step := indexedView(dst, index, dim)
	d, v, idx := fromOffset[T](dst), fromOffset[T](src), fromOffset[int64](index)
	for l := plan(index, &view, src, nil); l.left > 0; l.next() {
		n, off0, off1, off2 := l.n, l.off[0], l.off[1], l.off[2]
		switch s0, s1, s2 := l.step[0], l.step[1], l.step[2]; {
		case s0 == 0 && s1 == 1 && s2 == 1: // add whole rows
			row := d[off1+int(idx[off0])*step:][:n]
			add(row, row, v[off2:off2+n])
		case s0 == 1 && s1 == 0 && s2 == 1 && l.rank == 1: // elements of rows, in one loop
			for range l.dims[0] {
				scatterAddRow(d[off1:], idx[off0:off0+n], v[off2:off2+n], step)
				off0 += l.stride[0][0]
				off1 += l.stride[1][0]
				off2 += l.stride[2][0]
			}
			return
		case s0 == 1 && s1 == 0 && s2 == 1: // elements of a row
			scatterAddRow(d[off1:], idx[off0:off0+n], v[off2:off2+n], step)
		default:
			for range n {
				d[off1+int(idx[off0])*step] += v[off2]
				off0 += s0
				off1 += s1
				off2 += s2
			}
		}
	}
}

// scatterAddRow adds in[i] to line[index[i]*step], in order.
func scatterAddRow[T element](line []T, index []int64, in []T, step int) {
	if step == 1 {
		for len(index) >= 8 && len(in) >= 8 {
			j, v := (*[8]int64)(index), (*[8]T)(in)
			line[j[0]] += v[0]
			line[j[1]] += v[1]
			line[j[2]] += v[2]
			line[j[3]] += v[3]
			line[j[4]] += v[4]
			line[j[5]] += v[5]
			line[j[6]] += v[6]
			line[j[7]] += v[7]
			index, in = index[8:], in[8:]
		}
	}
	in = in[:len(index)]
	for i, k := range index {
		line[int(k)*step] += in[i]
	}
}

// scatterOr is scatterAdd for booleans: their sum is or.
func scatterOr(dst, index, src *device.Array, dim int) {
	view, step := indexedView(dst, index, dim)
	d, v, idx := fromOffset[uint8](dst), fromOffset[uint8](src), fromOffset[int64](index)
	for l := plan(index, &view, src, nil); l.left > 0; l.next() {
		for i := range l.n {
			d[l.off[1]+i*l.step[1]+int(idx[l.off[0]+i*l.step[0]])*step] |= v[l.off[2]+i*l.step[2]]
		}
	}
}

// Scatter sets dst[i… with i[dim] = index[i…]] = src[i…], in row-major order of index.
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
	view, step := indexedView(dst, index, dim)
	d, v, idx := fromOffset[T](dst), fromOffset[T](src), fromOffset[int64](index)
	for l := plan(index, &view, src, nil); l.left > 0; l.next() {
		n, off0, off1, off2 := l.n, l.off[0], l.off[1], l.off[2]
		s0, s1, s2 := l.step[0], l.step[1], l.step[2]
		if s0 == 0 && s1 == 1 && s2 == 1 { // copy whole rows
			copy(d[off1+int(idx[off0])*step:][:n], v[off2:])
			continue
		}
		for range n {
			d[off1+int(idx[off0])*step] = v[off2]
			off0 += s0
			off1 += s1
			off2 += s2
		}
	}
}

// CountNonZero returns the number of elements that are not 0.
func (*Device) CountNonZero(x *device.Array) (int, error) { return types[x.DType].count(x), nil }

func countNonZero[T any](x *device.Array, count func(x []T, step, n int) int) int {
	v, sum := fromOffset[T](x), 0
	for l := plan(x, nil, nil, nil); l.left > 0; l.next() {
		sum += count(v[l.off[0]:], l.step[0], l.n)
	}
	return sum
}

func count[T element](x []T, step, n int) int {
	k, j := 0, 0
	for range n {
		k += bit(x[j] != 0)
		j += step
	}
	return k
}

// countHalf is count for 16-bit floats, whose first bit is the sign: −0 is 0.
func countHalf(x []uint16, step, n int) int {
	k, j := 0, 0
	for range n {
		k += bit(x[j]<<1 != 0)
		j += step
	}
	return k
}

// countBytes counts the bytes that are not 0.
func countBytes(x *device.Array) int { return countNonZero(x, countEights) }

// countEights is count for eight bytes at a time. It finds a nonzero byte by its top bit, which is set already or by
// the carry from the lower seven bits.
func countEights(x []uint8, step, n int) int {
	const low = 0x7f7f7f7f7f7f7f7f
	k := 0
	if step == 1 {
		for ; n >= 8; n -= 8 {
			w := endian.NativeEndian.Uint64(x)
			k += bits.OnesCount64(((w&low + low) | w) &^ low)
			x = x[8:]
		}
	}
	return k + count(x, step, n)
}

// NonZero writes the indices of x's nonzero elements to the rows of dst.
func (*Device) NonZero(dst, x *device.Array) { types[x.DType].nonZero(dst, x) }

// nonZero visits x by rows of the last dimension, at most chunk elements at a time: find lists the positions of the
// nonzero ones, and nonZero writes their indices.
func nonZero[T any](dst, x *device.Array, find func(found []int64, x []T, step, n int) int) {
	last := x.Rank - 1
	if x.Size == 0 || last < 0 { // a scalar has no indices
		return
	}
	s := scratches.Get()
	v, out, found := fromOffset[T](x), elements[int64](dst), &s.i64[0]
	var coord [device.MaxRank]int64
	n, step := x.Dims[last], x.Strides[last]
	for range x.Size / n {
		row := 0
		for d := range last {
			row += int(coord[d]) * x.Strides[d]
		}
		for i := 0; i < n; i += chunk {
			k := find(found[:], v[row+i*step:], step, min(chunk, n-i))
			switch last {
			case 0:
				for j, p := range found[:k] {
					out[j] = int64(i) + p
				}
			case 1:
				for j, p := range found[:k] {
					pair := out[2*j : 2*j+2]
					pair[0], pair[1] = coord[0], int64(i)+p
				}
			default:
				for j, p := range found[:k] {
					place := out[j*x.Rank : (j+1)*x.Rank]
					copy(place, coord[:last])
					place[last] = int64(i) + p
				}
			}
			out = out[k*x.Rank:]
		}
		for d := last - 1; d >= 0; d-- {
			if coord[d]++; int(coord[d]) < x.Dims[d] {
				break
			}
			coord[d] = 0
		}
	}
	scratches.Put(s)
}

// nonZeroIndices lists the positions of the nonzero ones of n elements with stride step, and returns their number. It
// writes every position and advances only after a nonzero element: a branch would often be mispredicted.
func nonZeroIndices[T element](found []int64, x []T, step, n int) int {
	k, j := 0, 0
	for i := range n {
		found[k] = int64(i)
		k += bit(x[j] != 0)
		j += step
	}
	return k
}

// nonZeroIndicesHalf is nonZeroIndices for 16-bit floats, whose first bit is the sign: −0 is 0.
func nonZeroIndicesHalf(found []int64, x []uint16, step, n int) int {
	k, j := 0, 0
	for i := range n {
		found[k] = int64(i)
		k += bit(x[j]<<1 != 0)
		j += step
	}
	return k
}
