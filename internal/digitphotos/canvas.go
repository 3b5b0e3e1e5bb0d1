package digitphotos

import "math"

// canvas is a picture with the amount of ink of each pixel, 0 to 1.
type canvas struct {
	w, h int
	pix  []float32
}

func newCanvas(w, h int) canvas { return canvas{w, h, make([]float32, w*h)} }

// at returns the value at a point by bilinear interpolation; pixel (0, 0) is at (0, 0). It is 0 outside.
func (c canvas) at(x, y float64) float64 {
	fx, fy := math.Floor(x), math.Floor(y)
	i, j := int(fx), int(fy)
	if i < -1 || j < -1 || i >= c.w || j >= c.h {
		return 0
	}
	get := func(i, j int) float64 {
		if i < 0 || j < 0 || i >= c.w || j >= c.h {
			return 0
		}
		return float64(c.pix[j*c.w+i])
	}
	tx, ty := x-fx, y-fy
	top := get(i, j)*(1-tx) + get(i+1, j)*tx
	bottom := get(i, j+1)*(1-tx) + get(i+1, j+1)*tx
	return top*(1-ty) + bottom*ty
}

// add puts ink on a pixel that may have some already.
func (c canvas) add(x, y int, ink float64) {
	p := &c.pix[y*c.w+x]
	*p = max(*p, float32(ink))
}

// stroke draws a line with round ends from (x0, y0) to (x1, y1).
func (c canvas) stroke(x0, y0, x1, y1, width float64) {
	r := width / 2
	left, right := int(min(x0, x1)-r-1), int(max(x0, x1)+r+2)
	top, bottom := int(min(y0, y1)-r-1), int(max(y0, y1)+r+2)
	dx, dy := x1-x0, y1-y0
	length := dx*dx + dy*dy
	for y := max(0, top); y < min(c.h, bottom); y++ {
		for x := max(0, left); x < min(c.w, right); x++ {
			px, py := float64(x)-x0, float64(y)-y0
			t := 0.0
			if length > 0 {
				t = min(1, max(0, (px*dx+py*dy)/length))
			}
			if ink := r - math.Hypot(px-t*dx, py-t*dy) + 0.5; ink > 0 {
				c.add(x, y, min(1, ink))
			}
		}
	}
}

// path draws strokes through points.
func (c canvas) path(points [][2]float64, width float64) {
	for i := range points[1:] {
		c.stroke(points[i][0], points[i][1], points[i+1][0], points[i+1][1], width)
	}
}

// fill fills a polygon.
func (c canvas) fill(points [][2]float64) {
	for y := range c.h {
		for x := range c.w {
			inside := false
			for i, a := range points {
				b := points[(i+1)%len(points)]
				if (a[1] > float64(y)) != (b[1] > float64(y)) &&
					float64(x) < a[0]+(float64(y)-a[1])/(b[1]-a[1])*(b[0]-a[0]) {
					inside = !inside
				}
			}
			if inside {
				c.add(x, y, 1)
			}
		}
	}
}

// blur applies a Gaussian filter.
func (c canvas) blur(sigma float64) {
	n := int(3*sigma + 1)
	weights := make([]float32, 2*n+1)
	var sum float32
	for i := range weights {
		d := float64(i-n) / sigma
		weights[i] = float32(math.Exp(-d * d / 2))
		sum += weights[i]
	}
	pass := func(length, lines, step, lineStep int) {
		line := make([]float32, length)
		for l := range lines {
			for i := range line {
				line[i] = c.pix[l*lineStep+i*step]
			}
			for i := range line {
				var v float32
				for k, w := range weights {
					v += w * line[min(length-1, max(0, i+k-n))]
				}
				c.pix[l*lineStep+i*step] = v / sum
			}
		}
	}
	pass(c.w, c.h, 1, c.w)
	pass(c.h, c.w, c.w, 1)
}
