package main

import "fmt"

// fields loads fields of the arguments into registers.
func (x *x86) fields(args string, list ...[2]string) {
	for _, l := range list {
		x.op("MOVQ", field(l[0], args), l[1])
	}
}

// winogradInput writes the kernel that winogradInputGeneric defines, for 16 tiles. The lanes of a vector are tiles.
func (x *x86) winogradInput() {
	const args, channels, next, dst, plane, plane3 = "DI", "CX", "DX", "R12", "R13", "R14"
	row := func(r int) string { return fmt.Sprint("R", 8+r) }
	x.function("winogradInput"+x.suffix, 0, 8, "w *winogradInput[float32]")
	x.op("MOVQ", "w+0(FP)", args)
	for k := range 4 {
		x.op("MOVQ", fmt.Sprintf("const_winogradInputMasks+%d(%s)", 8*k, args), "AX")
		x.op("KMOVW", "AX", fmt.Sprint("K", k+1))
	}
	x.op("MOVQ", field("winogradInputAt", args), "AX")
	for r := range 4 {
		x.op("MOVQ", fmt.Sprintf("const_winogradInputRows+%d(%s)", 24*r, args), row(r))
		x.op("LEAQ", scaled(row(r), "AX", 4), row(r))
	}
	x.fields(args, [2]string{"winogradInputChannels", channels}, [2]string{"winogradInputV", dst}, [2]string{"winogradInputPlane", plane})
	x.op("SHLQ", "$2", plane)
	x.op("LEAQ", scaled(plane, plane, 2), plane3)
	x.op("VMOVDQU64", "evens32<>(SB)", "Z30")
	x.op("VMOVDQU64", "odds32<>(SB)", "Z31")
	loop := x.newLabel("channel")
	x.label(loop)
	x.comment("Columns of each row.")
	h := func(r, j int) string { return fmt.Sprint("Z", 4*r+j) }
	for r := range 4 {
		// The columns 0, 1, 2 and 3 of the tiles.
		for k, at := range []int{0, 64, 8, 72} {
			x.op("VMOVUPS.Z", fmt.Sprintf("%d(%s)", at, row(r)), fmt.Sprint("K", k+1), fmt.Sprint("Z", 16+k))
		}
		x.op("VMOVAPS", "Z16", "Z20")
		x.op("VMOVAPS", "Z18", "Z21")
		x.op("VPERMT2PS", "Z17", "Z30", "Z16") // column 0
		x.op("VPERMT2PS", "Z17", "Z31", "Z20") // column 1
		x.op("VPERMT2PS", "Z19", "Z30", "Z18") // column 2
		x.op("VPERMT2PS", "Z19", "Z31", "Z21") // column 3
		x.op("VSUBPS", "Z18", "Z16", h(r, 0))
		x.op("VADDPS", "Z18", "Z20", h(r, 1))
		x.op("VSUBPS", "Z20", "Z18", h(r, 2))
		x.op("VSUBPS", "Z21", "Z20", h(r, 3))
	}
	x.comment("Rows of each column.")
	x.op("MOVQ", dst, "AX")
	for i := range 4 {
		for j := range 4 {
			sum := fmt.Sprint("Z", 16+j)
			switch i {
			case 0:
				x.op("VSUBPS", h(2, j), h(0, j), sum)
			case 1:
				x.op("VADDPS", h(2, j), h(1, j), sum)
			case 2:
				x.op("VSUBPS", h(1, j), h(2, j), sum)
			case 3:
				x.op("VSUBPS", h(3, j), h(1, j), sum)
			}
			at := [...]string{"(AX)", scaled("AX", plane, 1), scaled("AX", plane, 2), scaled("AX", plane3, 1)}[j]
			x.op("VMOVUPS", sum, at)
		}
		x.op("LEAQ", scaled("AX", plane, 4), "AX")
	}
	for r := range 4 {
		x.op("MOVQ", fmt.Sprintf("const_winogradInputNext+%d(%s)", 8*r, args), next)
		x.op("LEAQ", scaled(row(r), next, 4), row(r))
	}
	x.op("MOVQ", field("winogradInputChannel", args), next)
	x.op("LEAQ", scaled(dst, next, 4), dst)
	x.op("DECQ", channels)
	x.op("JNZ", loop)
	x.op("VZEROUPPER")
	x.op("RET")
}

// winogradOutput writes the kernel that winogradOutputGeneric defines, for 16 tiles.
func (x *x86) winogradOutput() {
	const args, channels, src, plane, plane3, dst, next, bias = "DI", "CX", "R12", "R13", "R14", "R8", "DX", "R9"
	x.function("winogradOutput"+x.suffix, 0, 8, "w *winogradOutput[float32]")
	x.op("MOVQ", "w+0(FP)", args)
	for k := range 2 {
		x.op("MOVQ", fmt.Sprintf("const_winogradOutputMasks+%d(%s)", 8*k, args), "AX")
		x.op("KMOVW", "AX", fmt.Sprint("K", k+1))
	}
	x.fields(args, [2]string{"winogradOutputChannels", channels}, [2]string{"winogradOutputM", src},
		[2]string{"winogradOutputPlane", plane},
		[2]string{"winogradOutputY", dst}, [2]string{"winogradOutputBias", bias})
	x.op("SHLQ", "$2", plane)
	x.op("LEAQ", scaled(plane, plane, 2), plane3)
	x.op("VMOVDQU64", "interleaveLow32<>(SB)", "Z30")
	x.op("VMOVDQU64", "interleaveHigh32<>(SB)", "Z31")
	x.op("VPXORD", "Z29", "Z29", "Z29")
	loop, noBias, noReLU, end := x.newLabel("channel"), x.newLabel("noBias"), x.newLabel("noReLU"), x.newLabel("end")
	x.label(loop)
	x.comment("Sums of rows: Z0 to Z3 of the upper, Z4 to Z7 of the lower row of positions.")
	at := func(j int) string {
		return [...]string{"(AX)", scaled("AX", plane, 1), scaled("AX", plane, 2), scaled("AX", plane3, 1)}[j]
	}
	x.op("MOVQ", src, "AX")
	for i := range 4 {
		for j := range 4 {
			up, low := fmt.Sprint("Z", j), fmt.Sprint("Z", 4+j)
			switch i {
			case 0:
				x.op("VMOVUPS", at(j), up)
			case 1:
				x.op("VMOVUPS", at(j), low)
				x.op("VADDPS", low, up, up)
			case 2:
				x.op("VMOVUPS", at(j), "Z16")
				x.op("VADDPS", "Z16", up, up)
				x.op("VSUBPS", "Z16", low, low)
			case 3:
				x.op("VSUBPS", at(j), low, low)
			}
		}
		if i < 3 {
			x.op("LEAQ", scaled("AX", plane, 4), "AX")
		}
	}
	x.comment("Sums of columns: Z0 and Z1 are the upper row's even and odd positions, Z4 and Z5 the lower row's.")
	for r := 0; r < 8; r += 4 {
		z := func(j int) string { return fmt.Sprint("Z", r+j) }
		x.op("VADDPS", z(1), z(0), z(0))
		x.op("VADDPS", z(2), z(0), z(0))
		x.op("VSUBPS", z(2), z(1), z(1))
		x.op("VSUBPS", z(3), z(1), z(1))
	}
	sums := []string{"Z0", "Z1", "Z4", "Z5"}
	x.op("TESTQ", bias, bias)
	x.op("JZ", noBias)
	x.op("VBROADCASTSS", "("+bias+")", "Z16")
	x.op("ADDQ", "$4", bias)
	for _, z := range sums {
		x.op("VADDPS", "Z16", z, z)
	}
	x.label(noBias)
	x.op("CMPB", field("winogradOutputRelu", args), "$0")
	x.op("JEQ", noReLU)
	for _, z := range sums {
		x.op("VMAXPS", z, "Z29", z) // this order of operands keeps NaN
	}
	x.label(noReLU)
	x.op("MOVQ", dst, "AX")
	for r := range 2 {
		even, odd := sums[2*r], sums[2*r+1]
		x.op("VMOVAPS", even, "Z16")
		x.op("VPERMT2PS", odd, "Z30", "Z16")
		x.op("VPERMT2PS", odd, "Z31", even)
		x.op("VMOVUPS", "Z16", "K1", "(AX)")
		x.op("VMOVUPS", even, "K2", "64(AX)")
		if r == 0 {
			x.op("MOVQ", field("winogradOutputLower", args), "BX")
			x.op("TESTQ", "BX", "BX")
			x.op("JZ", end)
			x.op("LEAQ", scaled("AX", "BX", 4), "AX")
		}
	}
	x.label(end)
	for _, l := range [][2]string{{"winogradOutputChannel", src}, {"winogradOutputNext", dst}} {
		x.op("MOVQ", field(l[0], args), next)
		x.op("LEAQ", scaled(l[1], next, 4), l[1])
	}
	x.op("DECQ", channels)
	x.op("JNZ", loop)
	x.op("VZEROUPPER")
	x.op("RET")
}

// winogradWeights writes the kernel that winogradWeightsGeneric defines.
func (x *x86) winogradWeights() {
	const dst, plane, src, ld, n, plane3 = "DI", "R8", "SI", "R9", "CX", "R10"
	x.function("winogradWeights"+x.suffix, 0, 72, "dst []float32, plane int, src []float32, ld, n int")
	x.op("MOVQ", "dst_base+0(FP)", dst)
	x.op("MOVQ", "plane+24(FP)", plane)
	x.op("MOVQ", "src_base+32(FP)", src)
	x.op("MOVQ", "ld+56(FP)", ld)
	x.op("MOVQ", "n+64(FP)", n)
	x.op("SHLQ", "$2", plane)
	x.op("SHLQ", "$2", ld)
	x.op("LEAQ", scaled(plane, plane, 2), plane3)
	x.op("MOVL", "$0x3f000000", "AX") // 0.5
	x.op("MOVQ", "AX", "X0")
	x.op("VBROADCASTSS", "X0", "Z31")
	x.op("MOVQ", "$-1", "BX")
	loop, full := x.newLabel("loop"), x.newLabel("full")
	x.label(loop)
	x.op("BZHIQ", n, "BX", "AX") // n beyond the lanes sets all of them
	x.op("CMPQ", n, "$16")
	x.op("JLT", full)
	x.op("MOVQ", "BX", "AX")
	x.label(full)
	x.op("KMOVW", "AX", "K1")
	// spread writes the four combinations of three vectors.
	spread := func(a, b, c string, d [4]string) {
		if d[0] != a {
			x.op("VMOVAPS", a, d[0])
		}
		x.op("VADDPS", c, a, "Z30")
		x.op("VADDPS", b, "Z30", d[1])
		x.op("VSUBPS", b, "Z30", d[2])
		x.op("VMULPS", "Z31", d[1], d[1])
		x.op("VMULPS", "Z31", d[2], d[2])
		if d[3] != c {
			x.op("VMOVAPS", c, d[3])
		}
	}
	z := func(i int) string { return fmt.Sprint("Z", i) }
	x.op("MOVQ", src, "AX")
	for k := range 9 { // row i, column j of the filter: Z(i·3+j)
		x.op("VMOVUPS.Z", "(AX)", "K1", z(k))
		if k < 8 {
			x.op("ADDQ", ld, "AX")
		}
	}
	for j := range 3 { // row i, column j of the columns' combinations: Z(9+i·3+j)
		spread(z(j), z(3+j), z(6+j), [4]string{z(9 + j), z(12 + j), z(15 + j), z(18 + j)})
	}
	x.op("MOVQ", dst, "AX")
	for i := range 4 {
		spread(z(9+3*i), z(10+3*i), z(11+3*i), [4]string{"Z0", "Z1", "Z2", "Z3"})
		for j := range 4 {
			at := [...]string{"(AX)", scaled("AX", plane, 1), scaled("AX", plane, 2), scaled("AX", plane3, 1)}[j]
			x.op("VMOVUPS", z(j), "K1", at)
		}
		x.op("LEAQ", scaled("AX", plane, 4), "AX")
	}
	x.op("ADDQ", "$64", src)
	x.op("ADDQ", "$64", dst)
	x.op("SUBQ", "$16", n)
	x.op("JG", loop)
	x.op("VZEROUPPER")
	x.op("RET")
}
