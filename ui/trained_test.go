package ui

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/digits"
)

var trained atomic.Bool // whether trainedRuns was called

// trainedRuns is a folder with two runs, which are trained once for all tests: mnist-001 and mnist-002.
var trainedRuns = sync.OnceValues(func() (string, error) {
	trained.Store(true)
	folder, err := os.MkdirTemp("", "lamina-ui-runs")
	if err != nil {
		return "", err
	}
	for i, hidden := range []string{"[16]", "[24]"} {
		r, err := testRecipe(map[string]string{"model.hidden": hidden, "training.epochs": strconv.Itoa(i + 1), "training.batch": "256"})
		if err != nil {
			return folder, err
		}
		out := filepath.Join(folder, "mnist-00"+strconv.Itoa(i+1))
		if _, err := testTasks.Train(context.Background(), task.Config{Recipe: r, Out: out}); err != nil {
			return folder, err
		}
	}
	return folder, nil
})

var testTasks = task.NewSet(digits.Task{})

func testRecipe(values map[string]string) (*recipe.Recipe, error) {
	d := recipe.NewDocument()
	values["task"], values["data.path"] = "digits", "mnist"
	for path, text := range values {
		if err := d.Set(path, text, "the test"); err != nil {
			return nil, err
		}
	}
	return d.Decode(testTasks.Registry)
}

// withRuns returns the settings of a server that shows the trained runs.
func withRuns(t *testing.T) Config {
	t.Helper()
	folder, err := trainedRuns()
	if err != nil {
		t.Fatal(err)
	}
	return Config{Runs: folder, Tasks: testTasks}
}

func TestMain(m *testing.M) {
	code := m.Run()
	if trained.Load() {
		folder, _ := trainedRuns()
		os.RemoveAll(folder)
	}
	os.Exit(code)
}
