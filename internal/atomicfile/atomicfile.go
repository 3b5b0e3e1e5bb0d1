// Package atomicfile replaces files whole or not at all.
//
// A file written here is, at every moment and after a crash at any moment,
// either the old one or the new one. The content goes to a temporary file in
// the same folder, is flushed to the disk, and takes the old file's place by a
// rename; then the folder is flushed, so that the rename survives a loss of
// power. Windows and js/wasm have no way to flush a folder: there the last step
// is left out.
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

// staleAge is how long a temporary file must have lain untouched before it
// counts as left behind by a killed process. Nothing tells a dead writer from a
// slow one, so it is long.
const staleAge = 24 * time.Hour

// Write calls write with a buffered writer and then puts what it wrote in place
// of the file at path, which need not exist.
//
// On any error (one that write returns, a full disk, a panic in write) the old
// file stays as it was and the temporary file is removed. The one exception
// says so in its text: if the folder can't be flushed at the very end, the new
// file is in place already, but a loss of power may still bring back the old.
//
// An existing file's permissions are kept; a new file gets 0666 less the umask.
// A symbolic link is followed: the file it points to is replaced. Directories,
// devices and read-only files are refused. When several goroutines or processes
// write the same path, each replaces the file whole, and the last one stays.
//
// A killed process leaves its temporary file behind, named after path with a
// leading dot and ".tmp-" and 26 random characters at its end. The next
// successful Write to path removes those that are older than a day; [Clean]
// removes them all.
func Write(path string, write func(w io.Writer) error) error {
	if err := disk.write(path, write); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// Check returns the error that Write would return at once: there is no such folder, nothing can be created in it, or what is at path
// cannot be replaced. It leaves no trace.
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

// Clean removes the temporary files that killed processes left behind when they wrote path. Nobody may be writing path.
func Clean(path string) { removeStale(path, time.Now().Add(staleAge)) }

// system is the part of the operating system that tests make fail.
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
	rename:  os.Rename,
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

// withoutTemp takes the temporary file's name, which would only confuse, out of an error.
func withoutTemp(err error, temp string) error {
	var p *fs.PathError
	if errors.As(err, &p) && p.Path == temp {
		return p.Err
	}
	return err
}

// writeTemp fills temp and renames it to path; unless that succeeds, temp is
// gone when it returns or panics.
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
	defer func() { // a panic in write passes through here
		if !closed {
			f.Close()
		}
		if !renamed {
			os.Remove(temp)
		}
	}()
	if old != nil { // before the content arrives: create narrowed perm by the umask, never widened it
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
	closed = true // also after an error: a second Close is no help
	if err := f.Close(); err != nil {
		return err
	}
	if err := s.rename(temp, path); err != nil {
		return err
	}
	renamed = true
	return nil
}

// target follows a symbolic link at path and returns the file to replace, with
// its description if it exists.
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
		return "", nil, errors.New("it is a folder")
	case !info.Mode().IsRegular():
		return "", nil, errors.New("it is not a regular file")
	case info.Mode().Perm()&0o222 == 0:
		return "", nil, fmt.Errorf("it is read-only: %w", fs.ErrPermission)
	}
	return path, info, nil
}

func tempPrefix(path string) string { return "." + filepath.Base(path) + ".tmp-" }

// removeStale removes the temporary files of path last written before the given
// time. It is a courtesy: what can't be removed stays.
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

// isTemp reports whether name is one that Write gives its temporary file for path.
func isTemp(name, path string) bool {
	random, ok := strings.CutPrefix(name, tempPrefix(path))
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" // rand.Text's
	return ok && len(random) == 26 && strings.Trim(random, alphabet) == ""
}
