package bench

import (
	"fmt"
	"strings"

	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// Input is an input of a benchmark, drawn in Lamina and in PyTorch from generators in the same state, with equal
// elements.
type Input struct {
	make   func(g *rng.Torch) T
	torch  string // the Python expression
	isLeaf bool
}

// leaf returns x as a leaf: the benchmark computes its gradient.
func (x Input) leaf() Input {
	x.isLeaf = true
	return x
}

// as returns x converted to another type.
func (x Input) as(dt tensor.DType) Input {
	return Input{make: func(g *rng.Torch) T { return x.make(g).Cast(dt) }, torch: fmt.Sprintf("%s.to(torch.%s)", x.torch, dt)}
}

// then returns f(x). In PyTorch it is x's expression followed by torch.
func (x Input) then(f func(T) T, torch string) Input {
	return Input{make: func(g *rng.Torch) T { return f(x.make(g)) }, torch: x.torch + torch}
}

// normal returns an input from the standard normal distribution.
func normal(dims ...int) Input {
	return Input{make: func(g *rng.Torch) T { return tensor.Options{}.RandN(g, dims...) }, torch: "torch.randn(" + tuple(dims) + ")"}
}

// uniform returns an input from the uniform distribution on [lo, hi).
func uniform(lo, hi float64, dims ...int) Input {
	return Input{make: func(g *rng.Torch) T { return tensor.Options{}.Uniform(g, lo, hi, dims...) },
		torch: fmt.Sprintf("torch.empty(%s).uniform_(%v, %v)", tuple(dims), lo, hi)}
}

// integers returns an input of int64 numbers in [0, limit).
func integers(limit int, dims ...int) Input {
	return Input{make: func(g *rng.Torch) T { return tensor.Options{DType: tensor.Int64}.RandInt(g, 0, int64(limit), dims...) },
		torch: fmt.Sprintf("torch.randint(0, %d, %s)", limit, tuple(dims))}
}

// mask returns a random boolean input.
func mask(dims ...int) Input {
	return normal(dims...).then(func(x T) T { return x.GreaterScalar(0) }, ".gt(0)")
}

// signs returns an input of random 1 and −1.
func signs(dims ...int) Input {
	return integers(2, dims...).then(func(x T) T { return x.MulScalar(2).AddScalar(-1).Cast(tensor.Float32) }, ".mul(2).add(-1).float()")
}

// simplex returns rows of probabilities.
func simplex(dims ...int) Input {
	return normal(dims...).then(func(x T) T { return x.Softmax(-1) }, ".softmax(-1)")
}

// logSimplex returns rows of log-probabilities.
func logSimplex(dims ...int) Input {
	return normal(dims...).then(func(x T) T { return x.LogSoftmax(-1) }, ".log_softmax(-1)")
}

// tuple returns dims as a Python tuple.
func tuple(dims []int) string {
	return "(" + strings.ReplaceAll(strings.Trim(fmt.Sprint(dims), "[]"), " ", ", ") + ",)"
}

// Inputs of many benchmarks.

func one(d Size) []Input      { return []Input{normal(d...)} }
func two(d Size) []Input      { return []Input{normal(d...), normal(d...)} }
func positive(d Size) []Input { return []Input{uniform(0.1, 4, d...)} }
func oneLeaf(d Size) []Input  { return []Input{normal(d...).leaf()} }
