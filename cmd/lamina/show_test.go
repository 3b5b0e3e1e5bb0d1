package main

import (
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestShow draws the pictures of a run and of a test digit.
func TestShow(t *testing.T) {
	folder := t.TempDir()
	small(t, filepath.Join(folder, "digits"))
	must(t, folder, "train", "mnist", "--data", "digits", "--epochs", "2", "--hidden", "16", "--out", "run")

	out := must(t, folder, "show", "run")
	files := []string{"curves.png", "confusion.png", "mistakes.png"}
	checkShown(t, folder, out, "run/show", files)

	out = must(t, folder, "show", "run", "3", "--class", "5", "--out", "seen")
	says(t, out, "test digit 3, labelled 0: read as ")
	checkShown(t, folder, out, "seen", append(files, "layer-00-linear.png", "layer-01-relu.png", "layer-02-linear.png",
		"activations.png", "filters.png",
		"saliency.png", "smoothgrad.png", "occlusion.png"))

	must(t, folder, "show", "run", filepath.Join("seen", "layer-00-linear.png")) // any image file
	mustFail(t, exitUsage, folder, []string{"show", "run", "200"}, "there is no test digit 200, want 0 to 199")
	mustFail(t, exitUsage, folder, []string{"show", "run", "3", "--class", "10"}, `--class is "10", want 0 to 9`)
	mustFail(t, exitUsage, folder, []string{"show", "run", "--class", "1"}, "--class needs an image")
	mustFail(t, exitFailed, folder, []string{"show", "run", "nowhere.png"}, "nowhere.png")
	mustFail(t, exitFailed, folder, []string{"show", "nowhere"}, "nowhere is not a run")
	mustFail(t, exitUsage, folder, []string{"show"}, "usage: lamina show RUN [INPUT]")
}

// checkShown checks that out names the files in a folder, and that they are images.
func checkShown(t *testing.T, folder, out, in string, files []string) {
	t.Helper()
	for _, name := range files {
		path := filepath.Join(filepath.FromSlash(in), name)
		says(t, out, path+"  ")
		f, err := os.Open(filepath.Join(folder, path))
		if err != nil {
			t.Error(err)
			continue
		}
		m, err := png.Decode(f)
		f.Close()
		if err != nil || m.Bounds().Dx() < 200 {
			t.Errorf("%s: %v", path, err)
		}
	}
	if n := strings.Count(out, ".png  "); n != len(files) {
		t.Errorf("%d files, want %d:\n%s", n, len(files), out)
	}
}
