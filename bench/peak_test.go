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

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/rng"
)

// TestPeakMemory trains a large network in a separate process and measures the peak of resident memory, minus the
// memory before the network was created. It must be little more than parameters, gradients, Adam's two moments,
// activations and the batch.
func TestPeakMemory(t *testing.T) {
	if os.Getenv("LAMINA_PEAK") == "1" {
		sizes := []int{784, 2048, 2048, 10}
		g := rng.NewTorch(1)
		ds := samples(g, 512, sizes)
		small := trainerOf(samples(g, 8, Size{16, 10}), g, 8, 16, 16, 10) // exclude the program's code and goroutines
		for b := range small.loader.Batches() {
			small.step(b)
		}
		debug.FreeOSMemory()
		before := status(t, "VmRSS")
		tr := trainerOf(ds, g, 512, sizes...)
		for range 3 {
			for b := range tr.loader.Batches() {
				tr.step(b)
			}
		}
		t.Logf("peak %d", status(t, "VmHWM")-before)
		return
	}
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("this system does not tell a process's peak of memory in /proc")
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestPeakMemory$", "-test.v")
	cmd.Env = append(os.Environ(), "LAMINA_PEAK=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	m := regexp.MustCompile(`peak (\d+)`).FindSubmatch(out)
	if m == nil {
		t.Fatalf("no figure in\n%s", out)
	}
	kib, _ := strconv.Atoi(string(m[1]))
	const (
		parameters  = 784*2048 + 2048 + 2048*2048 + 2048 + 2048*10 + 10
		activations = 512 * (2048 + 2048 + 10)
		batch       = 512 * 784
		need        = 4 * (4*parameters + activations + batch)
	)
	ratio := float64(kib) * 1024 / need
	t.Logf("peak %.1f MB, %.3f × (parameters × 4 + activations + batch)", float64(kib)/1024, ratio)
	if ratio > 1.15 {
		t.Errorf("peak memory is %.3f × what the network needs, want at most 1.15", ratio)
	}
}

func trainerOf(ds data.Dataset, g *rng.Torch, batch int, sizes ...int) *trainer {
	model := network(g, sizes...)
	opt := optim.NewAdam(nn.Parameters(model), optim.AdamConfig{})
	return &trainer{model, opt, data.NewLoader(ds, data.LoaderConfig{BatchSize: batch, Shuffle: true, RNG: g})}
}

// status returns a value of /proc/self/status in KiB.
func status(t *testing.T, name string) int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(name + `:\s+(\d+) kB`).FindSubmatch(text)
	if m == nil {
		t.Fatalf("no %s in /proc/self/status", name)
	}
	kib, _ := strconv.Atoi(string(m[1]))
	return kib
}
