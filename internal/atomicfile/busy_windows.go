package atomicfile

import (
	"errors"
	"syscall"
)

// busy reports whether a file could not be replaced because a program holds it open, such as another process that reads
// it, or a virus scanner. Windows calls that access denied, too.
func busy(err error) bool {
	const sharingViolation, lockViolation = syscall.Errno(32), syscall.Errno(33)
	return errors.Is(err, sharingViolation) || errors.Is(err, lockViolation) || errors.Is(err, syscall.ERROR_ACCESS_DENIED)
}
