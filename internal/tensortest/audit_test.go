package tensortest

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/tensor"
)

// excused are the rows without a kind of case, by kind and reason.
var excused = map[string]string{
	"errors: one input and no other argument": "contiguous nonzero unique unique_inverse unique_counts fill_",
	"errors: the other result's row has them": "topk_indices max_dim_indices min_dim_indices max_dim_indices_keepdim min_dim_indices_keepdim",
}

// TestEveryRowHasEveryCase checks that each row has every kind of case: an input without dimensions, one without
// elements, NaN and infinities, inputs of different shapes, an error, and each type. PyTorch's golden cases count. The
// runner makes strided, offset, transposed and expanded inputs of each sample.
func TestEveryRowHasEveryCase(t *testing.T) {
	excuse := map[string]bool{}
	for reason, names := range excused {
		kind, _, _ := strings.Cut(reason, ":")
		for _, name := range strings.Fields(names) {
			excuse[kind+" "+name] = true
		}
	}
	golden := readGolden(t, "ops")
	for _, op := range Ops() {
		has := op.cases(golden[op.Name])
		want := []string{"0-d", "zero-size"}
		if slices.ContainsFunc(op.types(), tensor.DType.IsFloat) && !op.ignoresItsInputs() {
			want = append(want, "NaN", "infinity")
		}
		if len(op.Inputs) > 1 {
			want = append(want, "different shapes")
		}
		if !op.Elementwise || len(op.Inputs) > 1 {
			want = append(want, "errors")
		}
		for dt := tensor.Float32; dt <= tensor.Bool; dt++ {
			if op.takes(t, dt) {
				want = append(want, dt.String())
			}
		}
		for _, kind := range want {
			switch key := kind + " " + op.Name; {
			case !has[kind] && !excuse[key]:
				t.Errorf("%s has no case for %s", op.Name, kind)
			case has[kind] && excuse[key]:
				t.Errorf("%s is excused from %s, but has such a case", op.Name, kind)
			}
			delete(excuse, kind+" "+op.Name)
		}
	}
	for key := range excuse {
		t.Errorf("an excuse without a row: %s", key)
	}
}

// cases returns the kinds of cases that the row has.
func (op *Op) cases(golden []*goldenCase) map[string]bool {
	has := map[string]bool{}
	shapes := func(list [][]int) {
		for _, s := range list {
			has["0-d"] = has["0-d"] || len(s) == 0
			has["zero-size"] = has["zero-size"] || sizeOf(s) == 0
			has["different shapes"] = has["different shapes"] || !equalInts(s, list[0])
		}
	}
	numbers := func(in []Value) {
		for _, v := range in {
			has[v.DType.String()] = true
			for i := range v.len() {
				x := v.float(i)
				has["NaN"] = has["NaN"] || x != x
				has["infinity"] = has["infinity"] || math.IsInf(x, 0)
			}
		}
	}
	for _, s := range op.samples() {
		shapes(s.Shapes)
		numbers(op.draw(s, op.DTypes[0]))
	}
	for _, c := range golden {
		var all [][]int
		for _, v := range c.in {
			all = append(all, v.Shape)
		}
		shapes(all)
		shapes([][]int{c.out.Shape})
		numbers(c.in)
	}
	for _, m := range op.Errors {
		shapes(m.Shapes)
	}
	if op.Ref != nil && (op.Elementwise || op.Tol.ULP == 0) { // the runner adds them
		has["NaN"], has["infinity"] = true, true
	}
	has["errors"] = len(op.Errors) > 0
	for _, dt := range op.types() {
		has[dt.String()] = op.Ref != nil
	}
	return has
}

// ignoresItsInputs reports whether the results do not depend on the inputs' elements.
func (op *Op) ignoresItsInputs() bool {
	return strings.HasPrefix(op.Name, "new_") || op.Name == "fill_"
}

// takes reports whether the operation supports inputs of a type, rather than panicking.
func (op *Op) takes(t *testing.T, dt tensor.DType) bool {
	i := slices.IndexFunc(op.samples(), func(s Sample) bool { return !s.Floats && !s.Big })
	if i < 0 {
		t.Fatalf("%s has no small sample", op.Name)
	}
	s := op.samples()[i]
	return tensor.Try(func() {
		var xs []tensor.Tensor
		for _, v := range op.draw(s, dt) {
			xs = append(xs, v.tensor(tensor.CPU()))
		}
		op.Call(xs, s.Attrs)
	}) == nil
}
