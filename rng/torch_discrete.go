package rng

import (
	"fmt"
	"math"
	"math/bits"
	"slices"

	"github.com/lamina-ml/lamina/internal/kernel/vec"
)

// Bernoulli32 fills dst with ones, each with probability p, and zeros, as Tensor.bernoulli_(p) does. Each value
// consumes one Uint64, whatever the tensor's type. A PyTorch dropout layer draws its mask by bernoulli_(1 − p).
// Releases that drew it from MKL on Intel's processors had other masks; the current ones do not. It panics if p is not
// in [0, 1].
func (g *Torch) Bernoulli32(dst []float32, p float64) { bernoulli(g, "Bernoulli32", dst, p) }

// Bernoulli64 is Bernoulli32 for float64; the stream is the same.
func (g *Torch) Bernoulli64(dst []float64, p float64) { bernoulli(g, "Bernoulli64", dst, p) }

func bernoulli[T float32 | float64](g *Torch, op string, dst []T, p float64) {
	checkProbability(op, p)
	var buf pairs
	for len(dst) > 0 {
		w := g.mt.draw(&buf, len(dst))
		vec.Bernoulli(dst[:len(w)/2], w, p)
		dst = dst[len(w)/2:]
	}
}

// BernoulliBits sets bit i%8 of dst[i/8] for i below n where Bernoulli32 sets element i to 1; the stream is the same. The
// bits that are left in the last byte become 0. It panics if dst does not have the bytes of n bits.
func (g *Torch) BernoulliBits(dst []uint8, n int, p float64) {
	checkProbability("BernoulliBits", p)
	if len(dst) != (n+7)/8 {
		panic(fmt.Sprintf("rng: Torch.BernoulliBits: %d bytes for %d bits, want %d", len(dst), n, (n+7)/8))
	}
	var buf pairs
	for n > 0 {
		w := g.mt.draw(&buf, n)
		drawn := len(w) / 2
		vec.BernoulliBits(dst[:(drawn+7)/8], w, p)
		dst, n = dst[(drawn+7)/8:], n-drawn
	}
}

// BernoulliEach32 sets each dst[i] to 1 with probability p[i], else to 0, as torch.bernoulli and Tensor.bernoulli_ do
// given a float32 tensor of probabilities. Each value consumes one Uint32. It panics if the lengths differ or a
// probability is not in [0, 1].
func (g *Torch) BernoulliEach32(dst, p []float32) {
	checkLengths("BernoulliEach32", len(dst), len(p))
	for len(dst) > 0 {
		w := g.mt.words(len(dst))
		for i, w := range w {
			p := p[i]
			checkProbability("BernoulliEach32", float64(p))
			u := float32(w&(1<<24-1)) * (1.0 / (1 << 24))
			dst[i] = float32(math.Float32bits(u-p) >> 31) // u < p; a branch would be mispredicted
		}
		dst, p = dst[len(w):], p[len(w):]
	}
}

// BernoulliEach64 is BernoulliEach32 for a float64 tensor of probabilities: each value consumes one Uint64.
func (g *Torch) BernoulliEach64(dst, p []float64) {
	checkLengths("BernoulliEach64", len(dst), len(p))
	var buf [chunk]uint64
	for len(dst) > 0 {
		b := buf[:min(chunk, len(dst))]
		g.mt.fill64(b)
		for i, u := range b {
			checkProbability("BernoulliEach64", p[i])
			dst[i] = float64(math.Float64bits(unit64(u)-p[i]) >> 63)
		}
		dst, p = dst[len(b):], p[len(b):]
	}
}

func checkProbability(op string, p float64) {
	if !(p >= 0 && p <= 1) {
		panic(fmt.Sprintf("rng: Torch.%s: the probability is %v, want one between 0 and 1", op, p))
	}
}

func checkLengths(op string, dst, p int) {
	if dst != p {
		panic(fmt.Sprintf("rng: Torch.%s: %d values and %d probabilities, want as many", op, dst, p))
	}
}

// Exponential32 fills dst with values of density λ e^(−λx), as Tensor.exponential_(λ) fills a float32 tensor:
// −ln(1−u)/λ, computed in float64. Each value consumes one Uint64 and agrees with PyTorch's to 1 unit in the last
// place. It panics if λ is not positive.
func (g *Torch) Exponential32(dst []float32, lambda float64) {
	checkRate("Exponential32", lambda)
	g.exponential32(dst, lambda)
}

// Exponential64 is Exponential32 for float64, and agrees with PyTorch's to 2 units in the last place.
func (g *Torch) Exponential64(dst []float64, lambda float64) {
	checkRate("Exponential64", lambda)
	g.exponential64(dst, lambda)
}

func (g *Torch) exponential32(dst []float32, lambda float64) {
	var buf pairs
	for len(dst) > 0 {
		w := g.mt.draw(&buf, len(dst))
		vec.Exponential(dst[:len(w)/2], w, 1/lambda)
		dst = dst[len(w)/2:]
	}
}

func (g *Torch) exponential64(dst []float64, lambda float64) {
	scale := -1 / lambda
	var buf [chunk]uint64
	for len(dst) > 0 {
		b := buf[:min(chunk, len(dst))]
		g.mt.fill64(b)
		for i, u := range b {
			dst[i] = scale * log64(1-unit64(u))
		}
		dst = dst[len(b):]
	}
}

func checkRate(op string, lambda float64) {
	if !(lambda > 0) {
		panic(fmt.Sprintf("rng: Torch.%s: the rate is %v, want one above 0", op, lambda))
	}
}

// Multinomial32 draws indices, each with a probability in proportion to its weight, as torch.multinomial does for a
// float32 tensor. The weights p are those of rows distributions, (rows, len(p)/rows); dst receives len(dst)/rows
// indices of each, (rows, len(dst)/rows). Without replacement no index of a row comes twice.
//
// With replacement each index consumes one Uint64; without it, or if one index is drawn, each weight does.
//
// It panics if PyTorch raises an error: if a weight is negative, infinite or NaN, if a row's sum is 0, if the lengths
// are not multiples of rows, or if more indices are to be drawn without replacement than there are. Indices of weight 0
// come last, in rising order, if without replacement more are drawn than have a weight; PyTorch does not define their
// order.
func (g *Torch) Multinomial32(dst []int64, p []float32, rows int, replacement bool) {
	g.exp32 = multinomial(g, "Multinomial32", (*Torch).exponential32, dst, p, rows, replacement, g.exp32)
}

// Multinomial64 is Multinomial32 for a float64 tensor.
func (g *Torch) Multinomial64(dst []int64, p []float64, rows int, replacement bool) {
	g.exp64 = multinomial(g, "Multinomial64", (*Torch).exponential64, dst, p, rows, replacement, g.exp64)
}

// multinomial returns the scratch, for the next call.
func multinomial[T float32 | float64](g *Torch, op string, exponential func(*Torch, []T, float64), dst []int64, p []T, rows int,
	replacement bool, scratch []T) []T {
	if rows < 0 || rows == 0 && (len(dst) > 0 || len(p) > 0) || rows > 0 && (len(dst)%rows != 0 || len(p)%rows != 0) {
		panic(fmt.Sprintf("rng: Torch.%s: %d indices and %d weights for %d rows, want multiples of the number of rows",
			op, len(dst), len(p), rows))
	}
	if len(dst) == 0 {
		return scratch
	}
	n, k := len(p)/rows, len(dst)/rows
	if !replacement && k > n {
		panic(fmt.Sprintf("rng: Torch.%s: %d of %d indices without replacement, want no more than there are", op, k, n))
	}
	for row := range rows {
		checkWeights(op, p[row*n:(row+1)*n])
	}
	if replacement && k > 1 { // one index needs no replacement
		scratch = grow(scratch, n)
		for row := range rows {
			drawReplaced(g, dst[row*k:(row+1)*k], p[row*n:(row+1)*n], scratch)
		}
		return scratch
	}
	// The indices of the k largest p/q, with q exponential of rate 1, are a draw without replacement.
	scratch = grow(scratch, len(p))
	exponential(g, scratch, 1)
	for i, v := range p {
		scratch[i] = v / scratch[i]
	}
	for row := range rows {
		if best, v := dst[row*k:(row+1)*k], scratch[row*n:(row+1)*n]; k <= n/8 {
			largest(best, v)
		} else {
			g.keys = grow(g.keys, n)
			sorted(best, v, g.keys)
		}
	}
	return scratch
}

func checkWeights[T float32 | float64](op string, p []T) {
	var sum T
	for i, v := range p {
		if !(v >= 0 && float64(v) <= math.MaxFloat64) {
			panic(fmt.Sprintf("rng: Torch.%s: weight %d is %v, want a finite number of at least 0", op, i, v))
		}
		sum += v
	}
	if sum == 0 {
		panic(fmt.Sprintf("rng: Torch.%s: the weights of a row sum to 0, want a sum above 0", op))
	}
}

// drawReplaced looks up len(dst) uniforms in the cumulative distribution of p, which it writes to cdf.
func drawReplaced[T float32 | float64](g *Torch, dst []int64, p, cdf []T) {
	var sum T
	for i, v := range p {
		sum += v
		cdf[i] = sum
	}
	for i := range cdf {
		cdf[i] /= sum
	}
	for i := range dst {
		dst[i] = lowerBound(cdf, unit64(g.mt.uint64())) // the last value is 1, which no fraction is
	}
}

// largest sets dst to the indices of the len(dst) largest values, the largest first, of equal ones the earlier first.
func largest[T float32 | float64](dst []int64, v []T) {
	before := func(i, j int64) bool { return before(v, i, j) }
	// dst is a heap with the last of the best so far on top.
	for i := range v {
		i := int64(i)
		at := 0
		switch {
		case int(i) < len(dst): // not full: append and sift up
			for at = int(i); at > 0 && before(dst[(at-1)/2], i); at = (at - 1) / 2 {
				dst[at] = dst[(at-1)/2]
			}
		case !before(i, dst[0]):
			continue
		default: // replace the top and sift down
			for {
				c := 2*at + 1
				if c+1 < len(dst) && before(dst[c], dst[c+1]) {
					c++
				}
				if c >= len(dst) || before(dst[c], i) {
					break
				}
				dst[at] = dst[c]
				at = c
			}
		}
		dst[at] = i
	}
	slices.SortFunc(dst, func(i, j int64) int {
		if before(i, j) {
			return -1
		}
		return 1
	})
}

// before reports whether index i comes before index j: if its value is larger, or equal and i is smaller.
func before[T float32 | float64](v []T, i, j int64) bool { return v[i] > v[j] || v[i] == v[j] && i < j }

// sorted is largest for many indices: it sorts all values, none below 0. A key is a value's inverted bits, of which the
// last are replaced by its index. Values that differ in these bits only are adjacent then, and are put in order at the
// end.
func sorted[T float32 | float64](dst []int64, v []T, keys []uint64) {
	index := uint64(1)<<bits.Len(uint(len(v))) - 1
	for i, v := range v {
		keys[i] = ^math.Float64bits(math.Abs(float64(v)))&^index | uint64(i) // Abs: a weight may be -0
	}
	slices.Sort(keys)
	for i := range keys {
		for ; i > 0 && before(v, int64(keys[i]&index), int64(keys[i-1]&index)); i-- {
			keys[i-1], keys[i] = keys[i], keys[i-1]
		}
	}
	for i := range dst {
		dst[i] = int64(keys[i] & index)
	}
}
