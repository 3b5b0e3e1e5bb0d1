package tensor_test

import (
	"slices"
	"testing"

	"github.com/lamina-ml/lamina/internal/devicetest"
	"github.com/lamina-ml/lamina/tensor"
)

// A gradient that would flow through a step that ended is refused, by Gradient as by Backward: what is left of it would
// be wrong.
func TestGradientThroughAStepThatEnded(t *testing.T) {
	onDevices(t, func(t *testing.T, o tensor.Options) {
		w := tensor.FromAs(o, []float32{3}).SetRequiresGrad(true)
		for _, reuse := range []bool{false, true} {
			older, newer := tensor.NewScope(o.Device), tensor.NewScope(o.Device)
			loss := w.InScope(older).InScope(newer).Square().Sum().Add(w.InScope(newer).Sum())
			near(t, "before the end", tensor.Gradient(loss, []tensor.Tensor{w}, false)[0].Float64s(), []float64{7}, 0)
			older.Recycle()
			if reuse {
				w.InScope(older).MulScalar(5)
			}
			for _, create := range []bool{false, true} {
				wantPanic(t, func() { tensor.Gradient(loss, []tensor.Tensor{w}, create) }, "used after its step ended")
			}
			wantPanic(t, func() { loss.Backward() }, "used after its step ended")
			w.ZeroGrad()
			w.InScope(newer).Square().Sum().Backward() // the scope itself is as good as before
			near(t, "afterwards", w.Grad().Float64s(), []float64{6}, 0)
		}
	})
}

// A hook may compute gradients itself, also through results that wait for the outer pass.
func TestBackwardInsideAHook(t *testing.T) {
	place := map[string]func(w tensor.Tensor) tensor.Tensor{
		"heap": func(w tensor.Tensor) tensor.Tensor { return w },
		"step": func(w tensor.Tensor) tensor.Tensor { return w.InScope(tensor.NewScope(w.Device())) },
	}
	for name, in := range place {
		t.Run(name, func(t *testing.T) {
			onDevices(t, func(t *testing.T, o tensor.Options) {
				w := tensor.FromAs(o, []float32{3}).SetRequiresGrad(true)
				x := in(w)
				a := x.Square() // w²
				b := a.MulScalar(2)
				loss := b.Sum().Add(a.Sum())                         // 3w²; dw = 18
				inner := a.Sum()                                     // w²; dw = 6
				b.RegisterHook(func(g tensor.Tensor) tensor.Tensor { // a's gradient of loss has come half together now
					inner.Backward()
					return tensor.Tensor{}
				})
				loss.Backward()
				near(t, "Backward in Backward", w.Grad().Float64s(), []float64{24}, 0)
				w.ZeroGrad()
				g := tensor.Gradient(loss, []tensor.Tensor{a, w}, false)
				near(t, "Backward in Gradient: the result's", g[0].Float64s(), []float64{3}, 0)
				near(t, "Backward in Gradient: the leaf's", g[1].Float64s(), []float64{18}, 0)
				near(t, "Backward in Gradient: Grad", w.Grad().Float64s(), []float64{6}, 0)

				w.ZeroGrad()
				c := x.Square()
				d := c.MulScalar(2)
				var seen []float64
				d.RegisterHook(func(g tensor.Tensor) tensor.Tensor {
					seen = tensor.Gradient(c.Sum(), []tensor.Tensor{w, c}, false)[1].Float64s()
					return tensor.Tensor{}
				})
				g = tensor.Gradient(d.Sum().Add(c.Sum()), []tensor.Tensor{c, w}, true)
				near(t, "Gradient in Gradient: the inner", seen, []float64{1}, 0)
				near(t, "Gradient in Gradient: the result's", g[0].Float64s(), []float64{3}, 0)
				near(t, "Gradient in Gradient: the leaf's", g[1].Float64s(), []float64{18}, 0)

				// A pass that a panic ended leaves the outer one whole.
				w.ZeroGrad()
				e := x.Square()
				f := e.MulScalar(2)
				broken := tensor.Apply1(boom{}, e)
				f.RegisterHook(func(g tensor.Tensor) tensor.Tensor {
					wantPanic(t, broken.Backward, "boom")
					return tensor.Tensor{}
				})
				f.Sum().Add(e.Sum()).Backward()
				near(t, "after a panic", w.Grad().Float64s(), []float64{18}, 0)
			})
		})
	}
}

// An inner NoGrad may use tensors of the outer one and return them; they stay the outer one's.
func TestNestedNoGradCaptures(t *testing.T) {
	onDevices(t, func(t *testing.T, o tensor.Options) {
		s := tensor.NewScope(o.Device)
		for _, x := range []tensor.Tensor{tensor.FromAs(o, []float32{1, 2}), tensor.FromAs(o, []float32{1, 2}).InScope(s)} {
			var lost tensor.Tensor
			y := tensor.NoGrad(x, func(inner tensor.Tensor) tensor.Tensor {
				captured := inner.MulScalar(2)
				lost = captured
				same := tensor.NoGrad(x, func(tensor.Tensor) tensor.Tensor { return captured })
				view := tensor.NoGrad(x, func(tensor.Tensor) tensor.Tensor { return captured.Unsqueeze(0) })
				sum := tensor.NoGrad(x, func(z tensor.Tensor) tensor.Tensor { return z.Add(captured) })
				return captured.Add(same).Add(view.Squeeze(0)).Add(sum) // 2x + 2x + 2x + 3x
			})
			near(t, "result", y.Float64s(), []float64{9, 18}, 0)
			wantPanic(t, func() { lost.Sum() }, "used after its step ended")
			// The captured tensor as the outer one's result, after an inner one returned it too.
			y = tensor.NoGrad(x, func(inner tensor.Tensor) tensor.Tensor {
				captured := inner.MulScalar(2)
				return tensor.NoGrad(x, func(tensor.Tensor) tensor.Tensor { return captured })
			})
			near(t, "captured", y.Float64s(), []float64{2, 4}, 0)
			x.MulScalar(7) // takes free memory, which y's must not be
			near(t, "captured, later", y.Float64s(), []float64{2, 4}, 0)
		}
	})
}

// A gradient that a hook took from an enclosing NoGrad stays that one's.
func TestGradientCaptures(t *testing.T) {
	s := tensor.NewScope(tensor.CPU())
	w := tensor.From([]float32{3, 4}).SetRequiresGrad(true)
	loss := w.InScope(s).MulScalar(1)
	a := loss.MulScalar(2)
	total := a.Sum()
	y := tensor.NoGrad(tensor.Ones(2).InScope(s), func(x tensor.Tensor) tensor.Tensor {
		captured := x.MulScalar(5)
		remove := a.RegisterHook(func(tensor.Tensor) tensor.Tensor { return captured })
		defer remove()
		g := tensor.Gradient(total, []tensor.Tensor{a}, false)[0]
		return captured.Add(g)
	})
	near(t, "sum", y.Float64s(), []float64{10, 10}, 0)
}

// A function that writes elements runs on memory of the CPU, or on a slice that is copied to the device.
func TestSetFunc(t *testing.T) {
	for _, o := range []tensor.Options{{}, {Device: devicetest.Async()}} {
		x := o.Zeros(4, 2)
		tensor.SetFunc(x.Slice(0, 1, 3, 1), func(dst []float32) {
			for i := range dst {
				dst[i] = float32(i + 1)
			}
		})
		tensor.SetFunc(x.Slice(0, 4, 4, 1), func(dst []float32) {
			if len(dst) != 0 {
				t.Errorf("%d elements of an empty tensor", len(dst))
			}
		})
		if got, want := x.Float32s(), []float32{0, 0, 1, 2, 3, 4, 0, 0}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}

// A write in place that is refused has not changed anything.
func TestRefusedWritesAreNoChange(t *testing.T) {
	there := tensor.Options{Device: devicetest.Async()}
	for name, write := range map[string]func(d tensor.Tensor){
		"AddInPlace: shape":       func(d tensor.Tensor) { d.AddInPlace(tensor.Ones(5)) },
		"AddInPlace: type":        func(d tensor.Tensor) { d.AddInPlace(tensor.Options{DType: tensor.Float64}.Ones(2)) },
		"AddInPlace: device":      func(d tensor.Tensor) { d.AddInPlace(there.Ones(2)) },
		"CopyFrom: shape":         func(d tensor.Tensor) { d.CopyFrom(tensor.Ones(2, 2)) },
		"CopyFrom: device":        func(d tensor.Tensor) { d.CopyFrom(there.Ones(2)) },
		"SetFrom: length":         func(d tensor.Tensor) { tensor.SetFrom(d, []float32{1}) },
		"SetFrom: type":           func(d tensor.Tensor) { tensor.SetFrom(d, []float64{1, 2}) },
		"SetFunc: type":           func(d tensor.Tensor) { tensor.SetFunc(d, func([]float64) {}) },
		"SetBytes: length":        func(d tensor.Tensor) { tensor.SetBytes(d, []byte{1}) },
		"Set: rank":               func(d tensor.Tensor) { d.Set(1, 0, 0) },
		"Set: place":              func(d tensor.Tensor) { d.Set(1, 7) },
		"LerpInPlace: shape":      func(d tensor.Tensor) { d.LerpInPlace(tensor.Ones(3), 0.5) },
		"AddScaledInPlace: shape": func(d tensor.Tensor) { d.AddScaledInPlace(2, tensor.Ones(3)) },
		"AddInPlace: expanded":    func(d tensor.Tensor) { d.Unsqueeze(0).Expand(3, 2).AddInPlace(tensor.Ones(3, 2)) },
	} {
		w := tensor.From([]float32{3, 4}).SetRequiresGrad(true)
		loss := w.Square().Sum()
		if err := tensor.Try(func() { write(w.Data()) }); err == nil {
			t.Errorf("%s: not refused", name)
		}
		if err := tensor.Try(loss.Backward); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		near(t, name, w.Grad().Float64s(), []float64{6, 8}, 0)
		w.Data().FillInPlace(1)
		wantPanic(t, loss.Backward, "changed in place")
	}
}
