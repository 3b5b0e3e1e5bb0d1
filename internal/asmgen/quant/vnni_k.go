package main

import "fmt"

// Kernels of AVX-512 VNNI for the formats with 256 weights in a block. A block has four vectors of weights, whose
// products with the inputs are multiplied by scales before they are added up.

// expandQ4K and expandQ6K are, for each vector of a block, the positions of its lanes' scales among the block's.
var (
	expandQ4K = func(v, lane int) int { return v/2*4 + v%2 + lane/8*2 }
	expandQ6K = func(v, lane int) int { return 4*v + lane/4 }
)

// tablesK writes the constants of these kernels.
func (w *writer) tablesK() {
	for _, f := range superblocks {
		expand := expandQ4K
		if !f.minima {
			expand = expandQ6K
		}
		fmt.Fprintf(w, "// The positions of the scales of the lanes of four vectors of %s.\n", f.name)
		var positions []uint32
		for v := range 4 {
			for lane := range 16 {
				positions = append(positions, uint32(expand(v, lane)))
			}
		}
		w.table("expand"+f.name, positions...)
	}
	w.WriteString("// The shifts of Q6_K's upper bits for the first and the second 32 weights of a vector: left, right.\n")
	var shifts []uint32
	for _, pair := range [][2]uint32{{4, 2}, {0, 2}} {
		for lane := range 16 {
			shifts = append(shifts, pair[lane/8])
		}
	}
	w.table("shiftsQ6K", shifts...)
}

// Registers of these kernels. The weights are in the registers weightsK, the sums of the minima of input vector i in
// Y(28+i).
const (
	highBits   = "Z20"
	shiftLeft  = "Z21"
	shiftRight = "Z22"
)

var (
	weightsK = [4]string{"Z0", "Z1", "Z5", "Z6"}
	expandK  = [4]string{"Z16", "Z17", "Z18", "Z23"}
)

// bytesK writes the kernel for a number of vectors of inputs. The prepared inputs of a block are: four vectors of
// bytes; for Q6_K the four vectors of integers at which the sums begin; the inputs' scales, one for each scale of the
// weights; and for Q4_K the products that belong to the minima.
func (w *writer) bytesK(f superblock, vectors int) {
	next := w.begin(nameVNNI(f.name, vectors), func() {
		w.fill(15, lowBits)
		for v, r := range expandK {
			w.op("VMOVUPS", fmt.Sprintf("expand%s<>+%d(SB)", f.name, 64*v), r)
		}
		if !f.minima {
			w.fill(0x30, highBits)
			w.op("VMOVUPS", "shiftsQ6K<>(SB)", shiftLeft)
			w.op("VMOVUPS", "shiftsQ6K<>+64(SB)", shiftRight)
		}
		w.loadStrides(vectors)
	})
	w.clearSums(vectors)
	if f.minima {
		for i := range vectors {
			w.op("VPXORD", minimaOf(i), minimaOf(i), minimaOf(i))
		}
	}
	inputBytes := 256 + 2*32
	if !f.minima {
		inputBytes = 2*256 + 64
	}
	w.loop(f.bytes, inputBytes, func() {
		if f.minima {
			w.bytesQ4K()
		} else {
			w.bytesQ6K()
		}
		for i := range vectors {
			w.productsK(f, i)
		}
	})
	if f.minima {
		for i := range vectors {
			w.op("VSUBPS", minimaOf(i), sumOf(i), sumOf(i))
		}
	}
	w.endVectors(next, vectors)
}

// minimaOf returns the register of the sums of the minima of input vector i, whose upper half stays 0.
func minimaOf(i int) string { return fmt.Sprint("Z", 28+i) }

// productsK adds the products of a block with input vector i. The block's scales are in register 2, its minima in 3.
func (w *writer) productsK(f superblock, i int) {
	x := func(offset int) string { return inputsOf(i, offset) }
	scales := "Z7"
	if f.minima {
		w.op("VMULPS", x(256), "Y2", "Y7")
		w.op("VFMADD231PS", x(288), "Y3", fmt.Sprint("Y", 28+i))
	} else {
		w.op("VMULPS", x(512), "Z2", scales)
	}
	for v, weights := range weightsK {
		products, scale := fmt.Sprint("Z", 8+v), fmt.Sprint("Z", 12+v)
		if f.minima {
			w.op("VPXORD", products, products, products)
		} else {
			w.op("VMOVDQU32", x(256+64*v), products)
		}
		w.op("VPDPBUSD", x(64*v), weights, products)
		w.op("VCVTDQ2PS", products, products)
		w.op("VPERMPS", scales, expandK[v], scale)
		w.op("VFMADD231PS", products, scale, sumOf(i))
	}
}

// bytesQ4K decodes a block: vectors 0 and 1 have the low and the high halves of its first 64 bytes.
func (w *writer) bytesQ4K() {
	w.scalesQ4K()
	for half := range 2 {
		low, high := weightsK[2*half], weightsK[2*half+1]
		w.op("VMOVDQU32", at(16+64*half, block), low)
		w.op("VPSRLW", "$4", low, high)
		w.op("VPANDD", lowBits, low, low)
		w.op("VPANDD", lowBits, high, high)
	}
}

// bytesQ6K decodes a block: its weights are in order.
func (w *writer) bytesQ6K() {
	w.op("VPMOVSXBD", at(192, block), "Z2")
	w.op("VCVTDQ2PS", "Z2", "Z2")
	w.op("VPBROADCASTW", at(208, block), "Y3")
	w.op("VCVTPH2PS", "Y3", "Z3")
	w.op("VMULPS", "Z3", "Z2", "Z2")
	const fromFirstIfMask = "$0xe4" // the bits of the result's old value where the mask is 1, of the other where it is 0
	for part := range 2 {
		low, high := weightsK[2*part], weightsK[2*part+1]
		w.op("VMOVDQU32", at(64*part, block), low)
		w.op("VBROADCASTI64X4", at(128+32*part, block), "Z4")
		w.op("VPSRLW", "$4", low, high)
		for i, weights := range []string{low, high} {
			bits := fmt.Sprint("Z", 8+i)
			if i == 0 {
				w.op("VPSLLVD", shiftLeft, "Z4", bits)
			} else {
				w.op("VPSRLVD", shiftRight, "Z4", bits)
			}
			w.op("VPANDD", highBits, bits, bits)
			w.op("VPTERNLOGD", fromFirstIfMask, lowBits, bits, weights)
		}
	}
}
