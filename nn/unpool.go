package nn

import (
	"fmt"
	"math"
	"strings"

	"github.com/lamina-ml/lamina/tensor"
)

// LPPool1d returns the P-norm of each window of the last dimension: (Σ xᴾ)^(1/P). [tensor.Tensor.LPPool] says more.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.LPPool1d.html)
type LPPool1d struct {
	P        float64 // the norm
	Kernel   []int   // sizes of a window
	Stride   []int   // distances of the windows; nil means Kernel
	CeilMode bool    // a window may reach beyond the end
}

// NewLPPool1d returns a layer of p-norms of windows that lie side by side.
func NewLPPool1d(p float64, kernel ...int) *LPPool1d { return &LPPool1d{P: p, Kernel: kernel} }

// Forward returns the norm of each window of x.
func (l *LPPool1d) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	return Report(l, x, x.LPPool(1, l.P, tensor.PoolOptions{Kernel: l.Kernel, Stride: l.Stride, CeilMode: l.CeilMode}))
}

// String returns the layer as PyTorch prints it.
func (l *LPPool1d) String() string {
	return lpText("LPPool1d", LPPool2d(*l))
}

// LPPool2d returns the P-norm of each window of the last two dimensions: (Σ xᴾ)^(1/P). [tensor.Tensor.LPPool] says
// more. (https://docs.pytorch.org/docs/stable/generated/torch.nn.LPPool2d.html)
type LPPool2d struct {
	P        float64 // the norm
	Kernel   []int   // sizes of a window
	Stride   []int   // distances of the windows; nil means Kernel
	CeilMode bool    // a window may reach beyond the end
}

// NewLPPool2d returns a layer of p-norms of windows that lie side by side.
func NewLPPool2d(p float64, kernel ...int) *LPPool2d { return &LPPool2d{P: p, Kernel: kernel} }

// Forward returns the norm of each window of x.
func (l *LPPool2d) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	return Report(l, x, x.LPPool(2, l.P, tensor.PoolOptions{Kernel: l.Kernel, Stride: l.Stride, CeilMode: l.CeilMode}))
}

// String returns the layer as PyTorch prints it.
func (l *LPPool2d) String() string {
	return lpText("LPPool2d", LPPool2d(*l))
}

// LPPool3d returns the P-norm of each window of the last three dimensions: (Σ xᴾ)^(1/P). [tensor.Tensor.LPPool] says
// more. (https://docs.pytorch.org/docs/stable/generated/torch.nn.LPPool3d.html)
type LPPool3d struct {
	P        float64 // the norm
	Kernel   []int   // sizes of a window
	Stride   []int   // distances of the windows; nil means Kernel
	CeilMode bool    // a window may reach beyond the end
}

// NewLPPool3d returns a layer of p-norms of windows that lie side by side.
func NewLPPool3d(p float64, kernel ...int) *LPPool3d { return &LPPool3d{P: p, Kernel: kernel} }

// Forward returns the norm of each window of x.
func (l *LPPool3d) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	return Report(l, x, x.LPPool(3, l.P, tensor.PoolOptions{Kernel: l.Kernel, Stride: l.Stride, CeilMode: l.CeilMode}))
}

// String returns the layer as PyTorch prints it.
func (l *LPPool3d) String() string {
	return lpText("LPPool3d", LPPool2d(*l))
}

func lpText(name string, l LPPool2d) string {
	stride := "None"
	if l.Stride != nil {
		stride = listText(l.Stride, 0)
	}
	return fmt.Sprintf("%s(norm_type=%v, kernel_size=%s, stride=%s, ceil_mode=%s)", name, l.P, listText(l.Kernel, 0),
		stride, boolText(l.CeilMode))
}

// MaxUnpool1d writes each element of x to the position that MaxPool1d's ForwardIndices gave it, and zeros elsewhere:
// a partial inverse. (https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxUnpool1d.html)
type MaxUnpool1d struct {
	Kernel  []int // that of the MaxPool1d
	Stride  []int // that of the MaxPool1d; nil means Kernel
	Padding []int // that of the MaxPool1d; nil means 0
}

// NewMaxUnpool1d returns the inverse of NewMaxPool1d.
func NewMaxUnpool1d(kernel ...int) *MaxUnpool1d { return &MaxUnpool1d{Kernel: kernel} }

// Forward returns x's elements at the positions index. The result has the given sizes, those of the MaxPool1d's
// input, or without them (x's size − 1)·stride − 2·padding + kernel.
func (l *MaxUnpool1d) Forward(x, index tensor.Tensor, size ...int) tensor.Tensor {
	defer InLayer(l)
	sizes := unpooledSizes(l, 1, MaxUnpool2d(*l), x, size)
	return reported(l, x.MaxUnpool(index, sizes[:1]...), x, index)
}

// String returns the layer as PyTorch prints it.
func (l *MaxUnpool1d) String() string { return unpoolText("MaxUnpool1d", 1, MaxUnpool2d(*l)) }

// MaxUnpool2d writes each element of x to the position that MaxPool2d's ForwardIndices gave it, and zeros elsewhere:
// a partial inverse. (https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxUnpool2d.html)
type MaxUnpool2d struct {
	Kernel  []int // that of the MaxPool2d
	Stride  []int // that of the MaxPool2d; nil means Kernel
	Padding []int // that of the MaxPool2d; nil means 0
}

// NewMaxUnpool2d returns the inverse of NewMaxPool2d.
func NewMaxUnpool2d(kernel ...int) *MaxUnpool2d { return &MaxUnpool2d{Kernel: kernel} }

// Forward returns x's elements at the positions index. The result has the given sizes, those of the MaxPool2d's
// input, or without them (x's size − 1)·stride − 2·padding + kernel.
func (l *MaxUnpool2d) Forward(x, index tensor.Tensor, size ...int) tensor.Tensor {
	defer InLayer(l)
	sizes := unpooledSizes(l, 2, MaxUnpool2d(*l), x, size)
	return reported(l, x.MaxUnpool(index, sizes[:2]...), x, index)
}

// String returns the layer as PyTorch prints it.
func (l *MaxUnpool2d) String() string { return unpoolText("MaxUnpool2d", 2, MaxUnpool2d(*l)) }

// MaxUnpool3d writes each element of x to the position that MaxPool3d's ForwardIndices gave it, and zeros elsewhere:
// a partial inverse. (https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxUnpool3d.html)
type MaxUnpool3d struct {
	Kernel  []int // that of the MaxPool3d
	Stride  []int // that of the MaxPool3d; nil means Kernel
	Padding []int // that of the MaxPool3d; nil means 0
}

// NewMaxUnpool3d returns the inverse of NewMaxPool3d.
func NewMaxUnpool3d(kernel ...int) *MaxUnpool3d { return &MaxUnpool3d{Kernel: kernel} }

// Forward returns x's elements at the positions index. The result has the given sizes, those of the MaxPool3d's
// input, or without them (x's size − 1)·stride − 2·padding + kernel.
func (l *MaxUnpool3d) Forward(x, index tensor.Tensor, size ...int) tensor.Tensor {
	defer InLayer(l)
	sizes := unpooledSizes(l, 3, MaxUnpool2d(*l), x, size)
	return reported(l, x.MaxUnpool(index, sizes[:3]...), x, index)
}

// String returns the layer as PyTorch prints it.
func (l *MaxUnpool3d) String() string { return unpoolText("MaxUnpool3d", 3, MaxUnpool2d(*l)) }

// unpooledSizes returns the result's sizes: those given, which differ from the computed ones by less than the stride,
// or the latter.
func unpooledSizes(layer any, dims int, l MaxUnpool2d, x tensor.Tensor, size []int) (sizes [3]int) {
	if r := x.Rank(); r != dims+1 && r != dims+2 {
		fail("max_unpool", layer, fmt.Sprintf("the input must have %d or %d dimensions", dims+1, dims+2), x.Shape())
	}
	number := func(list []int, i, missing int) int {
		switch len(list) {
		case 0:
			return missing
		case 1:
			return list[0]
		case dims:
			return list[i]
		}
		fail("max_unpool", layer, fmt.Sprintf("%v must have one number, or one for each of %d dimensions", list, dims),
			x.Shape())
		return 0
	}
	for i := range dims {
		kernel := number(l.Kernel, i, 0)
		stride := number(l.Stride, i, kernel)
		if kernel < 1 || stride < 1 {
			fail("max_unpool", layer, fmt.Sprintf("kernel %d and stride %d must be positive", kernel, stride),
				x.Shape())
		}
		sizes[i] = (x.Dim(i-dims)-1)*stride - 2*number(l.Padding, i, 0) + kernel
		if len(size) == 0 {
			continue
		}
		if len(size) != dims {
			fail("max_unpool", layer, fmt.Sprintf("the sizes %v must be %d numbers", size, dims), x.Shape())
		}
		if n := size[i]; n <= sizes[i]-stride || n >= sizes[i]+stride {
			fail("max_unpool", layer, fmt.Sprintf("a size of %d is impossible: %d to %d are possible", n,
				sizes[i]-stride+1, sizes[i]+stride-1), x.Shape())
		}
		sizes[i] = size[i]
	}
	return sizes
}

func unpoolText(name string, dims int, l MaxUnpool2d) string {
	stride := l.Stride
	if stride == nil {
		stride = l.Kernel
	}
	return fmt.Sprintf("%s(kernel_size=%s, stride=%s, padding=%s)", name, tupleText(dims, l.Kernel, 0),
		tupleText(dims, stride, 0), tupleText(dims, l.Padding, 0))
}

// Upsample resizes the last one to three dimensions of x, (N, C, L), (N, C, H, W) or (N, C, D, H, W);
// [tensor.Tensor.Interpolate] defines the modes.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.Upsample.html)
type Upsample struct {
	Size  []int     // sizes of the result, one for each dimension or one for all; nil if Scale is set
	Scale []float64 // the ratios to the input's sizes, PyTorch's scale_factor; nil if Size is set
	// "nearest" (the default), "nearest-exact", "linear", "bilinear", "trilinear", "bicubic" or "area"
	Mode                 string
	AlignCorners         bool // the corner elements of input and result stand on each other
	RecomputeScaleFactor bool // the ratio of the sizes takes the place of Scale
}

// NewUpsample returns a layer that multiplies the sizes by scale and repeats elements.
func NewUpsample(scale ...float64) *Upsample { return &Upsample{Scale: scale} }

// Forward returns the resized x.
func (l *Upsample) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	return Report(l, x, x.Interpolate(tensor.InterpolateOptions{Size: l.Size, Scale: l.Scale, Mode: l.Mode,
		AlignCorners: l.AlignCorners, RecomputeScaleFactor: l.RecomputeScaleFactor}))
}

// String returns the layer as PyTorch prints it.
func (l *Upsample) String() string {
	size := "size=" + listText(l.Size, 0)
	if l.Scale != nil {
		var numbers []string
		for _, s := range l.Scale {
			text := fmt.Sprint(s)
			if s == math.Trunc(s) {
				text += ".0"
			}
			numbers = append(numbers, text)
		}
		size = "scale_factor=" + strings.Join(numbers, ", ")
		if len(numbers) > 1 {
			size = "scale_factor=(" + strings.Join(numbers, ", ") + ")"
		}
	}
	mode := l.Mode
	if mode == "" {
		mode = "nearest"
	}
	return fmt.Sprintf("Upsample(%s, mode='%s')", size, mode)
}
