package cpu_test

import (
	"slices"
	"testing"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/device/cpu"
	_ "github.com/lamina-ml/lamina/nn" // with package tensor, all rows
)

// TestEveryRowHasLoops checks that a row of the elementwise table calls its scalar function for each element only if
// scalarRows has a reason or the row is a formula without any loop. A row with a loop has loops for all types.
func TestEveryRowHasLoops(t *testing.T) {
	known := map[string]bool{}
	check := func(name string, slow, formula bool) {
		known[name] = true
		switch reason := cpu.Reason(name); {
		case slow && formula && !slices.Contains(cpu.Names(), name):
		case slow && reason == "":
			t.Errorf("%q has no loop for float32, float64 or integers: give it one in table.go, or its reason in scalarRows", name)
		case !slow && reason != "":
			t.Errorf("%q has all loops: remove its reason from scalarRows", name)
		}
	}
	unary, binary := device.Rows()
	for _, op := range unary {
		check(op.Name, cpu.SlowUnary(op), op.Formula)
	}
	for _, op := range binary {
		check(op.Name, cpu.SlowBinary(op), op.Formula)
	}
	for _, name := range cpu.Names() {
		if !known[name] {
			t.Errorf("table.go has loops for %q, which is not a row", name)
		}
	}
}
