package plots

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/metrics"
	"github.com/lamina-ml/lamina/tensor"
)

func sameColor(a, b color.Color) bool {
	r1, g1, b1, _ := a.RGBA()
	r2, g2, b2, _ := b.RGBA()
	near := func(a, b uint32) bool { return max(a, b)-min(a, b) <= 0x101 }
	return near(r1, r2) && near(g1, g2) && near(b1, b2)
}

// TestRankingPixels checks that bars begin at zero and have the lengths of their values, negative ones to the left.
func TestRankingPixels(t *testing.T) {
	p := Ranking{Title: "t", Names: []string{"a", "b", "c", "d"}, Values: []float64{3, 1, -1, math.NaN()}}.Picture()
	img := p.Image()
	length := func(row int, want color.Color) (n int) {
		for x := range p.Width {
			if y := int(heading("t", "")) + 24*row + 5; sameColor(img.At(x, y), want) { // above the letters
				n++
			}
		}
		return n
	}
	if a, b, c := length(0, categories[0]), length(1, categories[0]), length(2, mistakeRed); a < 265 || a > 272 ||
		b < 85 || b > 92 || c < 85 || c > 92 {
		t.Errorf("bars of %d, %d and %d pixels, want 270, 90 and 90", a, b, c)
	}
	if length(3, categories[0])+length(3, mistakeRed) > 0 {
		t.Error("NaN has a bar")
	}
}

// TestScatter checks that points are drawn where they belong: equal coordinates on the diagonal of the square.
func TestScatter(t *testing.T) {
	points := Series{X: []float64{0, 10, math.NaN()}, Y: []float64{10, 0, 1}}
	img := Scatter{Points: points, Diagonal: true, X: "x", Y: "y"}.Picture().Image()
	left, right, top, bottom := 10000, 0, 10000, 0
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			if r, g, b, _ := img.At(x, y).RGBA(); b > r+0x4000 && b > g+0x2000 {
				left, right, top, bottom = min(left, x), max(right, x), min(top, y), max(bottom, y)
			}
		}
	}
	if right-left < 300 || bottom-top < 300 || right-left > 440 || bottom-top > 440 {
		t.Errorf("points from (%d, %d) to (%d, %d)", left, top, right, bottom)
	}
	Scatter{}.Picture().Image() // no points
}

// TestLargeNumbers draws points whose axes would have no finite length: they are left out.
func TestLargeNumbers(t *testing.T) {
	for _, x := range [][]float64{{-1e308, 1e308}, {1.7e308, 1.79e308}, {math.Inf(-1), math.MaxFloat64}} {
		for _, s := range []Series{{X: x, Y: []float64{1, 2}}, {X: []float64{1, 2}, Y: x}} {
			Scatter{Points: s, Diagonal: true}.Picture().Image()
			Curves{Panels: []Panel{{Series: []Series{s}}}}.Picture().Image()
		}
	}
}

// TestGridPixels checks that each value is a square of its color, of whole pixels, without blur.
func TestGridPixels(t *testing.T) {
	m := Map{H: 2, W: 3, Values: []float32{-2, 0, 2, 1, -1, float32(math.NaN())}}
	for _, s := range []Scale{Sequential, Diverging, Gray} {
		img := Grid{Maps: []Map{m}, Scale: s, Cell: 30}.Picture().Image()
		r := s.rangeOf(m.Values)
		for i, v := range m.Values {
			want := s.color(float64(v), r)
			for _, d := range []image.Point{{0, 0}, {9, 9}, {5, 5}} {
				x, y := int(margin)+10*(i%3)+d.X, int(margin)+10*(i/3)+d.Y
				if got := img.At(x, y); !sameColor(got, want) {
					t.Errorf("scale %d: the color of %v at (%d, %d) is %v, want %v", s, v, x, y, got, want)
				}
			}
		}
	}
}

func TestScales(t *testing.T) {
	r := Diverging.rangeOf([]float32{-1, 3})
	if r != (interval{-3, 3}) || Diverging.color(0, r) != (color.NRGBA{0xf7, 0xf7, 0xf7, 0xff}) {
		t.Errorf("zero is not in the middle of %v", r)
	}
	if r := Sequential.rangeOf([]float32{2, float32(math.Inf(1)), 5}); r != (interval{2, 5}) {
		t.Errorf("the range is %v", r)
	}
	if r := Sequential.rangeOf(nil); r != (interval{0, 1}) {
		t.Errorf("the range of nothing is %v", r)
	}
	// viridis gets lighter from its beginning to its end, so it keeps its order in gray.
	last := -1.0
	for i := range 101 {
		c := Sequential.color(float64(i)/100, interval{0, 1})
		if y := 0.2126*float64(c.R) + 0.7152*float64(c.G) + 0.0722*float64(c.B); y < last {
			t.Errorf("viridis gets darker at %d%%", i)
		} else {
			last = y
		}
	}
}

func TestNumber(t *testing.T) {
	for _, c := range []struct {
		v, step float64
		want    string
	}{{0.25, 0.05, "0.25"}, {-3, 1, "−3"}, {4.123, 0.9, "4.1"}, {0, 0.1, "0"}, {-1e-12, 0.1, "0"}, {1e9, 1e8, "1e+09"},
		{97.5, 0.5, "97.5"}} {
		if got := number(c.v, c.step); got != c.want {
			t.Errorf("number(%v, %v) = %q, want %q", c.v, c.step, got, c.want)
		}
	}
}

func pictures() map[string]*Picture {
	m := Map{Title: "0", H: 4, W: 4, Values: make([]float32, 16)}
	matrix := metrics.NewConfusionMatrix(3)
	matrix.Add(tensor.From([]int64{0, 1, 1, 2, 0}), tensor.From([]int64{0, 1, 0, 2, 2}))
	nan := math.NaN()
	return map[string]*Picture{
		"grid":      Grid{Title: "Grid", Note: "two\nlines", Maps: []Map{m, m, m}}.Picture(),
		"heat":      Heat{Title: "Heat", Image: GrayImage(m), ImageTitle: "image", Maps: []Map{m, m}, Scale: Diverging}.Picture(),
		"confusion": Confusion{Title: "Matrix", Matrix: matrix, Names: []string{"a", "a very long name of a class", "c"}}.Picture(),
		"gallery":   Gallery{Title: "Gallery", Items: []Item{{Image: GrayImage(m), First: "first", Second: "second"}}}.Picture(),
		"curves": Curves{Title: "Curves", Panels: []Panel{{X: "epoch", Y: "loss", LogY: true, Series: []Series{
			{"gap", []float64{1, 2, 3}, []float64{1, nan, 0.1}}, {"nothing", nil, nil},
			{"infinite", []float64{1, 2}, []float64{math.Inf(1), 1}}}},
			{X: "empty"}, {X: "rate", LogX: true, Series: []Series{{"decades", []float64{0, 1e-3, 10}, []float64{1, 2, 3}}}},
			{LogX: true, LogY: true, Series: []Series{{"tiny", []float64{1e-12}, []float64{1e-12}}}},
			{Series: []Series{{"one point", []float64{1}, []float64{0}}}}}}.Picture(),
		"bars": Bars{Histograms: []Histogram{{"bars", []float64{0, 1, 2}, []int{3, 0}}}}.Picture(),
	}
}

// TestFormats checks that every kind of picture is a valid PNG of its size, is not empty, and is valid XML as SVG.
func TestFormats(t *testing.T) {
	for name, p := range pictures() {
		folder := t.TempDir()
		for _, ext := range []string{".png", ".svg", ".PNG"} {
			path := filepath.Join(folder, name+ext)
			if err := p.WriteFile(path); err != nil {
				t.Fatal(err)
			}
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if ext == ".svg" {
				d := xml.NewDecoder(bytes.NewReader(raw))
				elements := 0
				for {
					token, err := d.Token()
					if errors.Is(err, io.EOF) {
						break
					} else if err != nil {
						t.Fatalf("%s: %v", path, err)
					}
					if _, ok := token.(xml.StartElement); ok {
						elements++
					}
				}
				if elements < 5 {
					t.Errorf("%s has only %d elements", name, elements)
				}
				continue
			}
			img, err := png.Decode(bytes.NewReader(raw))
			if err != nil {
				t.Fatal(err)
			}
			if img.Bounds() != image.Rect(0, 0, p.Width, p.Height) {
				t.Errorf("%s has the bounds %v, want %d×%d", name, img.Bounds(), p.Width, p.Height)
			}
			drawn := 0
			for y := range p.Height {
				for x := range p.Width {
					if !sameColor(img.At(x, y), color.White) {
						drawn++
						if x == 0 || y == 0 || x == p.Width-1 || y == p.Height-1 {
							t.Fatalf("%s: something is drawn at the edge, (%d, %d): it may be cut off", name, x, y)
						}
					}
				}
			}
			if drawn < 300 {
				t.Errorf("%s has only %d pixels that are not white", name, drawn)
			}
		}
	}
	if err := pictures()["bars"].WriteFile(filepath.Join(t.TempDir(), "nowhere", "a.png")); err == nil {
		t.Error("a file in a missing folder was written")
	}
}

func TestMistakes(t *testing.T) {
	one := GrayImage(Map{H: 1, W: 1, Values: []float32{0}})
	for want, call := range map[string]func(){
		"there are no maps": func() { Grid{}.Picture() },
		"map 1 has 3 values, want 2×2": func() {
			Grid{Maps: []Map{{H: 1, W: 1, Values: []float32{1}}, {H: 2, W: 2, Values: make([]float32, 3)}}}.Picture()
		},
		"map 0 has 0 values, want 0×0, at least 1":   func() { GrayImage(Map{}) },
		"there is no image":                          func() { Heat{}.Picture() },
		"map 0 has 2 values":                         func() { Heat{Image: one, Maps: []Map{{H: 1, W: 1, Values: make([]float32, 2)}}}.Picture() },
		"there are no images":                        func() { Gallery{}.Picture() },
		"there are no panels":                        func() { Curves{}.Picture() },
		"has not as many X as Y":                     func() { Curves{Panels: []Panel{{Series: []Series{{"s", []float64{1}, nil}}}}}.Picture() },
		"there are no histograms":                    func() { Bars{}.Picture() },
		"1 edges of 1 bins, want one more than bins": func() { Bars{Histograms: []Histogram{{"", []float64{1}, []int{1}}}}.Picture() },
		"1 names for 2 classes":                      func() { Confusion{Matrix: metrics.NewConfusionMatrix(2), Names: []string{"a"}}.Picture() },
		"there is no matrix":                         func() { Confusion{}.Picture() },
		"item 1 has no image":                        func() { Gallery{Items: []Item{{Image: one}, {}}}.Picture() },
		"want (H, W) or (K, H, W)":                   func() { MapsOf(tensor.Zeros(2)) },
	} {
		var e *tensor.Error
		if err := tensor.Try(call); !errors.As(err, &e) || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %q", err, want)
		}
	}
}

// TestFit checks that images are enlarged by whole factors and averaged when they are made smaller.
func TestFit(t *testing.T) {
	m := image.NewGray(image.Rect(0, 0, 4, 2))
	for i := range m.Pix {
		m.Pix[i] = uint8(i * 20)
	}
	if b := fit(m, 10).Bounds(); b != image.Rect(0, 0, 8, 4) {
		t.Errorf("enlarged to %v", b)
	}
	small := fit(m, 2)
	if c := color.GrayModel.Convert(small.At(0, 0)).(color.Gray); small.Bounds() != image.Rect(0, 0, 2, 1) || c.Y != (0+20+80+100)/4 {
		t.Errorf("made smaller to %v, %v", small.Bounds(), c)
	}
}

// TestConfusionColors checks the colors of the cells: blue for correct predictions, red for wrong ones, gray for none.
func TestConfusionColors(t *testing.T) {
	m := metrics.NewConfusionMatrix(3)
	counts := [3][3]int{{5, 0, 1}, {0, 2, 0}, {3, 0, 0}}
	for target, row := range counts {
		for predicted, n := range row {
			for range n {
				m.Add(tensor.From([]int64{int64(predicted)}), tensor.From([]int64{int64(target)}))
			}
		}
	}
	p := Confusion{Matrix: m}.Picture()
	img := p.Image()
	cell := 36 // the smallest; the matrix ends at the margin
	x0, y0 := p.Width-int(margin)-3*cell, p.Height-int(margin)-3*cell
	for i, row := range counts {
		for j, n := range row {
			r, _, b, _ := img.At(x0+j*cell+4, y0+i*cell+4).RGBA()
			r, b = r>>8, b>>8
			if blue, red := b > r+20, r > b+20; blue != (i == j && n > 0) || red != (i != j && n > 0) {
				t.Errorf("%d samples of class %d were taken for %d, and the cell's red is %d and its blue %d", n, i, j, r, b)
			}
		}
	}
}

// TestAttentionCells checks that a row of an attention map is a query and a column a key, and that the largest weight has
// the full color.
func TestAttentionCells(t *testing.T) {
	w := tensor.From([]float32{0.25, 0.75, 0.5, 0.5}, 1, 2, 2)
	img := Attention{Queries: []string{"a", "b"}, Weights: w}.Picture().Image()
	first := func(depth float64) image.Point { // the upper left pixel of the cell with this part of the largest weight
		for y := range img.Bounds().Dy() {
			for x := range img.Bounds().Dx() {
				if sameColor(img.At(x, y), blend(emptyCell, correctBlue, depth)) {
					return image.Pt(x, y)
				}
			}
		}
		t.Fatalf("no pixel has the color of %v of the largest weight", depth)
		return image.Point{}
	}
	if d := first(1).Sub(first(1.0 / 3)); d != image.Pt(18, 0) {
		t.Errorf("the second key's cell stands at %v from the first key's, want one cell to the right", d)
	}
	if d := first(2.0 / 3).Sub(first(1.0 / 3)); d != image.Pt(0, 18) {
		t.Errorf("the second query's cell stands at %v from the first query's, want one cell below", d)
	}
	func() {
		defer func() {
			if _, ok := recover().(*tensor.Error); !ok {
				t.Error("names that do not fit the weights do not panic with a *tensor.Error")
			}
		}()
		Attention{Queries: []string{"a"}, Weights: w}.Picture()
	}()
}

// TestTicksEnd draws rates that differ by rounding only, as those of two epochs of a one-cycle schedule.
func TestTicksEnd(t *testing.T) {
	low, high := 0.0005661219964173982, 0.0005661219964173984
	p := Panel{Y: "lr", Series: []Series{{Name: "lr", X: []float64{1, 2}, Y: []float64{high, low}}}}
	if y := p.plot().Y; y.Max-y.Min < 1e-5 {
		t.Errorf("the axis is from %v to %v", y.Min, y.Max)
	}
	for _, at := range []float64{low, -1, 1e20} {
		if list := (ticks{}).Ticks(at, math.Nextafter(at, math.Inf(1))); len(list) > 0 {
			t.Errorf("%d ticks beside %v", len(list), at)
		}
	}
}
