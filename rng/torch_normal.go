package rng

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/internal/kernel/vec"
)

// Normal32 fills dst with values of the normal distribution, as torch.randn (mean 0, std 1) and Tensor.normal_ fill a
// contiguous float32 tensor. It panics if std is negative or NaN.
//
// There are two methods, as in PyTorch, so the values depend on len(dst). Below 16, each value comes from one float64
// Box-Muller transform, whose second value is stored for the next call. From 16 on, blocks of 16 uniforms become 16
// normals, u[j] and u[j+8] a pair; if len(dst) is not a multiple of 16, the last 16 values are drawn again. The
// logarithm, sine and cosine of the second method are PyTorch's vectorised float32 approximations, operation by
// operation, so it agrees bit for bit with PyTorch on x86-64; PyTorch elsewhere uses the C library's, and differs in
// the last places.
func (g *Torch) Normal32(dst []float32, mean, std float64) {
	checkStd("Normal32", std)
	if len(dst) < 16 {
		for i := range dst {
			dst[i] = float32(g.normal64(mean, std))
		}
		return
	}
	m, s := float32(mean), float32(std)
	for left := dst; len(left) > 0; {
		part := left[:min(len(left), 1024)] // stays in the L1 cache between the two passes
		g.Uniform32(part, 0, 1)
		vec.BoxMuller(part[:len(part)&^15], m, s)
		left = left[len(part):]
	}
	if len(dst)%16 != 0 {
		tail := dst[len(dst)-16:]
		g.Uniform32(tail, 0, 1)
		vec.BoxMuller(tail, m, s)
	}
}

// Normal16 fills dst with values of the normal distribution, as Tensor.normal_ fills a contiguous float16 or bfloat16
// tensor. The values are float32: they are PyTorch's once they are rounded to 16 bits. It equals Normal32 if len(dst)
// is below 16 or a multiple of 16; otherwise the last len(dst) mod 16 values are not drawn before the last 16 are drawn
// again, so ⌊len(dst)/16⌋·16 + 16 values of the stream are consumed.
func (g *Torch) Normal16(dst []float32, mean, std float64) {
	if len(dst) < 16 {
		g.Normal32(dst, mean, std)
		return
	}
	g.Normal32(dst[:len(dst)&^15], mean, std)
	if len(dst)%16 != 0 {
		g.Normal32(dst[len(dst)-16:], mean, std)
	}
}

// Normal64 is Normal32 for float64. It agrees with PyTorch to 2 units in the last place (3 for about one value in a
// million): the logarithm, sine and cosine are this package's here and the C library's there.
func (g *Torch) Normal64(dst []float64, mean, std float64) {
	checkStd("Normal64", std)
	if len(dst) < 16 {
		for i := range dst {
			dst[i] = g.normal64(mean, std)
		}
		return
	}
	g.Uniform64(dst, 0, 1)
	for i := 0; i+16 <= len(dst); i += 16 {
		boxMuller64((*[16]float64)(dst[i:]), mean, std)
	}
	if len(dst)%16 != 0 {
		tail := (*[16]float64)(dst[len(dst)-16:])
		g.Uniform64(tail[:], 0, 1)
		boxMuller64(tail, mean, std)
	}
}

func checkStd(op string, std float64) {
	if !(std >= 0) {
		panic(fmt.Sprintf("rng: Torch.%s: the standard deviation is %v, want at least 0", op, std))
	}
}

// normal64 returns one value, and stores the second of each pair for the next call.
func (g *Torch) normal64(mean, std float64) float64 {
	z := g.normal
	if g.cached {
		g.normal, g.cached = 0, false
	} else {
		u1, u2 := unit64(g.mt.uint64()), unit64(g.mt.uint64())
		r := math.Sqrt(-2 * math.Log1p(-u2)) // log64(1-u2) is more accurate; this is closer to the C library
		sin, cos := sincos64(2 * math.Pi * u1)
		g.normal, g.cached = r*sin, true
		z = r * cos
	}
	return math.FMA(z, std, mean)
}

// boxMuller64 turns 16 uniforms into 16 normals: with r = sqrt(−2 ln(1−u[j])) and θ = 2π u[j+8], element j becomes
// r cos θ · std + mean and element j+8 the same with the sine.
func boxMuller64(u *[16]float64, mean, std float64) {
	for j := range 8 {
		r := math.Sqrt(-2 * log64(1-u[j]))
		sin, cos := sincos64(2 * math.Pi * u[j+8])
		u[j] = math.FMA(r*cos, std, mean)
		u[j+8] = math.FMA(r*sin, std, mean)
	}
}
