package nntest

import (
	"math"

	"github.com/lamina-ml/lamina/internal/tensortest"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
)

// bagsOf combines the vectors of each bag by the definition.
func bagsOf(in []array, a attributes) array {
	w, index := in[0], in[1]
	size, offsets := w.Shape[1], a.Ints("offsets")
	if len(index.Shape) == 2 {
		for b := range index.Shape[0] + 1 {
			offsets = append(offsets, b*index.Shape[1])
		}
	} else if a["last"] != true {
		offsets = append(append([]int{}, offsets...), len(index.V))
	}
	padding := math.NaN()
	if a["padding_idx"] != nil {
		if padding = a.Float("padding_idx"); padding < 0 {
			padding += float64(w.Shape[0])
		}
	}
	y := array{Shape: []int{len(offsets) - 1, size}, V: []float64{}}
	for b := range len(offsets) - 1 {
		for j := range size {
			sum, most, n := 0.0, 0.0, 0.0
			for i := offsets[b]; i < offsets[b+1]; i++ {
				if index.V[i] == padding {
					continue
				}
				v := w.V[int(index.V[i])*size+j]
				if n++; n == 1 || v > most || v != v {
					most = v
				}
				if len(in) > 2 {
					v *= in[2].V[i]
				}
				sum += v
			}
			switch a["mode"] {
			case "mean":
				sum /= max(1, n)
			case "max":
				sum = most
			}
			y.V = append(y.V, sum)
		}
	}
	return y
}

func bagRow(name string, weighted bool) *tensortest.Op {
	layer, padding := &nn.EmbeddingBag{}, 0
	modes := map[any]nn.BagMode{"mean": nn.BagMean, "sum": nn.BagSum, "max": nn.BagMax, "other": 7}
	op := &tensortest.Op{Name: name, DTypes: float, Ref: bagsOf, Inputs: []input{{}, {DType: &whole}},
		Tol: tensortest.Tol{ULP: 8, Torch: 8, Grad: 16, Largest: true, Cancels: true, AnyZero: true,
			Why: "sums of rounded products, in another order"},
		Half: &tensortest.Tol{ULP: 4, Torch: 8, Grad: 16, Largest: true, Cancels: true, AnyZero: true,
			Why: "products, sums and quotients are each rounded to 16 bits, as in PyTorch"},
		Call: func(x []tensor.Tensor, a attributes) tensor.Tensor {
			layer.Weight, layer.Mode, layer.PaddingIndex, layer.IncludeLastOffset = x[0], modes[a["mode"]], nil, a["last"] == true
			if a["padding_idx"] != nil {
				padding = a.Int("padding_idx")
				layer.PaddingIndex = &padding
			}
			var weights tensor.Tensor
			if weighted {
				weights = required(x[2])
			}
			return layer.Forward(x[1], a.Ints("offsets"), weights)
		},
	}
	if weighted {
		op.Inputs = append(op.Inputs, input{})
	}
	add := func(table, index, offsets []int, at ...float64) {
		for mode := range modes {
			if mode == "other" || weighted && mode != "sum" {
				continue
			}
			for _, last := range []bool{false, true} {
				a := attributes{"mode": mode, "last": last && offsets != nil}
				if offsets != nil {
					a["offsets"] = offsets
					if last {
						a["offsets"] = append(append([]int{}, offsets...), len(at))
					}
				}
				if last {
					a["padding_idx"] = -1
				}
				s := sample{Shapes: [][]int{table, index}, Values: [][]float64{nil, at}, Attrs: a, Big: sized(table) > 100}
				if weighted {
					s.Shapes, s.Values = append(s.Shapes, index), append(s.Values, nil)
				}
				op.Samples = append(op.Samples, s)
			}
		}
	}
	add([]int{5, 3}, []int{2, 3}, nil, 4, 0, 4, 2, 4, 1)
	add([]int{5, 3}, []int{5}, []int{0, 2, 2}, 4, 0, 4, 2, 1)
	add([]int{5, 3}, []int{1}, []int{0}, 3)
	add([]int{5, 3}, []int{0}, []int{0, 0})
	add([]int{5, 3}, []int{2, 0}, nil)
	add([]int{60, 40}, []int{7}, []int{0, 6}, 4, 0, 59, 2, 1, 2, 3)
	for _, v := range [][]float64{{nan, 1, 2, 3, 4, 5}, {inf, 1, 2, -inf, 4, 5}} {
		s := sample{Shapes: [][]int{{3, 2}, {2, 2}}, Values: [][]float64{v, {0, 2, 1, 2}}, Attrs: attributes{"mode": "sum"}, Big: true}
		if weighted {
			s.Shapes, s.Values = append(s.Shapes, []int{2, 2}), append(s.Values, []float64{1, 2, 3, 4})
		}
		op.Samples = append(op.Samples, s)
	}
	types := []tensor.DType{tensor.Float32, tensor.Int64}
	wrong := func(index []int, a attributes, text string) {
		s := [][]int{{2, 3}, index}
		if weighted {
			s = append(s, index)
		}
		op.Errors = append(op.Errors, mistake{Shapes: s, DTypes: types, Attrs: a, Text: "embedding_bag: " + text})
	}
	wrong([]int{}, attributes{"mode": "sum"}, "the indices must be int64 or int32 and of one or two dimensions, not int64: ()")
	wrong([]int{2}, attributes{"mode": "sum"}, "indices of one dimension need offsets, the first of which is 0: (2,)")
	wrong([]int{2}, attributes{"mode": "sum", "offsets": []int{1}}, "indices of one dimension need offsets, the first of which is 0: (2,)")
	wrong([]int{2}, attributes{"mode": "sum", "offsets": []int{0, 3}}, "bag 0 reaches from 0 to 3 of 2 indices: (2,)")
	wrong([]int{2}, attributes{"mode": "sum", "offsets": []int{0, 1}, "last": true}, "the last offset 1 is not the number of indices: (2,)")
	wrong([]int{0}, attributes{"mode": "sum", "offsets": []int{0}, "last": true},
		"at least one bag is needed: IncludeLastOffset needs two offsets: (0,)")
	wrong([]int{1, 2}, attributes{"mode": "sum", "offsets": []int{0}},
		"indices of two dimensions have no offsets: each row is a bag: (1, 2)")
	wrong([]int{1, 2}, attributes{"mode": "other"}, "BagMode(7) is not a mode: use BagMean, BagSum or BagMax")
	if weighted {
		wrong([]int{1, 2}, attributes{"mode": "mean"},
			"weights need the mode sum, the indices' shape and the table's type float32: (1, 2) × (1, 2)")
	}
	return op
}

func bagRows() []*tensortest.Op {
	return []*tensortest.Op{bagRow("embedding_bag", false), bagRow("embedding_bag_weighted", true)}
}
