package bench

import (
	"fmt"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/internal/kernel/peak"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// Works returns everything that is measured, in the order of the table. compare.py measures the same names on the other side.
func Works() []Work {
	works := []Work{
		{Name: "fma peak", Amount: peak.FLOPs(1), Unit: "FLOP", Setup: func() (func(int), func() float64) { return peak.Run, nil }},
		elementwise("copy", 16<<20, 2, func(x, y tensor.Tensor) { y.CopyFrom(x) }),
	}
	for _, n := range []int{256, 512, 1024, 2048} {
		for _, form := range []string{"NN", "NT", "TN"} {
			works = append(works, product(n, n, n, form))
		}
	}
	for _, s := range [][3]int{{32, 100, 128}, {32, 128, 64}, {32, 64, 32}, {32, 32, 10}, {64, 784, 512}, {128, 784, 512}} {
		for _, form := range []string{"NN", "NT", "TN"} {
			works = append(works, product(s[0], s[1], s[2], form))
		}
	}
	works = append(works,
		op("exp", 64<<10, tensor.Tensor.Exp),
		op("tanh", 64<<10, tensor.Tensor.Tanh),
		op("sigmoid", 64<<10, tensor.Tensor.Sigmoid),
		op("gelu", 64<<10, tensor.Tensor.GELU),
		elementwise("add", 16<<20, 3, func(x, y tensor.Tensor) { y.AddInPlace(x) }),
		elementwise("mul scalar", 16<<20, 2, func(x, y tensor.Tensor) { y.MulScalarInPlace(1) }),
		op("relu", 16<<20, tensor.Tensor.ReLU),
		op("sum", 16<<20, func(x tensor.Tensor) tensor.Tensor { return x.Sum() }),
		step("notes", 32, 32, 100, 128, 64, 32, 10),
		step("mnist", 128, 32, 784, 512, 256, 10),
		predict("notes", 100, 128, 64, 32, 10),
		predict("mnist", 784, 512, 256, 10),
		conversion(),
	)
	return works
}

// product is a matrix product of an m×k and a k×n matrix. T stands for a transposed one: NT is x·wᵀ, a layer's forward pass; TN is
// dyᵀ·x, its weight's gradient.
func product(m, k, n int, form string) Work {
	return Work{
		Name: fmt.Sprintf("matmul %d×%d×%d %s", m, k, n, form), Amount: 2 * float64(m) * float64(k) * float64(n), Unit: "FLOP",
		Setup: func() (func(int), func() float64) {
			g := rng.NewTorch(1)
			a, b := tensor.Options{}.RandN(g, m, k), tensor.Options{}.RandN(g, k, n)
			if form[0] == 'T' {
				a = tensor.Options{}.RandN(g, k, m).T()
			}
			if form[1] == 'T' {
				b = tensor.Options{}.RandN(g, n, k).T()
			}
			s := tensor.NewScope(tensor.CPU())
			return func(runs int) {
				for range runs {
					a.In(s).MatMul(b)
					s.Recycle()
				}
			}, nil
		},
	}
}

// op is an op on n elements, whose result lies in a scope.
func op(name string, n int, f func(tensor.Tensor) tensor.Tensor) Work {
	return Work{
		Name: fmt.Sprintf("%s %s", name, count(n)), Amount: 8 * float64(n), Unit: "B",
		Setup: func() (func(int), func() float64) {
			x := tensor.Options{}.RandN(rng.NewTorch(1), n)
			s := tensor.NewScope(tensor.CPU())
			return func(runs int) {
				for range runs {
					f(x.In(s))
					s.Recycle()
				}
			}, nil
		},
	}
}

// elementwise works in place on arrays of n elements; moved is how many of them it reads or writes for each element.
func elementwise(name string, n int, moved float64, f func(x, y tensor.Tensor)) Work {
	return Work{
		Name: fmt.Sprintf("%s %s", name, count(n)), Amount: 4 * moved * float64(n), Unit: "B",
		Setup: func() (func(int), func() float64) {
			x, y := tensor.Ones(n), tensor.Ones(n)
			return func(runs int) {
				for range runs {
					f(x, y)
				}
			}, nil
		},
	}
}

func count(n int) string {
	if n >= 1<<20 {
		return fmt.Sprintf("%d Mi", n>>20)
	}
	return fmt.Sprintf("%d Ki", n>>10)
}

// step is one training step, from fetching the batch to the optimizer's step; its result is the loss after 20 epochs.
func step(name string, batch, batches int, sizes ...int) Work {
	return Work{Name: "train " + name, Setup: func() (func(int), func() float64) {
		t := newTrainer(batch, batches, sizes...)
		return func(runs int) {
				for done := 0; done < runs; {
					for b := range t.loader.Batches() {
						t.step(b)
						if done++; done >= runs {
							break
						}
					}
				}
			}, func() float64 {
				t := newTrainer(batch, batches, sizes...)
				loss := 0.0
				for range 5 {
					for b := range t.loader.Batches() {
						loss = t.step(b).Item()
					}
				}
				return loss
			}
	}}
}

// predict is the forward pass of one sample and the choice of its class.
func predict(name string, sizes ...int) Work {
	return Work{Name: "predict " + name, Setup: func() (func(int), func() float64) {
		g := rng.NewTorch(1)
		model := network(g, sizes...)
		nn.Eval(model)
		x := tensor.Options{}.RandN(g, 1, sizes[0])
		s := tensor.NewScope(tensor.CPU())
		s.SetRecording(false)
		class := 0.0
		return func(runs int) {
			for range runs {
				class = model.Forward(x.In(s)).ArgMax(1).Item()
				s.Recycle()
			}
		}, func() float64 { return class }
	}}
}

// conversion is a pass of the loader alone over samples of 784 numbers in batches of 128.
func conversion() Work {
	return Work{Name: "load batch 128×784", Amount: 128 * 784 * 4, Unit: "B", Setup: func() (func(int), func() float64) {
		t := newTrainer(128, 32, 784, 10)
		return func(runs int) {
			for done := 0; done < runs; {
				for range t.loader.Batches(data.NoGrad) {
					if done++; done >= runs {
						break
					}
				}
			}
		}, nil
	}}
}
