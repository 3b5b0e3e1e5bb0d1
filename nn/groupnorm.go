package nn

import (
	"fmt"

	"github.com/lamina-ml/lamina/internal/defaults"
	"github.com/lamina-ml/lamina/tensor"
)

// GroupNorm splits the channels of each sample into groups, normalizes each group to mean 0 and variance 1, then
// applies a learned scale and shift of each channel:
//
//	y = (x − E[x])/√(Var[x] + ε)·γ + β        (N, C, …) → (N, C, …)
//
// (https://arxiv.org/abs/1803.08494)
type GroupNorm struct {
	Groups int
	Weight tensor.Tensor // γ, (C,); undefined if the layer has no scale
	Bias   tensor.Tensor // β, (C,); undefined if the layer has no shift
	Eps    float64       // ε; 0 means 1e-5
}

// GroupNormConfig holds the options of a GroupNorm. The zero value is PyTorch's default.
type GroupNormConfig struct {
	Eps      float64 // 0 means 1e-5
	NoAffine bool    // neither scale nor shift
	NoBias   bool    // no shift
	DType    tensor.DType
}

// NewGroupNorm returns a layer for the given numbers of groups and channels. γ is 1 and β is 0. It panics unless
// groups divides channels.
func NewGroupNorm(groups, channels int) *GroupNorm { return GroupNormConfig{}.New(groups, channels) }

// New returns a layer for the given numbers of groups and channels; see [NewGroupNorm].
func (c GroupNormConfig) New(groups, channels int) *GroupNorm {
	checkSize("group_norm", "channels", channels)
	if groups < 1 || channels%groups != 0 {
		fail("group_norm", nil, fmt.Sprintf("%d channels cannot be divided into %d groups", channels, groups))
	}
	l := &GroupNorm{Groups: groups, Eps: c.Eps}
	l.Weight, l.Bias = affine(c.DType, channels, !c.NoAffine, !c.NoBias)
	return l
}

// affine returns the first scale and shift of a norm.
func affine(dt tensor.DType, channels int, scale, shift bool) (w, b tensor.Tensor) {
	o := tensor.Options{DType: dt}
	if scale {
		w = o.Ones(channels).SetRequiresGrad(true)
		if shift {
			b = o.Zeros(channels).SetRequiresGrad(true)
		}
	}
	return w, b
}

// Forward returns the normalized x. It panics unless x is (N, C, …) with the layer's channels.
func (l *GroupNorm) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	return Report(l, x, tensor.GroupNorm(x, l.Groups, l.Weight, l.Bias, defaults.Float(l.Eps, 1e-5)))
}

// InstanceNorm is the common part of [InstanceNorm1d], [InstanceNorm2d] and [InstanceNorm3d], which normalize each
// channel of each sample to mean 0 and variance 1:
//
//	y = (x − E[x])/√(Var[x] + ε)·γ + β        (N, C, …) → (N, C, …)
//
// A layer that tracks running statistics uses those in evaluation mode, as [BatchNorm] does; by default none does,
// and there is neither scale nor shift. (https://arxiv.org/abs/1607.08022)
type InstanceNorm struct {
	Mode
	Weight            tensor.Tensor // γ, (C,); undefined if the layer has no scale
	Bias              tensor.Tensor // β, (C,); undefined if the layer has no shift
	RunningMean       tensor.Tensor `nn:",buffer"` // (C,); undefined if the layer does not track statistics
	RunningVar        tensor.Tensor `nn:",buffer"` // (C,)
	NumBatchesTracked tensor.Tensor `nn:",buffer"` // int64; 0, as in PyTorch, which does not count here

	Eps      float64 // ε; 0 means 1e-5
	Momentum float64 // 0 means 0.1; Zero says 0
}

// InstanceNormConfig holds the options of an InstanceNorm. The zero value is PyTorch's default.
type InstanceNormConfig struct {
	Eps      float64 // 0 means 1e-5
	Momentum float64 // 0 means 0.1; Zero says 0
	Affine   bool    // learn a scale and a shift
	NoBias   bool    // with Affine no shift
	Tracking bool    // track running statistics
	DType    tensor.DType
}

// InstanceNorm1d is [InstanceNorm] for inputs (N, C, L) and (C, L).
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.InstanceNorm1d.html)
type InstanceNorm1d struct{ InstanceNorm }

// InstanceNorm2d is [InstanceNorm] for inputs (N, C, H, W) and (C, H, W).
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.InstanceNorm2d.html)
type InstanceNorm2d struct{ InstanceNorm }

// InstanceNorm3d is [InstanceNorm] for inputs (N, C, D, H, W) and (C, D, H, W).
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.InstanceNorm3d.html)
type InstanceNorm3d struct{ InstanceNorm }

// NewInstanceNorm1d returns a layer for the given number of channels, without parameters and running statistics.
func NewInstanceNorm1d(channels int) *InstanceNorm1d { return InstanceNormConfig{}.New1d(channels) }

// NewInstanceNorm2d returns a layer for the given number of channels, without parameters and running statistics.
func NewInstanceNorm2d(channels int) *InstanceNorm2d { return InstanceNormConfig{}.New2d(channels) }

// NewInstanceNorm3d returns a layer for the given number of channels, without parameters and running statistics.
func NewInstanceNorm3d(channels int) *InstanceNorm3d { return InstanceNormConfig{}.New3d(channels) }

// New1d returns a layer for the given number of channels.
func (c InstanceNormConfig) New1d(channels int) *InstanceNorm1d {
	return &InstanceNorm1d{c.layer("instance_norm1d", channels)}
}

// New2d returns a layer for the given number of channels.
func (c InstanceNormConfig) New2d(channels int) *InstanceNorm2d {
	return &InstanceNorm2d{c.layer("instance_norm2d", channels)}
}

// New3d returns a layer for the given number of channels.
func (c InstanceNormConfig) New3d(channels int) *InstanceNorm3d {
	return &InstanceNorm3d{c.layer("instance_norm3d", channels)}
}

func (c InstanceNormConfig) layer(op string, channels int) InstanceNorm {
	checkSize(op, "channels", channels)
	l := InstanceNorm{Eps: c.Eps, Momentum: c.Momentum}
	l.Weight, l.Bias = affine(c.DType, channels, c.Affine, !c.NoBias)
	if c.Tracking {
		l.RunningMean, l.RunningVar, l.NumBatchesTracked = runningStats(tensor.Options{DType: c.DType}, channels)
	}
	return l
}

// Forward returns the normalized x. It panics unless x is (N, C, L) or (C, L) and has more than one value per channel
// of a sample.
func (l *InstanceNorm1d) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	checkRank("instance_norm1d", l, x, 2, 3)
	return Report(l, x, l.norm(x, 3))
}

// Forward returns the normalized x. It panics unless x is (N, C, H, W) or (C, H, W) and has more than one value per
// channel of a sample.
func (l *InstanceNorm2d) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	checkRank("instance_norm2d", l, x, 3, 4)
	return Report(l, x, l.norm(x, 4))
}

// Forward returns the normalized x. It panics unless x is (N, C, D, H, W) or (C, D, H, W) and has more than one value
// per channel of a sample.
func (l *InstanceNorm3d) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	checkRank("instance_norm3d", l, x, 4, 5)
	return Report(l, x, l.norm(x, 5))
}

// norm computes the layer; an input with fewer than rank dimensions is one sample.
func (l *InstanceNorm) norm(x tensor.Tensor, rank int) tensor.Tensor {
	if x.Rank() < rank {
		return l.norm(x.Unsqueeze(0), rank).Squeeze(0)
	}
	own := l.Training() || !l.RunningMean.Defined()
	return tensor.InstanceNorm(x, l.RunningMean, l.RunningVar, l.Weight, l.Bias, own, defaults.Float(l.Momentum, 0.1),
		defaults.Float(l.Eps, 1e-5))
}

// LocalResponseNorm divides each element by a power of the mean of squares over neighbouring channels at the same
// place:
//
//	y = x/(k + α·Σ x²/size)^β        (N, C, …) → (N, C, …)
//
// The sum is over the size channels from c − size/2 to c + (size−1)/2; channels outside count as 0.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.LocalResponseNorm.html)
type LocalResponseNorm struct {
	Size  int     // how many channels are summed
	Alpha float64 // 0 means 1e-4; Zero says 0
	Beta  float64 // 0 means 0.75; Zero says 0
	K     float64 // 0 means 1; Zero says 0
}

// NewLocalResponseNorm returns a layer that sums over size channels. It panics unless size is positive.
func NewLocalResponseNorm(size int) *LocalResponseNorm {
	if size < 1 {
		fail("local_response_norm", nil, fmt.Sprintf("the number of channels must be positive, not %d", size))
	}
	return &LocalResponseNorm{Size: size}
}

// Forward returns the normalized x. It panics unless x is floating point and (N, C, …) with at least 3 dimensions.
func (l *LocalResponseNorm) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	const op = "local_response_norm"
	if x.Rank() < 3 || !x.DType().IsFloat() {
		fail(op, l, "the input must be floating point and have at least 3 dimensions, not "+x.DType().String(),
			x.Shape())
	}
	if l.Size < 1 {
		fail(op, l, fmt.Sprintf("the number of channels must be positive, not %d", l.Size), x.Shape())
	}
	if x.Len() == 0 {
		return Report(l, x, x)
	}
	// The sums over a window of channels are differences of cumulative sums, which cancel; windows are narrow, so add
	// shifted copies.
	s, wide := x.Shape(), x.Widen()
	squares := wide.Square().Reshape(s.Dim(0), s.Dim(1), -1).Pad(0, 0, 0, l.Size/2, (l.Size-1)/2)
	sum := squares.Narrow(1, 0, s.Dim(1))
	for i := 1; i < l.Size; i++ {
		sum = sum.Add(squares.Narrow(1, i, s.Dim(1)))
	}
	alpha, beta, k := defaults.Float(l.Alpha, 1e-4), defaults.Float(l.Beta, 0.75), defaults.Float(l.K, 1)
	divisor := sum.MulScalar(alpha / float64(l.Size)).AddScalar(k).PowScalar(beta)
	return Report(l, x, wide.Div(divisor.ReshapeTo(s)).Cast(x.DType()))
}
