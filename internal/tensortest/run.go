package tensortest

import (
	"fmt"
	"math"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/device/cpu"
	"github.com/lamina-ml/lamina/internal/devicetest"
	"github.com/lamina-ml/lamina/tensor"
)

// Run tests every row of [Ops] on a device.
func Run(t *testing.T, dev tensor.Device) { RunTable(t, dev, table, "ops") }

// RunTable tests the rows of a table on a device, and compares them with PyTorch's cases in a folder of testdata/torch.
// It is for operations of other packages.
func RunTable(t *testing.T, dev tensor.Device, table []*Op, folder string) {
	golden := readGolden(t, folder)
	// The rows make thousands of small tensors on the heap: collect seldom, but keep the tests' memory small.
	defer debug.SetGCPercent(debug.SetGCPercent(2000))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(1 << 30))
	known := map[string]bool{}
	for _, op := range table {
		known[op.Name] = true
		t.Run(op.Name, func(t *testing.T) {
			r := &runner{T: t, op: op, dev: dev, samples: op.samples()}
			r.run(golden[op.Name])
		})
	}
	for name := range golden {
		if !known[name] {
			t.Errorf("PyTorch's cases of %q have no row", name)
		}
	}
}

type runner struct {
	*testing.T
	op      *Op
	dev     tensor.Device
	samples []Sample
	failed  int
}

// Errorf reports the first few errors of a row; the rest are mostly the same.
func (r *runner) Errorf(format string, args ...any) {
	r.Helper()
	const enough = 8
	if r.failed++; r.failed <= enough {
		r.T.Errorf(format, args...)
	}
}

func (r *runner) run(golden []*goldenCase) {
	op := r.op
	if op.Tol.Why == "" && (op.Tol.ULP > 0 || op.Tol.Grad > 0) {
		r.Error("a tolerance without a reason")
	}
	if len(golden) == 0 {
		r.Error("there are no cases of PyTorch")
	}
	if len(op.Errors) == 0 && op.Elementwise && len(op.Inputs) > 1 {
		r.Error("there are no errors")
	}
	if raceDetector { // the race detector is ten times slower; numbers are checked without it
		r.places()
		r.scopes()
		r.sharing()
		return
	}
	r.forward()
	r.extremes()
	r.gradients()
	r.layouts()
	r.places()
	r.scopes()
	r.sharing()
	r.allocations()
	r.mistakes()
	r.torch(golden)
}

// forward compares results with the reference for every type.
func (r *runner) forward() {
	if r.op.Ref == nil {
		return
	}
	for _, dt := range r.op.types() {
		for _, s := range r.samples {
			if s.Floats && !dt.IsFloat() || s.Big && isHalf(dt) {
				continue
			}
			r.compare(s, r.op.draw(s, dt))
		}
	}
}

// types are the row's types, and the 16-bit floats if float32 is among them.
func (op *Op) types() []tensor.DType {
	if !slices.Contains(op.DTypes, tensor.Float32) || op.NoHalf {
		return op.DTypes
	}
	return slices.Concat(op.DTypes, halves)
}

// compare computes the sample both ways.
func (r *runner) compare(s Sample, in []Value) {
	r.Helper()
	got := r.eval(in, s.Attrs, variant{}).y
	want := r.op.Ref(arraysOf(in), s.Attrs)
	if msg := got.differ(want.Shape, want.V, r.op.bound(got.DType, in, s.Attrs, false)); msg != "" {
		r.Errorf("%s: %s", describe(in, s.Attrs), msg)
	}
}

// bound returns how much a result of type dt may differ from the exact one, or from PyTorch's.
func (op *Op) bound(dt tensor.DType, in []Value, a Attrs, torch bool) bound {
	tol := op.tol(dt)
	b := bound{ulp: tol.ULP, anyZero: tol.AnyZero, largest: tol.Largest, overflows: tol.Overflows}
	if torch {
		b.ulp += tol.Torch
	}
	if tol.Inputs {
		for _, v := range in {
			if v.DType.IsFloat() {
				b.atLeast = max(b.atLeast, v.largest())
			}
		}
	}
	if !tol.Sum {
		return b
	}
	arrays := arraysOf(in)
	for _, x := range arrays {
		for i, v := range x.V {
			x.V[i] = math.Abs(v)
		}
	}
	if op.Terms != nil {
		b.scale = op.Terms(arrays, a).V
	} else {
		b.scale = op.Ref(arrays, a).V
	}
	return b
}

func describe(in []Value, a Attrs) string {
	text := ""
	for _, v := range in {
		text += fmt.Sprintf("%s%v ", v.DType, tensor.ShapeOf(v.Shape...))
	}
	if len(a) > 0 {
		text += fmt.Sprint(a)
	}
	return text
}

// extremes compares results for extreme values: elementwise rows with every combination of them, and exact rows with
// such values in place of the samples'.
func (r *runner) extremes() {
	if r.op.Ref == nil {
		return
	}
	if !r.op.Elementwise {
		if r.op.Tol.ULP == 0 {
			r.extremeSamples()
		}
		return
	}
	for _, dt := range r.op.types() {
		values := special(dt)
		n := len(r.op.Inputs)
		for _, a := range attrsOf(r.op.Samples) {
			in := make([]Value, n)
			for i := range n { // every value with every other
				count := 1
				for range n {
					count *= len(values)
				}
				grid := make([]float64, count)
				step := 1
				for range i {
					step *= len(values)
				}
				for j := range grid {
					grid[j] = values[j/step%len(values)]
				}
				d := dt
				if t := r.op.Inputs[i].DType; t != nil {
					d = *t
				}
				in[i] = valueOf(d, []int{count}, grid)
			}
			r.compare(Sample{Attrs: a}, in)
		}
	}
}

func (r *runner) extremeSamples() {
	for _, dt := range r.op.types() {
		values := special(dt)
		for _, s := range r.samples {
			in := r.op.draw(s, dt)
			at := 0
			for i, v := range in {
				if v.DType != dt || s.Values != nil && s.Values[i] != nil {
					continue
				}
				numbers := make([]float64, v.len())
				for j := range numbers {
					numbers[j] = values[at%len(values)]
					at++
				}
				in[i] = valueOf(dt, v.Shape, numbers)
			}
			if !s.Floats || dt.IsFloat() {
				r.compare(s, in)
			}
		}
	}
}

// gradients checks the gradient and the second derivative of every input against central differences: of each element,
// or with -short in one direction.
func (r *runner) gradients() {
	if r.op.NoGradient {
		return
	}
	for _, s := range r.samples {
		if s.Big {
			continue
		}
		in := r.op.draw(s, tensor.Float64)
		if r.eval(in, s.Attrs, variant{}).y.DType != tensor.Float64 {
			continue // differences of rounded numbers are too inaccurate; PyTorch's cases test these gradients
		}
		var xs []tensor.Tensor
		for i, v := range in {
			x := v.tensor(r.dev)
			if r.op.differentiable(i) {
				x.SetRequiresGrad(true)
			}
			xs = append(xs, x)
		}
		f := func(xs []tensor.Tensor) tensor.Tensor { return r.op.Call(xs, s.Attrs) }
		// The differences are good to about 1e-9 of the largest value; 1e-6 allows for large derivatives.
		for _, second := range []bool{false, true} {
			o := tensor.GradCheckOptions{Atol: 1e-7, Rtol: 1e-6, Second: second, Fast: testing.Short()}
			if err := tensor.GradCheck(f, xs, o); err != nil {
				r.Errorf("%s: %v", describe(in, s.Attrs), err)
			}
		}
	}
}

func (op *Op) differentiable(i int) bool {
	in := op.Inputs[min(i, len(op.Inputs)-1)]
	return !op.NoGradient && !in.Const && in.DType == nil
}

// layouts tests that results do not depend on the inputs' strides and offsets. With -short each sample of a type after
// the first has one layout, a different one in turn.
func (r *runner) layouts() {
	for i, dt := range r.op.types() {
		for j, s := range r.samples {
			if s.Big && dt != r.op.DTypes[0] || s.Floats && !dt.IsFloat() {
				continue
			}
			in := r.op.draw(s, dt)
			want := r.eval(in, s.Attrs, variant{})
			turn := (i + j) % (len(layouts) + 1)
			some := testing.Short() && i > 0
			for k, l := range layouts {
				if some && k != turn {
					continue
				}
				got, want := r.eval(in, s.Attrs, variant{layout: l.place}), want
				if rank := len(s.Shapes[0]); r.op.MemoryOrder && rank > 1 {
					want = r.exchanged(in, s.Attrs, want, l.first)
				}
				r.same(l.name, in, s.Attrs, got, want)
			}
			if some && turn != len(layouts) {
				continue
			}
			// An expanded input repeats its elements, so the expected result differs.
			for i, v := range in {
				for dim, n := range v.Shape {
					if n < 2 {
						continue
					}
					repeated := append([]Value(nil), in...)
					repeated[i] = v.repeat(dim)
					want := r.eval(repeated, s.Attrs, variant{})
					got := r.eval(repeated, s.Attrs, variant{layout: func(j int, x tensor.Tensor) tensor.Tensor {
						if j != i {
							return x
						}
						return x.Narrow(dim, 0, 1).Expand(x.Shape().Dims()...)
					}})
					r.same(fmt.Sprintf("input %d expanded along %d", i, dim), in, s.Attrs, got, want)
					break
				}
			}
		}
	}
}

// exchanged computes the sample with dimension first and the last one exchanged, and exchanges them in the results:
// what a row of MemoryOrder gives for inputs whose memory is exchanged so. want is the sample's result in the usual
// layout.
func (r *runner) exchanged(in []Value, a Attrs, want result, first int) result {
	exchange := func(v Value) Value { return hostValue(v.tensor(r.dev).Transpose(first, -1)) }
	other := make([]Value, len(in))
	for i, v := range in {
		other[i] = exchange(v)
	}
	dy := exchange(outputGradient(want.y.tensor(r.dev)))
	out := r.eval(other, a, variant{dy: &dy})
	out.y = exchange(out.y)
	for i, g := range out.grads {
		if g.Raw != nil {
			out.grads[i] = exchange(g)
		}
	}
	return out
}

// places computes parts of a vector that is long enough for several goroutines: an element's result must not depend on
// its position, to the last bit.
func (r *runner) places() {
	if !r.op.Elementwise {
		return
	}
	const n, part = 1<<16 + 9, 301
	s := Sample{Attrs: attrsOf(r.op.Samples)[0]}
	for range r.op.Inputs {
		s.Shapes = append(s.Shapes, []int{n})
	}
	var xs []tensor.Tensor
	for _, v := range r.op.draw(s, r.op.DTypes[0]) {
		xs = append(xs, v.tensor(r.dev))
	}
	whole := r.op.Call(xs, s.Attrs)
	for _, at := range []int{0, 1, 63, 4095, 1<<15 - 5, n - part} {
		parts := make([]tensor.Tensor, len(xs))
		for i, x := range xs {
			parts[i] = x.Narrow(0, at, part)
		}
		if msg := hostValue(r.op.Call(parts, s.Attrs)).near(hostValue(whole.Narrow(0, at, part)), bound{}); msg != "" {
			r.Errorf("elements from %d on of %d: computed alone and together differ: %s", at, n, msg)
		}
	}
}

// same compares two computations of one result within the operation's tolerance: the order of a sum may differ.
func (r *runner) same(how string, in []Value, a Attrs, got, want result) {
	r.Helper()
	if msg := got.y.near(want.y, r.op.bound(want.y.DType, in, a, false)); msg != "" {
		r.Errorf("%s: %s: %s", describe(in, a), how, msg)
	}
	for i, g := range want.grads {
		tol := r.op.tol(g.DType)
		if msg := got.grads[i].near(g, bound{ulp: tol.Grad, largest: true, anyZero: tol.AnyZero}); msg != "" {
			r.Errorf("%s: %s: gradient of input %d: %s", describe(in, a), how, i, msg)
		}
	}
}

// scopes compares results in a scope with those on the heap.
func (r *runner) scopes() {
	dt := r.op.DTypes[0]
	scope := tensor.NewScope(r.dev)
	for range 2 { // the second time in recycled memory
		for _, s := range r.samples {
			in := r.op.draw(s, dt)
			want := r.eval(in, s.Attrs, variant{})
			got := r.eval(in, s.Attrs, variant{scope: scope})
			scope.Recycle()
			if msg := got.y.near(want.y, bound{}); msg != "" {
				r.Errorf("%s: in a scope: %s", describe(in, s.Attrs), msg)
			}
			for i := range want.grads {
				if msg := got.grads[i].near(want.grads[i], bound{}); msg != "" {
					r.Errorf("%s: in a scope: gradient of input %d: %s", describe(in, s.Attrs), i, msg)
				}
			}
			if r.op.NoGradient || s.Big {
				continue
			}
			want = r.eval(in, s.Attrs, variant{second: true})
			got = r.eval(in, s.Attrs, variant{scope: scope, second: true})
			scope.Recycle()
			for i := range want.grads {
				if msg := got.grads[i].near(want.grads[i], bound{}); msg != "" {
					r.Errorf("%s: in a scope: second derivative of input %d: %s", describe(in, s.Attrs), i, msg)
				}
			}
		}
	}
}

// sharing passes the gradient of the result to another leaf as well: the operation must not overwrite it.
func (r *runner) sharing() {
	for _, s := range r.samples {
		if r.op.NoGradient || s.Big {
			continue
		}
		in := r.op.draw(s, tensor.Float32)
		want := r.eval(in, s.Attrs, variant{})
		for _, name := range []string{"before", "after"} {
			got := r.eval(in, s.Attrs, variant{extraLeaf: name})
			r.same("its gradient shared with one taken "+name, in, s.Attrs, got, want)
		}
	}
}

// allocations counts the Go heap allocations of a steady step.
func (r *runner) allocations() {
	if r.dev != tensor.CPU() {
		return
	}
	for _, s := range r.samples {
		step := r.step(s, r.op.DTypes[0], true)
		n := testing.AllocsPerRun(10, step)
		if r.op.Lists && n == 1 {
			continue
		}
		if n > 0 {
			r.Errorf("%v %v: %v allocations in a steady step", s.Shapes, s.Attrs, n)
		}
	}
}

// step returns a function that computes the sample in a scope, forward and backward, and recycles it.
func (r *runner) step(s Sample, dt tensor.DType, backward bool) func() {
	in := r.op.draw(s, dt)
	leaves := make([]tensor.Tensor, len(in))
	for i, v := range in {
		leaves[i] = v.tensor(r.dev)
		if r.op.differentiable(i) && v.DType.IsFloat() {
			leaves[i].SetRequiresGrad(true)
		}
	}
	scope := tensor.NewScope(r.dev)
	xs := make([]tensor.Tensor, len(in))
	step := func() {
		for i, x := range leaves {
			xs[i] = x.InScope(scope)
		}
		y := r.op.Call(xs, s.Attrs)
		if backward && y.NeedsGrad() {
			y.Sum().Backward()
			for _, x := range leaves {
				x.ZeroGrad()
			}
		}
		scope.Recycle()
	}
	step()
	step()
	return step
}

// mistakes tests the row's errors, and those that every operation must report.
func (r *runner) mistakes() {
	expect := func(what any, text string, xs []tensor.Tensor, a Attrs) {
		r.Helper()
		err := tensor.Try(func() {
			r.op.Call(xs, a)
			r.dev.Synchronize()
		})
		if err == nil || !strings.Contains(err.Error(), text) {
			r.Errorf("%v %v: the error is %v, want …%s…", what, a, err, text)
		}
	}
	for _, m := range r.op.Errors {
		var xs []tensor.Tensor
		for i, shape := range m.Shapes {
			o := tensor.Options{Device: r.dev}
			if i < len(m.DTypes) {
				o.DType = m.DTypes[i]
			}
			xs = append(xs, o.Ones(shape...))
		}
		expect(m.Shapes, m.Text, xs, m.Attrs)
	}
	s := r.samples[len(r.samples)-1]
	in := r.op.draw(s, r.op.DTypes[0])
	scope := tensor.NewScope(r.dev)
	for i := range in {
		swap := func(what, text string, bad func(tensor.Tensor) tensor.Tensor) {
			xs := make([]tensor.Tensor, len(in))
			for j, v := range in {
				xs[j] = v.tensor(r.dev)
				if i == j {
					xs[j] = bad(xs[j])
				}
			}
			expect(fmt.Sprintf("input %d %s", i, what), text, xs, s.Attrs)
		}
		swap("missing", "no tensor", func(tensor.Tensor) tensor.Tensor { return tensor.Tensor{} })
		swap("of a step that ended", "Keep", func(x tensor.Tensor) tensor.Tensor {
			old := x.InScope(scope)
			scope.Recycle()
			return old
		})
		if len(in) > 1 {
			other := devicetest.Open(elsewhere{cpu.New()})
			swap("on another device", "elsewhere", func(x tensor.Tensor) tensor.Tensor { return in[i].tensor(other) })
		}
	}
}

// elsewhere is a second device.
type elsewhere struct{ device.Device }

func (elsewhere) Name() string { return "elsewhere" }

// Benchmark times a steady step of every row, forward alone and with its gradient.
func Benchmark(b *testing.B, dev tensor.Device) {
	for _, op := range table {
		big := op.Bench
		if op.Elementwise {
			for range op.Inputs {
				big.Shapes = append(big.Shapes, []int{256, 256})
			}
			big.Attrs = attrsOf(op.Samples)[0]
		} else if big.Shapes == nil {
			big = op.Samples[len(op.Samples)-1]
		}
		r := &runner{op: op, dev: dev}
		b.Run(op.Name+"/forward", func(b *testing.B) {
			step := r.step(big, op.DTypes[0], false)
			b.ReportAllocs()
			for b.Loop() {
				step()
			}
		})
		if op.NoGradient {
			continue
		}
		b.Run(op.Name+"/backward", func(b *testing.B) {
			step := r.step(big, op.DTypes[0], true)
			b.ReportAllocs()
			for b.Loop() {
				step()
			}
		})
	}
}
