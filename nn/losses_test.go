package nn_test

import (
	"math"
	"testing"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
)

// TestHalfLosses checks that losses of 16-bit floats are computed in float32 and rounded once.
func TestHalfLosses(t *testing.T) {
	half := tensor.Options{DType: tensor.Float16}
	const n = 100000
	one, zero := half.Ones(n), half.Zeros(n)
	signs := tensor.Options{DType: tensor.Float16}.Full(-1, n)
	classes := tensor.Options{DType: tensor.Int64}.Zeros(n)
	two := half.Zeros(n, 2)
	weight := half.Full(0.5, 2)
	ln2 := half.Full(math.Ln2, 1).Item()
	large := tensor.Cat(0, half.Full(300, 1), half.Zeros(3)) // 300² is beyond float16
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"mse", nn.MSE(one, zero).Item(), 1},
		{"mse of large differences", nn.MSE(large, half.Zeros(4)).Item(), 22496},
		{"l1", nn.L1(one, zero).Item(), 1},
		{"smooth l1", nn.SmoothL1Loss{}.Forward(one, zero).Item(), 0.5},
		{"huber", nn.HuberLoss{}.Forward(one, zero).Item(), 0.5},
		{"bce", nn.BCE(half.Full(0.5, n), one).Item(), ln2},
		{"bce with logits", nn.BCEWithLogits(zero, one).Item(), ln2},
		{"bce with weights", nn.BCEWithLogitsLoss{PosWeight: half.Ones(n)}.Forward(zero, one).Item(), ln2},
		{"kl", nn.KLDivLoss{}.Forward(half.Full(-1, n), one).Item(), 1},
		{"kl per sample", nn.KLDivLoss{BatchMean: true}.Forward(half.Full(-1, n), one).Item(), 1},
		{"kl of logarithms", nn.KLDivLoss{LogTarget: true}.Forward(half.Full(-1, n), zero).Item(), 1},
		{"hinge", nn.HingeEmbeddingLoss{}.Forward(zero, signs).Item(), 1},
		{"margin ranking", nn.MarginRankingLoss{Margin: 1}.Forward(zero, zero, signs).Item(), 1},
		{"multi-margin", nn.MultiMarginLoss{}.Forward(two, classes).Item(), 0.5},
		{"multi-margin with weights", nn.MultiMarginLoss{Weight: weight}.Forward(two, classes).Item(), 0.25},
		{"cosine", nn.CosineEmbeddingLoss{}.Forward(half.Ones(n, 2), half.Ones(n, 2), signs).Item(), 1},
		{"cosine of long vectors", nn.CosineEmbeddingLoss{}.Forward(half.Full(300, 1, 9), half.Full(300, 1, 9),
			signs.Narrow(0, 0, 1)).Item(), 1},
		{"triplet", nn.TripletMarginLoss{}.Forward(two, two, two).Item(), 1},
		{"nll", nn.NLL(half.Full(-1, n, 2), classes).Item(), 1},
		{"nll with weights", nn.NLLLoss{Weight: weight}.Forward(half.Full(-1, n, 2), classes).Item(), 1},
		{"cross-entropy", nn.CrossEntropy(two, classes).Item(), ln2},
		{"cross-entropy with weights", nn.CrossEntropyLoss{Weight: weight}.Forward(two, classes).Item(), ln2},
	} {
		if c.got != c.want {
			t.Errorf("%s: %v, not %v", c.name, c.got, c.want)
		}
	}
}

// TestLossOfInfiniteScore checks that an infinite score of the target does not change the multi-margin loss, which
// excludes the target.
func TestLossOfInfiniteScore(t *testing.T) {
	for _, squared := range []bool{false, true} {
		x := tensor.From([]float32{float32(math.Inf(1)), 0, 1}, 1, 3).SetRequiresGrad(true)
		loss := nn.MultiMarginLoss{Squared: squared}.Forward(x, tensor.From([]int64{0}))
		loss.Backward()
		if loss.Item() != 0 {
			t.Errorf("squared %v: the loss is %v, not 0", squared, loss.Item())
		}
		for _, g := range x.Grad().Float64s() {
			if g != 0 {
				t.Errorf("squared %v: the gradient is %v, not 0", squared, x.Grad())
			}
		}
	}
}

// TestLossesOfLongVectors checks vectors whose squared length overflows float32.
func TestLossesOfLongVectors(t *testing.T) {
	a := tensor.From([]float32{3e30, 4e30}, 1, 2).SetRequiresGrad(true)
	b := tensor.From([]float32{4e30, 3e30}, 1, 2)
	one := tensor.From([]int64{1})
	loss := nn.CosineEmbeddingLoss{}.Forward(a, b, one)
	loss.Backward()
	if got := loss.Item(); math.Abs(got-0.04) > 1e-6 {
		t.Errorf("cosine embedding loss %v, not 0.04", got)
	}
	// d(1 − cos)/da = cos·a/‖a‖² − b/(‖a‖‖b‖) = (−0.0448, 0.0336)·10⁻³⁰
	g := a.Grad().Float64s()
	if math.Abs(g[0]*1e30+0.0448) > 1e-4 || math.Abs(g[1]*1e30-0.0336) > 1e-4 {
		t.Errorf("its gradient is %v", g)
	}
	far := nn.TripletMarginLoss{Reduction: nn.Sum}.Forward(a.Detach(), a.Detach(), b)
	if far.Item() != 0 {
		t.Errorf("triplet loss %v, not 0", far.Item())
	}
	near := nn.TripletMarginLoss{Reduction: nn.Sum}.Forward(a.Detach(), b, a.Detach())
	if got := near.Item() / 1e30; math.Abs(got-math.Sqrt2) > 1e-6 {
		t.Errorf("triplet loss %v·10³⁰, not √2·10³⁰", got)
	}
}

// TestSignsAsIntegers checks that the targets of margin losses may be integers.
func TestSignsAsIntegers(t *testing.T) {
	a := tensor.From([]float32{0.5, -1, 2})
	b := tensor.From([]float32{1, 0.5, -1})
	signs := tensor.From([]float32{1, -1, 1})
	for name, f := range map[string]func(signs tensor.Tensor) tensor.Tensor{
		"hinge":   func(s tensor.Tensor) tensor.Tensor { return nn.HingeEmbeddingLoss{}.Forward(a, s) },
		"ranking": func(s tensor.Tensor) tensor.Tensor { return nn.MarginRankingLoss{Margin: 0.5}.Forward(a, b, s) },
		"cosine": func(s tensor.Tensor) tensor.Tensor {
			return nn.CosineEmbeddingLoss{}.Forward(a.Reshape(3, 1), b.Reshape(3, 1), s)
		},
	} {
		want := f(signs).Item()
		for _, dt := range []tensor.DType{tensor.Int64, tensor.Int32} {
			if got := f(signs.Cast(dt)).Item(); got != want {
				t.Errorf("%s with %v: %v, not %v", name, dt, got, want)
			}
		}
		for _, dt := range []tensor.DType{tensor.Bool, tensor.Float64} {
			if tensor.Try(func() { f(signs.Cast(dt)) }) == nil {
				t.Errorf("%s accepts %v targets", name, dt)
			}
		}
	}
}

// TestProbabilities checks that BCE refuses values outside [0, 1], as PyTorch does.
func TestProbabilities(t *testing.T) {
	nan := math.NaN()
	for _, dt := range []tensor.DType{tensor.Float32, tensor.Float64, tensor.Float16} {
		o := tensor.Options{DType: dt}
		for _, p := range []float64{1.5, -0.5, nan, math.Inf(1), math.Inf(-1)} {
			x := tensor.Cat(0, o.Full(0.5, 2), o.Full(p, 1))
			if tensor.Try(func() { nn.BCE(x, o.Full(0.5, 3)) }) == nil {
				t.Errorf("%v: a prediction of %v has a loss", dt, p)
			}
			if tensor.Try(func() { nn.BCE(o.Full(0.5, 3), x) }) == nil {
				t.Errorf("%v: a target of %v has a loss", dt, p)
			}
		}
		edges := tensor.Cat(0, o.Full(math.Copysign(0, -1), 1), o.Zeros(1), o.Ones(1))
		if got := nn.BCE(edges, edges).Item(); got != 0 {
			t.Errorf("%v: the loss at the edges is %v", dt, got)
		}
		nothing := nn.BCELoss{Reduction: nn.Sum}.Forward(o.Zeros(0), o.Zeros(0))
		if got := nothing.Item(); got != 0 {
			t.Errorf("%v: the loss of an empty tensor is %v", dt, got)
		}
	}
}
