package plots

import (
	"cmp"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg/draw"

	"github.com/lamina-ml/lamina/tensor"
)

// Curves shows lines over a common axis, such as the losses of a training, in one panel or in several side by side.
type Curves struct {
	Title, Note string
	Panels      []Panel
}

// Panel is one coordinate system of Curves.
type Panel struct {
	X, Y   string // names of the axes
	Series []Series
	LogX   bool // a logarithmic axis; points that are not positive are left out
	LogY   bool // the same
}

// Series is a line. Points that are not finite, or beyond ±1e300, are left out.
type Series struct {
	Name string
	X, Y []float64
}

const panelWidth, panelHeight = 440, 280

// Picture lays the curves out. It panics if there is no panel, or if a series has not as many X as Y.
func (v Curves) Picture() *Picture {
	if len(v.Panels) == 0 {
		panic(&tensor.Error{Op: "plots.Curves", Msg: "there are no panels"})
	}
	var drawn []*plot.Plot
	for _, panel := range v.Panels {
		drawn = append(drawn, panel.plot())
	}
	return panels(v.Title, v.Note, drawn, func(c *canvas, i int, x, y float64) {
		for k, s := range v.Panels[i].Series {
			c.rect(x, y-5, 16, 3, categories[k%len(categories)])
			c.text(x+22, y, left, 12, ink, s.Name)
			x += 22 + width(12, false, s.Name) + 20
		}
	})
}

// panels lays plots out side by side; key draws the legend of each, above it.
func panels(title, note string, drawn []*plot.Plot, key func(c *canvas, i int, x, y float64)) *Picture {
	top := heading(title, note)
	const legend = 24.0
	columns := min(len(drawn), 3)
	rows := (len(drawn) + columns - 1) / columns
	w := 2*margin + float64(columns)*(panelWidth+20) - 20
	return &Picture{int(math.Ceil(w)), int(top + float64(rows)*(legend+panelHeight+14) + 4), func(c *canvas) {
		c.heading(title, note)
		for i, p := range drawn {
			x, y := margin+float64(i%columns)*(panelWidth+20), top+float64(i/columns)*(legend+panelHeight+14)
			key(c, i, x+4, y+13)
			c.plot(p, x, y+legend, panelWidth, panelHeight)
		}
	}}
}

// newPlot returns an empty coordinate system in this package's style.
func newPlot(x, y string) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = color.White
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Color, axis.Tick.Color = muted, muted
		axis.LineStyle.Width, axis.Tick.Width = px(1), px(1)
		axis.Tick.Length = px(4)
		axis.Padding = 0
		for _, style := range []*draw.TextStyle{&axis.Label.TextStyle, &axis.Tick.Label} {
			style.Font = sans
			style.Font.Size = px(12)
			style.Color = muted
			style.Handler = plain
		}
		axis.Tick.Marker = ticks{}
	}
	p.X.Label.Text, p.Y.Label.Text = x, y
	p.X.Label.Padding, p.Y.Label.Padding = px(4), px(6)
	grid := plotter.NewGrid()
	grid.Vertical.Width = 0
	grid.Horizontal.Color, grid.Horizontal.Width = faint, px(1)
	p.Add(grid)
	return p
}

func (panel Panel) plot() *plot.Plot {
	p := newPlot(panel.X, panel.Y)
	if panel.LogY {
		p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, logTicks{}
	}
	whole := true
	for k, s := range panel.Series {
		if len(s.X) != len(s.Y) {
			panic(&tensor.Error{Op: "plots.Curves", Msg: "the series " + s.Name + " has not as many X as Y"})
		}
		var points plotter.XYs
		for i, y := range s.Y {
			if drawable(s.X[i], y) && (y > 0 || !panel.LogY) && (s.X[i] > 0 || !panel.LogX) {
				points = append(points, plotter.XY{X: s.X[i], Y: y})
				whole = whole && s.X[i] == math.Trunc(s.X[i])
			}
		}
		if len(points) == 0 {
			continue
		}
		line, dots, err := plotter.NewLinePoints(points)
		if err != nil { // only for points that are left out above
			panic(err)
		}
		line.Color, line.Width = categories[k%len(categories)], px(2)
		dots.Color, dots.Shape, dots.Radius = categories[k%len(categories)], draw.CircleGlyph{}, px(2.5)
		p.Add(line)
		if len(points) <= 40 {
			p.Add(dots)
		}
	}
	widen(&p.X)
	widen(&p.Y)
	if !panel.LogY {
		space := 0.04 * (p.Y.Max - p.Y.Min)
		p.Y.Min, p.Y.Max = p.Y.Min-space, p.Y.Max+space
	}
	p.X.Tick.Marker = ticks{whole}
	if panel.LogX {
		p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, logTicks{}
	}
	return p
}

// drawable reports whether a point can be drawn: its coordinates are finite, and so small that the length of an axis,
// with some space, is finite.
func drawable(x, y float64) bool {
	const most = 1e300
	return math.Abs(x) <= most && math.Abs(y) <= most
}

// widen gives an axis without a length one, or with a length that is only rounding.
func widen(a *plot.Axis) {
	if math.IsInf(a.Min, 0) || math.IsInf(a.Max, 0) {
		a.Min, a.Max = 1, 2
	}
	if most := max(math.Abs(a.Min), math.Abs(a.Max)); a.Max-a.Min <= 1e-9*most {
		d := cmp.Or(most*0.1, 1)
		a.Min, a.Max = a.Min-d, a.Max+d
	}
}

// ticks are about five round numbers, whole ones if the data are.
type ticks struct{ whole bool }

func (t ticks) Ticks(low, high float64) []plot.Tick {
	step := roundStep((high - low) / 5)
	if t.whole {
		step = max(step, 1)
	}
	if step <= 1e-12*max(math.Abs(low), math.Abs(high)) { // i++ or i*step would not change a float64
		return nil
	}
	var list []plot.Tick
	for i := math.Ceil(low/step - 1e-9); i*step <= high+step*1e-9; i++ {
		list = append(list, plot.Tick{Value: i * step, Label: number(i*step, step)})
	}
	return list
}

// roundStep returns 1, 2 or 5 times a power of ten, near v.
func roundStep(v float64) float64 {
	if !(v > 0) || math.IsInf(v, 0) {
		return 0
	}
	unit := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5} {
		if v <= m*unit*1.2 {
			return m * unit
		}
	}
	return 10 * unit
}

// logTicks are powers of ten with 2 and 5 times them.
type logTicks struct{}

func (logTicks) Ticks(low, high float64) []plot.Tick {
	var list []plot.Tick
	wide := high/low > 100
	for e := math.Floor(math.Log10(low)); e <= math.Ceil(math.Log10(high)); e++ {
		for _, m := range []float64{1, 2, 5} {
			v := m * math.Pow(10, e)
			if v >= low*(1-1e-9) && v <= high*(1+1e-9) && (m == 1 || !wide) {
				list = append(list, plot.Tick{Value: v, Label: number(v, v)})
			}
		}
	}
	return list
}
