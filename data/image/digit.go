package image

import (
	"errors"
	"fmt"
	"image"
	"math"
	"slices"
)

// ErrBlank is the error of Digit for a picture without ink.
var ErrBlank = errors.New("image: no ink: nothing in the picture stands out from its background")

// Digit finds the writing in m and returns it as n×n grey values, row by row,
// the way the MNIST digits are made (n is 28 for them): light ink, near 1, on a
// background of 0; the ink's bounding box scaled, its aspect kept, to fit 20/28
// of the square; its centre of mass in the middle.
//
// The background is what the border of m shows; it may be dark or light and may
// change evenly from side to side, as light on paper does. Noise and spots much
// smaller than the writing are left out. Where nothing stands out Digit returns
// ErrBlank. It panics if n is less than 4.
//
// The form is described at http://yann.lecun.com/exdb/mnist.
func Digit(m image.Image, n int) ([]float32, error) {
	if n < 4 {
		panic(fmt.Sprintf("image.Digit: size %d is less than 4", n))
	}
	// Finer than this shows nothing more in 20 pixels.
	const finest = 1024
	b := m.Bounds()
	if b.Empty() {
		return nil, ErrBlank
	}
	scale := min(1, finest/float64(max(b.Dx(), b.Dy())))
	p := luma(m, max(1, int(float64(b.Dx())*scale)), max(1, int(float64(b.Dy())*scale)))

	if !develop(p) {
		return nil, ErrBlank
	}
	box := inkBox(p)
	ink := float64(max(box.Dx(), box.Dy())) // source pixels
	s := ink / math.Round(float64(n)*20/28)
	w, h := int(math.Ceil(float64(box.Dx())/s-1e-9)), int(math.Ceil(float64(box.Dy())/s-1e-9))
	small := shrink(box.Size(), s, s, w, h, func(y int, dst []float32) {
		copy(dst, p.pix[(box.Min.Y+y)*p.w+box.Min.X:])
	})
	// A thin pen's strokes have become faint; MNIST's brightest pixel is always full.
	peak := slices.Max(small.pix)
	for i := range small.pix {
		small.pix[i] /= peak
	}
	return center(small, n), nil
}

// develop replaces the luma in p by ink, 0 for none to 1 for full. It returns
// false if there is none.
func develop(p plane) bool {
	subtractBackground(p)

	// Ink is on the side of the background that lies further from it. The fourth
	// power lets a few strokes outvote much of weak noise.
	var light, dark float64
	for _, v := range p.pix {
		if v2 := float64(v * v); v > 0 {
			light += v2 * v2
		} else {
			dark += v2 * v2
		}
	}
	if dark > light {
		for i, v := range p.pix {
			p.pix[i] = -v
		}
	}

	most := slices.Max(p.pix)
	var strokes, paper []float32
	for _, v := range p.pix {
		if v > most/2 {
			strokes = append(strokes, v)
		} else {
			paper = append(paper, max(v, -v))
		}
	}
	const faintest = 0.06 // fainter than pencil
	if most < faintest || len(paper) == 0 {
		return false
	}
	// Three quarters of noise lie within 1.15 standard deviations: this leaves out
	// what is within 3.5. A clean drawing, background mostly exact, loses nothing.
	noise := 3 * quantile(paper, 0.75)
	full := quantile(strokes, 0.75)
	if full < 2*noise {
		return false
	}
	for i, v := range p.pix {
		p.pix[i] = min(1, max(0, (v-noise)/(full-noise)))
	}
	return true
}

// subtractBackground takes from p the plane a + bx·x + by·y through its border:
// paper is seldom lit evenly.
func subtractBackground(p plane) {
	var xs, ys, vs []float64
	for y := range p.h {
		step := 1
		if y > 0 && y < p.h-1 {
			step = max(1, p.w-1) // the first and the last pixel of the row
		}
		for x := 0; x < p.w; x += step {
			xs, ys, vs = append(xs, float64(x)), append(ys, float64(y)), append(vs, float64(p.pix[y*p.w+x]))
		}
	}

	// Fitting what is left of the values keeps an even background at exactly 0.
	level := quantile(vs, 0.5)
	for i := range vs {
		vs[i] -= level
	}
	a, bx, by := fitPlane(xs, ys, vs)
	for i := range p.pix {
		p.pix[i] = float32(float64(p.pix[i]) - level - (a + float64(bx*float64(i%p.w)) + float64(by*float64(i/p.w))))
	}
}

// fitPlane returns the plane a + bx·x + by·y through the points whose values are
// at most three times as far from 0 as their median is, which leaves out ink that
// reaches the border: least squares.
func fitPlane(xs, ys, vs []float64) (a, bx, by float64) {
	far := make([]float64, len(vs))
	for i, v := range vs {
		far[i] = math.Abs(v)
	}
	near := 3 * quantile(far, 0.5)

	var n, mx, my, mv float64
	each := func(f func(x, y, v float64)) {
		for i, v := range vs {
			if math.Abs(v) <= near {
				f(xs[i], ys[i], v)
			}
		}
	}
	each(func(x, y, v float64) { n, mx, my, mv = n+1, mx+x, my+y, mv+v })
	mx, my, mv = mx/n, my/n, mv/n
	var xx, xy, yy, xv, yv float64
	each(func(x, y, v float64) {
		x, y, v = x-mx, y-my, v-mv
		xx, xy, yy = xx+float64(x*x), xy+float64(x*y), yy+float64(y*y)
		xv, yv = xv+float64(x*v), yv+float64(y*v)
	})
	det := float64(xx*yy) - float64(xy*xy)
	if det > 1e-3*xx*yy { // else the points lie on a line, and say nothing beside it
		bx = (float64(xv*yy) - float64(yv*xy)) / det
		by = (float64(yv*xx) - float64(xv*xy)) / det
	}
	return mv - float64(bx*mx) - float64(by*my), bx, by
}

// inkBox returns the bounding box of what is clearly ink in p, less the spots:
// connected pieces of less than a twentieth of the ink of the largest.
func inkBox(p plane) image.Rectangle {
	// JPEG sets ripples of up to a tenth around a stroke, which are no part of it.
	const clear = 0.1
	type piece struct {
		box image.Rectangle
		ink float64
	}
	var pieces []piece
	var most float64
	seen := make([]bool, len(p.pix))
	var todo []int
	for start := range p.pix {
		if p.pix[start] <= clear || seen[start] {
			continue
		}
		var c piece
		seen[start], todo = true, append(todo, start)
		for len(todo) > 0 {
			i := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			x, y := i%p.w, i/p.w
			c.ink += float64(p.pix[i])
			c.box = c.box.Union(image.Rect(x, y, x+1, y+1))
			for v := max(0, y-1); v <= min(p.h-1, y+1); v++ {
				for u := max(0, x-1); u <= min(p.w-1, x+1); u++ {
					if j := v*p.w + u; p.pix[j] > clear && !seen[j] {
						seen[j], todo = true, append(todo, j)
					}
				}
			}
		}
		pieces, most = append(pieces, c), max(most, c.ink)
	}
	var box image.Rectangle
	for _, c := range pieces {
		if c.ink >= most/20 {
			box = box.Union(c.box)
		}
	}
	return box
}

// center moves p, with its centre of mass, to the middle of n×n pixels: by whole
// pixels, as MNIST does, whose centres of mass lie between 13.5 and 14.5.
func center(p plane, n int) []float32 {
	var mass, mx, my float64
	for i, v := range p.pix {
		mass += float64(v)
		mx += float64(float64(v) * float64(i%p.w))
		my += float64(float64(v) * float64(i/p.w))
	}
	shift := func(middle float64, size int) int { // kept inside
		return min(n-size, max(0, int(math.Ceil(float64(n)/2-0.5-middle))))
	}
	dx, dy := shift(mx/mass, p.w), shift(my/mass, p.h)
	out := make([]float32, n*n)
	for y := range p.h {
		copy(out[(y+dy)*n+dx:], p.pix[y*p.w:(y+1)*p.w])
	}
	return out
}

// quantile returns the value below which the share q of the values lies.
func quantile[T float32 | float64](values []T, q float64) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}
