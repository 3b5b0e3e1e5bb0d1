//go:build !noasm && !amxemu

package cpu

import (
	"sync"
	"syscall"

	"golang.org/x/sys/cpu"
)

// hasAMX reports whether this process may use AMX tiles of bfloat16. The registers have 8 KiB per thread, so Linux
// saves them only for a process that requests permission (Documentation/arch/x86/xstate.rst). The permission is for all
// threads. Linux grants it only if it has enabled the registers in XCR0, so XCR0 need not be read.
var hasAMX = sync.OnceValue(func() bool {
	const (
		reqXCompPerm = 0x1023 // ARCH_REQ_XCOMP_PERM
		tileData     = 18     // XFEATURE_XTILEDATA
	)
	if !cpu.X86.HasAMXTile || !cpu.X86.HasAMXBF16 {
		return false
	}
	_, _, errno := syscall.RawSyscall(syscall.SYS_ARCH_PRCTL, reqXCompPerm, tileData, 0)
	return errno == 0
})
