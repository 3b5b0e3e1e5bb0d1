package image

import (
	"image"
	"image/color"
	"math"
	"testing"
)

func near(t *testing.T, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d values, want %d", len(got), len(want))
	}
	for i := range want {
		if math.Abs(float64(got[i]-want[i])) > 1e-6 { // rounding; values are at most 1
			t.Fatalf("got %v, want %v", got, want)
		}
	}
}

func TestGray(t *testing.T) {
	grey := func(w, h int, pix ...byte) *image.Gray {
		return &image.Gray{Pix: pix, Stride: w, Rect: image.Rect(0, 0, w, h)}
	}
	for _, test := range []struct {
		name string
		m    image.Image
		n    int
		want []float32
	}{
		{"same size", grey(2, 2, 0, 51, 102, 255), 2, []float32{0, 0.2, 0.4, 1}},
		{"halved", grey(4, 2, 0, 51, 255, 255, 51, 102, 0, 0), 1, []float32{714. / 8 / 255}},
		{"squeezed", grey(4, 2, 0, 51, 255, 255, 51, 102, 0, 0), 2, []float32{0.1, 1, 0.3, 0}},
		{"doubled", grey(1, 1, 51), 2, []float32{0.2, 0.2, 0.2, 0.2}},
		{"three to two", grey(3, 1, 0, 255, 51), 2, []float32{1. / 3, (0.5 + 0.2) / 1.5, 1. / 3, (0.5 + 0.2) / 1.5}},
		{"two to three", grey(2, 1, 0, 255), 3, []float32{0, 0.5, 1, 0, 0.5, 1, 0, 0.5, 1}},
		{"part", grey(3, 3, 9, 9, 9, 9, 0, 51, 9, 102, 255).SubImage(image.Rect(1, 1, 3, 3)), 2, []float32{0, 0.2, 0.4, 1}},
		{"no pixels", grey(0, 0), 2, make([]float32, 4)},
	} {
		t.Run(test.name, func(t *testing.T) { near(t, Gray(test.m, test.n), test.want) })
	}
	defer func() {
		if recover() == nil {
			t.Error("size 0: no panic")
		}
	}()
	Gray(grey(1, 1, 0), 0)
}

// plain hides all methods of an image except image.Image's.
type plain struct{ image.Image }

func TestGrayColors(t *testing.T) {
	solid := func(c color.Color) image.Image {
		m := image.NewNRGBA64(image.Rect(0, 0, 3, 3))
		for i := range 9 {
			m.Set(i%3, i/3, c)
		}
		return m
	}
	for _, test := range []struct {
		c    color.Color
		want float64
	}{
		{color.NRGBA{255, 0, 0, 255}, 0.299},
		{color.NRGBA{0, 255, 0, 255}, 0.587},
		{color.NRGBA{0, 0, 255, 255}, 0.114},
		{color.Gray16{Y: 12345}, 12345. / 65535},
		{color.White, 1},
	} {
		for _, m := range []image.Image{solid(test.c), plain{solid(test.c)}} {
			// The weights are rounded to 1/65536 and the sum to 1/65535.
			if got := Gray(m, 1)[0]; math.Abs(float64(got)-test.want) > 2./65535 {
				t.Errorf("%v: luma %v, want %v", test.c, got, test.want)
			}
		}
	}
}

func TestGrayTransparent(t *testing.T) {
	clear, black, white, grey := color.NRGBA{}, color.NRGBA{A: 255}, color.NRGBA{255, 255, 255, 255}, color.NRGBA{51, 51, 51, 255}
	for name, test := range map[string]struct {
		edge, middle color.NRGBA
		want         [2]float32 // edge, middle
	}{
		"black on nothing":     {clear, black, [2]float32{1, 0}},
		"white on nothing":     {clear, white, [2]float32{0, 1}},
		"a hole in grey":       {grey, clear, [2]float32{0.2, 0.2}},
		"nothing":              {clear, clear, [2]float32{0, 0}},
		"half black on a grey": {grey, color.NRGBA{A: 51}, [2]float32{0.2, 0.16}},
	} {
		m := image.NewNRGBA(image.Rect(0, 0, 3, 3))
		for i := range 9 {
			m.SetNRGBA(i%3, i/3, test.edge)
		}
		m.SetNRGBA(1, 1, test.middle)
		e, c := test.want[0], test.want[1]
		t.Run(name, func(t *testing.T) { near(t, Gray(m, 3), []float32{e, e, e, e, c, e, e, e, e}) })
	}
}
