package image

import (
	"bytes"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/lamina-ml/lamina/data/mnist"
)

func digits(t testing.TB) *mnist.Digits {
	t.Helper()
	d, err := mnist.Test()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// drawing returns an image of w×h pixels with digit m scaled to a square of the given size at (x0, y0), without
// interpolation. The rest has no ink.
func drawing(m *image.Gray, w, h int, x0, y0, size float64, paint func(ink float64) color.Color) image.Image {
	picture := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			u := int(math.Floor((float64(x) + 0.5 - x0) * 28 / size))
			v := int(math.Floor((float64(y) + 0.5 - y0) * 28 / size))
			picture.Set(x, y, paint(float64(m.GrayAt(u, v).Y)/255)) // 0 outside
		}
	}
	return picture
}

func grey(v float64) color.Color { return color.Gray{Y: uint8(math.Round(255 * min(1, max(0, v))))} }

func lightOnDark(ink float64) color.Color { return grey(ink) }
func darkOnLight(ink float64) color.Color { return grey(1 - ink) }

func encode(t testing.TB, m image.Image, format string) []byte {
	t.Helper()
	var buf bytes.Buffer
	var err error
	switch format {
	case "png":
		err = png.Encode(&buf, m)
	case "gif":
		err = gif.Encode(&buf, m, nil)
	case "jpeg":
		err = jpeg.Encode(&buf, m, &jpeg.Options{Quality: 90})
	case "jpeg 75":
		err = jpeg.Encode(&buf, m, &jpeg.Options{Quality: 75})
	}
	if err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// distance returns the root mean squared difference between two digits, the smallest over shifts of x by up to one
// pixel in each direction: if a center of mass is close to the edge of a pixel, rounding errors decide to which side
// it moves.
func distance(x []float32, want []byte) float64 {
	best := math.Inf(1)
	for dy := -1; dy <= 1; dy++ {
		for dx := -1; dx <= 1; dx++ {
			var sum float64
			for i, w := range want {
				v, u := i/28+dy, i%28+dx
				var got float64
				if u >= 0 && v >= 0 && u < 28 && v < 28 {
					got = float64(x[v*28+u])
				}
				d := got - float64(w)/255
				sum += d * d
			}
			best = min(best, math.Sqrt(sum/784))
		}
	}
	return best
}

// TestDigitComesBack draws a test digit into an image, writes it to a file, reads and normalizes it, and compares it
// with the test digit. The tolerances in units of distance (the median distance of two different ones of these digits
// is 0.34, and one pair in twenty is below 0.25):
//
//   - exact: each pixel is drawn as a whole number of pixels. The remaining difference: ink is stretched to 1. A stroke
//     of 240 becomes 255; 6% of a fifth of the image, half of it edges, is 0.01.
//   - uneven: a scale of 100/28 draws some pixels 3 and some 4 wide instead of 3.57, so an edge is off by up to 14% of a
//     pixel. JPEG's ripples and noise are about as large.
//   - worst: a row with ink below 0.1 at the edge may be lost, or a ripple may count as ink. Then 19 or 21 pixels are
//     scaled to 20, and edges are off by half a pixel.
func TestDigitComesBack(t *testing.T) {
	const (
		exact  = 0.01
		uneven = 0.04
		worst  = 0.13
	)
	d := digits(t)
	noise := rand.New(rand.NewPCG(1, 2))
	paper := func(ink float64) color.Color { return grey(0.8 - 0.55*ink + 0.02*noise.NormFloat64()) }
	faint := func(ink float64) color.Color { return grey(0.6 - 0.15*ink) }
	blue := func(ink float64) color.Color { return color.NRGBA{0, 0, 80, uint8(255 * ink)} }
	cream := func(ink float64) color.Color { return color.NRGBA{255, 240, 200, uint8(255 * ink)} }
	ballpoint := func(ink float64) color.Color {
		return color.NRGBA{uint8(250 - 220*ink), uint8(240 - 200*ink), uint8(200 - 10*ink), 255}
	}
	tests := []struct {
		name         string
		format       string
		w, h         int
		x0, y0, size float64
		paint        func(float64) color.Color
		median       float64
	}{
		{"28", "png", 28, 28, 0, 0, 28, lightOnDark, exact},
		{"28 inverted", "png", 28, 28, 0, 0, 28, darkOnLight, exact},
		{"28", "gif", 28, 28, 0, 0, 28, lightOnDark, uneven}, // encoded with 216 colors
		{"28", "jpeg", 28, 28, 0, 0, 28, lightOnDark, exact},
		{"28 inverted", "jpeg", 28, 28, 0, 0, 28, darkOnLight, exact},
		{"28", "jpeg 75", 28, 28, 0, 0, 28, lightOnDark, uneven},
		{"56", "png", 56, 56, 0, 0, 56, lightOnDark, exact},
		{"56 faint", "png", 56, 56, 0, 0, 56, faint, exact}, // 38 levels, so values are rounded by 0.008
		{"56 coloured", "png", 56, 56, 0, 0, 56, ballpoint, exact},
		{"100", "png", 100, 100, 0, 0, 100, lightOnDark, uneven},
		{"100 inverted", "png", 100, 100, 0, 0, 100, darkOnLight, uneven},
		{"100 dark on transparent", "png", 100, 100, 0, 0, 100, blue, uneven},
		{"100 light on transparent", "png", 100, 100, 0, 0, 100, cream, uneven},
		{"100 inverted", "jpeg", 100, 100, 0, 0, 100, darkOnLight, uneven},
		{"100 inverted", "jpeg 75", 100, 100, 0, 0, 100, darkOnLight, uneven},
		{"300x200 padded", "png", 300, 200, 170, 20, 150, darkOnLight, uneven},
		{"300x200 padded", "jpeg", 300, 200, 170, 20, 150, darkOnLight, uneven},
		{"300x200 small", "png", 300, 200, 30, 40, 28, darkOnLight, exact},
		{"500x400 noisy paper", "jpeg 75", 500, 400, 60, 50, 280, paper, uneven},
		{"1000", "png", 1000, 1000, 0, 0, 1000, darkOnLight, exact},
		{"1000", "jpeg", 1000, 1000, 0, 0, 1000, lightOnDark, exact},
		{"1400x1000 padded", "png", 1400, 1000, 300, 100, 840, lightOnDark, exact},
	}
	for _, test := range tests {
		t.Run(test.format+" "+test.name, func(t *testing.T) {
			n := 100
			if test.w > 100 {
				n = 3 // large images are slow
			}
			var all []float64
			for i := range n {
				m := drawing(d.Image(i), test.w, test.h, test.x0, test.y0, test.size, test.paint)
				m, err := Read(bytes.NewReader(encode(t, m, test.format)))
				if err != nil {
					t.Fatal(err)
				}
				x, err := Digit(m, 28)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, distance(x, d.Images[i*784:(i+1)*784]))
			}
			slices.Sort(all)
			if all[n/2] > test.median || all[n-1] > worst {
				t.Errorf("distance %.4f in the median and %.4f at worst, want %v and %v", all[n/2], all[n-1], test.median, worst)
			}
		})
	}
}

// same fails the test if the distance of a and b is above tolerance.
func same(t *testing.T, a, b []float32, tolerance float64) {
	t.Helper()
	want := make([]byte, len(b))
	for i, v := range b {
		want[i] = uint8(math.Round(float64(v) * 255))
	}
	if d := distance(a, want); !(d <= tolerance) {
		t.Errorf("distance %.4f, want %v at most", d, tolerance)
	}
}

func digit(t *testing.T, m image.Image) []float32 {
	t.Helper()
	x, err := Digit(m, 28)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// fill sets the pixels of m inside r to white.
func fill(m *image.Gray, r image.Rectangle) *image.Gray {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			m.SetGray(x, y, color.Gray{Y: 255})
		}
	}
	return m
}

// A bar of 200×50 pixels becomes 20×5 pixels of 1 around the middle.
func TestDigitForm(t *testing.T) {
	x := digit(t, fill(image.NewGray(image.Rect(0, 0, 640, 480)), image.Rect(300, 10, 500, 60)))
	for i, v := range x {
		want := float32(0)
		if r, c := i/28, i%28; r >= 12 && r < 17 && c >= 4 && c < 24 {
			want = 1
		}
		if math.Abs(float64(v-want)) > 1e-6 { // rounding of the average
			t.Fatalf("row %d, column %d is %v, want %v", i/28, i%28, v, want)
		}
	}
}

// The center of mass of a T or an L is not the middle of its box: the box is moved until the center of mass is at
// 13.5 to 14.5, as in MNIST.
func TestDigitCenter(t *testing.T) {
	for name, foot := range map[string]image.Rectangle{
		"T": image.Rect(40, 20, 160, 60), "L": image.Rect(85, 180, 200, 220),
	} {
		m := fill(image.NewGray(image.Rect(0, 0, 240, 240)), image.Rect(85, 20, 115, 220))
		x := digit(t, fill(m, foot))
		var mx, my, mass float64
		for i, v := range x {
			mx, my, mass = mx+float64(v)*float64(i%28), my+float64(v)*float64(i/28), mass+float64(v)
		}
		if mx, my = mx/mass, my/mass; mx < 13.5 || mx >= 14.5 || my < 13.5 || my >= 14.5 {
			t.Errorf("%s: centre of mass at (%v, %v)", name, mx, my)
		}
	}
	// Nearly all mass at one end: the box stops at the edge of the image.
	p := center(plane{1, 20, append(make([]float32, 19), 1)}, 28)
	if p[19*28+14] != 1 {
		t.Error("a box of 20 rows with its mass in the last one does not lie at the top")
	}
}

// Strong light from one side, with paper on one side darker than ink on the other, does not change the result; nor do
// specks, nor cropping at the edge of the handwriting.
func TestDigitDisturbed(t *testing.T) {
	src := digits(t).Image(0)
	clean := drawing(src, 300, 240, 50, 20, 196, darkOnLight)
	want := digit(t, clean)

	shaded := image.NewGray16(clean.Bounds())
	specks := image.NewGray(clean.Bounds())
	noise := rand.New(rand.NewPCG(3, 4))
	for y := range 240 {
		for x := range 300 {
			v := color.Gray16Model.Convert(clean.At(x, y)).(color.Gray16).Y
			shaded.SetGray16(x, y, color.Gray16{Y: uint16(20000 + 60*x - 40*y + int(v)/4)})
			specks.SetGray(x, y, color.Gray{Y: uint8(v >> 8)})
		}
	}
	for range 20 {
		specks.SetGray(noise.IntN(300), noise.IntN(240), color.Gray{})
	}
	for name, m := range map[string]image.Image{
		"shaded":           shaded,
		"specks":           specks,
		"tight":            drawing(src, 150, 196, -30, 0, 196, darkOnLight),
		"shaded and tight": shaded.SubImage(image.Rect(90, 67, 206, 209)),
		"part":             drawing(src, 400, 400, 150, 100, 196, darkOnLight).(*image.NRGBA).SubImage(image.Rect(140, 90, 350, 300)),
	} {
		// A speck inside the digit's box remains, with 1/49 of a pixel.
		t.Run(name, func(t *testing.T) { same(t, digit(t, m), want, 0.01) })
	}
}

// Strokes of a thin pen, 2 of 400 pixels wide, become as bright as those of a thick pen.
func TestDigitThinPen(t *testing.T) {
	m := fill(image.NewGray(image.Rect(0, 0, 500, 500)), image.Rect(50, 50, 52, 450))
	x := digit(t, fill(m, image.Rect(50, 50, 250, 52)))
	if most := slices.Max(x); most != 1 {
		t.Errorf("brightest pixel is %v", most)
	}
	bright := 0
	for _, v := range x {
		if v > 0.4 {
			bright++
		}
	}
	if bright < 28 { // 20 down, 9 across
		t.Errorf("%d pixels are bright, want the stroke's 29 or so", bright)
	}
}

func TestDigitBlank(t *testing.T) {
	noise := rand.New(rand.NewPCG(5, 6))
	for name, at := range map[string]func(x, y int) color.Color{
		"white":       func(x, y int) color.Color { return color.White },
		"black":       func(x, y int) color.Color { return color.Black },
		"transparent": func(x, y int) color.Color { return color.Transparent },
		"shaded":      func(x, y int) color.Color { return color.Gray{Y: uint8(60 + x/2 + y/4)} },
		"noise":       func(x, y int) color.Color { return grey(0.6 + 0.05*noise.NormFloat64()) },
	} {
		for _, size := range []image.Point{{1, 1}, {2, 1}, {1, 9}, {3, 3}, {200, 200}} {
			if name == "noise" && size.X < 200 {
				continue // too few pixels for noise
			}
			m := image.NewNRGBA(image.Rectangle{Max: size})
			for y := range size.Y {
				for x := range size.X {
					m.Set(x, y, at(x, y))
				}
			}
			if x, err := Digit(m, 28); err != ErrBlank {
				t.Errorf("%s %v: got %v, %v", name, size, x, err)
			}
		}
	}
	if _, err := Digit(image.NewGray(image.Rectangle{}), 28); err != ErrBlank {
		t.Errorf("no pixels: %v", err)
	}
}

func TestDigitSizes(t *testing.T) {
	m := digits(t).Image(0)
	for _, n := range []int{4, 5, 16, 28, 32, 64, 300} {
		x, err := Digit(m, n)
		if err != nil || len(x) != n*n {
			t.Fatalf("size %d: %d values, %v", n, len(x), err)
		}
		rows := 0
		for r := range n {
			if slices.Max(x[r*n:(r+1)*n]) > 0 {
				rows++
			}
		}
		if want := int(math.Round(float64(n) * 20 / 28)); rows != want { // this digit is taller than wide
			t.Errorf("size %d: ink in %d rows, want %d", n, rows, want)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("size 3: no panic")
		}
	}()
	Digit(m, 3)
}
