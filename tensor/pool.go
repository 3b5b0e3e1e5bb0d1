package tensor

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/internal/device"
)

// PoolOptions describes the windows of a pooling over one, two or three dimensions. Each list has one number for each
// dimension, or one for all.
type PoolOptions struct {
	Kernel            []int // sizes of a window
	Stride            []int // distances of the windows; nil means Kernel
	Padding           []int // elements beyond each end of the dimensions, at most half the kernel; nil means 0
	Dilation          []int // distances of a window's elements, of MaxPool; nil means 1
	CeilMode          bool  // a window may reach beyond the end, if it begins before
	NoCountIncludePad bool  // AvgPool divides by the window's elements without those of the padding
	DivisorOverride   int   // AvgPool divides by this number; 0 means the number of the window's elements
}

// MaxPool returns the largest element of each window of the last dims dimensions, which are 1 to 3:
//
//	y[i] = max over k of x[i·stride − padding + k·dilation]
//	(…, L) → (…, ⌊(L + 2·padding − dilation·(kernel − 1) − 1)/stride⌋ + 1)
//
// Elements in the padding do not count. With CeilMode the quotient is rounded up. The gradient goes to the first of
// the largest elements. x is (C, L) or (N, C, L) if dims is 1, (C, H, W) or (N, C, H, W) if it is 2, and so on, of
// any type but bool. It panics for other shapes and for windows that do not fit.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html)
func (x Tensor) MaxPool(dims int, c PoolOptions) Tensor {
	return x.maxPool("max_pool", dims, c.axes("max_pool", x, dims, device.MaxWindows))
}

// MaxPoolIndices is MaxPool and, for each window, the row-major position of its largest element among the last dims
// dimensions, as int64.
func (x Tensor) MaxPoolIndices(dims int, c PoolOptions) (y, index Tensor) {
	return x.maxPoolIndices(dims, c.axes("max_pool", x, dims, device.MaxWindows))
}

// AdaptiveMaxPool returns the largest element of each of size windows along the last len(size) dimensions, which are
// 1 to 3. Window i of n along a dimension of size L has the elements ⌊i·L/n⌋ to ⌈(i+1)·L/n⌉ − 1. A size of −1 keeps
// the dimension. (https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveMaxPool2d.html)
func (x Tensor) AdaptiveMaxPool(size ...int) Tensor {
	return x.maxPool("adaptive_max_pool", len(size), adaptiveAxes("adaptive_max_pool", x, size, device.AdaptiveWindows))
}

// AdaptiveMaxPoolIndices is AdaptiveMaxPool and the largest elements' positions, as MaxPoolIndices returns them.
func (x Tensor) AdaptiveMaxPoolIndices(size ...int) (y, index Tensor) {
	return x.maxPoolIndices(len(size), adaptiveAxes("adaptive_max_pool", x, size, device.AdaptiveWindows))
}

// AvgPool returns the mean of each window of the last dims dimensions, which are 1 to 3:
//
//	y[i] = 1/kernel · Σ over k of x[i·stride − padding + k]
//	(…, L) → (…, ⌊(L + 2·padding − kernel)/stride⌋ + 1)
//
// Elements in the padding are 0, and count unless NoCountIncludePad is set; those beyond the padding, of CeilMode, do
// not. x has the shapes that MaxPool takes. (https://docs.pytorch.org/docs/stable/generated/torch.nn.AvgPool2d.html)
func (x Tensor) AvgPool(dims int, c PoolOptions) Tensor {
	axes := c.axes("avg_pool", x, dims, device.MeanWindows)
	return x.resample("avg_pool", dims, axes)
}

// AdaptiveAvgPool returns the mean of each of size windows along the last len(size) dimensions, as AdaptiveMaxPool
// their largest element. (https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool2d.html)
func (x Tensor) AdaptiveAvgPool(size ...int) Tensor {
	axes := adaptiveAxes("adaptive_avg_pool", x, size, device.MeanAdaptive)
	one := true
	for _, n := range size {
		one = one && n == 1
	}
	if one && x.DType().IsFloat() {
		k := x.KeepDim()
		switch len(size) {
		case 1:
			return k.Mean(-1)
		case 2:
			return k.Mean(-2, -1)
		case 3:
			return k.Mean(-3, -2, -1)
		}
	}
	return x.resample("adaptive_avg_pool", len(size), axes)
}

// LPPool returns the p-norm of each window of the last dims dimensions, which are 1 to 3: (Σ xᵖ)^(1/p). As in
// PyTorch, the sum's sign is kept out of the power, and a window without a positive sum gives 0. Padding and Dilation
// do not apply. (https://docs.pytorch.org/docs/stable/generated/torch.nn.LPPool2d.html)
func (x Tensor) LPPool(dims int, p float64, c PoolOptions) Tensor {
	if !x.DType().IsFloat() {
		fail("lp_pool", "the input must be floating point, not "+x.DType().String(), x.Shape())
	}
	if c.Padding != nil || c.Dilation != nil {
		fail("lp_pool", "there is neither padding nor dilation", x.Shape())
	}
	y := x.PowScalar(p).AvgPool(dims, c) // checks the kernel
	size := 1
	for i := range dims {
		size *= numberOf(c.Kernel, i, dims, 1)
	}
	return y.Sign().Mul(y.Abs().ReLU()).MulScalar(float64(size)).PowScalar(1 / p)
}

// numberOf returns the number for dimension i of dims in a list of one for each or one for all, or missing if the
// list is nil.
func numberOf(list []int, i, dims, missing int) int {
	switch len(list) {
	case 0:
		return missing
	case 1:
		return list[0]
	}
	return list[i]
}

// checkSpatial panics unless x has dims dimensions to compute over, which are 1 to 3 and not empty, after one or two
// others.
func checkSpatial(op string, x Tensor, dims int) {
	s := x.Shape()
	if dims < 1 || dims > 3 {
		fail(op, fmt.Sprintf("one, two or three dimensions are possible, not %d", dims), s)
	}
	if s.rank != dims+1 && s.rank != dims+2 {
		fail(op, fmt.Sprintf("the input must have %d or %d dimensions", dims+1, dims+2), s)
	}
	n := 1
	for i := s.rank - dims; i < s.rank; i++ {
		if s.dims[i] == 0 {
			fail(op, "the input's dimensions must not be empty", s)
		}
		n = saturatingMul(n, s.dims[i])
	}
	if n > math.MaxInt32 {
		fail(op, "the input has more elements in these dimensions than int32 can count", s)
	}
}

// axes checks x and the options, and returns how windows read the last three dimensions; those beyond dims are of
// size 1.
func (c PoolOptions) axes(op string, x Tensor, dims int, mode device.AxisMode) (axes [3]device.Axis) {
	checkSpatial(op, x, dims)
	s := x.Shape()
	if c.Kernel == nil {
		fail(op, "the kernel's size is missing", s)
	}
	for _, list := range [...][]int{c.Kernel, c.Stride, c.Padding, c.Dilation} {
		if list != nil && len(list) != 1 && len(list) != dims {
			fail(op, fmt.Sprintf("%v must have one number, or one for each of %d dimensions", list, dims), s)
		}
	}
	if mode == device.MeanWindows && c.Dilation != nil {
		fail(op, "there is no dilation", s)
	}
	axes = unitAxes
	for i := range dims {
		in := s.dims[s.rank-dims+i]
		a := device.Axis{Mode: mode, In: in, Kernel: numberOf(c.Kernel, i, dims, 0), CountPadding: !c.NoCountIncludePad}
		a.Stride = numberOf(c.Stride, i, dims, a.Kernel)
		a.Padding, a.Dilation = numberOf(c.Padding, i, dims, 0), numberOf(c.Dilation, i, dims, 1)
		if a.Kernel < 1 || a.Stride < 1 || a.Dilation < 1 || a.Kernel > math.MaxInt32 || a.Dilation > math.MaxInt32 ||
			a.Stride > math.MaxInt32 {
			fail(op, fmt.Sprintf("kernel %d, stride %d and dilation %d must be positive", a.Kernel, a.Stride,
				a.Dilation), s)
		}
		width := (a.Kernel-1)*a.Dilation + 1
		if a.Padding < 0 || a.Padding > a.Kernel/2 {
			fail(op, fmt.Sprintf("a padding of %d is impossible: 0 to %d are possible, half of the kernel", a.Padding,
				a.Kernel/2), s)
		}
		room := in + 2*a.Padding - width
		if c.CeilMode {
			room += a.Stride - 1
		}
		if room < 0 {
			fail(op, fmt.Sprintf("a window of %d elements does not fit into %d and a padding of %d", width, in,
				a.Padding), s)
		}
		a.Out = room/a.Stride + 1
		if c.CeilMode && (a.Out-1)*a.Stride >= in+a.Padding {
			a.Out-- // the last window would begin in the padding
		}
		if c.DivisorOverride != 0 {
			a.Factor = 1
			if i == 0 {
				a.Factor = 1 / float64(c.DivisorOverride)
			}
		}
		axes[3-dims+i] = a
	}
	return axes
}

// unitAxes describe three dimensions of size 1.
var unitAxes = [3]device.Axis{{In: 1, Out: 1}, {In: 1, Out: 1}, {In: 1, Out: 1}}

func adaptiveAxes(op string, x Tensor, size []int, mode device.AxisMode) [3]device.Axis {
	checkSpatial(op, x, len(size))
	s := x.Shape()
	axes := unitAxes
	for i, n := range size {
		in := s.dims[s.rank-len(size)+i]
		a := device.Axis{Mode: mode, In: in, Out: n}
		switch {
		case n == -1:
			a.Out = in
		case n < 0:
			fail(op, fmt.Sprintf("a size of %d is impossible: −1 keeps the dimension", n), s)
		}
		if a.Out == in {
			a.Mode = device.Same
		}
		axes[3-len(size)+i] = a
	}
	return axes
}

// spatialShape returns x's shape with the axes' outputs in place of the last dims dimensions.
func spatialShape(op string, x Tensor, dims int, axes *[3]device.Axis) Shape {
	s := x.Shape()
	for i := range dims {
		s.dims[s.rank-dims+i] = axes[3-dims+i].Out
	}
	return s.checkSize(op, x.Shape())
}

// asVolumes returns x as (n, axes' In).
func (x Tensor) asVolumes(dims int, axes *[3]device.Axis) Tensor {
	s, n := x.Shape(), 1
	for i := range s.rank - dims {
		n *= s.dims[i]
	}
	return x.Contiguous().Reshape(n, axes[0].In, axes[1].In, axes[2].In)
}
