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

// attrs are arguments by PyTorch's names.
type attrs map[string]any

func (a attrs) float(k string) float64 {
	v, _ := a[k].(float64)
	return v
}

func (a attrs) int(k string) *int {
	v, ok := a[k].(float64)
	if !ok {
		return nil
	}
	i := int(v)
	return &i
}

func (a attrs) reduction() nn.Reduction {
	return map[any]nn.Reduction{nil: nn.Mean, "mean": nn.Mean, "sum": nn.Sum, "none": nn.None}[a["reduction"]]
}

// setting returns the attribute k for a layer's field: nn.Zero for 0.
func (a attrs) setting(k string) float64 {
	if v := a.float(k); v != 0 || a[k] == nil {
		return v
	}
	return nn.Zero
}

// more computes a case of nn_more.py. It returns an undefined tensor for an unknown name.
func more(name string, a attrs, x []tensor.Tensor) tensor.Tensor {
	optional := func(i int) tensor.Tensor {
		if i < len(x) {
			return x[i]
		}
		return tensor.Tensor{}
	}
	dim := int(a.float("dim"))
	layers := map[string]nn.Module{
		"LeakyReLU": &nn.LeakyReLU{NegativeSlope: a.float("negative_slope")}, "ELU": &nn.ELU{Alpha: a.float("alpha")}, "SELU": &nn.SELU{},
		"CELU": &nn.CELU{Alpha: a.float("alpha")}, "GELU": &nn.GELU{Tanh: a["approximate"] == "tanh"},
		"SiLU": &nn.SiLU{}, "Mish": &nn.Mish{},
		"Softplus": &nn.Softplus{Beta: a.float("beta"), Threshold: a.float("threshold")}, "Softsign": &nn.Softsign{},
		"Hardtanh": &nn.Hardtanh{Min: a.setting("min_val"), Max: a.float("max_val")}, "Hardswish": &nn.Hardswish{},
		"Hardshrink": &nn.Hardshrink{Lambda: a.float("lambd")}, "LogSigmoid": &nn.LogSigmoid{},
		"Softmax": &nn.Softmax{Dim: dim}, "LogSoftmax": &nn.LogSoftmax{Dim: dim}, "Softmin": &nn.Softmin{Dim: dim},
		"GLU":      &nn.GLU{Dim: dim},
		"Identity": &nn.Identity{}, "PReLU": &nn.PReLU{Weight: optional(1)},
	}
	if l := layers[name]; l != nil {
		return l.Forward(x[0])
	}
	dims := func() []int { s := x[0].Shape().Dims(); return s[len(s)-int(a.float("dims")):] }
	r, margin := a.reduction(), a.float("margin")
	switch name {
	case "Embedding":
		l := &nn.Embedding{Weight: x[0], PaddingIndex: a.int("padding_idx")}
		return l.Forward(x[1])
	case "LayerNorm":
		l := nn.LayerNormConfig{Eps: a.float("eps")}.New(dims()...)
		l.Weight, l.Bias = optional(1), optional(2)
		return l.Forward(x[0])
	case "RMSNorm":
		l := nn.RMSNormConfig{Eps: a.float("eps")}.New(dims()...)
		l.Weight = optional(1)
		return l.Forward(x[0])
	case "Bilinear", "Bilinear without bias":
		return (&nn.Bilinear{Weight: x[2], Bias: optional(3)}).Forward(x[0], x[1])
	case "l1":
		return nn.L1Loss{Reduction: r}.Forward(x[0], x[1])
	case "smooth_l1":
		return nn.SmoothL1Loss{Beta: a.float("beta"), Reduction: r}.Forward(x[0], x[1])
	case "huber":
		return nn.HuberLoss{Delta: a.float("delta"), Reduction: r}.Forward(x[0], x[1])
	case "kl_div":
		return nn.KLDivLoss{LogTarget: a["log_target"] == true, BatchMean: a["per_sample"] == true, Reduction: r}.Forward(x[0], x[1])
	case "hinge_embedding":
		return nn.HingeEmbeddingLoss{Margin: margin, Reduction: r}.Forward(x[0], x[1])
	case "margin_ranking":
		return nn.MarginRankingLoss{Margin: margin, Reduction: r}.Forward(x[0], x[1], x[2])
	case "bce":
		return nn.BCELoss{Weight: x[2], Reduction: r}.Forward(x[0], x[1])
	case "bce_with_logits":
		return nn.BCEWithLogitsLoss{Weight: x[2], PosWeight: x[3], Reduction: r}.Forward(x[0], x[1])
	case "cross_entropy":
		return nn.CrossEntropyLoss{Weight: optional(2), IgnoreIndex: a.int("ignore_index"),
			LabelSmoothing: a.float("label_smoothing"), Reduction: r}.Forward(x[0], x[1])
	case "nll":
		return nn.NLLLoss{Weight: optional(2), IgnoreIndex: a.int("ignore_index"), Reduction: r}.Forward(x[0], x[1])
	case "multi_margin":
		return nn.MultiMarginLoss{Squared: a.float("p") == 2, Margin: margin, Weight: optional(2), Reduction: r}.Forward(x[0], x[1])
	case "cosine_embedding":
		return nn.CosineEmbeddingLoss{Margin: margin, Reduction: r}.Forward(x[0], x[1], x[2])
	case "triplet_margin":
		return nn.TripletMarginLoss{Margin: margin, P: a.float("p"), Eps: a.float("eps"), Swap: a["swap"] == true,
			Reduction: r}.Forward(x[0], x[1], x[2])
	}
	return tensor.Tensor{}
}

func TestInit(t *testing.T) {
	var want struct {
		Init []struct {
			Name   string
			Attrs  attrs
			DType  string
			Shape  []int
			Next   float64
			Digest string
			W      *packed
		}
		Layers [][]string
	}
	golden(t, "init", &want)
	nonlinearities := map[any]nninit.Nonlinearity{"leaky_relu": nninit.LeakyReLU, "relu": nninit.ReLU, "linear": nninit.Linear,
		"sigmoid": nninit.Sigmoid, "tanh": nninit.Tanh, "selu": nninit.SELU}
	for _, c := range want.Init {
		g := rng.NewTorch(5)
		w := tensor.Options{DType: dtypes[c.DType]}.Full(math.NaN(), c.Shape...).SetRequiresGrad(true)
		a := c.Attrs
		kaiming := nninit.Kaiming{FanOut: a["mode"] == "fan_out", Nonlinearity: nonlinearities[a["nonlinearity"]], Slope: a.float("a")}
		map[string]func(){
			"uniform":         func() { nninit.Uniform(g, w, a.float("a"), a.float("b")) },
			"normal":          func() { nninit.Normal(g, w, a.float("mean"), a.float("std")) },
			"trunc_normal":    func() { nninit.TruncatedNormal(g, w, a.float("mean"), a.float("std"), a.float("a"), a.float("b")) },
			"constant":        func() { nninit.Constant(w, a.float("val")) },
			"ones":            func() { nninit.Ones(w) },
			"zeros":           func() { nninit.Zeros(w) },
			"eye":             func() { nninit.Eye(w) },
			"xavier_uniform":  func() { nninit.XavierUniform(g, w, a.float("gain")) },
			"xavier_normal":   func() { nninit.XavierNormal(g, w, a.float("gain")) },
			"kaiming_uniform": func() { nninit.KaimingUniform(g, w, kaiming) },
			"kaiming_normal":  func() { nninit.KaimingNormal(g, w, kaiming) },
			"sparse":          func() { nninit.Sparse(g, w, a.float("sparsity"), a.float("std")) },
			"orthogonal":      func() { nninit.Orthogonal(g, w, a.float("gain")) },
		}[c.Name]()
		if c.W != nil {
			// float64 normals agree to 3 units in the last place, and factors of a matrix to its condition number.
			bound := 3.0
			if c.Name == "orthogonal" {
				bound = 128
			}
			if err := c.W.differs(w, bound); err != nil {
				t.Errorf("%s %s %v %v: %v", c.Name, c.DType, c.Shape, a, err)
			}
		} else if digest(w) != c.Digest {
			t.Errorf("%s %s %v %v differs from PyTorch", c.Name, c.DType, c.Shape, a)
		}
		if next := (tensor.Options{}).Rand(g).Item(); next != c.Next {
			t.Errorf("%s %s %v %v: the generator's next number is %v, want %v", c.Name, c.DType, c.Shape, a, next, c.Next)
		}
	}
	one := 1
	for i, model := range []any{nn.NewEmbedding(rng.NewTorch(3), 10, 3), nn.EmbeddingConfig{PaddingIndex: &one}.New(rng.NewTorch(4), 5, 2),
		nn.NewBilinear(rng.NewTorch(5), 3, 4, 2)} {
		var got []string
		for _, p := range nn.Parameters(model) {
			got = append(got, digest(p))
		}
		if !slices.Equal(got, want.Layers[i]) {
			t.Errorf("%T has other initial values than PyTorch's", model)
		}
	}
}
