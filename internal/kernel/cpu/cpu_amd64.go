//go:build !noasm

package cpu

import "golang.org/x/sys/cpu"

// detect returns the levels above Generic.
func detect() (l []Level) {
	x := &cpu.X86
	if !x.HasAVX2 || !x.HasFMA {
		return nil
	}
	l = append(l, AVX2)
	if x.HasAVX512F && x.HasAVX512BW && x.HasAVX512DQ && x.HasAVX512VL {
		l = append(l, AVX512)
		if hasAMX() {
			l = append(l, AMX)
		}
	}
	return l
}

// VNNI reports whether kernels may use AVX-512 VNNI, the integer products of a level AVX512 whose processor has them.
func VNNI() bool { return ISA() == AVX512 && cpu.X86.HasAVX512VNNI }

// BF16 reports whether kernels may use AVX-512 BF16, the bfloat16 products of a level AVX512 whose processor has them.
func BF16() bool { return ISA() == AVX512 && cpu.X86.HasAVX512BF16 }
