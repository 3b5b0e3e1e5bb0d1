package docs

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/lamina-ml/lamina/internal/devicetest"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// snakeFunction is x + sin²(αx)/α, with the constant α in p[0].
var snakeFunction = tensor.NewElementwise(tensor.Elementwise{
	Name: "snake",
	F: func(x float64, p [2]float64) float64 {
		sin := math.Sin(p[0] * x)
		return x + sin*sin/p[0]
	},
	Derivative: func(x float64, p [2]float64) float64 { return 1 + math.Sin(2*p[0]*x) },
	Second: func(x tensor.Tensor, p [2]float64) tensor.Tensor {
		return x.MulScalar(2 * p[0]).Cos().MulScalar(2 * p[0])
	},
})

func Example_elementwise() {
	x := tensor.From([]float64{-1, 0, 2}).SetRequiresGrad(true)
	y := snakeFunction.Of(x, 0.5)
	y.Sum().Backward()
	fmt.Println(y)
	fmt.Println(x.Grad())
	// Output:
	// tensor([-0.5403,  0.0000,  3.4161], dtype=float64)
	// tensor([0.1585, 1.0000, 1.9093], dtype=float64)
}

// TestElementwiseSecond checks the derivatives of the page's elementwise function.
func TestElementwiseSecond(t *testing.T) {
	x := tensor.From([]float64{-1, 0.3, 2}).SetRequiresGrad(true)
	f := func(xs []tensor.Tensor) tensor.Tensor { return snakeFunction.Of(xs[0], 0.5) }
	for _, second := range []bool{false, true} {
		if err := tensor.GradCheck(f, []tensor.Tensor{x}, tensor.GradCheckOptions{Second: second}); err != nil {
			t.Error(err)
		}
	}
}

// Snake returns x + sin²(αx)/α, an activation for periodic signals (https://arxiv.org/abs/2006.08195).
func Snake(x tensor.Tensor, alpha float64) tensor.Tensor {
	return tensor.Apply1(snake{alpha}, x)
}

// snake is the op. Its fields are its constants.
type snake struct{ alpha float64 }

// Forward computes y in a Go slice and creates a tensor like x from it.
func (o snake) Forward(s *tensor.Scope, x tensor.Tensor) tensor.Tensor {
	v := x.Float64s()
	for i, e := range v {
		sin := math.Sin(o.alpha * e)
		v[i] = e + sin*sin/o.alpha
	}
	return tensor.NewFrom(x, v, x.Shape().Dims()...)
}

// Backward returns dx = dy·(1 + sin 2αx).
func (o snake) Backward(x, y, dy tensor.Tensor) tensor.Tensor {
	return dy.Mul(x.MulScalar(2 * o.alpha).Sin().AddScalar(1))
}

func Example_ownOp() {
	x := tensor.From([]float64{-1, 0, 2}).SetRequiresGrad(true)
	y := Snake(x, 0.5)
	y.Sum().Backward()
	fmt.Println(y)
	fmt.Println(x.Grad())
	// Output:
	// tensor([-0.5403,  0.0000,  3.4161], dtype=float64)
	// tensor([0.1585, 1.0000, 1.9093], dtype=float64)
}

// TestSnakeOnAnotherDevice checks that the op runs on the device of its input, in its type.
func TestSnakeOnAnotherDevice(t *testing.T) {
	x := tensor.From([]float32{-1, 0, 2})
	want := Snake(x, 0.5)
	got := Snake(x.To(devicetest.Async()), 0.5)
	if got.DType() != tensor.Float32 || !slices.Equal(got.Float32s(), want.Float32s()) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func Example_ownOpChecked() {
	x := tensor.From([]float64{-1, 0.3, 2}).SetRequiresGrad(true)
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
	x := tensor.From([]float64{-1, 0.3, 2}).SetRequiresGrad(true)
	f := func(xs []tensor.Tensor) tensor.Tensor { return tensor.Apply1(wrongSnake{snake{0.5}}, xs[0]) }
	fmt.Println(tensor.GradCheck(f, []tensor.Tensor{x}, tensor.GradCheckOptions{}))
	// Output: gradcheck: input 0 of shape (3,), element [0] = -1: the gradient is 0.38440425487133295, by central differences 0.11706150138437575
}

// SnakeComposed is composed of existing ops, so it needs no Backward.
func SnakeComposed(x tensor.Tensor, alpha float64) tensor.Tensor {
	return x.MulScalar(alpha).Sin().Square().DivScalar(alpha).Add(x)
}

func Example_composed() {
	x := tensor.From([]float64{-1, 0, 2}).SetRequiresGrad(true)
	y := SnakeComposed(x, 0.5)
	y.Sum().Backward()
	fmt.Println(y)
	fmt.Println(x.Grad())
	// Output:
	// tensor([-0.5403,  0.0000,  3.4161], dtype=float64)
	// tensor([0.1585, 1.0000, 1.9093], dtype=float64)
}

// SnakeLayer is a layer with one setting.
type SnakeLayer struct{ Alpha float64 }

// Forward returns Snake and reports it to summaries and TraceNaN.
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

// rms is x divided by its root mean square along the last dimension, times an optional weight.
type rms struct{ root tensor.Tensor }

func (*rms) Optional(i int) bool { return i == 1 } // the weight
func (*rms) Saves() tensor.Saved { return tensor.SaveInputs }

// Forward computes the result and saves the root for Backward.
func (o *rms) Forward(s *tensor.Scope, x, w tensor.Tensor) tensor.Tensor {
	o.root = s.Save(x.Square().Mean(-1).Sqrt().Unsqueeze(-1))
	y := x.Div(o.root)
	if w.Defined() {
		y = y.Mul(w)
	}
	return y
}

// Backward returns, with n = x/root and d = dy·w, dx = (d − n·mean(d·n))/root and dw = Σ dy·n over the rows.
func (o *rms) Backward(x, w, y, dy tensor.Tensor) (dx, dw tensor.Tensor) {
	n, d := x.Div(o.root), dy
	if w.NeedsGrad() {
		dw = w.NewGrad()
		dw.CopyFrom(dy.Mul(n).Sum(0))
	}
	if w.Defined() {
		d = dy.Mul(w)
	}
	if x.NeedsGrad() {
		dx = d.Sub(n.Mul(d.Mul(n).Mean(-1).Unsqueeze(-1))).Div(o.root)
	}
	return dx, dw
}

// Composite is the same function, composed of ops. It provides the second-order gradient.
func (o *rms) Composite(x, w tensor.Tensor) tensor.Tensor {
	y := x.Div(x.Square().Mean(-1).Sqrt().Unsqueeze(-1))
	if w.Defined() {
		y = y.Mul(w)
	}
	return y
}

func Example_ownFusedOp() {
	x := tensor.From([]float64{1, 2, 2, -1, 0, 3}, 2, 3).SetRequiresGrad(true)
	w := tensor.From([]float64{1, 0.5, 2}).SetRequiresGrad(true)
	f := func(xs []tensor.Tensor) tensor.Tensor { return tensor.Apply2(rms{}, xs[0], xs[1]) }
	unscaled := func(xs []tensor.Tensor) tensor.Tensor { return tensor.Apply2(rms{}, xs[0], tensor.Tensor{}) }

	fmt.Println(tensor.GradCheck(f, []tensor.Tensor{x, w}, tensor.GradCheckOptions{}))
	fmt.Println(tensor.GradCheck(f, []tensor.Tensor{x, w}, tensor.GradCheckOptions{Second: true}))
	fmt.Println(tensor.GradCheck(unscaled, []tensor.Tensor{x}, tensor.GradCheckOptions{Second: true}))
	// Output:
	// <nil>
	// <nil>
	// <nil>
}

// sumDiff has two results, a + b and a − b.
type sumDiff struct{ tensor.SavesNothing }

func (sumDiff) Forward(s *tensor.Scope, xs, ys []tensor.Tensor) {
	ys[0], ys[1] = xs[0].Add(xs[1]), xs[0].Sub(xs[1])
}

// Backward returns da = dsum + ddiff and db = dsum − ddiff.
func (sumDiff) Backward(xs, ys, dys, dxs []tensor.Tensor) {
	switch sum, diff := dys[0], dys[1]; {
	case !diff.Defined():
		dxs[0], dxs[1] = sum, sum
	case !sum.Defined():
		dxs[0], dxs[1] = diff, diff.Neg()
	default:
		dxs[0], dxs[1] = sum.Add(diff), sum.Sub(diff)
	}
}

// SumDiff returns a + b and a − b.
func SumDiff(a, b tensor.Tensor) (sum, diff tensor.Tensor) {
	var ys [2]tensor.Tensor
	tensor.ApplyN(sumDiff{}, ys[:], a, b)
	return ys[0], ys[1]
}

func Example_ownResults() {
	a, b := tensor.From([]float32{3}).SetRequiresGrad(true), tensor.From([]float32{2}).SetRequiresGrad(true)
	sum, diff := SumDiff(a, b)
	sum.Mul(diff).Sum().Backward() // a² − b²
	fmt.Println(sum, diff, a.Grad(), b.Grad())
	// Output:
	// tensor([5.]) tensor([1.]) tensor([6.]) tensor([-4.])
}

// recomputed does not keep the intermediate results of f, and computes them again for the gradient.
type recomputed struct {
	tensor.SavesInputs
	f func(xs []tensor.Tensor) tensor.Tensor
}

func (o recomputed) Forward(s *tensor.Scope, xs, ys []tensor.Tensor) { ys[0] = o.f(xs) }
func (o recomputed) Composite(xs, ys []tensor.Tensor)                { ys[0] = o.f(xs) }
func (o recomputed) Backward(xs, ys, dys, dxs []tensor.Tensor)       { tensor.VJP(o.f, xs, dys[0], dxs) }

// Checkpoint returns f(xs). The parameters that f uses must be among xs, because only xs get gradients.
func Checkpoint(f func(xs []tensor.Tensor) tensor.Tensor, xs ...tensor.Tensor) tensor.Tensor {
	var ys [1]tensor.Tensor
	tensor.ApplyN(recomputed{f: f}, ys[:], xs...)
	return ys[0]
}

func Example_ownCheckpoint() {
	memory := func(apply func(f func(xs []tensor.Tensor) tensor.Tensor, xs ...tensor.Tensor) tensor.Tensor) (bytes int, grad float64) {
		w := tensor.Ones(1000).SetRequiresGrad(true)
		s := tensor.NewScope(tensor.CPU())
		block := func(xs []tensor.Tensor) tensor.Tensor {
			x := xs[0]
			for range 10 {
				x = x.Sin()
			}
			return x
		}
		x := w.InScope(s)
		for range 10 { // a hundred layers in ten blocks
			x = apply(block, x)
		}
		x.Sum().Backward()
		return s.Bytes(), w.Grad().At(0)
	}
	plain := func(f func(xs []tensor.Tensor) tensor.Tensor, xs ...tensor.Tensor) tensor.Tensor { return f(xs) }

	keeping, grad := memory(plain)
	again, same := memory(Checkpoint)
	fmt.Println(keeping/1000, "KB;", again/1000, "KB with checkpoints")
	fmt.Println(grad == same)
	// Output:
	// 422 KB; 98 KB with checkpoints
	// true
}
