// Package tensortest holds the table of all tensor operations and the tests that every device passes with it.
//
// A row is data: the operation in plain float64 Go, samples of inputs and attributes, types, tolerances with their
// reasons, and calls that panic with their error texts. [Run] tests for each row: the forward pass for every type; the
// float64 gradient and second derivative against central differences; strided, offset and expanded inputs; results in a
// scope and on the heap; allocations; errors; and all golden cases of PyTorch with the row's name. An operation without
// a row fails TestEveryOperationHasARow.
//
// To add an operation, add a row to the file of its family and cases to the family's script in testdata/torch.
package tensortest

import (
	"fmt"

	"github.com/lamina-ml/lamina/tensor"
)

// Op is a row of the table.
type Op struct {
	// Name is PyTorch's name if it has one. Golden cases refer to it.
	Name string
	// Go names the exported functions and methods that the row tests, such as "Tensor.Add".
	Go []string
	// Call computes the operation. It allocates nothing itself, so that the operation's allocations can be counted.
	Call func(x []tensor.Tensor, a Attrs) tensor.Tensor
	// Ref computes it in float64. The inputs' values are already rounded to their types.
	Ref func(x []Array, a Attrs) Array
	// Terms returns Σ|terms| for Tol.Sum from the inputs' absolute values; nil means that Ref does. It is for inputs
	// that are not numbers.
	Terms func(x []Array, a Attrs) Array
	// DTypes are the types of the inputs whose Input.DType is nil; the first is used for allocations and benchmarks.
	DTypes []tensor.DType
	// Inputs describe the inputs. If PyTorch's cases have more inputs, the last one describes the rest.
	Inputs  []Input
	Samples []Sample
	// Lists is true if the operation returns a slice of tensors, which a steady step allocates.
	Lists bool
	// Bench is the sample for benchmarks. Without it an elementwise row uses 256 × 256 elements, other rows the last
	// sample.
	Bench Sample
	// Elementwise rows are tested with standard shapes, broadcasting and extreme values.
	Elementwise bool
	Tol         Tol
	// NoHalf is true if the operation does not support 16-bit floats.
	NoHalf bool
	// Half is the tolerance for 16-bit floats if the results are not those of float32, rounded once.
	Half *Tol
	// NoGradient is true if the operation has no gradient.
	NoGradient bool
	// MemoryOrder is true if the operation draws a random number for each element in the order of memory: a
	// transposed input draws others.
	MemoryOrder bool
	// Errors are calls that panic.
	Errors []Mistake
}

// Input describes one input of an operation.
type Input struct {
	// Lo and Hi bound the numbers that are drawn for samples; both 0 means −3 to 3.
	Lo, Hi float64
	// Avoid are points at which the operation is not differentiable; samples keep a distance from them.
	Avoid []float64
	// DType is the input's type if it is not the row's, as for the condition of where and the index of gather.
	DType *tensor.DType
	// Const is true if the input has no gradient.
	Const bool
}

// Sample is one call.
type Sample struct {
	Shapes [][]int
	Attrs  Attrs
	// Values are the inputs' values; those that are nil are drawn.
	Values [][]float64
	// Big samples test the chunks and tails of loops. Their gradients are not checked.
	Big bool
	// Floats is true if the values cannot be integers.
	Floats bool
}

// Mistake is a call that panics with a *tensor.Error.
type Mistake struct {
	Shapes [][]int
	DTypes []tensor.DType // float32 for missing ones
	Attrs  Attrs
	Text   string // a part of the error's text
}

// Attrs are an operation's arguments other than its inputs.
type Attrs map[string]any

// Int returns the attribute k.
func (a Attrs) Int(k string) int { return a[k].(int) }

// Ints returns the attribute k, or nil if it is absent.
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

// tol returns the tolerance for a result of type dt. A 16-bit result is rounded once, so an inexact one differs by at
// most one unit: that of a float32 on the other side of a tie.
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

// Tol is how much a result may differ from the reference, in units in the last place (ulp) of its type.
type Tol struct {
	// ULP is the bound for the forward pass; 0 is exact.
	ULP float64
	// Torch is the bound for PyTorch's result against the exact one.
	Torch float64
	// Grad is the bound for gradients against PyTorch's, which is rounded itself.
	Grad float64
	// Sum measures the error relative to the reference of the inputs' absolute values, Σ|terms|: a sum's error does not
	// shrink when its terms cancel.
	Sum bool
	// Largest measures the error relative to the result's largest element. It is for differences of rounded numbers.
	Largest bool
	// Cancels does the same for gradients, and includes the gradient of the result.
	Cancels bool
	// Inputs measures the error relative to the largest input. It is for differences of inputs, each rounded.
	Inputs bool
	// AnyZero treats 0 and −0 as equal.
	AnyZero bool
	// Overflows accepts an infinity for a number above a quarter of its type's range: an intermediate result may
	// overflow in that type, as in PyTorch, but not in the definition's float64.
	Overflows bool
	// Why is the reason for the tolerance.
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
