package tensor_test

import (
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lamina-ml/lamina/internal/devicetest"
	"github.com/lamina-ml/lamina/internal/tensortest"
	"github.com/lamina-ml/lamina/tensor"
)

// onDevices runs a test on the CPU and on the asynchronous test device.
func onDevices(t *testing.T, f func(t *testing.T, o tensor.Options)) {
	t.Run("cpu", func(t *testing.T) { f(t, tensor.Options{}) })
	t.Run("async", func(t *testing.T) { f(t, tensor.Options{Device: devicetest.Async()}) })
}

// wantPanic runs f and checks that it panics with a *tensor.Error whose text holds all parts.
func wantPanic(t *testing.T, f func(), parts ...string) {
	t.Helper()
	err := tensor.Try(f)
	if err == nil {
		t.Fatal("no panic")
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("panic says %q, want it to mention %q", err, p)
		}
	}
}

func near(t *testing.T, what string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %v, want %v", what, got, want)
	}
	for i := range got {
		if !(math.Abs(got[i]-want[i]) <= tol) {
			t.Errorf("%s: element %d is %v, want %v", what, i, got[i], want[i])
		}
	}
}

func TestStaleHandle(t *testing.T) {
	onDevices(t, func(t *testing.T, o tensor.Options) {
		s := tensor.NewScope(o.Device)
		x := o.Ones(2, 2)
		for _, steps := range []int{1, 2, 1000} {
			y := x.InScope(s).MulScalar(2)
			for range steps {
				s.Recycle()
				x.InScope(s).MulScalar(3)
			}
			wantPanic(t, func() { y.Add(y) }, "used after its step ended", "Keep")
			wantPanic(t, func() { _ = y.String() }, "Keep")
			s.Recycle()
		}
		wantPanic(t, func() { tensor.Tensor{}.Exp() }, "zero value")
	})
}

func TestStaleViewInOtherScope(t *testing.T) {
	a, b := tensor.NewScope(tensor.CPU()), tensor.NewScope(tensor.CPU())
	x := tensor.Ones(2).InScope(a).MulScalar(2)
	y := x.InScope(b)
	a.Recycle()
	wantPanic(t, func() { y.Exp() }, "view of memory whose step ended", "Keep")
}

func TestPenaltyOnParametersAlone(t *testing.T) {
	onDevices(t, func(t *testing.T, o tensor.Options) {
		w := tensor.FromAs(o, []float32{1, -2, 3}).SetRequiresGrad(true)
		s := tensor.NewScope(o.Device)
		for range 3 {
			w.ZeroGrad()
			x := tensor.FromAs(o, []float32{1, 1, 1}).InScope(s)
			loss := x.Mul(w).Sum().Add(w.InScope(s).Square().Sum().MulScalar(0.5))
			loss.Backward()
			near(t, "gradient in the step", w.Grad().Float64s(), []float64{2, -1, 4}, 0)
			s.Recycle()
		}
		// The same on the heap, the penalty mixed in without In.
		w.ZeroGrad()
		w.Square().Sum().MulScalar(0.5).Backward()
		near(t, "gradient on the heap", w.Grad().Float64s(), []float64{1, -2, 3}, 0)
		// A result of parameters alone may join a step, too: the gradient goes on through the heap's graph.
		w.ZeroGrad()
		x := tensor.FromAs(o, []float32{1, 1, 1}).InScope(s)
		x.Mul(w.Square()).Sum().Backward()
		near(t, "gradient through the heap", w.Grad().Float64s(), []float64{2, -4, 6}, 0)
	})
}

func TestFullBatchWithoutLoader(t *testing.T) {
	onDevices(t, func(t *testing.T, o tensor.Options) {
		x := tensor.FromAs(o, []float32{1, 2, 3, 4}, 4, 1)
		y := x.MulScalar(3).AddScalar(1)
		w, b := o.Zeros(1, 1).SetRequiresGrad(true), o.Zeros(1).SetRequiresGrad(true)
		for range 2000 {
			w.ZeroGrad()
			b.ZeroGrad()
			x.MatMul(w).Add(b).Sub(y).Square().Mean().Backward()
			w.Data().AddScaledInPlace(-0.05, w.Grad())
			b.Data().AddScaledInPlace(-0.05, b.Grad())
		}
		near(t, "slope", w.Float64s(), []float64{3}, 1e-4)
		near(t, "offset", b.Float64s(), []float64{1}, 1e-4)
	})
}

func TestTeacherUnderNoGrad(t *testing.T) {
	onDevices(t, func(t *testing.T, o tensor.Options) {
		teacher := tensor.FromAs(o, []float32{1, 2, 3, 4}, 2, 2).SetRequiresGrad(true)
		student := o.Zeros(2, 2).SetRequiresGrad(true)
		s := tensor.NewScope(o.Device)
		var before int
		for step := range 50 {
			x := tensor.FromAs(o, []float32{1, 0, 0, 1}, 2, 2).InScope(s)
			target := tensor.NoGrad(x, func(x tensor.Tensor) tensor.Tensor {
				return x.MatMul(teacher).MulScalar(2).ReLU()
			})
			if target.NeedsGrad() {
				t.Fatal("the teacher's result has a history")
			}
			loss := x.MatMul(student).Sub(target).Square().Sum()
			student.ZeroGrad()
			loss.Backward()
			student.Data().AddScaledInPlace(-0.25, student.Grad())
			s.Recycle()
			if step == 5 {
				before = s.Bytes()
			}
		}
		if s.Bytes() != before {
			t.Errorf("the scope grew from %d to %d bytes", before, s.Bytes())
		}
		if teacher.Grad().Defined() {
			t.Error("the teacher got a gradient")
		}
		near(t, "student", student.Float64s(), []float64{2, 4, 6, 8}, 1e-4)
	})
}

// TestInnerNoGradReturnsAView has an inner NoGrad return a view of the outer one's tensor, which must keep its memory.
func TestInnerNoGradReturnsAView(t *testing.T) {
	s := tensor.NewScope(tensor.CPU())
	x := tensor.Ones(2, 3).InScope(s).MulScalar(2)
	y := tensor.NoGrad(x, func(x tensor.Tensor) tensor.Tensor {
		z := x.MulScalar(3)
		flat := tensor.NoGrad(z, func(z tensor.Tensor) tensor.Tensor { return z.Flatten(0) })
		return z.Sum().Add(flat.Sum()).Add(x.Sum())
	})
	if got := y.Item() + x.Sum().Item(); got != 36+36+12+12 {
		t.Errorf("got %v", got)
	}
}

// greedy computes the gradient of its first input by way of a tensor of its second input's shape, which is a leaf: what comes to
// lie in the leaf's own memory must be told apart.
type greedy struct{ flip bool }

func (greedy) Forward(s *tensor.Scope, x, w tensor.Tensor) tensor.Tensor {
	y := s.NewEmpty(x, x.DType(), tensor.ShapeOf(2, 3))
	tensor.SetFrom(y, []float32{0, 0, 0, 0, 0, 0})
	return y
}

func (o greedy) Backward(x, w, y, dy tensor.Tensor) (dx, dw tensor.Tensor) {
	if o.flip {
		dw = dy.MulScalar(10)
		dx = dy.MulScalar(5).Reshape(6)
	} else {
		dx = dy.MulScalar(5).Reshape(6) // takes the place that is meant for dw
		dw = dy.MulScalar(10)
	}
	return dx, dw
}

func TestGradientComputedInPlace(t *testing.T) {
	onDevices(t, func(t *testing.T, o tensor.Options) {
		for _, flip := range []bool{false, true} {
			w := o.Ones(2, 3).SetRequiresGrad(true)
			v := o.Ones(6).SetRequiresGrad(true)
			s := tensor.NewScope(o.Device)
			for range 2 {
				w.ZeroGrad()
				v.ZeroGrad()
				tensor.Apply2(greedy{flip}, v.InScope(s).MulScalar(1), w).Sum().Backward()
				near(t, "leaf", w.Grad().Float64s(), []float64{10, 10, 10, 10, 10, 10}, 0)
				near(t, "other input", v.Grad().Float64s(), []float64{5, 5, 5, 5, 5, 5}, 0)
				s.Recycle()
			}
		}
	})
}

// TestLargeGradientsNeedNoSecondPlace holds that the gradient of a weight is computed where it stays.
func TestLargeGradientsNeedNoSecondPlace(t *testing.T) {
	w := tensor.Ones(256, 256).SetRequiresGrad(true)
	s := tensor.NewScope(tensor.CPU())
	for range 2 {
		w.ZeroGrad()
		tensor.Ones(4, 256).InScope(s).MatMul(w).Sum().Backward()
		if s.Bytes() > 64<<10 {
			t.Fatalf("the scope took %d bytes, more than a step without a copy of the weight's gradient needs", s.Bytes())
		}
		s.Recycle()
	}
}

func TestStepBetweenTwoBackwards(t *testing.T) {
	s := tensor.NewScope(tensor.CPU())
	w := tensor.From([]float32{2}).SetRequiresGrad(true)
	loss := w.InScope(s).Square().Sum()
	loss.Backward()
	w.Data().AddScaledInPlace(-0.1, w.Grad())
	wantPanic(t, func() { loss.Backward() }, "backward", "changed in place", "between two backward passes")
	// An op that saves nothing doesn't mind, as in PyTorch.
	s.Recycle()
	w.ZeroGrad()
	loss = w.InScope(s).AddScalar(1).Sum()
	w.Data().FillInPlace(5)
	loss.Backward()
	near(t, "gradient of a sum", w.Grad().Float64s(), []float64{1}, 0)
}

func TestTiedWeights(t *testing.T) {
	onDevices(t, func(t *testing.T, o tensor.Options) {
		w := tensor.FromAs(o, []float32{1, 2, 3, 4}, 2, 2).SetRequiresGrad(true)
		s := tensor.NewScope(o.Device)
		x := tensor.FromAs(o, []float32{1, 1}, 1, 2).InScope(s)
		x.MatMul(w).MatMul(w.T()).Sum().Backward()
		// d/dW of x·W·Wᵀ·1 with x = 1ᵀ: both uses together.
		near(t, "gradient", w.Grad().Float64s(), []float64{8, 12, 8, 12}, 1e-5)
	})
}

func TestPanicInTheLoopThenOn(t *testing.T) {
	w := tensor.From([]float32{1, 2}).SetRequiresGrad(true)
	s := tensor.NewScope(tensor.CPU())
	step := func(broken bool) {
		x := tensor.From([]float32{3, 4}).InScope(s)
		loss := x.Mul(w).Sum()
		if broken {
			loss.Add(tensor.Apply1(brokenOp{}, w.InScope(s))).Sum().Backward()
		}
		w.ZeroGrad()
		loss.Backward()
	}
	for i := range 6 {
		err := tensor.Try(func() { step(i%2 == 1) })
		if (err != nil) != (i%2 == 1) {
			t.Fatalf("step %d: %v", i, err)
		}
		if i%2 == 0 {
			near(t, "gradient", w.Grad().Float64s(), []float64{3, 4}, 0)
		}
		s.Recycle()
	}
}

// brokenOp gives a gradient of a wrong shape.
type brokenOp struct{}

func (brokenOp) Forward(s *tensor.Scope, x tensor.Tensor) tensor.Tensor {
	y := s.NewEmpty(x, x.DType(), tensor.ShapeOf())
	return y
}
func (brokenOp) Backward(x, y, dy tensor.Tensor) tensor.Tensor { return dy }

func TestKeptValueFedBack(t *testing.T) {
	onDevices(t, func(t *testing.T, o tensor.Options) {
		w := tensor.FromAs(o, []float32{0.5}).SetRequiresGrad(true)
		s := tensor.NewScope(o.Device)
		state := o.Ones(1)
		for range 10 {
			h := state.InScope(s).Mul(w).AddScalar(1)
			w.ZeroGrad()
			h.Sum().Backward()
			near(t, "gradient is the state before", w.Grad().Float64s(), state.Float64s(), 0)
			state = h.Keep()
			s.Recycle()
		}
		near(t, "fixed point", state.Float64s(), []float64{2 - 1.0/1024}, 1e-6)
	})
}

func TestGradientPenalty(t *testing.T) {
	onDevices(t, func(t *testing.T, o tensor.Options) {
		w := tensor.FromAs(o, []float32{3}).SetRequiresGrad(true)
		s := tensor.NewScope(o.Device)
		for range 3 {
			x := tensor.FromAs(o, []float32{2}).InScope(s).Detach().SetRequiresGrad(true)
			y := x.Square().Mul(w).Sum() // w·x²
			g := tensor.Gradient(y, []tensor.Tensor{x}, true)[0]
			near(t, "2wx", g.Float64s(), []float64{12}, 0)
			w.ZeroGrad()
			g.Square().Sum().Add(y).Backward() // (2wx)² + w·x²: d/dw = 8wx² + x²
			near(t, "gradient of the penalty", w.Grad().Float64s(), []float64{100}, 0)
			near(t, "gradient of the input", x.Grad().Float64s(), []float64{8*9*2 + 2*3*2}, 0)
			s.Recycle()
		}
	})
}

func TestViewOfAParameter(t *testing.T) {
	onDevices(t, func(t *testing.T, o tensor.Options) {
		w := tensor.FromAs(o, []float32{1, 2, 3, 4, 5, 6}, 2, 3).SetRequiresGrad(true)
		s := tensor.NewScope(o.Device)
		for range 2 {
			w.ZeroGrad()
			x := tensor.FromAs(o, []float32{1, 10}).InScope(s)
			x.Mul(w.Slice(1, 1, 3, 1).Select(0, 1)).Sum().Backward()
			near(t, "gradient", w.Grad().Float64s(), []float64{0, 0, 0, 0, 1, 10}, 0)
			s.Recycle()
		}
	})
}

func TestTwoScopesInOneResult(t *testing.T) {
	onDevices(t, func(t *testing.T, o tensor.Options) {
		w := tensor.FromAs(o, []float32{2}).SetRequiresGrad(true)
		a, b := tensor.NewScope(o.Device), tensor.NewScope(o.Device)
		x := tensor.FromAs(o, []float32{3}).InScope(a).Mul(w) // 3w in a
		y := tensor.FromAs(o, []float32{5}).InScope(b).Mul(w) // 5w in b, opened later
		z := x.Mul(y).Sum()                                   // 15w²
		if z.Scope() != b {
			t.Error("the result is not in the newer scope")
		}
		z.Backward()
		near(t, "gradient", w.Grad().Float64s(), []float64{60}, 0)
		a.Recycle()
		near(t, "still readable", y.Float64s(), []float64{10}, 0)
		b.Recycle()
	})
}

func TestRecording(t *testing.T) {
	s := tensor.NewScope(tensor.CPU())
	recordsOps := func() bool {
		return tensor.Ones(1).SetRequiresGrad(true).InScope(s).MulScalar(2).NeedsGrad()
	}
	if !s.Recording() || !recordsOps() {
		t.Fatal("a new scope does not record")
	}
	s.Recycle()
	s.SetRecording(false)
	if s.Recording() || recordsOps() {
		t.Fatal("the scope records after SetRecording(false)")
	}
	wantPanic(t, func() { s.SetRecording(true) }, "already holds tensors")
	s.Recycle()
	s.SetRecording(true)
	x := tensor.Ones(1).InScope(s)
	tensor.NoGrad(x, func(x tensor.Tensor) tensor.Tensor {
		if x.Scope().Recording() {
			t.Error("the scope inside NoGrad records")
		}
		return x.Clone()
	})
	if !x.Scope().Recording() {
		t.Error("the scope does not record after NoGrad")
	}
}

func TestMixingRecordingPanics(t *testing.T) {
	a, b := tensor.NewScope(tensor.CPU()), tensor.NewScope(tensor.CPU())
	b.SetRecording(false)
	x, y := tensor.Ones(1).InScope(a), tensor.Ones(1).InScope(b)
	wantPanic(t, func() { x.Add(y) }, "records", "NoGrad")
}

func TestInPlaceOnRecordedPanics(t *testing.T) {
	w := tensor.Ones(2).SetRequiresGrad(true)
	wantPanic(t, func() { w.FillInPlace(1) }, "Data()")
	y := w.MulScalar(2)
	wantPanic(t, func() { y.AddInPlace(y) }, "recorded op")
}

func TestPredictFromManyGoroutines(t *testing.T) {
	w := tensor.From([]float32{1, 2, 3, 4}, 2, 2).SetRequiresGrad(true)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 100 {
				x := tensor.From([]float32{float32(g), float32(i)}, 1, 2)
				y := tensor.NoGrad(x, func(x tensor.Tensor) tensor.Tensor { return x.MatMul(w).ReLU() })
				if got, want := y.At(0, 0), float64(g+3*i); got != want {
					t.Errorf("got %v, want %v", got, want)
				}
			}
		})
	}
	wg.Wait()
}

// TestSteadyStepAllocatesNothing goes through full and partial batches in turn after a warm-up, and counts.
func TestSteadyStepAllocatesNothing(t *testing.T) {
	w := tensor.Ones(64, 32).SetRequiresGrad(true)
	v := tensor.Ones(32, 10).SetRequiresGrad(true)
	full, part := tensor.Ones(32, 64), tensor.Ones(8, 64)
	s := tensor.NewScope(tensor.CPU())
	step := func(x tensor.Tensor) {
		x = x.InScope(s)
		loss := x.MatMul(w).ReLU().MatMul(v).LogSoftmax(-1).Neg().Mean()
		w.ZeroGrad()
		v.ZeroGrad()
		loss.Backward()
		w.Data().AddScaledInPlace(-0.01, w.Grad())
		v.Data().AddScaledInPlace(-0.01, v.Grad())
		if math.IsNaN(loss.Item()) {
			t.Fatal("NaN")
		}
		s.Recycle()
	}
	// At about every thousandth look-up that misses, the runtime allocates a cache for a type assertion: once for each place and type.
	for range 2000 {
		step(full)
		step(part)
	}
	bytes := s.Bytes()
	if n := mallocs(func() {
		for range 2500 {
			step(full)
			step(part)
		}
	}); n > 0 {
		t.Errorf("%d mallocs in 5000 steps", n)
	}
	if s.Bytes() != bytes {
		t.Errorf("the scope grew from %d to %d bytes", bytes, s.Bytes())
	}
}

// TestChangingGraph runs ops in random order: entries of the tape are parked and found again, so that allocations die out.
func TestChangingGraph(t *testing.T) {
	w := tensor.Ones(4).SetRequiresGrad(true)
	s := tensor.NewScope(tensor.CPU())
	seed := uint32(1)
	step := func() {
		x := tensor.Tensor(w).InScope(s)
		for range 20 {
			seed = seed*1664525 + 1013904223
			switch seed >> 28 % 4 {
			case 0:
				x = x.Tanh()
			case 1:
				x = x.Add(w)
			case 2:
				x = x.MulScalar(0.5)
			case 3:
				x = x.Sigmoid().Mul(x)
			}
		}
		w.ZeroGrad()
		x.Sum().Backward()
		s.Recycle()
	}
	for range 3000 {
		step()
	}
	if n := tensortest.AllocsPerRun(1000, step); n > 0.1 {
		t.Errorf("%v allocations a step", n)
	}
}

func TestGradientMemoryIsRecycled(t *testing.T) {
	// A deep chain of large tensors: gradients on the way must share a few blocks.
	w := tensor.Ones(1024).SetRequiresGrad(true)
	s := tensor.NewScope(tensor.CPU())
	forward := func() tensor.Tensor {
		x := w.InScope(s)
		for range 64 {
			x = x.Tanh()
		}
		return x.Sum()
	}
	loss := forward()
	before := s.Bytes()
	loss.Backward()
	if grown := s.Bytes() - before; grown > 4*4096+1024 {
		t.Errorf("gradients of 64 layers took %d bytes, want those of about two layers", grown)
	}
}

// mallocs returns how many allocations f makes on one thread, beyond the few that the runtime makes beside it now and then. (With
// more threads the runtime also takes records for goroutines that park, some dozens however long f runs.)
func mallocs(f func()) uint64 {
	defer tensor.SetThreads(tensor.Threads())
	tensor.SetThreads(1)
	const runtimes = 10
	var before, after runtime.MemStats
	// Other tests leave memory of the asynchronous test device behind, which is freed, with allocations, after a collection: let that end.
	for range 2 {
		runtime.GC()
		for quiet := 0; quiet < 3; {
			runtime.ReadMemStats(&before)
			time.Sleep(5 * time.Millisecond)
			runtime.ReadMemStats(&after)
			if quiet++; after.Mallocs-before.Mallocs > runtimes {
				quiet = 0
			}
		}
	}
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return max(after.Mallocs-before.Mallocs, runtimes) - runtimes
}

// An error about inputs that may not be mixed names the operation.
func TestMixedInputsNameTheOperation(t *testing.T) {
	step, evaluation := tensor.NewScope(tensor.CPU()), tensor.NewScope(tensor.CPU())
	evaluation.SetRecording(false)
	a, b, there := tensor.Ones(2).InScope(step), tensor.Ones(2).InScope(evaluation), tensor.Options{Device: devicetest.Async()}.Ones(2)
	wantPanic(t, func() { a.Mul(b) }, "mul: one input belongs to a scope that records")
	wantPanic(t, func() { tensor.Where(tensor.FromBools([]bool{true, false}), a, b) }, "where: one input belongs to a scope that records")
	wantPanic(t, func() { tensor.Cat(0, a, b) }, "cat: one input belongs to a scope that records")
	wantPanic(t, func() { tensor.Ones(2).Sub(there) }, "sub: one input is on cpu, the other on async")
}

// A leaf that is moved or converted stays the same tensor to all who hold it; what was computed from it before has lost it.
func TestLeavesChange(t *testing.T) {
	there := devicetest.Async()
	for name, change := range map[string]func(tensor.Tensor){
		"MoveTo":    func(w tensor.Tensor) { w.MoveTo(there) },
		"ConvertTo": func(w tensor.Tensor) { w.ConvertTo(tensor.Float64) },
	} {
		w := tensor.From([]float32{1, -2, 3}).SetRequiresGrad(true)
		data := w.Data()
		w.Square().Sum().Backward()
		lost := w.Square().Sum()
		change(w)
		if g := w.Grad(); g.DType() != w.DType() || g.Device() != w.Device() || data.DType() != w.DType() || data.Device() != w.Device() {
			t.Errorf("%s: the gradient or Data has stayed behind", name)
		}
		near(t, name, w.Float64s(), []float64{1, -2, 3}, 0)
		near(t, name+": gradient", w.Grad().Float64s(), []float64{2, -4, 6}, 0)
		if !w.RequiresGrad() {
			t.Errorf("%s: the leaf wants no gradient any more", name)
		}
		wantPanic(t, lost.Backward, "changed in place")
		for _, present := range []bool{true, false} {
			o := tensor.From([]float32{1, 2, 3}).SetRequiresGrad(true)
			if present {
				o.Sum().Backward()
			}
			part, whole := o.Narrow(0, 1, 2).Sum(), o.Sum() // their gradients read nothing of o that might have changed
			change(o)
			for _, y := range []tensor.Tensor{part, whole} {
				if err := tensor.Try(y.Backward); err == nil {
					t.Errorf("%s: a gradient of what is no longer there", name)
				}
			}
			if g := o.Grad(); g.Defined() != present || present && !slices.Equal(g.Float64s(), []float64{1, 1, 1}) {
				t.Errorf("%s: the gradient of what is no longer there has left %v", name, g)
			}
		}

		w.Square().Sum().Backward() // adds
		near(t, name+": second gradient", w.Grad().Float64s(), []float64{4, -8, 12}, 0)
		data.MulScalarInPlace(2)
		w.ZeroGrad()
		w.Square().Sum().Backward()
		near(t, name+": gradient after a write", w.Grad().Float64s(), []float64{4, -8, 12}, 0)

		y := tensor.Ones(2).SetRequiresGrad(true).MulScalar(2)
		wantPanic(t, func() { change(y) },
			name+": only a leaf on the Go heap can be moved or converted; this tensor belongs to a scope or is an op's result: (2,)")
		wantPanic(t, func() { change(tensor.Ones(2).InScope(tensor.NewScope(tensor.CPU()))) },
			name+": only a leaf on the Go heap can be moved or converted; this tensor belongs to a scope or is an op's result: (2,)")
	}
	w := tensor.From([]float32{1.5, -2}).SetRequiresGrad(true)
	wantPanic(t, func() { w.ConvertTo(tensor.Int64) }, "ConvertTo: a gradient needs a floating-point type, not int64: (2,)")
	w.SetRequiresGrad(false).ConvertTo(tensor.Int64)
	near(t, "integers", w.Float64s(), []float64{1, -2}, 0)

	frozen, x := tensor.Ones(3).SetRequiresGrad(true), tensor.Ones(2).SetRequiresGrad(true)
	frozen.Sum().Backward()
	y := frozen.Narrow(0, 1, 2).Mul(x).Sum()
	frozen.SetRequiresGrad(false)
	y.Backward()
	near(t, "frozen before Backward", frozen.Grad().Float64s(), []float64{1, 1, 1}, 0)

	for name, f := range map[string]func(){
		"ConvertTo": func() { w.ConvertTo(tensor.DType(99)) },
		"Cast":      func() { w.Cast(tensor.DType(99)) },
		"Options":   func() { tensor.Options{DType: 99}.Zeros(2) },
		"Size":      func() { tensor.DType(99).Size() },
	} {
		if err := tensor.Try(f); err == nil || err.Error() != "dtype: DType(99) is not a type: the largest is 9" {
			t.Errorf("%s of a type that does not exist: %v", name, err)
		}
	}
}
