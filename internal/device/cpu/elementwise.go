package cpu

import (
	"unsafe"

	"math"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/freelist"
	"github.com/lamina-ml/lamina/internal/kernel/vec"
	"github.com/lamina-ml/lamina/internal/pool"
)

type float interface{ float32 | float64 }

// grain is the smallest number of elements of an elementwise op that a worker takes.
const grain = 32 << 10

// Unary applies a row of the table to x.
func (*Device) Unary(op *device.UnaryOp, dst, x *device.Array, p device.Params) {
	if x.DType.Compute() == device.Float32 {
		p = round(p)
	}
	unaryOf(op)[x.DType].do(dst, x, p)
}

// round rounds parameters to float32, the precision of the operands.
func round(p device.Params) device.Params {
	return device.Params{float64(float32(p[0])), float64(float32(p[1]))}
}

// loop1 is a loop over runs of elements: a row of the table for one type. It keeps its tasks for reuse.
type loop1[D, S any] struct {
	run      func(dst []D, x []S, p device.Params)
	parallel bool // run splits long runs among threads itself, and writes large results past the caches
	tasks    freelist.List[task1[D, S]]
}

// runner1 is a loop1 of any types.
type runner1 interface {
	do(dst, x *device.Array, p device.Params)
}

func (f *loop1[D, S]) do(dst, x *device.Array, p device.Params) {
	if dst.Contiguous && x.Contiguous && dst.Size == x.Size {
		d, v := elements[D](dst), elements[S](x)
		if len(d) <= grain || f.parallel {
			f.run(d, v, p)
			return
		}
		t := f.tasks.Get()
		*t = task1[D, S]{f.run, d, v, p}
		pool.For(len(d), grain, t)
		*t = task1[D, S]{}
		f.tasks.Put(t)
		return
	}
	s := scratches.Get()
	d, v := fromOffset[D](dst), fromOffset[S](x)
	for l := plan(dst, x, nil, nil); l.left > 0; l.next() {
		for i := 0; i < l.n; i += chunk {
			n := min(chunk, l.n-i)
			in := loadRun(scratchBuffer[S](s, 1)[:n], v, l.off[1]+i*l.step[1], l.step[1])
			out := dstRun(scratchBuffer[D](s, 0)[:n], d, l.off[0]+i*l.step[0], l.step[0])
			f.run(out, in, p)
			storeRun(d, l.off[0]+i*l.step[0], l.step[0], out)
		}
	}
	scratches.Put(s)
}

// loadRun returns len(buf) elements of x from off with stride step as a contiguous run: a part of x if step is 1, else
// a copy in buf.
func loadRun[T any](buf, x []T, off, step int) []T {
	switch step {
	case 1:
		return x[off : off+len(buf)]
	case 0: // one element repeated, as in the gradient of a sum: each copy doubles the filled part
		buf[0] = x[off]
		for n := 1; n < len(buf); n *= 2 {
			copy(buf[n:], buf[:n])
		}
		return buf
	}
	for i := range buf {
		buf[i] = x[off]
		off += step
	}
	return buf
}

// dstRun returns memory for a run of results: a part of d if step is 1, else buf, which storeRun copies to d.
func dstRun[T any](buf, d []T, off, step int) []T {
	if step == 1 {
		return d[off : off+len(buf)]
	}
	return buf
}

func storeRun[T any](d []T, off, step int, out []T) {
	if step == 1 {
		return
	}
	for i, v := range out {
		d[off+i*step] = v
	}
}

// Binary applies a row of the table to x and y.
func (*Device) Binary(op *device.BinaryOp, dst, x, y *device.Array, p device.Params) {
	if x.DType.Compute() == device.Float32 {
		p = round(p)
	}
	r := binaryOf(op)
	if r.exact && dst.Size == 1 && x.DType == device.Float32 {
		fromOffset[float32](dst)[0] = float32(op.F(float64(fromOffset[float32](x)[0]),
			float64(fromOffset[float32](y)[0]), p))
		return
	}
	r.loops[x.DType].do(dst, x, y, p)
}

// loop2 is loop1 for two operands. Optional loops take a single number for one operand.
type loop2[D, S any] struct {
	run      func(dst []D, x, y []S, p device.Params)
	scalar   func(dst []D, x []S, y S)
	first    func(dst []D, y []S, x S)
	grid     func(dst []D, x, y []S, g vec.Grid)
	parallel bool // as in loop1
	tasks    freelist.List[task2[D, S]]
	runs     freelist.List[runs2[D, S]]
}

// runner2 is a loop2 of any types.
type runner2 interface {
	do(dst, x, y *device.Array, p device.Params)
}

func (f *loop2[D, S]) do(dst, x, y *device.Array, p device.Params) {
	if dst.Contiguous && x.Contiguous && y.Contiguous && dst.Size == x.Size && dst.Size == y.Size {
		d, a, b := elements[D](dst), elements[S](x), elements[S](y)
		if len(d) <= grain || f.parallel {
			f.run(d, a, b, p)
			return
		}
		t := f.tasks.Get()
		*t = task2[D, S]{f.run, d, a, b, p}
		pool.For(len(d), grain, t)
		*t = task2[D, S]{}
		f.tasks.Put(t)
		return
	}
	l := plan(dst, x, y, nil)
	if l.left > 1 && l.left*l.n > grain {
		t := f.runs.Get()
		*t = runs2[D, S]{f, l, fromOffset[D](dst), fromOffset[S](x), fromOffset[S](y), p}
		pool.For(l.left, (max(1, grain/l.n)+tile-1)&^(tile-1), t)
		*t = runs2[D, S]{}
		f.runs.Put(t)
		return
	}
	f.loop(&l, fromOffset[D](dst), fromOffset[S](x), fromOffset[S](y), p)
}

// loop computes the remaining runs of l.
func (f *loop2[D, S]) loop(l *loop, d []D, a, b []S, p device.Params) {
	s := scratches.Get()
	if l.rank == 1 && l.step[0] == 1 && l.step[1] == 1 && l.stride[2][0] == 1 && l.step[2] > 1 && canTranspose[S]() {
		f.runTransposed(s, l, d, a, b, p)
		l.left = 0
	}
	if f.grid != nil && l.isGrid() {
		for i := l.rank - 1; l.left > 0; {
			rows := min(l.left, l.dims[i]-l.count[i])
			f.grid(d[l.off[0]:], a[l.off[1]:], b[l.off[2]:], vec.Grid{
				Rows: rows, Cols: l.n, DstStep: l.stride[0][i], XStep: l.stride[1][i], YStep: l.stride[2][i],
				XNumbers: l.step[1] == 0, YNumbers: l.step[2] == 0,
			})
			l.skip(rows)
		}
	}
	for ; l.left > 0; l.next() {
		if l.step[0] == 1 && l.step[1] == 1 && l.step[2] == 0 && f.scalar != nil {
			f.scalar(d[l.off[0]:l.off[0]+l.n], a[l.off[1]:l.off[1]+l.n], b[l.off[2]])
			continue
		}
		if l.step[0] == 1 && l.step[1] == 0 && l.step[2] == 1 && f.first != nil {
			f.first(d[l.off[0]:l.off[0]+l.n], b[l.off[2]:l.off[2]+l.n], a[l.off[1]])
			continue
		}
		if l.step[0] == 1 && l.step[1] == 1 && l.step[2] == 1 {
			f.run(d[l.off[0]:l.off[0]+l.n], a[l.off[1]:l.off[1]+l.n], b[l.off[2]:l.off[2]+l.n], p)
			continue
		}
		for i := 0; i < l.n; i += chunk {
			n := min(chunk, l.n-i)
			in0 := loadRun(scratchBuffer[S](s, 1)[:n], a, l.off[1]+i*l.step[1], l.step[1])
			in1 := loadRun(scratchBuffer[S](s, 2)[:n], b, l.off[2]+i*l.step[2], l.step[2])
			out := dstRun(scratchBuffer[D](s, 0)[:n], d, l.off[0]+i*l.step[0], l.step[0])
			f.run(out, in0, in1, p)
			storeRun(d, l.off[0]+i*l.step[0], l.step[0], out)
		}
	}
	scratches.Put(s)
}

// runTransposed computes the op for a matrix and a transposed matrix, whose tiles it transposes into the first-level
// cache.
func (f *loop2[D, S]) runTransposed(s *scratch, l *loop, d []D, a, b []S, p device.Params) {
	buf := unsafe.Slice((*S)(unsafe.Pointer(&s.f64)), int(unsafe.Sizeof(s.f64)/unsafe.Sizeof(*new(S))))
	width := len(buf) / tile
	for r := 0; r < l.left; r += tile {
		h := min(tile, l.left-r)
		for c := 0; c < l.n; c += width {
			w := min(width, l.n-c)
			transpose(buf, width, b[l.off[2]+r+c*l.step[2]:], l.step[2], w, h)
			for i := range h {
				off0, off1 := l.off[0]+(r+i)*l.stride[0][0]+c, l.off[1]+(r+i)*l.stride[1][0]+c
				f.run(d[off0:off0+w], a[off1:off1+w], buf[i*width:][:w], p)
			}
		}
	}
}

// Where sets dst to x where cond is true, and to y elsewhere.
func (*Device) Where(dst, cond, x, y *device.Array) {
	switch dst.DType.Size() {
	case 1:
		where(&where8, dst, cond, x, y)
	case 2:
		where(&where16, dst, cond, x, y)
	case 4:
		where(&where32, dst, cond, x, y)
	case 8:
		where(&where64, dst, cond, x, y)
	}
}

var (
	where8  freelist.List[whereTask[uint8]]
	where16 freelist.List[whereTask[uint16]]
	where32 freelist.List[whereTask[float32]] // any type of 4 bytes
	where64 freelist.List[whereTask[int64]]
)

func where[T vec.Number](tasks *freelist.List[whereTask[T]], dst, cond, x, y *device.Array) {
	t := tasks.Get()
	*t = whereTask[T]{d: fromOffset[T](dst), c: fromOffset[bool](cond), a: fromOffset[T](x), b: fromOffset[T](y)}
	t.l = plan(dst, cond, x, y)
	if t.byRuns = t.l.left > 1 && t.l.n <= grain; t.byRuns {
		pool.For(t.l.left, max(1, grain/t.l.n), t)
		t.l.left = 0
	}
	for ; t.l.left > 0; t.l.next() {
		pool.For(t.l.n, grain, t)
	}
	*t = whereTask[T]{}
	tasks.Put(t)
}

type whereTask[T vec.Number] struct {
	d, a, b []T
	c       []bool
	l       loop
	byRuns  bool // goroutines take whole runs
}

// Run computes elements i0 to i1 of the current run or, if byRuns, the runs i0 to i1.
func (t *whereTask[T]) Run(i0, i1 int) {
	s := scratches.Get()
	if t.byRuns {
		l := t.l
		for l.skip(i0); i0 < i1; i0++ {
			t.choose(s, &l, 0, l.n)
			l.next()
		}
	} else {
		t.choose(s, &t.l, i0, i1)
	}
	scratches.Put(s)
}

func (t *whereTask[T]) choose(s *scratch, l *loop, i0, i1 int) {
	off, step := &l.off, &l.step
	for i := i0; i < i1; i += chunk {
		n := min(chunk, i1-i)
		c := loadRun(scratchBuffer[bool](s, 0)[:n], t.c, off[1]+i*step[1], step[1])
		a := loadRun(scratchBuffer[T](s, 1)[:n], t.a, off[2]+i*step[2], step[2])
		b := loadRun(scratchBuffer[T](s, 2)[:n], t.b, off[3]+i*step[3], step[3])
		out := dstRun(scratchBuffer[T](s, 3)[:n], t.d, off[0]+i*step[0], step[0])
		vec.Choose(out, c, a, b)
		storeRun(t.d, off[0]+i*step[0], step[0], out)
	}
}

type task1[D, S any] struct {
	run func(dst []D, x []S, p device.Params)
	d   []D
	x   []S
	p   device.Params
}

func (t *task1[D, S]) Run(i0, i1 int) { t.run(t.d[i0:i1], t.x[i0:i1], t.p) }

type task2[D, S any] struct {
	run  func(dst []D, x, y []S, p device.Params)
	d    []D
	x, y []S
	p    device.Params
}

func (t *task2[D, S]) Run(i0, i1 int) { t.run(t.d[i0:i1], t.x[i0:i1], t.y[i0:i1], t.p) }

// axpy computes x + p[0]·y, rounded once.
func axpy[T float](dst, t, x []T, p device.Params) { vec.AXPY(dst, T(p[0]), x, t) }

// finiteLoop copies x and replaces infinities by 0.
func finiteLoop[T float](dst, x []T) {
	for i, v := range x {
		if math.IsInf(float64(v), 0) {
			v = 0
		}
		dst[i] = v
	}
}

// runs2 is a loop2 over separate runs, which workers share.
type runs2[D, S any] struct {
	f    *loop2[D, S]
	l    loop
	d    []D
	x, y []S
	p    device.Params
}

// Run computes runs i0 to i1.
func (t *runs2[D, S]) Run(i0, i1 int) {
	l := t.l
	l.skip(i0)
	l.left = i1 - i0
	t.f.loop(&l, t.d, t.x, t.y, t.p)
}
