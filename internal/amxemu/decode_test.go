//go:build linux && amd64

package main

import (
	"encoding/hex"
	"errors"
	"testing"
)

const (
	rax = iota
	rcx
	rdx
	rbx
	rsp
	rbp
	rsi
	rdi
	r8
	r9
	r10
	r11
	r12
	r13
	r14
	r15
)

// decodings lists instructions with GNU as's encoding (binutils 2.40); objdump disassembles each to the same text.
var decodings = []struct {
	text, code string
	want       insn
}{
	{"ldtilecfg (%rax)", "c4e2784900", insn{op: ldtilecfg, base: rax, index: noReg}},
	{"ldtilecfg 0x40(%rsp)", "c4e27849442440", insn{op: ldtilecfg, base: rsp, index: noReg, disp: 0x40}},
	{"ldtilecfg -0x12345678(%r13,%r12,4)", "c482784984a588a9cbed", insn{op: ldtilecfg, base: r13, index: r12, shift: 2, disp: -0x12345678}},
	{"ldtilecfg (%rbx,%r14,8)", "c4a2784904f3", insn{op: ldtilecfg, base: rbx, index: r14, shift: 3}},
	{"ldtilecfg 0x10(%rip)", "c4e278490510000000", insn{op: ldtilecfg, base: rip, index: noReg, disp: 0x10}},
	{"ldtilecfg 0x1000", "c4e27849042500100000", insn{op: ldtilecfg, base: noReg, index: noReg, disp: 0x1000}},
	{"ldtilecfg 0x0(%r13)", "c4c278494500", insn{op: ldtilecfg, base: r13, index: noReg}},
	{"sttilecfg (%rdi)", "c4e2794907", insn{op: sttilecfg, base: rdi, index: noReg}},
	{"sttilecfg 0x7f(%r9)", "c4c27949417f", insn{op: sttilecfg, base: r9, index: noReg, disp: 0x7f}},
	{"tileloadd (%rdi,%rcx,1),%tmm0", "c4e27b4b040f", insn{op: tileloadd, base: rdi, index: rcx}},
	{"tileloadd (%rsi,%rcx,1),%tmm1", "c4e27b4b0c0e", insn{op: tileloadd, dst: 1, base: rsi, index: rcx}},
	{"tileloadd -0x80(%r8,%r15,2),%tmm7", "c4827b4b7c7880", insn{op: tileloadd, dst: 7, base: r8, index: r15, shift: 1, disp: -0x80}},
	{"tileloadd 0x400(%r13,%rbp,8),%tmm5", "c4c27b4baced00040000", insn{op: tileloadd, dst: 5, base: r13, index: rbp,
		shift: 3, disp: 0x400}},
	{"tileloadd (%rsp,%rax,1),%tmm3", "c4e27b4b1c04", insn{op: tileloadd, dst: 3, base: rsp, index: rax}},
	{"tileloadd (%r12,%r12,1),%tmm3", "c4827b4b1c24", insn{op: tileloadd, dst: 3, base: r12, index: r12}},
	{"tileloadd 0x8(%rbx,%riz,1),%tmm4", "c4e27b4b642308", insn{op: tileloadd, dst: 4, base: rbx, index: noReg, disp: 8}},
	{"tileloadd 0x0(,%rcx,4),%tmm6", "c4e27b4b348d00000000", insn{op: tileloadd, dst: 6, base: noReg, index: rcx, shift: 2}},
	{"tileloadd 0x40(,%r9,1),%tmm6", "c4a27b4b340d40000000", insn{op: tileloadd, dst: 6, base: noReg, index: r9, disp: 0x40}},
	{"tileloaddt1 0x20(%rax,%rdx,4),%tmm6", "c4e2794b749020", insn{op: tileloaddt1, dst: 6, base: rax, index: rdx, shift: 2, disp: 0x20}},
	{"tileloaddt1 (%r10,%r11,1),%tmm2", "c482794b141a", insn{op: tileloaddt1, dst: 2, base: r10, index: r11}},
	{"tilestored %tmm0,(%rdi,%rcx,1)", "c4e27a4b040f", insn{op: tilestored, base: rdi, index: rcx}},
	{"tilestored %tmm7,0x11223344(%r14,%rbx,2)", "c4c27a4bbc5e44332211", insn{op: tilestored, dst: 7, base: r14,
		index: rbx, shift: 1, disp: 0x11223344}},
	{"tilestored %tmm5,0x40(%rbp,%r8,1)", "c4a27a4b6c0540", insn{op: tilestored, dst: 5, base: rbp, index: r8, disp: 0x40}},
	{"tilezero %tmm0", "c4e27b49c0", insn{op: tilezero, base: noReg, index: noReg}},
	{"tilezero %tmm7", "c4e27b49f8", insn{op: tilezero, dst: 7, base: noReg, index: noReg}},
	{"tilezero %tmm3", "c4e27b49d8", insn{op: tilezero, dst: 3, base: noReg, index: noReg}},
	{"tilerelease", "c4e27849c0", insn{op: tilerelease, base: noReg, index: noReg}},
	{"tdpbf16ps %tmm2,%tmm1,%tmm0", "c4e26a5cc1", insn{op: tdpbf16ps, src1: 1, src2: 2, base: noReg, index: noReg}},
	{"tdpbf16ps %tmm7,%tmm6,%tmm5", "c4e2425cee", insn{op: tdpbf16ps, dst: 5, src1: 6, src2: 7, base: noReg, index: noReg}},
	{"tdpbf16ps %tmm0,%tmm7,%tmm3", "c4e27a5cdf", insn{op: tdpbf16ps, dst: 3, src1: 7, base: noReg, index: noReg}},
}

func TestDecode(t *testing.T) {
	for _, d := range decodings {
		code, err := hex.DecodeString(d.code)
		if err != nil {
			t.Fatal(err)
		}
		d.want.size = len(code)
		// decode must ignore the bytes after the instruction.
		if got, err := decode(append(code, 0xC4, 0xE2)); err != nil || got != d.want {
			t.Errorf("%s (%s): got %+v, %v, want %+v", d.text, d.code, got, err, d.want)
		}
		for n := range code {
			if _, err := decode(code[:n]); err != errShort {
				t.Errorf("%s, only %d bytes: error %v, want %v", d.text, n, err, errShort)
			}
		}
	}
}

// TestDecodeRefuses checks code that is not AMX, and AMX forms that hardware rejects too.
func TestDecodeRefuses(t *testing.T) {
	for _, d := range []struct{ text, code, want string }{
		{"ud2", "0f0b000000", errNotAMX.Error()},
		{"vpaddd %xmm1,%xmm2,%xmm3", "c5e9fed900", errNotAMX.Error()},
		{"vpmaskmovd (%rax),%xmm1,%xmm2", "c4e2718c10", errNotAMX.Error()},
		{"vpblendw, another map", "c4e37149c0", errNotAMX.Error()},
		{"tdpbssd %tmm2,%tmm1,%tmm0", "c4e26b5ec1", "undefined, or an instruction that amxemu does not support (bytes c4 e2 6b 5e c1)"},
		{"tdpfp16ps %tmm2,%tmm1,%tmm0", "c4e26b5cc1", "undefined, or an instruction that amxemu does not support (bytes c4 e2 6b 5c c1)"},
		{"tdpbf16ps from memory", "c4e26a5c01", "undefined, or an instruction that amxemu does not support (bytes c4 e2 6a 5c 01)"},
		{"tilerelease with reg 1", "c4e27849c8", "undefined, or an instruction that amxemu does not support (bytes c4 e2 78 49 c8)"},
		{"ldtilecfg with reg 1", "c4e2784908", "undefined, or an instruction that amxemu does not support (bytes c4 e2 78 49 08)"},
		{"tilezero with rm 1", "c4e27b49c1", "undefined, or an instruction that amxemu does not support (bytes c4 e2 7b 49 c1)"},
		{"tileloadd of a register", "c4e27b4bc4", "undefined, or an instruction that amxemu does not support (bytes c4 e2 7b 4b c4)"},
		{"VEX.W", "c4e2fb4b040f", "VEX.W or VEX.L is set"},
		{"VEX.L", "c4e27f4b040f", "VEX.W or VEX.L is set"},
		{"tdpbf16ps to tmm8", "c4626a5cc1", "a tile above tmm7, want tmm0 to tmm7"},
		{"tdpbf16ps of tmm9", "c4c26a5cc1", "a tile above tmm7, want tmm0 to tmm7"},
		{"tdpbf16ps of tmm10", "c4e22a5cc1", "a tile above tmm7, want tmm0 to tmm7"},
		{"tileloadd to tmm8", "c4627b4b040f", "a tile above tmm7, want tmm0 to tmm7"},
		{"tilezero of tmm8", "c4627b49c0", "a tile above tmm7, want tmm0 to tmm7"},
		{"tileloadd with vvvv", "c4e2734b040f", "VEX.vvvv names a register, want 1111"},
		{"tilerelease with vvvv", "c4e27049c0", "VEX.vvvv names a register, want 1111"},
		{"tileloadd without SIB", "c4e27b4b07", "the address of a tile needs a SIB byte"},
		{"tilestored with rip", "c4e27a4b0500000000", "the address of a tile needs a SIB byte"},
	} {
		code, err := hex.DecodeString(d.code)
		if err != nil {
			t.Fatal(err)
		}
		in, err := decode(code)
		if err == nil || err.Error() != d.want {
			t.Errorf("%s: got %+v, error %v, want %q", d.text, in, err, d.want)
		}
	}
	if _, err := decode(nil); !errors.Is(err, errShort) {
		t.Errorf("no code: %v", err)
	}
}
