package optim_test

import (
	"fmt"
	"testing"

	"github.com/lamina-ml/lamina/internal/devicetest"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/optim/sched"
	"github.com/lamina-ml/lamina/tensor"
)

// TestOwnRule checks that a user-defined rule has the features of the package's rules: schedules, resuming bit for bit,
// moving with its parameters to another device and type, 16-bit floats, and a steady step that does not allocate.
func TestOwnRule(t *testing.T) {
	step := func(p tensor.Tensor, opt *optim.Base[Signum], s sched.Scheduler) {
		opt.ZeroGrad()
		p.Sub(p.Detach().FullLike(3)).Square().Sum().Backward()
		opt.Step()
		s.Step()
	}
	start := func(dt tensor.DType) (tensor.Tensor, *optim.Base[Signum], sched.Scheduler) {
		p := tensor.Options{DType: dt}.Full(1.5, 3).SetRequiresGrad(true)
		opt := optim.New([]tensor.Tensor{p}, Signum{})
		return p, opt, sched.NewOneCycleLR(opt, 0.1, 40, sched.OneCycleConfig{})
	}
	for _, dt := range []tensor.DType{tensor.Float32, tensor.Float64, tensor.Float16, tensor.BFloat16} {
		p, opt, s := start(dt)
		q, half, hs := start(dt)
		for i := range 20 {
			if i == 10 {
				state, schedule := half.State(), hs.State()
				half = optim.New([]tensor.Tensor{q}, Signum{})
				hs = sched.NewOneCycleLR(half, 0.1, 40, sched.OneCycleConfig{})
				if err := half.LoadState(state); err != nil {
					t.Fatal(err)
				}
				if err := hs.LoadState(schedule); err != nil {
					t.Fatal(err)
				}
			}
			step(p, opt, s)
			step(q, half, hs)
		}
		if got, want := fmt.Sprint(q.Float64s()), fmt.Sprint(p.Float64s()); got != want || p.Float64s()[0] == 1.5 {
			t.Errorf("%s: %s, without the interruption %s", dt, got, want)
		}
		if m := opt.Config(0).Momentum; m == 0.9 {
			t.Errorf("the schedule left the momentum at %v", m)
		}
	}
	p, opt, s := start(tensor.Float32)
	step(p, opt, s)
	p.MoveTo(devicetest.Async())
	step(p, opt, s)
	p.ConvertTo(tensor.Float64)
	step(p, opt, s)
	if m := opt.State()["state.0.exp_avg"]; m.Device() != p.Device() || m.DType() != tensor.Float64 {
		t.Errorf("the state is on %s as %s, want the parameter's device and type", m.Device(), m.DType())
	}
	p, opt, s = start(tensor.Float32)
	step(p, opt, s)
	if n := testing.AllocsPerRun(50, opt.Step); n != 0 {
		t.Errorf("%v allocations in a step", n)
	}
}
