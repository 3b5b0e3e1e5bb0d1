package optim

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/tensor"
)

// keep copies a state, like writing it to a file and reading it.
func keep(state map[string]tensor.Tensor) map[string]tensor.Tensor {
	out := map[string]tensor.Tensor{}
	for k, v := range state {
		out[k] = v.Keep()
	}
	return out
}

// TestResume checks that five steps, saving, loading into another optimizer and five more steps give the result of ten
// steps.
func TestResume(t *testing.T) {
	for _, tr := range readTraces(t) {
		for _, dt := range []tensor.DType{tensor.Float32, tensor.Float64} {
			t.Run(fmt.Sprint(tr, dt), func(t *testing.T) {
				whole := tr.parameters(dt)
				opt := tr.build(whole, false)
				ps := tr.parameters(dt)
				first := tr.build(ps, false)
				for step := range 5 {
					for _, run := range []struct {
						ps  []tensor.Tensor
						opt Optimizer
					}{{whole, opt}, {ps, first}} {
						setGradients(run.ps, step)
						run.opt.Step()
					}
				}
				first.SetLR(first.LR() / 2)
				opt.SetLR(opt.LR() / 2)
				state := keep(first.State())
				second := tr.build(ps, false)
				if err := second.LoadState(state); err != nil {
					t.Fatal(err)
				}
				for step := 5; step < steps; step++ {
					setGradients(whole, step)
					opt.Step()
					setGradients(ps, step)
					second.Step()
				}
				got, want := elements(ps), elements(whole)
				for i := range want {
					if got[i] != want[i] {
						t.Fatalf("element %d is %v, without the interruption %v", i, got[i], want[i])
					}
				}
			})
		}
	}
}

// TestLoadStateMismatch checks that LoadState refuses a state that does not fit, lists all reasons and changes nothing.
func TestLoadStateMismatch(t *testing.T) {
	train := func(c AdamConfig) *Adam {
		ps := parameters(tensor.Float32)
		opt := NewAdam(ps, c)
		setGradients(ps, 1)
		opt.Step()
		return opt
	}
	opt := train(AdamConfig{})
	before := keep(opt.State())
	state := keep(opt.State())
	delete(state, "state.0.exp_avg")
	delete(state, "param_groups.0.lr")
	state["state.1.exp_avg"] = tensor.Zeros(3)
	state["state.2.exp_avg_sq"] = tensor.Options{DType: tensor.Float64}.Zeros(19)
	state["state.2.step"] = tensor.Scalar(1.5)
	state["state.3.step"] = tensor.Zeros(2)
	state["state.9.exp_avg"] = tensor.Zeros(2)
	state["param_groups.0.eps"] = tensor.Scalar(math.NaN())
	state["param_groups.0.amsgrad"] = tensor.Scalar(1)
	err := opt.LoadState(state)
	if err == nil {
		t.Fatal("a state that does not fit was loaded")
	}
	for _, text := range []string{
		"state.0.exp_avg is missing", "param_groups.0.lr is missing",
		"state.1.exp_avg has shape (3,), its parameter ()",
		"state.2.exp_avg_sq holds float64, its parameter float32",
		"state.2.step is 1.5, want a whole number of at least 1",
		"state.3.step holds float32 of shape (2,), a single number is needed", "state.9.exp_avg is unexpected",
		"param_groups.0.eps is not a number", "param_groups.0.amsgrad is 1, the optimizer was made with 0",
	} {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("the error does not say %q:\n%v", text, err)
		}
	}
	for name, v := range opt.State() {
		if got, want := v.Float64s(), before[name].Float64s(); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s has changed", name)
		}
	}
	if err := train(AdamConfig{AMSGrad: true}).LoadState(before); err == nil ||
		!strings.Contains(err.Error(), "param_groups.0.amsgrad is 0") {
		t.Errorf("loading a state without AMSGrad into an optimizer with AMSGrad: %v", err)
	}
	if err := opt.LoadState(nil); err == nil {
		t.Error("an empty state was accepted")
	}
}

// TestLoadStateRefuses checks that LoadState refuses the state of another optimizer, even one with the same names, and
// settings out of bounds.
func TestLoadStateRefuses(t *testing.T) {
	ps := parameters(tensor.Float32)
	setGradients(ps, 1)
	states := map[string]map[string]tensor.Tensor{}
	for _, tr := range readTraces(t) {
		if tr.Optimizer != "Muon" && states[tr.Optimizer] == nil {
			opt := tr.build(ps, false)
			opt.Step()
			states[tr.Optimizer] = keep(opt.State())
		}
	}
	for _, tr := range readTraces(t) {
		if tr.Optimizer == "Muon" || tr.Second != nil {
			continue
		}
		opt := tr.build(ps, false)
		for name, state := range states {
			if err := opt.LoadState(state); name != tr.Optimizer &&
				(err == nil || !strings.Contains(err.Error(), "the state is of the rule "+name)) {
				t.Errorf("%s takes the state of %s: %v", tr, name, err)
			}
		}
		own := opt.State()
		for key := range own {
			setting, ok := strings.CutPrefix(key, "param_groups.0.")
			if !ok || strings.HasPrefix(setting, "params") || setting == "beta2_decay" || setting == "dampening" {
				continue
			}
			bad := keep(own)
			bad[key] = tensor.Scalar(-1.)
			if err := opt.LoadState(bad); err == nil || !strings.Contains(err.Error(), key+" is -1; it") &&
				!strings.Contains(err.Error(), key+" is -1, the optimizer") {
				t.Errorf("%s takes %s -1: %v", tr, key, err)
			}
		}
	}
	ema := NewEMA(ps, 0.9)
	if err := ema.LoadState(NewSWA(ps).State()); err == nil ||
		!strings.Contains(err.Error(), "the state is of the rule SWA") {
		t.Error(err)
	}
	adam := NewAdam(ps, AdamConfig{})
	for key, v := range map[string]tensor.Tensor{"param_groups.0.initial_lr": tensor.Scalar(-1.),
		"param_groups.0.params": tensor.From([]int64{0, 1})} {
		bad := adam.State()
		bad[key] = v
		if err := adam.LoadState(bad); err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%s: %v", key, err)
		}
	}
}

// TestLoadPartialState loads everything except the last layer from the state of a network with another last layer.
func TestLoadPartialState(t *testing.T) {
	ps := parameters(tensor.Float32)
	old := NewAdam(ps, AdamConfig{LR: 0.5})
	setGradients(ps, 1)
	old.Step()
	state := keep(old.State())

	next := append(parameters(tensor.Float32)[:3], tensor.Zeros(7).SetRequiresGrad(true))
	opt := NewAdam(next, AdamConfig{LR: 0.25})
	rest := opt.LoadPartialState(state)
	want := []string{"state.3.exp_avg has shape (2, 3, 2), its parameter (7,)",
		"state.3.exp_avg_sq has shape (2, 3, 2), its parameter (7,)"}
	if fmt.Sprint(rest) != fmt.Sprint(want) {
		t.Errorf("left over: %v, want %v", rest, want)
	}
	s := opt.State()
	if opt.LR() != 0.5 || s["state.2.step"].Item() != 1 || s["state.3.step"].Defined() {
		t.Errorf("LR %v, state %v", opt.LR(), s)
	}
	got := s["state.0.exp_avg"].Float64s()
	if want := state["state.0.exp_avg"].Float64s(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("state.0.exp_avg is %v, want %v", got, want)
	}
	state["param_groups.0.lr"] = tensor.Scalar(-1.)
	opt.SetLR(0.125)
	if rest := opt.LoadPartialState(state); len(rest) != 3 || opt.LR() != 0.125 {
		t.Errorf("left over: %v, LR %v", rest, opt.LR())
	}
	if rest := NewLAMB(next, LAMBConfig{}).LoadPartialState(state); len(rest) != 1 ||
		rest[0] != "the state is of the rule Adam" {
		t.Errorf("left over: %v", rest)
	}
}

// TestStateFollowsSettings changes between steps a setting that decides which states a rule keeps: the saved state
// still fits.
func TestStateFollowsSettings(t *testing.T) {
	for _, momentum := range []float64{0, 0.9} {
		p := tensor.Ones(2).SetRequiresGrad(true)
		opt := NewSGD([]tensor.Tensor{p}, SGDConfig{Momentum: 0.9 - momentum})
		p.Sum().Backward()
		opt.Step()
		opt.Groups()[0].SetMomentum(momentum)
		again := NewSGD([]tensor.Tensor{p}, SGDConfig{})
		if err := again.LoadState(opt.State()); err != nil {
			t.Error(err)
		}
		if has := opt.State()["state.0.momentum_buffer"].Defined(); has != (momentum != 0) {
			t.Errorf("momentum %v: a buffer in the state: %v", momentum, has)
		}
	}
}
