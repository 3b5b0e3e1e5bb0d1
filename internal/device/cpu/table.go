package cpu

import (
	"sync/atomic"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/kernel/vec"
)

// A unaryRow has the loops over contiguous runs for a row of the elementwise table. If a loop is nil, the row's scalar
// function is called for each element. Other types are converted to float32 or int64 and use these loops.
type unaryRow struct {
	f32       func(dst, x []float32, p device.Params)
	f64       func(dst, x []float64, p device.Params)
	i64       func(dst, x []int64, p device.Params)
	predicate struct { // loops of a row whose results are booleans
		f32  func(dst []bool, x []float32, p device.Params)
		f64  func(dst []bool, x []float64, p device.Params)
		i64  func(dst []bool, x []int64, p device.Params)
		u8   func(dst []bool, x []uint8, p device.Params)
		bool func(dst []bool, x []uint8, p device.Params) // for bytes that are 0 or 1
	}
	parallel bool // f32 splits long runs among threads itself, and writes large results past the caches
}

// A binaryRow is a unaryRow for two operands. In s32, s64 and si64 the second operand is a single number, in first32
// and first64 the first.
type binaryRow struct {
	f32       func(dst, x, y []float32, p device.Params)
	f64       func(dst, x, y []float64, p device.Params)
	i64       func(dst, x, y []int64, p device.Params)
	s32       func(dst, x []float32, y float32)
	s64       func(dst, x []float64, y float64)
	first32   func(dst, y []float32, x float32)
	first64   func(dst, y []float64, x float64)
	half      [2]func(dst, x, y []uint16, p device.Params) // for bfloat16 and float16
	grid32    func(dst, x, y []float32, g vec.Grid)        // for matrices; one operand may be a row or a column
	predicate struct {
		f32  func(dst []bool, x, y []float32, p device.Params)
		f64  func(dst []bool, x, y []float64, p device.Params)
		i64  func(dst []bool, x, y []int64, p device.Params)
		u8   func(dst []bool, x, y []uint8, p device.Params)
		bool func(dst []bool, x, y []uint8, p device.Params) // for bytes that are 0 or 1
		s32  func(dst []bool, x []float32, y float32)
		s64  func(dst []bool, x []float64, y float64)
		si64 func(dst []bool, x []int64, y int64)
	}
	parallel bool
	exact    bool // the row's scalar function gives the same bits, so that a single element needs no loop
}

// The rows that have loops. Other rows call their scalar function for each element; each of them needs a reason in
// scalarRows, unless it is a formula (device.UnaryOp.Formula).
var (
	unaryTable = map[string]*unaryRow{
		"neg":    unaryKernel(vec.Neg[float32], vec.Neg[float64]).ints(negInts),
		"abs":    unaryKernel(vec.Abs[float32], vec.Abs[float64]).ints(absInts),
		"sign":   unaryKernel(vec.Sign[float32], vec.Sign[float64]).ints(signInts),
		"exp":    unaryKernel(vec.Exp[float32], vec.Exp[float64]),
		"expm1":  unaryKernel(vec.Expm1[float32], vec.Expm1[float64]),
		"log":    unaryKernel(vec.Log[float32], vec.Log[float64]),
		"log2":   unaryKernel(vec.Log2[float32], vec.Log2[float64]),
		"log10":  unaryKernel(vec.Log10[float32], vec.Log10[float64]),
		"log1p":  unaryKernel(vec.Log1p[float32], vec.Log1p[float64]),
		"sqrt":   unaryKernel(vec.Sqrt[float32], vec.Sqrt[float64]),
		"square": unaryKernel(vec.Square[float32], vec.Square[float64]).ints(squareInts),

		"rsqrt":      unaryKernel(vec.Rsqrt[float32], vec.Rsqrt[float64]),
		"reciprocal": unaryKernel(vec.Reciprocal[float32], vec.Reciprocal[float64]),

		"floor": unaryKernel(vec.Floor[float32], vec.Floor[float64]).ints(sameInts),
		"ceil":  unaryKernel(vec.Ceil[float32], vec.Ceil[float64]).ints(sameInts),
		"round": unaryKernel(vec.Round[float32], vec.Round[float64]).ints(sameInts),
		"trunc": unaryKernel(vec.Trunc[float32], vec.Trunc[float64]).ints(sameInts),

		"sin":  unaryKernel(vec.Sin[float32], vec.Sin[float64]),
		"cos":  unaryKernel(vec.Cos[float32], vec.Cos[float64]),
		"tan":  unaryKernel(vec.Tan[float32], vec.Tan[float64]),
		"asin": unaryKernel(vec.Asin[float32], vec.Asin[float64]),
		"acos": unaryKernel(vec.Acos[float32], vec.Acos[float64]),
		"atan": unaryKernel(vec.Atan[float32], vec.Atan[float64]),
		"sinh": unaryKernel(vec.Sinh[float32], vec.Sinh[float64]),
		"cosh": unaryKernel(vec.Cosh[float32], vec.Cosh[float64]),
		"tanh": unaryKernel(vec.Tanh[float32], vec.Tanh[float64]),
		"erf":  unaryKernel(vec.Erf[float32], vec.Erf[float64]),

		"relu":        unaryKernel(vec.ReLU[float32], vec.ReLU[float64]).ints(reluInts),
		"sigmoid":     unaryKernel(vec.Sigmoid[float32], vec.Sigmoid[float64]),
		"gelu":        unaryKernel(vec.GELU[float32], vec.GELU[float64]),
		"gelu tanh":   unaryKernel(vec.GELUTanh[float32], vec.GELUTanh[float64]),
		"silu":        unaryKernel(vec.SiLU[float32], vec.SiLU[float64]),
		"leaky relu":  scalarKernel(vec.LeakyReLU[float32], vec.LeakyReLU[float64]),
		"elu":         scalarKernel(vec.ELU[float32], vec.ELU[float64]),
		"selu":        unaryWithParams(selu[float32], selu[float64]),
		"celu":        unaryWithParams(celu[float32], celu[float64]),
		"mish":        unaryWithParams(mish[float32], mish[float64]),
		"softplus":    pairKernel(vec.Softplus[float32], vec.Softplus[float64]),
		"softsign":    unaryWithParams(softsign[float32], softsign[float64]),
		"hardtanh":    pairKernel(vec.Clamp[float32], vec.Clamp[float64]),
		"hardswish":   unaryKernel(vec.Hardswish[float32], vec.Hardswish[float64]),
		"log sigmoid": unaryWithParams(logSigmoid[float32], logSigmoid[float64]),

		"smooth l1": scalarKernel(vec.SmoothL1[float32], vec.SmoothL1[float64]),
		"huber":     scalarKernel(vec.Huber[float32], vec.Huber[float64]),

		"add scalar":  scalarKernel(vec.AddScalar[float32], vec.AddScalar[float64]).ints(addScalarInts),
		"mul scalar":  scalarKernel(vec.Scale[float32], vec.Scale[float64]).ints(mulScalarInts),
		"div scalar":  scalarKernel(vec.DivScalar[float32], vec.DivScalar[float64]),
		"pow scalar":  {f32: powScalar},
		"clamp":       pairKernel(vec.Clamp[float32], vec.Clamp[float64]).ints(clampInts),
		"finite or 0": loopRow(finiteLoop[float32], finiteLoop[float64]),

		"eq scalar": scalarComparison(vec.Equal),
		"gt scalar": scalarComparison(vec.Greater),
		"lt scalar": scalarComparison(vec.Less),
		"isnan":     classification(isNaN[float32], isNaN[float64], false),
		"isinf":     classification(isInf[float32], isInf[float64], false),
		"isfinite":  classification(isFinite[float32], isFinite[float64], true),
	}
	binaryTable = map[string]*binaryRow{
		"add": exactKernel(vec.Add[float32], vec.Add[float64], vec.AddScalar[float32], vec.AddScalar[float64]).
			first(vec.AddScalar[float32], vec.AddScalar[float64]).ints(addInts).grid(vec.GridAdd),
		"sub": exactKernel(vec.Sub[float32], vec.Sub[float64], vec.SubScalar[float32], vec.SubScalar[float64]).
			first(vec.RSubScalar[float32], vec.RSubScalar[float64]).ints(subInts).grid(vec.GridSub),
		"mul": exactKernel(vec.Mul[float32], vec.Mul[float64], vec.Scale[float32], vec.Scale[float64]).
			first(vec.Scale[float32], vec.Scale[float64]).ints(mulInts).grid(vec.GridMul),
		"div": exactKernel(vec.Div[float32], vec.Div[float64], vec.DivScalar[float32], vec.DivScalar[float64]).
			first(vec.RDivScalar[float32], vec.RDivScalar[float64]).grid(vec.GridDiv),
		"maximum": binaryKernel(vec.Max[float32], vec.Max[float64], vec.MaxScalar[float32], vec.MaxScalar[float64]).
			ints(maxInts),
		"minimum": binaryKernel(vec.Min[float32], vec.Min[float64], vec.MinScalar[float32], vec.MinScalar[float64]).
			ints(minInts),

		"pow":          {f32: pow, parallel: true},
		"remainder":    binaryKernel(vec.Remainder[float32], vec.Remainder[float64], nil, nil).ints(remainderInts),
		"floor_divide": binaryKernel(vec.FloorDivide[float32], vec.FloorDivide[float64], nil, nil).ints(floorDivInts),
		"atan2":        binaryKernel(vec.Atan2[float32], vec.Atan2[float64], nil, nil),
		"axpy":         binaryWithParams(axpy[float32], axpy[float64]).ints(axpyInts),
		"lerp scalar":  slopeScalarKernel(vec.Lerp[float32], vec.Lerp[float64]),

		"eq":          comparison(vec.Equal),
		"ne":          comparison(vec.NotEqual),
		"gt":          comparison(vec.Greater),
		"ge":          comparison(vec.GreaterEq),
		"lt":          comparison(vec.Less),
		"le":          comparison(vec.LessEq),
		"logical_and": logical(vec.And),
		"logical_or":  logical(vec.Or),
		"logical_xor": logical(vec.Xor),

		"relu gradient":    binaryKernel(vec.ReLUGrad[float32], vec.ReLUGrad[float64], nil, nil),
		"sigmoid gradient": binaryKernel(vec.SigmoidGrad[float32], vec.SigmoidGrad[float64], nil, nil),
		"tanh gradient":    binaryKernel(vec.TanhGrad[float32], vec.TanhGrad[float64], nil, nil),
		"clamp gradient":   slopePairKernel(vec.ClampGrad[float32], vec.ClampGrad[float64]),

		"gelu gradient":       binaryKernel(vec.GELUGrad[float32], vec.GELUGrad[float64], nil, nil),
		"gelu tanh gradient":  binaryKernel(vec.GELUTanhGrad[float32], vec.GELUTanhGrad[float64], nil, nil),
		"silu gradient":       binaryKernel(vec.SiLUGrad[float32], vec.SiLUGrad[float64], nil, nil),
		"leaky relu gradient": slopeScalarKernel(vec.LeakyReLUGrad[float32], vec.LeakyReLUGrad[float64]),
		"prelu": binaryKernel(vec.PReLU[float32], vec.PReLU[float64], vec.LeakyReLU[float32],
			vec.LeakyReLU[float64]),
		"elu gradient":         slopeScalarKernel(vec.ELUGrad[float32], vec.ELUGrad[float64]),
		"selu gradient":        binaryWithParams(seluGrad[float32], seluGrad[float64]),
		"celu gradient":        binaryWithParams(celuGrad[float32], celuGrad[float64]),
		"mish gradient":        binaryWithParams(mishGrad[float32], mishGrad[float64]),
		"softplus gradient":    slopePairKernel(vec.SoftplusGrad[float32], vec.SoftplusGrad[float64]),
		"softsign gradient":    binaryWithParams(softsignGrad[float32], softsignGrad[float64]),
		"hardtanh gradient":    slopePairKernel(vec.HardtanhGrad[float32], vec.HardtanhGrad[float64]),
		"hardswish gradient":   binaryKernel(vec.HardswishGrad[float32], vec.HardswishGrad[float64], nil, nil),
		"log sigmoid gradient": binaryWithParams(logSigmoidGrad[float32], logSigmoidGrad[float64]),

		"smooth l1 gradient": binaryWithParams(smoothL1Grad[float32], smoothL1Grad[float64]),
		"huber gradient":     binaryWithParams(huberGrad[float32], huberGrad[float64]),
		"divergence":         binaryWithParams(divergence[float32], divergence[float64]),
		"bce":                binaryWithParams(bce[float32], bce[float64]),
		"bce with logits":    binaryWithParams(bceWithLogits[float32], bceWithLogits[float64]),
	}
)

// scalarRows are the rows that call their scalar function for some types, with the reason.
var scalarRows = map[string]string{
	"pow":        "in float64 and integers a power takes twenty times as long as the call",
	"pow scalar": "the same as for pow",
	"scale":      "it computes one number per row of a norm",
}

func loopRow(f32 func(dst, x []float32), f64 func(dst, x []float64)) *unaryRow {
	return unaryWithParams(
		func(dst, x []float32, _ device.Params) { f32(dst, x) },
		func(dst, x []float64, _ device.Params) { f64(dst, x) },
	)
}

// unaryWithParams returns the row of a function of one value with constants.
func unaryWithParams(f32 func(dst, x []float32, p device.Params),
	f64 func(dst, x []float64, p device.Params)) *unaryRow {
	r := new(unaryRow)
	r.f32, r.f64 = f32, f64
	return r
}

// unaryKernel, scalarKernel, pairKernel and binaryKernel return rows with kernels of package vec.
func unaryKernel(f32 func(dst, x []float32), f64 func(dst, x []float64)) *unaryRow {
	r := loopRow(f32, f64)
	r.parallel = true
	return r
}

func scalarKernel(f32 func(dst, x []float32, s float32), f64 func(dst, x []float64, s float64)) *unaryRow {
	r := unaryWithParams(
		func(dst, x []float32, p device.Params) { f32(dst, x, float32(p[0])) },
		func(dst, x []float64, p device.Params) { f64(dst, x, p[0]) },
	)
	r.parallel = true
	return r
}

func pairKernel(f32 func(dst, x []float32, s, t float32), f64 func(dst, x []float64, s, t float64)) *unaryRow {
	r := unaryWithParams(
		func(dst, x []float32, p device.Params) { f32(dst, x, float32(p[0]), float32(p[1])) },
		func(dst, x []float64, p device.Params) { f64(dst, x, p[0], p[1]) },
	)
	r.parallel = true
	return r
}

// ints adds the loop for integers.
func (r *unaryRow) ints(f func(dst, x []int64, p device.Params)) *unaryRow {
	r.i64 = f
	return r
}

// binaryWithParams returns the row of a function of two values with constants, such as a gradient.
func binaryWithParams(f32 func(dx, dy, x []float32, p device.Params),
	f64 func(dx, dy, x []float64, p device.Params)) *binaryRow {
	r := new(binaryRow)
	r.f32, r.f64 = f32, f64
	return r
}

func slopeScalarKernel(f32 func(dx, dy, x []float32, s float32), f64 func(dx, dy, x []float64, s float64)) *binaryRow {
	r := binaryWithParams(
		func(dx, dy, x []float32, p device.Params) { f32(dx, dy, x, float32(p[0])) },
		func(dx, dy, x []float64, p device.Params) { f64(dx, dy, x, p[0]) },
	)
	r.parallel = true
	return r
}

func slopePairKernel(f32 func(dx, dy, x []float32, s, t float32),
	f64 func(dx, dy, x []float64, s, t float64)) *binaryRow {
	r := binaryWithParams(
		func(dx, dy, x []float32, p device.Params) { f32(dx, dy, x, float32(p[0]), float32(p[1])) },
		func(dx, dy, x []float64, p device.Params) { f64(dx, dy, x, p[0], p[1]) },
	)
	r.parallel = true
	return r
}

func binaryKernel(f32 func(dst, x, y []float32), f64 func(dst, x, y []float64), s32 func(dst, x []float32, y float32),
	s64 func(dst, x []float64, y float64)) *binaryRow {
	r := binaryWithParams(
		func(dst, x, y []float32, _ device.Params) { f32(dst, x, y) },
		func(dst, x, y []float64, _ device.Params) { f64(dst, x, y) },
	)
	r.s32, r.s64 = s32, s64
	r.parallel = true
	return r
}

// exactKernel is binaryKernel for a row whose scalar function has the kernel's bits.
func exactKernel(f32 func(dst, x, y []float32), f64 func(dst, x, y []float64), s32 func(dst, x []float32, y float32),
	s64 func(dst, x []float64, y float64)) *binaryRow {
	r := binaryKernel(f32, f64, s32, s64)
	r.exact = true
	return r
}

// first adds the loops for a single number as the first operand.
func (r *binaryRow) first(f32 func(dst, y []float32, x float32), f64 func(dst, y []float64, x float64)) *binaryRow {
	r.first32, r.first64 = f32, f64
	return r
}

// grid adds the loops for matrices and for 16-bit floats.
func (r *binaryRow) grid(op vec.GridOp) *binaryRow {
	r.half = [2]func(dst, x, y []uint16, p device.Params){
		func(dst, x, y []uint16, _ device.Params) { vec.MapBF16(op, dst, x, y) },
		func(dst, x, y []uint16, _ device.Params) { vec.MapF16(op, dst, x, y) },
	}
	r.grid32 = func(dst, x, y []float32, g vec.Grid) { vec.MapGrid(op, dst, x, y, g) }
	return r
}

func (r *binaryRow) ints(f func(dst, x, y []int64, p device.Params)) *binaryRow {
	r.i64 = f
	return r
}

type (
	unaryLoops  [device.NumDTypes]runner1 // by the operand's type
	binaryLoops struct {
		loops [device.NumDTypes]runner2
		exact bool // as in binaryRow
	}
)

// The loops by the rows' IDs. They are set when a row is first used, so that a name is looked up once.
var (
	unaryByID  [device.MaxRows]atomic.Pointer[unaryLoops]
	binaryByID [device.MaxRows]atomic.Pointer[binaryLoops]
)

func unaryOf(op *device.UnaryOp) *unaryLoops {
	if r := unaryByID[op.ID].Load(); r != nil {
		return r
	}
	r := unaryTable[op.Name]
	if r == nil || op.Custom {
		r = new(unaryRow)
	}
	unaryByID[op.ID].CompareAndSwap(nil, r.loopsFor(op))
	return unaryByID[op.ID].Load()
}

func binaryOf(op *device.BinaryOp) *binaryLoops {
	if r := binaryByID[op.ID].Load(); r != nil {
		return r
	}
	r := binaryTable[op.Name]
	if r == nil || op.Custom {
		r = new(binaryRow)
	}
	binaryByID[op.ID].CompareAndSwap(nil, r.loopsFor(op))
	return binaryByID[op.ID].Load()
}
