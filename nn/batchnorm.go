package nn

import (
	"fmt"

	"github.com/lamina-ml/lamina/internal/defaults"
	"github.com/lamina-ml/lamina/tensor"
)

// BatchNorm is the common part of [BatchNorm1d], [BatchNorm2d] and [BatchNorm3d], which normalize each channel to
// mean 0 and variance 1, then apply a learned scale and shift:
//
//	y = (x − E[x])/√(Var[x] + ε)·γ + β        (N, C, …) → (N, C, …)
//
// In training mode E and the (biased) Var are those of the batch, and the running statistics move towards them:
//
//	mean ← (1 − momentum)·mean + momentum·E[x]
//
// and the same for the unbiased variance. In evaluation mode E and Var are the running statistics; a layer without
// them always uses the batch's. (https://arxiv.org/abs/1502.03167)
type BatchNorm struct {
	Mode
	Weight            tensor.Tensor // γ, (C,); undefined if the layer has no scale
	Bias              tensor.Tensor // β, (C,); undefined if the layer has no shift
	RunningMean       tensor.Tensor `nn:",buffer"` // (C,); undefined if the layer does not track statistics
	RunningVar        tensor.Tensor `nn:",buffer"` // (C,)
	NumBatchesTracked tensor.Tensor `nn:",buffer"` // int64, how often the running statistics were updated

	Eps        float64           // ε; 0 means 1e-5
	Momentum   float64           // 0 means 0.1; Zero says 0
	Cumulative bool              // average all batches with equal weights instead (PyTorch's momentum=None)
	Activation tensor.Activation // computed in the same pass; the zero value is none
}

// BatchNormConfig holds the options of a BatchNorm. The zero value is PyTorch's default.
type BatchNormConfig struct {
	Eps        float64 // 0 means 1e-5
	Momentum   float64 // 0 means 0.1; Zero says 0
	Cumulative bool    // average all batches with equal weights instead (PyTorch's momentum=None)
	NoAffine   bool    // neither scale nor shift
	NoBias     bool    // no shift
	NoTracking bool    // no running statistics
	Activation tensor.Activation
	DType      tensor.DType
}

// BatchNorm1d is [BatchNorm] for inputs (N, C) and (N, C, L).
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm1d.html)
type BatchNorm1d struct{ BatchNorm }

// BatchNorm2d is [BatchNorm] for inputs (N, C, H, W).
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html)
type BatchNorm2d struct{ BatchNorm }

// BatchNorm3d is [BatchNorm] for inputs (N, C, D, H, W).
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm3d.html)
type BatchNorm3d struct{ BatchNorm }

// NewBatchNorm1d returns a layer for the given number of channels. γ and the running variance are 1, β and the
// running mean 0.
func NewBatchNorm1d(channels int) *BatchNorm1d { return BatchNormConfig{}.New1d(channels) }

// NewBatchNorm2d returns a layer for the given number of channels; see [NewBatchNorm1d].
func NewBatchNorm2d(channels int) *BatchNorm2d { return BatchNormConfig{}.New2d(channels) }

// NewBatchNorm3d returns a layer for the given number of channels; see [NewBatchNorm1d].
func NewBatchNorm3d(channels int) *BatchNorm3d { return BatchNormConfig{}.New3d(channels) }

// New1d returns a layer for the given number of channels; see [NewBatchNorm1d].
func (c BatchNormConfig) New1d(channels int) *BatchNorm1d {
	return &BatchNorm1d{c.layer("batch_norm1d", channels)}
}

// New2d returns a layer for the given number of channels; see [NewBatchNorm1d].
func (c BatchNormConfig) New2d(channels int) *BatchNorm2d {
	return &BatchNorm2d{c.layer("batch_norm2d", channels)}
}

// New3d returns a layer for the given number of channels; see [NewBatchNorm1d].
func (c BatchNormConfig) New3d(channels int) *BatchNorm3d {
	return &BatchNorm3d{c.layer("batch_norm3d", channels)}
}

func (c BatchNormConfig) layer(op string, channels int) BatchNorm {
	checkSize(op, "channels", channels)
	l := BatchNorm{Eps: c.Eps, Momentum: c.Momentum, Cumulative: c.Cumulative, Activation: c.Activation}
	l.Weight, l.Bias = affine(c.DType, channels, !c.NoAffine, !c.NoBias)
	if !c.NoTracking {
		l.RunningMean, l.RunningVar, l.NumBatchesTracked = runningStats(tensor.Options{DType: c.DType}, channels)
	}
	return l
}

// runningStats returns the first running statistics of a layer.
func runningStats(o tensor.Options, channels int) (mean, variance, batches tensor.Tensor) {
	return o.Zeros(channels), o.Ones(channels), tensor.Scalar[int64](0)
}

// Forward returns the normalized x. It panics unless x is (N, C) or (N, C, L) with the layer's channels and, in
// training mode, more than one value per channel.
func (l *BatchNorm1d) Forward(x tensor.Tensor) tensor.Tensor {
	return Report(l, x, l.forward(x, tensor.NoActivation))
}

// Forward returns the normalized x. It panics unless x is (N, C, H, W) with the layer's channels and, in training
// mode, more than one value per channel.
func (l *BatchNorm2d) Forward(x tensor.Tensor) tensor.Tensor {
	return Report(l, x, l.forward(x, tensor.NoActivation))
}

// Forward returns the normalized x. It panics unless x is (N, C, D, H, W) with the layer's channels and, in training
// mode, more than one value per channel.
func (l *BatchNorm3d) Forward(x tensor.Tensor) tensor.Tensor {
	return Report(l, x, l.forward(x, tensor.NoActivation))
}

func (l *BatchNorm1d) forward(x tensor.Tensor, act tensor.Activation) tensor.Tensor {
	defer InLayer(l)
	checkRank("batch_norm1d", l, x, 2, 3)
	return l.norm(x, act)
}

func (l *BatchNorm2d) forward(x tensor.Tensor, act tensor.Activation) tensor.Tensor {
	defer InLayer(l)
	checkRank("batch_norm2d", l, x, 4, 4)
	return l.norm(x, act)
}

// ForwardInPlace is Forward for an x that is not used afterwards. In evaluation it may return x, with the result in its
// memory; see [tensor.BatchNormInPlace].
func (l *BatchNorm2d) ForwardInPlace(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	if l.Training() || !l.RunningMean.Defined() {
		return l.Forward(x)
	}
	checkRank("batch_norm2d", l, x, 4, 4)
	eps := defaults.Float(l.Eps, 1e-5)
	return Report(l, x, tensor.BatchNormInPlace(x, l.RunningMean, l.RunningVar, l.Weight, l.Bias, eps, l.Activation))
}

func (l *BatchNorm3d) forward(x tensor.Tensor, act tensor.Activation) tensor.Tensor {
	defer InLayer(l)
	checkRank("batch_norm3d", l, x, 5, 5)
	return l.norm(x, act)
}

func (l *BatchNorm1d) fuses() bool { return l != nil && l.Activation == tensor.NoActivation }
func (l *BatchNorm2d) fuses() bool { return l != nil && l.Activation == tensor.NoActivation }
func (l *BatchNorm3d) fuses() bool { return l != nil && l.Activation == tensor.NoActivation }

// checkRank panics unless x has low or high dimensions.
func checkRank(op string, layer any, x tensor.Tensor, low, high int) {
	if r := x.Rank(); r != low && r != high {
		want := fmt.Sprint(high)
		if low != high {
			want = fmt.Sprintf("%d or %d", low, high)
		}
		fail(op, layer, fmt.Sprintf("the input must have %s dimensions, not %d", want, r), x.Shape())
	}
}

// norm computes the layer with its activation, or with act if it has none.
func (l *BatchNorm) norm(x tensor.Tensor, act tensor.Activation) tensor.Tensor {
	if l.Activation != tensor.NoActivation {
		act = l.Activation
	}
	tracked := l.RunningMean.Defined()
	mean, variance := l.RunningMean, l.RunningVar
	momentum := defaults.Float(l.Momentum, 0.1)
	eps := defaults.Float(l.Eps, 1e-5)
	if !l.Training() || !tracked {
		return tensor.BatchNorm(x, mean, variance, l.Weight, l.Bias, !tracked, momentum, eps, act)
	}
	if l.Cumulative {
		momentum = 1 / (l.NumBatchesTracked.Item() + 1)
	}
	y := tensor.BatchNorm(x, mean, variance, l.Weight, l.Bias, true, momentum, eps, act)
	if n := l.NumBatchesTracked; n.Defined() {
		n.CopyFrom(n.InScopeOf(x).AddScalar(1))
	}
	return y
}
