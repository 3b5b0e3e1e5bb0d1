package tensor_test

import (
	"math"
	"testing"

	"github.com/lamina-ml/lamina/tensor"
)

// TestHalfRoundsOnce: 16-bit floats are summed in a wider type and rounded once, when the reduction is done.
func TestHalfRoundsOnce(t *testing.T) {
	half := tensor.Options{DType: tensor.Float16}
	bf := tensor.Options{DType: tensor.BFloat16}
	onDevices(t, func(t *testing.T, o tensor.Options) {
		half, bf := half, bf
		half.Device, bf.Device = o.Device, o.Device
		ones := half.Ones(100000)
		sixties := bf.Full(60000, 1000)
		for _, c := range []struct {
			name      string
			got, want float64
		}{
			{"mean", ones.Mean().Item(), 1},
			{"mean over columns", half.Ones(100000, 3).Mean(0).Mean().Item(), 1},
			{"mean over rows", half.Ones(3, 100000).Mean(1).Mean().Item(), 1},
			{"bfloat16 mean", sixties.Mean().Item(), 59904},
			{"var", half.Full(300, 100000).Var(0).Item(), 0},
			{"std", tensor.Cat(0, half.Full(300, 50000), half.Full(-300, 50000)).Std(0).Item(), 300},
			{"norm", half.Full(300, 10000).Norm(2).Item(), 30000},
			{"norm of order 3", half.Full(30, 8000).Norm(3).Item(), 600},
			{"logsumexp", half.Zeros(100000).LogSumExp().Item(), 11.515625},
			{"count of nonzero", half.Ones(1000).Norm(0).Item(), 1000},
		} {
			if c.got != c.want {
				t.Errorf("%s is %v, not %v", c.name, c.got, c.want)
			}
		}
	})
}

// TestHalfMaxOfTies: the gradient of a maximum is shared among more equal elements than a float16 can count.
func TestHalfMaxOfTies(t *testing.T) {
	onDevices(t, func(t *testing.T, o tensor.Options) {
		o.DType = tensor.Float16
		for name, f := range map[string]func(x tensor.Tensor) tensor.Tensor{
			"max":  func(x tensor.Tensor) tensor.Tensor { return x.Max() },
			"min":  func(x tensor.Tensor) tensor.Tensor { return x.Min() },
			"rows": func(x tensor.Tensor) tensor.Tensor { return x.Max(0).Sum() },
			"norm": func(x tensor.Tensor) tensor.Tensor { return x.Norm(math.Inf(1)) },
		} {
			x := o.Ones(70000, 1).SetRequiresGrad(true)
			f(x).Backward()
			if got := x.Grad().Max().Item(); math.Abs(got-1.43e-5) > 1e-8 {
				t.Errorf("%s: the gradient is %v, not 1.43e-5", name, got)
			}
		}
	})
}

// TestHalfIndexedSums: ops that add by index add 16-bit floats in float32, and round once.
func TestHalfIndexedSums(t *testing.T) {
	const n = 100000
	onDevices(t, func(t *testing.T, o tensor.Options) {
		for _, dt := range []tensor.DType{tensor.Float16, tensor.BFloat16} {
			o.DType = dt
			v := o.Full(0.01, 1).Item()
			places := tensor.Options{DType: tensor.Int64, Device: o.Device}.Arange(0, n,
				1).Remainder(tensor.Options{DType: tensor.Int64, Device: o.Device}.Full(8, 1))
			want := o.Full(v*n/8, 1).Item()
			small := o.Full(0.01, n)
			x := o.Ones(8).SetRequiresGrad(true)
			for name, f := range map[string]func(x tensor.Tensor) tensor.Tensor{
				"IndexSelect": func(x tensor.Tensor) tensor.Tensor { return x.IndexSelect(0, places) },
				"Gather":      func(x tensor.Tensor) tensor.Tensor { return x.Gather(0, places) },
				"Index":       func(x tensor.Tensor) tensor.Tensor { return x.Index(places) },
				"Repeat":      func(x tensor.Tensor) tensor.Tensor { return x.Repeat(n / 8) },
				"PadCircular": func(x tensor.Tensor) tensor.Tensor {
					for x.Len() < n {
						k := min(x.Len(), n-x.Len())
						x = x.PadCircular(0, k)
					}
					return x
				},
				"RepeatInterleave": func(x tensor.Tensor) tensor.Tensor { return x.RepeatInterleave(n/8, 0) },
				"Expand":           func(x tensor.Tensor) tensor.Tensor { return x.Expand(n/8, 8).Flatten(0) },
			} {
				x.ZeroGrad()
				f(x).Mul(small).Sum().Backward()
				for i, got := range x.Grad().Float64s() {
					if name == "PadCircular" { // several ops, each of which rounds
						if math.Abs(got-want) > 0.02*want {
							t.Errorf("%v %s: gradient %d is %v, not %v", dt, name, i, got, want)
						}
					} else if got != want {
						t.Errorf("%v %s: gradient %d is %v, not %v", dt, name, i, got, want)
					}
				}
			}
			for name, y := range map[string]tensor.Tensor{
				"IndexAdd":   o.Zeros(8).IndexAdd(0, places, small),
				"ScatterAdd": o.Zeros(8).ScatterAdd(0, places, small),
				"IndexPut":   o.Zeros(8).IndexPut(small, true, places),
			} {
				for i, got := range y.Float64s() {
					if got != want {
						t.Errorf("%v %s: element %d is %v, not %v", dt, name, i, got, want)
					}
				}
			}
			// A row that 1,000 overlapping windows read.
			w := o.Ones(1000, 1).SetRequiresGrad(true)
			w.Unfold(0, 500, 1).Mul(o.Full(0.01, 501, 1, 500)).Sum().Backward()
			if got, want := w.Grad().Select(0, 499).Item(), o.Full(v*500, 1).Item(); got != want {
				t.Errorf("%v Unfold: gradient %v, not %v", dt, got, want)
			}
		}
	})
}
