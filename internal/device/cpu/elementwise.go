package cpu

import (
	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/freelist"
	"github.com/lamina-ml/lamina/internal/pool"
)

type float interface{ float32 | float64 }

// grain is how many elements of an elementwise op are worth waking a worker for.
const grain = 32 << 10

// Unary applies a row of the table to x.
func (*Device) Unary(op *device.UnaryOp, dst, x *device.Array, p device.Params) {
	switch {
	case dst.DType == device.Float32 && x.DType == device.Float32:
		r := unaryOf(op)
		unary(op, r.f32, r.whole, kind32, dst, x, round(p))
	case dst.DType == device.Float64 && x.DType == device.Float64:
		unary(op, unaryOf(op).f64, false, kind64, dst, x, p)
	default:
		unaryStaged(op, dst, x, p)
	}
}

// round gives parameters the precision of float32 operands.
func round(p device.Params) device.Params {
	return device.Params{float64(float32(p[0])), float64(float32(p[1]))}
}

// kind is what the loops below need of an element type: where to stage elements, and tasks to use again.
type kind[T float] struct {
	stage  func(*scratch) *[3][chunk]T
	unary  freelist.List[unaryTask[T]]
	binary freelist.List[binaryTask[T]]
}

var (
	kind32 = &kind[float32]{stage: func(s *scratch) *[3][chunk]float32 { return &s.f32 }}
	kind64 = &kind[float64]{stage: func(s *scratch) *[3][chunk]float64 { return &s.f64 }}
)

func unary[T float](op *device.UnaryOp, run func(dst, x []T, p device.Params), whole bool, of *kind[T], dst, x *device.Array, p device.Params) {
	if run == nil {
		d, v := from[T](dst), from[T](x)
		for l := plan(dst, x, nil, nil); l.left > 0; l.next() {
			i, j := l.at[0], l.at[1]
			for range l.n {
				d[i] = T(op.F(float64(v[j]), p))
				i += l.step[0]
				j += l.step[1]
			}
		}
		return
	}
	if dst.Dense && x.Dense && dst.Size == x.Size {
		d, v := dense[T](dst), dense[T](x)
		if len(d) <= grain || whole {
			run(d, v, p)
			return
		}
		t := of.unary.Get()
		*t = unaryTask[T]{run, d, v, p}
		pool.For(len(d), grain, t)
		*t = unaryTask[T]{}
		of.unary.Put(t)
		return
	}
	s := scratches.Get()
	buf := of.stage(s)
	d, v := from[T](dst), from[T](x)
	for l := plan(dst, x, nil, nil); l.left > 0; l.next() {
		for i := 0; i < l.n; i += chunk {
			n := min(chunk, l.n-i)
			in := staged(buf[1][:n], v, l.at[1]+i*l.step[1], l.step[1])
			out := target(buf[0][:n], d, l.at[0]+i*l.step[0], l.step[0])
			run(out, in, p)
			unstage(d, l.at[0]+i*l.step[0], l.step[0], out)
		}
	}
	scratches.Put(s)
}

// staged returns len(buf) elements of x, stride step apart, as a run: in place where they are one, else copied to buf.
func staged[T any](buf, x []T, at, step int) []T {
	if step == 1 {
		return x[at : at+len(buf)]
	}
	for i := range buf {
		buf[i] = x[at]
		at += step
	}
	return buf
}

// target returns the place for a run of results: in place, else buf, which unstage copies out.
func target[T any](buf, d []T, at, step int) []T {
	if step == 1 {
		return d[at : at+len(buf)]
	}
	return buf
}

func unstage[T any](d []T, at, step int, out []T) {
	if step == 1 {
		return
	}
	for i, v := range out {
		d[at+i*step] = v
	}
}

func unaryStaged(op *device.UnaryOp, dst, x *device.Array, p device.Params) {
	s := scratches.Get()
	defer scratches.Put(s)
	isFloat := x.DType.IsFloat()
	if !isFloat && op.Int == nil {
		missing(op.Name, x.DType)
	}
	if x.DType != device.Float64 && isFloat {
		p = round(p)
	}
	for l := plan(dst, x, nil, nil); l.left > 0; l.next() {
		for i := 0; i < l.n; i += chunk {
			n := min(chunk, l.n-i)
			at0, at1 := l.at[0]+i*l.step[0], l.at[1]+i*l.step[1]
			if isFloat {
				v := s.f64[0][:n]
				load(v, x, at1, l.step[1])
				for j := range v {
					v[j] = op.F(v[j], p)
				}
				store(dst, at0, l.step[0], v)
				continue
			}
			v := s.i64[0][:n]
			load(v, x, at1, l.step[1])
			for j := range v {
				v[j] = op.Int(v[j], p)
			}
			store(dst, at0, l.step[0], v)
		}
	}
}

// Binary applies a row of the table to x and y.
func (*Device) Binary(op *device.BinaryOp, dst, x, y *device.Array, p device.Params) {
	switch {
	case dst.DType == device.Float32 && x.DType == device.Float32 && y.DType == device.Float32:
		r := binaryOf(op)
		if r.exact && dst.Size == 1 {
			from[float32](dst)[0] = float32(op.F(float64(from[float32](x)[0]), float64(from[float32](y)[0]), p))
			return
		}
		binary(op, &r.f32, r.whole, kind32, dst, x, y, round(p))
	case dst.DType == device.Float64 && x.DType == device.Float64 && y.DType == device.Float64:
		binary(op, &binaryOf(op).f64, false, kind64, dst, x, y, p)
	default:
		binaryStaged(op, dst, x, y, p)
	}
}

func binary[T float](op *device.BinaryOp, k *binaryRun[T], whole bool, of *kind[T], dst, x, y *device.Array, p device.Params) {
	if k.run == nil {
		d, a, b := from[T](dst), from[T](x), from[T](y)
		for l := plan(dst, x, y, nil); l.left > 0; l.next() {
			i0, i1, i2 := l.at[0], l.at[1], l.at[2]
			for range l.n {
				d[i0] = T(op.F(float64(a[i1]), float64(b[i2]), p))
				i0 += l.step[0]
				i1 += l.step[1]
				i2 += l.step[2]
			}
		}
		return
	}
	if dst.Dense && x.Dense && y.Dense && dst.Size == x.Size && dst.Size == y.Size {
		d, a, b := dense[T](dst), dense[T](x), dense[T](y)
		if len(d) <= grain || whole {
			k.run(d, a, b, p)
			return
		}
		t := of.binary.Get()
		*t = binaryTask[T]{k.run, d, a, b, p}
		pool.For(len(d), grain, t)
		*t = binaryTask[T]{}
		of.binary.Put(t)
		return
	}
	s := scratches.Get()
	buf := of.stage(s)
	d, a, b := from[T](dst), from[T](x), from[T](y)
	for l := plan(dst, x, y, nil); l.left > 0; l.next() {
		if l.step[0] == 1 && l.step[1] == 1 && l.step[2] == 0 && k.scalar != nil {
			k.scalar(d[l.at[0]:l.at[0]+l.n], a[l.at[1]:l.at[1]+l.n], b[l.at[2]])
			continue
		}
		if l.step[0] == 1 && l.step[1] == 1 && l.step[2] == 1 {
			k.run(d[l.at[0]:l.at[0]+l.n], a[l.at[1]:l.at[1]+l.n], b[l.at[2]:l.at[2]+l.n], p)
			continue
		}
		for i := 0; i < l.n; i += chunk {
			n := min(chunk, l.n-i)
			in0 := staged(buf[1][:n], a, l.at[1]+i*l.step[1], l.step[1])
			in1 := staged(buf[2][:n], b, l.at[2]+i*l.step[2], l.step[2])
			out := target(buf[0][:n], d, l.at[0]+i*l.step[0], l.step[0])
			k.run(out, in0, in1, p)
			unstage(d, l.at[0]+i*l.step[0], l.step[0], out)
		}
	}
	scratches.Put(s)
}

func binaryStaged(op *device.BinaryOp, dst, x, y *device.Array, p device.Params) {
	s := scratches.Get()
	defer scratches.Put(s)
	isFloat := x.DType.IsFloat()
	if !isFloat && op.Int == nil {
		missing(op.Name, x.DType)
	}
	if x.DType != device.Float64 && isFloat {
		p = round(p)
	}
	for l := plan(dst, x, y, nil); l.left > 0; l.next() {
		for i := 0; i < l.n; i += chunk {
			n := min(chunk, l.n-i)
			at0, at1, at2 := l.at[0]+i*l.step[0], l.at[1]+i*l.step[1], l.at[2]+i*l.step[2]
			if isFloat {
				a, b := s.f64[0][:n], s.f64[1][:n]
				load(a, x, at1, l.step[1])
				load(b, y, at2, l.step[2])
				for j := range a {
					a[j] = op.F(a[j], b[j], p)
				}
				store(dst, at0, l.step[0], a)
				continue
			}
			a, b := s.i64[0][:n], s.i64[1][:n]
			load(a, x, at1, l.step[1])
			load(b, y, at2, l.step[2])
			for j := range a {
				a[j] = op.Int(a[j], b[j], p)
			}
			store(dst, at0, l.step[0], a)
		}
	}
}

// Where picks x where cond is true, else y.
func (*Device) Where(dst, cond, x, y *device.Array) {
	switch dst.DType.Size() {
	case 1:
		where[uint8](dst, cond, x, y)
	case 2:
		where[uint16](dst, cond, x, y)
	case 4:
		where[uint32](dst, cond, x, y)
	case 8:
		where[uint64](dst, cond, x, y)
	}
}

func where[T any](dst, cond, x, y *device.Array) {
	d, c, a, b := from[T](dst), from[uint8](cond), from[T](x), from[T](y)
	for l := plan(dst, cond, x, y); l.left > 0; l.next() {
		i0, i1, i2, i3 := l.at[0], l.at[1], l.at[2], l.at[3]
		for range l.n {
			if c[i1] != 0 {
				d[i0] = a[i2]
			} else {
				d[i0] = b[i3]
			}
			i0 += l.step[0]
			i1 += l.step[1]
			i2 += l.step[2]
			i3 += l.step[3]
		}
	}
}

type unaryTask[T float] struct {
	run  func(dst, x []T, p device.Params)
	d, x []T
	p    device.Params
}

func (t *unaryTask[T]) Run(i0, i1 int) { t.run(t.d[i0:i1], t.x[i0:i1], t.p) }

type binaryTask[T float] struct {
	run     func(dst, x, y []T, p device.Params)
	d, x, y []T
	p       device.Params
}

func (t *binaryTask[T]) Run(i0, i1 int) { t.run(t.d[i0:i1], t.x[i0:i1], t.y[i0:i1], t.p) }
