package tensortest_test

import (
	"fmt"
	"math"
	"strings"

	"github.com/lamina-ml/lamina/internal/tensortest"
	"github.com/lamina-ml/lamina/tensor"
)

// scale is a row of an operation of another package: y = factor·x.
var scale = &tensortest.Op{
	Name: "scale",
	Call: func(x []tensor.Tensor, a tensortest.Attrs) tensor.Tensor { return x[0].MulScalar(a.Float("factor")) },
	Ref: func(x []tensortest.Array, a tensortest.Attrs) tensortest.Array {
		y := tensortest.Array{Shape: x[0].Shape}
		for _, v := range x[0].V {
			y.V = append(y.V, v*a.Float("factor"))
		}
		return y
	},
	DTypes:  []tensor.DType{tensor.Float32, tensor.Float64},
	Inputs:  []tensortest.Input{{Lo: -10, Hi: 10}},
	Samples: []tensortest.Sample{{Shapes: [][]int{{2, 3}}, Attrs: tensortest.Attrs{"factor": 0.5}}},
	Tol:     tensortest.Tol{ULP: 0.5, Why: "one rounding"},
}

// RunTable tests such a row: tensortest.RunTable(t, tensor.CPU(), []*tensortest.Op{scale}, "mine"), where
// testdata/torch/mine has PyTorch's cases.
func ExampleOp() {
	half := tensortest.Attrs{"factor": 0.5}
	fmt.Println(scale.Call([]tensor.Tensor{tensor.From([]float32{1, 2})}, half))
	fmt.Println(scale.Ref([]tensortest.Array{{Shape: []int{2}, V: []float64{1, 2}}}, half))
	// Output:
	// tensor([0.5000, 1.0000])
	// {[2] [0.5 1]}
}

// The table is data. This prints the logical rows, which have no gradient.
func ExampleOps() {
	var flat []string
	for _, op := range tensortest.Ops() {
		if op.NoGradient && strings.HasPrefix(op.Name, "logical") {
			flat = append(flat, op.Name)
		}
	}
	fmt.Println(flat)
	// Output: [logical_and logical_or logical_not logical_xor]
}

func ExampleArray() {
	a := tensortest.Array{Shape: []int{2, 2}, V: []float64{1, 2, 3, 4}}
	fmt.Println(a.Shape, a.V[1*a.Shape[1]+0]) // row 1, column 0
	// Output: [2 2] 3
}

func ExampleAttrs() {
	a := tensortest.Attrs{"dim": -1, "dims": []int{0, 2}, "factor": 2, "dtype": "float64"}
	fmt.Println(a.Int("dim"), a.Ints("dims"), a.Ints("others"), a.Float("factor"), a.DType("dtype"))
	// Output: -1 [0 2] [] 2 float64
}

// The argument of a logarithm: positive, and not near 0, where the derivative is too large for differences.
func ExampleInput() {
	in := tensortest.Input{Lo: 0, Hi: 5, Avoid: []float64{0}}
	fmt.Println(in.Lo, in.Hi, in.Avoid, in.Const)
	// Output: 0 5 [0] false
}

// A sample is a call. Inputs without Values are drawn, the same ones every time.
func ExampleSample() {
	s := tensortest.Sample{Shapes: [][]int{{3}, {1}}, Values: [][]float64{{1, math.Inf(1), math.NaN()}, nil}}
	fmt.Println(len(s.Shapes), "inputs;", s.Values[0], s.Values[1] == nil)
	// Output: 2 inputs; [1 +Inf NaN] true
}

// A call that must panic, and a part of its error's text.
func ExampleMistake() {
	m := tensortest.Mistake{Shapes: [][]int{{2, 3}, {4}}, Text: "do not broadcast"}
	err := tensor.Try(func() { tensor.Zeros(m.Shapes[0]...).Add(tensor.Zeros(m.Shapes[1]...)) })
	fmt.Println(err)
	fmt.Println(strings.Contains(err.Error(), m.Text))
	// Output:
	// add: shapes do not broadcast: (2, 3) × (4,)
	// true
}

// A bound in units in the last place, and its reason.
func ExampleTol() {
	tol := tensortest.Tol{ULP: 2, Grad: 4, Why: "an exponential, and a product with it"}
	got, want := float32(1.0000001), float32(1)
	ulps := (got - want) / (math.Nextafter32(want, 2) - want)
	fmt.Println(ulps, float64(ulps) <= tol.ULP)
	// Output: 1 true
}

// The bits of a tensor, and the tensor again.
func ExampleValue() {
	x := tensor.From([]float32{1, -2})
	v := tensortest.Value{DType: x.DType(), Shape: x.Shape().Dims(), Raw: x.Bytes()}
	fmt.Printf("% x\n", v.Raw)
	fmt.Println(tensor.Options{DType: v.DType}.FromBytes(v.Raw, v.Shape...))
	// Output:
	// 00 00 80 3f 00 00 00 c0
	// tensor([ 1., -2.])
}
