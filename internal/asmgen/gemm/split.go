package main

import "fmt"

// splitFile writes the kernels for split products, on processors with AVX-512 and AMX. split.go of the Go package
// defines what they compute.
func splitFile() *assembly {
	x := &x86{reg: "Z", vectors: 32, lanes: 16, size: 4}
	file := newAssembly()
	file.text += "\n// tileConfig<>: palette 1, and for each of eight tiles 64 bytes in each of 16 rows.\n"
	file.text += "DATA tileConfig<>+0(SB)/8, $1\nDATA tileConfig<>+8(SB)/8, $0\n"
	for i := range 2 {
		file.text += fmt.Sprintf("DATA tileConfig<>+%d(SB)/8, $0x0040004000400040\n", 16+8*i)
	}
	file.text += "DATA tileConfig<>+32(SB)/8, $0\nDATA tileConfig<>+40(SB)/8, $0\n"
	file.text += "DATA tileConfig<>+48(SB)/8, $0x1010101010101010\nDATA tileConfig<>+56(SB)/8, $0\n"
	file.text += "GLOBL tileConfig<>(SB), RODATA|NOPTR, $64\n"
	x.split()
	x.splitTiles()
	x.pairTiles()
	file.add(&x.writer)
	return file
}

// split writes the kernel that splitGeneric defines. Rounding is an addition to the bits. It leaves the lower halves
// nonzero; they are cleared only before a component is subtracted from its number. A shift and a masked move of 16-bit
// words combine two vectors into one of pairs.
func (x *x86) split() {
	const (
		args       = "DI"
		src, dst   = "SI", "DX"
		ld         = "R8"
		pair       = "R9"  // pairStride
		other      = "R10" // tileStride
		component  = "R11" // stride
		steps      = "R12"
		rows       = "CX"
		row, at    = "AX", "BX"
		otherPair  = "R13"
		half, keep = "Z31", "Z30"
		abs, one   = "Z29", "Z28"
		most       = "Z27"
		least      = "Z26"
		rowsOfTile = "$16"
	)
	constant := func(bits uint32, register string) {
		x.op("MOVL", fmt.Sprintf("$%#x", bits), "AX")
		x.op("VPBROADCASTD", "AX", register)
	}
	x.function("splitAVX512", 0, 8, "s *split")
	x.op("MOVQ", "s+0(FP)", args)
	for _, f := range [][2]string{{"splitSrc", src}, {"splitDst", dst}, {"splitLd", ld}, {"splitPairStride", pair},
		{"splitTileStride", other}, {"splitStride", component}, {"splitSteps", steps}} {
		x.op("MOVQ", field(f[0], args), f[1])
	}
	for _, r := range []string{ld, pair, other, component} {
		x.op("SHLQ", "$2", r)
	}
	x.op("LEAQ", scaled(pair, other, 1), otherPair)
	constant(0x8000, half)
	constant(0xffff0000, keep)
	constant(0x7fffffff, abs)
	constant(1, one)
	x.op("MOVL", "$0xaaaaaaaa", "AX")
	x.op("KMOVD", "AX", "K1")
	x.op("VPBROADCASTD", field("splitMaxAbs", args), most)
	x.op("VPBROADCASTD", field("splitMinAbs", args), least)

	done := x.newLabel("done")
	labels := make([]string, 3)
	x.op("MOVQ", field("splitComponents", args), "AX")
	for i := range labels {
		labels[i] = x.newLabel(fmt.Sprintf("components%d_", i+1))
		if i < len(labels)-1 {
			x.op("CMPQ", "AX", fmt.Sprint("$", i+1))
			x.op("JEQ", labels[i])
		}
	}
	for i := len(labels); i > 0; i-- {
		next, loop := x.newLabel("step"), x.newLabel("row")
		x.label(labels[i-1])
		x.label(next)
		x.comment("A step of two tiles, components: %d.", i)
		x.op("MOVQ", src, row)
		x.op("MOVQ", rowsOfTile, rows)
		x.label(loop)
		for t := range 2 {
			low, high := "("+row+")", scaled(row, pair, 1)
			if t == 1 {
				low, high = scaled(row, other, 1), scaled(row, otherPair, 1)
			}
			v := []string{fmt.Sprint("Z", 8*t), fmt.Sprint("Z", 8*t+1)} // the numbers, low and high
			r := []string{fmt.Sprint("Z", 8*t+2), fmt.Sprint("Z", 8*t+3)}
			out := fmt.Sprint("Z", 8*t+4)
			for n, address := range []string{low, high} {
				x.op("VMOVUPS", address, v[n])
				x.op("VPANDD", abs, v[n], r[n])
				x.op("VPMAXUD", r[n], most, most)
				x.op("VPSUBD", one, r[n], r[n])
				x.op("VPMINUD", r[n], least, least)
			}
			for q := range i {
				for n := range 2 {
					x.op("VPADDD", half, v[n], r[n])
				}
				x.op("VPSRLD", "$16", r[0], out)
				x.op("VMOVDQU16", r[1], "K1", out)
				to := fmt.Sprintf("%d(%s)", 1024*t, dst)
				switch {
				case q == 1:
					to = fmt.Sprintf("%d%s", 1024*t, scaled(dst, component, 1))
				case q == 2:
					to = fmt.Sprintf("%d%s", 1024*t, scaled(dst, component, 2))
				}
				x.op("VMOVDQU32", out, to)
				if q == i-1 {
					break
				}
				for n := range 2 {
					x.op("VPANDD", keep, r[n], r[n])
					x.op("VSUBPS", r[n], v[n], v[n])
				}
			}
		}
		x.op("ADDQ", ld, row)
		x.op("ADDQ", "$64", dst)
		x.op("DECQ", rows)
		x.op("JNZ", loop)
		x.op("ADDQ", "$1024", dst) // skip the rows of the other tile
		x.op("MOVQ", field("splitStepStride", args), at)
		x.op("LEAQ", scaled(src, at, 4), src)
		x.op("DECQ", steps)
		x.op("JNZ", next)
		if i > 1 {
			x.op("JMP", done)
		}
	}
	x.label(done)
	x.comment("The range of the numbers' absolute values.")
	for _, r := range []struct {
		op    string
		n     int
		field string
	}{{"VPMAXUD", 27, "splitMaxAbs"}, {"VPMINUD", 26, "splitMinAbs"}} {
		y, lower := fmt.Sprint("Y", r.n), fmt.Sprint("X", r.n)
		x.op("VEXTRACTI64X4", "$1", fmt.Sprint("Z", r.n), "Y0")
		x.op(r.op, "Y0", y, y)
		x.op("VEXTRACTI32X4", "$1", y, "X0")
		x.op(r.op, "X0", lower, lower)
		for _, order := range []string{"$0x4e", "$0xb1"} {
			x.op("VPSHUFD", order, lower, "X0")
			x.op(r.op, "X0", lower, lower)
		}
		x.op("VMOVD", lower, "AX")
		x.op("MOVL", "AX", field(r.field, args))
	}
	x.op("VZEROUPPER")
	x.op("RET")
}

// Registers of tile instructions: those whose numbers need no prefix bits.
const (
	pStride = 0 // AX: bytes from row to row of a tile in memory
	pSums   = 2 // DX
	pB      = 3 // BX
	pA      = 6 // SI
)

// vex writes an AMX instruction as bytes, because Go's assembler does not have them: a three-byte VEX prefix, opcode,
// ModRM and the rest.
func (x *x86) vex(text string, prefix, vvvv, opcode byte, rest ...byte) {
	x.bytes(text, append([]byte{0xc4, 0xe2, (15-vvvv)<<3 | prefix, opcode}, rest...))
}

// bytes writes an instruction as bytes.
func (x *x86) bytes(text string, code []byte) {
	x.WriteString("\t// " + text + "\n\t")
	for i, b := range code {
		if i > 0 {
			x.WriteString("; ")
		}
		fmt.Fprintf(x, "BYTE $%#02x", b)
	}
	x.WriteByte('\n')
}

// tileMemory writes a load or store of a tile at offset(base), with the row stride in register pStride.
func (x *x86) tileMemory(text string, prefix byte, tile, base int, offset int32) {
	names := map[int]string{0: "AX", 2: "DX", 3: "BX", 6: "SI"}
	o := uint32(offset)
	x.vex(fmt.Sprintf(text, fmt.Sprintf("%d(%s)(%s*1)", offset, names[base], names[pStride]), tile), prefix, 0, 0x4b,
		byte(0x80|tile<<3|4), byte(pStride<<3|base), byte(o), byte(o>>8), byte(o>>16), byte(o>>24))
}

// tileLoad loads a tile.
func (x *x86) tileLoad(tile, base int, offset int32) {
	x.tileMemory("TILELOADD %s, TMM%d", 3, tile, base, offset)
}

// tileStore stores a tile.
func (x *x86) tileStore(tile, base int, offset int32) {
	x.tileMemory("TILESTORED %[2]d, %[1]s", 2, tile, base, offset)
}

// tileZero zeroes a tile.
func (x *x86) tileZero(tile int) {
	x.vex(fmt.Sprintf("TILEZERO TMM%d", tile), 3, 0, 0x49, byte(0xc0|tile<<3))
}

// tileMultiply adds the product of tiles a and b to tile c.
func (x *x86) tileMultiply(a, b, c int) {
	x.vex(fmt.Sprintf("TDPBF16PS TMM%d, TMM%d, TMM%d", b, a, c), 2, byte(b), 0x5c, byte(0xc0|c<<3|a))
}

// masksAndBias sets the masks of the columns: K1 and K2 for storing, K3 and K4 for loading C, which are empty unless C
// is added; two registers to the bias, and relu to what the sums are compared with.
func (x *x86) masksAndBias(args string, bias int, relu string) {
	bias0, bias1 := fmt.Sprint("Z", bias), fmt.Sprint("Z", bias+1)
	x.op("MOVQ", field("splitTilesN", args), "CX")
	x.op("MOVQ", "$-1", "AX")
	x.op("BZHIQ", "CX", "AX", "AX")
	x.op("KMOVW", "AX", "K1")
	x.op("SHRQ", "$16", "AX")
	x.op("KMOVW", "AX", "K2")
	x.op("KXORW", "K3", "K3", "K3")
	x.op("KXORW", "K4", "K4", "K4")
	x.op("MOVL", "$0x80000000", "AX") // adding −0 changes nothing
	x.op("VPBROADCASTD", "AX", bias0)
	x.op("VPBROADCASTD", "AX", bias1)
	noAdd, noBias, noReLU := x.newLabel("noAdd"), x.newLabel("noBias"), x.newLabel("noReLU")
	x.op("CMPB", field("splitTilesAdd", args), "$0")
	x.op("JEQ", noAdd)
	x.op("KMOVW", "K1", "K3")
	x.op("KMOVW", "K2", "K4")
	x.label(noAdd)
	x.op("MOVQ", field("splitTilesBias", args), "AX")
	x.op("TESTQ", "AX", "AX")
	x.op("JZ", noBias)
	x.op("VMOVUPS.Z", "(AX)", "K1", bias0)
	x.op("VMOVUPS.Z", "64(AX)", "K2", bias1)
	x.label(noBias)
	x.op("MOVL", "$0xff800000", "AX") // the maximum with −Inf changes nothing
	x.op("CMPB", field("splitTilesRelu", args), "$0")
	x.op("JEQ", noReLU)
	x.op("XORL", "AX", "AX")
	x.label(noReLU)
	x.op("VPBROADCASTD", "AX", relu)
}

// storeRow adds C and the bias to a row of sums, computes ReLU and stores it to c. masksAndBias has set the other
// registers.
func (x *x86) storeRow(sums [2]string, c string, bias int, relu string) {
	for v, z := range sums {
		at := fmt.Sprintf("%d(%s)", 64*v, c)
		x.op("VADDPS", at, z, fmt.Sprint("K", 3+v), z)
		x.op("VADDPS", fmt.Sprint("Z", bias+v), z, z)
		x.op("VMAXPS", z, relu, z) // this order of operands keeps NaN
		x.op("VMOVUPS", z, fmt.Sprint("K", 1+v), at)
	}
}

// splitTiles writes the kernel that splitTilesGeneric defines: tiles 0 to 3 hold the sums, 4 and 5 rows of A, 6 and 7
// columns of B. The kernel configures and releases the tiles itself, so no other code of the program runs with
// configured tiles.
func (x *x86) splitTiles() {
	const (
		args           = "DI"
		steps          = "CX"
		c, ldc         = "R8", "R9"
		rows           = "R10"
		a, component   = "R11", "R12"
		product, count = "R13", "R15"
		sums, stride   = "DX", "AX"
	)
	x.function("splitTilesAMX", 0, 8, "t *splitTiles")
	x.op("MOVQ", "t+0(FP)", args)
	x.op("LEAQ", "tileConfig<>(SB)", "AX")
	x.vex("LDTILECFG (AX)", 0, 0, 0x49, 0x00)

	x.masksAndBias(args, 2, "Z4")
	x.op("MOVQ", field("splitTilesC", args), c)
	x.op("MOVQ", field("splitTilesLdc", args), ldc)
	x.op("SHLQ", "$2", ldc)
	x.op("MOVQ", field("splitTilesRows", args), rows)
	x.op("MOVQ", field("splitTilesA", args), a)
	x.op("MOVQ", field("splitTilesStride", args), component)
	x.op("SHLQ", "$2", component)

	panel, next, loop, row, end := x.newLabel("panel"), x.newLabel("product"), x.newLabel("step"), x.newLabel("row"), x.newLabel("end")
	x.label(panel)
	x.comment("The next panel of A: its sums are 0.")
	for i := range 4 {
		x.tileZero(i)
	}
	x.op("MOVQ", field("splitTilesProducts", args), product)
	x.op("MOVQ", field("splitTilesProductsLen", args), count)
	x.op("MOVQ", "$64", stride)
	x.label(next)
	x.comment("The next product of a component of A and a component of B.")
	x.op("MOVQ", "("+product+")", "SI")
	x.op("IMULQ", component, "SI")
	x.op("ADDQ", a, "SI")
	x.op("MOVQ", "8("+product+")", "BX")
	x.op("IMULQ", component, "BX")
	x.op("ADDQ", field("splitTilesB", args), "BX")
	x.op("MOVQ", field("splitTilesSteps", args), steps)
	x.label(loop)
	x.tileLoad(6, pB, 0)
	x.tileLoad(4, pA, 0)
	x.tileMultiply(4, 6, 0)
	x.tileLoad(7, pB, 1024)
	x.tileMultiply(4, 7, 1)
	x.tileLoad(5, pA, 1024)
	x.tileMultiply(5, 6, 2)
	x.tileMultiply(5, 7, 3)
	x.op("ADDQ", "$2048", "SI")
	x.op("ADDQ", "$2048", "BX")
	x.op("DECQ", steps)
	x.op("JNZ", loop)
	x.op("ADDQ", "$16", product)
	x.op("DECQ", count)
	x.op("JNZ", next)

	x.op("MOVQ", field("splitTilesSums", args), sums)
	x.op("MOVQ", "$128", stride)
	for i := range 4 {
		x.tileStore(i, pSums, int32(i/2*16*128+i%2*64))
	}
	x.op("MOVQ", "$32", "CX")
	x.op("CMPQ", rows, "CX")
	x.op("CMOVQLT", rows, "CX")
	x.label(row)
	x.comment("A row of sums: add C and the bias, ReLU, store.")
	for v := range 2 {
		x.op("VMOVUPS", fmt.Sprintf("%d(%s)", 64*v, sums), fmt.Sprint("Z", v))
	}
	x.storeRow([2]string{"Z0", "Z1"}, c, 2, "Z4")
	x.op("ADDQ", "$128", sums)
	x.op("ADDQ", ldc, c)
	x.op("DECQ", "CX")
	x.op("JNZ", row)
	x.op("SUBQ", "$32", rows)
	x.op("JLE", end)
	x.op("MOVQ", field("splitTilesPanelStride", args), "CX")
	x.op("LEAQ", scaled(a, "CX", 4), a)
	x.op("JMP", panel)
	x.label(end)
	x.vex("TILERELEASE", 0, 0, 0x49, 0xc0)
	x.op("VZEROUPPER")
	x.op("RET")
}
