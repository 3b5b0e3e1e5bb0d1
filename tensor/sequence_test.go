package tensor_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/internal/devicetest"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

func holds[T comparable](t *testing.T, what string, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// Numbers here and below are PyTorch's.
func TestSequences(t *testing.T) {
	var o tensor.Options
	a := o.Arange(0, 1, 0.1)
	if v := a.Float32s(); len(v) != 10 || v[1] != 0x1.99999ap-4 || v[2] != 0x1.99999ap-3 {
		t.Errorf("arange: %v", v)
	}
	holds(t, "arange", tensor.Arange(3).Int64s(), []int64{0, 1, 2})
	holds(t, "arange down", tensor.Options{DType: tensor.Int32}.Arange(5, 0, -2).Int64s(), []int64{5, 3, 1})
	holds(t, "linspace", tensor.Linspace(0.1, 0.7, 5).Float32s(), []float32{0.1, 0.25, 0.4, 0.55, 0.7})
	holds(t, "linspace", o.Linspace(-1, 1, 6).Float32s(), []float32{-1, -0.6, -0.2, 0.2, 0.6, 1})
	holds(t, "linspace of 1", o.Linspace(3, 4, 1).Float32s(), []float32{3})
	holds(t, "eye", tensor.Eye(2).Float32s(), []float32{1, 0, 0, 1})
	holds(t, "eye", tensor.Options{DType: tensor.Int64}.Eye(2).Int64s(), []int64{1, 0, 0, 1})
	g := rng.NewTorch(7)
	holds(t, "randint", o.RandInt(g, 0, 10, 2, 3).Int64s(), []int64{5, 2, 1, 6, 3, 7})
	holds(t, "randperm", o.RandPerm(g, 6).Int64s(), []int64{5, 0, 2, 1, 4, 3})
	x := tensor.Zeros(2, 2)
	holds(t, "rand_like", x.RandLike(g).Float32s(), []float32{0.5509352087974548, 0.28683900833129883,
		0.2063193917274475, 0.4450901746749878})
	if y := x.RandNLike(g); y.Shape() != x.Shape() {
		t.Errorf("randn_like: %v", y)
	}
	want := make([]int64, 4)
	rng.NewTorch(4).Randint(want, -5, 9)
	holds(t, "randint_like", x.Cast(tensor.Int32).RandIntLike(rng.NewTorch(4), -5, 9).Int64s(), want)
	holds(t, "full_like", x.FullLike(3).Float32s(), []float32{3, 3, 3, 3})
	holds(t, "zeros_like", x.FullLike(3).ZerosLike().Float32s(), []float32{0, 0, 0, 0})
	holds(t, "ones_like", x.OnesLike().Float32s(), []float32{1, 1, 1, 1})
	for _, f := range []func(){
		func() { o.Arange(0, 1, 0) }, func() { o.Arange(0, 1, -1) }, func() { o.Arange(0, math.NaN(), 1) },
		func() { o.Linspace(0, 1, -1) },
	} {
		if tensor.Try(f) == nil {
			t.Error("an impossible sequence does not panic")
		}
	}
}

func TestSet(t *testing.T) {
	x := tensor.Zeros(2, 3)
	x.Set(5, 1, -1)
	x.Narrow(1, 0, 2).CopyFrom(tensor.From([]float32{7, 8}))
	holds(t, "set", x.Float32s(), []float32{7, 8, 0, 7, 8, 5})
	for text, f := range map[string]func(){
		"1 indices for 2 dimensions": func() { x.Set(1, 0) },
		"does not exist":             func() { x.Set(1, 0, 3) },
		"Data()":                     func() { tensor.Zeros(2).SetRequiresGrad(true).Set(1, 0) },
	} {
		if err := tensor.Try(f); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("the error is %v, want …%s…", err, text)
		}
	}
	w := tensor.Zeros(2).SetRequiresGrad(true)
	w.Data().Set(3, 1)
	holds(t, "set through Data", w.Float32s(), []float32{0, 3})
}

// TestPromotion compares with torch.promote_types and with torch.result_type of a tensor and a 0-d tensor.
func TestPromotion(t *testing.T) {
	const f32, f64, bf, f16 = tensor.Float32, tensor.Float64, tensor.BFloat16, tensor.Float16
	const i64, i32, i16, i8, u8, bl = tensor.Int64, tensor.Int32, tensor.Int16, tensor.Int8, tensor.Uint8, tensor.Bool
	types := []tensor.DType{f32, f64, bf, f16, i64, i32, i16, i8, u8, bl}
	both := [][]tensor.DType{
		{f32, f64, f32, f32, f32, f32, f32, f32, f32, f32},
		{f64, f64, f64, f64, f64, f64, f64, f64, f64, f64},
		{f32, f64, bf, f32, bf, bf, bf, bf, bf, bf},
		{f32, f64, f32, f16, f16, f16, f16, f16, f16, f16},
		{f32, f64, bf, f16, i64, i64, i64, i64, i64, i64},
		{f32, f64, bf, f16, i64, i32, i32, i32, i32, i32},
		{f32, f64, bf, f16, i64, i32, i16, i16, i16, i16},
		{f32, f64, bf, f16, i64, i32, i16, i8, i16, i8},
		{f32, f64, bf, f16, i64, i32, i16, i16, u8, u8},
		{f32, f64, bf, f16, i64, i32, i16, i8, u8, bl},
	}
	number := [][]tensor.DType{
		{f32, f32, f32, f32, f32, f32, f32, f32, f32, f32},
		{f64, f64, f64, f64, f64, f64, f64, f64, f64, f64},
		{bf, bf, bf, bf, bf, bf, bf, bf, bf, bf},
		{f16, f16, f16, f16, f16, f16, f16, f16, f16, f16},
		{f32, f64, bf, f16, i64, i64, i64, i64, i64, i64},
		{f32, f64, bf, f16, i32, i32, i32, i32, i32, i32},
		{f32, f64, bf, f16, i16, i16, i16, i16, i16, i16},
		{f32, f64, bf, f16, i8, i8, i8, i8, i8, i8},
		{f32, f64, bf, f16, u8, u8, u8, u8, u8, u8},
		{f32, f64, bf, f16, i64, i32, i16, i8, u8, bl},
	}
	for i, a := range types {
		for j, b := range types {
			if got := tensor.PromoteTypes(a, b); got != both[i][j] {
				t.Errorf("promote %s, %s: %s, want %s", a, b, got, both[i][j])
			}
			x, y := tensor.Options{DType: a}.Ones(2), tensor.Options{DType: b}.Ones()
			if got := tensor.ResultType(x, y); got != number[i][j] {
				t.Errorf("%s with a number of %s: %s, want %s", a, b, got, number[i][j])
			}
			if got := x.Mul(y).DType(); got != number[i][j] {
				t.Errorf("%s times a number of %s: %s, want %s", a, b, got, number[i][j])
			}
			if got := x.Mul(tensor.Options{DType: b}.Ones(2)).DType(); got != both[i][j] {
				t.Errorf("%s times %s: %s, want %s", a, b, got, both[i][j])
			}
		}
	}
}

// TestHalves compares 16-bit floats with PyTorch's: rounding, and arithmetic in float32.
func TestHalves(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	x := tensor.From([]float32{0.1, 1. / 3, 65504, 65519.9, 65520, 1e-8, 6e-8, 3e-5, -2.5, inf, 1e-40,
		1.0009765625 + 0x1p-11, 257.5, nan, inf, 2.98e-8})
	bits := func(dt tensor.DType) (out []uint16) {
		raw := x.Cast(dt).Bytes()
		for i := 0; i < len(raw); i += 2 {
			out = append(out, uint16(raw[i])|uint16(raw[i+1])<<8)
		}
		return out
	}
	holds(t, "float16", bits(tensor.Float16), []uint16{0x2e66, 0x3555, 0x7bff, 0x7bff, 0x7c00, 0, 1, 0x1f7, 0xc100,
		0x7c00, 0, 0x3c02, 0x5c06, 0x7e00, 0x7c00, 0})
	holds(t, "bfloat16", bits(tensor.BFloat16), []uint16{0x3dcd, 0x3eab, 0x4780, 0x4780, 0x4780, 0x322c, 0x3381, 0x37fc,
		0xc020, 0x7f80, 1, 0x3f80, 0x4381, 0x7fc0, 0x7f80, 0x3300})
	// Every number comes back.
	for _, dt := range []tensor.DType{tensor.BFloat16, tensor.Float16} {
		raw := make([]byte, 2<<16)
		for i := range 1 << 16 {
			raw[2*i], raw[2*i+1] = byte(i), byte(i>>8)
		}
		all := tensor.Options{DType: dt}.FromBytes(raw, 1<<16)
		if back := all.Cast(tensor.Float32).Cast(dt); back.Equal(all).Not().And(all.IsNaN().Not()).Any().Item() != 0 {
			t.Errorf("%s: a number changes on the way to float32 and back", dt)
		}
	}
	// Random numbers are those of float32, rounded.
	random := map[tensor.DType][3][]float64{
		tensor.BFloat16: {{0.83203125, 0.1259765625, 0.90625}, {-0.486328125, -0.60546875, -0.55859375}, {0.53125, -0.173828125, 0.609375}},
		tensor.Float16: {{0.830078125, 0.1260986328125, 0.9072265625}, {-0.48681640625, -0.60400390625,
			-0.55810546875}, {0.5302734375, -0.173828125, 0.607421875}},
	}
	for dt, w := range random {
		o, g := tensor.Options{DType: dt}, rng.NewTorch(5)
		holds(t, "rand", o.Rand(g, 3).Float64s(), w[0])
		g.Seed(5)
		holds(t, "randn", o.RandN(g, 3).Float64s(), w[1])
		g.Seed(5)
		holds(t, "uniform", o.Uniform(g, -0.3, 0.7, 3).Float64s(), w[2])
	}
	want := map[tensor.DType][][]float64{
		tensor.BFloat16: {{1.40625, 10.375, -1.09375, 100}, {0.33203125, 20.75, -7.25, 0.69921875},
			{3.65625, 0.3515625, -1.5, 14336}, {3.015625, 14.9375, 0.037109375, math.Inf(1)},
			{100.5}, {25.125}, {0, 0, 0, 1}, {1.203125, 2.796875, -3.203125, 100}, {6.28125, 8.5, 219, -24.625}},
		tensor.Float16: {{1.3994140625, 10.3984375, -1.1015625, 100}, {0.329833984375, 20.78125, -7.2578125,
			0.7001953125}, {3.6640625, 0.3505859375, -1.5009765625, 14288},
			{3.00390625, 14.8671875, 0.036865234375, math.Inf(1)}, {100.5}, {25.125}, {0, 0, 0, 1},
			{1.19921875, 2.798828125, -3.201171875, 100.125}, {6.265625, 8.484375, 218.875, -24.71875}},
	}
	for _, dev := range []tensor.Device{tensor.CPU(), devicetest.Async()} {
		for dt, w := range want {
			o := tensor.Options{DType: dt, Device: dev}
			a, b := tensor.FromAs(o, []float32{1.1, 2.7, -3.3, 100}), tensor.FromAs(o, []float32{0.3, 7.7, 2.2, 0.007})
			for i, y := range []tensor.Tensor{a.Add(b), a.Mul(b), a.Div(b), a.Exp(), a.Sum(), a.Mean(), a.Softmax(0),
				a.AddScalar(0.1), a.Reshape(2, 2).MatMul(b.Reshape(2, 2))} {
				if y.DType() != dt {
					t.Errorf("%s on %s, result %d: the type is %s", dt, dev, i, y.DType())
				}
				holds(t, dt.String(), y.Float64s(), w[i])
			}
			leaf := a.Keep().SetRequiresGrad(true)
			leaf.Mul(b).CumSum(0).Sort(0, true)
			leaf.Square().Sum().Backward()
			holds(t, "gradient", leaf.Grad().Float64s(), a.MulScalar(2).Float64s())
			if v, i := a.Sort(0, false); i.Int64s()[0] != 2 || v.ArgMax(0).Item() != 3 {
				t.Errorf("%s: sorted %v", dt, v)
			}
		}
	}
}

func TestHooks(t *testing.T) {
	x := tensor.From([]float64{1, 2}).SetRequiresGrad(true)
	seen := 0
	remove := x.RegisterHook(func(g tensor.Tensor) tensor.Tensor {
		if seen++; seen < 3 {
			holds(t, "a leaf's gradient is whole", g.Float64s(), []float64{3, 5})
		}
		return g.MulScalar(2)
	})
	f := func(x tensor.Tensor) tensor.Tensor { return x.Square().Add(x).Sum() }
	f(x).Backward()
	f(x).Backward()
	holds(t, "the hook's gradients add up", x.Grad().Float64s(), []float64{12, 20})
	holds(t, "Gradient goes through hooks too", tensor.Gradient(x.Square().Sum(), []tensor.Tensor{x}, false)[0].Float64s(), []float64{4, 8})
	remove()
	x.ZeroGrad()
	f(x).Backward()
	holds(t, "removed", x.Grad().Float64s(), []float64{3, 5})
	if seen != 3 {
		t.Errorf("the hook ran %d times", seen)
	}

	// In a scope, on an intermediate result; the hook ends with the step.
	s := tensor.NewScope(tensor.CPU())
	for range 3 {
		x.ZeroGrad()
		y := x.InScope(s).Square()
		n := 0
		y.RegisterHook(func(g tensor.Tensor) tensor.Tensor { n++; return tensor.Tensor{} })
		y.RegisterHook(func(g tensor.Tensor) tensor.Tensor { n++; return g.Neg() })
		y.Add(y).Sum().Backward()
		holds(t, "in a scope", x.Grad().Float64s(), []float64{-4, -8})
		if n != 2 {
			t.Errorf("%d hooks ran", n)
		}
		s.Recycle()
	}
	for text, f := range map[string]func(){
		"no gradient flows": func() { tensor.Ones(2).RegisterHook(nil) },
		"another shape": func() {
			w := tensor.Ones(2).SetRequiresGrad(true)
			w.RegisterHook(func(g tensor.Tensor) tensor.Tensor { return g.Sum() })
			w.Sum().Backward()
		},
	} {
		if err := tensor.Try(f); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("the error is %v, want …%s…", err, text)
		}
	}
}

// TestReshapeOfViews counts where reshaping copies: PyTorch's view_copy rules.
func TestReshapeOfViews(t *testing.T) {
	x := tensor.Arange(24).Reshape(2, 3, 4)
	for _, c := range []struct {
		name string
		v    tensor.Tensor
		dims []int
		view bool
	}{
		{"columns", x.Slice(2, 0, 4, 2), []int{12}, true},
		{"columns, cut short", x.Narrow(2, 0, 3), []int{6, 3}, true},
		{"columns, cut short, flat", x.Narrow(2, 0, 3), []int{18}, false},
		{"rows", x.Narrow(1, 1, 2), []int{2, 8}, true},
		{"rows, flat", x.Narrow(1, 1, 2), []int{16}, false},
		{"split", x.Slice(2, 0, 4, 2), []int{2, 3, 2, 1}, true},
		{"transposed", x.Transpose(0, 2), []int{4, 6}, false},
		{"transposed, split", x.Transpose(0, 2), []int{2, 2, 3, 1, 2}, true},
		{"expanded", x.Select(0, 0).Expand(5, 3, 4), []int{5, 12}, true},
		{"expanded, joined", x.Select(0, 0).Expand(5, 3, 4), []int{60}, false},
		{"one number expanded", tensor.Ones(1).Expand(6), []int{2, 3}, true},
	} {
		y := c.v.Reshape(c.dims...)
		holds(t, c.name, y.Int64s(), c.v.Contiguous().Reshape(c.dims...).Int64s())
		if shared := tensor.SharesMemory(y, c.v); shared != c.view {
			t.Errorf("%s: a view is %v, want %v", c.name, shared, c.view)
		}
	}
}
