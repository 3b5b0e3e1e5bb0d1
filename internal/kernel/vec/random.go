package vec

import (
	"encoding/binary"
	"fmt"
	"math"
	"unsafe"
)

// Loops of package rng's generators. Their results are the same with every instruction set.

// A block of the Mersenne Twister has twisterWords words. Each new word depends on the old one, the next one and the
// one twisterStep later.
const (
	twisterWords  = 624
	twisterStep   = 397
	twisterMatrix = 0x9908b0df
)

// Twister is the state of a Mersenne Twister with 32-bit words and period 2^19937 − 1: the first 624 words. The others
// are scratch memory for the kernels.
//
// Source: Matsumoto and Nishimura, "Mersenne Twister", ACM TOMACS 8(1), 1998.
type Twister [twisterWords + 16]uint32

// Next advances the state by a block and sets out to the block's output.
func (t *Twister) Next(out *[twisterWords]uint32) {
	if isa, ok := vectors[float32](); ok {
		twistAt(isa, &t[0], &out[0])
		return
	}
	const n, m = twisterWords, twisterStep
	for i := range n - m {
		t[i] = t[i+m] ^ twist(t[i], t[i+1])
	}
	for i := n - m; i < n-1; i++ {
		t[i] = t[i-(n-m)] ^ twist(t[i], t[i+1])
	}
	t[n-1] = t[m-1] ^ twist(t[n-1], t[0])
	t.Output(out)
}

// Output sets out to the output of the block that the state is at.
func (t *Twister) Output(out *[twisterWords]uint32) {
	for i := range out {
		out[i] = temper(t[i])
	}
}

// twist is one step of the recurrence, without the word that is added: the top bit of u and the other bits of v, times
// the matrix.
func twist(u, v uint32) uint32 {
	return (u&0x80000000|v&0x7fffffff)>>1 ^ -(v&1)&twisterMatrix
}

// temper turns a word of the state into a word of output.
func temper(y uint32) uint32 {
	y ^= y >> 11
	y ^= y << 7 & 0x9d2c5680
	y ^= y << 15 & 0xefc60000
	return y ^ y>>18
}

// Uniform sets dst = u·(to−from) + from, rounded once, where u is the low 24 bits of a word as a fraction. If that
// rounds to to, dst is from.
func Uniform(dst []float32, words []uint32, from, to float32) {
	same(len(dst), len(words))
	if len(dst) == 0 {
		return
	}
	scale := to - from
	if isa, ok := vectors[float32](); ok {
		uniformAt(isa, &dst[0], &words[0], len(dst), from, scale, to)
		return
	}
	for i, w := range words {
		x := fma32(float32(w&(1<<24-1))*0x1p-24, scale, from)
		if x == to {
			x = from
		}
		dst[i] = x
	}
}

// Remainders sets x[i] = x[i] mod (n−i). It panics if n is below len(x).
func Remainders(x []uint32, n uint32) {
	if len(x) > int(n) {
		panic(fmt.Sprintf("vec: %d divisors, from %d down", len(x), n))
	}
	done := 0
	if isa, ok := vectors[float32](); ok {
		if done = len(x) &^ 15; done > 0 {
			remaindersAt(isa, &x[0], done, float64(n), &evenNumbers[0])
		}
	}
	for i := done; i < len(x); i++ {
		x[i] %= n - uint32(i)
	}
}

var evenNumbers = [...]float64{0, 2, 4, 6, 8, 10, 12, 14}

// fraction53 keeps the low 53 bits of the 64 that w has, the first word high, as a multiple of 2⁻⁵³ in [0, 1).
func fraction53(w []uint32) float64 {
	return float64((uint64(w[0])<<32|uint64(w[1]))&(1<<53-1)) * 0x1p-53
}

// Bernoulli sets dst to 1 with probability p, else to 0: to whether a fraction of 53 bits, from two words, is below p.
func Bernoulli[T Float](dst []T, words []uint32, p float64) {
	same(2*len(dst), len(words))
	done := 0
	if isa, ok := vectors[T](); ok {
		if done = len(dst) &^ 15; done > 0 {
			bernoulliAt(isa, first(dst), &words[0], done, p*0x1p53)
		}
	}
	for i := done; i < len(dst); i++ {
		// A branch on random bits would be mispredicted; use the sign of the difference instead.
		dst[i] = T(math.Float64bits(fraction53(words[2*i:])-p) >> 63)
	}
}

// BernoulliBits sets bit i%8 of dst[i/8] where Bernoulli sets element i to 1, and the bits that are left in the last
// byte to 0.
func BernoulliBits(dst []uint8, words []uint32, p float64) {
	same(len(dst), (len(words)+15)/16)
	const chunk = 128
	var ones [chunk]float32
	var set [chunk]bool
	for len(words) > 0 {
		n := min(chunk, len(words)/2)
		Bernoulli(ones[:n], words[:2*n], p)
		clear(ones[n:])
		CompareScalar(set[:], Equal, ones[:], 1)
		eights := unsafe.Slice((*[8]uint8)(unsafe.Pointer(&set[0])), chunk/8)
		for i := range (n + 7) / 8 {
			// The product moves bit 0 of byte i to bit 56 + i.
			dst[i] = uint8(binary.LittleEndian.Uint64(eights[i][:]) * 0x0102040810204080 >> 56)
		}
		dst, words = dst[(n+7)/8:], words[2*n:]
	}
}

// Exponential sets dst = −ln(1−u)·mean, computed in float64, for u a fraction of 53 bits from two words. The logarithm
// has 33 bits, enough for float32.
func Exponential(dst []float32, words []uint32, mean float64) {
	same(2*len(dst), len(words))
	done := 0
	if isa, ok := vectors[float32](); ok {
		if done = len(dst) &^ 15; done > 0 {
			exponentialAt(isa, &dst[0], &words[0], done, mean)
		}
	}
	for i := done; i < len(dst); i++ {
		dst[i] = float32(minusLog(1-fraction53(words[2*i:])) * mean)
	}
}

// minusLog returns −ln x for a normal x > 0, to 33 bits. With x = 2^k·m, m in [√½, √2), and s = (1−m)/(1+m), it is
// 2·artanh s − k·ln 2, and artanh s = s + s³/3 + s⁵/5 + …
func minusLog(x float64) float64 {
	const root = 0x3fe6a09e667f3bcd // √½ in bits
	t := math.Float64bits(x) - root + 1023<<52
	k := float64(t>>52) - 1023
	m := math.Float64frombits(t&(1<<52-1) + root)
	s := (1 - m) / (1 + m)
	z := s * s
	q := z * (1./3 + float64(z*(1./5+float64(z*(1./7+float64(z*(1./9+float64(z*(1./11)))))))))
	return 2*s + float64(2*s*q) - float64(k*math.Ln2)
}

// BoxMuller transforms blocks of 16 values u uniform in [0, 1) into normals: with r = √(−2 ln(1−u[j])) and θ = 2π
// u[j+8], element j of a block becomes r cos θ · std + mean and element j+8 the same with the sine. The result,
// including the approximations of the logarithm, sine and cosine, is PyTorch's on x86-64, bit for bit. It panics if
// len(x) is not a multiple of 16.
func BoxMuller(x []float32, mean, std float32) {
	if len(x)%16 != 0 {
		panic(fmt.Sprintf("vec: %d uniforms do not fill blocks of 16", len(x)))
	}
	if len(x) == 0 {
		return
	}
	if isa, ok := vectors[float32](); ok {
		boxMullerAt(isa, &x[0], len(x), mean, std)
		return
	}
	for ; len(x) > 0; x = x[16:] {
		for j := range 8 {
			r := sqrt(-2 * log32(1-x[j]))
			sin, cos := sincos32(2 * math.Pi * x[j+8])
			x[j] = fma32(r*cos, std, mean)
			x[j+8] = fma32(r*sin, std, mean)
		}
	}
}

// log32 returns ln x for a normal x > 0. With x = 2^e·(1+f) and 1+f in [√½, √2), it is e·ln 2 + f − f²/2 + f³·P(f).
// The polynomial and the split of ln 2 are logf's of Cephes (Moshier, 1992).
func log32(x float32) float32 {
	const root = 0x3f3504f3 // √½ in bits
	t := math.Float32bits(x) - root
	e := float32(int32(t) >> 23)
	f := math.Float32frombits(math.Float32bits(x)-t&^(1<<23-1)) - 1
	p := float32(7.0376836292e-2)
	for _, c := range [...]float32{-1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
		-1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1} {
		p = fma32(p, f, c)
	}
	z := f * f
	p = fma32(p*f, z, e*-2.12194440e-4)
	p -= float32(0.5 * z)
	return f + p + float32(e*0.693359375) // an exact product
}

// sincos32 returns the sine and cosine of 0 <= x < 8192. With j the even integer nearest to x/(π/4) and y = x − j·π/4,
// they are ± the sine or cosine polynomial of y. Constants are those of Cephes' sinf and cosf (Moshier, 1992).
func sincos32(x float32) (sin, cos float32) {
	j := (int32(x*1.27323954473516) + 1) &^ 1
	n := float32(j)
	y := x - float32(n*0.78515625)             // exact products,
	y -= float32(n * 2.4187564849853515625e-4) // these two
	y = fma32(n, -3.77489497744594108e-8, y)
	z := y * y
	s := fma32(-1.9515295891e-4, z, 8.3321608736e-3)
	s = fma32(s, z, -1.6666654611e-1)
	s = fma32(s*z, y, y)
	c := fma32(2.443315711809948e-5, z, -1.388731625493765e-3)
	c = fma32(c, z, 4.166664568298827e-2)
	c = 1 + fma32(c*z, z, -0.5*z)
	switch j / 2 % 4 {
	case 0:
		return s, c
	case 1:
		return c, -s
	case 2:
		return -s, -c
	}
	return -c, s
}
