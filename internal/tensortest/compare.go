package tensortest

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/tensor"
)

// ulp is the distance between numbers of a type around x.
func ulp(dt tensor.DType, x float64) float64 {
	digits, least := 53, -1074
	if dt == tensor.Float32 {
		digits, least = 24, -149
	} else if f, half := formats[dt]; half {
		digits, least = f.fraction+1, f.least-f.fraction
	}
	_, e := math.Frexp(x)
	return math.Ldexp(1, max(e-digits, least))
}

// bound is how much two results may differ.
type bound struct {
	ulp     float64   // in units in the last place of the element; 0 is exact
	scale   []float64 // or of these numbers, if they are larger
	largest bool      // or of the largest element that is finite
	atLeast float64   // or of this number
	anyZero bool      // 0 is −0

	overflows bool // above a quarter of the type's range an infinity is accepted
}

// most is the largest finite number of a floating-point type.
func most(dt tensor.DType) float64 {
	switch dt {
	case tensor.Float64:
		return math.MaxFloat64
	case tensor.Float16:
		return 65504
	}
	return math.MaxFloat32 // bfloat16's is almost the same
}

// differ compares v with float64 numbers, and describes the first difference. With a bound of 0, v must be the rounded
// number.
func (v Value) differ(shape []int, want []float64, b bound) string {
	if !equalInts(v.Shape, shape) {
		return fmt.Sprintf("shape %v, want %v", v.Shape, shape)
	}
	if b.largest {
		b.atLeast = largestOf(b.atLeast, len(want), func(i int) float64 { return want[i] })
	}
	for i, w := range want {
		if rounded := valueOf(v.DType, nil, []float64{w}).float(0); !b.holds(v, i, rounded) && !b.holds(v, i, w) {
			return fmt.Sprintf("element %d of %v is %s %v, want %v (within %g ulp)", i, shape, v.DType, v.float(i), w, b.ulp)
		}
	}
	return ""
}

// near compares v with another value, and describes the first difference.
func (v Value) near(want Value, b bound) string {
	if v.Raw == nil || want.Raw == nil {
		if v.Raw == nil && want.Raw == nil {
			return ""
		}
		return fmt.Sprintf("got %v, want %v, one of which is absent", v.Shape, want.Shape)
	}
	if v.DType != want.DType || !equalInts(v.Shape, want.Shape) {
		return fmt.Sprintf("%s%v, want %s%v", v.DType, v.Shape, want.DType, want.Shape)
	}
	if b.largest {
		b.atLeast = largestOf(b.atLeast, want.len(), want.float)
	}
	for i := range want.len() {
		if v.bits(i) != want.bits(i) && !b.holds(v, i, want.float(i)) {
			return fmt.Sprintf("element %d of %v is %s %v, want %v (within %g ulp)", i, v.Shape, v.DType, v.float(i), want.float(i), b.ulp)
		}
	}
	return ""
}

// holds reports whether element i of v is within the bound of a number.
func (b bound) holds(v Value, i int, want float64) bool {
	got := v.float(i)
	if got != got || want != want {
		return got != got && want != want
	}
	if got == want {
		return b.anyZero || math.Signbit(got) == math.Signbit(want)
	}
	if b.overflows && math.IsInf(got, 0) {
		return math.Abs(want) >= most(v.DType)/4
	}
	size := max(math.Abs(want), b.atLeast)
	if b.scale != nil && b.scale[i] > size {
		size = b.scale[i]
	}
	return v.DType.IsFloat() && b.ulp > 0 && !math.IsInf(size, 0) && math.Abs(got-want) <= b.ulp*ulp(v.DType, size)
}

// largestOf returns the largest of the numbers' absolute values that are finite, and of size.
func largestOf(size float64, n int, at func(i int) float64) float64 {
	for i := range n {
		if a := math.Abs(at(i)); a <= math.MaxFloat64 {
			size = max(size, a)
		}
	}
	return size
}

func (v Value) largest() float64 { return largestOf(0, v.len(), v.float) }

func equalInts(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// show prints the elements of small inputs.
func show(in []Value) string {
	text := ""
	for _, v := range in {
		numbers := make([]float64, v.len())
		for i := range numbers {
			numbers[i] = v.float(i)
		}
		text += fmt.Sprint(numbers[:min(40, len(numbers))], " ")
	}
	return text
}
