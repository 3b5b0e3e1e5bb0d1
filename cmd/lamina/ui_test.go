//go:build unix

package main

import (
	"bufio"
	"bytes"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
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
	mustFail(t, exitFailed, folder, []string{"ui", "--no-browser", "--addr", taken.Addr().String()}, "address already in use", "--addr localhost:0")
	mustFail(t, exitFailed, folder, []string{"ui", "--no-browser", "--addr", "localhost:99999"}, "99999")
}
