package folder

import (
	stdimage "image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/data/image"
)

// write creates the files in a new folder, each with its content. A nil content means a PNG of 3×2 pixels.
func write(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if content != nil {
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			continue
		}
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		m := stdimage.NewGray(stdimage.Rect(0, 0, 3, 2))
		m.SetGray(2, 1, color.Gray{Y: 255})
		if err := png.Encode(f, m); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestOpen checks the order, which is that of torchvision.datasets.ImageFolder for the same files.
func TestOpen(t *testing.T) {
	dir := write(t, map[string][]byte{
		"dog/b.png": nil, "dog/a.PNG": nil, "dog/a-b/x.png": nil, "dog/a/x.png": nil, "dog/a/deep/er/y.png": nil,
		"dog/.hidden.png": nil, "dog/.cache/z.png": nil, "dog/Thumbs.db": {1}, "cat/10.png": nil, "cat/9.jpeg": {0xff},
		".git/x.png": nil, "readme.txt": {1},
	})
	s, err := Open(dir, Config{})
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Classes(); !slices.Equal(got, []string{"cat", "dog"}) {
		t.Errorf("classes %q", got)
	}
	var got []string
	for i := range s.Len() {
		f := s.File(i)
		path, err := filepath.Rel(dir, f.Path)
		if err != nil {
			t.Fatal(err)
		}
		if class := []string{"cat", "dog"}[f.Label]; !strings.HasPrefix(path, class) {
			t.Errorf("%s has label %d", path, f.Label)
		}
		got = append(got, filepath.ToSlash(path))
	}
	want := []string{"cat/10.png", "cat/9.jpeg", "dog/a.PNG", "dog/b.png", "dog/a/x.png", "dog/a-b/x.png", "dog/a/deep/er/y.png"}
	slices.SortFunc(want[4:], func(a, b string) int { return strings.Compare(filepath.Dir(a), filepath.Dir(b)) })
	if !slices.Equal(got, want) {
		t.Errorf("files %q, want %q", got, want)
	}
	if others := s.Others(); len(others) != 1 || filepath.Base(others[0]) != "Thumbs.db" {
		t.Errorf("others %q", others)
	}
}

func TestLoad(t *testing.T) {
	dir := write(t, map[string][]byte{"a/x.png": nil, "b/broken.png": []byte("\x89PNG\r\n\x1a\n"), "b/empty.jpg": {}})
	for channels, c := range map[int]int{0: 3, 1: 1, 3: 3, 4: 4} {
		s, err := Open(dir, Config{Channels: channels})
		if err != nil {
			t.Fatal(err)
		}
		var img image.Planar
		label, err := s.Load(0, &img)
		if err != nil || label != 0 || img.C != c || img.H != 2 || img.W != 3 || img.Pix[5] != 1 || img.Pix[0] != 0 {
			t.Errorf("%d channels: label %d, %+v, %v", channels, label, img, err)
		}
		for i, name := range []string{"", "broken.png", "empty.jpg"} {
			if i == 0 {
				continue
			}
			if _, err := s.Load(i, &img); err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "b", name)) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	s, err := Open(dir, Config{MaxPixels: 5})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Load(0, new(image.Planar)); err == nil || !strings.Contains(err.Error(), "limit is 5 pixels") {
		t.Errorf("too many pixels: %v", err)
	}
}

func TestClasses(t *testing.T) {
	dir := write(t, map[string][]byte{"b/x.png": nil, "a/x.png": nil})
	s, err := Open(dir, Config{Classes: []string{"c", "b", "a"}})
	if err != nil || s.File(0).Label != 2 || s.File(1).Label != 1 {
		t.Errorf("%v, %v", s, err)
	}
}

func TestLinks(t *testing.T) {
	other := write(t, map[string][]byte{"x.png": nil})
	dir := write(t, map[string][]byte{"a/x.png": nil})
	if err := os.Symlink(other, filepath.Join(dir, "b")); err != nil {
		t.Fatal(err)
	}
	s, err := Open(dir, Config{})
	if err != nil || s.Len() != 2 {
		t.Errorf("a link to a folder: %v, %v", s, err)
	}
	if err := os.Symlink(dir, filepath.Join(dir, "a", "loop")); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, Config{}); err == nil || !strings.Contains(err.Error(), "contains it") {
		t.Errorf("a loop: %v", err)
	}
}

func TestSkip(t *testing.T) {
	dir := write(t, map[string][]byte{
		"b/x.png": nil, "b/old/y.png": nil, "runs/old/z.png": nil, "runs/notes.txt": {1}, "a/deep/w.png": nil, "a/text.txt": {1},
	})
	set, err := Open(dir, Config{Skip: func(dir string) bool { return filepath.Base(dir) == "old" }})
	if err != nil {
		t.Fatal(err)
	}
	if got := set.Classes(); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("classes %q, want a and b", got)
	}
	if got := set.Others(); !slices.Equal(got, []string{filepath.Join(dir, "a", "text.txt")}) {
		t.Errorf("others %q", got)
	}
	if set.Len() != 2 || set.File(1) != (File{filepath.Join(dir, "b", "x.png"), 1}) {
		t.Errorf("%d pictures, %v", set.Len(), set.files)
	}
	if _, err := Open(dir, Config{Skip: func(string) bool { return true }}); err == nil || !strings.Contains(err.Error(), "has no folders") {
		t.Errorf("nothing is left: %v", err)
	}
}

func TestOpenErrors(t *testing.T) {
	good := map[string][]byte{"a/x.png": nil, "b/y.png": nil}
	for name, c := range map[string]struct {
		files map[string][]byte
		c     Config
		text  string
	}{
		"no folders":    {map[string][]byte{"x.png": nil}, Config{}, "has no folders"},
		"no pictures":   {map[string][]byte{"a/x.png": nil, "b/x.heic": {1}, "b/y.txt": {1}}, Config{}, "but 2 other files such as"},
		"empty class":   {map[string][]byte{"a/x.png": nil, "b/.keep": {1}}, Config{}, "which is empty"},
		"unknown class": {good, Config{Classes: []string{"a", "c"}}, `is not one of the classes ["a" "c"]`},
		"class twice":   {good, Config{Classes: []string{"a", "b", "a"}}, `"a" twice`},
		"channels":      {good, Config{Channels: 2}, "Channels 2"},
		"limit":         {good, Config{MaxPixels: -1}, "MaxPixels -1"},
	} {
		dir := write(t, c.files)
		if _, err := Open(dir, c.c); err == nil || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: %v, want %q", name, err, c.text)
		}
	}
	if _, err := Open(filepath.Join(t.TempDir(), "absent"), Config{}); !os.IsNotExist(unwrapped(err)) {
		t.Errorf("absent: %v", err)
	}
}

func unwrapped(err error) error {
	for {
		u, ok := err.(interface{ Unwrap() error })
		if !ok || os.IsNotExist(err) {
			return err
		}
		err = u.Unwrap()
	}
}
