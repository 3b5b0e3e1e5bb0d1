package tensor_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// Each test of this file is a mistake that was made once.

func TestSameLeafTwiceInOneOp(t *testing.T) {
	for name, f := range map[string]func(x tensor.Tensor) tensor.Tensor{
		"add": func(x tensor.Tensor) tensor.Tensor { return x.Add(x) },
		"sub": func(x tensor.Tensor) tensor.Tensor { return x.Sub(x) },
		"mul": func(x tensor.Tensor) tensor.Tensor { return x.Mul(x) },
		"div": func(x tensor.Tensor) tensor.Tensor { return x.Div(x) },
		"pow": func(x tensor.Tensor) tensor.Tensor { return x.Pow(x) },
		"max": func(x tensor.Tensor) tensor.Tensor { return x.Maximum(x) },
		"min": func(x tensor.Tensor) tensor.Tensor { return x.Minimum(x) },
		"matmul": func(x tensor.Tensor) tensor.Tensor {
			return x.MatMul(x)
		},
		"where": func(x tensor.Tensor) tensor.Tensor { return tensor.Where(x.GreaterScalar(2), x, x) },
	} {
		o := tensor.Options{DType: tensor.Float64}
		x := tensor.FromAs(o, []float64{1, 2, 3, 4}, 2, 2).SetRequiresGrad(true)
		c := tensor.FromAs(o, []float64{1, 5, 2, 7}, 2, 2)
		f(x).Mul(c).Sum().Backward()
		// The same without a leaf in both places.
		want := tensor.Gradient(f(x.MulScalar(1)).Mul(c).Sum(), []tensor.Tensor{x}, false)[0]
		near(t, name, x.Grad().Float64s(), want.Float64s(), 1e-12)
	}
}

func TestGradientsThatShareMemory(t *testing.T) {
	s := tensor.NewScope(tensor.CPU())
	a := tensor.Ones(3).InScope(s).Detach().SetRequiresGrad(true)
	b := tensor.Ones(4).InScope(s).Detach().SetRequiresGrad(true)
	g := tensor.Gradient(a.Sum().Add(b.Sum()), []tensor.Tensor{a, b, a}, false)
	near(t, "a", g[0].Float64s(), []float64{1, 1, 1}, 0)
	near(t, "b", g[1].Float64s(), []float64{1, 1, 1, 1}, 0)
	near(t, "a again", g[2].Float64s(), []float64{1, 1, 1}, 0)

	m := tensor.Ones(2, 3).InScope(s).Detach().SetRequiresGrad(true)
	flat := m.Flatten(0)
	g = tensor.Gradient(flat.Square().Sum(), []tensor.Tensor{flat, m}, false)
	near(t, "view", g[0].Float64s(), []float64{2, 2, 2, 2, 2, 2}, 0)
	near(t, "its base", g[1].Float64s(), []float64{2, 2, 2, 2, 2, 2}, 0)
}

// turned has a gradient that is a transposed view of what it computed.
type turned struct{ tensor.SavesNothing }

func (turned) Forward(s *tensor.Scope, x tensor.Tensor) tensor.Tensor {
	y := s.NewEmpty(x, x.DType(), x.Shape())
	tensor.SetFrom(y, make([]float32, x.Len()))
	return y
}
func (turned) Backward(x, y, dy tensor.Tensor) tensor.Tensor { return dy.MulScalar(2).T() }

func TestTransposedGradientOfALeaf(t *testing.T) {
	w := tensor.Ones(2, 2).SetRequiresGrad(true)
	c := tensor.From([]float32{1, 2, 3, 4}, 2, 2)
	tensor.Apply1(turned{}, w).Mul(c).Sum().Backward()
	near(t, "w", w.Grad().Float64s(), []float64{2, 6, 4, 8}, 0)
}

// fan gives the same tensor to two inputs as their gradient.
type fan struct{ tensor.SavesNothing }

func (fan) Forward(s *tensor.Scope, a, b, c tensor.Tensor) tensor.Tensor {
	y := s.NewEmpty(a, a.DType(), a.Shape())
	tensor.SetFrom(y, []float32{0, 0})
	return y
}

func (fan) Backward(a, b, c, y, dy tensor.Tensor) (da, db, dc tensor.Tensor) {
	d := dy.MulScalar(2)
	return d, dy.MulScalar(3), d
}

func TestOneGradientForTwoInputs(t *testing.T) {
	s := tensor.NewScope(tensor.CPU())
	w, v := tensor.Ones(2).SetRequiresGrad(true), tensor.Ones(2).SetRequiresGrad(true)
	a, b := w.InScope(s).MulScalar(1), v.InScope(s).MulScalar(1)
	tensor.Apply3(fan{}, a, a, b).Sum().Backward()
	near(t, "w", w.Grad().Float64s(), []float64{5, 5}, 0)
	near(t, "v", v.Grad().Float64s(), []float64{2, 2}, 0)
}

// boom panics in Backward.
type boom struct{}

func (boom) Forward(s *tensor.Scope, x tensor.Tensor) tensor.Tensor {
	y := s.NewEmpty(x, x.DType(), tensor.ShapeOf())
	tensor.SetFrom(y, []float32{0})
	return y
}
func (boom) Backward(x, y, dy tensor.Tensor) tensor.Tensor { panic(&tensor.Error{Op: "boom"}) }

func TestPanicInBackwardThenNoGrad(t *testing.T) {
	w := tensor.From([]float32{1, 2}).SetRequiresGrad(true)
	s := tensor.NewScope(tensor.CPU())
	loss := tensor.Apply1(boom{}, w).Add(tensor.Ones().InScope(s))
	wantPanic(t, loss.Backward, "boom")
	s.Recycle()
	x := tensor.From([]float32{1, 1}).InScope(s)
	y := tensor.NoGrad(x.MulScalar(3), func(x tensor.Tensor) tensor.Tensor { return x.MulScalar(5) })
	x.Mul(w).Sum().Backward()
	near(t, "result of NoGrad", y.Float64s(), []float64{15, 15}, 0)
	near(t, "gradient", w.Grad().Float64s(), []float64{1, 1}, 0)
}

func TestPanicInBackwardWithALeafOfTheScope(t *testing.T) {
	s := tensor.NewScope(tensor.CPU())
	x := tensor.Ones(2).InScope(s).Detach().SetRequiresGrad(true)
	wantPanic(t, tensor.Apply1(boom{}, x).Backward, "boom")
	s.Recycle()
	for range 3 {
		x := tensor.Ones(2).InScope(s).Detach().SetRequiresGrad(true)
		x.Square().Sum().Backward()
		near(t, "gradient", x.Grad().Float64s(), []float64{2, 2}, 0)
		s.Recycle()
	}
}

// same returns its input, as an op may that calls others: Cast to the type that is there, for example.
type same struct{ tensor.SavesNothing }

func (same) Forward(s *tensor.Scope, x tensor.Tensor) tensor.Tensor { return x }
func (same) Backward(x, y, dy tensor.Tensor) tensor.Tensor          { return dy.Neg() }

func TestForwardThatReturnsItsInput(t *testing.T) {
	for _, place := range []*tensor.Scope{nil, tensor.NewScope(tensor.CPU())} {
		w := tensor.Ones(2).SetRequiresGrad(true)
		x := w
		if place != nil {
			x = w.InScope(place)
		}
		y := tensor.Apply1(same{}, x)
		if y == x {
			t.Error("the result is the input itself")
		}
		y.MulScalar(3).Add(x).Sum().Backward()
		near(t, "gradient", w.Grad().Float64s(), []float64{-2, -2}, 0)
		if c := tensor.Ones(2); tensor.Apply1(same{}, c) == c {
			t.Error("the result is the input itself, without a gradient")
		}
	}
}

func TestGradientFromBeforeZeroGradPanics(t *testing.T) {
	w := tensor.From([]float32{1, 2, 3, 4}, 2, 2).SetRequiresGrad(true)
	w.Square().Sum().Backward()
	g := w.Grad()
	w.ZeroGrad()
	wantPanic(t, func() { w.MatMul(g) }, "Keep")
}

func TestInAnOlderScopePanics(t *testing.T) {
	a, b := tensor.NewScope(tensor.CPU()), tensor.NewScope(tensor.CPU())
	x := tensor.Ones(2).InScope(b).MulScalar(2)
	wantPanic(t, func() { x.InScope(a) }, "opened after", "Keep")
}

func TestExpandOverflowPanics(t *testing.T) {
	wantPanic(t, func() { tensor.Ones(1).Expand(1<<31-1, 1<<31-1, 1<<31-1) }, "more elements than memory can hold")
}

func TestMissingKernelIsAnError(t *testing.T) {
	x := tensor.Options{DType: tensor.Int64}.Ones(2, 2)
	f := tensor.From([]float32{1, 2, 3, 4}, 2, 2)
	wantPanic(t, func() { tensor.Apply2(onInts{}, f, x) }, "no kernel for bool")
}

// onInts asks for a product of booleans, which the device does not have.
type onInts struct{}

func (onInts) Forward(s *tensor.Scope, a, b tensor.Tensor) tensor.Tensor {
	y := s.NewEmpty(a, tensor.Bool, a.Shape())
	tensor.Kernels(a).MatMul(tensor.ArrayOf(y), tensor.ArrayOf(b), tensor.ArrayOf(b), device.Highest)
	return y
}
func (onInts) Backward(a, b, y, dy tensor.Tensor) (da, db tensor.Tensor) { return da, db }

func TestIntegersPrintExactly(t *testing.T) {
	for _, x := range []tensor.Tensor{tensor.From([]int64{1<<53 + 1}), tensor.From([]int64{1<<53 + 1}).Expand(5000)} {
		if s := x.String(); !strings.Contains(s, "9007199254740993") {
			t.Error(s)
		}
	}
}

// TestGradientComputesOnlyWhatIsAsked asks for the gradient of an input, which needs none of the weight's.
func TestGradientComputesOnlyWhatIsAsked(t *testing.T) {
	w := tensor.Ones(512, 512).SetRequiresGrad(true)
	s := tensor.NewScope(tensor.CPU())
	x := tensor.Ones(1, 512).InScope(s).Detach().SetRequiresGrad(true)
	y := x.MatMul(w).Sum()
	before := s.Bytes()
	g := tensor.Gradient(y, []tensor.Tensor{x}, false)
	if grown := s.Bytes() - before; grown > 64<<10 {
		t.Errorf("%d bytes for the gradient of 512 numbers", grown)
	}
	if got := g[0].At(0, 3); got != 512 {
		t.Errorf("gradient %v, want 512", got)
	}
	if z := tensor.Gradient(w.Sum(), []tensor.Tensor{x}, false); z[0].Defined() {
		t.Error("a gradient where there is no way to the target")
	}
}

// TestHeapGraphIsCollected holds that neither Backward nor NoGrad keeps what was computed on the heap.
func TestHeapGraphIsCollected(t *testing.T) {
	const size = 12 << 20 // elements: each tensor is more than an idle scope may keep
	heap := func() float64 {
		for range 3 {
			runtime.GC()
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc) / (4 * size)
	}
	before := heap()
	func() {
		w := tensor.Ones(size).SetRequiresGrad(true)
		w.MulScalar(0.5).MulScalar(0.5).Sum().Backward()
		tensor.NoGrad(w, func(x tensor.Tensor) tensor.Tensor { return x.MulScalar(2).MulScalar(2).Sum() })
	}()
	if kept := heap() - before; kept > 0.5 {
		t.Errorf("memory of %.1f tensors is still there after the last handle is gone", kept)
	}
}

func TestLinearChecksItsFields(t *testing.T) {
	for what, spoil := range map[string]func(*nn.Linear){
		"bias": func(l *nn.Linear) { l.Bias = tensor.Ones(3) },
		"float64 bias": func(l *nn.Linear) {
			l.Bias = tensor.Options{DType: tensor.Float64}.Ones(8)
		},
		"must be a matrix": func(l *nn.Linear) { l.Weight = tensor.Ones(4) },
	} {
		l := nn.NewLinear(rng.NewTorch(1), 4, 8)
		spoil(l)
		wantPanic(t, func() { l.Forward(tensor.Zeros(1, 4)) }, "linear", what)
	}
}

func TestOpenDevice(t *testing.T) {
	if d, err := tensor.OpenDevice("cpu:0"); err != nil || d != tensor.CPU() {
		t.Errorf("cpu:0 is %v, %v", d, err)
	}
	if _, err := tensor.OpenDevice("cpu:1"); err == nil || err.Error() != `no device "cpu:1" on this machine (it has: cpu)` {
		t.Errorf("cpu:1: %v", err)
	}
}
