package main

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/lamina-ml/lamina/runs"
)

// TestFailedRun: a run whose training failed is said to have failed, with its error, and is not to be resumed with other data.
func TestFailedRun(t *testing.T) {
	folder := t.TempDir()
	rows := "a,y\n"
	for i := range 60 {
		rows += fmt.Sprintf("%d,%d.5\n", i%7, i*i%11)
	}
	write(t, filepath.Join(folder, "t.csv"), []byte(rows))
	must(t, folder, "train", "t.csv", "--target", "y", "--epochs", "1", "--out", "good")
	for _, file := range []string{configFile, "preparation.json"} {
		write(t, filepath.Join(folder, "bad", file), read(t, filepath.Join(folder, "good", file)))
	}
	write(t, filepath.Join(folder, "bad", runs.StatusFile),
		[]byte(`{"state": "failed", "error": "row 7 cannot be read", "digest": "other"}`))
	const because = "failed, and has no weights: row 7 cannot be read"
	mustFail(t, exitFailed, folder, []string{"predict", "bad", "t.csv"}, because, "Start a new run.", "lamina resume bad")
	mustFail(t, exitFailed, folder, []string{"train", "t.csv", "--target", "y", "--out", "bad"},
		"bad contains a run that failed", "another folder", "lamina resume bad")
	mustFail(t, exitFailed, folder, []string{"resume", "bad"},
		"the run bad failed (row 7 cannot be read), and cannot go on: the data have changed", "start a new run")
	write(t, filepath.Join(folder, "bad", runs.StatusFile), []byte(`{"state": "failed", "error": "no space left on device"}`))
	must(t, folder, "resume", "bad")
	must(t, folder, "predict", "bad", "t.csv")
}

// TestDivergedRun: what a failed run's commands say of its error has no names of packages.
func TestDivergedRun(t *testing.T) {
	folder := t.TempDir()
	ownData(t, folder)
	mustFail(t, exitFailed, folder, []string{"train", "houses.csv", "--target", "price", "--epochs", "3", "--lr", "1e5", "--optimizer", "sgd",
		"--set", "training.clip_norm=0", "--out", "run"}, "lamina: epoch ", "diverged")
	mustFail(t, exitFailed, folder, []string{"evaluate", "run"}, "the run run failed, and has no weights: epoch ")
}
