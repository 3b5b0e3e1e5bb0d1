// Package filelock implements exclusive locks between processes.
package filelock

import (
	"errors"
	"fmt"
	"os"
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
		if err := lock(f); err != nil {
			f.Close()
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		// If the previous holder has removed the file meanwhile, this lock is on a removed file, which excludes
		// nobody: try again.
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

// Release removes the file and releases the lock.
func (l *Lock) Release() error {
	if removesOpen { // remove it while the lock is held: later it may be another process's file
		return errors.Join(os.Remove(l.path), l.f.Close())
	}
	err := l.f.Close()
	os.Remove(l.path) // fails if another process has opened the file meanwhile
	return err
}
