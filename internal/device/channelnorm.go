package device

// ChannelNormer is implemented by devices with kernels for batch, group and instance norm of float32 or float64. All
// arrays are contiguous; x, dst, dx and dy are (n, channels, size), gamma, beta, dgamma and dbeta (channels,). A nil
// gamma is 1, a nil beta 0. With relu, the result is followed by ReLU, and the gradients are those of both.
type ChannelNormer interface {
	// ChannelNorm computes dst = (x − mean)·rstd·gamma + beta, with the mean, the (biased) variance and rstd =
	// 1/√(variance + eps) of each set of elements, which it sets. With groups = 0 a set is a channel of all samples;
	// else it is a group of neighbouring channels of one sample, and there are n·groups sets.
	ChannelNorm(dst, mean, variance, rstd, x, gamma, beta *Array, groups int, eps float64, relu bool)
	// ChannelNormGrad computes the gradients of x, gamma and beta. It skips those whose destination is nil.
	ChannelNormGrad(dx, dgamma, dbeta, dy, x, mean, rstd, gamma, beta *Array, groups int, relu bool)
	// ChannelAffine computes dst = (x − mean)·rstd·gamma + beta for given mean and rstd, which are contiguous and have
	// an element for each channel.
	ChannelAffine(dst, x, mean, rstd, gamma, beta *Array, relu bool)
	// ChannelAffineGrad computes the gradients of x, gamma and beta. It skips those whose destination is nil.
	ChannelAffineGrad(dx, dgamma, dbeta, dy, x, mean, rstd, gamma, beta *Array, relu bool)
}
