package digits

import (
	"image"
	"math"
)

// Frame returns all ink of a picture, white on black, as one digit in the frame of MNIST's: side×side pixels with ink
// 1 on
// 0. It is for drawings, which need no search. All pixels are 0 if there is no ink.
func Frame(ink *image.Gray, side int) []float32 {
	b := ink.Bounds()
	p := newPlane(b.Dx(), b.Dy())
	all := mark{labels: []int{0}}
	label := make([]int32, len(p.pix))
	for y := range p.h {
		for x := range p.w {
			v := float32(ink.GrayAt(b.Min.X+x, b.Min.Y+y).Y) / 255
			p.pix[y*p.w+x] = v
			if v > 0.42 { // as scanInk
				label[y*p.w+x] = 1
				all.add(x, y)
			}
		}
	}
	if all.area == 0 {
		return make([]float32, side*side)
	}
	s := &scan{ink: p, level: 1, label: label}
	return s.frame(all, side)
}

// frame returns a mark as MNIST frames its digits: ink 1 on 0, its longer side scaled to 20/28 of side, its center of
// mass in the middle of side×side pixels. The picture is turned back by the angle of the row.
//
// Source: http://yann.lecun.com/exdb/mnist.
func (s *scan) frame(m mark, side int) []float32 {
	c, sn := math.Cos(s.angle), math.Sin(s.angle)
	ox, oy := float64(m.box.Min.X+m.box.Max.X)/2, float64(m.box.Min.Y+m.box.Max.Y)/2
	own := func(i int) bool { return m.owns(s.label[i]) }
	// The ink of the mark and of the pixels beside it, which belong to its soft edge.
	x0 := max(0, m.box.Min.X-2)
	y0 := max(0, m.box.Min.Y-2)
	x1 := min(s.ink.w, m.box.Max.X+2)
	y1 := min(s.ink.h, m.box.Max.Y+2)
	part := newPlane(x1-x0, y1-y0)
	left, top, right, bottom := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for y := y0; y < y1; y++ {
		for x := x0; x < x1; x++ {
			i := y*s.ink.w + x
			if own(i) {
				u, v := c*(float64(x)-ox)+sn*(float64(y)-oy), c*(float64(y)-oy)-sn*(float64(x)-ox)
				left, right, top, bottom = min(left, u-0.5), max(right, u+0.5), min(top, v-0.5), max(bottom, v+0.5)
			} else if !(x > 0 && own(i-1) || x < s.ink.w-1 && own(i+1) || y > 0 && own(i-s.ink.w) || y < s.ink.h-1 &&
				own(i+s.ink.w)) {
				continue
			}
			part.pix[(y-y0)*part.w+x-x0] = min(1, max(0, (s.ink.pix[i]/s.level-0.2)/0.5))
		}
	}
	scale := max(right-left, bottom-top) / math.Round(float64(side)*20/28)
	n := max(1, int(math.Ceil(scale)))
	w, h := max(1, int(math.Ceil((right-left)/scale-1e-9))), max(1, int(math.Ceil((bottom-top)/scale-1e-9)))
	small := newPlane(w, h)
	peak := float32(0)
	for y := range h {
		for x := range w {
			sum := float32(0)
			for j := range n {
				for i := range n {
					u := left + scale*(float64(x)+(float64(i)+0.5)/float64(n))
					v := top + scale*(float64(y)+(float64(j)+0.5)/float64(n))
					sum += part.bilinear(c*u-sn*v+ox-float64(x0), sn*u+c*v+oy-float64(y0))
				}
			}
			small.pix[y*w+x] = sum / float32(n*n)
			peak = max(peak, small.pix[y*w+x])
		}
	}
	if peak > 0 {
		for i := range small.pix {
			small.pix[i] = min(1, small.pix[i]/peak)
		}
	}
	return small.center(side)
}

// bilinear returns the value at a point; pixel (0, 0) is at (0, 0). It is 0 outside.
func (p plane) bilinear(x, y float64) float32 {
	fx, fy := math.Floor(x), math.Floor(y)
	i, j := int(fx), int(fy)
	get := func(i, j int) float32 {
		if i < 0 || j < 0 || i >= p.w || j >= p.h {
			return 0
		}
		return p.pix[j*p.w+i]
	}
	tx, ty := float32(x-fx), float32(y-fy)
	return (get(i, j)*(1-tx)+get(i+1, j)*tx)*(1-ty) + (get(i, j+1)*(1-tx)+get(i+1, j+1)*tx)*ty
}

// center returns side×side pixels with p's center of mass in the middle. It moves p by whole pixels, as MNIST does.
func (p plane) center(side int) []float32 {
	var mass, mx, my float64
	for i, v := range p.pix {
		mass += float64(v)
		mx += float64(v) * float64(i%p.w)
		my += float64(v) * float64(i/p.w)
	}
	shift := func(middle float64, size int) int { // so that p stays inside
		return min(side-size, max(0, int(math.Ceil(float64(side)/2-0.5-middle))))
	}
	out := make([]float32, side*side)
	if mass == 0 {
		return out
	}
	dx, dy := shift(mx/mass, p.w), shift(my/mass, p.h)
	for y := range p.h {
		copy(out[(y+dy)*side+dx:], p.pix[y*p.w:(y+1)*p.w])
	}
	return out
}
