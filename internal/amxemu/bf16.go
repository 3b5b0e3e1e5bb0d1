//go:build linux && amd64

package main

import "math"

// dotBF16 computes TDPBF16PS in the order of the pseudo code on the instruction's page in Intel's manual. For each
// row and column it sums the products of the pairs' even elements over k with fused multiply-adds, starting from
// zero, and those of the odd elements. Then it adds the two sums, and adds the result to c. Every step rounds to the
// nearest even float32, reads denormal operands as zero and flushes denormal results to zero, independent of MXCSR.
//
//	c (m, n) float32;  a (m, k) and b (k, n) pairs of bfloat16, the even element in the low half
//
// The pseudo code does not define the result of several NaNs: here it is the first NaN of a, b and the sum, made
// quiet, or the default NaN (negative, quiet, without payload) if no operand is a NaN.
func dotBF16(c, a, b *tile, m, k, n int) {
	var bEven, bOdd [maxRows][maxColsb / 4]float32
	for i := range k {
		for j := range n {
			bEven[i][j], bOdd[i][j] = unpack(b[i][j])
		}
	}
	for i := range m {
		var even, odd [maxColsb / 4]float32
		for l := range k {
			aEven, aOdd := unpack(a[i][l])
			fmas(even[:n], aEven, bEven[l][:n])
			fmas(odd[:n], aOdd, bOdd[l][:n])
		}
		for j := range n {
			c[i][j] = math.Float32bits(add(flush(math.Float32frombits(c[i][j])), add(even[j], odd[j])))
		}
	}
}

// unpack returns the bfloat16 numbers in the low and high half of pair.
func unpack(pair uint32) (low, high float32) {
	return flush(math.Float32frombits(pair << 16)), flush(math.Float32frombits(pair &^ 0xFFFF))
}

const minNormal = 0x1p-126

// flush returns x, or a zero of x's sign if x is denormal.
func flush(x float32) float32 {
	if x < minNormal && x > -minNormal {
		return float32(math.Copysign(0, float64(x)))
	}
	return x
}

// add returns x + y, flushed. A denormal sum of float32 numbers is exact, so there is no rounding before it is flushed.
func add(x, y float32) float32 {
	switch s := x + y; {
	case x != x:
		return quiet(x)
	case y != y:
		return quiet(y)
	case s != s:
		return defaultNaN
	default:
		return flush(s)
	}
}

// quiet returns the NaN x as a quiet NaN.
func quiet(x float32) float32 { return math.Float32frombits(math.Float32bits(x) | 1<<22) }

var defaultNaN = math.Float32frombits(0xFFC00000)

// fmas adds x*y[j] to each sum[j] with one rounding. x and y are bfloat16 numbers; no number may be denormal.
//
// The product has 16 significant bits, so it is exact in float32 unless its exponent is out of range, and only the
// sum is rounded. If the product overflows, the sum is infinite or NaN. If it is denormal, it is too small to change
// a sum of 2^-90. The slow function fma computes sums outside 2^-90 to 2^127.
func fmas(sum []float32, x float32, y []float32) {
	y = y[:len(sum)]
	for j := range sum {
		s := float32(x*y[j]) + sum[j]
		const lowest, highest = 127 - 90, 254 // exponents, in float32's bits
		if math.Float32bits(s)>>23&0xFF-lowest > highest-lowest {
			s = fma(x, y[j], sum[j])
		}
		sum[j] = s
	}
}

// fma returns x*y + z under the same conditions.
//
// The product is exact in float64. Either the sum is exact too, or the smaller operand is below 2^-28 of the larger
// one; then the larger one is a float32 number, and it is the result with one rounding or with two. So rounding to
// float64 first does not change the result.
func fma(x, y, z float32) float32 {
	s := float64(x)*float64(y) + float64(z)
	switch {
	case x != x:
		return quiet(x)
	case y != y:
		return quiet(y)
	case z != z:
		return quiet(z)
	case s != s:
		return defaultNaN
	case math.Abs(s) < minNormal*(1-0x1p-25):
		// A result is tiny if it is below the smallest normal number after rounding to 24 bits with an unbounded
		// exponent.
		return float32(math.Copysign(0, s))
	}
	return float32(s)
}
