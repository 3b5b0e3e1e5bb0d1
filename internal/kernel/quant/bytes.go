package quant

import (
	"math"
	"unsafe"
)

// Inputs can be rounded to 8 bits, too: xᵢ ≈ s·qᵢ with one scale s = max |xᵢ| / 127 for each 32 inputs and integers
// −127 ≤ qᵢ ≤ 127. Then the products of a block are integers, which the instructions of VNNI sum four at a time.

// roundInputs sets q to 32 inputs in units of the returned scale. Inputs that are not finite give the scale NaN.
func roundInputs(q *[32]int8, x []float32) (scale float32) {
	largest := float32(0)
	for _, v := range x[:32] {
		largest = max(largest, float32(math.Abs(float64(v)))) // NaN if an input is
	}
	scale = largest / 127
	if !(scale > 0) || scale > math.MaxFloat32 {
		*q = [32]int8{}
		if scale == 0 {
			return 0
		}
		return float32(math.NaN())
	}
	for i, v := range x[:32] {
		q[i] = int8(math.RoundToEven(float64(v / scale)))
	}
	return scale
}

// bytesOf returns the memory of x as int8, int32sOf as int32.
func bytesOf(x []float32) []int8 { return unsafe.Slice((*int8)(unsafe.Pointer(&x[0])), 4*len(x)) }

func int32sOf(x []float32) []int32 { return unsafe.Slice((*int32)(unsafe.Pointer(&x[0])), len(x)) }

// prepareBytes4 rounds x for a kernel that reads four blocks of 4-bit weights as 16 lanes of 32 bits. A group has
// five vectors of 64 bytes: the inputs of the low halves and of the high halves of the bytes; the integers at which
// the sums of the lanes begin, offset · (the sum of the lane's inputs); the inputs' scales; and scale · (the sum of
// the lane's inputs).
func prepareBytes4(dst, x []float32, offset int32) {
	const group = 5 * 16
	for i := 0; i < len(x); i += 32 {
		var q [32]int8
		scale := roundInputs(&q, x[i:])
		d := dst[i/128*group:][:group]
		lane := i % 128 / 8 // the first of the block's four lanes
		low := bytesOf(d)[4*lane:]
		copy(low[:16], q[:16])
		copy(low[64:80], q[16:])
		for l := range 4 {
			sum := int32(0)
			for j := range 4 {
				sum += int32(q[4*l+j]) + int32(q[16+4*l+j])
			}
			int32sOf(d)[2*16+lane+l] = offset * sum
			d[3*16+lane+l] = scale
			d[4*16+lane+l] = scale * float32(sum)
		}
	}
}

// prepareBytes8 rounds x for a kernel that reads two blocks of 8-bit weights as 16 lanes of 32 bits and adds 128 to the
// weights. A group has three vectors of 64 bytes: the inputs, −128 · (the sum of the lane's inputs), and the scales.
func prepareBytes8(dst, x []float32) {
	const group = 3 * 16
	for i := 0; i < len(x); i += 32 {
		var q [32]int8
		scale := roundInputs(&q, x[i:])
		d := dst[i/64*group:][:group]
		lane := i % 64 / 4
		copy(bytesOf(d)[4*lane:], q[:])
		for l := range 8 {
			sum := int32(0)
			for j := range 4 {
				sum += int32(q[4*l+j])
			}
			int32sOf(d)[16+lane+l] = -128 * sum
			d[2*16+lane+l] = scale
		}
	}
}

// dotRowBytes is dotRow with x rounded to 8 bits: the definition of the kernels of VNNI.
func dotRowBytes(f Format, w []byte, x []float32) float32 {
	rounded := make([]float32, len(x))
	for i := 0; i < len(x); i += 32 {
		var q [32]int8
		scale := roundInputs(&q, x[i:])
		for j, v := range q {
			rounded[i+j] = scale * float32(v)
		}
	}
	return dotRow(f, w, rounded, new([256]float32))
}
