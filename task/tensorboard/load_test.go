package tensorboard

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/internal/tasktest"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/table"
	"github.com/lamina-ml/lamina/tensor"
)

// TestLoadWithoutCallbacks: a program that registers no callbacks loads runs that had them, as those of the command
// train do. To resume such a run, it needs the callback.
func TestLoadWithoutCallbacks(t *testing.T) {
	ctx := context.Background()
	set := task.NewSet(table.Task{})
	Register(set.Registry)
	values := []string{"data.path=iris", "data.target=species", "training.epochs=1", "callbacks=tensorboard"}
	run, folds := filepath.Join(t.TempDir(), "run"), filepath.Join(t.TempDir(), "folds")
	for out, more := range map[string]string{run: "data.folds=0", folds: "data.folds=2"} {
		r := tasktest.Recipe(set, append(values, more)...)
		if _, err := set.Train(ctx, task.Config{Recipe: r, Out: out}); err != nil {
			t.Fatal(err)
		}
	}
	plain := task.NewSet(table.Task{})
	m, call, err := plain.Load(ctx, run, "", tensor.CPU())
	if err != nil {
		t.Fatal(err)
	}
	if m.(task.Classifier).Classes()[0] != "setosa" || call.Recipe.Training.Epochs != 1 || len(call.Recipe.Callbacks) != 0 {
		t.Errorf("loaded: %v", call.Recipe)
	}
	if models, _, err := plain.LoadFolds(ctx, folds, "", tensor.CPU()); err != nil || len(models) != 2 {
		t.Errorf("%d models of folds, %v", len(models), err)
	}
	for _, folder := range []string{run, folds} {
		if _, err := plain.Resume(ctx, folder, 2, task.Config{}); err == nil || !strings.Contains(err.Error(), `no callback "tensorboard"`) {
			t.Errorf("resume of %s: %v", folder, err)
		}
		if _, err := set.Resume(ctx, folder, 2, task.Config{}); err != nil {
			t.Error(err)
		}
	}
}
