// The race detector needs additional memory.
//go:build !race

package bench

import (
	"os"
	"os/exec"
	"regexp"
	"runtime/debug"
	"strconv"
	"testing"

	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// TestPeakMemoryOfAttention computes causal attention over 8,192 tokens and its gradients in a separate process, and
// measures the peak of resident memory beyond inputs and results. The scores of one head alone would be 256 MiB.
func TestPeakMemoryOfAttention(t *testing.T) {
	const heads, length, size = 2, 8192, 64
	if os.Getenv("LAMINA_PEAK_ATTENTION") == "1" {
		step := func(length int, before func()) {
			g := rng.NewTorch(1)
			var x [3]tensor.Tensor
			for i := range x {
				x[i] = tensor.Options{}.RandN(g, 1, heads, length, size).SetRequiresGrad(true)
			}
			before()
			tensor.ScaledDotProductAttention(x[0], x[1], x[2], tensor.AttentionConfig{Causal: true}).Sum().Backward()
		}
		step(64, func() {}) // exclude the program's code and goroutines
		before := 0
		step(length, func() {
			debug.FreeOSMemory()
			before = status(t, "VmRSS")
		})
		t.Logf("peak %d", status(t, "VmHWM")-before)
		return
	}
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("this system does not tell a process's peak of memory in /proc")
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestPeakMemoryOfAttention$", "-test.v")
	cmd.Env = append(os.Environ(), "LAMINA_PEAK_ATTENTION=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	m := regexp.MustCompile(`peak (\d+)`).FindSubmatch(out)
	if m == nil {
		t.Fatalf("no figure in\n%s", out)
	}
	kib, _ := strconv.ParseFloat(string(m[1]), 64)
	const results = 4 * heads * length * size * 4 // with three gradients
	mib := kib/1024 - results/(1<<20)
	t.Logf("%.1f MiB beyond inputs and results", mib)
	if mib > 16 {
		t.Errorf("attention over %d tokens needs %.1f MiB beyond inputs and results, want at most 16", length, mib)
	}
}
