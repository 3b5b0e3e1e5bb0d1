package main

import (
	"fmt"
	"strings"
)

// AVX-512 and AVX2. Go's operand order: sources from last to first, then the destination. Two registers of each set are
// reserved for constants that an instruction cannot take from memory.

var amd64Names = map[op]string{
	opAdd: "VADDPS", opSub: "VSUBPS", opMul: "VMULPS", opDiv: "VDIVPS", opMin: "VMINPS", opMax: "VMAXPS",
	opAnd: "VANDPS", opAndNot: "VANDNPS", opOr: "VORPS", opXor: "VXORPS", opAddInt: "VPADDD", opSubInt: "VPSUBD",
	opShl: "VPSLLD", opShr: "VPSRLD", opSar: "VPSRAD", opSqrt: "VSQRTPS", opToFloat: "VCVTDQ2PS", opScale: "VSCALEFPS",
	opAddWide: "VADDPD", opSubWide: "VSUBPD", opMulWide: "VMULPD", opDivWide: "VDIVPD",
	opAddLong: "VPADDQ", opSubLong: "VPSUBQ", opShlLong: "VPSLLQ", opShrLong: "VPSRLQ", opToInt: "VCVTTPS2DQ",
	opSarLong: "VPSRAQ", opMulLong: "VPMULDQ",
}

var commutes = map[op]bool{opAdd: true, opMul: true, opAnd: true, opOr: true, opXor: true, opAddInt: true,
	opAddWide: true, opMulWide: true, opAddLong: true}

func (m *machine) emitAVX(c instr, dies [3]bool, line func(string, ...any)) {
	wide := m.isa == avx512
	v := func(n int) string {
		if wide {
			return fmt.Sprintf("Z%d", n)
		}
		return fmt.Sprintf("Y%d", n)
	}
	scratch := []int{13, 14}
	if wide {
		scratch = []int{30, 31}
	}
	isConst := func(k int) bool { return c.src[k] != 0 && m.values[c.src[k]].constant }
	symbol := func(x vec) string {
		val := m.values[x]
		if val.table != nil {
			return fmt.Sprintf("%s<>+%d(SB)", m.pool.symbol, m.pool.table(val.table))
		}
		return fmt.Sprintf("%s<>+%d(SB)", m.pool.symbol, m.pool.constant(val))
	}
	loadConst := func(x vec) string { // the instruction that loads a constant
		if m.values[x].wide {
			return "VBROADCASTSD"
		}
		return "VBROADCASTSS"
	}
	// in returns a register that holds source k. It loads a constant into scratch register s.
	in := func(k, s int) string {
		if !isConst(k) {
			return v(m.values[c.src[k]].register)
		}
		line("%s %s, %s", loadConst(c.src[k]), symbol(c.src[k]), v(scratch[s]))
		return v(scratch[s])
	}
	dst := ""
	if c.dst != 0 {
		dst = v(m.values[c.dst].register)
	}
	address := ""
	switch {
	case c.fp != "":
		address = c.fp
	case c.base >= 0 && c.index >= 0:
		address = fmt.Sprintf("%d(%s)(%s*1)", c.offset, m.r(c.base), m.r(c.index))
	case c.base >= 0:
		address = fmt.Sprintf("%d(%s)", c.offset, m.r(c.base))
	}
	half := func(n int) string { // the lower half of register n
		if wide {
			return fmt.Sprintf("Y%d", n)
		}
		return fmt.Sprintf("X%d", n)
	}

	switch c.op {
	case opLoad:
		switch {
		case c.tail && wide:
			line("VMOVUPS.Z %s, K1, %s", address, dst)
		case c.tail:
			line("VMASKMOVPS %s, Y15, %s", address, dst)
		default:
			line("VMOVUPS %s, %s", address, dst)
		}
	case opStore:
		x := in(0, 0)
		switch {
		case c.tail && wide:
			line("VMOVUPS %s, K1, %s", x, address)
		case c.tail:
			line("VMASKMOVPS %s, Y15, %s", x, address)
		default:
			line("VMOVUPS %s, %s", x, address)
		}
	case opStream:
		line("VMOVNTPS %s, %s", in(0, 0), address)
	case opBroadcast:
		line("VBROADCASTSS %s, %s", address, dst)
	case opBroadcastWide:
		line("VBROADCASTSD %s, %s", address, dst)
	case opLoadHalves:
		line("VMOVUPS %s, %s", address, half(m.values[c.dst].register))
		line("VINSERTF64X4 $1, %d(%s)(%s*1), %[4]s, %[4]s", c.imm, m.r(c.base), m.r(c.index), dst)
	case opStoreHalves:
		x := m.values[c.src[0]].register
		line("VMOVUPS %s, %s", half(x), address)
		line("VEXTRACTF64X4 $1, %s, %d(%s)(%s*1)", v(x), c.imm, m.r(c.base), m.r(c.index))
	case opStoreOne:
		line("VMOVSS X%d, %s", m.values[c.src[0]].register, address)
	case opBytes:
		line("VPMOVZXBD %s, %s", address, v(scratch[0]))
		if wide {
			line("VPTESTMD %[1]s, %[1]s, K%[2]d", v(scratch[0]), m.values[c.dst].register+2)
		} else {
			line("VPXOR %[1]s, %[1]s, %[1]s", v(scratch[1]))
			line("VPCMPGTD %s, %s, %s", v(scratch[1]), v(scratch[0]), dst)
		}
	case opTruth:
		x := m.values[c.src[0]].register
		if wide {
			line("VPMOVM2B K%d, X30", x+2)
			line("VPABSB X30, X30")
			line("VMOVDQU8 X30, %s", address)
		} else {
			line("VEXTRACTF128 $1, Y%d, X13", x)
			line("VPACKSSDW X13, X%d, X13", x)
			line("VPACKSSWB X13, X13, X13")
			line("VPABSB X13, X13")
			line("VMOVQ X13, %s", address)
		}
	case opLoad8:
		line("VPMOVZXBD %s, %s", address, dst)
	case opLoad16:
		line("VPMOVZXWD %s, %s", address, dst)
	case opStore16:
		x := m.values[c.src[0]].register
		if wide {
			line("VPMOVDW Z%d, Y30", x) // to memory it is slow
			line("VMOVDQU64 Y30, %s", address)
		} else {
			line("VEXTRACTF128 $1, Y%d, X13", x)
			line("VPACKUSDW X13, X%d, X13", x)
			line("VMOVDQU X13, %s", address)
		}
	case opLoadF16:
		line("VCVTPH2PS %s, %s", address, dst)
	case opStoreF16:
		line("VCVTPS2PH $0, %s, %s", v(m.values[c.src[0]].register), address)
	case opRound:
		if wide {
			line("VRNDSCALEPS $%d, %s, %s", c.imm, in(0, 0), dst)
		} else {
			line("VROUNDPS $%d, %s, %s", c.imm, in(0, 0), dst)
		}
	case opMove:
		if isConst(0) && m.values[c.src[0]].table != nil {
			line("VMOVUPS %s, %s", symbol(c.src[0]), dst)
		} else if isConst(0) {
			line("%s %s, %s", loadConst(c.src[0]), symbol(c.src[0]), dst)
		} else if x := in(0, 0); x != dst {
			line("VMOVAPS %s, %s", x, dst)
		}
	case opAdd, opSub, opMul, opDiv, opMin, opMax, opAnd, opAndNot, opOr, opXor, opAddInt, opSubInt, opScale, opAddWide,
		opSubWide, opMulWide, opDivWide, opAddLong, opSubLong, opMulLong:
		a, b := 0, 1
		if commutes[c.op] && isConst(a) && !isConst(b) {
			a, b = b, a
		}
		x, name := in(a, 0), amd64Names[c.op]
		if isConst(b) && m.values[c.src[b]].wide {
			name = strings.Replace(name, "PS", "PD", 1) // for the bitwise operations
		}
		if wide && isConst(b) {
			line("%s.BCST %s, %s, %s", name, symbol(c.src[b]), x, dst)
		} else {
			line("%s %s, %s, %s", name, in(b, 1), x, dst)
		}
	case opSqrt, opToFloat, opToInt:
		line("%s %s, %s", amd64Names[c.op], in(0, 0), dst)
	case opShl, opShr, opSar, opShlLong, opShrLong, opSarLong:
		line("%s $%d, %s, %s", amd64Names[c.op], c.imm, in(0, 0), dst)
	case opFMA, opFNMA:
		m.emitFMA(c, dies, line, in, isConst, symbol, dst, wide)
	case opMinAbs:
		x := in(0, 0)
		if isConst(1) {
			line("VRANGEPS.BCST $10, %s, %s, %s", symbol(c.src[1]), x, dst)
		} else {
			line("VRANGEPS $10, %s, %s, %s", in(1, 1), x, dst)
		}
	case opFix:
		if x := in(0, 0); x != dst {
			line("VMOVAPS %s, %s", x, dst)
		}
		if isConst(2) {
			line("VFIXUPIMMPS.BCST $0, %s, %s, %s", symbol(c.src[2]), in(1, 0), dst)
		} else {
			line("VFIXUPIMMPS $0, %s, %s, %s", in(2, 1), in(1, 0), dst)
		}
	case opFMAWide:
		// Sources are never constants.
		a, b, z := in(0, 0), in(1, 0), in(2, 0)
		if dst != z {
			panic("float64 multiply-add into another register")
		}
		line("VFMADD231PD %s, %s, %s", b, a, dst)
	case opLess, opLessEq, opEqual, opNotEqual:
		predicate := map[op]int{opEqual: 0, opLess: 1, opLessEq: 2, opNotEqual: 4}[c.op]
		a := in(0, 0)
		if wide {
			k := m.values[c.dst].register + 2
			if isConst(1) {
				line("VCMPPS.BCST $%d, %s, %s, K%d", predicate, symbol(c.src[1]), a, k)
			} else {
				line("VCMPPS $%d, %s, %s, K%d", predicate, in(1, 1), a, k)
			}
		} else {
			line("VCMPPS $%d, %s, %s, %s", predicate, in(1, 1), a, dst)
		}
	case opEqualInt:
		a, b := in(0, 0), in(1, 1)
		if wide {
			line("VPCMPEQD %s, %s, K%d", b, a, m.values[c.dst].register+2)
		} else {
			line("VPCMPEQD %s, %s, %s", b, a, dst)
		}
	case opEven, opOdd:
		a, b := in(0, 0), in(1, 1)
		if wide {
			table := &evenLanes
			if c.op == opOdd {
				table = &oddLanes
			}
			line("VMOVUPS %s<>+%d(SB), Z30", m.pool.symbol, m.pool.table(table))
			line("VPERMI2PS %s, %s, Z30", b, a)
			line("VMOVAPS Z30, %s", dst)
			return
		}
		line("VSHUFPS $%d, %s, %s, Y13", map[op]int{opEven: 0x88, opOdd: 0xdd}[c.op], b, a)
		line("VPERMPD $0xd8, Y13, %s", dst)
	case opZipLow, opZipHigh:
		a, b := in(0, 0), in(1, 1)
		if wide {
			table := &lowLanes
			if c.op == opZipHigh {
				table = &highLanes
			}
			line("VMOVUPS %s<>+%d(SB), Z30", m.pool.symbol, m.pool.table(table))
			line("VPERMI2PS %s, %s, Z30", b, a)
			line("VMOVAPS Z30, %s", dst)
			return
		}
		line("VUNPCKLPS %s, %s, Y13", b, a)
		line("VUNPCKHPS %s, %s, Y14", b, a)
		line("VPERM2F128 $%d, Y14, Y13, %s", map[op]int{opZipLow: 0x20, opZipHigh: 0x31}[c.op], dst)
	case opSelect:
		b, z := in(1, 0), ""
		if wide {
			k := m.values[c.src[0]].register + 2
			z = in(2, 1)
			line("VBLENDMPS %s, %s, K%d, %s", b, z, k, dst)
		} else {
			z = in(2, 1)
			line("VBLENDVPS %s, %s, %s, %s", v(m.values[c.src[0]].register), b, z, dst)
		}
	case opTailOnly:
		x, fill := in(0, 0), in(1, 1)
		if wide {
			line("VBLENDMPS %s, %s, K1, %s", x, fill, dst)
		} else {
			line("VBLENDVPS Y15, %s, %s, %s", x, fill, dst)
		}
	case opLookup:
		index := in(1, 0)
		if wide {
			table := ""
			if isConst(0) {
				table = symbol(c.src[0])
			} else {
				table = in(0, 1)
			}
			line("VPERMPS %s, %s, %s", table, index, dst)
			return
		}
		at := m.pool.table(m.values[c.src[0]].table)
		line("VPSLLD $28, %s, %s", index, v(scratch[0])) // bit 3 of the index becomes the sign
		line("VPERMPS %s<>+%d(SB), %s, %s", m.pool.symbol, at+32, index, v(scratch[1]))
		line("VPERMPS %s<>+%d(SB), %s, %s", m.pool.symbol, at, index, dst)
		line("VBLENDVPS %s, %s, %s, %s", v(scratch[0]), v(scratch[1]), dst, dst)
	case opReverse:
		at := m.pool.table(&reversed)
		if !wide {
			at += 32 // 7 to 0
		}
		line("VMOVUPS %s<>+%d(SB), %s", m.pool.symbol, at, v(scratch[0]))
		line("VPERMPS %s, %s, %s", in(0, 1), v(scratch[0]), dst)
	case opLoadWide:
		line("VCVTPS2PD %s, %s", address, dst)
	case opWidenLow:
		line("VCVTPS2PD %s, %s", half(m.values[c.src[0]].register), dst)
	case opWidenHigh:
		if wide {
			line("VEXTRACTF64X4 $1, %s, Y30", in(0, 0))
			line("VCVTPS2PD Y30, %s", dst)
		} else {
			line("VEXTRACTF128 $1, %s, X13", in(0, 0))
			line("VCVTPS2PD X13, %s", dst)
		}
	case opNarrow:
		low, high := m.values[c.src[0]].register, m.values[c.src[1]].register
		if wide {
			line("VCVTPD2PS Z%d, Y30", high)
			line("VCVTPD2PS Z%d, Y%d", low, m.values[c.dst].register)
			line("VINSERTF64X4 $1, Y30, %[1]s, %[1]s", dst)
		} else {
			line("VCVTPD2PSY Y%d, X13", high)
			line("VCVTPD2PSY Y%d, X%d", low, m.values[c.dst].register)
			line("VINSERTF128 $1, X13, %[1]s, %[1]s", dst)
		}
	case opSumWide, opSumWideStore:
		x := m.values[c.src[0]].register
		s := scratch[0]
		if wide {
			line("VEXTRACTF64X4 $1, Z%d, Y%d", x, s)
			line("VADDPD Y%d, Y%d, Y%d", s, x, s)
			line("VEXTRACTF64X2 $1, Y%[1]d, X%[2]d", s, scratch[1])
			line("VADDPD X%d, X%d, X%d", scratch[1], s, s)
		} else {
			line("VEXTRACTF128 $1, Y%d, X%d", x, s)
			line("VADDPD X%d, X%d, X%d", s, x, s)
		}
		line("VPERMILPD $1, X%d, X%d", s, scratch[1])
		line("VADDPD X%d, X%d, X%d", scratch[1], s, s)
		if c.op == opSumWideStore {
			line("VMOVSD X%d, %s", s, address)
			return
		}
		line("VCVTPD2PSX X%[1]d, X%[1]d", s)
		line("VBROADCASTSS X%d, %s", s, dst)
	case opMaxAll:
		// A comparison with itself finds a NaN, which the maximum of two may lose.
		x := m.values[c.src[0]].register
		s, t := scratch[0], scratch[1]
		if wide {
			line("VEXTRACTF64X4 $1, Z%d, Y%d", x, s)
			line("VMAXPS Y%d, Y%d, Y%d", s, x, s)
			line("VEXTRACTF32X4 $1, Y%d, X%d", s, t)
			line("VMAXPS X%[2]d, X%[1]d, X%[1]d", s, t)
		} else {
			line("VEXTRACTF128 $1, Y%d, X%d", x, s)
			line("VMAXPS X%d, X%d, X%d", s, x, s)
		}
		line("VPERMILPS $0x4e, X%d, X%d", s, t)
		line("VMAXPS X%[2]d, X%[1]d, X%[1]d", s, t)
		line("VPERMILPS $0xb1, X%d, X%d", s, t)
		line("VMAXPS X%[2]d, X%[1]d, X%[1]d", s, t)
		line("VBROADCASTSS X%d, %s", s, dst)
	default:
		panic(fmt.Sprint("amd64: operation ", int(c.op)))
	}
}

// emitFMA prints a*b + c or c - a*b in a form that overwrites a source that is not used again, or else after a copy of c.
func (m *machine) emitFMA(c instr, dies [3]bool, line func(string, ...any), in func(k, s int) string, isConst func(int) bool,
	symbol func(vec) string, dst string, wide bool) {
	kind := "VFMADD"
	if c.op == opFNMA {
		kind = "VFNMADD"
	}
	reg := func(k int) string {
		if isConst(k) {
			return ""
		}
		return in(k, 0)
	}
	// last prints the instruction with source k, which may be a constant, as the operand that may be in memory.
	last := func(form string, k int, other, dst string) {
		switch {
		case !isConst(k):
			line("%s%sPS %s, %s, %s", kind, form, in(k, 0), other, dst)
		case wide:
			line("%s%sPS.BCST %s, %s, %s", kind, form, symbol(c.src[k]), other, dst)
		default:
			line("%s%sPS %s, %s, %s", kind, form, in(k, 0), other, dst)
		}
	}
	switch dst {
	case reg(2): // dst += a*b
		if isConst(0) {
			last("231", 0, in(1, 1), dst)
		} else {
			last("231", 1, in(0, 1), dst)
		}
		return
	case reg(0), reg(1): // dst = dst*b + c
		other := 1
		if dst != reg(0) {
			other = 0
		}
		if isConst(other) && !isConst(2) {
			last("132", other, in(2, 1), dst)
		} else {
			last("213", 2, in(other, 1), dst)
		}
		return
	}
	if isConst(2) {
		line("VBROADCASTSS %s, %s", symbol(c.src[2]), dst)
	} else {
		line("VMOVAPS %s, %s", in(2, 0), dst)
	}
	if isConst(0) {
		last("231", 0, in(1, 1), dst)
	} else {
		last("231", 1, in(0, 1), dst)
	}
}

// The lanes of two vectors of AVX-512, numbered through.
var (
	evenLanes = [16]uint32{0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30}
	oddLanes  = [16]uint32{1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31}
	lowLanes  = [16]uint32{0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23}
	highLanes = [16]uint32{8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31}
)
