// Package tensortest holds the table of all tensor operations and the tests that every device passes with it.
//
// A row is data: what the operation computes in plain float64 Go, samples of inputs and attributes, types, tolerances with
// their reasons, mistakes and the error text they earn. [Run] makes of each row: the forward pass for every type, the float64
// gradient and second derivative against central differences, inputs that are strided, offset or expanded, results in and
// outside a scope, allocations, errors, and all golden cases of PyTorch that name the row. An operation without a row fails
// the test of package tensor.
//
// To add an operation, add a row to the file of its family and cases to the family's script in testdata/torch.
package tensortest

import (
	"fmt"

	"github.com/lamina-ml/lamina/tensor"
)

// Op is a row of the table.
type Op struct {
	// Name is PyTorch's name where it has one. Golden cases carry it.
	Name string
	// Go names the exported functions and methods that the row stands for, such as "Tensor.Add".
	Go []string
	// Call computes the operation. It allocates nothing of its own, so that the row can count what the operation does.
	Call func(x []tensor.Tensor, a Attrs) tensor.Tensor
	// Ref computes it in float64. Its result has the inputs' values already rounded to their types.
	Ref func(x []Array, a Attrs) Array
	// DTypes are the types of the inputs that Kinds does not fix; the first is the one for allocations and benchmarks.
	DTypes []tensor.DType
	// Inputs say what each input may be, one for each. Where PyTorch's cases have more, the last stands for them.
	Inputs  []Input
	Samples []Sample
	// Lists says that the operation returns a list of tensors, which a steady step allocates.
	Lists bool
	// Bench is the sample for benchmarks; without one an elementwise row takes 256 × 256 elements, others the last sample.
	Bench Sample
	// Elementwise rows get shapes, broadcasting and extreme values by themselves.
	Elementwise bool
	Tol         Tol
	// NoHalf says that the operation is not for 16-bit floats.
	NoHalf bool
	// Half is the tolerance for 16-bit floats where the results are not those of float32, rounded once.
	Half *Tol
	// Flat says that the operation has no gradient: its results are not numbers that move with its inputs.
	Flat bool
	// Errors are calls that panic.
	Errors []Mistake
}

// Input is what an operation takes in one place.
type Input struct {
	// Lo and Hi bound the numbers drawn for samples; both 0 means −3 to 3.
	Lo, Hi float64
	// Avoid are places where the operation has a kink or a pole: samples keep a distance.
	Avoid []float64
	// DType is the type where it is not the row's: the condition of where, the index of gather.
	DType *tensor.DType
	// Const says that the input has no gradient.
	Const bool
}

// Sample is one call.
type Sample struct {
	Shapes [][]int
	Attrs  Attrs
	// Values replace what would be drawn, by input; nil ones are drawn.
	Values [][]float64
	// Big samples are for loops' chunks and tails: no gradient check.
	Big bool
	// Floats says that the values are none for integers.
	Floats bool
}

// Mistake is a call that panics with a *tensor.Error.
type Mistake struct {
	Shapes [][]int
	DTypes []tensor.DType // float32 where nothing is said
	Attrs  Attrs
	Text   string // a part of the error's text that says what is wrong
}

// Attrs are an operation's arguments beside its inputs.
type Attrs map[string]any

// Int returns the attribute k.
func (a Attrs) Int(k string) int { return a[k].(int) }

// Ints returns the attribute k, nil where it is not there.
func (a Attrs) Ints(k string) []int {
	v, _ := a[k].([]int)
	return v
}

// Float returns the attribute k.
func (a Attrs) Float(k string) float64 {
	if i, ok := a[k].(int); ok {
		return float64(i)
	}
	return a[k].(float64)
}

// DType returns the attribute k, a type's name.
func (a Attrs) DType(k string) tensor.DType { return dtypeNamed(a[k].(string)) }

func dtypeNamed(name string) tensor.DType {
	for dt := tensor.Float32; dt <= tensor.Bool; dt++ {
		if dt.String() == name {
			return dt
		}
	}
	panic(fmt.Sprintf("tensortest: no type %q", name))
}

// tol returns the tolerance for a result of type dt. A 16-bit result is rounded once, so what is not exact is one unit off at most,
// by a float32 that lies on the other side of a tie.
func (op *Op) tol(dt tensor.DType) Tol {
	t := op.Tol
	if !isHalf(dt) {
		return t
	}
	if op.Half != nil {
		return *op.Half
	}
	t.ULP, t.Torch, t.Grad = min(t.ULP, 1), min(t.Torch, 1-min(t.ULP, 1)), min(t.Grad, 2)
	return t
}

// Tol says how far a result may be from the reference, in units in the last place (ulp) of its type.
type Tol struct {
	// ULP is the bound for the forward pass; 0 is exact.
	ULP float64
	// Torch is how far PyTorch's own result may be from the exact one.
	Torch float64
	// Grad is the bound for gradients against PyTorch's, which is rounded itself.
	Grad float64
	// Sum measures the error against what the reference makes of the inputs' absolute values, Σ|terms|: a sum's error does not
	// shrink when its terms cancel.
	Sum bool
	// Largest measures the error of a result against its largest element: it has differences of rounded numbers.
	Largest bool
	// Cancels does so for gradients, and counts what flows in.
	Cancels bool
	// Inputs measures the error of a result against the largest input: it has differences of inputs, each rounded.
	Inputs bool
	// AnyZero takes 0 and −0 for the same.
	AnyZero bool
	// Overflows takes an infinity for a number from a quarter of its type's range on: a step on the way there may overflow in that
	// type, and does in PyTorch, where the definition's float64 has room.
	Overflows bool
	// Why is the reason for all this.
	Why string
}

var (
	floats   = []tensor.DType{tensor.Float32, tensor.Float64}
	numbers  = []tensor.DType{tensor.Float32, tensor.Float64, tensor.Int64, tensor.Int32, tensor.Int16, tensor.Int8, tensor.Uint8}
	allTypes = append(append([]tensor.DType{}, numbers...), tensor.Bool)
)

// Ops returns the table.
func Ops() []*Op { return table }

var table []*Op

func add(rows ...*Op) struct{} {
	table = append(table, rows...)
	return struct{}{}
}
