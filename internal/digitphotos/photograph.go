package digitphotos

import (
	"bytes"
	"image"
	"image/jpeg"
	"math"
)

// photograph returns the picture that the camera takes of the page.
func (p *page) photograph() image.Image {
	m := p.direct
	if m == nil {
		m = p.expose()
	}
	var file bytes.Buffer
	if err := jpeg.Encode(&file, m, &jpeg.Options{Quality: p.quality}); err != nil {
		panic(err) // a buffer takes every write, and the sizes are valid
	}
	picture, err := jpeg.Decode(&file)
	if err != nil {
		panic(err)
	}
	return picture
}

func (p *page) expose() *image.Gray {
	light := newCanvas(p.w, p.h)
	view := p.view()
	for y := range p.h {
		for x := range p.w {
			u, v := view(float64(x)+0.5, float64(y)+0.5)
			value := p.paperAt(u, v)
			if p.dark != nil {
				value *= p.dark(float64(x), float64(y))
			}
			light.pix[y*p.w+x] = float32(value)
		}
	}
	if p.blur > 0.2 {
		light.blur(p.blur)
	}
	m := image.NewGray(image.Rect(0, 0, p.w, p.h))
	for i, v := range light.pix {
		value := float64(v) + p.noise*p.rng.NormFloat64()
		m.Pix[i] = uint8(min(255, max(0, math.Round(255*value))))
	}
	return m
}

// view returns the function from a point of the photograph to the point of the paper that is seen there.
func (p *page) view() func(x, y float64) (u, v float64) {
	w, h := float64(p.w), float64(p.h)
	c, s := math.Cos(p.angle), math.Sin(p.angle)
	kx, ky := p.keystone[0]/w, p.keystone[1]/h
	return func(x, y float64) (u, v float64) {
		x, y = x-w/2, y-h/2
		depth := 1 + kx*x + ky*y
		x, y = x/depth, y/depth
		return c*x + s*y + w/2, c*y - s*x + h/2
	}
}

// paperAt returns the gray value at a point of the paper, or of the table beside it.
func (p *page) paperAt(u, v float64) float64 {
	on := 1.0
	if p.table {
		w, h := float64(p.w), float64(p.h)
		inside := math.Inf(1)
		for i, distance := range []float64{u - p.margin[0]*w, v - p.margin[1]*h, w*(1-p.margin[2]) - u, h*(1-p.margin[3]) - v} {
			if p.margin[i] > 0 {
				inside = min(inside, distance)
			}
		}
		on = min(1, max(0, inside+0.5))
	}
	value := p.paper
	if on > 0 {
		for i, r := range []*rules{p.across, p.down} {
			if r == nil {
				continue
			}
			t := []float64{u, v}[i] - r.offset
			distance := math.Abs(t - r.period*math.Round(t/r.period))
			value += (p.rulesGray - value) * min(1, max(0, r.width/2-distance+0.5))
		}
		if ink := p.ink.at(u-0.5, v-0.5); ink > 0 {
			stroke := min(value, p.pen)
			if p.pen > p.paper {
				stroke = max(value, p.pen)
			}
			value += ink * (stroke - value)
		}
	}
	if on < 1 {
		grain := p.woodGrain * (math.Sin(u/7+3*math.Sin(v/90)) + 0.5*math.Sin(u/2.3+v/60))
		value += (1 - on) * (p.tableGray + grain - value)
	}
	return value
}
