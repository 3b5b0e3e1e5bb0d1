package bench

import (
	"fmt"
	"strings"

	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// An Input is a tensor that both sides make, from generators in the same state, with the same elements.
type Input struct {
	make   func(g *rng.Torch) T
	torch  string // the same in Python
	isLeaf bool
}

// leaf returns x as an input whose gradient is part of the work.
func (x Input) leaf() Input {
	x.isLeaf = true
	return x
}

// as returns x in another type.
func (x Input) as(dt tensor.DType) Input {
	return Input{make: func(g *rng.Torch) T { return x.make(g).Cast(dt) }, torch: fmt.Sprintf("%s.to(torch.%s)", x.torch, dt)}
}

// then returns f of x, which on PyTorch's side is the expression x followed by torch.
func (x Input) then(f func(T) T, torch string) Input {
	return Input{make: func(g *rng.Torch) T { return f(x.make(g)) }, torch: x.torch + torch}
}

// normal is drawn from the normal distribution.
func normal(dims ...int) Input {
	return Input{make: func(g *rng.Torch) T { return tensor.Options{}.RandN(g, dims...) }, torch: "torch.randn(" + tuple(dims) + ")"}
}

// uniform is drawn from lo to hi.
func uniform(lo, hi float64, dims ...int) Input {
	return Input{make: func(g *rng.Torch) T { return tensor.Options{}.Uniform(g, lo, hi, dims...) },
		torch: fmt.Sprintf("torch.empty(%s).uniform_(%v, %v)", tuple(dims), lo, hi)}
}

// whole is drawn from the int64 numbers 0 … limit−1.
func whole(limit int, dims ...int) Input {
	return Input{make: func(g *rng.Torch) T { return tensor.Options{DType: tensor.Int64}.RandInt(g, 0, int64(limit), dims...) },
		torch: fmt.Sprintf("torch.randint(0, %d, %s)", limit, tuple(dims))}
}

// mask is true and false in random places.
func mask(dims ...int) Input {
	return normal(dims...).then(func(x T) T { return x.GreaterScalar(0) }, ".gt(0)")
}

// signs are 1 and −1.
func signs(dims ...int) Input {
	return whole(2, dims...).then(func(x T) T { return x.MulScalar(2).AddScalar(-1).Cast(tensor.Float32) }, ".mul(2).add(-1).float()")
}

// simplex is rows of probabilities; its logarithms are logSimplex.
func simplex(dims ...int) Input {
	return normal(dims...).then(func(x T) T { return x.Softmax(-1) }, ".softmax(-1)")
}

func logSimplex(dims ...int) Input {
	return normal(dims...).then(func(x T) T { return x.LogSoftmax(-1) }, ".log_softmax(-1)")
}

func tuple(dims []int) string {
	return "(" + strings.ReplaceAll(strings.Trim(fmt.Sprint(dims), "[]"), " ", ", ") + ",)"
}

// These serve many works.

func one(d Size) []Input      { return []Input{normal(d...)} }
func two(d Size) []Input      { return []Input{normal(d...), normal(d...)} }
func positive(d Size) []Input { return []Input{uniform(0.1, 4, d...)} }
func oneLeaf(d Size) []Input  { return []Input{normal(d...).leaf()} }
