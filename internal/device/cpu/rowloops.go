package cpu

import (
	"github.com/lamina-ml/lamina/internal/device"
)

// Loops that the table does not have: those that call a row's scalar function, and those for types that are computed in
// a wider type, which convert a few hundred elements at a time.

// loopsFor returns the loops of op for all types.
func (r unaryRow) loopsFor(op *device.UnaryOp) *unaryLoops {
	loops := new(unaryLoops)
	if a := &r.predicate; op.Predicate {
		if a.f32 == nil {
			a.f32, a.f64 = predicateEach1[float32](op.F), predicateEach1[float64](op.F)
		}
		if a.i64 == nil {
			a.i64 = predicateEach1[int64](op.Int)
		}
		for dt := range loops {
			loops[dt] = types[dt].unaryPredicate(&r)
		}
		return loops
	}
	if r.f32 == nil {
		r.f32 = each1[float32](op.F)
	}
	if r.f64 == nil {
		r.f64 = each1[float64](op.F)
	}
	if r.i64 == nil && op.Int != nil {
		r.i64 = each1[int64](op.Int)
	}
	for dt := range loops {
		if loops[dt] = types[dt].unary(&r); op.Int == nil && !device.DType(dt).IsFloat() {
			loops[dt] = noLoop{op.Name, device.DType(dt)}
		}
	}
	return loops
}

// loopsFor returns the loops of op for all types.
func (r binaryRow) loopsFor(op *device.BinaryOp) *binaryLoops {
	c := &binaryLoops{exact: r.exact}
	if a := &r.predicate; op.Predicate {
		if a.f32 == nil {
			a.f32, a.f64 = predicateEach2[float32](op.F), predicateEach2[float64](op.F)
		}
		if a.i64 == nil {
			a.i64 = predicateEach2[int64](op.Int)
		}
		for dt := range c.loops {
			c.loops[dt] = types[dt].binaryPredicate(&r)
		}
		return c
	}
	if r.f32 == nil {
		r.f32 = each2[float32](op.F)
	}
	if r.f64 == nil {
		r.f64 = each2[float64](op.F)
	}
	if r.i64 == nil && op.Int != nil {
		r.i64 = each2[int64](op.Int)
	}
	for dt := range c.loops {
		if c.loops[dt] = types[dt].binary(&r); op.Int == nil && !device.DType(dt).IsFloat() {
			c.loops[dt] = noLoop2{op.Name, device.DType(dt)}
		}
	}
	return c
}

// noLoop and noLoop2 panic: the row is not defined for the type.
type noLoop struct {
	op string
	dt device.DType
}

func (m noLoop) do(_, _ *device.Array, _ device.Params) { noKernel(m.op, m.dt) }

type noLoop2 noLoop

func (m noLoop2) do(_, _, _ *device.Array, _ device.Params) { noKernel(m.op, m.dt) }

func each1[T, W element](f func(x W, p device.Params) W) func(dst, x []T, p device.Params) {
	return func(dst, x []T, p device.Params) {
		for i, v := range x {
			dst[i] = T(f(W(v), p))
		}
	}
}

func each2[T, W element](f func(x, y W, p device.Params) W) func(dst, x, y []T, p device.Params) {
	return func(dst, x, y []T, p device.Params) {
		for i, v := range x {
			dst[i] = T(f(W(v), W(y[i]), p))
		}
	}
}

func predicateEach1[T, W element](f func(x W, p device.Params) W) func(dst []bool, x []T, p device.Params) {
	return func(dst []bool, x []T, p device.Params) {
		for i, v := range x {
			dst[i] = f(W(v), p) != 0
		}
	}
}

func predicateEach2[T, W element](f func(x, y W, p device.Params) W) func(dst []bool, x, y []T, p device.Params) {
	return func(dst []bool, x, y []T, p device.Params) {
		for i, v := range x {
			dst[i] = f(W(v), W(y[i]), p) != 0
		}
	}
}

// convertingLoop1 returns a loop over elements of type N, which converts them to W, calls run, and converts the results
// back. convertingLoop2 does the same for two operands, convertingPredicate1 and convertingPredicate2 for results that
// are booleans.
func convertingLoop1[N, W any](run func(dst, x []W, p device.Params), widen func(dst []W, x []N),
	narrow func(dst []N, x []W)) func(dst, x []N, p device.Params) {
	return func(dst, x []N, p device.Params) {
		s := scratches.Get()
		for i := 0; i < len(x); i += chunk {
			n := min(chunk, len(x)-i)
			in, out := scratchBuffer[W](s, 0)[:n], scratchBuffer[W](s, 1)[:n]
			widen(in, x[i:i+n])
			run(out, in, p)
			narrow(dst[i:i+n], out)
		}
		scratches.Put(s)
	}
}

func convertingLoop2[N, W any](run func(dst, x, y []W, p device.Params), widen func(dst []W, x []N),
	narrow func(dst []N, x []W)) func(dst, x, y []N, p device.Params) {
	return func(dst, x, y []N, p device.Params) {
		s := scratches.Get()
		for i := 0; i < len(x); i += chunk {
			n := min(chunk, len(x)-i)
			in0, in1, out := scratchBuffer[W](s, 0)[:n], scratchBuffer[W](s, 1)[:n], scratchBuffer[W](s, 2)[:n]
			widen(in0, x[i:i+n])
			widen(in1, y[i:i+n])
			run(out, in0, in1, p)
			narrow(dst[i:i+n], out)
		}
		scratches.Put(s)
	}
}

func convertingPredicate1[N, W any](run func(dst []bool, x []W, p device.Params),
	widen func(dst []W, x []N)) func(dst []bool, x []N, p device.Params) {
	return func(dst []bool, x []N, p device.Params) {
		s := scratches.Get()
		for i := 0; i < len(x); i += chunk {
			n := min(chunk, len(x)-i)
			in := scratchBuffer[W](s, 0)[:n]
			widen(in, x[i:i+n])
			run(dst[i:i+n], in, p)
		}
		scratches.Put(s)
	}
}

func convertingPredicate2[N, W any](run func(dst []bool, x, y []W, p device.Params),
	widen func(dst []W, x []N)) func(dst []bool, x, y []N, p device.Params) {
	return func(dst []bool, x, y []N, p device.Params) {
		s := scratches.Get()
		for i := 0; i < len(x); i += chunk {
			n := min(chunk, len(x)-i)
			in0, in1 := scratchBuffer[W](s, 0)[:n], scratchBuffer[W](s, 1)[:n]
			widen(in0, x[i:i+n])
			widen(in1, y[i:i+n])
			run(dst[i:i+n], in0, in1, p)
		}
		scratches.Put(s)
	}
}
