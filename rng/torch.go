package rng

import (
	"fmt"
	"math"
	"math/bits"

	"github.com/lamina-ml/lamina/internal/kernel/vec"
)

// Torch is PyTorch's pseudo-random generator on the CPU. Every draw consumes the stream exactly as the PyTorch
// function of that name does, so a program that draws in the same order from the same seed sees the same values:
// integers and uniforms bit for bit, normals and exponentials within the error that their methods document.
//
// PyTorch's builds differ; the reference is PyTorch on x86-64 with AVX2.
//
// Source: https://docs.pytorch.org/docs/stable/generated/torch.Generator.html
type Torch struct {
	mt      mt19937
	initial uint64
	normal  float64 // the second value of the last Box-Muller pair,
	cached  bool    // if it has not been returned yet

	exp32 []float32 // Multinomial's scratch, kept so that it is allocated once
	exp64 []float64
	keys  []uint64
}

// NewTorch returns a generator in the state that torch.manual_seed(seed) leaves.
func NewTorch(seed uint64) *Torch {
	g := new(Torch)
	g.Seed(seed)
	return g
}

// Seed puts g into the state that torch.manual_seed(seed) leaves. As in PyTorch only the low 32 bits of the seed
// choose the stream. It allocates nothing.
func (g *Torch) Seed(seed uint64) {
	g.mt.seed(uint32(seed))
	g.initial = seed
	g.normal, g.cached = 0, false
}

// InitialSeed returns the seed that g was last seeded with, as Generator.initial_seed does.
func (g *Torch) InitialSeed() uint64 { return g.initial }

// Uint32 returns the next 32 bits of the stream.
func (g *Torch) Uint32() uint32 { return g.mt.uint32() }

// Uint64 returns the next 64 bits of the stream: two draws of Uint32, the first one high.
func (g *Torch) Uint64() uint64 { return g.mt.uint64() }

// Skip skips the next n values of Uint32.
func (g *Torch) Skip(n int) {
	for n > 0 {
		n -= len(g.mt.words(n))
	}
}

// Int63 returns what torch.empty((), dtype=torch.int64).random_() holds: a value in [0, 2^63), from one Uint64.
//
// A pass over a DataLoader draws one for its base seed when the pass begins and then, if it shuffles without a
// separate generator, one for the sampler's seed at the first index; the order of the pass is
// NewTorch(that seed).Randperm.
func (g *Torch) Int63() int64 { return int64(g.mt.uint64() &^ (1 << 63)) }

// Uniform32 fills dst with values uniform in [from, to), as torch.rand (from 0, to 1) and Tensor.uniform_ fill a
// float32 tensor. Each value consumes one Uint32 and is u·(to−from) + from, rounded once, where u has 24 random bits.
// It panics if from > to or to−from overflows.
func (g *Torch) Uniform32(dst []float32, from, to float64) {
	lo, hi := float32(from), float32(to)
	checkRange("Uniform32", from, to, lo <= hi && hi-lo <= math.MaxFloat32)
	for len(dst) > 0 {
		w := g.mt.words(len(dst))
		vec.Uniform(dst[:len(w)], w, lo, hi)
		dst = dst[len(w):]
	}
}

// UniformF16 fills dst with values uniform in [from, to), as Tensor.uniform_ fills a float16 tensor: those of
// Uniform32, each rounded to float16; a value that rounds to the upper bound becomes from.
func (g *Torch) UniformF16(dst []float32, from, to float64) {
	g.uniform16("UniformF16", dst, from, to, RoundF16)
}

// UniformBF16 is UniformF16 for bfloat16.
func (g *Torch) UniformBF16(dst []float32, from, to float64) {
	g.uniform16("UniformBF16", dst, from, to, RoundBF16)
}

// RoundF16 returns v rounded to float16.
func RoundF16(v float32) float32 { return vec.F16(vec.F16Bits(v)) }

// RoundBF16 returns v rounded to bfloat16.
func RoundBF16(v float32) float32 { return vec.BF16(vec.BF16Bits(v)) }

func (g *Torch) uniform16(op string, dst []float32, from, to float64, round func(float32) float32) {
	lo, hi := round(float32(from)), round(float32(to))
	checkRange(op, from, to, lo <= hi && hi-lo <= math.MaxFloat32)
	g.Uniform32(dst, from, to)
	for i, v := range dst {
		if v = round(v); v == hi {
			v = lo
		}
		dst[i] = v
	}
}

// Uniform64 is Uniform32 for float64: each value consumes one Uint64 and has 53 random bits.
func (g *Torch) Uniform64(dst []float64, from, to float64) {
	checkRange("Uniform64", from, to, from <= to && to-from <= math.MaxFloat64)
	var buf [chunk]uint64
	scale := to - from
	for len(dst) > 0 {
		b := buf[:min(chunk, len(dst))]
		g.mt.fill64(b)
		for i, u := range b {
			v := math.FMA(unit64(u), scale, from)
			if v == to {
				v = from
			}
			dst[i] = v
		}
		dst = dst[len(b):]
	}
}

// unit64 keeps the low 53 bits of u as a multiple of 2^-53 in [0, 1).
func unit64(u uint64) float64 { return float64(u&(1<<53-1)) * (1.0 / (1 << 53)) }

// From these sizes on, Randint and Randperm consume 64 bits for each value instead of 32.
const (
	LargeRange       = 1 << 28
	LargePermutation = math.MaxUint32 / 20
)

// Randint fills dst with integers uniform in [low, high), as torch.randint and Tensor.random_ fill an int64 tensor.
// Each value consumes one Uint32, or one Uint64 if high−low is [LargeRange] or more. It panics if low >= high.
func (g *Torch) Randint(dst []int64, low, high int64) {
	if low >= high {
		panic(fmt.Sprintf("rng: Torch.Randint: low %d is not below high %d", low, high))
	}
	n := uint64(high) - uint64(low)
	if n >= LargeRange {
		var buf [chunk]uint64
		for len(dst) > 0 {
			b := buf[:min(chunk, len(dst))]
			g.mt.fill64(b)
			for i, u := range b {
				dst[i] = int64(u%n) + low
			}
			dst = dst[len(b):]
		}
		return
	}
	// y mod n without a division: the fraction of y/n, in units of 2⁻⁶⁴, times n. (Lemire, Kaser and Kurz, "Faster
	// remainder by direct computation", Software: Practice and Experience 49(6), 2019.)
	part := math.MaxUint64/n + 1
	for len(dst) > 0 {
		w := g.mt.words(len(dst))
		for i, y := range w {
			r, _ := bits.Mul64(part*uint64(y), n)
			dst[i] = int64(r) + low
		}
		dst = dst[len(w):]
	}
}

// Randperm fills dst with a random permutation of 0 … len(dst)−1, as torch.randperm does. It consumes one Uint32 per
// element but the last, or one Uint64 per element if there are [LargePermutation] or more.
func (g *Torch) Randperm(dst []int64) {
	if len(dst) >= LargePermutation {
		g.randpermLarge(dst)
		return
	}
	for i := range dst {
		dst[i] = int64(i)
	}
	for len(dst) > 1 {
		w := g.mt.words(len(dst) - 1)
		vec.Remainders(w, uint32(len(dst)))
		for i, j := range w {
			j += uint32(i)
			dst[i], dst[j] = dst[j], dst[i]
		}
		dst = dst[len(w):]
	}
}

// randpermLarge is the algorithm for sizes for which 32 bits modulo the size would be too biased: it builds the
// shuffle from the inside out, with 64 bits for every element.
func (g *Torch) randpermLarge(dst []int64) {
	for i := range dst {
		j := g.mt.uint64() % uint64(i+1)
		dst[i] = int64(i)
		dst[i], dst[j] = dst[j], dst[i]
	}
}

func checkRange(op string, from, to float64, ok bool) {
	if !ok {
		panic(fmt.Sprintf("rng: Torch.%s: [%v, %v) is not a range, want from ≤ to and a finite to−from", op, from, to))
	}
}
