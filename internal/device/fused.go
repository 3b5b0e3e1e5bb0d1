package device

// Softmaxer is implemented by devices with kernels for softmax along the last dimension. The gradients are computed
// from the result y. They support float32 and float64, and dst and y are contiguous.
type Softmaxer interface {
	Softmax(dst, x *Array)
	LogSoftmax(dst, x *Array)
	SoftmaxGradient(dst, dy, y *Array)    // y·(dy − Σ dy·y)
	LogSoftmaxGradient(dst, dy, y *Array) // dy − eʸ·Σ dy
}

// Triangler is implemented by devices with a kernel for tril and triu: it copies the elements of the last two
// dimensions on and below a diagonal, or on and above it, and writes 0 elsewhere. Element (i, j) is on the diagonal if
// j − i = offset.
type Triangler interface {
	Triangle(dst, x *Array, offset int, upper bool)
}
