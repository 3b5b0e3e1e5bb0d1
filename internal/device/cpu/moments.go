package cpu

import (
	"math"
	"unsafe"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/kernel/vec"
)

// Means and norms. A fast sum comes first; if it overflowed or squares underflowed, a second pass scales the elements.

// meansOf sets dst to the means of x's rows.
func meansOf[T float](dst, x []T) {
	vec.SumRows(dst, x)
	n := len(x) / len(dst)
	for i, sum := range dst {
		if sum-sum == 0 {
			dst[i] = sum / T(n)
		} else {
			dst[i] = meanAt(x[i*n:(i+1)*n], 1)
		}
	}
}

// meanAt returns the mean of x[0], x[step], x[2·step], …. It divides each element first, so that the sum does not
// overflow.
func meanAt[T float](x []T, step int) T {
	n, sum := (len(x)+step-1)/step, 0.0
	for i := 0; i < len(x); i += step {
		sum += float64(x[i]) / float64(n)
	}
	return T(sum)
}

func columnMeans[T float](dst, x []T, stride int) {
	vec.ColumnSums(dst, x)
	n := T(len(x) / len(dst))
	for j, sum := range dst {
		if sum-sum == 0 {
			dst[j] = sum / n
		} else {
			dst[j] = meanAt(x[j:], stride)
		}
	}
}

// A sum of squares below these limits may lack squares that underflowed.
const (
	leastSquares32 = 0x1p-80
	leastSquares64 = 0x1p-900
)

func leastSquares[T float]() float64 {
	if unsafe.Sizeof(*new(T)) == 4 {
		return leastSquares32
	}
	return leastSquares64
}

// normsOf sets dst to the norms of x's rows: the square roots of their sums of squares.
func normsOf[T float](dst, x []T) {
	vec.SumSquaresRows(dst, x)
	n := len(x) / len(dst)
	for i, v := range dst {
		if squares := float64(v); squares >= leastSquares[T]() && squares <= math.MaxFloat64 {
			dst[i] = T(math.Sqrt(squares))
		} else {
			dst[i] = normAt(x[i*n:(i+1)*n], 1)
		}
	}
}

// normAt returns the norm of x[0], x[step], x[2·step], …
func normAt[T float](x []T, step int) T { return T(scaledNorm(x, step)) }

// scaledNorm is normAt in float64. It scales the elements by a power of two.
func scaledNorm[T float](x []T, step int) float64 {
	largest := 0.0
	for i := 0; i < len(x); i += step {
		largest = max(largest, math.Abs(float64(x[i])))
	}
	if !(largest > 0 && largest <= math.MaxFloat64) {
		return largest // 0, infinite or NaN
	}
	_, e := math.Frexp(largest)
	e = max(-1000, min(e, 1000)) // 2⁻ᵉ is a normal number
	scale, squares := math.Ldexp(1, -e), 0.0
	for i := 0; i < len(x); i += step {
		v := float64(x[i]) * scale
		squares += float64(v * v)
	}
	return math.Ldexp(math.Sqrt(squares), e)
}

// sumSquares is an internal reduction, the first step of a norm.
const sumSquares = device.Norm + 1

// finish computes means or norms from sums over n elements. It returns false if a sum overflowed or squares
// underflowed.
func finish[T float](op device.Reduction, sums []T, n int) bool {
	valid := true
	for i, v := range sums {
		if op == device.Mean {
			sums[i] = v / T(n)
			valid = valid && v-v == 0
			continue
		}
		valid = valid && float64(v) >= leastSquares[T]() && float64(v) <= math.MaxFloat64
		sums[i] = T(math.Sqrt(float64(v)))
	}
	return valid
}

func addSquares[T float](acc []float64, x []T) {
	for j, v := range x {
		acc[j] += float64(float64(v) * float64(v))
	}
}

// normFrom returns the norm of a column from the sum of its squares in float64.
func normFrom[T float](squares float64, column []T, stride int) T {
	if squares >= leastSquares64 && squares <= math.MaxFloat64 {
		return T(math.Sqrt(squares))
	}
	return normAt(column, stride)
}

// sumLoop returns the loop that sums integers of one type.
func sumLoop[T integer]() func(dst, x *device.Array) bool {
	r := &reducer[int64, T]{rows: eachRow(sumOf[T])}
	return r.run
}

// sumOf sums integers in int64; sums wrap around.
func sumOf[T integer](x []T) int64 {
	var a, b, c, d int64
	for ; len(x) >= 4; x = x[4:] {
		a += int64(x[0])
		b += int64(x[1])
		c += int64(x[2])
		d += int64(x[3])
	}
	for _, v := range x {
		a += int64(v)
	}
	return a + b + (c + d)
}
