//go:build linux && amd64

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/cpu"
)

// beEmulator is the environment variable that makes the test binary act as the emulator.
const beEmulator = "AMXEMU_TEST_MAIN"

// program is the path of the built testdata/amxtest.
var program string

func TestMain(m *testing.M) {
	if os.Getenv(beEmulator) != "" {
		main()
	}
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "amxemu")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		program = filepath.Join(dir, "amxtest")
		if out, err := exec.Command("go", "build", "-o", program, "./testdata/amxtest").CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "building testdata/amxtest: %v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

// emulated returns the command that runs a program under the emulator.
func emulated(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	if cpu.X86.HasAMXTile {
		t.Skip("this processor has AMX: nothing to emulate")
	}
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), beEmulator+"=1")
	return cmd
}

// run runs a command and returns its output and its exit status.
func run(t *testing.T, cmd *exec.Cmd) (stdout, stderr string, status int) {
	t.Helper()
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if cmd.ProcessState.ExitCode() == failed && strings.Contains(errs.String(), "forbids ptrace") {
		t.Skip("ptrace is forbidden here")
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// TestProcess runs complete programs: first AMX in goroutines, on locked threads, in child processes and after exec;
// then programs without AMX, which must behave as without the emulator.
func TestProcess(t *testing.T) {
	for _, c := range []struct {
		args           string
		status         int
		stdout, stderr string // regular expressions
	}{
		{"multiply 1 20", 0, "^20 products, 0 wrong\n$",
			`^amxemu: 80 stops, 20 ldtilecfg, 60 tileloadd, 20 tilestored, 20 tilerelease, 60 tdpbf16ps\n$`},
		{"multiply 9 40", 0, "^360 products, 0 wrong\n$",
			" 360 ldtilecfg, 1080 tileloadd, 360 tilestored, 360 tilerelease, 1080 tdpbf16ps\n$"},
		{"child 4 10", 0, "^40 products, 0 wrong\n$", " 40 ldtilecfg, "},
		{"exec 4 10", 0, "^40 products, 0 wrong\n$", " 42 ldtilecfg, "},
		{"execzero", 2, "^$", "tilezero: #UD: tiles are not configured\nSIGILL: illegal instruction\n"},

		{"badconfig", 2, "^$",
			"^amxemu: thread \\d+, rip 0x[0-9a-f]+: ldtilecfg: #GP: palette 2, want 0 or 1\n(.|\n)*\\[signal SIGSEGV: segmentation violation code=0x80 addr=0x0 "},
		{"unconfigured", 2, "^$",
			"^amxemu: thread \\d+, rip 0x[0-9a-f]+: tilezero: #UD: tiles are not configured\nSIGILL: illegal instruction\n"},
		{"unknown", 2, "^$",
			"^amxemu: thread \\d+, rip 0x[0-9a-f]+: AMX instruction: undefined, or an instruction that amxemu does not support \\(bytes c4 e2 6b 5e c1\\)\nSIGILL: "},
		{"late", 2, "^$", "^amxemu: thread \\d+, rip 0x[0-9a-f]+: tilezero: #UD: tmm7 is not configured\nSIGILL: illegal instruction\n"},
		{"nilconfig", 0, "^recovered: runtime error: invalid memory address or nil pointer dereference\n$",
			"^amxemu: .*: ldtilecfg: #PF: the memory at 0x0 is not accessible\n"},
		{"readonly", 0, "^recovered: runtime error: invalid memory address or nil pointer dereference, 640 bytes after the beginning\n$", "^amxemu: .*: tilestored: #PF: the memory at 0x[0-9a-f]+280 is not accessible\n"},
		{"edge", 0, "^recovered: runtime error: invalid memory address or nil pointer dereference, 4096 bytes after the beginning\n$", "^amxemu: .*: tilestored: #PF: the memory at 0x[0-9a-f]+000 is not accessible\n"},

		{"exit 0", 0, "^$", "^amxemu: 0 stops\n$"},
		{"exit 7", 7, "^$", "^amxemu: 0 stops\n$"},
		{"panic", 2, "^$", "^panic: an ordinary panic\n"},
		{"nil", 0, "^recovered: runtime error: invalid memory address or nil pointer dereference\n$", "^amxemu: 0 stops\n$"},
		{"undefined", 2, "^$", "^SIGILL: illegal instruction\n"},
		{"raise", 0, "^got: illegal instruction\n$", "^amxemu: 1 stops\n$"},
		{"killed", 128 + int(syscall.SIGKILL), "^$", "^amxemu: 0 stops\n$"},
		{"echo a b", 0, "^hello \\[a b\\] works\n$", "^amxemu: 0 stops\n$"},
	} {
		t.Run(c.args, func(t *testing.T) {
			t.Parallel()
			cmd := emulated(t, append([]string{"-v", program}, strings.Fields(c.args)...)...)
			cmd.Env = append(cmd.Env, "AMXTEST=works")
			cmd.Stdin = strings.NewReader("hello\n")
			stdout, stderr, status := run(t, cmd)
			if status != c.status {
				t.Errorf("exit status %d, want %d", status, c.status)
			}
			if !regexp.MustCompile(c.stdout).MatchString(stdout) {
				t.Errorf("output %q, want %s", stdout, c.stdout)
			}
			if !regexp.MustCompile(c.stderr).MatchString(stderr) {
				t.Errorf("standard error %q, want %s", stderr, c.stderr)
			}
		})
	}
}

// TestSignal sends a signal to the emulator, which must pass it to the program.
func TestSignal(t *testing.T) {
	cmd := emulated(t, program, "wait")
	var errs strings.Builder
	cmd.Stderr = &errs
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	out := bufio.NewReader(pipe)
	if line, _ := out.ReadString('\n'); line == "ready\n" {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if line, _ := out.ReadString('\n'); line != "got: terminated\n" {
			t.Errorf("the program wrote %q", line)
		}
	}
	io.Copy(io.Discard, out)
	switch err := cmd.Wait(); {
	case cmd.ProcessState.ExitCode() == failed && strings.Contains(errs.String(), "forbids ptrace"):
		t.Skip("ptrace is forbidden here")
	case err != nil:
		t.Errorf("%v, standard error %q", err, errs.String())
	}
}

// TestFailed checks exit status and error text if a program cannot run. A program under the emulator cannot trace
// another one.
func TestFailed(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "usage: amxemu [-v] program [arguments]\n"},
		{[]string{missing}, "amxemu: exec: \"" + missing + "\": stat " + missing + ": no such file or directory\n"},
		{[]string{os.Args[0], program, "exit", "0"},
			"amxemu: " + program + ": the system forbids ptrace, which amxemu needs: operation not permitted\n"},
	} {
		cmd := emulated(t, c.args...)
		var errs strings.Builder
		cmd.Stderr = &errs
		cmd.Run()
		if status := cmd.ProcessState.ExitCode(); status != failed || errs.String() != c.want {
			t.Errorf("amxemu %v: status %d, standard error %q, want %d and %q", c.args, status, errs.String(), failed, c.want)
		}
	}
}
