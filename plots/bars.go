package plots

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"github.com/lamina-ml/lamina/tensor"
)

// Bars shows histograms side by side, such as those of the layers' activations.
type Bars struct {
	Title, Note string
	X, Y        string // names of the axes
	Histograms  []Histogram
}

// Histogram is one panel of Bars.
type Histogram struct {
	Title  string
	Edges  []float64 // of the bins, in ascending order; one more than Counts
	Counts []int
}

// Picture lays the histograms out. It panics if there is none, or if one has not one edge more than counts.
func (b Bars) Picture() *Picture {
	if len(b.Histograms) == 0 {
		panic(&tensor.Error{Op: "plots.Bars", Msg: "there are no histograms"})
	}
	var drawn []*plot.Plot
	for _, h := range b.Histograms {
		if len(h.Counts) == 0 || len(h.Edges) != len(h.Counts)+1 {
			panic(&tensor.Error{Op: "plots.Bars",
				Msg: fmt.Sprintf("%d edges of %d bins, want one more than bins", len(h.Edges), len(h.Counts))})
		}
		p := newPlot(b.X, b.Y)
		bins := make([]plotter.HistogramBin, len(h.Counts))
		most := 1.0
		for i, n := range h.Counts {
			bins[i] = plotter.HistogramBin{Min: h.Edges[i], Max: h.Edges[i+1], Weight: float64(n)}
			most = max(most, float64(n))
		}
		bars := &plotter.Histogram{Bins: bins, Width: h.Edges[1] - h.Edges[0], FillColor: categories[0]}
		bars.LineStyle.Width = 0
		p.Add(bars)
		p.X.Min, p.X.Max = h.Edges[0], h.Edges[len(h.Counts)]
		p.Y.Min, p.Y.Max = 0, most*1.05
		widen(&p.X)
		p.Y.Tick.Marker = ticks{whole: true}
		drawn = append(drawn, p)
	}
	return panels(b.Title, b.Note, drawn, func(c *canvas, i int, x, y float64) {
		c.text(x, y, left, 13, ink, clip(13, b.Histograms[i].Title, math.Floor(panelWidth-8)))
	})
}
