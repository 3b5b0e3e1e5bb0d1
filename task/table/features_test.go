package table

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/internal/tasktest"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/message"
	"github.com/lamina-ml/lamina/tensor"
)

// TestNoFeatures: if no column is left as a feature, lint and train name the dropped columns and the setting that keeps one.
func TestNoFeatures(t *testing.T) {
	path := filepath.Join(t.TempDir(), "xy.csv")
	content := "x,same,y\n"
	for i := range 100 {
		content += fmt.Sprintf("%d,1,%d.5\n", i, i*i%89)
	}
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
	set := task.NewSet(Task{})
	values := []string{"data.path=" + path, "data.target=y"}
	_, err := tasktest.Train(set, filepath.Join(t.TempDir(), "run"), values...)
	const text = "no column is left as a feature; dropped: x (it numbers the rows), same (all its values are equal)"
	const advice = "If one is a quantity or a class, say so: --set data.columns.x=number"
	var advised *message.AdvisedError
	if !errors.As(err, &advised) || !strings.Contains(advised.Error(), text) || advised.Advice != advice {
		t.Fatalf("train: %v", err)
	}
	lint := func(values ...string) []string {
		t.Helper()
		r, err := tasktest.Decode(set, values...)
		if err != nil {
			t.Fatal(err)
		}
		faults, _, err := Task{}.Lint(context.Background(), task.Opening{Recipe: r, Device: tensor.CPU(),
			Log: io.Discard, Count: task.NoCount})
		if err != nil {
			t.Fatal(err)
		}
		return faults
	}
	if faults := lint(values...); len(faults) != 1 || !strings.Contains(faults[0], text+". "+advice) {
		t.Errorf("lint: %q", faults)
	}
	values = append(values, "data.columns.x=number", "training.epochs=1")
	if faults := lint(values...); len(faults) != 0 {
		t.Errorf("lint with x: %q", faults)
	}
	if _, err := tasktest.Train(set, filepath.Join(t.TempDir(), "run"), values...); err != nil {
		t.Errorf("train with x: %v", err)
	}
}
