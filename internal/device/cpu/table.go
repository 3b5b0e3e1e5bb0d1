package cpu

import (
	"sync/atomic"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/kernel/vec"
)

// unaryRuns are loops over contiguous runs for a row of the elementwise table; nil where the row's scalar function is called.
type unaryRuns struct {
	f32   func(dst, x []float32, p device.Params)
	f64   func(dst, x []float64, p device.Params)
	whole bool // f32 spreads long runs over threads itself, and writes past the caches what outgrows them
}

// binaryRun is the loop for two runs, and where there is one, for a run and a single number.
type binaryRun[T float] struct {
	run    func(dst, x, y []T, p device.Params)
	scalar func(dst, x []T, y T)
}

type binaryRuns struct {
	f32   binaryRun[float32]
	f64   binaryRun[float64]
	whole bool // as in unaryRuns
	exact bool // the row's scalar function gives the same bits, so that a single number needs no loop
}

// The rows that have loops of their own. A row that is missing here still works.
var (
	unaryTable = map[string]*unaryRuns{
		"neg":     unaryKernel(vec.Neg[float32], vec.Neg[float64]),
		"abs":     unaryKernel(vec.Abs[float32], vec.Abs[float64]),
		"exp":     unaryKernel(vec.Exp[float32], vec.Exp[float64]),
		"log":     unaryKernel(vec.Log[float32], vec.Log[float64]),
		"sqrt":    unaryKernel(vec.Sqrt[float32], vec.Sqrt[float64]),
		"square":  unaryKernel(vec.Square[float32], vec.Square[float64]),
		"relu":    unaryKernel(vec.ReLU[float32], vec.ReLU[float64]),
		"sigmoid": unaryKernel(vec.Sigmoid[float32], vec.Sigmoid[float64]),
		"tanh":    unaryKernel(vec.Tanh[float32], vec.Tanh[float64]),

		"gelu":        unaryKernel(vec.GELU[float32], vec.GELU[float64]),
		"gelu tanh":   unaryKernel(vec.GELUTanh[float32], vec.GELUTanh[float64]),
		"silu":        unaryKernel(vec.SiLU[float32], vec.SiLU[float64]),
		"leaky relu":  curveRow(leakyReLU[float32], leakyReLU[float64]),
		"elu":         curveRow(elu[float32], elu[float64]),
		"selu":        curveRow(selu[float32], selu[float64]),
		"celu":        curveRow(celu[float32], celu[float64]),
		"mish":        curveRow(mish[float32], mish[float64]),
		"softplus":    curveRow(softplus[float32], softplus[float64]),
		"softsign":    curveRow(softsign[float32], softsign[float64]),
		"hardtanh":    curveRow(hardtanh[float32], hardtanh[float64]),
		"hardswish":   curveRow(hardswish[float32], hardswish[float64]),
		"log sigmoid": curveRow(logSigmoid[float32], logSigmoid[float64]),

		"smooth l1": curveRow(smoothL1[float32], smoothL1[float64]),
		"huber":     curveRow(huber[float32], huber[float64]),

		"expm1":      unaryRow(expm1Loop[float32], expm1Loop[float64]),
		"log1p":      unaryRow(log1pLoop[float32], log1pLoop[float64]),
		"rsqrt":      unaryKernel(vec.Rsqrt[float32], vec.Rsqrt[float64]),
		"floor":      unaryRow(floorLoop[float32], floorLoop[float64]),
		"ceil":       unaryRow(ceilLoop[float32], ceilLoop[float64]),
		"round":      unaryRow(roundLoop[float32], roundLoop[float64]),
		"trunc":      unaryRow(truncLoop[float32], truncLoop[float64]),
		"sin":        unaryRow(sinLoop[float32], sinLoop[float64]),
		"cos":        unaryRow(cosLoop[float32], cosLoop[float64]),
		"tan":        unaryRow(tanLoop[float32], tanLoop[float64]),
		"asin":       unaryRow(asinLoop[float32], asinLoop[float64]),
		"acos":       unaryRow(acosLoop[float32], acosLoop[float64]),
		"atan":       unaryRow(atanLoop[float32], atanLoop[float64]),
		"sinh":       unaryRow(sinhLoop[float32], sinhLoop[float64]),
		"cosh":       unaryRow(coshLoop[float32], coshLoop[float64]),
		"erf":        unaryRow(erfLoop[float32], erfLoop[float64]),
		"reciprocal": unaryKernel(vec.Reciprocal[float32], vec.Reciprocal[float64]),

		"add scalar": scalarKernel(vec.AddScalar[float32], vec.AddScalar[float64]),
		"mul scalar": scalarKernel(vec.Scale[float32], vec.Scale[float64]),
		"div scalar": scalarKernel(vec.DivScalar[float32], vec.DivScalar[float64]),
	}
	binaryTable = map[string]*binaryRuns{
		"add":     exactKernel(vec.Add[float32], vec.Add[float64], vec.AddScalar[float32], vec.AddScalar[float64]),
		"sub":     exactKernel(vec.Sub[float32], vec.Sub[float64], vec.SubScalar[float32], vec.SubScalar[float64]),
		"mul":     exactKernel(vec.Mul[float32], vec.Mul[float64], vec.Scale[float32], vec.Scale[float64]),
		"div":     exactKernel(vec.Div[float32], vec.Div[float64], vec.DivScalar[float32], vec.DivScalar[float64]),
		"maximum": binaryKernel(vec.Max[float32], vec.Max[float64], vec.MaxScalar[float32], vec.MaxScalar[float64]),
		"minimum": binaryKernel(vec.Min[float32], vec.Min[float64], vec.MinScalar[float32], vec.MinScalar[float64]),

		"relu gradient":    binaryKernel(vec.ReLUGrad[float32], vec.ReLUGrad[float64], nil, nil),
		"sigmoid gradient": binaryKernel(vec.SigmoidGrad[float32], vec.SigmoidGrad[float64], nil, nil),
		"tanh gradient":    binaryKernel(vec.TanhGrad[float32], vec.TanhGrad[float64], nil, nil),

		"gelu gradient":        binaryKernel(vec.GELUGrad[float32], vec.GELUGrad[float64], nil, nil),
		"gelu tanh gradient":   binaryKernel(vec.GELUTanhGrad[float32], vec.GELUTanhGrad[float64], nil, nil),
		"silu gradient":        binaryKernel(vec.SiLUGrad[float32], vec.SiLUGrad[float64], nil, nil),
		"leaky relu gradient":  slopeRow(leakyReLUGrad[float32], leakyReLUGrad[float64]),
		"prelu":                {f32: binaryRun[float32]{prelu[float32], preluScalar[float32]}, f64: binaryRun[float64]{prelu[float64], preluScalar[float64]}},
		"elu gradient":         slopeRow(eluGrad[float32], eluGrad[float64]),
		"selu gradient":        slopeRow(seluGrad[float32], seluGrad[float64]),
		"celu gradient":        slopeRow(celuGrad[float32], celuGrad[float64]),
		"mish gradient":        slopeRow(mishGrad[float32], mishGrad[float64]),
		"softplus gradient":    slopeRow(softplusGrad[float32], softplusGrad[float64]),
		"softsign gradient":    slopeRow(softsignGrad[float32], softsignGrad[float64]),
		"hardtanh gradient":    slopeRow(hardtanhGrad[float32], hardtanhGrad[float64]),
		"hardswish gradient":   slopeRow(hardswishGrad[float32], hardswishGrad[float64]),
		"log sigmoid gradient": slopeRow(logSigmoidGrad[float32], logSigmoidGrad[float64]),

		"smooth l1 gradient": slopeRow(smoothL1Grad[float32], smoothL1Grad[float64]),
		"huber gradient":     slopeRow(huberGrad[float32], huberGrad[float64]),
	}
)

func unaryRow(f32 func(dst, x []float32), f64 func(dst, x []float64)) *unaryRuns {
	return &unaryRuns{
		f32: func(dst, x []float32, _ device.Params) { f32(dst, x) },
		f64: func(dst, x []float64, _ device.Params) { f64(dst, x) },
	}
}

// unaryKernel, scalarKernel and binaryKernel make rows of kernels of package vec.
func unaryKernel(f32 func(dst, x []float32), f64 func(dst, x []float64)) *unaryRuns {
	r := unaryRow(f32, f64)
	r.whole = true
	return r
}

func scalarKernel(f32 func(dst, x []float32, s float32), f64 func(dst, x []float64, s float64)) *unaryRuns {
	return &unaryRuns{
		func(dst, x []float32, p device.Params) { f32(dst, x, float32(p[0])) },
		func(dst, x []float64, p device.Params) { f64(dst, x, p[0]) },
		true,
	}
}

// exactKernel is binaryKernel for a row whose scalar function has the kernel's bits.
func exactKernel(f32 func(dst, x, y []float32), f64 func(dst, x, y []float64), s32 func(dst, x []float32, y float32), s64 func(dst, x []float64, y float64)) *binaryRuns {
	r := binaryKernel(f32, f64, s32, s64)
	r.exact = true
	return r
}

func binaryKernel(f32 func(dst, x, y []float32), f64 func(dst, x, y []float64), s32 func(dst, x []float32, y float32), s64 func(dst, x []float64, y float64)) *binaryRuns {
	return &binaryRuns{
		f32:   binaryRun[float32]{func(dst, x, y []float32, _ device.Params) { f32(dst, x, y) }, s32},
		f64:   binaryRun[float64]{func(dst, x, y []float64, _ device.Params) { f64(dst, x, y) }, s64},
		whole: true,
	}
}

// The table by the rows' numbers, filled in as rows are used: no name is looked up twice.
const maxRows = 1024

var (
	unaryByID  [maxRows]atomic.Pointer[unaryRuns]
	binaryByID [maxRows]atomic.Pointer[binaryRuns]
)

func unaryOf(op *device.UnaryOp) *unaryRuns {
	if r := unaryByID[op.ID].Load(); r != nil {
		return r
	}
	r := unaryTable[op.Name]
	if r == nil {
		r = &unaryRuns{}
	}
	unaryByID[op.ID].Store(r)
	return r
}

func binaryOf(op *device.BinaryOp) *binaryRuns {
	if r := binaryByID[op.ID].Load(); r != nil {
		return r
	}
	r := binaryTable[op.Name]
	if r == nil {
		r = &binaryRuns{}
	}
	binaryByID[op.ID].Store(r)
	return r
}
