package ui

import (
	"bytes"
	"context"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/lamina-ml/lamina/data/idx"
	"github.com/lamina-ml/lamina/data/mnist"
	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/digits"
	"github.com/lamina-ml/lamina/task/search"
	"github.com/lamina-ml/lamina/tune"
)

var trained atomic.Bool // whether trainedRuns was called

// trainedRuns is a folder with two runs, mnist-001 and mnist-002, and the search tune-mnist, which are trained once for all tests.
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
	return folder, trainSearch(folder)
})

// trainSearch makes the search tune-mnist, whose trials learn few digits.
func trainSearch(folder string) error {
	images := filepath.Join(folder, "digits")
	if err := smallDigits(images); err != nil {
		return err
	}
	var space tune.Space
	for _, text := range [][2]string{{"optimizer.lr", "log:1e-3..1e-1"}, {"model.hidden", "[8],[16,8]"}, {"training.batch", "16..64"}} {
		p, err := tune.ParseParam(text[0], text[1])
		if err != nil {
			return err
		}
		space = append(space, p)
	}
	_, err := search.Run(context.Background(), search.Config{
		Set: testTasks, Folder: filepath.Join(folder, "tune-mnist"), Space: space, Trials: 9, Halving: &tune.Halving{},
		Recipe: func(v tune.Values) (*recipe.Recipe, error) {
			values := map[string]string{"data.path": images, "data.validation": "0.5", "training.epochs": "9"}
			maps.Copy(values, v)
			return testRecipe(values)
		},
	})
	return err
}

// smallDigits writes the first digits of MNIST to a folder.
func smallDigits(folder string) error {
	if err := os.Mkdir(folder, 0o777); err != nil {
		return err
	}
	for part, load := range map[string]func() (*mnist.Digits, error){"train": mnist.Train, "t10k": mnist.Test} {
		d, err := load()
		if err != nil {
			return err
		}
		const n = 600
		for name, a := range map[string]*idx.Array{
			"images-idx3-ubyte": idx.New(d.Images[:n*d.Rows*d.Cols], n, d.Rows, d.Cols), "labels-idx1-ubyte": idx.New(d.Labels[:n]),
		} {
			var b bytes.Buffer
			if err := idx.Write(&b, a); err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(folder, part+"-"+name), b.Bytes(), 0o666); err != nil {
				return err
			}
		}
	}
	return nil
}

var testTasks = task.NewSet(digits.Task{})

func testRecipe(values map[string]string) (*recipe.Recipe, error) {
	d := recipe.NewDocument()
	values["task"] = "digits"
	if values["data.path"] == "" {
		values["data.path"] = "mnist"
	}
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
