package docs

import (
	"fmt"
	"testing"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

func Example_step() {
	w := tensor.From([]float32{2, 3}).SetRequiresGrad(true) // a parameter: on the Go heap
	x := tensor.From([]float32{1, 10})

	step := tensor.NewScope(tensor.CPU())
	for range 3 {
		step.Recycle() // ends the previous step

		y := x.InScope(step).Mul(w) // belongs to the step, as x.InScope(step) does
		loss := y.Sum()             // belongs to the step too
		w.ZeroGrad()
		loss.Backward()
		fmt.Println(loss.Scope() == step, w.Scope() == nil, w.Grad().Scope() == nil, loss.Item())
	}
	// Output:
	// true true true 32
	// true true true 32
	// true true true 32
}

func Example_keep() {
	step := tensor.NewScope(tensor.CPU())
	y := tensor.Ones(2).InScope(step).MulScalar(3)
	number := y.Sum().Item() // a Go float64, always valid
	kept := y.Keep()         // a copy on the heap

	step.Recycle()
	fmt.Println(number, kept)
	fmt.Println(tensor.Try(func() { y.Sum() }))
	// Output:
	// 6 tensor([3., 3.])
	// tensor: used after its step ended: its scope was recycled (a loader does that when it returns the next batch); call Keep to use a tensor after its step
}

func Example_loaderStep() {
	x := tensor.From([]float32{1, 2, 3, 4}, 4, 1)
	loader := data.NewLoader(data.NewTensorDataset(x), data.LoaderConfig{BatchSize: 2})

	var first tensor.Tensor
	for batch := range loader.Batches() {
		if batch.Step == 0 {
			first = batch.X
		} else {
			fmt.Println(tensor.Try(func() { first.Sum() }) != nil)
		}
	}
	// Output: true
}

func Example_noGarbage() {
	g := rng.NewTorch(1)
	model := nn.Sequential{nn.NewLinear(g, 100, 64), &nn.ReLU{}, nn.NewLinear(g, 64, 10)}
	opt := optim.NewAdam(nn.Parameters(model), optim.AdamConfig{})
	x := tensor.Options{}.RandN(g, 32, 100)
	y := tensor.Options{}.RandInt(g, 0, 10, 32)

	s := tensor.NewScope(tensor.CPU())
	step := func() {
		s.Recycle()
		loss := nn.CrossEntropy(model.Forward(x.InScope(s)), y)
		opt.ZeroGrad()
		loss.Backward()
		opt.Step()
	}
	step() // the first steps allocate the memory that all others reuse
	step()
	fmt.Println("heap allocations per step:", testing.AllocsPerRun(100, step))
	// Output: heap allocations per step: 0
}

func Example_evaluation() {
	g := rng.NewTorch(1)
	model := nn.NewLinear(g, 4, 2)
	set := data.NewTensorDataset(tensor.Ones(8, 4))
	loader := data.NewLoader(set, data.LoaderConfig{BatchSize: 4})

	for batch := range loader.Batches(data.NoGrad) { // a whole loop that is not recorded
		fmt.Println(model.Forward(batch.X).NeedsGrad())
	}
	y := tensor.NoGrad(tensor.Ones(1, 4), model.Forward) // one call that is not recorded
	fmt.Println(y.NeedsGrad())
	// Output:
	// false
	// false
	// false
}

func Example_penalty() {
	w := tensor.From([]float32{3, -4}).SetRequiresGrad(true)
	x := tensor.From([]float32{1, 2})

	step := tensor.NewScope(tensor.CPU())
	loss := x.InScope(step).Dot(w).Square()
	penalty := w.InScope(step).Square().Sum().MulScalar(0.01) // belongs to the step
	loss = loss.Add(penalty)
	loss.Backward()
	fmt.Println(penalty.Scope() == step, w.Grad())
	// Output: true tensor([ -9.9400, -20.0800])
}

func Example_constants() {
	step := tensor.NewScope(tensor.CPU())
	x := tensor.Ones(2, 3).InScope(step)
	fmt.Println(x.NewZeros(3).Scope() == step, x.OnesLike().Scope() == step, tensor.Zeros(3).Scope() == nil)
	// Output: true true true
}

func Example_lend() {
	raw := make([]byte, 64) // 8×8 gray values from a camera, a socket or a file
	raw[0] = 255

	step := tensor.NewScope(tensor.CPU())
	pixels := step.WrapBytes(raw, tensor.Uint8, 8, 8)
	fmt.Println(pixels.Shape(), pixels.Cast(tensor.Float32).DivScalar(255).Max().Item())
	// Output: (8, 8) 1
}

// MLP is a model written as a struct, with 20 layers of 256 units.
type MLP struct{ Layers []*nn.Linear }

// Forward keeps every layer's result until the step ends.
func (m *MLP) Forward(x tensor.Tensor) tensor.Tensor {
	for _, l := range m.Layers {
		x = l.Forward(x).ReLU()
	}
	return x
}

// Chained is an MLP that releases each layer's result when the next layer is done.
type Chained struct{ MLP }

func (m *Chained) Forward(x tensor.Tensor) tensor.Tensor {
	c := tensor.NewChain(x)
	for _, l := range m.Layers {
		x = c.Next(l.Forward(x).ReLU())
	}
	return x
}

// Fused is a Chained whose layers compute their activation in the same pass.
type Fused struct{ MLP }

func (m *Fused) Forward(x tensor.Tensor) tensor.Tensor {
	c := tensor.NewChain(x)
	for _, l := range m.Layers {
		x = c.Next(l.Forward(x))
	}
	return x
}

func Example_memoryRelease() {
	layers := func(act tensor.Activation) (layers []*nn.Linear) {
		g := rng.NewTorch(1)
		for range 20 {
			layers = append(layers, nn.LinearConfig{Activation: act}.New(g, 256, 256))
		}
		return layers
	}
	memory := func(model nn.Module, record bool) int {
		s := tensor.NewScope(tensor.CPU())
		s.SetRecording(record)
		model.Forward(tensor.Ones(4096, 256).InScope(s)) // each result is 4 MB
		return s.Bytes() >> 20
	}
	plain, fused := layers(tensor.NoActivation), layers(tensor.ReLU)
	var sequential nn.Sequential
	for _, l := range plain {
		sequential = append(sequential, l, &nn.ReLU{})
	}
	fmt.Println("MB in evaluation, in training")
	for _, model := range []nn.Module{&MLP{plain}, &Chained{MLP{plain}}, &Fused{MLP{fused}}, sequential} {
		fmt.Println(memory(model, false), memory(model, true))
	}
	// Output:
	// MB in evaluation, in training
	// 160 160
	// 12 84
	// 8 80
	// 8 80
}

func Example_memoryReleaseOne() {
	step := tensor.NewScope(tensor.CPU())
	x := tensor.Ones(2).InScope(step)
	y := x.MulScalar(2)
	z := y.AddScalar(1)
	y.Release() // free at once, because no gradient needs y
	fmt.Println(z, tensor.Try(func() { y.Sum() }) != nil)
	// Output:
	// tensor([3., 3.]) true
}

func Example_memoryCheckpoint() {
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
