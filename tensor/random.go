package tensor

import (
	"fmt"

	"github.com/lamina-ml/lamina/internal/freelist"
	"github.com/lamina-ml/lamina/rng"
)

// Rand returns uniform numbers in [0, 1), drawn from g as torch.rand draws them.
func (o Options) Rand(g *rng.Torch, dims ...int) Tensor { return o.Uniform(g, 0, 1, dims...) }

// Uniform returns uniform numbers from lo to hi, drawn from g as Tensor.uniform_ draws them.
func (o Options) Uniform(g *rng.Torch, lo, hi float64, dims ...int) Tensor {
	return (*Scope)(nil).uniform("Uniform", o, ShapeOf(dims...), g, lo, hi)
}

// RandN returns normal numbers with mean 0 and variance 1, drawn from g as torch.randn draws them.
func (o Options) RandN(g *rng.Torch, dims ...int) Tensor {
	return (*Scope)(nil).normal("RandN", o, ShapeOf(dims...), g)
}

func (s *Scope) uniform(op string, o Options, shape Shape, g *rng.Torch, lo, hi float64) Tensor {
	checkGenerator(op, g)
	if _, most := o.DType.bounds(); !(lo <= hi && lo >= -most && hi <= most && hi-lo <= most) {
		fail(op, fmt.Sprintf("[%v, %v) is not a range of %s", lo, hi, o.DType), shape)
	}
	f32 := func(x []float32) { g.Uniform32(x, lo, hi) }
	switch o.DType {
	case Float16:
		f32 = func(x []float32) { g.UniformF16(x, lo, hi) }
	case BFloat16:
		f32 = func(x []float32) { g.UniformBF16(x, lo, hi) }
	}
	return s.draw(op, o, shape, f32, func(x []float64) { g.Uniform64(x, lo, hi) })
}

func (s *Scope) normal(op string, o Options, shape Shape, g *rng.Torch) Tensor {
	checkGenerator(op, g)
	f32 := func(x []float32) { g.Normal32(x, 0, 1) }
	if o.DType != Float32 {
		f32 = func(x []float32) { g.Normal16(x, 0, 1) }
	}
	return s.draw(op, o, shape, f32, func(x []float64) { g.Normal64(x, 0, 1) })
}

func (s *Scope) integers(op string, o Options, shape Shape, g *rng.Torch, lo, hi int64) Tensor {
	checkGenerator(op, g)
	if lo >= hi {
		fail(op, fmt.Sprintf("there is no number from %d to before %d", lo, hi), shape)
	}
	for _, v := range [2]int64{lo, hi - 1} {
		if !o.DType.holds(v) {
			fail(op, fmt.Sprintf("%s does not hold %d", o.DType, v), shape)
		}
	}
	t := s.alloc(o.Device.kernels(), Int64, shape)
	return drawInto(t, func(x []int64) { g.Randint(x, lo, hi) }, &drawnInt).Cast(o.DType)
}

// checkGenerator panics where there is no generator to draw from.
func checkGenerator(op string, g *rng.Torch) {
	if g == nil {
		fail(op, "the generator is nil: rng.NewTorch makes one")
	}
}

// draw returns a tensor in s, on the heap where s is nil, that one of the functions fills: f32 for 16-bit floats too, which are
// rounded afterwards.
func (s *Scope) draw(op string, o Options, shape Shape, f32 func([]float32), f64 func([]float64)) Tensor {
	switch dev := o.Device.kernels(); {
	case o.DType == Float64:
		return drawInto(s.alloc(dev, Float64, shape), f64, &drawn64)
	case o.DType.IsFloat():
		return drawInto(s.alloc(dev, Float32, shape), f32, &drawn32).Cast(o.DType)
	}
	fail(op, "random numbers are floating point, not "+o.DType.String(), shape)
	return Tensor{}
}

// These hold the host's memory for numbers on their way into a tensor.
var (
	drawn32  freelist.List[[]float32]
	drawn64  freelist.List[[]float64]
	drawnInt freelist.List[[]int64]
)

// drawInto fills t with what f gives, a part at a time: a large weight needs no second copy in the host's memory. The generator's
// methods give a whole tensor's numbers in parts too, if all but the last are multiples of 16 and the last is not below 16.
func drawInto[T Number](t Tensor, f func(x []T), spare *freelist.List[[]T]) Tensor {
	const part = 1 << 14
	buf := spare.Get()
	defer spare.Put(buf)
	flat := t.reshape(ShapeOf(t.Len()))
	for i := 0; i < t.Len(); {
		n := t.Len() - i
		if n >= part+16 {
			n = part
		}
		if cap(*buf) < n {
			*buf = make([]T, n)
		}
		x := (*buf)[:n]
		f(x)
		SetFrom(flat.Narrow(0, i, n), x)
		i += n
	}
	return t
}

// RandInt returns whole numbers from lo to before hi, drawn from g as torch.randint draws them. The type is int64 where o names
// none but float32.
func (o Options) RandInt(g *rng.Torch, lo, hi int64, dims ...int) Tensor {
	if o.DType == Float32 {
		o.DType = Int64
	}
	return (*Scope)(nil).integers("RandInt", o, ShapeOf(dims...), g, lo, hi)
}

// RandPerm returns the numbers 0 to n−1 in an order drawn from g as torch.randperm draws it, int64.
func (o Options) RandPerm(g *rng.Torch, n int) Tensor {
	checkGenerator("randperm", g)
	v := hostSlice[int64]("randperm", n)
	g.Randperm(v)
	o.DType = Int64
	return FromAs(o, v, n)
}

// RandLike returns uniform numbers in [0, 1) of x's shape and type in x's scope, as torch.rand_like draws them.
func (x Tensor) RandLike(g *rng.Torch) Tensor {
	return x.Scope().uniform("RandLike", x.options(), x.Shape(), g, 0, 1)
}

// RandNLike returns normal numbers of x's shape and type in x's scope, as torch.randn_like draws them: the noise of a step.
func (x Tensor) RandNLike(g *rng.Torch) Tensor {
	return x.Scope().normal("RandNLike", x.options(), x.Shape(), g)
}

// RandIntLike returns whole numbers from lo to before hi of x's shape and type in x's scope, as torch.randint_like draws them.
func (x Tensor) RandIntLike(g *rng.Torch, lo, hi int64) Tensor {
	return x.Scope().integers("RandIntLike", x.options(), x.Shape(), g, lo, hi)
}

func (x Tensor) options() Options { return Options{x.DType(), x.Device()} }
