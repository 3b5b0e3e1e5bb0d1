package tensortest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/device/cpu"
	"github.com/lamina-ml/lamina/internal/devicetest"
	"github.com/lamina-ml/lamina/tensor"
)

// definitions is the CPU without its loops: it calls a row's scalar function for every element, and computes fused
// operations by composites. It records the rows that it runs.
type definitions struct {
	device.Device
	unary  map[*device.UnaryOp]*device.UnaryOp
	binary map[*device.BinaryOp]*device.BinaryOp
}

// Unary runs a copy of the row with another name and number, for which the CPU has no loop.
func (d *definitions) Unary(op *device.UnaryOp, dst, x *device.Array, p device.Params) {
	if d.unary[op] == nil {
		plain := *op
		plain.Name, plain.ID = op.Name+", as defined", op.ID+512
		d.unary[op] = &plain
	}
	d.Device.Unary(d.unary[op], dst, x, p)
}

func (d *definitions) Binary(op *device.BinaryOp, dst, x, y *device.Array, p device.Params) {
	if d.binary[op] == nil {
		plain := *op
		plain.Name, plain.ID = op.Name+", as defined", op.ID+512
		d.binary[op] = &plain
	}
	d.Device.Binary(d.binary[op], dst, x, y, p)
}

// TestDefinitions runs the table on the definitions, and fails for a row of the elementwise table that nothing ran.
func TestDefinitions(t *testing.T) {
	d := &definitions{cpu.New(), map[*device.UnaryOp]*device.UnaryOp{}, map[*device.BinaryOp]*device.BinaryOp{}}
	Run(t, devicetest.Open(d))
	unary, binary := device.Rows()
	for _, op := range unary {
		if d.unary[op] == nil {
			t.Errorf("no operation of the table uses the row %q", op.Name)
		}
	}
	losses := []string{"bce", "bce with logits", "divergence"} // in internal/nntest's table
	for _, op := range binary {
		if d.binary[op] == nil && !slices.Contains(losses, op.Name) {
			t.Errorf("no operation of the table uses the row %q", op.Name)
		}
	}
}

// noRow are functions of package tensor with tensors in their signature that need no row, by reason.
var noRow = map[string]string{
	"properties of a handle": "Tensor.DType Tensor.IsContiguous Tensor.Stride SharesMemory Tensor.Defined Tensor.Device Tensor.Dim Tensor.Len Tensor.NeedsGrad Tensor.Observer " +
		"Tensor.Rank Tensor.RequiresGrad Tensor.Frozen Tensor.Scope Tensor.Shape Tensor.String",
	"numbers out of a tensor and into one, in TestReading, TestCreation and TestJSON": "CopyTo From FromAs FromBools NewFrom Full Ones Options.FromBytes Options.Full Options.Ones " +
		"Options.Rand Options.RandN Options.Uniform Options.Zeros Scalar Scope.Empty Scope.NewEmpty Scope.WrapBytes SetBytes SetFrom SetFunc SliceOf Tensor.At Tensor.Bools Tensor.Bytes Tensor.Float32s " +
		"Tensor.Float64s Tensor.Int64s Tensor.Item Tensor.MarshalJSON Tensor.UnmarshalJSON Zeros",
	"scopes and the tape, in scope_test.go": "Gradient NoGrad Scope.Observe Tensor.Backward Tensor.Data Tensor.Detach Tensor.Grad Tensor.InScope Tensor.InScopeOf Tensor.Keep " +
		"Tensor.Widen Chain.Hold Chain.Next NewChain Tensor.Release Scope.Save Tensor.NewGrad Tensor.RegisterPostAccumulateGradHook Tensor.SetGradBuffer VJP VJPWithLeaves Tensor.ConvertTo Tensor.MoveTo Tensor.SetRequiresGrad Tensor.To Tensor.ZeroGrad",
	"sequences, copies of a shape and single places, in sequence_test.go": "Arange Eye Linspace Options.Arange Options.Eye Options.Linspace Options.RandInt Options.RandPerm " +
		"ResultType Tensor.FullLike Tensor.BernoulliLike Tensor.OnesLike Tensor.RandIntLike Tensor.RandLike Tensor.RandNLike Tensor.RegisterHook Tensor.Set Tensor.ZerosLike",
	"the engine": "Apply1 Apply2 Apply3 ApplyN CheckClasses Elementwise.Of GradCheck NewElementwise PiecewiseLinear",
	"optimizer steps, which package optim compares with PyTorch": "HasStep StepAll",
	"fused, with rows in internal/nntest":                        "BCE BCEWithLogits BatchNorm BatchNormInPlace CrossEntropy Dequantize Embedding EmbeddingBag GroupNorm InstanceNorm KLDiv LayerNorm Linear QuantizedEmbedding QuantizedLinear RMSNorm",
}

// TestEveryOperationHasARow compares the table with the source of package tensor.
func TestEveryOperationHasARow(t *testing.T) {
	where := map[string]string{}
	for reason, names := range noRow {
		for _, name := range strings.Fields(names) {
			where[name] = reason
		}
	}
	for _, op := range Ops() {
		for _, name := range op.Go {
			if old := where[name]; old != "" {
				t.Errorf("%s is in the row %q and in %q", name, op.Name, old)
			}
			where[name] = op.Name
		}
	}
	files, err := filepath.Glob("../../tensor/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("the source of package tensor: %v", err)
	}
	exists := map[string]bool{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || !fn.Name.IsExported() {
				continue
			}
			name := fn.Name.Name
			receiver := ""
			if fn.Recv != nil {
				receiver = typeName(fn.Recv.List[0].Type)
				name = receiver + "." + name
			}
			if receiver != "" && !ast.IsExported(receiver) {
				continue
			}
			exists[name] = true
			if (receiver == "Tensor" || mentionsTensor(fn.Type)) && where[name] == "" {
				t.Errorf("%s has no row in the table of operations", name)
			}
		}
	}
	for name, in := range where {
		if !exists[name] {
			t.Errorf("%s (%s) is not in package tensor", name, in)
		}
	}
}

func typeName(e ast.Expr) string {
	if star, ok := e.(*ast.StarExpr); ok {
		e = star.X
	}
	if id, ok := e.(*ast.Ident); ok {
		return id.Name
	}
	return ""
}

func mentionsTensor(fn *ast.FuncType) (found bool) {
	ast.Inspect(fn, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && id.Name == "Tensor" {
			found = true
		}
		return true
	})
	return found
}

// TestBounds tests the comparisons of this package.
func TestBounds(t *testing.T) {
	f32 := func(v ...float64) Value { return valueOf(tensor.Float32, []int{len(v)}, v) }
	one := f32(1)
	next := f32(1 + 0x1p-23)
	far := f32(1 + 3*0x1p-23)
	for _, c := range []struct {
		name      string
		got, want Value
		b         bound
		same      bool
	}{
		{"equal", one, one, bound{}, true},
		{"one ulp, exact", next, one, bound{}, false},
		{"one ulp, within one", next, one, bound{ulp: 1}, true},
		{"three ulp, within two", far, one, bound{ulp: 2}, false},
		{"three ulp, within two of a larger number", f32(1+3*0x1p-23, 2), f32(1, 2), bound{ulp: 2, largest: true}, true},
		{"zeros", f32(math.Copysign(0, -1)), f32(0), bound{ulp: 9}, false},
		{"any zeros", f32(math.Copysign(0, -1)), f32(0), bound{anyZero: true}, true},
		{"NaN", f32(math.NaN()), f32(math.NaN()), bound{}, true},
		{"NaN for a number", f32(math.NaN()), one, bound{ulp: 1e9}, false},
		{"number for NaN", one, f32(math.NaN()), bound{ulp: 1e9}, false},
		{"infinity", f32(math.MaxFloat32), f32(math.Inf(1)), bound{ulp: 1e9}, false},
		{"infinity for a large number", f32(math.Inf(-1)), f32(1e38), bound{overflows: true}, true},
		{"infinity for a number that is not", f32(math.Inf(1)), f32(8e37), bound{overflows: true}, false},
		{"shape", valueOf(tensor.Float32, []int{1, 1}, []float64{1}), one, bound{}, false},
		{"type", valueOf(tensor.Float64, []int{1}, []float64{1}), one, bound{}, false},
		{"integers", valueOf(tensor.Int64, []int{1}, []float64{2}), valueOf(tensor.Int64, []int{1}, []float64{1}), bound{ulp: 9}, false},
		{"absent", Value{}, one, bound{}, false},
	} {
		if msg := c.got.near(c.want, c.b); (msg == "") != c.same {
			t.Errorf("%s: near says %q", c.name, msg)
		}
	}
}
