package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestFullOutput writes to a full device. A training still runs to its end, so that its result is not lost.
func TestFullOutput(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	folder := t.TempDir()
	small(t, filepath.Join(folder, "digits"))
	for _, arguments := range [][]string{
		{"train", "mnist", "--data", "digits", "--hidden", "16", "--epochs", "1", "--out", "run"},
		{"evaluate", "run"},
		{"summary", "run"},
		{"version"},
		{"--help"},
		{"bench", "--family", "Arithmetic", "--only", "add a number", "--time", "100us", "--rounds", "1", "--threads", "1", "--json"},
	} {
		cmd := tool(folder, arguments...)
		var errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = full, &errs
		cmd.Run()
		if code := cmd.ProcessState.ExitCode(); code != exitFailed {
			t.Errorf("%q: exit code %d", arguments, code)
		}
		says(t, errs.String(), "no space left")
	}
	folderHolds(t, filepath.Join(folder, "run"), finishedRun...)
}
