package nn_test

import (
	"fmt"
	"testing"

	"github.com/lamina-ml/lamina/internal/devicetest"
	"github.com/lamina-ml/lamina/internal/tensortest"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// stack returns layers of two matrices with dropout, each in a Checkpoint if again is true.
func stack(g *rng.Torch, layers, width int, p float64, again bool) nn.Sequential {
	var model nn.Sequential
	for range layers {
		block := nn.Sequential{nn.NewLinear(g, width, 4*width), &nn.GELU{}, nn.NewDropout(g, p),
			nn.NewLinear(g, 4*width, width), &nn.Tanh{}}
		if again {
			model = append(model, nn.NewCheckpoint(block))
		} else {
			model = append(model, block)
		}
	}
	return model
}

// TestCheckpoint compares two steps with those of the same model without checkpoints: results, gradients and
// generators are equal, with dropout, with a model that is used twice in a step, with and without a gradient of the
// input, in a scope and on the heap.
func TestCheckpoint(t *testing.T) {
	for _, dev := range []tensor.Device{tensor.CPU(), devicetest.Async()} {
		for _, heap := range []bool{false, true} {
			for _, input := range []bool{false, true} {
				var want [][]float64
				for _, again := range []bool{false, true} {
					name := fmt.Sprintf("%v, heap %v, gradient of the input %v", dev, heap, input)
					g := rng.NewTorch(3)
					model := stack(g, 3, 4, 0.4, again)
					x := tensor.Options{}.RandN(g, 5, 4).To(dev).SetRequiresGrad(input)
					nn.To(model, dev)
					s := tensor.NewScope(dev)
					var got [][]float64
					for range 2 {
						in := x
						if !heap {
							s.Recycle()
							in = x.InScope(s)
						}
						y := model.Forward(model.Forward(in))
						got = append(got, y.Float64s())
						y.Square().Sum().Backward()
						got = append(got, []float64{float64(g.Uint32())})
					}
					params := nn.Parameters(model)
					if input {
						params = append(params, x)
					}
					for _, p := range params {
						got = append(got, p.Grad().Float64s())
					}
					if !again {
						want = got
						continue
					}
					for i := range want {
						if fmt.Sprint(got[i]) != fmt.Sprint(want[i]) {
							t.Errorf("%s: value %d is\n%v, want\n%v", name, i, got[i], want[i])
							break
						}
					}
				}
			}
		}
	}
}

// TestCheckpointMemory trains a stack of 24 blocks: the memory of a step is that of one block and of the results
// between the blocks.
func TestCheckpointMemory(t *testing.T) {
	var bytes [2]int
	for i, again := range []bool{false, true} {
		model := stack(rng.NewTorch(1), 24, 16, 0.1, again)
		x := tensor.Ones(256, 16)
		s := tensor.NewScope(tensor.CPU())
		for range 2 {
			s.Recycle()
			model.Forward(x.InScope(s)).Sum().Backward()
		}
		bytes[i] = s.Bytes()
	}
	// A block keeps results of 16 KB and of 64 KB. Those of 16 KB that stay may lie in free blocks of 64 KB.
	if bytes[1]*3 > bytes[0] {
		t.Errorf("%d bytes with checkpoints, %d without: want less than a third", bytes[1], bytes[0])
	}
}

// TestCheckpointStep requires that a steady step allocates nothing, and that an evaluation does not either.
func TestCheckpointStep(t *testing.T) {
	model, data := stack(rng.NewTorch(1), 3, 4, 0.5, true), tensor.Ones(3, 4)
	params := nn.Parameters(model)
	s := tensor.NewScope(tensor.CPU())
	step := func() {
		for _, p := range params {
			p.ZeroGrad()
		}
		model.Forward(data.InScope(s)).Sum().Backward()
		s.Recycle()
	}
	for range 5 {
		step()
	}
	if n := tensortest.AllocsPerRun(20, step); n > 0 {
		t.Errorf("a step allocates %v times", n)
	}
	s.SetRecording(false)
	evaluate := func() {
		model.Forward(data.InScope(s))
		s.Recycle()
	}
	evaluate()
	if n := tensortest.AllocsPerRun(20, evaluate); n > 0 {
		t.Errorf("an evaluation allocates %v times", n)
	}
}

// TestCheckpointGraph checks what else differentiates: second derivatives, hooks of a parameter, a frozen parameter,
// an absent input, and a checkpoint inside another.
func TestCheckpointGraph(t *testing.T) {
	g := rng.NewTorch(1)
	x := tensor.Options{}.RandN(g, 3, 4).SetRequiresGrad(true)
	plain := nn.Sequential{nn.NewLinear(g, 4, 4), &nn.Tanh{}, nn.NewLinear(g, 4, 4), &nn.Tanh{}}
	inner := nn.Sequential{nn.NewCheckpoint(nn.Sequential{plain[0], plain[1]}), plain[2], plain[3]}
	again := nn.NewCheckpoint(inner)
	w := plain[0].(*nn.Linear).Weight

	second := func(m nn.Module) tensor.Tensor {
		d := tensor.Gradient(m.Forward(x).Sum(), []tensor.Tensor{x}, true)[0]
		return tensor.Gradient(d.Square().Sum(), []tensor.Tensor{w}, false)[0]
	}
	approx(t, "second derivative", second(again), second(plain).Float64s())

	var calls int
	remove := w.RegisterHook(func(d tensor.Tensor) tensor.Tensor {
		calls++
		return d.MulScalar(2)
	})
	again.Forward(x).Sum().Add(again.Forward(x).Sum()).Backward()
	got := w.Grad().Keep()
	remove()
	w.ZeroGrad()
	plain.Forward(x).Sum().Backward()
	approx(t, "hook", got, w.Grad().MulScalar(4).Float64s())
	if calls != 1 {
		t.Errorf("the hook was called %d times, want once", calls)
	}

	nn.Freeze(plain[0])
	again.Forward(x).Sum().Backward()
	if w.Grad().Defined() {
		t.Error("a frozen parameter has a gradient")
	}
	two := nn.CheckpointOf(plain, func(m nn.Sequential, xs []tensor.Tensor) tensor.Tensor {
		y := m.Forward(xs[0])
		if xs[1].Defined() {
			y = y.Mul(xs[1])
		}
		return y
	})
	m := tensor.Full(3, 3, 4).SetRequiresGrad(true)
	approx(t, "absent", two.Call(x, tensor.Tensor{}), plain.Forward(x).Float64s())
	two.Call(x, m).Sum().Backward()
	approx(t, "second input", m.Grad(), plain.Forward(x).Float64s())
}

// The keys and modes are those of the layers inside, and a copy computes with its own layers.
func TestCheckpointModel(t *testing.T) {
	plain, again := stack(rng.NewTorch(1), 2, 3, 0.1, false), stack(rng.NewTorch(1), 2, 3, 0.1, true)
	want, got := nn.StateDict(plain), nn.StateDict(again)
	for i := range want {
		if got[i].Name != want[i].Name {
			t.Errorf("key %d is %q, want %q", i, got[i].Name, want[i].Name)
		}
	}
	if err := nn.LoadStateDict(again, want); err != nil {
		t.Error(err)
	}
	nn.Eval(again)
	nn.Eval(plain)
	x := tensor.Ones(2, 3)
	y := plain.Forward(x).Float64s()
	approx(t, "evaluation", again.Forward(x), y)
	c := nn.Clone(again)
	for _, p := range nn.Parameters(again) {
		p.Data().FillInPlace(0)
	}
	approx(t, "copy", c.Forward(x), y)
	c.Forward(x).Sum().Backward()
	for _, p := range nn.NamedParameters(c) {
		if !p.Tensor.Grad().Defined() {
			t.Errorf("the copy's %s has no gradient", p.Name)
		}
	}
	if s := nn.Sprint(nn.NewCheckpoint(nn.NewLinear(rng.NewTorch(1), 3,
		2))); s != "Checkpoint(Linear(in_features=3, out_features=2, bias=True))" {
		t.Error(s)
	}
	if got := nn.PathOf(again, again[1].(*nn.Checkpoint).Model.(nn.Sequential)[3]); got != "model.1.3" {
		t.Errorf("the path is %q", got)
	}
}

// A Checkpoint that was made before AddLoRA trains the adapters, and draws their dropout again.
func TestCheckpointLoRA(t *testing.T) {
	var want [][]float64
	for _, again := range []bool{false, true} {
		model := stack(rng.NewTorch(1), 2, 3, 0.1, again)
		nn.AddLoRA(rng.NewTorch(2), model, nn.LoRAConfig{Rank: 2, Dropout: 0.3})
		for _, p := range nn.AdapterStateDict(model) {
			p.Tensor.Data().FillInPlace(0.5)
		}
		s := tensor.NewScope(tensor.CPU())
		model.Forward(tensor.Ones(4, 3).InScope(s)).Square().Sum().Backward()
		for i, p := range nn.AdapterStateDict(model) {
			if !again {
				want = append(want, p.Tensor.Grad().Float64s())
			} else if fmt.Sprint(p.Tensor.Grad().Float64s()) != fmt.Sprint(want[i]) {
				t.Errorf("the gradient of %s is %v, want %v", p.Name, p.Tensor.Grad(), want[i])
			}
		}
	}
}

func TestCheckpointMistakes(t *testing.T) {
	for want, f := range map[string]func(){
		"checkpoint: a module has one input, not 0: use CheckpointOf for others":  func() { nn.NewCheckpoint(nn.NewLinear(rng.NewTorch(1), 1, 1)).Call() },
		"checkpoint: a module has one input, not 2: use CheckpointOf for others":  func() { nn.NewCheckpoint(&nn.ReLU{}).Call(tensor.Ones(1), tensor.Ones(1)) },
		"checkpoint: the module is nil":                                           func() { nn.NewCheckpoint(nil) },
		"checkpoint: create it with NewCheckpoint or CheckpointOf":                func() { (&nn.Checkpoint{}).Forward(tensor.Ones(1)) },
		"checkpoint: the layer is nil: create a *nn.Checkpoint":                   func() { (*nn.Checkpoint)(nil).Forward(tensor.Ones(1)) },
		"linear: the input's last dimension is not the weight's: (1, 3) × (1, 2)": func() { nn.NewCheckpoint(nn.NewLinear(rng.NewTorch(1), 2, 1)).Forward(tensor.Ones(1, 3)) },
	} {
		if err := tensor.Try(f); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

// ExampleCheckpoint trains a deep stack with the memory of one block and of the results between the blocks.
func ExampleCheckpoint() {
	memory := func(again bool) int {
		g := rng.NewTorch(1)
		var model nn.Sequential
		for range 16 {
			var block nn.Module = nn.Sequential{nn.NewLinear(g, 64, 256), &nn.GELU{}, nn.NewDropout(g, 0.1), nn.NewLinear(g, 256, 64)}
			if again {
				block = nn.NewCheckpoint(block)
			}
			model = append(model, block)
		}
		s := tensor.NewScope(tensor.CPU())
		model.Forward(tensor.Ones(512, 64).InScope(s)).Sum().Backward()
		return s.Bytes() >> 20
	}
	fmt.Println("MB of a step:", memory(false), memory(true))
	// Output:
	// MB of a step: 35 11
}
