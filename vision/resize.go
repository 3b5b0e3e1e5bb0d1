package vision

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/internal/kernel/gemm"
	"github.com/lamina-ml/lamina/internal/kernel/vec"
	"github.com/lamina-ml/lamina/rng"
)

// Resize scales an image: torchvision's Resize. With Size the shorter side becomes Size pixels and the other one keeps
// the aspect ratio; with Height and Width both sides are given.
type Resize struct {
	Size          int // of the shorter side
	Height, Width int // instead of Size

	MaxSize       int           // largest length of the longer side, together with Size; 0 means no bound
	Interpolation Interpolation // Default is Bilinear

	// NoAntialias computes each pixel from its nearest 2×2 (Bilinear) or 4×4 pixels (Bicubic) when it makes an image
	// smaller. Otherwise each pixel is a weighted mean of all pixels that it covers. It does not concern Nearest.
	NoAntialias bool
}

// Apply scales img. It panics without a size, and for an image without pixels.
func (t Resize) Apply(img *Image, _ *rng.Keyed) {
	h, w := t.Height, t.Width
	switch {
	case t.Size > 0 && h == 0 && w == 0:
		h, w = shorterSide(img.H, img.W, t.Size, t.MaxSize)
	case t.Size != 0 || h <= 0 || w <= 0:
		fail("Resize", fmt.Sprintf("Size %d, Height %d, Width %d: want either Size or Height and Width", t.Size, h, w))
	}
	resize("Resize", img, h, w, t.Interpolation, !t.NoAntialias)
}

// shorterSide returns the size of an h×w image whose shorter side is scaled to size, and its longer side to at most
// longest, if that is not 0.
func shorterSide(h, w, size, longest int) (int, int) {
	if longest != 0 && longest <= size {
		fail("Resize", fmt.Sprintf("MaxSize %d, want more than Size %d", longest, size))
	}
	if h == 0 || w == 0 {
		fail("Resize", fmt.Sprintf("an image of %d×%d pixels, want at least 1×1", w, h))
	}
	short, long := size, int(float64(size)*float64(max(h, w))/float64(min(h, w)))
	if longest != 0 && long > longest {
		short, long = int(float64(longest)*float64(short)/float64(long)), longest
	}
	if w <= h {
		return long, short
	}
	return short, long
}

// resize scales img to h×w pixels. The method is separable: along each axis a new value is a weighted sum of
// neighboring old ones. The axis that loses values is first, and columns before rows, because whole rows are added at
// once.
func resize(op string, img *Image, h, w int, m Interpolation, antialias bool) {
	if img.H == 0 || img.W == 0 {
		fail(op, fmt.Sprintf("an image of %d×%d pixels, want at least 1×1", img.W, img.H))
	}
	checkSize(op, h, w)
	if m > Bicubic {
		fail(op, fmt.Sprintf("the interpolation %d is unknown; Nearest, NearestExact, Bilinear and Bicubic exist",
			uint8(m)))
	}
	ih, iw := img.H, img.W
	if h == ih && w == iw {
		return
	}
	nx, ny := taps(iw, w, m, antialias), taps(ih, h, m, antialias)
	between := h * iw
	if h > ih {
		between = ih * w
	}
	memory := img.Scratch((nx+1)*w + (ny+1)*h + between)
	x, memory := newAxis(memory, iw, w, nx, m, antialias)
	y, memory := newAxis(memory, ih, h, ny, m, antialias)
	old := img.Replace(img.C, h, w)
	for c := range img.C {
		src, dst := old[c*ih*iw:][:ih*iw], img.Plane(c)
		if h <= ih {
			y.columns(memory, src, iw)
			x.rows(dst, memory[:h*iw], iw)
		} else {
			x.rows(memory, src, iw)
			y.columns(dst, memory[:ih*w], w)
		}
	}
}

// axis holds how each of the new values along an axis is computed from the old ones: value i is the sum of
// weights[i·n+j] · old[start[i]+j] for j < n. That is a product with a band matrix W.
type axis struct {
	n       int
	start   []float32 // whole numbers
	weights []float32
}

// taps returns the largest number of old values from which a new value is computed.
func taps(from, to int, m Interpolation, antialias bool) int {
	n := 1
	switch m {
	case Default, Bilinear:
		n = 2
	case Bicubic:
		n = 4
	}
	if antialias && n > 1 && from > to {
		n = int(math.Ceil(float64(n)*float64(from)/float64(to))) + 1
	}
	return min(n, from)
}

// newAxis returns the axis that scales from values to that many, in memory, and the rest of the memory.
func newAxis(memory []float32, from, to, n int, m Interpolation, antialias bool) (a axis, rest []float32) {
	a = axis{n, memory[:to], memory[to:][:n*to]}
	clear(a.weights)
	scale := float64(from) / float64(to)
	for i := range to {
		w := a.weights[i*n:][:n]
		switch {
		case m == Nearest:
			a.set(i, from, int(float32(i)*float32(scale)))
		case m == NearestExact:
			a.set(i, from, int((float32(i)+0.5)*float32(scale)))
		case antialias:
			a.smooth(i, from, w, scale, m == Bicubic)
		case m == Bicubic:
			x := scale*(float64(i)+0.5) - 0.5
			lo := int(math.Floor(x))
			a.start[i] = float32(min(max(lo-1, 0), from-n))
			for j := lo - 1; j <= lo+2; j++ { // positions outside repeat the edge
				w[min(max(j, 0), from-1)-int(a.start[i])] += float32(cubic(x-float64(j), -0.75))
			}
		default:
			x := max(scale*(float64(i)+0.5)-0.5, 0)
			lo := min(int(x), from-1)
			a.start[i] = float32(min(lo, from-n))
			w[lo-int(a.start[i])] += float32(1 - (x - float64(lo)))
			w[min(lo+1, from-1)-int(a.start[i])] += float32(x - float64(lo))
		}
	}
	return a, memory[(n+1)*to:]
}

// set makes new value i a copy of an old one.
func (a axis) set(i, from, old int) {
	a.start[i] = float32(min(old, from-1))
	a.weights[i] = 1
}

// smooth sets the weights of new value i with antialiasing: the filter is as wide as the area that a new pixel covers.
func (a axis) smooth(i, from int, w []float32, scale float64, isCubic bool) {
	wide, center := max(scale, 1), scale*(float64(i)+0.5)
	support := wide
	if isCubic {
		support = 2 * wide
	}
	lo := max(int(center-support+0.5), 0)
	hi := min(int(center+support+0.5), from, lo+a.n) // rounding may give one more value, of weight 0
	lo = min(lo, hi)
	sum := 0.0
	weight := func(j int) float64 {
		x := (float64(j) - center + 0.5) / wide
		if isCubic {
			return cubic(x, -0.5)
		}
		return max(1-math.Abs(x), 0)
	}
	for j := lo; j < hi; j++ {
		sum += weight(j)
	}
	a.start[i] = float32(min(lo, from-a.n))
	for j := lo; j < hi; j++ {
		w[j-int(a.start[i])] = float32(weight(j) / sum)
	}
}

// cubic returns the cubic convolution kernel with parameter a at x. (Keys, "Cubic convolution interpolation for digital
// image processing", IEEE TASSP 29(6), 1981)
func cubic(x, a float64) float64 {
	x = math.Abs(x)
	switch {
	case x < 1:
		return ((a+2)*x-(a+3))*x*x + 1
	case x < 2:
		return (((x-5)*x+8)*x - 4) * a
	}
	return 0
}

// rows scales each row of src, of from values: dst = src·Wᵀ.
func (a axis) rows(dst, src []float32, from int) {
	to := len(a.start)
	if a.n == from { // W is not sparse
		n := len(src) / from
		gemm.Float32(dst, to, n, to, from, src, from, 1, a.weights, 1, from, gemm.Epilogue[float32]{})
		return
	}
	for ; len(src) > 0; dst, src = dst[to:], src[from:] {
		for i := range to {
			w := a.weights[i*a.n:][:a.n]
			v := src[int(a.start[i]):][:len(w)]
			var sum float32
			for j, wj := range w {
				sum += float32(wj * v[j])
			}
			dst[i] = sum
		}
	}
}

// columns scales each column of src, whose rows have width values: dst = W·src.
func (a axis) columns(dst, src []float32, width int) {
	to := len(a.start)
	if from := len(src) / width; a.n == from { // W is not sparse
		gemm.Float32(dst, width, to, width, from, a.weights, from, 1, src, width, 1, gemm.Epilogue[float32]{})
		return
	}
	clear(dst[:to*width])
	for i := range to {
		row := dst[i*width:][:width]
		for j, w := range a.weights[i*a.n:][:a.n] {
			if w != 0 {
				vec.AXPY(row, w, src[(int(a.start[i])+j)*width:][:width], row)
			}
		}
	}
}
