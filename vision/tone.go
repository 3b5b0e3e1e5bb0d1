package vision

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/rng"
)

// Invert replaces x by 1 − x: torchvision's functional.invert.
type Invert struct{}

// Apply changes img.
func (Invert) Apply(img *Image, _ *rng.Keyed) {
	for i, v := range img.Pix {
		img.Pix[i] = 1 - v
	}
}

// Solarize inverts the values of at least Threshold: torchvision's functional.solarize.
type Solarize struct {
	Threshold float64 // from 0 to 1
}

// Apply changes img.
func (t Solarize) Apply(img *Image, _ *rng.Keyed) {
	if !(t.Threshold <= 1) {
		fail("Solarize", fmt.Sprintf("Threshold %v, want at most 1", t.Threshold))
	}
	for i, v := range img.Pix {
		if v >= float32(t.Threshold) {
			img.Pix[i] = 1 - v
		}
	}
}

// Posterize reduces the values to 2^Bits levels: torchvision's functional.posterize.
type Posterize struct {
	Bits int // 0 to 8
}

// Apply changes img.
func (t Posterize) Apply(img *Image, _ *rng.Keyed) {
	if t.Bits < 0 || t.Bits > 8 {
		fail("Posterize", fmt.Sprintf("Bits %d, want 0 to 8", t.Bits))
	}
	levels := float32(int(1) << t.Bits)
	for i, v := range img.Pix {
		level := min(max(float32(math.Floor(float64(v*levels))), 0), levels-1)
		img.Pix[i] = level / levels
	}
}

// AutoContrast stretches the values of each channel to [0, 1]: torchvision's functional.autocontrast. A channel of one
// value stays as it is.
type AutoContrast struct{}

// Apply changes img.
func (AutoContrast) Apply(img *Image, _ *rng.Keyed) {
	checkColors("AutoContrast", img)
	if img.H == 0 || img.W == 0 {
		return
	}
	for c := range img.C {
		plane := img.Plane(c)
		low, high := plane[0], plane[0]
		for _, v := range plane {
			low, high = min(low, v), max(high, v)
		}
		scale := high - low
		if scale == 0 {
			low, scale = 0, 1
		}
		for i, v := range plane {
			plane[i] = clamp((v - low) / scale)
		}
	}
}

// Equalize makes the 256 levels of each channel about equally frequent: torchvision's functional.equalize.
type Equalize struct{}

// Apply changes img. The result has at most 256 different values.
func (Equalize) Apply(img *Image, _ *rng.Keyed) {
	for c := range img.C {
		equalize(img.Plane(c))
	}
}

func equalize(plane []float32) {
	var count [256]int
	for _, v := range plane {
		count[bin(v)]++
	}
	last := 255
	for last > 0 && count[last] == 0 {
		last--
	}
	step := (len(plane) - count[last]) / 255
	var table [256]float32
	below := 0
	for k := range table {
		level := k
		if step > 0 {
			level = min((below+step/2)/step, 255)
		}
		table[k] = float32(level) * (1.0 / 255)
		below += count[k]
	}
	for i, v := range plane {
		plane[i] = table[bin(v)]
	}
}

// bin returns the level of a value, as torchvision converts float32 to uint8.
func bin(v float32) int { return min(max(int(v*(256-1e-3)), 0), 255) }

// AdjustSharpness moves an image away from a blurred copy or towards it: torchvision's functional.adjust_sharpness. The
// blurred copy is the mean over 3×3 pixels in which the middle counts five times. The outermost pixels stay.
type AdjustSharpness struct {
	Factor float64 // 0 gives a blurred image, 1 the same image, 2 a sharper one
}

// Apply changes img.
func (t AdjustSharpness) Apply(img *Image, _ *rng.Keyed) {
	checkColors("AdjustSharpness", img)
	rest := 1 - checkFactor("AdjustSharpness", t.Factor)
	h, w := img.H, img.W
	if h <= 2 || w <= 2 {
		return
	}
	old := img.Replace(img.C, h, w)
	copy(img.Pix, old)
	for c := range img.C {
		for y := 1; y < h-1; y++ {
			dst := img.Pix[(c*h+y)*w:][:w]
			above, row, below := old[(c*h+y-1)*w:][:w], old[(c*h+y)*w:][:w], old[(c*h+y+1)*w:][:w]
			for x := 1; x < w-1; x++ {
				around := above[x-1] + above[x] + above[x+1] + row[x-1] + row[x+1] + below[x-1] + below[x] + below[x+1]
				mean := float32(around*(1.0/13)) + float32(row[x]*(5.0/13))
				dst[x] = row[x] + float32(rest*(mean-row[x]))
			}
		}
	}
	for i, v := range img.Pix {
		img.Pix[i] = clamp(v)
	}
}

// AdjustGamma replaces x by Gain·x^Gamma, cut to [0, 1]: torchvision's functional.adjust_gamma.
type AdjustGamma struct {
	Gamma float64 // above 1 darkens, below 1 brightens; 0 means 1
	Gain  float64 // 0 means 1
}

// Apply changes img.
func (t AdjustGamma) Apply(img *Image, _ *rng.Keyed) {
	if t.Gamma == 0 {
		t.Gamma = 1
	}
	if t.Gain == 0 {
		t.Gain = 1
	}
	if !(t.Gamma > 0) {
		fail("AdjustGamma", fmt.Sprintf("Gamma %v, want a number above 0", t.Gamma))
	}
	for i, v := range img.Pix {
		v = float32(math.Pow(float64(v), t.Gamma))
		if t.Gain != 1 {
			v = clamp(v * float32(t.Gain))
		}
		img.Pix[i] = v
	}
}
