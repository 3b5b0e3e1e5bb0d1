//go:build unix

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/lamina-ml/lamina/train/checkpoint"
)

// endless returns the arguments of a training that runs until a signal.
func endless(out string) []string {
	return []string{"train", "mnist", "--data", "digits", "--hidden", "16", "--batch", "1", "--epochs", "100000", "--out", out}
}

// started starts the tool and returns when the tool has printed a line with the prefix. It discards the later output.
func started(t *testing.T, cmd *exec.Cmd, prefix string) (errs *bytes.Buffer) {
	t.Helper()
	errs = &bytes.Buffer{}
	cmd.Stderr = errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	lines := bufio.NewScanner(out)
	for lines.Scan() && !strings.HasPrefix(lines.Text(), prefix) {
	}
	go func() {
		for lines.Scan() {
		}
	}()
	return errs
}

// TestSignals ends trainings by signals in their first epoch: each is saved, and the exit code depends on the signal.
func TestSignals(t *testing.T) {
	folder := t.TempDir()
	small(t, filepath.Join(folder, "digits"))
	signals := map[syscall.Signal]int{syscall.SIGHUP: 129, syscall.SIGINT: 130, syscall.SIGTERM: 143}
	if signal.Ignored(syscall.SIGHUP) { // the tests run with nohup, as in TestNohup
		delete(signals, syscall.SIGHUP)
	}
	for signal, code := range signals {
		out := fmt.Sprint("run ", code)
		cmd := tool(folder, endless(out)...)
		errs := started(t, cmd, "run:")
		cmd.Process.Signal(signal)
		cmd.Wait()
		if got := cmd.ProcessState.ExitCode(); got != code {
			t.Errorf("%v: exit code %d, want %d", signal, got, code)
		}
		says(t, errs.String(), "interrupted", "lamina resume '"+out+"'")
		if _, err := checkpoint.ReadPosition(filepath.Join(folder, out, checkpointFile)); err != nil {
			t.Errorf("%v: %v", signal, err)
		}
		folderHolds(t, filepath.Join(folder, out), "checkpoint.safetensors", "config.yaml", "log.jsonl",
			"preparation.json", "status.json", "weights")
	}
}

// TestNohup checks that a training started with nohup continues after SIGHUP.
func TestNohup(t *testing.T) {
	folder := t.TempDir()
	small(t, filepath.Join(folder, "digits"))
	cmd := tool(folder)
	cmd.Path, cmd.Args = "/bin/sh", append([]string{"sh", "-c", `trap "" HUP; exec "$@"`, "sh", os.Args[0]}, endless("run")...)
	started(t, cmd, "run:")
	cmd.Process.Signal(syscall.SIGHUP)
	cmd.Process.Signal(syscall.SIGTERM)
	cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); got != 143 {
		t.Errorf("exit code %d, want that of SIGTERM, 143", got)
	}
}

// TestInUse starts trainings in a folder that a running training uses.
func TestInUse(t *testing.T) {
	folder := t.TempDir()
	small(t, filepath.Join(folder, "digits"))
	cmd := tool(folder, endless("run")...)
	started(t, cmd, "epoch 1/")
	mustFail(t, exitFailed, folder, endless("run"), "run: another training uses it", "--out")
	mustFail(t, exitFailed, folder, []string{"resume", "run"}, "run: another training uses it")
	cmd.Process.Kill()
	cmd.Wait()
	mustFail(t, exitFailed, folder, endless("run"), "not finished", "lamina resume run")
	cmd = tool(folder, "resume", "run")
	started(t, cmd, "epoch ")
	cmd.Process.Signal(syscall.SIGINT)
	cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); got != exitInterrupted {
		t.Errorf("a resumed training ended with %d", got)
	}
}

// TestInterruptPredict interrupts predict, which has nothing to save.
func TestInterruptPredict(t *testing.T) {
	folder := t.TempDir()
	small(t, filepath.Join(folder, "digits"))
	must(t, folder, "train", "mnist", "--data", "digits", "--hidden", "16", "--epochs", "1", "--out", "run")
	m := image.NewPaletted(image.Rect(0, 0, 6000, 6000), color.Palette{color.White, color.Black})
	for i := range 3000 {
		m.Pix[3000*6000+i] = 1
	}
	write(t, filepath.Join(folder, "large.png"), encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, m) }))
	arguments := []string{"predict", "run", "none.png"} // predict prints an error for it before it reads the others
	for range 1000 {
		arguments = append(arguments, "large.png")
	}
	cmd := tool(folder, arguments...)
	errs, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(errs)
	lines.Scan()
	cmd.Process.Signal(syscall.SIGINT)
	for lines.Scan() {
		if lines.Text() != "lamina: interrupted" {
			t.Errorf("it says %q", lines.Text())
		}
	}
	cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); got != exitInterrupted {
		t.Errorf("exit code %d", got)
	}
}

// TestPipes passes pipes instead of files: the tool must not wait for a writer.
func TestPipes(t *testing.T) {
	folder := t.TempDir()
	small(t, filepath.Join(folder, "digits"))
	must(t, folder, "train", "mnist", "--data", "digits", "--hidden", "16", "--epochs", "1", "--out", "run")
	pipe := func(path ...string) {
		path = append([]string{folder}, path...)
		os.MkdirAll(filepath.Join(path[:len(path)-1]...), 0o777)
		if err := syscall.Mkfifo(filepath.Join(path...), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	pipe("pipe.png")
	pipe("config", configFile)
	pipe("data", "train-images-idx3-ubyte")
	write(t, filepath.Join(folder, "model", configFile), read(t, filepath.Join(folder, "run", configFile)))
	write(t, filepath.Join(folder, "model", "preparation.json"), read(t, filepath.Join(folder, "run", "preparation.json")))
	pipe("model", "weights", "best.safetensors")
	for _, arguments := range [][]string{
		{"predict", "run", "pipe.png"},
		{"evaluate", "run", "--confusion", "pipe.png"},
		{"evaluate", "config"},
		{"resume", "config"},
		{"evaluate", "model"},
		{"train", "mnist", "--data", "data"},
		{"bench", "-o", "pipe.png"},
	} {
		mustFail(t, exitFailed, folder, arguments)
	}
}
