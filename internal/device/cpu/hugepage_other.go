//go:build !linux

package cpu

import "unsafe"

// advise does nothing: only Linux takes advice about huge pages.
func advise(unsafe.Pointer, int) {}
