package device

import "math"

// An Axis describes how pooling or resampling reads one dimension: output i depends on some of the In inputs.
type Axis struct {
	Mode    AxisMode
	In, Out int

	// Of the modes MaxWindows and MeanWindows. Window i begins at input i·Stride − Padding; its Kernel elements are Dilation apart.
	Kernel, Stride, Padding, Dilation int
	CountPadding                      bool    // the mean divides by the elements in the padding too
	Factor                            float64 // multiplies the mean's weights

	// Of the modes that interpolate: the distance of two outputs in inputs, and whether the first and last elements stand on each other.
	Scale        float64
	AlignCorners bool
	Single       bool // positions and weights are computed in float32, as PyTorch does for float32
}

// AxisMode says which inputs an output depends on.
type AxisMode int

// The modes of an Axis.
const (
	Same            AxisMode = iota // output i is input i
	MaxWindows                      // windows of a fixed size
	MeanWindows                     // the mean of such windows
	AdaptiveWindows                 // window i is the elements ⌊i·In/Out⌋ to ⌈(i+1)·In/Out⌉ − 1
	MeanAdaptive                    // the mean of such windows
	Nearest                         // the element at ⌊i·Scale⌋
	NearestExact                    // the element at ⌊(i + ½)·Scale⌋
	Linear                          // between the two nearest elements
	Cubic                           // between the four nearest, with a = −0.75
	LinearAntialias                 // a triangle as wide as an output, at least as an input
	CubicAntialias                  // a cubic, a = −0.5, over four outputs, at least four inputs
)

// MaxPooler is implemented by devices with kernels for the largest element of each window. x and dx are (n, axes' In), y and dy (n, axes'
// Out), index is int32 of y's shape; all are contiguous. They hold float32 or float64.
type MaxPooler interface {
	// MaxPool sets y to each window's largest element and index to its row-major position in its part of x. Of equal elements it takes the
	// first. NaN is the largest; of several it takes the last.
	MaxPool(y, index, x *Array, axes *[3]Axis)
	// MaxPoolGrad sets dx to the sums of the elements of dy whose index names the element.
	MaxPoolGrad(dx, dy, index *Array, axes *[3]Axis)
}

// Resampler is implemented by devices with kernels for the product of each part of an array with one sparse matrix for each of its three
// dimensions; the axes describe the matrices. The arrays are contiguous and hold float32 or float64.
type Resampler interface {
	// Resample computes dst (n, axes' Out) from x (n, axes' In) or, transposed, dst (n, In) from x (n, Out).
	Resample(dst, x *Array, axes *[3]Axis, transposed bool)
}

// Window returns the inputs that window i of the modes MaxWindows and AdaptiveWindows reads: lo, lo + Dilation, … below hi.
func (a *Axis) Window(i int) (lo, hi, step int) {
	switch a.Mode {
	case MaxWindows:
		lo = i*a.Stride - a.Padding
		hi = min(lo+(a.Kernel-1)*a.Dilation+1, a.In)
		if lo < 0 {
			lo += (-lo + a.Dilation - 1) / a.Dilation * a.Dilation
		}
		return lo, hi, a.Dilation
	case AdaptiveWindows:
		lo, hi = a.adaptive(i)
		return lo, hi, 1
	}
	return i, i + 1, 1
}

func (a *Axis) adaptive(i int) (lo, hi int) {
	return i * a.In / a.Out, ((i+1)*a.In + a.Out - 1) / a.Out
}

// Taps appends the inputs that output i depends on, and their weights.
func (a *Axis) Taps(i int, at []int32, weights []float64) ([]int32, []float64) {
	switch a.Mode {
	case MeanWindows:
		lo := i*a.Stride - a.Padding
		hi := min(lo+a.Kernel, a.In+a.Padding)
		n := hi - lo
		lo, hi = max(lo, 0), min(hi, a.In)
		if !a.CountPadding {
			n = hi - lo
		}
		if a.Factor != 0 {
			return a.mean(lo, hi, a.Factor, at, weights)
		}
		return a.mean(lo, hi, 1/float64(n), at, weights)
	case MeanAdaptive:
		lo, hi := a.adaptive(i)
		return a.mean(lo, hi, 1/float64(hi-lo), at, weights)
	case Nearest, NearestExact:
		return append(at, int32(a.nearest(i))), append(weights, 1)
	case Linear:
		if a.In == a.Out {
			break
		}
		x := max(a.position(i), 0)
		lo := min(int(x), a.In-1)
		t := min(max(a.round(x-float64(lo)), 0), 1)
		return append(at, int32(lo), int32(min(lo+1, a.In-1))), append(weights, a.round(1-t), t)
	case Cubic:
		x := a.position(i)
		floor := math.Floor(x)
		t := a.round(x - floor)
		for k := -1; k <= 2; k++ {
			at = append(at, int32(min(max(int(floor)+k, 0), a.In-1)))
			weights = append(weights, a.round(cubic(t-float64(k), -0.75)))
		}
		return at, weights
	case LinearAntialias:
		return a.antialias(i, 2, at, weights)
	case CubicAntialias:
		return a.antialias(i, 4, at, weights)
	}
	return append(at, int32(i)), append(weights, 1)
}

func (a *Axis) mean(lo, hi int, w float64, at []int32, weights []float64) ([]int32, []float64) {
	for k := lo; k < hi; k++ {
		at, weights = append(at, int32(k)), append(weights, w)
	}
	return at, weights
}

// round rounds to float32 if the axis computes in it.
func (a *Axis) round(x float64) float64 {
	if a.Single {
		return float64(float32(x))
	}
	return x
}

// ScaleOf returns the Scale for a ratio of inputs to outputs; 0 means that of the sizes. With AlignCorners the sizes alone count.
func (a *Axis) ScaleOf(ratio float64) float64 {
	switch {
	case a.AlignCorners && a.Out > 1:
		return a.round(float64(a.In-1) / float64(a.Out-1))
	case a.AlignCorners:
		return 0
	case ratio > 0:
		return a.round(ratio)
	}
	return a.round(float64(a.In) / float64(a.Out))
}

// position returns where output i lies among the inputs.
func (a *Axis) position(i int) float64 {
	if a.AlignCorners {
		return a.round(a.Scale * float64(i))
	}
	return a.round(a.round(a.Scale*a.round(float64(i)+0.5)) - 0.5)
}

func (a *Axis) nearest(i int) int {
	switch {
	case a.Mode == NearestExact:
		return min(int(a.round(a.Scale*a.round(float64(i)+0.5))), a.In-1)
	case a.Out == a.In:
		return i
	case a.Out == 2*a.In:
		return i / 2
	}
	return min(int(a.round(a.Scale*float64(i))), a.In-1)
}

// antialias weighs the inputs around output i with a triangle (reach 2) or a cubic (reach 4), whose width is at least reach outputs.
func (a *Axis) antialias(i, reach int, at []int32, weights []float64) ([]int32, []float64) {
	scale := max(a.Scale, 1)
	support := a.round(float64(reach) / 2 * scale)
	center := a.round(a.Scale * a.round(float64(i)+0.5))
	lo := max(int(a.round(a.round(center-support)+0.5)), 0)
	hi := min(int(a.round(a.round(center+support)+0.5)), a.In)
	first, total := len(weights), 0.0
	for k := lo; k < hi; k++ {
		x := math.Abs((float64(k) - center + 0.5) / scale)
		w := max(1-x, 0)
		if reach == 4 {
			w = cubic(x, -0.5)
		}
		at, weights = append(at, int32(k)), append(weights, w)
		total += w
	}
	for k := first; k < len(weights) && total != 0; k++ {
		weights[k] = a.round(weights[k] / total)
	}
	return at, weights
}

// cubic is the kernel of cubic convolution (Keys, 1981).
func cubic(x, a float64) float64 {
	switch x = math.Abs(x); {
	case x <= 1:
		return ((a+2)*x-(a+3))*x*x + 1
	case x < 2:
		return ((a*x-5*a)*x+8*a)*x - 4*a
	}
	return 0
}
