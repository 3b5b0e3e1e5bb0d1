package nn

import (
	"fmt"

	"github.com/lamina-ml/lamina/internal/defaults"
	"github.com/lamina-ml/lamina/tensor"
)

// LeakyReLU is max(αx, x), elementwise.
type LeakyReLU struct {
	NegativeSlope float64 // α; 0 means PyTorch's 0.01
}

// Forward returns x if x > 0, else αx, elementwise.
func (l *LeakyReLU) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	return Report(l, x, x.LeakyReLU(defaults.Float(l.NegativeSlope, 0.01)))
}

// PReLU is a leaky ReLU with a learned slope: one for all elements, or one per channel (dimension 1).
// (https://arxiv.org/abs/1502.01852)
type PReLU struct {
	Weight tensor.Tensor // (channels,) or (1,)
}

// NewPReLU returns a layer with the given number of slopes, each 0.25.
func NewPReLU(channels int) *PReLU {
	checkSize("prelu", "channels", channels)
	return &PReLU{tensor.Full(0.25, channels).SetRequiresGrad(true)}
}

// Forward returns x if x > 0, else w·x, elementwise. It panics if the number of slopes is neither 1 nor x's number of
// channels.
func (l *PReLU) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	checkWeighted("prelu", l, l.Weight)
	if l.Weight.DType() != x.DType() {
		fail("prelu", l, fmt.Sprintf("the input is %s, the weight %s", x.DType(), l.Weight.DType()), x.Shape(),
			l.Weight.Shape())
	}
	if n := l.Weight.Len(); n != 1 && (x.Rank() < 2 || x.Dim(1) != n) {
		fail("prelu", l, "the weight must have 1 element, or one per channel (dimension 1)", x.Shape(),
			l.Weight.Shape())
	}
	return Report(l, x, x.PReLU(l.Weight))
}

// ELU is x if x > 0, else α(eˣ − 1). (https://arxiv.org/abs/1511.07289)
type ELU struct {
	Alpha float64 // 0 means 1
}

// Forward returns the function, elementwise.
func (l *ELU) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	return Report(l, x, x.ELU(defaults.Float(l.Alpha, 1)))
}

// SELU is a scaled ELU whose constants keep mean 0 and variance 1 from layer to layer.
// (https://arxiv.org/abs/1706.02515)
type SELU struct{ _ byte }

// Forward returns the function, elementwise.
func (l *SELU) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	return Report(l, x, x.SELU())
}

// CELU is x if x > 0, else α(e^(x/α) − 1). (https://arxiv.org/abs/1704.07483)
type CELU struct {
	Alpha float64 // 0 means 1
}

// Forward returns the function, elementwise.
func (l *CELU) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	return Report(l, x, x.CELU(defaults.Float(l.Alpha, 1)))
}

// GELU is x·Φ(x), with Φ the standard normal distribution function. (https://arxiv.org/abs/1606.08415)
type GELU struct {
	Tanh bool // the approximation by tanh, PyTorch's approximate="tanh"
}

// Forward returns the function, elementwise.
func (l *GELU) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	if l.Tanh {
		return Report(l, x, x.GELUTanh())
	}
	return Report(l, x, x.GELU())
}

// SiLU is x·σ(x), also known as swish. (https://arxiv.org/abs/1702.03118)
type SiLU struct{ _ byte }

// Forward returns the function, elementwise.
func (l *SiLU) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	return Report(l, x, x.SiLU())
}

// Mish is x·tanh(log(1 + eˣ)). (https://arxiv.org/abs/1908.08681)
type Mish struct{ _ byte }

// Forward returns the function, elementwise.
func (l *Mish) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	return Report(l, x, x.Mish())
}

// Softplus is log(1 + e^βx)/β, or x if βx is above the threshold.
type Softplus struct {
	Beta      float64 // 0 means 1
	Threshold float64 // 0 means 20
}

// Forward returns the function, elementwise.
func (l *Softplus) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	return Report(l, x, x.Softplus(defaults.Float(l.Beta, 1), defaults.Float(l.Threshold, 20)))
}

// Softsign is x/(1 + |x|).
type Softsign struct{ _ byte }

// Forward returns the function, elementwise.
func (l *Softsign) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	return Report(l, x, x.Softsign())
}

// Hardtanh is x clamped to [Min, Max]. With Min = [Zero] and Max = 6 it is ReLU6.
type Hardtanh struct {
	Min float64 // 0 means −1
	Max float64 // 0 means 1
}

// Forward returns the function, elementwise.
func (l *Hardtanh) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	lo, hi := l.limits()
	return Report(l, x, x.Hardtanh(lo, hi))
}

func (l *Hardtanh) limits() (lo, hi float64) {
	return defaults.Float(l.Min, -1), defaults.Float(l.Max, 1)
}

// Hardshrink is 0 where |x| ≤ λ, and x elsewhere.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.Hardshrink.html)
type Hardshrink struct {
	Lambda float64 // λ; 0 means PyTorch's 0.5
}

// Forward returns the function, elementwise.
func (l *Hardshrink) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	return Report(l, x, x.Hardshrink(defaults.Float(l.Lambda, 0.5)))
}

// Hardswish is x·min(max(x + 3, 0), 6)/6. (https://arxiv.org/abs/1905.02244)
type Hardswish struct{ _ byte }

// Forward returns the function, elementwise.
func (l *Hardswish) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	return Report(l, x, x.Hardswish())
}

// Hardsigmoid is min(max(x + 3, 0), 6)/6. (https://docs.pytorch.org/docs/stable/generated/torch.nn.Hardsigmoid.html)
type Hardsigmoid struct{ _ byte }

// Forward returns the function, elementwise.
func (l *Hardsigmoid) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	return Report(l, x, x.Hardsigmoid())
}

// LogSigmoid is log σ(x).
type LogSigmoid struct{ _ byte }

// Forward returns the function, elementwise.
func (l *LogSigmoid) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	return Report(l, x, x.LogSigmoid())
}

// Softmax is e^xᵢ/Σⱼ e^xⱼ along a dimension. The results are between 0 and 1 and sum to 1.
type Softmax struct {
	Dim int // negative counts from the end
}

// Forward returns the softmax of x.
func (l *Softmax) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	return Report(l, x, x.Softmax(l.Dim))
}

// LogSoftmax is the logarithm of Softmax.
type LogSoftmax struct {
	Dim int // negative counts from the end
}

// Forward returns the logarithm of the softmax of x.
func (l *LogSoftmax) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	return Report(l, x, x.LogSoftmax(l.Dim))
}

// Softmin is Softmax of −x.
type Softmin struct {
	Dim int // negative counts from the end
}

// Forward returns the softmax of −x.
func (l *Softmin) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	return Report(l, x, x.Neg().Softmax(l.Dim))
}

// GLU splits its input along a dimension into halves a and b, and returns a·σ(b). (https://arxiv.org/abs/1612.08083)
type GLU struct {
	Dim int // 0 is the first dimension; PyTorch's default is −1, the last
}

// Forward returns a·σ(b). It panics if the size of the dimension is odd.
func (l *GLU) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	return Report(l, x, x.GLU(l.Dim))
}

// Identity returns its input. It is a placeholder for a layer.
type Identity struct{ _ byte }

// Forward returns x.
func (l *Identity) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	return Report(l, x, x)
}
