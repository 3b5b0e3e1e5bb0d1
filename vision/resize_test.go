package vision_test

import (
	"math"
	"slices"
	"testing"

	"github.com/lamina-ml/lamina/vision"
)

// TestResizeRounding enlarges to sizes at which rounding gives the filter one more old value than it has weights, such
// as 9 to 33: that value has weight 0.
func TestResizeRounding(t *testing.T) {
	for from := 1; from <= 64; from++ {
		for to := from + 1; to <= 4*from; to++ {
			for _, m := range []vision.Interpolation{vision.Bilinear, vision.Bicubic} {
				img := vision.Image{Pix: slices.Repeat([]float32{1}, from), C: 1, H: 1, W: from}
				vision.Resize{Height: 1, Width: to, Interpolation: m}.Apply(&img, nil)
				for i, v := range img.Pix {
					if math.Abs(float64(v)-1) > 1e-6 {
						t.Fatalf("%d to %d, interpolation %d: value %d of a constant image is %v", from, to, m, i, v)
					}
				}
			}
		}
	}
}
