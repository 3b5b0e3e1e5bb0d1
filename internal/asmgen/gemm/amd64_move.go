package main

import "fmt"

// copy writes the kernel that copyGeneric defines. It prefetches rows, because the processor's prefetcher does not
// follow their large stride.
func (x *x86) copy() {
	x.function("copy"+x.suffix, 0, 80, fmt.Sprintf("dst []float%d, ldd int, src []float%[1]d, lds, rows, cols int", 8*x.size))
	const (
		dst, ldd   = "DI", "R8"
		src, lds   = "SI", "R9"
		rows, cols = "R10", "R11"
		ahead      = "R12"
		to, from   = "AX", "BX"
		left       = "CX"
	)
	shift := fmt.Sprint("$", map[int]int{4: 2, 8: 3}[x.size])
	x.op("MOVQ", "dst_base+0(FP)", dst)
	x.op("MOVQ", "ldd+24(FP)", ldd)
	x.op("MOVQ", "src_base+32(FP)", src)
	x.op("MOVQ", "lds+56(FP)", lds)
	x.op("MOVQ", "rows+64(FP)", rows)
	x.op("MOVQ", "cols+72(FP)", cols)
	x.op("SHLQ", shift, ldd)
	x.op("SHLQ", shift, lds)
	x.op("LEAQ", "("+lds+")("+lds+"*2)", ahead)
	x.op("SHLQ", "$2", ahead) // twelve rows
	x.op("LEAQ", fmt.Sprint("-1(", cols, ")"), left)
	x.op("ANDQ", fmt.Sprint("$", x.lanes-1), left)
	x.op("INCQ", left) // of the last vector, which may be full
	x.op("SUBQ", left, cols)
	full := x.newLabel("full")
	x.ifFull(left, full, !x.avx512())
	x.setMask(left, "R13")

	x.variants(full, !x.avx512(), func() {
		row, loop, last := x.newLabel("row"), x.newLabel("loop"), x.newLabel("last")
		x.label(row)
		x.comment("A row: whole vectors, then the last under a mask.")
		x.op("MOVQ", dst, to)
		x.op("MOVQ", src, from)
		x.op("MOVQ", cols, left)
		x.op("TESTQ", left, left)
		x.op("JZ", last)
		x.label(loop)
		x.op("PREFETCHT0", "("+from+")("+ahead+"*1)")
		x.op(x.p("VMOVUP*"), "("+from+")", x.v(0))
		x.op(x.p("VMOVUP*"), x.v(0), "("+to+")")
		x.op("ADDQ", fmt.Sprint("$", x.lanes*x.size), from)
		x.op("ADDQ", fmt.Sprint("$", x.lanes*x.size), to)
		x.op("SUBQ", fmt.Sprint("$", x.lanes), left)
		x.op("JNZ", loop)
		x.label(last)
		x.op("PREFETCHT0", "("+from+")("+ahead+"*1)")
		x.load("("+from+")", x.v(0), true)
		x.store(x.v(0), "("+to+")", true)
		x.op("ADDQ", ldd, dst)
		x.op("ADDQ", lds, src)
		x.op("DECQ", rows)
		x.op("JNZ", row)
		x.op("VZEROUPPER")
		x.op("RET")
	})
}

// transpose writes the kernel that transposeGeneric defines. A vector is loaded with 128 bits of each of several rows,
// so that adjacent rows are in the same 128-bit lane of adjacent vectors. Then unpack instructions transpose them.
func (x *x86) transpose() {
	x.function("transpose"+x.suffix, 8*x.lanes, 80, fmt.Sprintf("dst []float%d, ldd int, src []float%[1]d, lds, rows, cols int", 8*x.size))
	shift := fmt.Sprint("$", map[int]int{4: 2, 8: 3}[x.size])
	quad := 16 / x.size     // elements in 128 bits
	quads := x.lanes / quad // 128-bit lanes of a vector
	const (
		dst, ldd, ldd3 = "DI", "R8", "R9"
		src, lds       = "SI", "R10"
		rows, cols     = "R11", "R12"
		off, left      = "CX", "DX" // bytes into a row, columns left
		out            = "AX"
	)
	x.op("MOVQ", "dst_base+0(FP)", dst)
	x.op("MOVQ", "ldd+24(FP)", ldd)
	x.op("MOVQ", "src_base+32(FP)", src)
	x.op("MOVQ", "lds+56(FP)", lds)
	x.op("MOVQ", "rows+64(FP)", rows)
	x.op("MOVQ", "cols+72(FP)", cols)
	x.op("SHLQ", shift, ldd)
	x.op("SHLQ", shift, lds)
	x.op("LEAQ", scaled(ldd, ldd, 2), ldd3)

	// A block of rows. Their addresses are on the stack; if there are fewer rows, the last address is repeated.
	block, end := x.newLabel("block"), x.newLabel("end")
	x.label(block)
	x.comment("The addresses of the next rows.")
	x.op("TESTQ", rows, rows)
	x.op("JLE", end)
	x.op("MOVQ", rows, "BX")
	x.op("MOVQ", fmt.Sprint("$", x.lanes), "R13")
	x.op("CMPQ", "BX", "R13")
	x.op("CMOVQGT", "R13", "BX")
	x.op("MOVQ", src, "R13")
	x.op("MOVQ", src, "R15") // the last row
	x.op("MOVQ", "BX", left)
	x.op("DECQ", left)
	x.op("IMULQ", lds, left)
	x.op("ADDQ", left, "R15")
	for r := range x.lanes {
		x.op("MOVQ", "R13", fmt.Sprintf("row%d-%d(SP)", r, 8*(x.lanes-r)))
		x.op("ADDQ", lds, "R13")
		x.op("CMPQ", "R13", "R15")
		x.op("CMOVQGT", "R15", "R13")
	}
	x.op("XORQ", off, off)
	x.op("MOVQ", cols, left)
	x.op("MOVQ", dst, out)
	full := x.newLabel("full")
	x.ifFull("BX", full, !x.avx512())
	x.setMask("BX", "R13")

	loadQuads := func(r int, mask bool) { // loads 128 bits of rows r, r+quad, … into vector r
		for l := range quads {
			x.op("MOVQ", fmt.Sprintf("row%d-%d(SP)", r+l*quad, 8*(x.lanes-r-l*quad)), "R13")
			at := fmt.Sprintf("(R13)(%s*1)", off)
			xr, yr, zr := fmt.Sprint("X", r), fmt.Sprint("Y", r), fmt.Sprint("Z", r)
			if l == 0 || mask {
				if l > 0 {
					xr = "X12"
				}
				if !mask {
					x.op(x.p("VMOVUP*"), at, xr)
				} else {
					x.op(x.p("VMASKMOVP*"), at, "X13", xr)
				}
				if l == 0 {
					continue
				}
				at = xr
			}
			if x.avx512() {
				x.op("VINSERTF32X4", fmt.Sprint("$", l), at, zr, zr)
			} else {
				x.op("VINSERTF128", "$1", at, yr, yr)
			}
		}
	}
	unpack := func() []int { // returns the registers that hold columns 0, 1, … afterwards
		if quad == 2 {
			x.op("VUNPCKLPD", x.v(1), x.v(0), x.v(4))
			x.op("VUNPCKHPD", x.v(1), x.v(0), x.v(5))
			return []int{4, 5}
		}
		x.op("VUNPCKLPS", x.v(1), x.v(0), x.v(4)) // columns 0, 1 of rows 0, 1
		x.op("VUNPCKHPS", x.v(1), x.v(0), x.v(5)) // columns 2, 3 of rows 0, 1
		x.op("VUNPCKLPS", x.v(3), x.v(2), x.v(6))
		x.op("VUNPCKHPS", x.v(3), x.v(2), x.v(7))
		x.op("VUNPCKLPD", x.v(6), x.v(4), x.v(8))
		x.op("VUNPCKHPD", x.v(6), x.v(4), x.v(9))
		x.op("VUNPCKLPD", x.v(7), x.v(5), x.v(10))
		x.op("VUNPCKHPD", x.v(7), x.v(5), x.v(11))
		return []int{8, 9, 10, 11}
	}
	address := func(j int) string {
		return [...]string{"(" + out + ")", scaled(out, ldd, 1), scaled(out, ldd, 2), scaled(out, ldd3, 1)}[j]
	}

	x.variants(full, !x.avx512(), func() {
		loop, tail, stored := x.newLabel("loop"), x.newLabel("tail"), x.newLabel("stored")
		x.op("SUBQ", fmt.Sprint("$", quad), left)
		x.op("JLT", tail)
		x.label(loop)
		x.comment("%d columns of %d rows.", quad, x.lanes)
		for r := range quad {
			loadQuads(r, false)
		}
		for j, r := range unpack() {
			x.store(x.v(r), address(j), true)
		}
		x.op("ADDQ", "$16", off)
		x.op("LEAQ", scaled(out, ldd, quad), out)
		x.op("SUBQ", fmt.Sprint("$", quad), left)
		x.op("JGE", loop)
		x.label(tail)
		x.comment("The last columns, under a mask.")
		x.op("ADDQ", fmt.Sprint("$", quad), left) // columns left
		x.op("JZ", stored)
		x.op("MOVQ", left, "BX")
		x.op("NEGQ", "BX")
		x.op("LEAQ", "maskAVX2<>+32(SB)", "R13")
		x.op("VMOVUPS", fmt.Sprintf("(R13)(BX*%d)", x.size), "X13")
		for r := range quad {
			loadQuads(r, true)
		}
		for j, r := range unpack()[:quad-1] {
			x.store(x.v(r), address(j), true)
			if j < quad-2 {
				x.op("CMPQ", left, fmt.Sprint("$", j+1))
				x.op("JEQ", stored)
			}
		}
		x.label(stored)
		x.op("ADDQ", fmt.Sprint("$", x.lanes*x.size), dst)
		x.op("MOVQ", lds, "R13")
		x.op("IMULQ", fmt.Sprint("$", x.lanes), "R13")
		x.op("ADDQ", "R13", src)
		x.op("SUBQ", fmt.Sprint("$", x.lanes), rows)
		x.op("JMP", block)
	})
	x.label(end)
	x.op("VZEROUPPER")
	x.op("RET")
}

// panels writes the kernel that panelsGeneric defines, for heights up to that of the widest tile. It moves the elements
// of one height in pieces of 256, 128, 64 and 32 bits. It prefetches later terms, because the processor's prefetcher
// does not follow their large stride.
func (x *x86) panels() {
	x.function("panels"+x.suffix, 0, 88, fmt.Sprintf("dst []float%d, next int, src []float%[1]d, lds, height, count, k int", 8*x.size))
	const (
		dst, next  = "DI", "R8"
		src, lds   = "SI", "R9"
		count, k   = "R10", "R11"
		to, from   = "AX", "BX"
		left, high = "CX", "DX"
		ahead      = "R12"
	)
	shift := fmt.Sprint("$", map[int]int{4: 2, 8: 3}[x.size])
	x.op("MOVQ", "dst_base+0(FP)", dst)
	x.op("MOVQ", "next+24(FP)", next)
	x.op("MOVQ", "src_base+32(FP)", src)
	x.op("MOVQ", "lds+56(FP)", lds)
	x.op("MOVQ", "height+64(FP)", high)
	x.op("MOVQ", "count+72(FP)", count)
	x.op("MOVQ", "k+80(FP)", k)
	x.op("SHLQ", shift, next)
	x.op("SHLQ", shift, lds)
	x.op("LEAQ", scaled(lds, lds, 2), ahead)
	x.op("SHLQ", "$2", ahead) // twelve terms
	heights := x.heights[len(x.heights)-1]
	labels := make([]string, heights)
	for h := range labels {
		labels[h] = x.newLabel(fmt.Sprintf("height%d_", h+1))
		if h < heights-1 {
			x.op("CMPQ", high, fmt.Sprint("$", h+1))
			x.op("JEQ", labels[h])
		}
	}
	for h := heights; h > 0; h-- {
		x.label(labels[h-1])
		term, tile := x.newLabel("term"), x.newLabel("tile")
		x.label(term)
		x.comment("A term: %d elements for each tile.", h)
		x.op("MOVQ", src, from)
		x.op("MOVQ", dst, to)
		x.op("MOVQ", count, left)
		x.label(tile)
		x.op("PREFETCHT0", "("+from+")("+ahead+"*1)")
		at := 0
		for bytes := h * x.size; at < bytes; {
			for _, piece := range []struct {
				size int
				move string
				reg  string
			}{{32, "VMOVUPS", "Y0"}, {16, "VMOVUPS", "X0"}, {8, "VMOVQ", "X0"}, {4, "VMOVSS", "X0"}} {
				if bytes-at >= piece.size {
					x.op(piece.move, fmt.Sprintf("%d(%s)", at, from), piece.reg)
					x.op(piece.move, piece.reg, fmt.Sprintf("%d(%s)", at, to))
					at += piece.size
					break
				}
			}
		}
		x.op("ADDQ", fmt.Sprint("$", h*x.size), from)
		x.op("ADDQ", next, to)
		x.op("DECQ", left)
		x.op("JNZ", tile)
		x.op("ADDQ", lds, src)
		x.op("ADDQ", fmt.Sprint("$", h*x.size), dst)
		x.op("DECQ", k)
		x.op("JNZ", term)
		x.op("VZEROUPPER")
		x.op("RET")
	}
}
