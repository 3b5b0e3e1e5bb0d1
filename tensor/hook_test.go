package tensor_test

import (
	"slices"
	"testing"

	"github.com/lamina-ml/lamina/tensor"
)

// A leaf's hooks run once, as soon as its gradient is complete, and not at the pass's end.
func TestLeafHooksRunWhenTheGradientIsComplete(t *testing.T) {
	onDevices(t, func(t *testing.T, o tensor.Options) {
		for _, place := range []string{"heap", "step"} {
			var order []string
			note := func(name string, values *[]float64) func(g tensor.Tensor) tensor.Tensor {
				return func(g tensor.Tensor) tensor.Tensor {
					order = append(order, name)
					*values = g.Float64s()
					return tensor.Tensor{}
				}
			}
			var firstSeen, secondSeen, middleSeen []float64
			first, second := tensor.FromAs(o, []float32{2}).SetRequiresGrad(true), tensor.FromAs(o, []float32{3}).SetRequiresGrad(true)
			first.RegisterHook(note("first", &firstSeen))
			second.RegisterHook(note("second", &secondSeen))
			x := tensor.FromAs(o, []float32{5})
			if place == "step" {
				x = x.InScope(tensor.NewScope(o.Device))
			}
			h := x.Mul(first)
			h.RegisterHook(note("middle", &middleSeen))
			z := h.Mul(second).Add(second) // second is used twice, after all uses of first
			z.Sum().Backward()
			if want := []string{"second", "middle", "first"}; !slices.Equal(order, want) {
				t.Errorf("%s: hooks ran in the order %v, want %v", place, order, want)
			}
			near(t, "first", firstSeen, []float64{15}, 0)
			near(t, "second", secondSeen, []float64{11}, 0)
			near(t, "middle", middleSeen, []float64{3}, 0)
			near(t, "first's Grad", first.Grad().Float64s(), []float64{15}, 0)
			near(t, "second's Grad", second.Grad().Float64s(), []float64{11}, 0)

			order = nil
			tensor.Gradient(z.Sum(), []tensor.Tensor{second, first}, false)
			if want := []string{"second", "middle", "first"}; !slices.Equal(order, want) {
				t.Errorf("%s: Gradient's hooks ran in the order %v, want %v", place, order, want)
			}
			order = nil
			tensor.Gradient(z.Sum(), []tensor.Tensor{second}, false)
			if want := []string{"second"}; !slices.Equal(order, want) {
				t.Errorf("%s: hooks of what leads to the target ran in the order %v, want %v", place, order, want)
			}
		}
	})
}

// Hooks behind the addition see Grad itself, in every pass, whatever else the leaf has.
func TestPostAccumulateGradHook(t *testing.T) {
	onDevices(t, func(t *testing.T, o tensor.Options) {
		w, v := tensor.FromAs(o, []float32{2, 4}).SetRequiresGrad(true), tensor.FromAs(o, []float32{1, 1}).SetRequiresGrad(true)
		var seen [][]float64
		remove := w.RegisterPostAccumulateGradHook(func(p tensor.Tensor) {
			if p != w {
				t.Error("another tensor")
			}
			seen = append(seen, p.Grad().Float64s())
		})
		order := 0
		v.RegisterPostAccumulateGradHook(func(tensor.Tensor) { order = len(seen) })
		s := tensor.NewScope(o.Device)
		loss := v.InScope(s).Mul(w).Sum().Add(w.Square().Sum()).Add(w.Narrow(0, 1, 1).Sum()).Add(w.Narrow(0, 0, 1).Sum()) // 1 + 2w + 1
		loss.Backward()
		loss.Backward()
		w.RegisterHook(func(g tensor.Tensor) tensor.Tensor { return g.MulScalar(10) })
		loss.Backward()
		tensor.Gradient(loss, []tensor.Tensor{w}, false) // adds nothing
		want := [][]float64{{6, 10}, {12, 20}, {72, 120}}
		if len(seen) != len(want) {
			t.Fatalf("the hook ran %d times, want %d", len(seen), len(want))
		}
		for i := range want {
			near(t, "Grad", seen[i], want[i], 0)
		}
		if order == 0 {
			t.Error("the other leaf's hook did not run")
		}
		remove()
		remove() // a second call does nothing
		loss.Backward()
		if len(seen) != 3 {
			t.Error("a hook that was taken away ran")
		}
		v.Square().Sum().Backward() // w has no part in it
		wantPanic(t, func() { w.MulScalar(2).RegisterPostAccumulateGradHook(func(tensor.Tensor) {}) }, "not a leaf")
		wantPanic(t, func() { tensor.Ones(2).RegisterPostAccumulateGradHook(func(tensor.Tensor) {}) }, "not a leaf")
	})
}

// An optimizer's step inside a hook: memory of one gradient at a time would do.
func TestStepInsideAHook(t *testing.T) {
	w, v := tensor.From([]float32{2}).SetRequiresGrad(true), tensor.From([]float32{3}).SetRequiresGrad(true)
	for _, p := range []tensor.Tensor{w, v} {
		p.RegisterPostAccumulateGradHook(func(p tensor.Tensor) {
			p.Data().AddScaledInPlace(-0.5, p.Grad())
			p.ZeroGrad()
		})
	}
	x := tensor.From([]float32{1})
	x.Add(w).Add(v).Sum().Backward()
	near(t, "w", w.Float64s(), []float64{1.5}, 0)
	near(t, "v", v.Float64s(), []float64{2.5}, 0)
}

// Gradients may lie in one buffer, as their exchange between processes needs.
func TestSetGradBuffer(t *testing.T) {
	onDevices(t, func(t *testing.T, o tensor.Options) {
		buffer := o.Zeros(10)
		w := tensor.FromAs(o, []float32{1, 2, 3, 4, 5, 6}, 2, 3).SetRequiresGrad(true)
		v := tensor.FromAs(o, []float32{7, 8}).SetRequiresGrad(true)
		v.Square().Sum().Backward() // a gradient from before moves along
		old := v.Grad()
		w.SetGradBuffer(buffer.Narrow(0, 0, 6).Reshape(2, 3))
		v.SetGradBuffer(buffer.Narrow(0, 6, 2))
		if w.Grad().Defined() {
			t.Error("a gradient from nowhere")
		}
		wantPanic(t, func() { old.Sum() }, "used after")
		near(t, "moved", buffer.Float64s(), []float64{0, 0, 0, 0, 0, 0, 14, 16, 0, 0}, 0)
		s := tensor.NewScope(o.Device)
		x := tensor.FromAs(o, []float32{1, 1}, 1, 2).InScope(s)
		x.MatMul(w).Sum().Add(v.Sum()).Backward()
		near(t, "buffer", buffer.Float64s(), []float64{1, 1, 1, 1, 1, 1, 15, 17, 0, 0}, 0)
		buffer.MulScalarInPlace(2)
		near(t, "Grad", w.Grad().Float64s(), []float64{2, 2, 2, 2, 2, 2}, 0)
		w.ZeroGrad()
		v.ZeroGrad()
		x.MatMul(w).Sum().Backward()
		near(t, "again", buffer.Float64s(), []float64{1, 1, 1, 1, 1, 1, 30, 34, 0, 0}, 0)

		for name, b := range map[string]tensor.Tensor{
			"shape":  o.Zeros(3, 2),
			"type":   tensor.Options{DType: tensor.Float64, Device: o.Device}.Zeros(2, 3),
			"gaps":   o.Zeros(3, 2).T(),
			"scope":  o.Zeros(2, 3).InScope(s),
			"leaf":   o.Zeros(2, 3).SetRequiresGrad(true),
			"result": o.Zeros(2, 3).SetRequiresGrad(true).MulScalar(1),
			"none":   {},
		} {
			if err := tensor.Try(func() { w.SetGradBuffer(b) }); err == nil {
				t.Errorf("a buffer with the wrong %s was taken", name)
			}
		}
		wantPanic(t, func() { w.MulScalar(2).SetGradBuffer(o.Zeros(2, 3)) }, "only a leaf")
	})
}

// Steps with hooks on leaves allocate nothing.
func TestHooksAreSteady(t *testing.T) {
	w, v := tensor.Ones(8, 8).SetRequiresGrad(true), tensor.Ones(8, 8).SetRequiresGrad(true)
	n := 0
	defer w.RegisterHook(func(g tensor.Tensor) tensor.Tensor { return g.MulScalar(0.5) })()
	defer v.RegisterPostAccumulateGradHook(func(tensor.Tensor) { n++ })()
	x, s := tensor.Ones(4, 8), tensor.NewScope(tensor.CPU())
	step := func() {
		s.Recycle()
		w.ZeroGrad()
		v.ZeroGrad()
		x.InScope(s).MatMul(w).Tanh().MatMul(v).MatMul(w).Sum().Backward()
	}
	step()
	step()
	if m := mallocs(func() {
		for range 300 {
			step()
		}
	}); m > 0 {
		t.Errorf("%d mallocs in 300 steps", m)
	}
	if n != 302 {
		t.Errorf("the hook ran %d times in 302 steps", n)
	}
}
