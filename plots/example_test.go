package plots_test

import (
	"bytes"
	"fmt"
	"image"

	"github.com/lamina-ml/lamina/metrics"
	"github.com/lamina-ml/lamina/plots"
	"github.com/lamina-ml/lamina/tensor"
)

var checks = plots.Map{H: 2, W: 2, Values: []float32{0, 1, 1, 0}}

func ExamplePicture() {
	p := plots.Grid{Maps: []plots.Map{checks}}.Picture()
	var b bytes.Buffer
	err := p.WritePNG(&b)
	fmt.Println(b.Len() > 0, err, p.WriteFile("checks.jpg"))
	// Output: true <nil> plots: checks.jpg: the name ends in ".jpg", want .png or .svg
}

func ExampleMap() {
	maps := plots.MapsOf(tensor.From([]float32{1, 2, 3, 4, 5, 6}, 3, 1, 2))
	fmt.Println(len(maps), maps[2].Title, maps[2].Values)
	// Output: 3 2 [5 6]
}

func ExampleGrid() {
	p := plots.Grid{Title: "Filters", Maps: []plots.Map{checks, checks}, Scale: plots.Diverging}.Picture()
	fmt.Println(p.Image().Bounds() == image.Rect(0, 0, p.Width, p.Height))
	// Output: true
}

func ExampleScale() {
	p := plots.Grid{Maps: []plots.Map{checks}, Scale: plots.Gray}.Picture()
	fmt.Println(p.Image().At(20, 20))
	// Output: {0 0 0 255}
}

func ExampleHeat() {
	p := plots.Heat{Title: "Saliency", Image: plots.GrayImage(checks), Maps: []plots.Map{checks}, Cell: 100}.Picture()
	fmt.Println(p.Height > 100)
	// Output: true
}

func ExampleConfusion() {
	m := metrics.NewConfusionMatrix(2)
	m.Add(tensor.From([]int64{0, 1, 1}), tensor.From([]int64{0, 1, 0}))
	p := plots.Confusion{Title: "Cats and dogs", Matrix: m, Names: []string{"cat", "dog"}}.Picture()
	fmt.Println(p.Width < p.Height*2)
	// Output: true
}

func ExampleGallery() {
	p := plots.Gallery{Items: []plots.Item{{Image: plots.GrayImage(checks), First: "read 3 (99%)", Second: "labelled 5"}}}.Picture()
	fmt.Println(p.Width > 100)
	// Output: true
}

func ExampleItem() {
	item := plots.Item{Image: plots.GrayImage(checks), First: "checks"}
	fmt.Println(item.Image.Bounds())
	// Output: (0,0)-(2,2)
}

func ExampleCurves() {
	loss := plots.Series{Name: "training", X: []float64{1, 2, 3}, Y: []float64{0.9, 0.4, 0.2}}
	p := plots.Curves{Title: "Loss", Panels: []plots.Panel{{X: "epoch", Y: "loss", Series: []plots.Series{loss}}}}.Picture()
	var b bytes.Buffer
	fmt.Println(p.WriteSVG(&b), bytes.Contains(b.Bytes(), []byte("epoch")))
	// Output: <nil> true
}

func ExamplePanel() {
	p := plots.Curves{Panels: []plots.Panel{
		{X: "step", Y: "loss", LogY: true, Series: []plots.Series{{Name: "loss", X: []float64{1, 2}, Y: []float64{1, 0.01}}}},
		{X: "step", Y: "learning rate", Series: []plots.Series{{Name: "learning rate", X: []float64{1, 2}, Y: []float64{0.1, 0.05}}}},
	}}.Picture()
	fmt.Println(p.Width > p.Height)
	// Output: true
}

func ExampleSeries() {
	s := plots.Series{Name: "test", X: []float64{1, 2}, Y: []float64{97.1, 98.2}}
	fmt.Println(s.Name, len(s.X))
	// Output: test 2
}

func ExampleBars() {
	p := plots.Bars{Title: "Activations", X: "value", Y: "neurons", Histograms: []plots.Histogram{
		{Title: "fc1", Edges: []float64{0, 1, 2}, Counts: []int{90, 10}},
	}}.Picture()
	fmt.Println(p.Width > p.Height)
	// Output: true
}

func ExampleHistogram() {
	h := plots.Histogram{Title: "conv1", Edges: []float64{0, 0.5, 1}, Counts: []int{3, 1}}
	fmt.Println(len(h.Edges) == len(h.Counts)+1)
	// Output: true
}

// Which of three words a head reads.
func ExampleAttention() {
	weights := tensor.From([]float32{1, 0, 0, 0.7, 0.3, 0, 0.1, 0.8, 0.1}, 1, 3, 3)
	p := plots.Attention{Title: "Attention", Queries: []string{"the", "cat", "sat"}, Weights: weights}.Picture()
	fmt.Println(p.Width > 100)
	// Output: true
}

func ExampleRanking() {
	p := plots.Ranking{Title: "Importance of the columns", Names: []string{"size", "city"}, Values: []float64{0.63, 0.55}}.Picture()
	fmt.Println(p.Width > p.Height)
	// Output: true
}

func ExampleScatter() {
	p := plots.Scatter{Title: "Prices", X: "true", Y: "predicted", Diagonal: true,
		Points: plots.Series{X: []float64{1, 2, 3}, Y: []float64{1.1, 1.9, 3.2}}}.Picture()
	fmt.Println(p.Width > 400)
	// Output: true
}
