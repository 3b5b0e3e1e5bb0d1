package image

import (
	"fmt"
	"image"
)

// Gray returns m as n×n grey values, row by row, from 0, black, to 1, white.
//
// The whole picture is scaled to the square, whatever its shape (cut out a
// square with SubImage to keep the aspect): each value is the average over the
// area that its pixel covers. A colour becomes its luma 0.299 R + 0.587 G +
// 0.114 B (ITU-R BT.601), what is transparent shows a background that contrasts.
// It panics if n is not positive, and returns zeros for a picture without pixels.
func Gray(m image.Image, n int) []float32 {
	if n <= 0 {
		panic(fmt.Sprintf("image.Gray: size %d is not positive", n))
	}
	return luma(m, n, n).pix
}

// A plane is a picture of one grey value a pixel.
type plane struct {
	w, h int
	pix  []float32 // (h, w)
}

// luma scales the luma of m to w×h pixels, over a background where it is transparent.
func luma(m image.Image, w, h int) plane {
	b := m.Bounds()
	if b.Empty() {
		return plane{w, h, make([]float32, w*h)}
	}
	at := rgba64(m)
	sx, sy := float64(b.Dx())/float64(w), float64(b.Dy())/float64(h)
	p := shrink(b.Size(), sx, sy, w, h, func(y int, dst []float32) {
		for x := range dst {
			c := at(b.Min.X+x, b.Min.Y+y)
			// The weights of color.GrayModel: they add up to 65536, so that greys stay what they are.
			dst[x] = float32((19595*uint32(c.R)+38470*uint32(c.G)+7471*uint32(c.B)+1<<15)>>16) / 65535
		}
	})
	if o, ok := m.(interface{ Opaque() bool }); ok && o.Opaque() {
		return p
	}
	alpha := shrink(b.Size(), sx, sy, w, h, func(y int, dst []float32) {
		for x := range dst {
			dst[x] = float32(at(b.Min.X+x, b.Min.Y+y).A) / 65535
		}
	})
	back := backdrop(p, alpha)
	for i, a := range alpha.pix {
		p.pix[i] += float32((1 - a) * back)
	}
	return p
}

// backdrop returns what to put behind a picture of premultiplied luma. Where the
// border is seen, its average goes on under the rest; where the border is
// transparent, what is seen is the drawing: white for a dark one, black for a
// light one.
func backdrop(luma, alpha plane) float32 {
	var edge, edgeAlpha, all, allAlpha, n float64
	for y := range luma.h {
		for x := range luma.w {
			l, a := float64(luma.pix[y*luma.w+x]), float64(alpha.pix[y*luma.w+x])
			all, allAlpha = all+l, allAlpha+a
			if x == 0 || y == 0 || x == luma.w-1 || y == luma.h-1 {
				edge, edgeAlpha, n = edge+l, edgeAlpha+a, n+1
			}
		}
	}
	switch {
	case edgeAlpha > n/2:
		return float32(edge / edgeAlpha)
	case all < allAlpha/2:
		return 1
	}
	return 0
}

// shrink makes a plane of w×h pixels, each the average of the sx×sy source
// pixels that it covers, beginning at the source's upper left. The source has
// size pixels, given row by row; beyond them it is 0.
func shrink(size image.Point, sx, sy float64, w, h int, row func(y int, dst []float32)) plane {
	line := make([]float32, size.X)
	across := make([]float64, w) // one source row, scaled
	sum := make([]float64, w*h)
	for y := range size.Y {
		row(y, line)
		clear(across)
		for x, v := range line {
			spread(x, sx, w, func(j int, share float64) { across[j] += float64(share * float64(v)) })
		}
		spread(y, sy, h, func(i int, share float64) {
			for j, v := range across {
				sum[i*w+j] += float64(share * v)
			}
		})
	}
	p := plane{w, h, make([]float32, w*h)}
	for i, v := range sum {
		p.pix[i] = float32(v)
	}
	return p
}

// spread calls add with each of the n target pixels that source pixel x reaches,
// and the share of that target which it covers; a target is s source pixels wide.
func spread(x int, s float64, n int, add func(j int, share float64)) {
	lo, hi := float64(x), float64(x+1)
	for j := int(lo / s); j < n && float64(j)*s < hi; j++ {
		if share := (min(hi, float64(j+1)*s) - max(lo, float64(j)*s)) / s; share > 0 {
			add(j, share)
		}
	}
}
