package atomicfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

func put(content string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, content)
		return err
	}
}

// wantFile checks a file's content, and that its folder contains only this file and the given entries.
func wantFile(t *testing.T, path, content string, beside ...string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != content {
		t.Errorf("%s holds %.40q (%d bytes), want %.40q (%d bytes)", path, got, len(got), content, len(content))
	}
	wantFolder(t, filepath.Dir(path), append(beside, filepath.Base(path))...)
}

func wantFolder(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{}
	for _, n := range names {
		want[n] = true
	}
	for _, e := range entries {
		if !want[e.Name()] {
			t.Errorf("unexpected file %s", e.Name())
		}
		delete(want, e.Name())
	}
	for n := range want {
		t.Errorf("file %s is missing", n)
	}
}

func TestCreateAndReplace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "weights")
	for _, content := range []string{"first", "", strings.Repeat("longer than the buffer ", 10000)} {
		if err := Write(path, put(content)); err != nil {
			t.Fatal(err)
		}
		wantFile(t, path, content)
	}
}

func TestBareName(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := Write("weights", put("x")); err != nil {
		t.Fatal(err)
	}
	wantFile(t, "weights", "x")
}

func TestReadOnlyIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "weights")
	if err := os.WriteFile(path, []byte("old"), 0o444); err != nil {
		t.Fatal(err)
	}
	if err := Write(path, put("new")); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("error is %v, want one about permission", err)
	}
	wantFile(t, path, "old")
}

func TestMissingFolder(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "absent")
	path := filepath.Join(folder, "weights")
	want := fmt.Sprintf("write %s: there is no folder %q", path, folder)
	for _, err := range []error{Write(path, put("new")), Check(path)} {
		if !errors.Is(err, fs.ErrNotExist) || err.Error() != want {
			t.Errorf("error is %v, want %s", err, want)
		}
	}
}

func TestRefused(t *testing.T) {
	dir := t.TempDir()
	never := func(io.Writer) error { t.Error("write was called"); return nil }
	for _, path := range []string{dir, filepath.Join(dir, "absent", "weights"), ""} {
		if err := Write(path, never); err == nil {
			t.Errorf("Write(%q) succeeded", path)
		} else if !strings.Contains(err.Error(), path) {
			t.Errorf("error %q does not name the path %q", err, path)
		} else if strings.Contains(err.Error(), "tmp-") {
			t.Errorf("error %q names a temporary file", err)
		}
	}
	wantFolder(t, dir)
}

// flaky is a system on which one operation fails. Writes fail after room bytes.
type flaky struct {
	fail string
	room int
	err  error
}

func (s *flaky) system() system {
	return system{
		create: func(path string, perm fs.FileMode) (file, error) {
			if s.fail == "create" {
				return nil, s.err
			}
			f, err := disk.create(path, perm)
			return &flakyFile{f, s}, err
		},
		rename: func(from, to string) error {
			if s.fail == "rename" {
				return s.err
			}
			return disk.rename(from, to)
		},
		syncDir: func(dir string) error {
			if s.fail == "syncDir" {
				return s.err
			}
			return disk.syncDir(dir)
		},
	}
}

type flakyFile struct {
	file
	s *flaky
}

func (f *flakyFile) Write(p []byte) (int, error) {
	if f.s.fail != "write" || len(p) <= f.s.room {
		f.s.room -= len(p)
		return f.file.Write(p)
	}
	n, err := f.file.Write(p[:f.s.room]) // a full disk writes the bytes that fit
	f.s.room -= n
	return n, errors.Join(err, f.s.err)
}

func (f *flakyFile) Chmod(perm fs.FileMode) error {
	if f.s.fail == "chmod" {
		return f.s.err
	}
	return f.file.Chmod(perm)
}

func (f *flakyFile) Sync() error {
	if f.s.fail == "sync" {
		return f.s.err
	}
	return f.file.Sync()
}

func (f *flakyFile) Close() error {
	err := f.file.Close()
	if f.s.fail == "close" {
		return f.s.err
	}
	return err
}

func TestFailuresKeepTheOldFile(t *testing.T) {
	content := strings.Repeat("new ", 100_000)
	full := errors.New("no space left on device")
	cases := []flaky{{fail: "create"}, {fail: "chmod"}, {fail: "sync"}, {fail: "close"}, {fail: "rename"}}
	for _, room := range []int{0, 1, 1<<16 - 1, 1 << 16, 1<<16 + 1, len(content) - 1} {
		cases = append(cases, flaky{fail: "write", room: room})
	}
	for _, c := range cases {
		t.Run(fmt.Sprint(c.fail, c.room), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "weights")
			if err := os.WriteFile(path, []byte("old"), 0o666); err != nil {
				t.Fatal(err)
			}
			c.err = full
			if err := c.system().write(path, put(content)); !errors.Is(err, full) {
				t.Errorf("error is %v, want %v", err, full)
			}
			wantFile(t, path, "old")
		})
	}
	t.Run("room enough", func(t *testing.T) { // check the injection itself
		path := filepath.Join(t.TempDir(), "weights")
		s := flaky{fail: "write", room: len(content), err: full}
		if err := s.system().write(path, put(content)); err != nil {
			t.Fatal(err)
		}
		wantFile(t, path, content)
	})
}

func TestIgnoredWriteErrorIsFound(t *testing.T) {
	path := filepath.Join(t.TempDir(), "weights")
	full := errors.New("no space left on device")
	s := flaky{fail: "write", err: full}
	err := s.system().write(path, func(w io.Writer) error {
		w.Write(make([]byte, 1<<17)) // the caller ignores the error
		return nil
	})
	if !errors.Is(err, full) {
		t.Errorf("error is %v, want %v", err, full)
	}
	wantFolder(t, filepath.Dir(path))
}

func TestFolderSyncFailure(t *testing.T) {
	path := filepath.Join(t.TempDir(), "weights")
	s := flaky{fail: "syncDir", err: errors.New("bad disk")}
	if err := s.system().write(path, put("new")); !errors.Is(err, s.err) || !strings.Contains(err.Error(), "in place") {
		t.Errorf("error is %v", err)
	}
	wantFile(t, path, "new")
}

func TestCallbackErrorAndPanic(t *testing.T) {
	path := filepath.Join(t.TempDir(), "weights")
	if err := os.WriteFile(path, []byte("old"), 0o666); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	for _, n := range []int{0, 10, 1 << 20} {
		err := Write(path, func(w io.Writer) error {
			w.Write(make([]byte, n))
			return broken
		})
		if !errors.Is(err, broken) || !strings.Contains(err.Error(), path) {
			t.Errorf("error is %v", err)
		}
		wantFile(t, path, "old")

		func() {
			defer func() {
				if r := recover(); r != broken {
					t.Errorf("recovered %v, want the callback's panic", r)
				}
			}()
			Write(path, func(w io.Writer) error {
				w.Write(make([]byte, n))
				panic(broken)
			})
		}()
		wantFile(t, path, "old")
	}
}

func TestStaleTemporaries(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "weights")
	stale, fresh := time.Now().Add(-25*time.Hour), time.Now().Add(-23*time.Hour)
	id := strings.Repeat("A7", 13)
	plant := func(name string, at time.Time) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, nil, 0o666); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(p, at, at); err != nil {
			t.Fatal(err)
		}
		return name
	}
	keep := []string{
		plant(".weights.tmp-B"+id[1:], fresh),      // a writer may still be active
		plant(".weights2.tmp-"+id, stale),          // another file's
		plant(".weights.tmp-"+id[1:], stale),       // from here on: other names
		plant(".weights.tmp-"+id+"7", stale),       //
		plant(".weights.tmp-a"+id[1:], stale),      //
		plant("weights.tmp-"+id, stale),            //
		plant(".weights.tmp-"+id[2:]+".x", stale),  //
		plant(".weights.tmp-"+id[:25]+"1", stale),  //
		plant(".weights.tmp-"+id[:12]+"-A", stale), //
	}
	dead := plant(".weights.tmp-"+id, stale)

	if err := Write(path, func(io.Writer) error { return errors.New("no") }); err == nil {
		t.Fatal("no error")
	}
	wantFolder(t, dir, append(keep, dead)...)
	if err := Write(path, put("x")); err != nil {
		t.Fatal(err)
	}
	wantFile(t, path, "x", keep...)
}

func TestTemporaryName(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "weights")
	seen := map[string]bool{}
	for range 3 {
		err := Write(path, func(w io.Writer) error {
			entries, err := os.ReadDir(dir)
			for _, e := range entries {
				if e.Name() == "weights" {
					continue
				}
				if !isTemp(e.Name(), path) {
					t.Errorf("%s is not recognised as a temporary file", e.Name())
				}
				seen[e.Name()] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(seen) != 3 {
		t.Errorf("3 writes used the temporary names %v", seen)
	}
}

func TestConcurrentWriters(t *testing.T) {
	path := filepath.Join(t.TempDir(), "weights")
	size := 200_000
	if err := Write(path, put(strings.Repeat("0", size))); err != nil {
		t.Fatal(err)
	}
	var writers, reader sync.WaitGroup
	done := make(chan struct{})
	reader.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			got, err := os.ReadFile(path)
			if err != nil {
				if runtime.GOOS != "windows" { // on Windows a rename may briefly block readers
					t.Error(err)
				}
				continue
			}
			if len(got) != size || bytes.Count(got, got[:1]) != size {
				t.Errorf("read %d bytes, %d of them the first writer's: not one whole file", len(got), bytes.Count(got, got[:1]))
				return
			}
		}
	})
	for i := range 4 {
		writers.Go(func() {
			for range 10 {
				if err := Write(path, put(strings.Repeat(string(rune('a'+i)), size))); err != nil && runtime.GOOS != "windows" {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	close(done)
	reader.Wait()
	wantFolder(t, filepath.Dir(path), "weights")
}

// Check returns Write's early errors and leaves no file behind.
func TestCheck(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "weights")
	for _, bad := range []string{dir, filepath.Join(dir, "absent", "weights"), "", strings.Repeat("x", 300)} {
		err := Check(bad)
		if err == nil || !strings.Contains(err.Error(), bad) || strings.Contains(err.Error(), "tmp-") {
			t.Errorf("Check(%q) returns %v", bad, err)
		}
	}
	if err := Check(path); err != nil {
		t.Error(err)
	}
	wantFolder(t, dir)
	if err := Write(path, put("x")); err != nil {
		t.Fatal(err)
	}
	if err := Check(path); err != nil {
		t.Error(err)
	}
	wantFile(t, path, "x")
}

// Clean removes temporary files of any age.
func TestClean(t *testing.T) {
	dir := t.TempDir()
	id := strings.Repeat("A7", 13)
	other := ".weights2.tmp-" + id
	for _, name := range []string{".weights.tmp-" + id, other, "weights"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	Clean(filepath.Join(dir, "weights"))
	wantFolder(t, dir, other, "weights")
}
