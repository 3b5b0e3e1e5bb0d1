package vision

import (
	"fmt"

	"github.com/lamina-ml/lamina/data/image"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// Image is an image of float32 planes (C, H, W) that transforms change.
type Image = image.Planar

// Transform changes an image: torchvision.transforms.v2.Transform. Apply draws its random numbers from r, always in the
// same order. A transform has no state: goroutines may use one concurrently, each with an image of its own.
type Transform interface {
	Apply(img *Image, r *rng.Keyed)
}

// Compose applies transforms one after another: torchvision.transforms.v2.Compose.
type Compose []Transform

// Apply applies all transforms in order.
func (c Compose) Apply(img *Image, r *rng.Keyed) {
	for _, t := range c {
		t.Apply(img, r)
	}
}

// Func is a transform that calls a function: torchvision.transforms.v2.Lambda.
type Func func(img *Image, r *rng.Keyed)

// Apply calls f.
func (f Func) Apply(img *Image, r *rng.Keyed) { f(img, r) }

// RandomApply applies a transform with probability P: torchvision's RandomApply. With it the transforms without random
// settings become torchvision's random ones: RandomApply{Transform: Equalize{}} is RandomEqualize.
type RandomApply struct {
	Transform Transform
	P         float64 // 0 means 0.5
}

// Apply applies the transform or leaves img as it is.
func (t RandomApply) Apply(img *Image, r *rng.Keyed) {
	if happens("RandomApply", t.P, 0.5, r) {
		t.Transform.Apply(img, r)
	}
}

// RandomChoice applies one of its transforms, each with the same probability: torchvision's RandomChoice.
type RandomChoice []Transform

// Apply applies one of the transforms. It panics if there is none.
func (c RandomChoice) Apply(img *Image, r *rng.Keyed) {
	if len(c) == 0 {
		fail("RandomChoice", "no transforms, want at least one")
	}
	c[r.IntN(len(c))].Apply(img, r)
}

// happens reports true with probability p; 0 means the default.
func happens(op string, p, def float64, r *rng.Keyed) bool {
	if p == 0 {
		p = def
	}
	if !(p > 0 && p <= 1) {
		fail(op, fmt.Sprintf("P %v, want a probability above 0 and up to 1, or 0 for %v", p, def))
	}
	return r.Float64() < p
}

// Range is an interval from which a setting is drawn uniformly.
type Range [2]float64

// draw returns a value uniform in the range. It panics if the range is not one.
func (a Range) draw(op string, r *rng.Keyed) float64 {
	if !(a[0] <= a[1]) {
		fail(op, fmt.Sprintf("range %v, want a lower and an upper bound", a))
	}
	return a[0] + (a[1]-a[0])*r.Float64()
}

// Interpolation is a method to compute the values between pixels: torchvision.transforms.InterpolationMode.
type Interpolation uint8

// The methods. Default is torchvision's default, which each transform names.
const (
	Default Interpolation = iota
	Nearest
	NearestExact
	Bilinear
	Bicubic
)

var interpolations = [...]string{"default", "nearest", "nearest-exact", "bilinear", "bicubic"}

// String returns torchvision's name of the method.
func (m Interpolation) String() string {
	if int(m) < len(interpolations) {
		return interpolations[m]
	}
	return "invalid"
}

// fail panics with a *tensor.Error.
func fail(op, msg string) { panic(&tensor.Error{Op: "vision." + op, Msg: msg}) }

// perChannel returns the value of channel c in a setting that has one value for all channels or one for each.
func perChannel(op, name string, values []float32, channels, c int) float32 {
	if len(values) != 1 && len(values) != channels {
		fail(op, fmt.Sprintf("%s has %d values for an image of %d channels, want 1 or %[3]d", name, len(values),
			channels))
	}
	return values[min(c, len(values)-1)]
}

// Normalize subtracts the mean of each channel and divides by its standard deviation: (x − Mean[c])/Std[c]. Both are
// required, with one value for all channels or one for each.
type Normalize struct {
	Mean, Std []float32
}

// Apply normalizes img. It panics for another number of values, and for a standard deviation that is not positive.
func (n Normalize) Apply(img *Image, _ *rng.Keyed) {
	for c := range img.C {
		mean, std := perChannel("Normalize", "Mean", n.Mean, img.C, c), perChannel("Normalize", "Std", n.Std, img.C, c)
		if !(std > 0) {
			fail("Normalize", fmt.Sprintf("Std %v, want values above 0", n.Std))
		}
		for i, v := range img.Plane(c) {
			img.Plane(c)[i] = (v - mean) / std
		}
	}
}
