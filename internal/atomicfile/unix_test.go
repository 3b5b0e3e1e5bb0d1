//go:build unix

package atomicfile

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestKill kills a process that rewrites a file in a loop, at random moments. Each time the file must be complete,
// and the remaining temporary files must have names that later writers recognize.
func TestKill(t *testing.T) {
	const size = 1 << 20
	if path := os.Getenv("LAMINA_ATOMICFILE_TEST"); path != "" {
		for c := byte('a'); ; c ^= 'a' ^ 'b' {
			err := Write(path, func(w io.Writer) error {
				for range size / 4096 {
					if _, err := w.Write(bytes.Repeat([]byte{c}, 4096)); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				os.Stdout.WriteString(err.Error())
				os.Exit(1)
			}
			os.Stdout.WriteString(".")
		}
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "weights")
	left := 0
	for range 10 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKill$")
		cmd.Env = append(os.Environ(), "LAMINA_ATOMICFILE_TEST="+path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(out, make([]byte, 1)); err != nil { // the first file is written
			t.Error("the writer ended by itself: ", err)
		}
		time.Sleep(rand.N(15 * time.Millisecond))
		cmd.Process.Signal(syscall.SIGKILL)
		rest, _ := io.ReadAll(out)
		cmd.Wait()
		if len(bytes.Trim(rest, ".")) != 0 {
			t.Fatalf("the writer said %q", rest)
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != size || bytes.Count(got, got[:1]) != size {
			t.Fatalf("after a kill the file has %d bytes, %d of them %q: not one whole file", len(got), bytes.Count(got, got[:1]), got[0])
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() == "weights" {
			continue
		}
		left++
		if !isTemp(e.Name(), path) {
			t.Errorf("%s is not recognised as a temporary file", e.Name())
		}
	}
	t.Logf("%d kills left %d temporary files", 10, left)
}

func TestPipeIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := Write(path, put("x")); err == nil {
		t.Error("Write replaced a named pipe")
	}
}

func TestPermissions(t *testing.T) {
	dir := t.TempDir()
	plain, path := filepath.Join(dir, "plain"), filepath.Join(dir, "weights")
	if err := os.WriteFile(plain, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(plain)
	if err != nil {
		t.Fatal(err)
	}
	want := info.Mode().Perm() // 0666 minus the umask
	for _, change := range []fs.FileMode{0, 0o600, 0o640, 0o777} {
		if change != 0 {
			want = change
			if err := os.Chmod(path, change); err != nil {
				t.Fatal(err)
			}
		}
		if err := Write(path, put("x")); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("permissions are %o, want %o", got, want)
		}
	}
}

func TestSymlink(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	link, path := filepath.Join(dir, "latest"), filepath.Join(other, "weights")
	if err := os.WriteFile(path, []byte("old"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	if err := Write(link, put("new")); err != nil {
		t.Fatal(err)
	}
	wantFile(t, path, "new")
	wantFolder(t, dir, "latest")
	if to, err := os.Readlink(link); err != nil || to != path {
		t.Errorf("the link points to %q (%v), want %q", to, err, path)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := Write(link, put("new")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("writing through a dangling link: error is %v", err)
	}
}
