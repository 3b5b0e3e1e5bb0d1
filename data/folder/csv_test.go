package folder

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/data/image"
)

func TestOpenCSV(t *testing.T) {
	dir := write(t, map[string][]byte{
		"a/x.png":     nil,
		"plain.csv":   []byte("\ufeff\"file\",class\na/x.png,dog\nabsent.png,cat\n\"a/x.png\",\"dog\"\n"),
		"numbers.csv": []byte("id,label,more,path\n1,10,,a/x.png\n2,9,,a/x.png\n3,-1,,a/x.png\n"),
	})
	s, err := OpenCSV(filepath.Join(dir, "plain.csv"), Config{})
	if err != nil {
		t.Fatal(err)
	}
	var labels []int
	for i := range s.Len() {
		labels = append(labels, s.File(i).Label)
	}
	if !slices.Equal(s.Classes(), []string{"cat", "dog"}) || !slices.Equal(labels, []int{1, 0, 1}) {
		t.Errorf("classes %q, labels %v", s.Classes(), labels)
	}
	var img image.Planar
	if label, err := s.Load(2, &img); err != nil || label != 1 || img.W != 3 {
		t.Errorf("label %d, %+v, %v", label, img, err)
	}
	if _, err := s.Load(1, &img); err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "absent.png")) {
		t.Errorf("absent: %v", err)
	}
	s, err = OpenCSV(filepath.Join(dir, "numbers.csv"), Config{Path: "path", Label: "label"})
	if err != nil || !slices.Equal(s.Classes(), []string{"-1", "9", "10"}) || s.File(0).Label != 2 {
		t.Errorf("numbers: %v, %v", s, err)
	}
}

func TestOpenCSVErrors(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		c    Config
		want string
	}{
		"empty":       {"", Config{}, "the file is empty"},
		"no rows":     {"path,label\n", Config{}, "no rows"},
		"one column":  {"path\nx.png\n", Config{}, `only the column "path"`},
		"no column":   {"a,b\nx,y\n", Config{Label: "class"}, `no column "class" among ["a" "b"]`},
		"empty path":  {"path,label\nx,1\n,2\n", Config{}, `line 3: column "path" is empty`},
		"empty label": {"path,label\nx,1\ny,\n", Config{}, `line 3: column "label" is empty`},
		"unknown class": {"path,label\n\nx,1\n", Config{Classes: []string{"0"}},
			`line 3: column "label" is "1", want one of the classes ["0"]`},
		"short row": {"path,label\nx,1\ny\n", Config{}, "line 3: wrong number of fields"},
		"quote":     {"path,label\nx,\"1\n", Config{}, "line 2"},
	} {
		path := filepath.Join(t.TempDir(), "list.csv")
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenCSV(path, c.c); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func FuzzCSV(f *testing.F) {
	for _, text := range []string{"path,label\nx,1\n", "a,b,c\n1,2,3\n", "\"", "\ufeffp,l\r\nx,\"y\nz\"\r\n"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := newSet(Config{})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.readCSV(strings.NewReader(text), "dir", Config{}); err != nil {
			return
		}
		for i := range s.Len() {
			if f := s.File(i); f.Label < 0 || f.Label >= len(s.classes) || f.Path == "" {
				t.Fatalf("picture %d is %+v of %d classes", i, f, len(s.classes))
			}
		}
	})
}
