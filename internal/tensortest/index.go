package tensortest

import (
	"slices"
	"strconv"
	"strings"

	"github.com/lamina-ml/lamina/tensor"
)

// subscripts are indices in Python's square brackets and in Go; t are the tensors in them.
var subscripts = map[string]func(t []tensor.Tensor) []any{
	"x[()]":       func(t []tensor.Tensor) []any { return nil },
	"x[1]":        func(t []tensor.Tensor) []any { return []any{1} },
	"x[-1, 2]":    func(t []tensor.Tensor) []any { return []any{-1, 2} },
	"x[0, 1, -1]": func(t []tensor.Tensor) []any { return []any{0, 1, -1} },
	"x[1:3]":      func(t []tensor.Tensor) []any { return []any{tensor.Slice(1, 3)} },
	"x[:, -2:]":   func(t []tensor.Tensor) []any { return []any{tensor.All, tensor.Slice(-2, tensor.None)} },
	"x[::2, :-1]": func(t []tensor.Tensor) []any { return []any{step(2), tensor.Slice(tensor.None, -1)} },
	"x[5:2, 10:, -10:2]": func(t []tensor.Tensor) []any {
		return []any{tensor.Slice(5, 2), tensor.Slice(10, tensor.None), tensor.Slice(-10, 2)}
	},
	"x[..., 0]":           func(t []tensor.Tensor) []any { return []any{tensor.Ellipsis, 0} },
	"x[...]":              func(t []tensor.Tensor) []any { return []any{tensor.Ellipsis} },
	"x[0, ..., 1:4:2]":    func(t []tensor.Tensor) []any { return []any{0, tensor.Ellipsis, tensor.Slice(1, 4, 2)} },
	"x[None, :, 1]":       func(t []tensor.Tensor) []any { return []any{tensor.NewAxis, tensor.All, 1} },
	"x[..., None]":        func(t []tensor.Tensor) []any { return []any{tensor.Ellipsis, tensor.NewAxis} },
	"x[0, 1, ..., 2]":     func(t []tensor.Tensor) []any { return []any{0, 1, tensor.Ellipsis, 2} },
	"x[::-1]":             func(t []tensor.Tensor) []any { return []any{step(-1)} },
	"x[::-2, 1, 3:0:-1]":  func(t []tensor.Tensor) []any { return []any{step(-2), 1, tensor.Slice(3, 0, -1)} },
	"x[-1:-9:-2, 0:3:-1]": func(t []tensor.Tensor) []any { return []any{tensor.Slice(-1, -9, -2), tensor.Slice(0, 3, -1)} },
	"x[9::-1, :2:-1]": func(t []tensor.Tensor) []any {
		return []any{tensor.Slice(9, tensor.None, -1), tensor.Slice(tensor.None, 2, -1)}
	},
	"x[::-1, t[0], ::-3]":         func(t []tensor.Tensor) []any { return []any{step(-1), t[0], step(-3)} },
	"x[t[0]]":                     func(t []tensor.Tensor) []any { return []any{t[0]} },
	"x[:, t[0]]":                  func(t []tensor.Tensor) []any { return []any{tensor.All, t[0]} },
	"x[..., t[0]]":                func(t []tensor.Tensor) []any { return []any{tensor.Ellipsis, t[0]} },
	"x[..., t[0], :]":             func(t []tensor.Tensor) []any { return []any{tensor.Ellipsis, t[0], tensor.All} },
	"x[1:, t[0], None]":           func(t []tensor.Tensor) []any { return []any{tensor.Slice(1, tensor.None), t[0], tensor.NewAxis} },
	"x[1, :, t[0]]":               func(t []tensor.Tensor) []any { return []any{1, tensor.All, t[0]} },
	"x[t[0], t[1]]":               func(t []tensor.Tensor) []any { return []any{t[0], t[1]} },
	"x[t[0], t[1], t[2]]":         func(t []tensor.Tensor) []any { return []any{t[0], t[1], t[2]} },
	"x[t[0], :, t[1]]":            func(t []tensor.Tensor) []any { return []any{t[0], tensor.All, t[1]} },
	"x[:, t[0], t[1]]":            func(t []tensor.Tensor) []any { return []any{tensor.All, t[0], t[1]} },
	"x[t[0], 1:3, t[1]]":          func(t []tensor.Tensor) []any { return []any{t[0], tensor.Slice(1, 3), t[1]} },
	"x[t[0], None, t[1]]":         func(t []tensor.Tensor) []any { return []any{t[0], tensor.NewAxis, t[1]} },
	"x[None, t[0], t[1]]":         func(t []tensor.Tensor) []any { return []any{tensor.NewAxis, t[0], t[1]} },
	"x[t[0], :, 1]":               func(t []tensor.Tensor) []any { return []any{t[0], tensor.All, 1} },
	"x[1, t[0], 2]":               func(t []tensor.Tensor) []any { return []any{1, t[0], 2} },
	"x[0, t[0], :, t[1]]":         func(t []tensor.Tensor) []any { return []any{0, t[0], tensor.All, t[1]} },
	"x[[0, 2]]":                   func(t []tensor.Tensor) []any { return []any{[]int{0, 2}} },
	"x[:, [True, False, True]]":   func(t []tensor.Tensor) []any { return []any{tensor.All, []bool{true, false, true}} },
	"x[t[0], :, [1, 0], None, 0]": func(t []tensor.Tensor) []any { return []any{t[0], tensor.All, []int{1, 0}, tensor.NewAxis, 0} },
}

func step(n int) tensor.Range { return tensor.Slice(tensor.None, tensor.None, n) }

// indexed computes x[…] for Python source, or x[t[0], t[1], …] for an empty one. The calls of the samples are written
// out, because an index in a []any is on the Go heap.
func indexed(x tensor.Tensor, source string, t []tensor.Tensor) tensor.Tensor {
	switch source {
	case "":
		switch len(t) {
		case 1:
			return x.Index(t[0])
		case 2:
			return x.Index(t[0], t[1])
		}
		return x.Index(t[0], t[1], t[2])
	case "x[-1, 2]":
		return x.Index(-1, 2)
	case "x[:, -2:]":
		return x.Index(tensor.All, tensor.Slice(-2, tensor.None))
	case "x[0, ..., 1:4:2]":
		return x.Index(0, tensor.Ellipsis, tensor.Slice(1, 4, 2))
	case "x[None, :, 1]":
		return x.Index(tensor.NewAxis, tensor.All, 1)
	case "x[::-2, 1, 3:0:-1]":
		return x.Index(step(-2), 1, tensor.Slice(3, 0, -1))
	case "x[:, t[0]]":
		return x.Index(tensor.All, t[0])
	case "x[t[0], :, t[1]]":
		return x.Index(t[0], tensor.All, t[1])
	case "x[:, t[0], t[1]]":
		return x.Index(tensor.All, t[0], t[1])
	case "x[...]":
		return x.Index(tensor.Ellipsis)
	}
	return x.Index(subscripts[source](t)...)
}

// indexPut computes IndexPut for Python source.
func indexPut(x, y tensor.Tensor, accumulate bool, source string, t []tensor.Tensor) tensor.Tensor {
	switch source {
	case "":
		switch len(t) {
		case 1:
			return x.IndexPut(y, accumulate, t[0])
		case 2:
			return x.IndexPut(y, accumulate, t[0], t[1])
		}
		return x.IndexPut(y, accumulate, t[0], t[1], t[2])
	case "x[:, -2:]":
		return x.IndexPut(y, accumulate, tensor.All, tensor.Slice(-2, tensor.None))
	case "x[::-2, 1, 3:0:-1]":
		return x.IndexPut(y, accumulate, step(-2), 1, tensor.Slice(3, 0, -1))
	case "x[:, t[0]]":
		return x.IndexPut(y, accumulate, tensor.All, t[0])
	case "x[t[0], :, t[1]]":
		return x.IndexPut(y, accumulate, t[0], tensor.All, t[1])
	case "x[...]":
		return x.IndexPut(y, accumulate, tensor.Ellipsis)
	}
	return x.IndexPut(y, accumulate, subscripts[source](t)...)
}

// setIndex computes x[…] = y in a copy of x.
func setIndex(x, y tensor.Tensor, source string, t []tensor.Tensor) tensor.Tensor {
	x = x.Detach().Clone()
	switch source {
	case "x[:, -2:]":
		x.SetIndex(y, tensor.All, tensor.Slice(-2, tensor.None))
	case "x[::-2, 1, 3:0:-1]":
		x.SetIndex(y, step(-2), 1, tensor.Slice(3, 0, -1))
	case "x[:, t[0]]":
		x.SetIndex(y, tensor.All, t[0])
	case "x[t[0], :, t[1]]":
		x.SetIndex(y, t[0], tensor.All, t[1])
	case "x[...]":
		x.SetIndex(y, tensor.Ellipsis)
	default:
		x.SetIndex(y, subscripts[source](t)...)
	}
	return x
}

// subscripted is the reference of x[…] for integers, ranges, ..., None and index tensors, from the Python source. It
// maps each index of the result to one of x. PyTorch selects by integers first. The dimensions of the index tensors
// then replace those that they index, or come first if these are not adjacent.
func subscripted(x Array, source string, t []Array) Array {
	items := strings.Split(strings.TrimSuffix(strings.TrimPrefix(source, "x["), "]"), ", ")
	if source == "x[()]" {
		items = nil
	}
	if !slices.Contains(items, "...") {
		items = append(items, "...")
	}
	left := len(x.Shape) // dimensions for "..."
	for _, e := range items {
		if e != "..." && e != "None" {
			left--
		}
	}
	var whole []string
	for _, e := range items {
		if e == "..." {
			whole = append(whole, slices.Repeat([]string{":"}, left)...)
		} else {
			whole = append(whole, e)
		}
	}
	var (
		shape     []int                   // of the result, without the index tensors' dimensions
		lead      []int                   // the index tensors' common shape
		first     = -1                    // its position in the result
		apart     bool                    // the index tensors are not adjacent
		coords    []func(at, l []int) int // the index of each dimension of x
		lastIsAny bool
	)
	for _, e := range whole {
		n := 0
		if e != "None" {
			n = x.Shape[len(coords)]
		}
		k := len(shape)
		isTensor := strings.HasPrefix(e, "t[")
		switch {
		case isTensor:
			p := t[number(e[2:len(e)-1])]
			lead = broadcast(lead, p.Shape)
			if first < 0 {
				first = k
			} else if !lastIsAny {
				apart = true
			}
			coords = append(coords, func(_, l []int) int { return (int(p.at(l)) + n) % n })
		case e == "None":
			shape = append(shape, 1)
		case strings.Contains(e, ":"):
			places := rangeOf(e, n)
			shape = append(shape, len(places))
			coords = append(coords, func(at, _ []int) int { return places[at[k]] })
		default:
			i := number(e)
			coords = append(coords, func(_, _ []int) int { return (i + n) % n })
			continue // an integer does not separate tensors
		}
		lastIsAny = isTensor
	}
	if first < 0 || apart {
		first = 0
	}
	out := Array{Shape: slices.Concat(shape[:first], lead, shape[first:])}
	to := make([]int, len(x.Shape))
	each(out.Shape, func(at []int) {
		rest, l := slices.Concat(at[:first], at[first+len(lead):]), at[first:first+len(lead)]
		for d, f := range coords {
			to[d] = f(rest, l)
		}
		out.V = append(out.V, x.V[offset(to, x.Shape)])
	})
	return out
}

func number(s string) int {
	i, err := strconv.Atoi(s)
	if err != nil {
		panic(err)
	}
	return i
}

// rangeOf returns the indices of Python's start:stop:step in a dimension of size n.
func rangeOf(e string, n int) (places []int) {
	parts := append(strings.Split(e, ":"), "")
	step := 1
	if parts[2] != "" {
		step = number(parts[2])
	}
	bound := func(text string, missing int) int {
		if text == "" {
			return missing
		}
		i := number(text)
		if i < 0 {
			i += n
		}
		return i
	}
	if step > 0 {
		for i := max(0, bound(parts[0], 0)); i < min(n, bound(parts[1], n)); i += step {
			places = append(places, i)
		}
		return places
	}
	for i := min(n-1, bound(parts[0], n-1)); i > max(-1, bound(parts[1], -1)); i += step {
		places = append(places, i)
	}
	return places
}

// assigned is the reference of x[…] = y.
func assigned(in []Array, source string) Array {
	x := in[0]
	out := Array{x.Shape, slices.Clone(x.V)}
	places := Array{Shape: x.Shape}
	for i := range x.V {
		places.V = append(places.V, float64(i))
	}
	picked := subscripted(places, source, in[2:])
	y := Array{in[1].Shape[max(0, len(in[1].Shape)-len(picked.Shape)):], in[1].V} // without leading sizes of 1
	i := 0
	each(picked.Shape, func(at []int) {
		out.V[int(picked.V[i])] = y.at(at)
		i++
	})
	return out
}

// brackets is a sample of x[…], assignment one of x[…] = y.
func brackets(source string, shape []int, places ...[]float64) Sample {
	s := Sample{Shapes: [][]int{shape}, Attrs: Attrs{"index": source}, Values: [][]float64{nil}}
	for len(places) < 2 {
		places = append(places, []float64{0}) // for a tensor that the index does not use
	}
	for _, p := range places {
		s.Shapes, s.Values = append(s.Shapes, []int{len(p)}), append(s.Values, p)
	}
	return s
}

func assignment(y []int, s Sample) Sample {
	s.Shapes = slices.Insert(slices.Clone(s.Shapes), 1, y)
	s.Values = slices.Insert(slices.Clone(s.Values), 1, nil)
	return s
}

// assignTol is for gradients of values that broadcast: sums of up to 60 numbers.
var assignTol = Tol{Grad: 8, Cancels: true, Why: "the gradient of a value that broadcasts is a sum, in another order than PyTorch's"}

var (
	cube        = []int{3, 4, 5}
	bracketRows = []Sample{
		brackets("x[...]", []int{}), brackets("x[...]", []int{2, 0}), brackets("x[-1, 2]", cube),
		brackets("x[:, -2:]", cube), brackets("x[0, ..., 1:4:2]", cube), brackets("x[None, :, 1]", cube),
		brackets("x[::-2, 1, 3:0:-1]", cube), brackets("x[:, t[0]]", cube, []float64{3, -1, 0}), brackets("x[:, t[0]]", cube, []float64{}),
		brackets("x[t[0], :, t[1]]", cube, []float64{2, 0}, []float64{-1, 1}), brackets("x[:, t[0], t[1]]", cube,
			[]float64{2, 0, 2}, []float64{4}),
	}
	assignmentRows = []Sample{
		assignment([]int{}, brackets("x[...]", []int{})), assignment([]int{1}, brackets("x[...]", []int{2, 0})),
		assignment([]int{3, 2, 5}, brackets("x[:, -2:]", cube)), assignment([]int{3}, brackets("x[::-2, 1, 3:0:-1]", cube)),
		assignment([]int{1, 1, 3, 5}, brackets("x[:, t[0]]", cube, []float64{3, 1, 0})),
		assignment([]int{2, 4}, brackets("x[t[0], :, t[1]]", cube, []float64{2, 0}, []float64{-1, 1})),
	}
)

var _ = add(
	&Op{Name: "getitem", Go: []string{"Slice", "Tensor.Index"}, DTypes: allTypes, Inputs: []Input{{}, {DType: &whole},
		{DType: &whole}}, Tol: sumGrad,
		Call:    func(x []tensor.Tensor, a Attrs) tensor.Tensor { return indexed(x[0], a["index"].(string), x[1:]) },
		Ref:     func(in []Array, a Attrs) Array { return subscripted(in[0], a["index"].(string), in[1:]) },
		Samples: bracketRows,
		Errors: []Mistake{
			{Shapes: [][]int{{3}}, Attrs: Attrs{"index": "x[-1, 2]"}, Text: "index: 2 indices for 1 dimensions: (3,)"},
			{Shapes: [][]int{{3, 2}}, Attrs: Attrs{"index": "x[-1, 2]"}, Text: "index: index 2 of dimension 1 does not exist: (3, 2)"},
			{Shapes: [][]int{{3, 2}, {2}}, Attrs: Attrs{"index": "x[:, t[0]]"},
				Text: "index: index 1 is a float32 tensor: an index tensor has integers or booleans: (3, 2) × (2,)"},
			{Shapes: [][]int{{3, 2}, {3}}, DTypes: withBool, Attrs: Attrs{"index": "x[:, t[0]]"},
				Text: "index: the mask has size 3, dimension 1 has 2: (3, 2) × (3,)"},
			{Shapes: [][]int{{3, 1}, {2}}, DTypes: withInts, Attrs: Attrs{"index": "x[:, t[0]]"},
				Text: "index: index 1 at element 0 is outside dimension 1 of size 1"},
		},
	},
	&Op{Name: "setitem", Go: []string{"Tensor.IndexPut"}, DTypes: allTypes, Inputs: []Input{{}, {}, {DType: &whole},
		{DType: &whole}}, Tol: assignTol,
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor {
			return indexPut(x[0], x[1], false, a["index"].(string), x[2:])
		},
		Ref:     func(in []Array, a Attrs) Array { return assigned(in, a["index"].(string)) },
		Samples: assignmentRows,
		Errors: []Mistake{
			{Shapes: [][]int{cube, {3, 4, 5}}, Attrs: Attrs{"index": "x[:, -2:]"},
				Text: "index_put: shapes do not broadcast: (3, 2, 5) × (3, 4, 5)"},
			{Shapes: [][]int{cube, {2, 3, 2, 5}}, Attrs: Attrs{"index": "x[:, -2:]"},
				Text: "index_put: the values do not broadcast to the selected elements: (3, 2, 5) × (2, 3, 2, 5)"},
		},
	},
	&Op{Name: "setitem_", Go: []string{"Tensor.SetIndex"}, DTypes: allTypes, Inputs: []Input{{}, {}, {DType: &whole},
		{DType: &whole}}, NoGradient: true,
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor {
			return setIndex(x[0], x[1], a["index"].(string), x[2:])
		},
		Ref:     func(in []Array, a Attrs) Array { return assigned(in, a["index"].(string)) },
		Samples: assignmentRows,
		Errors: []Mistake{
			{Shapes: [][]int{cube, {3, 4, 5}}, Attrs: Attrs{"index": "x[:, -2:]"},
				Text: "index_put_: shapes do not broadcast: (3, 2, 5) × (3, 4, 5)"},
			{Shapes: [][]int{cube, {2, 3, 2, 5}}, Attrs: Attrs{"index": "x[:, -2:]"},
				Text: "index_put_: the values do not broadcast to the selected elements: (3, 2, 5) × (2, 3, 2, 5)"},
		},
	},
)
