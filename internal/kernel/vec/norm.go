package vec

import "math"

// LayerNorm sets each row of dst to (x - mean)·rstd·gamma + beta, where mean is the row's mean and rstd is 1/√(var + eps) of
// its biased variance; mean and rstd (one element a row) are kept for the gradient. A nil gamma is 1, a nil beta 0.
// (https://arxiv.org/abs/1607.06450)
func LayerNorm[T Float](dst, mean, rstd, x, gamma, beta []T, cols int, eps float64) {
	rows := rowsOf(len(x), cols)
	same(len(dst), len(x))
	same(rows, len(mean), len(rstd))
	sameOrNil(cols, gamma, beta)
	for i := range rows {
		dst, x := dst[i*cols:][:cols], x[i*cols:][:cols]
		m := sumChunk(x) / float64(cols)
		var variance float64
		for _, v := range x {
			d := float64(v) - m
			variance += d * d
		}
		mean[i], rstd[i] = T(m), T(1/math.Sqrt(variance/float64(cols)+eps))
		for j, v := range x {
			v = (v - mean[i]) * rstd[i]
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

// LayerNormGrad gives LayerNorm's three gradients; those whose destination is nil are left out. With n = (x - mean)·rstd
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
	if dx != nil {
		same(len(dx), len(x))
		for i := range rows {
			layerNormGradRow(dx[i*cols:][:cols], dy[i*cols:][:cols], x[i*cols:][:cols], mean[i], rstd[i], gamma)
		}
	}
	if dbeta != nil {
		ColumnSums(dbeta, dy)
	}
	for j := range dgamma {
		var s float64
		for i := range rows {
			s += float64(dy[i*cols+j]) * float64((x[i*cols+j]-mean[i])*rstd[i])
		}
		dgamma[j] = T(s)
	}
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
