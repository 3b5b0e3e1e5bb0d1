package nn

import (
	"fmt"

	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// ConvTranspose1d is the transposed convolution over one dimension that [tensor.ConvTranspose1d] defines:
//
//	(N, in, L) → (N, out, L′) or (in, L) → (out, L′)
//
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.ConvTranspose1d.html)
type ConvTranspose1d struct {
	Weight tensor.Tensor // (in, out/groups, k)
	Bias   tensor.Tensor // (out,); undefined if the layer has no bias

	Parametrizations *Parametrizations // how Weight is computed, instead of trained; nil: it is not

	tensor.ConvTransposeOptions
}

// ConvTranspose2d is the transposed convolution over height and width that [tensor.ConvTranspose2d] defines:
//
//	(N, in, H, W) → (N, out, H′, W′) or (in, H, W) → (out, H′, W′)
//
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.ConvTranspose2d.html)
type ConvTranspose2d struct {
	Weight tensor.Tensor // (in, out/groups, kh, kw)
	Bias   tensor.Tensor // (out,); undefined if the layer has no bias

	Parametrizations *Parametrizations // how Weight is computed, instead of trained; nil: it is not

	tensor.ConvTransposeOptions
}

// ConvTranspose3d is the transposed convolution over depth, height and width that [tensor.ConvTranspose3d] defines:
//
//	(N, in, D, H, W) → (N, out, D′, H′, W′) or (in, D, H, W) → (out, D′, H′, W′)
//
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.ConvTranspose3d.html)
type ConvTranspose3d struct {
	Weight tensor.Tensor // (in, out/groups, kd, kh, kw)
	Bias   tensor.Tensor // (out,); undefined if the layer has no bias

	Parametrizations *Parametrizations // how Weight is computed, instead of trained; nil: it is not

	tensor.ConvTransposeOptions
}

// ConvTransposeConfig holds the options of a transposed convolution. The zero value is PyTorch's default. A list has
// one number for all dimensions, or one for each: depth, height, width. [ConvTranspose1dConfig],
// [ConvTranspose2dConfig] and [ConvTranspose3dConfig] have the same fields.
type ConvTransposeConfig struct {
	Stride        []int // of the convolution whose gradient this is; nil means 1
	Padding       []int // how many elements are left out at both ends of each dimension of the result; nil means 0
	OutputPadding []int // how many elements the result has more at its end; nil means 0
	Dilation      []int // the distance of the kernel's elements; nil means 1
	Groups        int   // the channels are cut into so many groups, and each is convolved for itself; 0 means 1
	NoBias        bool
	DType         tensor.DType
}

// ConvTranspose1dConfig holds the options of a ConvTranspose1d.
type ConvTranspose1dConfig ConvTransposeConfig

// ConvTranspose2dConfig holds the options of a ConvTranspose2d.
type ConvTranspose2dConfig ConvTransposeConfig

// ConvTranspose3dConfig holds the options of a ConvTranspose3d.
type ConvTranspose3dConfig ConvTransposeConfig

// NewConvTranspose1d returns a layer from in to out channels. kernel is the size of a filter. Weight and bias are
// drawn from g, uniform in ±1/√(out·kernel). The values are those of PyTorch after torch.manual_seed.
func NewConvTranspose1d(g *rng.Torch, in, out, kernel int) *ConvTranspose1d {
	return ConvTranspose1dConfig{}.New(g, in, out, kernel)
}

// New returns a layer from in to out channels; see [NewConvTranspose1d]. It panics if the groups do not divide in and
// out.
func (c ConvTranspose1dConfig) New(g *rng.Torch, in, out, kernel int) *ConvTranspose1d {
	w, b, o := ConvTransposeConfig(c).draw("conv_transpose1d", g, 1, in, out, kernel)
	return &ConvTranspose1d{Weight: w, Bias: b, ConvTransposeOptions: o}
}

// NewConvTranspose2d returns a layer from in to out channels. kernel is the size of a filter: one number for height
// and width, or one for each. Weight and bias are drawn from g, uniform in ±1/√(out·kh·kw). The values are those of
// PyTorch after torch.manual_seed.
func NewConvTranspose2d(g *rng.Torch, in, out int, kernel ...int) *ConvTranspose2d {
	return ConvTranspose2dConfig{}.New(g, in, out, kernel...)
}

// New returns a layer from in to out channels; see [NewConvTranspose2d]. It panics if the groups do not divide in and
// out.
func (c ConvTranspose2dConfig) New(g *rng.Torch, in, out int, kernel ...int) *ConvTranspose2d {
	w, b, o := ConvTransposeConfig(c).draw("conv_transpose2d", g, 2, in, out, kernel...)
	return &ConvTranspose2d{Weight: w, Bias: b, ConvTransposeOptions: o}
}

// NewConvTranspose3d returns a layer from in to out channels. kernel is the size of a filter: one number for depth,
// height and width, or one for each. Weight and bias are drawn from g, uniform in ±1/√(out·kd·kh·kw). The values are
// those of PyTorch after torch.manual_seed.
func NewConvTranspose3d(g *rng.Torch, in, out int, kernel ...int) *ConvTranspose3d {
	return ConvTranspose3dConfig{}.New(g, in, out, kernel...)
}

// New returns a layer from in to out channels; see [NewConvTranspose3d]. It panics if the groups do not divide in and
// out.
func (c ConvTranspose3dConfig) New(g *rng.Torch, in, out int, kernel ...int) *ConvTranspose3d {
	w, b, o := ConvTransposeConfig(c).draw("conv_transpose3d", g, 3, in, out, kernel...)
	return &ConvTranspose3d{Weight: w, Bias: b, ConvTransposeOptions: o}
}

// draw returns the parameters of a layer with kernels of the given number of dimensions, and its settings.
func (c ConvTransposeConfig) draw(op string, g *rng.Torch, dims, in, out int,
	kernel ...int) (w, b tensor.Tensor, o tensor.ConvTransposeOptions) {
	groups := checkGroups(op, c.Groups, in, out)
	w, b = drawFilters(op, g, c.DType, dims, in, out/groups, kernel, out, c.NoBias)
	return w, b, tensor.ConvTransposeOptions{Stride: c.Stride, Padding: c.Padding, OutputPadding: c.OutputPadding,
		Dilation: c.Dilation, Groups: c.Groups}
}

// Forward returns the transposed convolution of x. It panics if x does not have the layer's channels.
func (l *ConvTranspose1d) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	w := l.Parametrizations.Of(l.Weight, x)
	checkWeighted("conv_transpose1d", l, w)
	return Report(l, x, tensor.ConvTranspose1d(x, w, l.Bias, l.ConvTransposeOptions))
}

// Forward returns the transposed convolution of x. It panics if x does not have the layer's channels.
func (l *ConvTranspose2d) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	w := l.Parametrizations.Of(l.Weight, x)
	checkWeighted("conv_transpose2d", l, w)
	return Report(l, x, tensor.ConvTranspose2d(x, w, l.Bias, l.ConvTransposeOptions))
}

// Forward returns the transposed convolution of x. It panics if x does not have the layer's channels.
func (l *ConvTranspose3d) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	w := l.Parametrizations.Of(l.Weight, x)
	checkWeighted("conv_transpose3d", l, w)
	return Report(l, x, tensor.ConvTranspose3d(x, w, l.Bias, l.ConvTransposeOptions))
}

// ForwardSize returns the transposed convolution of x with as much output padding as makes a result of the given
// size, one number for each dimension: PyTorch's output_size. It panics if no output padding below the stride does.
func (l *ConvTranspose1d) ForwardSize(x tensor.Tensor, size ...int) tensor.Tensor {
	defer InLayer(l)
	w := l.Parametrizations.Of(l.Weight, x)
	checkWeighted("conv_transpose1d", l, w)
	o := l.ConvTransposeOptions
	o.OutputPadding = outputPadding("conv_transpose1d", l, 1, x, w, o, size)
	return Report(l, x, tensor.ConvTranspose1d(x, w, l.Bias, o))
}

// ForwardSize returns the transposed convolution of x with as much output padding as makes a result of the given
// size, one number for each dimension: PyTorch's output_size. It panics if no output padding below the stride does.
func (l *ConvTranspose2d) ForwardSize(x tensor.Tensor, size ...int) tensor.Tensor {
	defer InLayer(l)
	w := l.Parametrizations.Of(l.Weight, x)
	checkWeighted("conv_transpose2d", l, w)
	o := l.ConvTransposeOptions
	o.OutputPadding = outputPadding("conv_transpose2d", l, 2, x, w, o, size)
	return Report(l, x, tensor.ConvTranspose2d(x, w, l.Bias, o))
}

// ForwardSize returns the transposed convolution of x with as much output padding as makes a result of the given
// size, one number for each dimension: PyTorch's output_size. It panics if no output padding below the stride does.
func (l *ConvTranspose3d) ForwardSize(x tensor.Tensor, size ...int) tensor.Tensor {
	defer InLayer(l)
	w := l.Parametrizations.Of(l.Weight, x)
	checkWeighted("conv_transpose3d", l, w)
	o := l.ConvTransposeOptions
	o.OutputPadding = outputPadding("conv_transpose3d", l, 3, x, w, o, size)
	return Report(l, x, tensor.ConvTranspose3d(x, w, l.Bias, o))
}

// outputPadding returns the output padding with which the result has the given size.
func outputPadding(op string, l any, dims int, x, w tensor.Tensor, o tensor.ConvTransposeOptions, size []int) []int {
	if len(size) != dims {
		fail(op, l, fmt.Sprintf("the result's size must have %d numbers, not %d", dims, len(size)), x.Shape(),
			w.Shape())
	}
	if w.Rank() != dims+2 || x.Rank() != dims+1 && x.Rank() != dims+2 {
		fail(op, l, fmt.Sprintf("the weight must have %d dimensions, and the input %d or %d", dims+2, dims+1, dims+2),
			x.Shape(), w.Shape())
	}
	more := make([]int, dims)
	for i := range dims {
		stride := numberAt(o.Stride, i, 1)
		least := (x.Dim(i-dims)-1)*stride - 2*numberAt(o.Padding, i, 0) + numberAt(o.Dilation, i, 1)*(w.Dim(2+i)-1) + 1
		if more[i] = size[i] - least; more[i] < 0 || more[i] >= stride {
			fail(op, l, fmt.Sprintf("the result's size %d along dimension %d is impossible; it is %d to %d for this input",
				size[i], i-dims, least, least+stride-1), x.Shape(), w.Shape())
		}
	}
	return more
}

// MultiplyAdds returns the number of multiply-adds of Forward.
func (l *ConvTranspose1d) MultiplyAdds(inputs, outputs []tensor.Shape) int {
	return perFilter(l.Parametrizations.like(l.Weight), inputs[0])
}

// MultiplyAdds returns the number of multiply-adds of Forward.
func (l *ConvTranspose2d) MultiplyAdds(inputs, outputs []tensor.Shape) int {
	return perFilter(l.Parametrizations.like(l.Weight), inputs[0])
}

// MultiplyAdds returns the number of multiply-adds of Forward.
func (l *ConvTranspose3d) MultiplyAdds(inputs, outputs []tensor.Shape) int {
	return perFilter(l.Parametrizations.like(l.Weight), inputs[0])
}

// String returns a line such as "ConvTranspose1d(8, 3, kernel_size=(5,), stride=(2,))".
func (l *ConvTranspose1d) String() string {
	return convTransposeString("ConvTranspose1d", l.Parametrizations.like(l.Weight), l.Bias, l.ConvTransposeOptions)
}

// String returns a line such as "ConvTranspose2d(32, 16, kernel_size=(2, 2), stride=(2, 2))".
func (l *ConvTranspose2d) String() string {
	return convTransposeString("ConvTranspose2d", l.Parametrizations.like(l.Weight), l.Bias, l.ConvTransposeOptions)
}

// String returns a line such as "ConvTranspose3d(32, 16, kernel_size=(2, 2, 2), stride=(2, 2, 2))".
func (l *ConvTranspose3d) String() string {
	return convTransposeString("ConvTranspose3d", l.Parametrizations.like(l.Weight), l.Bias, l.ConvTransposeOptions)
}

func convTransposeString(name string, w, b tensor.Tensor, o tensor.ConvTransposeOptions) string {
	if !w.Defined() || w.Rank() < 3 {
		return name + "()"
	}
	return fmt.Sprintf("%s(%d, %d", name, w.Dim(0), w.Dim(1)*max(1, o.Groups)) + windowString(w, o.Stride) +
		listString(w, "padding", o.Padding, 0) + listString(w, "dilation", o.Dilation, 1) +
		listString(w, "output_padding", o.OutputPadding, 0) + groupString(o.Groups, b) + ")"
}
