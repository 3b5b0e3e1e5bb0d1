package digitphotos

import (
	"math"

	"github.com/lamina-ml/lamina/data/mnist"
)

// DigitSide is the number of pixels of a side of the digits that pictures are drawn from.
const DigitSide = 28

// detail is the number of pixels of a glyph for one of an MNIST digit.
const detail = 6

// glyph is the ink of one digit in high resolution, and the box around it.
type glyph struct {
	canvas
	x0, y0, x1, y1 int
}

// newGlyph returns an MNIST digit in higher resolution with sharp edges. penWidth is the width of the pen in pixels of
// the digit's 28, or 0 for the strokes as they are.
func newGlyph(pix []byte, penWidth float64) glyph {
	const n = 28 * detail
	c := newCanvas(n, n)
	upsample(pix, c.pix)
	if penWidth == 0 {
		for i, v := range c.pix {
			c.pix[i] = min(1, max(0, (v-0.45)*4+0.5))
		}
	} else {
		ink := make([]bool, n*n)
		for i, v := range c.pix {
			ink[i] = v > 0.45
		}
		thin(ink, n, n)
		clear(c.pix)
		for i, on := range ink {
			if on {
				x, y := float64(i%n), float64(i/n)
				c.stroke(x, y, x, y, penWidth*detail)
			}
		}
	}
	g := glyph{c, n, n, 0, 0}
	for i, v := range c.pix {
		if v > 0.5 {
			g.x0, g.x1 = min(g.x0, i%n), max(g.x1, i%n+1)
			g.y0, g.y1 = min(g.y0, i/n), max(g.y1, i/n+1)
		}
	}
	if g.x0 >= g.x1 {
		g.x0, g.y0, g.x1, g.y1 = 0, 0, n, n
	}
	return g
}

// upsample scales 28×28 pixels by detail with the cubic interpolation of Catmull and Rom.
func upsample(pix []byte, dst []float32) {
	const n = 28 * detail
	var weights [detail][4]float64
	for k := range weights {
		t := (float64(k)+0.5)/detail - 0.5
		if t < 0 {
			t++
		}
		weights[k] = [4]float64{(-t + 2*t*t - t*t*t) / 2, (2 - 5*t*t + 3*t*t*t) / 2, (t + 4*t*t - 3*t*t*t) / 2, (t*t*t - t*t) / 2}
	}
	first := func(i int) int { // the first of the four pixels around sample i
		return int(math.Floor((float64(i)+0.5)/detail-0.5)) - 1
	}
	rows := make([]float64, 28*n)
	for y := range 28 {
		for x := range n {
			var v float64
			for k, w := range weights[x%detail] {
				if u := first(x) + k; u >= 0 && u < 28 {
					v += w * float64(pix[y*28+u]) / 255
				}
			}
			rows[y*n+x] = v
		}
	}
	for y := range n {
		for x := range n {
			var v float64
			for k, w := range weights[y%detail] {
				if u := first(y) + k; u >= 0 && u < 28 {
					v += w * rows[u*n+x]
				}
			}
			dst[y*n+x] = float32(v)
		}
	}
}

// thin reduces ink to lines of one pixel: the algorithm of Zhang and Suen, 1984.
func thin(ink []bool, w, h int) {
	at := func(x, y int) int {
		if x < 0 || y < 0 || x >= w || y >= h || !ink[y*w+x] {
			return 0
		}
		return 1
	}
	var remove []int
	for changed := true; changed; {
		changed = false
		for pass := range 2 {
			remove = remove[:0]
			for i, on := range ink {
				if !on {
					continue
				}
				x, y := i%w, i/w
				n := [9]int{at(x, y-1), at(x+1, y-1), at(x+1, y), at(x+1, y+1), at(x, y+1), at(x-1, y+1), at(x-1, y), at(x-1, y-1)}
				n[8] = n[0]
				sum, turns := 0, 0
				for k := range 8 {
					sum += n[k]
					if n[k] == 0 && n[k+1] == 1 {
						turns++
					}
				}
				if sum < 2 || sum > 6 || turns != 1 {
					continue
				}
				if pass == 0 && n[0]*n[2]*n[4] == 0 && n[2]*n[4]*n[6] == 0 || pass == 1 && n[0]*n[2]*n[6] == 0 && n[0]*n[4]*n[6] == 0 {
					remove = append(remove, i)
				}
			}
			for _, i := range remove {
				ink[i] = false
				changed = true
			}
		}
	}
}

// writeDigits writes n digits of d in a row in the middle of the page.
func (p *page) writeDigits(d *mnist.Digits, n int) {
	glyphs := make([]glyph, n)
	scale := make([]float64, n) // page pixels per glyph pixel
	height := p.size * float64(min(p.w, p.h))
	gap := make([]float64, n)
	width := 0.0
	for i := range glyphs {
		k := p.rng.IntN(d.Len())
		p.number += string(rune('0' + d.Labels[k]))
		glyphs[i] = newGlyph(d.Images[k*784:(k+1)*784], p.penWidth)
		g := glyphs[i]
		scale[i] = height / float64(max(g.x1-g.x0, g.y1-g.y0))
		if n > 1 {
			scale[i] *= p.between(0.9, 1.1)
		}
		if i > 0 {
			gap[i] = height * p.between(0.05, 0.4)
		}
		width += gap[i] + scale[i]*float64(g.x1-g.x0)
	}
	// Where the paper ends in the frame, and turned, the number must still be on it.
	left, top := p.margin[0]*float64(p.w), p.margin[1]*float64(p.h)
	roomX, roomY := float64(p.w)*(1-p.margin[2])-left, float64(p.h)*(1-p.margin[3])-top
	c, s := math.Cos(p.angle), math.Abs(math.Sin(p.angle))
	fit := min(1, 0.88*roomX/(width*c+height*s), 0.88*roomY/(height*c+width*s))
	x := left + (roomX-width*fit)*p.between(0.35, 0.65)
	y := top + (roomY-height*fit)*p.between(0.35, 0.65)
	if s > 0.1 || p.keystone != [2]float64{} { // what is far from the middle would leave the frame
		x, y = (float64(p.w)-width*fit)/2, (float64(p.h)-height*fit)/2
		x, y = x+(left-float64(p.w)*p.margin[2])/2, y+(top-float64(p.h)*p.margin[3])/2
	}
	for i, g := range glyphs {
		k := scale[i] * fit
		x += gap[i] * fit
		dy := y
		if n > 1 {
			dy += height * fit * p.between(-0.06, 0.06)
		}
		p.place(g, x, dy, k)
		x += k * float64(g.x1-g.x0)
	}
}

// place puts a glyph on the page, with the upper left corner of its box at (x, y) and k page pixels per glyph pixel.
func (p *page) place(g glyph, x, y, k float64) {
	right, bottom := x+k*float64(g.x1-g.x0), y+k*float64(g.y1-g.y0)
	p.boxes = append(p.boxes, box{x, y, right, bottom})
	for v := max(0, int(y-2)); v < min(p.h, int(bottom+3)); v++ {
		for u := max(0, int(x-2)); u < min(p.w, int(right+3)); u++ {
			gx, gy := (float64(u)+0.5-x)/k+float64(g.x0)-0.5, (float64(v)+0.5-y)/k+float64(g.y0)-0.5
			if ink := g.at(gx, gy); ink > 0 {
				p.ink.add(u, v, ink)
			}
		}
	}
}
