//go:build linux && amd64

package main

import "math"

// dotBF16 computes TDPBF16PS in the order that the manual's pseudo code gives on the instruction's page: for each row and column,
// from zero, the products of the even elements of the pairs and those of the odd ones are each summed over k with fused
// multiply-adds; then the two sums are added; then that is added to c. Every step rounds to the nearest even float32, takes
// denormal operands as zeros and makes denormal results zeros, whatever MXCSR says.
//
//	c (m, n) float32;  a (m, k) and b (k, n) pairs of bfloat16, the even element in the low half
//
// The pseudo code leaves open which NaN comes out of several: here the first of a, b and the sum that is one, made quiet, or the
// default NaN (negative, quiet, no payload) where there was none before.
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

// unpack returns the bfloat16 numbers in the low and the high half of pair.
func unpack(pair uint32) (low, high float32) {
	return flush(math.Float32frombits(pair << 16)), flush(math.Float32frombits(pair &^ 0xFFFF))
}

const minNormal = 0x1p-126

// flush returns x, or a zero of its sign if it is denormal.
func flush(x float32) float32 {
	if x < minNormal && x > -minNormal {
		return float32(math.Copysign(0, float64(x)))
	}
	return x
}

// add returns x + y. A denormal sum of float32 numbers is exact, so there is no rounding before it is flushed.
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

func quiet(x float32) float32 { return math.Float32frombits(math.Float32bits(x) | 1<<22) }

var defaultNaN = math.Float32frombits(0xFFC00000)

// fmas adds x*y[j] to each sum[j] and rounds once, for x and y that are bfloat16 numbers, none of all denormal.
//
// The product has 16 bits, so float32 holds it, and only the sum is rounded, unless the product leaves float32's exponents. If it
// becomes infinite, so does the sum, or no number. If it becomes denormal, it is too small to matter beside a sum of 2^-90.
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
// The product is exact in float64. The sum is exact too, or the smaller of the two is less than 2^-28 of the larger, which float32
// can hold and which is then the result however often one rounds. So rounding to float64 first does no harm.
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
		// Tiny is what is below the smallest normal number after rounding to 24 bits with any exponent.
		return float32(math.Copysign(0, s))
	}
	return float32(s)
}
