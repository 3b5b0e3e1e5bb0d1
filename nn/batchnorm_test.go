package nn_test

import (
	"encoding/json"
	"math"
	"os"
	"sync"
	"testing"

	"github.com/lamina-ml/lamina/internal/devicetest"
	"github.com/lamina-ml/lamina/internal/tensortest"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// TestRunningStatistics compares three training steps and one evaluation of norms with PyTorch's.
func TestRunningStatistics(t *testing.T) {
	var golden struct {
		Cases map[string]struct {
			Steps []struct {
				X, Y  []float64
				State map[string][]float64
			}
		}
	}
	raw, err := os.ReadFile("../testdata/torch/norm_layers.json")
	if err == nil {
		err = json.Unmarshal(raw, &golden)
	}
	if err != nil {
		t.Fatal(err)
	}
	layers := map[string]func() nn.Module{
		"default":    func() nn.Module { return nn.NewBatchNorm2d(3) },
		"momentum":   func() nn.Module { return nn.BatchNormConfig{Eps: 0.1, Momentum: 0.3}.New2d(3) },
		"momentum 0": func() nn.Module { return nn.BatchNormConfig{Momentum: nn.Zero}.New2d(3) },
		"cumulative": func() nn.Module { return nn.BatchNormConfig{Cumulative: true}.New2d(3) },
		"plain":      func() nn.Module { return nn.BatchNormConfig{NoAffine: true}.New2d(3) },
		"no bias":    func() nn.Module { return nn.BatchNormConfig{NoBias: true}.New2d(3) },
		"untracked":  func() nn.Module { return nn.BatchNormConfig{NoTracking: true}.New2d(3) },
		"instance":   func() nn.Module { return nn.NewInstanceNorm2d(3) },
		"instance, tracked": func() nn.Module {
			return nn.InstanceNormConfig{Affine: true, Tracking: true, Momentum: 0.3}.New2d(3)
		},
	}
	for _, dev := range []tensor.Device{tensor.CPU(), devicetest.Async()} {
		for name, c := range golden.Cases {
			layer := layers[name]()
			nn.To(layer, dev)
			s := tensor.NewScope(dev)
			for i, step := range c.Steps {
				if i == 3 {
					nn.Eval(layer)
				}
				x := make([]float32, len(step.X))
				for k, v := range step.X {
					x[k] = float32(v)
				}
				near(t, name+": y", layer.Forward(tensor.From(x, 2, 3, 2, 2).To(dev).InScope(s)), step.Y)
				state := nn.StateDict(layer)
				if len(state) != len(step.State) {
					t.Errorf("%s: %d tensors in the state dict, want %d", name, len(state), len(step.State))
				}
				for _, p := range state {
					near(t, name+": "+p.Name, p.Tensor, step.State[p.Name])
				}
				s.Recycle()
			}
		}
	}
}

// near compares with float32 rounding of a few steps.
func near(t *testing.T, name string, got tensor.Tensor, want []float64) {
	t.Helper()
	for i, v := range got.Float64s() {
		if i >= len(want) || math.Abs(v-want[i]) > 2e-6*math.Max(1, math.Abs(want[i])) {
			t.Errorf("%s: element %d is %v, want those of %v", name, i, v, want)
			return
		}
	}
}

// Evaluation of a batch norm with its running statistics allocates nothing.
func TestBatchNormEvaluationAllocatesNothing(t *testing.T) {
	layer := nn.NewBatchNorm2d(8)
	nn.Eval(layer)
	data := tensor.Options{}.RandN(rng.NewTorch(1), 16, 8, 24, 24)
	s := tensor.NewScope(tensor.CPU())
	s.SetRecording(false)
	step := func() {
		layer.Forward(data.InScope(s))
		s.Recycle()
	}
	for range 5 {
		step()
	}
	if n := tensortest.AllocsPerRun(20, step); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// A steady training step of a batch norm, running statistics included, allocates nothing; its results do not depend on the threads.
func TestBatchNormStep(t *testing.T) {
	g := rng.NewTorch(1)
	model := nn.Sequential{nn.NewBatchNorm2d(8), &nn.ReLU{}}
	data := tensor.Options{}.RandN(g, 16, 8, 24, 24)
	s := tensor.NewScope(tensor.CPU())
	params := nn.Parameters(model)
	var mean float64
	step := func() {
		x := data.InScope(s)
		y := model.Forward(x).Mean()
		for _, p := range params {
			p.ZeroGrad()
		}
		y.Backward()
		mean = y.Item()
		s.Recycle()
	}
	for range 5 {
		step()
	}
	if n := tensortest.AllocsPerRun(20, step); n > 0 {
		t.Errorf("a step allocates %v times", n)
	}
	one := mean
	defer tensor.SetThreads(tensor.Threads())
	tensor.SetThreads(1)
	step()
	if mean != one {
		t.Errorf("with one thread the mean is %v, with more %v", mean, one)
	}
}

// One model in evaluation mode serves many goroutines, and evaluation changes nothing.
func TestBatchNormServesGoroutines(t *testing.T) {
	model := nn.Sequential{nn.NewBatchNorm1d(4), &nn.ReLU{}}
	model.Forward(tensor.Options{}.RandN(rng.NewTorch(1), 9, 4))
	nn.Eval(model)
	x := tensor.Options{}.RandN(rng.NewTorch(2), 3, 4)
	want := model.Forward(x).Float32s()
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for i, v := range model.Forward(x).Float32s() {
				if v != want[i] {
					t.Errorf("element %d is %v, want %v", i, v, want[i])
				}
			}
		})
	}
	wait.Wait()
	if n := nn.StateDict(model)[4].Tensor.Item(); n != 1 {
		t.Errorf("%v batches were tracked, want 1", n)
	}
}
