package nn

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// Conv1d is the convolution over one dimension that [tensor.Conv1d] defines:
//
//	(N, in, L) → (N, out, L′) or (in, L) → (out, L′)
//
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv1d.html)
type Conv1d struct {
	Weight tensor.Tensor // (out, in/groups, k)
	Bias   tensor.Tensor // (out,); undefined if the layer has no bias

	Parametrizations *Parametrizations // how Weight is computed, instead of trained; nil: it is not

	tensor.ConvOptions
	PaddingMode PaddingMode
}

// Conv2d is the convolution over height and width that [tensor.Conv2d] defines:
//
//	(N, in, H, W) → (N, out, H′, W′) or (in, H, W) → (out, H′, W′)
//
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html)
type Conv2d struct {
	Weight tensor.Tensor // (out, in/groups, kh, kw)
	Bias   tensor.Tensor // (out,); undefined if the layer has no bias

	Parametrizations *Parametrizations // how Weight is computed, instead of trained; nil: it is not

	tensor.ConvOptions
	PaddingMode PaddingMode
}

// Conv3d is the convolution over depth, height and width that [tensor.Conv3d] defines:
//
//	(N, in, D, H, W) → (N, out, D′, H′, W′) or (in, D, H, W) → (out, D′, H′, W′)
//
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv3d.html)
type Conv3d struct {
	Weight tensor.Tensor // (out, in/groups, kd, kh, kw)
	Bias   tensor.Tensor // (out,); undefined if the layer has no bias

	Parametrizations *Parametrizations // how Weight is computed, instead of trained; nil: it is not

	tensor.ConvOptions
	PaddingMode PaddingMode
}

// ConvConfig holds the options of a convolution. The zero value is PyTorch's default. A list has one number for all
// dimensions, or one for each: depth, height, width. [Conv1dConfig], [Conv2dConfig] and [Conv3dConfig] have the same
// fields.
type ConvConfig struct {
	Stride      []int       // the distance of the windows; nil means 1
	Padding     []int       // how many elements are added at both ends of each dimension; nil means 0
	Same        bool        // padding="same": the result has the input's size; for stride 1
	PaddingMode PaddingMode // which elements are added; the zero value is zeros
	Dilation    []int       // the distance of the kernel's elements; nil means 1
	Groups      int         // the channels are cut into so many groups, and each is convolved for itself; 0 means 1
	NoBias      bool
	Activation  tensor.Activation // computed in the same pass, such as tensor.ReLU
	DType       tensor.DType
}

// Conv1dConfig holds the options of a Conv1d.
type Conv1dConfig ConvConfig

// Conv2dConfig holds the options of a Conv2d.
type Conv2dConfig ConvConfig

// Conv3dConfig holds the options of a Conv3d.
type Conv3dConfig ConvConfig

// NewConv1d returns a layer of out filters for in channels. kernel is the size of a filter. Weight and bias are drawn
// from g, uniform in ±1/√(in·kernel). The values are those of PyTorch after torch.manual_seed.
func NewConv1d(g *rng.Torch, in, out, kernel int) *Conv1d {
	return Conv1dConfig{}.New(g, in, out, kernel)
}

// New returns a layer of out filters for in channels; see [NewConv1d]. It panics if the groups do not divide in and
// out.
func (c Conv1dConfig) New(g *rng.Torch, in, out, kernel int) *Conv1d {
	w, b, o := ConvConfig(c).draw("conv1d", g, 1, in, out, kernel)
	return &Conv1d{Weight: w, Bias: b, ConvOptions: o, PaddingMode: c.PaddingMode}
}

// NewConv2d returns a layer of out filters for in channels. kernel is the size of a filter: one number for height and
// width, or one for each. Weight and bias are drawn from g, uniform in ±1/√(in·kh·kw). The values are those of
// PyTorch after torch.manual_seed.
func NewConv2d(g *rng.Torch, in, out int, kernel ...int) *Conv2d {
	return Conv2dConfig{}.New(g, in, out, kernel...)
}

// New returns a layer of out filters for in channels; see [NewConv2d]. It panics if the groups do not divide in and
// out.
func (c Conv2dConfig) New(g *rng.Torch, in, out int, kernel ...int) *Conv2d {
	w, b, o := ConvConfig(c).draw("conv2d", g, 2, in, out, kernel...)
	return &Conv2d{Weight: w, Bias: b, ConvOptions: o, PaddingMode: c.PaddingMode}
}

// NewConv3d returns a layer of out filters for in channels. kernel is the size of a filter: one number for depth,
// height and width, or one for each. Weight and bias are drawn from g, uniform in ±1/√(in·kd·kh·kw). The values are
// those of PyTorch after torch.manual_seed.
func NewConv3d(g *rng.Torch, in, out int, kernel ...int) *Conv3d {
	return Conv3dConfig{}.New(g, in, out, kernel...)
}

// New returns a layer of out filters for in channels; see [NewConv3d]. It panics if the groups do not divide in and
// out.
func (c Conv3dConfig) New(g *rng.Torch, in, out int, kernel ...int) *Conv3d {
	w, b, o := ConvConfig(c).draw("conv3d", g, 3, in, out, kernel...)
	return &Conv3d{Weight: w, Bias: b, ConvOptions: o, PaddingMode: c.PaddingMode}
}

// draw returns the parameters of a layer with kernels of the given number of dimensions, and its settings.
func (c ConvConfig) draw(op string, g *rng.Torch, dims, in, out int,
	kernel ...int) (w, b tensor.Tensor, o tensor.ConvOptions) {
	groups := checkGroups(op, c.Groups, in, out)
	if c.Same && slices.ContainsFunc(c.Stride, func(s int) bool { return s != 1 }) {
		fail(op, nil, fmt.Sprintf("Same needs stride 1, not %v", c.Stride))
	}
	w, b = drawFilters(op, g, c.DType, dims, out, in/groups, kernel, out, c.NoBias)
	return w, b, tensor.ConvOptions{Stride: c.Stride, Padding: c.Padding, Same: c.Same, Dilation: c.Dilation,
		Groups: c.Groups, Activation: c.Activation}
}

// checkGroups returns the number of groups, 1 for 0. It panics if they do not divide the channels.
func checkGroups(op string, groups, in, out int) int {
	if groups == 0 {
		groups = 1
	}
	checkSize(op, "in", in)
	checkSize(op, "out", out)
	if groups < 1 || in%groups != 0 || out%groups != 0 {
		fail(op, nil, fmt.Sprintf("%d groups do not divide %d input and %d output channels", groups, in, out))
	}
	return groups
}

// drawFilters draws a weight (a, b, kernel…), and a bias of n elements unless there is none.
func drawFilters(op string, g *rng.Torch, dt tensor.DType, dims, a, b int, kernel []int, n int,
	noBias bool) (weight, bias tensor.Tensor) {
	checkGenerator(op, g)
	if len(kernel) != 1 && len(kernel) != dims || slices.Min(kernel) < 1 {
		fail(op, nil, fmt.Sprintf("the kernel's size %v must be 1 or %d positive numbers", kernel, dims))
	}
	sizes, fan := []int{a, b}, b
	for i := range dims {
		k := kernel[min(i, len(kernel)-1)]
		sizes = append(sizes, k)
		fan *= k
	}
	o := tensor.Options{DType: dt}
	weight = symmetric(g, o, kaimingBound(fan, math.Sqrt(5)), sizes...)
	if !noBias {
		bound := 0.0
		if fan > 0 {
			bound = 1 / math.Sqrt(float64(fan))
		}
		bias = symmetric(g, o, bound, n)
	}
	return weight, bias
}

// Forward returns the convolution of x. It panics if x does not have the layer's channels, or is smaller than the
// kernel.
func (l *Conv1d) Forward(x tensor.Tensor) tensor.Tensor {
	return Report(l, x, l.forward(x, tensor.NoActivation))
}

// forward computes the layer with its activation, or with act if it has none.
func (l *Conv1d) forward(x tensor.Tensor, act tensor.Activation) tensor.Tensor {
	defer InLayer(l)
	w := l.Parametrizations.Of(l.Weight, x)
	checkWeighted("conv1d", l, w)
	x, o := l.PaddingMode.apply(x, w, l.ConvOptions, act)
	return tensor.Conv1d(x, w, l.Bias, o)
}

// Forward returns the convolution of x. It panics if x does not have the layer's channels, or is smaller than the
// kernel.
func (l *Conv2d) Forward(x tensor.Tensor) tensor.Tensor {
	return Report(l, x, l.forward(x, tensor.NoActivation))
}

// forward computes the layer with its activation, or with act if it has none.
func (l *Conv2d) forward(x tensor.Tensor, act tensor.Activation) tensor.Tensor {
	defer InLayer(l)
	w := l.Parametrizations.Of(l.Weight, x)
	checkWeighted("conv2d", l, w)
	x, o := l.PaddingMode.apply(x, w, l.ConvOptions, act)
	return tensor.Conv2d(x, w, l.Bias, o)
}

// Forward returns the convolution of x. It panics if x does not have the layer's channels, or is smaller than the
// kernel.
func (l *Conv3d) Forward(x tensor.Tensor) tensor.Tensor {
	return Report(l, x, l.forward(x, tensor.NoActivation))
}

// forward computes the layer with its activation, or with act if it has none.
func (l *Conv3d) forward(x tensor.Tensor, act tensor.Activation) tensor.Tensor {
	defer InLayer(l)
	w := l.Parametrizations.Of(l.Weight, x)
	checkWeighted("conv3d", l, w)
	x, o := l.PaddingMode.apply(x, w, l.ConvOptions, act)
	return tensor.Conv3d(x, w, l.Bias, o)
}

func (l *Conv1d) fuses() bool { return l != nil && l.Activation == tensor.NoActivation }
func (l *Conv2d) fuses() bool { return l != nil && l.Activation == tensor.NoActivation }
func (l *Conv3d) fuses() bool { return l != nil && l.Activation == tensor.NoActivation }

// MultiplyAdds returns the number of multiply-adds of Forward.
func (l *Conv1d) MultiplyAdds(inputs, outputs []tensor.Shape) int {
	return perFilter(l.Parametrizations.like(l.Weight), outputs[0])
}

// MultiplyAdds returns the number of multiply-adds of Forward.
func (l *Conv2d) MultiplyAdds(inputs, outputs []tensor.Shape) int {
	return perFilter(l.Parametrizations.like(l.Weight), outputs[0])
}

// MultiplyAdds returns the number of multiply-adds of Forward.
func (l *Conv3d) MultiplyAdds(inputs, outputs []tensor.Shape) int {
	return perFilter(l.Parametrizations.like(l.Weight), outputs[0])
}

// perFilter returns the number of elements of s times that of a filter of w, its part along dimension 0.
func perFilter(w tensor.Tensor, s tensor.Shape) int { return s.Size() * (w.Len() / max(1, w.Dim(0))) }

// PaddingMode says which elements a convolution adds at the ends of each dimension of its input.
type PaddingMode uint8

// The padding modes.
const (
	PadZeros     PaddingMode = iota
	PadReflect               // the input mirrored at its first and last elements, which are not repeated
	PadReplicate             // the first and the last element
	PadCircular              // elements from the other end
)

var paddingModes = [...]string{"zeros", "reflect", "replicate", "circular"}

// String returns PyTorch's name of the mode.
func (m PaddingMode) String() string {
	if int(m) < len(paddingModes) {
		return paddingModes[m]
	}
	return "invalid"
}

// apply pads x, unless with zeros, which the convolution adds itself. It returns the convolution's options, with the
// activation act if they have none.
func (m PaddingMode) apply(x, w tensor.Tensor, o tensor.ConvOptions,
	act tensor.Activation) (tensor.Tensor, tensor.ConvOptions) {
	if o.Activation == tensor.NoActivation {
		o.Activation = act
	}
	dims := w.Rank() - 2
	if m == PadZeros || dims < 1 || dims > 3 || x.Rank() < dims || !oneOrEach(o.Padding, dims) ||
		!oneOrEach(o.Dilation, dims) {
		return x, o // the convolution checks the rest
	}
	var sides [2 * 3]int
	for i := range dims { // from the last dimension backwards, as Pad takes them
		at := dims - 1 - i
		if o.Same {
			total := (w.Dim(2+at) - 1) * numberAt(o.Dilation, at, 1)
			sides[2*i], sides[2*i+1] = total/2, total-total/2
		} else {
			sides[2*i], sides[2*i+1] = numberAt(o.Padding, at, 0), numberAt(o.Padding, at, 0)
		}
	}
	o.Padding, o.Same = nil, false
	switch m {
	case PadReflect:
		x = x.PadReflect(sides[:2*dims]...)
	case PadReplicate:
		x = x.PadReplicate(sides[:2*dims]...)
	case PadCircular:
		x = x.PadCircular(sides[:2*dims]...)
	default:
		fail(fmt.Sprintf("conv%dd", dims), nil,
			fmt.Sprintf("the padding mode %d is unknown; PadZeros, PadReflect, PadReplicate and PadCircular exist", m))
	}
	return x, o
}

// oneOrEach reports whether list has one number for all dimensions or one for each, or none.
func oneOrEach(list []int, dims int) bool { return len(list) <= 1 || len(list) == dims }

// numberAt returns the number for dimension i of a list that has one for all or one for each; an empty list means
// fallback.
func numberAt(list []int, i, fallback int) int {
	if len(list) == 0 {
		return fallback
	}
	return list[min(i, len(list)-1)]
}

// String returns a line such as "Conv1d(3, 8, kernel_size=(5,), stride=(1,))".
func (l *Conv1d) String() string {
	return convString("Conv1d", l.Parametrizations.like(l.Weight), l.Bias, l.ConvOptions, l.PaddingMode)
}

// String returns a line such as "Conv2d(1, 32, kernel_size=(3, 3), stride=(1, 1))".
func (l *Conv2d) String() string {
	return convString("Conv2d", l.Parametrizations.like(l.Weight), l.Bias, l.ConvOptions, l.PaddingMode)
}

// String returns a line such as "Conv3d(1, 32, kernel_size=(3, 3, 3), stride=(1, 1, 1))".
func (l *Conv3d) String() string {
	return convString("Conv3d", l.Parametrizations.like(l.Weight), l.Bias, l.ConvOptions, l.PaddingMode)
}

func convString(name string, w, b tensor.Tensor, o tensor.ConvOptions, mode PaddingMode) string {
	if !w.Defined() || w.Rank() < 3 {
		return name + "()"
	}
	s := fmt.Sprintf("%s(%d, %d", name, w.Dim(1)*max(1, o.Groups), w.Dim(0)) + windowString(w, o.Stride)
	if o.Same {
		s += ", padding=same"
	} else {
		s += listString(w, "padding", o.Padding, 0)
	}
	s += listString(w, "dilation", o.Dilation, 1) + groupString(o.Groups, b)
	if mode != PadZeros {
		s += ", padding_mode=" + mode.String()
	}
	if o.Activation != tensor.NoActivation {
		s += ", activation=" + o.Activation.String()
	}
	return s + ")"
}

// windowString formats the size of the kernels of w, and the stride.
func windowString(w tensor.Tensor, stride []int) string {
	return ", kernel_size=" + tensor.ShapeOf(w.Shape().Dims()[2:]...).String() + ", stride=" +
		perDimension(w, stride, 1)
}

// listString formats a setting of each dimension. It returns "" if all are fallback.
func listString(w tensor.Tensor, name string, list []int, fallback int) string {
	if !slices.ContainsFunc(list, func(v int) bool { return v != fallback }) {
		return ""
	}
	return ", " + name + "=" + perDimension(w, list, fallback)
}

// perDimension formats a list as one number for each dimension of the kernels of w.
func perDimension(w tensor.Tensor, list []int, fallback int) string {
	var b strings.Builder
	for i := range w.Rank() - 2 {
		fmt.Fprintf(&b, ", %d", numberAt(list, i, fallback))
	}
	if w.Rank() == 3 {
		b.WriteByte(',')
	}
	return "(" + b.String()[2:] + ")"
}

// groupString formats the number of groups, unless it is 1, and the absence of a bias.
func groupString(groups int, bias tensor.Tensor) (s string) {
	if groups > 1 {
		s = fmt.Sprintf(", groups=%d", groups)
	}
	if !bias.Defined() {
		s += ", bias=False"
	}
	return s
}
