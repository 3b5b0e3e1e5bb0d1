package vec

import "math"

// The functions of this file compute on the rows of a block of attention scores, which are ld elements apart, on the
// caller's goroutine. The weight of a score s is 2^(log₂e·scale·(s − top)): the difference of two scores is exact if
// they are close, however large they are. scale is positive. A mask is divided by it and added to s.

// AttentionRows is the most rows of one call of Attend.
const AttentionRows = statRows

// AttentionStats are the numbers of some rows of scores, of all blocks until now.
type AttentionStats[T Float] struct {
	Top   [AttentionRows]T // the score that is subtracted
	Sum   [AttentionRows]T // the sum of the weights
	Decay [AttentionRows]T // what the latest block multiplied the weights before by
}

// Reset sets the numbers of the first rows to those of no blocks.
func (a *AttentionStats[T]) Reset(rows int) {
	for i := range rows {
		a.Top[i], a.Sum[i] = T(math.Inf(-1)), 0
	}
}

// Finish sets Decay of the first rows to 1/Sum, what their sums of weighted values must be multiplied by, or to 0 for a
// row that has seen no key. Unless stats is nil, it gets Top and Decay of each row, which AttendGrad needs.
func (a *AttentionStats[T]) Finish(stats []T, rows int) {
	for i, sum := range a.Sum[:rows] {
		if a.Decay[i] = 1 / sum; sum == 0 {
			a.Decay[i] = 0
		}
	}
	if stats == nil {
		return
	}
	for i, top := range a.Top[:rows] {
		stats[2*i], stats[2*i+1] = finiteTop(top), a.Decay[i]
	}
}

// finiteTop returns 0 for −∞, the largest score of a row that has seen no key.
func finiteTop[T Float](top T) T {
	if math.IsInf(float64(top), -1) {
		return 0
	}
	return top
}

// ScoreMask is added to scores: element (i, j) is X[At + i·Row + j]. Row may be 0, and negative. The zero value adds
// nothing.
type ScoreMask[T Float] struct {
	X       []T
	At, Row int
}

// row returns the elements of a row.
func (m *ScoreMask[T]) row(i, cols int) []T { return m.X[m.At+i*m.Row:][:cols] }

// check panics unless the mask has rows×cols elements.
func (m *ScoreMask[T]) check(rows, cols int) {
	if m.X != nil && rows > 0 {
		_, _ = m.row(0, cols), m.row(rows-1, cols)
	}
}

// exponents say how scores and masks become exponents of 2.
type exponents[T Float] struct {
	factor  T // of scores: log₂e·scale
	inverse T // of masks: 1/scale
	slack   T // the difference of scores whose weights differ by a factor of 2⁸
	lowest  T // lower numbers of a mask, but not −∞, count as this one, so that their products with inverse are finite
}

func newExponents[T Float](scale T) exponents[T] {
	inverse := min(1/float64(scale), 1e38)
	return exponents[T]{T(math.Log2E * float64(scale)), T(inverse), T(8 * math.Ln2 * inverse), T(-1e38 / inverse)}
}

// masked returns x + inverse·mask, −∞ where mask is −∞, even if x is NaN.
func (e *exponents[T]) masked(mask, x T) T {
	if math.IsInf(float64(mask), -1) {
		return mask
	}
	return x + T(e.inverse*max(mask, e.lowest))
}

// Attend replaces rows×cols scores s by weights 2^(log₂e·scale·(s + mask/scale − top)) and updates the rows' numbers.
// top is the row's largest score of this and all earlier blocks, or stays that of the earlier blocks if the weights of
// this block are at most 2⁸, because a new one means that what was summed before must be multiplied by Decay. The
// weights of a row that has seen no key, whose scores are all −∞, are 0.
func Attend[T Float](s []T, ld int, mask ScoreMask[T], a *AttentionStats[T], rows, cols int, scale T) {
	checkAttention(len(s), ld, rows, cols)
	mask.check(rows, cols)
	e := newExponents(scale)
	if isa, ok := vectors[T](); ok {
		attendAt(isa, first(s), at(first(mask.X), mask.At), first(a.Top[:]), rows, cols, ld, mask.Row,
			float32(e.factor), float32(e.inverse), float32(e.slack), float32(e.lowest))
		return
	}
	for i := range rows {
		row := s[i*ld:][:cols]
		top := T(math.Inf(-1))
		for j := range row {
			if mask.X != nil {
				row[j] = e.masked(mask.row(i, cols)[j], row[j])
			}
			top = max(top, row[j])
		}
		if !(top > a.Top[i]+e.slack) {
			top = a.Top[i]
		}
		base := finiteTop(top)
		sum := T(0)
		for j, x := range row {
			row[j] = T(math.Exp2(float64(e.factor * (x - base))))
			sum += row[j]
		}
		a.Decay[i] = T(math.Exp2(float64(e.factor * (a.Top[i] - base))))
		a.Top[i], a.Sum[i] = top, T(a.Sum[i]*a.Decay[i])+sum
	}
}

// AttendGrad replaces rows×cols scores s by weights p = 2^(log₂e·scale·(s + mask/scale − top))/sum, and the gradient dp
// of the weights by that of the scores times slope, p·(dp − d)·slope. stats has the rows' numbers from Finish; d is
// Σ p·dp over the whole row.
func AttendGrad[T Float](s, dp []T, ld int, mask ScoreMask[T], stats, d []T, rows, cols int, scale, slope T) {
	checkAttention(len(s), ld, rows, cols)
	checkAttention(len(dp), ld, rows, cols)
	mask.check(rows, cols)
	stats, d = stats[:2*rows], d[:rows]
	e := newExponents(scale)
	if isa, ok := vectors[T](); ok {
		attendGradAt(isa, first(s), first(dp), at(first(mask.X), mask.At), first(stats), first(d), rows, cols, ld, mask.Row,
			float32(e.factor), float32(e.inverse), float32(e.lowest), float32(slope))
		return
	}
	for i := range rows {
		row, grad := s[i*ld:][:cols], dp[i*ld:][:cols]
		for j, x := range row {
			if mask.X != nil {
				x = e.masked(mask.row(i, cols)[j], x)
			}
			row[j] = T(math.Exp2(float64(e.factor*(x-stats[2*i])))) * stats[2*i+1]
			grad[j] = row[j] * (grad[j] - d[i]) * slope
		}
	}
}

// ScaleRows sets the rows of dst, ldd elements apart, to those of src, lds elements apart, each times its factor.
func ScaleRows[T Float](dst []T, ldd int, src []T, lds int, factors []T, rows, cols int) {
	checkAttention(len(dst), ldd, rows, cols)
	checkAttention(len(src), lds, rows, cols)
	factors = factors[:rows]
	if isa, ok := vectors[T](); ok {
		scaleRowsAt(isa, first(dst), first(src), first(factors), rows, cols, ldd, lds)
		return
	}
	for i, f := range factors {
		d, x := dst[i*ldd:][:cols], src[i*lds:][:cols]
		for j, v := range x {
			d[j] = v * f
		}
	}
}

// KeepRows multiplies rows×cols elements x by factor, or by 0, as a dropout does: element (i, j) by 0 if bit j%8 of byte
// i·ldb + j/8 is 0. It may also change the elements after a row up to a multiple of 32, which x must have; the rows of bits
// are whole words of 32 bits.
func KeepRows[T Float](x []T, ld int, bits []uint8, ldb, rows, cols int, factor T) {
	words := (cols + 31) / 32
	checkAttention(len(x), ld, rows, 32*words)
	checkAttention(len(bits), ldb, rows, 4*words)
	if rows == 0 || cols == 0 {
		return
	}
	if isa, ok := vectors[T](); ok {
		keepRowsAt(isa, first(x), &bits[0], &laneBits[0], rows, words, ld, ldb, float32(factor))
		return
	}
	for i := range rows {
		row, kept := x[i*ld:][:cols], bits[i*ldb:]
		for j, v := range row {
			row[j] = v * [2]T{0, factor}[kept[j/8]>>(j%8)&1]
		}
	}
}

// laneBits are the bits of the lanes of a vector.
var laneBits = [16]uint32{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768}

// RowDots sets dst to the inner products of the rows of a, lda elements apart, and b, ldb elements apart.
func RowDots[T Float](dst, a []T, lda int, b []T, ldb, rows, cols int) {
	checkAttention(len(a), lda, rows, cols)
	checkAttention(len(b), ldb, rows, cols)
	dst = dst[:rows]
	if isa, ok := vectors[T](); ok {
		rowDotsAt(isa, first(dst), first(a), first(b), rows, cols, lda, ldb)
		return
	}
	for i := range dst {
		x, y := a[i*lda:][:cols], b[i*ldb:][:cols]
		sum := T(0)
		for j, v := range x {
			sum += T(v * y[j])
		}
		dst[i] = sum
	}
}

// checkAttention panics unless n elements hold rows of cols elements, ld elements apart.
func checkAttention(n, ld, rows, cols int) {
	if rows < 0 || cols < 0 || ld < 0 || rows > 0 && cols > 0 && (rows-1)*ld+cols > n {
		panic("vec: a block of attention scores does not fit its slice")
	}
}
