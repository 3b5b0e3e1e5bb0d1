package vec

import (
	"math"
	"math/bits"

	"github.com/lamina-ml/lamina/internal/kernel/cpu"
)

// bfloat16 and float16 are stored in 16 bits. Numbers are rounded to nearest, ties to even; NaN stays NaN, with
// unspecified bits.

// WidenBF16 sets dst to the float32s of the bfloat16s x.
func WidenBF16(dst []float32, x []uint16) {
	same(len(dst), len(x))
	isa, done := fullVectors(len(dst))
	if done > 0 {
		widenBF16At(isa, &dst[0], &x[0], done)
	}
	for i := done; i < len(dst); i++ {
		dst[i] = BF16(x[i])
	}
}

// NarrowBF16 sets dst to x rounded to bfloat16.
func NarrowBF16(dst []uint16, x []float32) {
	same(len(dst), len(x))
	isa, done := fullVectors(len(dst))
	if done > 0 {
		narrowBF16At(isa, &dst[0], &x[0], done)
	}
	for i := done; i < len(dst); i++ {
		dst[i] = BF16Bits(x[i])
	}
}

// WidenF16 sets dst to the float32s of the float16s x.
func WidenF16(dst []float32, x []uint16) {
	same(len(dst), len(x))
	isa, done := fullVectors(len(dst))
	if done > 0 {
		widenF16At(isa, &dst[0], &x[0], done)
	}
	for i := done; i < len(dst); i++ {
		dst[i] = F16(x[i])
	}
}

// NarrowF16 sets dst to x rounded to float16.
func NarrowF16(dst []uint16, x []float32) {
	same(len(dst), len(x))
	isa, done := fullVectors(len(dst))
	if done > 0 {
		narrowF16At(isa, &dst[0], &x[0], done)
	}
	for i := done; i < len(dst); i++ {
		dst[i] = F16Bits(x[i])
	}
}

// MapBF16 sets dst = x op y for bfloat16s, each result computed in float32 and rounded.
func MapBF16(op GridOp, dst, x, y []uint16) {
	same(len(dst), len(x), len(y))
	isa, done := fullVectors(len(dst))
	if done > 0 {
		gridBF16At(isa, int(op), &dst[0], &x[0], &y[0], done)
	}
	for i := done; i < len(dst); i++ {
		dst[i] = BF16Bits(op.of(BF16(x[i]), BF16(y[i])))
	}
}

// MapF16 is MapBF16 for float16s.
func MapF16(op GridOp, dst, x, y []uint16) {
	same(len(dst), len(x), len(y))
	isa, done := fullVectors(len(dst))
	if done > 0 {
		gridF16At(isa, int(op), &dst[0], &x[0], &y[0], done)
	}
	for i := done; i < len(dst); i++ {
		dst[i] = F16Bits(op.of(F16(x[i]), F16(y[i])))
	}
}

// fullVectors returns the instruction set and the number of the n elements that fill whole vectors.
func fullVectors(n int) (cpu.Level, int) {
	isa, ok := vectors[float32]()
	if !ok {
		return isa, 0
	}
	return isa, n &^ 15
}

// BF16 returns the number of a bfloat16.
func BF16(b uint16) float32 { return math.Float32frombits(uint32(b) << 16) }

// BF16Bits rounds to bfloat16.
func BF16Bits(v float32) uint16 {
	if v != v {
		return 0x7fc0
	}
	b := math.Float32bits(v)
	return uint16((b + 0x7fff + b>>16&1) >> 16)
}

// F16 returns the number of a float16.
func F16(b uint16) float32 {
	sign, exp, frac := uint32(b>>15)<<31, uint32(b>>10&0x1f), uint32(b&0x3ff)
	switch {
	case exp == 0x1f:
		return math.Float32frombits(sign | 0xff<<23 | frac<<13)
	case exp != 0:
		return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
	case frac == 0:
		return math.Float32frombits(sign)
	}
	up := uint32(bits.LeadingZeros32(frac)) - 21 // moves the first bit to position 10
	return math.Float32frombits(sign | (113-up)<<23 | frac<<up&0x3ff<<13)
}

// F16Bits rounds to float16.
func F16Bits(v float32) uint16 {
	b := math.Float32bits(v)
	sign, mag := uint16(b>>31)<<15, b&^(1<<31)
	switch {
	case mag > 0xff<<23:
		return sign | 0x7e00
	case mag >= 0x477ff000: // 65520 and more
		return sign | 0x7c00
	case mag >= 113<<23:
		return sign | uint16((mag+0xfff+mag>>13&1-112<<23)>>13)
	}
	// Subnormal: adding ½ lets the hardware round to a multiple of 2⁻²⁴.
	return sign | uint16(math.Float32bits(math.Float32frombits(mag)+0.5)-math.Float32bits(0.5))
}
