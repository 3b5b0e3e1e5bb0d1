//go:build !linux

package cpu

import "unsafe"

// advise asks for large pages, on systems where that can be asked.
func advise(unsafe.Pointer, int) {}
