package vision

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/rng"
)

// GaussianBlur blurs an image with a Gaussian filter of random width: torchvision's GaussianBlur. Beyond the edges the
// image is reflected.
type GaussianBlur struct {
	KernelSize int   // width of the filter in pixels, odd, at most 9999; required
	Sigma      Range // standard deviation in pixels; {0, 0} means {0.1, 2}
}

// maxKernel is the largest width of a Gaussian filter.
const maxKernel = 9999

// Apply draws the standard deviation and blurs img.
func (t GaussianBlur) Apply(img *Image, r *rng.Keyed) {
	const op = "GaussianBlur"
	if t.Sigma == (Range{}) {
		t.Sigma = Range{0.1, 2}
	}
	if t.KernelSize < 1 || t.KernelSize%2 == 0 || t.KernelSize > maxKernel || !(t.Sigma[0] > 0) {
		fail(op, fmt.Sprintf("KernelSize %d, Sigma %v: want an odd size up to %d and standard deviations above 0",
			t.KernelSize, t.Sigma, maxKernel))
	}
	if img.H == 0 || img.W == 0 {
		return
	}
	sigma := t.Sigma.draw(op, r)
	h, w := img.H, img.W
	nx, ny := gaussianTaps(w, t.KernelSize), gaussianTaps(h, t.KernelSize)
	memory := img.Scratch(h*(ny+1) + w*(nx+1) + h*w)
	y, memory := gaussian(memory, h, t.KernelSize, sigma)
	x, memory := gaussian(memory, w, t.KernelSize, sigma)
	for c := range img.C {
		blur(img.Plane(c), x, y, memory)
	}
}

// blur filters a plane of len(y.start) rows of len(x.start) values, with memory for another plane.
func blur(plane []float32, x, y axis, memory []float32) {
	w, memory := len(x.start), memory[:len(plane)]
	y.columns(memory, plane, w)
	x.rows(plane, memory, w)
}

// gaussian returns the axis of a Gaussian filter over n values, in memory, and the rest of the memory. The filter has
// size values (an odd number) and is folded back at the edges.
func gaussian(memory []float32, n, size int, sigma float64) (a axis, rest []float32) {
	taps := gaussianTaps(n, size)
	a = axis{taps, memory[:n], memory[n:][:n*taps]}
	clear(a.weights)
	half := size / 2
	sum := 0.0
	for k := -half; k <= half; k++ {
		sum += gauss(k, sigma)
	}
	for k := -half; k <= half; k++ {
		weight := float32(gauss(k, sigma) / sum)
		for i := range n {
			start := min(max(i-half, 0), n-taps)
			a.start[i] = float32(start)
			a.weights[i*taps+Reflect.at(i+k, n)-start] += weight
		}
	}
	return a, memory[n*(taps+1):]
}

// gaussianTaps returns the number of weights for each of n values. For few values that is all of them, because the
// matrix product is faster than sums over a band.
func gaussianTaps(n, size int) int {
	if n <= 4*size && n <= 512 {
		return n
	}
	return min(size, n)
}

// gauss returns exp(−k²/(2σ²)).
func gauss(k int, sigma float64) float64 {
	x := float64(k) / sigma
	return math.Exp(-x * x / 2)
}
