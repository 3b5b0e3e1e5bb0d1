package vec

import (
	"math"
	"unsafe"

	"github.com/lamina-ml/lamina/internal/freelist"
	"github.com/lamina-ml/lamina/internal/kernel/cpu"
)

// LayerNorm sets each row of dst to (x - mean)·rstd·gamma + beta, where mean is the row's mean and rstd is 1/√(var +
// eps) of its biased variance; mean and rstd (one element a row) are stored for the gradient. A nil gamma is 1, a nil
// beta 0. (https://arxiv.org/abs/1607.06450)
func LayerNorm[T Float](dst, mean, rstd, x, gamma, beta []T, cols int, eps float64) {
	rows := rowsOf(len(x), cols)
	same(len(dst), len(x))
	same(rows, len(mean), len(rstd))
	sameOrNil(cols, gamma, beta)
	if isa, ok := vectors[T](); ok {
		task := normTask{isa: isa, dst: first(dst), mean: first(mean), rstd: first(rstd), x: first(x),
			gamma: first(gamma), beta: first(beta), cols: cols, eps: float32(eps)}
		grain := max(1, heavy/max(1, cols))
		if rows <= grain {
			task.Run(0, rows)
		} else {
			spread(rows, grain, task, &normTasks)
		}
		return
	}
	for i := range rows {
		dst, x := dst[i*cols:][:cols], x[i*cols:][:cols]
		var sum, squares float64
		for _, v := range x {
			sum += float64(v)
		}
		m := T(sum / float64(cols))
		for _, v := range x {
			squares += float64(v-m) * float64(v-m)
		}
		mean[i], rstd[i] = m, T(1/math.Sqrt(squares/float64(cols)+eps))
		if !ordinary(rstd[i]) {
			mean[i], rstd[i] = scaledLayerNorm(dst, x, gamma, beta, eps)
			continue
		}
		for j, v := range x {
			v = (v - m) * rstd[i]
			if gamma != nil {
				v = T(v * gamma[j])
			}
			if beta != nil {
				v += beta[j]
			}
			dst[j] = v
		}
	}
}

// ordinary reports whether the squares of a row with this rstd cannot have overflowed or underflowed.
func ordinary[T Float](rstd T) bool { return rstd > 1e-15 && rstd < 1e15 }

// scaledLayerNorm is LayerNorm of one row whose squares may overflow or underflow: it scales the row by a power of two.
func scaledLayerNorm[T Float](dst, x, gamma, beta []T, eps float64) (mean, rstd T) {
	largest := 0.0
	for _, v := range x {
		largest = max(largest, math.Abs(float64(v)))
	}
	scale := 1.0
	if largest > 0 && largest <= math.MaxFloat64 {
		_, e := math.Frexp(largest)
		scale = math.Ldexp(1, max(-1000, min(-e, 1000)))
	}
	n, sum, squares := float64(len(x)), 0.0, 0.0
	for _, v := range x {
		sum += float64(v) * scale
	}
	m := sum / n
	for _, v := range x {
		d := float64(v)*scale - m
		squares += float64(d * d)
	}
	deviation := math.Sqrt(squares/n + eps*scale*scale)
	for j, v := range x {
		y := T((float64(v)*scale - m) / deviation)
		if gamma != nil {
			y *= gamma[j]
		}
		if beta != nil {
			y += beta[j]
		}
		dst[j] = y
	}
	return T(m / scale), T(scale / deviation)
}

// LayerNormGrad computes LayerNorm's three gradients; it skips those whose destination is nil. With n = (x - mean)·rstd
// and d = dy·gamma,
//
//	dx     = rstd·(d - mean(d) - n·mean(d·n))   row by row
//	dgamma = Σ dy·n                             over the rows
//	dbeta  = Σ dy                               over the rows
func LayerNormGrad[T Float](dx, dgamma, dbeta, dy, x, mean, rstd, gamma []T, cols int) {
	rows := rowsOf(len(x), cols)
	same(len(x), len(dy))
	same(rows, len(mean), len(rstd))
	sameOrNil(cols, gamma, dgamma, dbeta)
	isa, ok := vectors[T]()
	if dx != nil {
		same(len(dx), len(x))
	}
	if dx != nil && ok {
		task := normTask{isa: isa, dst: first(dx), dy: first(dy), mean: first(mean), rstd: first(rstd), x: first(x),
			gamma: first(gamma), cols: cols}
		grain := max(1, heavy/max(1, cols))
		if rows <= grain {
			task.Run(0, rows)
		} else {
			spread(rows, grain, task, &normTasks)
		}
	} else if dx != nil {
		for i := range rows {
			layerNormGradRow(dx[i*cols:][:cols], dy[i*cols:][:cols], x[i*cols:][:cols], mean[i], rstd[i], gamma)
		}
	}
	if dbeta != nil {
		ColumnSums(dbeta, dy)
	}
	if ok && dgamma != nil && rows > 0 {
		task := gammaTask{isa, first(dgamma), first(dy), first(x), first(mean), first(rstd), rows, cols}
		if grain := max(64, heavy/rows&^63); cols <= grain {
			task.Run(0, cols)
		} else {
			spread(cols, grain, task, &gammaTasks)
		}
		return
	}
	for j := range dgamma {
		var s float64
		for i := range rows {
			s += float64(dy[i*cols+j]) * float64((x[i*cols+j]-mean[i])*rstd[i])
		}
		dgamma[j] = T(s)
	}
}

type gammaTask struct {
	isa                       cpu.Level
	dgamma, dy, x, mean, rstd *float32
	rows, cols                int
}

var gammaTasks freelist.Any

// Run computes columns j0 to j1.
func (t *gammaTask) Run(j0, j1 int) {
	gammaGradAt(t.isa, at(t.dgamma, j0), at(t.dy, j0), at(t.x, j0), t.mean, t.rstd, t.rows, j1-j0, t.cols)
}

func layerNormGradRow[T Float](dx, dy, x []T, mean, rstd T, gamma []T) {
	scaled := func(j int) T {
		if gamma == nil {
			return dy[j]
		}
		return dy[j] * gamma[j]
	}
	var sd, sdn float64
	for j, v := range x {
		d, n := scaled(j), (v-mean)*rstd
		sd += float64(d)
		sdn += float64(d) * float64(n)
	}
	md, mdn := T(sd/float64(len(x))), T(sdn/float64(len(x)))
	for j, v := range x {
		n := (v - mean) * rstd
		dx[j] = rstd * (scaled(j) - md - T(n*mdn))
	}
}

func sameOrNil[T Float](n int, slices ...[]T) {
	for _, s := range slices {
		if s != nil {
			same(n, len(s))
		}
	}
}

// A normTask computes LayerNorm or, if dy is not nil, the gradient of its input.
type normTask struct {
	isa                                 cpu.Level
	dst, dy, mean, rstd, x, gamma, beta *float32
	cols                                int
	eps                                 float32
}

var normTasks freelist.Any

// Run computes rows i0 to i1.
func (t *normTask) Run(i0, i1 int) {
	i, perCol := i0*t.cols, 1/float32(t.cols)
	dst, mean, rstd, x := at(t.dst, i), at(t.mean, i0), at(t.rstd, i0), at(t.x, i)
	if t.dy == nil {
		layerNormAt(t.isa, dst, mean, rstd, x, t.gamma, t.beta, i1-i0, t.cols, perCol, t.eps)
		t.rescale(i0, i1)
	} else {
		layerNormGradAt(t.isa, dst, at(t.dy, i), x, mean, rstd, t.gamma, i1-i0, t.cols, perCol)
	}
}

// rescale recomputes those of the rows i0 to i1 whose squares may have overflowed or underflowed.
func (t *normTask) rescale(i0, i1 int) {
	for i := i0; i < i1; i++ {
		rstd := at(t.rstd, i)
		if ordinary(*rstd) {
			continue
		}
		row := func(p *float32, k int) []float32 {
			if p == nil {
				return nil
			}
			return unsafe.Slice(at(p, k), t.cols)
		}
		*at(t.mean, i), *rstd = scaledLayerNorm(row(t.dst, i*t.cols), row(t.x, i*t.cols), row(t.gamma, 0),
			row(t.beta, 0), float64(t.eps))
	}
}
