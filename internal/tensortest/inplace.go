package tensortest

import "github.com/lamina-ml/lamina/tensor"

// written makes a row of an in-place operation, which changes a copy of its first input.
func written(name, method string, inputs int, dtypes []tensor.DType, write func(t tensor.Tensor, x []tensor.Tensor,
	a Attrs), f func(x []float64, a Attrs) float64, attrs ...Attrs) *Op {
	op := &Op{Name: name, Go: []string{"Tensor." + method}, DTypes: dtypes, Inputs: make([]Input, inputs),
		NoGradient: true, Ref: elementwise(f),
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor {
			t := copyOf(x[0].Detach())
			write(t, x[1:], a)
			return t
		},
	}
	if attrs == nil {
		attrs = []Attrs{nil}
	}
	for _, a := range attrs {
		for _, shapes := range [][][]int{{{}, {}}, {{5}, {5}}, {{3, 4}, {4}}, {{3, 4}, {}}, {{3, 4}, {3, 1}},
			{{2, 0}, {1}}, {{3, 700}, {700}}} {
			op.Samples = append(op.Samples, Sample{Shapes: shapes[:inputs], Attrs: a})
		}
		if inputs == 2 {
			op.Samples = append(op.Samples, Sample{Shapes: [][]int{{4}, {4}}, Values: [][]float64{{nan, 1, inf, -inf},
				{1, nan, 1, -inf}}, Attrs: a, Big: true, Floats: true})
			op.Errors = append(op.Errors,
				Mistake{Shapes: [][]int{{3}, {2, 3}}, Attrs: a, Text: "broadcast"},
				Mistake{Shapes: [][]int{{2, 3}, {2}}, Attrs: a, Text: "do not broadcast: (2, 3) × (2,)"})
		}
	}
	return op
}

// copyOf copies within a scope.
func copyOf(x tensor.Tensor) tensor.Tensor {
	zero := x.NewZeros()
	return tensor.Where(zero.EqualScalar(0), x, zero)
}

// rounded is for rows whose reference rounds once but whose kernels round each step.
func rounded(op *Op, tol Tol) *Op {
	op.Tol = tol
	return op
}

var _ = add(
	written("add_", "AddInPlace", 2, allTypes, func(t tensor.Tensor, x []tensor.Tensor, _ Attrs) { t.AddInPlace(x[0]) },
		func(x []float64, _ Attrs) float64 { return x[0] + x[1] }),
	noBool(written("sub_", "SubInPlace", 2, numbers, func(t tensor.Tensor, x []tensor.Tensor, _ Attrs) { t.SubInPlace(x[0]) },
		func(x []float64, _ Attrs) float64 { return x[0] - x[1] })),
	written("mul_", "MulInPlace", 2, allTypes, func(t tensor.Tensor, x []tensor.Tensor, _ Attrs) { t.MulInPlace(x[0]) },
		func(x []float64, _ Attrs) float64 { return x[0] * x[1] }),
	written("copy_", "CopyFrom", 2, allTypes, func(t tensor.Tensor, x []tensor.Tensor, _ Attrs) { t.CopyFrom(x[0]) },
		func(x []float64, _ Attrs) float64 { return x[1] }),
	noBool(written("mul_scalar_", "MulScalarInPlace", 1, numbers, func(t tensor.Tensor, _ []tensor.Tensor,
		a Attrs) {
		t.MulScalarInPlace(a.Float("other"))
	},
		func(x []float64, a Attrs) float64 { return x[0] * a.Float("other") }, Attrs{"other": 3})),
	written("fill_", "FillInPlace", 1, allTypes, func(t tensor.Tensor, _ []tensor.Tensor, a Attrs) { t.FillInPlace(a.Float("value")) },
		func(x []float64, a Attrs) float64 { return a.Float("value") }, Attrs{"value": 2}),
	noBool(written("clamp_", "ClampInPlace", 1, numbers, func(t tensor.Tensor, _ []tensor.Tensor,
		a Attrs) {
		t.ClampInPlace(a.Float("min"), a.Float("max"))
	},
		clamped, Attrs{"min": 0, "max": 2})),
	inHalves(Tol{ULP: 1, Torch: 2, Sum: true, Why: "rounded once; PyTorch rounds the number, the product and the sum"},
		rounded(noBool(written("add_scaled_", "AddScaledInPlace", 2, numbers, func(t tensor.Tensor, x []tensor.Tensor,
			a Attrs) {
			t.AddScaledInPlace(a.Float("alpha"), x[0])
		},
			func(x []float64, a Attrs) float64 { return x[0] + a.Float("alpha")*x[1] }, Attrs{"alpha": 2}, Attrs{"alpha": -1})),
			Tol{ULP: 1, Torch: 1, Sum: true, Why: "rounded once; PyTorch rounds the product first, or not, by the processor"})),
	rounded(written("lerp_", "LerpInPlace", 2, floats, func(t tensor.Tensor, x []tensor.Tensor,
		a Attrs) {
		t.LerpInPlace(x[0], a.Float("weight"))
	},
		func(x []float64, a Attrs) float64 { return between(x[0], x[1], a.Float("weight")) }, Attrs{"weight": 0.25}, Attrs{"weight": 0.75}),
		Tol{ULP: 3, Torch: 2, Sum: true, Why: "a difference, a product and a sum, each rounded"}),
)
