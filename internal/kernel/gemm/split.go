package gemm

import (
	"math"
	"unsafe"
)

// A split product computes a product of float32 matrices as several products of bfloat16 matrices, on processors with a
// matrix unit for bfloat16 (AMX). On processors with AVX-512 BF16 it is one product of bfloat16 matrices; see pairs.go.
//
// A bfloat16 is the upper half of a float32: 8 bits of precision and the same exponents. A float32, with 24 bits of
// precision, is split into a sum of three bfloat16 components:
//
//	x₀ = round(x), x₁ = round(x − x₀), x₂ = round(x − x₀ − x₁)
//
// Both differences and the last rounding are exact. Of the nine products in (a₀ + a₁ + a₂)·(b₀ + b₁ + b₂) only the
// largest are computed: six for the precision of float32 (a₁b₂, a₂b₁ and a₂b₂ are omitted), three products of the first
// two components, or one. Each product is exact in float32, and the sums are shorter chains than an FMA kernel's, so
// six products are more exact than an FMA kernel. Source: G. Henry, P. Tang and A. Heinecke, "Leveraging the bfloat16
// Artificial Intelligence Datatype For Higher-Precision Computations", ARITH 2019.
//
// The unit multiplies tiles: 16 rows of 32 numbers of A by 32 rows of 16 numbers of B. It reads the numbers in pairs: a
// 32-bit word holds two terms of the sum. Here term p is paired with term p+16. Then packing pairs whole vectors, and
// one routine packs both rows of A and columns of B. The kernel reads tiles two by two, so they are packed in panels of
// 32 rows of A or 32 columns of B. Terms 32s to 32s+31 of component q are the words from (q·steps + s)·512 on: first
// for 16 rows (columns), then for the other 16.
//
// The unit reads denormal numbers as zero, so small numbers lose their lower components. Rounding up can make a large
// number infinite, and then the next component is NaN. Packing therefore records the range of a panel's absolute
// values. If the ranges of two panels do not allow a split product (see splitIsSafe), the float32 kernels compute that
// tile. So the result still depends on the numbers and the shape alone.

const (
	tile       = 16       // rows and columns of a tile of C
	panelWidth = 2 * tile // rows of a panel of A, columns of a panel of B
	step       = 32       // terms of the sum in a tile
	tileWords  = 256      // words of a tile of A or B
	stepWords  = 2 * tileWords
)

// splitKernels are the kernels of split products.
type splitKernels struct {
	split   func(*split)
	tiles   func(*splitTiles)
	highest Precision // for which they are used: the float32 kernels are faster than three products of pairs
}

var genericSplit = &splitKernels{split: splitGeneric, tiles: splitTilesGeneric}

// A split holds the arguments of the kernel that splits the numbers of a panel into components and packs them.
type split struct {
	dst        []uint32 // the panel
	stride     int      // words from one component to the next
	components int
	steps      int // number of steps to pack
	src        []float32
	ld         int // distance in src from a row of a tile to the next
	pairStride int // distance in src from a number to the other one of its pair, 16 terms further
	tileStride int // distance in src from the first tile to the second
	stepStride int // distance in src from one step to the next

	// The range of the numbers' absolute values, as bits. The kernel widens the given range.
	maxAbs uint32
	minAbs uint32 // the smallest that is not zero, minus 1
}

// splitGeneric packs a panel. In component q, word 16·i + p of a tile holds the qth components of the numbers at i·ld +
// p and at i·ld + p + pairStride, the latter in its upper half.
func splitGeneric(s *split) {
	for st := range s.steps {
		for t := range 2 {
			for i := range tile {
				at := st*s.stepStride + t*s.tileStride + i*s.ld
				low, high := s.src[at:][:tile], s.src[at+s.pairStride:][:tile]
				for p, u := range low {
					v := high[p]
					for _, bits := range [...]uint32{math.Float32bits(u) &^ (1 << 31), math.Float32bits(v) &^ (1 << 31)} {
						s.maxAbs, s.minAbs = max(s.maxAbs, bits), min(s.minAbs, bits-1)
					}
					for q := range s.components {
						var ub, vb uint32
						ub, u = roundBF16(u)
						vb, v = roundBF16(v)
						s.dst[q*s.stride+st*stepWords+t*tileWords+i*tile+p] = ub>>16 | vb
					}
				}
			}
		}
	}
}

// roundBF16 rounds x to the nearest bfloat16, ties away from zero. It returns the result as bits of a float32, and the
// remainder.
func roundBF16(x float32) (bits uint32, rest float32) {
	bits = (math.Float32bits(x) + 0x8000) &^ 0xffff
	return bits, x - math.Float32frombits(bits)
}

// splitIsSafe reports whether a split product may be used for two panels with these ranges and at most k terms.
//
// No rounding and no sum may overflow: |a| < 2^(ea−126) for biased exponents e, so the sum is below k·2^(ea+eb−252);
// partial sums need some bits more. If exact is set, no component, product or sum of products may be denormal:
// components of a are multiples of 2^(ea−150), so products and their sums are multiples of 2^(ea+eb−300), which must
// not be below 2⁻¹²⁶.
func splitIsSafe(a, b absRange, k int, exact bool) bool {
	ea, eb := int(a.max>>23), int(b.max>>23)
	if ea >= 254 || eb >= 254 || ea+eb+log2(k) > 252+124 {
		return false
	}
	if !exact || a.max == 0 || b.max == 0 {
		return true
	}
	ea, eb = int((a.min+1)>>23), int((b.min+1)>>23)
	return ea > 23 && eb > 23 && ea+eb >= 300-126
}

// An absRange is the range of a panel's absolute values, as maxAbs and minAbs of split.
type absRange struct{ max, min uint32 }

// log2 returns the binary logarithm of k, rounded up.
func log2(k int) int {
	n := 0
	for 1<<n < k {
		n++
	}
	return n
}

// A splitTiles holds the arguments of the kernel that multiplies panels of A by a panel of B.
type splitTiles struct {
	c           []float32
	ldc         int
	rows        int      // of C; a holds the panels of A for these rows, one after another
	n           int      // columns of C, at most 32
	a, b        []uint32 // panels
	stride      int      // words from one component to the next
	panelStride int      // words from one panel of A to the next
	steps       int      // number of steps to compute; stride may have room for more
	products    [][2]int // the component of A and the component of B of each product
	bias        []float32
	add, relu   bool
	sums        []float32 // scratch: 32×32, aligned to 64 bytes
}

// splitTilesGeneric computes
//
//	c[i*ldc+j] = act([c[i*ldc+j] +] Σ a·b + bias[j])
//
// The order and the rounding of the sum are those of the unit: product after product, step after step.
func splitTilesGeneric(t *splitTiles) { bf16TilesGeneric(t, t.products, multiplyTile) }

// bf16TilesGeneric is splitTilesGeneric with a function that adds the product of two tiles to the sums.
func bf16TilesGeneric(t *splitTiles, products [][2]int,
	multiply func(sums *[panelWidth][panelWidth]float32, i0, j0 int, a, b []uint32)) {
	for r0 := 0; r0 < t.rows; r0 += panelWidth {
		a := t.a[r0/panelWidth*t.panelStride:]
		sums := (*[panelWidth][panelWidth]float32)(unsafe.Pointer(unsafe.SliceData(t.sums)))
		*sums = [panelWidth][panelWidth]float32{}
		for _, q := range products {
			for s := range t.steps {
				at, bt := a[q[0]*t.stride+s*stepWords:], t.b[q[1]*t.stride+s*stepWords:]
				for i := range 4 {
					multiply(sums, i/2*tile, i%2*tile, at[i/2*tileWords:][:tileWords], bt[i%2*tileWords:][:tileWords])
				}
			}
		}
		for i := range min(panelWidth, t.rows-r0) {
			c := t.c[(r0+i)*t.ldc:][:t.n]
			for j, x := range sums[i][:t.n] {
				if t.add {
					x += c[j]
				}
				if t.bias != nil {
					x += t.bias[j]
				}
				if t.relu && x < 0 {
					x = 0
				}
				c[j] = x
			}
		}
	}
}

// multiplyTile adds the product of two tiles of pairs to 16×16 of the sums, as TDPBF16PS does (Intel's "Software
// Developer's Manual", volume 2). For each sum it adds up the products of the lower halves in one chain of FMAs and
// those of the upper halves in another, both from zero. Then it adds the two, and adds the result to the sum. Denormal
// operands and results become zero; rounding is to nearest even.
func multiplyTile(sums *[panelWidth][panelWidth]float32, i0, j0 int, a, b []uint32) {
	var x, y [tileWords][2]float64
	for i := range x {
		x[i], y[i] = unpackPair(a[i]), unpackPair(b[i])
	}
	for i := range tile {
		row := sums[i0+i][j0:][:tile]
		for j := range row {
			var low, high float32
			for p := range tile {
				u, v := &x[i*tile+p], &y[p*tile+j]
				low, high = fma(u[0], v[0], low), fma(u[1], v[1], high)
			}
			row[j] = flush(flush(row[j]) + flush(low+high))
		}
	}
}

// unpackPair returns the two bfloat16 numbers of a word, the lower half first. A denormal number becomes zero.
func unpackPair(word uint32) [2]float64 {
	return [2]float64{float64(flush(math.Float32frombits(word << 16))), float64(flush(math.Float32frombits(word &^ 0xffff)))}
}

const minNormal = 0x1p-126

// flush returns x, or a zero of x's sign if x is denormal.
func flush(x float32) float32 {
	if -minNormal < x && x < minNormal {
		return float32(math.Copysign(0, float64(x)))
	}
	return x
}

// fma returns x·y + z for bfloat16 x and y, rounded once. The product is exact in float64. Its sum with z may not be,
// and would be rounded twice. To avoid that, the first rounding is to odd: to the neighbour whose last bit is 1 (S.
// Boldo and G. Melquiond, "Emulation of FMA and correctly rounded sums: proved algorithms using rounding to odd", IEEE
// Trans. Computers 57(4), 2008).
func fma(x, y float64, z float32) float32 {
	p, w := x*y, float64(z)
	s := p + w
	v := s - p
	rest := (p - (s - v)) + (w - v) // the rounding error of s (TwoSum by D. Knuth)
	if rest != 0 && math.Float64bits(s)&1 == 0 && s-s == 0 {
		away := uint64(1)
		if (rest > 0) != (s > 0) {
			away = math.MaxUint64
		}
		s = math.Float64frombits(math.Float64bits(s) + away)
	}
	return flush(float32(s))
}
