package cpu

import (
	"syscall"
	"unsafe"
)

// Huge pages save address translations: with normal pages the processor needs one for every 4 KiB of an array.
const (
	hugePage       = 2 << 20
	hugeFrom       = 8 << 20 // bytes of the smallest block that gets huge pages
	adviseHugePage = 14      // MADV_HUGEPAGE
)

// advise asks the kernel to use huge pages for a large block. It is only advice, so an error is ignored.
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
