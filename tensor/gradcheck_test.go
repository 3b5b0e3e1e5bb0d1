package tensor_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/tensor"
)

// cube is a user's own operation, x³.
type cube struct{}

func (cube) Forward(s *tensor.Scope, x tensor.Tensor) tensor.Tensor {
	v := x.Float64s()
	for i, a := range v {
		v[i] = a * a * a
	}
	y := s.NewEmpty(x, x.DType(), x.Shape())
	tensor.SetFrom(y, v)
	return y
}

func (cube) Backward(x, y, dy tensor.Tensor) tensor.Tensor { return dy.Mul(x.Square()).MulScalar(3) }

func ExampleGradCheck() {
	f := func(xs []tensor.Tensor) tensor.Tensor { return tensor.Apply1(cube{}, xs[0]) }
	x := tensor.From([]float64{-1, 0.5, 2}).SetRequiresGrad(true)
	fmt.Println(tensor.GradCheck(f, []tensor.Tensor{x}, tensor.GradCheckOptions{}))
	fmt.Println(tensor.GradCheck(f, []tensor.Tensor{x}, tensor.GradCheckOptions{Second: true}))
	// Output:
	// <nil>
	// <nil>
}

// wrong is cube with a mistake in its gradient, at negative numbers only.
type wrong struct{ cube }

func (wrong) Backward(x, y, dy tensor.Tensor) tensor.Tensor {
	return dy.Mul(x.Mul(x.Abs())).MulScalar(3)
}

// wrongTwice has the right gradient, which has a wrong one: it is computed without recording.
type wrongTwice struct{ cube }

func (wrongTwice) Backward(x, y, dy tensor.Tensor) tensor.Tensor {
	return dy.Mul(x.Detach().Square()).MulScalar(3)
}

func TestGradCheckNoticesMistakes(t *testing.T) {
	a := tensor.From([]float64{1, 2}).SetRequiresGrad(true)
	x := tensor.From([]float64{1, 2, 3, -2}, 2, 2).SetRequiresGrad(true)
	both := []tensor.Tensor{a, x}
	for _, c := range []struct {
		name string
		f    func(xs []tensor.Tensor) tensor.Tensor
		xs   []tensor.Tensor
		o    tensor.GradCheckOptions
		want string
	}{
		{"wrong gradient", func(xs []tensor.Tensor) tensor.Tensor { return xs[0].Add(tensor.Apply1(wrong{}, xs[1])) },
			both, tensor.GradCheckOptions{},
			"gradcheck: input 1 of shape (2, 2), element [1 1] = -2: the gradient is -"},
		{"wrong second derivative",
			func(xs []tensor.Tensor) tensor.Tensor { return tensor.Apply1(wrongTwice{}, xs[0]) }, []tensor.Tensor{a},
			tensor.GradCheckOptions{Second: true},
			"second gradcheck: input 0 of shape (2,), element [0] = 1: the gradient is 0, by central differences "},
		{"wrong gradient, in one direction",
			func(xs []tensor.Tensor) tensor.Tensor { return xs[0].Add(tensor.Apply1(wrong{}, xs[1])) }, both,
			tensor.GradCheckOptions{Fast: true}, "gradcheck: input 1 of shape (2, 2): the derivative in a random direction is "},
		{"wrong second derivative, in one direction",
			func(xs []tensor.Tensor) tensor.Tensor { return tensor.Apply1(wrongTwice{}, xs[0]) }, []tensor.Tensor{a},
			tensor.GradCheckOptions{Second: true, Fast: true},
			"second gradcheck: input 0 of shape (2,): the derivative in a random direction is 0 by"},
		{"right, in one direction",
			func(xs []tensor.Tensor) tensor.Tensor { return xs[0].Mul(tensor.Apply1(cube{}, xs[1])) }, both,
			tensor.GradCheckOptions{Second: true, Fast: true}, ""},
		{"right at first", func(xs []tensor.Tensor) tensor.Tensor { return tensor.Apply1(wrongTwice{}, xs[0]) },
			[]tensor.Tensor{a}, tensor.GradCheckOptions{}, ""},
		{"a missing gradient", func(xs []tensor.Tensor) tensor.Tensor { return xs[0].Detach() }, []tensor.Tensor{a},
			tensor.GradCheckOptions{}, "the gradient is 0, by central"},
		{"float32", func(xs []tensor.Tensor) tensor.Tensor { return xs[0] },
			[]tensor.Tensor{tensor.Ones(2).SetRequiresGrad(true)}, tensor.GradCheckOptions{},
			"gradcheck: input 0 is float32; it must be float64"},
		{"no input requires a gradient", func(xs []tensor.Tensor) tensor.Tensor { return xs[0] },
			[]tensor.Tensor{tensor.From([]float64{1})}, tensor.GradCheckOptions{},
			"gradcheck: none of 1 inputs requires a gradient"},
		{"a panic", func(xs []tensor.Tensor) tensor.Tensor { return xs[0].MatMul(xs[1]) },
			[]tensor.Tensor{x, tensor.From([]float64{1, 2, 3})}, tensor.GradCheckOptions{},
			"gradcheck: matmul: inner dimensions differ: (2, 2) × (3,)"},
	} {
		err := tensor.GradCheck(c.f, c.xs, c.o)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: the error is %v, want …%s…", c.name, err, c.want)
		}
	}
	if a.Grad().Defined() || a.Float64s()[1] != 2 {
		t.Error("GradCheck changed its inputs")
	}
}
