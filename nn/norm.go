package nn

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/internal/defaults"
	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/tensor"
)

// LayerNorm gives each sample's last dimensions mean 0 and variance 1, then a learned scale and shift:
//
//	y = (x − E[x])/√(Var[x] + ε)·γ + β        (…, shape) → (…, shape)
//
// Mean and (biased) variance are those over the last dimensions. (https://arxiv.org/abs/1607.06450)
type LayerNorm struct {
	Weight tensor.Tensor // γ, of the normalized shape; no tensor where the layer has none
	Bias   tensor.Tensor // β, likewise
	Shape  tensor.Shape  // the last dimensions, over which the layer normalizes; γ's where it is the zero value
	Eps    float64       // ε; 0 means 1e-5
}

// LayerNormConfig says how a LayerNorm differs from PyTorch's default, which is the zero value.
type LayerNormConfig struct {
	Eps      float64 // 0 means 1e-5
	NoAffine bool    // neither scale nor shift
	NoBias   bool    // no shift
	DType    tensor.DType
}

// NewLayerNorm returns a layer that normalizes over the last dimensions, whose sizes are given; γ is 1 and β 0.
func NewLayerNorm(dims ...int) *LayerNorm { return LayerNormConfig{}.New(dims...) }

// New returns a layer that normalizes over the last dimensions; see [NewLayerNorm].
func (c LayerNormConfig) New(dims ...int) *LayerNorm {
	l := &LayerNorm{Shape: normalized("layer_norm", dims), Eps: c.Eps}
	o := tensor.Options{DType: c.DType}
	if !c.NoAffine {
		l.Weight = o.Ones(dims...).RequireGrad()
		if !c.NoBias {
			l.Bias = o.Zeros(dims...).RequireGrad()
		}
	}
	return l
}

func normalized(op string, dims []int) tensor.Shape {
	if len(dims) == 0 {
		fail(op, nil, "there is no dimension to normalize over")
	}
	return tensor.ShapeOf(dims...)
}

// Forward returns the normalized x. It panics where x's last dimensions are not those of the layer.
func (l *LayerNorm) Forward(x tensor.Tensor) tensor.Tensor {
	defer inLayer(l)
	rows := normRows("layer_norm", l, x, l.Shape, l.Weight, l.Bias).Widen()
	w, b := rowOf(l.Weight, x).Widen(), rowOf(l.Bias, x).Widen()
	o := layerNorm{eps: defaults.Float(l.Eps, 1e-5)}
	var y tensor.Tensor
	if fusedNorm(rows) {
		y = tensor.Apply3(o, rows, w, b)
	} else {
		y = o.Composite(rows, w, b)
	}
	return Report(l, x, y.Cast(x.DType()).ReshapeTo(x.Shape()))
}

// normRows returns x as a matrix whose rows are what is normalized, after checking it.
func normRows(op string, l any, x tensor.Tensor, shape tensor.Shape, weight, bias tensor.Tensor) tensor.Tensor {
	s := x.Shape()
	if shape.Rank() == 0 && weight.Defined() {
		shape = weight.Shape()
	}
	fits := s.Rank() >= shape.Rank() && shape.Rank() > 0
	for i := 1; fits && i <= shape.Rank(); i++ {
		fits = s.Dim(-i) == shape.Dim(-i)
	}
	if !fits {
		fail(op, l, "the input's last dimensions are not the layer's", s, shape)
	}
	if !x.DType().IsFloat() || weight.Defined() && weight.DType() != x.DType() {
		fail(op, l, "the input must have the type of the layer, not "+x.DType().String(), s, shape)
	}
	for _, p := range [...]tensor.Tensor{weight, bias} {
		if p.Defined() && (p.Shape() != shape || p.DType() != x.DType()) {
			fail(op, l, fmt.Sprintf("weight and bias must be %s and of the normalized shape %s, not %s", x.DType(), shape, p.DType()), p.Shape())
		}
	}
	if bias.Defined() && !weight.Defined() {
		fail(op, l, "there is a bias but no weight", bias.Shape())
	}
	rows := 1
	for i := range s.Rank() - shape.Rank() {
		rows *= s.Dim(i)
	}
	return x.Contiguous().Reshape(rows, shape.Size())
}

// rowOf returns a scale or shift as a vector without gaps, in x's scope where it is not one already, so that a step takes all of
// it back.
func rowOf(w, x tensor.Tensor) tensor.Tensor {
	if !w.Defined() || w.Rank() == 1 && w.Array().Dense {
		return w
	}
	return beside(w, x).Flatten(0).Contiguous()
}

// beside returns w in x's scope where it lies on the heap: a step then takes back what is computed from w alone.
func beside(w, x tensor.Tensor) tensor.Tensor {
	if s := x.Scope(); s != nil && w.Scope() == nil {
		return w.In(s)
	}
	return w
}

// fusedNorm reports whether x's device has kernels for norms of its type.
func fusedNorm(x tensor.Tensor) bool {
	_, ok := x.Device().Impl().(device.Normer)
	return ok && (x.DType() == tensor.Float32 || x.DType() == tensor.Float64)
}

// rootMeanSquare returns √(mean(x²) + eps) of each row, as a column.
func rootMeanSquare(x tensor.Tensor, eps float64) tensor.Tensor {
	return withEps(x.DivScalar(math.Sqrt(float64(x.Dim(1)))).Norm(2, 1), eps).Unsqueeze(1)
}

// withEps returns √(length² + eps). No square of a large number overflows: eps is nothing beside it.
func withEps(length tensor.Tensor, eps float64) tensor.Tensor {
	const large = 1e10
	small := length.Clamp(0, large).Square().AddScalar(eps).Sqrt()
	return tensor.Where(length.LessScalar(large), small, length)
}

// layerNorm is the norm of each row of x (rows, n), times γ and plus β, both (n,), where they are there.
type layerNorm struct {
	eps        float64
	mean, rstd tensor.Tensor // of each row, kept for the gradient
}

func (*layerNorm) Optional(i int) bool { return i > 0 }

func (*layerNorm) Saves() tensor.Saved { return tensor.SaveInputs }

// Composite is the same by the ops of package tensor: fallback, oracle, and the gradient's gradient.
func (o *layerNorm) Composite(x, w, b tensor.Tensor) tensor.Tensor {
	x = x.Sub(x.Mean(1).Unsqueeze(1))
	y := x.Div(rootMeanSquare(x, o.eps))
	if w.Defined() {
		y = y.Mul(w)
	}
	if b.Defined() {
		y = y.Add(b)
	}
	return y
}

func (o *layerNorm) Forward(s *tensor.Scope, x, w, b tensor.Tensor) tensor.Tensor {
	y := s.Empty(x, x.DType(), x.Shape())
	o.mean = s.Save(s.Empty(x, x.DType(), tensor.ShapeOf(x.Dim(0))))
	o.rstd = s.Save(s.Empty(x, x.DType(), tensor.ShapeOf(x.Dim(0))))
	x.Device().Impl().(device.Normer).LayerNorm(y.Array(), o.mean.Array(), o.rstd.Array(), x.Array(), w.Array(), b.Array(), o.eps)
	return y
}

// Backward returns, with n = (x − mean)·rstd and d = dy·γ,
//
//	dx = rstd·(d − mean(d) − n·mean(d·n))
//	dγ = Σ dy·n, dβ = Σ dy over all rows
func (o *layerNorm) Backward(x, w, b, y, dy tensor.Tensor) (dx, dw, db tensor.Tensor) {
	dy = dy.Contiguous()
	if x.NeedsGrad() {
		dx = x.NewGrad()
	}
	if w.NeedsGrad() {
		dw = w.NewGrad()
	}
	if dx.Defined() || dw.Defined() {
		x.Device().Impl().(device.Normer).LayerNormGrad(dx.Array(), dw.Array(), dy.Array(), x.Array(), o.mean.Array(), o.rstd.Array(), w.Array())
	}
	if b.NeedsGrad() {
		db = dy.Sum(0)
	}
	return dx, dw, db
}

// RMSNorm divides each sample's last dimensions by their root mean square, then applies a learned scale:
//
//	y = x/√(mean(x²) + ε)·γ        (…, shape) → (…, shape)
//
// (https://arxiv.org/abs/1910.07467)
type RMSNorm struct {
	Weight tensor.Tensor // γ, of the normalized shape; no tensor where the layer has none
	Shape  tensor.Shape  // the last dimensions, over which the layer normalizes; γ's where it is the zero value
	Eps    float64       // ε; 0 means the distance from 1 to the next number of x's type, float32 for 16-bit floats
}

// RMSNormConfig says how an RMSNorm differs from PyTorch's default, which is the zero value.
type RMSNormConfig struct {
	Eps      float64 // 0 means the distance from 1 to the next number of the input's type
	NoAffine bool    // no scale
	DType    tensor.DType
}

// NewRMSNorm returns a layer that normalizes over the last dimensions, whose sizes are given; γ is 1.
func NewRMSNorm(dims ...int) *RMSNorm { return RMSNormConfig{}.New(dims...) }

// New returns a layer that normalizes over the last dimensions; see [NewRMSNorm].
func (c RMSNormConfig) New(dims ...int) *RMSNorm {
	l := &RMSNorm{Shape: normalized("rms_norm", dims), Eps: c.Eps}
	if !c.NoAffine {
		l.Weight = tensor.Options{DType: c.DType}.Ones(dims...).RequireGrad()
	}
	return l
}

// machineEps is the distance from 1 to the next number of the type that is computed in: float32 for 16-bit floats.
func machineEps(dt tensor.DType) float64 {
	if dt == tensor.Float64 {
		return 0x1p-52
	}
	return 0x1p-23
}

// Forward returns the normalized x. It panics where x's last dimensions are not those of the layer.
func (l *RMSNorm) Forward(x tensor.Tensor) tensor.Tensor {
	defer inLayer(l)
	rows := normRows("rms_norm", l, x, l.Shape, l.Weight, tensor.Tensor{}).Widen()
	w := rowOf(l.Weight, x).Widen()
	o := rmsNorm{eps: defaults.Float(l.Eps, machineEps(x.DType()))}
	var y tensor.Tensor
	if fusedNorm(rows) {
		y = tensor.Apply2(o, rows, w)
	} else {
		y = o.Composite(rows, w)
	}
	return Report(l, x, y.Cast(x.DType()).ReshapeTo(x.Shape()))
}

// rmsNorm is each row of x (rows, n) by its root mean square, times γ (n,) where it is there.
type rmsNorm struct {
	eps  float64
	rstd tensor.Tensor // the factor of each row, kept for the gradient
}

func (*rmsNorm) Optional(i int) bool { return i == 1 }

func (*rmsNorm) Saves() tensor.Saved { return tensor.SaveInputs }

// Composite is the same by the ops of package tensor.
func (o *rmsNorm) Composite(x, w tensor.Tensor) tensor.Tensor {
	y := x.Div(rootMeanSquare(x, o.eps))
	if w.Defined() {
		y = y.Mul(w)
	}
	return y
}

func (o *rmsNorm) Forward(s *tensor.Scope, x, w tensor.Tensor) tensor.Tensor {
	y := s.Empty(x, x.DType(), x.Shape())
	o.rstd = s.Save(s.Empty(x, x.DType(), tensor.ShapeOf(x.Dim(0))))
	x.Device().Impl().(device.Normer).RMSNorm(y.Array(), o.rstd.Array(), x.Array(), w.Array(), o.eps)
	return y
}

// Backward returns, with n = x·rstd and d = dy·γ, dx = rstd·(d − n·mean(d·n)) and dγ = Σ dy·n over all rows.
func (o *rmsNorm) Backward(x, w, y, dy tensor.Tensor) (dx, dw tensor.Tensor) {
	if x.NeedsGrad() {
		dx = x.NewGrad()
	}
	if w.NeedsGrad() {
		dw = w.NewGrad()
	}
	if dx.Defined() || dw.Defined() {
		dy = dy.Contiguous()
		x.Device().Impl().(device.Normer).RMSNormGrad(dx.Array(), dw.Array(), dy.Array(), x.Array(), o.rstd.Array(), w.Array())
	}
	return dx, dw
}
