package vec

import "math"

// The functions of this file compute on the rows of a block of attention scores, which are ld elements apart, on the caller's goroutine. Exponents
// are in units of ln 2, so that weights are powers of two: scale is log₂e times that of the scores.

// AttentionRows is the most rows of one call of Attend.
const AttentionRows = statRows

// AttentionStats are the numbers of some rows of scores, of all blocks until now.
type AttentionStats[T Float] struct {
	Largest [AttentionRows]T // the largest exponent
	Sum     [AttentionRows]T // the sum of the weights
	Decay   [AttentionRows]T // what the latest block multiplied the weights before by
}

// Reset sets the numbers to those of no blocks.
func (a *AttentionStats[T]) Reset() {
	for i := range a.Largest {
		a.Largest[i], a.Sum[i] = T(math.Inf(-1)), 0
	}
}

// Attend replaces rows×cols scores s by weights 2^(scale·s + log₂e·mask − m), where m is the row's largest exponent of this and all earlier
// blocks, and updates the rows' numbers. The rows of the mask are ldm elements apart; it may be nil. The weights of a row that has seen no
// key, whose exponents are all −∞, are 0.
func Attend[T Float](s []T, ld int, mask []T, ldm int, a *AttentionStats[T], rows, cols int, scale T) {
	checkAttention(len(s), ld, rows, cols)
	if mask != nil {
		checkAttention(len(mask), ldm, rows, cols)
	}
	if isa, ok := vectors[T](); ok {
		attendAt(isa, first(s), first(mask), first(a.Largest[:]), rows, cols, ld, ldm, float32(scale))
		return
	}
	for i := range rows {
		row := s[i*ld:][:cols]
		top := a.Largest[i]
		for j := range row {
			row[j] *= scale
			if mask != nil {
				row[j] += T(math.Log2E * float64(mask[i*ldm+j]))
			}
			top = max(top, row[j])
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
		a.Decay[i] = T(math.Exp2(float64(a.Largest[i] - base)))
		a.Largest[i], a.Sum[i] = top, a.Sum[i]*a.Decay[i]+sum
	}
}

// AttendGrad replaces rows×cols scores s by weights p = 2^(scale·s + log₂e·mask − lse), and the gradient dp of the weights by that of the scores
// times slope, p·(dp − d)·slope. lse is the row's log₂ Σ 2^exponent, +∞ for a row that sees no key; d is Σ p·dp over the whole row.
func AttendGrad[T Float](s, dp []T, ld int, mask []T, ldm int, lse, d []T, rows, cols int, scale, slope T) {
	checkAttention(len(s), ld, rows, cols)
	checkAttention(len(dp), ld, rows, cols)
	if mask != nil {
		checkAttention(len(mask), ldm, rows, cols)
	}
	lse, d = lse[:rows], d[:rows]
	if isa, ok := vectors[T](); ok {
		attendGradAt(isa, first(s), first(dp), first(mask), first(lse), first(d), rows, cols, ld, ldm, float32(scale), float32(slope))
		return
	}
	for i := range rows {
		row, grad := s[i*ld:][:cols], dp[i*ld:][:cols]
		for j, x := range row {
			x = x*scale - lse[i]
			if mask != nil {
				x += T(math.Log2E * float64(mask[i*ldm+j]))
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
