package cpu

import (
	"math"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/kernel/vec"
)

// Loops of losses.

// divergence computes t·(log t − x), with 0·log 0 = 0, in parts that stay in the first-level cache.
func divergence[T float](dst, x, t []T, _ device.Params) {
	for i := 0; i < len(dst); i += chunk {
		n := min(chunk, len(dst)-i)
		d, t := dst[i:i+n], t[i:i+n]
		vec.Log(d, t)
		vec.MaxScalar(d, d, -1000)
		vec.Sub(d, d, x[i:i+n])
		vec.Mul(d, d, t)
	}
}

func smoothL1Grad[T float](dx, dy, d []T, p device.Params) {
	beta := T(p[0])
	vec.MaxScalar(dx, d, -beta)
	vec.MinScalar(dx, dx, beta)
	if beta != 1 { // 1 is PyTorch's default
		vec.DivScalar(dx, dx, beta)
	}
	vec.Mul(dx, dx, dy)
}

func huberGrad[T float](dx, dy, d []T, p device.Params) {
	vec.MaxScalar(dx, d, -T(p[0]))
	vec.MinScalar(dx, dx, T(p[0]))
	vec.Mul(dx, dx, dy)
}

// bce computes −(t·log x + (1 − t)·log(1 − x)). Logarithms below −100 count as −100.
func bce[T float](dst, x, t []T, _ device.Params) {
	s := scratches.Get()
	for i := 0; i < len(dst); i += chunk {
		n := min(chunk, len(dst)-i)
		d, x, t, other := dst[i:i+n], x[i:i+n], t[i:i+n], scratchBuffer[T](s, 0)[:n]
		vec.Log(other, x)
		vec.MaxScalar(other, other, -100)
		vec.Neg(d, x)
		vec.Log1p(d, d)
		vec.MaxScalar(d, d, -100)
		for j, l := range d {
			d[j] = T((t[j]-1)*l) - T(t[j]*other[j])
		}
	}
	scratches.Put(s)
}

// bceWithLogits computes (1 − t)·x + log(1 + e⁻ˣ).
func bceWithLogits[T float](dst, x, t []T, _ device.Params) {
	vec.Neg(dst, x)
	vec.Softplus(dst, dst, 1, T(math.Inf(1)))
	for i, l := range dst {
		dst[i] = T((1-t[i])*x[i]) + l
	}
}
