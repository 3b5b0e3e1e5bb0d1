package vec

import "math"

// setRows are rows of a channel norm that one kernel computes: row i has the elements from i·stride on, the mean and rstd i·stat and the
// gamma and beta i·affine. The slices start with the first row's.
type setRows[T Float] struct {
	dst, dy, x              []T
	mean, rstd, gamma, beta []T // a nil gamma is 1, a nil beta 0
	rows, cols, stride      int
	stat, affine            int
	relu                    bool
	stream                  int // 1 stores past the caches
}

// from returns the rows from row i and column j on. rows and cols are those of r: the caller sets them.
func (r setRows[T]) from(i, j int) setRows[T] {
	rest := func(x []T, at int) []T {
		if x == nil {
			return nil
		}
		return x[at:]
	}
	at := i*r.stride + j
	r.dst, r.dy, r.x = rest(r.dst, at), rest(r.dy, at), rest(r.x, at)
	r.mean, r.rstd = rest(r.mean, i*r.stat), rest(r.rstd, i*r.stat)
	r.gamma, r.beta = rest(r.gamma, i*r.affine), rest(r.beta, i*r.affine)
	return r
}

// numbers returns the numbers of row i.
func (r *setRows[T]) numbers(i int) (mean, rstd, gamma, beta T) {
	mean, rstd, gamma = r.mean[i*r.stat], r.rstd[i*r.stat], 1
	if r.gamma != nil {
		gamma = r.gamma[i*r.affine]
	}
	if r.beta != nil {
		beta = r.beta[i*r.affine]
	}
	return mean, rstd, gamma, beta
}

// moments stores for each row its sum, the sum of squared deviations from a number near its mean, and that number.
func (r setRows[T]) moments(sums []float64, centers []T) {
	if isa, ok := vectors[T](); ok {
		setMomentsAt(isa, &sums[0], first(centers), first(r.x), r.rows, r.cols, r.stride, 1/float32(r.cols))
		return
	}
	for i := range r.rows {
		x := r.x[i*r.stride:][:r.cols]
		sum, squares := 0.0, 0.0
		for _, v := range x {
			sum += float64(v)
		}
		center := T(sum / float64(r.cols))
		for _, v := range x {
			squares += float64(v-center) * float64(v-center)
		}
		sums[2*i], sums[2*i+1], centers[i] = sum, squares, center
	}
}

// norm sets dst = (x − mean)·rstd·gamma + beta and, with relu, the ReLU of that.
func (r setRows[T]) norm() {
	if isa, ok := vectors[T](); ok {
		floor := float32(math.Inf(-1))
		if r.relu {
			floor = 0
		}
		setNormAt(isa, first(r.dst), first(r.x), first(r.mean), first(r.rstd), first(r.gamma), first(r.beta), r.rows,
			r.cols, r.stride, 4*r.stat,
			4*r.affine, r.stream, floor)
		return
	}
	for i := range r.rows {
		mean, rstd, gamma, beta := r.numbers(i)
		dst := r.dst[i*r.stride:][:r.cols]
		for j, v := range r.x[i*r.stride:][:r.cols] {
			y := T((v-mean)*rstd*gamma) + beta
			if r.relu && y < 0 {
				y = 0
			}
			dst[j] = y
		}
	}
}

// gradSums stores for each row Σ dy and Σ dy·(x − mean). With relu, dy counts as 0 where the result of norm is 0.
func (r setRows[T]) gradSums(sums []float64) {
	if isa, ok := vectors[T](); ok {
		if r.relu { // no function variable for the kernel: its arguments would escape to the heap
			setGradSumsReLUAt(isa, &sums[0], first(r.dy), first(r.x), first(r.mean), first(r.rstd), first(r.gamma),
				first(r.beta), r.rows, r.cols,
				r.stride, 4*r.stat, 4*r.affine)
		} else {
			setGradSumsAt(isa, &sums[0], first(r.dy), first(r.x), first(r.mean), first(r.rstd), first(r.gamma),
				first(r.beta), r.rows, r.cols,
				r.stride, 4*r.stat, 4*r.affine)
		}
		return
	}
	for i := range r.rows {
		mean, rstd, gamma, beta := r.numbers(i)
		dy := r.dy[i*r.stride:][:r.cols]
		sum, products := 0.0, 0.0
		for j, v := range r.x[i*r.stride:][:r.cols] {
			if r.relu && T((v-mean)*rstd*gamma)+beta <= 0 {
				continue
			}
			sum += float64(dy[j])
			products += float64(dy[j]) * float64(v-mean)
		}
		sums[2*i], sums[2*i+1] = sum, products
	}
}

// grad sets dst = rstd·(d − meanD − n·meanDN) for d = dy·gamma and n = (x − mean)·rstd. With relu, dy counts as 0
// where the result of norm is 0.
func (r setRows[T]) grad(meanD, meanDN T) {
	if isa, ok := vectors[T](); ok {
		kernel := setGradAt
		if r.relu {
			kernel = setGradReLUAt
		}
		kernel(isa, first(r.dst), first(r.dy), first(r.x), first(r.mean), first(r.rstd), first(r.gamma), first(r.beta),
			r.rows, r.cols, r.stride,
			4*r.stat, 4*r.affine, r.stream, float32(meanD), float32(meanDN))
		return
	}
	for i := range r.rows {
		mean, rstd, gamma, beta := r.numbers(i)
		dst, dy := r.dst[i*r.stride:][:r.cols], r.dy[i*r.stride:][:r.cols]
		for j, v := range r.x[i*r.stride:][:r.cols] {
			n, d := (v-mean)*rstd, dy[j]
			if r.relu && T(n*gamma)+beta <= 0 {
				d = 0
			}
			dst[j] = rstd * (T(d*gamma) - meanD - T(n*meanDN))
		}
	}
}

// affineGrad sets dst = dy·gamma·rstd and, with relu, 0 where the result of norm is 0.
func (r setRows[T]) affineGrad() {
	if isa, ok := vectors[T](); ok {
		floor := float32(math.NaN())
		if r.relu {
			floor = 0
		}
		setAffineGradAt(isa, first(r.dst), first(r.dy), first(r.x), first(r.mean), first(r.rstd), first(r.gamma),
			first(r.beta), r.rows, r.cols,
			r.stride, 4*r.stat, 4*r.affine, r.stream, floor)
		return
	}
	for i := range r.rows {
		mean, rstd, gamma, beta := r.numbers(i)
		dst, dy := r.dst[i*r.stride:][:r.cols], r.dy[i*r.stride:][:r.cols]
		for j, v := range r.x[i*r.stride:][:r.cols] {
			dst[j] = dy[j] * gamma * rstd
			if r.relu && T((v-mean)*rstd*gamma)+beta <= 0 {
				dst[j] = 0
			}
		}
	}
}
