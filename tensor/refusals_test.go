package tensor_test

import (
	"errors"
	"math"
	"testing"

	"github.com/lamina-ml/lamina/tensor"
)

// TestRefusedAsInPyTorch: what PyTorch refuses is a typed error here.
func TestRefusedAsInPyTorch(t *testing.T) {
	ints := tensor.From([]int64{1, 2, 3})
	f32, f64 := tensor.Ones(3), tensor.Options{DType: tensor.Float64}.Ones(3)
	for name, f := range map[string]func(){
		"mean of integers":               func() { ints.Mean() },
		"mean of booleans":               func() { ints.Equal(ints).Mean() },
		"var of integers":                func() { ints.Var(1) },
		"std of integers":                func() { ints.Std(1) },
		"norm of integers":               func() { ints.Norm(2) },
		"matmul of two types":            func() { f32.MatMul(f64) },
		"matmul of integers and floats":  func() { ints.MatMul(f32) },
		"dot of two types":               func() { f32.Dot(f64) },
		"einsum of two types":            func() { tensor.Einsum("i,i", f32, f64) },
		"lerp of two types":              func() { f32.Lerp(f64, 0.5) },
		"lerp to a number of two types":  func() { f32.Lerp(f64.Select(0, 0), 0.5) },
		"lerp of integers":               func() { ints.Lerp(ints, 0.5) },
		"LerpInPlace of integers":        func() { ints.LerpInPlace(ints, 0.5) },
		"ClampInPlace with fractions":    func() { ints.ClampInPlace(0.5, 1.5) },
		"ClampInPlace with one":          func() { ints.ClampInPlace(math.Inf(-1), 1.5) },
		"ClampInPlace with NaN":          func() { ints.ClampInPlace(math.NaN(), 3) },
		"MulScalarInPlace by a fraction": func() { ints.MulScalarInPlace(0.5) },
		"MulScalarInPlace by infinity":   func() { ints.MulScalarInPlace(math.Inf(1)) },
		"AddScaledInPlace by a fraction": func() { ints.AddScaledInPlace(0.5, ints) },
		"Cat along no dimension":         func() { tensor.Cat(1, tensor.Ones(0), tensor.Ones(0), f32) },
		"Cat of numbers":                 func() { tensor.Cat(0, tensor.Scalar(1), tensor.Scalar(1)) },
		"Chunk of a number":              func() { tensor.Scalar(1).Chunk(1, 0) },
		"Split of a number":              func() { tensor.Scalar(1).Split(1, 0) },
		"Narrow before the start":        func() { f32.Narrow(0, -4, 1) },
		"Narrow over the end":            func() { f32.Narrow(0, -2, 3) },
		"IndexSelect of two from one":    func() { tensor.Scalar(1).IndexSelect(0, tensor.From([]int64{0, 0})) },
		"IndexSelect beside one":         func() { tensor.Scalar(1).IndexSelect(0, tensor.From([]int64{1})) },
		"PadReflect to nothing":          func() { f32.PadReflect(-2, -2) },
		"PadCircular beyond":             func() { f32.PadCircular(3, -1) },
		"Pad to less than nothing":       func() { f32.Pad(0, -4, 3) },
	} {
		mistake(t, name, f)
	}
	if got := ints.Int64s(); got[0] != 1 || got[2] != 3 {
		t.Errorf("a refused operation wrote %v", got)
	}
	ints.ClampInPlace(2, math.Inf(1))
	ints.MulScalarInPlace(2)
	holds(t, "whole limits", ints.Int64s(), []int64{4, 4, 6})
}

// TestComputedAsInPyTorch: what PyTorch computes is computed here. The values are PyTorch's.
func TestComputedAsInPyTorch(t *testing.T) {
	onDevices(t, func(t *testing.T, o tensor.Options) {
		x := tensor.FromAs(o, []float32{0, 1, 2, 3, 4, 5})
		number := x.Select(0, 3)
		zero := tensor.FromAs(tensor.Options{DType: tensor.Int64, Device: o.Device}, []int64{0})
		for _, c := range []struct {
			name string
			got  tensor.Tensor
			want []float64
			rank int
		}{
			{"Narrow from the end", x.Narrow(0, -2, 2), []float64{4, 5}, 1},
			{"Narrow of nothing", x.Narrow(0, 6, 0), nil, 1},
			{"Pad", x.Pad(9, -1, 2), []float64{1, 2, 3, 4, 5, 9, 9}, 1},
			{"PadReflect", x.PadReflect(-1, 2), []float64{1, 2, 3, 4, 5, 4, 3}, 1},
			{"PadReflect on both sides", x.PadReflect(-2, -1), []float64{2, 3, 4}, 1},
			{"PadReflect before", x.PadReflect(3, -5), []float64{3, 2, 1, 0}, 1},
			{"PadReflect of the reflection", x.PadReflect(-6, 3), []float64{4, 3, 2}, 1},
			{"PadReplicate", x.PadReplicate(-1, 2), []float64{1, 2, 3, 4, 5, 5, 5}, 1},
			{"PadReplicate of copies", x.PadReplicate(3, -5), []float64{0, 0, 0, 0}, 1},
			{"PadReplicate behind", x.PadReplicate(-7, 3), []float64{5, 5}, 1},
			{"PadCircular", x.PadCircular(-1, 2), []float64{1, 2, 3, 4, 5, 1, 2}, 1},
			{"PadCircular on both sides", x.PadCircular(-2, -1), []float64{2, 3, 4}, 1},
			{"IndexSelect of a number", number.IndexSelect(0, zero), []float64{3}, 0},
			{"IndexSelect of a number by a number", number.IndexSelect(-1, zero.Select(0, 0)), []float64{3}, 0},
			{"Roll of a number", number.Roll(1, 0), []float64{3}, 0},
			{"Cat with an empty vector", tensor.Cat(1, x.NewZeros(0), x.Reshape(2, 3)), []float64{0, 1, 2, 3, 4, 5}, 2},
			{"Cat with two", tensor.Cat(-1, x.NewZeros(0), x.Reshape(2, 3), x.NewZeros(0)), []float64{0, 1, 2, 3, 4, 5}, 2},
			{"Cat with an empty vector, of vectors", tensor.Cat(0, x.NewZeros(0), x), []float64{0, 1, 2, 3, 4, 5}, 1},
			{"Cat of empty vectors", tensor.Cat(1, x.NewZeros(0), x.NewZeros(0)), nil, 1},
		} {
			if c.got.Rank() != c.rank {
				t.Errorf("%s: shape %v", c.name, c.got.Shape())
			}
			holds(t, c.name, c.got.Float64s(), c.want)
		}
	})
}

// TestClampTensorTies: if x equals one of two different limits, x and the limit get half of the gradient each. The rows
// are PyTorch's: lo, x, hi, and the gradients of x, lo and hi.
func TestClampTensorTies(t *testing.T) {
	onDevices(t, func(t *testing.T, o tensor.Options) {
		o.DType = tensor.Float64
		for _, c := range [][6]float64{
			{1, 1, 3, 0.5, 0.5, 0},
			{0, 3, 3, 0.5, 0, 0.5},
			{0, 1, 3, 1, 0, 0},
			{1, 0, 3, 0, 1, 0},
			{0, 4, 3, 0, 0, 1},
			{2, 2, 2, 1, 0, 0},
			{3, 2, 2, 0, 0, 1},
			{3, 3, 2, 0, 0, 1},
			{3, 4, 2, 0, 0, 1},
			{2, 1, 2, 0, 1, 0},
			{2, 3, 2, 0, 0, 1},
		} {
			lo, x, hi := o.Full(c[0], 1).SetRequiresGrad(true), o.Full(c[1], 1).SetRequiresGrad(true), o.Full(c[2], 1).SetRequiresGrad(true)
			x.ClampTensor(lo, hi).Sum().Backward()
			if got := [3]float64{x.Grad().At(0), lo.Grad().At(0), hi.Grad().At(0)}; got != [3]float64(c[3:]) {
				t.Errorf("lo, x, hi = %v: the gradients are %v, not %v", c[:3], got, c[3:])
			}
		}
	})
}

// mistake runs f and returns the *tensor.Error that it panics with. Any other panic fails the test.
func mistake(t *testing.T, name string, f func()) (e *tensor.Error) {
	t.Helper()
	defer func() {
		if r := recover(); r != nil {
			t.Errorf("%s: a panic of type %T: %v", name, r, r)
			e = &tensor.Error{}
		}
	}()
	if err := tensor.Try(f); !errors.As(err, &e) {
		t.Errorf("%s: no error", name)
		return &tensor.Error{}
	}
	return e
}
