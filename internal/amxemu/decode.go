//go:build linux && amd64

package main

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// op identifies an instruction.
type op uint8

const (
	ldtilecfg op = iota
	sttilecfg
	tileloadd
	tileloaddt1
	tilestored
	tilezero
	tilerelease
	tdpbf16ps
	numOps
)

var opNames = [numOps]string{"ldtilecfg", "sttilecfg", "tileloadd", "tileloaddt1", "tilestored", "tilezero", "tilerelease", "tdpbf16ps"}

func (o op) String() string { return opNames[o] }

// Registers of an address other than the sixteen general registers, which have the numbers of their encoding.
const (
	rip   = 16 // the address of the next instruction
	noReg = 17 // reads as zero
)

// insn is a decoded instruction.
type insn struct {
	op   op
	size int // of the code, in bytes

	dst, src1, src2 uint8 // tiles: the one loaded, stored or zeroed is dst; TDPBF16PS computes dst += src1·src2

	base, index uint8 // the operand in memory: general registers, rip or noReg
	shift       uint8 // of the index
	disp        int32
}

// The errors of decode for code that does not violate a rule of AMX.
var (
	errNotAMX = errors.New("not an AMX instruction")
	errShort  = errors.New("the instruction is longer than the given bytes")
)

// decode decodes the AMX instruction at the start of code. The error is errNotAMX, errShort, or describes an invalid
// AMX encoding: an undefined form, or an instruction that amxemu does not support.
//
// All AMX instructions are VEX.128.0F38.W0 with the three-byte prefix: C4, RXB and map, W vvvv L pp, opcode, ModRM
// (SDM volume 2, section 2.3). R, X, B and vvvv are stored inverted; pp encodes the prefix: none, 66, F3 or F2.
func decode(code []byte) (insn, error) {
	if len(code) > 0 && code[0] != 0xC4 {
		return insn{}, errNotAMX
	}
	if len(code) < 5 {
		return insn{}, errShort
	}
	rxb, wvlp, opcode, modrm := ^code[1]>>5, code[2], code[3], code[4]
	if code[1]&0x1F != 2 { // map 0F38
		return insn{}, errNotAMX
	}
	switch opcode {
	case 0x49, 0x4B, 0x5C, 0x5E, 0x6C:
	default:
		return insn{}, errNotAMX
	}
	const none, p66, pF3, pF2 = 0, 1, 2, 3
	vvvv, pp := ^wvlp>>3&15, wvlp&3
	mod, reg, rm := modrm>>6, modrm>>3&7, modrm&7
	register := mod == 3
	in := insn{size: 5, dst: reg, base: noReg, index: noReg}
	if wvlp&0x84 != 0 {
		return in, errors.New("VEX.W or VEX.L is set")
	}
	switch {
	case opcode == 0x49 && pp == none && register && modrm == 0xC0:
		in.op = tilerelease
	case opcode == 0x49 && pp == none && !register && reg == 0:
		in.op = ldtilecfg
	case opcode == 0x49 && pp == p66 && !register && reg == 0:
		in.op = sttilecfg
	case opcode == 0x49 && pp == pF2 && register && rm == 0:
		in.op = tilezero
	case opcode == 0x4B && pp == pF2 && !register:
		in.op = tileloadd
	case opcode == 0x4B && pp == p66 && !register:
		in.op = tileloaddt1
	case opcode == 0x4B && pp == pF3 && !register:
		in.op = tilestored
	case opcode == 0x5C && pp == pF3 && register:
		in.op = tdpbf16ps
	default:
		return in, fmt.Errorf("undefined, or an instruction that amxemu does not support (bytes % x)", code[:5])
	}

	switch in.op {
	case tdpbf16ps:
		in.src1, in.src2 = rm, vvvv
		if rxb&5 != 0 || vvvv > 7 {
			return in, errors.New("a tile above tmm7, want tmm0 to tmm7")
		}
		return in, nil
	case tilezero, tileloadd, tileloaddt1, tilestored:
		if rxb&4 != 0 {
			return in, errors.New("a tile above tmm7, want tmm0 to tmm7")
		}
	}
	if vvvv != 0 {
		return in, errors.New("VEX.vvvv names a register, want 1111")
	}
	if register {
		return in, nil
	}
	if in.op >= tileloadd && rm != 4 {
		return in, errors.New("the address of a tile needs a SIB byte")
	}
	return in, in.address(code, mod, rm, rxb)
}

// address decodes the memory operand from ModRM and the bytes after it (SDM volume 2, section 2.1.5).
func (in *insn) address(code []byte, mod, rm, rxb uint8) error {
	in.base = rm | rxb&1<<3
	if rm == 4 { // SIB
		if len(code) < 6 {
			return errShort
		}
		sib := code[5]
		in.size = 6
		in.base = sib&7 | rxb&1<<3
		if index := sib>>3&7 | rxb&2<<2; index != 4 { // rsp cannot be an index
			in.index, in.shift = index, sib>>6
		}
	}
	width := [3]int{0, 1, 4}[mod]
	if mod == 0 && in.base&7 == 5 { // rbp and r13 cannot be a base without displacement
		width = 4
		in.base = noReg
		if rm == 5 {
			in.base = rip
		}
	}
	disp := code[in.size:]
	if len(disp) < width {
		return errShort
	}
	switch width {
	case 1:
		in.disp = int32(int8(disp[0]))
	case 4:
		in.disp = int32(binary.LittleEndian.Uint32(disp))
	}
	in.size += width
	return nil
}

// registers holds a thread's general registers, rip (the address of the next instruction) and a zero for noReg.
type registers [noReg + 1]uint64

// operand returns the address of the memory operand without its index, and the index, which is the stride of a tile's
// rows.
func (in insn) operand(r *registers) (addr, index uint64) {
	return r[in.base] + uint64(int64(in.disp)), r[in.index] << in.shift
}
