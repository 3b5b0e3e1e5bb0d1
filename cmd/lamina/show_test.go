package main

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
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
	checkShown(t, folder, out, "seen", append(files, "layer-00-linear.png", "layer-01-relu.png", "layer-02-linear.png", "activations.png", "filters.png",
		"saliency.png", "smoothgrad.png", "occlusion.png"))

	must(t, folder, "show", "run", filepath.Join("seen", "layer-00-linear.png")) // any image file
	mustFail(t, exitUsage, folder, []string{"show", "run", "200"}, "there is no test digit 200, want 0 to 199")
	mustFail(t, exitUsage, folder, []string{"show", "run", "3", "--class", "10"}, `--class is "10", want 0 to 9`)
	mustFail(t, exitUsage, folder, []string{"show", "run", "--class", "1"}, "--class needs an image")
	mustFail(t, exitFailed, folder, []string{"show", "run", "nowhere.png"}, "nowhere.png")
	mustFail(t, exitFailed, folder, []string{"show", "nowhere"}, "nowhere is not a run")
	mustFail(t, exitUsage, folder, []string{"show"}, "usage: lamina show RUN [IMAGE or TEXT]")
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

// TestShowConvolution draws what a convolutional network sees: maps of its layers and Grad-CAM.
func TestShowConvolution(t *testing.T) {
	g := rng.NewTorch(1)
	model := nn.Sequential{&nn.Unflatten{Dim: 1, Sizes: []int{1, 28, 28}}, nn.NewConv2d(g, 1, 4, 5), &nn.ReLU{}, nn.NewMaxPool2d(2), &nn.Flatten{},
		nn.NewLinear(g, 4*12*12, 10)}
	folder := t.TempDir()
	var out bytes.Buffer
	cmd := newShow()
	cmd.SetOut(&out)
	cmd.SetContext(t.Context())
	set, err := openDigits("", "t10k")
	if err != nil {
		t.Fatal(err)
	}
	s := &shower{cmd: cmd, folder: folder, recognizer: &recognizer{model: model, device: tensor.CPU(), size: 28, temperature: 1}}
	x, name, err := s.pixels("11", set)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.image(x, name, -1); err != nil {
		t.Fatal(err)
	}
	checkShown(t, folder, strings.ReplaceAll(out.String(), folder+string(filepath.Separator), ""), "", []string{"layer-00-unflatten.png",
		"layer-01-conv2d.png", "layer-02-relu.png", "layer-03-maxpool2d.png", "layer-05-linear.png", "activations.png", "filters.png", "saliency.png",
		"smoothgrad.png", "occlusion.png", "gradcam.png"})
}
