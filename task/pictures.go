package task

import (
	"strings"

	"github.com/lamina-ml/lamina/plots"
	"github.com/lamina-ml/lamina/runs"
)

// Curves returns the curves of a training: losses, metrics of the validation data, and the learning rate.
func Curves(t runs.Results) plots.Curves {
	x := t.Column("epoch")
	panel := func(name string, columns ...string) plots.Panel {
		p := plots.Panel{X: "epoch", Y: name}
		for _, c := range columns {
			if y := t.Column(c); y != nil {
				p.Series = append(p.Series, plots.Series{Name: strings.ReplaceAll(c, "_", " "), X: x, Y: y})
			}
		}
		return p
	}
	var metrics []string
	for _, n := range t.Names {
		name, ok := strings.CutPrefix(n, "validation_")
		if !ok {
			name, ok = strings.CutPrefix(n, "average_")
		}
		if ok && name != "loss" {
			metrics = append(metrics, n)
		}
	}
	c := plots.Curves{Title: "Training", Panels: []plots.Panel{panel("loss", "loss", "validation_loss", "average_loss")}}
	if len(metrics) > 0 {
		c.Panels = append(c.Panels, panel("metrics", metrics...))
	}
	c.Panels = append(c.Panels, panel("learning rate", "lr"))
	return c
}

// maxDrawnClasses limits the confusion matrices that are drawn.
const maxDrawnClasses = 100

// Matrix returns the drawing of the report's confusion matrix, if it is about classes, and not about too many to draw.
func (r *Report) Matrix() (c plots.Confusion, ok bool) {
	if r.Confusion == nil || r.Confusion.Total() == 0 || r.Confusion.Classes() > maxDrawnClasses {
		return c, false
	}
	return plots.Confusion{Title: "Confusion matrix", Matrix: r.Confusion, Names: r.Names}, true
}
