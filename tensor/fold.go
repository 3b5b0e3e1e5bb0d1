package tensor

import (
	"fmt"

	"github.com/lamina-ml/lamina/internal/device"
)

// UnfoldOptions holds the settings of the windows of [Unfold] and [Fold]. The zero value is PyTorch's default. A list
// has one number for height and width, or one for each.
type UnfoldOptions struct {
	Stride   []int // the distance of the windows; nil means 1
	Padding  []int // how many zeros are added at both ends of each dimension; nil means 0
	Dilation []int // the distance of a window's elements; nil means 1
}

// Unfold returns the windows of x as columns (im2col):
//
//	x (N, C, H, W) or (C, H, W), kernel (kh, kw) → (N, C·kh·kw, windows) or (C·kh·kw, windows)
//
// kernel has one number for both dimensions or one for each. It panics if the shapes do not fit. [Tensor.Unfold]
// returns windows along one dimension, as a view.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.unfold.html)
func Unfold(x Tensor, kernel []int, o UnfoldOptions) Tensor {
	const op = "unfold"
	s := x.Shape()
	if s.rank != 3 && s.rank != 4 {
		fail(op, "the input must be (N, C, H, W) or (C, H, W)", s)
	}
	checkFoldType(op, x)
	c := windowsOf(op, 2, o.Stride, o.Padding, o.Dilation)
	c.Kernel = heightAndWidth(op, "kernel", kernel, s)
	c.Kernel[0], c.Groups = 1, 1
	c.In = s.dims[s.rank-3]
	c.setBatch(op, "input", &c.Input, c.In, s, s)
	c.setOutput(op, s)
	y := Apply1(im2col{c}, c.withBatch(x))
	return c.withoutBatch(y, s)
}

// Fold adds the columns of x to the places of their windows in zeros of the given size (col2im). It is the gradient of
// [Unfold]:
//
//	x (N, C·kh·kw, windows) or (C·kh·kw, windows), size (H, W), kernel (kh, kw) → (N, C, H, W) or (C, H, W)
//
// size and kernel have one number for both dimensions or one for each. 16-bit floats are summed in float32 and rounded
// once. It panics if the shapes do not fit.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.fold.html)
func Fold(x Tensor, size, kernel []int, o UnfoldOptions) Tensor {
	const op = "fold"
	s := x.Shape()
	if s.rank != 2 && s.rank != 3 {
		fail(op, "the input must be (N, C·kh·kw, windows) or (C·kh·kw, windows)", s)
	}
	checkFoldType(op, x)
	c := windowsOf(op, 2, o.Stride, o.Padding, o.Dilation)
	c.Kernel, c.Input = heightAndWidth(op, "kernel", kernel, s), heightAndWidth(op, "size", size, s)
	c.Kernel[0], c.Input[0], c.Groups, c.Batch = 1, 1, 1, 1
	if s.rank == 3 {
		c.Batch = s.dims[0]
	}
	c.setOutput(op, s)
	rows := s.dims[s.rank-2]
	if rows%c.taps() != 0 {
		fail(op, fmt.Sprintf("the columns have %d elements, which is not a multiple of the kernel's %d", rows,
			c.taps()), s)
	}
	c.In = rows / c.taps()
	if n := s.dims[s.rank-1]; n != c.positions() {
		fail(op, fmt.Sprintf("the input has %d windows; a result of size %s has %s of them", n, c.sizes(c.Input),
			c.sizes(c.Output)), s)
	}
	c.inputShape().checkSize(op, s)
	y := Apply1(col2im{c}, x.Contiguous().reshape(c.columnShape()).Widen()).Cast(x.DType())
	if s.rank == 2 {
		return y.Squeeze(0)
	}
	return y
}

// heightAndWidth returns a size that has one number for height and width or one for each, for an input of shape s.
func heightAndWidth(op, name string, list []int, s Shape) [3]int {
	if len(list) == 0 {
		fail(op, "the "+name+" is missing; there must be 1 or 2 numbers", s)
	}
	return perDimension(op, name, 2, list, 0, 1)
}

func checkFoldType(op string, x Tensor) {
	if !x.DType().IsFloat() {
		fail(op, "the input must be floating point, not "+x.DType().String(), x.Shape())
	}
}

// im2col copies the windows of x (N, in, input…) to columns (N, in × taps, positions). Its derivative is col2im.
type im2col struct{ convolution }

func (*im2col) Saves() Saved { return SaveNothing }

func (o *im2col) Forward(s *Scope, x Tensor) Tensor {
	y := s.NewEmpty(x, x.DType(), o.columnShape())
	dev := x.h.store.dev
	if !o.inside() {
		dev.Fill(y.array(), 0)
	}
	o.eachTap(s, x, y, func(image, column *device.Array) { dev.Copy(column, image) })
	return y
}

func (o *im2col) Backward(x, y, dy Tensor) Tensor {
	return Apply1(col2im{o.convolution}, dy.Contiguous()).reshape(x.Shape())
}

// col2im adds columns (N, in × taps, positions) to zeros (N, in, input…), tap after tap. Its derivative is im2col.
type col2im struct{ convolution }

func (*col2im) Saves() Saved { return SaveNothing }

func (o *col2im) Forward(s *Scope, x Tensor) Tensor {
	y := s.NewEmpty(x, x.DType(), o.inputShape())
	dev := x.h.store.dev
	dev.Fill(y.array(), 0)
	o.eachTap(s, y, x, func(image, column *device.Array) {
		dev.Binary(addRow, image, image, column, device.Params{})
	})
	return y
}

func (o *col2im) Backward(x, y, dy Tensor) Tensor {
	return Apply1(im2col{o.convolution}, dy.Contiguous())
}

// eachTap calls f for each element k of the kernel, with the elements of image, contiguous (N, in, input…), that it is
// multiplied with, and their places in the columns: arrays (N·in, depth, height, width) without the windows for which k
// lies in the padding.
func (c *convolution) eachTap(s *Scope, image, columns Tensor, f func(image, column *device.Array)) {
	im, col := s.view(image.h), s.view(columns.h)
	for k := range c.taps() {
		im.Offset, col.Offset = image.h.Offset, columns.h.Offset+k*c.positions()
		im.SetContiguous([]int{c.Batch * c.In, c.Input[0], c.Input[1], c.Input[2]})
		col.SetContiguous([]int{c.Batch * c.In, c.Output[0], c.Output[1], c.Output[2]})
		col.Strides[0] = c.taps() * c.positions()
		for i, at := range [3]int{k / c.Kernel[2] / c.Kernel[1], k / c.Kernel[2] % c.Kernel[1], k % c.Kernel[2]} {
			first, last := c.windowsAt(i, at)
			im.Offset += (first*c.Stride[i] + at*c.Dilation[i] - c.Padding[i]) * im.Strides[i+1]
			col.Offset += first * col.Strides[i+1]
			im.Strides[i+1] *= c.Stride[i]
			im.Dims[i+1], col.Dims[i+1] = max(0, last-first), max(0, last-first)
		}
		im.Refresh()
		col.Refresh()
		if im.Size > 0 {
			f(&im.Array, &col.Array)
		}
	}
}

// windowsAt returns the windows first ≤ p < last along dimension i whose element k is not padding.
func (c *convolution) windowsAt(i, k int) (first, last int) {
	start := c.Padding[i] - k*c.Dilation[i] // of the input, seen from element k of window 0
	first = max(0, (start+c.Stride[i]-1)/c.Stride[i])
	if end := c.Input[i] + start; end > 0 {
		last = min(c.Output[i], (end+c.Stride[i]-1)/c.Stride[i])
	}
	return first, last
}

// inside reports whether no window reads padding.
func (c *convolution) inside() bool {
	for i := range 3 {
		if c.Padding[i] > 0 || (c.Output[i]-1)*c.Stride[i]+c.span(i) > c.Input[i] {
			return false
		}
	}
	return true
}
