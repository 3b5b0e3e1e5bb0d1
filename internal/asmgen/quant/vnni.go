package main

import "fmt"

// Kernels for int8 inputs (AVX-512 VNNI). VPDPBUSD adds four products of bytes to each lane of 32 bits. A kernel
// multiplies one vector of inputs by each row, or several by the same decoded weights.

// several is that number of vectors.
const several = 4

// Registers of these kernels. The sums of input vector i are in Z(24+i).
const (
	signBits = "Z19" // 0x80 in each byte
	xStride  = "R13" // bytes from one vector of inputs to the next
	xStride3 = "R15"
)

// nameVNNI returns the name of a kernel for a number of vectors.
func nameVNNI(format string, vectors int) string {
	if vectors == 1 {
		return "dots" + format + "VNNI"
	}
	return fmt.Sprintf("dots%sVNNI%d", format, vectors)
}

// loadStrides loads xStride and xStride3 if there are several vectors.
func (w *writer) loadStrides(vectors int) {
	if vectors > 1 {
		w.op("MOVQ", field("XStride"), xStride)
		w.op("LEAQ", fmt.Sprintf("(%s)(%[1]s*2)", xStride), xStride3)
	}
}

// clearSums sets the sums of all vectors to 0.
func (w *writer) clearSums(vectors int) {
	for i := range vectors {
		w.op("VPXORD", sumOf(i), sumOf(i), sumOf(i))
	}
}

// sumOf returns the register of the sums of input vector i.
func sumOf(i int) string { return fmt.Sprint("Z", 24+i) }

// endVectors stores the results of a row, one for each vector, and goes to the next row.
func (w *writer) endVectors(next string, vectors int) {
	for i := range vectors {
		w.reduce(sumOf(i))
		if i == 1 {
			w.op("MOVQ", field("YStride"), "DX")
			w.op("LEAQ", "(DX)(DX*2)", "R9")
		}
		w.op("VMOVSS", "X0", ofVector(i, 0, out, "DX", "R9"))
	}
	w.nextRow(next)
}

// ofVector returns the operand at offset from base for vector i: i strides further. stride3 holds three strides.
func ofVector(i, offset int, base, stride, stride3 string) string {
	switch i {
	case 0:
		return at(offset, base)
	case 3:
		return fmt.Sprintf("%d(%s)(%s*1)", offset, base, stride3)
	}
	return fmt.Sprintf("%d(%s)(%s*%d)", offset, base, stride, i)
}

// inputsOf returns the operand at offset from the prepared inputs of vector i.
func inputsOf(i, offset int) string { return ofVector(i, offset, inputs, xStride, xStride3) }

// bytes4 writes the kernel for blocks of 4-bit weights. A group of inputs has the vectors: those for the low halves of
// the bytes, those for the high halves, the integers at which the sums begin, the scales, and the sums that are
// multiplied by the minima.
func (w *writer) bytes4(f blockFormat, vectors int) {
	next := w.start4(nameVNNI(f.name, vectors), f)
	w.loadStrides(vectors)
	w.clearSums(vectors)
	group := func(masked bool) {
		w.load4(f, masked)
		w.unpack4(f)
		w.op("VPSRLW", "$4", "Z0", "Z1")
		w.op("VPANDD", lowBits, "Z0", "Z0")
		w.op("VPANDD", lowBits, "Z1", "Z1")
		for i := range vectors {
			w.op("VMOVDQU32", inputsOf(i, 128), "Z6")
			w.op("VPDPBUSD", inputsOf(i, 0), "Z0", "Z6")
			w.op("VPDPBUSD", inputsOf(i, 64), "Z1", "Z6")
			w.op("VCVTDQ2PS", "Z6", "Z6")
			w.op("VMULPS", inputsOf(i, 192), "Z2", "Z7")
			w.op("VFMADD231PS", "Z6", "Z7", sumOf(i))
			if f.hasMinimum() {
				w.op("VFMADD231PS", inputsOf(i, 256), "Z3", sumOf(i))
			}
		}
	}
	w.loop(4*f.bytes, 320, func() { group(false) })
	w.tail(func() { group(true) })
	w.endVectors(next, vectors)
}

// bytes8 writes the kernel for blocks of 8-bit weights. A group is two blocks. Its inputs are the vectors: the inputs,
// the integers at which the sums begin, and the scales.
func (w *writer) bytes8(f blockFormat, vectors int) {
	next := w.begin(nameVNNI(f.name, vectors), func() {
		w.fill(0x80, signBits)
		w.loadStrides(vectors)
	})
	w.clearSums(vectors)
	group := func(blocks int) {
		w.op("VMOVDQU", at(f.scales, block), "Y0")
		w.op("VPBROADCASTW", at(0, block), "X2")
		if blocks == 2 {
			w.op("VINSERTI64X4", "$1", at(f.bytes+f.scales, block), "Z0", "Z0")
			w.op("VPBROADCASTW", at(f.bytes, block), "X3")
			w.op("VINSERTI128", "$1", "X3", "Y2", "Y2")
		}
		w.op("VCVTPH2PS", "Y2", "Z2")
		w.op("VPXORD", signBits, "Z0", "Z0")
		for i := range vectors {
			w.op("VMOVDQU32", inputsOf(i, 64), "Z6")
			w.op("VPDPBUSD", inputsOf(i, 0), "Z0", "Z6")
			w.op("VCVTDQ2PS", "Z6", "Z6")
			w.op("VMULPS", inputsOf(i, 128), "Z2", "Z7")
			w.op("VFMADD231PS", "Z6", "Z7", sumOf(i))
		}
	}
	w.loop(2*f.bytes, 192, func() { group(2) })
	w.tail(func() { group(1) })
	w.endVectors(next, vectors)
}

// roundInputs writes the kernel that roundInputsPlain defines, for any number of groups of 32 inputs.
func (w *writer) roundInputs() {
	w.function("roundInputsVNNI", 24, "dst *roundedBlock, x *float32, count int")
	w.op("MOVQ", "dst+0(FP)", out)
	w.op("MOVQ", "x+8(FP)", inputs)
	w.op("MOVQ", "count+16(FP)", rows)
	w.op("MOVL", "$0x7fffffff", tmp)
	w.op("VPBROADCASTD", tmp, "Z16")
	w.op("MOVL", "$0x42fe0000", tmp) // 127
	w.op("MOVQ", tmp, "X8")
	w.op("MOVL", "$0x7f800000", tmp) // +Inf
	w.op("MOVQ", tmp, "X9")
	w.fill(1, "Y19")
	w.op("VPXORD", "X20", "X20", "X20")
	next := w.newLabel("round")
	w.label(next)
	w.op("VMOVUPS", at(0, inputs), "Z0")
	w.op("VMOVUPS", at(64, inputs), "Z1")
	w.op("VPANDD", "Z16", "Z0", "Z2")
	w.op("VPANDD", "Z16", "Z1", "Z3")
	w.op("VPMAXUD", "Z3", "Z2", "Z2") // as integers, so that NaN is the largest
	w.op("VEXTRACTI64X4", "$1", "Z2", "Y3")
	w.op("VPMAXUD", "Y3", "Y2", "Y2")
	w.op("VEXTRACTI128", "$1", "Y2", "X3")
	w.op("VPMAXUD", "X3", "X2", "X2")
	for _, order := range []string{"$0x4e", "$0xb1"} {
		w.op("VPSHUFD", order, "X2", "X3")
		w.op("VPMAXUD", "X3", "X2", "X2")
	}
	w.op("VDIVSS", "X8", "X2", "X2")
	w.op("VCMPSS", "$0x11", "X9", "X2", "K1")  // below +Inf: false for NaN
	w.op("VCMPSS", "$0x1e", "X20", "X2", "K2") // above 0
	w.op("VBROADCASTSS", "X2", "Z4")
	for i := range 2 {
		z := fmt.Sprint("Z", i)
		w.op("VDIVPS", "Z4", z, z)
		w.op("VCVTPS2DQ", z, z)
		w.op("VPMOVSDB", z, fmt.Sprint("X", i))
	}
	w.op("VINSERTI128", "$1", "X1", "Y0", "Y0")
	end, store := w.newLabel("finite"), w.newLabel("store")
	w.op("KTESTB", "K2", "K1")
	w.op("JNE", end)
	w.op("VPXORD", "Y0", "Y0", "Y0")
	w.op("VUCOMISS", "X20", "X2")
	w.op("JPS", store)
	w.op("JEQ", end)
	w.label(store)
	w.op("VSUBSS", "X2", "X2", "X2") // NaN
	w.label(end)
	w.op("VMOVDQU", "Y0", "const_roundedQ("+out+")")
	w.op("VPXORD", "Y1", "Y1", "Y1")
	w.op("VPDPBUSD", "Y0", "Y19", "Y1")
	w.op("VMOVDQU", "Y1", "const_roundedSums("+out+")")
	w.op("VMOVSS", "X2", "const_roundedScale("+out+")")
	w.op("ADDQ", "$const_roundedSize", out)
	w.op("ADDQ", "$128", inputs)
	w.op("DECQ", rows)
	w.op("JNZ", next)
	w.op("VZEROUPPER")
	w.op("RET")
}
