//go:build linux || darwin

package main

import (
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// fileLimit is the environment variable with the largest file size in bytes that the tool may write, which simulates
// a full disk.
const fileLimit = "LAMINA_TEST_FILE_LIMIT"

func limitFiles() {
	text := os.Getenv(fileLimit)
	if text == "" {
		return
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		panic(err)
	}
	signal.Ignore(syscall.SIGXFSZ)
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &l); err != nil {
		panic(err)
	}
	l.Cur = uint64(n)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &l); err != nil {
		panic(err)
	}
}

func TestFullDisk(t *testing.T) {
	folder := t.TempDir()
	small(t, filepath.Join(folder, "digits"))
	arguments := []string{"train", "mnist", "--data", "digits", "--hidden", "16", "--epochs", "2", "--out"}
	cmd := tool(folder, append(arguments, "full")...)
	cmd.Env = append(cmd.Env, fileLimit+"=20000") // enough for the settings, not for the weights
	_, errs, code := finish(t, cmd)
	if code != exitFailed {
		t.Errorf("exit code %d", code)
	}
	says(t, errs, "epoch 1", "checkpoint could not be saved", "file too large", "lamina resume full")
	must(t, folder, "resume", "full")
	must(t, folder, append(arguments, "whole")...)
	if string(read(t, filepath.Join(folder, "full", bestFile))) != string(read(t, filepath.Join(folder, "whole", bestFile))) {
		t.Error("the weights differ from those of a training whose disk was never full")
	}
}
