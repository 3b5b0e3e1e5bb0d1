package cpu

import (
	"sync/atomic"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/kernel/vec"
)

// unaryRuns are loops over contiguous runs for a row of the elementwise table; nil where the row's scalar function is called.
type unaryRuns struct {
	f32 func(dst, x []float32, p device.Params)
	f64 func(dst, x []float64, p device.Params)
}

// binaryRun is the loop for two runs, and where there is one, for a run and a single number.
type binaryRun[T float] struct {
	run    func(dst, x, y []T, p device.Params)
	scalar func(dst, x []T, y T)
}

type binaryRuns struct {
	f32 binaryRun[float32]
	f64 binaryRun[float64]
}

// The rows that have loops of their own. A row that is missing here still works.
var (
	unaryTable = map[string]*unaryRuns{
		"neg":     unaryRow(vec.Neg[float32], vec.Neg[float64]),
		"abs":     unaryRow(vec.Abs[float32], vec.Abs[float64]),
		"exp":     unaryRow(vec.Exp[float32], vec.Exp[float64]),
		"log":     unaryRow(vec.Log[float32], vec.Log[float64]),
		"sqrt":    unaryRow(vec.Sqrt[float32], vec.Sqrt[float64]),
		"square":  unaryRow(vec.Square[float32], vec.Square[float64]),
		"relu":    unaryRow(vec.ReLU[float32], vec.ReLU[float64]),
		"sigmoid": unaryRow(vec.Sigmoid[float32], vec.Sigmoid[float64]),
		"tanh":    unaryRow(vec.Tanh[float32], vec.Tanh[float64]),

		"add scalar": scalarRow(vec.AddScalar[float32], vec.AddScalar[float64]),
		"mul scalar": scalarRow(vec.Scale[float32], vec.Scale[float64]),
		"div scalar": scalarRow(vec.DivScalar[float32], vec.DivScalar[float64]),
	}
	binaryTable = map[string]*binaryRuns{
		"add":     binaryRow(vec.Add[float32], vec.Add[float64], vec.AddScalar[float32], vec.AddScalar[float64]),
		"sub":     binaryRow(vec.Sub[float32], vec.Sub[float64], vec.SubScalar[float32], vec.SubScalar[float64]),
		"mul":     binaryRow(vec.Mul[float32], vec.Mul[float64], vec.Scale[float32], vec.Scale[float64]),
		"div":     binaryRow(vec.Div[float32], vec.Div[float64], vec.DivScalar[float32], vec.DivScalar[float64]),
		"maximum": binaryRow(vec.Max[float32], vec.Max[float64], vec.MaxScalar[float32], vec.MaxScalar[float64]),
		"minimum": binaryRow(vec.Min[float32], vec.Min[float64], vec.MinScalar[float32], vec.MinScalar[float64]),

		"relu gradient":    binaryRow(vec.ReLUGrad[float32], vec.ReLUGrad[float64], nil, nil),
		"sigmoid gradient": binaryRow(vec.SigmoidGrad[float32], vec.SigmoidGrad[float64], nil, nil),
		"tanh gradient":    binaryRow(vec.TanhGrad[float32], vec.TanhGrad[float64], nil, nil),
	}
)

func unaryRow(f32 func(dst, x []float32), f64 func(dst, x []float64)) *unaryRuns {
	return &unaryRuns{
		func(dst, x []float32, _ device.Params) { f32(dst, x) },
		func(dst, x []float64, _ device.Params) { f64(dst, x) },
	}
}

func scalarRow(f32 func(dst, x []float32, s float32), f64 func(dst, x []float64, s float64)) *unaryRuns {
	return &unaryRuns{
		func(dst, x []float32, p device.Params) { f32(dst, x, float32(p[0])) },
		func(dst, x []float64, p device.Params) { f64(dst, x, p[0]) },
	}
}

func binaryRow(f32 func(dst, x, y []float32), f64 func(dst, x, y []float64), s32 func(dst, x []float32, y float32), s64 func(dst, x []float64, y float64)) *binaryRuns {
	return &binaryRuns{
		binaryRun[float32]{func(dst, x, y []float32, _ device.Params) { f32(dst, x, y) }, s32},
		binaryRun[float64]{func(dst, x, y []float64, _ device.Params) { f64(dst, x, y) }, s64},
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
