package runs_test

import (
	"encoding/json"
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
		r, err := runs.Create("", "mnist")
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
	if _, err := runs.Create("full", ""); err == nil || !strings.Contains(err.Error(), "full is not empty") {
		t.Errorf("the error is %v", err)
	}
	if entries, _ := os.ReadDir("full"); len(entries) != 1 {
		t.Errorf("the folder has %v", entries)
	}
	if _, err := runs.Create("full/notes.txt", ""); err == nil {
		t.Error("a file became a run")
	}
	// A training that was killed before it wrote its configuration left these.
	r, err := runs.Create("killed", "")
	if err != nil {
		t.Fatal(err)
	}
	r.Unlock()
	if _, err := runs.Open("killed"); err == nil || !strings.Contains(err.Error(), "start it again") {
		t.Errorf("the error is %v", err)
	}
	if r, err = runs.Create("killed", ""); err != nil {
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
