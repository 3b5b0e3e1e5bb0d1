package plots

import (
	"image/color"
	"math"
	"strconv"

	"github.com/lamina-ml/lamina/metrics"
	"github.com/lamina-ml/lamina/tensor"
)

// Confusion shows a confusion matrix: a row for each target class, a column for each predicted one. A cell is the darker
// the larger its part of the row: correct predictions in blue; wrong ones in red, compared with the most frequent
// mistake.
type Confusion struct {
	Title, Note string
	Matrix      *metrics.ConfusionMatrix
	Names       []string // of the classes; nil means their numbers
}

// Picture lays the matrix out. It panics if there is no matrix, or if there are not as many names as classes.
func (m Confusion) Picture() *Picture {
	if m.Matrix == nil {
		panic(&tensor.Error{Op: "plots.Confusion", Msg: "there is no matrix: set Matrix"})
	}
	n := m.Matrix.Classes()
	names := m.Names
	if names == nil {
		for i := range n {
			names = append(names, strconv.Itoa(i))
		}
	}
	if len(names) != n {
		panic(&tensor.Error{Op: "plots.Confusion", Msg: strconv.Itoa(len(names)) + " names for " + strconv.Itoa(n) + " classes"})
	}
	share := func(t, p int) float64 {
		return float64(m.Matrix.Count(t, p)) / float64(max(m.Matrix.Class(t).Support, 1))
	}
	worst, most, widest := 0.0, 0, 0.0
	for t := range n {
		widest = max(widest, width(13, false, names[t]))
		for p := range n {
			most = max(most, m.Matrix.Count(t, p))
			if t != p {
				worst = max(worst, share(t, p))
			}
		}
	}
	widest = min(widest, 110)
	cell := max(36, width(13, false, strconv.Itoa(most))+14, min(widest, 64)+8)
	if n > 30 {
		cell = max(900/float64(n), 6)
	}
	top := heading(m.Title, m.Note) + 40 // the words and the names of the columns
	x0 := margin + 24 + widest + 8
	size := cell * float64(n)
	total := max(x0+size+margin, headingWidth(m.Title, m.Note)+2*margin)
	return &Picture{int(math.Ceil(total)), int(math.Ceil(top + size + margin)), func(c *canvas) {
		c.heading(m.Title, m.Note)
		c.text(x0+size/2, top-26, center, 13, muted, "predicted")
		c.vertical(margin+12, top+size/2, 13, muted, "target")
		for t := range n {
			mid := cell*(float64(t)+0.5) + 4.5
			if n <= 30 {
				c.text(x0+cell*(float64(t)+0.5), top-8, center, 13, ink, clip(13, names[t], cell-4))
				c.text(x0-8, top+mid, right, 13, ink, clip(13, names[t], 110))
			}
			for p := range n {
				depth, full := share(t, p), correctBlue
				if t != p {
					full = mistakeRed
					if worst > 0 {
						depth /= worst
					}
				}
				c.rect(x0+cell*float64(p), top+cell*float64(t), cell-1, cell-1, blend(emptyCell, full, depth))
				count := m.Matrix.Count(t, p)
				if count == 0 || n > 30 {
					continue
				}
				var on color.Color = ink
				if depth > 0.55 { // above, white has more contrast than the ink
					on = color.White
				}
				c.text(x0+cell*(float64(p)+0.5)-0.5, top+mid, center, 13, on, strconv.Itoa(count))
			}
		}
	}}
}

var (
	emptyCell   = color.NRGBA{0xf4, 0xf5, 0xf7, 0xff}
	correctBlue = color.NRGBA{0x0b, 0x4a, 0x8f, 0xff}
	mistakeRed  = color.NRGBA{0xb4, 0x1c, 0x1c, 0xff}
)
