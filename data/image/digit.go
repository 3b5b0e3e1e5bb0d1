package image

import (
	"errors"
	"fmt"
	"image"
	"math"
	"slices"
)

// ErrBlank is the error of Digit for an image without ink.
var ErrBlank = errors.New("image: found no ink: all pixels of the image are similar to the background")

// Digit finds the handwriting in m and returns it as n×n grayscale values (n·n, row-major), normalized as the MNIST
// digits are (with n = 28): ink near 1 on a background of 0; the ink's bounding box scaled to fit a square of 20/28
// of the side, with its aspect ratio kept; its center of mass in the middle.
//
// The border of m defines the background. It may be dark or light, and may have a linear gradient, as unevenly lit
// paper has. Noise and spots much smaller than the handwriting are removed. It returns ErrBlank if it finds no ink.
// It panics if n is less than 4.
//
// Source: http://yann.lecun.com/exdb/mnist.
func Digit(m image.Image, n int) ([]float32, error) {
	if n < 4 {
		panic(fmt.Sprintf("image.Digit: size %d, want at least 4", n))
	}
	// A higher resolution would not change a result of 20 pixels.
	const maxSide = 1024
	b := m.Bounds()
	if b.Empty() {
		return nil, ErrBlank
	}
	scale := min(1, maxSide/float64(max(b.Dx(), b.Dy())))
	p := luma(m, max(1, int(float64(b.Dx())*scale)), max(1, int(float64(b.Dy())*scale)))

	if !extractInk(p) {
		return nil, ErrBlank
	}
	box := inkBox(p)
	ink := float64(max(box.Dx(), box.Dy())) // longer side, in source pixels
	s := ink / math.Round(float64(n)*20/28)
	w, h := int(math.Ceil(float64(box.Dx())/s-1e-9)), int(math.Ceil(float64(box.Dy())/s-1e-9))
	small := areaAverage(box.Size(), s, s, w, h, func(y int, dst []float32) {
		copy(dst, p.pix[(box.Min.Y+y)*p.w+box.Min.X:])
	})
	// Scaling has made thin strokes faint; the brightest pixel of an MNIST digit is always 1.
	peak := slices.Max(small.pix)
	for i := range small.pix {
		small.pix[i] /= peak
	}
	return center(small, n), nil
}

// extractInk replaces the luma in p by the amount of ink, 0 to 1. It returns false if there is no ink.
func extractInk(p plane) bool {
	subtractBackground(p)

	// Decide whether ink is lighter or darker than the background. The fourth power gives a few strong strokes more
	// weight than much weak noise.
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
	const minContrast = 0.06 // pencil has more
	if most < minContrast || len(paper) == 0 {
		return false
	}
	// 75% of Gaussian noise lies within 1.15 standard deviations, so this threshold removes noise within 3.5 standard
	// deviations. It is 0 for a clean drawing, whose background is mostly exactly 0.
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

// subtractBackground subtracts from p the linear function a + bx·x + by·y fitted to its border, since paper is seldom
// lit evenly.
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

	// Subtracting the median first keeps a constant background at exactly 0.
	level := quantile(vs, 0.5)
	for i := range vs {
		vs[i] -= level
	}
	a, bx, by := fitPlane(xs, ys, vs)
	for i := range p.pix {
		p.pix[i] = float32(float64(p.pix[i]) - level - (a + float64(bx*float64(i%p.w)) + float64(by*float64(i/p.w))))
	}
}

// fitPlane returns the least-squares fit v ≈ a + bx·x + by·y over the points with |v| ≤ 3·median|v|. That excludes
// ink which reaches the border.
func fitPlane(xs, ys, vs []float64) (a, bx, by float64) {
	abs := make([]float64, len(vs))
	for i, v := range vs {
		abs[i] = math.Abs(v)
	}
	near := 3 * quantile(abs, 0.5)

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
	if det > 1e-3*xx*yy { // else the points lie on a line, and the slope is undefined
		bx = (float64(xv*yy) - float64(yv*xy)) / det
		by = (float64(yv*xx) - float64(xv*xy)) / det
	}
	return mv - float64(bx*mx) - float64(by*my), bx, by
}

// inkBox returns the bounding box of the ink in p. It ignores spots: connected components with less than 1/20 of the
// ink of the largest component.
func inkBox(p plane) image.Rectangle {
	// JPEG compression causes ripples of up to 0.1 around a stroke; they are not ink.
	const threshold = 0.1
	type component struct {
		box image.Rectangle
		ink float64
	}
	var components []component
	var most float64
	seen := make([]bool, len(p.pix))
	var todo []int
	for start := range p.pix {
		if p.pix[start] <= threshold || seen[start] {
			continue
		}
		var c component
		seen[start], todo = true, append(todo, start)
		for len(todo) > 0 {
			i := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			x, y := i%p.w, i/p.w
			c.ink += float64(p.pix[i])
			c.box = c.box.Union(image.Rect(x, y, x+1, y+1))
			for v := max(0, y-1); v <= min(p.h-1, y+1); v++ {
				for u := max(0, x-1); u <= min(p.w-1, x+1); u++ {
					if j := v*p.w + u; p.pix[j] > threshold && !seen[j] {
						seen[j], todo = true, append(todo, j)
					}
				}
			}
		}
		components, most = append(components, c), max(most, c.ink)
	}
	var box image.Rectangle
	for _, c := range components {
		if c.ink >= most/20 {
			box = box.Union(c.box)
		}
	}
	return box
}

// center returns n×n pixels with p's center of mass in the middle. It moves p by whole pixels, as MNIST does, whose
// centers of mass lie between 13.5 and 14.5.
func center(p plane, n int) []float32 {
	var mass, mx, my float64
	for i, v := range p.pix {
		mass += float64(v)
		mx += float64(float64(v) * float64(i%p.w))
		my += float64(float64(v) * float64(i/p.w))
	}
	shift := func(middle float64, size int) int { // so that p stays inside
		return min(n-size, max(0, int(math.Ceil(float64(n)/2-0.5-middle))))
	}
	dx, dy := shift(mx/mass, p.w), shift(my/mass, p.h)
	out := make([]float32, n*n)
	for y := range p.h {
		copy(out[(y+dy)*n+dx:], p.pix[y*p.w:(y+1)*p.w])
	}
	return out
}

// quantile returns the q-quantile of values, without interpolation.
func quantile[T float32 | float64](values []T, q float64) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}
