package main

import "fmt"

// Registers of tiles.
const (
	tArgs  = "DI"
	tA     = "AX" // A and B at the current outer step
	tB     = "BX"
	tC     = "DX"
	tPair  = "CX"  // the next pair of offsets in the table; free in the epilogue
	tEnd   = "R15" // the end of the table
	tPa    = "SI"  // A and B of the current term
	tPb    = "R13"
	tPa7   = "R14" // row 7 of A
	tLda   = "R8"
	tLda3  = "R9" // three times the row stride of A
	tLda5  = "R10"
	tLda7  = "R11"
	tOuter = "R12" // outer steps left
)

// tiles writes the kernel that tilesGeneric defines. The sums of a tile are in registers. For each term, a row of B is
// loaded, and each element of a column of A is broadcast and multiplied by it.
func (x *x86) tiles() {
	x.function("tiles"+x.suffix, 40, 8, fmt.Sprintf("t *tiles[float%d]", 8*x.size))
	x.op("MOVQ", "t+0(FP)", tArgs)
	for _, base := range [][2]string{{"tilesA", "a-8(SP)"}, {"tilesB", "b-16(SP)"}, {"tilesCount", "left-24(SP)"},
		{"tilesBias", "bias-40(SP)"}} {
		x.op("MOVQ", field(base[0], tArgs), tA)
		x.op("MOVQ", tA, base[1])
	}
	x.op("MOVQ", field("tilesC", tArgs), tC)
	x.op("MOVQ", field("tilesLda", tArgs), tLda)
	x.op("SHLQ", x.shift(), tLda)
	x.op("LEAQ", scaled(tLda, tLda, 2), tLda3)
	x.op("LEAQ", scaled(tLda, tLda, 4), tLda5)
	x.op("LEAQ", scaled(tLda3, tLda, 4), tLda7)
	x.op("MOVQ", field("tilesLdc", tArgs), tA)
	x.op("SHLQ", x.shift(), tA)
	x.op("MOVQ", tA, "ldc-32(SP)")
	x.op("MOVQ", field("tilesTable", tArgs), tA)
	x.op("MOVQ", field("tilesInner", tArgs), tEnd)
	x.op("LEAQ", scaled(tA, tEnd, 8), tEnd)

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
		x.ifFull(tPb, full, x.twice(v))
		x.setMask(tPb, tPa)
		x.variants(full, x.twice(v), func() { x.eachHeight(v) })
	}
}

// eachHeight writes the tiles of v vectors and every height, and the jumps that select one.
func (x *x86) eachHeight(v int) {
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
}

// rowAddress returns the operand for the element of A in row r of the tile.
func rowAddress(r int) string {
	base := tPa
	if r > 8 {
		base, r = tPa7, r-7
	}
	switch r {
	case 0:
		return "(" + base + ")"
	case 1, 2, 4, 8:
		return scaled(base, tLda, r)
	case 3, 6:
		return scaled(base, tLda3, r/3)
	case 5:
		return scaled(base, tLda5, 1)
	case 7:
		return scaled(base, tLda7, 1)
	}
	panic("no address for row " + fmt.Sprint(r))
}

// tile writes the loop over tiles of h rows and v vectors, and the return from the function.
func (x *x86) tile(h, v int) {
	a := v // the register of an element of A, broadcast; those before it hold the row of B
	acc := func(i, j int) string { return x.v(v + 1 + i*v + j) }
	next, outer, loop, sums, done := x.newLabel("next"), x.newLabel("outer"), x.newLabel("loop"), x.newLabel("sums"), x.newLabel("done")
	noAdd, rowBias, noBias, noReLU := x.newLabel("noAdd"), x.newLabel("rowBias"), x.newLabel("noBias"), x.newLabel("noReLU")
	vector := func(j int, base string) string { return fmt.Sprintf("%d(%s)", j*x.lanes*x.size, base) }

	x.label(next)
	x.comment("The next tile of %d rows and %d vectors: its sums are 0.", h, v)
	for i := range h * v {
		x.clear(v + 1 + i)
	}
	x.op("MOVQ", field("tilesOuter", tArgs), tOuter)
	x.op("MOVQ", "a-8(SP)", tA)
	x.op("MOVQ", "b-16(SP)", tB)
	x.op("TESTQ", tOuter, tOuter)
	x.op("JZ", sums)
	x.label(outer)
	x.op("MOVQ", field("tilesTable", tArgs), tPair)
	x.label(loop)
	x.comment("One term of each sum.")
	x.op("MOVLQSX", "("+tPair+")", tPa)
	x.op("MOVLQSX", "4("+tPair+")", tPb)
	x.op("LEAQ", scaled(tA, tPa, x.size), tPa)
	x.op("LEAQ", scaled(tB, tPb, x.size), tPb)
	if h > 9 {
		x.op("LEAQ", scaled(tPa, tLda7, 1), tPa7)
	}
	for j := range v {
		x.load(vector(j, tPb), x.v(j), j == v-1)
	}
	for i := range h {
		if v == 1 && x.avx512() { // for a single use, a broadcast operand of the multiplication is faster
			x.op(x.p("VFMADD231P*.BCST"), rowAddress(i), x.v(0), acc(i, 0))
			continue
		}
		x.op(x.p("VBROADCASTS*"), rowAddress(i), x.v(a))
		for j := range v {
			x.op(x.p("VFMADD231P*"), x.v(j), x.v(a), acc(i, j))
		}
	}
	x.op("ADDQ", "$8", tPair)
	x.op("CMPQ", tPair, tEnd)
	x.op("JNE", loop)
	x.op("MOVQ", field("tilesAo", tArgs), tPa)
	x.op("MOVQ", field("tilesBo", tArgs), tPb)
	x.op("LEAQ", scaled(tA, tPa, x.size), tA)
	x.op("LEAQ", scaled(tB, tPb, x.size), tB)
	x.op("DECQ", tOuter)
	x.op("JNZ", outer)

	x.label(sums)
	x.comment("Add C, if tiles.add is set.")
	x.op("MOVQ", "ldc-32(SP)", tPb)
	x.op("CMPB", field("tilesAdd", tArgs), "$0")
	x.op("JEQ", noAdd)
	x.op("MOVQ", tC, tPa)
	for i := range h {
		for j := range v {
			x.load(vector(j, tPa), x.v(a), j == v-1)
			x.op(x.p("VADDP*"), x.v(a), acc(i, j), acc(i, j))
		}
		x.op("ADDQ", tPb, tPa)
	}
	x.label(noAdd)
	x.comment("Add the bias, unless it is nil: of the columns, or of the rows if tiles.rowBias is set.")
	x.op("MOVQ", "bias-40(SP)", tPa)
	x.op("TESTQ", tPa, tPa)
	x.op("JZ", noBias)
	x.op("CMPB", field("tilesRowBias", tArgs), "$0")
	x.op("JNE", rowBias)
	for j := range v {
		x.load(vector(j, tPa), x.v(a), j == v-1)
		for i := range h {
			x.op(x.p("VADDP*"), x.v(a), acc(i, j), acc(i, j))
		}
	}
	x.op("JMP", noBias)
	x.label(rowBias)
	for i := range h {
		x.op(x.p("VBROADCASTS*"), fmt.Sprintf("%d(%s)", i*x.size, tPa), x.v(a))
		for j := range v {
			x.op(x.p("VADDP*"), x.v(a), acc(i, j), acc(i, j))
		}
	}
	x.op("ADDQ", fmt.Sprint("$", h*x.size), tPa)
	x.op("MOVQ", tPa, "bias-40(SP)")
	x.label(noBias)
	x.comment("ReLU, if tiles.relu is set.")
	x.op("CMPB", field("tilesRelu", tArgs), "$0")
	x.op("JEQ", noReLU)
	x.clear(a)
	for i := range h * v {
		r := x.v(v + 1 + i)
		x.op(x.p("VMAXP*"), r, x.v(a), r) // this order of operands keeps NaN
	}
	x.label(noReLU)
	x.comment("Store the sums, past the caches if tiles.stream is set.")
	stream, stored := x.newLabel("stream"), x.newLabel("stored")
	x.op("MOVQ", tC, tPa)
	x.op("CMPB", field("tilesStream", tArgs), "$0")
	x.op("JNE", stream)
	store := func(one func(register, address string, last bool)) {
		for i := range h {
			for j := range v {
				one(acc(i, j), vector(j, tPa), j == v-1)
			}
			if i < h-1 {
				x.op("ADDQ", tPb, tPa)
			}
		}
	}
	store(x.store)
	x.op("JMP", stored)
	x.label(stream)
	store(func(register, address string, last bool) { x.op("VMOVNTPS", register, address) })
	x.label(stored)
	x.op("DECQ", "left-24(SP)")
	x.op("JZ", done)
	x.op("MOVQ", field("tilesNextC", tArgs), tPb)
	x.op("LEAQ", scaled(tC, tPb, x.size), tC)
	for _, base := range [][2]string{{"tilesNextA", "a-8(SP)"}, {"tilesNextB", "b-16(SP)"}} {
		x.op("MOVQ", field(base[0], tArgs), tPb)
		x.op("SHLQ", x.shift(), tPb)
		x.op("ADDQ", tPb, base[1])
	}
	x.op("JMP", next)
	x.label(done)
	fenced := x.newLabel("fenced")
	x.op("CMPB", field("tilesStream", tArgs), "$0")
	x.op("JEQ", fenced)
	x.op("SFENCE")
	x.label(fenced)
	x.op("VZEROUPPER")
	x.op("RET")
}
