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
		testAllocations(t, name, s, x, layer)
	}
}

// testAllocations fails if a step of f allocates on the heap.
func testAllocations(t *testing.T, name string, s *tensor.Scope, x tensor.Tensor, f func(x tensor.Tensor) tensor.Tensor) {
	step := func() {
		s.Recycle()
		f(x.InScope(s)).Sum().Backward()
	}
	step()
	step()
	if n := tensortest.AllocsPerRun(10, step); n != 0 {
		t.Errorf("a step of %s allocates %v times", name, n)
	}
}

// TestAllocationsOfLosses runs steps of losses whose weights and targets are on the heap.
func TestAllocationsOfLosses(t *testing.T) {
	ignore := 2
	for _, dt := range []tensor.DType{tensor.Float32, tensor.BFloat16, tensor.Float16} {
		o := tensor.Options{DType: dt}
		s := tensor.NewScope(tensor.CPU())
		x := o.RandN(rng.NewTorch(1), 4, 3).Sigmoid().SetRequiresGrad(true)
		weight, classes, numbers := o.Full(0.5, 3), tensor.From([]int64{0, 2, 1, 0}), o.Full(0.25, 4, 3)
		signs, column := tensor.From([]int64{1, -1, 1, -1}), o.Ones(4, 1)
		for name, loss := range map[string]func(x tensor.Tensor) tensor.Tensor{
			"CrossEntropy": func(x tensor.Tensor) tensor.Tensor { return nn.CrossEntropyLoss{Weight: weight}.Forward(x, classes) },
			"CrossEntropy, smoothing": func(x tensor.Tensor) tensor.Tensor {
				return nn.CrossEntropyLoss{Weight: weight, LabelSmoothing: 0.1, IgnoreIndex: &ignore}.Forward(x, classes)
			},
			"CrossEntropy of probabilities": func(x tensor.Tensor) tensor.Tensor {
				return nn.CrossEntropyLoss{Weight: weight, LabelSmoothing: 0.1}.Forward(x, numbers)
			},
			"NLL": func(x tensor.Tensor) tensor.Tensor {
				return nn.NLLLoss{Weight: weight, IgnoreIndex: &ignore}.Forward(x, classes)
			},
			"MultiMargin": func(x tensor.Tensor) tensor.Tensor { return nn.MultiMarginLoss{Weight: weight}.Forward(x, classes) },
			"BCE":         func(x tensor.Tensor) tensor.Tensor { return nn.BCELoss{Weight: weight}.Forward(x, numbers) },
			"BCEWithLogits": func(x tensor.Tensor) tensor.Tensor {
				return nn.BCEWithLogitsLoss{Weight: column, PosWeight: weight}.Forward(x, numbers)
			},
			"BCEWithLogits without PosWeight": func(x tensor.Tensor) tensor.Tensor {
				return nn.BCEWithLogitsLoss{Weight: weight}.Forward(x, numbers)
			},
			"MSE":      func(x tensor.Tensor) tensor.Tensor { return nn.MSELoss{}.Forward(x, numbers) },
			"L1":       func(x tensor.Tensor) tensor.Tensor { return nn.L1Loss{}.Forward(x, numbers) },
			"SmoothL1": func(x tensor.Tensor) tensor.Tensor { return nn.SmoothL1Loss{}.Forward(x, numbers) },
			"Huber":    func(x tensor.Tensor) tensor.Tensor { return nn.HuberLoss{}.Forward(x, numbers) },
			"KLDiv":    func(x tensor.Tensor) tensor.Tensor { return nn.KLDivLoss{}.Forward(x, numbers) },
			"Cosine":   func(x tensor.Tensor) tensor.Tensor { return nn.CosineEmbeddingLoss{}.Forward(x, x.Square(), signs) },
			"Hinge":    func(x tensor.Tensor) tensor.Tensor { return nn.HingeEmbeddingLoss{}.Forward(x.Select(1, 0), signs) },
			"Ranking": func(x tensor.Tensor) tensor.Tensor {
				return nn.MarginRankingLoss{}.Forward(x.Select(1, 0), x.Select(1, 1), signs)
			},
		} {
			testAllocations(t, name+" of "+dt.String(), s, x, loss)
		}
	}
}
