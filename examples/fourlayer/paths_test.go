package main

import (
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/internal/devicetest"
	"github.com/lamina-ml/lamina/internal/kernel/cpu"
	"github.com/lamina-ml/lamina/tensor"
)

// TestEveryPath runs the program on every instruction set of this processor and on the test device.
func TestEveryPath(t *testing.T) {
	for _, level := range cpu.Levels() {
		t.Run(level.String(), func(t *testing.T) {
			defer cpu.Force(level)()
			golden(t, tensor.CPU())
		})
	}
	t.Run("async", func(t *testing.T) { golden(t, devicetest.Async()) })
}

// TestThreads checks that the program's output is the same, bit for bit, for any number of threads.
func TestThreads(t *testing.T) {
	before := tensor.Threads()
	defer tensor.SetThreads(before)
	want := ""
	for n := 1; n <= 8; n++ {
		tensor.SetThreads(n)
		var b strings.Builder
		if err := run(&b, tensor.CPU()); err != nil {
			t.Fatal(err)
		}
		if n == 1 {
			want = b.String()
		} else if b.String() != want {
			t.Errorf("%d threads give another output than one", n)
		}
	}
}
