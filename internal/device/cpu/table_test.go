package cpu_test

import (
	"testing"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/device/cpu"
	_ "github.com/lamina-ml/lamina/nn" // with package tensor, all rows
)

// TestEveryRowHasLoops: no row of the elementwise table falls back to a call for each element without a reason.
func TestEveryRowHasLoops(t *testing.T) {
	known := map[string]bool{}
	check := func(name string, slow bool) {
		known[name] = true
		switch reason := cpu.Reason(name); {
		case slow && reason == "":
			t.Errorf("%q has no loop for float32, float64 or integers: give it one in table.go, or its reason in scalarRows", name)
		case !slow && reason != "":
			t.Errorf("%q has all loops, and a reason why not", name)
		}
	}
	unary, binary := device.Rows()
	for _, op := range unary {
		check(op.Name, cpu.SlowUnary(op))
	}
	for _, op := range binary {
		check(op.Name, cpu.SlowBinary(op))
	}
	for _, name := range cpu.Names() {
		if !known[name] {
			t.Errorf("table.go has loops for %q, which is no row", name)
		}
	}
}
