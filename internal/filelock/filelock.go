// Package filelock implements exclusive locks between processes.
package filelock

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// ErrLocked is wrapped by the error of Acquire if another process or another Lock of this process holds the lock.
var ErrLocked = errors.New("another process holds the lock")

// Lock is a lock held by this process.
type Lock struct {
	f    *os.File
	path string
}

// Acquire locks the file at path and returns at once. It creates the file if necessary. The operating system releases
// the lock when the process ends, also if it is killed: a remaining file does not lock anything.
//
// If the system or the file system has no locks (js/wasm, some network file systems), Acquire always succeeds.
func Acquire(path string) (*Lock, error) {
	for {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
		if err != nil {
			return nil, err
		}
		if err := lock(f, false); err != nil {
			f.Close()
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		// If the previous holder has removed the file meanwhile, this lock is on a removed file, which excludes
		// nobody: try again.
		if is, err := isAt(f, path); is {
			return &Lock{f, path}, nil
		} else if f.Close(); err != nil {
			return nil, err
		}
	}
}

// isAt reports whether f is the file that is now at path.
func isAt(f *os.File, path string) (bool, error) {
	opened, err := f.Stat()
	if err != nil {
		return false, err
	}
	found, err := os.Stat(path)
	return err == nil && os.SameFile(opened, found), nil
}

// Wait is Acquire, except that it tries again for the time limit while another one holds the lock.
func Wait(path string, limit time.Duration) (*Lock, error) {
	deadline := time.Now().Add(limit)
	for wait := time.Millisecond; ; wait = min(2*wait, 50*time.Millisecond) {
		l, err := Acquire(path)
		if err == nil || !errors.Is(err, ErrLocked) || time.Now().After(deadline) {
			return l, err
		}
		time.Sleep(wait)
	}
}

// Held reports whether a process holds the lock of the file at path. It needs to read the file only, and neither creates
// nor removes it. Its shared lock lasts for microseconds and does not disturb others who ask, but Acquire fails during
// them: a process that others watch uses [Wait].
func Held(path string) (bool, error) {
	for {
		f, err := os.Open(path)
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		err = lock(f, true)
		is, problem := isAt(f, path)
		f.Close()
		switch {
		case problem != nil:
			return false, problem
		case !is: // its holder has removed the file, and another process may have made a new one
			continue
		case errors.Is(err, ErrLocked):
			return true, nil
		}
		return false, err
	}
}

// Release removes the file and releases the lock.
func (l *Lock) Release() error {
	if removesOpen { // remove it while the lock is held: later it may be another process's file
		return errors.Join(os.Remove(l.path), l.f.Close())
	}
	err := l.f.Close()
	os.Remove(l.path) // fails if another process has opened the file meanwhile
	return err
}
