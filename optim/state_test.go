package optim

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/tensor"
)

// keep copies a state, as writing it to a file and reading it does.
func keep(state map[string]tensor.Tensor) map[string]tensor.Tensor {
	out := map[string]tensor.Tensor{}
	for k, v := range state {
		out[k] = v.Keep()
	}
	return out
}

// Five steps, saving, loading into another optimizer and five more steps are ten steps.
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

// A state that does not fit is refused with all reasons, and nothing changes.
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
		t.Fatal("loaded")
	}
	for _, text := range []string{
		"state.0.exp_avg is missing", "param_groups.0.lr is missing", "state.1.exp_avg has shape (3,), its parameter ()",
		"state.2.exp_avg_sq holds float64, its parameter float32", "state.2.step is 1.5, no count", "state.3.step holds float32 of shape (2,), a single number is needed", "state.9.exp_avg is unexpected",
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
	if err := train(AdamConfig{AMSGrad: true}).LoadState(before); err == nil || !strings.Contains(err.Error(), "param_groups.0.amsgrad is 0") {
		t.Errorf("a state without AMSGrad into one with: %v", err)
	}
	if err := opt.LoadState(nil); err == nil {
		t.Error("an empty state was accepted")
	}
}
