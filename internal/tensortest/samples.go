package tensortest

import "fmt"

// samples returns the row's samples. Those of elementwise rows are elementwiseShapes for each set of attributes.
func (op *Op) samples() []Sample {
	if !op.Elementwise {
		return op.Samples
	}
	var out []Sample
	for i, a := range attrsOf(op.Samples) {
		for _, shapes := range elementwiseShapes[len(op.Inputs)-1] {
			s := Sample{Shapes: shapes, Attrs: a}
			for _, shape := range shapes {
				s.Big = s.Big || sizeOf(shape) > 100
			}
			if !s.Big || i == 0 {
				out = append(out, s)
			}
		}
	}
	return out
}

// attrsOf returns the samples' attributes; one nil set if there are no samples.
func attrsOf(samples []Sample) []Attrs {
	var out []Attrs
	for _, s := range samples {
		out = append(out, s.Attrs)
	}
	if out == nil {
		out = []Attrs{nil}
	}
	return out
}

// elementwiseShapes are the inputs' shapes for one, two and three inputs: without dimensions, without elements,
// broadcasting both ways, and longer than the chunks of loops.
var elementwiseShapes = [][][][]int{
	{
		{{}}, {{1}}, {{0}}, {{2, 0, 3}}, {{5}}, {{3, 4}}, {{2, 3, 2}}, {{3, 1, 700}},
	},
	{
		{{}, {}}, {{5}, {5}}, {{2, 3, 2}, {2, 3, 2}}, {{3, 4}, {4}}, {{4}, {3, 4}}, {{3, 1}, {1, 4}}, {{}, {3}}, {{2, 2}, {}},
		{{2, 1, 3}, {4, 1}}, {{0}, {1}}, {{2, 0, 3}, {3}}, {{1}, {2, 1, 0}},
		{{3, 700}, {3, 700}}, {{3, 700}, {1}}, {{700, 1}, {3}}, {{1, 700}, {2, 1}},
	},
	{
		{{}, {}, {}}, {{5}, {5}, {5}}, {{3, 4}, {4}, {}}, {{3, 1}, {1, 4}, {3, 4}}, {{1}, {2, 3}, {3}}, {{2, 1, 2}, {3, 1}, {2}},
		{{0}, {1}, {0}}, {{2, 0, 3}, {}, {3}}, {{3, 700}, {3, 1}, {700}},
	},
}

// elementwise makes a reference from a function of numbers.
func elementwise(f func(x []float64, a Attrs) float64) func([]Array, Attrs) Array {
	return func(in []Array, a Attrs) Array {
		var shape []int
		for _, x := range in {
			shape = broadcast(shape, x.Shape)
		}
		out := Array{Shape: shape}
		x := make([]float64, len(in))
		each(shape, func(at []int) {
			for i, v := range in {
				x[i] = v.at(at)
			}
			out.V = append(out.V, f(x, a))
		})
		return out
	}
}

// at returns an element of a broadcast array: extra leading indices are ignored, and so is the index of a dimension of
// size 1.
func (a Array) at(place []int) float64 {
	place = place[len(place)-len(a.Shape):]
	at := 0
	for d, n := range a.Shape {
		at *= n
		if n > 1 {
			at += place[d]
		}
	}
	return a.V[at]
}

// broadcast returns the common shape of two arrays that broadcast.
func broadcast(a, b []int) []int {
	if len(a) < len(b) {
		a, b = b, a
	}
	out := append([]int{}, a...)
	for i := range b {
		p := &out[len(a)-len(b)+i]
		switch {
		case *p == 1:
			*p = b[i]
		case b[i] != 1 && b[i] != *p:
			panic(fmt.Sprintf("tensortest: a sample's shapes %v and %v do not broadcast", a, b))
		}
	}
	return out
}

// each calls f with every index of a shape, in row-major order.
func each(shape []int, f func(at []int)) {
	at := make([]int, len(shape))
	for range sizeOf(shape) {
		f(at)
		for d := len(shape) - 1; d >= 0; d-- {
			if at[d]++; at[d] < shape[d] {
				break
			}
			at[d] = 0
		}
	}
}
