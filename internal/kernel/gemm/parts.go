package gemm

import (
	"math"
	"unsafe"
)

// A product of float32 matrices as products of bfloat16 matrices, for processors that have a unit for these.
//
// A bfloat16 is the upper half of a float32: 8 bits of precision, all of the range. A float32, of 24 bits, is the sum of three:
//
//	x₀ = round(x), x₁ = round(x − x₀), x₂ = round(x − x₀ − x₁)
//
// where both differences and the last rounding are exact. Of the nine products in (a₀ + a₁ + a₂)·(b₀ + b₁ + b₂) those are computed that
// matter: six for the precision of float32 (left out are a₁b₂, a₂b₁ and a₂b₂), three of the two upper parts, or one. Each is exact
// in float32, and the sums are shorter chains than an FMA kernel's, which makes six products more exact than that. The idea is
// that of G. Henry, P. Tang and A. Heinecke, "Leveraging the bfloat16 Artificial Intelligence Datatype For Higher-Precision Computations",
// ARITH 2019.
//
// The unit multiplies tiles: 16 rows of 32 numbers of A by 32 rows of 16 numbers of B. It takes the numbers in pairs, two terms of
// the sum in one word of 32 bits. Here term p is paired with term p+16, so that packing pairs whole vectors, and rows of A and
// columns of B are packed by one routine. Tiles are packed two by two, as the kernel takes them: a panel is 32 rows of A or
// 32 columns of B; part q of its terms 32s to 32s+31 are the words from (q·steps + s)·512 on, for 16 rows (columns), then for
// the other 16.
//
// The unit counts denormal numbers as zero, so small numbers lose their lower parts; and rounding up may make a large number infinite,
// and an infinite one minus itself NaN. Packing therefore keeps the range of a panel's numbers, and where two panels' ranges do not
// allow the product to be computed in parts (see safe), the float32 kernels compute that tile. So the result still depends
// on the numbers and the shape alone.

const (
	tile       = 16       // rows and columns of a tile of C
	panelWidth = 2 * tile // rows of a panel of A, columns of a panel of B
	step       = 32       // terms of the sum in a tile
	stepWords  = 2 * 256  // words of a panel's step: two tiles
)

// partKernels compute on parts.
type partKernels struct {
	split func(*split)
	tiles func(*partTiles)
}

var genericParts = &partKernels{split: splitGeneric, tiles: partTilesGeneric}

// A split holds the arguments of the kernel that packs a panel.
type split struct {
	dst   []uint32 // the panel
	part  int      // words from one part to the next
	parts int
	steps int // to be packed
	src   []float32
	ld    int // in src, from a row of a tile to the next,
	pair  int // from a number to its partner 16 terms further,
	other int // from the first tile to the second,
	next  int // and from one step to the next

	// The range of the numbers' absolute values, as bits. The kernel widens what is there.
	most  uint32
	least uint32 // of those that are not zero, less 1
}

// splitGeneric packs a panel: word 16·i + p of a tile holds, in part q, the qth parts of the numbers at i·ld + p and at i·ld + p + pair,
// the latter in its upper half.
func splitGeneric(s *split) {
	for st := range s.steps {
		for t := range 2 {
			for i := range tile {
				at := st*s.next + t*s.other + i*s.ld
				low, high := s.src[at:][:tile], s.src[at+s.pair:][:tile]
				for p, u := range low {
					v := high[p]
					for _, bits := range [...]uint32{math.Float32bits(u) &^ (1 << 31), math.Float32bits(v) &^ (1 << 31)} {
						s.most, s.least = max(s.most, bits), min(s.least, bits-1)
					}
					for q := range s.parts {
						var ub, vb uint32
						ub, u = upper(u)
						vb, v = upper(v)
						s.dst[q*s.part+st*stepWords+t*256+i*tile+p] = ub>>16 | vb
					}
				}
			}
		}
	}
}

// upper returns the float32's bits that are x rounded to bfloat16 (the larger magnitude of two that are equally near), and what the
// rounding left out.
func upper(x float32) (bits uint32, rest float32) {
	bits = (math.Float32bits(x) + 0x8000) &^ 0xffff
	return bits, x - math.Float32frombits(bits)
}

// safe reports whether a product of two panels with these ranges and at most k terms may be computed in parts.
//
// No rounding and no sum may overflow: |a| < 2^(ea−126), for biased exponents e, so the sum is below k·2^(ea+eb−252), and some bits
// more in the course of it. And, where every part counts, no part, product or sum of products may be denormal: parts of a are multiples of
// 2^(ea−150), so products and their sums are multiples of 2^(ea+eb−300), which must not be below 2⁻¹²⁶.
func safe(a, b span, k int, exact bool) bool {
	ea, eb := int(a.most>>23), int(b.most>>23)
	if ea >= 254 || eb >= 254 || ea+eb+log2(k) > 252+124 {
		return false
	}
	if !exact || a.most == 0 || b.most == 0 {
		return true
	}
	ea, eb = int((a.least+1)>>23), int((b.least+1)>>23)
	return ea > 23 && eb > 23 && ea+eb >= 300-126
}

// A span is the range of a panel's absolute values, as split has it.
type span struct{ most, least uint32 }

// log2 returns the logarithm of k, rounded up.
func log2(k int) int {
	n := 0
	for 1<<n < k {
		n++
	}
	return n
}

// A partTiles holds the arguments of the kernel that multiplies panels of A by a panel of B.
type partTiles struct {
	c         []float32
	ldc       int
	rows      int      // of C: so many panels of A lie one after the other as they need
	n         int      // columns of C, at most 32
	a, b      []uint32 // panels
	part      int      // words from one part to the next
	panel     int      // words from one panel of A to the next
	steps     int      // done, of those that part has room for
	products  [][2]int // which part of A times which part of B
	bias      []float32
	add, relu bool
	sums      []float32 // scratch: 32×32, aligned to 64 bytes
}

// partTilesGeneric computes
//
//	c[i*ldc+j] = act([c[i*ldc+j] +] Σ a·b + bias[j])
//
// The sum is what the unit makes of it: product after product, step after step.
func partTilesGeneric(t *partTiles) {
	for r0 := 0; r0 < t.rows; r0 += panelWidth {
		a := t.a[r0/panelWidth*t.panel:]
		sums := (*[panelWidth][panelWidth]float32)(unsafe.Pointer(unsafe.SliceData(t.sums)))
		*sums = [panelWidth][panelWidth]float32{}
		for _, q := range t.products {
			for s := range t.steps {
				at, bt := a[q[0]*t.part+s*stepWords:], t.b[q[1]*t.part+s*stepWords:]
				for i := range 4 {
					multiplyTile(sums, i/2*tile, i%2*tile, at[i/2*256:][:256], bt[i%2*256:][:256])
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

// multiplyTile adds the product of two tiles of pairs to 16×16 of the sums, as TDPBF16PS does it (Intel's "Software Developer's
// Manual", volume 2): for each sum the lower halves' products in one chain of FMAs and the upper halves' in another, both from zero,
// then one plus the other, then that to the sum. Denormal numbers, and results that would be, count as zero; rounding is to nearest, even.
func multiplyTile(sums *[panelWidth][panelWidth]float32, i0, j0 int, a, b []uint32) {
	var x, y [256][2]float64
	for i := range x {
		x[i], y[i] = halves(a[i]), halves(b[i])
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

// halves returns the two bfloat16 of a word, the lower first, zero for a denormal one.
func halves(word uint32) [2]float64 {
	return [2]float64{float64(flush(math.Float32frombits(word << 16))), float64(flush(math.Float32frombits(word &^ 0xffff)))}
}

const leastNormal = 0x1p-126

// flush returns x, or a zero of its sign where x is denormal.
func flush(x float32) float32 {
	if -leastNormal < x && x < leastNormal {
		return float32(math.Copysign(0, float64(x)))
	}
	return x
}

// fma returns x·y + z for bfloat16 x and y, rounded once. Their product is exact in float64. Its sum with z may not be, and would be
// rounded twice: unless the first time to odd, the neighbour whose last bit is 1 (S. Boldo and G. Melquiond, "Emulation of FMA and
// correctly rounded sums: proved algorithms using rounding to odd", IEEE Trans. Computers 57(4), 2008).
func fma(x, y float64, z float32) float32 {
	p, w := x*y, float64(z)
	s := p + w
	v := s - p
	rest := (p - (s - v)) + (w - v) // of the sum, by D. Knuth's TwoSum
	if rest != 0 && math.Float64bits(s)&1 == 0 && s-s == 0 {
		away := uint64(1)
		if (rest > 0) != (s > 0) {
			away = math.MaxUint64
		}
		s = math.Float64frombits(math.Float64bits(s) + away)
	}
	return flush(float32(s))
}
