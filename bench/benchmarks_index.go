package bench

import (
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
)

// indexing has the sizes: rows of the table, columns, number of selected rows.
var indexing = Family{
	Name:  "index, gather, scatter",
	Sizes: []Size{{1000, 64, 256}, {10000, 256, 2048}, {30000, 512, 16384}},
	Benchmarks: []Benchmark{
		{Name: "embedding", Inputs: func(d Size) []Input { return []Input{integers(d[0], d[2]), normal(d[0], d[1])} },
			Op: func(in []T) T { return (&nn.Embedding{Weight: in[1]}).Forward(in[0]) }, Torch: "F.embedding(a, b)"},
		{Name: "embedding, gradients", Inputs: func(d Size) []Input { return []Input{integers(d[0], d[2]), normal(d[0], d[1]).leaf()} },
			Op: func(in []T) T { return (&nn.Embedding{Weight: in[1]}).Forward(in[0]) }, Torch: "F.embedding(a, b)"},
		{Name: "select rows", Inputs: func(d Size) []Input { return []Input{normal(d[0], d[1]), integers(d[0], d[2])} },
			Op: func(in []T) T { return in[0].IndexSelect(0, in[1]) }, Torch: "torch.index_select(a, 0, b, out=y)"},
		{Name: "select columns", Inputs: func(d Size) []Input { return []Input{normal(d[2], d[1]), integers(d[1], d[1]/2)} },
			Op: func(in []T) T { return in[0].IndexSelect(1, in[1]) }, Torch: "torch.index_select(a, 1, b, out=y)"},
		{Name: "gather along columns", Inputs: func(d Size) []Input { return []Input{normal(d[2], d[1]), integers(d[1], d[2], d[1]/2)} },
			Op: func(in []T) T { return in[0].Gather(1, in[1]) }, Torch: "torch.gather(a, 1, b, out=y)"},
		{Name: "gather one of each row, gradients",
			Inputs: func(d Size) []Input { return []Input{normal(d[2], d[1]).leaf(), integers(d[1], d[2], 1)} },
			Op:     func(in []T) T { return in[0].Gather(1, in[1]) }, Torch: "torch.gather(a, 1, b)"},
		{Name: "scatter", Inputs: func(d Size) []Input { return []Input{normal(d[2], d[1]), integers(d[1], d[2], 1), normal(d[2], 1)} },
			Op: func(in []T) T { return in[0].Scatter(1, in[1], in[2]) }, Torch: "torch.scatter(a, 1, b, c, out=y)"},
		{Name: "scatter-add", Inputs: func(d Size) []Input {
			return []Input{normal(d[2], d[1]), integers(d[1], d[2], d[1]), normal(d[2], d[1])}
		}, Op: func(in []T) T { return in[0].ScatterAdd(1, in[1], in[2]) }, Torch: "torch.scatter_add(a, 1, b, c, out=y)"},
		{Name: "add rows", Inputs: func(d Size) []Input { return []Input{normal(d[0], d[1]), integers(d[0], d[2]), normal(d[2], d[1])} },
			Op: func(in []T) T { return in[0].IndexAdd(0, in[1], in[2]) }, Torch: "torch.index_add(a, 0, b, c, out=y)"},
		{Name: "index by two tensors",
			Inputs: func(d Size) []Input { return []Input{normal(d[2], d[1]), integers(d[2], d[2]), integers(d[1], d[2])} },
			Op:     func(in []T) T { return in[0].Index(in[1], in[2]) }, Torch: "a[b, c]"},
		{Name: "masked select", Inputs: func(d Size) []Input { return []Input{normal(d[2], d[1]), mask(d[2], d[1])} },
			Op: binary(T.MaskedSelect), Torch: "torch.masked_select(a, b)"},
		{Name: "places of nonzero", Inputs: func(d Size) []Input { return []Input{mask(d[2], d[1])} },
			Op: unary(T.NonZero), Torch: "torch.nonzero(a)"},
		{Name: "one-hot", Inputs: func(d Size) []Input { return []Input{integers(d[1], d[2])} },
			Op: unary(func(x T) T { return x.OneHot(0) }), Torch: "F.one_hot(a)"},
	},
}

// ordering has the sizes: rows, columns.
var ordering = Family{
	Name:   "sorting, scans",
	Sizes:  []Size{{4, 1024}, {64, 4096}, {16, 65536}},
	Inputs: one,
	Benchmarks: []Benchmark{
		{Name: "sort each row", Op: unary(func(x T) T { v, _ := x.Sort(1, false); return v }), Torch: "torch.sort(a, 1)[0]"},
		{Name: "sort each column", Op: unary(func(x T) T { v, _ := x.Sort(0, true); return v }),
			Torch: "torch.sort(a, 0, descending=True)[0]"},
		{Name: "argsort each row", Op: unary(func(x T) T { return x.ArgSort(1, false) }), Torch: "torch.argsort(a, 1)"},
		{Name: "sort each row, int64", Inputs: func(d Size) []Input { return []Input{integers(1000, d...)} },
			Op: unary(func(x T) T { v, _ := x.Sort(1, false); return v }), Torch: "torch.sort(a, 1)[0]"},
		{Name: "10 largest of each row", Op: unary(func(x T) T { v, _ := x.TopK(10, 1, true); return v }),
			Torch: "torch.topk(a, 10, 1)[0]"},
		{Name: "half of each row, the largest",
			Op: unary(func(x T) T { v, _ := x.TopK(x.Dim(1)/2, 1, true); return v }), Torch: "torch.topk(a, d[1] // 2, 1)[0]"},
		{Name: "cumulative sum of each row", Op: unary(func(x T) T { return x.CumSum(1) }),
			Torch: "torch.cumsum(a, 1, out=y)", Tolerance: 1e-4},
		{Name: "cumulative sum of each column", Op: unary(func(x T) T { return x.CumSum(0) }),
			Torch: "torch.cumsum(a, 0, out=y)", Tolerance: 1e-4},
		{Name: "cumulative sum, gradients", Inputs: oneLeaf, Op: unary(func(x T) T { return x.CumSum(1) }),
			Torch: "torch.cumsum(a, 1)", Tolerance: 1e-4},
		{Name: "cumulative product of each row", Inputs: func(d Size) []Input { return []Input{uniform(0.99, 1.01, d...)} },
			Op: unary(func(x T) T { return x.CumProd(1) }), Torch: "torch.cumprod(a, 1, out=y)", Tolerance: 1e-3},
		{Name: "unique numbers", Inputs: func(d Size) []Input { return []Input{integers(1000, d...)} },
			Op:    unary(func(x T) T { v, _, _ := x.Unique(); return v }),
			Torch: "torch.unique(a, return_inverse=True, return_counts=True)[0]"},
	},
}

var moving = Family{Name: "joining, moving", Sizes: matrices, Inputs: two, Benchmarks: []Benchmark{
	{Name: "join rows", Op: func(in []T) T { return tensor.Cat(0, in...) }, Torch: "torch.cat((a, b), 0, out=y)"},
	{Name: "join columns", Op: func(in []T) T { return tensor.Cat(1, in...) }, Torch: "torch.cat((a, b), 1, out=y)"},
	{Name: "join columns, gradients", Inputs: func(d Size) []Input { return []Input{normal(d...).leaf(), normal(d...).leaf()} },
		Op: func(in []T) T { return tensor.Cat(1, in...) }, Torch: "torch.cat((a, b), 1)"},
	{Name: "stack", Op: func(in []T) T { return tensor.Stack(2, in...) }, Torch: "torch.stack((a, b), 2, out=y)"},
	{Name: "transpose", Inputs: one, Op: unary(func(x T) T { return x.T().Contiguous() }),
		Torch: "a.t().contiguous() if y is None else y.copy_(a.t())"},
	{Name: "transpose the middle of four", Sizes: []Size{{2, 4, 16, 32}, {8, 16, 64, 32}, {16, 64, 64, 64}}, Inputs: one,
		Op:    unary(func(x T) T { return x.Transpose(1, 2).Contiguous() }),
		Torch: "a.transpose(1, 2).contiguous() if y is None else y.copy_(a.transpose(1, 2))"},
	{Name: "every second column", Inputs: one,
		Op:    unary(func(x T) T { return x.Slice(1, 0, x.Dim(1), 2).Contiguous() }),
		Torch: "a[:, ::2].contiguous() if y is None else y.copy_(a[:, ::2])"},
	{Name: "repeat", Inputs: one, Op: unary(func(x T) T { return x.Repeat(1, 2) }), Torch: "a.repeat(1, 2)"},
	{Name: "repeat each row", Inputs: one, Op: unary(func(x T) T { return x.RepeatInterleave(2, 0) }), Torch: "a.repeat_interleave(2, 0)"},
	{Name: "flip", Inputs: one, Op: unary(func(x T) T { return x.Flip(1) }), Torch: "torch.flip(a, (1,))"},
	{Name: "roll", Inputs: one, Op: unary(func(x T) T { return x.Roll(5, 1) }), Torch: "torch.roll(a, 5, 1)"},
	{Name: "pad", Inputs: one, Op: unary(func(x T) T { return x.Pad(0, 2, 2, 2, 2) }), Torch: "F.pad(a, (2, 2, 2, 2))"},
	{Name: "pad by reflection", Inputs: one, Op: unary(func(x T) T { return x.PadReflect(2, 2) }),
		Torch: "F.pad(a, (2, 2), mode='reflect')"},
	{Name: "lower triangle", Inputs: one, Op: unary(func(x T) T { return x.Tril(0) }), Torch: "torch.tril(a, out=y)"},
	{Name: "windows", Inputs: one, Op: unary(func(x T) T { return x.Unfold(1, 8, 4).Contiguous() }),
		Torch: "a.unfold(1, 8, 4).contiguous() if y is None else y.copy_(a.unfold(1, 8, 4))"},
	{Name: "fill", Inputs: one, Op: unary(func(x T) T { return x.FullLike(3) }), Torch: "torch.full(a.shape, 3.0, out=y)"},
}}

var conversions = Family{Name: "conversions", Sizes: vectors, Inputs: one, Benchmarks: []Benchmark{
	convert(tensor.Float32, tensor.BFloat16), convert(tensor.BFloat16, tensor.Float32),
	convert(tensor.Float32, tensor.Float16), convert(tensor.Float16, tensor.Float32),
	convert(tensor.Float32, tensor.Float64), convert(tensor.Float64, tensor.Float32),
	convert(tensor.Float32, tensor.Int64), convert(tensor.Int64, tensor.Float32), convert(tensor.Int32, tensor.Float32),
	convert(tensor.Uint8, tensor.Float32), convert(tensor.Bool, tensor.Float32), convert(tensor.Float32, tensor.Bool),
}}

// convert returns the benchmark of a conversion between types.
func convert(from, to tensor.DType) Benchmark {
	return Benchmark{
		Name: from.String() + " to " + to.String(),
		Inputs: func(d Size) []Input {
			if from == tensor.Bool {
				return []Input{mask(d...)}
			}
			return []Input{uniform(0, 200, d...).as(from)}
		},
		Op: unary(func(x T) T { return x.Cast(to) }), Torch: "a.to(torch." + to.String() + ") if y is None else y.copy_(a)",
	}
}
