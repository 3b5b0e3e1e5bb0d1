package nn

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// Linear is the affine layer
//
//	y = x·Wᵀ + b        (…, in) → (…, out)
//
// as https://docs.pytorch.org/docs/stable/generated/torch.nn.Linear.html has it.
type Linear struct {
	Weight tensor.Tensor // (out, in)
	Bias   tensor.Tensor // (out,); no tensor where the layer has none
}

// LinearConfig says how a Linear differs from PyTorch's default, which is the zero value.
type LinearConfig struct {
	NoBias bool
	DType  tensor.DType
}

// NewLinear returns a layer for in inputs and out outputs. Weight and bias are drawn from g, uniform within ±1/√in, as after
// torch.manual_seed PyTorch draws them.
func NewLinear(g *rng.Torch, in, out int) *Linear { return LinearConfig{}.New(g, in, out) }

// New returns a layer for in inputs and out outputs; see [NewLinear].
func (c LinearConfig) New(g *rng.Torch, in, out int) *Linear {
	checkGenerator("linear", g)
	o := tensor.Options{DType: c.DType}
	l := &Linear{Weight: symmetric(g, o, kaimingBound(in, math.Sqrt(5)), out, in)}
	if !c.NoBias {
		bound := 0.0
		if in > 0 {
			bound = 1 / math.Sqrt(float64(in))
		}
		l.Bias = symmetric(g, o, bound, out)
	}
	return l
}

// symmetric returns a parameter of numbers drawn from g, uniform within ±bound.
func symmetric(g *rng.Torch, o tensor.Options, bound float64, dims ...int) tensor.Tensor {
	return o.Uniform(g, -bound, bound, dims...).RequireGrad()
}

// kaimingBound returns the bound of He's uniform initialisation for a leaky ReLU of slope a, √(6/((1+a²)·fanIn)), rounded as
// PyTorch rounds it. (https://arxiv.org/abs/1502.01852)
func kaimingBound(fanIn int, a float64) float64 {
	if fanIn == 0 {
		return 0
	}
	gain := math.Sqrt(2 / (1 + float64(a*a)))
	std := gain / math.Sqrt(float64(fanIn))
	return math.Sqrt(3) * std
}

// Forward returns x·Wᵀ + b. It panics where x's last dimension is not in.
func (l *Linear) Forward(x tensor.Tensor) tensor.Tensor { return Report(l, x, l.forward(x, false)) }

// forward computes the layer and, with relu, max(·, 0) of it in the same pass.
func (l *Linear) forward(x tensor.Tensor, relu bool) tensor.Tensor {
	defer inLayer(l)
	checkWeighted("linear", l, l.Weight)
	if l.Weight.Rank() != 2 {
		fail("linear", l, "the weight is no matrix", l.Weight.Shape())
	}
	if x.Rank() == 0 || x.Dim(-1) != l.Weight.Dim(1) {
		fail("linear", l, "the input's last dimension is not the weight's", x.Shape(), l.Weight.Shape())
	}
	if x.DType() != l.Weight.DType() {
		fail("linear", l, fmt.Sprintf("the input is %s, the weight %s", x.DType(), l.Weight.DType()), x.Shape(), l.Weight.Shape())
	}
	if b := l.Bias; b.Defined() && (b.Rank() != 1 || b.Dim(0) != l.Weight.Dim(0) || b.DType() != l.Weight.DType()) {
		fail("linear", l, fmt.Sprintf("a %s bias does not fit the %s weight", b.DType(), l.Weight.DType()), b.Shape(), l.Weight.Shape())
	}
	if _, ok := x.Device().Impl().(device.Linearer); !ok {
		return l.composite(x, relu)
	}
	if x.Rank() != 2 {
		x = x.Contiguous()
	}
	if !l.Bias.Defined() {
		return tensor.Apply2(linear{relu: relu}, x, l.Weight)
	}
	return tensor.Apply3(affine{linear{relu: relu}}, x, l.Weight, rowOf(l.Bias, x))
}

// composite is forward by the ops of package tensor: fallback and oracle.
func (l *Linear) composite(x tensor.Tensor, relu bool) tensor.Tensor {
	y := x.MatMul(l.Weight.T())
	if l.Bias.Defined() {
		y = y.Add(l.Bias)
	}
	if relu {
		y = y.ReLU()
	}
	return y
}

// MultiplyAdds returns how many products Forward adds up.
func (l *Linear) MultiplyAdds(inputs, outputs []tensor.Shape) int {
	return outputs[0].Size() * l.Weight.Dim(1)
}

// linear is y = x·Wᵀ, and with relu max(y, 0).
type linear struct{ relu bool }

func (o linear) Forward(s *tensor.Scope, x, w tensor.Tensor) tensor.Tensor {
	y := emptyLinear(s, x, w)
	x.Device().Impl().(device.Linearer).Linear(y.Array(), x.Array(), w.Array(), nil, o.relu, device.Precision(s.Float32MatmulPrecision()))
	return y
}

// Backward returns dx = dy·W and dW = dyᵀ·x.
func (o linear) Backward(x, w, y, dy tensor.Tensor) (dx, dw tensor.Tensor) {
	dx, dw, _ = o.backward(x, w, y, dy)
	return dx, dw
}

// backward returns the gradients of x and w, and that of y before relu as a matrix.
func (o linear) backward(x, w, y, dy tensor.Tensor) (dx, dw, dz tensor.Tensor) {
	if o.relu {
		dy = tensor.ConsumeReLUGrad(dy, y)
	}
	rows := x
	if x.Rank() != 2 { // the dimensions before the last are all rows
		n := 1
		for i := range x.Rank() - 1 {
			n *= x.Dim(i)
		}
		dy, rows = dy.Reshape(n, w.Dim(0)), x.Reshape(n, w.Dim(1))
	}
	if x.NeedsGrad() {
		dx = dy.MatMul(w).ReshapeTo(x.Shape())
	}
	if w.NeedsGrad() {
		dw = dy.T().MatMul(rows)
	}
	return dx, dw, dy
}

func emptyLinear(s *tensor.Scope, x, w tensor.Tensor) tensor.Tensor {
	return s.Empty(x, x.DType(), x.Shape().With(-1, w.Dim(0)))
}

// affine is linear with a bias.
type affine struct{ linear }

func (o affine) Forward(s *tensor.Scope, x, w, b tensor.Tensor) tensor.Tensor {
	y := emptyLinear(s, x, w)
	x.Device().Impl().(device.Linearer).Linear(y.Array(), x.Array(), w.Array(), b.Array(), o.relu, device.Precision(s.Float32MatmulPrecision()))
	return y
}

// Backward returns linear's gradients and db = Σ dy over all rows.
func (o affine) Backward(x, w, b, y, dy tensor.Tensor) (dx, dw, db tensor.Tensor) {
	dx, dw, dy = o.linear.backward(x, w, y, dy)
	if b.NeedsGrad() {
		db = dy.Sum(0)
	}
	return dx, dw, db
}
