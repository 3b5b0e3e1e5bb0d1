package table

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/internal/tasktest"
	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/message"
	"github.com/lamina-ml/lamina/tensor"
)

// TestBrokenRun breaks each file of a run in many ways, and loads and resumes it: there must be an error that names the file
// and comes with advice, or none; nothing may panic.
func TestBrokenRun(t *testing.T) {
	root := t.TempDir()
	var text strings.Builder
	text.WriteString("a,b,y\n")
	for i := range 60 {
		fmt.Fprintf(&text, "%d.5,%s,%s\n", i*7%23, []string{"u", "v", "w"}[i%3], []string{"no", "yes"}[i%2])
	}
	csv := filepath.Join(root, "t.csv")
	if err := os.WriteFile(csv, []byte(text.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	set := task.NewSet(Task{})
	r := tasktest.Recipe(set, "data.path="+csv, "data.target=y", "training.epochs=1", "model.hidden=8", "model.members=2")
	good := filepath.Join(root, "good")
	if _, err := set.Train(context.Background(), task.Config{Recipe: r, Out: good}); err != nil {
		t.Fatal(err)
	}
	breaks := map[string]func(path string, content []byte) error{
		"absent": func(path string, _ []byte) error { return os.Remove(path) },
		"folder": func(path string, _ []byte) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o777)) },
		"empty":  func(path string, _ []byte) error { return os.WriteFile(path, nil, 0o666) },
		"half": func(path string, content []byte) error {
			return os.WriteFile(path, content[:len(content)/2], 0o666)
		},
		"zeros":  func(path string, _ []byte) error { return os.WriteFile(path, make([]byte, 3000), 0o666) },
		"null":   func(path string, _ []byte) error { return os.WriteFile(path, []byte("null"), 0o666) },
		"object": func(path string, _ []byte) error { return os.WriteFile(path, []byte("{}"), 0o666) },
		"nested": func(path string, _ []byte) error {
			return os.WriteFile(path, []byte(strings.Repeat("[", 100_000)), 0o666)
		},
		"line": func(path string, _ []byte) error {
			return os.WriteFile(path, []byte(strings.Repeat("x", 1_000_000)), 0o666)
		},
	}
	for _, file := range []string{runs.ConfigFile, preparationFile, runs.BestFile, runs.CheckpointFile, runs.StatusFile,
		runs.ResultsFile, runs.LogFile, runs.StepsFile} {
		for name, change := range breaks {
			broken := filepath.Join(root, "broken")
			if err := errors.Join(os.RemoveAll(broken), os.CopyFS(broken, os.DirFS(good))); err != nil {
				t.Fatal(err)
			}
			run := &runs.Run{Folder: broken}
			content, err := os.ReadFile(run.Path(file))
			if err != nil {
				t.Fatal(err)
			}
			if err := change(run.Path(file), content); err != nil {
				t.Fatal(err)
			}
			check := func(what string, err error, needed bool) {
				switch {
				case err == nil && needed:
					t.Errorf("%s, %s: %s: no error", file, name, what)
				case err != nil && !strings.Contains(message.Text(err), filepath.Base(file)) && !errors.As(err, new(*runs.NotRunError)):
					t.Errorf("%s, %s: %s: the error does not name the file: %v", file, name, what, err)
				case err != nil && len(message.Text(err)) > 5000:
					t.Errorf("%s, %s: %s: an error of %d bytes", file, name, what, len(err.Error()))
				}
			}
			if file == runs.ResultsFile {
				_, err = run.Results()
				check("results", err, name != "half" && name != "absent")
			}
			needed := file == runs.ConfigFile || file == preparationFile
			_, _, err = set.Load(context.Background(), broken, "", tensor.CPU())
			check("load", err, needed || file == runs.BestFile)
			_, err = set.Resume(context.Background(), broken, 2, task.Config{})
			check("resume", err, needed || file == runs.CheckpointFile && name != "absent")
		}
	}
}
