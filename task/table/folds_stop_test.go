package table

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/internal/tasktest"
	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/train"
)

// stopAfter ends a context after some steps.
type stopAfter struct {
	steps int
	stop  func()
}

func (s *stopAfter) AfterStep(train.Progress) error {
	if s.steps--; s.steps == 0 {
		s.stop()
	}
	return nil
}

func (s *stopAfter) AfterEpoch(train.Epoch) error { return nil }

// TestResumeFoldsAndRefit stops a cross-validation whose networks are trained twice every few steps, and compares all
// that it writes with one that was not stopped.
func TestResumeFoldsAndRefit(t *testing.T) {
	path := write(t)
	set := task.NewSet(Task{})
	whole := trained(t, "data.path="+path, "data.target=big", "data.folds=2", "training.refit=true",
		"training.epochs=4", "training.patience=2", "model.members=2",
		"optimizer.lr=0.02", "schedule=cosine").Run
	r, err := set.Train(t.Context(), task.Config{Recipe: again(t, set, whole), Out: filepath.Join(t.TempDir(), "again")})
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(t.TempDir(), "stopped")
	stops := 0
	for ; ; stops++ {
		ctx, stop := context.WithCancel(t.Context())
		c := task.Config{Recipe: again(t, set, whole), Out: folder, Callbacks: []train.Callback{&stopAfter{7 + 5*stops%15, stop}}}
		if stops == 0 {
			_, err = set.Train(ctx, c)
		} else {
			_, err = set.Resume(ctx, folder, 0, c)
		}
		stop()
		if err == nil {
			break
		}
		if !errors.Is(err, context.Canceled) || stops > 100 {
			t.Fatal(err)
		}
		run, err := runs.Open(folder)
		if err != nil {
			t.Fatal(err)
		}
		if status, err := run.Status(); err != nil || status.State != runs.Stopped {
			t.Fatalf("%+v, %v", status, err)
		}
	}
	if stops < 5 {
		t.Errorf("it was stopped only %d times", stops)
	}
	for _, got := range []string{r.Run.Folder, folder} {
		for _, file := range []string{"config.yaml", "report.txt", outOfFoldFile, task.FoldsFile,
			"fold-1/selection/config.yaml", "fold-1/selection/weights/last.safetensors",
			"fold-1/config.yaml", "fold-1/weights/best.safetensors", "fold-1/report.txt",
			"fold-2/selection/weights/best.safetensors", "fold-2/weights/last.safetensors",
			"fold-2/preparation.json"} {
			if readText(t, filepath.Join(got, file)) != readText(t, filepath.Join(whole.Folder, file)) {
				t.Errorf("%s differs in %s", file, got)
			}
		}
	}
	var finished *task.FinishedError
	if _, err := set.Resume(t.Context(), folder, 0, task.Config{}); !errors.As(err, &finished) {
		t.Errorf("a finished one: %v", err)
	}
	if _, err := set.Resume(t.Context(), folder, 9, task.Config{}); err == nil ||
		!strings.Contains(err.Error(), "chooses its number of epochs") {
		t.Errorf("more epochs: %v", err)
	}
}

// TestResumeFoldsLonger continues a finished cross-validation for more epochs.
func TestResumeFoldsLonger(t *testing.T) {
	path := write(t)
	set := task.NewSet(Task{})
	values := []string{"data.path=" + path, "data.target=y,big", "data.folds=2", "model.members=2"}
	short := trained(t, append(values, "training.epochs=2")...).Run
	long := trained(t, append(values, "training.epochs=4")...).Run
	ctx, stop := context.WithCancel(t.Context())
	if _, err := set.Resume(ctx, short.Folder, 4,
		task.Config{Callbacks: []train.Callback{&stopAfter{3, stop}}}); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if status, err := short.Status(); err != nil || status.Verdict != "" || status.Metrics != nil || short.Has(runs.ReportFile) {
		t.Errorf("a report about other weights: %+v, %v", status, err)
	}
	if _, err := set.Resume(t.Context(), short.Folder, 4, task.Config{}); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"config.yaml", "report.txt", outOfFoldFile, "fold-1/weights/last.safetensors",
		"fold-2/weights/best.safetensors"} {
		if readText(t, short.Path(file)) != readText(t, long.Path(file)) {
			t.Errorf("%s differs", file)
		}
	}
}

// asker asks, at its first step, a run's training for something, as the page does.
type asker struct {
	folder string
	ask    runs.Control
	asked  bool
}

func (a *asker) AfterStep(train.Progress) error {
	if a.asked {
		return nil
	}
	a.asked = true
	run, err := runs.Open(a.folder)
	if err != nil {
		return err
	}
	return run.SetControl(a.ask)
}

func (a *asker) AfterEpoch(train.Epoch) error { return nil }

// TestControlParts asks a cross-validation, and a run that is trained twice during its first training, for another
// learning rate and then to stop.
func TestControlParts(t *testing.T) {
	path := write(t)
	set := task.NewSet(Task{})
	for values, within := range map[string]string{"data.folds=2": "fold-1", "training.refit=true": task.SelectionFolder} {
		r, err := tasktest.Decode(set, values, "data.path="+path, "data.target=big", "training.epochs=100000",
			"training.patience=0", "model.members=1", "optimizer.lr=0.001", "schedule=constant")
		if err != nil {
			t.Fatal(err)
		}
		folder := filepath.Join(t.TempDir(), "run")
		halved := &untilRate{folder: filepath.Join(folder, within), rate: 0.0005}
		halved.then = &asker{folder: folder, ask: runs.Control{Stop: true}}
		result, err := set.Train(t.Context(), task.Config{Recipe: r, Out: folder,
			Callbacks: []train.Callback{&asker{folder: folder, ask: runs.Control{LR: 0.5}}, halved}})
		if !errors.Is(err, context.Canceled) || result.Run.Folder != folder || result.Status.State != runs.Stopped {
			t.Errorf("%v: %v, %+v", values, err, result)
		}
	}
}

// untilRate is a callback that becomes another one when the last reported learning rate of a run is as wanted.
type untilRate struct {
	folder string
	rate   float64
	then   train.Callback
	found  bool
}

func (u *untilRate) AfterStep(p train.Progress) error {
	if !u.found {
		run, err := runs.Open(u.folder)
		if err != nil {
			return err
		}
		steps, err := run.Steps()
		if err != nil || len(steps) == 0 || float64(steps[len(steps)-1].LR) != u.rate {
			return err
		}
		u.found = true
	}
	return u.then.AfterStep(p)
}

func (u *untilRate) AfterEpoch(train.Epoch) error { return nil }
