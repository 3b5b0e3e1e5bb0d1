package vec

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/internal/freelist"
	"github.com/lamina-ml/lamina/internal/kernel/cpu"
)

// The functions of this file compute on contiguous rows of cols elements.

// Softmax sets each row of dst to eˣ/Σeˣ. The row's largest element is subtracted first, so that nothing overflows.
func Softmax[T Float](dst, x []T, cols int) {
	same(len(dst), len(x))
	rows := rowsOf(len(x), cols)
	if rowsVector(rowSoftmax, dst, x, nil, rows, cols) {
		return
	}
	for i := range rows {
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
	rows := rowsOf(len(x), cols)
	if rowsVector(rowLogSoftmax, dst, x, nil, rows, cols) {
		return
	}
	for i := range rows {
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
	rows := rowsOf(len(dx), cols)
	if rowsVector(rowSoftmaxGrad, dx, dy, y, rows, cols) {
		return
	}
	for i := range rows {
		dx, dy, y := dx[i*cols:][:cols], dy[i*cols:][:cols], y[i*cols:][:cols]
		s := Dot(dy, y)
		for j := range dx {
			dx[j] = (dy[j] - s) * y[j]
		}
	}
}

// LogSoftmaxGrad sets dx = dy - e^y·Σ dy, row by row, for y = logsoftmax(x).
func LogSoftmaxGrad[T Float](dx, dy, y []T, cols int) {
	same(len(dx), len(dy), len(y))
	rows := rowsOf(len(dx), cols)
	if rowsVector(rowLogSoftmaxGrad, dx, dy, y, rows, cols) {
		return
	}
	for i := range rows {
		dx, dy, y := dx[i*cols:][:cols], dy[i*cols:][:cols], y[i*cols:][:cols]
		s := Sum(dy)
		for j := range dx {
			dx[j] = dy[j] - T(T(math.Exp(float64(y[j])))*s)
		}
	}
}

// CrossEntropy sets loss[i] = -ln softmax(xᵢ)[targets[i]] and, unless dx is nil, dx = scale·(softmax(x) -
// onehot(targets)): the gradient of scale·Σ loss. A row whose target is ignore has loss and gradient 0. Other targets
// outside [0, cols) panic.
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
	if isa, ok := vectors[T](); ok {
		task := crossEntropyTask[T]{isa, loss, dx, x, targets, cols, ignore, scale}
		grain := max(1, heavy/max(1, cols))
		if rows <= grain {
			task.Run(0, rows)
		} else {
			spread(rows, grain, task, &crossEntropyTasks)
		}
		return
	}
	for i, t := range targets {
		x := x[i*cols:][:cols]
		m, sum := logSumExp(x)
		loss[i] = rowLoss(x, t, ignore, m, T(math.Log(sum)))
		if dx == nil {
			continue
		}
		dx := dx[i*cols:][:cols]
		for j, v := range x {
			dx[j] = scale * T(math.Exp(float64(v-m))/sum)
		}
		subtractTarget(dx, t, ignore, scale)
	}
}

// rowLoss returns logSum - (x[t] - m) for row x with largest element m: the large parts cancel first.
func rowLoss[T Float](x []T, t, ignore int64, m, logSum T) T {
	if t == ignore {
		return 0
	}
	return logSum - (x[t] - m)
}

// subtractTarget turns the scaled softmax in dx into the gradient.
func subtractTarget[T Float](dx []T, t, ignore int64, scale T) {
	if t == ignore {
		clear(dx)
		return
	}
	dx[t] -= scale
}

type crossEntropyTask[T Float] struct {
	isa         cpu.Level
	loss, dx, x []T
	targets     []int64
	cols        int
	ignore      int64
	scale       T
}

var crossEntropyTasks freelist.Any

// Run computes rows i0 to i1.
func (c *crossEntropyTask[T]) Run(i0, i1 int) {
	var stats rowStats
	for ; i0 < i1; i0 += statRows {
		n := min(i1-i0, statRows)
		x := c.x[i0*c.cols:][:n*c.cols]
		if c.dx == nil {
			logSumExpAt(c.isa, &stats.largest[0], first(x), n, c.cols)
		} else {
			softmaxAt(c.isa, first(c.dx[i0*c.cols:]), first(x), &stats.largest[0], n, c.cols, float32(c.scale))
		}
		stats.logs(c.isa, n)
		for i := range n {
			t := c.targets[i0+i]
			c.loss[i0+i] = rowLoss(x[i*c.cols:][:c.cols], t, c.ignore, T(stats.largest[i]), T(stats.sum[i]))
			if c.dx != nil {
				subtractTarget(c.dx[(i0+i)*c.cols:][:c.cols], t, c.ignore, c.scale)
			}
		}
	}
}

// The kernels over rows.
const (
	rowSoftmax = iota
	rowLogSoftmax
	rowSoftmaxGrad
	rowLogSoftmaxGrad
)

// rowsVector runs a kernel with vector instructions and returns true, or returns false if the caller's loop must do it.
func rowsVector[T Float](kind int, dst, a, b []T, rows, cols int) bool {
	isa, ok := vectors[T]()
	if !ok {
		return false
	}
	grain := max(1, heavy/max(1, cols))
	task := rowTask{isa: isa, kind: kind, dst: first(dst), a: first(a), b: first(b), cols: cols}
	if rows <= grain {
		task.Run(0, rows)
	} else {
		spread(rows, grain, task, &rowTasks)
	}
	return true
}

type rowTask struct {
	isa       cpu.Level
	kind      int
	dst, a, b *float32
	cols      int
}

var rowTasks freelist.Any

// Run computes rows i0 to i1.
func (r *rowTask) Run(i0, i1 int) {
	n := i1 - i0
	dst, a, b := at(r.dst, i0*r.cols), at(r.a, i0*r.cols), at(r.b, i0*r.cols)
	switch r.kind {
	case rowSoftmaxGrad:
		softmaxGradAt(r.isa, dst, a, b, n, r.cols)
		return
	case rowLogSoftmaxGrad:
		logSoftmaxGradAt(r.isa, dst, a, b, n, r.cols)
		return
	}
	var stats rowStats
	for i := 0; i < n; i += statRows {
		some := min(n-i, statRows)
		dst, a := at(dst, i*r.cols), at(a, i*r.cols)
		if r.kind == rowSoftmax {
			softmaxAt(r.isa, dst, a, &stats.largest[0], some, r.cols, 1)
			continue
		}
		logSumExpAt(r.isa, &stats.largest[0], a, some, r.cols)
		stats.logs(r.isa, some)
		for k := range some {
			map1At(r.isa, opShift, at(dst, k*r.cols), at(a, k*r.cols), r.cols, stats.largest[k], stats.sum[k], 0)
		}
	}
}

// rowStats is the kernels' result for up to statRows rows: the largest element and the sum of e^(x - largest).
type rowStats struct{ largest, sum [statRows]float32 }

const statRows = 64

// logs replaces the first n sums by their logarithms.
func (s *rowStats) logs(isa cpu.Level, n int) { map1At(isa, opLog, &s.sum[0], &s.sum[0], n, 0, 0, 0) }
