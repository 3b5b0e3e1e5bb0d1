package vision

import (
	"fmt"
	"math"
)

// sampler computes the pixels of a warped image: torch.nn.functional.grid_sample with zeros outside the image, followed
// by the fill value. A warp computes for each row of new pixels where their values are in the old image, and calls row.
type sampler struct {
	old      []float32
	c, h, w  int
	bilinear bool
	fill     [4]float32
}

// newSampler returns a sampler of img's pixels, which gives img a new size. memory holds the positions of a row.
func newSampler(op string, img *Image, h, w int, m Interpolation, fill []float32) sampler {
	s := sampler{c: img.C, h: img.H, w: img.W, bilinear: m == Bilinear}
	if m != Nearest && m != Bilinear {
		fail(op, fmt.Sprintf("Interpolation %v, want Nearest or Bilinear", m))
	}
	if img.C > len(s.fill) {
		fail(op, fmt.Sprintf("an image of %d channels, want at most %d", img.C, len(s.fill)))
	}
	if len(fill) > 0 {
		for c := range img.C {
			s.fill[c] = perChannel(op, "Fill", fill, img.C, c)
		}
	}
	s.old = img.Replace(img.C, h, w)
	return s
}

// row computes row y of img from the old pixels at the positions (xs, ys), in pixels from the center of the upper left
// pixel.
func (s *sampler) row(img *Image, y int, xs, ys []float32) {
	if s.bilinear {
		s.rowBilinear(img, y, xs, ys)
		return
	}
	n, old := img.H*img.W, s.h*s.w
	for j, x := range xs {
		at := s.nearest(x, ys[j])
		for c := range s.c {
			v := s.fill[c]
			if at >= 0 {
				v = s.old[c*old+at]
			}
			img.Pix[c*n+y*img.W+j] = v
		}
	}
}

// nearest returns the index of the pixel at a position, −1 outside the image. A position between two pixels is the even
// one's, as in PyTorch.
func (s *sampler) nearest(x, y float32) int {
	if !(x > -1 && y > -1 && x < float32(s.w) && y < float32(s.h)) { // also NaN
		return -1
	}
	i, j := int(math.RoundToEven(float64(y))), int(math.RoundToEven(float64(x)))
	if uint(i) >= uint(s.h) || uint(j) >= uint(s.w) {
		return -1
	}
	return i*s.w + j
}

func (s *sampler) rowBilinear(img *Image, y int, xs, ys []float32) {
	n, old, w := img.H*img.W, s.h*s.w, s.w
	ys = ys[:len(xs)]
	for j, px := range xs {
		py := ys[j]
		at := y*img.W + j
		if !(px > -1 && py > -1 && px < float32(s.w) && py < float32(s.h)) { // also NaN
			for c := range s.c {
				img.Pix[c*n+at] = s.fill[c]
			}
			continue
		}
		x0, y0 := int(px+1)-1, int(py+1)-1 // floor, as both are above −1
		fx, fy := px-float32(x0), py-float32(y0)
		a, b := float32((1-fx)*(1-fy)), float32(fx*(1-fy))
		d, e := float32((1-fx)*fy), float32(fx*fy)
		if uint(x0) < uint(s.w-1) && uint(y0) < uint(s.h-1) {
			i := y0*w + x0
			for c := range s.c {
				top, bottom := s.old[c*old+i:][:2:2], s.old[c*old+i+w:][:2:2]
				img.Pix[c*n+at] = float32(a*top[0]) + float32(b*top[1]) + float32(d*bottom[0]) + float32(e*bottom[1])
			}
			continue
		}
		s.edge(img, at, x0, y0, [4]float32{a, b, d, e})
	}
}

// edge computes pixel at of img, some of whose four neighbors are outside the old image. inside is the share of those
// inside. As in torchvision, their weighted sum, in which those outside are 0, is blended with the fill value once
// more.
func (s *sampler) edge(img *Image, at, x0, y0 int, weights [4]float32) {
	var inside float32
	var sum [4]float32
	for k, weight := range weights {
		x, y := x0+k%2, y0+k/2
		if uint(x) >= uint(s.w) || uint(y) >= uint(s.h) {
			continue
		}
		inside += weight
		for c := range s.c {
			sum[c] += float32(weight * s.old[(c*s.h+y)*s.w+x])
		}
	}
	for c := range s.c {
		img.Pix[c*img.H*img.W+at] = float32((sum[c]-s.fill[c])*inside) + s.fill[c]
	}
}
