package nn_test

import (
	"math"
	"testing"

	"github.com/lamina-ml/lamina/internal/devicetest"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
)

// TestNormsOfLargeAndSmallRows checks norms and gradients of rows whose squares overflow or underflow.
func TestNormsOfLargeAndSmallRows(t *testing.T) {
	root := math.Sqrt(1.5)
	rms := math.Sqrt(14.0 / 3)
	for _, dev := range []tensor.Device{tensor.CPU(), devicetest.Async()} {
		for _, c := range []struct {
			dt   tensor.DType
			size float64
		}{
			{tensor.Float32, 1e30}, {tensor.Float32, 1e38}, {tensor.Float64, 1e30}, {tensor.Float64, 1e200}, {tensor.Float64, 1e300},
			{tensor.Float32, 1e-18}, {tensor.Float64, 1e-150}, {tensor.BFloat16, 1e30},
		} {
			o := tensor.Options{DType: c.dt, Device: dev}
			x := tensor.FromAs(o, []float64{c.size, 2 * c.size, 3 * c.size, 1, 2, 3}, 2, 3).SetRequiresGrad(true)
			tol := 1e-5
			if c.dt == tensor.BFloat16 {
				tol = 0.02
			}
			eps := 1e-44 // negligible compared with the squares
			if c.dt == tensor.Float64 {
				eps = 1e-320
			}
			for _, l := range []struct {
				name  string
				layer nn.Module
				want  []float64
			}{
				{"layer norm", &nn.LayerNorm{Shape: tensor.ShapeOf(3), Eps: eps}, []float64{-root, 0, root}},
				{"RMS norm", &nn.RMSNorm{Shape: tensor.ShapeOf(3), Eps: eps}, []float64{1 / rms, 2 / rms, 3 / rms}},
			} {
				x.ZeroGrad()
				y := l.layer.Forward(x)
				for row := range 2 {
					for j, want := range l.want {
						if got := y.At(row, j); !(math.Abs(got-want) <= tol) {
							t.Errorf("%v, %v, %s of %v: element %d is %v, not %v", dev, c.dt, l.name, c.size, j, got, want)
						}
					}
				}
				y.Mul(tensor.FromAs(o, []float64{1, 0, 0})).Sum().Backward()
				for j := range 3 {
					got, want := x.Grad().At(0, j)*c.size, x.Grad().At(1, j)
					if !(math.Abs(got-want) <= tol) {
						t.Errorf("%v, %v, gradient of %s of %v: element %d is %v, not %v", dev, c.dt, l.name, c.size, j, got, want)
					}
				}
			}
		}
	}
	y := nn.NewLayerNorm(3).Forward(tensor.From([]float32{1e30, 2e30, 3e30}, 1, 3))
	if got := y.At(0, 2); math.Abs(got-1.2247) > 1e-4 {
		t.Errorf("layer norm with a weight: %v", y)
	}
}
