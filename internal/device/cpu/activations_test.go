package cpu_test

import (
	"math"
	"testing"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/device/cpu"
)

// TestMishFar checks Mish for large |x|, where it is x or x·eˣ and its gradient 1 or (1 + x)·eˣ.
func TestMishFar(t *testing.T) {
	dev := cpu.New()
	unary, binary := device.Rows()
	x := []float64{-95, -89, -30, 30, 1e10, 1e17, 1e30}
	for _, dt := range []device.DType{device.Float32, device.Float64} {
		a, one := block(dev, dt, []int{len(x)}, x), block(dev, dt, []int{len(x)}, nil)
		dev.Fill(one, 1)
		y, dx := block(dev, dt, []int{len(x)}, nil), block(dev, dt, []int{len(x)}, nil)
		for _, op := range unary {
			if op.Name == "mish" {
				dev.Unary(op, y, a, device.Params{})
			}
		}
		for _, op := range binary {
			if op.Name == "mish gradient" {
				dev.Binary(op, dx, one, a, device.Params{})
			}
		}
		results, grads := read(dev, y), read(dev, dx)
		for i, v := range x {
			want, grad := v, 1.0
			if v < 0 {
				want, grad = v*math.Exp(v), (1+v)*math.Exp(v)
			}
			// A float32 below 10⁻³⁸ is subnormal and less accurate.
			near := func(got, want float64) bool { return math.Abs(got-want) <= 1e-6*math.Abs(want)+1e-43 }
			if !near(results[i], want) || !near(grads[i], grad) {
				t.Errorf("%v: mish(%v) = %v with the gradient %v, want %v and %v", dt, v, results[i], grads[i],
					want, grad)
			}
		}
	}
}
