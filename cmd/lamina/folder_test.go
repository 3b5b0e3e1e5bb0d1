package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/runs"
)

const lockFile = ".lock"

// finishedRun lists the files of a finished run of digits.
var finishedRun = []string{"calibration.json", "checkpoint.safetensors", "config.yaml", "confusion.png", "curves.png",
	"log.jsonl", "preparation.json",
	"report.txt", "results.csv", "status.json", "weights"}

// folderHolds checks the names of all entries of a folder, except files that a training begins at its first step, before
// which it may be stopped.
func folderHolds(t *testing.T, folder string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		if n := e.Name(); n != runs.StepsFile && n != runs.HistogramsFile && !strings.HasPrefix(n, "events.out.tfevents.") {
			got = append(got, n)
		}
	}
	if strings.Join(got, " ") != strings.Join(names, " ") {
		t.Errorf("%s holds %q, want %q", folder, got, names)
	}
}

// leftover returns the name of the temporary file of a process that was killed while it wrote name.
func leftover(name string) string { return "." + name + ".tmp-ABCDEFGHIJKLMNOPQRSTUVWXYZ" }

// TestKilled starts trainings in folders with the files of a killed process.
func TestKilled(t *testing.T) {
	folder := t.TempDir()
	small(t, filepath.Join(folder, "digits"))
	arguments := []string{"train", "mnist", "--data", "digits", "--hidden", "16", "--epochs", "1", "--out"}

	// Killed while it wrote the settings.
	write(t, filepath.Join(folder, "first", leftover(configFile)), []byte("{"))
	write(t, filepath.Join(folder, "first", lockFile), nil)
	write(t, filepath.Join(folder, "first", runs.StatusFile), []byte("{}"))
	mustFail(t, exitFailed, folder, []string{"resume", "first"}, "was killed before it wrote "+configFile)
	must(t, folder, append(arguments, "first")...)
	folderHolds(t, filepath.Join(folder, "first"), finishedRun...)
	must(t, folder, append(arguments, "empty")...)

	// Killed after it wrote the settings.
	conf := read(t, filepath.Join(folder, "first", configFile))
	write(t, filepath.Join(folder, "second", configFile), conf)
	write(t, filepath.Join(folder, "second", leftover(checkpointFile)), []byte("half"))
	write(t, filepath.Join(folder, "second", "preparation.json"), read(t, filepath.Join(folder, "first", "preparation.json")))
	mustFail(t, exitFailed, folder, append(arguments, "second"), "not finished", "lamina resume second")
	must(t, folder, "resume", "second")
	folderHolds(t, filepath.Join(folder, "second"), finishedRun...)
	if !bytes.Equal(read(t, filepath.Join(folder, "first", bestFile)), read(t, filepath.Join(folder, "second", bestFile))) {
		t.Error("the weights differ")
	}

	// A finished run whose process left a lock and a temporary file.
	for _, again := range [][]string{{"resume", "second"}, append(arguments, "second")} {
		write(t, filepath.Join(folder, "second", leftover(runs.StatusFile)), []byte("half"))
		write(t, filepath.Join(folder, "second", lockFile), nil)
		mustFail(t, exitFailed, folder, again, "finished")
		folderHolds(t, filepath.Join(folder, "second"), finishedRun...)
	}

	// Files of other programs stay, even with these names.
	write(t, filepath.Join(folder, "foreign", checkpointFile), []byte("mine"))
	write(t, filepath.Join(folder, "foreign", runs.ResultsFile), []byte("mine"))
	mustFail(t, exitFailed, folder, append(arguments, "foreign"), "foreign")
	mustFail(t, exitFailed, folder, []string{"resume", "foreign"}, "foreign is not a run")
	folderHolds(t, filepath.Join(folder, "foreign"), checkpointFile, runs.ResultsFile)
	mustFail(t, exitFailed, folder, []string{"resume", "nowhere"}, "nowhere is not a run")
}
