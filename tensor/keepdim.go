package tensor

// KeepDim has the reductions of a tensor with PyTorch's keepdim=True: the reduced dimensions stay in the result with
// size 1, so that the result broadcasts against the tensor. [Tensor.KeepDim] returns one.
//
//	x.Sub(x.KeepDim().Mean(-1))
type KeepDim struct{ x Tensor }

// KeepDim returns x's reductions that keep the reduced dimensions. They take the arguments of x's methods of the same
// names.
func (x Tensor) KeepDim() KeepDim {
	x.header()
	return KeepDim{x}
}

// keep puts the reduced dimensions back into the result y.
func (k KeepDim) keep(y Tensor, dims ...int) Tensor {
	shape := k.x.Shape()
	keep, _ := reduced(shape, shape.axes("keepdim", dims))
	if keep == y.Shape() {
		return y
	}
	return y.reshapeUnitDims(keep)
}

// Sum is [Tensor.Sum].
func (k KeepDim) Sum(dims ...int) Tensor { return k.keep(k.x.Sum(dims...), dims...) }

// Mean is [Tensor.Mean].
func (k KeepDim) Mean(dims ...int) Tensor { return k.keep(k.x.Mean(dims...), dims...) }

// Prod is [Tensor.Prod].
func (k KeepDim) Prod(dims ...int) Tensor { return k.keep(k.x.Prod(dims...), dims...) }

// Max is [Tensor.Max].
func (k KeepDim) Max(dims ...int) Tensor { return k.keep(k.x.Max(dims...), dims...) }

// Min is [Tensor.Min].
func (k KeepDim) Min(dims ...int) Tensor { return k.keep(k.x.Min(dims...), dims...) }

// ArgMax is [Tensor.ArgMax].
func (k KeepDim) ArgMax(dim int) Tensor { return k.keep(k.x.ArgMax(dim), dim) }

// ArgMin is [Tensor.ArgMin].
func (k KeepDim) ArgMin(dim int) Tensor { return k.keep(k.x.ArgMin(dim), dim) }

// MaxDim is [Tensor.MaxDim].
func (k KeepDim) MaxDim(dim int) (values, indices Tensor) {
	values, indices = k.x.MaxDim(dim)
	return k.keep(values, dim), k.keep(indices, dim)
}

// MinDim is [Tensor.MinDim].
func (k KeepDim) MinDim(dim int) (values, indices Tensor) {
	values, indices = k.x.MinDim(dim)
	return k.keep(values, dim), k.keep(indices, dim)
}

// Var is [Tensor.Var].
func (k KeepDim) Var(correction int, dims ...int) Tensor {
	return k.keep(k.x.Var(correction, dims...), dims...)
}

// Std is [Tensor.Std].
func (k KeepDim) Std(correction int, dims ...int) Tensor {
	return k.keep(k.x.Std(correction, dims...), dims...)
}

// Norm is [Tensor.Norm].
func (k KeepDim) Norm(p float64, dims ...int) Tensor { return k.keep(k.x.Norm(p, dims...), dims...) }

// LogSumExp is [Tensor.LogSumExp].
func (k KeepDim) LogSumExp(dims ...int) Tensor { return k.keep(k.x.LogSumExp(dims...), dims...) }

// Any is [Tensor.Any].
func (k KeepDim) Any(dims ...int) Tensor { return k.keep(k.x.Any(dims...), dims...) }

// All is [Tensor.All].
func (k KeepDim) All(dims ...int) Tensor { return k.keep(k.x.All(dims...), dims...) }
