package cpu

import (
	"math"
	"syscall"
)

// totalMemory returns the bytes of memory and swap space, or math.MaxInt if the system call fails.
func totalMemory() int {
	var i syscall.Sysinfo_t
	if err := syscall.Sysinfo(&i); err != nil {
		return math.MaxInt
	}
	return int((uint64(i.Totalram) + uint64(i.Totalswap)) * uint64(i.Unit))
}
