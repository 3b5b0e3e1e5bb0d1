package nn_test

import (
	"testing"

	"github.com/lamina-ml/lamina/internal/tensortest"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// TestAllocations16 runs steps of layers whose bfloat16 parameters, and masks, are on the heap: what is computed from them
// belongs to the step, and the heap gets nothing.
func TestAllocations16(t *testing.T) {
	const dt = tensor.BFloat16
	g, none := rng.NewTorch(1), tensor.Tensor{}
	recurrent := nn.RecurrentConfig{Layers: 2, Bidirectional: true, DType: dt}
	lstm, gru, rnn := recurrent.NewLSTM(g, 4, 3), recurrent.NewGRU(g, 4, 3), recurrent.NewRNN(g, 4, 3)
	norm := nn.LayerNormConfig{DType: dt}.New(4)
	conv := nn.Conv1dConfig{DType: dt}.New(g, 5, 2, 1)
	o := tensor.Options{DType: dt}
	x := o.RandN(g, 2, 5, 4).SetRequiresGrad(true)
	seen, add := tensor.Ones(5, 5).GreaterScalar(0), o.Zeros(5, 5)
	s := tensor.NewScope(tensor.CPU())
	for name, layer := range map[string]func(x tensor.Tensor) tensor.Tensor{
		"LSTM":      func(x tensor.Tensor) tensor.Tensor { y, _, _ := lstm.Forward(x, none, none); return y },
		"GRU":       func(x tensor.Tensor) tensor.Tensor { y, _ := gru.Forward(x, none); return y },
		"RNN":       func(x tensor.Tensor) tensor.Tensor { y, _ := rnn.Forward(x, none); return y },
		"LayerNorm": norm.Forward,
		"Conv1d":    conv.Forward,
		"a boolean mask": func(x tensor.Tensor) tensor.Tensor {
			return tensor.ScaledDotProductAttention(x, x, x, tensor.AttentionConfig{Mask: seen})
		},
		"an added mask": func(x tensor.Tensor) tensor.Tensor {
			return tensor.ScaledDotProductAttention(x, x, x, tensor.AttentionConfig{Mask: add})
		},
	} {
		step := func() {
			s.Recycle()
			layer(x.InScope(s)).Sum().Backward()
		}
		step()
		step()
		if n := tensortest.AllocsPerRun(10, step); n != 0 {
			t.Errorf("a step of %s allocates %v times", name, n)
		}
	}
}
