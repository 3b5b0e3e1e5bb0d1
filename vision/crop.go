package vision

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/data/image"
	"github.com/lamina-ml/lamina/rng"
)

// PadMode says which values pixels outside an image have: torchvision's padding_mode.
type PadMode uint8

// The modes, and the values with which they continue a row 1 2 3 to the right.
const (
	Constant  PadMode = iota // Fill, 0 by default
	Edge                     // 3 3 3
	Reflect                  // 2 1 2
	Symmetric                // 3 2 1
)

var padModes = [...]string{"constant", "edge", "reflect", "symmetric"}

// String returns torchvision's name of the mode.
func (m PadMode) String() string {
	if int(m) < len(padModes) {
		return padModes[m]
	}
	return "invalid"
}

// at returns the index of the pixel that position i of n shows, −1 for the fill value.
func (m PadMode) at(i, n int) int {
	if uint(i) < uint(n) {
		return i
	}
	switch m {
	case Edge:
		return min(max(i, 0), n-1)
	case Reflect:
		if i < 0 && -i < n {
			return -i
		}
		period := max(2*(n-1), 1)
		i = ((i % period) + period) % period
		return min(i, period-i)
	case Symmetric:
		i = ((i % (2 * n)) + 2*n) % (2 * n)
		return min(i, 2*n-1-i)
	}
	return -1
}

// Padding is the number of pixels added at the left, top, right and bottom.
type Padding [4]int

// Pad adds pixels around an image: torchvision's Pad.
type Pad struct {
	Padding Padding
	Mode    PadMode
	Fill    []float32 // values of Constant, one or one for each channel; nil means 0
}

// Apply pads img. It panics for negative numbers of pixels.
func (t Pad) Apply(img *Image, _ *rng.Keyed) {
	p := t.Padding
	for _, n := range p {
		if n < 0 {
			fail("Pad", fmt.Sprintf("Padding %v, want numbers ≥ 0", p))
		}
	}
	crop("Pad", img, -p[1], -p[0], img.H+p[1]+p[3], img.W+p[0]+p[2], t.Mode, t.Fill)
}

// crop replaces img by the h×w pixels from row top and column left on. Pixels outside have the values of the mode.
func crop(op string, img *Image, top, left, h, w int, m PadMode, fill []float32) {
	checkSize(op, h, w)
	const farthest = 1 << 30
	if max(top, left) > farthest || min(top, left) < -farthest {
		fail(op, fmt.Sprintf("a rectangle from column %d and row %d on, want numbers from %d to %d", left, top,
			-farthest, farthest))
	}
	ih, iw := img.H, img.W
	if ih == 0 || iw == 0 {
		fail(op, "an image without pixels")
	}
	if top == 0 && left == 0 && h == ih && w == iw {
		return
	}
	old := img.Replace(img.C, h, w)
	lo, hi := min(max(-left, 0), w), max(min(iw-left, w), 0) // columns inside the image
	lo = min(lo, hi)
	for c := range img.C {
		var outside float32
		if len(fill) > 0 {
			outside = perChannel(op, "Fill", fill, img.C, c)
		}
		for y := range h {
			dst := img.Plane(c)[y*w:][:w]
			sy := m.at(top+y, ih)
			if sy < 0 {
				setAll(dst, outside)
				continue
			}
			src := old[(c*ih+sy)*iw:][:iw]
			if lo < hi {
				copy(dst[lo:hi], src[left+lo:])
			}
			for x := 0; x < w; x++ {
				if x == lo && lo < hi {
					if x = hi; x == w {
						break
					}
				}
				if sx := m.at(left+x, iw); sx >= 0 {
					dst[x] = src[sx]
				} else {
					dst[x] = outside
				}
			}
		}
	}
}

// checkSize panics unless a result of h×w pixels is possible.
func checkSize(op string, h, w int) {
	if h <= 0 || w <= 0 || h > image.DefaultLimit/w {
		fail(op, fmt.Sprintf("a size of %d×%d, want at least 1×1 and at most %d pixels", w, h, image.DefaultLimit))
	}
}

func setAll(s []float32, v float32) {
	for i := range s {
		s[i] = v
	}
}

// size returns height and width of a result: Height and Width, or Size for both.
func size(op string, both, h, w int) (int, int) {
	if both > 0 && h == 0 && w == 0 {
		return both, both
	}
	if both != 0 || h <= 0 || w <= 0 {
		fail(op, fmt.Sprintf("Size %d, Height %d, Width %d: want either Size or Height and Width", both, h, w))
	}
	return h, w
}

// Crop keeps a rectangle of an image: torchvision's functional.crop. Pixels outside the image are 0.
type Crop struct {
	Top, Left, Height, Width int
}

// Apply crops img.
func (t Crop) Apply(img *Image, _ *rng.Keyed) {
	crop("Crop", img, t.Top, t.Left, t.Height, t.Width, Constant, nil)
}

// CenterCrop keeps the middle of an image: torchvision's CenterCrop. A smaller image is padded with 0.
type CenterCrop struct {
	Size          int // of both sides
	Height, Width int // instead of Size
}

// Apply crops img.
func (t CenterCrop) Apply(img *Image, _ *rng.Keyed) {
	h, w := size("CenterCrop", t.Size, t.Height, t.Width)
	crop("CenterCrop", img, middle(img.H, h), middle(img.W, w), h, w, Constant, nil)
}

// middle returns the first of n positions in the middle of size. Python rounds a half to the even number.
func middle(size, n int) int {
	if n > size {
		return -((n - size) / 2)
	}
	return int(math.RoundToEven(float64(size-n) / 2))
}

// RandomCrop keeps a rectangle at a random position: torchvision's RandomCrop.
type RandomCrop struct {
	Size          int     // of both sides
	Height, Width int     // instead of Size
	Padding       Padding // added before
	PadIfNeeded   bool    // add as many pixels on both sides as a smaller image lacks
	Mode          PadMode
	Fill          []float32
}

// Apply crops img. It panics if img with its padding is smaller than the result.
func (t RandomCrop) Apply(img *Image, r *rng.Keyed) {
	const op = "RandomCrop"
	h, w := size(op, t.Size, t.Height, t.Width)
	p := t.Padding
	if t.PadIfNeeded {
		if lack := h - (img.H + p[1] + p[3]); lack > 0 {
			p[1], p[3] = p[1]+lack, p[3]+lack
		}
		if lack := w - (img.W + p[0] + p[2]); lack > 0 {
			p[0], p[2] = p[0]+lack, p[2]+lack
		}
	}
	ph, pw := img.H+p[1]+p[3], img.W+p[0]+p[2]
	if ph < h || pw < w || min(p[0], p[1], p[2], p[3]) < 0 {
		fail(op, fmt.Sprintf("%d×%d pixels of an image of %d×%d with Padding %v, want a larger image: set PadIfNeeded, or resize it before",
			w, h, img.W, img.H, p))
	}
	top, left := r.IntN(ph-h+1)-p[1], r.IntN(pw-w+1)-p[0]
	crop(op, img, top, left, h, w, t.Mode, t.Fill)
}

// RandomResizedCrop crops a rectangle of random area and aspect ratio and scales it to one size: torchvision's
// RandomResizedCrop, the augmentation of ImageNet.
type RandomResizedCrop struct {
	Size          int           // of both sides of the result
	Height, Width int           // instead of Size
	Scale         Range         // area, as a fraction of the image's; {0, 0} means {0.08, 1}
	Ratio         Range         // width/height; {0, 0} means {3/4, 4/3}
	Interpolation Interpolation // Default is Bilinear
	NoAntialias   bool
}

// Apply crops and scales img. If ten random rectangles do not fit into the image, it takes the largest one in the
// middle whose aspect ratio is allowed.
func (t RandomResizedCrop) Apply(img *Image, r *rng.Keyed) {
	const op = "RandomResizedCrop"
	h, w := size(op, t.Size, t.Height, t.Width)
	if t.Scale == (Range{}) {
		t.Scale = Range{0.08, 1}
	}
	if t.Ratio == (Range{}) {
		t.Ratio = Range{3.0 / 4, 4.0 / 3}
	}
	var top, left int
	cw, ch, ok := randomSides(op, img.H*img.W, img.W, img.H, t.Scale, t.Ratio, r)
	if ok {
		top, left = r.IntN(img.H-ch+1), r.IntN(img.W-cw+1)
	} else {
		ch, cw = img.H, img.W
		if ratio := float64(img.W) / float64(img.H); ratio < t.Ratio[0] {
			ch = int(math.RoundToEven(float64(cw) / t.Ratio[0]))
		} else if ratio > t.Ratio[1] {
			cw = int(math.RoundToEven(float64(ch) * t.Ratio[1]))
		}
		top, left = (img.H-ch)/2, (img.W-cw)/2
	}
	crop(op, img, top, left, ch, cw, Constant, nil)
	resize(op, img, h, w, t.Interpolation, !t.NoAntialias)
}

// randomSides returns the sides a and b of a rectangle whose area is a random fraction of area and whose ratio a/b is
// random: the logarithm of the ratio is uniform. It draws up to ten times until the sides are at most mostA and mostB,
// and at least 1.
func randomSides(op string, area, mostA, mostB int, scale, ratio Range, r *rng.Keyed) (a, b int, ok bool) {
	if !(ratio[0] > 0 && scale[0] >= 0) {
		fail(op, fmt.Sprintf("Scale %v, Ratio %v: want positive numbers", scale, ratio))
	}
	logs := Range{math.Log(ratio[0]), math.Log(ratio[1])}
	for range 10 {
		target := float64(area) * scale.draw(op, r)
		aspect := math.Exp(logs.draw(op, r))
		a = int(math.RoundToEven(math.Sqrt(target * aspect)))
		b = int(math.RoundToEven(math.Sqrt(target / aspect)))
		if a > 0 && b > 0 && a <= mostA && b <= mostB {
			return a, b, true
		}
	}
	return 0, 0, false
}

// RandomHorizontalFlip exchanges left and right with probability P: torchvision's RandomHorizontalFlip.
type RandomHorizontalFlip struct {
	P float64 // 0 means 0.5
}

// Apply flips img.
func (t RandomHorizontalFlip) Apply(img *Image, r *rng.Keyed) {
	if !happens("RandomHorizontalFlip", t.P, 0.5, r) {
		return
	}
	for row := img.Pix; len(row) > 0; row = row[img.W:] {
		for i, j := 0, img.W-1; i < j; i, j = i+1, j-1 {
			row[i], row[j] = row[j], row[i]
		}
	}
}

// RandomVerticalFlip exchanges top and bottom with probability P: torchvision's RandomVerticalFlip.
type RandomVerticalFlip struct {
	P float64 // 0 means 0.5
}

// Apply flips img.
func (t RandomVerticalFlip) Apply(img *Image, r *rng.Keyed) {
	if !happens("RandomVerticalFlip", t.P, 0.5, r) {
		return
	}
	for c := range img.C {
		plane := img.Plane(c)
		for i, j := 0, img.H-1; i < j; i, j = i+1, j-1 {
			top, bottom := plane[i*img.W:][:img.W], plane[j*img.W:][:img.W]
			for x, v := range top {
				top[x], bottom[x] = bottom[x], v
			}
		}
	}
}
