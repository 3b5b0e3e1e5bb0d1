package device

// Softmaxer is implemented by devices with kernels for softmax along the last dimension. The gradients are those of float32 and float64,
// where dst and y, softmax's result, lie without gaps.
type Softmaxer interface {
	Softmax(dst, x *Array)
	LogSoftmax(dst, x *Array)
	SoftmaxGradient(dst, dy, y *Array)    // y·(dy − Σ dy·y)
	LogSoftmaxGradient(dst, dy, y *Array) // dy − eʸ·Σ dy
}

// Triangler is implemented by devices that copy the triangle of the last two dimensions on and below a diagonal, or on and above it,
// and write 0 elsewhere. Element (i, j) is on the diagonal if j − i = offset.
type Triangler interface {
	Triangle(dst, x *Array, offset int, upper bool)
}
