package digits

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/task/drawing"
	"github.com/lamina-ml/lamina/tensor"
)

// TestShowConvolution draws what a convolutional network sees: maps of its layers and Grad-CAM.
func TestShowConvolution(t *testing.T) {
	g := rng.NewTorch(1)
	model := nn.Sequential{&nn.Unflatten{Dim: 1, Sizes: []int{1, 28, 28}}, nn.NewConv2d(g, 1, 4, 5), &nn.ReLU{},
		nn.NewMaxPool2d(2), &nn.Flatten{},
		nn.NewLinear(g, 4*12*12, 10)}
	folder := t.TempDir()
	var out bytes.Buffer
	set, err := openDigits(embedded, "t10k")
	if err != nil {
		t.Fatal(err)
	}
	s := &shower{drawing.Drawer{Out: &out, Folder: folder},
		&Model{network: model, device: tensor.CPU(), preparation: preparation{Size: 28, Classes: 10}, temperature: 1}}
	x, name, err := s.pixels("11", set)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.image(t.Context(), x, name, -1); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"layer-00-unflatten.png", "layer-01-conv2d.png", "layer-02-relu.png",
		"layer-03-maxpool2d.png", "layer-05-linear.png",
		"activations.png", "filters.png", "saliency.png", "smoothgrad.png", "occlusion.png", "gradcam.png"} {
		f, err := os.Open(filepath.Join(folder, name))
		if err != nil {
			t.Error(err)
			continue
		}
		if m, err := png.Decode(f); err != nil || m.Bounds().Dx() < 200 || !strings.Contains(out.String(), name) {
			t.Errorf("%s: %v", name, err)
		}
		f.Close()
	}
}
