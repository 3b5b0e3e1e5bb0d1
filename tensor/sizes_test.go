//go:build !386

package tensor_test

import (
	"math"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/internal/devicetest"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// TestSizesBeyondMemory: a result whose size overflows, or that no memory holds, is a typed error that names the
// operation and the shapes. Nothing kills the process.
func TestSizesBeyondMemory(t *testing.T) {
	one := tensor.Ones(1)
	column := tensor.Ones(1, 1).Expand(274177, 1)
	row := tensor.Ones(1, 1).Expand(1, 67280421310721)
	long := one.Expand(1 << 40)
	ints := tensor.Arange(1)
	many := ints.Expand(100)
	for _, c := range []struct {
		name, op string
		f        func()
	}{
		{"MatMul", "matmul", func() { column.MatMul(row) }},
		{"MatMul of batches", "matmul", func() { column.Expand(1, 274177, 1).MatMul(row.Expand(1, 1, 67280421310721)) }},
		{"Einsum", "matmul", func() { tensor.Einsum("ik,kj->ij", column, row) }},
		{"Add", "add", func() { column.Add(row) }},
		{"Maximum", "maximum", func() { column.Maximum(row) }},
		{"Where", "where", func() { tensor.Where(column.Greater(column), row, column) }},
		{"Outer", "mul", func() { long.Outer(long) }},
		{"Expand", "expand", func() { one.Expand(1<<32, 1<<32) }},
		{"Expand a lot", "expand", func() { one.Expand(math.MaxInt, 1) }},
		{"Repeat", "repeat", func() { one.Repeat(1<<32, 1<<32) }},
		{"Repeat a lot", "repeat", func() { tensor.Ones(4).Repeat(1 << 62) }},
		{"RepeatInterleave", "repeat_interleave", func() { tensor.Ones(4).RepeatInterleave(1<<62, 0) }},
		{"Cat", "cat", func() { tensor.Cat(0, one.Expand(1<<59), one.Expand(1<<59), one.Expand(1<<59)) }},
		{"Stack", "stack", func() { tensor.Stack(0, one.Expand(1<<59), one.Expand(1<<59), one.Expand(1<<59)) }},
		{"Pad", "pad", func() { one.Pad(0, math.MaxInt, math.MaxInt) }},
		{"Pad once", "pad", func() { one.Pad(0, 0, 1<<62) }},
		{"PadReplicate", "pad", func() { one.PadReplicate(1<<62, 1<<62) }},
		{"OneHot", "one_hot", func() { ints.Expand(1 << 40).OneHot(1 << 40) }},
		{"OneHot of a large class", "one_hot", func() { tensor.From([]int64{1 << 62}).OneHot(0) }},
		{"Unfold", "unfold", func() { long.Unfold(0, 1<<39, 1) }},
		{"IndexSelect", "index", func() { tensor.Ones(1, 1).Expand(1, 1<<59).IndexSelect(0, many) }},
		{"Index", "index", func() { tensor.Ones(1, 1).Expand(1, 1<<59).Index(many) }},
		{"Reshape", "reshape", func() { one.Reshape(1<<32, 1<<32) }},
		{"Reshape with -1", "reshape", func() { one.Reshape(1<<32, 1<<32, -1) }},
		{"Zeros", "shape", func() { tensor.Zeros(1<<32, 1<<32) }},
		{"ShapeOf", "shape", func() { tensor.ShapeOf(math.MaxInt, math.MaxInt) }},
		{"Zeros beyond memory", "empty", func() { tensor.Zeros(1<<20, 1<<29) }},
		{"Neg beyond memory", "empty", func() { one.Expand(1 << 58).Neg() }},
		{"Repeat beyond memory", "empty", func() { tensor.Ones(16).Repeat(1 << 45) }},
		{"Arange beyond memory", "", func() { tensor.Arange(1 << 60) }},
		{"Eye beyond memory", "", func() { tensor.Eye(1 << 25) }},
		{"negative Zeros", "shape", func() { tensor.Zeros(2, -1) }},
		{"negative Rand", "shape", func() { tensor.Options{}.Rand(rng.NewTorch(1), -1) }},
		{"negative Eye", "shape", func() { tensor.Eye(-1) }},
		{"negative Arange", "arange", func() { tensor.Arange(-1) }},
		{"negative Linspace", "linspace", func() { tensor.Linspace(0, 1, -1) }},
		{"Linspace beyond memory", "linspace", func() { tensor.Linspace(0, 1, 1<<50) }},
		{"negative RandPerm", "randperm", func() { tensor.Options{}.RandPerm(rng.NewTorch(1), -1) }},
		{"RandPerm beyond memory", "randperm", func() { tensor.Options{}.RandPerm(rng.NewTorch(1), 1<<50) }},
		{"negative Repeat", "repeat", func() { one.Repeat(-1) }},
		{"negative RepeatInterleave", "repeat_interleave", func() { one.RepeatInterleave(-1, 0) }},
		{"negative OneHot", "one_hot", func() { ints.OneHot(-3) }},
		{"OneHot of nothing", "one_hot", func() { tensor.Arange(0).OneHot(0) }},
		{"negative Chunk", "chunk", func() { one.Chunk(-1, 0) }},
		{"Chunk beyond memory", "chunk", func() { tensor.Ones(0).Chunk(1<<50, 0) }},
		{"Split beyond memory", "split", func() { long.Split(1, 0) }},
		{"Float64s beyond memory", "", func() { long.Float64s() }},
		{"Int8s beyond memory", "", func() { tensor.SliceOf[int8](long) }},
		{"Bools beyond memory", "", func() { long.Bools() }},
		{"negative Split", "split", func() { one.Split(-1, 0) }},
		{"negative SplitSizes", "", func() { one.SplitSizes(0, 2, -1) }},
		{"negative TopK", "topk", func() { one.TopK(-1, 0, true) }},
		{"negative Unfold", "unfold", func() { one.Unfold(0, -1, 1) }},
		{"negative Expand", "expand", func() { one.Expand(-2) }},
		{"negative New", "shape", func() { one.NewZeros(-1) }},
		{"negative From", "shape", func() { tensor.From([]float32{1}, -1) }},
	} {
		e := mistake(t, c.name, c.f)
		if c.op != "" && e.Op != c.op {
			t.Errorf("%s: the error is of %q, not %q: %v", c.name, e.Op, c.op, e)
		}
		if strings.Contains(c.op, "matmul") && len(e.Shapes) == 0 {
			t.Errorf("%s: the error names no shapes: %v", c.name, e)
		}
	}
}

// TestEmptyProduct: the product over an inner dimension of size 0 is zeros, for every layout of the operands.
func TestEmptyProduct(t *testing.T) {
	onDevices(t, func(t *testing.T, o tensor.Options) {
		for _, dt := range []tensor.DType{tensor.Float32, tensor.Float64, tensor.Float16, tensor.BFloat16, tensor.Int64} {
			o.DType = dt
			for name, y := range map[string]tensor.Tensor{
				"contiguous": o.Zeros(2, 0).MatMul(o.Zeros(0, 3)),
				"permuted":   o.Zeros(0, 2).T().MatMul(o.Zeros(3, 0).T()),
				"batches":    o.Zeros(0, 4, 2).Permute(1, 2, 0).MatMul(o.Zeros(0, 3, 4).Permute(2, 0, 1)),
				"vectors":    o.Zeros(0).MatMul(o.Zeros(0)),
				"attention":  o.Zeros(4, 0, 2).Permute(0, 2, 1).MatMul(o.Zeros(4, 3, 0).Permute(0, 2, 1)),
				"einsum":     tensor.Einsum("kbi,kjb->bij", o.Zeros(0, 4, 2), o.Zeros(0, 3, 4)),
			} {
				if y.Len() == 0 {
					t.Errorf("%v, %s: no elements", dt, name)
				}
				for _, v := range y.Float64s() {
					if v != 0 {
						t.Errorf("%v, %s: %v", dt, name, y)
						break
					}
				}
			}
		}
	})
}

// What a device has no memory for is an error, in a scope and outside of one.
func TestTooLargeForMemory(t *testing.T) {
	const n = 1 << 50
	for name, f := range map[string]func(){
		"the heap":      func() { tensor.Zeros(n) },
		"another scope": func() { tensor.Zeros(1).InScope(tensor.NewScope(tensor.CPU())).NewZeros(n) },
		"a device":      func() { tensor.Options{Device: devicetest.Async()}.Zeros(n, 2) },
		"a class":       func() { tensor.Zeros(1).InScope(tensor.NewScope(tensor.CPU())).NewZeros(1 << 58) },
	} {
		err := tensor.Try(f)
		if e, ok := err.(*tensor.Error); !ok || e.Op != "empty" || !strings.Contains(e.Msg, "memory") || len(e.Shapes) != 1 {
			t.Errorf("%s: %v", name, err)
		}
	}
}
