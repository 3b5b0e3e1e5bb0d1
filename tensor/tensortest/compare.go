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
	}
	_, e := math.Frexp(x)
	return math.Ldexp(1, max(e-digits, least))
}

// differ compares v with float64 numbers, and says where they differ. A zero bound asks for the rounded number exactly, else an
// element may be off by bound ulp of itself, or of scale's element where there is a scale.
func (v Value) differ(shape []int, want, scale []float64, bound float64) string {
	if !equalInts(v.Shape, shape) {
		return fmt.Sprintf("shape %v, want %v", v.Shape, shape)
	}
	for i, w := range want {
		got, exact := v.float(i), v.DType.IsFloat()
		rounded := valueOf(v.DType, nil, []float64{w}).float(0)
		size := math.Abs(w)
		if scale != nil {
			size = scale[i]
		}
		ok := got == rounded && math.Signbit(got) == math.Signbit(rounded) || got != got && rounded != rounded
		if !ok && exact && bound > 0 && !math.IsInf(got, 0) && !math.IsInf(size, 0) {
			ok = math.Abs(got-w) <= bound*ulp(v.DType, size)
		}
		if !ok {
			return fmt.Sprintf("element %d of %v is %s %v, want %v (within %g ulp of %g)", i, shape, v.DType, got, w, bound, size)
		}
	}
	return ""
}

// near compares v with another value, bit for bit but for NaN's payload, or within bound ulp: of the element itself, or of
// scale's element where there is a scale and that is larger.
func (v Value) near(want Value, bound float64, scale []float64) string {
	if v.Raw == nil || want.Raw == nil {
		if v.Raw == nil && want.Raw == nil {
			return ""
		}
		return fmt.Sprintf("got %v, want %v, one of which is absent", v.Shape, want.Shape)
	}
	if v.DType != want.DType || !equalInts(v.Shape, want.Shape) {
		return fmt.Sprintf("%s%v, want %s%v", v.DType, v.Shape, want.DType, want.Shape)
	}
	for i := range want.len() {
		got, w := v.float(i), want.float(i)
		if v.bits(i) == want.bits(i) || got != got && w != w {
			continue
		}
		size := math.Abs(w)
		if scale != nil && scale[i] > size {
			size = scale[i]
		}
		if !v.DType.IsFloat() || bound == 0 || math.IsInf(size, 0) || !(math.Abs(got-w) <= bound*ulp(v.DType, size)) {
			return fmt.Sprintf("element %d of %v is %s %v, want %v (within %g ulp of %g)", i, v.Shape, v.DType, got, w, bound, size)
		}
	}
	return ""
}

// largest returns a scale made of v's largest element that is finite.
func (v Value) largest() []float64 {
	size := 0.0
	for i := range v.Raw[:len(v.Raw)/v.DType.Size()] {
		if a := math.Abs(v.float(i)); a > size && a <= math.MaxFloat64 {
			size = a
		}
	}
	scale := make([]float64, len(v.Raw)/v.DType.Size())
	for i := range scale {
		scale[i] = size
	}
	return scale
}

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
