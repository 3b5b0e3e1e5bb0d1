package vec

import (
	"fmt"
	"math"
)

// The functions of this file work on rows of cols elements that lie one behind the other.

// Softmax sets each row of dst to eˣ/Σeˣ. The row's largest element is subtracted first, so that nothing overflows.
func Softmax[T Float](dst, x []T, cols int) {
	same(len(dst), len(x))
	for i := range rowsOf(len(x), cols) {
		dst, x := dst[i*cols:][:cols], x[i*cols:][:cols]
		m, sum := logSumExp(x)
		for j, v := range x {
			dst[j] = T(math.Exp(float64(v-m)) / sum)
		}
	}
}

// LogSoftmax sets each row of dst to x - ln Σeˣ.
func LogSoftmax[T Float](dst, x []T, cols int) {
	same(len(dst), len(x))
	for i := range rowsOf(len(x), cols) {
		dst, x := dst[i*cols:][:cols], x[i*cols:][:cols]
		m, sum := logSumExp(x)
		l := T(math.Log(sum))
		for j, v := range x {
			dst[j] = v - m - l
		}
	}
}

// logSumExp returns x's largest element m and Σ e^(x - m).
func logSumExp[T Float](x []T) (m T, sum float64) {
	m = MaxOf(x)
	for _, v := range x {
		sum += math.Exp(float64(v - m))
	}
	return m, sum
}

// SoftmaxGrad sets dx = y·(dy - Σ dy·y), row by row, for y = softmax(x).
func SoftmaxGrad[T Float](dx, dy, y []T, cols int) {
	same(len(dx), len(dy), len(y))
	for i := range rowsOf(len(dx), cols) {
		dx, dy, y := dx[i*cols:][:cols], dy[i*cols:][:cols], y[i*cols:][:cols]
		s := T(dotChunk(dy, y))
		for j := range dx {
			dx[j] = (dy[j] - s) * y[j]
		}
	}
}

// LogSoftmaxGrad sets dx = dy - e^y·Σ dy, row by row, for y = logsoftmax(x).
func LogSoftmaxGrad[T Float](dx, dy, y []T, cols int) {
	same(len(dx), len(dy), len(y))
	for i := range rowsOf(len(dx), cols) {
		dx, dy, y := dx[i*cols:][:cols], dy[i*cols:][:cols], y[i*cols:][:cols]
		s := T(sumChunk(dy))
		for j := range dx {
			dx[j] = dy[j] - T(T(math.Exp(float64(y[j])))*s)
		}
	}
}

// CrossEntropy sets loss[i] = -ln softmax(xᵢ)[targets[i]] and, unless dx is nil, dx = scale·(softmax(x) - onehot(targets)):
// the gradient of scale·Σ loss. A row whose target is ignore has loss and gradient 0. Other targets outside [0, cols) panic.
func CrossEntropy[T Float](loss, dx, x []T, targets []int64, cols int, ignore int64, scale T) {
	rows := rowsOf(len(x), cols)
	same(rows, len(loss), len(targets))
	if dx != nil {
		same(len(dx), len(x))
	}
	for i, t := range targets {
		if t != ignore && (t < 0 || t >= int64(cols)) {
			panic(fmt.Sprintf("vec: target %d of row %d is not one of %d classes", t, i, cols))
		}
	}
	for i, t := range targets {
		x := x[i*cols:][:cols]
		m, sum := logSumExp(x)
		if t == ignore {
			loss[i] = 0
		} else {
			loss[i] = T(math.Log(sum)) - (x[t] - m)
		}
		if dx == nil {
			continue
		}
		dx := dx[i*cols:][:cols]
		if t == ignore {
			clear(dx)
			continue
		}
		for j, v := range x {
			dx[j] = scale * T(math.Exp(float64(v-m))/sum)
		}
		dx[t] -= scale
	}
}
