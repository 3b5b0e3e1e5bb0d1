//go:build unix

package main

import (
	"bufio"
	"bytes"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
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
	mustFail(t, exitFailed, folder, []string{"train", "mnist", "--resume", "run"}, "not those that the run run started with", "start a new run")
}
