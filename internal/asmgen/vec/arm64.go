package main

import "fmt"

// NEON. Go's assembler lacks most vector instructions on floating-point numbers, so they are written as words: the base
// below plus the register numbers. (Arm Architecture Reference Manual, C7.2.)

var neonBase = map[op]uint32{
	opAdd: 0x4E20D400, opSub: 0x4EA0D400, opMul: 0x6E20DC00, opDiv: 0x6E20FC00, opMin: 0x4EA0F400, opMax: 0x4E20F400,
	opAnd: 0x4E201C00, opOr: 0x4EA01C00, opXor: 0x6E201C00, opAddInt: 0x4EA08400, opSubInt: 0x6EA08400,
	opFMA: 0x4E20CC00, opFNMA: 0x4EA0CC00, opEqual: 0x4E20E400, opAddWide: 0x4E60D400,
	opSubWide: 0x4EE0D400, opMulWide: 0x6E60DC00, opDivWide: 0x6E60FC00, opAddLong: 0x4EE08400, opSubLong: 0x6EE08400,
	opFMAWide: 0x4E60CC00,
}

const (
	neonGreater   = 0x6EA0E400 // FCMGT .4S
	neonGreaterEq = 0x6E20E400 // FCMGE .4S
	neonAndNot    = 0x4E601C00 // BIC: Vn & ^Vm
	neonSelect    = 0x6EA01C00 // BIT: the bits of Vn where Vm has ones
	neonSelectNot = 0x6EE01C00 // BIF: the bits of Vn where Vm has zeros
	neonSqrt      = 0x6EA1F800
	neonToFloat   = 0x4E21D800 // SCVTF
	neonToInt     = 0x4EA1B800 // FCVTZS
	neonShl       = 0x4F005400
	neonShr       = 0x6F000400
	neonSar       = 0x4F000400
	neonWidenLow  = 0x0E617800 // FCVTL
	neonWidenHigh = 0x4E617800 // FCVTL2
	neonPairAdd   = 0x7E70D800 // FADDP Dd, Vn.2D
	neonNarrow    = 0x1E624000 // FCVT Sd, Dn
	neonNarrow2   = 0x0E616800 // FCVTN; FCVTN2 fills the upper half
	neonMaxAll    = 0x6E30F800 // FMAXV
	neonLookup    = 0x4E006000 // TBL, four registers
	neonDup       = 0x4E040400 // DUP .4S, lane 0
	neonMove      = 0x4EA01C00 // ORR with itself
	neonMulInt    = 0x4EA09C00
	neonWidenByte = 0x2F08A400 // USHLL .8H, .8B
	neonWidenHalf = 0x2F10A400 // USHLL .4S, .4H
	neonNot       = 0x6E205800 // MVN
	neonFromF16   = 0x0E217800 // FCVTL .4S, .4H
	neonToF16     = 0x0E216800 // FCVTN .4H, .4S
	neonNarrowInt = 0x0E212800 // XTN .8B, .8H; the next larger size is 0x400000 on
	neonTest      = 0x4EA08C00 // CMTST .4S
	neonEqualInt  = 0x6EA08C00 // CMEQ .4S
	neonEven      = 0x4E801800 // UZP1 .4S
	neonOdd       = 0x4E805800 // UZP2 .4S
	neonZipLow    = 0x4E803800 // ZIP1 .4S
	neonZipHigh   = 0x4E807800 // ZIP2 .4S
)

func (m *machine) emitNEON(c instr, dies [3]bool, line func(string, ...any)) {
	const s0, s1 = 28, 29
	isConst := func(k int) bool { return c.src[k] != 0 && m.values[c.src[k]].constant }
	word := func(base uint32, d, n, mm int, what string) {
		line("WORD $0x%08x // %s V%d, V%d, V%d", base|uint32(mm)<<16|uint32(n)<<5|uint32(d), what, d, n, mm)
	}
	word2 := func(base uint32, d, n int, what string) {
		line("WORD $0x%08x // %s V%d, V%d", base|uint32(n)<<5|uint32(d), what, d, n)
	}
	move := func(d, n int) {
		if d != n {
			line("VMOV V%d.B16, V%d.B16", n, d)
		}
	}
	constant := func(x vec, d int) {
		line("FMOVQ %d(R20), F%d", m.pool.constant(m.values[x]), d)
	}
	in := func(k, s int) int {
		if !isConst(k) {
			return m.values[c.src[k]].register
		}
		constant(c.src[k], s)
		return s
	}
	d := 0
	if c.dst != 0 {
		d = m.values[c.dst].register
	}
	address := func() string {
		if c.index >= 0 {
			line("ADD %s, %s, R16", m.r(c.base), m.r(c.index))
			return fmt.Sprintf("%d(R16)", c.offset)
		}
		return fmt.Sprintf("%d(%s)", c.offset, m.r(c.base))
	}

	switch c.op {
	case opLoad:
		line("%s %s, F%d", loadStore(c), address(), d)
	case opStore:
		x := in(0, s0)
		line("%s F%d, %s", loadStore(c), x, address())
	case opBroadcast:
		from := c.fp
		if from == "" {
			from = address()
		}
		line("FMOVS %s, F%d", from, s0)
		line("VDUP V%d.S[0], V%d.S4", s0, d)
	case opStoreOne:
		line("FMOVS F%d, %s", in(0, s0), address())
	case opBytes:
		line("FMOVS %s, F%d", address(), s0)
		word2(neonWidenByte, s0, s0, "USHLL")
		word2(neonWidenHalf, s0, s0, "USHLL")
		word(neonTest, d, s0, s0, "CMTST")
	case opTruth:
		x := in(0, s0)
		word2(neonNarrowInt|0x400000, s0, x, "XTN")
		word2(neonNarrowInt, s0, s0, "XTN")
		constant(m.bits(0x01010101), s1)
		word(neonBase[opAnd], s0, s0, s1, "AND")
		line("FMOVS F%d, %s", s0, address())
	case opLoad8:
		line("FMOVS %s, F%d", address(), s0)
		word2(neonWidenByte, s0, s0, "USHLL")
		word2(neonWidenHalf, d, s0, "USHLL")
	case opLoad16, opLoadF16:
		line("FMOVD %s, F%d", address(), s0)
		if c.op == opLoad16 {
			word2(neonWidenHalf, d, s0, "USHLL")
		} else {
			word2(neonFromF16, d, s0, "FCVTL")
		}
	case opStore16, opStoreF16:
		if c.op == opStore16 {
			word2(neonNarrowInt|0x400000, s0, in(0, s0), "XTN")
		} else {
			word2(neonToF16, s0, in(0, s0), "FCVTN")
		}
		line("FMOVD F%d, %s", s0, address())
	case opRound:
		word2([]uint32{0x4E218800, 0x4E219800, 0x4EA18800, 0x4EA19800}[c.imm], d, in(0, s0),
			[]string{"FRINTN", "FRINTM", "FRINTP", "FRINTZ"}[c.imm])
	case opNotEqual:
		word(neonBase[opEqual], d, in(0, s0), in(1, s1), "FCMEQ")
		word2(neonNot, d, d, "MVN")
	case opEqualInt:
		word(neonEqualInt, d, in(0, s0), in(1, s1), "CMEQ")
	case opEven:
		word(neonEven, d, in(0, s0), in(1, s1), "UZP1")
	case opOdd:
		word(neonOdd, d, in(0, s0), in(1, s1), "UZP2")
	case opZipLow:
		word(neonZipLow, d, in(0, s0), in(1, s1), "ZIP1")
	case opZipHigh:
		word(neonZipHigh, d, in(0, s0), in(1, s1), "ZIP2")
	case opMove:
		if isConst(0) {
			constant(c.src[0], d)
		} else {
			move(d, in(0, s0))
		}
	case opAdd, opSub, opMul, opDiv, opMin, opMax, opAnd, opOr, opXor, opAddInt, opSubInt, opAddWide, opEqual,
		opSubWide, opMulWide, opDivWide, opAddLong, opSubLong:
		a, b := in(0, s0), in(1, s1)
		word(neonBase[c.op], d, a, b, opNames[c.op])
	case opAndNot:
		a, b := in(0, s0), in(1, s1)
		word(neonAndNot, d, b, a, "BIC")
	case opLess:
		a, b := in(0, s0), in(1, s1)
		word(neonGreater, d, b, a, "FCMGT")
	case opLessEq:
		a, b := in(0, s0), in(1, s1)
		word(neonGreaterEq, d, b, a, "FCMGE")
	case opSqrt:
		word2(neonSqrt, d, in(0, s0), "FSQRT")
	case opToFloat:
		word2(neonToFloat, d, in(0, s0), "SCVTF")
	case opToInt:
		word2(neonToInt, d, in(0, s0), "FCVTZS")
	case opShlLong:
		word2(neonShl|uint32(64+c.imm)<<16, d, in(0, s0), fmt.Sprintf("SHL.2D #%d,", c.imm))
	case opShrLong:
		word2(neonShr|uint32(128-c.imm)<<16, d, in(0, s0), fmt.Sprintf("USHR.2D #%d,", c.imm))
	case opBroadcastWide:
		line("FMOVD %s, F%d", c.fp, s0)
		line("VDUP V%d.D[0], V%d.D2", s0, d)
	case opShl:
		word2(neonShl|uint32(32+c.imm)<<16, d, in(0, s0), fmt.Sprintf("SHL #%d,", c.imm))
	case opShr:
		word2(neonShr|uint32(64-c.imm)<<16, d, in(0, s0), fmt.Sprintf("USHR #%d,", c.imm))
	case opSar:
		word2(neonSar|uint32(64-c.imm)<<16, d, in(0, s0), fmt.Sprintf("SSHR #%d,", c.imm))
	case opFMA, opFNMA, opFMAWide:
		if !isConst(2) && d != in(2, s0) && (!isConst(0) && d == in(0, s0) || !isConst(1) && d == in(1, s1)) {
			panic(m.name + ": multiply-add into a factor")
		}
		if isConst(2) {
			constant(c.src[2], d)
		} else {
			move(d, in(2, s0))
		}
		a, b := in(0, s0), in(1, s1)
		word(neonBase[c.op], d, a, b, opNames[c.op])
	case opSelect:
		if !isConst(1) && d == in(1, s1) {
			word(neonSelectNot, d, in(2, s0), m.values[c.src[0]].register, "BIF")
			return
		}
		if isConst(2) {
			constant(c.src[2], d)
		} else {
			move(d, in(2, s0))
		}
		word(neonSelect, d, in(1, s1), m.values[c.src[0]].register, "BIT")
	case opTailOnly: // the tail is one element in lane 0
		if isConst(1) {
			constant(c.src[1], d)
		} else {
			move(d, in(1, s0))
		}
		line("VMOV V%d.S[0], V%d.S[0]", in(0, s1), d)
	case opLookup:
		// Byte indices: four times the index, in each byte, plus the byte's position.
		at := m.pool.table(m.values[c.src[0]].table)
		x := in(1, s0)
		constant(m.bits(15), s0)
		word(neonBase[opAnd], d, x, s0, "AND")
		constant(m.bits(0x04040404), s0)
		word(neonMulInt, d, d, s0, "MUL")
		constant(m.bits(0x03020100), s0)
		word(neonBase[opAddInt], d, d, s0, "ADD")
		for k := range 4 {
			line("FMOVQ %d(R20), F%d", at+16*k, 28+k)
		}
		word(neonLookup, d, 28, d, "TBL4")
	case opReverse:
		line("VREV64 V%d.S4, V%d.S4", in(0, s0), d)
		line("VEXT $8, V%[1]d.B16, V%[1]d.B16, V%[1]d.B16", d)
	case opWidenLow:
		word2(neonWidenLow, d, in(0, s0), "FCVTL")
	case opWidenHigh:
		word2(neonWidenHigh, d, in(0, s0), "FCVTL2")
	case opNarrow:
		word2(neonNarrow2, d, in(0, s0), "FCVTN")
		word2(neonNarrow2|0x40000000, d, in(1, s0), "FCVTN2")
	case opSumWide:
		word2(neonPairAdd, s0, in(0, s0), "FADDP")
		word2(neonNarrow, s0, s0, "FCVT")
		line("VDUP V%d.S[0], V%d.S4", s0, d)
	case opSumWideStore:
		word2(neonPairAdd, s0, in(0, s0), "FADDP")
		line("FMOVD F%d, %s", s0, address())
	case opMaxAll:
		word2(neonMaxAll, s0, in(0, s0), "FMAXV")
		line("VDUP V%d.S[0], V%d.S4", s0, d)
	default:
		panic(fmt.Sprint("arm64: operation ", int(c.op)))
	}
}

var opNames = map[op]string{
	opAdd: "FADD", opSub: "FSUB", opMul: "FMUL", opDiv: "FDIV", opMin: "FMIN", opMax: "FMAX", opAnd: "AND", opOr: "ORR",
	opXor: "EOR", opAddInt: "ADD", opSubInt: "SUB", opFMA: "FMLA", opFNMA: "FMLS", opEqual: "FCMEQ", opAddWide: "FADD.2D",
	opFMAWide: "FMLA.2D", opSubWide: "FSUB.2D", opMulWide: "FMUL.2D", opDivWide: "FDIV.2D", opAddLong: "ADD.2D", opSubLong: "SUB.2D",
}

func loadStore(c instr) string {
	if c.tail {
		return "FMOVS"
	}
	return "FMOVQ"
}
