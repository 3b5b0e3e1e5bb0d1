package folder

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestPictures lists a tree with links, hidden files and other files.
func TestPictures(t *testing.T) {
	root := t.TempDir()
	at := func(name string) string { return filepath.Join(root, filepath.FromSlash(name)) }
	for _, name := range []string{"10.png", "2.PNG", "b/1.jpg", "a/x10/1.gif", "a/x9/1.gif", ".hidden/1.png", "a/.1.png", "notes.txt"} {
		if err := os.MkdirAll(filepath.Dir(at(name)), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at(name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{at("2.PNG"), at("10.png"), at("a/x9/1.gif"), at("a/x10/1.gif"), at("b/1.jpg")}
	if got, err := Pictures(root); err != nil || !slices.Equal(got, want) {
		t.Errorf("%v\n%q, want\n%q", err, got, want)
	}
	if os.Symlink(root, at("a/up")) == nil { // where there are symbolic links
		if err := os.Symlink(at("b"), at("c")); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(at("none.png"), at("gone.png")); err != nil {
			t.Fatal(err)
		}
		if got, err := Pictures(root); err != nil || !slices.Equal(got, append(want, at("c/1.jpg"))) {
			t.Errorf("with links: %v, %q", err, got)
		}
	}
	if _, err := Pictures(at("none")); err == nil {
		t.Error("a folder that does not exist has pictures")
	}
}
