package tensor_test

import (
	"testing"

	"github.com/lamina-ml/lamina/internal/devicetest"
	"github.com/lamina-ml/lamina/tensor"
)

// The tests of this file use ops as another module writes them: with what package tensor exports to everyone.

// normalize is x divided by its length along the last dimension, by ops; its Backward reads the result and a field of
// its own.
type normalize struct {
	tensor.SavesOutput
	length tensor.Tensor
}

func (o *normalize) Forward(s *tensor.Scope, x tensor.Tensor) tensor.Tensor {
	o.length = s.Save(x.Square().Sum(-1).Sqrt().Unsqueeze(-1))
	return x.MulScalar(2).Div(o.length).MulScalar(0.5)
}

func (o *normalize) Backward(x, y, dy tensor.Tensor) tensor.Tensor {
	return dy.Sub(y.Mul(dy.Mul(y).Sum(-1).Unsqueeze(-1))).Div(o.length)
}

func (o *normalize) Composite(x tensor.Tensor) tensor.Tensor {
	return x.Div(x.Square().Sum(-1).Sqrt().Unsqueeze(-1))
}

// scaled is scale·x + shift, both optional, by in-place writes; without a Composite, for its Backward is written in
// ops.
type scaled struct{}

func (scaled) Optional(i int) bool { return i > 0 }
func (scaled) Saves() tensor.Saved { return tensor.SaveInput(0) | tensor.SaveInput(1) }

func (scaled) Forward(s *tensor.Scope, x, scale, shift tensor.Tensor) tensor.Tensor {
	y := x.MulScalar(1)
	if scale.Defined() {
		y.MulInPlace(scale)
	}
	if shift.Defined() {
		y.AddInPlace(shift)
	}
	return y
}

func (scaled) Backward(x, scale, shift, y, dy tensor.Tensor) (dx, dscale, dshift tensor.Tensor) {
	if x.NeedsGrad() {
		if dx = dy; scale.Defined() {
			dx = dy.Mul(scale)
		}
	}
	if scale.NeedsGrad() {
		dscale = dy.Mul(x)
	}
	if shift.NeedsGrad() {
		dshift = dy
	}
	return dx, dscale, dshift
}

// sumDiff has the results a + b and a − b.
type sumDiff struct{ tensor.SavesNothing }

func (sumDiff) Forward(s *tensor.Scope, xs, ys []tensor.Tensor) {
	ys[0], ys[1] = xs[0].Add(xs[1]), xs[0].Sub(xs[1])
}

func (sumDiff) Backward(xs, ys, dys, dxs []tensor.Tensor) {
	sum, diff := dys[0], dys[1]
	switch {
	case !diff.Defined():
		dxs[0], dxs[1] = sum, sum
	case !sum.Defined():
		dxs[0], dxs[1] = diff, diff.Neg()
	default:
		dxs[0], dxs[1] = sum.Add(diff), sum.Sub(diff)
	}
}

func sumAndDiff(a, b tensor.Tensor) (sum, diff tensor.Tensor) {
	var ys [2]tensor.Tensor
	tensor.ApplyN(sumDiff{}, ys[:], a, b)
	return ys[0], ys[1]
}

// polar has two results from one input, the length and the place of the largest element, which is no float; its
// gradient comes from its composite, and its Backward from kernels' memory.
type polar struct{}

func (polar) Saves() tensor.Saved { return tensor.SaveInputs | tensor.SaveOutput }

func (o polar) Forward(s *tensor.Scope, xs, ys []tensor.Tensor) { o.Composite(xs, ys) }

func (polar) Composite(xs, ys []tensor.Tensor) {
	ys[0], ys[1] = xs[0].Square().Sum(-1).Sqrt(), xs[0].ArgMax(-1)
}

func (polar) Backward(xs, ys, dys, dxs []tensor.Tensor) {
	if dys[1].Defined() {
		panic("a gradient of whole numbers")
	}
	dxs[0] = xs[0].NewGrad()
	dxs[0].CopyFrom(xs[0].Div(ys[0].Unsqueeze(-1)).Mul(dys[0].Unsqueeze(-1)))
}

// checkpoint keeps nothing of what f computes, and computes it again in Backward.
type checkpoint struct {
	f func(xs []tensor.Tensor) tensor.Tensor
}

func (checkpoint) Saves() tensor.Saved { return tensor.SaveInputs }

func (o checkpoint) Forward(s *tensor.Scope, xs, ys []tensor.Tensor) { ys[0] = o.f(xs) }
func (o checkpoint) Composite(xs, ys []tensor.Tensor)                { ys[0] = o.f(xs) }
func (o checkpoint) Backward(xs, ys, dys, dxs []tensor.Tensor)       { tensor.VJP(o.f, xs, dys[0], dxs) }

func checkpointed(f func(xs []tensor.Tensor) tensor.Tensor, xs ...tensor.Tensor) tensor.Tensor {
	var y [1]tensor.Tensor
	tensor.ApplyN(checkpoint{f}, y[:], xs...)
	return y[0]
}

func block(xs []tensor.Tensor) tensor.Tensor {
	return xs[0].MatMul(xs[1]).Tanh().MatMul(xs[1].T()).Tanh()
}

// TestOpsOfOtherModules checks values, first and second gradients of ops in every form, on the heap and in a step.
func TestOpsOfOtherModules(t *testing.T) {
	for name, c := range map[string]struct {
		f, want func(xs []tensor.Tensor) tensor.Tensor
	}{
		"Forward by ops, a field, a composite": {
			func(xs []tensor.Tensor) tensor.Tensor { return tensor.Apply1(normalize{}, xs[0]) },
			func(xs []tensor.Tensor) tensor.Tensor { return normalizeOf(xs[0]) },
		},
		"all optional inputs": {
			func(xs []tensor.Tensor) tensor.Tensor { return tensor.Apply3(scaled{}, xs[0], xs[1], xs[2]) },
			func(xs []tensor.Tensor) tensor.Tensor { return xs[0].Mul(xs[1]).Add(xs[2]) },
		},
		"no scale": {
			func(xs []tensor.Tensor) tensor.Tensor { return tensor.Apply3(scaled{}, xs[0], tensor.Tensor{}, xs[2]) },
			func(xs []tensor.Tensor) tensor.Tensor { return xs[0].Add(xs[2]) },
		},
		"no shift": {
			func(xs []tensor.Tensor) tensor.Tensor { return tensor.Apply3(scaled{}, xs[0], xs[1], tensor.Tensor{}) },
			func(xs []tensor.Tensor) tensor.Tensor { return xs[0].Mul(xs[1]) },
		},
		"two results": {
			func(xs []tensor.Tensor) tensor.Tensor {
				a, b := sumAndDiff(xs[0], xs[1])
				return a.Mul(b).Tanh()
			},
			func(xs []tensor.Tensor) tensor.Tensor { return xs[0].Add(xs[1]).Mul(xs[0].Sub(xs[1])).Tanh() },
		},
		"the first of two results": {
			func(xs []tensor.Tensor) tensor.Tensor {
				a, _ := sumAndDiff(xs[0], xs[1])
				return a.Square()
			},
			func(xs []tensor.Tensor) tensor.Tensor { return xs[0].Add(xs[1]).Square() },
		},
		"the second of two results": {
			func(xs []tensor.Tensor) tensor.Tensor {
				_, b := sumAndDiff(xs[0], xs[1])
				return b.Square()
			},
			func(xs []tensor.Tensor) tensor.Tensor { return xs[0].Sub(xs[1]).Square() },
		},
		"the same input twice": {
			func(xs []tensor.Tensor) tensor.Tensor {
				a, b := sumAndDiff(xs[0], xs[0])
				return a.Mul(b).Add(a.Square())
			},
			func(xs []tensor.Tensor) tensor.Tensor { return xs[0].MulScalar(2).Square() },
		},
		"a result of integers": {
			func(xs []tensor.Tensor) tensor.Tensor {
				var ys [2]tensor.Tensor
				tensor.ApplyN(polar{}, ys[:], xs[0])
				return ys[0].Square().Mul(ys[1].Cast(tensor.Float64).AddScalar(1))
			},
			func(xs []tensor.Tensor) tensor.Tensor {
				return xs[0].Square().Sum(-1).Mul(xs[0].ArgMax(-1).Cast(tensor.Float64).AddScalar(1))
			},
		},
		"checkpoint": {func(xs []tensor.Tensor) tensor.Tensor { return checkpointed(block, xs[0], xs[1]).Square() },
			func(xs []tensor.Tensor) tensor.Tensor { return block(xs).Square() }},
		"checkpoint of a checkpoint": {
			func(xs []tensor.Tensor) tensor.Tensor {
				return checkpointed(func(xs []tensor.Tensor) tensor.Tensor {
					return checkpointed(block, checkpointed(block, xs[0], xs[1]), xs[1])
				}, xs[0], xs[1])
			},
			func(xs []tensor.Tensor) tensor.Tensor { return block([]tensor.Tensor{block(xs), xs[1]}) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			onDevices(t, func(t *testing.T, o tensor.Options) {
				o.DType = tensor.Float64
				xs := []tensor.Tensor{
					tensor.FromAs(o, []float64{1, -0.5, 0.25, 0.7, 0.3, -1.2}, 2, 3).SetRequiresGrad(true),
					tensor.FromAs(o, []float64{0.5, 0.75, -0.4, 0.9, 1.1, 0.2}, 2, 3).SetRequiresGrad(true),
					tensor.FromAs(o, []float64{0.1, 0.2, 0.6, -0.9, 0.4, 0.3}, 2, 3).SetRequiresGrad(true),
				}
				if name == "checkpoint" || name == "checkpoint of a checkpoint" {
					xs[1] = tensor.FromAs(o, []float64{0.5, 0.75, -0.4, 0.9, 1.1, 0.2}, 3, 2).SetRequiresGrad(true)
				}
				near(t, "value", c.f(xs).Float64s(), c.want(xs).Float64s(), 1e-12)
				s := tensor.NewScope(o.Device)
				inStep := func(xs []tensor.Tensor) tensor.Tensor {
					zs := make([]tensor.Tensor, len(xs))
					for i, x := range xs {
						zs[i] = x.InScope(s)
					}
					return c.f(zs)
				}
				for place, f := range map[string]func(xs []tensor.Tensor) tensor.Tensor{"heap": c.f, "step": inStep} {
					for _, second := range []bool{false, true} {
						if err := tensor.GradCheck(f, xs, tensor.GradCheckOptions{Second: second}); err != nil {
							t.Errorf("%s, second %v: %v", place, second, err)
						}
						s.Recycle()
					}
				}
			})
		})
	}
}

func normalizeOf(x tensor.Tensor) tensor.Tensor { return (*normalize)(nil).Composite(x) }

// A recorded step of such ops allocates nothing, and what their Forwards compute on the way is free at once.
func TestForwardByOpsIsSteady(t *testing.T) {
	w, v := tensor.Ones(64, 64).SetRequiresGrad(true), tensor.Ones(64, 64).SetRequiresGrad(true)
	s := tensor.NewScope(tensor.CPU())
	x := tensor.Ones(64, 64)
	step := func() {
		s.Recycle()
		h := tensor.Apply1(normalize{}, x.InScope(s).Mul(w))
		h = tensor.Apply3(scaled{}, h, v, tensor.Tensor{})
		a, b := sumAndDiff(h, v)
		w.ZeroGrad()
		v.ZeroGrad()
		a.Mul(b).Sum().Backward()
	}
	for range 10 {
		step()
	}
	before := s.Bytes()
	if n := mallocs(func() {
		for range 200 {
			step()
		}
	}); n > 0 {
		t.Errorf("%d mallocs in 200 steps", n)
	}
	if s.Bytes() != before {
		t.Errorf("the scope grew from %d to %d bytes", before, s.Bytes())
	}

	s = tensor.NewScope(tensor.CPU())
	big := tensor.Ones(256, 1024).SetRequiresGrad(true) // 1 MB
	y := big.InScope(s)
	for range 10 {
		y = tensor.Apply1(normalize{}, y) // two intermediate results of 1 MB
	}
	if got := s.Bytes(); got > 14<<20 {
		t.Errorf("ten ops hold %d bytes; their results are 10 MB", got)
	}
}

// What an op's Backward gets of an input that it does not save has a shape and no elements.
func TestUnsavedInputsHaveNoElements(t *testing.T) {
	for name, op := range map[string]func(x tensor.Tensor) tensor.Tensor{
		"input":  func(x tensor.Tensor) tensor.Tensor { return tensor.Apply1(liar{}, x) },
		"output": func(x tensor.Tensor) tensor.Tensor { return tensor.Apply1(liar{output: true}, x) },
	} {
		for _, place := range []*tensor.Scope{nil, tensor.NewScope(tensor.CPU())} {
			x := tensor.Ones(2, 3).SetRequiresGrad(true)
			if place != nil {
				x = x.InScope(place)
			}
			y := op(x).Sum()
			wantPanic(t, y.Backward, "does not save", "Saves", "(2, 3)")
			wantPanic(t, func() { tensor.Gradient(y, []tensor.Tensor{x}, true) }, "does not save")
			_ = name
		}
	}
}

// liar reads what it says it does not.
type liar struct {
	tensor.SavesNothing
	output bool
}

func (liar) Forward(s *tensor.Scope, x tensor.Tensor) tensor.Tensor { return x.MulScalar(2) }
func (o liar) Backward(x, y, dy tensor.Tensor) tensor.Tensor {
	if x.Shape() != tensor.ShapeOf(2, 3) || y.Dim(1) != 3 || x.DType() != tensor.Float32 || x.NewZeros().Shape() != x.Shape() {
		panic("shape and type are gone")
	}
	if o.output {
		return dy.Mul(y)
	}
	return dy.Mul(x)
}

// A change in place matters to those ops only that read the elements.
func TestSavesDecidesVersionChecks(t *testing.T) {
	for name, c := range map[string]struct {
		f                   func(x tensor.Tensor) tensor.Tensor
		inputs, output, bad bool
	}{
		"exp: input":  {f: tensor.Tensor.Exp, inputs: true},
		"exp: output": {f: tensor.Tensor.Exp, output: true, bad: true},
		"log: input":  {f: tensor.Tensor.Log, inputs: true, bad: true},
		"log: output": {f: tensor.Tensor.Log, output: true},
		"add: both":   {f: func(x tensor.Tensor) tensor.Tensor { return x.AddScalar(1) }, inputs: true, output: true},
	} {
		w := tensor.From([]float32{1, 2}).SetRequiresGrad(true)
		y := c.f(w)
		loss := y.Sum()
		if c.inputs {
			w.Data().FillInPlace(3)
		}
		if c.output {
			y.Detach().FillInPlace(5)
		}
		if err := tensor.Try(loss.Backward); (err != nil) != c.bad {
			t.Errorf("%s changed: %v", name, err)
		}
	}
}

// An input that must be there is missed with an error that says so.
func TestAbsentInputsAreRefused(t *testing.T) {
	none := tensor.Tensor{}
	x := tensor.Ones(2)
	for name, f := range map[string]func(){
		"required of three": func() { tensor.Apply3(scaled{}, none, x, x) },
		"required of two":   func() { tensor.Apply2(greedy{}, x, none) },
		"all":               func() { tensor.Apply3(scaled{}, none, none, none) },
		"of many":           func() { sumAndDiff(x, none) },
		"of a method":       func() { x.Add(none) },
	} {
		if err := tensor.Try(f); err == nil {
			t.Errorf("%s: not refused", name)
		}
	}
	var ys [1]tensor.Tensor
	wantPanic(t, func() { tensor.ApplyN(sumDiff{}, ys[:]) }, "at least one input")
	wantPanic(t, func() { tensor.ApplyN(empty{}, ys[:], x) }, "empty: Forward left a result empty")
	if none.NeedsGrad() {
		t.Error("no tensor needs a gradient")
	}
}

type empty struct{ tensor.SavesNothing }

func (empty) Forward(s *tensor.Scope, xs, ys []tensor.Tensor) {}
func (empty) Backward(xs, ys, dys, dxs []tensor.Tensor)       {}

// An op that panics in Forward leaves a scope that records as before.
func TestPanicInForward(t *testing.T) {
	s := tensor.NewScope(tensor.CPU())
	w := tensor.Ones(2).SetRequiresGrad(true)
	x := w.InScope(s)
	wantPanic(t, func() { tensor.Apply1(stumble{}, x) }, "stumble")
	x.MulScalar(3).Sum().Backward()
	near(t, "gradient", w.Grad().Float64s(), []float64{3, 3}, 0)
}

type stumble struct{}

func (stumble) Forward(s *tensor.Scope, x tensor.Tensor) tensor.Tensor {
	panic(&tensor.Error{Op: "stumble", Msg: "in Forward"})
}
func (stumble) Backward(x, y, dy tensor.Tensor) tensor.Tensor { return dy }

// A gradient that is written to memory from NewGrad lies where it stays; returning it for another input is a mistake
// that shows.
func TestNewGrad(t *testing.T) {
	onDevices(t, func(t *testing.T, o tensor.Options) {
		w, v := tensor.FromAs(o, []float32{1, 2}).SetRequiresGrad(true), tensor.FromAs(o, []float32{3, 4}).SetRequiresGrad(true)
		for pass := range 3 { // the second and the third add to what is there
			tensor.Apply2(written{}, w, v).Sum().Backward()
			n := float64(pass + 1)
			near(t, "w", w.Grad().Float64s(), []float64{3 * n, 4 * n}, 0)
			near(t, "v", v.Grad().Float64s(), []float64{1 * n, 2 * n}, 0)
		}
		w.ZeroGrad()
		tensor.Apply2(written{}, w, w).Sum().Backward()
		near(t, "w twice", w.Grad().Float64s(), []float64{2, 4}, 0)
		w.ZeroGrad()
		v.ZeroGrad()
		x := w.MulScalar(1)
		tensor.Apply2(written{}, x, v).Add(tensor.Apply2(written{}, x, v)).Sum().Backward()
		near(t, "by way of a result", w.Grad().Float64s(), []float64{6, 8}, 0)
		w.ZeroGrad()
		v.ZeroGrad()
		wantPanic(t, tensor.Apply2(written{swap: true}, w, v).Sum().Backward, "NewGrad", "another's")
		w.ZeroGrad()
		v.ZeroGrad()
		w.Mul(v).Sum().Backward()
		near(t, "afterwards", w.Grad().Float64s(), []float64{3, 4}, 0)
	})
}

// written is a product whose gradients are written in place; swap gives each input the other's memory.
type written struct{ swap bool }

func (written) Forward(s *tensor.Scope, a, b tensor.Tensor) tensor.Tensor { return a.Mul(b) }
func (o written) Backward(a, b, y, dy tensor.Tensor) (da, db tensor.Tensor) {
	da, db = a.NewGrad(), b.NewGrad()
	da.CopyFrom(dy.Mul(b))
	db.CopyFrom(dy.Mul(a))
	if o.swap {
		return db, da
	}
	return da, db
}

// VJP is torch.func.vjp: the gradient of a result that is no single number.
func TestVJP(t *testing.T) {
	for _, device := range []tensor.Device{tensor.CPU(), devicetest.Async()} {
		o := tensor.Options{Device: device}
		x, c := tensor.FromAs(o, []float32{1, 2, 3}).SetRequiresGrad(true), tensor.FromAs(o, []float32{5, 6, 7})
		dy := tensor.FromAs(o, []float32{1, 10, 100})
		s := tensor.NewScope(device)
		for _, xs := range [][]tensor.Tensor{{x, c, {}}, {x.InScope(s), c.InScope(s), {}}} {
			var d [3]tensor.Tensor
			tensor.VJP(func(xs []tensor.Tensor) tensor.Tensor { return xs[0].Square().Mul(xs[1]) }, xs, dy, d[:])
			near(t, "2·x·c·dy", d[0].Float64s(), []float64{10, 240, 4200}, 0)
			if d[1].Defined() || d[2].Defined() {
				t.Error("gradients of a constant and of nothing")
			}
			x.ZeroGrad()
			d[0].Sum().Backward() // it was computed with recording: 2·c·dy
			near(t, "its gradient", x.Grad().Float64s(), []float64{10, 120, 1400}, 0)
		}
	}
}

// TestSaveInput: the inputs from 62 on are saved together, and none of them is the result.
func TestSaveInput(t *testing.T) {
	for i := range 70 {
		if s := tensor.SaveInput(i); s&tensor.SaveInputs == 0 || s&tensor.SaveOutput != 0 {
			t.Errorf("SaveInput(%d) is %#x", i, uint64(s))
		}
	}
}

// savesResult gives its result to Save.
type savesResult struct{ y tensor.Tensor }

func (o *savesResult) Forward(s *tensor.Scope, x tensor.Tensor) tensor.Tensor {
	o.y = s.Save(x.AddScalar(1))
	return o.y
}
func (o *savesResult) Backward(x, y, dy tensor.Tensor) tensor.Tensor { return dy.Mul(o.y) }

func TestSavedResultIsRefused(t *testing.T) {
	x := tensor.Ones(2).SetRequiresGrad(true).InScope(tensor.NewScope(tensor.CPU()))
	wantPanic(t, func() { tensor.Apply1(savesResult{}, x) }, "SaveOutput")
}

// Inputs on two devices are refused in the name of the operation that was called.
func TestDeviceMismatchNamesTheOperation(t *testing.T) {
	x, there := tensor.Ones(2, 2), devicetest.Async()
	index := tensor.Options{DType: tensor.Int64, Device: there}.Zeros(1)
	mask := tensor.FromBools([]bool{true, false, true, true}, 2, 2).To(there)
	for op, f := range map[string]func(){
		"masked_select: one input is on": func() { x.MaskedSelect(mask) },
		"index_select: one input is on":  func() { x.IndexSelect(0, index) },
		"index: one input is on":         func() { x.Index(index) },
		"index_put: one input is on":     func() { x.IndexPut(tensor.Ones(1, 2), false, index) },
	} {
		wantPanic(t, f, op)
	}
}
