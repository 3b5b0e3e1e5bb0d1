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
	m, k := split64(x)
	f := m - 1
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

	return turn64(uint64(n), s, c)
}

// split64 returns m and k with x = 2^k·m and m in [√½, √2), for a normal x > 0.
func split64(x float64) (m, k float64) {
	const least = 0x3fe6a09e667f3bcd // √½ in bits
	b := math.Float64bits(x)
	exponent := (b - least) &^ (1<<52 - 1)
	return math.Float64frombits(b - exponent), float64(int64(exponent) >> 52)
}

// turn64 returns the sine and cosine of y + n·π/2, given those of y. As n is random, branches on it would be mispredicted.
func turn64(n uint64, sin, cos float64) (float64, float64) {
	s, c := math.Float64bits(sin), math.Float64bits(cos)
	swap := (s ^ c) & -(n & 1)
	s ^= swap ^ n>>1<<63
	c ^= swap ^ (n+1)>>1<<63
	return math.Float64frombits(s), math.Float64frombits(c)
}

// The functions on lanes are those that PyTorch computes with vectors of 8 float32, and repeat its roundings. They work
// step by step on all 8, which lets the processor overlap them; a wide holds float32 values as float64.
type (
	lanes [8]float32
	wide  [8]float64
)

// fma32 returns x·y + c. The product is exact in float64; rounding the sum first to float64 and then to float32 differs
// from one rounding about once in 2^29, which is let pass here for speed.
func fma32(x float32, y, c float64) float32 { return float32(float64(x)*y + c) }

// horner sets p to p·x + c.
func (p *lanes) horner(x *wide, c float32) {
	c64 := float64(c)
	for i := range p {
		p[i] = fma32(p[i], x[i], c64)
	}
}

// log32 sets x, normal and above 0, to ln x. With x = 2^e·(1+f) and 1+f in [√½, √2), it is
// e·ln 2 + f − f²/2 + f³·P(f). The polynomial and the split of ln 2 are logf's of Cephes (Moshier, 1992).
func log32(x *lanes) {
	var e, f, p lanes
	var w wide
	for i, x := range x {
		m, k := split32(x)
		e[i] = k
		f[i] = m - 1
		w[i] = float64(f[i])
		p[i] = 7.0376836292e-2
	}
	p.horner(&w, -1.1514610310e-1)
	p.horner(&w, 1.1676998740e-1)
	p.horner(&w, -1.2420140846e-1)
	p.horner(&w, 1.4249322787e-1)
	p.horner(&w, -1.6668057665e-1)
	p.horner(&w, 2.0000714765e-1)
	p.horner(&w, -2.4999993993e-1)
	p.horner(&w, 3.3333331174e-1)
	for i, f := range f {
		z := f * f
		p := fma32(p[i]*f, float64(z), float64(e[i]*-2.12194440e-4))
		p -= float32(0.5 * z)
		x[i] = (f + p) + float32(e[i]*0.693359375) // an exact product
	}
}

// split32 is split64 in float32.
func split32(x float32) (m, k float32) {
	const least = 0x3f3504f3 // √½ in bits
	b := math.Float32bits(x)
	exponent := (b - least) &^ (1<<23 - 1)
	return math.Float32frombits(b - exponent), float32(int32(exponent) >> 23)
}

// sincos32 sets sin to the sine and x to the cosine of 0 <= x < 8192. With j the even integer nearest to x/(π/4) and
// y = x − j·π/4, they are ± the sine or cosine polynomial of y. Constants are those of Cephes' sinf and cosf
// (Moshier, 1992).
func sincos32(sin, x *lanes) {
	var s, c lanes
	var w wide
	var quarter [8]uint32
	for i, y := range x {
		j := (int32(y*1.27323954473516) + 1) &^ 1
		quarter[i] = uint32(j >> 1)
		n := float32(j)
		y -= float32(n * 0.78515625) // exact products, these two
		y -= float32(n * 2.4187564849853515625e-4)
		y = fma32(n, -float64(float32(3.77489497744594108e-8)), float64(y))
		x[i] = y
		w[i] = float64(float32(y * y))
		s[i] = -1.9515295891e-4
		c[i] = 2.443315711809948e-5
	}
	s.horner(&w, 8.3321608736e-3)
	s.horner(&w, -1.6666654611e-1)
	c.horner(&w, -1.388731625493765e-3)
	c.horner(&w, 4.166664568298827e-2)
	for i, y := range x {
		z := float32(y * y)
		s := fma32(s[i]*z, float64(y), float64(y))
		c := 1 + fma32(c[i]*z, float64(z), float64(-0.5*z))
		sin[i], x[i] = turn32(quarter[i], s, c)
	}
}

// turn32 is turn64 in float32.
func turn32(n uint32, sin, cos float32) (float32, float32) {
	s, c := math.Float32bits(sin), math.Float32bits(cos)
	swap := (s ^ c) & -(n & 1)
	s ^= swap ^ n>>1<<31
	c ^= swap ^ (n+1)>>1<<31
	return math.Float32frombits(s), math.Float32frombits(c)
}
