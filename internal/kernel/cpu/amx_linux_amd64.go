//go:build !noasm && !amxemu

package cpu

import (
	"sync"
	"syscall"

	"golang.org/x/sys/cpu"
)

// hasAMX reports whether this process may use AMX tiles of bfloat16. The registers are 8 KiB a thread, so Linux saves them only for
// a process that asks (Documentation/arch/x86/xstate.rst). It grants that for all threads, and only where it has turned the
// registers on in XCR0: so there is no need to read that too.
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
