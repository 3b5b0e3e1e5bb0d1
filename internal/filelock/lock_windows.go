package filelock

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// removesOpen reports whether an open file can be removed.
const removesOpen = false

// lock locks f without waiting. A shared lock excludes exclusive ones only.
func lock(f *os.File, shared bool) error {
	const all = ^uint32(0)
	var how uint32 = windows.LOCKFILE_EXCLUSIVE_LOCK
	if shared {
		how = 0
	}
	err := windows.LockFileEx(windows.Handle(f.Fd()), how|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, all, all, new(windows.Overlapped))
	switch {
	case errors.Is(err, windows.ERROR_LOCK_VIOLATION), errors.Is(err, windows.ERROR_IO_PENDING):
		return ErrLocked
	case errors.Is(err, errors.ErrUnsupported):
		return nil
	}
	return err
}
