package tensor_test

import (
	"math"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/internal/devicetest"
	"github.com/lamina-ml/lamina/tensor"
)

// A function of a program's own is its own also where it has the name of one that devices have kernels for.
var ownSiLU = tensor.NewElementwise(tensor.Elementwise{
	Name:       "silu",
	F:          func(x float64, p [2]float64) float64 { return p[0]*x*x*x + p[1] },
	Derivative: func(x float64, p [2]float64) float64 { return 3 * p[0] * x * x },
	Second:     func(x tensor.Tensor, p [2]float64) tensor.Tensor { return x.MulScalar(6 * p[0]) },
})

var (
	ownHardshrink = tensor.NewElementwise(tensor.Elementwise{
		Name: "hardshrink",
		F: func(x float64, p [2]float64) float64 {
			if math.Abs(x) <= p[0] {
				return 0
			}
			return x
		},
		Derivative: func(x float64, p [2]float64) float64 {
			if math.Abs(x) <= p[0] {
				return 0
			}
			return 1
		},
		Second: tensor.PiecewiseLinear,
	})
	ownFloor = tensor.NewElementwise(tensor.Elementwise{Name: "own floor",
		F: func(x float64, _ [2]float64) float64 { return math.Floor(x) }})
	ownOnce = tensor.NewElementwise(tensor.Elementwise{
		Name:       "own once",
		F:          func(x float64, _ [2]float64) float64 { return x * x },
		Derivative: func(x float64, _ [2]float64) float64 { return 2 * x },
	})
)

func TestOwnElementwise(t *testing.T) {
	for _, dev := range []tensor.Device{tensor.CPU(), devicetest.Async()} {
		for _, dt := range []tensor.DType{tensor.Float32, tensor.Float64, tensor.BFloat16, tensor.Float16} {
			o := tensor.Options{DType: dt, Device: dev}
			x := tensor.FromAs(o, []float64{-2, 0.5, 1, 3}).SetRequiresGrad(true)
			y := ownSiLU.Of(x, 2, 1)
			holds(t, dt.String(), y.Float64s(), []float64{-15, 1.25, 3, 55})
			g := tensor.Gradient(y.Sum(), []tensor.Tensor{x}, true)[0]
			holds(t, dt.String()+", gradient", g.Float64s(), []float64{24, 1.5, 6, 54})
			holds(t, dt.String()+", second", tensor.Gradient(g.Sum(), []tensor.Tensor{x}, false)[0].Float64s(), []float64{-24, 6, 12, 36})

			dy := tensor.FromAs(o, []float64{math.Inf(1), math.Inf(1), 2, 3})
			z := ownHardshrink.Of(x, 0.5)
			holds(t, dt.String()+", hardshrink", z.Float64s(), []float64{-2, 0, 1, 3})
			g = tensor.Gradient(z.Mul(dy).Sum(), []tensor.Tensor{x}, true)[0]
			holds(t, "a derivative of 0 stops an infinity", g.Float64s(), []float64{math.Inf(1), 0, 2, 3})
		}
	}
	holds(t, "integers", ownHardshrink.Of(tensor.From([]int64{-1, 2}), 1).Float32s(), []float32{0, 2})

	err := tensor.GradCheck(func(x []tensor.Tensor) tensor.Tensor { return ownSiLU.Of(x[0], 0.5) },
		[]tensor.Tensor{tensor.From([]float64{-1, 2}).SetRequiresGrad(true)}, tensor.GradCheckOptions{})
	if err != nil {
		t.Error(err)
	}
	x := tensor.From([]float64{1.5, 2}).SetRequiresGrad(true)
	for text, f := range map[string]func(){
		"own floor: the function has no Derivative": func() { ownFloor.Of(x).Sum().Backward() },
		"own once: the function has no Second derivative": func() {
			tensor.Gradient(tensor.Gradient(ownOnce.Of(x).Sum(), []tensor.Tensor{x}, true)[0].Sum(), []tensor.Tensor{x}, false)
		},
		"silu: an elementwise function has at most 2 constants, not 3": func() { ownSiLU.Of(x, 1, 2, 3) },
		"the function empty has no F":                                  func() { tensor.NewElementwise(tensor.Elementwise{Name: "empty"}) },
	} {
		if err := tensor.Try(f); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("the error is %v, want …%s…", err, text)
		}
	}
}
