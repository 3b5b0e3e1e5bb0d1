package main

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/data/mnist"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/plots"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/vision/explain"
)

// six is the number of the test digit that the pages show.
const six = 11

// layers draws what the layers of the network that docs/pictures/digits trained see in the 6, from pixels to scores.
func layers(digits *mnist.Digits) (map[string]*plots.Picture, error) {
	g := rng.NewTorch(1)
	model := nn.Sequential{
		nn.NewConv2d(g, 1, 8, 5), &nn.ReLU{}, nn.NewMaxPool2d(2),
		nn.NewConv2d(g, 8, 16, 5), &nn.ReLU{}, nn.NewMaxPool2d(2),
		&nn.Flatten{}, nn.NewLinear(g, 16*4*4, 10),
	}
	if err := safetensors.LoadModel("../testdata/digits.safetensors", model); err != nil {
		return nil, err
	}
	x := tensor.From(digits.Float32(), digits.Len(), 1, 28, 28).Narrow(0, six, 1)
	seen := explain.FeatureMaps(model, x)
	maps := func(layer int) []plots.Map { return plots.MapsOf(seen[layer].Output.Select(0, 0)) }
	_, w := explain.Filters(model)

	var scores []plots.Map
	for class, s := range seen[7].Output.Float32s() {
		title := fmt.Sprintf("%d: %s", class, tick(math.Round(10*float64(s))/10+0))
		scores = append(scores, plots.Map{Title: title, H: 1, W: 1, Values: []float32{s}})
	}
	image := digits.Image(six)
	cam := plots.MapsOf(explain.GradCAM(model, x, 6, explain.GradCAMConfig{}).Select(0, 0))
	cam[0].Title = "where the last convolution supports the 6"
	return map[string]*plots.Picture{
		"filters.png": plots.Grid{Title: "8 learned filters of 5×5 weights", Scale: plots.Diverging, Columns: 8, Cell: 80,
			Note: "red: weights above 0; blue: weights below 0", Maps: plots.MapsOf(w.Select(1, 0))}.Picture(),
		"strokes.png": plots.Grid{Title: "First hidden layer: strokes", Columns: 4, Cell: 120,
			Note: "8 feature maps of 24×24, after ReLU", Maps: maps(1)}.Picture(),
		"pooled.png": plots.Grid{Title: "Pooling", Columns: 8, Cell: 72,
			Note: "the same maps in 12×12: the largest value of each 2×2", Maps: maps(2)}.Picture(),
		"shapes.png": plots.Grid{Title: "Second hidden layer: shapes", Columns: 8, Cell: 72,
			Note: "16 feature maps of 8×8, after ReLU", Maps: maps(4)}.Picture(),
		"scores.png":  plots.Grid{Title: "Output layer: a score for each digit", Columns: 10, Cell: 52, Scale: plots.Diverging, Maps: scores}.Picture(),
		"gradcam.png": plots.Heat{Title: "Grad-CAM", Image: image, ImageTitle: "the input", Maps: cam}.Picture(),
	}, nil
}
