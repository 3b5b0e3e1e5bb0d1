package cpu

import (
	"math"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/freelist"
	"github.com/lamina-ml/lamina/internal/kernel/vec"
	"github.com/lamina-ml/lamina/internal/pool"
)

// optional returns the elements of a contiguous array, or nil for a nil array.
func optional[T float](a *device.Array) []T {
	if a == nil {
		return nil
	}
	return elements[T](a)
}

// LayerNorm computes dst = (x − mean)·rstd·gamma + beta, row by row.
func (*Device) LayerNorm(dst, mean, rstd, x, gamma, beta *device.Array, eps float64) {
	switch {
	case x.Size == 0:
	case x.DType == device.Float32:
		vec.LayerNorm(elements[float32](dst), elements[float32](mean), elements[float32](rstd), elements[float32](x),
			optional[float32](gamma), optional[float32](beta), x.Dims[1], eps)
	case x.DType == device.Float64:
		vec.LayerNorm(elements[float64](dst), elements[float64](mean), elements[float64](rstd), elements[float64](x),
			optional[float64](gamma), optional[float64](beta), x.Dims[1], eps)
	default:
		noKernel("layer_norm", x.DType)
	}
}

// LayerNormGrad computes the gradients of LayerNorm's x and gamma; it skips those whose destination is nil.
func (d *Device) LayerNormGrad(dx, dgamma, dy, x, mean, rstd, gamma *device.Array) {
	switch {
	case x.Size == 0:
		if dgamma != nil {
			d.Fill(dgamma, 0)
		}
	case x.DType == device.Float32:
		vec.LayerNormGrad(optional[float32](dx), optional[float32](dgamma), nil, elements[float32](dy),
			elements[float32](x), elements[float32](mean), elements[float32](rstd), optional[float32](gamma), x.Dims[1])
	case x.DType == device.Float64:
		vec.LayerNormGrad(optional[float64](dx), optional[float64](dgamma), nil, elements[float64](dy),
			elements[float64](x), elements[float64](mean), elements[float64](rstd), optional[float64](gamma), x.Dims[1])
	default:
		noKernel("layer_norm gradient", x.DType)
	}
}

// RMSNorm computes dst = x·rstd·gamma, row by row.
func (*Device) RMSNorm(dst, rstd, x, gamma *device.Array, eps float64) {
	switch {
	case x.Size == 0:
	case x.DType == device.Float32:
		rmsNorms(&rms32, rmsTask[float32]{dst: elements[float32](dst), rstd: elements[float32](rstd),
			x: elements[float32](x), gamma: optional[float32](gamma), cols: x.Dims[1], eps: eps})
	case x.DType == device.Float64:
		rmsNorms(&rms64, rmsTask[float64]{dst: elements[float64](dst), rstd: elements[float64](rstd),
			x: elements[float64](x), gamma: optional[float64](gamma), cols: x.Dims[1], eps: eps})
	default:
		noKernel("rms_norm", x.DType)
	}
}

// RMSNormGrad computes the gradients of RMSNorm's x and gamma; it skips those whose destination is nil.
func (d *Device) RMSNormGrad(dx, dgamma, dy, x, rstd, gamma *device.Array) {
	switch {
	case x.Size == 0:
		if dgamma != nil {
			d.Fill(dgamma, 0)
		}
	case x.DType == device.Float32:
		rmsGrads(&rms32, rmsTask[float32]{dst: optional[float32](dx), dy: elements[float32](dy),
			rstd: elements[float32](rstd), x: elements[float32](x), gamma: optional[float32](gamma), cols: x.Dims[1]},
			optional[float32](dgamma))
	case x.DType == device.Float64:
		rmsGrads(&rms64, rmsTask[float64]{dst: optional[float64](dx), dy: elements[float64](dy),
			rstd: elements[float64](rstd), x: elements[float64](x), gamma: optional[float64](gamma), cols: x.Dims[1]},
			optional[float64](dgamma))
	default:
		noKernel("rms_norm gradient", x.DType)
	}
}

// An rmsTask computes RMSNorm of rows or, if dy is not nil, the gradient of its input.
type rmsTask[T float] struct {
	dst, dy, rstd, x, gamma []T
	cols                    int
	eps                     float64
}

var (
	rms32 freelist.List[rmsTask[float32]]
	rms64 freelist.List[rmsTask[float64]]
)

func rmsNorms[T float](of *freelist.List[rmsTask[T]], task rmsTask[T]) {
	t := of.Get()
	*t = task
	pool.For(len(t.rstd), max(1, grain/4/t.cols), t)
	*t = rmsTask[T]{}
	of.Put(t)
}

func rmsGrads[T float](of *freelist.List[rmsTask[T]], task rmsTask[T], dgamma []T) {
	if task.dst != nil {
		rmsNorms(of, task)
	}
	if dgamma == nil {
		return
	}
	clear(dgamma)
	for i, r := range task.rstd { // Σ dy·x·rstd in the order of the rows
		dy, x := task.dy[i*task.cols:][:task.cols], task.x[i*task.cols:][:task.cols]
		for j := range dgamma {
			dgamma[j] += dy[j] * (x[j] * r)
		}
	}
}

// Run computes rows i0 to i1.
func (t *rmsTask[T]) Run(i0, i1 int) {
	for i := i0; i < i1; i++ {
		dst, x := t.dst[i*t.cols:][:t.cols], t.x[i*t.cols:][:t.cols]
		if t.dy == nil {
			t.rstd[i] = rstdOf(x, t.eps)
			vec.Scale(dst, x, t.rstd[i])
			if t.gamma != nil {
				vec.Mul(dst, dst, t.gamma)
			}
			continue
		}
		// rstd·(d − n·mean(d·n)) for d = dy·gamma and n = x·rstd
		d, r := t.dy[i*t.cols:][:t.cols], t.rstd[i]
		if t.gamma != nil {
			vec.Mul(dst, d, t.gamma)
			d = dst
		}
		if !(r > 1e-9 && r < 1e9) { // r³ and the dot product could underflow or overflow
			scaledRMSGrad(dst, d, x, float64(r))
			continue
		}
		mean := vec.Dot(d, x) / T(t.cols)
		vec.Scale(dst, d, r)
		vec.AXPY(dst, -r*r*r*mean, x, dst)
	}
}

// rstdOf returns 1/√(mean(x²) + eps).
func rstdOf[T float](x []T, eps float64) T {
	squares, n := float64(vec.SumSquares(x)), float64(len(x))
	if squares <= math.MaxFloat64 && (squares >= leastSquares[T]() || eps > leastSquares32) {
		return T(1 / math.Sqrt(squares/n+eps))
	}
	return T(1 / math.Hypot(scaledNorm(x, 1)/math.Sqrt(n), math.Sqrt(eps)))
}

// scaledRMSGrad computes the gradient of RMSNorm's input for one row, in float64: r·(d − n·mean(d·n)) with n = x·r.
func scaledRMSGrad[T float](dst, d, x []T, r float64) {
	sum := 0.0
	for j, v := range x {
		sum += float64(d[j]) * (float64(v) * r)
	}
	mean := sum / float64(len(x))
	for j, v := range x {
		dst[j] = T(r * (float64(d[j]) - float64(v)*r*mean))
	}
}
