package vec

import "github.com/lamina-ml/lamina/internal/formula"

// A gradient kernel sets dx = dy · f′. It takes f's result y if that is sufficient, else f's argument x.

// ReLUGrad sets dx = dy where y > 0 and 0 elsewhere; where y is NaN, dy.
func ReLUGrad[T Float](dx, dy, y []T) {
	same(len(dx), len(dy), len(y))
	if map2(opReLUGrad, dx, dy, y, 0, 0) {
		return
	}
	for i := range dx {
		d := dy[i]
		if y[i] <= 0 {
			d = 0
		}
		dx[i] = d
	}
}

// LeakyReLUGrad sets dx = dy where x > 0, slope·dy elsewhere.
func LeakyReLUGrad[T Float](dx, dy, x []T, slope T) {
	same(len(dx), len(dy), len(x))
	if map2(opLeakyReLUGrad, dx, dy, x, slope, 0) {
		return
	}
	for i := range dx {
		d := dy[i]
		if !(x[i] > 0) {
			d *= slope
		}
		dx[i] = d
	}
}

// PReLU sets dst = x where x > 0, w·x elsewhere.
func PReLU[T Float](dst, x, w []T) {
	same(len(dst), len(x), len(w))
	if map2(opPReLU, dst, x, w, 0, 0) {
		return
	}
	for i := range dst {
		v := x[i]
		if !(v > 0) {
			v *= w[i]
		}
		dst[i] = v
	}
}

// HardtanhGrad sets dx = 0 where x ≤ lo or x ≥ hi, dy elsewhere.
func HardtanhGrad[T Float](dx, dy, x []T, lo, hi T) {
	same(len(dx), len(dy), len(x))
	if map2(opHardtanhGrad, dx, dy, x, lo, hi) {
		return
	}
	for i := range dx {
		d := dy[i]
		if x[i] <= lo || x[i] >= hi {
			d = 0
		}
		dx[i] = d
	}
}

// ClampGrad sets dx = dy where lo < x < hi, 0 elsewhere.
func ClampGrad[T Float](dx, dy, x []T, lo, hi T) {
	same(len(dx), len(dy), len(x))
	if map2(opClampGrad, dx, dy, x, lo, hi) {
		return
	}
	for i := range dx {
		var d T
		if x[i] > lo && x[i] < hi {
			d = dy[i]
		}
		dx[i] = d
	}
}

// HardswishGrad sets dx = 0 where x ≤ -3, dy·(x/3 + ½) where -3 < x < 3, dy elsewhere.
func HardswishGrad[T Float](dx, dy, x []T) {
	same(len(dx), len(dy), len(x))
	if map2(opHardswishGrad, dx, dy, x, 0, 0) {
		return
	}
	for i := range dx {
		d := dy[i]
		if x[i] <= -3 {
			d = 0
		} else if x[i] < 3 {
			d *= x[i]/3 + 0.5
		}
		dx[i] = d
	}
}

// SigmoidGrad sets dx = dy·(1 - y)·y.
func SigmoidGrad[T Float](dx, dy, y []T) {
	same(len(dx), len(dy), len(y))
	if map2(opSigmoidGrad, dx, dy, y, 0, 0) {
		return
	}
	for i := range dx {
		dx[i] = dy[i] * (1 - y[i]) * y[i]
	}
}

// TanhGrad sets dx = dy·(1 - y²); 1 - y² is rounded once.
func TanhGrad[T Float](dx, dy, y []T) {
	same(len(dx), len(dy), len(y))
	if map2(opTanhGrad, dx, dy, y, 0, 0) {
		return
	}
	for i := range dx {
		dx[i] = dy[i] * fma(-y[i], y[i], 1)
	}
}

// GELUGrad sets dx = dy·(Φ(x) + x·φ(x)).
func GELUGrad[T Float](dx, dy, x []T) {
	same(len(dx), len(dy), len(x))
	if map2(opGELUGrad, dx, dy, x, 0, 0) {
		return
	}
	applyDerivative(dx, dy, x, formula.GELUDerivative, 0, 0)
}

// GELUTanhGrad sets dx = dy·(s + x·s·(1 - s)·z′), where s = sigmoid(z) and z = 2√(2/π)·(x + 0.044715x³).
func GELUTanhGrad[T Float](dx, dy, x []T) {
	same(len(dx), len(dy), len(x))
	if map2(opGELUTanhGrad, dx, dy, x, 0, 0) {
		return
	}
	applyDerivative(dx, dy, x, formula.GELUTanhDerivative, 0, 0)
}

// SiLUGrad sets dx = dy·s·(1 + x·(1 - s)), where s = sigmoid(x).
func SiLUGrad[T Float](dx, dy, x []T) {
	same(len(dx), len(dy), len(x))
	if map2(opSiLUGrad, dx, dy, x, 0, 0) {
		return
	}
	applyDerivative(dx, dy, x, formula.SiLUDerivative, 0, 0)
}

// ELUGrad sets dx = dy where x > 0 and dy·alpha·eˣ elsewhere.
func ELUGrad[T Float](dx, dy, x []T, alpha T) {
	same(len(dx), len(dy), len(x))
	if map2(opELUGrad, dx, dy, x, alpha, 0) {
		return
	}
	applyDerivative(dx, dy, x, formula.ELUDerivative, alpha, 0)
}

// SoftplusGrad sets dx = dy·sigmoid(beta·x), and dy where beta·x > threshold.
func SoftplusGrad[T Float](dx, dy, x []T, beta, threshold T) {
	same(len(dx), len(dy), len(x))
	if map2(opSoftplusGrad, dx, dy, x, beta, threshold) {
		return
	}
	for i, v := range x { // beta·x is rounded
		dx[i] = T(float64(dy[i]) * formula.SoftplusDerivative(float64(beta*v), formula.P{1, float64(threshold)}))
	}
}

// applyDerivative sets dx = dy·f′(x) with the constants s and t, rounded once.
func applyDerivative[T Float](dx, dy, x []T, derivative func(x float64, p formula.P) float64, s, t T) {
	p := formula.P{float64(s), float64(t)}
	for i := range dx {
		dx[i] = T(float64(dy[i]) * derivative(float64(x[i]), p))
	}
}
