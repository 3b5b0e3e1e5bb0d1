package nn

import (
	"fmt"

	"github.com/lamina-ml/lamina/tensor"
)

// Unfold returns the windows of an image as columns; [tensor.Unfold] gives the details:
//
//	(N, C, H, W) → (N, C·kh·kw, windows)
//
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.Unfold.html)
type Unfold struct {
	Kernel []int // the size of a window: one number for height and width, or one for each

	tensor.UnfoldOptions
}

// Forward returns the windows of x.
func (l *Unfold) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	return Report(l, x, tensor.Unfold(x, l.Kernel, l.UnfoldOptions))
}

// Fold adds columns to the places of their windows in an image; [tensor.Fold] gives the details:
//
//	(N, C·kh·kw, windows) → (N, C, H, W)
//
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.Fold.html)
type Fold struct {
	Size   []int // height and width of the image: one number for both, or one for each
	Kernel []int // the size of a window: one number for height and width, or one for each

	tensor.UnfoldOptions
}

// Forward returns the image of the columns x.
func (l *Fold) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	return Report(l, x, tensor.Fold(x, l.Size, l.Kernel, l.UnfoldOptions))
}

// Unflatten splits a dimension; [tensor.Tensor.Unflatten] gives the details.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.Unflatten.html)
type Unflatten struct {
	Dim   int
	Sizes []int // one of them may be −1
}

// Forward returns x with dimension Dim split.
func (l *Unflatten) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	return Report(l, x, x.Unflatten(l.Dim, l.Sizes...))
}

// PixelShuffle makes an image Factor times as high and wide from Factor² times as many channels;
// [tensor.Tensor.PixelShuffle] gives the equation.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.PixelShuffle.html)
type PixelShuffle struct{ Factor int }

// Forward returns the larger image.
func (l *PixelShuffle) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	return Report(l, x, x.PixelShuffle(l.Factor))
}

// PixelUnshuffle is the inverse of [PixelShuffle].
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.PixelUnshuffle.html)
type PixelUnshuffle struct{ Factor int }

// Forward returns the smaller image.
func (l *PixelUnshuffle) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	return Report(l, x, x.PixelUnshuffle(l.Factor))
}

// String returns the layer as PyTorch prints it.
func (l *Unfold) String() string {
	return "Unfold(kernel_size=" + listText(l.Kernel, 0) + unfoldText(l.UnfoldOptions)
}

// String returns the layer as PyTorch prints it.
func (l *Fold) String() string {
	return "Fold(output_size=" + listText(l.Size, 0) + ", kernel_size=" + listText(l.Kernel, 0) + unfoldText(l.UnfoldOptions)
}

func unfoldText(o tensor.UnfoldOptions) string {
	return fmt.Sprintf(", dilation=%s, padding=%s, stride=%s)", listText(o.Dilation, 1), listText(o.Padding, 0),
		listText(o.Stride, 1))
}

// String returns the layer as PyTorch prints it.
func (l *Unflatten) String() string {
	sizes := listText(l.Sizes, 0)
	if len(l.Sizes) == 1 {
		sizes = "(" + sizes + ",)"
	}
	return fmt.Sprintf("Unflatten(dim=%d, unflattened_size=%s)", l.Dim, sizes)
}

// String returns a line such as "PixelShuffle(upscale_factor=2)".
func (l *PixelShuffle) String() string {
	return fmt.Sprintf("PixelShuffle(upscale_factor=%d)", l.Factor)
}

// String returns a line such as "PixelUnshuffle(downscale_factor=2)".
func (l *PixelUnshuffle) String() string {
	return fmt.Sprintf("PixelUnshuffle(downscale_factor=%d)", l.Factor)
}
