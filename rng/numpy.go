package rng

import (
	"fmt"
	"math"
	"math/bits"
)

// NumPy is NumPy's legacy generator, numpy.random.RandomState: the one behind np.random.seed and the functions
// directly in np.random. Integers and uniforms are NumPy's bit for bit, normals to 2 units in the last place
// (the C library's logarithm and Go's differ in the last bit).
//
// Source: https://numpy.org/doc/stable/reference/random/legacy.html
type NumPy struct {
	mt     mt19937
	gauss  float64 // the second value of the last polar pair,
	cached bool    // if it is still to be given out
}

// NewNumPy returns a generator in the state that np.random.seed(seed) leaves. NumPy takes seeds in [0, 2^32).
func NewNumPy(seed uint32) *NumPy {
	g := new(NumPy)
	g.Seed(seed)
	return g
}

// Seed puts g into the state that np.random.seed(seed) leaves. It allocates nothing.
func (g *NumPy) Seed(seed uint32) {
	g.mt.seed(seed)
	g.gauss, g.cached = 0, false
}

// float64 returns a value uniform in [0, 1) with 53 random bits, 27 from one draw and 26 from the next.
func (g *NumPy) float64() float64 {
	a := g.mt.uint32() >> 5
	b := g.mt.uint32() >> 6
	return float64(uint64(a)<<26|uint64(b)) * (1.0 / (1 << 53))
}

// Rand fills dst with values uniform in [0, 1), as np.random.rand and np.random.random_sample do.
func (g *NumPy) Rand(dst []float64) {
	for i := range dst {
		dst[i] = g.float64()
	}
}

// Uniform fills dst with values uniform in [low, high), as np.random.uniform does: low + (high−low)·u.
// It panics if high−low is not finite.
func (g *NumPy) Uniform(dst []float64, low, high float64) {
	scale := high - low
	if math.IsInf(scale, 0) || math.IsNaN(scale) {
		panic(fmt.Sprintf("rng: NumPy.Uniform: [%v, %v) is not a range", low, high))
	}
	for i := range dst {
		dst[i] = low + float64(scale*g.float64())
	}
}

// normal is Marsaglia's polar method: each point drawn inside the unit disc gives two values.
func (g *NumPy) normal() float64 {
	if g.cached {
		v := g.gauss
		g.gauss, g.cached = 0, false
		return v
	}
	for {
		x := 2*g.float64() - 1
		y := 2*g.float64() - 1
		r2 := float64(x*x) + float64(y*y)
		if r2 < 1 && r2 != 0 {
			f := math.Sqrt(-2 * math.Log(r2) / r2)
			g.gauss, g.cached = f*x, true
			return f * y
		}
	}
}

// Randn fills dst with values of the standard normal distribution, as np.random.randn does. A second value of a pair
// that is left over is the first of the next call, as in NumPy.
func (g *NumPy) Randn(dst []float64) {
	for i := range dst {
		dst[i] = g.normal()
	}
}

// Normal fills dst with values of the normal distribution, as np.random.normal(mean, std) does: mean + std·z.
// It panics if std is negative or NaN.
func (g *NumPy) Normal(dst []float64, mean, std float64) {
	if !(std >= 0) {
		panic(fmt.Sprintf("rng: NumPy.Normal: standard deviation %v", std))
	}
	for i := range dst {
		dst[i] = mean + float64(std*g.normal())
	}
}

// bounded returns an integer uniform in [0, max], by masking to the next power of two and rejecting. It draws 32 bits at
// a time where max fits in them, else 64.
func (g *NumPy) bounded(max uint64) uint64 {
	if max == 0 {
		return 0
	}
	mask := uint64(1)<<bits.Len64(max) - 1
	for {
		var v uint64
		if max <= math.MaxUint32 {
			v = uint64(g.mt.uint32()) & mask
		} else {
			v = g.mt.uint64() & mask
		}
		if v <= max {
			return v
		}
	}
}

// Randint fills dst with integers uniform in [low, high), as np.random.randint(low, high, size) does for its default
// type, int64. For int32, uint32 and uint64 NumPy draws the same values; for narrower types it does not.
// It panics if low >= high.
func (g *NumPy) Randint(dst []int64, low, high int64) {
	if low >= high {
		panic(fmt.Sprintf("rng: NumPy.Randint: low %d is not below high %d", low, high))
	}
	max := uint64(high) - uint64(low) - 1
	for i := range dst {
		dst[i] = low + int64(g.bounded(max))
	}
}
