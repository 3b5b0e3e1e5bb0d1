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

// arm64File writes the kernel for NEON.
func arm64File() *assembly {
	file := newAssembly()
	for _, x := range []*arm{
		{suffix: "NEONF32", lanes: 4, size: 4, heights: []int{8, 8, 8, 6}},
		{suffix: "NEONF64", lanes: 2, size: 8, heights: []int{8, 8, 8, 6}},
	} {
		x.tiles()
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

// shift returns the binary logarithm of the size of an element.
func (x *arm) shift() int {
	if x.size == 8 {
		return 3
	}
	return 2
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
func (x *arm) fadd(m, n, d int)      { x.word("d = n+m:", 0x4E20D400, 0x4E60D400, m, n, d) }
func (x *arm) fmax(m, n, d int)      { x.word("d = max(n, m):", 0x4E20F400, 0x4E60F400, m, n, d) }
func (x *arm) dupLane0(n, d int)     { x.word("d = n[0]:", 0x4E040400, 0x4E080400, 0, n, d) }

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

// tiles writes the kernel that tilesGeneric defines, for n that are multiples of the lanes.
func (x *arm) tiles() {
	const (
		args, a, b, c      = "R0", "R1", "R2", "R3"
		ldc, lda           = "R4", "R5"
		pair, end          = "R6", "R7" // the next pair of offsets, and the end of the table
		off, pb            = "R8", "R9" // bytes into a row of A, row of B
		stepA, stepB, left = "R19", "R20", "R21"
		tmp, bias, count   = "R22", "R23", "R24"
		n, height          = "R25", "R26"
	)
	row := func(i int) string { return fmt.Sprint("R", 10+i) } // R10 to R17
	// shifted returns register r in bytes, as an operand of ADD.
	shifted := func(r string) string { return fmt.Sprintf("%s<<%d", r, x.shift()) }
	x.function("tiles"+x.suffix, 0, 8, fmt.Sprintf("t *tiles[float%d]", 8*x.size))
	x.op("MOVD", "t+0(FP)", args)
	for _, l := range [][2]string{{"tilesA", a}, {"tilesB", b}, {"tilesC", c}, {"tilesLdc", ldc}, {"tilesLda", lda}, {"tilesBias", bias},
		{"tilesCount", count}, {"tilesN", n}, {"tilesHeight", height}, {"tilesTable", pair}, {"tilesInner", end}} {
		x.op("MOVD", field(l[0], args), l[1])
	}
	x.op("LSL", fmt.Sprint("$", x.shift()), ldc)
	x.op("LSL", fmt.Sprint("$", x.shift()), lda)
	x.op("ADD", end+"<<3", pair, end)
	widths := make([]string, len(x.heights))
	for v := range widths {
		widths[v] = x.newLabel(fmt.Sprintf("wide%d_", v+1))
		if v < len(widths)-1 {
			x.op("CMP", fmt.Sprint("$", (v+1)*x.lanes), n)
			x.op("BLE", widths[v])
		}
	}
	tile := func(h, v int) {
		acc := func(i, j int) int { return 31 - i*v - j }
		spare := 32 - v - h*v // registers for elements of A
		next, outer, loop, sums := x.newLabel("next"), x.newLabel("outer"), x.newLabel("loop"), x.newLabel("sums")
		noAdd, rowBias, noBias, noReLU := x.newLabel("noAdd"), x.newLabel("rowBias"), x.newLabel("noBias"), x.newLabel("noReLU")
		x.label(next)
		x.comment("The next tile of %d rows and %d vectors: its sums are 0.", h, v)
		for i := range h {
			for j := range v {
				x.clear(acc(i, j))
			}
			if i == 0 {
				x.op("MOVD", a, row(0))
			} else {
				x.op("ADD", lda, row(i-1), row(i))
			}
		}
		x.op("MOVD", field("tilesOuter", args), left)
		x.op("MOVD", "ZR", stepA)
		x.op("MOVD", b, stepB)
		x.op("CBZ", left, sums)
		x.label(outer)
		x.op("MOVD", field("tilesTable", args), pair)
		x.label(loop)
		x.comment("One term of each sum.")
		x.op("MOVW.P", "4("+pair+")", off)
		x.op("MOVW.P", "4("+pair+")", pb)
		x.op("ADD", shifted(off), stepA, off)
		x.op("ADD", shifted(pb), stepB, pb)
		x.load(pb, 0, v)
		for i := range h {
			e := v + i%spare
			x.op(x.p("FMOV"), fmt.Sprintf("(%s)(%s)", row(i), off), fmt.Sprint("F", e))
			for j := range v {
				x.fmlaLane0(e, j, acc(i, j))
			}
		}
		x.op("CMP", end, pair)
		x.op("BNE", loop)
		x.op("MOVD", field("tilesAo", args), tmp)
		x.op("ADD", shifted(tmp), stepA)
		x.op("MOVD", field("tilesBo", args), tmp)
		x.op("ADD", shifted(tmp), stepB)
		x.op("SUBS", "$1", left)
		x.op("BNE", outer)

		x.label(sums)
		x.comment("Add C, if tiles.add is set.")
		x.op("MOVBU", field("tilesAdd", args), tmp)
		x.op("CBZ", tmp, noAdd)
		x.op("MOVD", c, tmp)
		for i := range h {
			x.load(tmp, 0, v)
			for j := range v {
				x.fadd(j, acc(i, j), acc(i, j))
			}
			x.op("ADD", ldc, tmp)
		}
		x.label(noAdd)
		x.comment("Add the bias, unless it is nil: of the columns, or of the rows if tiles.rowBias is set.")
		x.op("CBZ", bias, noBias)
		x.op("MOVBU", field("tilesRowBias", args), tmp)
		x.op("CBNZ", tmp, rowBias)
		x.load(bias, 0, v)
		for i := range h {
			for j := range v {
				x.fadd(j, acc(i, j), acc(i, j))
			}
		}
		x.op("B", noBias)
		x.label(rowBias)
		for i := range h {
			x.op(x.p("FMOV"), fmt.Sprintf("%d(%s)", i*x.size, bias), "F0")
			x.dupLane0(0, 0)
			for j := range v {
				x.fadd(0, acc(i, j), acc(i, j))
			}
		}
		x.op("ADD", fmt.Sprint("$", h*x.size), bias)
		x.label(noBias)
		x.comment("ReLU, if tiles.relu is set.")
		x.op("MOVBU", field("tilesRelu", args), tmp)
		x.op("CBZ", tmp, noReLU)
		x.clear(0)
		for i := range h {
			for j := range v {
				x.fmax(0, acc(i, j), acc(i, j))
			}
		}
		x.label(noReLU)
		x.comment("Store the sums.")
		x.op("MOVD", c, tmp)
		for i := range h {
			for j := range v {
				x.op("FMOVQ", fmt.Sprint("F", acc(i, j)), fmt.Sprintf("%d(%s)", 16*j, tmp))
			}
			if i < h-1 {
				x.op("ADD", ldc, tmp)
			}
		}
		for _, l := range [][2]string{{"tilesNextA", a}, {"tilesNextB", b}, {"tilesNextC", c}} {
			x.op("MOVD", field(l[0], args), tmp)
			x.op("ADD", shifted(tmp), l[1])
		}
		x.op("SUBS", "$1", count)
		x.op("BNE", next)
		x.op("RET")
	}
	for v := len(widths); v > 0; v-- {
		x.label(widths[v-1])
		labels := make([]string, x.heights[v-1])
		for h := range labels {
			labels[h] = x.newLabel(fmt.Sprintf("tile%dx%d_", h+1, v))
			if h < len(labels)-1 {
				x.op("CMP", fmt.Sprint("$", h+1), height)
				x.op("BEQ", labels[h])
			}
		}
		for h := len(labels); h > 0; h-- {
			x.label(labels[h-1])
			tile(h, v)
		}
	}
}
