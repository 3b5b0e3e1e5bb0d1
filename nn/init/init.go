// Package nninit initializes parameters, as torch.nn.init does. (A Go package cannot have the name of its folder,
// init.)
//
// The functions draw numbers from a generator exactly as torch.nn.init does, so the same seed gives the same values as
// in PyTorch, in 16-bit floats too. They write into w in place, even if w requires a gradient. They panic unless w is
// floating point.
//
// Source: https://docs.pytorch.org/docs/stable/nn.init.html
package nninit

import (
	"fmt"
	"math"
	"slices"

	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

func fail(op, msg string, w tensor.Tensor) {
	panic(&tensor.Error{Op: op, Msg: msg, Shapes: []tensor.Shape{w.Shape()}})
}

// number is the type of the elements in which parameters are drawn.
type number interface{ float32 | float64 }

// draws holds the functions that draw and round numbers for a tensor.
type draws[T number] struct {
	normal  func(dst []T, mean, std float64)
	uniform func(dst []T, lo, hi float64)
	round   func(v T) T // rounds to a 16-bit type; the identity for other types
}

// fill sets w to the values that f32 or f64 writes, depending on w's type. 16-bit floats are drawn in float32. If w is
// not contiguous, the elements are drawn in memory order, and normal numbers one by one, as in PyTorch.
func fill(op string, g *rng.Torch, w tensor.Tensor, f32 func([]float32, draws[float32]),
	f64 func([]float64, draws[float64])) {
	if g == nil {
		fail(op, "the generator is nil: create one with rng.NewTorch", w)
	}
	d := draws[float32]{g.Normal32, g.Uniform32, func(v float32) float32 { return v }}
	d64 := draws[float64]{g.Normal64, g.Uniform64, func(v float64) float64 { return v }}
	v := w.Data()
	ordered := v.IsContiguous()
	if !ordered {
		v = inMemoryOrder(v)
	}
	switch w.DType() {
	case tensor.Float32:
		fillAs(v, d.separately(!ordered), f32)
		return
	case tensor.Float64:
		fillAs(v, d64.separately(!ordered), f64)
		return
	case tensor.Float16:
		d = draws[float32]{g.Normal16, g.UniformF16, rng.RoundF16}
	case tensor.BFloat16:
		d = draws[float32]{g.Normal16, g.UniformBF16, rng.RoundBF16}
	default:
		fail(op, "only floating-point numbers can be drawn, not "+w.DType().String(), w)
	}
	wide := tensor.Options{Device: w.Device()}.Zeros(v.Shape().Dims()...)
	fillAs(wide, d.separately(!ordered), f32)
	v.CopyFrom(wide)
}

// inMemoryOrder returns a view of w with the dimensions sorted by decreasing stride.
func inMemoryOrder(w tensor.Tensor) tensor.Tensor {
	order := make([]int, w.Rank())
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return w.Stride(j) - w.Stride(i) })
	return w.Permute(order...)
}

// separately returns d if alone is false. If alone is true, it draws each normal number separately, as PyTorch does for
// fewer than 16.
func (d draws[T]) separately(alone bool) draws[T] {
	if !alone {
		return d
	}
	normal := d.normal
	d.normal = func(dst []T, mean, std float64) {
		for part := range slices.Chunk(dst, 15) {
			normal(part, mean, std)
		}
	}
	return d
}

func fillAs[T number](w tensor.Tensor, d draws[T], f func([]T, draws[T])) {
	if w.IsContiguous() {
		tensor.SetFunc(w, func(x []T) { f(x, d) })
		return
	}
	x := make([]T, w.Len())
	f(x, d)
	w.CopyFrom(tensor.From(x, w.Shape().Dims()...).To(w.Device()))
}

// Constant sets every element to v.
func Constant(w tensor.Tensor, v float64) { w.Data().FillInPlace(v) }

// Ones sets every element to 1.
func Ones(w tensor.Tensor) { Constant(w, 1) }

// Zeros sets every element to 0.
func Zeros(w tensor.Tensor) { Constant(w, 0) }

// Eye sets the matrix w to the identity. It panics unless w has 2 dimensions.
func Eye(w tensor.Tensor) {
	if w.Rank() != 2 {
		fail("eye_", "the tensor must have 2 dimensions", w)
	}
	Zeros(w)
	for i := range min(w.Dim(0), w.Dim(1)) {
		w.Data().Select(0, i).Select(0, i).FillInPlace(1)
	}
}

// Uniform draws each element from the uniform distribution on [lo, hi). It panics if lo > hi.
func Uniform(g *rng.Torch, w tensor.Tensor, lo, hi float64) {
	if !(lo <= hi) {
		fail("uniform_", fmt.Sprintf("the lower bound must not exceed the upper bound, not [%v, %v)", lo, hi), w)
	}
	fill("uniform_", g, w,
		func(x []float32, d draws[float32]) { d.uniform(x, lo, hi) },
		func(x []float64, d draws[float64]) { d.uniform(x, lo, hi) })
}

// Normal draws each element from the normal distribution. It panics if std is negative.
func Normal(g *rng.Torch, w tensor.Tensor, mean, std float64) { normal("normal_", g, w, mean, std) }

func normal(op string, g *rng.Torch, w tensor.Tensor, mean, std float64) {
	if !(std >= 0) {
		fail(op, fmt.Sprintf("the standard deviation must be at least 0, not %v", std), w)
	}
	fill(op, g, w,
		func(x []float32, d draws[float32]) { d.normal(x, mean, std) },
		func(x []float64, d draws[float64]) { d.normal(x, mean, std) })
}

// TruncatedNormal draws each element from the normal distribution limited to [lo, hi]. PyTorch's defaults are mean 0,
// std 1, lo −2 and hi 2. If the interval has a probability above 0.3, it redraws elements outside the interval from the
// normal distribution; else it draws uniform numbers and accepts them with a probability proportional to the density,
// both as PyTorch does. It panics unless std > 0 and lo < hi.
// (https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.trunc_normal_)
func TruncatedNormal(g *rng.Torch, w tensor.Tensor, mean, std, lo, hi float64) {
	if !(std > 0) || !(lo < hi) {
		fail("trunc_normal_", fmt.Sprintf("std must be positive and lo below hi, not std %v, lo %v, hi %v", std, lo,
			hi), w)
	}
	fill("trunc_normal_", g, w,
		func(x []float32, d draws[float32]) { truncated(x, d, mean, std, lo, hi) },
		func(x []float64, d draws[float64]) { truncated(x, d, mean, std, lo, hi) })
}

func truncated[T number](x []T, d draws[T], mean, std, lo, hi float64) {
	cdf := func(x float64) float64 { return (1 + math.Erf(x/math.Sqrt2)) / 2 }
	draw := make([]T, len(x))
	if cdf((hi-mean)/std)-cdf((lo-mean)/std) > 0.3 {
		low, high := d.round(T(lo)), d.round(T(hi))
		normal := func(dst []T) {
			d.normal(dst, mean, std)
			for i, v := range dst {
				dst[i] = d.round(v)
			}
		}
		normal(x)
		for outside(x, low, high) {
			normal(draw)
			for i, v := range x {
				if v < low || v > high {
					x[i] = draw[i]
				}
			}
		}
		return
	}
	mode := math.Max(lo, math.Min(mean, hi))
	peak := T(-0.5 * ((mode - mean) / std) * ((mode - mean) / std))
	accept, pending := make([]T, len(x)), make([]bool, len(x))
	for i := range pending {
		pending[i] = true
	}
	for left := len(x); left > 0; {
		d.uniform(draw, lo, hi)
		d.uniform(accept, 0, 1)
		for i, v := range draw {
			if !pending[i] {
				continue
			}
			x[i] = v
			z := d.round(d.round(v-T(mean)) / T(std))
			density := d.round(d.round(d.round(z*z)*-0.5) - peak)
			if !(d.round(T(math.Log(float64(accept[i])))) > density) {
				pending[i] = false
				left--
			}
		}
	}
}

func outside[T number](x []T, lo, hi T) bool {
	for _, v := range x {
		if v < lo || v > hi {
			return true
		}
	}
	return false
}

// Nonlinearity is the activation after a layer, which determines the scale of the layer's weights. The zero value is
// PyTorch's default.
type Nonlinearity uint8

// The nonlinearities.
const (
	LeakyReLU Nonlinearity = iota
	ReLU
	Linear
	Sigmoid
	Tanh
	SELU
)

// Gain returns the factor by which the standard deviation of the weights before a nonlinearity is multiplied, so that
// activations keep their variance: √(2/(1 + slope²)) for a leaky ReLU, √2 for a ReLU, 5/3 for tanh, ¾ for SELU, else 1.
// Only LeakyReLU uses slope. (https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.calculate_gain)
func Gain(n Nonlinearity, slope float64) float64 {
	switch n {
	case LeakyReLU:
		return math.Sqrt(2 / (1 + float64(slope*slope)))
	case ReLU:
		return math.Sqrt2
	case Linear, Sigmoid:
		return 1
	case Tanh:
		return 5.0 / 3
	case SELU:
		return 3.0 / 4
	}
	panic(&tensor.Error{Op: "calculate_gain", Msg: fmt.Sprintf("%d is not a Nonlinearity", n)})
}

// fans returns fan_in and fan_out of a weight (out, in, …). Dimensions after the second are a convolution kernel's.
func fans(op string, w tensor.Tensor) (in, out float64) {
	if w.Rank() < 2 {
		fail(op, "the tensor must have at least 2 dimensions, (out, in, …)", w)
	}
	places := 1
	for i := 2; i < w.Rank(); i++ {
		places *= w.Dim(i)
	}
	return float64(w.Dim(1) * places), float64(w.Dim(0) * places)
}

// XavierUniform draws w (out, in, …) uniform in ±gain·√(6/(in + out)). PyTorch's default gain is 1.
// (https://proceedings.mlr.press/v9/glorot10a.html)
func XavierUniform(g *rng.Torch, w tensor.Tensor, gain float64) {
	in, out := fans("xavier_uniform_", w)
	bound := math.Sqrt(3) * (gain * math.Sqrt(2/(in+out)))
	Uniform(g, w, -bound, bound)
}

// XavierNormal draws w (out, in, …) from the normal distribution with mean 0 and standard deviation gain·√(2/(in +
// out)). (https://proceedings.mlr.press/v9/glorot10a.html)
func XavierNormal(g *rng.Torch, w tensor.Tensor, gain float64) {
	in, out := fans("xavier_normal_", w)
	Normal(g, w, 0, gain*math.Sqrt(2/(in+out)))
}

// Kaiming holds the options of [KaimingUniform] and [KaimingNormal]. The zero value is PyTorch's default: fan_in and a
// leaky ReLU of slope 0.
type Kaiming struct {
	// fan_out, which keeps the variance of gradients, instead of fan_in, which keeps that of activations
	FanOut       bool
	Nonlinearity Nonlinearity
	Slope        float64 // of a leaky ReLU
}

func (k Kaiming) std(op string, w tensor.Tensor) float64 {
	in, out := fans(op, w)
	if k.FanOut {
		in = out
	}
	return Gain(k.Nonlinearity, k.Slope) / math.Sqrt(in)
}

// KaimingUniform draws w (out, in, …) uniform in ±gain·√(3/in). (https://arxiv.org/abs/1502.01852)
func KaimingUniform(g *rng.Torch, w tensor.Tensor, k Kaiming) {
	std := k.std("kaiming_uniform_", w)
	if w.Len() == 0 {
		return
	}
	bound := math.Sqrt(3) * std
	Uniform(g, w, -bound, bound)
}

// KaimingNormal draws w (out, in, …) from the normal distribution with mean 0 and standard deviation gain/√in.
// (https://arxiv.org/abs/1502.01852)
func KaimingNormal(g *rng.Torch, w tensor.Tensor, k Kaiming) {
	std := k.std("kaiming_normal_", w)
	if w.Len() == 0 {
		return
	}
	Normal(g, w, 0, std)
}

// Sparse draws the matrix w from the normal distribution with mean 0 and standard deviation std (PyTorch's default is
// 0.01), and sets the fraction sparsity of each column, rounded up, to 0. It panics unless sparsity is between 0 and 1.
// (J. Martens, "Deep learning via Hessian-free optimization", ICML 2010)
func Sparse(g *rng.Torch, w tensor.Tensor, sparsity, std float64) {
	if w.Rank() != 2 {
		fail("sparse_", "the tensor must have 2 dimensions", w)
	}
	if !(sparsity >= 0 && sparsity <= 1) {
		fail("sparse_", fmt.Sprintf("the sparsity must be between 0 and 1, not %v", sparsity), w)
	}
	normal("sparse_", g, w, 0, std)
	v := w.Data()
	order := make([]int64, w.Dim(0))
	zeros := int(math.Ceil(sparsity * float64(len(order))))
	for j := range w.Dim(1) {
		g.Randperm(order)
		for _, i := range order[:zeros] {
			v.Set(0, int(i), j)
		}
	}
}

// Orthogonal sets w, reshaped to a matrix (first dimension, the rest), to a random matrix with orthogonal rows or
// columns (whichever are fewer) of length gain: the factor Q of a QR decomposition of a matrix of normal numbers. Up to
// rounding it equals PyTorch's. (https://arxiv.org/abs/1312.6120)
func Orthogonal(g *rng.Torch, w tensor.Tensor, gain float64) {
	if w.Rank() < 2 {
		fail("orthogonal_", "the tensor must have at least 2 dimensions", w)
	}
	if w.Len() == 0 {
		return
	}
	if !w.IsContiguous() { // the numbers are drawn in row-major order
		contiguous := tensor.Options{DType: w.DType(), Device: w.Device()}.Zeros(w.Shape().Dims()...)
		Orthogonal(g, contiguous, gain)
		w.Data().CopyFrom(contiguous)
		return
	}
	rows := w.Dim(0)
	fill("orthogonal_", g, w,
		func(x []float32, d draws[float32]) { d.normal(x, 0, 1); orthogonal(x, rows, float32(gain)) },
		func(x []float64, d draws[float64]) { d.normal(x, 0, 1); orthogonal(x, rows, gain) })
}

// orthogonal orthogonalizes the vectors of x, its rows, or its columns if there are fewer columns, by the Gram-Schmidt
// method. It subtracts the projections on the earlier vectors twice, which makes the vectors orthogonal to rounding.
// Their signs are those for which the factor R of x = QR has a positive diagonal.
func orthogonal[T number](x []T, rows int, gain T) {
	cols := len(x) / rows
	n, size, step, next := cols, rows, cols, 1 // number of vectors, their size, the strides of elements and of vectors
	if rows < cols {
		n, size, step, next = rows, cols, 1, cols
	}
	v := make([][]float64, n)
	for k := range v {
		v[k] = make([]float64, size)
		for i := range v[k] {
			v[k][i] = float64(x[k*next+i*step])
		}
		for range 2 {
			for _, u := range v[:k] {
				d := 0.0
				for i := range u {
					d += float64(u[i] * v[k][i])
				}
				for i := range u {
					v[k][i] -= float64(d * u[i])
				}
			}
		}
		length := 0.0
		for _, e := range v[k] {
			length += float64(e * e)
		}
		length = math.Sqrt(length)
		for i := range v[k] {
			v[k][i] /= length
			x[k*next+i*step] = T(v[k][i]) * gain
		}
	}
}
