package main

import "fmt"

// An x86 describes a vector instruction set of amd64 and one element type.
type x86 struct {
	writer
	suffix  string // of the functions' names
	reg     string // name of a vector register, without its number
	vectors int    // number of vector registers
	lanes   int    // elements of a vector
	size    int    // bytes of an element
	heights []int  // heights[v-1]: the most rows of a tile of v vectors
	full    bool   // what is being written has whole vectors only
}

func (x *x86) avx512() bool { return x.reg == "Z" }

// p gives the name of an instruction for the element type, S or D put in the place of the star.
func (x *x86) p(name string) string {
	t := byte('S')
	if x.size == 8 {
		t = 'D'
	}
	b := []byte(name)
	for i := range b {
		if b[i] == '*' {
			b[i] = t
		}
	}
	return string(b)
}

func (x *x86) v(i int) string { return fmt.Sprint(x.reg, i) }

func amd64File() string {
	text := header("!noasm")
	text += "\n// maskAVX2<>+32-4·n: n lanes of ones, then zeros.\n"
	for i := range 16 {
		ones := 0
		if i < 8 {
			ones = 0xffffffff
		}
		text += fmt.Sprintf("DATA maskAVX2<>+%d(SB)/4, $%#x\n", 4*i, ones)
	}
	text += "GLOBL maskAVX2<>(SB), RODATA|NOPTR, $64\n"
	for _, x := range []*x86{
		{suffix: "AVX512F32", reg: "Z", vectors: 32, lanes: 16, size: 4, heights: []int{9, 9, 9, 6}},
		{suffix: "AVX512F64", reg: "Z", vectors: 32, lanes: 8, size: 8, heights: []int{9, 9, 9, 6}},
		{suffix: "AVX2F32", reg: "Y", vectors: 16, lanes: 8, size: 4, heights: []int{6, 6}},
		{suffix: "AVX2F64", reg: "Y", vectors: 16, lanes: 4, size: 8, heights: []int{6, 6}},
	} {
		x.tiles()
		x.dots()
		x.copy()
		x.transpose()
		text += x.String()
	}
	return text
}

// The mask of the last, partial vector lives in K1 or, with AVX2, in the last vector register.

func (x *x86) maskRegister() string {
	if x.avx512() {
		return "K1"
	}
	return x.v(x.vectors - 1)
}

// setMask makes the mask register select the first n lanes, n in a register that it destroys, 1 ≤ n ≤ lanes.
func (x *x86) setMask(n, scratch string) {
	if x.avx512() {
		x.op("MOVQ", "$-1", scratch)
		x.op("BZHIQ", n, scratch, scratch)
		x.op("KMOVW", scratch, "K1")
		return
	}
	x.op("NEGQ", n)
	x.op("LEAQ", "maskAVX2<>+32(SB)", scratch)
	x.op("VMOVUPS", fmt.Sprintf("(%s)(%s*%d)", scratch, n, x.size), x.maskRegister())
}

// variants writes code once or, with AVX2, twice: for vectors of which some are masked, and for whole vectors, because there a masked
// load or store is slow even if it moves everything. label is where the code for whole vectors begins.
func (x *x86) variants(label string, code func()) {
	code()
	if !x.avx512() {
		x.full = true
		x.label(label)
		code()
		x.full = false
	}
}

// ifFull jumps to the variant for whole vectors if the last vector has n lanes, all of them.
func (x *x86) ifFull(n, label string) {
	if !x.avx512() {
		x.op("CMPQ", n, fmt.Sprint("$", x.lanes))
		x.op("JEQ", label)
	}
}

// load and store move one vector; where masked, only the lanes of the mask, the others being zero or left alone.

func (x *x86) load(address, register string, masked bool) {
	switch {
	case !masked || x.full:
		x.op(x.p("VMOVUP*"), address, register)
	case x.avx512():
		x.op(x.p("VMOVUP*.Z"), address, "K1", register)
	default:
		x.op(x.p("VMASKMOVP*"), address, x.maskRegister(), register)
	}
}

func (x *x86) store(register, address string, masked bool) {
	switch {
	case !masked || x.full:
		x.op(x.p("VMOVUP*"), register, address)
	case x.avx512():
		x.op(x.p("VMOVUP*"), register, "K1", address)
	default:
		x.op(x.p("VMASKMOVP*"), register, x.maskRegister(), address)
	}
}

// clear zeroes a vector register.
func (x *x86) clear(i int) {
	if i >= 16 { // the shorter forms do not reach it
		x.op("VPXORD", x.v(i), x.v(i), x.v(i))
		return
	}
	x.op("VXORPS", fmt.Sprint("X", i), fmt.Sprint("X", i), fmt.Sprint("X", i))
}

// Registers of tiles. The bases advance from tile to tile, the others from term to term.
const (
	tArgs  = "DI"
	tA     = "AX" // base of A
	tB     = "BX" // base of B
	tC     = "DX" // base of C
	tCount = "CX" // terms left; free in the epilogue
	tPa    = "R13"
	tPb    = "SI"
	tArs   = "R8" // row stride of A; three, five and seven times
	tArs3  = "R9"
	tArs5  = "R10"
	tArs7  = "R11"
	tAcs   = "R12"
	tBrs   = "R15"
	tPc    = "R14"
)

// tiles writes the kernel that the Go function tilesGeneric documents. A tile is kept in registers: for each term of the sum, a row of B is
// loaded, and each element of a column of A is broadcast and multiplied with it.
func (x *x86) tiles() {
	x.function("tiles"+x.suffix, 24, 8, fmt.Sprintf("t *tiles[float%d]", 8*x.size))
	x.op("MOVQ", "t+0(FP)", tArgs)
	x.op("MOVQ", field("tilesA", tArgs), tA)
	x.op("MOVQ", field("tilesB", tArgs), tB)
	x.op("MOVQ", field("tilesC", tArgs), tC)
	shift := fmt.Sprint("$", map[int]int{4: 2, 8: 3}[x.size])
	for _, s := range [][2]string{{"tilesArs", tArs}, {"tilesAcs", tAcs}, {"tilesBrs", tBrs}} {
		x.op("MOVQ", field(s[0], tArgs), s[1])
		x.op("SHLQ", shift, s[1])
	}
	x.op("LEAQ", scaled(tArs, tArs, 2), tArs3)
	x.op("LEAQ", scaled(tArs, tArs, 4), tArs5)
	x.op("LEAQ", scaled(tArs3, tArs, 4), tArs7)
	x.op("MOVQ", field("tilesLdc", tArgs), tCount)
	x.op("SHLQ", shift, tCount)
	x.op("MOVQ", tCount, "ldc-24(SP)")
	x.op("MOVQ", field("tilesCount", tArgs), tCount)
	x.op("MOVQ", tCount, "left-8(SP)")

	// n becomes the lanes of the last vector.
	x.op("MOVQ", field("tilesN", tArgs), tPb)
	widths := make([]string, len(x.heights))
	for v := range widths {
		widths[v] = x.newLabel(fmt.Sprintf("wide%d_", v+1))
		if v < len(widths)-1 {
			x.op("CMPQ", tPb, fmt.Sprint("$", (v+1)*x.lanes))
			x.op("JLE", widths[v])
		}
	}
	for v := len(widths); v > 0; v-- {
		x.label(widths[v-1])
		x.op("SUBQ", fmt.Sprint("$", (v-1)*x.lanes), tPb)
		full := x.newLabel("full")
		x.ifFull(tPb, full)
		x.setMask(tPb, tPa)
		x.variants(full, func() {
			x.op("MOVQ", field("tilesHeight", tArgs), tPb)
			labels := make([]string, x.heights[v-1])
			for h := range labels {
				labels[h] = x.newLabel(fmt.Sprintf("tile%dx%d_", h+1, v))
				if h < len(labels)-1 {
					x.op("CMPQ", tPb, fmt.Sprint("$", h+1))
					x.op("JEQ", labels[h])
				}
			}
			for h := len(labels); h > 0; h-- {
				x.label(labels[h-1])
				x.tile(h, v)
			}
		})
	}
}

func scaled(base, index string, scale int) string {
	return fmt.Sprintf("(%s)(%s*%d)", base, index, scale)
}

// rowAddress is the address of an element of A in row r of the tile.
func rowAddress(r int) string {
	switch r {
	case 0:
		return "(" + tPa + ")"
	case 1, 2, 4, 8:
		return scaled(tPa, tArs, r)
	case 3, 6:
		return scaled(tPa, tArs3, r/3)
	case 5:
		return scaled(tPa, tArs5, 1)
	case 7:
		return scaled(tPa, tArs7, 1)
	}
	panic("no address for row " + fmt.Sprint(r))
}

// tile writes the loop over tiles of h rows and v vectors, up to the function's end.
func (x *x86) tile(h, v int) {
	b := func(j int) int { return j } // the row of B
	a := v                            // an element of A, broadcast
	acc := func(i, j int) string { return x.v(v + 1 + i*v + j) }
	next, loop, prefetch, done := x.newLabel("next"), x.newLabel("loop"), x.newLabel("prefetch"), x.newLabel("done")

	term := func() {
		for j := range v {
			x.load(fmt.Sprintf("%d(%s)", j*x.lanes*x.size, tPb), x.v(b(j)), j == v-1)
		}
		for i := range h {
			if v == 1 && x.avx512() { // for one use only, a broadcast within the multiplication is faster
				x.op(x.p("VFMADD231P*.BCST"), rowAddress(i), x.v(b(0)), acc(i, 0))
				continue
			}
			x.op(x.p("VBROADCASTS*"), rowAddress(i), x.v(a))
			for j := range v {
				x.op(x.p("VFMADD231P*"), x.v(b(j)), x.v(a), acc(i, j))
			}
		}
		x.op("ADDQ", tAcs, tPa)
		x.op("ADDQ", tBrs, tPb)
	}

	x.label(next)
	for i := range h * v {
		x.clear(v + 1 + i)
	}
	x.op("MOVQ", tA, tPa)
	x.op("MOVQ", tB, tPb)
	x.op("MOVQ", field("tilesK", tArgs), tCount)

	// With each of the first terms, ask for a row of C: it will be there when the sum is, and does not hold up A and B.
	x.op("CMPQ", tCount, fmt.Sprint("$", h))
	x.op("JLE", loop)
	x.op("SUBQ", fmt.Sprint("$", h), tCount)
	x.op("MOVQ", tC, tPc)
	x.op("MOVQ", fmt.Sprint("$", h), "fetch-16(SP)")
	x.label(prefetch)
	for j := range v {
		x.op("PREFETCHT0", fmt.Sprintf("%d(%s)", j*x.lanes*x.size, tPc))
	}
	term()
	x.op("ADDQ", "ldc-24(SP)", tPc)
	x.op("DECQ", "fetch-16(SP)")
	x.op("JNZ", prefetch)
	x.label(loop)
	term()
	x.op("DECQ", tCount)
	x.op("JNZ", loop)

	// The epilogue.
	x.op("MOVQ", "ldc-24(SP)", tPb)
	noAdd, noBias, noReLU := x.newLabel("noAdd"), x.newLabel("noBias"), x.newLabel("noReLU")
	x.op("CMPB", field("tilesAdd", tArgs), "$0")
	x.op("JEQ", noAdd)
	x.op("MOVQ", tC, tPa)
	for i := range h {
		for j := range v {
			x.load(fmt.Sprintf("%d(%s)", j*x.lanes*x.size, tPa), x.v(a), j == v-1)
			x.op(x.p("VADDP*"), x.v(a), acc(i, j), acc(i, j))
		}
		x.op("ADDQ", tPb, tPa)
	}
	x.label(noAdd)
	x.op("MOVQ", field("tilesBias", tArgs), tPa)
	x.op("TESTQ", tPa, tPa)
	x.op("JZ", noBias)
	for j := range v {
		x.load(fmt.Sprintf("%d(%s)", j*x.lanes*x.size, tPa), x.v(a), j == v-1)
		for i := range h {
			x.op(x.p("VADDP*"), x.v(a), acc(i, j), acc(i, j))
		}
	}
	x.label(noBias)
	x.op("CMPB", field("tilesRelu", tArgs), "$0")
	x.op("JEQ", noReLU)
	x.clear(a)
	for i := range h * v {
		r := x.v(v + 1 + i)
		x.op(x.p("VMAXP*"), r, x.v(a), r) // this order of operands keeps NaN
	}
	x.label(noReLU)
	for i := range h {
		for j := range v {
			x.store(acc(i, j), fmt.Sprintf("%d(%s)", j*x.lanes*x.size, tC), j == v-1)
		}
		x.op("ADDQ", tPb, tC)
	}
	x.op("DECQ", "left-8(SP)")
	x.op("JZ", done)
	x.op("IMUL3Q", fmt.Sprint("$", h), tArs, tPa)
	x.op("ADDQ", tPa, tA)
	x.op("JMP", next)
	x.label(done)
	x.op("VZEROUPPER")
	x.op("RET")
}

// dots writes the kernel that dotsGeneric documents: four columns of B at a time, or one, each in two interleaved vectors of
// partial sums.
func (x *x86) dots() {
	const (
		args, a, b, c = "DI", "AX", "BX", "DX"
		row           = "R8" // row of A
		s, s3         = "R9", "R10"
		i, left       = "CX", "SI"
		cols          = "R11"
		pc            = "R12"
	)
	x.function("dots"+x.suffix, 8, 8, fmt.Sprintf("d *dots[float%d]", 8*x.size))
	shift := fmt.Sprint("$", map[int]int{4: 2, 8: 3}[x.size])
	x.op("MOVQ", "d+0(FP)", args)
	x.op("MOVQ", field("dotsB", args), b)
	x.op("MOVQ", field("dotsC", args), c)
	x.op("MOVQ", field("dotsBcs", args), s)
	x.op("SHLQ", shift, s)
	x.op("LEAQ", scaled(s, s, 2), s3)
	x.op("MOVQ", field("dotsN", args), cols)
	x.op("MOVQ", field("dotsK", args), i)
	x.op("ANDQ", fmt.Sprint("$", x.lanes-1), i)
	noTail := x.newLabel("noTail")
	x.op("JZ", noTail)
	x.setMask(i, left)
	x.label(noTail)

	for _, width := range []int{4, 1} {
		next, end := x.newLabel("columns"), x.newLabel("columnsEnd")
		x.label(next)
		x.op("CMPQ", cols, fmt.Sprint("$", width))
		x.op("JLT", end)
		x.op("MOVQ", field("dotsA", args), row)
		x.op("MOVQ", c, pc)
		x.op("MOVQ", field("dotsM", args), left)
		x.op("MOVQ", left, "rows-8(SP)")

		rows := x.newLabel("row")
		x.label(rows)
		x.op("MOVQ", b, "R13")
		x.op("MOVQ", row, a)
		at := func(column, offset int) string {
			return fmt.Sprintf("%d%s", offset, [...]string{"(R13)", "(R13)(" + s + "*1)", "(R13)(" + s + "*2)", "(R13)(" + s3 + "*1)"}[column])
		}
		bytes := x.lanes * x.size
		for j := range 2 * width {
			x.clear(4 + j)
		}
		two, one, tail, sum := x.newLabel("two"), x.newLabel("one"), x.newLabel("tail"), x.newLabel("sum")
		x.op("MOVQ", field("dotsK", args), left)
		x.op("SUBQ", fmt.Sprint("$", 2*x.lanes), left)
		x.op("JLT", one)
		x.label(two)
		x.op(x.p("VMOVUP*"), "("+a+")", x.v(0))
		x.op(x.p("VMOVUP*"), fmt.Sprintf("%d(%s)", bytes, a), x.v(1))
		for j := range width {
			x.op(x.p("VFMADD231P*"), at(j, 0), x.v(0), x.v(4+j))
			x.op(x.p("VFMADD231P*"), at(j, bytes), x.v(1), x.v(4+width+j))
		}
		x.op("ADDQ", fmt.Sprint("$", 2*bytes), a)
		x.op("ADDQ", fmt.Sprint("$", 2*bytes), "R13")
		x.op("SUBQ", fmt.Sprint("$", 2*x.lanes), left)
		x.op("JGE", two)
		x.label(one)
		x.op("ADDQ", fmt.Sprint("$", x.lanes), left) // terms left, less one vector
		x.op("JLT", tail)
		x.op(x.p("VMOVUP*"), "("+a+")", x.v(0))
		for j := range width {
			x.op(x.p("VFMADD231P*"), at(j, 0), x.v(0), x.v(4+j))
		}
		x.op("ADDQ", fmt.Sprint("$", bytes), a)
		x.op("ADDQ", fmt.Sprint("$", bytes), "R13")
		x.op("SUBQ", fmt.Sprint("$", x.lanes), left)
		x.label(tail)
		x.op("CMPQ", left, fmt.Sprint("$", -x.lanes))
		x.op("JEQ", sum)
		x.load("("+a+")", x.v(0), true)
		for j := range width {
			x.load(at(j, 0), x.v(1), true)
			x.op(x.p("VFMADD231P*"), x.v(1), x.v(0), x.v(4+width+j))
		}
		x.label(sum)
		for j := range width {
			x.op(x.p("VADDP*"), x.v(4+width+j), x.v(4+j), x.v(4+j))
		}
		noAdd := x.newLabel("noAdd")
		move, add, sums := x.p("VMOVUP*"), x.p("VADDP*"), "X4"
		if width == 1 {
			x.sumLanes()
			move, add = x.p("VMOVS*"), x.p("VADDS*")
		} else {
			sums = x.sumLanesOfFour()
		}
		x.op("CMPB", field("dotsAdd", args), "$0")
		x.op("JEQ", noAdd)
		x.op(add, "("+pc+")", sums, sums)
		x.label(noAdd)
		x.op(move, sums, "("+pc+")")
		x.op("MOVQ", field("dotsArs", args), "R13")
		x.op("LEAQ", fmt.Sprintf("(%s)(R13*%d)", row, x.size), row)
		x.op("MOVQ", field("dotsLdc", args), "R13")
		x.op("LEAQ", fmt.Sprintf("(%s)(R13*%d)", pc, x.size), pc)
		x.op("DECQ", "rows-8(SP)")
		x.op("JNZ", rows)
		x.op("ADDQ", fmt.Sprint("$", width*x.size), c)
		x.op("LEAQ", fmt.Sprintf("(%s)(%s*%d)", b, s, width), b)
		x.op("SUBQ", fmt.Sprint("$", width), cols)
		x.op("JMP", next)
		x.label(end)
	}
	x.op("VZEROUPPER")
	x.op("RET")
}

// halve adds the upper half of a register of 512 bits to its lower half.
func (x *x86) halve(i int) {
	if x.avx512() {
		x.op("VEXTRACTF64X4", "$1", fmt.Sprint("Z", i), "Y0")
		x.op(x.p("VADDP*"), "Y0", fmt.Sprint("Y", i), fmt.Sprint("Y", i))
	}
}

// sumLanes adds the lanes of register 4 into its first, halving again and again.
func (x *x86) sumLanes() {
	x.halve(4)
	x.op("VEXTRACTF128", "$1", "Y4", "X0")
	x.op(x.p("VADDP*"), "X0", "X4", "X4")
	x.op("VPERMILPD", "$1", "X4", "X0")
	x.op(x.p("VADDP*"), "X0", "X4", "X4")
	if x.size == 4 {
		x.op("VMOVSHDUP", "X4", "X0")
		x.op("VADDPS", "X0", "X4", "X4")
	}
}

// sumLanesOfFour adds the lanes of each of registers 4 to 7 and puts the four sums side by side into the register that it names.
func (x *x86) sumLanesOfFour() string {
	for i := 4; i < 8; i++ {
		x.halve(i)
	}
	x.op(x.p("VHADDP*"), "Y5", "Y4", "Y4")
	x.op(x.p("VHADDP*"), "Y7", "Y6", "Y6")
	if x.size == 4 {
		x.op("VHADDPS", "Y6", "Y4", "Y4")
		x.op("VEXTRACTF128", "$1", "Y4", "X0")
		x.op("VADDPS", "X0", "X4", "X4")
		return "X4"
	}
	x.op("VPERM2F128", "$0x21", "Y6", "Y4", "Y0") // the upper half of 4, the lower of 6
	x.op("VBLENDPD", "$0xC", "Y6", "Y4", "Y4")    // the lower half of 4, the upper of 6
	x.op("VADDPD", "Y0", "Y4", "Y4")
	return "Y4"
}

// copy writes the kernel that copyGeneric documents. Rows lie far apart, so the processor does not foresee the next one: it is asked
// for ahead of time.
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
	x.ifFull(left, full)
	x.setMask(left, "R13")

	x.variants(full, func() {
		row, loop, last := x.newLabel("row"), x.newLabel("loop"), x.newLabel("last")
		x.label(row)
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

// transpose writes the kernel that transposeGeneric documents. A vector takes 128 bits of each of several rows; then the rows that
// are next to each other lie in the same 128-bit lanes of neighbouring vectors, and unpacking these transposes.
func (x *x86) transpose() {
	x.function("transpose"+x.suffix, 8*x.lanes, 80, fmt.Sprintf("dst []float%d, ldd int, src []float%[1]d, lds, rows, cols int", 8*x.size))
	shift := fmt.Sprint("$", map[int]int{4: 2, 8: 3}[x.size])
	quad := 16 / x.size     // elements in 128 bits
	parts := x.lanes / quad // 128-bit lanes of a vector
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

	// A block of rows: their addresses on the stack, the last one again and again where there are fewer.
	block, end := x.newLabel("block"), x.newLabel("end")
	x.label(block)
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
	x.ifFull("BX", full)
	x.setMask("BX", "R13")

	piece := func(r int, mask bool) { // 128 bits of rows r, r+quad, … in vector r
		for l := range parts {
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
	unpack := func() []int { // the registers that hold columns 0, 1, … afterwards
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

	x.variants(full, func() {
		loop, tail, stored := x.newLabel("loop"), x.newLabel("tail"), x.newLabel("stored")
		x.op("SUBQ", fmt.Sprint("$", quad), left)
		x.op("JLT", tail)
		x.label(loop)
		for r := range quad {
			piece(r, false)
		}
		for j, r := range unpack() {
			x.store(x.v(r), address(j), true)
		}
		x.op("ADDQ", "$16", off)
		x.op("LEAQ", scaled(out, ldd, quad), out)
		x.op("SUBQ", fmt.Sprint("$", quad), left)
		x.op("JGE", loop)
		x.label(tail)
		x.op("ADDQ", fmt.Sprint("$", quad), left) // columns left
		x.op("JZ", stored)
		x.op("MOVQ", left, "BX")
		x.op("NEGQ", "BX")
		x.op("LEAQ", "maskAVX2<>+32(SB)", "R13")
		x.op("VMOVUPS", fmt.Sprintf("(R13)(BX*%d)", x.size), "X13")
		for r := range quad {
			piece(r, true)
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
