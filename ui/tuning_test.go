package ui

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/task/search"
	"github.com/lamina-ml/lamina/tune"
)

// TestTuning holds that a search is shown with its trials from the best to the worst, and that a trial's run can be opened.
func TestTuning(t *testing.T) {
	_, url := serving(t, withRuns(t))
	var list struct{ Searches []string }
	nextEvent(t, url+"/api/tuning/searches", &list, func() bool { return true })
	if len(list.Searches) != 1 || list.Searches[0] != "tune-mnist" {
		t.Fatalf("searches %v", list.Searches)
	}
	var state searchState
	nextEvent(t, url+"/api/tuning/follow/tune-mnist", &state, func() bool { return true })
	if state.Monitor != "accuracy" || !state.Maximize || len(state.Space) != 3 || len(state.Trials) != 9 || state.Best == "" {
		t.Fatalf("%+v", state)
	}
	if p := state.Space[0]; p.Name != "optimizer.lr" || !p.Log || p.High != 0.1 || p.Doc == "" {
		t.Errorf("%+v", p)
	}
	best := state.Trials[0]
	for _, x := range state.Trials {
		if x.State == "complete" && (x.Value > best.Value || x.Epochs != 9) || x.State == "pruned" && x.Epochs == 9 {
			t.Errorf("%+v is below %+v", x, best)
		}
		if len(x.Curve) != x.Epochs || x.Values["optimizer.lr"] == "" || !(x.Seconds > 0) {
			t.Errorf("%+v", x)
		}
	}
	if state.Counts["complete"]+state.Counts["pruned"] != 9 || state.Counts["pruned"] == 0 {
		t.Errorf("counts %v", state.Counts)
	}

	var run trainingState
	nextEvent(t, url+"/api/training/follow/tune-mnist%2F"+filepath.Base(best.Run), &run, func() bool { return true })
	if run.Name != best.Run || run.State != "finished" || run.Best != best.Value {
		t.Errorf("the run of %+v: %s, %s, %v", best, run.Name, run.State, run.Best)
	}
	if status, text := ask(t, "GET", url+"/api/training/tested/tune-mnist%2F"+filepath.Base(best.Run), "", nil); status != 200 {
		t.Errorf("status %d: %s", status, text)
	}
	for _, name := range []string{"tune-mnist%2Fdigits", "tune-mnist%2F..", "..%2Ftrial-000",
		"tune-mnist%2Ftrial-000%2F..", "tune-mnist%2Ftrial-999"} {
		if status, _ := ask(t, "GET", url+"/api/training/histograms/"+name, "", nil); status == 200 {
			t.Errorf("%s was opened", name)
		}
	}
	for _, name := range []string{"mnist-001", "gone", "..", "%2e%2e"} {
		if status, text := ask(t, "GET", url+"/api/tuning/follow/"+name, "", nil); status == 200 &&
			!strings.Contains(text, "event: failed") {
			t.Errorf("%s is followed: %s", name, text)
		}
	}
}

// TestTuningLive follows a search while trials begin, report and end.
func TestTuningLive(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "tune-toy", search.StudyFile)
	if err := os.Mkdir(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	lr, err := tune.ParseParam("lr", "log:1e-4..1e-1")
	if err != nil {
		t.Fatal(err)
	}
	study, err := tune.Open(path, tune.Config{Space: tune.Space{lr}})
	if err != nil {
		t.Fatal(err)
	}
	defer study.Close()
	_, url := serving(t, Config{Runs: folder})
	var state searchState
	shows := func(ok func() bool) {
		t.Helper()
		state = searchState{}
		nextEvent(t, url+"/api/tuning/follow/tune-toy", &state, ok)
	}
	shows(func() bool { return len(state.Trials) == 0 })

	next := make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		ended <- study.Run(t.Context(), 2, 1, func(_ context.Context, a *tune.Attempt) (float64, error) {
			<-next
			if _, err := a.Report(1, 0.5); err != nil {
				return 0, err
			}
			<-next
			if a.Number == 1 {
				return 0, errors.New("it broke")
			}
			return 0.5, nil
		})
	}()
	shows(func() bool {
		return len(state.Trials) == 1 && state.Trials[0].State == "running" && state.Trials[0].Epochs == 0
	})
	next <- struct{}{}
	shows(func() bool { return state.Trials[0].Epochs == 1 && state.Trials[0].Value == 0.5 })
	next <- struct{}{}
	shows(func() bool {
		return len(state.Trials) == 2 && state.Trials[0].State == "complete" && state.Trials[1].State == "running"
	})
	next <- struct{}{}
	next <- struct{}{}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	shows(func() bool { return state.Trials[1].State == "failed" && state.Trials[1].Error == "it broke" })
}
