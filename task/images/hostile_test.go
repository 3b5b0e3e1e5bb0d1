package images

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/internal/tasktest"
	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/message"
	"github.com/lamina-ml/lamina/tensor"
)

// TestBrokenPictures trains with pictures that cannot be read: the error says which, how to find the others, and how to train
// without them.
func TestBrokenPictures(t *testing.T) {
	folder := shapes(t, 12)
	for _, name := range []string{"003.png", "007.png", "008.png"} {
		path := filepath.Join(folder, "disc", name)
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content[:len(content)/2], 0o666); err != nil {
			t.Fatal(err)
		}
	}
	set := task.NewSet(Task{})
	values := []string{"data.path=" + folder, "training.epochs=1", "model.width=2", "data.size=8"}
	_, err := set.Train(context.Background(), task.Config{Recipe: tasktest.Recipe(set, values...), Out: filepath.Join(t.TempDir(), "run")})
	var advised *message.AdvisedError
	if err == nil || !strings.Contains(err.Error(), filepath.Join(folder, "disc", "00")) || !errors.As(err, &advised) {
		t.Fatalf("error %v", err)
	}
	for _, want := range []string{"lamina data lint " + folder, "data.skip="} {
		if !strings.Contains(advised.Advice, want) {
			t.Errorf("no %q in the advice %q", want, advised.Advice)
		}
	}
	faults, _, err := Task{}.Lint(context.Background(), task.Opening{Recipe: tasktest.Recipe(set, values...), Count: task.NoCount})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"003.png", "007.png", "008.png"} {
		if !strings.Contains(strings.Join(faults, "\n"), filepath.Join("disc", name)) {
			t.Errorf("%s is not among %q", name, faults)
		}
	}
	recipe := tasktest.Recipe(set, append(values, "data.skip=3")...)
	if _, err := set.Train(context.Background(), task.Config{Recipe: recipe, Out: filepath.Join(t.TempDir(), "run")}); err != nil {
		t.Errorf("with data.skip: %v", err)
	}
}

func TestAtLeast(t *testing.T) {
	for _, p := range []preparation{{Size: 8, Channels: 1, Classes: make([]string, 2)},
		{Size: 28, Channels: 3, Classes: make([]string, 500)}, {Size: 65, Channels: 3, Classes: make([]string, 7)},
		{Size: 200, Channels: 1, Classes: make([]string, 2)}} {
		o := &convnet{Width: 5}
		n := float64(nn.Count(models.NewConvNet(rng.NewTorch(1), p.Channels, p.Size, o.Width, len(p.Classes))))
		if got := o.atLeast(p); got > n || got < 0.9*n {
			t.Errorf("%d pixels: %v of %v parameters", p.Size, got, n)
		}
	}
}

// TestGiantConvnet asks for a network that no memory holds, in a new training and in the configuration of a run.
func TestGiantConvnet(t *testing.T) {
	folder := shapes(t, 8)
	set := task.NewSet(Task{})
	_, err := set.Open(context.Background(),
		task.Config{Recipe: tasktest.Recipe(set, "data.path="+folder, "model.width=1024", "data.size=256")})
	if err == nil || !strings.Contains(err.Error(), "want at most a billion") {
		t.Errorf("error %v", err)
	}
	out := filepath.Join(t.TempDir(), "run")
	r := tasktest.Recipe(set, "data.path="+folder, "model.width=2", "data.size=8", "training.epochs=1")
	if _, err := set.Train(context.Background(), task.Config{Recipe: r, Out: out}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(out, runs.ConfigFile)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), "width: 2", "width: 300", 1)), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, _, err := set.Load(context.Background(), out, "", tensor.CPU()); err == nil ||
		!strings.Contains(err.Error(), "bytes are too few for the model convnet") {
		t.Errorf("error %v", err)
	}
}
