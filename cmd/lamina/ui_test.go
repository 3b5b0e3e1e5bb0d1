//go:build unix

package main

import (
	"bufio"
	"bytes"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestUI opens the page and ends the command by Ctrl-C.
func TestUI(t *testing.T) {
	folder := t.TempDir()
	cmd := tool(folder, "ui", "--addr", "localhost:0", "--no-browser")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	lines.Scan()
	url, ok := strings.CutPrefix(lines.Text(), "The page: ")
	if !ok {
		t.Fatalf("it prints %q\n%s", lines.Text(), &errs)
	}
	reply, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	reply.Body.Close()
	if reply.StatusCode != 200 {
		t.Errorf("%s: %s", url, reply.Status)
	}
	cmd.Process.Signal(syscall.SIGINT)
	for lines.Scan() {
	}
	err = cmd.Wait()
	t.Logf("it ended with %v\n%s", err, &errs)
	if strings.Contains(errs.String(), "goroutine") {
		t.Error("it panicked")
	}
	if _, err := http.Get(url); err == nil {
		t.Error("the server goes on")
	}

	taken, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	mustFail(t, exitFailed, folder, []string{"ui", "--no-browser", "--addr", taken.Addr().String()},
		"address already in use", "--addr localhost:0")
	mustFail(t, exitFailed, folder, []string{"ui", "--no-browser", "--addr", "localhost:99999"}, "99999")
}

// TestFoldersOfThePage gives ui what is no folder of runs, or a run as a model.
func TestFoldersOfThePage(t *testing.T) {
	folder := t.TempDir()
	ownData(t, folder)
	must(t, folder, "train", "houses.csv", "--target", "price", "--epochs", "1")
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"runs/houses-001"}, "runs/houses-001 is no model; its runs are on the page of: lamina ui --runs runs"},
		{[]string{"runs"}, "runs is no model; its runs are on the page of: lamina ui --runs runs"},
		{[]string{"--runs", "houses.csv"}, "--runs houses.csv: it is a file"},
		{[]string{"--runs", "runs/houses-001"}, "want the folder around it: --runs runs"},
	} {
		mustFail(t, exitUsage, folder, append([]string{"ui", "--no-browser"}, c.args...), c.want)
	}
	mustFail(t, exitFailed, folder, []string{"ui", "--no-browser", "--addr", "nowhere", "--runs", "later"}, `there is no folder "later" yet`)
}

// TestTokenIsNotOnACommandLine opens a page with a token in a browser: the browser gets a file that only the user can read,
// which is removed in the end.
func TestTokenIsNotOnACommandLine(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"xdg-open", "open"} {
		script := "#!/bin/sh\nprintf %s \"$1\" >'" + folder + "/part' && mv '" + folder + "/part' '" + folder + "/opened'\n"
		if err := os.WriteFile(filepath.Join(folder, name), []byte(script), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	cmd := tool(folder, "ui", "--addr", ":0")
	cmd.Env = append(cmd.Env, "PATH="+folder+":"+os.Getenv("PATH"), "TMPDIR="+folder)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	lines := bufio.NewScanner(out)
	lines.Scan()
	_, token, ok := strings.Cut(lines.Text(), "?token=")
	if !ok || len(token) < 20 {
		t.Fatalf("it prints %q", lines.Text())
	}
	var opened []byte
	for begin := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		if opened, err = os.ReadFile(filepath.Join(folder, "opened")); err == nil {
			break
		}
		if time.Since(begin) > time.Minute {
			t.Fatal("no browser was opened")
		}
	}
	path := string(opened)
	if strings.Contains(path, token) || !strings.HasSuffix(path, ".html") {
		t.Errorf("the browser's argument is %s", path)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if text, _ := os.ReadFile(path); !strings.Contains(string(text), "?token="+token) {
		t.Errorf("the file does not forward to the page:\n%s", text)
	}
	cmd.Process.Signal(syscall.SIGINT)
	for lines.Scan() {
	}
	cmd.Wait()
	if _, err := os.Stat(path); err == nil {
		t.Error("the file is still there")
	}
}
