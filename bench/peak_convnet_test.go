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
)

// TestPeakMemoryOfConvNets runs each network twice in a separate process with one thread and measures the peak of
// resident memory, minus the memory before the network was created. It must not exceed PyTorch 2.15's for the same
// work, measured in the same way with channels-last memory, its faster format for the three (see README.md).
func TestPeakMemoryOfConvNets(t *testing.T) {
	if name := os.Getenv("LAMINA_PEAK_CONVNET"); name != "" {
		peakOfConvNet(t, name)
		return
	}
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("this system does not tell a process's peak of memory in /proc")
	}
	torch := map[string]float64{ // MiB
		"MNIST network, AdamW":              75,
		"ResNet-18 for small images, AdamW": 425,
		"ResNet-18, prediction":             77,
	}
	for _, w := range convNets.Benchmarks {
		cmd := exec.Command(os.Args[0], "-test.run=^TestPeakMemoryOfConvNets$", "-test.v")
		cmd.Env = append(os.Environ(), "LAMINA_PEAK_CONVNET="+w.Name, "GOMAXPROCS=1")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", w.Name, err, out)
		}
		m := regexp.MustCompile(`peak (\d+)`).FindSubmatch(out)
		if m == nil {
			t.Fatalf("%s: no figure in\n%s", w.Name, out)
		}
		kib, _ := strconv.ParseFloat(string(m[1]), 64)
		mib := kib / 1024
		t.Logf("%s: peak %.0f MiB, PyTorch's %.0f MiB", w.Name, mib, torch[w.Name])
		if mib > torch[w.Name] {
			t.Errorf("%s: peak memory is %.1f MiB, want at most %.0f MiB", w.Name, mib, torch[w.Name])
		}
	}
}

func peakOfConvNet(t *testing.T, name string) {
	g := rng.NewTorch(1)
	small := convNets.Benchmarks[0]
	small.Job(small.Sizes[0], g).Run(1) // exclude the program's code and goroutines
	debug.FreeOSMemory()
	before := status(t, "VmRSS")
	for _, w := range convNets.Benchmarks {
		if w.Name == name {
			w.Job(w.Sizes[1], g).Run(2)
		}
	}
	t.Logf("peak %d", status(t, "VmHWM")-before)
}
