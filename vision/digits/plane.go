package digits

import (
	"image"
	"image/color"
	"math"
	"slices"
)

// plane is a picture of one float32 per pixel.
type plane struct {
	w, h int
	pix  []float32 // (h, w)
}

func newPlane(w, h int) plane { return plane{w, h, make([]float32, w*h)} }

func (p plane) clone() plane { return plane{p.w, p.h, slices.Clone(p.pix)} }

// workSide is the longer side of the picture in which marks are searched. A digit of a fifth of the frame still has
// twice the resolution of MNIST's there.
const workSide = 420

// shrink returns the gray values of m, from 0 (black) to 1 (white), each the mean of k×k pixels, where k is the
// smallest number for which no side is longer than workSide. It also returns k.
func shrink(m image.Image) (plane, int) {
	b := m.Bounds()
	k := max(1, (max(b.Dx(), b.Dy())+workSide-1)/workSide)
	p := newPlane(max(1, b.Dx()/k), max(1, b.Dy()/k))
	row := grayRows(m)
	line := make([]uint8, b.Dx())
	sum := make([]uint32, p.w)
	for y := range p.h {
		clear(sum)
		for v := range min(k, b.Dy()) {
			row(b.Min.Y+y*k+v, line)
			for x := range sum {
				var s uint32
				for _, g := range line[x*k : min((x+1)*k, len(line))] {
					s += uint32(g)
				}
				sum[x] += s
			}
		}
		scale := 1 / float32(255*min(k, b.Dx())*min(k, b.Dy()))
		for x, s := range sum {
			p.pix[y*p.w+x] = float32(s) * scale
		}
	}
	return p, k
}

// grayRows returns a function that writes row y of m as gray values. A transparent pixel is white.
func grayRows(m image.Image) func(y int, dst []uint8) {
	b := m.Bounds()
	switch m := m.(type) {
	case *image.Gray:
		return func(y int, dst []uint8) { copy(dst, m.Pix[m.PixOffset(b.Min.X, y):]) }
	case *image.YCbCr: // a JPEG in color
		return func(y int, dst []uint8) { copy(dst, m.Y[m.YOffset(b.Min.X, y):]) }
	}
	return func(y int, dst []uint8) {
		for x := range dst {
			r, g, bl, a := m.At(b.Min.X+x, y).RGBA()
			white := 0xffff - a
			dst[x] = color.GrayModel.Convert(color.RGBA64{uint16(r + white), uint16(g + white), uint16(bl + white),
				0xffff}).(color.Gray).Y
		}
	}
}

// noise returns the standard deviation of the noise from pixel to pixel: 1.48 times the median of the absolute value of
// a difference operator that is 0 on every linear function and on every straight edge along an axis.
//
// Source: J. Immerkær, Fast Noise Variance Estimation, 1996.
func (p plane) noise() float64 {
	var values []float32
	for y := 1; y < p.h-1; y += 3 {
		for x := 1; x < p.w-1; x += 3 {
			i := y*p.w + x
			up, down := p.pix[i-p.w:], p.pix[i+p.w:]
			v := p.pix[i-p.w-1] - 2*up[0] + up[1] - 2*p.pix[i-1] + 4*p.pix[i] - 2*p.pix[i+1] +
				p.pix[i+p.w-1] - 2*down[0] + down[1]
			values = append(values, max(v, -v))
		}
	}
	if len(values) == 0 {
		return 0
	}
	return 1.4826 * float64(quantile(values, 0.5)) / 6
}

// blur applies a Gaussian filter with standard deviation sigma, in pixels.
func (p plane) blur(sigma float64) {
	n := int(2.5*sigma + 1)
	weights := make([]float32, n+1)
	sum := float32(0)
	for i := range weights {
		weights[i] = float32(math.Exp(-float64(i*i) / (2 * sigma * sigma)))
		sum += weights[i]
		if i > 0 {
			sum += weights[i]
		}
	}
	for i := range weights {
		weights[i] /= sum
	}
	line := make([]float32, p.w+2*n)
	for y := range p.h {
		row := p.pix[y*p.w : (y+1)*p.w]
		copy(line[n:], row)
		for i := range n {
			line[i], line[n+p.w+i] = row[0], row[p.w-1]
		}
		for x := range row {
			v := weights[0] * line[x+n]
			for k := 1; k <= n; k++ {
				v += weights[k] * (line[x+n-k] + line[x+n+k])
			}
			row[x] = v
		}
	}
	old := p.clone()
	at := func(y int) []float32 { y = min(p.h-1, max(0, y)); return old.pix[y*p.w : (y+1)*p.w] }
	for y := range p.h {
		row, middle := p.pix[y*p.w:(y+1)*p.w], at(y)
		for x := range row {
			row[x] = weights[0] * middle[x]
		}
		for k := 1; k <= n; k++ {
			up, down, weight := at(y-k), at(y+k), weights[k]
			for x := range row {
				row[x] += weight * (up[x] + down[x])
			}
		}
	}
}

// quantile returns the q-quantile of values, without interpolation. It changes their order.
func quantile(values []float32, q float64) float32 {
	if len(values) == 0 {
		return 0
	}
	k := min(len(values)-1, int(q*float64(len(values))))
	lo, hi := 0, len(values)-1
	for lo < hi { // Hoare's selection
		pivot := values[(lo+hi)/2]
		i, j := lo, hi
		for i <= j {
			for values[i] < pivot {
				i++
			}
			for values[j] > pivot {
				j--
			}
			if i <= j {
				values[i], values[j] = values[j], values[i]
				i, j = i+1, j-1
			}
		}
		switch {
		case k <= j:
			hi = j
		case k >= i:
			lo = i
		default:
			return values[k]
		}
	}
	return values[k]
}
