package bench

import (
	"github.com/lamina-ml/lamina/internal/kernel/peak"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// The sizes of benchmarks on arrays: arrays that fit into a core's L1 cache, its L2 cache, the shared L3 cache, and
// no cache.

var (
	vectors  = []Size{{4 << 10}, {64 << 10}, {256 << 10}, {8 << 20}}
	matrices = []Size{{32, 128}, {256, 1024}, {4096, 1024}}
)

var limits = Family{Name: "limits", Benchmarks: []Benchmark{
	{Name: "multiply-adds on registers, 1 core", Sizes: []Size{{1 << 20}},
		FLOPs: func(d Size) float64 { return peak.FLOPs(d[0]) },
		Job: func(d Size, _ *rng.Torch) *Job {
			return &Job{Run: func(n int) {
				for range n {
					peak.Run(d[0])
				}
			}}
		}},
	{Name: "copy", Sizes: []Size{{1 << 20}, {16 << 20}}, Inputs: two,
		Op: func(in []T) T { in[1].CopyFrom(in[0]); return in[1] }, Torch: "b.copy_(a)"},
}}

// The matrix products are named as in a linear layer with the weight w (out, in): x·wᵀ forward, dy·w and dyᵀ·x
// backward. The sizes are m, k and n of an m×k and a k×n matrix.
var (
	products = Family{
		Name:       "matrix products",
		Sizes:      []Size{{256, 256, 256}, {512, 512, 512}, {1024, 1024, 1024}, {2048, 2048, 2048}},
		Benchmarks: productForms,
	}
	layers = Family{
		Name:  "products of small layers",
		Sizes: []Size{{32, 100, 128}, {32, 128, 64}, {32, 64, 32}, {32, 32, 10}, {64, 784, 512}, {128, 784, 512}},
		Benchmarks: append(productForms,
			Benchmark{Name: "matrix·vector", Sizes: []Size{{100, 128}, {784, 512}, {2048, 2048}}, Tolerance: 1e-4, FLOPs: product,
				Inputs: func(d Size) []Input { return []Input{normal(d[1], d[0]), normal(d[0])} }, Op: binary(T.MatMul),
				Torch: "torch.mv(a, b, out=y)"},
			Benchmark{Name: "linear, gradients", Sizes: []Size{{32, 100, 128}, {128, 784, 512}, {512, 2048, 2048}}, Tolerance: 1e-4,
				Inputs: func(d Size) []Input {
					return []Input{normal(d[0], d[1]).leaf(), normal(d[2], d[1]).leaf(), normal(d[2]).leaf()}
				},
				Op: func(in []T) T { return linear(in[0], in[1], in[2]) }, Torch: "F.linear(a, b, c)"},
			Benchmark{Name: "linear and ReLU, gradients",
				Sizes: []Size{{32, 100, 128}, {128, 784, 512}, {512, 2048, 2048}}, Tolerance: 1e-4,
				Inputs: func(d Size) []Input {
					return []Input{normal(d[0], d[1]).leaf(), normal(d[2], d[1]).leaf(), normal(d[2]).leaf()}
				},
				Op: func(in []T) T { return linear(in[0], in[1], in[2]).ReLU() }, Torch: "F.relu(F.linear(a, b, c))"},
		),
	}
	largeLayers = Family{
		Name: "products of large layers",
		Sizes: []Size{{32, 784, 512}, {32, 784, 2048}, {32, 2048, 512}, {32, 2048, 2048},
			{128, 784, 512}, {128, 784, 2048}, {128, 2048, 2048},
			{512, 784, 512}, {512, 784, 2048}, {512, 2048, 512}, {512, 2048, 2048}},
		Benchmarks: productForms,
	}
	productForms = []Benchmark{
		{Name: "dy·w", FLOPs: product, Inputs: factors(false, false), Op: binary(T.MatMul),
			Torch: "torch.mm(a, b, out=y)", Tolerance: 1e-4},
		{Name: "x·wᵀ", FLOPs: product, Inputs: factors(false, true),
			Op: func(in []T) T { return in[0].MatMul(in[1].T()) }, Torch: "torch.mm(a, b.t(), out=y)", Tolerance: 1e-4},
		{Name: "dyᵀ·x", FLOPs: product, Inputs: factors(true, false),
			Op: func(in []T) T { return in[0].T().MatMul(in[1]) }, Torch: "torch.mm(a.t(), b, out=y)", Tolerance: 1e-4},
	}
)

// product returns the operations of a matrix product: two per multiply-add.
func product(d Size) float64 {
	n := 2.0
	for _, size := range d {
		n *= float64(size)
	}
	return n
}

// factors returns an m×k and a k×n matrix. left and right select the matrix that is stored transposed.
func factors(left, right bool) func(d Size) []Input {
	return func(d Size) []Input {
		a, b := normal(d[0], d[1]), normal(d[1], d[2])
		if left {
			a = normal(d[1], d[0])
		}
		if right {
			b = normal(d[2], d[1])
		}
		return []Input{a, b}
	}
}

var arithmetic = Family{Name: "arithmetic", Sizes: vectors, Inputs: two, Benchmarks: []Benchmark{
	{Name: "add", Op: binary(T.Add), Torch: "torch.add(a, b, out=y)"},
	{Name: "subtract", Op: binary(T.Sub), Torch: "torch.sub(a, b, out=y)"},
	{Name: "multiply", Op: binary(T.Mul), Torch: "torch.mul(a, b, out=y)"},
	{Name: "divide", Op: binary(T.Div), Torch: "torch.div(a, b, out=y)",
		Inputs: func(d Size) []Input { return []Input{normal(d...), uniform(0.5, 2, d...)} }},
	{Name: "add a number", Inputs: one, Op: unary(func(x T) T { return x.AddScalar(1.5) }), Torch: "torch.add(a, 1.5, out=y)"},
	{Name: "multiply by a number", Inputs: one, Op: unary(func(x T) T { return x.MulScalar(1.5) }), Torch: "torch.mul(a, 1.5, out=y)"},
	{Name: "add in place", Op: func(in []T) T { in[1].AddInPlace(in[0]); return in[1] }, Torch: "b.add_(a)"},
	{Name: "add a multiple in place", Op: func(in []T) T { in[1].AddScaledInPlace(0.5, in[0]); return in[1] },
		Torch: "b.add_(a, alpha=0.5)"},
	{Name: "multiply in place", Inputs: one, Op: unary(func(x T) T { x.MulScalarInPlace(1); return x }), Torch: "a.mul_(1.0)"},
	{Name: "add a row", Sizes: matrices, Inputs: func(d Size) []Input { return []Input{normal(d...), normal(d[1])} },
		Op: binary(T.Add), Torch: "torch.add(a, b, out=y)"},
	{Name: "multiply by a column", Sizes: matrices, Inputs: func(d Size) []Input { return []Input{normal(d...), normal(d[0], 1)} },
		Op: binary(T.Mul), Torch: "torch.mul(a, b, out=y)"},
	{Name: "add a transposed matrix", Sizes: matrices, Inputs: func(d Size) []Input { return []Input{normal(d...), normal(d[1], d[0])} },
		Op: func(in []T) T { return in[0].Add(in[1].T()) }, Torch: "torch.add(a, b.t(), out=y)"},
	{Name: "negate", Inputs: one, Op: unary(T.Neg), Torch: "torch.neg(a, out=y)"},
	{Name: "absolute value", Inputs: one, Op: unary(T.Abs), Torch: "torch.abs(a, out=y)"},
	{Name: "square", Inputs: one, Op: unary(T.Square), Torch: "torch.square(a, out=y)"},
	{Name: "square root", Inputs: positive, Op: unary(T.Sqrt), Torch: "torch.sqrt(a, out=y)"},
	{Name: "reciprocal", Inputs: positive, Op: unary(T.Reciprocal), Torch: "torch.reciprocal(a, out=y)"},
	{Name: "floor", Inputs: one, Op: unary(T.Floor), Torch: "torch.floor(a, out=y)"},
	{Name: "round", Inputs: one, Op: unary(T.Round), Torch: "torch.round(a, out=y)"},
	{Name: "clamp", Inputs: one, Op: unary(func(x T) T { return x.Clamp(-1, 1) }), Torch: "torch.clamp(a, -1, 1, out=y)"},
	{Name: "lerp", Op: func(in []T) T { return in[0].Lerp(in[1], 0.25) }, Torch: "torch.lerp(a, b, 0.25, out=y)"},
	{Name: "remainder", Op: binary(T.Remainder), Torch: "torch.remainder(a, b, out=y)",
		Inputs: func(d Size) []Input { return []Input{normal(d...), uniform(0.5, 2, d...)} }},
	{Name: "add int64", Inputs: func(d Size) []Input { return []Input{integers(1000, d...), integers(1000, d...)} },
		Op: binary(T.Add), Torch: "torch.add(a, b, out=y)"},
	{Name: "add bfloat16", Inputs: func(d Size) []Input {
		return []Input{normal(d...).as(tensor.BFloat16), normal(d...).as(tensor.BFloat16)}
	}, Op: binary(T.Add), Torch: "torch.add(a, b, out=y)"},
	{Name: "add float64", Inputs: func(d Size) []Input {
		return []Input{normal(d...).as(tensor.Float64), normal(d...).as(tensor.Float64)}
	}, Op: binary(T.Add), Torch: "torch.add(a, b, out=y)"},
}}

var transcendental = Family{Name: "transcendental", Sizes: vectors, Inputs: one, Benchmarks: []Benchmark{
	{Name: "exp", Op: unary(T.Exp), Torch: "torch.exp(a, out=y)"},
	{Name: "expm1", Op: unary(T.Expm1), Torch: "torch.expm1(a, out=y)"},
	{Name: "log", Inputs: positive, Op: unary(T.Log), Torch: "torch.log(a, out=y)"},
	{Name: "log1p", Inputs: positive, Op: unary(T.Log1p), Torch: "torch.log1p(a, out=y)"},
	{Name: "log2", Inputs: positive, Op: unary(T.Log2), Torch: "torch.log2(a, out=y)"},
	{Name: "log10", Inputs: positive, Op: unary(T.Log10), Torch: "torch.log10(a, out=y)"},
	{Name: "sin", Op: unary(T.Sin), Torch: "torch.sin(a, out=y)"},
	{Name: "cos", Op: unary(T.Cos), Torch: "torch.cos(a, out=y)"},
	{Name: "tan", Op: unary(T.Tan), Torch: "torch.tan(a, out=y)", Tolerance: 1e-4},
	{Name: "atan", Op: unary(T.Atan), Torch: "torch.atan(a, out=y)"},
	{Name: "atan2", Inputs: two, Op: binary(T.Atan2), Torch: "torch.atan2(a, b, out=y)"},
	{Name: "sinh", Op: unary(T.Sinh), Torch: "torch.sinh(a, out=y)"},
	{Name: "tanh", Op: unary(T.Tanh), Torch: "torch.tanh(a, out=y)"},
	{Name: "sigmoid", Op: unary(T.Sigmoid), Torch: "torch.sigmoid(a, out=y)"},
	{Name: "erf", Op: unary(T.Erf), Torch: "torch.erf(a, out=y)"},
	{Name: "reciprocal square root", Inputs: positive, Op: unary(T.Rsqrt), Torch: "torch.rsqrt(a, out=y)"},
	{Name: "power", Inputs: func(d Size) []Input { return []Input{uniform(0.1, 4, d...), normal(d...)} },
		Op: binary(T.Pow), Torch: "torch.pow(a, b, out=y)"},
	{Name: "power 1.7", Inputs: positive, Op: unary(func(x T) T { return x.PowScalar(1.7) }), Torch: "torch.pow(a, 1.7, out=y)"},
}}

var comparisons = Family{Name: "comparisons, selection", Sizes: vectors, Inputs: two, Benchmarks: []Benchmark{
	{Name: "greater", Op: binary(T.Greater), Torch: "torch.gt(a, b, out=y)"},
	{Name: "equal", Op: binary(T.Equal), Torch: "torch.eq(a, b, out=y)"},
	{Name: "less than a number", Inputs: one, Op: unary(func(x T) T { return x.LessScalar(0.5) }), Torch: "torch.lt(a, 0.5, out=y)"},
	{Name: "equal, int64", Inputs: func(d Size) []Input { return []Input{integers(10, d...), integers(10, d...)} },
		Op: binary(T.Equal), Torch: "torch.eq(a, b, out=y)"},
	{Name: "and", Inputs: func(d Size) []Input { return []Input{mask(d...), mask(d...)} }, Op: binary(T.And),
		Torch: "torch.logical_and(a, b, out=y)"},
	{Name: "not", Inputs: func(d Size) []Input { return []Input{mask(d...)} }, Op: unary(T.Not), Torch: "torch.logical_not(a, out=y)"},
	{Name: "maximum", Op: binary(T.Maximum), Torch: "torch.maximum(a, b, out=y)"},
	{Name: "minimum", Op: binary(T.Minimum), Torch: "torch.minimum(a, b, out=y)"},
	{Name: "where", Inputs: func(d Size) []Input { return []Input{mask(d...), normal(d...), normal(d...)} },
		Op: func(in []T) T { return tensor.Where(in[0], in[1], in[2]) }, Torch: "torch.where(a, b, c, out=y)"},
	{Name: "masked fill", Inputs: func(d Size) []Input { return []Input{normal(d...), mask(d...)} },
		Op: func(in []T) T { return in[0].MaskedFill(in[1], -1) }, Torch: "torch.masked_fill(a, b, -1.0)"},
	{Name: "sign", Inputs: one, Op: unary(T.Sign), Torch: "torch.sign(a, out=y)"},
	{Name: "is NaN", Inputs: one, Op: unary(T.IsNaN), Torch: "torch.isnan(a)"},
	{Name: "is finite", Inputs: one, Op: unary(T.IsFinite), Torch: "torch.isfinite(a)"},
}}

var reductions = Family{Name: "reductions", Sizes: matrices, Inputs: one, Benchmarks: []Benchmark{
	{Name: "sum", Op: unary(func(x T) T { return x.Sum() }), Torch: "torch.sum(a)"},
	{Name: "sum of each row", Op: unary(func(x T) T { return x.Sum(1) }), Torch: "torch.sum(a, 1, out=y)"},
	{Name: "sum of each column", Op: unary(func(x T) T { return x.Sum(0) }), Torch: "torch.sum(a, 0, out=y)"},
	{Name: "mean of each row", Op: unary(func(x T) T { return x.Mean(1) }), Torch: "torch.mean(a, 1, out=y)"},
	{Name: "product of each row", Inputs: func(d Size) []Input { return []Input{uniform(0.9, 1.1, d...)} },
		Op: unary(func(x T) T { return x.Prod(1) }), Torch: "torch.prod(a, 1, out=y)", Tolerance: 1e-4},
	{Name: "variance", Op: unary(func(x T) T { return x.Var(1) }), Torch: "torch.var(a)"},
	{Name: "variance of each row", Op: unary(func(x T) T { return x.Var(1, 1) }), Torch: "torch.var(a, 1, out=y)"},
	{Name: "variance of each column", Op: unary(func(x T) T { return x.Var(1, 0) }), Torch: "torch.var(a, 0, out=y)"},
	{Name: "standard deviation of each row", Op: unary(func(x T) T { return x.Std(1, 1) }), Torch: "torch.std(a, 1, out=y)"},
	// PyTorch sums squares in float32: for four million elements its norm has an error of 8e-5.
	{Name: "norm", Tolerance: 1e-3, Op: unary(func(x T) T { return x.Norm(2) }), Torch: "torch.linalg.vector_norm(a)"},
	{Name: "norm of each row", Op: unary(func(x T) T { return x.Norm(2, 1) }), Torch: "torch.linalg.vector_norm(a, dim=1, out=y)"},
	{Name: "log-sum-exp of each row", Op: unary(func(x T) T { return x.LogSumExp(1) }), Torch: "torch.logsumexp(a, 1, out=y)"},
	{Name: "max", Op: unary(func(x T) T { return x.Max() }), Torch: "torch.max(a)"},
	{Name: "max of each row, and where", Op: unary(func(x T) T { v, _ := x.MaxDim(1); return v }), Torch: "torch.max(a, 1)[0]"},
	{Name: "min of each column, and where", Op: unary(func(x T) T { v, _ := x.MinDim(0); return v }), Torch: "torch.min(a, 0)[0]"},
	{Name: "argmax of each row", Op: unary(func(x T) T { return x.ArgMax(1) }), Torch: "torch.argmax(a, 1)"},
	{Name: "any of each row", Inputs: func(d Size) []Input { return []Input{mask(d...)} },
		Op: unary(func(x T) T { return x.Any(1) }), Torch: "torch.any(a, 1)"},
	{Name: "sum, gradients", Inputs: oneLeaf, Op: unary(func(x T) T { return x.Sum(1) }), Torch: "torch.sum(a, 1)"},
	{Name: "variance of each row, gradients", Inputs: oneLeaf, Op: unary(func(x T) T { return x.Var(1, 1) }), Torch: "torch.var(a, 1)"},
	{Name: "max of each row, gradients", Inputs: oneLeaf, Op: unary(func(x T) T { v, _ := x.MaxDim(1); return v }),
		Torch: "torch.max(a, 1)[0]"},
}}
