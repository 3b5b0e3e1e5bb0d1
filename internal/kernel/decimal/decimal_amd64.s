//go:build !noasm

#include "textflag.h"

// Offsets in constants.
#define powers 0
#define zeros 144
#define points 160
#define nines 176
#define tens 192
#define hundred 208
#define myriad 224
#define order 240

// func floatsAVX(text *byte, limit int, cells *Span, stride int, values *float64, n int, c *constants) int
//
// For each cell: count the bytes behind the sign and those before the point, look up the order that moves the digits to
// the end of a register, and join pairs of digits, then pairs of pairs, to two numbers of eight digits.
TEXT ·floatsAVX(SB), NOSPLIT, $0-64
	MOVQ text+0(FP), SI
	MOVQ limit+8(FP), R8
	MOVQ cells+16(FP), DI
	MOVQ stride+24(FP), R9
	MOVQ values+32(FP), R10
	MOVQ n+40(FP), R11
	MOVQ c+48(FP), R12
	SHLQ $3, R9                      // bytes between two cells
	MOVQ R11, R13                    // cells that are left
	VMOVDQU zeros(R12), X10
	VMOVDQU points(R12), X11
	VMOVDQU nines(R12), X12
	VMOVDQU tens(R12), X13
	VMOVDQU hundred(R12), X14
	VMOVDQU myriad(R12), X15

loop:
	MOVL (DI), AX                    // from
	MOVL 4(DI), BX                   // to
	CMPQ AX, R8
	JHI  done
	XORL DX, DX                      // 1 behind a minus sign
	CMPB (SI)(AX*1), $0x2d
	SETEQ DX
	ADDQ DX, AX
	SUBQ AX, BX                      // bytes of the number
	LEAQ -1(BX), CX
	CMPQ CX, $14
	JHI  done
	VMOVDQU (SI)(AX*1), X0
	VPCMPEQB X11, X0, X1
	VPMOVMSKB X1, CX
	BTSL BX, CX
	BSFL CX, CX                      // bytes before the point, or all
	MOVQ BX, AX
	SHLQ $4, AX
	ADDQ CX, AX
	SHLQ $4, AX
	VPSUBB X10, X0, X0
	VPSHUFB order(R12)(AX*1), X0, X0 // 16 digits
	VPSUBUSB X12, X0, X1
	VPTEST X1, X1
	JNZ  done
	VPMADDUBSW X13, X0, X0
	VPMADDWD X14, X0, X0
	VPACKUSDW X0, X0, X0
	VPMADDWD X15, X0, X0
	VMOVQ X0, AX
	MOVL AX, R14
	SHRQ $32, AX
	IMULQ $100000000, R14
	ADDQ R14, AX
	SUBQ CX, BX                      // 0 without a point, otherwise 1 + the number of decimals
	VXORPS X2, X2, X2
	VCVTSI2SDQ AX, X2, X2
	VDIVSD powers(R12)(BX*8), X2, X2
	VMOVQ X2, AX
	SHLQ $63, DX
	ORQ  DX, AX
	MOVQ AX, (R10)
	ADDQ $8, R10
	ADDQ R9, DI
	DECQ R13
	JNZ  loop

done:
	SUBQ R13, R11
	MOVQ R11, ret+56(FP)
	RET

// func separatorsAVX2(text *byte, delimiter uint64, masks *uint64, n int)
TEXT ·separatorsAVX2(SB), NOSPLIT, $0-32
	MOVQ text+0(FP), SI
	MOVQ delimiter+8(FP), AX
	MOVQ masks+16(FP), DI
	MOVQ n+24(FP), CX
	VMOVQ AX, X0
	VPBROADCASTB X0, Y0
	MOVL $10, AX
	VMOVQ AX, X1
	VPBROADCASTB X1, Y1

block:
	VMOVDQU (SI), Y2
	VMOVDQU 32(SI), Y3
	VPCMPEQB Y0, Y2, Y4
	VPCMPEQB Y1, Y2, Y5
	VPCMPEQB Y0, Y3, Y6
	VPCMPEQB Y1, Y3, Y7
	VPOR Y4, Y5, Y4
	VPOR Y6, Y7, Y6
	VPMOVMSKB Y4, AX
	VPMOVMSKB Y6, DX
	SHLQ $32, DX
	ORQ  DX, AX
	MOVQ AX, (DI)
	ADDQ $64, SI
	ADDQ $8, DI
	DECQ CX
	JNZ  block
	VZEROUPPER
	RET
