package device

// Softmaxer is implemented by devices with kernels for softmax along the last dimension.
type Softmaxer interface {
	Softmax(dst, x *Array)
	LogSoftmax(dst, x *Array)
}
