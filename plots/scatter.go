package plots

import (
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/lamina-ml/lamina/tensor"
)

// Scatter shows points, such as predictions over the true values. Points that are not finite, or beyond ±1e300, are
// left out.
type Scatter struct {
	Title, Note string
	X, Y        string // names of the axes
	Points      Series
	Diagonal    bool // also a line where both coordinates are equal, and the same range on both axes
}

// Picture lays the points out. It panics if they have not as many X as Y.
func (s Scatter) Picture() *Picture {
	if len(s.Points.X) != len(s.Points.Y) {
		panic(&tensor.Error{Op: "plots.Scatter", Msg: "the points have not as many X as Y"})
	}
	p := newPlot(s.X, s.Y)
	var points plotter.XYs
	for i, x := range s.Points.X {
		if drawable(x, s.Points.Y[i]) {
			points = append(points, plotter.XY{X: x, Y: s.Points.Y[i]})
		}
	}
	if len(points) > 0 {
		dots, err := plotter.NewScatter(points)
		if err != nil { // only for points that are left out above
			panic(err)
		}
		fill := categories[0]
		fill.A = 0x90 // so that many points in one place are darker
		dots.Color, dots.Shape, dots.Radius = fill, draw.CircleGlyph{}, px(3)
		p.Add(dots)
	}
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		widen(axis)
		space := 0.04 * (axis.Max - axis.Min)
		axis.Min, axis.Max = axis.Min-space, axis.Max+space
	}
	if s.Diagonal {
		low, high := min(p.X.Min, p.Y.Min), max(p.X.Max, p.Y.Max)
		p.X.Min, p.Y.Min, p.X.Max, p.Y.Max = low, low, high, high
		line, err := plotter.NewLine(plotter.XYs{{X: low, Y: low}, {X: high, Y: high}})
		if err != nil {
			panic(err)
		}
		line.Color, line.Width, line.Dashes = muted, px(1), []vg.Length{px(5), px(4)}
		p.Add(line)
	}
	const size = 420
	top := heading(s.Title, s.Note)
	total := max(2*margin+size+30, headingWidth(s.Title, s.Note)+2*margin)
	return &Picture{int(math.Ceil(total)), int(math.Ceil(top + size + margin)), func(c *canvas) {
		c.heading(s.Title, s.Note)
		c.plot(p, margin, top, size+30, size)
	}}
}
