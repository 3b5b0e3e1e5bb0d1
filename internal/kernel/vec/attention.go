package vec

import "math"

// The functions of this file compute on the rows of a block of attention scores, which are ld elements apart, on the
// caller's goroutine. Exponents are in units of ln 2, so that weights are powers of two: scale is log₂e times that of
// the scores.

// AttentionRows is the most rows of one call of Attend.
const AttentionRows = statRows

// AttentionStats are the numbers of some rows of scores, of all blocks until now.
type AttentionStats[T Float] struct {
	Top   [AttentionRows]T // the exponent that is subtracted
	Sum   [AttentionRows]T // the sum of the weights
	Decay [AttentionRows]T // what the latest block multiplied the weights before by
}

// Reset sets the numbers of the first rows to those of no blocks.
func (a *AttentionStats[T]) Reset(rows int) {
	for i := range rows {
		a.Top[i], a.Sum[i] = T(math.Inf(-1)), 0
	}
}

// Finish sets Decay of the first rows to 1/Sum, what their sums of weighted values must be multiplied by, and unless
// lse is nil lse to log₂ Σ 2^exponent; for a row that has seen no key to 0 and +∞.
func (a *AttentionStats[T]) Finish(lse []T, rows int) {
	for i, sum := range a.Sum[:rows] {
		if a.Decay[i] = 1 / sum; sum == 0 {
			a.Decay[i] = 0
		}
	}
	if lse == nil {
		return
	}
	lse = lse[:rows]
	Log(lse, a.Sum[:rows])
	for i, l := range lse {
		if lse[i] = a.Top[i] + l*math.Log2E; a.Sum[i] == 0 {
			lse[i] = T(math.Inf(1))
		}
	}
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

// masked returns x + log₂e·mask, −∞ where mask is −∞, even if x is NaN.
func masked[T Float](mask, x T) T {
	if math.IsInf(float64(mask), -1) {
		return mask
	}
	return x + T(math.Log2E*float64(mask))
}

// Attend replaces rows×cols scores s by weights 2^(scale·s + log₂e·mask − top) and updates the rows' numbers. top is
// the row's largest exponent of this and all earlier blocks, or stays that of the earlier blocks if this block's
// largest is at most 8 more, because a new one means that what was summed before must be multiplied by Decay. The
// weights of a row that has seen no key, whose exponents are all −∞, are 0.
func Attend[T Float](s []T, ld int, mask ScoreMask[T], a *AttentionStats[T], rows, cols int, scale T) {
	checkAttention(len(s), ld, rows, cols)
	mask.check(rows, cols)
	if isa, ok := vectors[T](); ok {
		attendAt(isa, first(s), at(first(mask.X), mask.At), first(a.Top[:]), rows, cols, ld, mask.Row, float32(scale))
		return
	}
	for i := range rows {
		row := s[i*ld:][:cols]
		top := T(math.Inf(-1))
		for j := range row {
			row[j] *= scale
			if mask.X != nil {
				row[j] = masked(mask.row(i, cols)[j], row[j])
			}
			top = max(top, row[j])
		}
		if !(top > a.Top[i]+8) {
			top = a.Top[i]
		}
		base := top
		if math.IsInf(float64(top), -1) {
			base = 0
		}
		sum := T(0)
		for j, x := range row {
			row[j] = T(math.Exp2(float64(x - base)))
			sum += row[j]
		}
		a.Decay[i] = T(math.Exp2(float64(a.Top[i] - base)))
		a.Top[i], a.Sum[i] = top, a.Sum[i]*a.Decay[i]+sum
	}
}

// AttendGrad replaces rows×cols scores s by weights p = 2^(scale·s + log₂e·mask − lse), and the gradient dp of the
// weights by that of the scores times slope, p·(dp − d)·slope. lse is the row's log₂ Σ 2^exponent, +∞ for a row that
// sees no key; d is Σ p·dp over the whole row.
func AttendGrad[T Float](s, dp []T, ld int, mask ScoreMask[T], lse, d []T, rows, cols int, scale, slope T) {
	checkAttention(len(s), ld, rows, cols)
	checkAttention(len(dp), ld, rows, cols)
	mask.check(rows, cols)
	lse, d = lse[:rows], d[:rows]
	if isa, ok := vectors[T](); ok {
		attendGradAt(isa, first(s), first(dp), at(first(mask.X), mask.At), first(lse), first(d), rows, cols, ld, mask.Row, float32(scale), float32(slope))
		return
	}
	for i := range rows {
		row, grad := s[i*ld:][:cols], dp[i*ld:][:cols]
		for j, x := range row {
			x = x*scale - lse[i]
			if mask.X != nil {
				x = masked(mask.row(i, cols)[j], x)
			}
			row[j] = T(math.Exp2(float64(x)))
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
