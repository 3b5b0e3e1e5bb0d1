package quant

import "github.com/lamina-ml/lamina/internal/kernel/vec"

// dots are the arguments of a kernel that multiplies rows by one vector, or by several at a time: y[i] = row i of w · x
// for i < rows.
type dots struct {
	y      *float32
	w      *byte
	x      *float32 // prepared by the kernel's function prepare
	rows   int      // at least 1
	stride int      // bytes of a row
	groups int      // whole groups in a row
	tail   int      // blocks in the last, partial group

	xStride, yStride int // bytes from one vector, or one vector's results, to the next; of kernels for several
}

// A kernel computes dots for one format. It reads a row in groups of blocks, and x in the order that prepare gives
// it: size numbers for each group.
type kernel struct {
	blocks, size int
	prepare      func(dst, x []float32) // dst is zeros
	run          func(d *dots)
	runSeveral   func(d *dots) // run for the number several of vectors, or nil
}

// several is the number of vectors for which a kernel decodes the weights once.
const several = 4

// groups returns the numbers of whole groups and of further blocks in a row of k weights of 32 in a block.
func (kn *kernel) groups(k int) (whole, rest int) { return k / 32 / kn.blocks, k / 32 % kn.blocks }

// prepared returns how many numbers prepare writes for k inputs.
func (kn *kernel) prepared(k int) int {
	whole, rest := kn.groups(k)
	return (whole + min(rest, 1)) * kn.size
}

// dotRow returns the product of a row of w with x: the definition. buf holds a block of weights.
func dotRow(f Format, w []byte, x []float32, buf *[256]float32) float32 {
	n, size := formats[f].weights, formats[f].bytes
	sum := float32(0)
	for ; len(x) > 0; x, w = x[n:], w[size:] {
		formats[f].dequantize(buf[:n], w[:size:size])
		sum += vec.Dot(buf[:n], x[:n])
	}
	return sum
}

// copyInputs is the function prepare of kernels that read x as it is.
func copyInputs(dst, x []float32) { copy(dst, x) }

// prepareSums appends to each 256 inputs the sums of each 32, and eight zeros.
func prepareSums(dst, x []float32) {
	const group = 256 + 16
	for i := 0; i < len(x); i += 256 {
		d := dst[i/256*group:][:group]
		copy(d, x[i:][:256])
		for j, v := range d[:256] {
			d[256+j/32] += v
		}
	}
}

// prepareFloats orders x for a kernel that reads four blocks of 4-bit weights as 16 lanes of 32 bits: element 16·k +
// l of a group belongs to the k-th four bits of lane l, and the last 16 elements are the sums of the lanes.
func prepareFloats(dst, x []float32) {
	const group = 9 * 16
	for i := 0; i < len(x); i += 32 {
		b := x[i:][:32]
		d := dst[i/128*group+i%128/8:] // the four lanes of the block
		for l := range 4 {
			sum := float32(0)
			for k := range 8 {
				v := b[4*l+k/2+16*(k%2)]
				d[16*k+l] = v
				sum += v
			}
			d[8*16+l] = sum
		}
	}
}
