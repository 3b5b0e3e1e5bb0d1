package tensor_test

import (
	"math"
	"testing"

	"github.com/lamina-ml/lamina/tensor"
)

// TestMomentsOfLargeAndSmallNumbers: intermediate squares and sums neither overflow nor underflow if the result does
// not, over rows, columns, the ends and separate single dimensions.
func TestMomentsOfLargeAndSmallNumbers(t *testing.T) {
	onDevices(t, func(t *testing.T, o tensor.Options) {
		for _, c := range []struct {
			dt   tensor.DType
			size float64
		}{{tensor.Float32, 1e30}, {tensor.Float32, 1e37}, {tensor.Float32, 1e-30}, {tensor.Float64, 1e200},
			{tensor.Float64, 1e307}, {tensor.Float64, 1e-200}, {tensor.Float64, 1e-310}} {
			o.DType = c.dt
			tol := 1e-6
			if c.size < 1e-308 {
				tol = 1e-3 // a subnormal number has few digits
			}
			x := tensor.FromAs(o, []float64{3 * c.size, 4 * c.size, 0, -2 * c.size})
			layouts := map[string]struct {
				x    tensor.Tensor
				dims []int
			}{
				"all":     {x, nil},
				"rows":    {x.Expand(3, 4).Contiguous(), []int{1}},
				"columns": {x.Reshape(4, 1).Expand(4, 33).Contiguous(), []int{0}},
				"ends":    {x.Reshape(2, 1, 2).Expand(2, 5, 2).Contiguous(), []int{0, 2}},
				"strides": {x.Reshape(4, 1).Expand(4, 6).Contiguous().T(), []int{1}},
			}
			for name, l := range layouts {
				for _, m := range []struct {
					name string
					got  tensor.Tensor
					want float64
				}{
					{"norm", l.x.Norm(2, l.dims...), math.Sqrt(29)},
					{"norm of order 3", l.x.Norm(3, l.dims...), math.Cbrt(99)},
					{"mean", l.x.Mean(l.dims...), 1.25},
					{"std", l.x.Std(0, l.dims...), math.Sqrt(5.6875)},
				} {
					for _, got := range m.got.Float64s() {
						if got /= c.size; !(math.Abs(got-m.want) <= tol*m.want) {
							t.Errorf("%v, %s of %v over %s: %v, not %v", c.dt, m.name, c.size, name, got, m.want)
							break
						}
					}
				}
			}
			// The gradients are those of numbers of ordinary size.
			for name, f := range map[string]func(x tensor.Tensor) tensor.Tensor{
				"norm":            func(x tensor.Tensor) tensor.Tensor { return x.Norm(2) },
				"norm of order 3": func(x tensor.Tensor) tensor.Tensor { return x.Norm(3) },
				"std":             func(x tensor.Tensor) tensor.Tensor { return x.Std(0) },
			} {
				if c.size < 1e-300 {
					continue
				}
				a, b := x.Detach().Clone().SetRequiresGrad(true), tensor.FromAs(o, []float64{3, 4, 0, -2}).SetRequiresGrad(true)
				f(a).Backward()
				f(b).Backward()
				near(t, name, a.Grad().Float64s(), b.Grad().Float64s(), 1e-5)
			}
		}
		// Results that are too large, infinite or NaN remain so.
		inf := math.Inf(1)
		o.DType = tensor.Float32
		for _, c := range []struct{ v, norm, mean float64 }{{inf, inf, inf}, {-inf, inf, -inf},
			{math.NaN(), math.NaN(), math.NaN()}, {3e38, inf, 3e38}, {0, 0, 0}} {
			x := o.Full(c.v, 4)
			if got := x.Norm(2).Item(); got != c.norm && (got == got || c.norm == c.norm) {
				t.Errorf("the norm of %v is %v", c.v, got)
			}
			if got := x.Mean().Item(); math.Abs(got-c.mean) > 1e32 || got != got && c.mean == c.mean {
				t.Errorf("the mean of %v is %v", c.v, got)
			}
		}
	})
}

// TestSumOfBytes: integers are summed in int64 without an int64 copy.
func TestSumOfBytes(t *testing.T) {
	const n = 1 << 20
	s := tensor.NewScope(tensor.CPU())
	for _, dt := range []tensor.DType{tensor.Uint8, tensor.Int8, tensor.Bool, tensor.Int16, tensor.Int32} {
		x := tensor.Options{DType: dt}.Ones(n/4, 4)
		before := s.Bytes()
		in := x.InScope(s)
		for name, got := range map[string]float64{
			"sum":             in.Sum().Item(),
			"sum over rows":   in.Sum(1).Narrow(0, 0, 1).Item() * n / 4,
			"sum of columns":  in.Sum(0).Sum().Item(),
			"product":         in.Prod().Item() * n,
			"norm by strides": in.T().Sum(1).Sum().Item(),
		} {
			if got != n {
				t.Errorf("%v: the %s is %v, not %v", dt, name, got, n)
			}
		}
		if used := s.Bytes() - before; used > 3*n { // the sums over rows alone take 2 MB
			t.Errorf("%v: sums of %d elements took %d bytes", dt, n, used)
		}
	}
}

// TestArangeOfLargeIntegers: integers beyond 2⁵³ are counted one by one.
func TestArangeOfLargeIntegers(t *testing.T) {
	onDevices(t, func(t *testing.T, o tensor.Options) {
		o.DType = tensor.Int64
		const start = 1 << 53
		holds(t, "Arange", o.Arange(start, start+4, 1).Int64s(), []int64{start, start + 1, start + 2, start + 3})
	})
}
