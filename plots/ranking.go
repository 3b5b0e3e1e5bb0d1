package plots

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/tensor"
)

// Ranking shows a number for each name as a horizontal bar, from top to bottom, such as the importance of columns. Negative
// numbers go to the left, in red.
type Ranking struct {
	Title, Note string
	Names       []string
	Values      []float64
}

// Picture lays the bars out. It panics if there are none, or not as many names as values.
func (r Ranking) Picture() *Picture {
	if len(r.Names) == 0 || len(r.Names) != len(r.Values) {
		panic(&tensor.Error{Op: "plots.Ranking",
			Msg: fmt.Sprintf("%d names and %d values, want as many, and at least one", len(r.Names), len(r.Values))})
	}
	const row, length, longest, gap = 24.0, 360.0, 240.0, 8.0
	low, high, names, numbers := 0.0, 0.0, 0.0, 0.0
	labels := make([]string, len(r.Values))
	for i, v := range r.Values {
		names = max(names, min(longest, width(13, false, r.Names[i])))
		if math.IsNaN(v) || math.IsInf(v, 0) {
			labels[i] = "?"
			continue
		}
		low, high = min(low, v), max(high, v)
	}
	span := high - low
	if span == 0 {
		span = 1
	}
	for i, v := range r.Values {
		if labels[i] == "" {
			labels[i] = number(v, span/1000)
		}
		numbers = max(numbers, width(12, false, labels[i]))
	}
	top := heading(r.Title, r.Note)
	x0 := margin + names + gap
	if low < 0 {
		x0 += numbers + gap // of the bars to the left
	}
	zero := x0 - low/span*length
	total := max(x0+length+gap+numbers+margin, headingWidth(r.Title, r.Note)+2*margin)
	return &Picture{int(math.Ceil(total)), int(math.Ceil(top + row*float64(len(labels)) + margin)), func(c *canvas) {
		c.heading(r.Title, r.Note)
		for i, v := range r.Values {
			y := top + row*float64(i)
			c.text(margin+names, y+row/2+4.5, right, 13, ink, clip(13, r.Names[i], longest))
			end := v / span * length
			switch {
			case labels[i] == "?":
				c.text(zero+gap, y+row/2+4.5, left, 12, muted, labels[i])
			case end < 0:
				c.rect(zero+end, y+3, -end, row-6, mistakeRed)
				c.text(zero+end-gap, y+row/2+4.5, right, 12, muted, labels[i])
			default:
				c.rect(zero, y+3, end, row-6, categories[0])
				c.text(zero+end+gap, y+row/2+4.5, left, 12, muted, labels[i])
			}
		}
		c.rect(zero-1, top, 1, row*float64(len(labels)), muted)
	}}
}
