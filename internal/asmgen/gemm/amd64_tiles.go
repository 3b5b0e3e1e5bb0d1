package main

import (
	"fmt"
	"math/bits"
)

// Registers of tiles. The base addresses advance from tile to tile, the others from term to term.
const (
	tArgs  = "DI"
	tA     = "AX" // base of A
	tB     = "BX" // base of B
	tC     = "DX" // base of C
	tCount = "CX" // terms left; free in the epilogue
	tPa    = "R13"
	tPb    = "SI"
	tArs   = "R8" // row stride of A
	tArs3  = "R9" // three times the row stride of A
	tArs5  = "R10"
	tArs7  = "R11"
	tPackA = "R11" // where the next elements of A are stored; tiles that pack have no row 7
	tAcs   = "R12"
	tBrs   = "R15"
	tPc    = "R14" // a row of C to prefetch
	tNextA = "BX"  // a cache line of the next tile's A to prefetch; tiles that do so read the base of B from the arguments
	tPackB = "R14" // where the next row of B is stored; then no row of C is prefetched

	// In the terms of a packed A, whose row strides are constants.
	tBrs3  = "R9"  // three times the row stride of B
	tRows  = "R10" // rows of C left to prefetch
	tLines = "R11" // cache lines of the row left to prefetch
)

// A packing says which operands a tile packs for the tiles that are computed after it.
type packing struct{ a, b bool }

// tiles writes the kernel that tilesGeneric defines. The sums of a tile are in registers. For each term, a row of B is
// loaded, and each element of a column of A is broadcast and multiplied by it.
func (x *x86) tiles() {
	x.function("tiles"+x.suffix, 40, 8, fmt.Sprintf("t *tiles[float%d]", 8*x.size))
	x.op("MOVQ", "t+0(FP)", tArgs)
	x.op("MOVQ", field("tilesA", tArgs), tA)
	x.op("MOVQ", field("tilesB", tArgs), tB)
	x.op("MOVQ", field("tilesC", tArgs), tC)
	shift := fmt.Sprint("$", map[int]int{4: 2, 8: 3}[x.size])
	for _, s := range [][2]string{{"tilesArs", tArs}, {"tilesAcs", tAcs}, {"tilesBrs", tBrs}} {
		x.op("MOVQ", field(s[0], tArgs), s[1])
		x.op("SHLQ", shift, s[1])
	}
	x.rowStrides()
	x.op("MOVQ", field("tilesLdc", tArgs), tCount)
	x.op("SHLQ", shift, tCount)
	x.op("MOVQ", tCount, "ldc-24(SP)")
	x.op("MOVQ", field("tilesCount", tArgs), tCount)
	x.op("MOVQ", tCount, "left-8(SP)")

	// Tiles that pack have the greatest width and whole vectors.
	x.op("MOVQ", field("tilesPackedA", tArgs), tPa)
	x.op("MOVQ", field("tilesPackedB", tArgs), tPb)
	x.op("MOVQ", tPa, tCount)
	x.op("ORQ", tPb, tCount)
	storing := x.newLabel("storing")
	x.op("JNZ", storing)

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
		x.variants(full, x.twice(v), func() {
			x.eachHeight(fmt.Sprintf("x%d_", v), v, packing{})
		})
	}

	x.full = true
	v := len(x.heights)
	x.label(storing)
	x.op("TESTQ", tPb, tPb)
	onlyA, both := x.newLabel("storeA"), x.newLabel("storeBoth")
	x.op("JZ", onlyA)
	x.op("MOVQ", tPb, tPackB)
	x.op("TESTQ", tPa, tPa)
	x.op("JNZ", both)
	x.eachHeight("storeB_", v, packing{b: true})
	x.label(both)
	x.op("MOVQ", tPa, tPackA)
	x.eachHeight("storeBoth_", v, packing{a: true, b: true})
	x.label(onlyA)
	x.op("MOVQ", tPa, tPackA)
	x.eachHeight("storeA_", v, packing{a: true})
	x.full = false
}

// eachHeight writes the tiles of v vectors and every height, and the jumps that select one.
func (x *x86) eachHeight(name string, v int, store packing) {
	x.op("MOVQ", field("tilesHeight", tArgs), tPb)
	labels := make([]string, x.heights[v-1])
	for h := range labels {
		labels[h] = x.newLabel(fmt.Sprintf("tile%d%s", h+1, name))
		if h < len(labels)-1 {
			x.op("CMPQ", tPb, fmt.Sprint("$", h+1))
			x.op("JEQ", labels[h])
		}
	}
	for h := len(labels); h > 0; h-- {
		x.label(labels[h-1])
		x.tile(h, v, store)
	}
}

// scaled returns the operand at base + index·scale.
func scaled(base, index string, scale int) string {
	return fmt.Sprintf("(%s)(%s*%d)", base, index, scale)
}

// rowAddress returns the operand for the element of A in row r of the tile.
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

// ahead is how many rows before its use a row of B is prefetched if it is also packed.
const ahead = 8

// tile writes the loop over tiles of h rows and v vectors, and the return from the function.
func (x *x86) tile(h, v int, store packing) {
	b := func(j int) int { return j } // the row of B
	a := v                            // an element of A, broadcast
	acc := func(i, j int) string { return x.v(v + 1 + i*v + j) }
	fetchA := store.a && !store.b // there is a register for it
	next, loop, prefetch, done := x.newLabel("next"), x.newLabel("loop"), x.newLabel("prefetch"), x.newLabel("done")

	term := func() {
		for j := range v {
			x.load(fmt.Sprintf("%d(%s)", j*x.lanes*x.size, tPb), x.v(b(j)), j == v-1)
		}
		if store.b {
			row := v * x.lanes * x.size
			for at := 0; at < row; at += 64 {
				x.op("PREFETCHT0", fmt.Sprintf("%d%s", at, scaled(tPb, tBrs, ahead)))
				x.prefetchw(at + ahead*row)
			}
			for j := range v {
				x.op(x.p("VMOVUP*"), x.v(b(j)), fmt.Sprintf("%d(%s)", j*x.lanes*x.size, tPackB))
			}
			x.op("ADDQ", fmt.Sprint("$", row), tPackB)
		}
		for i := range h {
			if v == 1 && x.avx512() { // for a single use, a broadcast operand of the multiplication is faster
				x.op(x.p("VFMADD231P*.BCST"), rowAddress(i), x.v(b(0)), acc(i, 0))
				continue
			}
			x.op(x.p("VBROADCASTS*"), rowAddress(i), x.v(a))
			if store.a {
				x.op(x.p("VMOVS*"), fmt.Sprint("X", a), fmt.Sprintf("%d(%s)", i*x.size, tPackA))
			}
			for j := range v {
				x.op(x.p("VFMADD231P*"), x.v(b(j)), x.v(a), acc(i, j))
			}
		}
		if store.a {
			x.op("ADDQ", fmt.Sprint("$", h*x.size), tPackA)
		}
		x.op("ADDQ", tAcs, tPa)
		x.op("ADDQ", tBrs, tPb)
	}

	x.label(next)
	x.comment("The next tile of %d rows and %d vectors: its sums are 0.", h, v)
	for i := range h * v {
		x.clear(v + 1 + i)
	}
	x.op("MOVQ", tA, tPa)
	if fetchA {
		x.op("MOVQ", field("tilesB", tArgs), tPb)
	} else {
		x.op("MOVQ", tB, tPb)
	}
	x.op("MOVQ", field("tilesK", tArgs), tCount)

	sums := x.newLabel("sums")
	if x.full && v == len(x.heights) && store == (packing{}) {
		x.panelTerms(h, v, acc, loop, sums)
	}

	// Prefetched rows of C are in the cache when the sums are complete; spread over the terms, they do not delay A and
	// B.
	switch {
	case fetchA:
		x.fetchingTerms(h, v, loop, term)
	case !store.b:
		x.comment("Each of the first terms prefetches a row of C.")
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
	}
	x.label(loop)
	x.comment("One term of each sum.")
	term()
	x.op("DECQ", tCount)
	x.op("JNZ", loop)
	x.label(sums)

	x.comment("Add C, if tiles.add is set.")
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
	x.comment("Add the bias, unless it is nil.")
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
	x.comment("ReLU, if tiles.relu is set.")
	x.op("CMPB", field("tilesRelu", tArgs), "$0")
	x.op("JEQ", noReLU)
	x.clear(a)
	for i := range h * v {
		r := x.v(v + 1 + i)
		x.op(x.p("VMAXP*"), r, x.v(a), r) // this order of operands keeps NaN
	}
	x.label(noReLU)
	x.comment("Store the sums.")
	for i := range h {
		for j := range v {
			x.store(acc(i, j), fmt.Sprintf("%d(%s)", j*x.lanes*x.size, tC), j == v-1)
		}
		x.op("ADDQ", tPb, tC)
	}
	x.op("DECQ", "left-8(SP)")
	x.op("JZ", done)
	if store.a {
		x.op("MOVQ", field("tilesSkip", tArgs), tPa)
		x.op("LEAQ", scaled(tPackA, tPa, x.size), tPackA)
	}
	x.op("MOVQ", field("tilesNext", tArgs), tPa)
	x.op("LEAQ", scaled(tA, tPa, x.size), tA)
	x.op("JMP", next)
	x.label(done)
	x.op("VZEROUPPER")
	x.op("RET")
}

// fetchingTerms writes the first terms of a tile that packs A. Each term prefetches a cache line of the next tile's A,
// row by row, into the L2 cache, because B passes through the L1 cache. Before each of these rows a row of C is
// prefetched. With fewer terms than cache lines the code jumps to loop.
func (x *x86) fetchingTerms(h, v int, loop string, term func()) {
	row, line := x.newLabel("row"), x.newLabel("line")
	elements := 64 / x.size
	x.comment("Each of these terms prefetches a cache line of the next tile's A.")
	x.op("LEAQ", fmt.Sprintf("%d(%s)", elements-1, tCount), tPc)
	x.op("SHRQ", fmt.Sprint("$", bits.Len(uint(elements))-1), tPc)
	x.op("MOVQ", tPc, "lines-32(SP)")
	x.op("IMUL3Q", fmt.Sprint("$", h), tPc, tPc)
	x.op("CMPQ", tCount, tPc)
	x.op("JLE", loop)
	x.op("SUBQ", tPc, tCount)
	x.op("MOVQ", field("tilesNext", tArgs), tNextA)
	x.op("LEAQ", scaled(tA, tNextA, x.size), tNextA)
	x.op("MOVQ", tC, "row-40(SP)")
	x.op("MOVQ", fmt.Sprint("$", h), "fetch-16(SP)")
	x.label(row)
	x.op("MOVQ", "row-40(SP)", tPc)
	for j := range v {
		x.op("PREFETCHT0", fmt.Sprintf("%d(%s)", j*x.lanes*x.size, tPc))
	}
	x.op("ADDQ", "ldc-24(SP)", tPc)
	x.op("MOVQ", tPc, "row-40(SP)")
	x.op("MOVQ", "lines-32(SP)", tPc)
	x.label(line)
	x.op("PREFETCHT1", "("+tNextA+")")
	x.op("ADDQ", "$64", tNextA)
	term()
	x.op("DECQ", tPc)
	x.op("JNZ", line)
	x.op("MOVQ", "lines-32(SP)", tPc) // back to the beginning of the row
	x.op("SHLQ", "$6", tPc)
	x.op("SUBQ", tPc, tNextA)
	x.op("ADDQ", tArs, tNextA)
	x.op("DECQ", "fetch-16(SP)")
	x.op("JNZ", row)
}

// panelTerms writes the terms of a tile whose A is packed, four at a time, at constant offsets. Each of the first fours
// prefetches a cache line of C: more at a time would delay B, which uses the same buffers on its way from the L2 cache.
// The code jumps to sums after the last term, and to loop if one to three terms are left. With another A, or with few
// terms, it continues behind its end.
func (x *x86) panelTerms(h, v int, acc func(i, j int) string, loop, sums string) {
	a := v
	line, four, other := x.newLabel("line"), x.newLabel("four"), x.newLabel("other")
	row, rest := x.newLabel("rowOfC"), x.newLabel("rest")
	lines := v * x.lanes * x.size / 64 // of a row of C
	terms := func() {
		for u := range 4 {
			row := [...]string{"(" + tPb + ")", scaled(tPb, tBrs, 1), scaled(tPb, tBrs, 2), scaled(tPb, tBrs3, 1)}[u]
			for j := range v {
				x.load(fmt.Sprintf("%d%s", j*x.lanes*x.size, row), x.v(j), false)
			}
			for i := range h {
				x.op(x.p("VBROADCASTS*"), fmt.Sprintf("%d(%s)", (u*h+i)*x.size, tPa), x.v(a))
				for j := range v {
					x.op(x.p("VFMADD231P*"), x.v(j), x.v(a), acc(i, j))
				}
			}
		}
		x.op("ADDQ", fmt.Sprint("$", 4*h*x.size), tPa)
		x.op("LEAQ", scaled(tPb, tBrs, 4), tPb)
	}
	x.comment("A packed A: four terms at a time.")
	x.op("CMPQ", tAcs, fmt.Sprint("$", h*x.size))
	x.op("JNE", other)
	x.op("CMPQ", tArs, fmt.Sprint("$", x.size))
	x.op("JNE", other)
	x.op("SUBQ", fmt.Sprint("$", 4*h*lines), tCount)
	x.op("JLT", other)
	x.op("LEAQ", scaled(tBrs, tBrs, 2), tBrs3)
	x.op("MOVQ", tC, tPc)
	x.op("MOVQ", fmt.Sprint("$", h), tRows)
	x.label(row)
	x.op("MOVQ", fmt.Sprint("$", lines), tLines)
	x.label(line)
	x.op("PREFETCHT0", "("+tPc+")")
	x.op("ADDQ", "$64", tPc)
	terms()
	x.op("DECQ", tLines)
	x.op("JNZ", line)
	x.op("ADDQ", "ldc-24(SP)", tPc)
	x.op("SUBQ", fmt.Sprint("$", 64*lines), tPc)
	x.op("DECQ", tRows)
	x.op("JNZ", row)
	x.op("SUBQ", "$4", tCount)
	x.op("JLT", rest)
	x.label(four)
	terms()
	x.op("SUBQ", "$4", tCount)
	x.op("JGE", four)
	x.label(rest)
	x.rowStrides()
	x.op("ADDQ", "$4", tCount)
	x.op("JNZ", loop)
	x.op("JMP", sums)
	x.label(other)
	x.op("MOVQ", field("tilesK", tArgs), tCount)
}

// rowStrides computes the multiples of the row stride of A.
func (x *x86) rowStrides() {
	x.op("LEAQ", scaled(tArs, tArs, 2), tArs3)
	x.op("LEAQ", scaled(tArs, tArs, 4), tArs5)
	x.op("LEAQ", scaled(tArs3, tArs, 4), tArs7)
}

// prefetchw prefetches the cache line at offset from tPackB for writing. Go's assembler does not have the instruction,
// so it is written as bytes: a prefix for R14, the opcode, ModRM and the offset.
func (x *x86) prefetchw(offset int) {
	o := uint32(offset)
	fmt.Fprintf(x, "\t// PREFETCHW %d(%s)\n\tBYTE $0x41; BYTE $0x0f; BYTE $0x0d; BYTE $0x8e; LONG $%#x\n", offset, tPackB, o)
}
