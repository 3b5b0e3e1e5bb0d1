//go:build linux || darwin

package train

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
)

// TestFullDisk limits the size of files, so that a save fails after its first bytes, as on a full disk.
//
// The limit applies to a whole process. The test framework writes a log, so the test starts another process.
func TestFullDisk(t *testing.T) {
	if os.Getenv("LAMINA_FULL_DISK") == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestFullDisk$")
		cmd.Env = append(os.Environ(), "LAMINA_FULL_DISK=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	limit := func(l syscall.Rlimit) {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &l); err != nil {
			t.Fatal(err)
		}
	}
	defer limit(old)

	whole, c := newTraining()
	if _, err := Fit(context.Background(), whole, c); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	path := filepath.Join(folder, "checkpoint")
	model, c := newTraining()
	c.Checkpoint = path
	var before []byte
	steps := 0
	c.Loss = LossFunc(func(pred, y tensor.Tensor) tensor.Tensor {
		if steps++; steps == 10+4+1 { // the second epoch has begun
			before, _ = os.ReadFile(path)
			limit(syscall.Rlimit{Cur: 1000, Max: old.Max})
		}
		return nn.CrossEntropy(pred, y)
	})
	h, err := Fit(context.Background(), model, c)
	var ce *CheckpointError
	if !errors.As(err, &ce) || !errors.Is(err, syscall.EFBIG) {
		t.Fatalf("error is %v", err)
	}
	if len(h.Losses) != 20 {
		t.Errorf("the history has %d losses", len(h.Losses))
	}
	if after, _ := os.ReadFile(path); len(before) == 0 || !bytes.Equal(after, before) {
		t.Error("the checkpoint of the first epoch has changed")
	}
	if entries, _ := os.ReadDir(folder); len(entries) != 1 {
		t.Errorf("the folder holds %v", entries)
	}
	limit(old)
	model, c = newTraining()
	c.Checkpoint, c.Resume = path, true
	if _, err := Fit(context.Background(), model, c); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(bits(model), bits(whole)) {
		t.Error("the weights differ from those of a training whose disk was never full")
	}
}
