//go:build linux && amd64

package main

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// exact returns x*y + z (all finite, not all zero) rounded once to 24 bits, to nearest even. A result below the
// normal float32 numbers becomes zero, a result above becomes infinite.
func exact(x, y, z float32) float32 {
	bigOf := func(v float32) *big.Float { return new(big.Float).SetPrec(2000).SetFloat64(float64(v)) }
	sum := bigOf(x)
	sum.Mul(sum, bigOf(y)).Add(sum, bigOf(z))
	rounded := new(big.Float).SetPrec(24).SetMode(big.ToNearestEven).Set(sum)
	r, _ := rounded.Float64() // exact, or outside float64's range of exponents and so outside float32's
	if sum.Sign() != 0 && math.Abs(r) < minNormal {
		r = math.Copysign(0, r)
	}
	return float32(r)
}

// finite returns a random finite number that is not denormal; a bfloat16 number if short.
func finite(r *rand.Rand, short bool) float32 {
	for {
		bits := r.Uint32()
		if short {
			bits &^= 0xFFFF
		}
		if x := math.Float32frombits(bits); x-x == 0 && flush(x) == x {
			return x
		}
	}
}

// nearHalf returns x, y and z such that x*y + z is halfway between two float32 numbers, or close to it, or close to
// the smallest normal number.
func nearHalf(r *rand.Rand) (x, y, z float32) {
	for {
		x, y = finite(r, true), finite(r, true)
		if r.IntN(2) == 0 { // a power of two is more often half of the last place
			x = math.Float32frombits(math.Float32bits(x) & 0xFF800000)
			y = math.Float32frombits(math.Float32bits(y) &^ (r.Uint32() & 0x7FFFFF))
		}
		p := float64(x) * float64(y)
		_, e := math.Frexp(p)
		// z's last place is 2^(exponent-24): choose a product of about that size, or much smaller.
		shift := 22 + r.IntN(4)
		if r.IntN(3) == 0 {
			shift = r.IntN(60)
		}
		z = float32(math.Ldexp(1+float64(r.IntN(1<<23))/(1<<23), e+shift))
		switch r.IntN(8) {
		case 0: // the product is larger, and z rounds it
			z = float32(math.Ldexp(1, e-10-r.IntN(40)))
		case 1: // around the smallest normal number
			z = float32(math.Ldexp(1, -126+r.IntN(3)))
			x, y = float32(math.Ldexp(float64(1+r.IntN(3)), -63-r.IntN(30))), float32(-math.Ldexp(float64(128+r.IntN(128)), -71-r.IntN(20)))
		}
		if r.IntN(2) == 0 {
			z = -z
		}
		if z-z == 0 && flush(z) == z && z != 0 && flush(x) == x && flush(y) == y {
			return x, y, z
		}
	}
}

func TestFMA(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	count := 300_000
	if testing.Short() {
		count = 30_000
	}
	halfway, inexact, flushed, carried := 0, 0, 0, 0
	for i := range count {
		x, y, z := finite(r, true), finite(r, true), finite(r, false)
		if i%4 != 0 {
			x, y, z = nearHalf(r)
		}
		got, want := [1]float32{z}, exact(x, y, z)
		fmas(got[:], x, []float32{y})
		if math.Float32bits(got[0]) != math.Float32bits(want) {
			t.Fatalf("%x * %x + %x = %x, want %x", x, y, z, got[0], want)
		}
		if got := fma(x, y, z); math.Float32bits(got) != math.Float32bits(want) {
			t.Fatalf("by float64: %x * %x + %x = %x, want %x", x, y, z, got, want)
		}
		p := float64(x) * float64(y)
		s := p + float64(z)
		switch naive := float32(s); {
		case naive != 0 && want == 0:
			flushed++
		case math.Abs(s) < minNormal && want != 0:
			carried++
		case math.Float64bits(s)&(1<<29-1) == 1<<28:
			halfway++
		case s-p != float64(z) || s-float64(z) != p:
			inexact++
		}
	}
	// The random numbers must cover every case.
	if few := count / 300; halfway < few || inexact < few || flushed < few || carried < few {
		t.Errorf("only %d halfway cases, %d that float64 cannot hold, %d tiny results, %d that rounding makes normal",
			halfway, inexact, flushed, carried)
	}
}

// TestFMASpecial checks zeros, infinities and NaNs as IEEE 754 and x86 define them.
func TestFMASpecial(t *testing.T) {
	inf := float32(math.Inf(1))
	nan := func(bits uint32) float32 { return math.Float32frombits(bits) }
	zero, minus := float32(0), float32(math.Copysign(0, -1))
	const tiny, lowest, largest = 0x1p-100, 0x1p-126, 0x1.fffffep127
	for _, c := range []struct{ x, y, z, want float32 }{
		{zero, 1, zero, zero},
		{minus, 1, zero, zero},
		{minus, 1, minus, minus},
		{1, 1, -1, zero},
		{-1, 1, 1, zero},
		{tiny, tiny, zero, zero},
		{-tiny, tiny, zero, minus},
		{-tiny, tiny, 1, 1},
		{tiny, tiny, largest, largest},
		{lowest, 1, zero, lowest},
		{lowest, 0.5, zero, zero},
		{-lowest, 0.5, zero, minus},
		{lowest, 0.5, lowest, 1.5 * lowest},
		{0x1p-63, -0x1p-64, lowest, zero},        // 2^-127, exact and denormal
		{0x1p-75, -0x1p-76, lowest, lowest},      // lowest - 2^-151: halfway below it, to even
		{0x1p-75, -0x1.02p-76, lowest, zero},     // a little less: 24 bits hold lowest - 2^-150, a tiny number
		{0x1p-75, -0x1.fep-77, lowest, lowest},   // a little more
		{0x1p64, 0x1p63, zero, 0x1p127},          //
		{0x1p64, 0x1p64, zero, inf},              //
		{-0x1p64, 0x1p64, largest, -0x1p104},     // -2^128 + largest: no overflow of the product
		{0x1p52, 0x1p51, largest, inf},           // half of largest's last place: rounds to even, which is infinite
		{0x1p52, 0x1.fep50, largest, largest},    // a little less
		{inf, 1, zero, inf},                      //
		{inf, -1, 5, -inf},                       //
		{2, 3, -inf, -inf},                       //
		{0x1p127, 0x1p127, -inf, -inf},           // no overflow of the product
		{inf, 1, inf, inf},                       //
		{inf, 1, -inf, nan(0xFFC00000)},          //
		{inf, zero, 1, nan(0xFFC00000)},          //
		{minus, inf, inf, nan(0xFFC00000)},       //
		{nan(0x7FC10000), 1, 1, nan(0x7FC10000)}, //
		{nan(0xFF810000), 1, 1, nan(0xFFC10000)}, // made quiet
		{1, nan(0x7F820000), 1, nan(0x7FC20000)}, //
		{1, 1, nan(0x7F800003), nan(0x7FC00003)}, //
		{inf, zero, nan(0xFFC00004), nan(0xFFC00004)},
		{nan(0x7FC10000), nan(0x7FC20000), nan(0x7FC00003), nan(0x7FC10000)},
		{1, nan(0x7FC20000), nan(0x7FC00003), nan(0x7FC20000)},
	} {
		got := [1]float32{c.z}
		fmas(got[:], c.x, []float32{c.y})
		if got := got[0]; math.Float32bits(got) != math.Float32bits(c.want) {
			t.Errorf("%x * %x + %x = %x (%#08x), want %x (%#08x)", c.x, c.y, c.z, got, math.Float32bits(got), c.want,
				math.Float32bits(c.want))
		}
	}
}

func TestAdd(t *testing.T) {
	inf := float32(math.Inf(1))
	nan := func(bits uint32) float32 { return math.Float32frombits(bits) }
	minus := float32(math.Copysign(0, -1))
	for _, c := range []struct{ x, y, want float32 }{
		{1, 0x1p-24, 1},
		{1 + 0x1p-23, 0x1p-24, 1 + 0x1p-22},
		{0x1p-126, -0x1.8p-126, minus},
		{-0x1p-126, 0x1.8p-126, 0},
		{0x1p-126, 0x1p-126, 0x1p-125},
		{1, -1, 0},
		{minus, minus, minus},
		{minus, 0, 0},
		{0x1.fffffep127, 0x1p103, inf},
		{inf, -inf, nan(0xFFC00000)},
		{nan(0x7F800001), nan(0x7FC00002), nan(0x7FC00001)},
		{1, nan(0xFF800002), nan(0xFFC00002)},
	} {
		if got := add(c.x, c.y); math.Float32bits(got) != math.Float32bits(c.want) {
			t.Errorf("%x + %x = %x (%#08x), want %x (%#08x)", c.x, c.y, got, math.Float32bits(got), c.want, math.Float32bits(c.want))
		}
	}
}

// TestDotBF16 compares whole tiles with the manual's pseudo code, with exact for each step.
func TestDotBF16(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	half := func(pair uint32, h int) float32 { return flush(math.Float32frombits(pair >> (16 * h) << 16)) }
	orders := 0
	for _, shape := range [][3]int{{16, 16, 16}, {1, 1, 1}, {16, 1, 16}, {1, 16, 16}, {16, 16, 1}, {3, 5, 7}, {15, 9, 2}} {
		m, k, n := shape[0], shape[1], shape[2]
		number := func() uint32 { // similar exponents, and some denormals
			if r.IntN(20) == 0 {
				return r.Uint32() & 0x807F
			}
			return r.Uint32()&0x807F | uint32(120+r.IntN(12))<<7
		}
		var a, b, c, want tile
		for i := range a {
			for j := range a[i] {
				a[i][j] = number() | number()<<16
				b[i][j] = number() | number()<<16
				c[i][j] = number()<<16 | r.Uint32()&0xFFFF
			}
		}
		want = c
		for i := range m {
			for j := range n {
				var sums [2]float32
				var plain float32
				for l := range k {
					for h := range sums {
						x, y := half(a[i][l], h), half(b[l][j], h)
						if x*y != 0 {
							sums[h] = exact(x, y, sums[h])
							plain = exact(x, y, plain)
						}
					}
				}
				old := flush(math.Float32frombits(c[i][j]))
				sum := exact(1, old, exact(1, sums[0], sums[1]))
				if sum != exact(1, old, plain) {
					orders++
				}
				want[i][j] = math.Float32bits(sum)
			}
		}
		dotBF16(&c, &a, &b, m, k, n)
		if c != want {
			t.Errorf("(%d, %d)·(%d, %d) differs from the pseudo code", m, k, k, n)
		}
	}
	if orders < 100 {
		t.Errorf("in only %d sums the order matters", orders)
	}
}

// TestDotDenormal checks denormal operands that would change the result if they were not read as zero.
func TestDotDenormal(t *testing.T) {
	const denormal, large, one = 0x0040, 0x7B80, 0x3F80 // 2^-127, 2^120, 1
	for _, x := range []struct{ a, b, c, want uint32 }{
		{denormal, large, 0, 0},
		{denormal << 16, large << 16, 0, 0},
		{large, denormal, 0, 0},
		{large << 16, denormal << 16, 0, 0},
		{large, 0x8000 | denormal, 1 << 31, 0},
		{0x0080, one, 0x00400000, 0x00800000}, // 2^-126 + 2^-127
		{0, one, 0x80400000, 0},               // -2^-127 + 0
		{0x8000, one, 0x80400000, 0},          // a sum starts at +0
		{0x0080, one, 0x80C00000, 1 << 31},    // 2^-126 - 1.5*2^-126
		{0x00C0 | 0x8080<<16, one | one<<16, 0x3F800000, 0x3F800000},
	} {
		var a, b, c tile
		a[0][0], b[0][0], c[0][0] = x.a, x.b, x.c
		if dotBF16(&c, &a, &b, 1, 1, 1); c[0][0] != x.want {
			t.Errorf("%#08x += %#08x · %#08x: %#08x, want %#08x", x.c, x.a, x.b, c[0][0], x.want)
		}
	}
}

func BenchmarkDotBF16(b *testing.B) {
	var c, x, y tile
	for i := range x {
		for j := range x[i] {
			x[i][j] = uint32(0x3F813F82 + i<<3 + j<<19)
			y[i][j] = uint32(0x3F853F83 + i<<18 + j<<2)
		}
	}
	for b.Loop() {
		dotBF16(&c, &x, &y, maxRows, maxRows, maxColsb/4)
	}
}
