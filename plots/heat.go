package plots

import (
	"image"
	"image/color"
	"math"

	"github.com/lamina-ml/lamina/tensor"
)

// Heat shows an image, and next to it the image under each of several heat maps: saliency, Grad-CAM, occlusion.
type Heat struct {
	Title, Note string
	Image       image.Image
	ImageTitle  string
	Maps        []Map // each is stretched over the image; its title stands above it
	Scale       Scale // Sequential for maps from 0, Diverging for signed ones; each map has its own range
	Cell        int   // width and height of a panel in pixels; 0 means 224
}

// Picture lays the image and the maps out. It panics if there is no image, or if values are missing.
func (h Heat) Picture() *Picture {
	if h.Image == nil || h.Image.Bounds().Empty() {
		panic(&tensor.Error{Op: "plots.Heat", Msg: "there is no image"})
	}
	check("plots.Heat", h.Maps...)
	if h.Cell == 0 {
		h.Cell = 224
	}
	base := fit(h.Image, h.Cell)
	w, ht := float64(base.Rect.Dx()), float64(base.Rect.Dy())
	top := heading(h.Title, h.Note)
	const label = 19.0
	step := w + barSpace + 14
	total := max(margin+w+20+step*float64(len(h.Maps)), headingWidth(h.Title, h.Note)+2*margin)
	return &Picture{int(math.Ceil(total)), int(math.Ceil(top + label + ht + margin)), func(c *canvas) {
		c.heading(h.Title, h.Note)
		c.text(margin, top+12, left, 12, muted, h.ImageTitle)
		c.frame(margin, top+label, w, ht, faint)
		c.image(margin, top+label, base)
		for i, m := range h.Maps {
			x := margin + w + 20 + step*float64(i)
			r := h.Scale.rangeOf(m.Values)
			if h.Scale == Sequential {
				r.low = min(r.low, 0)
			}
			c.text(x, top+12, left, 12, muted, clip(12, m.Title, step-4))
			c.frame(x, top+label, w, ht, faint)
			c.image(x, top+label, over(base, m, h.Scale, r))
			c.bar(x+w+14, top+label, ht, h.Scale, r)
		}
	}}
}

// over lays the colors of m, interpolated, over the image in gray. Small values are transparent.
func over(base *image.NRGBA, m Map, s Scale, r interval) *image.NRGBA {
	b := base.Rect
	out := image.NewNRGBA(b)
	for y := range b.Dy() {
		for x := range b.Dx() {
			v := m.at((float64(y)+0.5)*float64(m.H)/float64(b.Dy())-0.5, (float64(x)+0.5)*float64(m.W)/float64(b.Dx())-0.5)
			g := color.GrayModel.Convert(base.At(x, y)).(color.Gray).Y
			g = 40 + uint8(float64(g)*175/255) // leave room for the colors on black and on white
			strength := min(math.Abs(v)/max(math.Abs(r.low), math.Abs(r.high)), 1)
			out.SetNRGBA(x, y, blend(color.NRGBA{g, g, g, 0xff}, s.color(v, r), 0.25+0.6*math.Sqrt(strength)))
		}
	}
	return out
}

// at returns the value at a position, interpolated linearly.
func (m Map) at(y, x float64) float64 {
	y, x = min(max(y, 0), float64(m.H-1)), min(max(x, 0), float64(m.W-1))
	i, j := min(int(y), max(m.H-2, 0)), min(int(x), max(m.W-2, 0))
	fy, fx := y-float64(i), x-float64(j)
	i2, j2 := min(i+1, m.H-1), min(j+1, m.W-1)
	v := func(i, j int) float64 { return float64(m.Values[i*m.W+j]) }
	return (1-fy)*((1-fx)*v(i, j)+fx*v(i, j2)) + fy*((1-fx)*v(i2, j)+fx*v(i2, j2))
}

// fit enlarges m by a whole factor, or makes it smaller, to at most cell pixels.
func fit(m image.Image, cell int) *image.NRGBA {
	b := m.Bounds()
	scale := float64(cell) / float64(max(b.Dx(), b.Dy()))
	if scale >= 1 {
		scale = math.Floor(scale)
	}
	out := image.NewNRGBA(image.Rect(0, 0, max(int(float64(b.Dx())*scale), 1), max(int(float64(b.Dy())*scale), 1)))
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			out.Set(x, y, mean(m, float64(x)/scale, float64(y)/scale, 1/scale))
		}
	}
	return out
}

// mean returns the mean color of m's pixels in a square of the given size, at least one pixel.
func mean(m image.Image, x, y, size float64) color.Color {
	b := m.Bounds()
	x0, y0 := min(int(x), b.Dx()-1), min(int(y), b.Dy()-1)
	x1, y1 := min(max(int(math.Ceil(x+size)), x0+1), b.Dx()), min(max(int(math.Ceil(y+size)), y0+1), b.Dy())
	if size <= 1 {
		x1, y1 = x0+1, y0+1
	}
	var sum [4]uint64
	for j := y0; j < y1; j++ {
		for i := x0; i < x1; i++ {
			r, g, bl, a := m.At(b.Min.X+i, b.Min.Y+j).RGBA()
			for k, v := range [4]uint32{r, g, bl, a} {
				sum[k] += uint64(v)
			}
		}
	}
	n := uint64((x1 - x0) * (y1 - y0))
	return color.RGBA64{uint16(sum[0] / n), uint16(sum[1] / n), uint16(sum[2] / n), uint16(sum[3] / n)}
}
