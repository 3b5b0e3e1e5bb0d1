package cpu

import (
	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/freelist"
	"github.com/lamina-ml/lamina/internal/kernel/vec"
	"github.com/lamina-ml/lamina/internal/kernel/window"
	"github.com/lamina-ml/lamina/internal/pool"
)

// MaxPool sets y to each window's largest element and index to its position.
func (*Device) MaxPool(y, index, x *device.Array, axes *[3]device.Axis) {
	switch {
	case y.Size == 0:
	case x.DType == device.Float32:
		maxPool(&maxPools32, elements[float32](y), elements[int32](index), elements[float32](x), axes, false)
	case x.DType == device.Float64:
		maxPool(&maxPools64, elements[float64](y), elements[int32](index), elements[float64](x), axes, false)
	default:
		noKernel("max_pool", x.DType)
	}
}

// MaxPoolGrad sets dx to the sums of the elements of dy whose index names the element.
func (d *Device) MaxPoolGrad(dx, dy, index *device.Array, axes *[3]device.Axis) {
	switch {
	case dx.Size == 0:
	case dy.Size == 0:
		d.Fill(dx, 0)
	case dx.DType == device.Float32:
		maxPool(&maxPools32, elements[float32](dy), elements[int32](index), elements[float32](dx), axes, true)
	case dx.DType == device.Float64:
		maxPool(&maxPools64, elements[float64](dy), elements[int32](index), elements[float64](dx), axes, true)
	default:
		noKernel("max_pool gradient", dx.DType)
	}
}

// A maxPoolTask is MaxPool of several arrays of three dimensions or its gradient, with y = dy and x = dx.
type maxPoolTask[T float] struct {
	y        []T
	index    []int32
	x        []T
	gradient bool
	in, out  int // elements of one array
	of       [3]device.Axis
	axes     [3]window.Axis
	rooms    freelist.List[window.Lines[T]]
}

var (
	maxPools32 freelist.List[maxPoolTask[float32]]
	maxPools64 freelist.List[maxPoolTask[float64]]
)

func maxPool[T float](list *freelist.List[maxPoolTask[T]], y []T, index []int32, x []T, axes *[3]device.Axis, gradient bool) {
	t := list.Get()
	t.y, t.index, t.x, t.gradient = y, index, x, gradient
	if t.of != *axes { // else the windows are those of the task's last use
		t.of = *axes
		for i := range t.axes {
			setWindows(&t.axes[i], &t.of[i])
		}
	}
	t.in, t.out = sizes(axes)
	pool.For(len(t.x)/t.in, max(1, grain/max(t.in, t.out)), t)
	t.y, t.index, t.x = nil, nil, nil
	list.Put(t)
}

// sizes returns the elements of an array with the axes' inputs and of one with their outputs.
func sizes(axes *[3]device.Axis) (in, out int) {
	in, out = 1, 1
	for i := range axes {
		in *= axes[i].In
		out *= axes[i].Out
	}
	return in, out
}

func setWindows(to *window.Axis, a *device.Axis) {
	to.In, to.Out, to.Lo, to.Hi = a.In, a.Out, to.Lo[:0], to.Hi[:0]
	for i := range a.Out {
		lo, hi, step := a.Window(i)
		to.Lo, to.Hi, to.Step = append(to.Lo, int32(lo)), append(to.Hi, int32(hi)), step
	}
}

// Run does the arrays i0 to i1.
func (t *maxPoolTask[T]) Run(i0, i1 int) {
	room := t.rooms.Get()
	defer t.rooms.Put(room)
	for i := i0; i < i1; i++ {
		x, y, index := t.x[i*t.in:][:t.in], t.y[i*t.out:][:t.out], t.index[i*t.out:][:t.out]
		if t.gradient {
			window.MaxGrad(x, y, index, &t.axes, room)
		} else {
			window.Max(y, index, x, &t.axes)
		}
	}
}

// Resample multiplies each dimension of the arrays of three dimensions in x by the matrix that its axis describes, or by its transpose.
func (d *Device) Resample(dst, x *device.Array, axes *[3]device.Axis, transposed bool) {
	switch {
	case dst.Size == 0:
	case x.Size == 0:
		d.Fill(dst, 0)
	case x.DType == device.Float32:
		resample(&resamples32, elements[float32](dst), elements[float32](x), axes, transposed)
	case x.DType == device.Float64:
		resample(&resamples64, elements[float64](dst), elements[float64](x), axes, transposed)
	default:
		noKernel("resample", x.DType)
	}
}

type resampleTask[T float] struct {
	dst, x       []T
	of           [3]device.Axis
	direct, back [3]window.Matrix[T]
	matrices     *[3]window.Matrix[T]
	sizes        [3]int // of x
	in, out      int
	weights      []float64
	rooms        freelist.List[[2][]T]
}

var (
	resamples32 freelist.List[resampleTask[float32]]
	resamples64 freelist.List[resampleTask[float64]]
)

func resample[T float](list *freelist.List[resampleTask[T]], dst, x []T, axes *[3]device.Axis, transposed bool) {
	t := list.Get()
	t.dst, t.x = dst, x
	if t.of != *axes { // else the matrices are those of the task's last use
		t.of = *axes
		for i := range axes {
			t.setMatrix(i)
		}
	}
	t.in, t.out = sizes(axes)
	t.matrices = &t.direct
	for i := range axes {
		t.sizes[i] = axes[i].In
	}
	if transposed {
		t.in, t.out = t.out, t.in
		t.matrices = &t.back
		for i := range axes {
			t.sizes[i] = axes[i].Out
		}
	}
	pool.For(len(t.x)/t.in, max(1, grain/max(t.in, t.out)), t)
	t.dst, t.x = nil, nil
	list.Put(t)
}

// setMatrix makes the matrix of dimension i and its transpose.
func (t *resampleTask[T]) setMatrix(i int) {
	a, m := &t.of[i], &t.direct[i]
	if a.Mode == device.Same {
		*m, t.back[i] = window.Matrix[T]{}, window.Matrix[T]{}
		return
	}
	m.In, m.Out = a.In, a.Out
	m.First, m.At, m.Weight, t.weights = append(m.First[:0], 0), m.At[:0], m.Weight[:0], t.weights[:0]
	for j := range a.Out {
		m.At, t.weights = a.Taps(j, m.At, t.weights)
		m.First = append(m.First, int32(len(m.At)))
	}
	for _, w := range t.weights {
		m.Weight = append(m.Weight, T(w))
	}
	m.TransposeTo(&t.back[i])
	m.FindPattern()
	t.back[i].FindPattern()
}

// Run does the arrays i0 to i1.
func (t *resampleTask[T]) Run(i0, i1 int) {
	room := t.rooms.Get()
	stream := vec.Streams[T](len(t.dst))
	for i := i0; i < i1; i++ {
		*room = window.Linear(t.dst[i*t.out:][:t.out], t.x[i*t.in:][:t.in], t.sizes, t.matrices, *room, stream)
	}
	if stream {
		vec.StreamsDone()
	}
	t.rooms.Put(room)
}
