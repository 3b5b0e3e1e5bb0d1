package docs

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/lamina-ml/lamina/internal/device/lazy"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// Snake returns x + sin²(αx)/α, an activation for signals that repeat (https://arxiv.org/abs/2006.08195).
func Snake(x tensor.Tensor, alpha float64) tensor.Tensor {
	return tensor.Apply1(snake{alpha}, x)
}

// snake is the op: its fields are its constants.
type snake struct{ alpha float64 }

// Forward computes y in memory of s.
func (o snake) Forward(s *tensor.Scope, x tensor.Tensor) tensor.Tensor {
	v := x.Float64s()
	for i, e := range v {
		sin := math.Sin(o.alpha * e)
		v[i] = e + sin*sin/o.alpha
	}
	y := s.Empty(x, x.DType(), x.Shape())
	y.CopyFrom(tensor.Fill(tensor.Options{DType: x.DType(), Device: x.Device()}, v, x.Shape().Dims()...))
	return y
}

// Backward returns dx = dy·(1 + sin 2αx), for 2·sin·cos = sin 2αx.
func (o snake) Backward(x, y, dy tensor.Tensor) tensor.Tensor {
	return dy.Mul(x.MulScalar(2 * o.alpha).Sin().AddScalar(1))
}

func Example_ownOp() {
	x := tensor.From([]float64{-1, 0, 2}).RequireGrad()
	y := Snake(x, 0.5)
	y.Sum().Backward()
	fmt.Println(y)
	fmt.Println(x.Grad())
	// Output:
	// tensor([-0.5403,  0.0000,  3.4161], dtype=float64)
	// tensor([0.1585, 1.0000, 1.9093], dtype=float64)
}

// TestSnakeOnAnotherDevice holds that an op written so runs where its input lies, and in its type.
func TestSnakeOnAnotherDevice(t *testing.T) {
	x := tensor.From([]float32{-1, 0, 2})
	want := Snake(x, 0.5)
	got := Snake(x.To(tensor.NewDevice(lazy.New())), 0.5)
	if got.DType() != tensor.Float32 || !slices.Equal(got.Float32s(), want.Float32s()) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func Example_ownOpChecked() {
	x := tensor.From([]float64{-1, 0.3, 2}).RequireGrad()
	f := func(xs []tensor.Tensor) tensor.Tensor { return Snake(xs[0], 0.5) }

	fmt.Println(tensor.GradCheck(f, []tensor.Tensor{x}, tensor.GradCheckOptions{}))
	fmt.Println(tensor.GradCheck(f, []tensor.Tensor{x}, tensor.GradCheckOptions{Second: true}))
	// Output:
	// <nil>
	// <nil>
}

// wrongSnake has a mistake in its gradient.
type wrongSnake struct{ snake }

func (o wrongSnake) Backward(x, y, dy tensor.Tensor) tensor.Tensor {
	return dy.Mul(x.MulScalar(o.alpha).Sin().AddScalar(1))
}

func Example_ownOpWrong() {
	x := tensor.From([]float64{-1, 0.3, 2}).RequireGrad()
	f := func(xs []tensor.Tensor) tensor.Tensor { return tensor.Apply1(wrongSnake{snake{0.5}}, xs[0]) }
	fmt.Println(tensor.GradCheck(f, []tensor.Tensor{x}, tensor.GradCheckOptions{}))
	// Output: gradcheck: input 0 of shape (3,), element [0] = -1: the gradient is 0.38440425487133295, by central differences 0.11706150138437575
}

// SnakeComposed is the same out of ops that are there: no Backward to write.
func SnakeComposed(x tensor.Tensor, alpha float64) tensor.Tensor {
	return x.MulScalar(alpha).Sin().Square().DivScalar(alpha).Add(x)
}

func Example_composed() {
	x := tensor.From([]float64{-1, 0, 2}).RequireGrad()
	y := SnakeComposed(x, 0.5)
	y.Sum().Backward()
	fmt.Println(y)
	fmt.Println(x.Grad())
	// Output:
	// tensor([-0.5403,  0.0000,  3.4161], dtype=float64)
	// tensor([0.1585, 1.0000, 1.9093], dtype=float64)
}

// SnakeLayer is a layer with a constant of its own.
type SnakeLayer struct{ Alpha float64 }

// Forward returns Snake, and tells summaries and the search for NaNs of it.
func (l *SnakeLayer) Forward(x tensor.Tensor) tensor.Tensor {
	return nn.Report(l, x, Snake(x, l.Alpha))
}

func Example_ownLayer() {
	model := nn.Sequential{nn.NewLinear(rng.NewTorch(0), 3, 2), &SnakeLayer{Alpha: 0.5}}
	fmt.Println(nn.Summary(model, 1, 3))
	// Output:
	// layer  type        output shape  parameters  multiply-adds  weights  output
	// ───────────────────────────────────────────────────────────────────────────
	// 0      Linear      (1, 2)                 8              6     32 B     8 B
	// 1      SnakeLayer  (1, 2)                                               8 B
	// ───────────────────────────────────────────────────────────────────────────
	// total                                     8              6     32 B    16 B
	// input (1, 3), 8 parameters, all trained
}
