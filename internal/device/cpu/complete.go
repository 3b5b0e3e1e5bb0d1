package cpu

import (
	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/kernel/vec"
)

// What the table does not give: loops that call a row's scalar function, and loops for the types that are computed in a wider one, a
// few hundred elements at a time. 16-bit floats are computed in float32, int32, uint8 and bool in int64.

// complete returns a copy of r with all loops of op.
func (r *unaryRuns) complete(op *device.UnaryOp) *unaryRuns {
	c := &unaryRuns{whole: r.whole}
	if op.Predicate {
		a, from := &c.ask, &r.ask
		a.f32.run, a.f64.run, a.i64.run = from.f32.run, from.f64.run, from.i64.run
		if a.f32.run == nil {
			a.f32.run, a.f64.run = askEach1[float32](op.F), askEach1[float64](op.F)
		}
		if a.i64.run == nil {
			a.i64.run = askEach1[int64](op.Int)
		}
		a.i32.run, a.u8.run = askWide1(a.i64.run, convert[int64, int32]), from.u8.run
		if a.u8.run == nil {
			a.u8.run = askWide1(a.i64.run, convert[int64, uint8])
		}
		for k, code := range codes {
			a.half[k].run = askWide1(a.f32.run, code.widen)
		}
		return c
	}
	c.f32.run, c.f64.run, c.i64.run = r.f32.run, r.f64.run, r.i64.run
	if c.f32.run == nil {
		c.f32.run = each1[float32](op.F)
	}
	if c.f64.run == nil {
		c.f64.run = each1[float64](op.F)
	}
	for k, code := range codes {
		c.half[k].run = wide1(c.f32.run, code.widen, code.narrow)
	}
	if op.Int == nil {
		none := func() { missing(op.Name, device.Int64) }
		c.i64.run = func(_, _ []int64, _ device.Params) { none() }
		c.i32.run = func(_, _ []int32, _ device.Params) { none() }
		c.u8.run = func(_, _ []uint8, _ device.Params) { none() }
		c.truth.run = c.u8.run
		return c
	}
	if c.i64.run == nil {
		c.i64.run = each1[int64](op.Int)
	}
	c.i32.run = wide1(c.i64.run, convert[int64, int32], convert[int32, int64])
	c.u8.run = wide1(c.i64.run, convert[int64, uint8], convert[uint8, int64])
	c.truth.run = wide1(c.i64.run, convert[int64, uint8], toBool[int64])
	return c
}

// complete returns a copy of r with all loops of op.
func (r *binaryRuns) complete(op *device.BinaryOp) *binaryRuns {
	c := &binaryRuns{whole: r.whole, exact: r.exact}
	if op.Predicate {
		a, from := &c.ask, &r.ask
		a.f32.run, a.f64.run, a.i64.run = from.f32.run, from.f64.run, from.i64.run
		a.f32.scalar, a.f64.scalar, a.i64.scalar = from.f32.scalar, from.f64.scalar, from.i64.scalar
		if a.f32.run == nil {
			a.f32.run, a.f64.run = askEach2[float32](op.F), askEach2[float64](op.F)
		}
		if a.i64.run == nil {
			a.i64.run = askEach2[int64](op.Int)
		}
		a.i32.run, a.u8.run, a.truth.run = askWide2(a.i64.run, convert[int64, int32]), from.u8.run, from.truth.run
		if a.u8.run == nil {
			a.u8.run = askWide2(a.i64.run, convert[int64, uint8])
		}
		if a.truth.run == nil {
			a.truth.run = a.u8.run
		}
		for k, code := range codes {
			a.half[k].run = askWide2(a.f32.run, code.widen)
		}
		return c
	}
	c.f32.run, c.f64.run, c.i64.run = r.f32.run, r.f64.run, r.i64.run
	c.f32.scalar, c.f64.scalar = r.f32.scalar, r.f64.scalar
	if c.f32.run == nil {
		c.f32.run = each2[float32](op.F)
	}
	if c.f64.run == nil {
		c.f64.run = each2[float64](op.F)
	}
	for k, code := range codes {
		c.half[k].run = wide2(c.f32.run, code.widen, code.narrow)
	}
	if op.Int == nil {
		none := func() { missing(op.Name, device.Int64) }
		c.i64.run = func(_, _, _ []int64, _ device.Params) { none() }
		c.i32.run = func(_, _, _ []int32, _ device.Params) { none() }
		c.u8.run = func(_, _, _ []uint8, _ device.Params) { none() }
		c.truth.run = c.u8.run
		return c
	}
	if c.i64.run == nil {
		c.i64.run = each2[int64](op.Int)
	}
	c.i32.run = wide2(c.i64.run, convert[int64, int32], convert[int32, int64])
	c.u8.run = wide2(c.i64.run, convert[int64, uint8], convert[uint8, int64])
	c.truth.run = wide2(c.i64.run, convert[int64, uint8], toBool[int64])
	return c
}

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

func askEach1[T, W element](f func(x W, p device.Params) W) func(dst []bool, x []T, p device.Params) {
	return func(dst []bool, x []T, p device.Params) {
		for i, v := range x {
			dst[i] = f(W(v), p) != 0
		}
	}
}

func askEach2[T, W element](f func(x, y W, p device.Params) W) func(dst []bool, x, y []T, p device.Params) {
	return func(dst []bool, x, y []T, p device.Params) {
		for i, v := range x {
			dst[i] = f(W(v), W(y[i]), p) != 0
		}
	}
}

// wide1 is the loop for elements of type N that are widened, given to run, and narrowed.
func wide1[N, W any](run func(dst, x []W, p device.Params), widen func(dst []W, x []N), narrow func(dst []N, x []W)) func(dst, x []N, p device.Params) {
	return func(dst, x []N, p device.Params) {
		s := scratches.Get()
		for i := 0; i < len(x); i += chunk {
			n := min(chunk, len(x)-i)
			in, out := room[W](s, 0)[:n], room[W](s, 1)[:n]
			widen(in, x[i:i+n])
			run(out, in, p)
			narrow(dst[i:i+n], out)
		}
		scratches.Put(s)
	}
}

func wide2[N, W any](run func(dst, x, y []W, p device.Params), widen func(dst []W, x []N), narrow func(dst []N, x []W)) func(dst, x, y []N, p device.Params) {
	return func(dst, x, y []N, p device.Params) {
		s := scratches.Get()
		for i := 0; i < len(x); i += chunk {
			n := min(chunk, len(x)-i)
			in0, in1, out := room[W](s, 0)[:n], room[W](s, 1)[:n], room[W](s, 2)[:n]
			widen(in0, x[i:i+n])
			widen(in1, y[i:i+n])
			run(out, in0, in1, p)
			narrow(dst[i:i+n], out)
		}
		scratches.Put(s)
	}
}

func askWide1[N, W any](run func(dst []bool, x []W, p device.Params), widen func(dst []W, x []N)) func(dst []bool, x []N, p device.Params) {
	return func(dst []bool, x []N, p device.Params) {
		s := scratches.Get()
		for i := 0; i < len(x); i += chunk {
			n := min(chunk, len(x)-i)
			in := room[W](s, 0)[:n]
			widen(in, x[i:i+n])
			run(dst[i:i+n], in, p)
		}
		scratches.Put(s)
	}
}

func askWide2[N, W any](run func(dst []bool, x, y []W, p device.Params), widen func(dst []W, x []N)) func(dst []bool, x, y []N, p device.Params) {
	return func(dst []bool, x, y []N, p device.Params) {
		s := scratches.Get()
		for i := 0; i < len(x); i += chunk {
			n := min(chunk, len(x)-i)
			in0, in1 := room[W](s, 0)[:n], room[W](s, 1)[:n]
			widen(in0, x[i:i+n])
			widen(in1, y[i:i+n])
			run(dst[i:i+n], in0, in1, p)
		}
		scratches.Put(s)
	}
}

// codes are the conversions of bfloat16 and float16.
var codes = [2]struct {
	widen  func(dst []float32, x []uint16)
	narrow func(dst []uint16, x []float32)
}{
	{vec.WidenBF16, vec.NarrowBF16},
	{vec.WidenF16, vec.NarrowF16},
}
