package tensor_test

import (
	"flag"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/tensor"
)

var (
	walkSteps = flag.Int("walk.steps", 24000, "how many random steps TestRandomWalkThroughScopes takes on each device")
	walkSeed  = flag.Uint64("walk.seed", 1, "seed of TestRandomWalkThroughScopes")
)

// walker takes random steps through scopes and keeps, for each tensor, the elements that it must have.
type walker struct {
	t      *testing.T
	o      tensor.Options
	r      *rand.Rand
	scopes []*walkScope
	live   []walkTensor
	dead   []tensor.Tensor // belong to recycled scopes, or were released
	log    []string        // the last steps, for an error
}

// walkScope is a scope with its serial number: opened later means a larger number.
type walkScope struct {
	scope  *tensor.Scope
	serial int
}

// walkTensor is a tensor, its expected elements, and the scopes that its memory and its handle belong to; nil for the
// heap.
type walkTensor struct {
	x      tensor.Tensor
	want   []float64
	scope  *walkScope
	memory *walkScope
}

const walkLength = 4 // elements of every tensor

// TestRandomWalkThroughScopes takes random steps through three scopes and the heap: creating, computing, views, Keep,
// In, NoGrad, Gradient, writing in place, Release and Recycle. After each step a random tensor must have its
// elements, and a tensor of an ended step must panic with an error that says so. An operation on two scopes must work
// or panic with a *tensor.Error; it must never give other numbers. -walk.steps sets the number of steps, -walk.seed
// the seed.
func TestRandomWalkThroughScopes(t *testing.T) {
	onDevices(t, func(t *testing.T, o tensor.Options) {
		o.DType = tensor.Float64
		steps := *walkSteps
		if testing.Short() {
			steps = min(steps, 6000)
		}
		w := &walker{t: t, o: o, r: rand.New(rand.NewPCG(*walkSeed, 1))}
		for i := range 3 {
			w.scopes = append(w.scopes, &walkScope{tensor.NewScope(o.Device), i})
		}
		serial := len(w.scopes)
		for range steps {
			switch w.r.IntN(16) {
			case 0:
				w.recycle(w.scopes[w.r.IntN(len(w.scopes))], &serial)
			default:
				w.step()
			}
			w.check()
			if t.Failed() {
				t.Fatalf("seed %d, the last steps were:\n%s", *walkSeed, strings.Join(w.log, "\n"))
			}
		}
	})
}

// note records a step for the error text.
func (w *walker) note(step string) {
	if len(w.log) == 30 {
		w.log = w.log[1:]
	}
	w.log = append(w.log, step)
}

// recycle ends a step: the scope's tensors end, and tensors of other scopes that share its memory.
func (w *walker) recycle(s *walkScope, serial *int) {
	w.note("recycle")
	s.scope.Recycle()
	s.serial = *serial
	*serial++
	kept := w.live[:0]
	for _, x := range w.live {
		if x.scope == s || x.memory == s {
			w.end(x.x)
		} else {
			kept = append(kept, x)
		}
	}
	w.live = kept
}

// end adds a tensor to those that must panic.
func (w *walker) end(x tensor.Tensor) {
	if len(w.dead) < 100 {
		w.dead = append(w.dead, x)
	} else {
		w.dead[w.r.IntN(len(w.dead))] = x
	}
}

// add adds a tensor to those that must keep their elements.
func (w *walker) add(x walkTensor) {
	if len(w.live) >= 60 { // forget one, which stays valid
		w.live[w.r.IntN(len(w.live))] = x
		return
	}
	w.live = append(w.live, x)
}

// numbers draws the elements of a new tensor: small integers, whose sums and products are exact.
func (w *walker) numbers() []float64 {
	v := make([]float64, walkLength)
	for i := range v {
		v[i] = float64(w.r.IntN(7) - 3)
	}
	return v
}

// newest returns the scope of the result of an op on a and b.
func newest(a, b *walkScope) *walkScope {
	if a == nil || b != nil && b.serial > a.serial {
		return b
	}
	return a
}

// step does one random operation.
func (w *walker) step() {
	if len(w.live) == 0 || w.r.IntN(8) == 0 {
		w.note("new")
		v := w.numbers()
		w.add(walkTensor{x: tensor.FromAs(w.o, v, walkLength), want: v})
		return
	}
	a, b := w.live[w.r.IntN(len(w.live))], w.live[w.r.IntN(len(w.live))]
	target := w.scopes[w.r.IntN(len(w.scopes))]
	one := func(f func(x float64) float64) []float64 {
		v := make([]float64, walkLength)
		for i := range v {
			v[i] = f(a.want[i])
		}
		return v
	}
	switch w.r.IntN(11) {
	case 0:
		w.note("in")
		var y tensor.Tensor
		err := tensor.Try(func() { y = a.x.InScope(target.scope) })
		if older := a.scope != nil && a.scope.serial > target.serial; (err != nil) != older {
			w.t.Errorf("In a scope opened before the tensor's (%v): %v", older, err)
		}
		if err == nil {
			w.add(walkTensor{y, a.want, target, a.memory})
		}
	case 1:
		w.note("keep")
		w.add(walkTensor{x: a.x.Keep(), want: a.want})
	case 2:
		w.note("detach")
		w.add(walkTensor{a.x.Detach(), a.want, a.scope, a.memory})
	case 3:
		w.note("no grad")
		y := tensor.NoGrad(a.x, func(x tensor.Tensor) tensor.Tensor { return x.AddScalar(1).MulScalar(2).AddScalar(-2) })
		w.add(walkTensor{y, one(func(x float64) float64 { return 2 * x }), a.scope, a.scope})
	case 4, 5, 6:
		w.note("add or subtract")
		f, g := tensor.Tensor.Add, func(x, y float64) float64 { return x + y }
		if w.r.IntN(2) == 0 {
			f, g = tensor.Tensor.Sub, func(x, y float64) float64 { return x - y }
		}
		want := make([]float64, walkLength)
		for i := range want {
			if want[i] = g(a.want[i], b.want[i]); math.Abs(want[i]) > 1e9 {
				return // sums stay exact
			}
		}
		s := newest(a.scope, b.scope)
		w.add(walkTensor{f(a.x, b.x), want, s, s})
	case 7:
		w.note("gradient")
		leaf := tensor.FromAs(w.o, a.want, walkLength).SetRequiresGrad(true)
		if a.scope != nil {
			leaf.InScope(a.scope.scope)
		}
		y := leaf.Mul(b.x.Detach()).Sum() // ∂y/∂leaf = b
		g := tensor.Gradient(y, []tensor.Tensor{leaf}, false)[0]
		w.compare("gradient", g, b.want)
		y.Backward()
		w.compare("leaf's gradient", leaf.Grad(), b.want)
	case 8:
		w.note("write in place")
		// A copy in a's scope: nothing else shares its memory.
		y := a.x.AddScalar(0).Detach()
		y.AddInPlace(b.x)
		want := make([]float64, walkLength)
		for i := range want {
			want[i] = a.want[i] + b.want[i]
		}
		w.compare("written in place", y, want)
	case 9:
		w.note("release")
		y := a.x.AddScalar(1)
		w.compare("before release", y, one(func(x float64) float64 { return x + 1 }))
		y.Release()
		w.end(y)
	case 10:
		w.note("panic in an op")
		if err := tensor.Try(func() { a.x.Add(tensor.Zeros(walkLength + 1)) }); err == nil {
			w.t.Error("shapes that do not match, and no panic")
		}
	}
}

// check compares a random tensor with its expected elements, and uses a tensor of an ended step.
func (w *walker) check() {
	if len(w.live) > 0 {
		x := w.live[w.r.IntN(len(w.live))]
		w.compare("tensor", x.x, x.want)
	}
	if len(w.dead) > 0 {
		x := w.dead[w.r.IntN(len(w.dead))]
		if err := tensor.Try(func() { x.AddScalar(1) }); err == nil {
			w.t.Error("a tensor of an ended step was used without a panic")
		}
	}
}

// compare fails the test if x has other elements than want.
func (w *walker) compare(what string, x tensor.Tensor, want []float64) {
	for i, v := range x.Float64s() {
		if v != want[i] {
			w.t.Errorf("%s: element %d is %v, want %v", what, i, v, want[i])
		}
	}
}
