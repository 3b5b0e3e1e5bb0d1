package tensor

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/internal/device"
)

// BatchNorm normalizes each channel of x to mean 0 and variance 1, then scales and shifts it:
//
//	y = act((x − E[x])/√(Var[x] + eps)·w + b)        (N, C, …) → (N, C, …)
//
// In training, E and the biased Var are those of the batch, over all dimensions except the second, and the running
// statistics, which are optional, move towards them (with the unbiased variance):
//
//	mean ← (1 − momentum)·mean + momentum·E[x]
//
// Otherwise E and Var are the running statistics. w, b, mean and variance are (C,); w and b are optional. 16-bit
// floats are computed in float32, and then w, b and the statistics may be float32 too. It panics if shapes, types or
// devices do not fit, in training for a single value per channel, and for an eps that is negative or, in training, 0.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.batch_norm.html)
func BatchNorm(x, mean, variance, w, b Tensor, training bool, momentum, eps float64, act Activation) Tensor {
	return batchNorm(x, mean, variance, w, b, training, momentum, eps, act, false)
}

func batchNorm(x, mean, variance, w, b Tensor, training bool, momentum, eps float64, act Activation,
	inPlace bool) Tensor {
	const op = "batch_norm"
	rows, w, b := channelInputs(op, x, w, b)
	if mean.Defined() != variance.Defined() {
		fail(op, "running mean and variance belong together: one is the zero Tensor", x.Shape())
	}
	if mean.Defined() {
		checkChannels(op, "running mean", x, mean)
		checkChannels(op, "running variance", x, variance)
	}
	if act > ReLU {
		fail(op, fmt.Sprintf("the activation %d is unknown; NoActivation and ReLU exist", act), x.Shape())
	}
	if !(eps > 0 || eps == 0 && !training) {
		fail(op, fmt.Sprintf("eps is %v; it must be positive in training, and not negative in evaluation", eps),
			x.Shape())
	}
	// Kernels are slow for short rows, except those of one element, which have kernels of their own. With the samples
	// of a channel one behind the other, there is one row for each channel.
	short := rows.Dim(0) > 1 && rows.Dim(2) > 1 && rows.Dim(2) < 16 && rows.Len() > 0
	if short {
		rows = rows.Transpose(0, 1).Contiguous().Reshape(1, x.Dim(1), x.Dim(0)*rows.Dim(2))
	}
	var y Tensor
	if training {
		if n := rows.Dim(0) * rows.Dim(2); n == 1 {
			fail(op, "training needs more than one value per channel: use a larger batch, or evaluation mode",
				x.Shape())
		}
		y = applyChannels(channelNorm{eps: eps, act: act, running: running{mean, variance, momentum}}, rows, w, b)
	} else {
		if !mean.Defined() {
			fail(op, "evaluation needs the running mean and variance", x.Shape())
		}
		o := channelAffine{eps: eps, act: act, runningMean: mean, runningVar: variance}
		if inPlace && !short && o.overwrite(x, rows, w, b) {
			return x
		}
		y = applyChannels(o, rows, w, b)
	}
	if short {
		y = y.reshape(ShapeOf(x.Dim(1), x.Dim(0), rows.Dim(2)/x.Dim(0))).Transpose(0, 1)
	}
	return y.Cast(x.DType()).Contiguous().reshape(x.Shape())
}

// BatchNormInPlace is [BatchNorm] in evaluation for an x that is not used afterwards. It writes the result to x's
// memory and returns x, unless x is on the heap, its step records operations or has an observer, or x has 16-bit
// floats or rows of other than 1 and less than 16 elements: then it returns BatchNorm's result. It panics as
// BatchNorm does.
func BatchNormInPlace(x, mean, variance, w, b Tensor, eps float64, act Activation) Tensor {
	return batchNorm(x, mean, variance, w, b, false, 0, eps, act, true)
}

// GroupNorm splits the channels of each sample into groups, normalizes each group to mean 0 and variance 1, then
// scales and shifts each channel:
//
//	y = (x − E[x])/√(Var[x] + eps)·w + b        (N, C, …) → (N, C, …)
//
// w and b are (C,) and optional. 16-bit floats are computed in float32, and then w and b may be float32 too. It
// panics if groups does not divide C, if shapes, types or devices do not fit, and for one sample with a single value
// per group. (https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.group_norm.html)
func GroupNorm(x Tensor, groups int, w, b Tensor, eps float64) Tensor {
	const op = "group_norm"
	rows, w, b := channelInputs(op, x, w, b)
	if groups < 1 || rows.Dim(1)%groups != 0 {
		fail(op, fmt.Sprintf("%d channels cannot be divided into %d groups", rows.Dim(1), groups), x.Shape())
	}
	if rows.Len() == groups {
		fail(op, "more than one value per group is needed: use fewer groups, or a larger batch", x.Shape())
	}
	return applyChannels(channelNorm{groups: groups, eps: eps}, rows, w, b).Cast(x.DType()).reshape(x.Shape())
}

// InstanceNorm normalizes each channel of each sample to mean 0 and variance 1, then scales and shifts it: GroupNorm
// with a group for each channel. With inputStats false it normalizes with the running statistics instead, as
// BatchNorm does. With inputStats the running statistics, which are optional, move towards the mean over the batch of
// the samples' means and unbiased variances. It panics for a single value per channel.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.instance_norm.html)
func InstanceNorm(x, mean, variance, w, b Tensor, inputStats bool, momentum, eps float64) Tensor {
	const op = "instance_norm"
	rows, cw, cb := channelInputs(op, x, w, b)
	if !inputStats {
		return BatchNorm(x, mean, variance, w, b, false, momentum, eps, NoActivation)
	}
	if mean.Defined() {
		checkChannels(op, "running mean", x, mean)
		checkChannels(op, "running variance", x, variance)
	}
	if rows.Dim(2) == 1 {
		fail(op, "more than one value per channel of a sample is needed", x.Shape())
	}
	o := channelNorm{groups: max(1, rows.Dim(1)), eps: eps, running: running{mean, variance, momentum}}
	return applyChannels(o, rows, cw, cb).Cast(x.DType()).reshape(x.Shape())
}

// channelInputs checks the inputs of a norm of channels. It returns x as (N, C, size) and w and b as contiguous
// vectors, all in the type that the norm computes in.
func channelInputs(op string, x, w, b Tensor) (rows, weight, bias Tensor) {
	s := x.Shape()
	if s.rank < 2 {
		fail(op, "the input must have a batch and a channel dimension", s)
	}
	if !x.DType().IsFloat() {
		fail(op, "the input must be floating point, not "+x.DType().String(), s)
	}
	if b.Defined() && !w.Defined() {
		fail(op, "a bias needs a weight", b.Shape())
	}
	if w.Defined() {
		checkChannels(op, "weight", x, w)
	}
	if b.Defined() {
		checkChannels(op, "bias", x, b)
	}
	size := 1
	for i := 2; i < s.rank; i++ {
		size *= s.dims[i]
	}
	return x.Contiguous().Reshape(s.dims[0], s.dims[1], size).Widen(), vectorOf(w, x).widenIn(x), vectorOf(b, x).widenIn(x)
}

// checkChannels panics unless p has an element for each channel of x, in x's type or the type that x is computed in.
func checkChannels(op, name string, x, p Tensor) {
	sameDevice(op, x.h, p.header())
	compute := DType(device.DType(x.DType()).Compute())
	if p.Shape() != ShapeOf(x.Dim(1)) || p.DType() != x.DType() && p.DType() != compute {
		fail(op, fmt.Sprintf("the %s must be %s and of shape (%d,), not %s", name, x.DType(), x.Dim(1), p.DType()),
			p.Shape(), x.Shape())
	}
}

// applyChannels computes a norm of channels by the device's kernel, or by its composite if there is none.
func applyChannels[O any, P interface {
	*O
	Op3
	Composite(x, w, b Tensor) Tensor
}](o O, x, w, b Tensor) Tensor {
	if _, ok := x.h.store.dev.(device.ChannelNormer); ok {
		return Apply3[O, P](o, x, w, b)
	}
	alone := o // the kernel's way does not allocate
	return P(&alone).Composite(x, w, b)
}

// scaleAndShift returns x·w + b for the channels of x (n, c, size); w and b are optional.
func scaleAndShift(x, w, b Tensor) Tensor {
	if w.Defined() {
		x = x.Mul(w.Unsqueeze(1))
	}
	if b.Defined() {
		x = x.Add(b.Unsqueeze(1))
	}
	return x
}

// running are the running statistics that a norm updates in training, if there are any.
type running struct {
	mean, variance Tensor
	momentum       float64
}

// update moves the statistics towards those of a batch, whose biased variance is over n values.
func (r running) update(mean, variance Tensor, n int) {
	if !r.mean.Defined() || n < 2 {
		return
	}
	if c := r.mean.Dim(0); mean.Len() != c { // of each sample: take their mean
		mean = mean.reshape(ShapeOf(mean.Len()/c, c)).Mean(0)
		variance = variance.reshape(ShapeOf(variance.Len()/c, c)).Mean(0)
	}
	unbiased := variance.MulScalar(float64(n) / float64(n-1))
	for _, p := range [...][2]Tensor{{r.mean, mean}, {r.variance, unbiased}} {
		now := p[0].Widen()
		if now == p[0] {
			p[0].MulScalarInPlace(1 - r.momentum)
			p[0].AddScaledInPlace(r.momentum, p[1].Cast(p[0].DType()))
			continue
		}
		p[0].CopyFrom(now.MulScalar(1 - r.momentum).Add(p[1].MulScalar(r.momentum)))
	}
}

// channelNorm normalizes sets of elements of x (n, c, size), then multiplies by w and adds b, both (c,). A set is a
// channel of all samples or, if groups is not 0, a group of channels of one sample.
type channelNorm struct {
	SavesInputs
	groups  int
	eps     float64
	act     Activation
	running running

	mean, rstd Tensor // (sets,)
}

func (*channelNorm) Optional(i int) bool { return i > 0 }

// Composite computes the same by ops.
func (o *channelNorm) Composite(x, w, b Tensor) Tensor {
	shape, sets, dims := x.Shape(), x, []int{0, 2}
	if o.groups > 0 {
		sets, dims = x.reshape(ShapeOf(shape.dims[0]*o.groups, shape.dims[1]/o.groups*shape.dims[2])), []int{1}
	}
	mean := sets.KeepDim().Mean(dims...)
	n := x.Len() / max(1, mean.Len())
	centered := sets.Sub(mean)
	deviation := centered.DivScalar(math.Sqrt(float64(n))).KeepDim().Norm(2, dims...)
	if !o.mean.Defined() { // not as the derivative of Forward, which has updated them
		d := deviation.Detach().Flatten(0)
		o.running.update(mean.Detach().Flatten(0), d.Square(), n)
	}
	return o.act.of(scaleAndShift(centered.Div(withEps(deviation, o.eps)).reshape(shape), w, b))
}

func (o *channelNorm) Forward(s *Scope, x, w, b Tensor) Tensor {
	sets := x.Dim(1)
	if o.groups > 0 {
		sets = x.Dim(0) * o.groups
	}
	y := s.NewEmpty(x, x.DType(), x.Shape())
	number := func() Tensor { return s.NewEmpty(x, x.DType(), ShapeOf(sets)) } // of each set
	mean, rstd, variance := number(), number(), number()
	x.h.store.dev.(device.ChannelNormer).ChannelNorm(y.array(), mean.array(), variance.array(), rstd.array(),
		x.array(), w.array(), b.array(), o.groups, o.eps, o.act == ReLU)
	if x.Len() > 0 {
		o.running.update(mean, variance, x.Len()/sets)
	}
	o.mean, o.rstd = s.Save(mean), s.Save(rstd)
	return y
}

// Backward returns, with n = (x − mean)·rstd, d = dy·w and means over the elements of a set,
//
//	dx = rstd·(d − mean(d) − n·mean(d·n))
//	dw = Σ dy·n, db = Σ dy over all elements of a channel
//
// where dy is the gradient before the activation.
func (o *channelNorm) Backward(x, w, b, y, dy Tensor) (dx, dw, db Tensor) {
	dx, dw, db = newGrads(x, w, b)
	x.h.store.dev.(device.ChannelNormer).ChannelNormGrad(dx.array(), dw.array(), db.array(), dy.Contiguous().array(),
		x.array(), o.mean.array(), o.rstd.array(), w.array(), b.array(), o.groups, o.act == ReLU)
	return dx, dw, db
}

// newGrads returns the memory for the gradients that are needed.
func newGrads(x, w, b Tensor) (dx, dw, db Tensor) {
	if x.NeedsGrad() {
		dx = x.NewGrad()
	}
	if w.NeedsGrad() {
		dw = w.NewGrad()
	}
	if b.NeedsGrad() {
		db = b.NewGrad()
	}
	return dx, dw, db
}

// channelAffine normalizes the channels of x (n, c, size) by running statistics, then multiplies by w and adds b, all
// (c,).
type channelAffine struct {
	SavesInputs
	eps                     float64
	act                     Activation
	runningMean, runningVar Tensor

	mean, rstd Tensor // (c, 1), of runningMean and runningVar when Forward ran
}

func (*channelAffine) Optional(i int) bool { return i > 0 }

// Composite computes the same by ops.
func (o *channelAffine) Composite(x, w, b Tensor) Tensor {
	mean, rstd := o.mean, o.rstd
	if !mean.Defined() {
		mean, rstd = o.statistics(x)
	}
	return o.act.of(scaleAndShift(x.Sub(mean).Mul(rstd), w, b))
}

// statistics returns the mean and 1/√(variance + eps), both (c, 1) and in x's scope.
func (o *channelAffine) statistics(x Tensor) (mean, rstd Tensor) {
	mean, variance := o.runningMean, o.runningVar
	if s := x.h.scope; s != nil {
		mean, variance = mean.InScope(s), variance.InScope(s)
	}
	mean, variance = mean.Detach().Unsqueeze(1).Widen(), variance.Detach().Unsqueeze(1).Widen()
	return mean.AddScalar(0), variance.AddScalar(o.eps).Rsqrt()
}

func (o *channelAffine) Forward(s *Scope, x, w, b Tensor) Tensor {
	y := s.NewEmpty(x, x.DType(), x.Shape())
	mean, rstd := o.statistics(x)
	o.mean, o.rstd = s.Save(mean), s.Save(rstd)
	x.h.store.dev.(device.ChannelNormer).ChannelAffine(y.array(), x.array(), mean.array(), rstd.array(), w.array(),
		b.array(), o.act == ReLU)
	return y
}

// overwrite computes the operation in the memory of x, which rows (n, c, size) is a view of, and reports whether it
// can.
func (o *channelAffine) overwrite(x, rows, w, b Tensor) bool {
	s := x.h.scope
	kernels, ok := x.h.store.dev.(device.ChannelNormer)
	if !ok || s == nil || s.record || s.observer != nil || rows.h.store != x.h.store || x.h.node != nil ||
		x.h.requires {
		return false
	}
	mean, rstd := o.statistics(rows)
	kernels.ChannelAffine(rows.h.markWritten(), rows.array(), mean.array(), rstd.array(), w.array(), b.array(),
		o.act == ReLU)
	mean.Release()
	rstd.Release()
	return true
}

// Backward returns dx = dy·w·rstd, dw = Σ dy·(x − mean)·rstd and db = Σ dy, where dy is the gradient before the
// activation.
func (o *channelAffine) Backward(x, w, b, y, dy Tensor) (dx, dw, db Tensor) {
	dx, dw, db = newGrads(x, w, b)
	x.h.store.dev.(device.ChannelNormer).ChannelAffineGrad(dx.array(), dw.array(), db.array(), dy.Contiguous().array(),
		x.array(), o.mean.array(), o.rstd.array(), w.array(), b.array(), o.act == ReLU)
	return dx, dw, db
}
