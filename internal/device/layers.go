package device

// Linearer is implemented by devices with a kernel for an affine layer.
type Linearer interface {
	// Linear computes dst = x·wᵀ + b, for x (…, in), w (out, in) and b (out,), and with relu the larger of that and 0. A nil b
	// is 0. dst is dense, and so is b; x is where it has not two dimensions.
	Linear(dst, x, w, b *Array, relu bool)
}

// CrossEntropyer is implemented by devices with kernels for softmax and cross-entropy in one. Targets are class numbers that
// the caller has checked through CheckIndex. All arrays are dense.
type CrossEntropyer interface {
	// CrossEntropy computes loss = −log softmax(x)[target] for each row of x (rows, classes).
	CrossEntropy(loss, x, target *Array)
	// CrossEntropyGrad computes dx = dloss·(softmax(x) − onehot(target)), row by row.
	CrossEntropyGrad(dx, dloss, x, target *Array)
}
