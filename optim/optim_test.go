package optim

import (
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/internal/pool"
	"github.com/lamina-ml/lamina/tensor"
)

var _ = []Optimizer{(*SGD)(nil), (*RMSprop)(nil), (*Adam)(nil), (*AdamW)(nil), (*Adagrad)(nil), (*Adadelta)(nil),
	(*Adamax)(nil), (*NAdam)(nil), (*RAdam)(nil)}

// mustPanic runs f and checks that it panics with a *tensor.Error that contains text.
func mustPanic(t *testing.T, text string, f func()) {
	t.Helper()
	err := tensor.Try(f)
	if err == nil || !strings.Contains(err.Error(), text) {
		t.Errorf("got %v, want a panic with %q", err, text)
	}
}

func TestStepAllocatesNothing(t *testing.T) {
	for _, tr := range readTraces(t) {
		for _, unfused := range []bool{false, true} {
			ps := tr.parameters(tensor.Float32)
			opt := tr.build(ps, unfused)
			setGradients(ps, 1) // all present
			opt.Step()
			opt.Step()
			if n := testing.AllocsPerRun(50, opt.Step); n != 0 {
				t.Errorf("%v, unfused %v: %v allocations in a step", tr, unfused, n)
			}
		}
	}
}

// TestThreads checks that results do not depend on the number of threads, even if a worker's range spans parameters.
func TestThreads(t *testing.T) {
	train := func(threads int) []float64 {
		before := pool.Threads()
		pool.SetThreads(threads)
		defer pool.SetThreads(before)
		var ps []tensor.Tensor
		for i, n := range []int{3, 40000, 1, 16 << 10, 70000} {
			ps = append(ps, filled(tensor.Float32, []int{n},
				func(j int) float64 { return element(i, j) }).SetRequiresGrad(true))
		}
		opt := NewAdam(ps, AdamConfig{})
		for range 3 {
			opt.ZeroGrad()
			for _, p := range ps {
				p.Square().Sum().Backward()
			}
			opt.Step()
		}
		return elements(ps)
	}
	want := train(1)
	for _, threads := range []int{2, 3, 8} {
		got := train(threads)
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("%d threads: element %d is %v, with one thread %v", threads, i, got[i], want[i])
			}
		}
	}
}

// TestStepBetweenBackwardPasses checks that a step between two backward passes through one graph is an error, with and
// without a kernel.
func TestStepBetweenBackwardPasses(t *testing.T) {
	for _, unfused := range []bool{false, true} {
		p := tensor.From([]float32{1, 2}).SetRequiresGrad(true)
		opt := NewSGD([]tensor.Tensor{p}, SGDConfig{})
		opt.unfused = unfused
		loss := p.Square().Sum()
		loss.Backward()
		opt.Step()
		mustPanic(t, "changed in place", loss.Backward)
	}
}

// TestAbsentGradient checks that weight decay and momentum do not change parameters without a gradient, nor their step
// count.
func TestAbsentGradient(t *testing.T) {
	used, unused := tensor.From([]float32{1}).SetRequiresGrad(true), tensor.From([]float32{1}).SetRequiresGrad(true)
	opt := NewAdam([]tensor.Tensor{used, unused}, AdamConfig{WeightDecay: 0.1})
	for range 3 {
		opt.ZeroGrad()
		used.Square().Sum().Backward()
		opt.Step()
	}
	if unused.Item() != 1 || used.Item() == 1 {
		t.Errorf("used %v, unused %v", used.Item(), unused.Item())
	}
	if s := opt.State(); s["state.0.step"].Item() != 3 || s["state.1.step"].Defined() {
		t.Errorf("state %v", s)
	}
	opt.ZeroGrad()
	before := used.Item()
	opt.Step()
	if used.Item() != before {
		t.Error("a step without gradients changed a parameter")
	}
}

// TestStridedParameter checks that tensor operations update a parameter that is not contiguous.
func TestStridedParameter(t *testing.T) {
	whole := tensor.From([]float32{1, 2, 3, 4, 5, 6}, 2, 3)
	p := whole.T().SetRequiresGrad(true)
	opt := NewSGD([]tensor.Tensor{p}, SGDConfig{LR: 0.5})
	p.Square().Sum().Backward()
	opt.Step()
	for i, v := range whole.Float32s() {
		if v != 0 {
			t.Errorf("element %d is %v, want 0", i, v)
		}
	}
}

func TestSettings(t *testing.T) {
	p := func() []tensor.Tensor { return []tensor.Tensor{tensor.Zeros(2).SetRequiresGrad(true)} }
	if c := NewAdamW(p(), AdamWConfig{}).Config(0); *c != (AdamWConfig{LR: 1e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8,
		WeightDecay: 1e-2}) {
		t.Errorf("AdamW's defaults are %+v", *c)
	}
	if c := NewAdamW(p(), AdamWConfig{LR: Zero, Beta1: Zero, WeightDecay: Zero}).Config(0); c.LR != 0 || c.Beta1 != 0 ||
		c.WeightDecay != 0 {
		t.Errorf("Zero gave %+v", *c)
	}
	opt := NewSGD(p(), SGDConfig{LR: 0.1})
	opt.AddGroup(p(), SGDConfig{LR: 0.2, Momentum: 0.9})
	if opt.LR() != 0.1 || opt.Groups()[1].LR() != 0.2 || len(opt.Params()) != 2 {
		t.Error("groups have lost their settings")
	}
	if m, ok := opt.Groups()[1].Momentum(); m != 0.9 || !ok {
		t.Error("the group's momentum is", m)
	}
	opt.SetLR(0)
	if opt.Config(1).LR != 0 {
		t.Error("SetLR did not change every group")
	}
}

func TestMistakes(t *testing.T) {
	p := tensor.Zeros(2).SetRequiresGrad(true)
	ps := []tensor.Tensor{p}
	mustPanic(t, "no parameters", func() { NewSGD(nil, SGDConfig{}) })
	mustPanic(t, "LR is -1; it must not be negative", func() { NewSGD(ps, SGDConfig{LR: -1}) })
	mustPanic(t, "Beta2 is 1; it must be at least 0 and less than 1", func() { NewAdam(ps, AdamConfig{Beta2: 1}) })
	mustPanic(t, "Nesterov needs a momentum", func() { NewSGD(ps, SGDConfig{Nesterov: true}) })
	mustPanic(t, "already given, as number 0", func() { NewAdam([]tensor.Tensor{p, p}, AdamConfig{}) })
	mustPanic(t, "already given", func() { NewAdam(ps, AdamConfig{}).AddGroup(ps, AdamConfig{}) })
	mustPanic(t, "not a leaf", func() { NewAdam([]tensor.Tensor{p.Neg()}, AdamConfig{}) })
	mustPanic(t, "parameter 0 is no tensor", func() { NewAdam(make([]tensor.Tensor, 1), AdamConfig{}) })
	mustPanic(t, "int64", func() { NewAdam([]tensor.Tensor{tensor.From([]int{1})}, AdamConfig{}) })
}

// TestPower compares powers with Python's, from a C library that rounds them correctly.
func TestPower(t *testing.T) {
	for _, c := range []struct {
		x    float64
		n    int
		want float64
	}{
		{0.9, 0, 1}, {0.9, 1, 0.9}, {0.9, 10, 0.3486784401000001}, {0.999, 7, 0.993020965034979},
		{0.999, 12345, 4.324661796025634e-06}, {0.99, 1000, 4.317124741065786e-05}, {0.9, 5000, 1.631350185342827e-229},
		{0.9, 7000, 4.985e-321}, {0.9, 8000, 0}, {0, 3, 0},
	} {
		if got := power(c.x, c.n); got != c.want {
			t.Errorf("%v to the power of %d is %v, want %v", c.x, c.n, got, c.want)
		}
	}
}

// undeclared is a rule that uses a state which it does not list.
type undeclared struct{ Rate float64 }

func (c *undeclared) Name() string                { return "undeclared" }
func (c *undeclared) Settings() []Setting         { return []Setting{{Name: "lr", Value: &c.Rate, Default: 1}} }
func (c *undeclared) State(tensor.Tensor) []State { return nil }
func (c *undeclared) Step(s *Step)                { s.State("sum") }

type noLR struct{ undeclared }

func (c *noLR) Settings() []Setting { return []Setting{{Name: "rate", Value: &c.Rate}} }

type wrongType struct {
	undeclared
	N int8
}

func (c *wrongType) Settings() []Setting { return []Setting{{Name: "lr", Value: &c.N}} }

func TestMistakesOfRules(t *testing.T) {
	p := tensor.Zeros(2).SetRequiresGrad(true)
	ps := []tensor.Tensor{p}
	mustPanic(t, "a *int8; it must be a *float64, *int or *bool", func() { New(ps, wrongType{}) })
	mustPanic(t, `no float64 called "lr"`, func() { New(ps, noLR{}) })
	opt := New(ps, undeclared{})
	p.Sum().Backward()
	mustPanic(t, "Step uses the state sum, which State does not list", opt.Step)
}
