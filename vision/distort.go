package vision

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/rng"
)

// Perspective warps an image so that four points move: torchvision's functional.perspective. Points are x and y in
// pixels, in the order upper left, upper right, lower right, lower left.
type Perspective struct {
	Start, End    [4][2]float64
	Interpolation Interpolation // Nearest or Bilinear; Default is Bilinear
	Fill          []float32     // value of pixels outside the image, one or one for each channel; nil means 0
}

// Apply warps img. It panics if the points do not define a perspective: three of them on one line.
func (t Perspective) Apply(img *Image, _ *rng.Keyed) {
	const op = "Perspective"
	k, ok := perspective(t.Start, t.End)
	if !ok {
		fail(op, fmt.Sprintf("Start %v, End %v: want points of which no three are on one line", t.Start, t.End))
	}
	method := t.Interpolation
	if method == Default {
		method = Bilinear
	}
	h, w := img.H, img.W
	memory := img.Scratch(2 * w)
	xs, ys := memory[:w], memory[w:]
	s := newSampler(op, img, h, w, method, t.Fill)
	for i := range h {
		y := float64(i) + 0.5
		for j := range w {
			x := float64(j) + 0.5
			d := float64(k[6]*x) + float64(k[7]*y) + 1
			xs[j] = float32((float64(k[0]*x)+float64(k[1]*y)+k[2])/d - 0.5)
			ys[j] = float32((float64(k[3]*x)+float64(k[4]*y)+k[5])/d - 0.5)
		}
		s.row(img, i, xs, ys)
	}
}

// perspective returns the coefficients of the map that takes the points end to the points start:
//
//	(x, y) → ((k₀x + k₁y + k₂)/(k₆x + k₇y + 1), (k₃x + k₄y + k₅)/(k₆x + k₇y + 1))
//
// They solve a system of eight linear equations. Like PyTorch's they are rounded to float32.
func perspective(start, end [4][2]float64) (k [8]float64, ok bool) {
	var m [8][9]float64
	for i := range 4 {
		x, y, u, v := end[i][0], end[i][1], start[i][0], start[i][1]
		m[2*i] = [9]float64{x, y, 1, 0, 0, 0, -u * x, -u * y, u}
		m[2*i+1] = [9]float64{0, 0, 0, x, y, 1, -v * x, -v * y, v}
	}
	for col := range 8 { // Gauss-Jordan elimination with pivoting
		pivot := col
		for row := col + 1; row < 8; row++ {
			if math.Abs(m[row][col]) > math.Abs(m[pivot][col]) {
				pivot = row
			}
		}
		m[col], m[pivot] = m[pivot], m[col]
		if math.Abs(m[col][col]) < 1e-10 {
			return k, false
		}
		for row := range 8 {
			if row == col {
				continue
			}
			f := m[row][col] / m[col][col]
			for j := col; j < 9; j++ {
				m[row][j] -= float64(f * m[col][j])
			}
		}
	}
	for i := range k {
		k[i] = float64(float32(m[i][8] / m[i][i]))
	}
	return k, true
}

// RandomPerspective moves the corners of an image inwards by random distances, with probability P: torchvision's
// RandomPerspective.
type RandomPerspective struct {
	DistortionScale float64       // largest distance, as a fraction of half of the sides; 0 means 0.5
	P               float64       // 0 means 0.5
	Interpolation   Interpolation // Nearest or Bilinear; Default is Bilinear
	Fill            []float32     // value of pixels outside the image, one or one for each channel; nil means 0
}

// Apply draws the corners, in whole pixels, and warps img.
func (t RandomPerspective) Apply(img *Image, r *rng.Keyed) {
	const op = "RandomPerspective"
	if !happens(op, t.P, 0.5, r) {
		return
	}
	if t.DistortionScale == 0 {
		t.DistortionScale = 0.5
	}
	if !(t.DistortionScale > 0 && t.DistortionScale <= 1) {
		fail(op, fmt.Sprintf("DistortionScale %v, want a fraction from 0 to 1", t.DistortionScale))
	}
	if min(img.W, img.H) < 2 {
		return // without four corners there is nothing to distort
	}
	right, bottom := img.W-1, img.H-1
	most := [2]int{int(t.DistortionScale*float64(img.W/2)) + 1, int(t.DistortionScale*float64(img.H/2)) + 1}
	p := Perspective{Interpolation: t.Interpolation, Fill: t.Fill}
	for i, corner := range [4][2]int{{0, 0}, {right, 0}, {right, bottom}, {0, bottom}} {
		for axis, v := range corner {
			p.Start[i][axis] = float64(v)
			if inward := r.IntN(most[axis]); v == 0 {
				p.End[i][axis] = float64(inward)
			} else {
				p.End[i][axis] = float64(v - inward)
			}
		}
	}
	if _, ok := perspective(p.Start, p.End); !ok {
		return // DistortionScale 1 can put all corners on one point
	}
	p.Apply(img, r)
}

// ElasticTransform moves each pixel by a random distance, which changes smoothly over the image: torchvision's
// ElasticTransform. (Simard, Steinkraus and Platt, "Best practices for convolutional neural networks applied to visual
// document analysis", ICDAR 2003)
//
// A distance is noise from −1 to 1, blurred by a Gaussian filter with standard deviation Sigma, times Alpha/2 pixels.
type ElasticTransform struct {
	Alpha         float64       // 0 means 50
	Sigma         float64       // in pixels; 0 means 5
	Interpolation Interpolation // Nearest or Bilinear; Default is Bilinear
	Fill          []float32     // value of pixels outside the image, one or one for each channel; nil means 0
}

// Apply draws the distances and warps img.
func (t ElasticTransform) Apply(img *Image, r *rng.Keyed) {
	const op = "ElasticTransform"
	if t.Alpha == 0 {
		t.Alpha = 50
	}
	if t.Sigma == 0 {
		t.Sigma = 5
	}
	if !(t.Alpha > 0 && t.Sigma > 0 && t.Sigma <= 1000) {
		fail(op, fmt.Sprintf("Alpha %v, Sigma %v: want numbers above 0, and Sigma up to 1000", t.Alpha, t.Sigma))
	}
	h, w := img.H, img.W
	if h == 0 || w == 0 {
		return
	}
	size := int(8*t.Sigma+1) | 1
	memory := img.Scratch(3*h*w + h*(gaussianTaps(h, size)+1) + w*(gaussianTaps(w, size)+1))
	dx, dy, memory := memory[:h*w], memory[h*w:][:h*w], memory[2*h*w:]
	y, memory := gaussian(memory, h, size, t.Sigma)
	x := y
	if w != h {
		x, memory = gaussian(memory, w, size, t.Sigma)
	}
	for _, d := range [2][]float32{dx, dy} {
		r.Uniform32(d, -1, 1)
		blur(d, x, y, memory)
	}
	displace(op, img, dx, dy, float32(t.Alpha/2), t.Interpolation, t.Fill)
}

// displace moves pixel i by factor·(dx[i], dy[i]) pixels: new pixel i has the value of the old image at i plus that
// distance. It overwrites dx and dy.
func displace(op string, img *Image, dx, dy []float32, factor float32, method Interpolation, fill []float32) {
	if method == Default {
		method = Bilinear
	}
	h, w := img.H, img.W
	s := newSampler(op, img, h, w, method, fill)
	for i := range h {
		xs, ys := dx[i*w:][:w], dy[i*w:][:w]
		for j := range w {
			xs[j] = float32(j) + float32(xs[j]*factor)
			ys[j] = float32(i) + float32(ys[j]*factor)
		}
		s.row(img, i, xs, ys)
	}
}
