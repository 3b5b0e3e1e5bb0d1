package rng

import (
	"fmt"
	"math"
	"math/bits"
)

// NumPy is NumPy's legacy generator, numpy.random.RandomState: the one behind np.random.seed and the functions
// directly in np.random. Integers and uniforms are NumPy's bit for bit, normals to 2 units in the last place
// (3 for about one value in a million: the logarithm is this package's here and the C library's there).
//
// Source: https://numpy.org/doc/stable/reference/random/legacy.html
type NumPy struct {
	mt     mt19937
	gauss  float64 // the second value of the last pair of normals,
	cached bool    // if it has not been returned yet

	index []int64 // Choice's scratch, kept so that it is allocated once
	p     []float64
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

// float64 returns a value uniform in [0, 1).
func (g *NumPy) float64() float64 { return numpyUnit(g.mt.uint64()) }

// numpyUnit makes a multiple of 2^-53 in [0, 1) of 27 bits of one draw and 26 of the next.
func numpyUnit(u uint64) float64 {
	return float64(u>>37<<26|u&(1<<32-1)>>6) * (1.0 / (1 << 53))
}

// Rand fills dst with values uniform in [0, 1), as np.random.rand and np.random.random_sample do.
func (g *NumPy) Rand(dst []float64) { g.Uniform(dst, 0, 1) }

// Uniform fills dst with values uniform in [low, high), as np.random.uniform does: low + (high−low)·u, two roundings.
// As NumPy's it takes low > high too, and rounding may reach high. It panics if high−low is not finite.
func (g *NumPy) Uniform(dst []float64, low, high float64) {
	scale := high - low
	if math.IsInf(scale, 0) || math.IsNaN(scale) {
		panic(fmt.Sprintf("rng: NumPy.Uniform: [%v, %v) is not a range, want a finite high−low", low, high))
	}
	var buf [chunk]uint64
	for len(dst) > 0 {
		b := buf[:min(chunk, len(dst))]
		g.mt.fill64(b)
		for i, u := range b {
			dst[i] = low + float64(scale*numpyUnit(u))
		}
		dst = dst[len(b):]
	}
}

// normal returns two normals by Marsaglia's polar method, from a random point inside the unit disc.
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
			f := math.Sqrt(-2 * log64(r2) / r2)
			g.gauss, g.cached = f*x, true
			return f * y
		}
	}
}

// Randn fills dst with values of the standard normal distribution, as np.random.randn does. A second value of a pair
// that is left over is the first of the next call, as in NumPy.
func (g *NumPy) Randn(dst []float64) {
	if g.cached && len(dst) > 0 {
		dst[0] = g.normal()
		dst = dst[1:]
	}
	var words pairs
	var x, y, r2 [chunk / 2]float64
	for len(dst) > 1 {
		// Draws at most as many points as pairs are missing; the next point overwrites one that is outside the disc.
		w := g.mt.draw(&words, 2*min(len(dst)/2, len(x)))
		n := 0
		for ; len(w) >= 4; w = w[4:] {
			a := 2*numpyUnit(uint64(w[0])<<32|uint64(w[1])) - 1
			b := 2*numpyUnit(uint64(w[2])<<32|uint64(w[3])) - 1
			c := float64(a*a) + float64(b*b)
			x[n], y[n], r2[n] = a, b, c
			n += int(math.Float64bits(c-1) >> 63) // c < 1; every fifth branch would be mispredicted
			if c == 0 {
				n--
			}
		}
		for i := range n {
			f := math.Sqrt(-2 * log64(r2[i]) / r2[i])
			dst[2*i], dst[2*i+1] = f*y[i], f*x[i]
		}
		dst = dst[2*n:]
	}
	if len(dst) > 0 {
		dst[0] = g.normal()
	}
}

// Normal fills dst with values of the normal distribution, as np.random.normal(mean, std) does: mean + std·z.
// It panics if std is negative or NaN.
func (g *NumPy) Normal(dst []float64, mean, std float64) {
	if !(std >= 0) {
		panic(fmt.Sprintf("rng: NumPy.Normal: the standard deviation is %v, want at least 0", std))
	}
	g.Randn(dst)
	for i, z := range dst {
		dst[i] = mean + float64(std*z)
	}
}

// bounded returns an integer uniform in [0, max], by masking to the next power of two and rejecting. It draws 32 bits
// at a time if max fits in them, else 64.
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
	if max == 0 || max > math.MaxUint32 {
		for i := range dst {
			dst[i] = low + int64(g.bounded(max))
		}
		return
	}
	mask := uint32(1)<<bits.Len64(max) - 1
	for i := 0; i < len(dst); {
		for _, w := range g.mt.words(len(dst) - i) {
			v := uint64(w & mask)
			dst[i] = low + int64(v)
			i += int((v - max - 1) >> 63) // v <= max; a branch would be mispredicted
		}
	}
}

// Shuffle shuffles n elements by swapping them, as np.random.shuffle does. It panics if n is negative.
func (g *NumPy) Shuffle(n int, swap func(i, j int)) {
	if n < 0 {
		panic(fmt.Sprintf("rng: NumPy.Shuffle: n is %d, want at least 0", n))
	}
	for i := n - 1; i > 0; i-- {
		if j := int(g.bounded(uint64(i))); j != i {
			swap(i, j)
		}
	}
}

// Permutation fills dst with a random permutation of 0 … len(dst)−1, as np.random.permutation does.
func (g *NumPy) Permutation(dst []int64) {
	for i := range dst {
		dst[i] = int64(i)
	}
	i := len(dst) - 1
	for ; int64(i) > math.MaxUint32; i-- {
		j := g.bounded(uint64(i))
		dst[i], dst[j] = dst[j], dst[i]
	}
	for i > 0 {
		for _, w := range g.mt.words(i) {
			// bounded without a branch, which would be mispredicted: a rejected j swaps an element with itself.
			mask := uint32(1)<<bits.Len32(uint32(i)) - 1
			j := int(w & mask)
			step := int(uint64(j-i-1) >> 63) // j <= i
			j = min(i, j)
			dst[i], dst[j] = dst[j], dst[i]
			i -= step
		}
	}
}

// Choice fills dst with integers drawn from 0 … n−1, as np.random.choice(n, len(dst), replace, p) does: with or without
// replacement, and with the probabilities p, or equal ones if p is nil.
//
// It panics where NumPy raises: if n is not positive, if p does not have n values or is no distribution (a value
// negative or NaN, the sum farther from 1 than 1.5e-8), or if, without replacement, dst is longer than the number of
// possible values.
func (g *NumPy) Choice(dst []int64, n int, replace bool, p []float64) {
	switch {
	case n <= 0:
		panic(fmt.Sprintf("rng: NumPy.Choice: n is %d, want at least 1", n))
	case p != nil:
		g.choiceWeighted(dst, n, replace, p)
	case replace:
		g.Randint(dst, 0, int64(n))
	case len(dst) > n:
		panic(fmt.Sprintf("rng: NumPy.Choice: %d of %d values without replacement, want no more than there are",
			len(dst), n))
	default:
		g.index = grow(g.index, n)
		g.Permutation(g.index)
		copy(dst, g.index)
	}
}

func (g *NumPy) choiceWeighted(dst []int64, n int, replace bool, p []float64) {
	if len(p) != n {
		panic(fmt.Sprintf("rng: NumPy.Choice: %d probabilities for %d values, want one for each", len(p), n))
	}
	sum, lost, positive := 0.0, 0.0, 0 // lost is Kahan's compensation
	for i, v := range p {
		if !(v >= 0) {
			panic(fmt.Sprintf("rng: NumPy.Choice: probability %d is %v, want at least 0", i, v))
		}
		if v > 0 {
			positive++
		}
		y := v - lost
		t := sum + y
		lost = (t - sum) - y
		sum = t
	}
	if !(math.Abs(sum-1) <= 0x1p-26) {
		panic(fmt.Sprintf("rng: NumPy.Choice: the probabilities sum to %v, want 1", sum))
	}
	if !replace && len(dst) > positive {
		panic(fmt.Sprintf("rng: NumPy.Choice: %d values without replacement, but only %d have a probability above 0",
			len(dst), positive))
	}
	g.p = grow(g.p, 2*n)
	left, cdf := g.p[:n], g.p[n:]
	copy(left, p)
	for found := 0; found < len(dst); {
		cumulate(cdf, left)
		if replace {
			for i := range dst {
				dst[i] = upperBound(cdf, g.float64())
			}
			return
		}
		// A round draws as many values as are missing. Values drawn twice are missing in the next round, in which
		// values already found have probability 0.
		for range len(dst) - found {
			if i := upperBound(cdf, g.float64()); left[i] != 0 {
				left[i] = 0
				dst[found] = i
				found++
			}
		}
	}
}

// cumulate sets cdf to the running sums of p, divided by the last one.
func cumulate(cdf, p []float64) {
	sum := 0.0
	for i, v := range p {
		sum += v
		cdf[i] = sum
	}
	for i := range cdf {
		cdf[i] /= sum
	}
}

// upperBound returns the index of the first value of cdf above x.
func upperBound(cdf []float64, x float64) int64 {
	return lowerBound(cdf, math.Nextafter(x, 2))
}

// lowerBound returns the index of the first value of cdf that is not below x, of the last one if there is none.
// The comparison's result is unpredictable, so there is no branch on it.
func lowerBound[T float32 | float64](cdf []T, x float64) int64 {
	lo := 0
	for n := len(cdf); n > 1; {
		half := n / 2
		below := int(math.Float64bits(float64(cdf[lo+half-1])-x) >> 63)
		lo += half & -below
		n -= half
	}
	return int64(lo)
}

// grow returns a slice of n values of unknown content, s itself if it is large enough.
func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
