package tensor

import (
	"fmt"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/device/cpu"
	"github.com/lamina-ml/lamina/internal/freelist"
	"github.com/lamina-ml/lamina/rng"
)

// Rand returns uniform numbers in [0, 1), drawn from g as torch.rand draws them.
func (o Options) Rand(g *rng.Torch, dims ...int) Tensor {
	return (*Scope)(nil).uniform("rand", o, ShapeOf(dims...), g, 0, 1)
}

// Uniform returns uniform numbers in [lo, hi), drawn from g as Tensor.uniform_ draws them. It panics for an empty
// range, or one that the type does not hold.
func (o Options) Uniform(g *rng.Torch, lo, hi float64, dims ...int) Tensor {
	return (*Scope)(nil).uniform("uniform_", o, ShapeOf(dims...), g, lo, hi)
}

// RandN returns normal numbers with mean 0 and variance 1, drawn from g as torch.randn draws them.
func (o Options) RandN(g *rng.Torch, dims ...int) Tensor {
	return (*Scope)(nil).normal("randn", o, ShapeOf(dims...), g)
}

func (s *Scope) uniform(op string, o Options, shape Shape, g *rng.Torch, lo, hi float64) Tensor {
	checkGenerator(op, g)
	if _, most := o.DType.bounds(); !(lo <= hi && lo >= -most && hi <= most && hi-lo <= most) {
		fail(op, fmt.Sprintf("[%v, %v) is not a range of %s: lo must not exceed hi, and both and their difference must be numbers of the type", lo, hi, o.DType), shape)
	}
	return s.drawFloat(op, o, shape, g, device.Draw{Distribution: device.Uniform, A: lo, B: hi})
}

func (s *Scope) normal(op string, o Options, shape Shape, g *rng.Torch) Tensor {
	return s.drawFloat(op, o, shape, g, device.Draw{Distribution: device.Normal, A: 0, B: 1})
}

func (s *Scope) integers(op string, o Options, shape Shape, g *rng.Torch, lo, hi int64) Tensor {
	checkGenerator(op, g)
	if lo >= hi {
		fail(op, fmt.Sprintf("[%d, %d) holds no integer: lo must be below hi", lo, hi), shape)
	}
	for _, v := range [2]int64{lo, hi - 1} {
		if !o.DType.holds(v) {
			fail(op, fmt.Sprintf("%s does not hold %d", o.DType, v), shape)
		}
	}
	return s.draw(o, shape, g, device.Draw{Distribution: device.Integers, DType: device.Int64, Lo: lo, Hi: hi})
}

// checkGenerator panics if g is nil.
func checkGenerator(op string, g *rng.Torch) {
	if g == nil {
		fail(op, "the generator is nil: rng.NewTorch makes one")
	}
}

func (s *Scope) drawFloat(op string, o Options, shape Shape, g *rng.Torch, d device.Draw) Tensor {
	checkGenerator(op, g)
	if !o.DType.IsFloat() {
		fail(op, "random numbers need a floating-point type, not "+o.DType.String(), shape)
	}
	d.DType = device.DType(o.DType)
	return s.draw(o, shape, g, d)
}

// generatorState holds a generator's state on its way to a device.
type generatorState [device.GeneratorBytes]byte

var generatorStates freelist.List[generatorState]

// draw returns a tensor of random numbers in s, on the heap if s is nil. Numbers for the CPU are drawn from g itself.
// Another device draws from a copy of g's state in its memory, and g skips what the device consumes, so nobody waits.
func (s *Scope) draw(o Options, shape Shape, g *rng.Torch, d device.Draw) Tensor {
	dev := o.Device.kernels()
	t := s.alloc(dev, DType(d.DrawType()), shape)
	switch {
	case t.Len() == 0:
	case dev == theCPU:
		cpu.DrawFrom(g, &t.h.Array, d)
	default:
		raw := generatorStates.Get()
		defer generatorStates.Put(raw)
		g.AppendBinary(raw[:0]) // the error is always nil
		state := s.alloc(dev, Uint8, ShapeOf(device.GeneratorBytes))
		dev.Upload(&state.h.Array, raw[:])
		dev.Draw(&t.h.Array, &state.h.Array, d)
		state.Release()
		cpu.Advance(g, t.Len(), d)
	}
	return t.Cast(o.DType)
}

// RandInt returns integers in [lo, hi), drawn from g as torch.randint draws them. The type is int64 if o's is float32,
// the default. It panics if lo ≥ hi, or if the type does not hold the numbers.
func (o Options) RandInt(g *rng.Torch, lo, hi int64, dims ...int) Tensor {
	if o.DType == Float32 {
		o.DType = Int64
	}
	return (*Scope)(nil).integers("randint", o, ShapeOf(dims...), g, lo, hi)
}

// RandPerm returns a random permutation of 0 to n−1, int64, drawn from g as torch.randperm draws it.
func (o Options) RandPerm(g *rng.Torch, n int) Tensor {
	checkGenerator("randperm", g)
	if n < 0 {
		fail("randperm", fmt.Sprintf("a permutation of %d elements", n))
	}
	if err := cpu.CheckMemory(saturatingMul(n, Int64.Size())); err != nil {
		failAlloc("randperm", err)
	}
	o.DType = Int64
	return (*Scope)(nil).draw(o, ShapeOf(n), g, device.Draw{Distribution: device.Permutation, DType: device.Int64})
}

// RandLike returns uniform numbers in [0, 1) of x's shape and type in x's scope, as torch.rand_like draws them.
func (x Tensor) RandLike(g *rng.Torch) Tensor {
	return x.Scope().uniform("rand_like", x.options(), x.Shape(), g, 0, 1)
}

// RandNLike returns normal numbers with mean 0 and variance 1 of x's shape and type in x's scope, as torch.randn_like
// draws them.
func (x Tensor) RandNLike(g *rng.Torch) Tensor {
	return x.Scope().normal("randn_like", x.options(), x.Shape(), g)
}

// BernoulliLike returns ones, each with probability p, and zeros, of x's shape and type in x's scope, as
// torch.empty_like(x).bernoulli_(p) draws them: the mask of a dropout. They are drawn in the order in which x's
// elements lie in memory, and lie in that order, without gaps.
func (x Tensor) BernoulliLike(g *rng.Torch, p float64) Tensor {
	if !(p >= 0 && p <= 1) {
		fail("bernoulli_", fmt.Sprintf("the probability is %v, not from 0 to 1", p), x.Shape())
	}
	d := device.Draw{Distribution: device.Bernoulli, A: p}
	if x.geometry().Contiguous {
		return x.Scope().drawFloat("bernoulli_", x.options(), x.Shape(), g, d)
	}
	order, stored := x.memoryOrder()
	y := x.Scope().drawFloat("bernoulli_", x.options(), stored, g, d)
	var back permute
	for i, from := range order[:stored.rank] {
		back.dims[from] = i
	}
	return Apply1(back, y)
}

// memoryOrder returns x's dimensions in the order of falling strides, and their sizes, as torch.empty_like orders
// them: of dimensions with equal strides the larger one comes last, and one with stride 0, which repeats its
// elements, keeps its place.
func (x Tensor) memoryOrder() (order [MaxRank]int, stored Shape) {
	s, h := x.Shape(), x.h
	for i := range s.rank {
		order[i] = i
	}
	for i := s.rank - 2; i >= 0; i-- {
		at := i // where dimension i is; those behind it are in order
		for j := i + 1; j < s.rank; j++ {
			a, b := order[at], order[j]
			if h.Strides[a] == 0 || h.Strides[b] == 0 {
				continue
			}
			if h.Strides[a] > h.Strides[b] {
				break
			}
			if h.Strides[a] < h.Strides[b] || s.dims[a] < s.dims[b] {
				order[at], order[j] = b, a
				at = j
			}
		}
	}
	stored = s
	for i := range s.rank {
		stored.dims[i] = s.dims[order[i]]
	}
	return order, stored
}

// RandIntLike returns integers in [lo, hi) of x's shape and type in x's scope, as torch.randint_like draws them.
func (x Tensor) RandIntLike(g *rng.Torch, lo, hi int64) Tensor {
	return x.Scope().integers("randint_like", x.options(), x.Shape(), g, lo, hi)
}

func (x Tensor) options() Options { return Options{x.DType(), x.Device()} }
