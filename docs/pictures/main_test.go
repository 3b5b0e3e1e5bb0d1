package main

import (
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPictures checks that the files equal the program's output.
func TestPictures(t *testing.T) {
	pictures, err := draw()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range pictures {
		file, err := os.ReadFile(name)
		if err == nil && filepath.Ext(name) == ".png" {
			if samePixels(t, string(file), text) {
				continue
			}
		} else if err == nil && string(file) == text {
			continue
		}
		t.Errorf("%s is not current: go generate ./docs/pictures", name)
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

// samePixels reports whether two PNGs show the same. Levels may differ by 2: processors round differently, and versions
// of Go compress differently.
func samePixels(t *testing.T, a, b string) bool {
	t.Helper()
	x, err := png.Decode(strings.NewReader(a))
	if err != nil {
		t.Fatal(err)
	}
	y, err := png.Decode(strings.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if x.Bounds() != y.Bounds() {
		return false
	}
	for i := range x.Bounds().Dy() {
		for j := range x.Bounds().Dx() {
			r1, g1, b1, a1 := x.At(j, i).RGBA()
			r2, g2, b2, a2 := y.At(j, i).RGBA()
			for _, c := range [][2]uint32{{r1, r2}, {g1, g2}, {b1, b2}, {a1, a2}} {
				if max(c[0], c[1])-min(c[0], c[1]) > 2*257 {
					return false
				}
			}
		}
	}
	return true
}
