package cpu

import (
	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/kernel/vec"
)

// normSets returns the sets of rows of x that are normalized together.
func normSets(x *device.Array, groups int) vec.NormSets {
	if groups == 0 {
		return vec.BatchSets(x.Dims[0], x.Dims[1], x.Dims[2])
	}
	return vec.GroupSets(x.Dims[0], x.Dims[1], x.Dims[2], groups)
}

// ChannelNorm computes dst = (x − mean)·rstd·gamma + beta with the mean and the variance of each set of elements.
func (*Device) ChannelNorm(dst, mean, variance, rstd, x, gamma, beta *device.Array, groups int, eps float64,
	relu bool) {
	switch {
	case x.Size == 0:
	case x.DType == device.Float32:
		channelNorm[float32](dst, mean, variance, rstd, x, gamma, beta, groups, eps, relu)
	case x.DType == device.Float64:
		channelNorm[float64](dst, mean, variance, rstd, x, gamma, beta, groups, eps, relu)
	default:
		noKernel("channel_norm", x.DType)
	}
}

func channelNorm[T float](dst, mean, variance, rstd, x, gamma, beta *device.Array, groups int, eps float64, relu bool) {
	vec.ChannelNorm(elements[T](dst), elements[T](mean), elements[T](variance), elements[T](rstd), elements[T](x),
		optional[T](gamma), optional[T](beta), normSets(x, groups), eps, relu)
}

// ChannelNormGrad computes the gradients of ChannelNorm's x, gamma and beta; it skips those whose destination is nil.
func (d *Device) ChannelNormGrad(dx, dgamma, dbeta, dy, x, mean, rstd, gamma, beta *device.Array, groups int,
	relu bool) {
	switch {
	case x.Size == 0:
		d.fillZeros(dgamma, dbeta)
	case x.DType == device.Float32:
		channelNormGrad[float32](dx, dgamma, dbeta, dy, x, mean, rstd, gamma, beta, groups, relu)
	case x.DType == device.Float64:
		channelNormGrad[float64](dx, dgamma, dbeta, dy, x, mean, rstd, gamma, beta, groups, relu)
	default:
		noKernel("channel_norm gradient", x.DType)
	}
}

func channelNormGrad[T float](dx, dgamma, dbeta, dy, x, mean, rstd, gamma, beta *device.Array, groups int, relu bool) {
	vec.ChannelNormGrad(optional[T](dx), optional[T](dgamma), optional[T](dbeta), elements[T](dy), elements[T](x),
		elements[T](mean), elements[T](rstd), optional[T](gamma), optional[T](beta), normSets(x, groups), relu)
}

// ChannelAffine computes dst = (x − mean)·rstd·gamma + beta for given mean and rstd of each channel.
func (*Device) ChannelAffine(dst, x, mean, rstd, gamma, beta *device.Array, relu bool) {
	switch {
	case x.Size == 0:
	case x.DType == device.Float32:
		channelAffine[float32](dst, x, mean, rstd, gamma, beta, relu)
	case x.DType == device.Float64:
		channelAffine[float64](dst, x, mean, rstd, gamma, beta, relu)
	default:
		noKernel("channel_affine", x.DType)
	}
}

func channelAffine[T float](dst, x, mean, rstd, gamma, beta *device.Array, relu bool) {
	vec.ChannelAffine(elements[T](dst), elements[T](x), elements[T](mean), elements[T](rstd), optional[T](gamma),
		optional[T](beta), x.Dims[2], relu)
}

// ChannelAffineGrad computes the gradients of ChannelAffine's x, gamma and beta; it skips those whose destination is
// nil.
func (d *Device) ChannelAffineGrad(dx, dgamma, dbeta, dy, x, mean, rstd, gamma, beta *device.Array, relu bool) {
	switch {
	case x.Size == 0:
		d.fillZeros(dgamma, dbeta)
	case x.DType == device.Float32:
		channelAffineGrad[float32](dx, dgamma, dbeta, dy, x, mean, rstd, gamma, beta, relu)
	case x.DType == device.Float64:
		channelAffineGrad[float64](dx, dgamma, dbeta, dy, x, mean, rstd, gamma, beta, relu)
	default:
		noKernel("channel_affine gradient", x.DType)
	}
}

func channelAffineGrad[T float](dx, dgamma, dbeta, dy, x, mean, rstd, gamma, beta *device.Array, relu bool) {
	vec.ChannelAffineGrad(optional[T](dx), optional[T](dgamma), optional[T](dbeta), elements[T](dy), elements[T](x),
		elements[T](mean), elements[T](rstd), optional[T](gamma), optional[T](beta), x.Dims[2], relu)
}

func (d *Device) fillZeros(arrays ...*device.Array) {
	for _, a := range arrays {
		if a != nil {
			d.Fill(a, 0)
		}
	}
}
