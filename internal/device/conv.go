package device

// Convolution holds the sizes and settings of a convolution over depth, height and width; one over fewer dimensions has leading sizes of 1.
// Padding is the padding before each dimension; the padding after it follows from Output.
type Convolution struct {
	Batch, Groups, In, Out                           int // In and Out are the numbers of channels, multiples of Groups
	Input, Kernel, Output, Stride, Padding, Dilation [3]int
}

// Convolver is implemented by devices with kernels for convolutions of float32 and float64. All arrays are contiguous:
//
//	x (Batch, In, Input…), w (Out, In/Groups, Kernel…), b (Out,), y (Batch, Out, Output…)
//
// c is not kept after the call.
type Convolver interface {
	// Conv computes y[n,o,p] = Σ w[o,c,k]·x[n,c, p·Stride + k·Dilation − Padding] + b[o] over all k and the channels c of o's group, and
	// with relu the ReLU of that. Elements of x outside Input are 0, and so is a nil b.
	Conv(y, x, w, b *Array, c *Convolution, relu bool)
	// ConvGradInput computes dx, the gradient of Σ y·dy with respect to x: the sums of w[o,c,k]·dy[n,o,p].
	ConvGradInput(dx, dy, w *Array, c *Convolution)
	// ConvGradWeight computes dw, the gradient of Σ y·dy with respect to w: the sums of dy[n,o,p]·x[n,c, p·Stride + k·Dilation − Padding].
	ConvGradWeight(dw, dy, x *Array, c *Convolution)
}
