package nn_test

import (
	"fmt"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

func ExampleLeakyReLU() {
	fmt.Println((&nn.LeakyReLU{NegativeSlope: 0.1}).Forward(tensor.From([]float32{-2, 0, 3})))
	// Output: tensor([-0.2000,  0.0000,  3.0000])
}

func ExamplePReLU() {
	l := nn.NewPReLU(1)
	fmt.Println(l.Forward(tensor.From([]float32{-2, 0, 3})))
	// Output: tensor([-0.5000,  0.0000,  3.0000])
}

func ExampleELU() {
	fmt.Println((&nn.ELU{}).Forward(tensor.From([]float32{-1, 0, 1})))
	// Output: tensor([-0.6321,  0.0000,  1.0000])
}

func ExampleSELU() {
	fmt.Println((&nn.SELU{}).Forward(tensor.From([]float32{-1, 0, 1})))
	// Output: tensor([-1.1113,  0.0000,  1.0507])
}

func ExampleCELU() {
	fmt.Println((&nn.CELU{Alpha: 0.5}).Forward(tensor.From([]float32{-1, 0, 1})))
	// Output: tensor([-0.4323,  0.0000,  1.0000])
}

func ExampleGELU() {
	x := tensor.From([]float32{-1, 0, 1})
	fmt.Println((&nn.GELU{}).Forward(x))
	fmt.Println((&nn.GELU{Tanh: true}).Forward(x))
	// Output:
	// tensor([-0.1587,  0.0000,  0.8413])
	// tensor([-0.1588,  0.0000,  0.8412])
}

func ExampleSiLU() {
	fmt.Println((&nn.SiLU{}).Forward(tensor.From([]float32{-1, 0, 1})))
	// Output: tensor([-0.2689,  0.0000,  0.7311])
}

func ExampleMish() {
	fmt.Println((&nn.Mish{}).Forward(tensor.From([]float32{-1, 0, 1})))
	// Output: tensor([-0.3034,  0.0000,  0.8651])
}

func ExampleSoftplus() {
	fmt.Println((&nn.Softplus{}).Forward(tensor.From([]float32{-1, 0, 1})))
	// Output: tensor([0.3133, 0.6931, 1.3133])
}

func ExampleSoftsign() {
	fmt.Println((&nn.Softsign{}).Forward(tensor.From([]float32{-1, 0, 3})))
	// Output: tensor([-0.5000,  0.0000,  0.7500])
}

func ExampleHardshrink() {
	fmt.Println((&nn.Hardshrink{}).Forward(tensor.From([]float32{-2, 0.25, 0.75})))
	// Output: tensor([-2.0000,  0.0000,  0.7500])
}

func ExampleHardtanh() {
	x := tensor.From([]float32{-2, 0.5, 7})
	fmt.Println((&nn.Hardtanh{}).Forward(x))
	fmt.Println((&nn.Hardtanh{Min: nn.Zero, Max: 6}).Forward(x)) // ReLU6
	// Output:
	// tensor([-1.0000,  0.5000,  1.0000])
	// tensor([0.0000, 0.5000, 6.0000])
}

func ExampleHardswish() {
	fmt.Println((&nn.Hardswish{}).Forward(tensor.From([]float32{-4, 0, 1.5, 4})))
	// Output: tensor([-0.0000, 0.0000, 1.1250, 4.0000])
}

func ExampleHardsigmoid() {
	fmt.Println((&nn.Hardsigmoid{}).Forward(tensor.From([]float32{-4, 0, 1.5, 4})))
	// Output: tensor([0.0000, 0.5000, 0.7500, 1.0000])
}

func ExampleLogSigmoid() {
	fmt.Println((&nn.LogSigmoid{}).Forward(tensor.From([]float32{-100, 0, 1})))
	// Output: tensor([-100.0000,   -0.6931,   -0.3133])
}

func ExampleSoftmax() {
	fmt.Println((&nn.Softmax{Dim: 1}).Forward(tensor.From([]float32{1, 2, 3, 1, 1, 1}, 2, 3)))
	// Output:
	// tensor([[0.0900, 0.2447, 0.6652],
	//         [0.3333, 0.3333, 0.3333]])
}

func ExampleLogSoftmax() {
	fmt.Println((&nn.LogSoftmax{Dim: 1}).Forward(tensor.From([]float32{1, 2, 3, 1, 1, 1}, 2, 3)))
	// Output:
	// tensor([[-2.4076, -1.4076, -0.4076],
	//         [-1.0986, -1.0986, -1.0986]])
}

func ExampleSoftmin() {
	fmt.Println((&nn.Softmin{Dim: 0}).Forward(tensor.From([]float32{1, 2, 3})))
	// Output: tensor([0.6652, 0.2447, 0.0900])
}

func ExampleGLU() {
	fmt.Println((&nn.GLU{Dim: -1}).Forward(tensor.From([]float32{1, 2, 0, 100})))
	// Output: tensor([0.5000, 2.0000])
}

func ExampleIdentity() {
	fmt.Println((&nn.Identity{}).Forward(tensor.From([]float32{1, 2})))
	// Output: tensor([1., 2.])
}

// A table of five words, with word 0 as padding.
func ExampleEmbedding() {
	padding := 0
	words := nn.EmbeddingConfig{PaddingIndex: &padding}.New(rng.NewTorch(0), 5, 3)
	sentences := tensor.From([]int64{4, 2, 0, 1, 0, 0}, 2, 3)
	y := words.Forward(sentences)
	fmt.Println(y.Shape())
	fmt.Println(y.Select(0, 1))
	// Output:
	// (2, 3, 3)
	// tensor([[ 0.5684, -1.0845, -1.3986],
	//         [ 0.0000,  0.0000,  0.0000],
	//         [ 0.0000,  0.0000,  0.0000]])
}

func ExampleEmbeddingConfig() {
	words := nn.EmbeddingConfig{DType: tensor.Float64}.New(rng.NewTorch(0), 100, 8)
	fmt.Println(words.Weight.Shape(), words.Weight.DType())
	// Output: (100, 8) float64
}

func ExampleLayerNorm() {
	l := nn.NewLayerNorm(4)
	fmt.Println(l.Forward(tensor.From([]float32{1, 2, 3, 4, 10, 20, 30, 40}, 2, 4)))
	// Output:
	// tensor([[-1.3416, -0.4472,  0.4472,  1.3416],
	//         [-1.3416, -0.4472,  0.4472,  1.3416]])
}

func ExampleLayerNormConfig() {
	l := nn.LayerNormConfig{NoBias: true, Eps: 1e-6}.New(2, 3)
	fmt.Println(l.Weight.Shape(), l.Bias)
	// Output: (2, 3) no tensor
}

func ExampleRMSNorm() {
	fmt.Println(nn.NewRMSNorm(2).Forward(tensor.From([]float32{3, 4, 30, 40}, 2, 2)))
	// Output:
	// tensor([[0.8485, 1.1314],
	//         [0.8485, 1.1314]])
}

func ExampleRMSNormConfig() {
	l := nn.RMSNormConfig{NoAffine: true}.New(2)
	fmt.Println(nn.Count(l))
	// Output: 0
}

func ExampleBilinear() {
	l := nn.NewBilinear(rng.NewTorch(0), 3, 4, 2)
	fmt.Println(l.Forward(tensor.Ones(5, 3), tensor.Ones(5, 4)).Shape())
	// Output: (5, 2)
}

func ExampleBilinearConfig() {
	l := nn.BilinearConfig{NoBias: true}.New(rng.NewTorch(0), 3, 4, 2)
	fmt.Println(l.Weight.Shape(), l.Bias)
	// Output: (2, 3, 4) no tensor
}

func ExampleCrossEntropyLoss_padding() {
	padding := 0
	logits := tensor.From([]float32{0, 2, 0, 0, 0, 2}, 2, 3)
	loss := nn.CrossEntropyLoss{IgnoreIndex: &padding, LabelSmoothing: 0.1, Weight: tensor.From([]float32{1, 1, 3})}
	fmt.Println(loss.Forward(logits, tensor.From([]int64{0, 2})))
	// Output: tensor(0.2733)
}

func ExampleCrossEntropyLoss_probabilities() {
	logits := tensor.From([]float32{0, 2, 0, 0, 0, 2}, 2, 3)
	target := tensor.From([]float32{0, 1, 0, 0.5, 0, 0.5}, 2, 3)
	fmt.Println(nn.CrossEntropy(logits, target))
	// Output: tensor(0.7395)
}

func ExampleNLLLoss() {
	log := tensor.From([]float32{0.25, 0.75, 0.5, 0.5}, 2, 2).Log()
	fmt.Println(nn.NLLLoss{Reduction: nn.None}.Forward(log, tensor.From([]int64{1, 0})))
	// Output: tensor([0.2877, 0.6931])
}

func ExampleL1Loss() {
	a, b := tensor.From([]float32{1, 2, 3}), tensor.From([]float32{2, 2, 5})
	fmt.Println(nn.L1(a, b), nn.L1Loss{Reduction: nn.Sum}.Forward(a, b))
	// Output: tensor(1.) tensor(3.)
}

func ExampleSmoothL1Loss() {
	a, b := tensor.From([]float32{0, 0}), tensor.From([]float32{0.5, 3})
	fmt.Println(nn.SmoothL1Loss{Reduction: nn.None}.Forward(a, b))
	// Output: tensor([0.1250, 2.5000])
}

func ExampleHuberLoss() {
	a, b := tensor.From([]float32{0, 0}), tensor.From([]float32{0.5, 3})
	fmt.Println(nn.HuberLoss{Delta: 2, Reduction: nn.None}.Forward(a, b))
	// Output: tensor([0.1250, 4.0000])
}

func ExampleKLDivLoss() {
	p, q := tensor.From([]float32{0.5, 0.5}, 1, 2), tensor.From([]float32{0.25, 0.75}, 1, 2)
	fmt.Println(nn.KLDivLoss{BatchMean: true}.Forward(q.Log(), p))
	// Output: tensor(0.1438)
}

func ExampleHingeEmbeddingLoss() {
	distance, target := tensor.From([]float32{0.2, 0.2}), tensor.From([]float32{1, -1})
	fmt.Println(nn.HingeEmbeddingLoss{Reduction: nn.None}.Forward(distance, target))
	// Output: tensor([0.2000, 0.8000])
}

func ExampleMarginRankingLoss() {
	a, b := tensor.From([]float32{1, 1}), tensor.From([]float32{0, 3})
	fmt.Println(nn.MarginRankingLoss{Reduction: nn.None}.Forward(a, b, tensor.Ones(2)))
	// Output: tensor([0., 2.])
}

func ExampleMultiMarginLoss() {
	scores := tensor.From([]float32{0.1, 0.2, 0.4, 0.8}, 1, 4)
	fmt.Println(nn.MultiMarginLoss{}.Forward(scores, tensor.From([]int64{3})))
	// Output: tensor(0.3250)
}

func ExampleCosineEmbeddingLoss() {
	a, b := tensor.From([]float32{1, 0, 1, 0}, 2, 2), tensor.From([]float32{0, 1, 2, 0}, 2, 2)
	fmt.Println(nn.CosineEmbeddingLoss{Reduction: nn.None}.Forward(a, b, tensor.From([]float32{1, -1})))
	// Output: tensor([1., 1.])
}

func ExampleTripletMarginLoss() {
	anchor, positive, negative := tensor.Zeros(1, 2), tensor.From([]float32{3, 4}, 1, 2), tensor.From([]float32{0, 3}, 1, 2)
	fmt.Println(nn.TripletMarginLoss{}.Forward(anchor, positive, negative))
	// Output: tensor(3.0000)
}

// Clone copies a model with the current values of its weights.
func ExampleClone() {
	model := nn.NewLinear(rng.NewTorch(0), 2, 1)
	best := nn.Clone(model)
	model.Weight.Data().FillInPlace(0)
	fmt.Println(best.Weight)
	// Output: tensor([[-0.0053,  0.3793]], requires grad)
}

// Fine-tuning: the body is frozen.
func ExampleFreeze() {
	g := rng.NewTorch(0)
	body, head := nn.NewLinear(g, 2, 3), nn.NewLinear(g, 3, 1)
	model := nn.Sequential{body, &nn.ReLU{}, head}
	nn.Freeze(body)
	model.Forward(tensor.Ones(1, 2)).Sum().Backward()
	fmt.Println(body.Weight.Grad().Defined(), head.Weight.Grad().Defined())
	// Output: false true
}

func ExampleLoadPartialStateDict() {
	model := nn.NewLinear(rng.NewTorch(0), 2, 1)
	missing, unexpected, err := nn.LoadPartialStateDict(model, []nn.Named{
		{Name: "weight", Tensor: tensor.Ones(1, 2)},
		{Name: "scale", Tensor: tensor.Ones(1)},
	})
	fmt.Println(missing, unexpected, err)
	// Output: [bias] [scale] <nil>
}

// As model.double() in PyTorch.
func ExampleCast() {
	model := nn.NewLinear(rng.NewTorch(0), 3, 2)
	opt := optim.NewSGD(nn.Parameters(model), optim.SGDConfig{LR: 0.1}) // its parameters stay valid
	nn.Cast(model, tensor.Float64)
	fmt.Println(model.Weight.DType(), opt.Params()[0].DType())
	// Output: float64 float64
}
