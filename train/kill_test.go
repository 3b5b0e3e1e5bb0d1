package train

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train/checkpoint"
)

var kills = flag.Int("kills", 6, "how often TestKill kills a training")

const (
	killFolder = "LAMINA_TEST_KILL_FOLDER" // names the folder of the training that TestKill starts
)

// TestKilledTraining is the training that TestKill starts in another process. It saves after each step, and its model
// is large, so that it spends most of its time in saves.
func TestKilledTraining(t *testing.T) {
	folder := os.Getenv(killFolder)
	if folder == "" {
		t.Skip("this is a part of TestKill")
	}
	model, c := newTraining()
	ballasted := &struct {
		*net
		Ballast tensor.Tensor `nn:",buffer"`
	}{model, tensor.Ones(500_000)}
	c.Checkpoint, c.CheckpointEvery, c.Resume = filepath.Join(folder, "checkpoint"), 1, true
	fmt.Println("ready")
	if _, err := Fit(context.Background(), ballasted, c); err != nil {
		t.Fatal(err)
	}
	weights := map[string]tensor.Tensor{}
	for _, p := range nn.NamedParameters(model) {
		weights[p.Name] = p.Tensor
	}
	if err := safetensors.Save(filepath.Join(folder, "weights"), weights, nil); err != nil {
		t.Fatal(err)
	}
}

// TestKill kills a training at random moments, resumes it until it ends, and compares the weights with those of an
// uninterrupted training. It repeats that until it has killed -kills times.
func TestKill(t *testing.T) {
	if runtime.GOOS == "js" || runtime.GOOS == "wasip1" {
		t.Skip("no processes here")
	}
	whole, c := newTraining()
	if _, err := Fit(context.Background(), whole, c); err != nil {
		t.Fatal(err)
	}
	seed := time.Now().UnixNano()
	random := rand.New(rand.NewSource(seed))
	killed, inSave, finished := 0, 0, 0
	for killed < *kills || finished == 0 {
		folder := t.TempDir()
		for {
			var delay time.Duration // 0: do not kill
			if killed < *kills {
				delay = time.Duration(1 + random.Intn(int(100*time.Millisecond)))
			}
			if done := killAfter(t, folder, delay); done {
				break
			}
			killed++
			if at, err := checkpoint.ReadPosition(filepath.Join(folder, "checkpoint")); err == nil {
				t.Logf("killed after %v: epoch %d, step %d is saved", delay, at.Epoch+1, at.Step)
			} else if !errors.Is(err, fs.ErrNotExist) {
				t.Fatalf("seed %d: after a kill: %v", seed, err)
			}
		}
		finished++
		temporary, _ := filepath.Glob(filepath.Join(folder, ".checkpoint.tmp-*"))
		inSave += len(temporary)
		file, err := safetensors.Load(filepath.Join(folder, "weights"))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range nn.NamedParameters(whole) {
			if string(file.Tensors[p.Name].Bytes()) != string(p.Tensor.Bytes()) {
				t.Errorf("seed %d: %s differs from that of a training that was never killed", seed, p.Name)
			}
		}
	}
	t.Logf("%d kills, %d of them inside a save; %d trainings finished", killed, inSave, finished)
	if *kills >= 20 && inSave == 0 {
		t.Error("no kill hit a save")
	}
}

// killAfter runs the training in folder, kills it after a delay (0: never), and reports whether it had finished.
func killAfter(t *testing.T, folder string, delay time.Duration) bool {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilledTraining$")
	cmd.Env = append(os.Environ(), killFolder+"="+folder)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	text := ""
	for lines.Scan() && lines.Text() != "ready" {
		text += lines.Text() + "\n"
	}
	if delay > 0 {
		time.AfterFunc(delay, func() { cmd.Process.Kill() })
	}
	for lines.Scan() {
		text += lines.Text() + "\n"
	}
	if err := cmd.Wait(); err == nil {
		return true
	} else if cmd.ProcessState.Exited() { // by itself, with an error
		t.Fatalf("the training failed: %v\n%s", err, text)
	}
	return false
}
