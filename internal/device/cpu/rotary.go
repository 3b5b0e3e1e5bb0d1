package cpu

import (
	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/freelist"
	"github.com/lamina-ml/lamina/internal/pool"
)

// Rotary rotates the pairs of x's vectors.
func (*Device) Rotary(dst, x, cos, sin *device.Array, back bool) {
	switch {
	case x.Size == 0:
	case x.DType == device.Float32:
		rotate(&rotary32, dst, x, cos, sin, back)
	case x.DType == device.Float64:
		rotate(&rotary64, dst, x, cos, sin, back)
	default:
		noKernel("rotary", x.DType)
	}
}

var (
	rotary32 freelist.List[rotaryTask[float32]]
	rotary64 freelist.List[rotaryTask[float64]]
)

// A rotaryTask rotates vectors, which are numbered in row-major order.
type rotaryTask[T float] struct {
	dst, x, cos, sin strided[T]
	size, half       int
	sign             T
}

// strided is an array of vectors: the elements of its memory, and the strides of its dimensions.
type strided[T float] struct {
	v       []T
	rank    int
	dims    [device.MaxRank]int
	strides [device.MaxRank]int
}

// vectors returns a as an array of vectors, broadcast to the leading dimensions of like.
func vectors[T float](a, like *device.Array) strided[T] {
	s := strided[T]{v: fromOffset[T](a), rank: like.Rank, dims: like.Dims}
	missing := like.Rank - a.Rank
	for i := range a.Rank {
		if a.Dims[i] != 1 || i == a.Rank-1 {
			s.strides[missing+i] = a.Strides[i]
		}
	}
	return s
}

// at returns the offset of vector i, and the stride of its elements.
func (s *strided[T]) at(i int) (offset, stride int) {
	for d := s.rank - 2; d >= 0; d-- {
		offset += i % s.dims[d] * s.strides[d]
		i /= s.dims[d]
	}
	return offset, s.strides[s.rank-1]
}

func rotate[T float](of *freelist.List[rotaryTask[T]], dst, x, cos, sin *device.Array, back bool) {
	t := of.Get()
	*t = rotaryTask[T]{dst: vectors[T](dst, x), x: vectors[T](x, x), cos: vectors[T](cos, x), sin: vectors[T](sin, x),
		size: x.Dims[x.Rank-1], half: cos.Dims[cos.Rank-1], sign: 1}
	if back {
		t.sign = -1
	}
	pool.For(x.Size/t.size, max(1, grain/4/t.size), t)
	*t = rotaryTask[T]{}
	of.Put(t)
}

// Run rotates vectors i0 to i1.
func (t *rotaryTask[T]) Run(i0, i1 int) {
	for i := i0; i < i1; i++ {
		dst, sd := t.dst.at(i)
		x, sx := t.x.at(i)
		c, sc := t.cos.at(i)
		s, ss := t.sin.at(i)
		if sd == 1 && sx == 1 && sc == 1 && ss == 1 {
			rotateVector(t.dst.v[dst:][:t.size], t.x.v[x:][:t.size], t.cos.v[c:], t.sin.v[s:], t.half, t.sign)
			continue
		}
		for j := range t.size {
			switch v := t.x.v[x+j*sx]; {
			case j < t.half:
				t.dst.v[dst+j*sd] = T(v*t.cos.v[c+j*sc]) - T(t.x.v[x+(j+t.half)*sx]*T(t.sign*t.sin.v[s+j*ss]))
			case j < 2*t.half:
				k := j - t.half
				t.dst.v[dst+j*sd] = T(v*t.cos.v[c+k*sc]) + T(t.x.v[x+k*sx]*T(t.sign*t.sin.v[s+k*ss]))
			default:
				t.dst.v[dst+j*sd] = v
			}
		}
	}
}

// rotateVector rotates one vector whose elements lie side by side.
func rotateVector[T float](dst, x, cos, sin []T, half int, sign T) {
	a, b, cos, sin := x[:half], x[half:][:half], cos[:half], sin[:half]
	ya, yb := dst[:half], dst[half:][:half]
	for j, c := range cos {
		u, v, s := a[j], b[j], sign*sin[j]
		ya[j] = T(u*c) - T(v*s)
		yb[j] = T(v*c) + T(u*s)
	}
	copy(dst[2*half:], x[2*half:])
}
