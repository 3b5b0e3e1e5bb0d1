package tensor

import (
	"fmt"
	"math"
	"strconv"

	"github.com/lamina-ml/lamina/internal/device"
)

// ConvOptions holds the settings of a convolution. The zero value is PyTorch's default. A list has one number for all
// dimensions, or one for each: depth, height, width.
type ConvOptions struct {
	Stride  []int // the distance of the windows; nil means 1
	Padding []int // how many zeros are added at both ends of each dimension; nil means 0
	// padding="same": zeros are added so that the result has the input's size, an odd one at the end; for stride 1
	Same       bool
	Dilation   []int      // the distance of the kernel's elements; nil means 1
	Groups     int        // the channels are cut into so many groups, and each is convolved for itself; 0 means 1
	Activation Activation // computed in the same pass
}

// Conv1d returns the convolution (in mathematics the cross-correlation) of x with w, plus b, and the activation of
// that:
//
//	y[n,o,p] = act(b[o] + Σ w[o,c,k]·x[n, c, p·stride + k·dilation − padding])
//	x (N, in, L) or (in, L), w (out, in/groups, k), b (out,) → (N, out, L′) or (out, L′)
//	L′ = ⌊(L + 2·padding − dilation·(k − 1) − 1)/stride⌋ + 1
//
// The sum runs over all k and the channels c of the group of o. Elements of x outside 0 … L−1 are 0. b is optional:
// the zero Tensor means no bias. 16-bit floats are computed in float32 and rounded once. It panics if shapes, types
// or devices do not fit. (https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv1d.html)
func Conv1d(x, w, b Tensor, o ConvOptions) Tensor { return convolve("conv1d", 1, x, w, b, o) }

// Conv2d is [Conv1d] over height and width:
//
//	x (N, in, H, W) or (in, H, W), w (out, in/groups, kh, kw), b (out,) → (N, out, H′, W′) or (out, H′, W′)
//
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv2d.html)
func Conv2d(x, w, b Tensor, o ConvOptions) Tensor { return convolve("conv2d", 2, x, w, b, o) }

// Conv3d is [Conv1d] over depth, height and width:
//
//	x (N, in, D, H, W) or (in, D, H, W), w (out, in/groups, kd, kh, kw), b (out,) → (N, out, D′, H′, W′) or (out, D′, H′, W′)
//
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv3d.html)
func Conv3d(x, w, b Tensor, o ConvOptions) Tensor { return convolve("conv3d", 3, x, w, b, o) }

// convolve computes a convolution over dims dimensions.
func convolve(op string, dims int, x, w, b Tensor, o ConvOptions) Tensor {
	shape := x.Shape()
	c := windowsOf(op, dims, o.Stride, o.Padding, o.Dilation)
	checkConvTensors(op, dims, x, w, b)
	c.setKernel(op, w.Shape())
	c.Groups, c.Out = groupsOf(op, o.Groups), w.Dim(0)
	c.In = c.Groups * w.Dim(1)
	c.setBatch(op, "input", &c.Input, c.In, shape, w.Shape())
	if c.Out%c.Groups != 0 {
		fail(op, fmt.Sprintf("%d groups do not divide the %d output channels", c.Groups, c.Out), w.Shape())
	}
	if o.Same {
		c.setSame(op, o.Padding, shape, w.Shape())
	} else {
		c.setOutput(op, shape, w.Shape())
	}
	if o.Activation > ReLU {
		fail(op, fmt.Sprintf("the activation %d is unknown; NoActivation and ReLU exist", o.Activation), shape)
	}
	c.outputShape().checkSize(op, shape, w.Shape())
	c.dropStrides()
	y := Apply3(conv{convolution: c, relu: o.Activation == ReLU}, c.withBatch(x).Widen(), contiguousIn(w, x).widenIn(x),
		contiguousIn(b, x).widenIn(x))
	return c.withoutBatch(y.Cast(x.DType()), shape)
}

// ConvTransposeOptions holds the settings of a transposed convolution. The zero value is PyTorch's default. A list
// has one number for all dimensions, or one for each: depth, height, width.
type ConvTransposeOptions struct {
	Stride  []int // of the convolution whose gradient this is; nil means 1
	Padding []int // how many elements are left out at both ends of each dimension of the result; nil means 0
	// how many elements the result has more at its end; less than the stride or the dilation; nil means 0
	OutputPadding []int
	Dilation      []int // the distance of the kernel's elements; nil means 1
	Groups        int   // the channels are cut into so many groups, and each is convolved for itself; 0 means 1
}

// ConvTranspose1d returns the transposed convolution of x with w, plus b: the gradient of the input of a convolution
// whose result has the gradient x. Element p of x is added, times the kernel, to the elements from p·stride − padding
// on of the result:
//
//	y[n,o,q] = b[o] + Σ w[c,o,k]·x[n,c,p] for all c of o's group and all p, k with p·stride + k·dilation − padding = q
//	x (N, in, L) or (in, L), w (in, out/groups, k), b (out,) → (N, out, L′) or (out, L′)
//	L′ = (L − 1)·stride − 2·padding + dilation·(k − 1) + outputPadding + 1
//
// b is optional: the zero Tensor means no bias. 16-bit floats are computed in float32 and rounded once. It panics if
// shapes, types or devices do not fit.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose1d.html)
func ConvTranspose1d(x, w, b Tensor, o ConvTransposeOptions) Tensor {
	return convolveTransposed("conv_transpose1d", 1, x, w, b, o)
}

// ConvTranspose2d is [ConvTranspose1d] over height and width:
//
//	x (N, in, H, W) or (in, H, W), w (in, out/groups, kh, kw), b (out,) → (N, out, H′, W′) or (out, H′, W′)
//
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose2d.html)
func ConvTranspose2d(x, w, b Tensor, o ConvTransposeOptions) Tensor {
	return convolveTransposed("conv_transpose2d", 2, x, w, b, o)
}

// ConvTranspose3d is [ConvTranspose1d] over depth, height and width:
//
//	x (N, in, D, H, W) or (in, D, H, W), w (in, out/groups, kd, kh, kw), b (out,) → (N, out, D′, H′, W′) or (out, D′, H′, W′)
//
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose3d.html)
func ConvTranspose3d(x, w, b Tensor, o ConvTransposeOptions) Tensor {
	return convolveTransposed("conv_transpose3d", 3, x, w, b, o)
}

// convolveTransposed computes a transposed convolution over dims dimensions. x has the place of the convolution's
// result.
func convolveTransposed(op string, dims int, x, w, b Tensor, o ConvTransposeOptions) Tensor {
	shape := x.Shape()
	c := windowsOf(op, dims, o.Stride, o.Padding, o.Dilation)
	checkConvTensors(op, dims, x, w, Tensor{})
	c.setKernel(op, w.Shape())
	c.Groups, c.Out = groupsOf(op, o.Groups), w.Dim(0)
	c.In = saturatingMul(c.Groups, w.Dim(1))
	if b.Defined() && (b.Rank() != 1 || b.Dim(0) != c.In || b.DType() != w.DType()) {
		fail(op, fmt.Sprintf("a %s bias does not fit the %s weight for %d output channels", b.DType(), w.DType(),
			c.In), b.Shape(), w.Shape())
	}
	if c.Out%c.Groups != 0 {
		fail(op, fmt.Sprintf("%d groups do not divide the %d input channels", c.Groups, c.Out), w.Shape())
	}
	c.setBatch(op, "input", &c.Output, c.Out, shape, w.Shape())
	more := perDimension(op, "output padding", dims, o.OutputPadding, 0, 0)
	for i := 3 - dims; i < 3; i++ {
		if more[i] >= max(c.Stride[i], c.Dilation[i]) {
			fail(op, fmt.Sprintf("the output padding %d must be less than the stride %d or the dilation %d", more[i],
				c.Stride[i], c.Dilation[i]), shape)
		}
		all := saturatingAdd(saturatingAdd(saturatingMul(c.Output[i]-1, c.Stride[i]), c.span(i)), more[i])
		if c.Input[i] = all - 2*c.Padding[i]; c.Input[i] < 1 {
			fail(op, fmt.Sprintf("the padding %d leaves nothing of a result of %d elements", c.Padding[i], all), shape,
				w.Shape())
		}
	}
	c.inputShape().checkSize(op, shape, w.Shape())
	c.dropStrides()
	y := Apply3(convTranspose{c}, c.withBatch(x).Widen(), contiguousIn(w, x).widenIn(x), contiguousIn(b, x).widenIn(x))
	return c.withoutBatch(y.Cast(x.DType()), shape)
}

// checkConvTensors checks the ranks and types of a convolution's tensors, and that the bias has an element for each
// filter.
func checkConvTensors(op string, dims int, x, w, b Tensor) {
	if w.Rank() != dims+2 {
		fail(op, fmt.Sprintf("the weight must have %d dimensions, %s", dims+2, weightDims[dims]), w.Shape())
	}
	if r := x.Rank(); r != dims+2 && r != dims+1 {
		fail(op, fmt.Sprintf("the input must have %d dimensions, (N, C, %s, or %d for one sample, (C, %[2]s", dims+2,
			spatialDims[dims], dims+1), x.Shape(), w.Shape())
	}
	if !x.DType().IsFloat() || x.DType() != w.DType() {
		fail(op, fmt.Sprintf("the input is %s, the weight %s; both must have one floating-point type", x.DType(),
			w.DType()), x.Shape(), w.Shape())
	}
	if b.Defined() && (b.Rank() != 1 || b.Dim(0) != w.Dim(0) || b.DType() != w.DType()) {
		fail(op, fmt.Sprintf("a %s bias does not fit the %s weight", b.DType(), w.DType()), b.Shape(), w.Shape())
	}
}

var (
	weightDims  = [4]string{1: "(C, C/groups, k)", 2: "(C, C/groups, kh, kw)", 3: "(C, C/groups, kd, kh, kw)"}
	spatialDims = [4]string{1: "L)", 2: "H, W)", 3: "D, H, W)"}
)

// contiguousIn returns p as a contiguous tensor. If that needs a copy, the copy belongs to x's scope. An absent p
// stays absent.
func contiguousIn(p, x Tensor) Tensor {
	if !p.Defined() || p.header().Contiguous {
		return p
	}
	return p.InScopeOf(x).Contiguous()
}

// groupsOf returns the number of groups, 1 for 0.
func groupsOf(op string, groups int) int {
	if groups < 0 {
		fail(op, fmt.Sprintf("%d groups; there must be at least 1", groups))
	}
	return max(groups, 1)
}

// perDimension returns a setting of depth, height and width, the last dims of which are in use: list has one number
// for all of them or one for each, an empty one means fallback. The numbers must be at least least, and so small that
// sums of their products do not overflow.
func perDimension(op, name string, dims int, list []int, fallback, least int) (v [3]int) {
	v = [3]int{fallback, fallback, fallback}
	if len(list) > 1 && len(list) != dims {
		fail(op, fmt.Sprintf("the %s has %d numbers; there must be 1 or %d", name, len(list), dims))
	}
	for i := 3 - dims; i < 3 && len(list) > 0; i++ {
		v[i] = list[min(i-(3-dims), len(list)-1)]
		if v[i] < least || v[i] > math.MaxInt32 {
			fail(op, fmt.Sprintf("the %s is %d; it must be %d to %d", name, v[i], least, math.MaxInt32))
		}
	}
	return v
}

// A convolution has the sizes and settings of a convolution over the last dims of the dimensions depth, height and
// width.
type convolution struct {
	device.Convolution
	dims int
}

// windowsOf returns a convolution with these settings, and 1 for every size.
func windowsOf(op string, dims int, stride, padding, dilation []int) convolution {
	one := [3]int{1, 1, 1}
	c := convolution{dims: dims}
	c.Input, c.Kernel, c.Output = one, one, one
	c.Stride = perDimension(op, "stride", dims, stride, 1, 1)
	c.Padding = perDimension(op, "padding", dims, padding, 0, 0)
	c.Dilation = perDimension(op, "dilation", dims, dilation, 1, 1)
	return c
}

// setKernel sets the kernel's size, the last dimensions of a weight.
func (c *convolution) setKernel(op string, w Shape) {
	copy(c.Kernel[3-c.dims:], w.dims[2:w.rank])
	if c.taps() == 0 {
		fail(op, "the kernel has no elements", w)
	}
}

// setBatch reads the size of the batch and the size of c's input or output from shape, whose channels must be as many
// as the weight w is for.
func (c *convolution) setBatch(op, name string, size *[3]int, channels int, shape, w Shape) {
	c.Batch = 1
	if shape.rank == c.dims+2 {
		c.Batch = shape.dims[0]
	}
	at := shape.rank - c.dims // the first dimension after the channels
	if n := shape.dims[at-1]; n != channels {
		msg := fmt.Sprintf("the %s has %d channels (dimension %d), the weight is for %d", name, n, at-1, channels)
		if c.Groups > 1 {
			msg += fmt.Sprintf(" in %d groups", c.Groups)
		}
		switch {
		case shape.rank == c.dims+1 && channels == 1:
			msg += "; " + strconv.Itoa(shape.rank) +
				" dimensions are one sample, x.Unsqueeze(1) makes samples of 1 channel of them"
		case shape.dims[shape.rank-1] == channels:
			msg += "; if the last dimension has the channels, move it with x.Permute to dimension " + strconv.Itoa(at-1)
		}
		fail(op, msg, shape, w)
	}
	copy(size[3-c.dims:], shape.dims[at:shape.rank])
}

// span returns how many elements of a dimension a kernel covers.
func (c *convolution) span(i int) int {
	return saturatingAdd(saturatingMul(c.Dilation[i], c.Kernel[i]-1), 1)
}

// setOutput computes the size of the result.
func (c *convolution) setOutput(op string, shapes ...Shape) {
	for i := 3 - c.dims; i < 3; i++ {
		padded := saturatingAdd(c.Input[i], saturatingMul(2, c.Padding[i]))
		if c.span(i) > padded {
			fail(op, "the kernel "+c.sizes(c.Kernel)+c.dilated()+" does not fit into the padded input "+c.sizes(c.padded()), shapes...)
		}
		c.Output[i] = (padded-c.span(i))/c.Stride[i] + 1
	}
}

// dropStrides sets the stride to 1 along dimensions with a single window. A kernel may take time that grows with the
// stride.
func (c *convolution) dropStrides() {
	for i := range 3 {
		if c.Output[i] == 1 {
			c.Stride[i] = 1
		}
	}
}

// setSame sets the padding such that the result has the input's size.
func (c *convolution) setSame(op string, padding []int, x, w Shape) {
	for i := 3 - c.dims; i < 3; i++ {
		if c.Stride[i] != 1 || len(padding) > 0 {
			fail(op, "Same needs stride 1 and no Padding", x, w)
		}
		c.Padding[i] = (c.span(i) - 1) / 2
	}
	c.Output = c.Input
}

func (c *convolution) padded() (size [3]int) {
	for i := range size {
		size[i] = saturatingAdd(c.Input[i], saturatingMul(2, c.Padding[i]))
	}
	return size
}

// sizes formats sizes of the dimensions in use, as in (5, 5).
func (c *convolution) sizes(v [3]int) string {
	s := Shape{rank: c.dims}
	copy(s.dims[:], v[3-c.dims:])
	return s.String()
}

// dilated says how many elements a dilated kernel covers.
func (c *convolution) dilated() string {
	if c.Dilation == [3]int{1, 1, 1} {
		return ""
	}
	return ", which covers " + c.sizes([3]int{c.span(0), c.span(1), c.span(2)}) + " by its dilation,"
}

// shapeOf returns (a, b, size…).
func (c *convolution) shapeOf(a, b int, size [3]int) Shape {
	s := Shape{rank: 2 + c.dims}
	s.dims[0], s.dims[1] = a, b
	copy(s.dims[2:], size[3-c.dims:])
	return s
}

func (c *convolution) inputShape() Shape  { return c.shapeOf(c.Batch, c.In, c.Input) }
func (c *convolution) outputShape() Shape { return c.shapeOf(c.Batch, c.Out, c.Output) }
func (c *convolution) weightShape() Shape { return c.shapeOf(c.Out, c.In/c.Groups, c.Kernel) }

// withBatch returns x as a contiguous tensor with a dimension for the batch.
func (c *convolution) withBatch(x Tensor) Tensor {
	if x.Rank() == c.dims+1 {
		x = x.Unsqueeze(0)
	}
	return x.Contiguous()
}

// withoutBatch removes the dimension of the batch if x, the input, had none.
func (c *convolution) withoutBatch(y Tensor, x Shape) Tensor {
	if x.rank == c.dims+2 {
		return y
	}
	return y.Squeeze(0)
}
