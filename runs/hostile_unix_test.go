//go:build unix

package runs_test

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/lamina-ml/lamina/runs"
)

// TestPipes puts named pipes, whose opening waits for another process, in the place of a run's files.
func TestPipes(t *testing.T) {
	run := &runs.Run{Folder: t.TempDir()}
	for _, file := range []string{runs.LogFile, runs.StepsFile, runs.HistogramsFile, runs.StatusFile, runs.ResultsFile,
		runs.ConfigFile, runs.ControlFolder} {
		if err := syscall.Mkfifo(run.Path(file), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for name, f := range map[string]func() error{
		"log":        func() error { return run.Append("start", nil) },
		"steps":      func() error { return run.AppendLine(runs.StepsFile, runs.Step{}) },
		"read steps": func() error { _, err := run.Steps(); return err },
		"status":     func() error { _, err := run.Status(); return err },
		"results":    func() error { _, err := run.Results(); return err },
	} {
		done := make(chan error, 1)
		go func() { done <- f() }()
		select {
		case err := <-done:
			if err == nil || !strings.Contains(err.Error(), run.Folder) {
				t.Errorf("%s: error %v", name, err)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("%s waits", name)
		}
	}
	if _, ok := run.TakeControl(); ok {
		t.Error("a pipe is a request")
	}
}
