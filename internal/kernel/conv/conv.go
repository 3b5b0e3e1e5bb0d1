// Package conv computes convolutions of one, two and three dimensions, their weight gradients and their input
// gradients.
//
// x holds Batch images of In channels, w one filter for each of the Out output channels over the In/Groups input
// channels of its group, y Batch images of Out channels; all are contiguous:
//
//	x (Batch, In, D, H, W)   w (Out, In/Groups, kd, kh, kw)   y (Batch, Out, D', H', W')
//
// For an output channel o, and the input channels c of the group of o,
//
//	y[n,o,p] = act(bias[o] + Σ_c Σ_k w[o,c,k] · x[n,c, p·stride + k·dilation − padding])
//
// for positions p, kernel positions k and the other settings in three dimensions; x outside an image is 0. The two
// gradients are the derivatives of Σ y·dy. A transposed convolution is the input gradient of a convolution.
//
// The results do not depend on the number of threads: each sum is cut into parts that depend on the shape alone, and
// the parts are added in order.
package conv

import "fmt"

// Float is the type of the elements.
type Float interface{ float32 | float64 }

// A Shape holds the sizes and settings of a convolution. Sizes of three dimensions are depth, height and width; a
// convolution of fewer dimensions has leading sizes of 1. Padding is at the beginning of a dimension; the padding at
// its end follows from Output. The meaning is PyTorch's Conv3d.
type Shape struct {
	Batch, Groups, In, Out                           int // In and Out are multiples of Groups
	Input, Kernel, Output, Stride, Padding, Dilation [3]int
}

// InputLen returns the number of elements of x.
func (s *Shape) InputLen() int { return s.Batch * s.In * product(s.Input) }

// OutputLen returns the number of elements of y.
func (s *Shape) OutputLen() int { return s.Batch * s.Out * product(s.Output) }

// WeightLen returns the number of elements of w.
func (s *Shape) WeightLen() int { return s.Out * (s.In / s.Groups) * product(s.Kernel) }

func product(size [3]int) int { return size[0] * size[1] * size[2] }

// check panics unless the sizes are valid and the slices have their lengths.
func (s *Shape) check(op string, x, w, y int) {
	if s.Batch < 0 || s.Groups < 1 || s.In < 0 || s.Out < 0 || s.In%s.Groups != 0 || s.Out%s.Groups != 0 {
		panic(fmt.Sprintf("conv: %s: batch of %d, %d input and %d output channels in %d groups, want multiples of the groups",
			op, s.Batch, s.In, s.Out, s.Groups))
	}
	for d := range 3 {
		if s.Input[d] < 0 || s.Output[d] < 0 || s.Padding[d] < 0 || s.Kernel[d] < 1 || s.Stride[d] < 1 || s.Dilation[d] < 1 {
			panic(fmt.Sprintf("conv: %s: %+v, want sizes and paddings of at least 0 and settings of at least 1", op, *s))
		}
	}
	if x != s.InputLen() || w != s.WeightLen() || y != s.OutputLen() {
		panic(fmt.Sprintf("conv: %s: x, w, y of %d, %d, %d elements, want %d, %d, %d for %+v",
			op, x, w, y, s.InputLen(), s.WeightLen(), s.OutputLen(), *s))
	}
}

// Forward sets y = x ∗ w + bias, a cross-correlation, and replaces negative results by 0 if relu is set (NaN stays
// NaN). A nil bias is 0; another has length Out. y shares no memory with the others.
func Forward[T Float](y, x, w, bias []T, s *Shape, relu bool) {
	s.check("Forward", len(x), len(w), len(y))
	if bias != nil && len(bias) != s.Out {
		panic(fmt.Sprintf("conv: Forward: bias of %d elements, want %d", len(bias), s.Out))
	}
	if s.needsPlainLoops() {
		forwardPlain(y, x, w, bias, s, relu)
		return
	}
	run(forward, y, x, w, bias, s, relu)
}

// GradInput sets dx to the gradient with respect to the input: dx[n,c,q] is the sum of w[o,c,k]·dy[n,o,p] over all o, p
// and k with p·stride + k·dilation − padding = q. It is the forward pass of a transposed convolution of dy.
func GradInput[T Float](dx, dy, w []T, s *Shape) {
	s.check("GradInput", len(dx), len(w), len(dy))
	if s.needsPlainLoops() || s.isSparse() {
		gradInputPlain(dx, dy, w, s)
		return
	}
	run(gradInput, dx, dy, w, nil, s, false)
}

// GradWeight sets dw to the gradient with respect to the weights: dw[o,c,k] is the sum over all n and p of
// dy[n,o,p]·x[n,c, p·stride + k·dilation − padding].
func GradWeight[T Float](dw, dy, x []T, s *Shape) {
	s.check("GradWeight", len(x), len(dw), len(dy))
	if s.needsPlainLoops() {
		gradWeightPlain(dw, dy, x, s)
		return
	}
	run(gradWeight, dy, x, dw, nil, s, false)
}

// needsPlainLoops reports whether x, y or w is empty, an image or a filter is so large that offsets in it may exceed 32
// bits, or a copy of an image with its padding would be much larger than the image.
func (s *Shape) needsPlainLoops() bool {
	const largest = 1 << 28
	image, out := product(s.Input), product(s.Output)
	if s.Batch == 0 || s.In == 0 || s.Out == 0 || image == 0 || out == 0 || image > largest || out > largest || product(s.Kernel) > 1<<20 ||
		s.In*s.Out/s.Groups*product(s.Kernel) > largest {
		return true
	}
	padded, paddedOut := 1.0, 1.0
	for d := range 3 {
		reach := (s.Kernel[d] - 1) * s.Dilation[d]
		padded *= float64((s.Output[d]-1)*s.Stride[d] + reach + 1)
		paddedOut *= float64((s.Input[d]+reach)/s.Stride[d] + 2)
	}
	return padded > 4*float64(image)+1<<14 || paddedOut > 4*float64(out)+1<<14
}

// isSparse reports whether windows lie so far apart that few elements of x are in one. The fast loops of the input
// gradient do the positions of each remainder modulo the stride together, and these are too many then.
func (s *Shape) isSparse() bool {
	const most = 1024 // remainders for each kernel position
	remainders := float64(s.Stride[0]) * float64(s.Stride[1]) * float64(s.Stride[2])
	return remainders > most*float64(product(s.Kernel))
}

// A passKind is one of the three passes.
type passKind int

const (
	forward passKind = iota
	gradInput
	gradWeight
)

// run computes a pass with the fastest loops for the shape. dst and src are y and x, dx and dy, or dy and x; gradWeight
// writes w.
func run[T Float](kind passKind, dst, src, w, bias []T, s *Shape, relu bool) {
	kr := kernelsOf[T]()
	switch {
	case s.isDepthwise():
		p := kr.free.depthwise.Get()
		p.setup(kr, kind, dst, src, w, bias, s, relu)
		p.run()
		p.dst, p.src, p.w, p.bias = nil, nil, nil, nil
		kr.free.depthwise.Put(p)
	case kind == gradWeight:
		g := kr.free.gradients.Get()
		g.setup(kr, w, dst, src, s)
		g.run()
		g.dw, g.dy, g.x = nil, nil, nil
		kr.free.gradients.Put(g)
	case kr.winogradInput != nil && s.fitsWinograd() && runWinograd(kr, kind, dst, src, w, bias, s, relu):
	default:
		p := kr.free.passes.Get()
		p.setup(kr, dst, src, w, bias, s, kind == gradInput, relu)
		p.run()
		p.dst, p.src, p.w, p.bias = nil, nil, nil, nil
		kr.free.passes.Put(p)
	}
}

// runWinograd computes a pass by Winograd's algorithm and returns true, if that is faster than the direct sum.
func runWinograd[T Float](kr *kernels[T], kind passKind, dst, src, w, bias []T, s *Shape, relu bool) bool {
	p := kr.free.winograd.Get()
	faster := p.setup(kr, dst, src, w, bias, s, kind == gradInput, relu)
	if faster {
		p.run()
	}
	p.dst, p.src, p.w, p.bias = nil, nil, nil, nil
	kr.free.winograd.Put(p)
	return faster
}

// kernelsOf returns the kernels of the current instruction set.
func kernelsOf[T Float]() *kernels[T] {
	if kr, ok := any(kernels32()).(*kernels[T]); ok {
		return kr
	}
	return any(kernels64()).(*kernels[T])
}
