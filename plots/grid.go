package plots

import (
	"fmt"
	"image"
	"math"
	"strconv"
	"strings"

	"github.com/lamina-ml/lamina/tensor"
)

// Map is a matrix of numbers: a feature map, a filter, a channel of an image.
type Map struct {
	Title  string
	H, W   int
	Values []float32 // row by row
}

// MapsOf returns the maps of a tensor (H, W) or (K, H, W). It panics for another shape. The maps of (K, H, W) are titled
// with their numbers.
func MapsOf(x tensor.Tensor) []Map {
	if x.Rank() == 2 {
		return []Map{{H: x.Dim(0), W: x.Dim(1), Values: x.Float32s()}}
	}
	if x.Rank() != 3 {
		panic(&tensor.Error{Op: "plots.MapsOf", Msg: "want (H, W) or (K, H, W)", Shapes: []tensor.Shape{x.Shape()}})
	}
	maps := make([]Map, x.Dim(0))
	for k := range maps {
		maps[k] = Map{strconv.Itoa(k), x.Dim(1), x.Dim(2), x.Select(0, k).Float32s()}
	}
	return maps
}

// check panics unless the values fill the maps.
func check(op string, maps ...Map) {
	for i, m := range maps {
		if m.H < 1 || m.W < 1 || len(m.Values) != m.H*m.W {
			panic(&tensor.Error{Op: op, Msg: fmt.Sprintf("map %d has %d values, want %d×%d, at least 1", i, len(m.Values), m.H, m.W)})
		}
	}
}

// Grid shows maps of one kind in rows, with one scale of colors for all of them.
type Grid struct {
	Title, Note string // the note stands below the title, smaller
	Maps        []Map
	Scale       Scale
	Columns     int // 0 means as many as make the grid wider than high
	Cell        int // largest width and height of a map in pixels; 0 means 96, and less if there are more than 32 maps
}

const margin = 16.0

// Picture lays the grid out. It panics if there is no map, or if values are missing.
func (g Grid) Picture() *Picture {
	if len(g.Maps) == 0 {
		panic(&tensor.Error{Op: "plots.Grid", Msg: "there are no maps"})
	}
	check("plots.Grid", g.Maps...)
	h, w, titled := 0, 0, false
	var values [][]float32
	for _, m := range g.Maps {
		h, w, titled = max(h, m.H), max(w, m.W), titled || m.Title != ""
		values = append(values, m.Values)
	}
	cell := g.Cell
	if cell == 0 {
		cell = 96
		if len(g.Maps) > 32 {
			cell = 64
		}
	}
	size := max(cell/max(h, w), 1)
	columns := g.Columns
	if columns == 0 {
		columns = int(math.Ceil(math.Sqrt(2 * float64(len(g.Maps)))))
		for _, c := range []int{4, 8, 16} { // a power of two, if it is near: the numbers of maps mostly are
			if columns > c*2/3 && columns <= c*4/3 {
				columns = c
			}
		}
	}
	columns = min(columns, len(g.Maps))
	rows := (len(g.Maps) + columns - 1) / columns
	label, gap := 0.0, 6.0
	if titled {
		label, gap = 15, 8
	}
	stepX, stepY := float64(w*size)+gap, float64(h*size)+gap+label
	top := heading(g.Title, g.Note)
	gridW, gridH := float64(columns)*stepX-gap, float64(rows)*stepY-gap
	r := g.Scale.rangeOf(values...)
	barH := min(max(gridH-label, 60), 220)
	total := max(margin+gridW+barSpace, headingWidth(g.Title, g.Note)+2*margin)
	return &Picture{int(math.Ceil(total)), int(math.Ceil(top + max(gridH, label+barH) + margin)), func(c *canvas) {
		c.heading(g.Title, g.Note)
		for i, m := range g.Maps {
			x, y := margin+float64(i%columns)*stepX, top+float64(i/columns)*stepY
			if m.Title != "" {
				c.text(x, y+10, left, 11, muted, clip(11, m.Title, stepX-2))
			}
			c.frame(x, y+label, float64(m.W*size), float64(m.H*size), faint)
			c.image(x, y+label, g.Scale.image(m, r, size))
		}
		c.bar(margin+gridW+20, top+label, barH, g.Scale, r)
	}}
}

// heading returns the height of title and note, with the margin above.
func heading(title, note string) float64 {
	y := margin
	if title != "" {
		y += 22
	}
	if note != "" {
		y += 6
	}
	return y + 17*float64(len(noteLines(note)))
}

func noteLines(note string) []string {
	if note == "" {
		return nil
	}
	return strings.Split(note, "\n")
}

func headingWidth(title, note string) float64 {
	w := width(15, true, title)
	for _, line := range noteLines(note) {
		w = max(w, width(12, false, line))
	}
	return w
}

func (c *canvas) heading(title, note string) {
	y := margin
	if title != "" {
		c.title(margin, y+12, title)
		y += 22
	}
	for i, line := range noteLines(note) {
		c.text(margin, y+10+17*float64(i), left, 12, muted, line)
	}
}

// barSpace is the width of a color bar with its numbers and the distance to it.
const barSpace = 20 + 12 + 58

// bar draws the scale of colors with its numbers.
func (c *canvas) bar(x, y, h float64, s Scale, r interval) {
	m := image.NewNRGBA(image.Rect(0, 0, 12, int(h)))
	for row := range int(h) {
		v := r.high - (r.high-r.low)*float64(row)/(math.Floor(h)-1)
		for col := range 12 {
			m.SetNRGBA(col, row, s.color(v, r))
		}
	}
	c.frame(x, y, 12, math.Floor(h), faint)
	c.image(x, y, m)
	for i := range 3 {
		v := r.high - (r.high-r.low)*float64(i)/2
		c.text(x+18, y+4+float64(i)/2*(math.Floor(h)-1), left, 11, muted, number(v, (r.high-r.low)/20))
	}
}

// number formats v, rounded to a multiple of the power of ten that is not above step.
func number(v, step float64) string {
	text := strconv.FormatFloat(v, 'g', 3, 64)
	if step >= 1e-6 && step < 1e6 && math.Abs(v) < 1e7 {
		text = strconv.FormatFloat(v, 'f', max(-int(math.Floor(math.Log10(step)+1e-9)), 0), 64)
	}
	if strings.Trim(text, "-0.") == "" {
		text = "0"
	}
	return strings.ReplaceAll(text, "-", "−")
}
