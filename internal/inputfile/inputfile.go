// Package inputfile opens files that come from outside and says what a file of a foreign format is.
package inputfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// ErrNotRegular is wrapped by the errors about folders, pipes, sockets and devices.
var ErrNotRegular = errors.New("a regular file")

// Open opens the regular file at path for reading. It refuses folders, pipes, sockets and devices at once: opening a pipe would wait
// for a writer, and a device may never end. Its errors name the file.
func Open(path string) (*os.File, error) {
	info, err := os.Stat(path) // before opening, which may wait
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

// regular returns an error unless info describes a regular file.
func regular(path string, info fs.FileInfo) error {
	what := "no regular file"
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
	return fmt.Errorf("%s: it is %s; %w is needed", path, what, ErrNotRegular)
}

// HeadSize is how many bytes of a file [Identify] looks at.
const HeadSize = 512

// IdentifyReader is [Identify] for the beginning of r. It is empty where r cannot be read.
func IdentifyReader(r io.ReaderAt) string {
	var head [HeadSize]byte
	n, err := r.ReadAt(head[:], 0)
	if err != nil && err != io.EOF {
		return ""
	}
	return Identify(head[:n])
}
