//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package filelock

import (
	"errors"
	"os"
	"syscall"
)

// removesOpen reports whether an open file can be removed.
const removesOpen = true

// lock locks f without waiting. A shared lock excludes exclusive ones only.
func lock(f *os.File, shared bool) error {
	how := syscall.LOCK_EX
	if shared {
		how = syscall.LOCK_SH
	}
	for {
		err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EWOULDBLOCK:
			return ErrLocked
		case errors.Is(err, errors.ErrUnsupported), err == syscall.ENOLCK: // the file system has no locks
			return nil
		}
		return err
	}
}
