package tensor_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/lamina-ml/lamina/tensor"
)

// Positions of NaN and infinite ones: the values are those of PyTorch 2.15.
func TestGridSampleNotFinite(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	type sample struct {
		mode, padding string
		want, dx      []float32
	}
	check := func(x, grid tensor.Tensor, samples []sample) {
		for _, c := range samples {
			name := fmt.Sprintf("%s, %s, %d dimensions", c.mode, c.padding, x.Rank()-2)
			s := tensor.NewScope(tensor.CPU())
			x.SetRequiresGrad(true)
			grid.SetRequiresGrad(c.mode != "nearest")
			y := tensor.GridSample(x.InScope(s), grid.InScope(s), tensor.GridSampleOptions{Mode: c.mode, PaddingMode: c.padding})
			if got := y.Float32s(); !slices.EqualFunc(got, c.want, alike) {
				t.Errorf("%s: %v, want %v", name, got, c.want)
			}
			y.Sum().Backward()
			// PyTorch's gradients with other paddings do not fit its values.
			if got := x.Grad().Float32s(); c.dx != nil && !slices.EqualFunc(got, c.dx, alike) {
				t.Errorf("gradient of %s: %v, want %v", name, got, c.dx)
			}
			if x.Rank() == 5 && c.dx != nil {
				for i, v := range grid.Grad().Float32s()[:9] {
					if v != 0 {
						t.Errorf("%s: the gradient of the grid's number %d is %v, want 0", name, i, v)
					}
				}
			}
			x.ZeroGrad()
			grid.ZeroGrad()
			s.Recycle()
		}
	}
	count := make([]float32, 24)
	for i := range count {
		count[i] = float32(i + 1)
	}
	flat := tensor.From([]float32{nan, 0, 0, nan, nan, nan, 0.3, 0.2, inf, 0, 1e20, 0, 0, -1e30}, 1, 1, 7, 2)
	check(tensor.From(count[:12], 1, 1, 3, 4), flat, []sample{
		{"bilinear", "zeros", []float32{nan, nan, nan, 8.3, nan, 0, 0}, []float32{0, 0, 0, 0, 0, 0, 0.63, 0.07, 0, 0, 0.27, 0.03}},
		{"nearest", "zeros", []float32{0, 0, 0, 7, 0, 0, 0}, []float32{0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0}},
		{"nearest", "border", []float32{5, 3, 1, 7, 8, 8, 3}, nil},
		{"bilinear", "border", []float32{5, 2.5, 1, 8.3, 8, 8, 2.5}, nil},
		{"bilinear", "reflection", []float32{5, 2.5, 1, 8.3, 5, 5, 2.5}, nil},
	})
	deep := tensor.From([]float32{nan, 0, 0, 0, nan, 0, nan, nan, nan, 0.3, 0.2, 0.1, inf, 0, 0, -inf, inf, 0, 1e20, 0, 0,
		0, 0, -1e30}, 1, 1, 1, 8, 3)
	check(tensor.From(count, 1, 1, 2, 3, 4), deep, []sample{
		{"bilinear", "zeros", []float32{0, 0, 0, 15.5, 0, 0, 0, 0}, []float32{0, 0, 0, 0, 0, 0, 0.252, 0.028, 0, 0, 0.108, 0.012,
			0, 0, 0, 0, 0, 0, 0.378, 0.042, 0, 0, 0.162, 0.018}},
		{"bilinear", "border", []float32{14, 16.5, 24, 15.5, 14, 15, 14, 6.5}, nil},
		{"nearest", "border", []float32{8, 11, 24, 19, 8, 9, 8, 7}, nil},
	})
}

func alike(a, b float32) bool { return a == b || a != a && b != b || math.Abs(float64(a-b)) < 1e-5 }
