package nn_test

import (
	"math"
	"slices"
	"testing"

	"github.com/lamina-ml/lamina/nn"
	nninit "github.com/lamina-ml/lamina/nn/init"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

func TestMoreGradCheck(t *testing.T) {
	g := rng.NewTorch(5)
	randn := func(dims ...int) tensor.Tensor { return f64.RandN(g, dims...).SetRequiresGrad(true) }
	index := tensor.From([]int64{2, 0, 4, 2, 2, 1}, 2, 3)
	classes := tensor.From([]int64{2, 0, -100, 1})
	probabilities := f64.RandN(g, 4, 3).Softmax(1).Keep().SetRequiresGrad(true)
	weights := tensor.From([]float64{0.5, 2, 1})
	signs := tensor.From([]float64{1, -1, 1, -1})
	two := 2
	loss := func(f func(a, b tensor.Tensor) tensor.Tensor) func(x []tensor.Tensor) tensor.Tensor {
		return func(x []tensor.Tensor) tensor.Tensor { return f(x[0], x[1]) }
	}
	layerNorm := func(x []tensor.Tensor) tensor.Tensor {
		l := nn.LayerNormConfig{Eps: 0.1, NoAffine: true}.New(2, 3)
		if len(x) > 1 {
			l.Weight = x[1]
		}
		if len(x) > 2 {
			l.Bias = x[2]
		}
		return l.Forward(x[0])
	}
	rmsNorm := func(x []tensor.Tensor) tensor.Tensor {
		l := nn.RMSNormConfig{Eps: 0.1, NoAffine: true}.New(3)
		if len(x) > 1 {
			l.Weight = x[1]
		}
		return l.Forward(x[0])
	}
	embedding := func(x []tensor.Tensor) tensor.Tensor {
		return (&nn.Embedding{Weight: x[0]}).Forward(x[1])
	}
	for _, c := range []struct {
		name string
		f    func(x []tensor.Tensor) tensor.Tensor
		x    []tensor.Tensor
	}{
		{"layer norm", layerNorm, []tensor.Tensor{randn(4, 2, 3), randn(2, 3), randn(2, 3)}},
		{"layer norm without bias", layerNorm, []tensor.Tensor{randn(4, 2, 3), randn(2, 3)}},
		{"layer norm of a transposed matrix",
			func(x []tensor.Tensor) tensor.Tensor { return layerNorm([]tensor.Tensor{x[0].Transpose(1, 2)}) },
			[]tensor.Tensor{randn(4, 3, 2)}},
		{"layer norm with a frozen weight", layerNorm, []tensor.Tensor{randn(4, 2, 3), randn(2, 3).Keep(), randn(2, 3)}},
		{"layer norm of a constant", layerNorm, []tensor.Tensor{randn(4, 2, 3).Keep(), randn(2, 3), randn(2, 3)}},
		{"rms norm", rmsNorm, []tensor.Tensor{randn(4, 3), randn(3)}},
		{"rms norm without scale", rmsNorm, []tensor.Tensor{randn(4, 3)}},
		{"rms norm of a constant", rmsNorm, []tensor.Tensor{randn(4, 3).Keep(), randn(3)}},
		{"embedding", embedding, []tensor.Tensor{randn(5, 2), index}},
		{"bilinear", func(x []tensor.Tensor) tensor.Tensor {
			return (&nn.Bilinear{Weight: x[2], Bias: x[3]}).Forward(x[0], x[1])
		},
			[]tensor.Tensor{randn(2, 3), randn(2, 4), randn(5, 3, 4), randn(5)}},
		{"smooth l1", loss(nn.SmoothL1Loss{Beta: 0.7}.Forward), []tensor.Tensor{randn(3, 4), randn(3, 4)}},
		{"huber", loss(nn.HuberLoss{Delta: 0.7}.Forward), []tensor.Tensor{randn(3, 4), randn(3, 4)}},
		{"kl", loss(nn.KLDivLoss{}.Forward), []tensor.Tensor{randn(4, 3), probabilities}},
		{"kl of logarithms", loss(nn.KLDivLoss{LogTarget: true, BatchMean: true}.Forward), []tensor.Tensor{randn(4, 3), randn(4, 3)}},
		{"cross-entropy with all", loss(nn.CrossEntropyLoss{Weight: weights, LabelSmoothing: 0.2}.Forward),
			[]tensor.Tensor{randn(4, 3), classes}},
		{"cross-entropy, smoothed", loss(nn.CrossEntropyLoss{LabelSmoothing: 0.2}.Forward), []tensor.Tensor{randn(4, 3), classes}},
		{"cross-entropy, ignoring", loss(nn.CrossEntropyLoss{IgnoreIndex: &two, Reduction: nn.Sum}.Forward),
			[]tensor.Tensor{randn(4, 3), tensor.From([]int64{2, 0, 2, 1})}},
		{"cross-entropy of probabilities", loss(nn.CrossEntropyLoss{Weight: weights, LabelSmoothing: 0.2}.Forward),
			[]tensor.Tensor{randn(4, 3), probabilities}},
		{"nll", loss(nn.NLLLoss{Weight: weights}.Forward), []tensor.Tensor{randn(4, 3), classes}},
		{"cosine embedding", func(x []tensor.Tensor) tensor.Tensor {
			return nn.CosineEmbeddingLoss{Margin: -0.9}.Forward(x[0], x[1], signs)
		},
			[]tensor.Tensor{randn(4, 3), randn(4, 3)}},
		{"triplet margin", func(x []tensor.Tensor) tensor.Tensor {
			return nn.TripletMarginLoss{Margin: 9, P: 3}.Forward(x[0], x[1], x[2])
		},
			[]tensor.Tensor{randn(4, 3), randn(4, 3), randn(4, 3)}},
		{"multi margin", loss(nn.MultiMarginLoss{Squared: true, Margin: 5}.Forward),
			[]tensor.Tensor{randn(4, 3), tensor.From([]int64{2, 0, 1, 1})}},
	} {
		for _, second := range []bool{false, true} {
			if err := tensor.GradCheck(c.f, c.x, tensor.GradCheckOptions{Second: second}); err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
		}
	}
}

// The distance for p = ∞ is the largest difference. The numbers are PyTorch's.
func TestTripletMarginOfLargestDifference(t *testing.T) {
	anchor := tensor.From([]float32{1, 2}, 1, 2).SetRequiresGrad(true)
	loss := nn.TripletMarginLoss{P: math.Inf(1), Margin: 9}.Forward(anchor, tensor.From([]float32{0.5, 0}, 1, 2),
		tensor.From([]float32{-4, 0}, 1, 2))
	loss.Backward()
	if g := anchor.Grad().Float64s(); loss.Item() != 6 || g[0] != -1 || g[1] != 1 {
		t.Errorf("the loss is %v with gradient %v, want 6 and [-1 1]", loss.Item(), g)
	}
}

// If all rows are ignored, the mean is NaN, as in PyTorch, and the sum is 0.
func TestEverythingIgnored(t *testing.T) {
	x, target := tensor.Ones(2, 3), tensor.From([]int64{-100, -100})
	if v := nn.CrossEntropy(x, target).Item(); !math.IsNaN(v) {
		t.Errorf("the mean of ignored rows is %v, want NaN", v)
	}
	if v := (nn.CrossEntropyLoss{Reduction: nn.Sum}).Forward(x, target).Item(); v != 0 {
		t.Errorf("the sum of ignored rows is %v, want 0", v)
	}
}

// The weights of a loss in a model are buffers, which are saved but not trained.
func TestWeightsOfLossesAreBuffers(t *testing.T) {
	m := &struct {
		Out  *nn.Linear
		Loss nn.CrossEntropyLoss
	}{nn.NewLinear(rng.NewTorch(1), 2, 3), nn.CrossEntropyLoss{Weight: tensor.Ones(3)}}
	if len(nn.Parameters(m)) != 2 || len(nn.StateDict(m)) != 3 || nn.StateDict(m)[2].Name != "loss.weight" {
		t.Errorf("%v", names(nn.StateDict(m)))
	}
}

func TestMoreMistakes(t *testing.T) {
	g := rng.NewTorch(1)
	x, classes := tensor.Zeros(3, 4), tensor.From([]int64{0, 3, 1})
	nine, four := 9, 4
	words := nn.NewEmbedding(g, 5, 2)
	for want, f := range map[string]func(){
		"embedding: the index must be int64 or int32, not float32: (3, 4)":                       func() { words.Forward(x) },
		"embedding: index 9 at element 1 is outside the 5 rows: (2,) × (5, 2)":                   func() { words.Forward(tensor.From([]int64{1, 9})) },
		"embedding: index -1 at element 0 is outside the 5 rows: (1,) × (5, 2)":                  func() { words.Forward(tensor.From([]int64{-1})) },
		"embedding: the padding index 9 is out of range for 5 rows: (5, 2)":                      func() { nn.EmbeddingConfig{PaddingIndex: &nine}.New(g, 5, 2) },
		"layer_norm: the input's last dimensions are not the normalized shape: (3, 4) × (3,)":    func() { nn.NewLayerNorm(3).Forward(x) },
		"layer_norm: the input's last dimensions are not the normalized shape: () × (3,)":        func() { nn.NewLayerNorm(3).Forward(tensor.Zeros()) },
		"layer_norm: the input must have the type of the layer, not float64: (3, 4) × (4,)":      func() { nn.NewLayerNorm(4).Forward(f64.Zeros(3, 4)) },
		"layer_norm: the input's last dimensions are not the normalized shape: (3, 4) × ()":      func() { (&nn.LayerNorm{}).Forward(x) },
		"layer_norm: at least one dimension to normalize over is required":                       func() { nn.NewLayerNorm() },
		"rms_norm: the input's last dimensions are not the normalized shape: (3, 4) × (3,)":      func() { nn.NewRMSNorm(3).Forward(x) },
		"prelu: the weight must have 1 element, or one per channel (dimension 1): (3, 4) × (2,)": func() { nn.NewPReLU(2).Forward(x) },
		"bilinear: the inputs must be (…, in1) and (…, in2) with equal leading dimensions: (3, 4) × (3, 4) × (2, 4, 5)": func() {
			nn.NewBilinear(g, 4, 5, 2).Forward(x, x)
		},
		"cross_entropy: the label smoothing 1.5 is not between 0 and 1: (3, 4) × (3,)": func() {
			nn.CrossEntropyLoss{LabelSmoothing: 1.5}.Forward(x, classes)
		},
		"cross_entropy: the weight must have one element per class, of the logits' type: (3,) × (3, 4)": func() {
			nn.CrossEntropyLoss{Weight: tensor.Ones(3)}.Forward(x, classes)
		},
		"cross_entropy: target 4 of row 0 is not one of 4 classes, 0 to 3: (3, 4) × (3,)": func() {
			nn.CrossEntropy(x, tensor.From([]int64{4, -100, 0}))
		},
		"cross_entropy: target 4 of row 2 is not one of 4 classes, 0 to 3: (3, 4) × (3,)": func() {
			nn.CrossEntropy(x, tensor.From([]int64{0, -100, 4}))
		},
		"multi_margin_loss: target -1 of row 1 is not one of 4 classes, 0 to 3: (3, 4) × (3,)": func() {
			nn.MultiMarginLoss{}.Forward(x, tensor.From([]int64{0, -1, 1}))
		},
		"cross_entropy: IgnoreIndex cannot be set if the targets are class probabilities: (3, 4)": func() {
			nn.CrossEntropyLoss{IgnoreIndex: &four}.Forward(x, x)
		},
		"nll_loss: target -100 of row 1 is not one of 4 classes, 0 to 3: (3, 4) × (3,)": func() {
			nn.NLLLoss{IgnoreIndex: &four}.Forward(x, tensor.From([]int64{0, -100, 1}))
		},
		"binary_cross_entropy: the weight does not broadcast to the elements: (2, 3, 4) × (3, 4)": func() {
			nn.BCELoss{Weight: tensor.Ones(2, 3, 4)}.Forward(x, x)
		},
		"smooth_l1_loss: Beta must be at least 0, not -1": func() { nn.SmoothL1Loss{Beta: -1}.Forward(x, x) },
		"huber_loss: Delta must be positive, not -1":      func() { nn.HuberLoss{Delta: -1}.Forward(x, x) },
		"hinge_embedding_loss: the targets, 1 and -1, must be integers or float32 of the shape of the loss: (3,) × (3, 4)": func() {
			nn.HingeEmbeddingLoss{}.Forward(x, classes)
		},
		"triplet_margin_loss: prediction and target differ in shape: (3, 4) × (4, 3)": func() {
			nn.TripletMarginLoss{}.Forward(x, x, tensor.Zeros(4, 3))
		},
		"xavier_normal_: the tensor must have at least 2 dimensions, (out, in, …): (3,)":     func() { nninit.XavierNormal(g, tensor.Zeros(3), 1) },
		"uniform_: only floating-point numbers can be drawn, not int64: (3,)":                func() { nninit.Uniform(g, classes, 0, 1) },
		"eye_: the tensor must have 2 dimensions: (3,)":                                      func() { nninit.Eye(tensor.Zeros(3)) },
		"sparse_: the sparsity must be between 0 and 1, not 1.5: (3, 4)":                     func() { nninit.Sparse(g, x, 1.5, 1) },
		"trunc_normal_: std must be positive and lo below hi, not std 1, lo 2, hi 1: (3, 4)": func() { nninit.TruncatedNormal(g, x, 0, 1, 2, 1) },
	} {
		if err := tensor.Try(f); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

// Layers that are created from weights alone, without a New function, work.
func TestNormsOfWeightsAlone(t *testing.T) {
	g := rng.NewTorch(1)
	x, w := tensor.Options{}.RandN(g, 2, 3, 4), tensor.Options{}.RandN(g, 3, 4)
	norm, rms := nn.NewLayerNorm(3, 4), nn.NewRMSNorm(3, 4)
	norm.Weight, norm.Bias, rms.Weight = w, w, w
	if !slices.Equal((&nn.LayerNorm{Weight: w, Bias: w}).Forward(x).Float32s(), norm.Forward(x).Float32s()) ||
		!slices.Equal((&nn.RMSNorm{Weight: w}).Forward(x).Float32s(), rms.Forward(x).Float32s()) {
		t.Error("the layer does not take the shape from its weights")
	}
	words := nn.NewEmbedding(g, 5, 2)
	if !slices.Equal(words.Forward(tensor.From([]int32{4, 1})).Float32s(), words.Forward(tensor.From([]int64{4, 1})).Float32s()) {
		t.Error("int32 indices select other rows")
	}
}

// The fused norms of many rows and of long rows, which goroutines share, equal those of single rows.
func TestNormsOfManyRows(t *testing.T) {
	g := rng.NewTorch(1)
	for _, dims := range [][2]int{{300, 257}, {3, 40000}} {
		x := tensor.Options{}.RandN(g, dims[0], dims[1])
		for _, l := range []nn.Module{nn.NewLayerNorm(dims[1]), nn.NewRMSNorm(dims[1])} {
			whole := l.Forward(x)
			last := l.Forward(x.Narrow(0, dims[0]-1, 1))
			for j := range dims[1] {
				if whole.At(dims[0]-1, j) != last.At(0, j) {
					t.Fatalf("%T %v: element %d differs", l, dims, j)
				}
			}
		}
	}
}
