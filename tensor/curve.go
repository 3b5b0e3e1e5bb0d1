package tensor

import "github.com/lamina-ml/lamina/internal/device"

// Curve is an elementwise function f of one tensor and at most two constants: a row of the device's table for f, one for dy·f′(x),
// and f″ in ops, so that derivatives of all orders follow. It is for functions that this module writes; [Apply1] is for everyone.
type Curve struct {
	row   *device.UnaryOp
	slope *device.BinaryOp
	bend  func(x Tensor, p device.Params) Tensor // nil where f is made of straight lines
}

// NewCurve returns the function that f defines. Its gradient is slope(dy, x), not dy·slope(x), so that a slope of 0 stops an
// infinite dy too. bend is the second derivative; nil is 0.
func NewCurve(name string, f func(x float64, p device.Params) float64, slope func(dy, x float64, p device.Params) float64,
	bend func(x Tensor, p device.Params) Tensor) *Curve {
	return &Curve{
		device.NewUnary(device.UnaryOp{Name: name, F: f}),
		device.NewBinary(device.BinaryOp{Name: name + " gradient", F: slope}),
		bend,
	}
}

// Of returns f(x) for constants a and b. Integers become float32 first.
func (c *Curve) Of(x Tensor, a, b float64) Tensor {
	return Apply1(curve{c, device.Params{a, b}}, x.float())
}

type curve struct {
	*Curve
	p device.Params
}

func (o curve) Forward(s *Scope, x Tensor) Tensor { return s.unary(o.row, x, o.p[0], o.p[1]) }
func (o curve) Backward(x, y, dy Tensor) Tensor   { return Apply2(curveGrad(o), dy, x) }

// curveGrad is dy·f′(x).
type curveGrad curve

func (o curveGrad) Forward(s *Scope, dy, x Tensor) Tensor {
	return s.binary(o.slope, dy, x, o.p[0], o.p[1])
}
func (o curveGrad) Backward(dy, x, y, d Tensor) (ddy, dx Tensor) {
	if dy.NeedsGrad() {
		ddy = Apply2(o, d, x)
	}
	if x.NeedsGrad() && o.bend != nil {
		dx = d.Mul(dy).Mul(o.bend(x, o.p))
	}
	return ddy, dx
}
