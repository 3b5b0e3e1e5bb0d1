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
	var bEven, bOdd [maxRows][maxColsb / 4]float64
	for i := range k {
		for j := range n {
			bEven[i][j], bOdd[i][j] = unpack(b[i][j])
		}
	}
	for i := range m {
		var even, odd [maxColsb / 4]float64
		for l := range k {
			aEven, aOdd := unpack(a[i][l])
			fmas(even[:n], aEven, bEven[l][:n])
			fmas(odd[:n], aOdd, bOdd[l][:n])
		}
		for j := range n {
			sum := add(float32(even[j]), float32(odd[j]))
			c[i][j] = math.Float32bits(add(flush(math.Float32frombits(c[i][j])), sum))
		}
	}
}

// unpack returns the bfloat16 numbers in the low and the high half of pair. Conversion makes NaNs quiet.
func unpack(pair uint32) (low, high float64) {
	return float64(flush(math.Float32frombits(pair << 16))), float64(flush(math.Float32frombits(pair &^ 0xFFFF)))
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

// fmas adds x*y[j] to each sum[j], rounded once to float32, for x and y that are bfloat16 numbers and sums that are float32 numbers,
// none denormal.
//
// The product is exact in float64: it has 16 bits. The sum is exact too, or the smaller of the two is less than 2^-28 of the larger,
// which float32 can hold and which is then the result however often one rounds. So rounding to float64 first does no harm.
func fmas(sum []float64, x float64, y []float64) {
	y = y[:len(sum)]
	for j := range sum {
		s := x*y[j] + sum[j]
		const lowest, highest = 1023 - 126, 1023 + 127 // exponents of normal float32 numbers, in float64's bits
		if math.Float64bits(s)>>52&0x7FF-lowest > highest-lowest {
			sum[j] = fmaSpecial(x, y[j], sum[j], s)
		} else {
			sum[j] = float64(float32(s))
		}
	}
}

// fmaSpecial rounds s = x*y + z to float32 where it is no normal number.
func fmaSpecial(x, y, z, s float64) float64 {
	switch {
	case x != x:
		return x
	case y != y:
		return y
	case z != z:
		return z
	case s != s:
		return float64(defaultNaN)
	case math.Abs(s) < minNormal*(1-0x1p-25):
		// Tiny is what is below the smallest normal number after rounding to 24 bits with any exponent.
		return math.Copysign(0, s)
	}
	return float64(float32(s))
}
