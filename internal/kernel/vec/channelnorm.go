package vec

import (
	"math"
	"unsafe"

	"github.com/lamina-ml/lamina/internal/freelist"
)

// The norms of channels: batch, group and instance norm. A contiguous array (n, channels, size) is n·channels rows of
// size elements. A set of rows is normalized together, with one mean and variance; each row is scaled and shifted by
// its channel's numbers.

// NormSets says which rows make a set: row r of set s is row s·SetStep + r·RowStep of the array. The channel of row i
// is i % Channels.
type NormSets struct {
	Sets, Rows, Cols int // Rows rows of Cols elements each
	SetStep, RowStep int
	Channels         int
}

// BatchSets returns the sets of batch norm: all rows of a channel.
func BatchSets(n, channels, size int) NormSets {
	return NormSets{channels, n, size, 1, channels, channels}
}

// GroupSets returns the sets of group norm: the rows of channels/groups neighbouring channels of one sample.
func GroupSets(n, channels, size, groups int) NormSets {
	per := channels / groups
	return NormSets{n * groups, per, size, per, 1, channels}
}

// columns reports whether a set is a column of a matrix.
func (s NormSets) columns() bool {
	return s.Cols == 1 && s.Sets == s.Channels && s.RowStep == s.Channels && s.Rows > 1
}

// row returns the number of row r of a set.
func (s NormSets) row(set, r int) int { return set*s.SetStep + r*s.RowStep }

// len returns the number of elements.
func (s NormSets) len() int { return s.Sets * s.Rows * s.Cols }

// ChannelNorm sets dst = (x − mean)·rstd·gamma + beta or, with relu, the larger of that and 0. mean, variance (the
// biased one) and rstd = 1/√(variance + eps) have an element for each set, gamma and beta for each channel. A nil
// gamma is 1, a nil beta 0.
func ChannelNorm[T Float](dst, mean, variance, rstd, x, gamma, beta []T, s NormSets, eps float64, relu bool) {
	same(len(dst), len(x), s.len())
	same(s.Sets, len(mean), len(variance), len(rstd))
	sameOrNil(s.Channels, gamma, beta)
	t := setTask[T]{NormSets: s, dst: dst, mean: mean, variance: variance, rstd: rstd, x: x, gamma: gamma, beta: beta, eps: eps, relu: relu}
	if s.columns() {
		spreadColumns(t)
		return
	}
	spreadSets(s, t)
}

// ChannelNormGrad computes ChannelNorm's gradients; those whose destination is nil are left out. With n = (x −
// mean)·rstd, d = dy·gamma and means over a set,
//
//	dx = rstd·(d − mean(d) − n·mean(d·n)), dgamma = Σ dy·n, dbeta = Σ dy
//
// With relu, dy counts as 0 where ChannelNorm's result is 0.
func ChannelNormGrad[T Float](dx, dgamma, dbeta, dy, x, mean, rstd, gamma, beta []T, s NormSets, relu bool) {
	same(len(dy), len(x), s.len())
	same(s.Sets, len(mean), len(rstd))
	sameOrNil(len(x), dx)
	sameOrNil(s.Channels, gamma, beta, dgamma, dbeta)
	t := setTask[T]{NormSets: s, dst: dx, dy: dy, mean: mean, rstd: rstd, x: x, gamma: gamma, beta: beta,
		dgamma: dgamma, dbeta: dbeta, relu: relu}
	if s.columns() {
		spreadColumns(t)
		return
	}
	if s.Sets == s.Channels && s.RowStep == s.Channels || dgamma == nil && dbeta == nil { // a set is a channel
		spreadSets(s, t)
		return
	}
	memory, n := setSums.Get(), 2*s.Sets*s.Rows
	*memory = grown(*memory, n+2*s.Channels)
	t.sums = (*memory)[:n]
	spreadSets(s, t)
	total := (*memory)[n:][:2*s.Channels] // of each channel: Σ dy and Σ dy·n
	clear(total)
	c := 0
	for i := range s.Sets {
		r := float64(rstd[i])
		for row := i * s.Rows; row < (i+1)*s.Rows; row++ {
			total[2*c] += t.sums[2*row]
			total[2*c+1] += t.sums[2*row+1] * r
			if c++; c == s.Channels {
				c = 0
			}
		}
	}
	for c := range s.Channels {
		setIfAny(dbeta, c, total[2*c])
		setIfAny(dgamma, c, total[2*c+1])
	}
	setSums.Put(memory)
}

// ChannelAffine sets dst = (x − mean)·rstd·gamma + beta, all of them one number for each channel, or with relu the
// larger of that and 0: batch norm in evaluation.
func ChannelAffine[T Float](dst, x, mean, rstd, gamma, beta []T, size int, relu bool) {
	same(len(dst), len(x))
	channels := len(mean)
	same(channels, len(rstd))
	sameOrNil(channels, gamma, beta)
	if size == 1 {
		spreadColumns(setTask[T]{NormSets: BatchSets(len(x)/channels, channels, 1), dst: dst, x: x, mean: mean,
			rstd: rstd, gamma: gamma, beta: beta, relu: relu})
		return
	}
	spreadRows(len(x)/size, size, setTask[T]{NormSets: BatchSets(1, channels, size), dst: dst, x: x, mean: mean,
		rstd: rstd, gamma: gamma, beta: beta, relu: relu})
}

// ChannelAffineGrad computes ChannelAffine's gradients; those whose destination is nil are left out: dx =
// dy·gamma·rstd, dgamma = Σ dy·(x − mean)·rstd, dbeta = Σ dy. With relu, dy counts as 0 where ChannelAffine's result
// is 0.
func ChannelAffineGrad[T Float](dx, dgamma, dbeta, dy, x, mean, rstd, gamma, beta []T, size int, relu bool) {
	channels := len(mean)
	if dgamma != nil || dbeta != nil {
		ChannelNormGrad(nil, dgamma, dbeta, dy, x, mean, rstd, gamma, beta, BatchSets(len(x)/(channels*size), channels, size), relu)
	}
	switch {
	case dx == nil:
	case size == 1:
		spreadColumns(setTask[T]{NormSets: BatchSets(len(x)/channels, channels, 1), fixed: true, dst: dx, dy: dy, x: x,
			mean: mean, rstd: rstd, gamma: gamma,
			beta: beta, relu: relu})
	default:
		spreadRows(len(x)/size, size, setTask[T]{NormSets: BatchSets(1, channels, size), dst: dx, dy: dy, x: x,
			mean: mean, rstd: rstd, gamma: gamma, beta: beta, relu: relu})
	}
}

// A setTask is ChannelNorm or, with a dy, its gradient.
type setTask[T Float] struct {
	NormSets
	dst, dy, mean, variance, rstd, x, gamma, beta []T
	dgamma, dbeta                                 []T
	sums                                          []float64 // two for each row
	eps                                           float64
	relu                                          bool
	fixed                                         bool // columns: the gradient for a mean and variance that do not depend on x
}

var (
	setTasks, rowSetTasks [2]freelist.Any // for float32 and float64
	setSums               freelist.List[[]float64]
)

func spreadSets[T Float](s NormSets, t setTask[T]) {
	spread(s.Sets, max(1, heavy/max(1, s.Rows*s.Cols)), t, &setTasks[sizeIndex[T]()])
}

func spreadRows[T Float](rows, cols int, t setTask[T]) {
	spread(rows, max(1, heavy/max(1, cols)), affineTask[T]{t}, &rowSetTasks[sizeIndex[T]()])
}

// Run does sets s0 to s1.
func (t *setTask[T]) Run(s0, s1 int) {
	if t.Rows == 1 && t.Cols <= pieceCols {
		t.runRows(s0, s1)
		return
	}
	for set := s0; set < s1; set++ {
		if t.dy == nil {
			t.forward(set)
		} else {
			t.backward(set)
		}
	}
}

func (t *setTask[T]) forward(set int) {
	n := float64(t.Rows * t.Cols)
	mean, squares := t.moments(set)
	t.mean[set], t.variance[set], t.rstd[set] = T(mean), T(squares/n), T(1/math.Sqrt(squares/n+t.eps))
	if !ordinary(t.rstd[set]) {
		t.scaledForward(set)
		return
	}
	t.rows(set, 0, t.Rows).norm()
}

// rows returns rows r0 to r1 of a set.
func (t *setTask[T]) rows(set, r0, r1 int) setRows[T] {
	i := t.row(set, r0)
	channel := i % t.Channels
	r := setRows[T]{x: t.x[i*t.Cols:], mean: t.mean[set:], rstd: t.rstd[set:], rows: r1 - r0, cols: t.Cols, stride: t.RowStep * t.Cols,
		affine: t.RowStep % t.Channels, relu: t.relu, stream: t.stream()}
	if t.gamma != nil {
		r.gamma = t.gamma[channel:]
	}
	if t.beta != nil {
		r.beta = t.beta[channel:]
	}
	if t.dst != nil {
		r.dst = t.dst[i*t.Cols:]
	}
	if t.dy != nil {
		r.dy = t.dy[i*t.Cols:]
	}
	return r
}

// stream returns 1 if results are to be stored past the caches: where they are too large for them, and rows begin
// with a cache line.
func (t *setTask[T]) stream() int {
	if isFloat32[T]() && len(t.dst) >= streamed && t.Cols%16 == 0 && uintptr(unsafe.Pointer(first(t.dst)))%64 == 0 {
		return 1
	}
	return 0
}

// Sums are taken of pieces of rows that stay in the first cache, some at a time.
const (
	pieceCols = 1 << 12
	pieceRows = 64
)

// pieces calls f for all elements of some rows, in order.
func (r setRows[T]) pieces(f func(setRows[T])) {
	for i := 0; i < r.rows; i += pieceRows {
		part := r.from(i, 0)
		part.rows = min(pieceRows, r.rows-i)
		if r.cols <= pieceCols {
			f(part)
			continue
		}
		for k := range part.rows {
			for j := 0; j < r.cols; j += pieceCols {
				piece := part.from(k, j)
				piece.rows, piece.cols = 1, min(pieceCols, r.cols-j)
				f(piece)
			}
		}
	}
}

// moments returns the mean of a set and the sum of squares about it.
func (t *setTask[T]) moments(set int) (mean, squares float64) {
	rows := t.rows(set, 0, t.Rows)
	if t.RowStep == 1 { // the rows lie one behind the other
		rows.rows, rows.cols = 1, t.Rows*t.Cols
	}
	var sums [2 * pieceRows]float64
	var centers [pieceRows]T
	n := 0.0
	rows.pieces(func(p setRows[T]) {
		p.moments(sums[:], centers[:])
		cols := float64(p.cols)
		for i := range p.rows {
			// The part's own moments join those of the parts before it. (Chan, Golub and LeVeque 1979)
			m := sums[2*i] / cols
			c := float64(centers[i]) - m
			d := m - mean
			squares += max(0, sums[2*i+1]-cols*c*c) + d*d*(n*cols/(n+cols))
			mean += d * (cols / (n + cols))
			n += cols
		}
	})
	return mean, squares
}

// scaledForward is forward for a set whose squares may overflow or vanish: it scales by a power of two.
func (t *setTask[T]) scaledForward(set int) {
	largest, n := 0.0, float64(t.Rows*t.Cols)
	each := func(f func(i int, v float64)) {
		for r := range t.Rows {
			at := t.row(set, r) * t.Cols
			for i := at; i < at+t.Cols; i++ {
				f(i, float64(t.x[i]))
			}
		}
	}
	each(func(_ int, v float64) { largest = max(largest, math.Abs(v)) })
	scale, sum, squares := 1.0, 0.0, 0.0
	if largest > 0 && largest <= math.MaxFloat64 {
		_, e := math.Frexp(largest)
		scale = math.Ldexp(1, max(-1000, min(-e, 1000)))
	}
	each(func(_ int, v float64) { sum += v * scale })
	mean := sum / n
	each(func(_ int, v float64) { squares += (v*scale - mean) * (v*scale - mean) })
	deviation := math.Sqrt(squares/n + t.eps*scale*scale)
	t.mean[set], t.variance[set], t.rstd[set] = T(mean/scale), T(squares/n/scale/scale), T(scale/deviation)
	each(func(i int, v float64) {
		c := i / t.Cols % t.Channels
		y := T((v*scale - mean) / deviation)
		if t.gamma != nil {
			y *= t.gamma[c]
		}
		if t.beta != nil {
			y += t.beta[c]
		}
		if t.relu && y < 0 {
			y = 0
		}
		t.dst[i] = y
	})
}

func (t *setTask[T]) backward(set int) {
	n, rstd := float64(t.Rows*t.Cols), float64(t.rstd[set])
	var sums [2 * pieceRows]float64
	meanD, meanDN, dgamma, dbeta := 0.0, 0.0, 0.0, 0.0
	for r := 0; r < t.Rows; r += pieceRows {
		rows := t.rows(set, r, min(r+pieceRows, t.Rows))
		rows.allGradSums(sums[:])
		row := t.row(set, r)
		c, step := row%t.Channels, t.RowStep%t.Channels
		for i := range rows.rows {
			dy, dyx := sums[2*i], sums[2*i+1] // Σ dy and Σ dy·(x − mean)
			w := 1.0
			if t.gamma != nil {
				w = float64(t.gamma[c])
			}
			meanD += w * dy
			meanDN += w * dyx
			dbeta += dy
			dgamma += dyx
			if t.sums != nil {
				t.sums[2*row], t.sums[2*row+1] = dy, dyx
			}
			row += t.RowStep
			if c += step; c >= t.Channels {
				c -= t.Channels
			}
		}
	}
	meanD, meanDN, dgamma = meanD/n, meanDN*rstd/n, dgamma*rstd
	if t.sums == nil {
		setIfAny(t.dgamma, set, dgamma)
		setIfAny(t.dbeta, set, dbeta)
	}
	if t.dst != nil {
		t.rows(set, 0, t.Rows).grad(T(meanD), T(meanDN))
	}
}

// runRows is Run for sets of one row each (instance norm): the kernels do many short rows at once.
func (t *setTask[T]) runRows(s0, s1 int) {
	for s0 < s1 {
		n := min(pieceRows, s1-s0, t.Channels-s0%t.Channels) // rows whose channels follow each other
		rows := t.rows(s0, 0, 1)
		rows.rows, rows.stride, rows.stat, rows.affine = n, t.Cols, 1, 1
		if t.dy == nil {
			t.forwardRows(s0, rows)
		} else {
			t.backwardRows(s0, rows)
		}
		s0 += n
	}
}

func (t *setTask[T]) forwardRows(s0 int, rows setRows[T]) {
	var sums [2 * pieceRows]float64
	var centers [pieceRows]T
	rows.moments(sums[:], centers[:])
	n := float64(t.Cols)
	for i := range rows.rows {
		mean := sums[2*i] / n
		c := float64(centers[i]) - mean
		variance := max(0, sums[2*i+1]-n*c*c) / n
		t.mean[s0+i], t.variance[s0+i], t.rstd[s0+i] = T(mean), T(variance), T(1/math.Sqrt(variance+t.eps))
	}
	rows.norm()
	for i := range rows.rows {
		if !ordinary(t.rstd[s0+i]) {
			t.scaledForward(s0 + i)
		}
	}
}

func (t *setTask[T]) backwardRows(s0 int, rows setRows[T]) {
	var sums [2 * pieceRows]float64
	rows.gradSums(sums[:])
	n := float64(t.Cols)
	for i := range rows.rows {
		dy, dyx, rstd := sums[2*i], sums[2*i+1], float64(rows.rstd[i])
		if t.sums != nil {
			t.sums[2*(s0+i)], t.sums[2*(s0+i)+1] = dy, dyx
		} else {
			setIfAny(t.dbeta, s0+i, dy)
			setIfAny(t.dgamma, s0+i, dyx*rstd)
		}
		if t.dst == nil {
			continue
		}
		w := 1.0
		if t.gamma != nil {
			w = float64(rows.gamma[i])
		}
		row := rows.from(i, 0)
		row.rows = 1
		row.grad(T(w*dy/n), T(w*dyx*rstd/n))
	}
}

// allGradSums is gradSums for rows of any length.
func (r setRows[T]) allGradSums(sums []float64) {
	if r.cols <= pieceCols {
		r.gradSums(sums)
		return
	}
	for k := range r.rows {
		dy, dyx := 0.0, 0.0
		for j := 0; j < r.cols; j += pieceCols {
			piece := r.from(k, j)
			piece.rows, piece.cols = 1, min(pieceCols, r.cols-j)
			piece.gradSums(sums[2*k:])
			dy += sums[2*k]
			dyx += sums[2*k+1]
		}
		sums[2*k], sums[2*k+1] = dy, dyx
	}
}

// An affineTask is ChannelAffine or, with a dy, its gradient dx.
type affineTask[T Float] struct{ setTask[T] }

// Run does rows i0 to i1 of the array, whose channels follow each other.
func (t *affineTask[T]) Run(i0, i1 int) {
	for i0 < i1 {
		c := i0 % t.Channels
		end := min(i1, i0-c+t.Channels)
		r := setRows[T]{dst: t.dst[i0*t.Cols:], x: t.x[i0*t.Cols:], mean: t.mean[c:], rstd: t.rstd[c:], rows: end - i0,
			cols: t.Cols, stride: t.Cols,
			stat: 1, affine: 1, relu: t.relu, stream: t.stream()}
		if t.gamma != nil {
			r.gamma = t.gamma[c:]
		}
		if t.beta != nil {
			r.beta = t.beta[c:]
		}
		if t.dy == nil {
			r.norm()
		} else {
			r.dy = t.dy[i0*t.Cols:]
			r.affineGrad()
		}
		i0 = end
	}
}

func setIfAny[T Float](dst []T, i int, v float64) {
	if dst != nil {
		dst[i] = T(v)
	}
}

// grown returns x with n elements, which may be undefined.
func grown[E any](x []E, n int) []E {
	if cap(x) < n {
		return make([]E, n)
	}
	return x[:n]
}

// sizeIndex is 0 for float32 and 1 for float64.
func sizeIndex[T Float]() int {
	if isFloat32[T]() {
		return 0
	}
	return 1
}
