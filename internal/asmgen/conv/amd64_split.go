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
	x.comment("Masks of the last elements of a row: K1 and K2 to load, K3 and K4 to store.")
	mask := func(n, k string) {
		x.op("BZHIQ", n, ones, tmp)
		x.op("KMOVW", tmp, k)
	}
	x.op("MOVQ", cols, left)
	x.op("ANDQ", fmt.Sprint("$", 2*x.lanes-1), left)
	mask(left, "K1") // n beyond the lanes sets all of them
	x.op("MOVQ", left, "R15")
	x.op("SUBQ", fmt.Sprint("$", x.lanes), "R15")
	x.op("MOVQ", "$0", tmp)
	x.op("CMOVQLT", tmp, "R15")
	mask("R15", "K2")
	x.op("LEAQ", "1("+left+")", "R15")
	x.op("SHRQ", "$1", "R15")
	mask("R15", "K3")
	x.op("SHRQ", "$1", left)
	mask(left, "K4")
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
	x.op(x.p("VMOVUP*.Z"), fmt.Sprintf("(%s)(%s*1)", src, in), "K1", "Z0")
	x.op(x.p("VMOVUP*.Z"), fmt.Sprintf("%d(%s)(%s*1)", bytes, src, in), "K2", "Z1")
	permuted()
	x.op(x.p("VMOVUP*"), "Z0", "K3", fmt.Sprintf("(%s)(%s*1)", even, out))
	x.op(x.p("VMOVUP*"), "Z4", "K4", fmt.Sprintf("(%s)(%s*1)", odd, out))
	x.label(next)
	x.op("ADDQ", ldd, even)
	x.op("ADDQ", ldd, odd)
	x.op("ADDQ", lds, src)
	x.op("DECQ", rows)
	x.op("JNZ", row)
	x.op("VZEROUPPER")
	x.op("RET")
}

// splitTables returns the indices of the even and the odd elements of two vectors, and those of the elements of the
// lower and the upper half of a vector, twice each. Those of an interleaving are of float32 only.
func splitTables() string {
	text := ""
	for _, size := range []int{4, 8} {
		n := 64 / size
		tables := []struct {
			name  string
			index func(i int) int
		}{
			{"interleaveLow", func(i int) int { return i/2 + i%2*n }}, {"interleaveHigh", func(i int) int { return (n+i)/2 + i%2*n }},
			{"evens", func(i int) int { return 2 * i }}, {"odds", func(i int) int { return 2*i + 1 }},
			{"lower", func(i int) int { return i / 2 }}, {"upper", func(i int) int { return (n + i) / 2 }},
		}
		if size == 8 {
			tables = tables[2:]
		}
		for _, table := range tables {
			for i := range n {
				text += fmt.Sprintf("DATA %s%d<>+%d(SB)/%d, $%d\n", table.name, 8*size, i*size, size, table.index(i))
			}
			text += fmt.Sprintf("GLOBL %s%d<>(SB), RODATA|NOPTR, $64\n", table.name, 8*size)
		}
	}
	return text
}

// spread writes the kernel that spreadGeneric defines, with AVX-512.
func (x *x86) spread() {
	x.function("spread"+x.suffix, 0, 80, fmt.Sprintf("dst []float%d, ldd int, src []float%[1]d, lds, rows, cols int", 8*x.size))
	const (
		dst, ldd         = "DI", "R8"
		src, lds         = "BX", "R9"
		rows, cols, left = "R10", "R11", "CX"
		in, out          = "DX", "AX"
		tmp, ones        = "R12", "R13"
	)
	x.op("MOVQ", "dst_base+0(FP)", dst)
	x.op("MOVQ", "ldd+24(FP)", ldd)
	x.op("MOVQ", "src_base+32(FP)", src)
	x.op("MOVQ", "lds+56(FP)", lds)
	x.op("MOVQ", "rows+64(FP)", rows)
	x.op("MOVQ", "cols+72(FP)", cols)
	x.op("SHLQ", x.shift(), ldd)
	x.op("SHLQ", x.shift(), lds)
	x.op("VMOVDQU64", fmt.Sprintf("lower%d<>(SB)", 8*x.size), "Z2")
	x.op("VMOVDQU64", fmt.Sprintf("upper%d<>(SB)", 8*x.size), "Z3")
	x.op("MOVQ", "$-1", ones)
	x.op("MOVQ", "$0x5555", tmp)
	x.op("KMOVW", tmp, "K3")
	permute := map[int]string{4: "VPERMPS.Z", 8: "VPERMPD.Z"}[x.size]
	row, loop, last := x.newLabel("row"), x.newLabel("loop"), x.newLabel("last")
	bytes := x.lanes * x.size
	x.comment("Masks of the last elements of a row: K4 to load, K1 and K2 to store.")
	x.op("LEAQ", fmt.Sprintf("-1(%s)", cols), left)
	x.op("ANDQ", fmt.Sprint("$", x.lanes-1), left)
	x.op("INCQ", left)
	x.op("BZHIQ", left, ones, tmp)
	x.op("KMOVW", tmp, "K4")
	x.op("LEAQ", fmt.Sprintf("-1(%s)(%s*1)", left, left), left)
	x.op("BZHIQ", left, ones, tmp)
	x.op("KMOVW", tmp, "K1")
	x.op("SHRQ", fmt.Sprint("$", x.lanes), tmp)
	x.op("KMOVW", tmp, "K2")
	x.label(row)
	x.op("MOVQ", src, in)
	x.op("MOVQ", dst, out)
	x.op("MOVQ", cols, left)
	x.op("SUBQ", fmt.Sprint("$", x.lanes), left)
	x.op("JLE", last)
	x.label(loop)
	x.op(x.p("VMOVUP*"), "("+in+")", "Z0")
	x.op(permute, "Z0", "Z2", "K3", "Z1")
	x.op(permute, "Z0", "Z3", "K3", "Z4")
	x.op(x.p("VMOVUP*"), "Z1", "("+out+")")
	x.op(x.p("VMOVUP*"), "Z4", fmt.Sprintf("%d(%s)", bytes, out))
	x.op("ADDQ", fmt.Sprint("$", bytes), in)
	x.op("ADDQ", fmt.Sprint("$", 2*bytes), out)
	x.op("SUBQ", fmt.Sprint("$", x.lanes), left)
	x.op("JG", loop)
	x.label(last)
	x.comment("The last elements, under masks.")
	x.op(x.p("VMOVUP*.Z"), "("+in+")", "K4", "Z0")
	x.op(permute, "Z0", "Z2", "K3", "Z1")
	x.op(permute, "Z0", "Z3", "K3", "Z4")
	x.op(x.p("VMOVUP*"), "Z1", "K1", "("+out+")")
	x.op(x.p("VMOVUP*"), "Z4", "K2", fmt.Sprintf("%d(%s)", bytes, out))
	x.op("ADDQ", ldd, dst)
	x.op("ADDQ", lds, src)
	x.op("DECQ", rows)
	x.op("JNZ", row)
	x.op("VZEROUPPER")
	x.op("RET")
}
