#include "textflag.h"

// The assembler does not know AMX; the bytes are GNU as's.

// func multiply(config *[64]byte, c *[256]float32, a, b *[512]uint16, count int)
TEXT ·multiply(SB), NOSPLIT, $0-40
	MOVQ config+0(FP), AX
	MOVQ c+8(FP), DI
	MOVQ a+16(FP), SI
	MOVQ b+24(FP), DX
	MOVQ count+32(FP), BX
	MOVQ $64, CX
	BYTE $0xc4; BYTE $0xe2; BYTE $0x78; BYTE $0x49; BYTE $0x00             // ldtilecfg (%rax)
	BYTE $0xc4; BYTE $0xe2; BYTE $0x7b; BYTE $0x4b; BYTE $0x04; BYTE $0x0f // tileloadd (%rdi,%rcx,1),%tmm0
	BYTE $0xc4; BYTE $0xe2; BYTE $0x7b; BYTE $0x4b; BYTE $0x0c; BYTE $0x0e // tileloadd (%rsi,%rcx,1),%tmm1
	BYTE $0xc4; BYTE $0xe2; BYTE $0x7b; BYTE $0x4b; BYTE $0x14; BYTE $0x0a // tileloadd (%rdx,%rcx,1),%tmm2

again:
	BYTE $0xc4; BYTE $0xe2; BYTE $0x6a; BYTE $0x5c; BYTE $0xc1 // tdpbf16ps %tmm2,%tmm1,%tmm0
	DECQ BX
	JNZ  again
	BYTE $0xc4; BYTE $0xe2; BYTE $0x7a; BYTE $0x4b; BYTE $0x04; BYTE $0x0f // tilestored %tmm0,(%rdi,%rcx,1)
	BYTE $0xc4; BYTE $0xe2; BYTE $0x78; BYTE $0x49; BYTE $0xc0             // tilerelease
	RET

// func configure(config *[64]byte)
TEXT ·configure(SB), NOSPLIT, $0-8
	MOVQ config+0(FP), AX
	BYTE $0xc4; BYTE $0xe2; BYTE $0x78; BYTE $0x49; BYTE $0x00 // ldtilecfg (%rax)
	RET

// func zero()
TEXT ·zero(SB), NOSPLIT, $0-0
	BYTE $0xc4; BYTE $0xe2; BYTE $0x7b; BYTE $0x49; BYTE $0xc0 // tilezero %tmm0
	RET

// func zeroTwice()
TEXT ·zeroTwice(SB), NOSPLIT, $0-0
	BYTE $0xc4; BYTE $0xe2; BYTE $0x7b; BYTE $0x49; BYTE $0xc0 // tilezero %tmm0
	BYTE $0xc4; BYTE $0xe2; BYTE $0x7b; BYTE $0x49; BYTE $0xf8 // tilezero %tmm7
	RET

// func store(to *byte, stride int)
TEXT ·store(SB), NOSPLIT, $0-16
	MOVQ to+0(FP), DI
	MOVQ stride+8(FP), CX
	BYTE $0xc4; BYTE $0xe2; BYTE $0x7a; BYTE $0x4b; BYTE $0x04; BYTE $0x0f // tilestored %tmm0,(%rdi,%rcx,1)
	RET

// func unknown()
TEXT ·unknown(SB), NOSPLIT, $0-0
	BYTE $0xc4; BYTE $0xe2; BYTE $0x6b; BYTE $0x5e; BYTE $0xc1 // tdpbssd %tmm2,%tmm1,%tmm0
	RET

// func undefined()
TEXT ·undefined(SB), NOSPLIT, $0-0
	UNDEF
	RET
