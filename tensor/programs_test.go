package tensor_test

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"testing"

	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// randomProgram is a program of testdata/torch/programs.py with PyTorch's results in float64.
type randomProgram struct {
	Leaves [][]int
	Code   [][]json.RawMessage // operation, operands, further arguments
	Ends   []int               // values that no instruction uses
	Loss   float64
	Shape  []int     // of the last value
	Last   []float64 // its first elements
	Grads  [][]float64
}

// programUnary maps the operations of testdata/torch/programs.py on one tensor.
var programUnary = map[string]func(x tensor.Tensor) tensor.Tensor{
	"tanh": tensor.Tensor.Tanh, "sigmoid": tensor.Tensor.Sigmoid, "sin": tensor.Tensor.Sin, "cos": tensor.Tensor.Cos,
	"neg": tensor.Tensor.Neg,
	"abs": tensor.Tensor.Abs, "relu": tensor.Tensor.ReLU, "gelu": tensor.Tensor.GELU, "silu": tensor.Tensor.SiLU,
	"square":   func(x tensor.Tensor) tensor.Tensor { return x.Tanh().Square() },
	"exp":      func(x tensor.Tensor) tensor.Tensor { return x.Tanh().Exp() },
	"softplus": func(x tensor.Tensor) tensor.Tensor { return x.Softplus(1, 20) },
	"sqrt":     func(x tensor.Tensor) tensor.Tensor { return x.Mul(x).AddScalar(1).Sqrt() },
	"log":      func(x tensor.Tensor) tensor.Tensor { return x.Mul(x).AddScalar(1).Log() },
	"flatten":  func(x tensor.Tensor) tensor.Tensor { return x.Flatten(0) },
}

// programBinary maps the operations on two tensors.
var programBinary = map[string]func(a, b tensor.Tensor) tensor.Tensor{
	"add": tensor.Tensor.Add, "sub": tensor.Tensor.Sub, "mul": tensor.Tensor.Mul, "maximum": tensor.Tensor.Maximum,
	"minimum": tensor.Tensor.Minimum, "matmul": tensor.Tensor.MatMul,
	"div":   func(a, b tensor.Tensor) tensor.Tensor { return a.Div(b.Mul(b).AddScalar(1)) },
	"atan2": func(a, b tensor.Tensor) tensor.Tensor { return a.Atan2(b.Mul(b).AddScalar(1)) },
	"where": func(a, b tensor.Tensor) tensor.Tensor { return tensor.Where(a.GreaterScalar(0.1), a, b) },
}

// programAlong maps the operations along a dimension.
var programAlong = map[string]func(x tensor.Tensor, dim int) tensor.Tensor{
	"sum":         func(x tensor.Tensor, dim int) tensor.Tensor { return x.Sum(dim) },
	"mean":        func(x tensor.Tensor, dim int) tensor.Tensor { return x.Mean(dim) },
	"max":         func(x tensor.Tensor, dim int) tensor.Tensor { v, _ := x.MaxDim(dim); return v },
	"sort":        func(x tensor.Tensor, dim int) tensor.Tensor { v, _ := x.Sort(dim, false); return v },
	"softmax":     tensor.Tensor.Softmax,
	"log_softmax": tensor.Tensor.LogSoftmax,
	"cumsum":      tensor.Tensor.CumSum,
	"flip":        func(x tensor.Tensor, dim int) tensor.Tensor { return x.Flip(dim) },
	"unsqueeze":   func(x tensor.Tensor, dim int) tensor.Tensor { return x.Unsqueeze(dim) },
	"logsumexp":   func(x tensor.Tensor, dim int) tensor.Tensor { return x.LogSumExp(dim) },
	"narrow":      func(x tensor.Tensor, dim int) tensor.Tensor { return x.Narrow(dim, 0, max(1, x.Dim(dim)-1)) },
	"roll":        func(x tensor.Tensor, dim int) tensor.Tensor { return x.Roll(1, dim) },
	"transpose":   func(x tensor.Tensor, dim int) tensor.Tensor { return x.Transpose(dim, -1) },
	"select":      func(x tensor.Tensor, dim int) tensor.Tensor { return x.Select(dim, -1) },
	"repeat":      func(x tensor.Tensor, dim int) tensor.Tensor { return x.RepeatInterleave(2, dim) },
}

// run returns the result of an instruction.
func (p *randomProgram) run(code []json.RawMessage, values []tensor.Tensor) (tensor.Tensor, error) {
	var op string
	var operands []int
	dim := 0
	if err := json.Unmarshal(code[0], &op); err != nil {
		return tensor.Tensor{}, err
	}
	if err := json.Unmarshal(code[1], &operands); err != nil {
		return tensor.Tensor{}, err
	}
	if len(code) > 2 {
		if err := json.Unmarshal(code[2], &dim); err != nil {
			return tensor.Tensor{}, err
		}
	}
	x := make([]tensor.Tensor, len(operands))
	for i, k := range operands {
		x[i] = values[k]
	}
	if f := programUnary[op]; f != nil {
		return f(x[0]), nil
	}
	if f := programBinary[op]; f != nil {
		return f(x[0], x[1]), nil
	}
	if f := programAlong[op]; f != nil {
		return f(x[0], dim), nil
	}
	if op == "cat" {
		return tensor.Cat(dim, x...), nil
	}
	return tensor.Tensor{}, fmt.Errorf("no operation %q", op)
}

// TestRandomPrograms runs the 400 random programs of testdata/torch/programs.py in float64, on the heap and in a
// scope, on the CPU and on the test device, and compares results and gradients with PyTorch's. The tolerance is 2e-12
// for numbers up to 1, and relative above: ten thousand float64 roundings, since errors grow along a program.
func TestRandomPrograms(t *testing.T) {
	f, err := os.Open("../testdata/torch/programs.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var programs []randomProgram
	if err := json.NewDecoder(z).Decode(&programs); err != nil {
		t.Fatal(err)
	}
	if len(programs) != 400 {
		t.Fatalf("%d programs", len(programs))
	}
	onDevices(t, func(t *testing.T, o tensor.Options) {
		s := tensor.NewScope(o.Device)
		for seed := range programs {
			for _, scope := range []*tensor.Scope{nil, s} {
				if scope != nil {
					scope.Recycle()
				}
				programs[seed].check(t, uint64(seed), o, scope)
			}
			if t.Failed() {
				t.Fatalf("program %d: %s", seed, programs[seed].Code)
			}
		}
	})
}

// check runs the program in a scope, or on the heap, and compares it with PyTorch.
func (p *randomProgram) check(t *testing.T, seed uint64, o tensor.Options, scope *tensor.Scope) {
	g := rng.NewTorch(seed)
	var leaves, values []tensor.Tensor
	for _, dims := range p.Leaves {
		x := o.RandN(g, dims...).Cast(tensor.Float64).Keep().SetRequiresGrad(true)
		leaves = append(leaves, x)
		if scope != nil {
			x = x.InScope(scope)
		}
		values = append(values, x)
	}
	for _, code := range p.Code {
		y, err := p.run(code, values)
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, y)
	}
	loss := values[p.Ends[0]].Mean()
	for _, i := range p.Ends[1:] {
		loss = loss.Add(values[i].Mean())
	}
	last := values[len(values)-1]
	if last.Shape() != tensor.ShapeOf(p.Shape...) {
		t.Errorf("program %d: the result has shape %v, want %v", seed, last.Shape(), p.Shape)
		return
	}
	what := func(name string) string { return "program " + strconv.FormatUint(seed, 10) + ": " + name }
	nearRelative(t, what("loss"), []float64{loss.Item()}, []float64{p.Loss})
	nearRelative(t, what("result"), last.Float64s()[:len(p.Last)], p.Last)
	loss.Backward()
	for i, x := range leaves {
		switch {
		case p.Grads[i] == nil && x.Grad().Defined():
			t.Errorf("program %d: leaf %d has a gradient, want none", seed, i)
		case p.Grads[i] != nil && !x.Grad().Defined():
			t.Errorf("program %d: leaf %d has no gradient", seed, i)
		case p.Grads[i] != nil:
			nearRelative(t, what("gradient of leaf "+strconv.Itoa(i)), x.Grad().Float64s(), p.Grads[i])
		}
	}
}

// nearRelative fails the test if numbers differ by more than 2e-12, relative above 1.
func nearRelative(t *testing.T, what string, got, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d numbers, want %d", what, len(got), len(want))
		return
	}
	for i := range got {
		near(t, what, got[i:i+1], want[i:i+1], 2e-12*max(1, want[i], -want[i]))
	}
}
