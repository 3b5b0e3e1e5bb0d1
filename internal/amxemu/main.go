//go:build linux && amd64

package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/cpu"
)

// failed is the exit status for errors of amxemu itself, as env and timeout use it.
const failed = 125

func main() {
	args, verbose := os.Args[1:], false
	if len(args) > 0 && args[0] == "-v" {
		args, verbose = args[1:], true
	}
	if len(args) == 0 {
		fmt.Fprintln(os.Stderr, "usage: amxemu [-v] program [arguments]")
		os.Exit(failed)
	}
	if cpu.X86.HasAMXTile {
		fmt.Fprintln(os.Stderr, "amxemu: this processor has AMX, so its instructions cannot be emulated; run the program directly")
		os.Exit(failed)
	}
	// Only the thread that started a program can trace it.
	runtime.LockOSThread()
	t, err := start(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, "amxemu:", err)
		os.Exit(failed)
	}
	forward(t.program)
	status, err := t.run()
	if err != nil {
		fmt.Fprintln(os.Stderr, "amxemu:", err)
		os.Exit(failed)
	}
	if verbose {
		fmt.Fprintln(os.Stderr, "amxemu:", t.counts())
	}
	if status.Signaled() {
		os.Exit(128 + int(status.Signal()))
	}
	os.Exit(status.ExitStatus())
}

// start starts the program args[0], stopped before its first instruction.
func start(args []string) (*tracer, error) {
	path, err := exec.LookPath(args[0])
	if err != nil {
		return nil, err
	}
	pid, err := syscall.ForkExec(path, args, &syscall.ProcAttr{
		Env:   os.Environ(),
		Files: []uintptr{0, 1, 2},
		Sys:   &syscall.SysProcAttr{Ptrace: true},
	})
	if err == syscall.EPERM || err == syscall.ENOSYS {
		return nil, fmt.Errorf("%s: the system forbids ptrace, which amxemu needs: %w", path, err)
	} else if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return trace(pid)
}

// forward passes signals for amxemu on to the program.
func forward(pid int) {
	c := make(chan os.Signal, 16)
	signal.Notify(c, syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGUSR1, syscall.SIGUSR2)
	go func() {
		for s := range c {
			syscall.Kill(pid, s.(syscall.Signal))
		}
	}()
}

// counts returns the numbers of stops and of executed instructions as text.
func (t *tracer) counts() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d stops", t.stops)
	for o, n := range t.executed {
		if n > 0 {
			fmt.Fprintf(&b, ", %d %v", n, op(o))
		}
	}
	return b.String()
}
