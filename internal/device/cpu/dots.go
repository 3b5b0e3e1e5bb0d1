package cpu

import (
	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/freelist"
	"github.com/lamina-ml/lamina/internal/kernel/vec"
	"github.com/lamina-ml/lamina/internal/pool"
)

// Dots computes the dot products of the rows of a and b.
func (*Device) Dots(dst, a, b *device.Array) {
	switch dst.DType {
	case device.Float32:
		dots(&dots32, dst, a, b)
	case device.Float64:
		dots(&dots64, dst, a, b)
	default:
		noKernel("dots", dst.DType)
	}
}

var (
	dots32 freelist.List[dotTask[float32]]
	dots64 freelist.List[dotTask[float64]]
)

func dots[T float](tasks *freelist.List[dotTask[T]], dst, a, b *device.Array) {
	n := a.Dims[a.Rank-1]
	t := tasks.Get()
	*t = dotTask[T]{elements[T](dst), elements[T](a), elements[T](b), n}
	pool.For(dst.Size, max(1, 2*grain/max(1, n)), t)
	*t = dotTask[T]{}
	tasks.Put(t)
}

type dotTask[T float] struct {
	out, a, b []T
	n         int
}

// Run computes rows i0 to i1.
func (t *dotTask[T]) Run(i0, i1 int) {
	for i := i0; i < i1; i++ {
		t.out[i] = vec.Dot(t.a[i*t.n:(i+1)*t.n], t.b[i*t.n:(i+1)*t.n])
	}
}
