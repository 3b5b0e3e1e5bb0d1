package tensor

import (
	"math"

	"github.com/lamina-ml/lamina/internal/device"
)

// rounding is the op of Floor, Ceil, Round and Trunc. Its gradient is 0, and it does not change integers.
type rounding struct {
	SavesNothing
	row *device.UnaryOp
}

func (o rounding) Forward(s *Scope, x Tensor) Tensor { return s.unary(o.row, x) }
func (rounding) Backward(x, y, dy Tensor) Tensor     { return dy.zeroGradient() }

func roundingRow(name string, f func(x float64) float64) *device.UnaryOp {
	return device.NewUnary(device.UnaryOp{Name: name,
		F:   func(x float64, _ device.Params) float64 { return f(x) },
		Int: func(x int64, _ device.Params) int64 { return x }})
}

var (
	floorRow = roundingRow("floor", math.Floor)
	ceilRow  = roundingRow("ceil", math.Ceil)
	roundRow = roundingRow("round", math.RoundToEven)
	truncRow = roundingRow("trunc", math.Trunc)
)

// Floor returns the largest whole number ≤ x. Its gradient is 0.
func (x Tensor) Floor() Tensor { return Apply1(rounding{row: floorRow}, x.notBool("floor")) }

// Ceil returns the smallest whole number ≥ x. Its gradient is 0.
func (x Tensor) Ceil() Tensor { return Apply1(rounding{row: ceilRow}, x.notBool("ceil")) }

// Round returns the nearest whole number; halves are rounded to the even one. Its gradient is 0.
func (x Tensor) Round() Tensor { return Apply1(rounding{row: roundRow}, x.notBool("round")) }

// Trunc returns x without its fraction. Its gradient is 0.
func (x Tensor) Trunc() Tensor { return Apply1(rounding{row: truncRow}, x.notBool("trunc")) }
