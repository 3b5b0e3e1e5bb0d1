package cpu

import "github.com/lamina-ml/lamina/internal/device"

// operands is the largest number of arrays in a loop: a destination and three inputs.
const operands = 4

// A loop visits the elements of several arrays of one shape. It merges neighbouring dimensions if their strides allow
// it in all arrays, so that a few nested loops around long runs remain:
//
//	for l := plan(dst, x, nil, nil); l.left > 0; l.next() {
//		… l.n elements from l.off[0] with stride l.step[0], from l.off[1] with stride l.step[1]
//	}
type loop struct {
	n    int           // elements in a run
	left int           // remaining runs, with the current one
	off  [operands]int // offset of the run's first element in each array
	step [operands]int // stride of the run in each array

	rank   int
	dims   [device.MaxRank]int
	stride [operands][device.MaxRank]int
	count  [device.MaxRank]int
}

// plan returns the loop over dst's shape. Inputs broadcast; nil inputs are ignored.
func plan(dst, x, y, z *device.Array) loop {
	var l loop
	arrays := [operands]*device.Array{dst, x, y, z}
	l.left = 1
	l.n = 1
	if dst.Size == 0 {
		l.left = 0
		return l
	}
	for i := range dst.Rank {
		n := dst.Dims[i]
		if n == 1 {
			continue
		}
		var step [operands]int
		joined := l.rank > 0
		for k, a := range arrays {
			if a == nil {
				continue
			}
			if j := i - (dst.Rank - a.Rank); j >= 0 && a.Dims[j] != 1 {
				step[k] = a.Strides[j]
			}
			if joined && l.stride[k][l.rank-1] != step[k]*n {
				joined = false
			}
		}
		if joined {
			l.dims[l.rank-1] *= n
		} else {
			l.dims[l.rank] = n
			l.rank++
		}
		for k := range step {
			l.stride[k][l.rank-1] = step[k]
		}
	}
	if l.rank == 0 {
		return l
	}
	l.rank--
	l.n = l.dims[l.rank]
	for k := range l.step {
		l.step[k] = l.stride[k][l.rank]
	}
	for i := range l.rank {
		l.left *= l.dims[i]
	}
	return l
}

// isGrid reports whether the innermost two dimensions are matrices for vec.MapGrid.
func (l *loop) isGrid() bool {
	one := func(step int) bool { return step == 0 || step == 1 }
	return l.rank > 0 && l.step[0] == 1 && one(l.step[1]) && one(l.step[2]) && l.step[1]+l.step[2] > 0 &&
		min(l.stride[0][l.rank-1], l.stride[1][l.rank-1], l.stride[2][l.rank-1]) >= 0
}

// next advances to the next run.
func (l *loop) next() {
	l.left--
	i := l.rank - 1
	if i < 0 {
		return
	}
	if l.count[i]+1 < l.dims[i] { // the common case
		l.count[i]++
		l.off[0] += l.stride[0][i]
		l.off[1] += l.stride[1][i]
		l.off[2] += l.stride[2][i]
		l.off[3] += l.stride[3][i]
		return
	}
	for ; i >= 0; i-- {
		l.count[i]++
		if l.count[i] < l.dims[i] {
			for k := range l.off {
				l.off[k] += l.stride[k][i]
			}
			return
		}
		l.count[i] = 0
		for k := range l.off {
			l.off[k] -= l.stride[k][i] * (l.dims[i] - 1)
		}
	}
}

// skip advances by k runs.
func (l *loop) skip(k int) {
	l.left -= k
	for i := l.rank - 1; i >= 0 && k > 0; i-- {
		k += l.count[i]
		n := k%l.dims[i] - l.count[i]
		l.count[i] += n
		for j := range l.off {
			l.off[j] += n * l.stride[j][i]
		}
		k /= l.dims[i]
	}
}
