package vision

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/internal/defaults"
	"github.com/lamina-ml/lamina/rng"
)

// RandAugment applies NumOps random changes of one strength: torchvision's RandAugment. (Cubuk et al., "RandAugment:
// Practical automated data augmentation with a reduced search space", 2019)
//
// The changes are the identity, shears, movements, a rotation, changes of brightness, saturation, contrast and
// sharpness, Posterize, Solarize, AutoContrast and Equalize. Posterize and Solarize follow torchvision's functions
// for float images.
type RandAugment struct {
	NumOps           int           // 0 means 2
	Magnitude        int           // strength of all changes, 0 to NumMagnitudeBins−1; 0 means 9, −1 means 0
	NumMagnitudeBins int           // number of strengths; 0 means 31
	Interpolation    Interpolation // Nearest or Bilinear; Default is Nearest
	Fill             []float32     // value of pixels outside the image, one or one for each channel; nil means 0
}

// randAugmentOps is the number of changes.
const randAugmentOps = 14

// Apply draws the changes and the signs of their strengths, and applies them to img.
func (t RandAugment) Apply(img *Image, r *rng.Keyed) {
	t.NumOps = defaults.Int(t.NumOps, 2)
	t.Magnitude = defaults.Int(t.Magnitude, 9)
	t.NumMagnitudeBins = defaults.Int(t.NumMagnitudeBins, 31)
	if min(t.NumOps, t.Magnitude) < 0 || t.NumOps > 1000 || t.NumMagnitudeBins < 2 ||
		t.Magnitude >= t.NumMagnitudeBins {
		fail("RandAugment", fmt.Sprintf("NumOps %d, Magnitude %d, NumMagnitudeBins %d: want at most 1000 changes and a magnitude below the number of bins",
			t.NumOps, t.Magnitude, t.NumMagnitudeBins))
	}
	for range t.NumOps {
		op := r.IntN(randAugmentOps)
		sign := 1.0
		if r.Float64() < 0.5 {
			sign = -1
		}
		t.apply(img, op, sign, r)
	}
}

// upperLeft is the point that the shears keep.
var upperLeft [2]float64

// apply applies one change. Its strength is strong times the largest, with a sign if it has two directions.
func (t RandAugment) apply(img *Image, op int, sign float64, r *rng.Keyed) {
	strong := float64(t.Magnitude) / float64(t.NumMagnitudeBins-1)
	affine := Affine{Interpolation: t.Interpolation, Fill: t.Fill}
	shear := sign * math.Atan(0.3*strong) * 180 / math.Pi
	factor := 1 + sign*0.9*strong
	const most = 150.0 / 331 // of the movements, as a fraction of the side
	switch op {
	case 0:
		return
	case 1:
		affine.Center, affine.Shear[0] = &upperLeft, shear
		affine.Apply(img, r)
	case 2:
		affine.Center, affine.Shear[1] = &upperLeft, shear
		affine.Apply(img, r)
	case 3:
		affine.Translate[0] = sign * math.Trunc(most*strong*float64(img.W))
		affine.Apply(img, r)
	case 4:
		affine.Translate[1] = sign * math.Trunc(most*strong*float64(img.H))
		affine.Apply(img, r)
	case 5:
		Rotate{Angle: sign * 30 * strong, Interpolation: t.Interpolation, Fill: t.Fill}.Apply(img, r)
	case 6:
		AdjustBrightness{factor}.Apply(img, r)
	case 7:
		AdjustSaturation{factor}.Apply(img, r)
	case 8:
		AdjustContrast{factor}.Apply(img, r)
	case 9:
		AdjustSharpness{factor}.Apply(img, r)
	case 10:
		Posterize{int(math.RoundToEven(8 - 4*strong))}.Apply(img, r)
	case 11:
		Solarize{1 - strong}.Apply(img, r)
	case 12:
		AutoContrast{}.Apply(img, r)
	case 13:
		Equalize{}.Apply(img, r)
	}
}
