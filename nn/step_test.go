package nn_test

import (
	"testing"

	"github.com/lamina-ml/lamina/internal/tensortest"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// FourLayerNN is the model of the study notes.
type FourLayerNN struct{ FC1, FC2, FC3, FC4 *nn.Linear }

func newFourLayerNN(g *rng.Torch) *FourLayerNN {
	return &FourLayerNN{nn.NewLinear(g, 100, 128), nn.NewLinear(g, 128, 64), nn.NewLinear(g, 64, 32), nn.NewLinear(g, 32, 10)}
}

func (m *FourLayerNN) Forward(x tensor.Tensor) tensor.Tensor {
	x = m.FC1.Forward(x).ReLU()
	x = m.FC2.Forward(x).ReLU()
	x = m.FC3.Forward(x).ReLU()
	return m.FC4.Forward(x)
}

// allocations returns the number of allocations of f in a steady state.
func allocations(f func()) float64 {
	for range 3 {
		f()
	}
	return tensortest.AllocsPerRun(50, f)
}

func TestSteadyStepAllocatesNothing(t *testing.T) {
	g := rng.NewTorch(1)
	x, images := tensor.Options{}.RandN(g, 16, 20), tensor.Options{}.RandN(g, 16, 4, 5)
	classes, values := tensor.From(make([]int64, 16)), tensor.Options{}.Rand(g, 16, 10)
	sequential := nn.Sequential{&nn.Flatten{}, nn.NewLinear(g, 20, 30), &nn.ReLU{}, nn.NewDropout(g, 0.5),
		nn.NewLinear(g, 30, 10), &nn.Sigmoid{}}
	plain := &tied{nn.NewLinear(g, 20, 30), nn.NewLinear(g, 30, 10)}
	one := 1
	words := tensor.From([]int64{3, 1, 4, 1, 5, 9, 2, 6})
	sentence := nn.Sequential{nn.EmbeddingConfig{PaddingIndex: &one}.New(g, 10, 20), nn.NewLayerNorm(20), &nn.GELU{}, nn.NewRMSNorm(20),
		nn.NewLinear(g, 20, 10), &nn.LeakyReLU{}, &nn.SiLU{}, nn.NewPReLU(10)}
	ignore := tensor.From([]int64{3, -100, 4, 1, -100, 9, 2, 6})
	weights := tensor.Options{}.Rand(g, 10)
	wide := nn.NewLayerNorm(4, 5)
	for name, c := range map[string]struct {
		model any
		loss  func(s *tensor.Scope) tensor.Tensor
	}{
		"sequential": {sequential, func(s *tensor.Scope) tensor.Tensor {
			return nn.CrossEntropy(sequential.Forward(images.InScope(s)), classes.InScope(s))
		}},
		"struct": {plain, func(s *tensor.Scope) tensor.Tensor {
			return nn.CrossEntropy(plain.Decode.Forward(plain.Encode.Forward(x.InScope(s)).ReLU()), classes.InScope(s))
		}},
		"embedding, norms and activations": {sentence, func(s *tensor.Scope) tensor.Tensor {
			return nn.CrossEntropy(sentence.Forward(words.InScope(s)), words.InScope(s))
		}},
		"cross-entropy with ignored rows, weights and smoothing": {sentence, func(s *tensor.Scope) tensor.Tensor {
			return nn.CrossEntropyLoss{Weight: weights, LabelSmoothing: 0.1}.Forward(sentence.Forward(words.InScope(s)), ignore.InScope(s))
		}},
		"layer norm over two dimensions": {wide,
			func(s *tensor.Scope) tensor.Tensor { return wide.Forward(images.InScope(s)).Square().Mean() }},
		"smooth l1": {plain, func(s *tensor.Scope) tensor.Tensor {
			return nn.SmoothL1Loss{}.Forward(plain.Forward(x.InScope(s)), values.InScope(s))
		}},
		"mse": {plain, func(s *tensor.Scope) tensor.Tensor { return nn.MSE(plain.Forward(x.InScope(s)), values.InScope(s)) }},
		"bce": {plain, func(s *tensor.Scope) tensor.Tensor {
			return nn.BCE(plain.Forward(x.InScope(s)).Sigmoid(), values.InScope(s))
		}},
		"bce with logits": {plain, func(s *tensor.Scope) tensor.Tensor {
			return nn.BCEWithLogits(plain.Forward(x.InScope(s)), values.InScope(s))
		}},
		"bce with logits and weights": {plain, func(s *tensor.Scope) tensor.Tensor {
			return nn.BCEWithLogitsLoss{Weight: weights, PosWeight: weights}.Forward(plain.Forward(x.InScope(s)), values.InScope(s))
		}},
		"cross-entropy with probabilities": {plain, func(s *tensor.Scope) tensor.Tensor {
			return nn.CrossEntropyLoss{Weight: weights, LabelSmoothing: 0.1}.Forward(plain.Forward(x.InScope(s)), values.InScope(s))
		}},
		"nll": {plain, func(s *tensor.Scope) tensor.Tensor {
			return nn.NLLLoss{Weight: weights}.Forward(plain.Forward(x.InScope(s)).LogSoftmax(1), classes.InScope(s))
		}},
		"huber": {plain, func(s *tensor.Scope) tensor.Tensor {
			return nn.HuberLoss{Delta: 0.5}.Forward(plain.Forward(x.InScope(s)), values.InScope(s))
		}},
		"l1": {plain, func(s *tensor.Scope) tensor.Tensor { return nn.L1(plain.Forward(x.InScope(s)), values.InScope(s)) }},
		"kl divergence": {plain, func(s *tensor.Scope) tensor.Tensor {
			return nn.KLDivLoss{BatchMean: true}.Forward(plain.Forward(x.InScope(s)).LogSoftmax(1), values.InScope(s))
		}},
		"triplet margin": {plain, func(s *tensor.Scope) tensor.Tensor {
			y := plain.Forward(x.InScope(s))
			return nn.TripletMarginLoss{Swap: true}.Forward(y, values.InScope(s), y.Neg())
		}},
		"multi margin": {plain, func(s *tensor.Scope) tensor.Tensor {
			return nn.MultiMarginLoss{Weight: weights}.Forward(plain.Forward(x.InScope(s)), classes.InScope(s))
		}},
		"margins of pairs": {plain, func(s *tensor.Scope) tensor.Tensor {
			y, ones := plain.Forward(x.InScope(s)), values.InScope(s).OnesLike()
			ranking := nn.MarginRankingLoss{}.Forward(y, values.InScope(s), ones)
			return nn.HingeEmbeddingLoss{}.Forward(y.Neg(), ones).Add(nn.CosineEmbeddingLoss{}.Forward(y,
				values.InScope(s), ones.Select(1, 0))).Add(ranking)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			params := nn.Parameters(c.model)
			s := tensor.NewScope(tensor.CPU())
			n := allocations(func() {
				s.Recycle()
				loss := c.loss(s)
				for _, p := range params {
					p.ZeroGrad()
				}
				loss.Backward()
			})
			if n != 0 {
				t.Errorf("%v allocations a step", n)
			}
		})
	}
}

func TestPredictionAllocatesNothing(t *testing.T) {
	g := rng.NewTorch(1)
	model := nn.Sequential{&nn.Flatten{}, nn.NewLinear(g, 20, 30), &nn.ReLU{}, nn.NewDropout(g, 0.5), nn.NewLinear(g, 30, 10), &nn.Tanh{}}
	nn.Eval(model)
	x := tensor.Options{}.RandN(g, 16, 4, 5)
	s := tensor.NewScope(tensor.CPU())
	s.SetRecording(false)
	n := allocations(func() {
		s.Recycle()
		model.Forward(x.InScope(s))
	})
	if n != 0 {
		t.Errorf("%v allocations a prediction", n)
	}
}
