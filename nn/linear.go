package nn

import (
	"math"

	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// Linear is the fully connected layer
//
//	y = x·Wᵀ + b        (…, in) → (…, out)
//
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.Linear.html)
type Linear struct {
	Weight tensor.Tensor // (out, in)
	Bias   tensor.Tensor // (out,); undefined if the layer has no bias

	Parametrizations *Parametrizations // how Weight is computed, instead of trained; nil: it is not
	LoRA             *LoRA             `nn:",inline"` // what [AddLoRA] adds to x·Wᵀ; nil: nothing

	Activation tensor.Activation // computed in the same pass; the zero value is none
}

// LinearConfig holds the options of a Linear. The zero value is PyTorch's default.
type LinearConfig struct {
	NoBias     bool
	Activation tensor.Activation // computed in the same pass, such as tensor.ReLU
	DType      tensor.DType
}

// NewLinear returns a layer with in inputs and out outputs. Weight and bias are drawn from g, uniform in ±1/√in. The
// values are those of PyTorch after torch.manual_seed.
func NewLinear(g *rng.Torch, in, out int) *Linear { return LinearConfig{}.New(g, in, out) }

// New returns a layer with in inputs and out outputs; see [NewLinear].
func (c LinearConfig) New(g *rng.Torch, in, out int) *Linear {
	checkGenerator("linear", g)
	checkSize("linear", "in", in)
	checkSize("linear", "out", out)
	o := tensor.Options{DType: c.DType}
	l := &Linear{Weight: symmetric(g, o, kaimingBound(in, math.Sqrt(5)), out, in), Activation: c.Activation}
	if !c.NoBias {
		bound := 0.0
		if in > 0 {
			bound = 1 / math.Sqrt(float64(in))
		}
		l.Bias = symmetric(g, o, bound, out)
	}
	return l
}

// symmetric returns a parameter drawn from g, uniform in ±bound.
func symmetric(g *rng.Torch, o tensor.Options, bound float64, dims ...int) tensor.Tensor {
	return o.Uniform(g, -bound, bound, dims...).SetRequiresGrad(true)
}

// kaimingBound returns the bound √(6/((1+a²)·fanIn)) of Kaiming's uniform initialization for a leaky ReLU of slope a,
// rounded as in PyTorch. (https://arxiv.org/abs/1502.01852)
func kaimingBound(fanIn int, a float64) float64 {
	if fanIn == 0 {
		return 0
	}
	gain := math.Sqrt(2 / (1 + float64(a*a)))
	std := gain / math.Sqrt(float64(fanIn))
	return math.Sqrt(3) * std
}

// Forward returns the activation of x·Wᵀ + b. It panics if x's last dimension is not in.
func (l *Linear) Forward(x tensor.Tensor) tensor.Tensor {
	return Report(l, x, l.forward(x, tensor.NoActivation))
}

func (l *Linear) fuses() bool { return l != nil && l.Activation == tensor.NoActivation }

// forward computes the layer with its activation, or with act if it has none.
func (l *Linear) forward(x tensor.Tensor, act tensor.Activation) tensor.Tensor {
	defer InLayer(l)
	w := l.Parametrizations.Of(l.Weight, x)
	checkWeighted("linear", l, w)
	if l.Activation != tensor.NoActivation {
		act = l.Activation
	}
	if l.LoRA == nil {
		return tensor.Linear(x, w, l.Bias, act)
	}
	y := l.LoRA.Add(x, tensor.Linear(x, w, l.Bias, tensor.NoActivation))
	if act == tensor.ReLU {
		y = y.ReLU()
	}
	return y
}

// Adapter returns the place of the LoRA, and the weight (out, in).
func (l *Linear) Adapter() (at **LoRA, weight tensor.Tensor) {
	return &l.LoRA, l.Parametrizations.like(l.Weight)
}

// MultiplyAdds returns the number of multiply-adds of Forward.
func (l *Linear) MultiplyAdds(inputs, outputs []tensor.Shape) int {
	out, in := outputs[0].Size(), l.Parametrizations.like(l.Weight).Dim(1)
	if l.LoRA == nil {
		return out * in
	}
	return out*in + (inputs[0].Size()+out)*l.LoRA.Rank()
}
