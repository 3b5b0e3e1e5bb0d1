package runs_test

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/runs"
)

// TestCreate numbers runs, lists them, and refuses folders with other files.
func TestCreate(t *testing.T) {
	t.Chdir(t.TempDir())
	for range 2 {
		r, err := runs.CreateNumbered(runs.DefaultFolder, "mnist")
		if err != nil {
			t.Fatal(err)
		}
		r.WriteFile(runs.ConfigFile, []byte("task: digits\n"))
		r.Unlock()
	}
	list, err := runs.List(runs.DefaultFolder)
	if err != nil || len(list) != 2 || list[1].Name() != "mnist-002" {
		t.Errorf("%v, %v", list, err)
	}
	if list, err := runs.List("nowhere"); err != nil || list != nil {
		t.Errorf("%v, %v", list, err)
	}
	os.Mkdir("full", 0o777)
	os.WriteFile("full/notes.txt", nil, 0o666)
	if _, err := runs.Create("full"); err == nil || !strings.Contains(err.Error(), "full is not empty") {
		t.Errorf("the error is %v", err)
	}
	if entries, _ := os.ReadDir("full"); len(entries) != 1 {
		t.Errorf("the folder has %v", entries)
	}
	if _, err := runs.Create("full/notes.txt"); err == nil || !strings.Contains(err.Error(), "full/notes.txt is a file, and a run is a folder") {
		t.Error("a file became a run")
	}
	// A training that was killed before it wrote its configuration left these.
	r, err := runs.Create("killed")
	if err != nil {
		t.Fatal(err)
	}
	r.Unlock()
	if _, err := runs.Open("killed"); err == nil || !strings.Contains(err.Error(), "start it again") {
		t.Errorf("the error is %v", err)
	}
	if r, err = runs.Create("killed"); err != nil {
		t.Error(err)
	} else {
		r.Unlock()
	}
}

// TestTorn reads files that a killed process or another program left.
func TestTorn(t *testing.T) {
	folder := t.TempDir()
	r := &runs.Run{Folder: folder}
	if results, err := r.Results(); err != nil || len(results.Rows) != 0 {
		t.Errorf("%v, %v", results, err)
	}
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Append("start", map[string]any{"epoch": 1}); err != nil {
		t.Fatal(err)
	}
	if err := r.SetStatus(runs.Status{State: runs.Finished, Best: math.NaN(),
		Metrics: map[string]float64{"r2": math.Inf(-1), "rmse": 2}}); err != nil {
		t.Error(err)
	}
	if s, err := r.Status(); err != nil || len(s.Metrics) != 1 || s.Metrics["rmse"] != 2 {
		t.Errorf("%+v, %v", s, err)
	}
	if err := (&runs.Run{Folder: t.TempDir()}).Append("epoch", map[string]any{"loss": math.NaN()}); err != nil {
		t.Error(err)
	}
	log, _ := r.ReadFile(runs.LogFile)
	write(runs.LogFile, string(log)+`{"event": "ep`)
	if err := r.Append("epoch", map[string]any{"epoch": 2}); err != nil {
		t.Error(err)
	}
	text, err := r.ReadFile(runs.LogFile)
	if lines := strings.Split(string(text), "\n"); err != nil || len(lines) != 4 || !strings.HasPrefix(string(text),
		string(log)) || !json.Valid([]byte(lines[2])) {
		t.Errorf("after a torn line the log is\n%s\n%v", text, err)
	}
	for text, want := range map[string]string{"": "want a table whose first column is epoch",
		"epoch,loss\n1,x\n": `line 2, column "loss": "x" is not a number`, "epoch\n1,2\n": "wrong number of fields"} {
		write(runs.ResultsFile, text)
		if _, err := r.Results(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: the error is %v", text, err)
		}
	}
	if err := r.WriteResults(runs.Results{Names: []string{"epoch", "f1"}, Rows: [][]float64{{1, math.NaN()}, {2, 1e-300}}}); err != nil {
		t.Fatal(err)
	}
	results, err := r.Results()
	if f := results.Column("f1"); err != nil || len(f) != 2 || !math.IsNaN(f[0]) || f[1] != 1e-300 || results.Column("f2") != nil {
		t.Errorf("%v, %v", results, err)
	}
	write(runs.StatusFile, "{")
	if _, err := r.Status(); err == nil || !strings.Contains(err.Error(), runs.StatusFile) {
		t.Errorf("the error is %v", err)
	}
}

// TestClean removes the temporary files of a killed process when a training locks the folder.
func TestClean(t *testing.T) {
	folder := t.TempDir()
	left := filepath.Join(folder, ".status.json.tmp-ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	foreign := filepath.Join(folder, "mine.tmp-x")
	for _, f := range []string{left, foreign} {
		if err := os.WriteFile(f, nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	r := &runs.Run{Folder: folder}
	if err := r.Lock(); err != nil {
		t.Fatal(err)
	}
	r.Unlock()
	entries, _ := os.ReadDir(folder)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if !slices.Equal(names, []string{"mine.tmp-x"}) {
		t.Errorf("the folder has %v", names)
	}
}

// TestStatusWhileTheTrainingEnds reads the status of trainings that end meanwhile: none of them is stopped.
func TestStatusWhileTheTrainingEnds(t *testing.T) {
	folder := t.TempDir()
	r := &runs.Run{Folder: folder}
	if err := r.SetStatus(runs.Status{State: runs.Finished}); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		for range 100 {
			err := r.Lock()
			for used := (*runs.InUseError)(nil); errors.As(err, &used); { // by the observer, who asks without a pause
				err = r.Lock()
			}
			for _, s := range []runs.State{runs.Training, runs.Finished} {
				err = errors.Join(err, r.SetStatus(runs.Status{State: s}))
			}
			if err = errors.Join(err, r.Unlock()); err != nil {
				ended <- err
				return
			}
		}
		ended <- nil
	}()
	observer := &runs.Run{Folder: folder}
	for {
		select {
		case err := <-ended:
			if err != nil {
				t.Fatal(err)
			}
			return
		default:
		}
		if s, err := observer.Status(); err != nil || s.State == runs.Stopped {
			t.Fatalf("%v, %v", s.State, err)
		}
	}
}

// TestRefusedResults writes tables that could not be read again.
func TestRefusedResults(t *testing.T) {
	r := &runs.Run{Folder: t.TempDir()}
	for want, table := range map[string]runs.Results{
		"want a table whose first column is epoch":        {Names: []string{"loss"}},
		"results.csv: want a table":                       {},
		`two columns have the name "loss"`:                {Names: []string{"epoch", "loss", "loss"}},
		"row 2 has 1 value, want 2, one for each column":  {Names: []string{"epoch", "loss"}, Rows: [][]float64{{1, 2}, {2}}},
		"row 1 has 3 values, want 2, one for each column": {Names: []string{"epoch", "loss"}, Rows: [][]float64{{1, 2, 3}}},
	} {
		if err := r.WriteResults(table); err == nil || !strings.Contains(err.Error(), want) || r.Has(runs.ResultsFile) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
	if err := r.Append("epoch", map[string]any{"losses": []float64{math.NaN()}}); err == nil ||
		!strings.Contains(err.Error(), runs.LogFile) {
		t.Errorf("error %v", err)
	}
}
