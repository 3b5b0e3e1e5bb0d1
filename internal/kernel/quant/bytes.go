package quant

import (
	"math"
	"unsafe"
)

// Inputs can be rounded to 8 bits, too: xᵢ ≈ s·qᵢ with one scale s = max |xᵢ| / 127 for each 32 inputs and integers
// −127 ≤ qᵢ ≤ 127. Then the products of a block are integers, which the instructions of VNNI sum four at a time.

// roundedBlock holds 32 inputs, rounded to 8 bits.
type roundedBlock struct {
	q     [32]int8
	sums  [8]int32 // of four neighbours of q each
	scale float32  // NaN if an input is not finite
}

// roundInputsPlain is roundInputs as a plain loop.
func roundInputsPlain(dst []roundedBlock, x []float32) {
	for i := range dst {
		r, x := &dst[i], x[32*i:][:32]
		largest := float32(0)
		for _, v := range x {
			largest = max(largest, float32(math.Abs(float64(v)))) // NaN if an input is
		}
		*r = roundedBlock{scale: largest / 127}
		if r.scale == 0 {
			continue
		}
		if !(r.scale <= math.MaxFloat32) {
			r.scale = float32(math.NaN())
			continue
		}
		for j, v := range x {
			q := math.RoundToEven(float64(v / r.scale))
			r.q[j] = int8(min(max(q, -128), 127)) // a denormal scale may be much too small
			r.sums[j/4] += int32(r.q[j])
		}
	}
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
	var blocks [4]roundedBlock
	for i := 0; i < len(x); i += 128 {
		b := blocks[:min(len(x)-i, 128)/32]
		roundInputs(b, x[i:])
		d := dst[i/128*group:][:group]
		for j := range b {
			r := &b[j]
			lane := 4 * j // the first of the block's four lanes
			low := bytesOf(d)[4*lane:]
			copy(low[:16], r.q[:16])
			copy(low[64:80], r.q[16:])
			for l := range 4 {
				sum := r.sums[l] + r.sums[4+l]
				int32sOf(d)[2*16+lane+l] = offset * sum
				d[3*16+lane+l] = r.scale
				d[4*16+lane+l] = r.scale * float32(sum)
			}
		}
	}
}

func prepareBytesQ40(dst, x []float32) { prepareBytes4(dst, x, -8) }

func prepareBytesQ41(dst, x []float32) { prepareBytes4(dst, x, 0) }

// prepareBytes8 rounds x for a kernel that reads two blocks of 8-bit weights as 16 lanes of 32 bits and adds 128 to the
// weights. A group has three vectors of 64 bytes: the inputs, −128 · (the sum of the lane's inputs), and the scales.
func prepareBytes8(dst, x []float32) {
	const group = 3 * 16
	var blocks [2]roundedBlock
	for i := 0; i < len(x); i += 64 {
		b := blocks[:min(len(x)-i, 64)/32]
		roundInputs(b, x[i:])
		d := dst[i/64*group:][:group]
		for j := range b {
			r := &b[j]
			copy(bytesOf(d)[32*j:], r.q[:])
			for l := range 8 {
				int32sOf(d)[16+8*j+l] = -128 * r.sums[l]
				d[2*16+8*j+l] = r.scale
			}
		}
	}
}

// prepareBytesQ4K rounds x for the kernels of Q4_K. A block of 256 inputs has four vectors of 64 bytes, in the order in
// which the weights' bytes hold them: inputs 0 to 31 and 64 to 95 belong to the low halves of the first 64 bytes, those
// after them to the high halves. Then follow the eight scales, and scale · (the sum of its inputs).
func prepareBytesQ4K(dst, x []float32) {
	const group = 64 + 16
	var blocks [8]roundedBlock
	for i := 0; i < len(x); i += 256 {
		roundInputs(blocks[:], x[i:])
		d := dst[i/256*group:][:group]
		for j := range blocks {
			r := &blocks[j]
			copy(bytesOf(d)[j/4*128+j%2*64+j%4/2*32:], r.q[:])
			sum := int32(0)
			for _, s := range r.sums {
				sum += s
			}
			d[64+j] = r.scale
			d[64+8+j] = r.scale * float32(sum)
		}
	}
}

// prepareBytesQ6K rounds x for the kernels of Q6_K. A block of 256 inputs has four vectors of 64 bytes, four of
// −32 · (the sum of a lane's inputs), and the scales of each 16 inputs.
func prepareBytesQ6K(dst, x []float32) {
	const group = 2*64 + 16
	var blocks [8]roundedBlock
	for i := 0; i < len(x); i += 256 {
		roundInputs(blocks[:], x[i:])
		d := dst[i/256*group:][:group]
		for j := range blocks {
			r := &blocks[j]
			copy(bytesOf(d)[32*j:], r.q[:])
			for l, s := range r.sums {
				int32sOf(d)[64+8*j+l] = -32 * s
			}
			d[2*64+2*j], d[2*64+2*j+1] = r.scale, r.scale
		}
	}
}

// dotRowBytes is dotRow with x rounded to 8 bits: the definition of the kernels of VNNI.
func dotRowBytes(f Format, w []byte, x []float32) float32 {
	exact := make([]float32, len(x))
	blocks := make([]roundedBlock, len(x)/32)
	roundInputsPlain(blocks, x)
	for i, r := range blocks {
		for j, v := range r.q {
			exact[32*i+j] = r.scale * float32(v)
		}
	}
	return dotRow(f, w, exact, new([256]float32))
}
