package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestPictures checks that the files equal the program's output.
func TestPictures(t *testing.T) {
	pictures, err := draw()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range pictures {
		if file, err := os.ReadFile(name); err != nil || string(file) != text {
			t.Errorf("%s is not current: go generate ./docs/pictures", name)
		}
	}
	files, err := filepath.Glob("*.svg")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if pictures[name] == "" {
			t.Errorf("%s is drawn no more", name)
		}
	}
}
