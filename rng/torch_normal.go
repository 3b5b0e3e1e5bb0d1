package rng

import (
	"fmt"
	"math"
)

// Normal32 fills dst with values of the normal distribution, as torch.randn (mean 0, std 1) and Tensor.normal_ fill a
// contiguous float32 tensor. It panics if std is negative or NaN.
//
// There are two methods, as in PyTorch, so the values depend on len(dst). Below 16, each value comes from one
// float64 Box-Muller transform, whose second value is kept for the next call. From 16 on, blocks of 16 uniforms become
// 16 normals, u[j] and u[j+8] a pair; where len(dst) is no multiple of 16, the last 16 values are drawn once more.
// The logarithm, sine and cosine of the second method are PyTorch's vectorised float32 approximations, step by
// step, so that it agrees bit for bit with PyTorch on x86-64; PyTorch elsewhere uses the C library's, and differs in the
// last places.
func (g *Torch) Normal32(dst []float32, mean, std float64) {
	checkStd("Normal32", std)
	if len(dst) < 16 {
		for i := range dst {
			dst[i] = float32(g.normal64(mean, std))
		}
		return
	}
	m, s := float32(mean), float32(std)
	g.Uniform32(dst, 0, 1)
	for i := 0; i+16 <= len(dst); i += 16 {
		boxMuller32((*[16]float32)(dst[i:]), m, s)
	}
	if len(dst)%16 != 0 {
		tail := (*[16]float32)(dst[len(dst)-16:])
		g.Uniform32(tail[:], 0, 1)
		boxMuller32(tail, m, s)
	}
}

// Normal64 is Normal32 for float64. It agrees with PyTorch to 2 units in the last place: the logarithm, sine and cosine
// are Go's here and the C library's there.
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
		panic(fmt.Sprintf("rng: Torch.%s: standard deviation %v", op, std))
	}
}

// normal64 returns one value, and keeps the second of each pair it makes.
func (g *Torch) normal64(mean, std float64) float64 {
	z := g.normal
	if g.cached {
		g.normal, g.cached = 0, false
	} else {
		u1, u2 := unit64(g.mt.uint64()), unit64(g.mt.uint64())
		r := math.Sqrt(-2 * math.Log1p(-u2))
		sin, cos := math.Sincos(2 * math.Pi * u1)
		g.normal, g.cached = r*sin, true
		z = r * cos
	}
	return math.FMA(z, std, mean)
}

// boxMuller64 turns 16 uniforms into 16 normals: with r = sqrt(−2 ln(1−u[j])) and θ = 2π u[j+8], element j becomes
// r cos θ · std + mean and element j+8 the same with the sine.
func boxMuller64(u *[16]float64, mean, std float64) {
	for j := range 8 {
		r := math.Sqrt(-2 * math.Log(1-u[j]))
		sin, cos := math.Sincos(2 * math.Pi * u[j+8])
		u[j] = math.FMA(r*cos, std, mean)
		u[j+8] = math.FMA(r*sin, std, mean)
	}
}

// boxMuller32 is boxMuller64 in float32.
func boxMuller32(u *[16]float32, mean, std float32) {
	for j := range 8 {
		r := float32(math.Sqrt(float64(-2 * log32(1-u[j]))))
		sin, cos := sincos32(2 * math.Pi * u[j+8])
		u[j] = fma32(r*cos, std, mean)
		u[j+8] = fma32(r*sin, std, mean)
	}
}

// fma32 returns a·b + c. The product is exact in float64; rounding the sum first to float64 and then to float32 differs
// from one rounding about once in 2^29, which is let pass here for speed.
func fma32(a, b, c float32) float32 { return float32(float64(a)*float64(b) + float64(c)) }

// log32 returns ln x for a normal x > 0. With x = 2^e·(1+f) and 1+f in [√½, √2), it is
// e·ln 2 + f − f²/2 + f³·P(f). The polynomial and the split of ln 2 are logf's of Cephes (Moshier, 1992).
func log32(x float32) float32 {
	b := math.Float32bits(x)
	e := float32(int32(b>>23) - 126)
	f := math.Float32frombits(b&0x7fffff | 0x3f000000) // in [½, 1)
	if f < 0.707106781186547524 {
		e--
		f += f
	}
	f--
	z := f * f
	p := fma32(7.0376836292e-2, f, -1.1514610310e-1)
	p = fma32(p, f, 1.1676998740e-1)
	p = fma32(p, f, -1.2420140846e-1)
	p = fma32(p, f, 1.4249322787e-1)
	p = fma32(p, f, -1.6668057665e-1)
	p = fma32(p, f, 2.0000714765e-1)
	p = fma32(p, f, -2.4999993993e-1)
	p = fma32(p, f, 3.3333331174e-1)
	p = fma32(float32(p*f), z, float32(e*-2.12194440e-4))
	p = fma32(z, -0.5, p)
	return fma32(e, 0.693359375, float32(f+p))
}

// sincos32 returns the sine and cosine of 0 <= x < 8192. With j the even integer nearest to x/(π/4) and y = x − j·π/4,
// both are ± the sine or cosine polynomial of y. Constants are those of Cephes' sinf and cosf (Moshier, 1992).
func sincos32(x float32) (sin, cos float32) {
	j := (int32(x*1.27323954473516) + 1) &^ 1
	n := float32(j)
	y := fma32(n, -0.78515625, x)
	y = fma32(n, -2.4187564849853515625e-4, y)
	y = fma32(n, -3.77489497744594108e-8, y)
	z := y * y

	c := fma32(2.443315711809948e-5, z, -1.388731625493765e-3)
	c = fma32(c, z, 4.166664568298827e-2)
	c = fma32(float32(c*z), z, -0.5*z)
	c++
	s := fma32(-1.9515295891e-4, z, 8.3321608736e-3)
	s = fma32(s, z, -1.6666654611e-1)
	s = fma32(float32(s*z), y, y)

	if j&2 != 0 {
		s, c = c, s
	}
	if j&4 != 0 {
		s = -s
	}
	if (j+2)&4 != 0 {
		c = -c
	}
	return s, c
}
