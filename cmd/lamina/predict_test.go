package main

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/data/mnist"
)

// TestPredictRepeatsPreparation trains with --data, which says nothing of digits, and predicts each test image from a file:
// as many are right as evaluate counts. The same run, prepared for digits, would search and move them.
func TestPredictRepeatsPreparation(t *testing.T) {
	folder := t.TempDir()
	small(t, filepath.Join(folder, "images"))
	must(t, folder, "train", "mnist", "--data", "images", "--hidden", "16", "--epochs", "3", "--batch", "20", "--out", "run")
	if conf := string(read(t, filepath.Join(folder, "run", configFile))); !strings.Contains(conf, "prepare: resize") {
		t.Errorf("the configuration does not say how images are prepared:\n%s", conf)
	}
	d, err := mnist.Test()
	if err != nil {
		t.Fatal(err)
	}
	const n = 200
	args := []string{"predict", "run"}
	for i := range n {
		name := fmt.Sprintf("%d.png", i)
		write(t, filepath.Join(folder, name), encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, d.Image(i)) }))
		args = append(args, name)
	}
	right := 0
	for i, line := range strings.Split(strings.TrimSpace(must(t, folder, args...)), "\n") {
		if strings.Contains(line, fmt.Sprintf("  %d  (", d.Labels[i])) {
			right++
		}
	}
	says(t, must(t, folder, "evaluate", "run"), fmt.Sprintf("%d of %d test digits correct", right, n))
	if _, errs, code := call(t, folder, append(args, "--out", "numbers.csv")...); code != exitOK ||
		errs != "200 predictions written to numbers.csv\n" {
		t.Errorf("exit code %d: %s", code, errs)
	}
	table := strings.Split(string(read(t, filepath.Join(folder, "numbers.csv"))), "\n")
	if len(table) != n+2 || table[0] != "file,predicted_number,probability" ||
		!regexp.MustCompile(`^0\.png,[0-9],[01]\.[0-9]{4}$`).MatchString(table[1]) {
		t.Errorf("%d lines, %q", len(table), table[:2])
	}
	mustFail(t, exitFailed, folder, append(args, "--out", "numbers.csv"), "numbers.csv exists", "--force")
	if lines := strings.Split(must(t, folder, "predict", "run", "."), "\n"); len(lines) < n+1 ||
		!strings.HasPrefix(lines[2], "2.png ") || !strings.HasPrefix(lines[10], "10.png ") {
		t.Errorf("%d lines for the folder: %q, %q", len(lines), lines[2], lines[10])
	}
	mustFail(t, exitFailed, folder, []string{"predict", "run", "0.png", "--draw", "0.png"}, "0.png is the file that is read")
	mustFail(t, exitUsage, folder, []string{"train", "mnist", "--prepare", "crop"}, "--prepare crop: not known; want auto, digit or resize")
}

// TestPredictDraws draws what was found in a picture.
func TestPredictDraws(t *testing.T) {
	folder := t.TempDir()
	small(t, filepath.Join(folder, "images"))
	must(t, folder, "train", "mnist", "--data", "images", "--hidden", "16", "--epochs", "3", "--prepare", "digit", "--out", "run")
	write(t, filepath.Join(folder, "dark.png"), encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, picture(t, 1, true)) }))
	call(t, folder, "predict", "run", "dark.png", "--draw", "seen.png") // so short a training may refuse it
	m, err := png.Decode(bytes.NewReader(read(t, filepath.Join(folder, "seen.png"))))
	if err != nil {
		t.Fatal(err)
	}
	if high, b := m.Bounds(), picture(t, 1, true).Bounds(); high.Dy() <= b.Dy() || high == (image.Rectangle{}) {
		t.Errorf("the drawing is %v, the picture %v: no room for the network's input", high, b)
	}
	mustFail(t, exitUsage, folder, []string{"predict", "run", "dark.png", "--draw", "seen.jpg"}, ".png")
	mustFail(t, exitUsage, folder, []string{"predict", "run", "a.png", "b.png", "--draw", "seen.png"}, "one image")
}
