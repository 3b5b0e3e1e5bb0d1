package main

import "testing"

func TestMemoryText(t *testing.T) {
	for bytes, want := range map[uint64]string{0: "0 MiB", 35<<20 + 999: "35 MiB", 1<<30 - 1: "1023 MiB", 3 << 29: "1.5 GiB"} {
		if got := memoryText(bytes); got != want {
			t.Errorf("%d: %s, want %s", bytes, got, want)
		}
	}
}
