//go:build unix || windows

package filelock

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const holderPath = "LAMINA_TEST_LOCK"

// TestMain lets the test program act as a process that holds a lock until it is killed.
func TestMain(m *testing.M) {
	if path := os.Getenv(holderPath); path != "" {
		if _, err := Acquire(path); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println("held")
		select {}
	}
	os.Exit(m.Run())
}

func TestAcquire(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	for range 2 {
		l, err := Acquire(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Acquire(path); !errors.Is(err, ErrLocked) {
			t.Errorf("a second one: %v", err)
		}
		if err := l.Release(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the file is still there: %v", err)
		}
	}
	if _, err := Acquire(filepath.Join(path, "nowhere")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
}

// A killed process leaves the file but not the lock.
func TestKilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), holderPath+"="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "held\n" {
		t.Fatalf("%q, %v", line, err)
	}
	if _, err := Acquire(path); !errors.Is(err, ErrLocked) {
		t.Errorf("while another process holds it: %v", err)
	}
	cmd.Process.Kill()
	cmd.Wait()
	if _, err := os.Stat(path); err != nil {
		t.Errorf("the file is gone: %v", err)
	}
	l, err := Acquire(path)
	if err != nil {
		t.Fatal(err)
	}
	l.Release()
}

// Two goroutines never hold the lock at the same time, although the file is created and removed repeatedly.
func TestContention(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	var holders, turns atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 200 {
				l, err := Acquire(path)
				if err != nil {
					if !errors.Is(err, ErrLocked) && !errors.Is(err, os.ErrPermission) { // Windows cannot open a file that is being removed
						t.Error(err)
					}
					continue
				}
				if n := holders.Add(1); n != 1 {
					t.Errorf("%d hold the lock", n)
				}
				turns.Add(1)
				holders.Add(-1)
				if err := l.Release(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if turns.Load() < 8 {
		t.Errorf("the lock was taken %d times", turns.Load())
	}
}

// TestHeld asks whether a lock is held: asking neither makes nor removes a file, needs no right to write, and does not
// disturb a process that waits a moment for the lock.
func TestHeld(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "lock")
	if held, err := Held(path); held || err != nil {
		t.Errorf("no file: %v, %v", held, err)
	}
	if files, _ := os.ReadDir(folder); len(files) > 0 {
		t.Errorf("asking made %v", files)
	}
	if err := os.WriteFile(path, nil, 0o444); err != nil { // a killed process left it, and only its owner may write
		t.Fatal(err)
	}
	if held, err := Held(path); held || err != nil {
		t.Errorf("a remaining file: %v, %v", held, err)
	}
	if err := os.Chmod(path, 0o666); err != nil {
		t.Fatal(err)
	}
	var askers sync.WaitGroup
	var done atomic.Bool
	for range 4 {
		askers.Go(func() {
			for !done.Load() {
				if _, err := Held(path); err != nil && !errors.Is(err, os.ErrPermission) { // as in TestContention
					t.Error(err)
					return
				}
			}
		})
	}
	for i := range 200 {
		l, err := Wait(path, 10*time.Second)
		if err != nil {
			t.Errorf("lock %d: %v", i, err)
			break
		}
		if held, err := Held(path); !held || err != nil {
			t.Errorf("lock %d: held is %v, %v", i, held, err)
		}
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
		if err := l.Release(); err != nil {
			t.Error(err)
		}
	}
	done.Store(true)
	askers.Wait()
	l, err := Acquire(path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	if _, err := Wait(path, 20*time.Millisecond); !errors.Is(err, ErrLocked) {
		t.Errorf("the limit: %v", err)
	}
}
