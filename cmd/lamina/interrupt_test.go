//go:build unix

package main

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/task/search"
	"github.com/lamina-ml/lamina/tune"
)

// TestSecondInterrupt trains a network with long steps: the first Ctrl-C waits for the end of a step, the second one
// does not.
func TestSecondInterrupt(t *testing.T) {
	folder := t.TempDir()
	small(t, filepath.Join(folder, "digits"))
	cmd := tool(folder, "train", "mnist", "--data", "digits", "--hidden", "4000,4000", "--batch", "600", "--epochs", "1000", "--out", "run")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan() && !strings.HasPrefix(lines.Text(), "run:"); {
	}
	ended := make(chan error)
	go func() { ended <- cmd.Wait() }()
	for {
		cmd.Process.Signal(syscall.SIGINT)
		select {
		case <-ended:
			status := cmd.ProcessState.Sys().(syscall.WaitStatus)
			if !status.Signaled() || status.Signal() != syscall.SIGINT {
				t.Errorf("it ended with %v, want the end by an interrupt\n%s", cmd.ProcessState, &errs)
			}
			return
		case <-time.After(20 * time.Millisecond): // until the program has handled the first one
		}
	}
}

// TestResumeOnOtherData changes a pixel of the data before a training is resumed.
func TestResumeOnOtherData(t *testing.T) {
	folder := t.TempDir()
	small(t, filepath.Join(folder, "digits"))
	cmd := tool(folder, "train", "mnist", "--data", "digits", "--hidden", "16", "--epochs", "1000", "--out", "run")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "epoch 1/") {
			cmd.Process.Signal(syscall.SIGINT)
		}
	}
	cmd.Wait()
	path := filepath.Join(folder, "digits", "train-images-idx3-ubyte")
	pixels := read(t, path)
	pixels[len(pixels)-400] ^= 1
	write(t, path, pixels)
	mustFail(t, exitFailed, folder, []string{"resume", "run"}, "not those that the run run started with", "start a new run")
}

// TestResumeLanguage interrupts the training of a language model and resumes it. The weights are those of an
// uninterrupted training.
func TestResumeLanguage(t *testing.T) {
	folder := t.TempDir()
	verse(t, folder)
	args := append([]string{"train", "verse.txt", "--dropout", "0.1"}, tiny...)
	args = append(args, "--epochs", "6")
	must(t, folder, append(args, "--out", "whole")...)
	cmd := tool(folder, append(args, "--out", "parts")...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "epoch 1/") {
			cmd.Process.Signal(syscall.SIGINT)
		}
	}
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitInterrupted && code != exitOK { // a fast machine has finished it
		t.Fatalf("exit code %d after an interrupt", code)
	}
	if !strings.Contains(string(read(t, filepath.Join(folder, "parts", runs.StatusFile))), "finished") {
		must(t, folder, "resume", "parts")
	}
	if !bytes.Equal(read(t, filepath.Join(folder, "whole", bestFile)), read(t, filepath.Join(folder, "parts", bestFile))) {
		t.Error("the weights of the resumed training differ from those of the uninterrupted one")
	}
}

// TestInterruptTune interrupts a search; the same command continues it.
func TestInterruptTune(t *testing.T) {
	folder := t.TempDir()
	small(t, filepath.Join(folder, "digits"))
	cmd := tool(folder, append(slices.Clone(tuned), "--epochs", "300", "--no-pruning")...)
	errs := started(t, cmd, "folder:")
	for begun := false; !begun; { // the first trial has begun
		time.Sleep(5 * time.Millisecond)
		_, trials, err := tune.Read(filepath.Join(folder, "search", search.StudyFile))
		begun = err == nil && len(trials) > 0
	}
	cmd.Process.Signal(os.Interrupt)
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
		t.Errorf("exit code %d", code)
	}
	says(t, errs.String(), "lamina: interrupted\nThe search is saved. The same command continues it.\n")
}
