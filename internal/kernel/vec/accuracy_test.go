package vec

import (
	"github.com/lamina-ml/lamina/internal/formula"
	"math"
	"os"
	"strconv"
	"testing"

	"github.com/lamina-ml/lamina/internal/kernel/cpu"
)

// eachISA runs f with every instruction set that the processor supports.
func eachISA(t *testing.T, f func(t *testing.T)) {
	for _, level := range cpu.Levels() {
		t.Run(level.String(), func(t *testing.T) {
			defer cpu.Force(level)()
			f(t)
		})
	}
}

// ulps returns the distance of got from the exact value, in units of the last place of a float32 of that size.
func ulps(got float32, exact float64) float64 {
	want := float32(exact)
	switch {
	case got == want, got != got && want != want:
		return 0
	case got != got || want != want:
		return math.Inf(1)
	}
	_, e := math.Frexp(exact)
	return math.Abs(float64(got)-exact) / math.Ldexp(1, max(e-24, -149))
}

// functions lists every function that is not exact, with the largest error allowed.
var functions = []struct {
	name  string
	f     func(dst, x []float32)
	exact func(x float64) float64
	limit float64
}{
	{"Exp", Exp[float32], math.Exp, 2},
	{"Log", Log[float32], math.Log, 2},
	{"Log2", Log2[float32], log2, 2},
	{"Log10", Log10[float32], math.Log10, 2},
	{"Log1p", Log1p[float32], math.Log1p, 2},
	{"Expm1", Expm1[float32], math.Expm1, 2},
	{"Sin", Sin[float32], math.Sin, 2},
	{"Cos", Cos[float32], math.Cos, 2},
	{"Tan", Tan[float32], TanOf, 1},
	{"Sinh", Sinh[float32], math.Sinh, 1},
	{"Cosh", Cosh[float32], math.Cosh, 1},
	{"Asin", Asin[float32], math.Asin, 2},
	{"Acos", Acos[float32], math.Acos, 2},
	{"Atan", Atan[float32], math.Atan, 2},
	{"Erf", Erf[float32], math.Erf, 2},
	{"Tanh", Tanh[float32], math.Tanh, 2},
	{"Sigmoid", Sigmoid[float32], of(formula.Sigmoid), 2},
	{"GELU", GELU[float32], of(formula.GELU), 2},
	{"GELUTanh", GELUTanh[float32], of(formula.GELUTanh), 2},
	{"SiLU", SiLU[float32], of(formula.SiLU), 2},
	{"ELU", func(dst, x []float32) { ELU(dst, x, 1) }, of(formula.ELU, 1), 2},
	{"PowScalar", func(dst, x []float32) { PowScalar(dst, x, 1.7) },
		func(x float64) float64 { return math.Pow(x, 1.7) }, 1},
	{"PowScalarMany", func(dst, x []float32) { PowScalar(dst, x, -31) },
		func(x float64) float64 { return math.Pow(x, -31) }, 1},
	{"PowOf", func(dst, x []float32) { Pow(dst, base(1.001, len(x)), x) },
		func(x float64) float64 { return math.Pow(float64(float32(1.001)), x) }, 1},
	{"PowOfNegative", func(dst, x []float32) { Pow(dst, base(-3, len(x)), x) },
		func(x float64) float64 { return math.Pow(-3, x) }, 1},
	{"Softplus", func(dst, x []float32) { Softplus(dst, x, 1, 20) }, of(formula.Softplus, 1, 20), 2},
}

// of returns a formula with its constants.
func of(f func(x float64, p formula.P) float64, constants ...float64) func(float64) float64 {
	var p formula.P
	copy(p[:], constants)
	return func(x float64) float64 { return f(x, p) }
}

// base returns a slice of n elements x.
func base(x float32, n int) []float32 {
	b := make([]float32, n)
	for i := range b {
		b[i] = x
	}
	return b
}

// sweep calls check for every 4099th float32, or every LAMINA_SWEEP-th. LAMINA_SWEEP=1 takes a minute for each
// function.
func sweep(check func(x []float32)) {
	step, err := strconv.ParseUint(os.Getenv("LAMINA_SWEEP"), 10, 32)
	if err != nil || step == 0 {
		step = 4099
	}
	x := make([]float32, 0, 4096)
	for _, edge := range []float64{0, 1, 2, 0.5, 17.3, 18, 20, 87.3, 88.7, 88.72284, 89, 103.2, 103.97, 104, 110, 9,
		9.01, 11, 14.2, 14.6, 3.4e38, 1e-38, 1.18e-38, 1e-45, math.Inf(1)} {
		b := math.Float32bits(float32(edge))
		for d := -16; d <= 16; d++ {
			v := math.Float32frombits(b + uint32(d))
			x = append(x, v, -v)
		}
	}
	x = append(x, float32(math.NaN()))
	check(x)
	for b := uint64(0); b < 1<<32; {
		x = x[:0]
		for ; b < 1<<32 && len(x) < cap(x); b += step {
			x = append(x, math.Float32frombits(uint32(b)))
		}
		check(x)
	}
}

func TestAccuracy(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		for _, f := range functions {
			t.Run(f.name, func(t *testing.T) {
				worst, at := 0.0, float32(0)
				got := make([]float32, 4096)
				sweep(func(x []float32) {
					f.f(got[:len(x)], x)
					for i, v := range x {
						if u := ulps(got[i], f.exact(float64(v))); u > worst || u != u {
							worst, at = u, v
						}
					}
				})
				got = got[:1]
				f.f(got, []float32{at})
				t.Logf("%.2f ulp at %g (%08x): %g, exact %g", worst, at, math.Float32bits(at), got[0],
					f.exact(float64(at)))
				if worst > f.limit {
					t.Fail()
				}
			})
		}
	})
}
