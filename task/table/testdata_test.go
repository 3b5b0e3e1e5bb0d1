package table

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/lamina-ml/lamina/internal/tasktest"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/tensor"
)

// TestTestDataStops reads test rows, which may be many, until a context ends.
func TestTestDataStops(t *testing.T) {
	set := task.NewSet(Task{})
	res, err := tasktest.Train(set, filepath.Join(t.TempDir(), "run"), "data.path="+write(t), "data.target=y", "training.epochs=1")
	if err != nil {
		t.Fatal(err)
	}
	m, _, err := set.Load(t.Context(), res.Run.Folder, "", tensor.CPU())
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	if rows, err := m.(task.Tested).TestData(ctx); err != nil || rows.Len() == 0 {
		t.Fatal(err)
	}
	end()
	if _, err := m.(task.Tested).TestData(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
