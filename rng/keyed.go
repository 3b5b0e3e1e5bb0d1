package rng

import (
	"fmt"
	"math"
	"math/bits"
)

// Philox4x32 returns four random words, a pure function of the counter and the key: Philox-4×32 with 10 rounds.
//
// Source: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
func Philox4x32(counter [4]uint32, key [2]uint32) [4]uint32 {
	c0, c1, c2, c3 := counter[0], counter[1], counter[2], counter[3]
	k0, k1 := key[0], key[1]
	for range 10 {
		p, q := 0xd2511f53*uint64(c0), 0xcd9e8d57*uint64(c2)
		c0, c1, c2, c3 = uint32(q>>32)^c1^k0, uint32(q), uint32(p>>32)^c3^k1, uint32(p)
		k0 += 0x9e3779b9
		k1 += 0xbb67ae85
	}
	return [4]uint32{c0, c1, c2, c3}
}

// Keyed is a random stream that is a pure function of (seed, epoch, index): the random numbers of a sample's
// augmentation or a layer's dropout depend on the sample or the layer and the step, not on the worker that draws them
// or on earlier draws. Streams of different keys are independent. A stream can be read from any position, so goroutines
// can fill one array together.
//
// Word i of the stream is word i mod 4 of Philox4x32 with the counter (i/4, epoch, low and high half of the index) and
// the seed as key. A stream has 2^34 words. NewKeyed returns one. It is a value: a copy is independent.
type Keyed struct {
	key     [2]uint32
	counter [4]uint32 // of the next block
	block   [4]uint32 // the current block
	left    int       // number of unread words, the last ones of block
}

// NewKeyed returns the stream of (seed, epoch, index), at its beginning.
func NewKeyed(seed uint64, epoch uint32, index uint64) Keyed {
	return Keyed{
		key:     [2]uint32{uint32(seed), uint32(seed >> 32)},
		counter: [4]uint32{0, epoch, uint32(index), uint32(index >> 32)},
	}
}

// Seek moves k to a word of its stream, counted from 0. It panics beyond the end.
func (k *Keyed) Seek(word uint64) {
	if word >= 1<<34 {
		panic(fmt.Sprintf("rng: Keyed.Seek: word %d, want one below 2^34, the length of the stream", word))
	}
	k.counter[0] = uint32(word / 4)
	k.left = 0
	if n := int(word % 4); n > 0 {
		k.next()
		k.left = 4 - n
	}
}

func (k *Keyed) next() {
	k.block = Philox4x32(k.counter, k.key)
	k.counter[0]++
	k.left = 4
}

// Uint32 returns the next word.
func (k *Keyed) Uint32() uint32 {
	if k.left == 0 {
		k.next()
	}
	w := k.block[(4-k.left)&3]
	k.left--
	return w
}

// Uint64 returns the next two words, the first one high. It makes *Keyed a source of math/rand/v2.
func (k *Keyed) Uint64() uint64 {
	hi := k.Uint32()
	return uint64(hi)<<32 | uint64(k.Uint32())
}

// Float32 returns a value uniform in [0, 1) with 24 random bits, from one word.
func (k *Keyed) Float32() float32 { return unit32(k.Uint32()) }

// unit32 keeps the high 24 bits of w as a multiple of 2^-24 in [0, 1).
func unit32(w uint32) float32 { return float32(w>>8) * (1.0 / (1 << 24)) }

// Float64 returns a value uniform in [0, 1) with 53 random bits, from two words.
func (k *Keyed) Float64() float64 { return float64(k.Uint64()>>11) * (1.0 / (1 << 53)) }

// Normal returns a value of the standard normal distribution, from four words: sqrt(−2 ln(1−u)) cos(2πv).
func (k *Keyed) Normal() float64 {
	u, v := k.Float64(), k.Float64()
	_, cos := sincos64(2 * math.Pi * v)
	return math.Sqrt(-2*log64(1-u)) * cos
}

// IntN returns an integer uniform in [0, n), from two words and, rarely, more. It panics if n is not positive.
//
// Source: Lemire, "Fast random integer generation in an interval", ACM TOMACS 29(1), 2019.
func (k *Keyed) IntN(n int) int {
	if n <= 0 {
		panic(fmt.Sprintf("rng: Keyed.IntN: n is %d, want at least 1", n))
	}
	m := uint64(n)
	hi, lo := bits.Mul64(k.Uint64(), m)
	if lo < m {
		for least := -m % m; lo < least; {
			hi, lo = bits.Mul64(k.Uint64(), m)
		}
	}
	return int(hi)
}

// Uint32s fills dst with the next words.
func (k *Keyed) Uint32s(dst []uint32) {
	for k.left > 0 && len(dst) > 0 {
		dst[0] = k.Uint32()
		dst = dst[1:]
	}
	for ; len(dst) >= 4; dst = dst[4:] {
		*(*[4]uint32)(dst) = Philox4x32(k.counter, k.key)
		k.counter[0]++
	}
	for i := range dst {
		dst[i] = k.Uint32()
	}
}

// Uniform32 fills dst with values uniform in [from, to), each from one word: from + (to−from)·Float32. It panics if
// to−from is negative or not finite.
func (k *Keyed) Uniform32(dst []float32, from, to float32) {
	scale := to - from
	if !(scale >= 0 && scale <= math.MaxFloat32) {
		panic(fmt.Sprintf("rng: Keyed.Uniform32: [%v, %v) is not a range, want from ≤ to and a finite to−from",
			from, to))
	}
	var buf [chunk]uint32
	for len(dst) > 0 {
		b := buf[:min(chunk, len(dst))]
		k.Uint32s(b)
		for i, w := range b {
			v := from + float32(scale*unit32(w))
			if v == to { // rounding reached the open end
				v = from
			}
			dst[i] = v
		}
		dst = dst[len(b):]
	}
}

// Bernoulli32 fills dst with ones, each with probability p to 2^-32, and zeros, each from one word. It panics if p is
// not in [0, 1].
func (k *Keyed) Bernoulli32(dst []float32, p float64) {
	if !(p >= 0 && p <= 1) {
		panic(fmt.Sprintf("rng: Keyed.Bernoulli32: the probability is %v, want one between 0 and 1", p))
	}
	ones := uint64(math.Round(p * (1 << 32)))
	var buf [chunk]uint32
	for len(dst) > 0 {
		b := buf[:min(chunk, len(dst))]
		k.Uint32s(b)
		for i, w := range b {
			dst[i] = float32(int64((uint64(w) - ones) >> 63)) // w < ones, without a branch
		}
		dst = dst[len(b):]
	}
}
