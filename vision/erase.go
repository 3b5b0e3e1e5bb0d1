package vision

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/rng"
)

// RandomErasing replaces a rectangle of random position, area and aspect ratio, with probability P: torchvision's
// RandomErasing. (Zhong et al., "Random erasing data augmentation", 2017)
type RandomErasing struct {
	P     float64   // 0 means 0.5
	Scale Range     // area, as a fraction of the image's; {0, 0} means {0.02, 0.33}
	Ratio Range     // height/width; {0, 0} means {0.3, 3.3}
	Value []float32 // of the rectangle, one or one for each channel; nil means 0
	Noise bool      // fill the rectangle with standard normal noise instead (torchvision's value="random")
}

// Apply erases a rectangle that is smaller than img in both directions, or nothing if ten random ones are not.
func (t RandomErasing) Apply(img *Image, r *rng.Keyed) {
	const op = "RandomErasing"
	if !happens(op, t.P, 0.5, r) {
		return
	}
	if t.Scale == (Range{}) {
		t.Scale = Range{0.02, 0.33}
	}
	if t.Ratio == (Range{}) {
		t.Ratio = Range{0.3, 3.3}
	}
	h, w, ok := randomSides(op, img.H*img.W, img.H-1, img.W-1, t.Scale, t.Ratio, r)
	if !ok {
		return
	}
	top, left := r.IntN(img.H-h+1), r.IntN(img.W-w+1)
	erase(op, img, top, left, h, w, t.Value)
	if t.Noise {
		for c := range img.C {
			for y := top; y < top+h; y++ {
				row := img.Plane(c)[y*img.W:]
				for x := left; x < left+w; x++ {
					row[x] = float32(r.Normal())
				}
			}
		}
	}
}

// Cutout replaces a square around a random point, cut off at the edges: the position is uniform over all pixels.
// (DeVries and Taylor, "Improved regularization of convolutional neural networks with cutout", 2017)
type Cutout struct {
	Size  int       // side of the square in pixels; required
	Value []float32 // of the square, one or one for each channel; nil means 0
}

// Apply erases the square.
func (t Cutout) Apply(img *Image, r *rng.Keyed) {
	if t.Size <= 0 {
		fail("Cutout", fmt.Sprintf("Size %d, want at least 1", t.Size))
	}
	if img.H == 0 || img.W == 0 {
		return
	}
	top, left := r.IntN(img.H)-t.Size/2, r.IntN(img.W)-t.Size/2
	bottom, right := min(top+t.Size, img.H), min(left+t.Size, img.W)
	top, left = max(top, 0), max(left, 0)
	erase("Cutout", img, top, left, bottom-top, right-left, t.Value)
}

// Erase replaces a rectangle: torchvision's functional.erase.
type Erase struct {
	Top, Left, Height, Width int
	Value                    []float32 // of the rectangle, one or one for each channel; nil means 0
}

// Apply erases the rectangle. It panics if a part of it is outside img.
func (t Erase) Apply(img *Image, _ *rng.Keyed) {
	if min(t.Top, t.Left, t.Height, t.Width) < 0 || t.Height > img.H-t.Top || t.Width > img.W-t.Left {
		fail("Erase", fmt.Sprintf("%+v in an image of %d×%d pixels, want a rectangle inside it", t, img.W, img.H))
	}
	erase("Erase", img, t.Top, t.Left, t.Height, t.Width, t.Value)
}

func erase(op string, img *Image, top, left, h, w int, value []float32) {
	for c := range img.C {
		var v float32
		if len(value) > 0 {
			v = perChannel(op, "Value", value, img.C, c)
		}
		for y := top; y < top+h; y++ {
			setAll(img.Plane(c)[y*img.W+left:][:w], v)
		}
	}
}

// GaussianNoise adds normal noise and cuts the values to [0, 1]: torchvision's GaussianNoise.
type GaussianNoise struct {
	Mean   float64
	Sigma  float64 // standard deviation; 0 means 0.1
	NoClip bool    // do not cut the values
}

// Apply adds the noise.
func (t GaussianNoise) Apply(img *Image, r *rng.Keyed) {
	if t.Sigma == 0 {
		t.Sigma = 0.1
	}
	if !(t.Sigma > 0) || math.IsInf(t.Sigma, 0) {
		fail("GaussianNoise", fmt.Sprintf("Sigma %v, want a number above 0", t.Sigma))
	}
	for i, v := range img.Pix {
		v += float32(t.Mean + t.Sigma*r.Normal())
		if !t.NoClip {
			v = clamp(v)
		}
		img.Pix[i] = v
	}
}
