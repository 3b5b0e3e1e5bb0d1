package tensor_test

import (
	"runtime"
	"testing"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

const mega = 1 << 20

// layers are 20 Linear and ReLU, 16384 rows of 64 columns: each result takes 4 MB.
func layers(act tensor.Activation) (linears []*nn.Linear, sequential nn.Sequential) {
	g := rng.NewTorch(1)
	for range 20 {
		l := nn.LinearConfig{Activation: act}.New(g, 64, 64)
		linears = append(linears, l)
		if sequential = append(sequential, l); act == tensor.NoActivation {
			sequential = append(sequential, &nn.ReLU{})
		}
	}
	return linears, sequential
}

// What a model holds in a step, the input not counted, is what its layers' results need at a time, and while recording
// what gradients need.
func TestModelsReleaseAsTheyGo(t *testing.T) {
	plain, sequential := layers(tensor.NoActivation)
	fused, fusedSequential := layers(tensor.ReLU)
	x := tensor.Ones(16384, 64)
	chain := func(linears []*nn.Linear, act func(tensor.Tensor) tensor.Tensor) func(x tensor.Tensor) tensor.Tensor {
		return func(x tensor.Tensor) tensor.Tensor {
			c := tensor.NewChain(x)
			for _, l := range linears {
				x = c.Next(act(l.Forward(x)))
			}
			return x
		}
	}
	same := func(x tensor.Tensor) tensor.Tensor { return x }
	for name, c := range map[string]struct {
		forward              func(x tensor.Tensor) tensor.Tensor
		evaluation, training int // results of 4 MB
	}{
		"Sequential":                {sequential.Forward, 2, 20},
		"Sequential of fused":       {fusedSequential.Forward, 2, 20},
		"Sequential in Sequential":  {nn.Sequential{sequential[:10], sequential[10:20], sequential[20:]}.Forward, 2, 20},
		"struct with a chain":       {chain(plain, tensor.Tensor.ReLU), 3, 21},
		"struct, fused, in a chain": {chain(fused, same), 2, 20},
		"struct that keeps all": {func(x tensor.Tensor) tensor.Tensor {
			for _, l := range plain {
				x = l.Forward(x).ReLU()
			}
			return x
		}, 40, 40},
		"struct that releases by hand": {func(x tensor.Tensor) tensor.Tensor {
			for i, l := range plain {
				z := l.Forward(x)
				if i > 0 {
					x.Release()
				}
				x = z.ReLU()
				z.Release()
			}
			return x
		}, 2, 21},
	} {
		for _, record := range []bool{false, true} {
			s := tensor.NewScope(tensor.CPU())
			s.SetRecording(record)
			y := c.forward(x.InScope(s))
			want := c.evaluation
			if record {
				want = c.training
			}
			if got := s.Bytes(); got > want*4*mega+mega/2 {
				t.Errorf("%s, recording %v: %.1f MB, want %d", name, record, float64(got)/mega, want*4)
			}
			if v := y.Sum().Item(); v != v {
				t.Errorf("%s: %v", name, v)
			}
		}
	}
}

// Gradients do not depend on what was released.
func TestReleasedModelsHaveTheSameGradients(t *testing.T) {
	onDevices(t, func(t *testing.T, o tensor.Options) {
		g := rng.NewTorch(3)
		model := nn.Sequential{
			nn.NewLinear(g, 6, 8), &nn.ReLU{}, nn.NewLayerNorm(8), nn.NewLinear(g, 8, 8), &nn.Tanh{}, nn.NewDropout(rng.NewTorch(5), 0.3),
			nn.Sequential{nn.NewRMSNorm(8), nn.NewLinear(g, 8, 4), &nn.GELU{}, &nn.Sigmoid{}}, &nn.Softmax{},
		}
		params := nn.Parameters(model)
		for _, p := range params {
			p.MoveTo(o.Device)
		}
		x, y := o.RandN(rng.NewTorch(7), 5, 6), tensor.From([]int64{0, 1, 2, 3, 0}).To(o.Device)
		run := func(observe bool) (loss float64, grads [][]float64) {
			s := tensor.NewScope(o.Device)
			if observe { // then nothing is released
				s.Observe(func(any, []tensor.Tensor, []tensor.Tensor) {})
			}
			model[5].(*nn.Dropout).RNG.Seed(5)
			for _, p := range params {
				p.ZeroGrad()
			}
			l := nn.CrossEntropy(model.Forward(x.InScope(s)), y)
			l.Backward()
			for _, p := range params {
				grads = append(grads, p.Grad().Float64s())
			}
			return l.Item(), grads
		}
		loss, grads := run(false)
		wantLoss, want := run(true)
		near(t, "loss", []float64{loss}, []float64{wantLoss}, 1e-7)
		for i := range grads {
			near(t, "gradient", grads[i], want[i], 1e-6)
		}
	})
}

// A chain of ops that save nothing holds its last result alone, in a step and on the heap.
func TestChainsThatSaveNothingHoldTheLastResult(t *testing.T) {
	w := tensor.Ones(mega).SetRequiresGrad(true) // 4 MB
	for name, forward := range map[string]func(x tensor.Tensor) tensor.Tensor{
		"Release": func(x tensor.Tensor) tensor.Tensor {
			y := x.MulScalar(1.01)
			for range 19 {
				z := y.MulScalar(1.01)
				y.Release()
				y = z
			}
			return y
		},
		"Chain": func(x tensor.Tensor) tensor.Tensor {
			c := tensor.NewChain(x)
			for range 20 {
				x = c.Next(x.MulScalar(1.01))
			}
			return x
		},
	} {
		s := tensor.NewScope(tensor.CPU())
		y := forward(w.InScope(s))
		if got := s.Bytes(); got > 8*mega+mega/4 {
			t.Errorf("%s: %.1f MB", name, float64(got)/mega)
		}
		a := y.AddScalar(1) // what was released is free again: these take the one free piece
		a.Release()
		b := y.AddScalar(2)
		if got := s.Bytes(); got > 8*mega+mega/4 {
			t.Errorf("%s: %.1f MB after more", name, float64(got)/mega)
		}
		w.ZeroGrad()
		b.Sum().Backward()
		if g := w.Grad().At(0); g < 1.22 || g > 1.2202 {
			t.Errorf("%s: gradient %v", name, g)
		}
	}

	heap := func() float64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc) / (4 * mega)
	}
	before := heap()
	y := w.MulScalar(1.01)
	for range 19 {
		y = y.MulScalar(1.01)
	}
	if held := heap() - before; held > 1.5 {
		t.Errorf("on the heap: 20 results hold the memory of %.1f", held)
	}
	w.ZeroGrad()
	y.Sum().Backward()
	if g := w.Grad().At(0); g < 1.22 || g > 1.2202 {
		t.Errorf("on the heap: gradient %v", g)
	}
}

// A released tensor is not used any more, nor are its views; what is not released stays readable, and a gradient has
// what it needs.
func TestRelease(t *testing.T) {
	onDevices(t, func(t *testing.T, o tensor.Options) {
		w := tensor.FromAs(o, []float32{1, 2, 3, 4}, 2, 2).SetRequiresGrad(true)
		for _, place := range []string{"step", "heap"} {
			x := w
			if place == "step" {
				x = w.InScope(tensor.NewScope(o.Device))
			}
			w.ZeroGrad()
			a := x.MulScalar(2)
			view := a.T()
			b := a.Exp() // saves its result
			c := b.Mul(b)
			other := a.AddScalar(1)
			a.Release()
			b.Release()
			for name, f := range map[string]func(){
				"use":            func() { a.Exp() },
				"read":           func() { a.Float32s() },
				"shape":          func() { a.Shape() },
				"view":           func() { view.Sum() },
				"saved":          func() { b.Sum() },
				"release":        func() { a.Release() },
				"write in place": func() { a.Detach().FillInPlace(1) },
			} {
				if err := tensor.Try(f); err == nil {
					t.Errorf("%s: %s of a released tensor", place, name)
				}
			}
			wantPanic(t, func() { a.Exp() }, "released", "Keep")
			near(t, "what stays", other.Float64s(), []float64{3, 5, 7, 9}, 0)
			x.MulScalar(100) // takes the memory that is free
			c.Sum().Backward()
			got := w.Grad().Float64s()
			for i, v := range []float64{1, 2, 3, 4} {
				if want := 4 * exp(4*v); got[i]/want < 1-1e-5 || got[i]/want > 1+1e-5 {
					t.Errorf("%s: gradient %v, want %v", place, got[i], want)
				}
			}
			g := tensor.Gradient(c.Sum(), []tensor.Tensor{w}, true)[0]
			second := tensor.Gradient(g.Sum(), []tensor.Tensor{w}, false)[0].At(0, 0)
			if want := 16 * exp(4); second/want < 1-1e-5 || second/want > 1+1e-5 {
				t.Errorf("%s: second gradient %v, want %v", place, second, want)
			}
		}
	})
}

func exp(x float64) float64 { return tensor.Scalar(x).Exp().Item() }

// A chain leaves alone what is not its own, and what is held.
func TestChain(t *testing.T) {
	s := tensor.NewScope(tensor.CPU())
	input := tensor.Ones(4).InScope(s).MulScalar(3)
	before := input.MulScalar(2)
	c := tensor.NewChain(input)
	if y := c.Next(input); y != input { // a layer that returns its input
		t.Error("Next returned another tensor")
	}
	a := input.AddScalar(1)
	side := a.AddScalar(1)
	skip := c.Hold(a.AddScalar(2))
	view := c.Next(a.Unsqueeze(0)) // a view of what is released otherwise
	wantPanic(t, func() { side.Sum() }, "released")
	near(t, "view", view.Float64s(), []float64{4, 4, 4, 4}, 0)
	b := c.Next(view.AddScalar(1))
	wantPanic(t, func() { view.Sum() }, "released")
	wantPanic(t, func() { a.Sum() }, "released")
	near(t, "held", skip.Add(b.Squeeze(0)).Float64s(), []float64{11, 11, 11, 11}, 0)
	near(t, "input", input.Add(before).Float64s(), []float64{9, 9, 9, 9}, 0)
	s.Recycle()
	c.Next(tensor.Ones(2).InScope(s)) // of a step that ended: nothing happens

	x := tensor.Ones(4) // on the heap
	c = tensor.NewChain(x)
	y := c.Next(x.AddScalar(1))
	c.Next(y.AddScalar(1))
	near(t, "heap", y.Float64s(), []float64{2, 2, 2, 2}, 0)
}

// A steady training step with a chain allocates nothing.
func TestChainIsSteady(t *testing.T) {
	g := rng.NewTorch(1)
	l1, l2 := nn.LinearConfig{Activation: tensor.ReLU}.New(g, 16, 16), nn.NewLinear(g, 16, 4)
	x, s := tensor.Ones(8, 16), tensor.NewScope(tensor.CPU())
	params := []tensor.Tensor{l1.Weight, l1.Bias, l2.Weight, l2.Bias}
	step := func() {
		s.Recycle()
		x := x.InScope(s)
		c := tensor.NewChain(x)
		h := c.Next(l1.Forward(x))
		h = c.Next(h.Add(h.Tanh()))
		h = c.Next(l2.Forward(h))
		for _, p := range params {
			p.ZeroGrad()
		}
		h.Square().Mean().Backward()
	}
	step()
	step()
	if n := mallocs(func() {
		for range 500 {
			step()
		}
	}); n > 0 {
		t.Errorf("%d mallocs in 500 steps", n)
	}
}
