package tensortest

import (
	"math"

	"github.com/lamina-ml/lamina/tensor"
)

// wholeTol is for remainders and quotients; the rows of two tensors test extreme values.
var wholeTol = Tol{Grad: 2, AnyZero: true, Why: "the operation is exact except for the sign of zero; the gradient is a product"}

var numberTol = Tol{ULP: 2, Torch: 2, Grad: 6, Why: "the operation is that of two tensors; PyTorch multiplies by the reciprocal"}

var _ = add(
	noBool(withNumber("sub_scalar", "SubScalar", "other", numbers, tensor.Tensor.SubScalar,
		func(x, c float64) float64 { return x - c }, Tol{}, Input{}, 2, -1)),
	noBool(withNumber("rsub_scalar", "RSubScalar", "other", numbers, tensor.Tensor.RSubScalar,
		func(x, c float64) float64 { return c - x }, arithmetic, Input{}, 2, -1)),
	withNumber("rdiv_scalar", "RDivScalar", "other", allTypes, tensor.Tensor.RDivScalar,
		func(x, c float64) float64 { return c / x }, arithmetic, Input{Lo: 0.5, Hi: 3}, 1, -3),
	withNumber("rpow_scalar", "RPowScalar", "other", floats, tensor.Tensor.RPowScalar,
		func(x, c float64) float64 { return power(c, x) }, transcendental, Input{}, 2, 0.5, 1, 3),
	withNumber("maximum_scalar", "MaximumScalar", "other", allTypes, tensor.Tensor.MaximumScalar,
		func(x, c float64) float64 { return max(x, c) }, extreme, Input{Avoid: []float64{0, 1}}, 0, 1),
	withNumber("minimum_scalar", "MinimumScalar", "other", allTypes, tensor.Tensor.MinimumScalar,
		func(x, c float64) float64 { return min(x, c) }, extreme, Input{Avoid: []float64{0, 1}}, 0, 1),
	withNumber("atan2_scalar", "Atan2Scalar", "other", allTypes, tensor.Tensor.Atan2Scalar, math.Atan2, numberTol, away0, 2, -3),
	withNumber("ratan2_scalar", "RAtan2Scalar", "other", allTypes, tensor.Tensor.RAtan2Scalar,
		func(x, c float64) float64 { return math.Atan2(c, x) }, numberTol, away0, 2, -3),
	withNumber("remainder_scalar", "RemainderScalar", "other", floats, tensor.Tensor.RemainderScalar, remainder,
		wholeTol, Input{Lo: 0.1, Hi: 1.9}, 2, -3),
	withNumber("rremainder_scalar", "RRemainderScalar", "other", floats, tensor.Tensor.RRemainderScalar,
		func(x, c float64) float64 { return remainder(c, x) }, wholeTol, Input{Lo: 2.1, Hi: 2.9}, 2, 5),
	withNumber("floor_divide_scalar", "FloorDivScalar", "other", floats, tensor.Tensor.FloorDivScalar, divided,
		wholeTol, Input{Lo: 0.1, Hi: 1.9}, 2, -3),
	withNumber("rfloor_divide_scalar", "RFloorDivScalar", "other", floats, tensor.Tensor.RFloorDivScalar,
		func(x, c float64) float64 { return divided(c, x) }, wholeTol, Input{Lo: 2.1, Hi: 2.9}, 2, 5),
	oneInput("clone", "Clone", allTypes, tensor.Tensor.Clone, func(x float64) float64 { return x }, Tol{}, Input{}),
)
