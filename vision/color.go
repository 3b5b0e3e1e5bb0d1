package vision

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/rng"
)

// checkColors panics unless img is gray or RGB.
func checkColors(op string, img *Image) {
	if img.C != 1 && img.C != 3 {
		fail(op, fmt.Sprintf("an image of %d channels, want 1 (gray) or 3 (RGB)", img.C))
	}
}

// checkFactor panics for a negative factor.
func checkFactor(op string, factor float64) float32 {
	if !(factor >= 0) {
		fail(op, fmt.Sprintf("Factor %v, want a number ≥ 0", factor))
	}
	return float32(factor)
}

// clamp returns v between 0 and 1.
func clamp(v float32) float32 { return min(max(v, 0), 1) }

// luma returns the gray value of a color, with torchvision's weights.
func luma(r, g, b float32) float32 {
	return float32(float32(0.2989*r)+float32(0.587*g)) + float32(0.114*b)
}

// AdjustBrightness multiplies all values by Factor, and cuts them to [0, 1]: torchvision's
// functional.adjust_brightness.
type AdjustBrightness struct {
	Factor float64 // 0 gives black, 1 the same image
}

// Apply changes img.
func (t AdjustBrightness) Apply(img *Image, _ *rng.Keyed) {
	checkColors("AdjustBrightness", img)
	f := checkFactor("AdjustBrightness", t.Factor)
	for i, v := range img.Pix {
		img.Pix[i] = clamp(v * f)
	}
}

// AdjustContrast moves all values away from the mean gray value or towards it: clamp(Factor·x + (1 − Factor)·mean).
// It is torchvision's functional.adjust_contrast.
type AdjustContrast struct {
	Factor float64 // 0 gives uniform gray, 1 the same image
}

// Apply changes img.
func (t AdjustContrast) Apply(img *Image, _ *rng.Keyed) {
	checkColors("AdjustContrast", img)
	f := checkFactor("AdjustContrast", t.Factor)
	n := img.H * img.W
	sum := 0.0
	for i, v := range img.Plane(0) {
		if img.C == 3 {
			v = luma(v, img.Pix[n+i], img.Pix[2*n+i])
		}
		sum += float64(v)
	}
	add := float32((1 - float64(f)) * float64(float32(sum/float64(n))))
	for i, v := range img.Pix {
		img.Pix[i] = clamp(float32(v*f) + add)
	}
}

// AdjustSaturation moves colors away from gray or towards it: clamp(Factor·x + (1 − Factor)·gray). It is torchvision's
// functional.adjust_saturation. A gray image stays as it is.
type AdjustSaturation struct {
	Factor float64 // 0 gives a gray image, 1 the same image
}

// Apply changes img.
func (t AdjustSaturation) Apply(img *Image, _ *rng.Keyed) {
	checkColors("AdjustSaturation", img)
	f := checkFactor("AdjustSaturation", t.Factor)
	if img.C == 1 {
		return
	}
	rest := float32(1 - t.Factor)
	red, green, blue := img.Plane(0), img.Plane(1), img.Plane(2)
	for i, r := range red {
		g, b := green[i], blue[i]
		add := rest * luma(r, g, b)
		red[i], green[i], blue[i] = clamp(float32(r*f)+add), clamp(float32(g*f)+add), clamp(float32(b*f)+add)
	}
}

// AdjustHue turns the hue of all colors: torchvision's functional.adjust_hue. A gray image stays as it is.
type AdjustHue struct {
	Factor float64 // −0.5 to 0.5 of the circle of hues
}

// Apply changes img.
func (t AdjustHue) Apply(img *Image, _ *rng.Keyed) {
	checkColors("AdjustHue", img)
	if !(t.Factor >= -0.5 && t.Factor <= 0.5) {
		fail("AdjustHue", fmt.Sprintf("Factor %v, want -0.5 to 0.5", t.Factor))
	}
	if img.C == 1 {
		return
	}
	turn := float32(t.Factor)
	red, green, blue := img.Plane(0), img.Plane(1), img.Plane(2)
	for i, r := range red {
		h, s, v := hsv(r, green[i], blue[i])
		h += turn
		h -= float32(math.Floor(float64(h)))
		red[i], green[i], blue[i] = rgb(h, s, v)
	}
}

// hsv returns hue, saturation and value of a color, each from 0 to 1.
func hsv(r, g, b float32) (h, s, v float32) {
	high, low := max(r, g, b), min(r, g, b)
	if high == low {
		return 0, 0, high
	}
	d := high - low
	rc, gc, bc := (high-r)/d, (high-g)/d, (high-b)/d
	switch high {
	case r:
		h = bc - gc
	case g:
		h = rc + 2 - bc
	default:
		h = gc + 4 - rc
	}
	h = h/6 + 1
	return h - float32(math.Floor(float64(h))), d / high, high
}

// rgb returns the color of a hue, a saturation and a value.
func rgb(h, s, v float32) (r, g, b float32) {
	sector := float32(math.Floor(float64(h * 6)))
	f := float32(h*6) - sector
	p := clamp((1 - s) * v)
	q := clamp((1 - float32(s*f)) * v)
	t := clamp((1 - s + float32(s*f)) * v)
	switch int(sector) % 6 {
	case 0:
		return v, t, p
	case 1:
		return q, v, p
	case 2:
		return p, v, t
	case 3:
		return p, q, v
	case 4:
		return t, p, v
	}
	return v, p, q
}

// ColorJitter changes brightness, contrast, saturation and hue by random factors, in random order: torchvision's
// ColorJitter. torchvision's ColorJitter(brightness=0.2, hue=0.1) is ColorJitter{Brightness: Range{0.8, 1.2},
// Hue: Range{-0.1, 0.1}}. {0, 0} leaves a property as it is.
type ColorJitter struct {
	Brightness, Contrast, Saturation Range // factors, ≥ 0
	Hue                              Range // −0.5 to 0.5
}

// Apply draws the order and the factors, and changes img.
func (t ColorJitter) Apply(img *Image, r *rng.Keyed) {
	const op = "ColorJitter"
	order := [4]int{0, 1, 2, 3}
	for i := 3; i > 0; i-- {
		j := r.IntN(i + 1)
		order[i], order[j] = order[j], order[i]
	}
	ranges := [4]Range{t.Brightness, t.Contrast, t.Saturation, t.Hue}
	var factors [4]float64
	for i, a := range ranges {
		factors[i] = a.draw(op, r)
	}
	for _, k := range order {
		if ranges[k] == (Range{}) {
			continue
		}
		switch f := factors[k]; k {
		case 0:
			AdjustBrightness{f}.Apply(img, r)
		case 1:
			AdjustContrast{f}.Apply(img, r)
		case 2:
			AdjustSaturation{f}.Apply(img, r)
		case 3:
			AdjustHue{f}.Apply(img, r)
		}
	}
}

// Grayscale replaces colors by their gray value 0.2989 R + 0.587 G + 0.114 B: torchvision's Grayscale.
type Grayscale struct {
	Channels int // of the result: 1, or 3 equal ones; 0 means 1
}

// Apply changes img. A gray image gets the number of channels.
func (t Grayscale) Apply(img *Image, _ *rng.Keyed) {
	checkColors("Grayscale", img)
	if t.Channels == 0 {
		t.Channels = 1
	}
	if t.Channels != 1 && t.Channels != 3 {
		fail("Grayscale", fmt.Sprintf("Channels %d, want 1 or 3", t.Channels))
	}
	c, n := img.C, img.H*img.W
	old := img.Replace(t.Channels, img.H, img.W)
	first := img.Plane(0)
	copy(first, old)
	if c == 3 {
		for i, r := range old[:n] {
			first[i] = luma(r, old[n+i], old[2*n+i])
		}
	}
	for k := 1; k < img.C; k++ {
		copy(img.Plane(k), first)
	}
}

// RandomGrayscale makes an image gray, with its number of channels, with probability P: torchvision's RandomGrayscale.
type RandomGrayscale struct {
	P float64 // 0 means 0.1
}

// Apply changes img.
func (t RandomGrayscale) Apply(img *Image, r *rng.Keyed) {
	if happens("RandomGrayscale", t.P, 0.1, r) {
		Grayscale{img.C}.Apply(img, r)
	}
}
