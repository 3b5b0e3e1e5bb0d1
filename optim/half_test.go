package optim

import (
	"fmt"
	"math"
	"testing"

	"github.com/lamina-ml/lamina/tensor"
)

// TestHalf checks that on float16 and bfloat16 every optimizer gives PyTorch's parameters, bit for bit, with ordinary
// gradients and with gradients whose squares are infinite in float16. Only Muon, which sums in another order, may round
// differently.
func TestHalf(t *testing.T) {
	stored := []int{2, 9} // testdata/torch/optim_half.py
	for _, tr := range readFile(t, "half.json") {
		for _, dt := range []tensor.DType{tensor.Float16, tensor.BFloat16} {
			t.Run(fmt.Sprint(tr, dt, tr.Scale), func(t *testing.T) {
				dims := [][]int{{4, 16}, {32}, {2, 2, 16}}
				if tr.Optimizer == "Muon" {
					dims = [][]int{{4, 16}, {16, 4}, {8, 8}}
				}
				ps := parametersOf(dims, dt)
				opt := tr.build(ps, false)
				last := elements(ps)
				epsilon := map[tensor.DType]float64{tensor.Float16: 0x1p-10, tensor.BFloat16: 0x1p-7}[dt]
				for step := range steps {
					setScaledGradients(ps, step, tr.Scale)
					opt.Step()
					if step != stored[step/9] {
						continue
					}
					now, want := elements(ps), tr.golden(t, dt, step/9)
					tolerance := 0.0
					if tr.Optimizer == "Muon" {
						for i := range now {
							tolerance = max(tolerance, math.Abs(now[i]-last[i])*0x1p-5)
						}
						tolerance += 2 * epsilon
					}
					for i := range now {
						if now[i] == want[i] || math.IsNaN(now[i]) && math.IsNaN(want[i]) {
							continue
						}
						if !(math.Abs(now[i]-want[i]) <= tolerance) {
							t.Fatalf("step %d, element %d: %v, PyTorch %v", step+1, i, now[i], want[i])
						}
					}
				}
			})
		}
	}
}

// TestHalfRMSpropIsFinite lets the second moment of centered RMSprop overflow float16. The difference of two infinities
// would be NaN.
func TestHalfRMSpropIsFinite(t *testing.T) {
	p := tensor.Options{DType: tensor.Float16}.Ones(32).SetRequiresGrad(true)
	opt := NewRMSprop([]tensor.Tensor{p}, RMSpropConfig{Centered: true})
	for range 10 {
		opt.ZeroGrad()
		p.MulScalar(1e4).Sum().Backward()
		opt.Step()
	}
	if v := p.Float64s()[0]; v != 1 {
		t.Errorf("%v after ten steps, PyTorch 1: each divides by infinity", v)
	}
}
