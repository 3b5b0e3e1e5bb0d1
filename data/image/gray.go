package image

import (
	"fmt"
	"image"
)

// Gray returns m as n×n grayscale values (n·n, row-major) from 0 (black) to 1 (white).
//
// It scales the whole image to a square by averaging: each value is the mean over the area that its pixel covers.
// Crop a square with SubImage to keep the aspect ratio. The gray value of a color is its luma 0.299 R + 0.587 G +
// 0.114 B (ITU-R BT.601). Transparent pixels show a contrasting background. It panics if n is not positive, and
// returns zeros for an image without pixels.
func Gray(m image.Image, n int) []float32 {
	if n <= 0 {
		panic(fmt.Sprintf("image.Gray: size %d, want at least 1", n))
	}
	return luma(m, n, n).pix
}

// plane is an image of one float32 per pixel.
type plane struct {
	w, h int
	pix  []float32 // (h, w)
}

// luma returns the luma of m scaled to w×h pixels. Transparent pixels show a background.
func luma(m image.Image, w, h int) plane {
	b := m.Bounds()
	if b.Empty() {
		return plane{w, h, make([]float32, w*h)}
	}
	at := rgba64(m)
	sx, sy := float64(b.Dx())/float64(w), float64(b.Dy())/float64(h)
	p := areaAverage(b.Size(), sx, sy, w, h, func(y int, dst []float32) {
		for x := range dst {
			c := at(b.Min.X+x, b.Min.Y+y)
			// The weights of color.GrayModel: they add up to 65536, so gray pixels keep their value.
			dst[x] = float32((19595*uint32(c.R)+38470*uint32(c.G)+7471*uint32(c.B)+1<<15)>>16) / 65535
		}
	})
	if o, ok := m.(interface{ Opaque() bool }); ok && o.Opaque() {
		return p
	}
	alpha := areaAverage(b.Size(), sx, sy, w, h, func(y int, dst []float32) {
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

// backdrop returns the background value for an image of premultiplied luma: the mean of the border if the border is
// mostly opaque; else 1 (white) for a dark drawing, and 0 (black) for a light one.
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

// areaAverage returns a plane of w×h pixels, each the mean of the sx×sy source pixels that it covers, from the
// source's upper left corner on. row writes row y of the source, which has size pixels. Pixels outside the source are
// 0.
func areaAverage(size image.Point, sx, sy float64, w, h int, row func(y int, dst []float32)) plane {
	line := make([]float32, size.X)
	across := make([]float64, w) // one source row, scaled horizontally
	sum := make([]float64, w*h)
	for y := range size.Y {
		row(y, line)
		clear(across)
		for x, v := range line {
			overlaps(x, sx, w, func(j int, share float64) { across[j] += float64(share * float64(v)) })
		}
		overlaps(y, sy, h, func(i int, share float64) {
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

// overlaps calls add for each of n target pixels that source pixel x overlaps, with the fraction of the target that
// it covers. A target pixel is s source pixels wide.
func overlaps(x int, s float64, n int, add func(j int, share float64)) {
	lo, hi := float64(x), float64(x+1)
	for j := int(lo / s); j < n && float64(j)*s < hi; j++ {
		if share := (min(hi, float64(j+1)*s) - max(lo, float64(j)*s)) / s; share > 0 {
			add(j, share)
		}
	}
}
