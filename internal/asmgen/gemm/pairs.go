package main

import "fmt"

// pairTiles writes the kernel that pairTilesGeneric defines, for processors with AVX-512 BF16. VDPBF16PS adds two
// products of bfloat16 numbers to each lane. Eight rows of C are in registers 2·row and 2·row + 1.
func (x *x86) pairTiles() {
	const (
		height     = 8
		args       = "DI"
		steps      = "CX"
		c, ldc     = "R8", "R9"
		rows       = "R10"
		panel      = "R11"
		group      = "R12" // rows of the panel left
		aRows      = "R13" // A of the current rows
		a, b       = "SI", "BX"
		b0, b1     = 16, 17
		factor     = 20 // the first of four registers for numbers of A
		bias, relu = 24, "Z26"
	)
	x.function("pairTilesAVX512", 0, 8, "t *splitTiles")
	x.op("MOVQ", "t+0(FP)", args)
	x.masksAndBias(args, bias, relu)
	x.op("MOVQ", field("splitTilesC", args), c)
	x.op("MOVQ", field("splitTilesLdc", args), ldc)
	x.op("SHLQ", "$2", ldc)
	x.op("MOVQ", field("splitTilesRows", args), rows)
	x.op("MOVQ", field("splitTilesA", args), panel)
	nextPanel, nextRows, loop, end := x.newLabel("panel"), x.newLabel("rows"), x.newLabel("step"), x.newLabel("end")
	x.label(nextPanel)
	x.op("MOVQ", panel, aRows)
	x.op("MOVQ", "$32", group)
	x.label(nextRows)
	for i := range 2 * height {
		z := fmt.Sprint("Z", i)
		x.op("VPXORD", z, z, z)
	}
	x.op("MOVQ", aRows, a)
	x.op("MOVQ", field("splitTilesB", args), b)
	x.op("MOVQ", field("splitTilesSteps", args), steps)
	x.label(loop)
	for p := range 16 {
		x.op("VMOVDQU32", fmt.Sprintf("%d(%s)", 64*p, b), fmt.Sprint("Z", b0))
		x.op("VMOVDQU32", fmt.Sprintf("%d(%s)", 1024+64*p, b), fmt.Sprint("Z", b1))
		for i := range height {
			f := factor + i%4
			x.op("VPBROADCASTD", fmt.Sprintf("%d(%s)", 64*i+4*p, a), fmt.Sprint("Z", f))
			x.pairProduct(b0, f, 2*i)
			x.pairProduct(b1, f, 2*i+1)
		}
	}
	x.op("ADDQ", "$2048", a)
	x.op("ADDQ", "$2048", b)
	x.op("DECQ", steps)
	x.op("JNZ", loop)
	for i := range height {
		x.storeRow([2]string{fmt.Sprint("Z", 2*i), fmt.Sprint("Z", 2*i+1)}, c, bias, relu)
		x.op("ADDQ", ldc, c)
		x.op("DECQ", rows)
		x.op("JZ", end)
	}
	x.op("ADDQ", fmt.Sprint("$", 64*height), aRows)
	x.op("SUBQ", fmt.Sprint("$", height), group)
	x.op("JNZ", nextRows)
	x.op("MOVQ", field("splitTilesPanelStride", args), "AX")
	x.op("LEAQ", scaled(panel, "AX", 4), panel)
	x.op("JMP", nextPanel)
	x.label(end)
	x.op("VZEROUPPER")
	x.op("RET")
}

// pairProduct writes VDPBF16PS, which adds to register c the products of the pairs in registers a and b, as bytes:
// Go's assembler does not have it. The bits of register numbers in an EVEX prefix are inverted.
func (x *x86) pairProduct(a, b, c int) {
	not := func(register, bit int) byte { return byte(register>>bit&1 ^ 1) }
	bytes := []byte{
		0x62,
		not(c, 3)<<7 | not(b, 4)<<6 | not(b, 3)<<5 | not(c, 4)<<4 | 2, // opcodes that begin with 0F 38
		byte(15-a&15)<<3 | 4 | 2, // prefix F3
		2<<5 | not(a, 4)<<3,      // 512 bits
		0x52,
		byte(0xc0 | c&7<<3 | b&7),
	}
	x.bytes(fmt.Sprintf("VDPBF16PS Z%d, Z%d, Z%d", b, a, c), bytes)
}
