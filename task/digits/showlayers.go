package digits

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/plots"
	"github.com/lamina-ml/lamina/vision/explain"
)

// mostMaps limits the maps and weights of one picture.
const mostMaps = 64

// layers draws the results of all layers, and their histograms.
func (s *shower) layers(ctx context.Context, layers []explain.Layer, note string) error {
	var bars []plots.Histogram
	for i, l := range layers {
		if l.Type == "Flatten" || l.Type == "Dropout" {
			continue // the values of the layer before it
		}
		y := l.Output.Select(0, 0)
		name := layerName(l)
		h := explain.NewHistogram(y, 30)
		title := fmt.Sprintf("%s: %d values", name, h.Total)
		if h.Zeros > 0 {
			title += fmt.Sprintf(", %.0f%% are 0", 100*float64(h.Zeros)/float64(h.Total))
		}
		bars = append(bars, plots.Histogram{Title: title, Edges: h.Edges, Counts: h.Counts})
		grid := plots.Grid{Title: name, Note: note + "\n" + shapeNote(y.Shape().Dims()), Scale: plots.Sequential}
		if y.Min().Item() < 0 {
			grid.Scale = plots.Diverging
		}
		switch y.Rank() {
		case 3:
			grid.Maps = plots.MapsOf(y.Narrow(0, 0, min(y.Dim(0), mostMaps)))
		case 1:
			grid.Maps, grid.Cell = neurons(y.Float32s()), 480
			if len(grid.Maps) > 1 {
				grid.Columns, grid.Cell = min(len(grid.Maps), 11), 52
			}
		default:
			continue
		}
		file := fmt.Sprintf("layer-%02d-%s.png", i, strings.ToLower(l.Type))
		if err := s.Write(ctx, file, grid.Picture(), "the result of "+name); err != nil {
			return err
		}
	}
	if len(bars) == 0 {
		return nil
	}
	activations := plots.Bars{Title: "Activations of each layer", Note: note, X: "value", Y: "neurons", Histograms: bars}
	return s.Write(ctx, "activations.png", activations.Picture(), "histograms of the layers' results")
}

func layerName(l explain.Layer) string {
	if l.Path == "" {
		return l.Type
	}
	name := l.Path + " (" + l.Type + ")"
	if _, err := strconv.Atoi(l.Path); err == nil {
		return "layer " + name
	}
	return name
}

// shapeNote describes a result without its batch dimension.
func shapeNote(dims []int) string {
	if len(dims) == 3 {
		text := fmt.Sprintf("%d maps of %d×%d", dims[0], dims[1], dims[2])
		if dims[0] == 1 {
			text = fmt.Sprintf("1 map of %d×%d", dims[1], dims[2])
		}
		if dims[0] > mostMaps {
			text += fmt.Sprintf(", the first %d of them", mostMaps)
		}
		return text
	}
	if dims[0] <= 16 {
		return fmt.Sprintf("%d neurons", dims[0])
	}
	return fmt.Sprintf("%d neurons, row by row", dims[0])
}

// neurons lays a layer's results out: a few as one map each, with its number; many as one map, row by row, filled up with NaN.
func neurons(values []float32) (maps []plots.Map) {
	if len(values) <= 16 {
		for i, v := range values {
			title := strings.ReplaceAll(fmt.Sprintf("%d: %.1f", i, v), "-", "−")
			maps = append(maps, plots.Map{Title: title, H: 1, W: 1, Values: []float32{v}})
		}
		return maps
	}
	w := int(math.Ceil(math.Sqrt(2 * float64(len(values)))))
	for _, c := range []int{16, 32, 64} {
		if len(values)%c == 0 && w*3/4 <= c && c <= w*3/2 {
			w = c
		}
	}
	h := (len(values) + w - 1) / w
	for len(values) < h*w {
		values = append(values, float32(math.NaN()))
	}
	return []plots.Map{{H: h, W: w, Values: values}}
}

// filters draws the first layer's weights: a picture for each filter and input channel, or for each neuron that sees the
// whole image.
func (s *shower) filters(ctx context.Context, model nn.Module) error {
	name, w := explain.Filters(model)
	what := "filters"
	if w.Rank() == 2 && w.Dim(1) == s.Size()*s.Size() {
		w, what = w.Reshape(-1, s.Size(), s.Size()), "neurons"
	}
	switch w.Rank() {
	case 3:
	case 4:
		w = w.Reshape(-1, w.Dim(2), w.Dim(3))
	default:
		return nil
	}
	n := w.Dim(0)
	note := fmt.Sprintf("%s: %d %s of %d×%d weights", name, n, what, w.Dim(1), w.Dim(2))
	if n > mostMaps {
		note += fmt.Sprintf(", the first %d of them", mostMaps)
		w = w.Narrow(0, 0, mostMaps)
	}
	note += "\nred: bright pixels there raise the result; blue: they lower it"
	filters := plots.Grid{Title: "What the first layer looks for", Note: note, Maps: plots.MapsOf(w), Scale: plots.Diverging}
	return s.Write(ctx, "filters.png", filters.Picture(), "the first layer's weights")
}
