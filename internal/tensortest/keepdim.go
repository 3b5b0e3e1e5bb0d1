package tensortest

import (
	"slices"

	"github.com/lamina-ml/lamina/tensor"
)

// keepDimRows are the methods of KeepDim, by the name of the row of the reduction without keepdim.
var keepDimRows = []struct {
	name, method string
	call         func(k tensor.KeepDim, a Attrs) tensor.Tensor
}{
	{"sum", "Sum", func(k tensor.KeepDim, a Attrs) tensor.Tensor { return k.Sum(a.Ints("dim")...) }},
	{"mean", "Mean", func(k tensor.KeepDim, a Attrs) tensor.Tensor { return k.Mean(a.Ints("dim")...) }},
	{"prod", "Prod", func(k tensor.KeepDim, a Attrs) tensor.Tensor { return k.Prod(a.Ints("dim")...) }},
	{"amax", "Max", func(k tensor.KeepDim, a Attrs) tensor.Tensor { return k.Max(a.Ints("dim")...) }},
	{"amin", "Min", func(k tensor.KeepDim, a Attrs) tensor.Tensor { return k.Min(a.Ints("dim")...) }},
	{"argmax", "ArgMax", func(k tensor.KeepDim, a Attrs) tensor.Tensor { return k.ArgMax(a.Int("dim")) }},
	{"argmin", "ArgMin", func(k tensor.KeepDim, a Attrs) tensor.Tensor { return k.ArgMin(a.Int("dim")) }},
	{"max_dim", "MaxDim", func(k tensor.KeepDim, a Attrs) tensor.Tensor { y, _ := k.MaxDim(a.Int("dim")); return y }},
	{"max_dim_indices", "", func(k tensor.KeepDim, a Attrs) tensor.Tensor { _, i := k.MaxDim(a.Int("dim")); return i }},
	{"min_dim", "MinDim", func(k tensor.KeepDim, a Attrs) tensor.Tensor { y, _ := k.MinDim(a.Int("dim")); return y }},
	{"min_dim_indices", "", func(k tensor.KeepDim, a Attrs) tensor.Tensor { _, i := k.MinDim(a.Int("dim")); return i }},
	{"var", "Var", func(k tensor.KeepDim, a Attrs) tensor.Tensor { return k.Var(a.Int("correction"), a.Ints("dim")...) }},
	{"std", "Std", func(k tensor.KeepDim, a Attrs) tensor.Tensor { return k.Std(a.Int("correction"), a.Ints("dim")...) }},
	{"norm", "Norm", func(k tensor.KeepDim, a Attrs) tensor.Tensor { return k.Norm(a.Float("ord"), a.Ints("dim")...) }},
	{"logsumexp", "LogSumExp", func(k tensor.KeepDim, a Attrs) tensor.Tensor { return k.LogSumExp(a.Ints("dim")...) }},
	{"any", "Any", func(k tensor.KeepDim, a Attrs) tensor.Tensor { return k.Any(a.Ints("dim")...) }},
	{"all", "All", func(k tensor.KeepDim, a Attrs) tensor.Tensor { return k.All(a.Ints("dim")...) }},
}

// init adds a row for each method of KeepDim: the reduction's row, with size 1 for each reduced dimension. An init
// function runs after the table's variables are initialized.
func init() {
	for i, k := range keepDimRows {
		at := slices.IndexFunc(table, func(op *Op) bool { return op.Name == k.name })
		op := *table[at]
		op.Name += "_keepdim"
		op.Go = nil
		if k.method != "" {
			op.Go = append(op.Go, "KeepDim."+k.method)
		}
		if i == 0 {
			op.Go = append(op.Go, "Tensor.KeepDim")
		}
		dropped := op.Ref
		op.Call = func(x []tensor.Tensor, a Attrs) tensor.Tensor { return k.call(x[0].KeepDim(), a) }
		op.Ref = func(in []Array, a Attrs) Array {
			y := dropped(in, a)
			y.Shape = keptShape(in[0].Shape, a)
			return y
		}
		op.Bench = Sample{}
		table = append(table, &op)
	}
}

// keptShape is a shape with size 1 in the dimensions that the attribute dim names, in all without one.
func keptShape(shape []int, a Attrs) []int {
	out := slices.Clone(shape)
	dims := a.Ints("dim")
	if d, ok := a["dim"].(int); ok {
		dims = []int{d}
	}
	for i := range out {
		if len(dims) == 0 || slices.Contains(dims, i) || slices.Contains(dims, i-len(out)) {
			out[i] = 1
		}
	}
	return out
}
