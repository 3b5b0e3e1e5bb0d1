// Package atomicfile replaces files atomically.
//
// At every moment, and after a crash at any moment, the file is either the complete old one or the complete new one.
// Write writes the content to a temporary file in the same folder, flushes it to the disk and renames it to the file.
// Then it flushes the folder, so that the rename survives a loss of power. Windows and js/wasm cannot flush a folder;
// there Write omits that step. Windows does not replace a file that a program holds open: Write tries again for two
// seconds, because others read files of a run for milliseconds.
package atomicfile

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// staleAge is the age after which a temporary file counts as left behind by a killed process. A dead writer cannot be
// distinguished from a slow one, so the age is long.
const staleAge = 24 * time.Hour

// Write calls write with a buffered writer and then replaces the file at path, which need not exist, by what write
// wrote.
//
// On an error (returned by write, a full disk, a panic in write) the old file stays unchanged, and Write removes the
// temporary file. There is one exception, which the error text names: if the last step, flushing the folder, fails,
// the new file is in place, but a loss of power may restore the old one.
//
// An existing file keeps its permissions; a new file gets 0666 minus the umask. Write follows a symbolic link and
// replaces its target. It returns an error for directories, devices and read-only files. If several goroutines or
// processes write the same path, each replaces the file atomically, and the last one wins.
//
// A killed process leaves its temporary file behind. Its name is a dot, the file's name, ".tmp-" and 26 random
// characters. The next successful Write to path removes temporary files that are older than a day; [Clean] removes
// all of them.
func Write(path string, write func(w io.Writer) error) error {
	if err := disk.write(path, write); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// Check returns the error that Write would return before it writes: the folder does not exist or is not writable, or
// what is at path cannot be replaced. It leaves no file behind.
func Check(path string) error {
	if err := disk.check(path); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

func (s system) check(path string) error {
	path, _, err := target(path)
	if err != nil {
		return err
	}
	temp := filepath.Join(filepath.Dir(path), tempPrefix(path)+rand.Text())
	f, err := s.create(temp, 0o666)
	if err != nil {
		return withoutTemp(err, temp)
	}
	return errors.Join(f.Close(), os.Remove(temp))
}

// Clean removes the temporary files for path that killed processes left behind. No other process may be writing path.
func Clean(path string) { removeStale(path, time.Now().Add(staleAge)) }

// system holds the system calls that tests replace to inject failures.
type system struct {
	create  func(path string, perm fs.FileMode) (file, error)
	rename  func(from, to string) error
	syncDir func(dir string) error
}

type file interface {
	io.WriteCloser
	Chmod(perm fs.FileMode) error
	Sync() error
}

var disk = system{
	create: func(path string, perm fs.FileMode) (file, error) {
		return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	},
	rename:  waiting(os.Rename, busy, busyWait),
	syncDir: syncDir,
}

func (s system) write(path string, write func(w io.Writer) error) error {
	path, old, err := target(path)
	if err != nil {
		return err
	}
	temp := filepath.Join(filepath.Dir(path), tempPrefix(path)+rand.Text())
	if err := s.writeTemp(temp, path, old, write); err != nil {
		return withoutTemp(err, temp)
	}
	removeStale(path, time.Now().Add(-staleAge))
	if err := s.syncDir(filepath.Dir(path)); err != nil {
		return fmt.Errorf("the new file is in place, but its folder could not be flushed to the disk: %w", err)
	}
	return nil
}

// withoutTemp removes the temporary file's name from an error, since the caller does not know that name. A file that
// cannot be created because its folder does not exist has an error that names the folder.
func withoutTemp(err error, temp string) error {
	var p *fs.PathError
	if !errors.As(err, &p) || p.Path != temp {
		return err
	}
	if folder := filepath.Dir(temp); errors.Is(p.Err, fs.ErrNotExist) {
		return &noFolderError{folder, p.Err}
	}
	return p.Err
}

type noFolderError struct {
	folder string
	err    error
}

func (e *noFolderError) Error() string { return fmt.Sprintf("there is no folder %q", e.folder) }
func (e *noFolderError) Unwrap() error { return e.err }

// writeTemp writes temp and renames it to path. If it fails or panics, it removes temp.
func (s system) writeTemp(temp, path string, old fs.FileInfo, write func(w io.Writer) error) error {
	perm := fs.FileMode(0o666)
	if old != nil {
		perm = old.Mode().Perm()
	}
	f, err := s.create(temp, perm)
	if err != nil {
		return err
	}
	renamed, closed := false, false
	defer func() { // also after a panic in write
		if !closed {
			f.Close()
		}
		if !renamed {
			os.Remove(temp)
		}
	}()
	if old != nil { // before the content is written: the umask may have removed bits of perm, but never adds any
		if err := f.Chmod(perm); err != nil && !errors.Is(err, errors.ErrUnsupported) {
			return err
		}
	}
	b := bufio.NewWriterSize(f, 1<<16)
	if err := write(b); err != nil {
		return err
	}
	if err := b.Flush(); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	closed = true // also after an error: a second Close would not help
	if err := f.Close(); err != nil {
		return err
	}
	if err := s.rename(temp, path); err != nil {
		return err
	}
	renamed = true
	return nil
}

// target follows a symbolic link at path. It returns the path of the file to replace and, if the file exists, its
// FileInfo.
func target(path string) (string, fs.FileInfo, error) {
	if path == "" {
		return "", nil, errors.New("the path is empty")
	}
	info, err := os.Lstat(path)
	if err == nil && info.Mode()&fs.ModeSymlink != 0 {
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return "", nil, err
		}
		info, err = os.Lstat(path)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return path, nil, nil
	case err != nil:
		return "", nil, err
	case info.IsDir():
		return "", nil, errors.New("it is a folder, want a regular file")
	case !info.Mode().IsRegular():
		return "", nil, errors.New("it is a special file, want a regular file")
	case info.Mode().Perm()&0o222 == 0:
		return "", nil, fmt.Errorf("it is read-only: %w", fs.ErrPermission)
	}
	return path, info, nil
}

func tempPrefix(path string) string { return "." + filepath.Base(path) + ".tmp-" }

// removeStale removes the temporary files for path that were last written before the given time. It ignores errors.
func removeStale(path string, before time.Time) {
	dir := filepath.Dir(path)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if !isTemp(e.Name(), path) || !e.Type().IsRegular() {
			continue
		}
		if info, err := e.Info(); err == nil && info.ModTime().Before(before) {
			os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}

// isTemp reports whether name is the name of a temporary file for path.
func isTemp(name, path string) bool {
	random, ok := strings.CutPrefix(name, tempPrefix(path))
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" // rand.Text's
	return ok && len(random) == 26 && strings.Trim(random, alphabet) == ""
}
