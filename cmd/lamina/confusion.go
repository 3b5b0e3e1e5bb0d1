package main

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"strconv"

	"github.com/lamina-ml/lamina/metrics"
)

// The dimensions of the image of a confusion matrix, in pixels.
const (
	cellSize   = 60
	cellGap    = 2
	marginSize = 90 // left of and above the cells, for the labels
	borderSize = 20 // on the other sides
)

var (
	inkColor   = color.RGBA{0x33, 0x33, 0x33, 0xff}
	rightColor = color.RGBA{0x0b, 0x3c, 0x8c, 0xff}
	wrongColor = color.RGBA{0xb4, 0x1c, 0x1c, 0xff}
)

// drawConfusion draws m with a row per target class and a column per predicted class. The color depth of a cell is
// its fraction of the row; for wrong predictions relative to the largest such fraction, so that they are visible even
// if few are wrong.
func drawConfusion(m *metrics.ConfusionMatrix) image.Image {
	n := m.Classes()
	share := func(t, p int) float64 { return float64(m.Count(t, p)) / float64(max(m.Class(t).Support, 1)) }
	var worst float64
	for t := range n {
		for p := range n {
			if t != p {
				worst = max(worst, share(t, p))
			}
		}
	}
	size := marginSize + n*cellSize + borderSize
	img := image.NewRGBA(image.Rect(0, 0, size, size))
	draw.Draw(img, img.Bounds(), image.White, image.Point{}, draw.Src)
	middle := marginSize + n*cellSize/2
	drawText(img, image.Pt(middle, marginSize/3), 3, inkColor, "PREDICTED", false)
	drawText(img, image.Pt(marginSize/3, middle), 3, inkColor, "TARGET", true)
	for t := range n {
		center := marginSize + t*cellSize + cellSize/2
		drawText(img, image.Pt(center, marginSize*4/5), 4, inkColor, strconv.Itoa(t), false)
		drawText(img, image.Pt(marginSize*4/5, center), 4, inkColor, strconv.Itoa(t), false)
		for p := range n {
			depth, full := share(t, p), rightColor
			if t != p {
				full = wrongColor
				if worst > 0 {
					depth /= worst
				}
			}
			cell := image.Rect(0, 0, cellSize-cellGap, cellSize-cellGap).Add(image.Pt(marginSize+p*cellSize, marginSize+t*cellSize))
			draw.Draw(img, cell, image.NewUniform(tint(full, depth)), image.Point{}, draw.Src)
			text := strconv.Itoa(m.Count(t, p))
			if text == "0" {
				continue
			}
			var on color.Color = inkColor
			if depth > 0.6 { // above 0.6 white has more contrast than the ink color
				on = color.White
			}
			scale := max(1, min(3, (cellSize-8)/(4*len(text))))
			drawText(img, cell.Min.Add(cell.Size().Div(2)), scale, on, text, false)
		}
	}
	return img
}

// tint returns a color between nearly white (depth 0) and full (depth 1).
func tint(full color.RGBA, depth float64) color.RGBA {
	mix := func(c uint8) uint8 { return uint8(math.Round(245 + (float64(c)-245)*depth)) }
	return color.RGBA{mix(full.R), mix(full.G), mix(full.B), 0xff}
}

// glyphs maps characters to bitmaps of 3×5 dots. Each digit is a row; its bits 4, 2 and 1 are the dots from left to
// right.
var glyphs = map[rune]string{
	'0': "75557", '1': "26227", '2': "71747", '3': "71717", '4': "55711", '5': "74717", '6': "74757", '7': "71244", '8': "75757", '9': "75717",
	'A': "25755", 'C': "74447", 'D': "65556", 'E': "74647", 'G': "74557", 'I': "72227", 'P': "75744", 'R': "65655", 'T': "72222",
}

// drawText draws text centered at center, from left to right, or from top to bottom if down. A dot has scale×scale
// pixels.
func drawText(img draw.Image, center image.Point, scale int, c color.Color, text string, down bool) {
	step, size := image.Pt(4*scale, 0), image.Pt((4*len(text)-1)*scale, 5*scale)
	if down {
		step, size = image.Pt(0, 6*scale), image.Pt(3*scale, (6*len(text)-1)*scale)
	}
	at := center.Sub(size.Div(2))
	for _, r := range text {
		for y, row := range glyphs[r] {
			for x := range 3 {
				if (row-'0')>>(2-x)&1 == 1 {
					dot := image.Rect(0, 0, scale, scale).Add(at).Add(image.Pt(x*scale, y*scale))
					draw.Draw(img, dot, image.NewUniform(c), image.Point{}, draw.Src)
				}
			}
		}
		at = at.Add(step)
	}
}
