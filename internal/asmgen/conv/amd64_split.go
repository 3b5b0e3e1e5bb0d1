package main

import "fmt"

// split writes the kernel that splitGeneric defines, with AVX-512.
func (x *x86) split() {
	x.function("split"+x.suffix, 0, 104, fmt.Sprintf("even, odd []float%d, ldd int, src []float%[1]d, lds, rows, cols int", 8*x.size))
	const (
		even, odd, ldd   = "DI", "SI", "R8"
		src, lds         = "BX", "R9"
		rows, cols, left = "R10", "R11", "CX"
		in, out          = "DX", "AX" // bytes
		tmp, ones        = "R12", "R13"
	)
	x.op("MOVQ", "even_base+0(FP)", even)
	x.op("MOVQ", "odd_base+24(FP)", odd)
	x.op("MOVQ", "ldd+48(FP)", ldd)
	x.op("MOVQ", "src_base+56(FP)", src)
	x.op("MOVQ", "lds+80(FP)", lds)
	x.op("MOVQ", "rows+88(FP)", rows)
	x.op("MOVQ", "cols+96(FP)", cols)
	x.op("SHLQ", x.shift(), ldd)
	x.op("SHLQ", x.shift(), lds)
	x.op("VMOVDQU64", fmt.Sprintf("evens%d<>(SB)", 8*x.size), "Z2")
	x.op("VMOVDQU64", fmt.Sprintf("odds%d<>(SB)", 8*x.size), "Z3")
	x.op("MOVQ", "$-1", ones)
	permute := map[int]string{4: "VPERMT2PS", 8: "VPERMT2PD"}[x.size]
	row, loop, tail, next := x.newLabel("row"), x.newLabel("loop"), x.newLabel("tail"), x.newLabel("next")
	bytes := x.lanes * x.size
	x.label(row)
	x.op("XORQ", in, in)
	x.op("XORQ", out, out)
	x.op("MOVQ", cols, left)
	x.op("SUBQ", fmt.Sprint("$", 2*x.lanes), left)
	x.op("JLT", tail)
	permuted := func() {
		x.op("VMOVDQA64", "Z0", "Z4")
		x.op(permute, "Z1", "Z2", "Z0")
		x.op(permute, "Z1", "Z3", "Z4")
	}
	x.label(loop)
	x.op(x.p("VMOVUP*"), fmt.Sprintf("(%s)(%s*1)", src, in), "Z0")
	x.op(x.p("VMOVUP*"), fmt.Sprintf("%d(%s)(%s*1)", bytes, src, in), "Z1")
	permuted()
	x.op(x.p("VMOVUP*"), "Z0", fmt.Sprintf("(%s)(%s*1)", even, out))
	x.op(x.p("VMOVUP*"), "Z4", fmt.Sprintf("(%s)(%s*1)", odd, out))
	x.op("ADDQ", fmt.Sprint("$", 2*bytes), in)
	x.op("ADDQ", fmt.Sprint("$", bytes), out)
	x.op("SUBQ", fmt.Sprint("$", 2*x.lanes), left)
	x.op("JGE", loop)
	x.label(tail)
	x.comment("The last elements, under masks.")
	x.op("ADDQ", fmt.Sprint("$", 2*x.lanes), left)
	x.op("JZ", next)
	mask := func(n, k string) {
		x.op("BZHIQ", n, ones, tmp)
		x.op("KMOVW", tmp, k)
	}
	mask(left, "K1") // n beyond the lanes sets all of them
	x.op("MOVQ", left, "R15")
	x.op("SUBQ", fmt.Sprint("$", x.lanes), "R15")
	x.op("MOVQ", "$0", tmp)
	x.op("CMOVQLT", tmp, "R15")
	mask("R15", "K2")
	x.op(x.p("VMOVUP*.Z"), fmt.Sprintf("(%s)(%s*1)", src, in), "K1", "Z0")
	x.op(x.p("VMOVUP*.Z"), fmt.Sprintf("%d(%s)(%s*1)", bytes, src, in), "K2", "Z1")
	permuted()
	x.op("LEAQ", "1("+left+")", "R15")
	x.op("SHRQ", "$1", "R15")
	mask("R15", "K1")
	x.op("SHRQ", "$1", left)
	mask(left, "K2")
	x.op(x.p("VMOVUP*"), "Z0", "K1", fmt.Sprintf("(%s)(%s*1)", even, out))
	x.op(x.p("VMOVUP*"), "Z4", "K2", fmt.Sprintf("(%s)(%s*1)", odd, out))
	x.label(next)
	x.op("ADDQ", ldd, even)
	x.op("ADDQ", ldd, odd)
	x.op("ADDQ", lds, src)
	x.op("DECQ", rows)
	x.op("JNZ", row)
	x.op("VZEROUPPER")
	x.op("RET")
}

// splitTables returns the indices for the even and the odd elements of two vectors.
func splitTables() string {
	text := ""
	for _, size := range []int{4, 8} {
		for first, name := range []string{"evens", "odds"} {
			for i := range 64 / size {
				text += fmt.Sprintf("DATA %s%d<>+%d(SB)/%d, $%d\n", name, 8*size, i*size, size, 2*i+first)
			}
			text += fmt.Sprintf("GLOBL %s%d<>(SB), RODATA|NOPTR, $64\n", name, 8*size)
		}
	}
	return text
}
