// Package inputfile opens and reads input files, and identifies the format of an unknown file for error messages.
package inputfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// ErrNotRegular is wrapped by the errors of Open for folders, pipes, sockets and devices.
var ErrNotRegular = errors.New("want a regular file")

// Open opens the regular file at path for reading. It returns an error for folders, pipes, sockets and devices
// without opening them: opening a pipe waits for a writer, and a device may never end. Its errors name the file.
func Open(path string) (*os.File, error) {
	info, err := os.Stat(path) // before os.Open, which may wait
	if err == nil {
		err = regular(path, info)
	}
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if info, err = f.Stat(); err == nil {
		err = regular(path, info)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// OpenAppend opens the regular file at path for reading and appending, and creates it if there is none. It returns an error for folders,
// pipes, sockets and devices, as Open does.
func OpenAppend(path string) (*os.File, error) {
	if info, err := os.Stat(path); err == nil {
		if err := regular(path, info); err != nil {
			return nil, err
		}
	}
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o666)
}

// regular returns an error unless info describes a regular file.
func regular(path string, info fs.FileInfo) error {
	what := "a special file"
	switch mode := info.Mode(); {
	case mode.IsRegular():
		return nil
	case mode.IsDir():
		what = "a folder"
	case mode&fs.ModeNamedPipe != 0:
		what = "a pipe"
	case mode&fs.ModeSocket != 0:
		what = "a socket"
	case mode&fs.ModeDevice != 0:
		what = "a device"
	}
	return fmt.Errorf("%s: it is %s, %w", path, what, ErrNotRegular)
}

// HeadSize is the number of bytes of a file that [Identify] needs.
const HeadSize = 512

// IdentifyReader is [Identify] for the beginning of r. It returns "" if r cannot be read.
func IdentifyReader(r io.ReaderAt) string {
	var head [HeadSize]byte
	n, err := r.ReadAt(head[:], 0)
	if err != nil && err != io.EOF {
		return ""
	}
	return Identify(head[:n])
}
