package vec

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/lamina-ml/lamina/internal/kernel/cpu"
	"github.com/lamina-ml/lamina/internal/pool"
)

// The tests of this file run each function with every instruction set and compare it with the plain loop.

// guard is the value of the words around a slice. It is a NaN, so that a sum that reads it is NaN.
const guard = 0x7fedbeef

// guarded returns a copy of x that starts off elements after an alignment, and a check that the words around it are
// untouched.
func guarded(x []float32, off int) ([]float32, func(t *testing.T, name string)) {
	const margin = 20
	all := make([]float32, margin+off+len(x)+margin)
	for i := range all {
		all[i] = math.Float32frombits(guard)
	}
	lo, hi := margin+off, margin+off+len(x)
	copy(all[lo:hi], x)
	return all[lo:hi:hi], func(t *testing.T, name string) {
		t.Helper()
		for i, v := range all {
			if (i < lo || i >= hi) && math.Float32bits(v) != guard {
				t.Fatalf("%s: wrote outside a slice of %d elements, at %d", name, len(x), i-lo)
			}
		}
	}
}

// sample returns n numbers of all kinds.
func sample(r *rand.Rand, n int) []float32 {
	special := []float64{0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), math.NaN(), 1, -1, 3e38, -3e38, 1e-40,
		-1e-40, 100, -100}
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64() * math.Exp(2*r.NormFloat64()))
		if r.IntN(12) == 0 {
			x[i] = float32(special[r.IntN(len(special))])
		}
	}
	return x
}

// distance returns the number of float32s between a and b. NaNs are equal, and zeros of different signs have distance
// 1.
func distance(a, b float32) int64 {
	if a != a && b != b {
		return 0
	}
	if a != a || b != b {
		return math.MaxInt64
	}
	place := func(x float32) int64 {
		b := int64(math.Float32bits(x))
		if b >= 1<<31 {
			return 1<<31 - 1 - b
		}
		return b
	}
	d := place(a) - place(b)
	return max(d, -d)
}

// A kernelCase runs one function on slices: the first is the destination, and the result is all of them.
type kernelCase struct {
	name   string
	inputs int // sources of the destination's length
	run    func(x [][]float32)
	limit  int64 // largest distance between a kernel's result and the plain loop's
}

var elementwise = []kernelCase{
	{"Add", 2, func(x [][]float32) { Add(x[0], x[1], x[2]) }, 0},
	{"Sub", 2, func(x [][]float32) { Sub(x[0], x[1], x[2]) }, 0},
	{"Mul", 2, func(x [][]float32) { Mul(x[0], x[1], x[2]) }, 0},
	{"Div", 2, func(x [][]float32) { Div(x[0], x[1], x[2]) }, 0},
	{"Max", 2, func(x [][]float32) { Max(x[0], x[1], x[2]) }, 0},
	{"Min", 2, func(x [][]float32) { Min(x[0], x[1], x[2]) }, 0},
	{"AXPY", 2, func(x [][]float32) { AXPY(x[0], 1.7, x[1], x[2]) }, 0},
	{"Lerp", 2, func(x [][]float32) { Lerp(x[0], x[1], x[2], 0.3) }, 0},
	{"LerpFar", 2, func(x [][]float32) { Lerp(x[0], x[1], x[2], -0.7) }, 0},
	{"AddScalar", 1, func(x [][]float32) { AddScalar(x[0], x[1], 1.7) }, 0},
	{"SubScalar", 1, func(x [][]float32) { SubScalar(x[0], x[1], 1.7) }, 0},
	{"RSubScalar", 1, func(x [][]float32) { RSubScalar(x[0], x[1], 1.7) }, 0},
	{"Scale", 1, func(x [][]float32) { Scale(x[0], x[1], 1.7) }, 0},
	{"DivScalar", 1, func(x [][]float32) { DivScalar(x[0], x[1], 1.7) }, 0},
	{"RDivScalar", 1, func(x [][]float32) { RDivScalar(x[0], x[1], 1.7) }, 0},
	{"MaxScalar", 1, func(x [][]float32) { MaxScalar(x[0], x[1], 0) }, 0},
	{"MaxScalarNaN", 1, func(x [][]float32) { MaxScalar(x[0], x[1], float32(math.NaN())) }, 0},
	{"MinScalar", 1, func(x [][]float32) { MinScalar(x[0], x[1], 0) }, 0},
	{"Neg", 1, func(x [][]float32) { Neg(x[0], x[1]) }, 0},
	{"Abs", 1, func(x [][]float32) { Abs(x[0], x[1]) }, 0},
	{"Square", 1, func(x [][]float32) { Square(x[0], x[1]) }, 0},
	{"Sqrt", 1, func(x [][]float32) { Sqrt(x[0], x[1]) }, 0},
	{"Rsqrt", 1, func(x [][]float32) { Rsqrt(x[0], x[1]) }, 0},
	{"Reciprocal", 1, func(x [][]float32) { Reciprocal(x[0], x[1]) }, 0},
	{"ReLU", 1, func(x [][]float32) { ReLU(x[0], x[1]) }, 0},
	{"ReLUGrad", 2, func(x [][]float32) { ReLUGrad(x[0], x[1], x[2]) }, 0},
	{"SigmoidGrad", 2, func(x [][]float32) { SigmoidGrad(x[0], x[1], x[2]) }, 0},
	{"TanhGrad", 2, func(x [][]float32) { TanhGrad(x[0], x[1], x[2]) }, 0},
	{"Sign", 1, func(x [][]float32) { Sign(x[0], x[1]) }, 0},
	{"Clamp", 1, func(x [][]float32) { Clamp(x[0], x[1], -1, 100) }, 0},
	{"ClampZero", 1, func(x [][]float32) { Clamp(x[0], x[1], 0, 1) }, 0},
	{"ClampCrossed", 1, func(x [][]float32) { Clamp(x[0], x[1], 1, -1) }, 0},
	{"ClampNaN", 1, func(x [][]float32) { Clamp(x[0], x[1], 0, float32(math.NaN())) }, 0},
	{"Round", 1, func(x [][]float32) { Scale(x[1], x[1], 4); Round(x[0], x[1]) }, 0},
	{"RoundHalf", 1, func(x [][]float32) { Round(x[1], x[1]); Scale(x[1], x[1], 0.5); Round(x[0], x[1]) }, 0},
	{"Floor", 1, func(x [][]float32) { Floor(x[0], x[1]) }, 0},
	{"Ceil", 1, func(x [][]float32) { Ceil(x[0], x[1]) }, 0},
	{"Trunc", 1, func(x [][]float32) { Trunc(x[0], x[1]) }, 0},
	{"LeakyReLU", 1, func(x [][]float32) { LeakyReLU(x[0], x[1], 0.01) }, 0},
	{"LeakyReLUGrad", 2, func(x [][]float32) { LeakyReLUGrad(x[0], x[1], x[2], 0.01) }, 0},
	{"PReLU", 2, func(x [][]float32) { PReLU(x[0], x[1], x[2]) }, 0},
	{"HardtanhGrad", 2, func(x [][]float32) { HardtanhGrad(x[0], x[1], x[2], -1, 1) }, 0},
	{"ClampGrad", 2, func(x [][]float32) { ClampGrad(x[0], x[1], x[2], -1, 1) }, 0},
	{"Hardswish", 1, func(x [][]float32) { Hardswish(x[0], x[1]) }, 0},
	{"HardswishGrad", 2, func(x [][]float32) { HardswishGrad(x[0], x[1], x[2]) }, 0},
	{"SmoothL1", 1, func(x [][]float32) { SmoothL1(x[0], x[1], 0.7) }, 0},
	{"Huber", 1, func(x [][]float32) { Huber(x[0], x[1], 0.7) }, 0},
	{"Log2", 1, func(x [][]float32) { Log2(x[0], x[1]) }, 2},
	{"Log10", 1, func(x [][]float32) { Log10(x[0], x[1]) }, 2},
	{"Log1p", 1, func(x [][]float32) { Log1p(x[0], x[1]) }, 2},
	{"Expm1", 1, func(x [][]float32) { Expm1(x[0], x[1]) }, 2},
	{"Sin", 1, func(x [][]float32) { Clamp(x[1], x[1], -1e5, 1e5); Sin(x[0], x[1]) }, 2},
	{"Cos", 1, func(x [][]float32) { Clamp(x[1], x[1], -1e5, 1e5); Cos(x[0], x[1]) }, 2},
	{"Tan", 1, func(x [][]float32) { Clamp(x[1], x[1], -1e5, 1e5); Tan(x[0], x[1]) }, 2},
	{"TanFar", 1, func(x [][]float32) { Tan(x[0], x[1]) }, 2},
	{"Sinh", 1, func(x [][]float32) { Sinh(x[0], x[1]) }, 2},
	{"Cosh", 1, func(x [][]float32) { Cosh(x[0], x[1]) }, 2},
	{"SinFar", 1, func(x [][]float32) { Sin(x[0], x[1]) }, 2},
	{"Asin", 1, func(x [][]float32) { Asin(x[0], x[1]) }, 2},
	{"Acos", 1, func(x [][]float32) { Acos(x[0], x[1]) }, 2},
	{"Atan", 1, func(x [][]float32) { Atan(x[0], x[1]) }, 2},
	{"Atan2", 2, func(x [][]float32) { Atan2(x[0], x[1], x[2]) }, 2},
	{"FloorDivideWhole", 2, func(x [][]float32) { multiples(x[1], x[2]); FloorDivide(x[0], x[1], x[2]) }, 0},
	{"RemainderWhole", 2, func(x [][]float32) { multiples(x[1], x[2]); Remainder(x[0], x[1], x[2]) }, 0},
	{"FloorDivide", 2, func(x [][]float32) { FloorDivide(x[0], x[1], x[2]) }, 0},
	{"Remainder", 2, func(x [][]float32) { Remainder(x[0], x[1], x[2]) }, 0},
	{"Erf", 1, func(x [][]float32) { Erf(x[0], x[1]) }, 2},
	{"Exp", 1, func(x [][]float32) { Exp(x[0], x[1]) }, 1},
	{"Log", 1, func(x [][]float32) { Log(x[0], x[1]) }, 1},
	{"Tanh", 1, func(x [][]float32) { Tanh(x[0], x[1]) }, 2},
	{"Sigmoid", 1, func(x [][]float32) { Sigmoid(x[0], x[1]) }, 2},
	{"GELU", 1, func(x [][]float32) { GELU(x[0], x[1]) }, 2},
	{"GELUTanh", 1, func(x [][]float32) { GELUTanh(x[0], x[1]) }, 2},
	{"SiLU", 1, func(x [][]float32) { SiLU(x[0], x[1]) }, 2},
	{"ELU", 1, func(x [][]float32) { ELU(x[0], x[1], 0.7) }, 2},
	{"Pow", 2, func(x [][]float32) { Pow(x[0], x[1], x[2]) }, 1},
	{"PowWhole", 2, func(x [][]float32) { Round(x[2], x[2]); Pow(x[0], x[1], x[2]) }, 1},
	{"PowScalar", 1, func(x [][]float32) { PowScalar(x[0], x[1], 2.1) }, 1},
	{"PowNearlyWhole", 1, func(x [][]float32) { PowScalar(x[0], x[1], 2+1e-9) }, 0},
	{"PowNearlyZero", 1, func(x [][]float32) { PowScalar(x[0], x[1], 1e-50) }, 0}, // less than any float32
	{"PowOdd", 1, func(x [][]float32) { PowScalar(x[0], x[1], -5) }, 1},
	{"Softplus", 1, func(x [][]float32) { Softplus(x[0], x[1], 1.5, 20) }, 3},
	// Below -80 the derivative is subnormal, and a large dy magnifies its rounding error.
	{"ELUGrad", 2, func(x [][]float32) { MaxScalar(x[2], x[2], -80); ELUGrad(x[0], x[1], x[2], 0.7) }, 2},
	{"SoftplusGrad", 2, func(x [][]float32) { MaxScalar(x[2], x[2], -50); SoftplusGrad(x[0], x[1], x[2], 1.5, 20) }, 3},
}

// multiples sets a to neighbours of whole multiples of b.
func multiples(a, b []float32) {
	for i := range a {
		k := float32(i%201 - 100)
		a[i] = math.Float32frombits(math.Float32bits(k*b[i]) + uint32(i%3) - 1)
	}
}

// TestElementwise runs every elementwise function on 0 to 130 elements, at every alignment, in place and not.
func TestElementwise(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 2))
		for _, c := range elementwise {
			for n := range 131 {
				for alias := range c.inputs + 1 {
					compare(t, c, r, n, n%17, alias)
				}
			}
			compare(t, c, r, light+5, 1, 0) // shared by goroutines
		}
		defer func(n int) { streamed = n }(streamed)
		streamed = 300
		for _, c := range elementwise {
			compare(t, c, r, light+3, 5, 0)
		}
	})
}

// compare runs c on n elements. The destination is source number alias, or a separate slice if alias is 0.
func compare(t *testing.T, c kernelCase, r *rand.Rand, n, off, alias int) {
	t.Helper()
	var got, want [][]float32
	var checks []func(*testing.T, string)
	for range c.inputs + 1 {
		x := sample(r, n)
		g, check := guarded(x, off)
		got, want, checks = append(got, g), append(want, slices.Clone(x)), append(checks, check)
	}
	if alias > 0 {
		got[0], want[0] = got[alias], want[alias]
	}
	c.run(got)
	restore := cpu.Force(cpu.Generic)
	c.run(want)
	restore()
	for k := range got {
		checks[k](t, c.name)
		for i := range got[k] {
			if d := distance(got[k][i], want[k][i]); d > c.limit {
				t.Fatalf("%s of %d elements, alias %d: slice %d[%d] = %g, want %g: %d apart", c.name, n, alias, k, i,
					got[k][i], want[k][i], d)
			}
		}
	}
}

// TestGradients compares the gradients that subtract with float64: the error is counted in units of the last place of
// the terms' size, which is taken as 2⁻¹¹⁹ at least: below that a gradient is x times a power of e that is denormal.
func TestGradients(t *testing.T) {
	cases := []struct {
		name  string
		f     func(dx, dy, x []float32)
		exact func(x float64) (value, size float64)
		limit float64
	}{
		{"GELUGrad", GELUGrad[float32], func(x float64) (float64, float64) {
			a, b := 0.5*math.Erfc(-x/math.Sqrt2), x*math.Exp(-0.5*x*x)/math.Sqrt(2*math.Pi)
			return a + b, math.Abs(a) + math.Abs(b)
		}, 2},
		{"GELUTanhGrad", GELUTanhGrad[float32], func(x float64) (float64, float64) {
			z := 2 * math.Sqrt(2/math.Pi) * x * (1 + 0.044715*x*x)
			s, slope := sigmoid(z), 2*math.Sqrt(2/math.Pi)*(1+3*0.044715*x*x)
			b := x * s * sigmoid(-z) * slope
			return s + b, math.Abs(s) + math.Abs(b)
		}, 4},
		{"SiLUGrad", SiLUGrad[float32], func(x float64) (float64, float64) {
			s, b := sigmoid(x), x*sigmoid(x)*sigmoid(-x)
			return s + b, math.Abs(s) + math.Abs(b)
		}, 4},
	}
	eachISA(t, func(t *testing.T) {
		for _, c := range cases {
			one, got := make([]float32, 4096), make([]float32, 4096)
			for i := range one {
				one[i] = 1
			}
			worst, at := 0.0, float32(0)
			sweep(func(x []float32) {
				c.f(got[:len(x)], one[:len(x)], x)
				for i, v := range x {
					value, size := c.exact(float64(v))
					if value == 0 || math.IsNaN(value) || math.IsInf(value, 0) || size > 1e30 {
						if d := distance(got[i], float32(value)); d > 1 && !(math.Abs(float64(v)) > 1e30) {
							t.Fatalf("%s(%g) = %g, want %g", c.name, v, got[i], value)
						}
						continue
					}
					_, e := math.Frexp(size)
					if u := math.Abs(float64(got[i])-value) / math.Ldexp(1, max(e, -119)-24); u > worst || u != u {
						worst, at = u, v
					}
				}
			})
			t.Logf("%s: %.2f ulp of its larger term, at %g", c.name, worst, at)
			if !(worst <= c.limit) {
				t.Errorf("%s: %.2f ulp at %g, limit %g", c.name, worst, at, c.limit)
			}
		}
	})
}

func TestSums(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(3, 4))
		lengths := []int{chunk - 1, chunk, chunk + 1, 5*chunk + 7, light + 1, 3*light + 11}
		for n := range 131 {
			lengths = append(lengths, n)
		}
		for _, n := range lengths {
			x, y := make([]float32, n), make([]float32, n)
			for i := range x {
				x[i], y[i] = float32(r.NormFloat64()*100), float32(r.NormFloat64())
			}
			a, checkA := guarded(x, n%17)
			b, checkB := guarded(y, n%13)
			var sum, squares, dot, size, dotSize float64
			for i := range x {
				sum += float64(x[i])
				squares += float64(x[i]) * float64(x[i])
				dot += float64(x[i]) * float64(y[i])
				size += math.Abs(float64(x[i]))
				dotSize += math.Abs(float64(x[i]) * float64(y[i]))
			}
			near := func(name string, got float32, want, size float64) {
				// Half a unit for the last rounding; the sum itself is in float64.
				if math.Abs(float64(got)-want) > math.Abs(want)*6e-8+size*1e-15*float64(n) {
					t.Errorf("%s of %d = %v, want %v", name, n, got, want)
				}
			}
			near("Sum", Sum(a), sum, size)
			near("SumSquares", SumSquares(a), squares, squares)
			near("Dot", Dot(a, b), dot, dotSize)
			checkA(t, "Sum")
			checkB(t, "Dot")
			if n > 0 {
				if got, want := MaxOf(a), slices.Max(x); got != want {
					t.Errorf("MaxOf of %d = %v, want %v", n, got, want)
				}
				if got, want := MinOf(a), slices.Min(x); got != want {
					t.Errorf("MinOf of %d = %v, want %v", n, got, want)
				}
				i := r.IntN(n)
				a[i] = float32(math.Inf(1))
				if got := ArgMax(a); got != i {
					t.Errorf("ArgMax of %d = %d, want %d", n, got, i)
				}
				j := r.IntN(n)
				a[j] = float32(math.NaN())
				if !math.IsNaN(float64(MaxOf(a))) || !math.IsNaN(float64(MinOf(a))) || ArgMax(a) != j {
					t.Errorf("NaN at %d of %d: MaxOf %v, MinOf %v, ArgMax %d", j, n, MaxOf(a), MinOf(a), ArgMax(a))
				}
			}
		}
		inf := float32(math.Inf(1))
		if Sum([]float32{}) != 0 || MaxOf([]float32{}) != -inf || MinOf([]float32{}) != inf ||
			ArgMax([]float32{}) != -1 {
			t.Error("a reduction of no elements is wrong")
		}
		if ArgMax([]float32{1, 3, 2, 3}) != 1 || ArgMax([]float32{-inf, -inf}) != 0 {
			t.Error("ArgMax is not the first")
		}
		nan := float32(math.NaN())
		if ArgMin([]float32{2, 1, 3, 1}) != 1 || ArgMin([]float32{inf, inf}) != 0 ||
			ArgMin([]float32{-inf, nan, nan}) != 1 || ArgMin([]float32{}) != -1 {
			t.Error("ArgMin is not the first")
		}
	})
}

// TestReduceRows compares sums, sums of squares and products of rows of every length with those of single rows and of
// float64. Some rows hold subnormal numbers, infinities, NaN, or numbers whose squares overflow.
func TestReduceRows(t *testing.T) {
	special := []float32{1e-42, -3e-45, 2e38, -1e25, float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN())}
	eachISA(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(3, 5))
		for _, n := range []int{1, 7, 16, 63, 64, 65, 130, 300, chunk, chunk + 5} {
			rows := 70
			if n >= chunk {
				rows = 2
			}
			x, off := make([]float32, n*rows), n%17
			for i := range x {
				x[i] = float32(r.NormFloat64())
				if i/n%3 == 1 {
					x[i] *= 1e-40
				}
			}
			for row := 2; row < rows; row += 3 {
				for range 1 + row%2 {
					x[row*n+r.IntN(n)] = special[row/3%len(special)]
				}
			}
			x, check := guarded(x, off)
			sums, squares, products := make([]float32, rows), make([]float32, rows), make([]float32, rows)
			SumRows(sums, x)
			SumSquaresRows(squares, x)
			ProductRows(products, x)
			check(t, "rows")
			for i := range rows {
				row := x[i*n : (i+1)*n]
				var sum, square, size float64
				product := 1.0
				for _, v := range row {
					sum += float64(v)
					square += float64(v) * float64(v)
					product *= float64(v)
					size += math.Abs(float64(v))
				}
				near := func(name string, got, alone float32, want, size float64) {
					t.Helper()
					if got != alone && !(got != got && alone != alone) {
						t.Errorf("%s of row %d of %d = %v, alone %v", name, i, n, got, alone)
					}
					want32 := float32(want)
					if got == want32 || got != got && want != want {
						return
					}
					if d := math.Abs(float64(got) - want); !(d <= math.Abs(want)*6e-8+size*1e-15*float64(n)+1e-45) {
						t.Errorf("%s of row %d of %d = %v, want %v", name, i, n, got, want)
					}
				}
				near("sum", sums[i], Sum(row), sum, size)
				near("squares", squares[i], SumSquares(row), square, square)
				near("product", products[i], Product(row), product, math.Abs(product))
			}
		}
	})
}

// TestSumKeepsSmallTerms sums numbers whose small terms a sum in float32 would lose.
func TestSumKeepsSmallTerms(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		x := make([]float32, 1<<16)
		for i := range x {
			x[i] = 1
		}
		x[0], x[len(x)-1] = 1e9, -1e9
		if got := Sum(x); got != 1<<16-2 {
			t.Errorf("Sum = %v, want %v", got, 1<<16-2)
		}
	})
}

// TestThreads checks that every result has the same bits for 1 to 8 goroutines.
func TestThreads(t *testing.T) {
	defer pool.SetThreads(pool.Threads())
	eachISA(t, func(t *testing.T) {
		const rows, cols = 300, 1001
		r := rand.New(rand.NewPCG(9, 10))
		x := make([]float32, rows*cols)
		for i := range x {
			x[i] = float32(r.NormFloat64() * math.Exp(3*r.NormFloat64()))
		}
		targets := make([]int64, rows)
		run := func() []float32 {
			var out []float32
			y, loss, sums := make([]float32, len(x)), make([]float32, rows), make([]float32, cols)
			out = append(out, Sum(x), SumSquares(x), Dot(x, x[:]), MaxOf(x))
			Exp(y, x)
			out = append(out, y...)
			Softmax(y, x, cols)
			out = append(out, y...)
			CrossEntropy(loss, y, x, targets, cols, -100, 1)
			ColumnSums(sums, x)
			return append(append(append(out, y...), loss...), sums...)
		}
		pool.SetThreads(1)
		want := run()
		for n := 2; n <= 8; n++ {
			pool.SetThreads(n)
			for i, v := range run() {
				if math.Float32bits(v) != math.Float32bits(want[i]) {
					t.Fatalf("%d threads: result %d is %g, with one %g", n, i, v, want[i])
				}
			}
		}
	})
}

func TestNoAllocations(t *testing.T) {
	x, y := make([]float32, 3*light), make([]float32, 3*light)
	loss, targets := make([]float32, 3*light/128), make([]int64, 3*light/128)
	step := &Step{LR: 1e-3, Beta1: 0.9, Beta2: 0.9, Eps: 1e-8, Correction1: 0.1, Correction2: 0.1}
	for _, n := range []int{128, len(x)} {
		x, y := x[:n], y[:n]
		if got := testing.AllocsPerRun(20, func() {
			Add(y, x, y)
			Exp(y, x)
			Sum(x)
			MaxOf(x)
			Softmax(y, x, 128)
			CrossEntropy(loss[:n/128], y, x, targets[:n/128], 128, -100, 1)
			Adam(y, x, y, y, nil, step)
		}); got != 0 {
			t.Errorf("%d elements: %v allocations", n, got)
		}
	}
}

func TestPanics(t *testing.T) {
	for name, f := range map[string]func(){
		"lengths": func() { Add(make([]float32, 3), make([]float32, 3), make([]float32, 4)) },
		"columns": func() { Softmax(make([]float32, 10), make([]float32, 10), 3) },
		"target":  func() { CrossEntropy(make([]float32, 1), nil, make([]float32, 3), []int64{3}, 3, -100, 1) },
		"moments": func() {
			Adam(make([]float32, 3), make([]float32, 3), make([]float32, 2), make([]float32, 3), nil, &Step{})
		},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
