package nn

import (
	"github.com/lamina-ml/lamina/internal/defaults"
	"github.com/lamina-ml/lamina/tensor"
)

// LayerNorm normalizes the last dimensions of each sample to mean 0 and variance 1, then applies a learned scale and
// shift:
//
//	y = (x − E[x])/√(Var[x] + ε)·γ + β        (…, shape) → (…, shape)
//
// Mean and (biased) variance are taken over the last dimensions. (https://arxiv.org/abs/1607.06450)
type LayerNorm struct {
	Weight tensor.Tensor // γ, of the normalized shape; undefined if the layer has no scale
	Bias   tensor.Tensor // β, of the normalized shape; undefined if the layer has no shift
	Shape  tensor.Shape  // the normalized shape, the last dimensions; the zero value means γ's shape
	Eps    float64       // ε; 0 means 1e-5
}

// LayerNormConfig holds the options of a LayerNorm. The zero value is PyTorch's default.
type LayerNormConfig struct {
	Eps      float64 // 0 means 1e-5
	NoAffine bool    // neither scale nor shift
	NoBias   bool    // no shift
	DType    tensor.DType
}

// NewLayerNorm returns a layer that normalizes over the last dimensions, which have the sizes dims. γ is 1 and β is 0.
func NewLayerNorm(dims ...int) *LayerNorm { return LayerNormConfig{}.New(dims...) }

// New returns a layer that normalizes over the last dimensions; see [NewLayerNorm].
func (c LayerNormConfig) New(dims ...int) *LayerNorm {
	l := &LayerNorm{Shape: normalized("layer_norm", dims), Eps: c.Eps}
	o := tensor.Options{DType: c.DType}
	if !c.NoAffine {
		l.Weight = o.Ones(dims...).SetRequiresGrad(true)
		if !c.NoBias {
			l.Bias = o.Zeros(dims...).SetRequiresGrad(true)
		}
	}
	return l
}

func normalized(op string, dims []int) tensor.Shape {
	if len(dims) == 0 {
		fail(op, nil, "at least one dimension to normalize over is required")
	}
	for _, d := range dims {
		checkSize(op, "a dimension", d)
	}
	return tensor.ShapeOf(dims...)
}

// Forward returns the normalized x. It panics if x's last dimensions are not the layer's normalized shape.
func (l *LayerNorm) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	return Report(l, x, tensor.LayerNorm(x, shapeOr(l.Shape, l.Weight), l.Weight, l.Bias, defaults.Float(l.Eps, 1e-5)))
}

// RMSNorm divides each sample's last dimensions by their root mean square, then applies a learned scale:
//
//	y = x/√(mean(x²) + ε)·γ        (…, shape) → (…, shape)
//
// (https://arxiv.org/abs/1910.07467)
type RMSNorm struct {
	Weight tensor.Tensor // γ, of the normalized shape; undefined if the layer has no scale
	Shape  tensor.Shape  // the normalized shape, the last dimensions; the zero value means γ's shape
	Eps    float64       // ε; 0 means the machine epsilon of x's type (of float32 for 16-bit floats)
}

// RMSNormConfig holds the options of an RMSNorm. The zero value is PyTorch's default.
type RMSNormConfig struct {
	Eps      float64 // 0 means the machine epsilon of the input's type
	NoAffine bool    // no scale
	DType    tensor.DType
}

// NewRMSNorm returns a layer that normalizes over the last dimensions, which have the sizes dims. γ is 1.
func NewRMSNorm(dims ...int) *RMSNorm { return RMSNormConfig{}.New(dims...) }

// New returns a layer that normalizes over the last dimensions; see [NewRMSNorm].
func (c RMSNormConfig) New(dims ...int) *RMSNorm {
	l := &RMSNorm{Shape: normalized("rms_norm", dims), Eps: c.Eps}
	if !c.NoAffine {
		l.Weight = tensor.Options{DType: c.DType}.Ones(dims...).SetRequiresGrad(true)
	}
	return l
}

// machineEps returns the distance from 1 to the next number of the type in which the norm is computed, float32 for
// 16-bit floats.
func machineEps(dt tensor.DType) float64 {
	if dt == tensor.Float64 {
		return 0x1p-52
	}
	return 0x1p-23
}

// Forward returns the normalized x. It panics if x's last dimensions are not the layer's normalized shape.
func (l *RMSNorm) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	return Report(l, x, tensor.RMSNorm(x, shapeOr(l.Shape, l.Weight), l.Weight,
		defaults.Float(l.Eps, machineEps(x.DType()))))
}
