// Package filelock keeps two processes from using the same thing at once.
package filelock

import (
	"errors"
	"fmt"
	"os"
)

// ErrLocked is wrapped by the error of Acquire if somebody else holds the lock.
var ErrLocked = errors.New("another process holds the lock")

// A Lock is a lock that this process holds.
type Lock struct {
	f    *os.File
	path string
}

// Acquire takes the lock of the file at path, which it creates if needed, and does not wait for it. The operating system releases the
// lock when the process ends, also when it is killed: a file that is left behind does not lock anything.
//
// Where the system or the file system has no locks (js/wasm, some network file systems), everybody gets one.
func Acquire(path string) (*Lock, error) {
	for {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
		if err != nil {
			return nil, err
		}
		if err := lock(f); err != nil {
			f.Close()
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		// Whoever held the lock until now has removed the file: then this lock is of a file that nobody else finds.
		locked, err := f.Stat()
		if err != nil {
			f.Close()
			return nil, err
		}
		if found, err := os.Stat(path); err == nil && os.SameFile(locked, found) {
			return &Lock{f, path}, nil
		}
		f.Close()
	}
}

// Release removes the file and gives the lock back.
func (l *Lock) Release() error {
	if removesOpen { // while the lock is held: later, the file may be another's
		return errors.Join(os.Remove(l.path), l.f.Close())
	}
	err := l.f.Close()
	os.Remove(l.path) // which fails if another process has opened the file meanwhile
	return err
}
