package main

import "fmt"

// An arm describes NEON and one element type. Go's assembler has few of NEON's floating-point instructions; the others
// are written as words.
type arm struct {
	writer
	suffix  string
	lanes   int
	size    int
	heights []int
}

// arm64File writes the kernels for NEON.
func arm64File() *assembly {
	file := newAssembly()
	for _, x := range []*arm{
		{suffix: "NEONF32", lanes: 4, size: 4, heights: []int{8, 8, 8, 6}},
		{suffix: "NEONF64", lanes: 2, size: 8, heights: []int{8, 8, 8, 6}},
	} {
		x.tiles()
		x.dots()
		x.transpose()
		file.add(&x.writer)
	}
	return file
}

// p returns the name of a scalar instruction for the element type: name followed by S or D.
func (x *arm) p(name string) string {
	if x.size == 8 {
		return name + "D"
	}
	return name + "S"
}

// shift returns the binary logarithm of the size of an element, as an operand.
func (x *arm) shift() string {
	if x.size == 8 {
		return "$3"
	}
	return "$2"
}

// word writes an instruction d = f(n, m) on whole vectors. single and double are its encodings for the two element
// types, with zeros for the registers.
func (x *arm) word(comment string, single, double uint32, m, n, d int) {
	code := single
	if x.size == 8 {
		code = double
	}
	fmt.Fprintf(x, "\tWORD $%#x // %s V%d, V%d, V%d\n", code|uint32(m)<<16|uint32(n)<<5|uint32(d), comment, m, n, d)
}

func (x *arm) fmlaLane0(m, n, d int) { x.word("d += n·m[0]:", 0x4F801000, 0x4FC01000, m, n, d) }
func (x *arm) fmla(m, n, d int)      { x.word("d += n·m:", 0x4E20CC00, 0x4E60CC00, m, n, d) }
func (x *arm) fadd(m, n, d int)      { x.word("d = n+m:", 0x4E20D400, 0x4E60D400, m, n, d) }
func (x *arm) fmax(m, n, d int)      { x.word("d = max(n, m):", 0x4E20F400, 0x4E60F400, m, n, d) }
func (x *arm) faddp(m, n, d int)     { x.word("d = pairs of n, m added:", 0x6E20D400, 0x6E60D400, m, n, d) }

func (x *arm) clear(i int) { x.op("VEOR", vb(i), vb(i), vb(i)) }

// vb returns vector register i as an operand of 16 bytes.
func vb(i int) string { return fmt.Sprintf("V%d.B16", i) }

// load loads v vectors from an address into the registers from first on.
func (x *arm) load(address string, first, v int) {
	for j := 0; j < v; j += 2 {
		if j+1 < v {
			x.op("FLDPQ", fmt.Sprintf("%d(%s)", 16*j, address), fmt.Sprintf("(F%d, F%d)", first+j, first+j+1))
		} else {
			x.op("FMOVQ", fmt.Sprintf("%d(%s)", 16*j, address), fmt.Sprint("F", first+j))
		}
	}
}

// store stores v vectors from the registers from first on to an address.
func (x *arm) store(first, v int, address string) {
	for j := 0; j < v; j += 2 {
		if j+1 < v {
			x.op("FSTPQ", fmt.Sprintf("(F%d, F%d)", first+j, first+j+1), fmt.Sprintf("%d(%s)", 16*j, address))
		} else {
			x.op("FMOVQ", fmt.Sprint("F", first+j), fmt.Sprintf("%d(%s)", 16*j, address))
		}
	}
}

// tiles writes the kernel that tilesGeneric defines, for whole vectors only: n must be a multiple of the lanes.
func (x *arm) tiles() {
	const (
		args             = "R0"
		a, b, c          = "R1", "R2", "R3"
		acs, brs, ldc    = "R4", "R5", "R6"
		k, off, pb       = "R7", "R8", "R9" // terms left, bytes into a row of A, row of B
		left, tmp, ars   = "R19", "R20", "R21"
		bias, add, relu  = "R22", "R23", "R24"
		height, n, kFull = "R25", "R26", "R26" // n is not used after kFull is set
		packA, packB     = "R16", "R17"        // the registers of rows 6 and 7, which tiles that pack do not have
	)
	row := func(i int) string { return fmt.Sprint("R", 10+i) } // R10 to R17
	x.function("tiles"+x.suffix, 0, 8, fmt.Sprintf("t *tiles[float%d]", 8*x.size))
	x.op("MOVD", "t+0(FP)", args)
	for _, l := range [][2]string{{"tilesA", a}, {"tilesB", b}, {"tilesC", c}, {"tilesAcs", acs}, {"tilesBrs", brs}, {"tilesLdc", ldc},
		{"tilesArs", ars}, {"tilesBias", bias}, {"tilesCount", left}, {"tilesHeight", height}, {"tilesN", n}} {
		x.op("MOVD", field(l[0], args), l[1])
	}
	x.op("MOVBU", field("tilesAdd", args), add)
	x.op("MOVBU", field("tilesRelu", args), relu)
	for _, r := range []string{acs, brs, ldc, ars} {
		x.op("LSL", x.shift(), r)
	}
	// Tiles that pack have the greatest width and leave two of the rows' registers free.
	x.op("MOVD", field("tilesPackedA", args), packA)
	x.op("MOVD", field("tilesPackedB", args), packB)
	x.op("ORR", packA, packB, tmp)
	storing := x.newLabel("storing")
	x.op("CBNZ", tmp, storing)
	widths := make([]string, len(x.heights))
	for v := range widths {
		widths[v] = x.newLabel(fmt.Sprintf("wide%d_", v+1))
		if v < len(widths)-1 {
			x.op("CMP", fmt.Sprint("$", (v+1)*x.lanes), n)
			x.op("BLE", widths[v])
		}
	}
	tile := func(h, v int, store packing) {
		acc := func(i, j int) int { return 31 - i*v - j }
		spare := 32 - v - h*v // registers for elements of A
		next, loop := x.newLabel("next"), x.newLabel("loop")
		noAdd, noBias, noReLU := x.newLabel("noAdd"), x.newLabel("noBias"), x.newLabel("noReLU")
		x.label(next)
		x.comment("The next tile of %d rows and %d vectors: its sums are 0.", h, v)
		for i := range h {
			for j := range v {
				x.clear(acc(i, j))
			}
			if i == 0 {
				x.op("MOVD", a, row(0))
			} else {
				x.op("ADD", ars, row(i-1), row(i))
			}
		}
		x.op("MOVD", kFull, k)
		x.op("MOVD", "ZR", off)
		x.op("MOVD", b, pb)

		x.label(loop)
		x.comment("One term of each sum.")
		x.load(pb, 0, v)
		if store.b {
			x.store(0, v, packB)
			x.op("ADD", fmt.Sprint("$", 16*v), packB)
		}
		for i := range h {
			e := v + i%spare
			x.op(x.p("FMOV"), fmt.Sprintf("(%s)(%s)", row(i), off), fmt.Sprint("F", e))
			if store.a {
				x.op(x.p("FMOV")+".P", fmt.Sprint("F", e), fmt.Sprintf("%d(%s)", x.size, packA))
			}
			for j := range v {
				x.fmlaLane0(e, j, acc(i, j))
			}
		}
		x.op("ADD", brs, pb)
		x.op("ADD", acs, off)
		x.op("SUBS", "$1", k)
		x.op("BNE", loop)

		x.comment("Add C, if tiles.add is set.")
		x.op("CBZ", add, noAdd)
		x.op("MOVD", c, tmp)
		for i := range h {
			x.load(tmp, 0, v)
			for j := range v {
				x.fadd(j, acc(i, j), acc(i, j))
			}
			x.op("ADD", ldc, tmp)
		}
		x.label(noAdd)
		x.comment("Add the bias, unless it is nil.")
		x.op("CBZ", bias, noBias)
		x.load(bias, 0, v)
		for i := range h {
			for j := range v {
				x.fadd(j, acc(i, j), acc(i, j))
			}
		}
		x.label(noBias)
		x.comment("ReLU, if tiles.relu is set.")
		x.op("CBZ", relu, noReLU)
		x.clear(0)
		for i := range h {
			for j := range v {
				x.fmax(0, acc(i, j), acc(i, j))
			}
		}
		x.label(noReLU)
		x.comment("Store the sums.")
		for i := range h {
			for j := range v {
				x.op("FMOVQ", fmt.Sprint("F", acc(i, j)), fmt.Sprintf("%d(%s)", 16*j, c))
			}
			x.op("ADD", ldc, c)
		}
		if store.a {
			x.op("MOVD", field("tilesSkip", args), tmp)
			x.op("ADD", fmt.Sprintf("%s<<%s", tmp, x.shift()[1:]), packA)
		}
		x.op("MOVD", field("tilesNext", args), tmp)
		x.op("ADD", fmt.Sprintf("%s<<%s", tmp, x.shift()[1:]), a)
		x.op("SUBS", "$1", left)
		x.op("BNE", next)
		x.op("RET")
	}
	eachHeight := func(name string, v int, store packing) {
		x.op("MOVD", field("tilesK", args), kFull)
		labels := make([]string, x.heights[v-1])
		for h := range labels {
			labels[h] = x.newLabel(fmt.Sprintf("tile%d%s", h+1, name))
			if h < len(labels)-1 {
				x.op("CMP", fmt.Sprint("$", h+1), height)
				x.op("BEQ", labels[h])
			}
		}
		for h := len(labels); h > 0; h-- {
			x.label(labels[h-1])
			tile(h, v, store)
		}
	}
	for v := len(widths); v > 0; v-- {
		x.label(widths[v-1])
		eachHeight(fmt.Sprintf("x%d_", v), v, packing{})
	}
	v := len(widths)
	onlyA, onlyB := x.newLabel("storeA"), x.newLabel("storeB")
	x.label(storing)
	x.op("CBZ", packB, onlyA)
	x.op("CBZ", packA, onlyB)
	eachHeight("storeBoth_", v, packing{a: true, b: true})
	x.label(onlyB)
	eachHeight("storeB_", v, packing{b: true})
	x.label(onlyA)
	eachHeight("storeA_", v, packing{a: true})
}

// dots writes the kernel that dotsGeneric defines. It computes four columns of B at a time, or one, with two
// interleaved vectors of partial sums each. The remaining terms, which do not fill a vector, are added last.
func (x *arm) dots() {
	const (
		args, a, b, c = "R0", "R1", "R2", "R3"
		row           = "R4"
		s, cols, m    = "R5", "R6", "R7"
		left, ars     = "R8", "R9"
		ldc, pc, add  = "R10", "R11", "R12"
		k             = "R17"
	)
	column := func(j int) string { return fmt.Sprint("R", 13+j) }
	x.function("dots"+x.suffix, 0, 8, fmt.Sprintf("d *dots[float%d]", 8*x.size))
	x.op("MOVD", "d+0(FP)", args)
	for _, l := range [][2]string{{"dotsB", b}, {"dotsC", c}, {"dotsBcs", s}, {"dotsN", cols}, {"dotsArs", ars},
		{"dotsLdc", ldc}, {"dotsK", k}} {
		x.op("MOVD", field(l[0], args), l[1])
	}
	x.op("MOVBU", field("dotsAdd", args), add)
	for _, r := range []string{s, ars, ldc} {
		x.op("LSL", x.shift(), r)
	}
	for _, width := range []int{4, 1} {
		next, end, rows := x.newLabel("columns"), x.newLabel("columnsEnd"), x.newLabel("row")
		two, one, sum, tail, done := x.newLabel("two"), x.newLabel("one"), x.newLabel("sum"), x.newLabel("tail"), x.newLabel("done")
		x.label(next)
		x.comment("%d columns at a time, while at least as many are left.", width)
		x.op("CMP", fmt.Sprint("$", width), cols)
		x.op("BLT", end)
		x.op("MOVD", field("dotsA", args), row)
		x.op("MOVD", field("dotsM", args), m)
		x.op("MOVD", c, pc)
		x.label(rows)
		x.op("MOVD", row, a)
		for j := range width {
			if j == 0 {
				x.op("MOVD", b, column(0))
			} else {
				x.op("ADD", s, column(j-1), column(j))
			}
		}
		for j := range 2 * width {
			x.clear(16 + j)
		}
		x.op("SUBS", fmt.Sprint("$", 2*x.lanes), k, left)
		x.op("BLT", one)
		x.label(two)
		x.comment("Two vectors of terms.")
		x.op("FLDPQ.P", "32("+a+")", "(F0, F1)")
		for j := range width {
			x.op("FLDPQ.P", "32("+column(j)+")", fmt.Sprintf("(F%d, F%d)", 2+2*j, 3+2*j))
			x.fmla(2+2*j, 0, 16+j)
			x.fmla(3+2*j, 1, 16+width+j)
		}
		x.op("SUBS", fmt.Sprint("$", 2*x.lanes), left)
		x.op("BGE", two)
		x.label(one)
		x.comment("One vector of terms, if at least as many are left.")
		x.op("ADDS", fmt.Sprint("$", x.lanes), left) // terms left, less one vector
		x.op("BLT", sum)
		x.op("FMOVQ.P", "16("+a+")", "F0")
		for j := range width {
			x.op("FMOVQ.P", "16("+column(j)+")", fmt.Sprint("F", 2+j))
			x.fmla(2+j, 0, 16+j)
		}
		x.op("SUB", fmt.Sprint("$", x.lanes), left)
		x.label(sum)
		x.comment("Add up the lanes.")
		for j := range width {
			r := 16 + j
			x.fadd(16+width+j, r, r)
			x.faddp(r, r, r)
			if x.lanes == 4 {
				x.faddp(r, r, r)
			}
		}
		x.op("ADDS", fmt.Sprint("$", x.lanes), left)
		x.op("BEQ", done)
		x.label(tail)
		x.comment("The last terms, one by one.")
		x.op(x.p("FMOV")+".P", fmt.Sprintf("%d(%s)", x.size, a), "F0")
		for j := range width {
			x.op(x.p("FMOV")+".P", fmt.Sprintf("%d(%s)", x.size, column(j)), fmt.Sprint("F", 2+j))
			x.op(x.p("FMADD"), fmt.Sprint("F", 2+j), fmt.Sprint("F", 16+j), "F0", fmt.Sprint("F", 16+j))
		}
		x.op("SUBS", "$1", left)
		x.op("BNE", tail)
		x.label(done)
		x.comment("Add C, if dots.add is set, and store.")
		noAdd := x.newLabel("noAdd")
		x.op("CBZ", add, noAdd)
		for j := range width {
			x.op(x.p("FMOV"), fmt.Sprintf("%d(%s)", j*x.size, pc), "F0")
			x.op(x.p("FADD"), "F0", fmt.Sprint("F", 16+j), fmt.Sprint("F", 16+j))
		}
		x.label(noAdd)
		for j := range width {
			x.op(x.p("FMOV"), fmt.Sprint("F", 16+j), fmt.Sprintf("%d(%s)", j*x.size, pc))
		}
		x.op("ADD", ars, row)
		x.op("ADD", ldc, pc)
		x.op("SUBS", "$1", m)
		x.op("BNE", rows)
		x.op("ADD", fmt.Sprint("$", width*x.size), c)
		for range width {
			x.op("ADD", s, b)
		}
		x.op("SUB", fmt.Sprint("$", width), cols)
		x.op("B", next)
		x.label(end)
	}
	x.op("RET")
}

// transpose writes the kernel that transposeGeneric defines, for whole square blocks only: rows and cols must be
// multiples of the lanes and greater than 0.
func (x *arm) transpose() {
	const (
		dst, ldd, src, lds = "R0", "R1", "R2", "R3"
		rows, cols, left   = "R4", "R5", "R6"
		in, out, tmp       = "R7", "R8", "R9"
	)
	x.function("transpose"+x.suffix, 0, 80, fmt.Sprintf("dst []float%d, ldd int, src []float%[1]d, lds, rows, cols int", 8*x.size))
	for _, l := range [][2]string{{"dst_base+0(FP)", dst}, {"ldd+24(FP)", ldd}, {"src_base+32(FP)", src},
		{"lds+56(FP)", lds}, {"rows+64(FP)", rows},
		{"cols+72(FP)", cols}} {
		x.op("MOVD", l[0], l[1])
	}
	x.op("LSL", x.shift(), ldd)
	x.op("LSL", x.shift(), lds)
	block, loop := x.newLabel("block"), x.newLabel("loop")
	x.label(block)
	x.op("MOVD", src, in)
	x.op("MOVD", dst, out)
	x.op("MOVD", cols, left)
	x.label(loop)
	x.op("MOVD", in, tmp)
	for r := range x.lanes {
		x.op("FMOVQ", "("+tmp+")", fmt.Sprint("F", r))
		x.op("ADD", lds, tmp)
	}
	v := func(i int, t string) string { return fmt.Sprintf("V%d.%s", i, t) }
	first := 8
	if x.lanes == 4 {
		for i := range 2 { // rows 2i, 2i+1
			x.op("VTRN1", v(2*i+1, "S4"), v(2*i, "S4"), v(4+2*i, "S4")) // columns 0 and 2
			x.op("VTRN2", v(2*i+1, "S4"), v(2*i, "S4"), v(5+2*i, "S4")) // columns 1 and 3
		}
		for i := range 2 { // column i and i+2
			x.op("VTRN1", v(6+i, "D2"), v(4+i, "D2"), v(8+i, "D2"))
			x.op("VTRN2", v(6+i, "D2"), v(4+i, "D2"), v(10+i, "D2"))
		}
	} else {
		x.op("VTRN1", v(1, "D2"), v(0, "D2"), v(8, "D2"))
		x.op("VTRN2", v(1, "D2"), v(0, "D2"), v(9, "D2"))
	}
	for j := range x.lanes {
		x.op("FMOVQ", fmt.Sprint("F", first+j), "("+out+")")
		x.op("ADD", ldd, out)
	}
	x.op("ADD", "$16", in)
	x.op("SUBS", fmt.Sprint("$", x.lanes), left)
	x.op("BNE", loop)
	x.op("ADD", "$16", dst)
	for range x.lanes {
		x.op("ADD", lds, src)
	}
	x.op("SUBS", fmt.Sprint("$", x.lanes), rows)
	x.op("BNE", block)
	x.op("RET")
}
