package vec

import (
	"math"

	"github.com/lamina-ml/lamina/internal/freelist"
)

// Batch norm of a matrix (rows, channels): the sets are columns. A goroutine does some columns at a time, so that
// they stay in the second cache from one pass to the next.

const columnBlock = 64

// columnNumbers are numbers of each column of a block: mean, rstd, gamma, beta, and a and b, which are two sums or
// what follows from them.
type columnNumbers[T Float] struct {
	mean, rstd, gamma, beta, a, b [columnBlock]T
}

// A columnNormTask is ChannelNorm or ChannelAffine or, with a dy, the gradient.
type columnNormTask[T Float] struct{ setTask[T] }

var columnNormTasks [2]freelist.Any

func spreadColumns[T Float](t setTask[T]) {
	spread((t.Channels+columnBlock-1)/columnBlock, max(1, heavy/(t.Rows*columnBlock)), columnNormTask[T]{t},
		&columnNormTasks[sizeIndex[T]()])
}

// Run does blocks b0 to b1 of the columns.
func (t *columnNormTask[T]) Run(b0, b1 int) {
	for b := b0; b < b1; b++ {
		var k columnNumbers[T]
		c := b * columnBlock
		cols := min(columnBlock, t.Channels-c)
		for j := range cols {
			k.gamma[j] = 1
		}
		if t.gamma != nil {
			copy(k.gamma[:cols], t.gamma[c:])
		}
		if t.beta != nil {
			copy(k.beta[:cols], t.beta[c:])
		}
		switch {
		case t.dy != nil:
			t.backward(&k, c, cols)
		case t.variance != nil:
			t.forward(&k, c, cols)
		default:
			copy(k.mean[:cols], t.mean[c:])
			copy(k.rstd[:cols], t.rstd[c:])
			t.norm(&k, c, cols)
		}
	}
}

func (t *columnNormTask[T]) forward(k *columnNumbers[T], c, cols int) {
	n := float64(t.Rows)
	t.moments(k, c, cols)
	for j := range cols {
		sum, squares := float64(k.a[j]), float64(k.b[j])
		variance := max(0, squares-sum*sum/n) / n
		k.mean[j] += T(sum / n)
		k.rstd[j] = T(1 / math.Sqrt(variance+t.eps))
		t.mean[c+j], t.variance[c+j], t.rstd[c+j] = k.mean[j], T(variance), k.rstd[j]
	}
	t.norm(k, c, cols)
	for j := range cols {
		if !ordinary(k.rstd[j]) {
			t.scaledForward(c + j)
		}
	}
}

// moments sets mean to a number near each column's mean, a to the sum of differences from it and b to the sum of
// their squares.
func (t *columnNormTask[T]) moments(k *columnNumbers[T], c, cols int) {
	x, stride := t.x[c:], t.Channels
	if isa, ok := vectors[T](); ok {
		columnSumsAt(isa, first(k.mean[:]), first(x), t.Rows, cols, stride)
		for j := range cols {
			k.mean[j] /= T(t.Rows)
		}
		columnMomentsAt(isa, first(k.mean[:]), first(x), t.Rows, cols, stride)
		return
	}
	var sums, squares [columnBlock]float64
	for i := range t.Rows {
		for j, v := range x[i*stride:][:cols] {
			sums[j] += float64(v)
		}
	}
	for j := range cols {
		k.mean[j] = T(sums[j] / float64(t.Rows))
	}
	clear(sums[:])
	for i := range t.Rows {
		for j, v := range x[i*stride:][:cols] {
			d := float64(v - k.mean[j])
			sums[j] += d
			squares[j] += d * d
		}
	}
	for j := range cols {
		k.a[j], k.b[j] = T(sums[j]), T(squares[j])
	}
}

// norm sets dst = (x − mean)·rstd·gamma + beta or, with relu, the larger of that and 0.
func (t *columnNormTask[T]) norm(k *columnNumbers[T], c, cols int) {
	stride := t.Channels
	if isa, ok := vectors[T](); ok {
		floor := float32(math.Inf(-1))
		if t.relu {
			floor = 0
		}
		columnNormAt(isa, first(t.dst[c:]), first(k.mean[:]), first(t.x[c:]), t.Rows, cols, stride, floor)
		return
	}
	for i := range t.Rows {
		y, x := t.dst[c+i*stride:][:cols], t.x[c+i*stride:][:cols]
		for j, v := range x {
			y[j] = k.affine(j, k.normalized(j, v))
			if t.relu && y[j] < 0 {
				y[j] = 0
			}
		}
	}
}

// normalized returns (x − mean)·rstd, and affine n·gamma + beta, for column j.
func (k *columnNumbers[T]) normalized(j int, x T) T { return T(x-k.mean[j]) * k.rstd[j] }
func (k *columnNumbers[T]) affine(j int, n T) T     { return T(n*k.gamma[j]) + k.beta[j] }

func (t *columnNormTask[T]) backward(k *columnNumbers[T], c, cols int) {
	copy(k.mean[:cols], t.mean[c:])
	copy(k.rstd[:cols], t.rstd[c:])
	if !t.fixed {
		t.gradSums(k, c, cols)
		n := T(t.Rows)
		for j := range cols {
			k.b[j] *= k.rstd[j]
			setIfAny(t.dgamma, c+j, float64(k.b[j]))
			setIfAny(t.dbeta, c+j, float64(k.a[j]))
			k.a[j] *= k.gamma[j] / n
			k.b[j] *= k.gamma[j] / n
		}
	}
	if t.dst != nil {
		t.grad(k, c, cols)
	}
}

// gradSums sets a = Σ dy and b = Σ dy·(x − mean). With relu, dy counts as 0 where the result is not positive.
func (t *columnNormTask[T]) gradSums(k *columnNumbers[T], c, cols int) {
	stride := t.Channels
	if isa, ok := vectors[T](); ok {
		if t.relu {
			columnGradSumsReLUAt(isa, first(k.mean[:]), first(t.dy[c:]), first(t.x[c:]), t.Rows, cols, stride)
		} else {
			columnGradSumsAt(isa, first(k.mean[:]), first(t.dy[c:]), first(t.x[c:]), t.Rows, cols, stride)
		}
		return
	}
	var sums, products [columnBlock]float64
	for i := range t.Rows {
		dy, x := t.dy[c+i*stride:][:cols], t.x[c+i*stride:][:cols]
		for j, d := range dy {
			if t.relu && k.affine(j, k.normalized(j, x[j])) <= 0 {
				d = 0
			}
			sums[j] += float64(d)
			products[j] += float64(d * (x[j] - k.mean[j]))
		}
	}
	for j := range cols {
		k.a[j], k.b[j] = T(sums[j]), T(products[j])
	}
}

// grad sets dst = rstd·(dy·gamma − a − n·b) for n = (x − mean)·rstd.
func (t *columnNormTask[T]) grad(k *columnNumbers[T], c, cols int) {
	stride := t.Channels
	if isa, ok := vectors[T](); ok {
		if t.relu {
			columnGradReLUAt(isa, first(t.dst[c:]), first(k.mean[:]), first(t.dy[c:]), first(t.x[c:]), t.Rows, cols, stride)
		} else {
			columnGradAt(isa, first(t.dst[c:]), first(k.mean[:]), first(t.dy[c:]), first(t.x[c:]), t.Rows, cols, stride)
		}
		return
	}
	for i := range t.Rows {
		dx, dy, x := t.dst[c+i*stride:][:cols], t.dy[c+i*stride:][:cols], t.x[c+i*stride:][:cols]
		for j, d := range dy {
			n := k.normalized(j, x[j])
			if t.relu && k.affine(j, n) <= 0 {
				d = 0
			}
			dx[j] = k.rstd[j] * (T(T(d*k.gamma[j])-k.a[j]) - T(n*k.b[j]))
		}
	}
}
