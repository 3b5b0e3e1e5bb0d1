package cpu_test

import (
	"math"
	"testing"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/device/cpu"
)

// TestCrossEntropyOfMinusInf checks that a target whose logit is −∞ has an infinite loss, with and without smoothing.
// The values are PyTorch's.
func TestCrossEntropyOfMinusInf(t *testing.T) {
	dev, inf := cpu.New(), math.Inf(1)
	for _, dt := range []device.DType{device.Float32, device.Float64} {
		x := block(dev, dt, []int{3, 3}, []float64{0, -inf, 1, 0, -inf, 1, 0, math.NaN(), 1})
		target := block(dev, device.Int64, []int{3}, []float64{1, 2, 0})
		for smoothing, want := range map[float64][]float64{
			0:   {inf, 0.3132616875, math.NaN()},
			0.1: {inf, inf, math.NaN()},
		} {
			loss := block(dev, dt, []int{3}, nil)
			dev.CrossEntropy(loss, x, target, smoothing)
			for i, got := range read(dev, loss) {
				if w := want[i]; got != w && !(math.Abs(got-w) < 1e-6) && !(got != got && w != w) {
					t.Errorf("%v, smoothing %v: the loss of row %d is %v, want %v", dt, smoothing, i, got, w)
				}
			}
		}
	}
}
