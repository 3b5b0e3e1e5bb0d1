package cpu

import (
	"math"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/formula"
	"github.com/lamina-ml/lamina/internal/kernel/vec"
)

// Loops of activations. They do not work in place: dst is always a new tensor. If package vec has no kernel for an
// activation, a loop combines kernels for its steps if that rounds correctly; else it is a plain loop.

// pick returns j if cond is true, else i, without a branch: the signs of activations cannot be predicted.
func pick[T float](cond bool, i, j T) T { return [2]T{i, j}[bit(cond)] }

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

func selu[T float](dst, x []T, _ device.Params) {
	vec.ELU(dst, x, formula.SELUAlpha)
	vec.Scale(dst, dst, formula.SELUScale)
}

func seluGrad[T float](dx, dy, x []T, _ device.Params) {
	vec.ELUGrad(dx, dy, x, formula.SELUAlpha)
	vec.Scale(dx, dx, formula.SELUScale)
}

func celu[T float](dst, x []T, p device.Params) {
	a := p[0]
	if a == 1 {
		vec.ELU(dst, x, 1)
		return
	}
	for i, v := range x { // CELU needs two constants, and vec.ELU has one
		if v <= 0 {
			v = T(a * math.Expm1(float64(v)/a))
		}
		dst[i] = v
	}
}

func celuGrad[T float](dx, dy, x []T, p device.Params) {
	a := T(p[0])
	if a == 1 {
		vec.ELUGrad(dx, dy, x, 1)
		return
	}
	vec.DivScalar(dx, x, a)
	for i, v := range dx {
		dx[i] = pick(x[i] > 0, v, 0)
	}
	vec.Exp(dx, dx)
	vec.Mul(dx, dx, dy)
}

// mish computes tanh(log(1 + eˣ)) as n/(n + 2) with n = eˣ(eˣ + 2), which is accurate for positive and negative x.
func mish[T float](dst, x []T, _ device.Params) {
	s := scratches.Get()
	for i := 0; i < len(dst); i += chunk {
		d, x := dst[i:min(i+chunk, len(dst))], x[i:min(i+chunk, len(dst))]
		q := scratchBuffer[T](s, 0)[:len(d)]
		vec.MinScalar(d, x, mishLimit[T]())
		vec.Exp(d, d)
		for j, e := range d {
			d[j] = e * (e + 2)
		}
		vec.AddScalar(q, d, 2)
		vec.Div(d, d, q)
		vec.Mul(d, d, x)
	}
	scratches.Put(s)
}

func mishGrad[T float](dx, dy, x []T, _ device.Params) {
	limit := mishLimit[T]()
	vec.MinScalar(dx, x, limit)
	vec.Exp(dx, dx)
	for i, e := range dx {
		// t + x·σ(x)·(1 − t²) over the common divisor (n + 2)²; beyond the limit the second term is negligible
		n := e * (e + 2)
		q := n + 2
		dx[i] = dy[i] * ((n*q + 4*min(x[i], limit)*e*(e+1)) / (q * q))
	}
}

// mishLimit is an x for which tanh(log(1 + eˣ)) rounds to 1 and n² does not overflow.
func mishLimit[T float]() T {
	var v T
	if _, ok := any(v).(float32); ok {
		return 20
	}
	return 40
}

func softsign[T float](dst, x []T, _ device.Params) {
	vec.Abs(dst, x)
	vec.AddScalar(dst, dst, 1)
	vec.Div(dst, x, dst)
}

func softsignGrad[T float](dx, dy, x []T, _ device.Params) {
	vec.Abs(dx, x)
	vec.AddScalar(dx, dx, 1)
	vec.Mul(dx, dx, dx)
	vec.Div(dx, dy, dx)
}

// logSigmoid computes −softplus(−x). Above 20 the kernel's linear part is exact in float32; float64 has no threshold.
func logSigmoid[T float](dst, x []T, _ device.Params) {
	vec.Neg(dst, x)
	vec.Softplus(dst, dst, 1, threshold[T]())
	vec.Neg(dst, dst)
}

func logSigmoidGrad[T float](dx, dy, x []T, _ device.Params) {
	vec.Neg(dx, x)
	vec.SoftplusGrad(dx, dy, dx, 1, T(math.Inf(1)))
}

func threshold[T float]() T {
	var v T
	if _, ok := any(v).(float32); ok {
		return 20
	}
	return T(math.Inf(1))
}
