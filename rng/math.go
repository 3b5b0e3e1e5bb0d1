package rng

import "math"

// The elementary functions below are the package's own for two reasons: those in float32 repeat PyTorch's to the last
// bit, and those in float64 are closer to the true value than Go's, which PyTorch's and NumPy's, the C library's,
// are too. Errors of half a unit in the last place, plus a few hundredths, leave the normals made of them within 2.

// log64 returns ln x for a normal x > 0. With x = 2^k·m, m in [√½, √2), and s = (m−1)/(m+1), it is
// k·ln 2 + 2s + s·R(s²), where s is carried to twice the precision. The polynomial and the split of ln 2 are those of
// FreeBSD's e_log.c (Sun Microsystems, 1993).
func log64(x float64) float64 {
	const (
		ln2Hi = 6.93147180369123816490e-01 // its last 32 bits are 0: a product with k is exact
		ln2Lo = 1.90821492927058770002e-10
	)
	b := math.Float64bits(x)
	k := float64(int64(b>>52) - 1022)
	f := math.Float64frombits(b&(1<<52-1) | 1022<<52) // in [½, 1)
	if f < math.Sqrt2/2 {
		k--
		f += f
	}
	f--
	d := 2 + f
	s := f / d
	rest := math.FMA(-s, d, f) - s*(f-(d-2)) // f − s·(2+f), exactly
	z := s * s
	r := z * (6.666666666666735130e-01 + z*(3.999999999940941908e-01+z*(2.857142874366239149e-01+
		z*(2.222219843214978396e-01+z*(1.818357216161805012e-01+z*(1.531383769920937332e-01+
			z*1.479819860511658591e-01))))))
	hi := k*ln2Hi + 2*s // |k·ln 2| is 0 or the larger one
	lo := 2*s - (hi - k*ln2Hi)
	if k == 0 {
		hi, lo = 2*s, 0
	}
	return hi + (lo + (2*rest/d + s*r + k*ln2Lo))
}

// sincos64 returns the sine and cosine of 0 <= x < 2^20. With n the integer nearest to x/(π/2) and y = x − n·π/2,
// carried to twice the precision, both are ± the sine or cosine polynomial of y. The polynomials are those of
// FreeBSD's k_sin.c and k_cos.c (Sun Microsystems, 1993).
func sincos64(x float64) (sin, cos float64) {
	const (
		// π/2 in three parts; the first two have 33 bits, so that their products with n are exact.
		pio2a = 1.57079632673412561417e+00
		pio2b = 6.07710050630396597660e-11
		pio2c = 2.02226624879595063154e-21
	)
	n := math.RoundToEven(x * (2 / math.Pi))
	a := x - n*pio2a
	b := n * pio2b
	y := a - b
	yLo := (a - y) - b - n*pio2c // y + yLo = a − b − c
	y, yLo = y+yLo, yLo-((y+yLo)-y)

	z := y * y
	zLo := math.FMA(y, y, -z)
	v := z * y
	vLo := math.FMA(z, y, -v) + zLo*y
	p := z * v * (8.33333333332248946124e-03 + z*(-1.98412698298579493134e-04+z*(2.75573137070700676789e-06+
		z*(-2.50507602534068634195e-08+z*1.58969099521155010221e-10))))
	const sixth = 1.66666666666666324348e-01 // nearly
	t := v * sixth
	tLo := math.FMA(v, sixth, -t) + vLo*sixth
	s := y - t
	s += ((y - s) - t) + (p - tLo + yLo*(1-0.5*z))

	c := z * z * (4.16666666666666019037e-02 + z*(-1.38888888888741095749e-03+z*(2.48015872894767294178e-05+
		z*(-2.75573143513906633035e-07+z*(2.08757232129817482790e-09+z*-1.13596475577881948265e-11)))))
	h := 0.5 * z
	w := 1 - h
	c = w + (((1 - w) - h) + (c - (0.5*zLo + y*yLo)))

	i := int(n)
	if i&1 != 0 {
		s, c = c, s
	}
	if i&2 != 0 {
		s = -s
	}
	if (i+1)&2 != 0 {
		c = -c
	}
	return s, c
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
