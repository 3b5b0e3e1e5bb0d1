package nn

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/lamina-ml/lamina/tensor"
)

// Pooling layers. A list of sizes has one number for each pooled dimension, or one for all of them.

// MaxPool1d returns the largest element of each window of the last dimension; [tensor.Tensor.MaxPool] gives the
// equation:
//
//	(N, C, L) → (N, C, L′) or (C, L) → (C, L′)
//
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool1d.html)
type MaxPool1d struct {
	Kernel   []int // sizes of a window
	Stride   []int // distances of the windows; nil means Kernel
	Padding  []int // elements beyond each end, at most half the kernel; nil means 0
	Dilation []int // distances of a window's elements; nil means 1
	CeilMode bool  // a window may reach beyond the end
}

// NewMaxPool1d returns a layer whose windows lie side by side.
func NewMaxPool1d(kernel ...int) *MaxPool1d { return &MaxPool1d{Kernel: kernel} }

// Forward returns the largest element of each window of x.
func (l *MaxPool1d) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	return Report(l, x, x.MaxPool(1, maxOptions(MaxPool2d(*l))))
}

// ForwardIndices returns the largest element of each window of x and its position, for MaxUnpool1d: PyTorch's
// return_indices.
func (l *MaxPool1d) ForwardIndices(x tensor.Tensor) (y, index tensor.Tensor) {
	defer InLayer(l)
	y, index = x.MaxPoolIndices(1, maxOptions(MaxPool2d(*l)))
	ReportAll(l, []tensor.Tensor{x}, []tensor.Tensor{y, index})
	return y, index
}

// MaxPool2d returns the largest element of each window of the last two dimensions; [tensor.Tensor.MaxPool] gives the
// equation:
//
//	(N, C, H, W) → (N, C, H′, W′) or (C, H, W) → (C, H′, W′)
//
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html)
type MaxPool2d struct {
	Kernel   []int // sizes of a window
	Stride   []int // distances of the windows; nil means Kernel
	Padding  []int // elements beyond each end, at most half the kernel; nil means 0
	Dilation []int // distances of a window's elements; nil means 1
	CeilMode bool  // a window may reach beyond the end
}

// NewMaxPool2d returns a layer whose windows lie side by side.
func NewMaxPool2d(kernel ...int) *MaxPool2d { return &MaxPool2d{Kernel: kernel} }

// Forward returns the largest element of each window of x.
func (l *MaxPool2d) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	return Report(l, x, x.MaxPool(2, maxOptions(MaxPool2d(*l))))
}

// ForwardIndices returns the largest element of each window of x and its position, for MaxUnpool2d: PyTorch's
// return_indices.
func (l *MaxPool2d) ForwardIndices(x tensor.Tensor) (y, index tensor.Tensor) {
	defer InLayer(l)
	y, index = x.MaxPoolIndices(2, maxOptions(MaxPool2d(*l)))
	ReportAll(l, []tensor.Tensor{x}, []tensor.Tensor{y, index})
	return y, index
}

// MaxPool3d returns the largest element of each window of the last three dimensions; [tensor.Tensor.MaxPool] gives
// the equation:
//
//	(N, C, D, H, W) → (N, C, D′, H′, W′) or (C, D, H, W) → (C, D′, H′, W′)
//
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool3d.html)
type MaxPool3d struct {
	Kernel   []int // sizes of a window
	Stride   []int // distances of the windows; nil means Kernel
	Padding  []int // elements beyond each end, at most half the kernel; nil means 0
	Dilation []int // distances of a window's elements; nil means 1
	CeilMode bool  // a window may reach beyond the end
}

// NewMaxPool3d returns a layer whose windows lie side by side.
func NewMaxPool3d(kernel ...int) *MaxPool3d { return &MaxPool3d{Kernel: kernel} }

// Forward returns the largest element of each window of x.
func (l *MaxPool3d) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	return Report(l, x, x.MaxPool(3, maxOptions(MaxPool2d(*l))))
}

// ForwardIndices returns the largest element of each window of x and its position, for MaxUnpool3d: PyTorch's
// return_indices.
func (l *MaxPool3d) ForwardIndices(x tensor.Tensor) (y, index tensor.Tensor) {
	defer InLayer(l)
	y, index = x.MaxPoolIndices(3, maxOptions(MaxPool2d(*l)))
	ReportAll(l, []tensor.Tensor{x}, []tensor.Tensor{y, index})
	return y, index
}

func maxOptions(l MaxPool2d) tensor.PoolOptions {
	return tensor.PoolOptions{Kernel: l.Kernel, Stride: l.Stride, Padding: l.Padding, Dilation: l.Dilation,
		CeilMode: l.CeilMode}
}

// AvgPool1d returns the mean of each window of the last dimension; [tensor.Tensor.AvgPool] gives the equation:
//
//	(N, C, L) → (N, C, L′) or (C, L) → (C, L′)
//
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.AvgPool1d.html)
type AvgPool1d struct {
	Kernel            []int // sizes of a window
	Stride            []int // distances of the windows; nil means Kernel
	Padding           []int // zeros beyond each end, at most half the kernel; nil means 0
	CeilMode          bool  // a window may reach beyond the end
	NoCountIncludePad bool  // the zeros of the padding do not count
	DivisorOverride   int   // divides the sum; 0 means the number of the window's elements
}

// NewAvgPool1d returns a layer whose windows lie side by side.
func NewAvgPool1d(kernel ...int) *AvgPool1d { return &AvgPool1d{Kernel: kernel} }

// Forward returns the mean of each window of x.
func (l *AvgPool1d) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	return Report(l, x, x.AvgPool(1, avgOptions(AvgPool2d(*l))))
}

// AvgPool2d returns the mean of each window of the last two dimensions; [tensor.Tensor.AvgPool] gives the equation:
//
//	(N, C, H, W) → (N, C, H′, W′) or (C, H, W) → (C, H′, W′)
//
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.AvgPool2d.html)
type AvgPool2d struct {
	Kernel            []int // sizes of a window
	Stride            []int // distances of the windows; nil means Kernel
	Padding           []int // zeros beyond each end, at most half the kernel; nil means 0
	CeilMode          bool  // a window may reach beyond the end
	NoCountIncludePad bool  // the zeros of the padding do not count
	DivisorOverride   int   // divides the sum; 0 means the number of the window's elements
}

// NewAvgPool2d returns a layer whose windows lie side by side.
func NewAvgPool2d(kernel ...int) *AvgPool2d { return &AvgPool2d{Kernel: kernel} }

// Forward returns the mean of each window of x.
func (l *AvgPool2d) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	return Report(l, x, x.AvgPool(2, avgOptions(AvgPool2d(*l))))
}

// AvgPool3d returns the mean of each window of the last three dimensions; [tensor.Tensor.AvgPool] gives the equation:
//
//	(N, C, D, H, W) → (N, C, D′, H′, W′) or (C, D, H, W) → (C, D′, H′, W′)
//
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.AvgPool3d.html)
type AvgPool3d struct {
	Kernel            []int // sizes of a window
	Stride            []int // distances of the windows; nil means Kernel
	Padding           []int // zeros beyond each end, at most half the kernel; nil means 0
	CeilMode          bool  // a window may reach beyond the end
	NoCountIncludePad bool  // the zeros of the padding do not count
	DivisorOverride   int   // divides the sum; 0 means the number of the window's elements
}

// NewAvgPool3d returns a layer whose windows lie side by side.
func NewAvgPool3d(kernel ...int) *AvgPool3d { return &AvgPool3d{Kernel: kernel} }

// Forward returns the mean of each window of x.
func (l *AvgPool3d) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	return Report(l, x, x.AvgPool(3, avgOptions(AvgPool2d(*l))))
}

func avgOptions(l AvgPool2d) tensor.PoolOptions {
	return tensor.PoolOptions{Kernel: l.Kernel, Stride: l.Stride, Padding: l.Padding, CeilMode: l.CeilMode,
		NoCountIncludePad: l.NoCountIncludePad, DivisorOverride: l.DivisorOverride}
}

// AdaptiveAvgPool1d returns the mean of each of as many windows along the last dimension as the result has elements
// there. The windows cover the input evenly; [tensor.Tensor.AdaptiveMaxPool] defines them:
//
//	(N, C, L) → (N, C, L′) or (C, L) → (C, L′)
//
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool1d.html)
type AdaptiveAvgPool1d struct {
	Output []int // sizes of the result; −1, PyTorch's None, keeps the input's
}

// NewAdaptiveAvgPool1d returns a layer whose results have the given sizes.
func NewAdaptiveAvgPool1d(output ...int) *AdaptiveAvgPool1d {
	return &AdaptiveAvgPool1d{Output: output}
}

// Forward returns the mean of each window of x.
func (l *AdaptiveAvgPool1d) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	sizes := outputSizes(l, 1, l.Output)
	return Report(l, x, x.AdaptiveAvgPool(sizes[:1]...))
}

// AdaptiveAvgPool2d returns the mean of each of as many windows along the last two dimensions as the result has
// elements there. The windows cover the input evenly; [tensor.Tensor.AdaptiveMaxPool] defines them:
//
//	(N, C, H, W) → (N, C, H′, W′) or (C, H, W) → (C, H′, W′)
//
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool2d.html)
type AdaptiveAvgPool2d struct {
	Output []int // sizes of the result; −1, PyTorch's None, keeps the input's
}

// NewAdaptiveAvgPool2d returns a layer whose results have the given sizes.
func NewAdaptiveAvgPool2d(output ...int) *AdaptiveAvgPool2d {
	return &AdaptiveAvgPool2d{Output: output}
}

// Forward returns the mean of each window of x.
func (l *AdaptiveAvgPool2d) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	sizes := outputSizes(l, 2, l.Output)
	return Report(l, x, x.AdaptiveAvgPool(sizes[:2]...))
}

// AdaptiveAvgPool3d returns the mean of each of as many windows along the last three dimensions as the result has
// elements there. The windows cover the input evenly; [tensor.Tensor.AdaptiveMaxPool] defines them:
//
//	(N, C, D, H, W) → (N, C, D′, H′, W′) or (C, D, H, W) → (C, D′, H′, W′)
//
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool3d.html)
type AdaptiveAvgPool3d struct {
	Output []int // sizes of the result; −1, PyTorch's None, keeps the input's
}

// NewAdaptiveAvgPool3d returns a layer whose results have the given sizes.
func NewAdaptiveAvgPool3d(output ...int) *AdaptiveAvgPool3d {
	return &AdaptiveAvgPool3d{Output: output}
}

// Forward returns the mean of each window of x.
func (l *AdaptiveAvgPool3d) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	sizes := outputSizes(l, 3, l.Output)
	return Report(l, x, x.AdaptiveAvgPool(sizes[:3]...))
}

// AdaptiveMaxPool1d returns the largest element of each of as many windows along the last dimension as the result has
// elements there. The windows cover the input evenly; [tensor.Tensor.AdaptiveMaxPool] defines them:
//
//	(N, C, L) → (N, C, L′) or (C, L) → (C, L′)
//
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveMaxPool1d.html)
type AdaptiveMaxPool1d struct {
	Output []int // sizes of the result; −1, PyTorch's None, keeps the input's
}

// NewAdaptiveMaxPool1d returns a layer whose results have the given sizes.
func NewAdaptiveMaxPool1d(output ...int) *AdaptiveMaxPool1d {
	return &AdaptiveMaxPool1d{Output: output}
}

// Forward returns the largest element of each window of x.
func (l *AdaptiveMaxPool1d) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	sizes := outputSizes(l, 1, l.Output)
	return Report(l, x, x.AdaptiveMaxPool(sizes[:1]...))
}

// ForwardIndices returns the largest element of each window of x and its position: PyTorch's return_indices.
func (l *AdaptiveMaxPool1d) ForwardIndices(x tensor.Tensor) (y, index tensor.Tensor) {
	defer InLayer(l)
	sizes := outputSizes(l, 1, l.Output)
	y, index = x.AdaptiveMaxPoolIndices(sizes[:1]...)
	ReportAll(l, []tensor.Tensor{x}, []tensor.Tensor{y, index})
	return y, index
}

// AdaptiveMaxPool2d returns the largest element of each of as many windows along the last two dimensions as the
// result has elements there. The windows cover the input evenly; [tensor.Tensor.AdaptiveMaxPool] defines them:
//
//	(N, C, H, W) → (N, C, H′, W′) or (C, H, W) → (C, H′, W′)
//
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveMaxPool2d.html)
type AdaptiveMaxPool2d struct {
	Output []int // sizes of the result; −1, PyTorch's None, keeps the input's
}

// NewAdaptiveMaxPool2d returns a layer whose results have the given sizes.
func NewAdaptiveMaxPool2d(output ...int) *AdaptiveMaxPool2d {
	return &AdaptiveMaxPool2d{Output: output}
}

// Forward returns the largest element of each window of x.
func (l *AdaptiveMaxPool2d) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	sizes := outputSizes(l, 2, l.Output)
	return Report(l, x, x.AdaptiveMaxPool(sizes[:2]...))
}

// ForwardIndices returns the largest element of each window of x and its position: PyTorch's return_indices.
func (l *AdaptiveMaxPool2d) ForwardIndices(x tensor.Tensor) (y, index tensor.Tensor) {
	defer InLayer(l)
	sizes := outputSizes(l, 2, l.Output)
	y, index = x.AdaptiveMaxPoolIndices(sizes[:2]...)
	ReportAll(l, []tensor.Tensor{x}, []tensor.Tensor{y, index})
	return y, index
}

// AdaptiveMaxPool3d returns the largest element of each of as many windows along the last three dimensions as the
// result has elements there. The windows cover the input evenly; [tensor.Tensor.AdaptiveMaxPool] defines them:
//
//	(N, C, D, H, W) → (N, C, D′, H′, W′) or (C, D, H, W) → (C, D′, H′, W′)
//
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveMaxPool3d.html)
type AdaptiveMaxPool3d struct {
	Output []int // sizes of the result; −1, PyTorch's None, keeps the input's
}

// NewAdaptiveMaxPool3d returns a layer whose results have the given sizes.
func NewAdaptiveMaxPool3d(output ...int) *AdaptiveMaxPool3d {
	return &AdaptiveMaxPool3d{Output: output}
}

// Forward returns the largest element of each window of x.
func (l *AdaptiveMaxPool3d) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	sizes := outputSizes(l, 3, l.Output)
	return Report(l, x, x.AdaptiveMaxPool(sizes[:3]...))
}

// ForwardIndices returns the largest element of each window of x and its position: PyTorch's return_indices.
func (l *AdaptiveMaxPool3d) ForwardIndices(x tensor.Tensor) (y, index tensor.Tensor) {
	defer InLayer(l)
	sizes := outputSizes(l, 3, l.Output)
	y, index = x.AdaptiveMaxPoolIndices(sizes[:3]...)
	ReportAll(l, []tensor.Tensor{x}, []tensor.Tensor{y, index})
	return y, index
}

// outputSizes returns the sizes for dims dimensions in a list of one for each or one for all.
func outputSizes(layer any, dims int, list []int) (sizes [3]int) {
	if len(list) != 1 && len(list) != dims {
		fail("adaptive_pool", layer, fmt.Sprintf("the output sizes %v must be one number, or one for each of %d dimensions", list, dims))
	}
	for i := range sizes[:dims] {
		sizes[i] = list[min(i, len(list)-1)]
	}
	return sizes
}

// maxPoolText formats a MaxPool as PyTorch does.
func maxPoolText(name string, l MaxPool2d) string {
	stride := l.Stride
	if stride == nil {
		stride = l.Kernel
	}
	return fmt.Sprintf("%s(kernel_size=%s, stride=%s, padding=%s, dilation=%s, ceil_mode=%s)", name,
		listText(l.Kernel, 0), listText(stride, 0), listText(l.Padding, 0), listText(l.Dilation, 1), boolText(l.CeilMode))
}

// avgPoolText formats an AvgPool as PyTorch does. text formats its lists.
func avgPoolText(name string, l AvgPool2d, text func(list []int, missing int) string) string {
	stride := l.Stride
	if stride == nil {
		stride = l.Kernel
	}
	return fmt.Sprintf("%s(kernel_size=%s, stride=%s, padding=%s)", name, text(l.Kernel, 0), text(stride, 0),
		text(l.Padding, 0))
}

// adaptivePoolText formats an adaptive pooling as PyTorch does.
func adaptivePoolText(name string, output []int) string {
	return name + "(output_size=" + strings.ReplaceAll(listText(output, 0), "-1", "None") + ")"
}

// listText formats a list of sizes: one number alone, or a tuple.
func listText(list []int, missing int) string {
	switch len(list) {
	case 0:
		return fmt.Sprint(missing)
	case 1:
		return fmt.Sprint(list[0])
	}
	text := fmt.Sprint(list)
	return "(" + strings.ReplaceAll(text[1:len(text)-1], " ", ", ") + ")"
}

// tupleText formats a list of sizes as a tuple of one number for each of dims dimensions.
func tupleText(dims int, list []int, missing int) string {
	numbers := make([]string, dims)
	for i := range numbers {
		numbers[i] = strconv.Itoa(numberAt(list, i, missing))
	}
	if dims == 1 {
		return "(" + numbers[0] + ",)"
	}
	return "(" + strings.Join(numbers, ", ") + ")"
}

// String returns the layer as PyTorch prints it.
func (l *MaxPool1d) String() string {
	return maxPoolText("MaxPool1d", MaxPool2d(*l))
}

// String returns the layer as PyTorch prints it.
func (l *AvgPool1d) String() string {
	return avgPoolText("AvgPool1d", AvgPool2d(*l),
		func(list []int, missing int) string { return tupleText(1, list, missing) })
}

// String returns the layer as PyTorch prints it.
func (l *AdaptiveAvgPool1d) String() string {
	return adaptivePoolText("AdaptiveAvgPool1d", l.Output)
}

// String returns the layer as PyTorch prints it.
func (l *AdaptiveMaxPool1d) String() string {
	return adaptivePoolText("AdaptiveMaxPool1d", l.Output)
}

// String returns the layer as PyTorch prints it.
func (l *MaxPool2d) String() string {
	return maxPoolText("MaxPool2d", MaxPool2d(*l))
}

// String returns the layer as PyTorch prints it.
func (l *AvgPool2d) String() string {
	return avgPoolText("AvgPool2d", AvgPool2d(*l), listText)
}

// String returns the layer as PyTorch prints it.
func (l *AdaptiveAvgPool2d) String() string {
	return adaptivePoolText("AdaptiveAvgPool2d", l.Output)
}

// String returns the layer as PyTorch prints it.
func (l *AdaptiveMaxPool2d) String() string {
	return adaptivePoolText("AdaptiveMaxPool2d", l.Output)
}

// String returns the layer as PyTorch prints it.
func (l *MaxPool3d) String() string {
	return maxPoolText("MaxPool3d", MaxPool2d(*l))
}

// String returns the layer as PyTorch prints it.
func (l *AvgPool3d) String() string {
	return avgPoolText("AvgPool3d", AvgPool2d(*l), listText)
}

// String returns the layer as PyTorch prints it.
func (l *AdaptiveAvgPool3d) String() string {
	return adaptivePoolText("AdaptiveAvgPool3d", l.Output)
}

// String returns the layer as PyTorch prints it.
func (l *AdaptiveMaxPool3d) String() string {
	return adaptivePoolText("AdaptiveMaxPool3d", l.Output)
}
