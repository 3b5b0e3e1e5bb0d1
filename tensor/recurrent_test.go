package tensor_test

import (
	"slices"
	"testing"

	"github.com/lamina-ml/lamina/internal/pool"
	"github.com/lamina-ml/lamina/internal/tensortest"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// recurrentInputs returns x, h, c and the weights of a layer of `gates` gates.
func recurrentInputs(steps, batch, size, hidden, gates int) (x, h, c tensor.Tensor, w tensor.RecurrentWeights) {
	g := rng.NewTorch(1)
	draw := func(dims ...int) tensor.Tensor {
		return tensor.Options{}.Uniform(g, -0.1, 0.1, dims...).SetRequiresGrad(true)
	}
	w = tensor.RecurrentWeights{WeightIH: draw(gates*hidden, size), WeightHH: draw(gates*hidden, hidden),
		BiasIH: draw(gates * hidden), BiasHH: draw(gates * hidden)}
	return draw(steps, batch, size), draw(batch, hidden), draw(batch, hidden), w
}

// The result and the gradients have the same bits for any number of threads, also if sequences have different lengths.
func TestRecurrentThreads(t *testing.T) {
	sizes := []int{23, 23, 20, 11, 11, 3, 1, 1}
	for _, packed := range []bool{false, true} {
		var want []tensor.Tensor
		for _, threads := range []int{1, 2, 3, 7} {
			before := pool.Threads()
			pool.SetThreads(threads)
			x, h, c, w := recurrentInputs(8, 23, 40, 130, 4)
			r := tensor.Recurrence{}
			if packed {
				rows := 0
				for _, n := range sizes {
					rows += n
				}
				r.BatchSizes = sizes
				x = x.Detach().Reshape(8*23, 40).Narrow(0, 0, rows).Keep().SetRequiresGrad(true)
			}
			y, hn, cn := tensor.LSTMLayer(x, h, c, w, r)
			y.Square().Sum().Add(hn.Sum()).Add(cn.Sum()).Backward()
			got := []tensor.Tensor{y, hn, cn, x.Grad(), h.Grad(), c.Grad(), w.WeightIH.Grad(), w.WeightHH.Grad(), w.BiasHH.Grad()}
			pool.SetThreads(before)
			if want == nil {
				want = got
			}
			for i := range want {
				if !slices.Equal(got[i].Float32s(), want[i].Float32s()) {
					t.Errorf("packed %v: result %d with %d threads differs from the one with 1", packed, i, threads)
				}
			}
		}
	}
}

// TestRecurrentThreadsOfOneSequence: with one sequence the products of a step are divided among goroutines, for every kind
// of layer. The bits are the same for any number of threads, and a steady step allocates nothing.
func TestRecurrentThreadsOfOneSequence(t *testing.T) {
	defer pool.SetThreads(pool.Threads())
	for kind, gates := range map[string]int{"lstm": 4, "gru": 3, "rnn": 1} {
		var want []tensor.Tensor
		for _, threads := range []int{1, 2, 3, 7} {
			pool.SetThreads(threads)
			x, h, c, w := recurrentInputs(5, 1, 40, 500, gates)
			s := tensor.NewScope(tensor.CPU())
			step := func() tensor.Tensor {
				var y tensor.Tensor
				switch x := x.InScope(s); kind {
				case "lstm":
					y, _, _ = tensor.LSTMLayer(x, h, c, w, tensor.Recurrence{})
				case "gru":
					y, _ = tensor.GRULayer(x, h, w, tensor.Recurrence{})
				default:
					y, _ = tensor.RNNLayer(x, h, w, false, tensor.Recurrence{})
				}
				y.Square().Sum().Backward()
				return y
			}
			got := []tensor.Tensor{step().Detach().Keep(), x.Grad(), h.Grad(), w.WeightIH.Grad(), w.WeightHH.Grad(), w.BiasHH.Grad()}
			for i := range got {
				got[i] = got[i].Clone()
			}
			s.Recycle()
			if want == nil {
				want = got
			}
			for i := range want {
				if !slices.Equal(got[i].Float32s(), want[i].Float32s()) {
					t.Errorf("%s: result %d with %d threads differs from the one with 1", kind, i, threads)
				}
			}
			step()
			s.Recycle()
			if n := tensortest.AllocsPerRun(3, func() { step(); s.Recycle() }); n > 0 {
				t.Errorf("%s, %d threads: %v allocations", kind, threads, n)
			}
		}
	}
}

func BenchmarkRecurrent(b *testing.B) {
	for _, kind := range []string{"lstm", "gru", "rnn"} {
		b.Run(kind, func(b *testing.B) {
			x, h, c, w := recurrentInputs(128, 32, 256, 256, map[string]int{"lstm": 4, "gru": 3, "rnn": 1}[kind])
			s := tensor.NewScope(tensor.CPU())
			b.ReportAllocs()
			for b.Loop() {
				s.Recycle()
				x := x.InScope(s)
				var y tensor.Tensor
				switch kind {
				case "lstm":
					y, _, _ = tensor.LSTMLayer(x, h, c, w, tensor.Recurrence{})
				case "gru":
					y, _ = tensor.GRULayer(x, h, w, tensor.Recurrence{})
				default:
					y, _ = tensor.RNNLayer(x, h, w, false, tensor.Recurrence{})
				}
				y.Sum().Backward()
			}
		})
	}
}
