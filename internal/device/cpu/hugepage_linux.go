package cpu

import (
	"syscall"
	"unsafe"
)

// Large pages keep the processor from looking up an address for every 4 KiB of an array that it walks through.
const (
	hugePage       = 2 << 20
	hugeFrom       = 8 << 20 // bytes of a block that is worth them
	adviseHugePage = 14      // MADV_HUGEPAGE
)

// advise asks for large pages behind a block, where it is large. It is only advice: an error changes nothing.
func advise(base unsafe.Pointer, bytes int) {
	if bytes < hugeFrom {
		return
	}
	skip := int(-uintptr(base) & (hugePage - 1))
	n := (bytes - skip) &^ (hugePage - 1)
	if n > 0 {
		_ = syscall.Madvise(unsafe.Slice((*byte)(unsafe.Add(base, skip)), n), adviseHugePage)
	}
}
