package tensor

import (
	"math"

	"github.com/lamina-ml/lamina/internal/device"
)

// floatRow makes a row of the elementwise table that is defined for floating-point types only.
func floatRow(name string, f func(x float64) float64) *device.UnaryOp {
	return device.NewUnary(device.UnaryOp{Name: name, F: func(x float64, _ device.Params) float64 { return f(x) }})
}

// Expm1 returns eˣ − 1, accurate near 0 too.
func (x Tensor) Expm1() Tensor { return Apply1(expm1{}, x.float()) }

type expm1 struct{ SavesOutput }

var expm1Row = floatRow("expm1", math.Expm1)

func (expm1) Forward(s *Scope, x Tensor) Tensor { return s.unary(expm1Row, x) }
func (expm1) Backward(x, y, dy Tensor) Tensor   { return dy.Mul(y.AddScalar(1)) }

// Log1p returns ln(1 + x), accurate near 0 too.
func (x Tensor) Log1p() Tensor { return Apply1(log1p{}, x.float()) }

type log1p struct{ SavesInputs }

var log1pRow = floatRow("log1p", math.Log1p)

func (log1p) Forward(s *Scope, x Tensor) Tensor { return s.unary(log1pRow, x) }
func (log1p) Backward(x, y, dy Tensor) Tensor   { return dy.Div(x.AddScalar(1)) }

// Log2 returns the logarithm to base 2.
func (x Tensor) Log2() Tensor { return Apply1(log2{}, x.float()) }

type log2 struct{ SavesInputs }

var log2Row = floatRow("log2", func(x float64) float64 {
	if x > 0 && x < smallestNormal {
		return math.Log2(x*0x1p54) - 54
	}
	return math.Log2(x)
})

func (log2) Forward(s *Scope, x Tensor) Tensor { return s.unary(log2Row, x) }
func (log2) Backward(x, y, dy Tensor) Tensor   { return dy.Div(x.MulScalar(math.Ln2)) }

// Log10 returns the logarithm to base 10.
func (x Tensor) Log10() Tensor { return Apply1(log10{}, x.float()) }

type log10 struct{ SavesInputs }

var log10Row = floatRow("log10", func(x float64) float64 { return ln(x) * (1 / math.Ln10) })

func (log10) Forward(s *Scope, x Tensor) Tensor { return s.unary(log10Row, x) }
func (log10) Backward(x, y, dy Tensor) Tensor   { return dy.Div(x.MulScalar(math.Ln10)) }

// Rsqrt returns 1/√x.
func (x Tensor) Rsqrt() Tensor { return Apply1(rsqrt{}, x.float()) }

type rsqrt struct{ SavesOutput }

var rsqrtRow = floatRow("rsqrt", func(x float64) float64 { return 1 / math.Sqrt(x) })

func (rsqrt) Forward(s *Scope, x Tensor) Tensor { return s.unary(rsqrtRow, x) }
func (rsqrt) Backward(x, y, dy Tensor) Tensor {
	return dy.MulScalar(-0.5).Mul(y.Square().Mul(y))
}

// Reciprocal returns 1/x.
func (x Tensor) Reciprocal() Tensor { return Apply1(reciprocal{}, x.float()) }

type reciprocal struct{ SavesOutput }

var reciprocalRow = floatRow("reciprocal", func(x float64) float64 { return 1 / x })

func (reciprocal) Forward(s *Scope, x Tensor) Tensor { return s.unary(reciprocalRow, x) }
func (reciprocal) Backward(x, y, dy Tensor) Tensor   { return dy.Neg().Mul(y.Square()) }

// Erf returns the error function 2/√π·∫₀ˣ e^−t² dt.
func (x Tensor) Erf() Tensor { return Apply1(erf{}, x.float()) }

type erf struct{ SavesInputs }

var erfRow = floatRow("erf", math.Erf)

func (erf) Forward(s *Scope, x Tensor) Tensor { return s.unary(erfRow, x) }
func (erf) Backward(x, y, dy Tensor) Tensor {
	return dy.Mul(x.Square().Neg().Exp().MulScalar(2 / math.SqrtPi))
}
