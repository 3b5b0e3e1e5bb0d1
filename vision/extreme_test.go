package vision_test

import (
	"math"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/vision"
)

// TestExtremeSettings applies transforms with settings that would need too much memory or time, or that have no
// meaning. A run's settings are read from a file, so each must give a clear error.
func TestExtremeSettings(t *testing.T) {
	invalid := vision.Interpolation(6)
	for _, c := range []struct {
		transform vision.Transform
		want      string
	}{
		{vision.Crop{Height: 4, Width: 1 << 30}, "vision.Crop: a size of 1073741824×4, want at least 1×1 and at most 64000000 pixels"},
		{vision.Crop{Top: math.MinInt, Height: 2, Width: 2}, "want numbers from"},
		{vision.Pad{Padding: vision.Padding{math.MaxInt, 0, math.MaxInt, 0}}, "want numbers from"},
		{vision.CenterCrop{Size: 1 << 30}, "a size of"},
		{vision.RandomCrop{Size: 1 << 30, PadIfNeeded: true}, "a size of"},
		{vision.Resize{Size: math.MaxInt}, "a size of"},
		{vision.Resize{Height: 7, Width: 2, Interpolation: invalid}, "the interpolation 6 is unknown"},
		{vision.RandomResizedCrop{Size: 2, Interpolation: invalid}, "the interpolation 6 is unknown"},
		{vision.Rotate{Angle: math.Inf(1), Expand: true}, "a size of"},
		{vision.Rotate{Angle: 1, Expand: true, Center: &[2]float64{1e300, 0}}, "a size of"},
		{vision.Rotate{Angle: 1, Interpolation: invalid}, "Interpolation invalid, want Nearest or Bilinear"},
		{vision.RandAugment{NumOps: math.MaxInt}, "want at most 1000 changes"},
		{vision.GaussianBlur{KernelSize: math.MaxInt}, "want an odd size up to 9999"},
	} {
		img := &vision.Image{}
		img.Replace(3, 4, 5)
		r := rng.NewKeyed(1, 0, 0)
		err := tensor.Try(func() { c.transform.Apply(img, &r) })
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%#v: the error is %v, want %q", c.transform, err, c.want)
		}
	}
}
