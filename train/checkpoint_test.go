package train

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/lamina-ml/lamina/tensor"
)

// A checkpoint that cannot be written ends a training before its first step.
func TestCheckpointFolder(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "file"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{
		"no folder":      filepath.Join(folder, "absent", "checkpoint"),
		"a folder":       folder,
		"within a file":  filepath.Join(folder, "file", "checkpoint"),
		"not the folder": "",
	} {
		for _, resume := range []bool{false, true} {
			model, c := newTraining()
			c.Checkpoint, c.Resume = path, resume && path != ""
			steps := 0
			loss := c.Loss
			c.Loss = LossFunc(func(pred, y tensor.Tensor) tensor.Tensor {
				steps++
				return loss.Forward(pred, y)
			})
			_, err := Fit(context.Background(), model, c)
			var unsaved *CheckpointError
			if failed := errors.As(err, &unsaved); failed != (path != "") || failed && steps > 0 || !failed && steps == 0 {
				t.Errorf("%s: %v after %d steps", name, err, steps)
			}
			if name == "no folder" && !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
}
