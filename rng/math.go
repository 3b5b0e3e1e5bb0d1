package rng

import "math"

// The elementary functions below are more accurate than those of package math, as the C library's are, which PyTorch
// and NumPy call. Their errors are at most half a unit in the last place plus a few hundredths, so normals computed
// from them are within 2 units.

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

// turn64 returns the sine and cosine of y + n·π/2, given those of y. As n is random, branches on it would be
// mispredicted.
func turn64(n uint64, sin, cos float64) (float64, float64) {
	s, c := math.Float64bits(sin), math.Float64bits(cos)
	swap := (s ^ c) & -(n & 1)
	s ^= swap ^ n>>1<<63
	c ^= swap ^ (n+1)>>1<<63
	return math.Float64frombits(s), math.Float64frombits(c)
}
