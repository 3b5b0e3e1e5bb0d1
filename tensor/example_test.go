package tensor_test

import (
	"fmt"

	"github.com/lamina-ml/lamina/tensor"
)

// softClip is a custom operation: y = x/(1 + |x|/c). An operation is a struct; its fields are its constants. Forward
// reads x's elements and writes y's, which lie in memory of the scope that the result belongs to. Backward is written
// in recorded operations, so that the gradient has a gradient in turn:
//
//	dy/dx = 1/(1 + |x|/c)²
type softClip struct{ c float64 }

func (o softClip) Forward(s *tensor.Scope, x tensor.Tensor) tensor.Tensor {
	v := x.Float64s()
	for i, e := range v {
		if e < 0 {
			v[i] = e / (1 - e/o.c)
		} else {
			v[i] = e / (1 + e/o.c)
		}
	}
	y := s.NewEmpty(x, x.DType(), x.Shape())
	y.CopyFrom(tensor.From(v, x.Shape().Dims()...))
	return y
}

func (o softClip) Backward(x, y, dy tensor.Tensor) tensor.Tensor {
	return dy.Div(x.Abs().DivScalar(o.c).AddScalar(1).Square())
}

// SoftClip is what users of the operation call.
func SoftClip(x tensor.Tensor, c float64) tensor.Tensor { return tensor.Apply1(softClip{c}, x) }

// A custom operation, with its gradient checked against differences, and the gradient's gradient too.
func ExampleApply1() {
	x := tensor.From([]float64{-3, 0.5, 1}).SetRequiresGrad(true)
	y := SoftClip(x, 1)
	y.Sum().Backward()
	fmt.Println(y)
	fmt.Println(x.Grad())

	f := func(xs []tensor.Tensor) tensor.Tensor { return SoftClip(xs[0], 1) }
	fmt.Println(tensor.GradCheck(f, []tensor.Tensor{x}, tensor.GradCheckOptions{}))
	fmt.Println(tensor.GradCheck(f, []tensor.Tensor{x}, tensor.GradCheckOptions{Second: true}))
	// Output:
	// tensor([-0.7500,  0.3333,  0.5000], dtype=float64)
	// tensor([0.0625, 0.4444, 0.2500], dtype=float64)
	// <nil>
	// <nil>
}

func ExampleTensor_RegisterHook() {
	x := tensor.From([]float64{1, 2, 3}).SetRequiresGrad(true)
	y := x.Square()
	y.RegisterHook(func(g tensor.Tensor) tensor.Tensor {
		fmt.Println("at y:", g)
		return g.MulScalar(10)
	})
	y.Sum().Backward()
	fmt.Println("at x:", x.Grad())
	// Output:
	// at y: tensor([1., 1., 1.], dtype=float64)
	// at x: tensor([20., 40., 60.], dtype=float64)
}

func ExampleEinsum() {
	a := tensor.From([]float64{1, 2, 3, 4}, 2, 2)
	v := tensor.From([]float64{1, 10})
	fmt.Println(tensor.Einsum("ij,j->i", a, v))
	fmt.Println(tensor.Einsum("ii", a))
	// Output:
	// tensor([21., 43.], dtype=float64)
	// tensor(5., dtype=float64)
}

func ExampleCat() {
	a := tensor.From([]float64{1, 2}, 1, 2)
	b := tensor.From([]float64{3, 4}, 1, 2)
	fmt.Println(tensor.Cat(0, a, b).Shape(), tensor.Cat(1, a, b).Shape(), tensor.Stack(0, a, b).Shape())
	// Output: (2, 2) (1, 4) (2, 1, 2)
}

func ExampleTensor_Index() {
	x := tensor.From([]int{1, 2, 3, 4, 5, 6}, 2, 3)
	rows := tensor.From([]int{0, 1})
	cols := tensor.From([]int{-1, 0})
	fmt.Println(x.Index(rows, cols).Int64s())
	fmt.Println(x.MaskedSelect(x.GreaterScalar(2)).Int64s())
	// Output:
	// [3 4]
	// [3 4 5 6]
}
