package nn

import (
	"fmt"
	"math"
	"reflect"

	"github.com/lamina-ml/lamina/internal/defaults"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// Parametrizations says how a layer computes its weight in each Forward, instead of training it: [AddWeightNorm] and
// [AddSpectralNorm] set it in a Linear, a convolution or a transposed convolution. The keys of the state dict are
// those of torch.nn.utils.parametrizations, such as "parametrizations.weight.original0". A layer of your own has a
// field Weight and a field Parametrizations, and calls Of.
type Parametrizations struct {
	Weight Parametrization
}

// Parametrization computes a weight from other parameters: a *[WeightNorm] or a *[SpectralNorm].
type Parametrization interface {
	// Compute returns the weight, a tensor in x's scope.
	Compute(x tensor.Tensor) tensor.Tensor
	// Original returns the parameter that has the weight's shape.
	Original() tensor.Tensor
}

// Of returns the weight that a layer uses for x: w, or what the parametrization computes. p may be nil.
func (p *Parametrizations) Of(w, x tensor.Tensor) tensor.Tensor {
	if p == nil || p.Weight == nil {
		return w
	}
	return p.Weight.Compute(x)
}

// like returns a tensor of the weight's shape: w, or the parametrization's parameter.
func (p *Parametrizations) like(w tensor.Tensor) tensor.Tensor {
	if p == nil || p.Weight == nil {
		return w
	}
	return p.Weight.Original()
}

// WeightNorm separates a weight's direction v from its length g:
//
//	w = g·v/‖v‖
//
// with a norm for each index of one dimension, or one norm of the whole weight. (https://arxiv.org/abs/1602.07868)
type WeightNorm struct {
	// g, of the weight's shape with 1 for the dimensions over which the norm is taken, or without dimensions for one norm
	Original0 tensor.Tensor
	Original1 tensor.Tensor // v, of the weight's shape
}

// AddWeightNorm makes a layer compute its weight by a [WeightNorm] with a norm for each index of dimension dim; 0 is
// PyTorch's default. As in PyTorch, −1 is not the last dimension: it means one norm of the whole weight, PyTorch's
// dim=None. Create the optimizer afterwards. It panics for a layer without the fields Weight and Parametrizations.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.parametrizations.weight_norm.html)
func AddWeightNorm[L any](layer L, dim int) L {
	weight, p := parametrized("weight_norm", layer)
	v := weight.Keep()
	if r := v.Rank(); dim < -r || dim >= r {
		fail("weight_norm", layer, fmt.Sprintf("dimension %d does not exist", dim), v.Shape())
	}
	g := v.Norm(2)
	if dim != -1 {
		g = v.KeepDim().Norm(2, others(v.Rank(), dim)...)
	}
	*p = &Parametrizations{&WeightNorm{Original0: g.SetRequiresGrad(true), Original1: v.SetRequiresGrad(true)}}
	*weight = tensor.Tensor{}
	return layer
}

// others returns all dimensions but one.
func others(rank, dim int) (dims []int) {
	for i := range rank {
		if i != (dim+rank)%rank {
			dims = append(dims, i)
		}
	}
	return dims
}

// Compute returns g·v/‖v‖.
func (n *WeightNorm) Compute(x tensor.Tensor) tensor.Tensor {
	g, v := n.Original0.InScopeOf(x), n.Original1.InScopeOf(x)
	if g.Rank() == 0 {
		return v.Mul(g.Div(v.Norm(2)))
	}
	var dims [tensor.MaxRank]int // over which the norm is taken
	k := 0
	for i := range v.Rank() {
		if g.Dim(i) == 1 {
			dims[k] = i
			k++
		}
	}
	if k == 0 {
		return v.Sign().Mul(g)
	}
	return v.Mul(g.Div(v.KeepDim().Norm(2, dims[:k]...)))
}

// Original returns v.
func (n *WeightNorm) Original() tensor.Tensor { return n.Original1 }

// SpectralNorm divides a weight by its largest singular value σ, so that the layer's Lipschitz constant is 1:
//
//	w = W/σ, σ ≈ uᵀ·W·v
//
// The vectors u and v come closer to the singular vectors by Iterations steps of the power method in each Forward in
// training mode. W is the weight as a matrix whose rows are the indices of dimension Dim.
// (https://arxiv.org/abs/1802.05957)
type SpectralNorm struct {
	Mode
	Weight  tensor.Tensor    `nn:"original"`
	Vectors *SpectralVectors `nn:"0"`

	Dim        int
	Iterations int     // 0 means 1
	Eps        float64 // the least length by which a vector is divided; 0 means 1e-12
}

// SpectralVectors are the approximate singular vectors of a [SpectralNorm].
type SpectralVectors struct {
	U tensor.Tensor `nn:"_u,buffer"` // (rows,)
	V tensor.Tensor `nn:"_v,buffer"` // (columns,)
}

// AddSpectralNorm makes a layer compute its weight by a [SpectralNorm], whose first vectors are drawn from g.
// Dimension 0 is PyTorch's default, and 1 that of transposed convolutions. Create the optimizer afterwards. It panics
// for a layer without the fields Weight and Parametrizations.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.parametrizations.spectral_norm.html)
func AddSpectralNorm[L any](g *rng.Torch, layer L, dim int) L {
	const op = "spectral_norm"
	checkGenerator(op, g)
	weight, p := parametrized(op, layer)
	w := weight.Keep()
	if r := w.Rank(); r < 2 || dim < -r || dim >= r {
		fail(op, layer, fmt.Sprintf("the weight must have two dimensions or more, and dimension %d", dim), w.Shape())
	}
	n := &SpectralNorm{Weight: w.SetRequiresGrad(true), Dim: (dim + w.Rank()) % w.Rank()}
	m := n.matrix(w.Detach())
	o := tensor.Options{DType: w.DType(), Device: w.Device()}
	n.Vectors = &SpectralVectors{n.unit(o.RandN(g, m.Dim(0))).Keep(), n.unit(o.RandN(g, m.Dim(1))).Keep()}
	n.iterate(m, 15+1) // PyTorch computes the weight once more when it registers the norm
	*p = &Parametrizations{n}
	*weight = tensor.Tensor{}
	return layer
}

// matrix returns w as a matrix whose rows are the indices of Dim.
func (n *SpectralNorm) matrix(w tensor.Tensor) tensor.Tensor {
	if n.Dim != 0 {
		w = w.Permute(append([]int{n.Dim}, others(w.Rank(), n.Dim)...)...)
	}
	return w.Flatten(1)
}

// unit returns x divided by its length.
func (n *SpectralNorm) unit(x tensor.Tensor) tensor.Tensor {
	return x.Div(x.Norm(2).Clamp(defaults.Float(n.Eps, 1e-12), math.Inf(1)))
}

// iterate makes steps of the power method.
func (n *SpectralNorm) iterate(m tensor.Tensor, steps int) {
	for range steps {
		n.Vectors.U.CopyFrom(n.unit(m.MatMul(n.Vectors.V)))
		n.Vectors.V.CopyFrom(n.unit(m.T().MatMul(n.Vectors.U)))
	}
}

// Compute returns W/σ.
func (n *SpectralNorm) Compute(x tensor.Tensor) tensor.Tensor {
	w := n.Weight.InScopeOf(x)
	m := n.matrix(w)
	if n.Training() {
		n.iterate(m.Detach(), defaults.Int(n.Iterations, 1))
	}
	// Copies, because the next Forward changes the vectors.
	u, v := n.Vectors.U.InScopeOf(x).Clone(), n.Vectors.V.InScopeOf(x).Clone()
	return w.Div(u.Dot(m.MatMul(v)))
}

// Original returns W.
func (n *SpectralNorm) Original() tensor.Tensor { return n.Weight }

// RemoveParametrizations gives a layer the weight that it would compute, and removes what it was computed from.
// Create the optimizer afterwards.
func RemoveParametrizations[L any](layer L) L {
	weight, p := fieldsOfWeight("remove_parametrizations", layer)
	if *p == nil {
		fail("remove_parametrizations", layer, "the layer has no parametrization")
	}
	w := (*p).Weight
	if m, ok := w.(moder); ok { // no further step of the power method
		defer m.SetTraining(m.Training())
		m.SetTraining(false)
	}
	*weight = w.Compute(w.Original().Detach()).Detach().Keep().SetRequiresGrad(true)
	*p = nil
	return layer
}

// parametrized returns the fields Weight and Parametrizations of a layer whose weight is still its own.
func parametrized(op string, layer any) (weight *tensor.Tensor, p **Parametrizations) {
	weight, p = fieldsOfWeight(op, layer)
	if *p != nil || !weight.Defined() {
		fail(op, layer, "the layer has a parametrization already, or no weight")
	}
	return weight, p
}

func fieldsOfWeight(op string, layer any) (weight *tensor.Tensor, p **Parametrizations) {
	if v := reflect.ValueOf(layer); v.Kind() == reflect.Pointer && !v.IsNil() && v.Elem().Kind() == reflect.Struct {
		for _, name := range [...]string{"Weight", "Parametrizations"} {
			f := v.Elem().FieldByName(name)
			if !f.IsValid() || !f.CanAddr() {
				continue
			}
			switch at := f.Addr().Interface().(type) {
			case *tensor.Tensor:
				weight = at
			case **Parametrizations:
				p = at
			}
		}
	}
	if weight == nil || p == nil {
		fail(op, layer, fmt.Sprintf("%T has no fields Weight and Parametrizations: parametrize a Linear or a convolution", layer))
	}
	return weight, p
}
