package cpu

import (
	"unsafe"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/freelist"
	"github.com/lamina-ml/lamina/internal/kernel/gemm"
	"github.com/lamina-ml/lamina/internal/kernel/vec"
	"github.com/lamina-ml/lamina/internal/pool"
)

// Copies depend on the elements' size only, not on their type. The loops of a copy are sorted by the destination's
// strides and merged if the strides of both arrays allow it. What remains is rows of elements, which in the source are
// contiguous, one repeated element, contiguous in reverse, or strided. If another dimension of the source is
// contiguous, tiles are transposed in the first-level cache.

// moveGrain is the smallest number of bytes of a copy that a worker takes.
const moveGrain = 256 << 10

// Copy copies src, broadcast, into dst, converting elements.
func (*Device) Copy(dst, src *device.Array) {
	switch {
	case dst.DType != src.DType:
		conversions[dst.DType][src.DType](dst, src)
	case dst.Contiguous && src.Contiguous && dst.Size == src.Size:
		moveRun(Bytes(dst), Bytes(src))
	default:
		switch dst.DType.Size() {
		case 1:
			move(&moves8, dst, src)
		case 2:
			move(&moves16, dst, src)
		case 4:
			move(&moves32, dst, src)
		case 8:
			move(&moves64, dst, src)
		}
	}
}

var (
	moves8  freelist.List[moveTask[uint8]]
	moves16 freelist.List[moveTask[uint16]]
	moves32 freelist.List[moveTask[uint32]]
	moves64 freelist.List[moveTask[uint64]]
	runs    freelist.List[runTask]
)

func moveRun(dst, src []byte) {
	if len(dst) <= moveGrain {
		copy(dst, src)
		return
	}
	t := runs.Get()
	t.dst, t.src = dst, src
	pool.For(len(dst), moveGrain, t)
	t.dst, t.src = nil, nil
	runs.Put(t)
}

type runTask struct{ dst, src []byte }

func (t *runTask) Run(i0, i1 int) { copy(t.dst[i0:i1], t.src[i0:i1]) }

// blockElements returns the whole block of memory that a is a view of.
func blockElements[T any](a *device.Array) []T {
	m := a.Mem.(*memory)
	return unsafe.Slice((*T)(m.base), m.bytes/int(unsafe.Sizeof(*new(T))))
}

// A moveTask is a copy as nested loops. The innermost one copies a row.
type moveTask[T any] struct {
	dst, src []T
	a, b     int // offsets of the first element in dst and src
	rank     int
	dims     [device.MaxRank]int
	to, from [device.MaxRank]int // strides
}

func move[T any](tasks *freelist.List[moveTask[T]], dst, src *device.Array) {
	if dst.Size == 0 {
		return
	}
	t := tasks.Get()
	t.dst, t.src, t.a, t.b = blockElements[T](dst), blockElements[T](src), dst.Offset, src.Offset
	t.plan(dst, src)
	rows := 1
	for _, n := range t.dims[:t.rank-1] {
		rows *= n
	}
	size := t.dims[t.rank-1] * dst.DType.Size()
	grain := (moveGrain/size + tile) &^ (tile - 1)
	if rows <= grain {
		t.Run(0, rows)
	} else {
		pool.For(rows, grain, t)
	}
	t.dst, t.src = nil, nil
	tasks.Put(t)
}

// plan sorts and merges the loops.
func (t *moveTask[T]) plan(dst, src *device.Array) {
	t.rank = 0
	for i := range dst.Rank {
		if dst.Dims[i] == 1 {
			continue
		}
		from := 0
		if j := i - (dst.Rank - src.Rank); j >= 0 && src.Dims[j] != 1 {
			from = src.Strides[j]
		}
		k := t.rank
		for ; k > 0 && t.to[k-1] < dst.Strides[i]; k-- {
			t.set(k, t.dims[k-1], t.to[k-1], t.from[k-1])
		}
		t.set(k, dst.Dims[i], dst.Strides[i], from)
		t.rank++
	}
	// Merge from the innermost loop outwards. Long rows stay rows, so that workers can share them.
	in := max(0, t.rank-1)
	for k := in - 1; k >= 0; k-- {
		n := t.dims[in]
		long := in == t.rank-1 && n >= chunk && n*t.dims[k] > moveGrain/8
		if t.to[k] == t.to[in]*n && t.from[k] == t.from[in]*n && !long {
			t.dims[in] *= t.dims[k]
			continue
		}
		in--
		t.set(in, t.dims[k], t.to[k], t.from[k])
	}
	if in > 0 {
		for k := in; k < t.rank; k++ {
			t.set(k-in, t.dims[k], t.to[k], t.from[k])
		}
		t.rank -= in
	}
	if t.rank == 0 {
		t.set(0, 1, 1, 1)
		t.rank = 1
	}
	if t.rank == 1 {
		t.set(1, t.dims[0], t.to[0], t.from[0])
		t.set(0, 1, 0, 0)
		t.rank = 2
	}
	last := t.rank - 1
	if k := last - 1; k > 0 && t.to[last] == 1 && t.from[last] == 1 && t.dims[last] <= 64 && t.dims[k-1] >= t.dims[k] &&
		t.from[k-1] > 0 && t.from[k-1] < t.from[k] {
		// Of two loops over short rows, the one with the smaller stride in src becomes the inner one if it is the
		// longer one: the processor prefetches memory that is read in order.
		n, to, from := t.dims[k], t.to[k], t.from[k]
		t.set(k, t.dims[k-1], t.to[k-1], t.from[k-1])
		t.set(k-1, n, to, from)
		return
	}
	// The loop with stride 1 in src becomes the last but one, so that it forms tiles with the innermost one.
	if t.from[last] == 0 || t.from[last] == 1 {
		return
	}
	for k := last - 2; k >= 0; k-- {
		if t.from[k] == 1 {
			n, to := t.dims[k], t.to[k]
			for ; k < last-1; k++ {
				t.set(k, t.dims[k+1], t.to[k+1], t.from[k+1])
			}
			t.set(k, n, to, 1)
			return
		}
	}
}

func (t *moveTask[T]) set(k, n, to, from int) { t.dims[k], t.to[k], t.from[k] = n, to, from }

// Run copies rows r0 to r1, counted over all loops but the innermost.
func (t *moveTask[T]) Run(r0, r1 int) {
	var count [device.MaxRank]int
	last := t.rank - 2
	rest, a, b := r0, t.a, t.b
	for k := last; k >= 0; k-- {
		count[k] = rest % t.dims[k]
		rest /= t.dims[k]
		a += count[k] * t.to[k]
		b += count[k] * t.from[k]
	}
	for left := r1 - r0; left > 0; {
		n := min(left, t.dims[last]-count[last])
		t.rows(a, b, n)
		left -= n
		// Return to the first row of this loop, and advance the outer loops by one.
		a -= count[last] * t.to[last]
		b -= count[last] * t.from[last]
		count[last] = 0
		for k := last - 1; k >= 0; k-- {
			a += t.to[k]
			b += t.from[k]
			if count[k]++; count[k] < t.dims[k] {
				break
			}
			a -= t.dims[k] * t.to[k]
			b -= t.dims[k] * t.from[k]
			count[k] = 0
		}
	}
}

// rows copies consecutive rows. The first one begins at a in dst and at b in src.
func (t *moveTask[T]) rows(a, b, rows int) {
	last := t.rank - 1
	n, to, from := t.dims[last], t.to[last], t.from[last]
	down, over := t.to[last-1], t.from[last-1]
	dst, src := t.dst, t.src
	switch {
	case to == 1 && over == 1 && from != 1 && from != 0 && rows >= tile && n >= tile:
		t.transposeTiles(a, b, rows)
	case to == 1 && from == 1 && n >= 8 && n <= 64: // windows, attention heads: a call of copy for each would take longer
		if down >= n && over >= 0 {
			switch unsafe.Sizeof(*new(T)) {
			case 4:
				gemm.Copy32(as[float32](dst[a:]), down, as[float32](src[b:]), over, rows, n)
				return
			case 8:
				gemm.Copy64(as[float64](dst[a:]), down, as[float64](src[b:]), over, rows, n)
				return
			}
		}
		for range rows {
			d, s := dst[a:a+n], src[b:b+n]
			for i := 8; i < n; i += 8 {
				v := [8]T(s[i-8:])
				*(*[8]T)(d[i-8:]) = v
			}
			v := [8]T(s[n-8:])
			*(*[8]T)(d[n-8:]) = v
			a += down
			b += over
		}
	case to == 1 && from == 1:
		for range rows {
			copy(dst[a:a+n], src[b:])
			a += down
			b += over
		}
	case to == 1 && from == 0:
		for range rows {
			fillRun(dst[a:a+n], src[b])
			a += down
			b += over
		}
	case to == 1 && from == -1:
		for range rows {
			copyReversed(dst[a:a+n], src[b-n+1:b+1])
			a += down
			b += over
		}
	case to == 1 && from > 1:
		for range rows {
			copyStrided(dst[a:a+n], src[b:], from)
			a += down
			b += over
		}
	default:
		for range rows {
			i, j := a, b
			for k := n; k > 0; k-- {
				dst[i] = src[j]
				i += to
				j += from
			}
			a += down
			b += over
		}
	}
}

// copyStrided sets dst[i] = src[i*step], for a step above 0.
func copyStrided[T any](dst, src []T, step int) {
	for len(dst) > 8 && len(src) > 8*step {
		d := (*[8]T)(dst)
		d[0], d[1], d[2], d[3] = src[0], src[step], src[2*step], src[3*step]
		d[4], d[5], d[6], d[7] = src[4*step], src[5*step], src[6*step], src[7*step]
		dst, src = dst[8:], src[8*step:]
	}
	for i := range dst {
		dst[i] = src[i*step]
	}
}

// fillRun sets all elements of dst to v. It sets the first ones in a loop and copies them to the others, which is
// faster.
func fillRun[T any](dst []T, v T) {
	head := dst[:min(len(dst), 2*chunk)]
	for i := range head {
		head[i] = v
	}
	for i := len(head); i < len(dst); i += len(head) {
		copy(dst[i:], head)
	}
}

// copyReversed sets dst to src in reverse order. Both have the same length.
func copyReversed[T any](dst, src []T) {
	if unsafe.Sizeof(*new(T)) == 4 {
		vec.Reverse(as[float32](dst), as[float32](src))
		return
	}
	for len(dst) >= 8 && len(src) >= 8 {
		d, s := (*[8]T)(dst), (*[8]T)(src[len(src)-8:])
		d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7] = s[7], s[6], s[5], s[4], s[3], s[2], s[1], s[0]
		dst, src = dst[8:], src[:len(src)-8]
	}
	for i := range dst {
		dst[i] = src[len(src)-1-i]
	}
}

// tile is the size of the square tiles that are transposed. For float32 a tile's row is a cache line.
const tile = 16

// transposeTiles copies rows that are columns of the source. It reads a tile row by row and writes it row by row, so
// that each cache line is used completely, even if the strides are powers of two and many lines share a cache set.
func (t *moveTask[T]) transposeTiles(a, b, rows int) {
	last := t.rank - 1
	n, from, down := t.dims[last], t.from[last], t.to[last-1]
	if from > 0 && down >= n && canTranspose[T]() {
		transpose(t.dst[a:], down, t.src[b:], from, n, rows)
		return
	}
	var square [tile][tile]T
	for r := 0; r < rows; r += tile {
		h := min(tile, rows-r)
		for i := 0; i < n; i += tile {
			w := min(tile, n-i)
			off := b + r + i*from
			if h < tile || w < tile {
				for k := range w {
					copy(square[k][:h], t.src[off+k*from:])
				}
				for k := range h {
					out := t.dst[a+(r+k)*down+i:][:w]
					for c := range out {
						out[c] = square[c&(tile-1)][k]
					}
				}
				continue
			}
			for k := range square {
				square[k] = [tile]T(t.src[off+k*from:])
			}
			for k := range tile {
				out := (*[tile]T)(t.dst[a+(r+k)*down+i:])
				for c := 0; c < tile; c += 8 {
					s := (*[8][tile]T)(square[c:])
					d := (*[8]T)(out[c:])
					d[0], d[1], d[2], d[3] = s[0][k], s[1][k], s[2][k], s[3][k]
					d[4], d[5], d[6], d[7] = s[4][k], s[5][k], s[6][k], s[7][k]
				}
			}
		}
	}
}

// canTranspose reports whether transpose supports elements of type T: those of 4 or 8 bytes.
func canTranspose[T any]() bool { return unsafe.Sizeof(*new(T)) == 4 || unsafe.Sizeof(*new(T)) == 8 }

// transpose sets dst[j*ldd+i] = src[i*lds+j] for i < rows, j < cols.
func transpose[T any](dst []T, ldd int, src []T, lds, rows, cols int) {
	if unsafe.Sizeof(*new(T)) == 4 {
		gemm.Transpose32(as[float32](dst), ldd, as[float32](src), lds, rows, cols)
	} else {
		gemm.Transpose64(as[float64](dst), ldd, as[float64](src), lds, rows, cols)
	}
}

// as reinterprets s as elements of another type of the same size.
func as[T, S any](s []S) []T { return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(s))), len(s)) }

// Triangle copies the elements on and above, or on and below, a diagonal, and sets the others to 0.
func (d *Device) Triangle(dst, x *device.Array, offset int, upper bool) {
	if dst.Size == 0 {
		return
	}
	// beyond these all elements are on one side
	offset = max(-dst.Dims[dst.Rank-2]-1, min(offset, dst.Dims[dst.Rank-1]))
	if dst.Contiguous && x.Contiguous {
		triangleContiguous(dst, x, offset, upper)
		return
	}
	p := triangles.Get()
	cols := dst.Dims[dst.Rank-1]
	for i := range dst.Dims[dst.Rank-2] {
		if upper {
			cut := max(0, min(i+offset, cols))
			p.copy(d, dst, x, i, cut, cols)
			p.fill(d, dst, i, 0, cut)
		} else {
			cut := max(0, min(i+offset+1, cols))
			p.copy(d, dst, x, i, 0, cut)
			p.fill(d, dst, i, cut, cols)
		}
	}
	*p = triangleRow{}
	triangles.Put(p)
}

// triangleContiguous is Triangle for contiguous arrays.
func triangleContiguous(dst, x *device.Array, offset int, upper bool) {
	rows, cols, size := dst.Dims[dst.Rank-2], dst.Dims[dst.Rank-1], dst.DType.Size()
	d, v := Bytes(dst), Bytes(x)
	for i := 0; len(d) > 0; i++ {
		row, in := d[:cols*size], v[:cols*size]
		if upper {
			cut := size * max(0, min(i%rows+offset, cols))
			clear(row[:cut])
			copy(row[cut:], in[cut:])
		} else {
			cut := size * max(0, min(i%rows+offset+1, cols))
			copy(row[:cut], in[:cut])
			clear(row[cut:])
		}
		d, v = d[cols*size:], v[cols*size:]
	}
}

// triangleRow holds the two arrays of a copy, which would escape from the stack.
type triangleRow struct{ dst, x device.Array }

var triangles freelist.List[triangleRow]

func (p *triangleRow) copy(d *Device, dst, x *device.Array, row, from, to int) {
	if to > from {
		p.dst, p.x = partOfRow(dst, row, from, to), partOfRow(x, row, from, to)
		d.Copy(&p.dst, &p.x)
	}
}

func (p *triangleRow) fill(d *Device, dst *device.Array, row, from, to int) {
	if to > from {
		p.dst = partOfRow(dst, row, from, to)
		d.Fill(&p.dst, 0)
	}
}

// partOfRow returns the columns from ≤ j < to of one row of every matrix of a.
func partOfRow(a *device.Array, row, from, to int) device.Array {
	p := *a
	r, c := a.Rank-2, a.Rank-1
	p.Offset += row*p.Strides[r] + from*p.Strides[c]
	p.Dims[r], p.Dims[c] = 1, to-from
	p.Refresh()
	return p
}
