package tensor

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/internal/device"
)

// LayerNorm normalizes the last dimensions of x, whose sizes are shape, to mean 0 and variance 1, then scales and
// shifts:
//
//	y = (x − E[x])/√(Var[x] + eps)·w + b        (…, shape) → (…, shape)
//
// The variance is the biased one. w and b have the given shape and are optional, but b needs w. 16-bit floats are
// computed in float32. It panics if shapes, types or devices do not fit.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.layer_norm.html)
func LayerNorm(x Tensor, shape Shape, w, b Tensor, eps float64) Tensor {
	const op = "layer_norm"
	if b.Defined() && !w.Defined() {
		fail(op, "a bias needs a weight", b.Shape())
	}
	rows, w, b := normInputs(op, x, shape, w, b)
	o := layerNorm{eps: eps}
	var y Tensor
	if hasNorms(rows) {
		y = Apply3(o, rows, w, b)
	} else {
		y = o.Composite(rows, w, b)
	}
	return y.Cast(x.DType()).reshape(x.Shape())
}

// RMSNorm divides the last dimensions of x, whose sizes are shape, by their root mean square, then scales:
//
//	y = x/√(mean(x²) + eps)·w        (…, shape) → (…, shape)
//
// w has the given shape and is optional. 16-bit floats are computed in float32. It panics if shapes, types or devices
// do not fit. (https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.rms_norm.html)
func RMSNorm(x Tensor, shape Shape, w Tensor, eps float64) Tensor {
	rows, w, _ := normInputs("rms_norm", x, shape, w, Tensor{})
	o := rmsNorm{eps: eps}
	var y Tensor
	if hasNorms(rows) {
		y = Apply2(o, rows, w)
	} else {
		y = o.Composite(rows, w)
	}
	return y.Cast(x.DType()).reshape(x.Shape())
}

// normInputs checks the inputs of a norm. It returns x as a matrix whose rows are normalized, and w and b as contiguous
// vectors, all in the type that the norm computes in.
func normInputs(op string, x Tensor, shape Shape, w, b Tensor) (rows, weight, bias Tensor) {
	s := x.Shape()
	fits := s.rank >= shape.rank && shape.rank > 0
	for i := 1; fits && i <= shape.rank; i++ {
		fits = s.Dim(-i) == shape.Dim(-i)
	}
	if !fits {
		fail(op, "the input's last dimensions are not the normalized shape", s, shape)
	}
	if !x.DType().IsFloat() || w.Defined() && w.DType() != x.DType() {
		fail(op, "the input must have the type of the layer, not "+x.DType().String(), s, shape)
	}
	for _, p := range [...]Tensor{w, b} {
		if p.Defined() && (p.Shape() != shape || p.DType() != x.DType()) {
			fail(op, fmt.Sprintf("weight and bias must be %s and of the normalized shape %s, not %s", x.DType(), shape,
				p.DType()), p.Shape())
		}
	}
	n := 1
	for i := range s.rank - shape.rank {
		n *= s.dims[i]
	}
	return x.Contiguous().Reshape(n, shape.Size()).Widen(), vectorOf(w, x).widenIn(x), vectorOf(b, x).widenIn(x)
}

// vectorOf returns p as a contiguous vector. If that needs a copy, the copy belongs to x's scope.
func vectorOf(p, x Tensor) Tensor {
	if !p.Defined() || p.Rank() == 1 && p.h.Contiguous {
		return p
	}
	return p.InScopeOf(x).Flatten(0).Contiguous()
}

// hasNorms reports whether x's device has kernels for norms of its type.
func hasNorms(x Tensor) bool {
	_, ok := x.h.store.dev.(device.Normer)
	return ok && (x.DType() == Float32 || x.DType() == Float64)
}

// rootMeanSquare returns √(mean(x²) + eps) of each row, as a column.
func rootMeanSquare(x Tensor, eps float64) Tensor {
	return withEps(x.DivScalar(math.Sqrt(float64(x.Dim(1)))).Norm(2, 1), eps).Unsqueeze(1)
}

// withEps returns √(length² + eps). A large length is returned unchanged: its square could overflow, and eps does not
// change it.
func withEps(length Tensor, eps float64) Tensor {
	const large = 1e10
	small := length.Clamp(0, large).Square().AddScalar(eps).Sqrt()
	return Where(length.LessScalar(large), small, length)
}

// layerNorm normalizes each row of x (rows, n), then multiplies by w and adds b, both (n,).
type layerNorm struct {
	SavesInputs
	eps        float64
	mean, rstd Tensor // (rows,)
}

func (*layerNorm) Optional(i int) bool { return i > 0 }

// Composite computes the same by ops.
func (o *layerNorm) Composite(x, w, b Tensor) Tensor {
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

func (o *layerNorm) Forward(s *Scope, x, w, b Tensor) Tensor {
	y := s.NewEmpty(x, x.DType(), x.Shape())
	o.mean = s.Save(s.NewEmpty(x, x.DType(), ShapeOf(x.Dim(0))))
	o.rstd = s.Save(s.NewEmpty(x, x.DType(), ShapeOf(x.Dim(0))))
	x.h.store.dev.(device.Normer).LayerNorm(y.array(), o.mean.array(), o.rstd.array(), x.array(), w.array(), b.array(),
		o.eps)
	return y
}

// Backward returns, with n = (x − mean)·rstd and d = dy·w,
//
//	dx = rstd·(d − mean(d) − n·mean(d·n))
//	dw = Σ dy·n, db = Σ dy over all rows
func (o *layerNorm) Backward(x, w, b, y, dy Tensor) (dx, dw, db Tensor) {
	dy = dy.Contiguous()
	if x.NeedsGrad() {
		dx = x.NewGrad()
	}
	if w.NeedsGrad() {
		dw = w.NewGrad()
	}
	if dx.Defined() || dw.Defined() {
		kernels := x.h.store.dev.(device.Normer)
		kernels.LayerNormGrad(dx.array(), dw.array(), dy.array(), x.array(), o.mean.array(), o.rstd.array(), w.array())
	}
	if b.NeedsGrad() {
		db = dy.Sum(0)
	}
	return dx, dw, db
}

// rmsNorm divides each row of x (rows, n) by its root mean square, then multiplies by w (n,).
type rmsNorm struct {
	SavesInputs
	eps  float64
	rstd Tensor // (rows,)
}

func (*rmsNorm) Optional(i int) bool { return i == 1 }

// Composite computes the same by ops.
func (o *rmsNorm) Composite(x, w Tensor) Tensor {
	y := x.Div(rootMeanSquare(x, o.eps))
	if w.Defined() {
		y = y.Mul(w)
	}
	return y
}

func (o *rmsNorm) Forward(s *Scope, x, w Tensor) Tensor {
	y := s.NewEmpty(x, x.DType(), x.Shape())
	o.rstd = s.Save(s.NewEmpty(x, x.DType(), ShapeOf(x.Dim(0))))
	x.h.store.dev.(device.Normer).RMSNorm(y.array(), o.rstd.array(), x.array(), w.array(), o.eps)
	return y
}

// Backward returns, with n = x·rstd and d = dy·w, dx = rstd·(d − n·mean(d·n)) and dw = Σ dy·n over all rows.
func (o *rmsNorm) Backward(x, w, y, dy Tensor) (dx, dw Tensor) {
	if x.NeedsGrad() {
		dx = x.NewGrad()
	}
	if w.NeedsGrad() {
		dw = w.NewGrad()
	}
	if dx.Defined() || dw.Defined() {
		dy = dy.Contiguous()
		x.h.store.dev.(device.Normer).RMSNormGrad(dx.array(), dw.array(), dy.array(), x.array(), o.rstd.array(),
			w.array())
	}
	return dx, dw
}
