package tensor_test

import (
	"errors"
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/tensor"
)

func ExampleTensor() {
	a := tensor.From([]float32{1, 2, 3, 4, 5, 6}, 2, 3) // the numbers, then the shape
	b := tensor.From([]float32{10, 20, 30})
	fmt.Println(a.Add(b)) // b broadcasts: it is added to each row
	fmt.Println(a.MatMul(b))
	fmt.Println(a.T().Shape(), a.Sum().Item(), a.Mean(0), a.At(1, -1))
	// Output:
	// tensor([[11., 22., 33.],
	//         [14., 25., 36.]])
	// tensor([140., 320.])
	// (3, 2) 21 tensor([2.5000, 3.5000, 4.5000]) 6
}

// The gradient of y = Σ xᵢ² is 2x.
func ExampleTensor_Backward() {
	x := tensor.From([]float32{1, -2, 3}).SetRequiresGrad(true)
	y := x.Square().Sum()
	y.Backward()
	fmt.Println(y.Item(), x.Grad())
	// Output: 14 tensor([ 2., -4.,  6.])
}

// A step by hand: what is computed from x.InScope(step) belongs to the step, and goes when it ends.
func ExampleScope() {
	w := tensor.From([]float32{2}).SetRequiresGrad(true)
	x := tensor.From([]float32{1, 2, 3})

	step := tensor.NewScope(tensor.CPU())
	y := x.InScope(step).Mul(w)
	kept := y.Keep() // a copy outside of the step
	fmt.Println(y.Scope() == step, kept.Scope() == nil)

	step.Recycle()
	fmt.Println(kept)
	fmt.Println(tensor.Try(func() { y.Sum() }))
	// Output:
	// true true
	// tensor([2., 4., 6.])
	// tensor: used after its step ended: its scope was recycled (a loader does that when it returns the next batch); call Keep to use a tensor after its step
}

// What a layer computes from a parameter alone belongs to the step of its input.
func ExampleTensor_InScopeOf() {
	w := tensor.From([]float32{2})
	step := tensor.NewScope(tensor.CPU())
	x := tensor.Ones(1).InScope(step)
	fmt.Println(w.InScopeOf(x).Exp().Scope() == step, w.Exp().Scope() == nil, x.InScopeOf(w) == x)
	// Output: true true true
}

func ExampleShape() {
	s := tensor.Zeros(32, 28, 28).Shape()
	fmt.Println(s, s.Rank(), s.Size(), s.Dim(-1))
	fmt.Println(s.With(0, 1), s == tensor.ShapeOf(32, 28, 28))
	// Output:
	// (32, 28, 28) 3 25088 28
	// (1, 28, 28) true
}

func ExampleDType() {
	i, f := tensor.From([]int32{1, 2}), tensor.From([]float64{0.5, 0.25})
	fmt.Println(i.DType(), i.DType().Size(), f.DType().IsFloat())
	fmt.Println(i.Add(f), tensor.PromoteTypes(tensor.BFloat16, tensor.Float16))
	fmt.Println(f.Cast(tensor.Float16))
	// Output:
	// int32 4 true
	// tensor([1.5000, 2.2500], dtype=float64) float32
	// tensor([0.5000, 0.2500], dtype=float16)
}

// Devices by name: a program has those whose packages it imports.
func ExampleDevice() {
	cpu, err := tensor.OpenDevice("cpu")
	fmt.Println(cpu, err, cpu == tensor.CPU(), tensor.Zeros(2).Device() == cpu)
	_, err = tensor.OpenDevice("cuda")
	fmt.Println(err != nil)
	// Output:
	// cpu <nil> true true
	// true
}

func ExampleError() {
	err := tensor.Try(func() { tensor.Zeros(32, 784).MatMul(tensor.Zeros(768, 10)) })
	var e *tensor.Error
	if errors.As(err, &e) {
		fmt.Println(e.Op, e.Shapes[0], e.Shapes[1])
	}
	fmt.Println(err)
	// Output:
	// matmul (32, 784) (768, 10)
	// matmul: inner dimensions differ: (32, 784) × (768, 10)
}

// A gradient that is wrong: floor's slope is 0, but the steps of the differences go over an edge.
func ExampleGradCheckOptions() {
	x := tensor.From([]float64{0.5, 1}).SetRequiresGrad(true)
	cube := func(xs []tensor.Tensor) tensor.Tensor { return xs[0].PowScalar(3) }
	fmt.Println(tensor.GradCheck(cube, []tensor.Tensor{x}, tensor.GradCheckOptions{Step: 1e-5, Atol: 1e-8, Rtol: 1e-8}))
	floor := func(xs []tensor.Tensor) tensor.Tensor { return xs[0].Floor() }
	fmt.Println(tensor.GradCheck(floor, []tensor.Tensor{x}, tensor.GradCheckOptions{}) != nil)
	// Output:
	// <nil>
	// true
}

// Any Go type of numbers makes a tensor.
func ExampleNumber() {
	type celsius float64
	fmt.Println(tensor.From([]celsius{36.5, 37}).DType(), tensor.From([]int{1, 2}).DType(), tensor.From([]uint8{1, 2}).DType())
	fmt.Println(tensor.SliceOf[int](tensor.From([]float32{1.5, -2})))
	// Output:
	// float64 int64 uint8
	// [1 -2]
}

func ExampleOptions() {
	o := tensor.Options{DType: tensor.Float64}
	fmt.Println(o.Linspace(0, 1, 5))
	fmt.Println(tensor.FromAs(o, []int{1, 2, 3, 4}, 2, 2).MatMul(o.Eye(2)))
	// Output:
	// tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000], dtype=float64)
	// tensor([[1., 2.],
	//         [3., 4.]], dtype=float64)
}

// each returns f(x) in s: the forward pass of an op by a loop over its elements.
func each(s *tensor.Scope, x tensor.Tensor, f func(float64) float64) tensor.Tensor {
	v := x.Float64s()
	for i := range v {
		v[i] = f(v[i])
	}
	y := s.NewEmpty(x, x.DType(), x.Shape())
	y.CopyFrom(tensor.From(v, x.Shape().Dims()...))
	return y
}

// gauss is y = e^(−x²), dy/dx = −2x·y.
type gauss struct{}

func (gauss) Forward(s *tensor.Scope, x tensor.Tensor) tensor.Tensor {
	return each(s, x, func(v float64) float64 { return math.Exp(-v * v) })
}

func (gauss) Backward(x, y, dy tensor.Tensor) tensor.Tensor { return dy.Mul(x).Mul(y).MulScalar(-2) }

func ExampleOp1() {
	x := tensor.From([]float64{-1, 0.5, 2}).SetRequiresGrad(true)
	y := tensor.Apply1(gauss{}, x)
	y.Sum().Backward()
	fmt.Println(y)
	fmt.Println(x.Grad())
	// Output:
	// tensor([0.3679, 0.7788, 0.0183], dtype=float64)
	// tensor([ 0.7358, -0.7788, -0.0733], dtype=float64)
}

// hypot is y = √(a² + b²), ∂y/∂a = a/y, ∂y/∂b = b/y, for tensors of one shape and type.
type hypot struct{}

func (hypot) Forward(s *tensor.Scope, a, b tensor.Tensor) tensor.Tensor {
	if a.Shape() != b.Shape() {
		panic(&tensor.Error{Op: "hypot", Msg: "the shapes differ", Shapes: []tensor.Shape{a.Shape(), b.Shape()}})
	}
	i, other := -1, b.Float64s()
	return each(s, a, func(v float64) float64 { i++; return math.Hypot(v, other[i]) })
}

func (hypot) Backward(a, b, y, dy tensor.Tensor) (da, db tensor.Tensor) {
	if a.NeedsGrad() {
		da = dy.Mul(a).Div(y)
	}
	if b.NeedsGrad() {
		db = dy.Mul(b).Div(y)
	}
	return da, db
}

func ExampleOp2() {
	a := tensor.From([]float64{3, 5}).SetRequiresGrad(true)
	b := tensor.From([]float64{4, 12})
	y := tensor.Apply2(hypot{}, a, b)
	y.Sum().Backward()
	fmt.Println(y, a.Grad())
	fmt.Println(tensor.Try(func() { tensor.Apply2(hypot{}, a, tensor.Zeros(3)) }))
	// Output:
	// tensor([ 5., 13.], dtype=float64) tensor([0.6000, 0.3846], dtype=float64)
	// hypot: the shapes differ: (2,) × (3,)
}

// fma is y = a·b + c with one rounding, for tensors of one shape and type.
type fma struct{}

func (fma) Forward(s *tensor.Scope, a, b, c tensor.Tensor) tensor.Tensor {
	i, bs, cs := -1, b.Float64s(), c.Float64s()
	return each(s, a, func(v float64) float64 { i++; return math.FMA(v, bs[i], cs[i]) })
}

func (fma) Backward(a, b, c, y, dy tensor.Tensor) (da, db, dc tensor.Tensor) {
	if a.NeedsGrad() {
		da = dy.Mul(b)
	}
	if b.NeedsGrad() {
		db = dy.Mul(a)
	}
	return da, db, dy
}

func ExampleOp3() {
	a := tensor.From([]float64{1, 2}).SetRequiresGrad(true)
	b := tensor.From([]float64{3, 4}).SetRequiresGrad(true)
	c := tensor.From([]float64{5, 6}).SetRequiresGrad(true)
	y := tensor.Apply3(fma{}, a, b, c)
	y.Sum().Backward()
	fmt.Println(y.Float64s(), a.Grad().Float64s(), b.Grad().Float64s(), c.Grad().Float64s())
	// Output: [8 14] [3 4] [1 2] [1 1]
}

// total is the sum of tensors of one shape. Its gradient needs none of their elements.
type total struct{ tensor.SavesNothing }

func (total) Forward(s *tensor.Scope, xs, ys []tensor.Tensor) {
	y := s.NewEmpty(xs[0], xs[0].DType(), xs[0].Shape())
	y.CopyFrom(xs[0])
	for _, x := range xs[1:] {
		y.AddInPlace(x)
	}
	ys[0] = y
}

func (total) Backward(xs, ys, dys, dxs []tensor.Tensor) {
	for i := range dxs {
		dxs[i] = dys[0]
	}
}

func sumOf(xs ...tensor.Tensor) tensor.Tensor {
	var y [1]tensor.Tensor
	tensor.ApplyN(total{}, y[:], xs...)
	return y[0]
}

func ExampleOpN() {
	a, b, c := tensor.Ones(2).SetRequiresGrad(true), tensor.Ones(2).SetRequiresGrad(true), tensor.Ones(2)
	y := sumOf(a, b, c)
	y.Mul(y).Sum().Backward()
	fmt.Println(y.Float32s(), a.Grad().Float32s(), b.Grad().Float32s())
	// Output: [3 3] [6 6] [6 6]
}

// Between forward and backward pass an input may be changed in place only where the op's gradient does without it.
func ExampleSavesNothing() {
	w, x := tensor.Ones(2).SetRequiresGrad(true), tensor.From([]float32{1, 2})

	y := sumOf(w, x) // type total struct{ tensor.SavesNothing }
	x.FillInPlace(0)
	fmt.Println(tensor.Try(func() { y.Sum().Backward() }))

	y = w.Mul(x)
	x.FillInPlace(1)
	fmt.Println(tensor.Try(func() { y.Sum().Backward() }))
	// Output:
	// <nil>
	// backward: a tensor that the gradient needs was changed in place after it was used (an optimizer's step between two backward passes does that): (2,)
}

// A custom elementwise function: sin(a·x), with derivatives of all orders.
func ExampleElementwise() {
	wave := tensor.NewElementwise(tensor.Elementwise{
		Name:       "sin(a·x)",
		F:          func(x float64, p [2]float64) float64 { return math.Sin(p[0] * x) },
		Derivative: func(x float64, p [2]float64) float64 { return p[0] * math.Cos(p[0]*x) },
		Second: func(x tensor.Tensor, p [2]float64) tensor.Tensor {
			return x.MulScalar(p[0]).Sin().MulScalar(-p[0] * p[0])
		},
	})
	x := tensor.From([]float64{0, 1}).SetRequiresGrad(true)
	y := wave.Of(x, 2)
	y.Sum().Backward()
	fmt.Println(y, x.Grad())
	// Output: tensor([0.0000, 0.9093], dtype=float64) tensor([ 2.0000, -0.8323], dtype=float64)
}
