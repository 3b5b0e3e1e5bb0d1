package nn

import (
	"fmt"

	"github.com/lamina-ml/lamina/tensor"
)

// Padding layers. Padding has PyTorch's order, from the last dimension backwards: elements before it and after it,
// then before and after the dimension in front of it, and so on; one number stands for all. Negative numbers remove
// elements.

// sides returns the numbers for both ends of dims dimensions.
func sides(layer any, dims int, padding []int) (all [6]int) {
	if len(padding) != 1 && len(padding) != 2*dims {
		fail("pad", layer, fmt.Sprintf("the padding must be one number, or two for each padded dimension, not %v", padding))
	}
	for i := range all[:2*dims] {
		all[i] = padding[min(i, len(padding)-1)]
	}
	return all
}

// padText formats the numbers as PyTorch does: all of them, in a tuple.
func padText(dims int, padding []int) string {
	all := make([]int, 2*dims)
	for i := range all {
		if len(padding) > 0 {
			all[i] = padding[min(i, len(padding)-1)]
		}
	}
	return listText(all, 0)
}

// checkPadded panics unless x is a batch or a sample for a layer that pads dims dimensions.
func checkPadded(layer any, dims int, x tensor.Tensor) {
	if r := x.Rank(); r != dims+1 && r != dims+2 {
		fail("pad", layer, "the input must have "+map[int]string{1: "2 or 3", 2: "3 or 4",
			3: "4 or 5"}[dims]+" dimensions", x.Shape())
	}
}

// ZeroPad1d pads the last dimension of x, (N, C, L) or (C, L), with zeros.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.ZeroPad1d.html)
type ZeroPad1d struct {
	Padding []int
}

// NewZeroPad1d returns a layer that adds as many elements.
func NewZeroPad1d(padding ...int) *ZeroPad1d { return &ZeroPad1d{Padding: padding} }

// Forward returns the padded x.
func (l *ZeroPad1d) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	checkPadded(l, 1, x)
	s := sides(l, 1, l.Padding)
	return Report(l, x, x.Pad(0, s[:2]...))
}

// String returns the layer as PyTorch prints it.
func (l *ZeroPad1d) String() string { return "ZeroPad1d(" + padText(1, l.Padding) + ")" }

// ZeroPad2d pads each of the last two dimensions of x, (N, C, H, W) or (C, H, W), with zeros.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.ZeroPad2d.html)
type ZeroPad2d struct {
	Padding []int
}

// NewZeroPad2d returns a layer that adds as many elements.
func NewZeroPad2d(padding ...int) *ZeroPad2d { return &ZeroPad2d{Padding: padding} }

// Forward returns the padded x.
func (l *ZeroPad2d) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	checkPadded(l, 2, x)
	s := sides(l, 2, l.Padding)
	return Report(l, x, x.Pad(0, s[:4]...))
}

// String returns the layer as PyTorch prints it.
func (l *ZeroPad2d) String() string { return "ZeroPad2d(" + padText(2, l.Padding) + ")" }

// ZeroPad3d pads each of the last three dimensions of x, (N, C, D, H, W) or (C, D, H, W), with zeros.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.ZeroPad3d.html)
type ZeroPad3d struct {
	Padding []int
}

// NewZeroPad3d returns a layer that adds as many elements.
func NewZeroPad3d(padding ...int) *ZeroPad3d { return &ZeroPad3d{Padding: padding} }

// Forward returns the padded x.
func (l *ZeroPad3d) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	checkPadded(l, 3, x)
	s := sides(l, 3, l.Padding)
	return Report(l, x, x.Pad(0, s[:6]...))
}

// String returns the layer as PyTorch prints it.
func (l *ZeroPad3d) String() string { return "ZeroPad3d(" + padText(3, l.Padding) + ")" }

// ConstantPad1d pads the last dimension of x, (N, C, L) or (C, L), with the number Value.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.ConstantPad1d.html)
type ConstantPad1d struct {
	Padding []int
	Value   float64
}

// NewConstantPad1d returns a layer that adds elements of the given value.
func NewConstantPad1d(value float64, padding ...int) *ConstantPad1d {
	return &ConstantPad1d{Padding: padding, Value: value}
}

// Forward returns the padded x.
func (l *ConstantPad1d) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	checkPadded(l, 1, x)
	s := sides(l, 1, l.Padding)
	return Report(l, x, x.Pad(l.Value, s[:2]...))
}

// String returns the layer as PyTorch prints it.
func (l *ConstantPad1d) String() string {
	return fmt.Sprintf("ConstantPad1d(padding=%s, value=%v)", padText(1, l.Padding), l.Value)
}

// ConstantPad2d pads each of the last two dimensions of x, (N, C, H, W) or (C, H, W), with the number Value.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.ConstantPad2d.html)
type ConstantPad2d struct {
	Padding []int
	Value   float64
}

// NewConstantPad2d returns a layer that adds elements of the given value.
func NewConstantPad2d(value float64, padding ...int) *ConstantPad2d {
	return &ConstantPad2d{Padding: padding, Value: value}
}

// Forward returns the padded x.
func (l *ConstantPad2d) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	checkPadded(l, 2, x)
	s := sides(l, 2, l.Padding)
	return Report(l, x, x.Pad(l.Value, s[:4]...))
}

// String returns the layer as PyTorch prints it.
func (l *ConstantPad2d) String() string {
	return fmt.Sprintf("ConstantPad2d(padding=%s, value=%v)", padText(2, l.Padding), l.Value)
}

// ConstantPad3d pads each of the last three dimensions of x, (N, C, D, H, W) or (C, D, H, W), with the number Value.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.ConstantPad3d.html)
type ConstantPad3d struct {
	Padding []int
	Value   float64
}

// NewConstantPad3d returns a layer that adds elements of the given value.
func NewConstantPad3d(value float64, padding ...int) *ConstantPad3d {
	return &ConstantPad3d{Padding: padding, Value: value}
}

// Forward returns the padded x.
func (l *ConstantPad3d) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	checkPadded(l, 3, x)
	s := sides(l, 3, l.Padding)
	return Report(l, x, x.Pad(l.Value, s[:6]...))
}

// String returns the layer as PyTorch prints it.
func (l *ConstantPad3d) String() string {
	return fmt.Sprintf("ConstantPad3d(padding=%s, value=%v)", padText(3, l.Padding), l.Value)
}

// ReflectionPad1d pads the last dimension of x, (N, C, L) or (C, L), with elements mirrored at its first and its
// last, which are not repeated. (https://docs.pytorch.org/docs/stable/generated/torch.nn.ReflectionPad1d.html)
type ReflectionPad1d struct {
	Padding []int
}

// NewReflectionPad1d returns a layer that adds as many elements.
func NewReflectionPad1d(padding ...int) *ReflectionPad1d { return &ReflectionPad1d{Padding: padding} }

// Forward returns the padded x.
func (l *ReflectionPad1d) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	checkPadded(l, 1, x)
	s := sides(l, 1, l.Padding)
	return Report(l, x, x.PadReflect(s[:2]...))
}

// String returns the layer as PyTorch prints it.
func (l *ReflectionPad1d) String() string { return "ReflectionPad1d(" + padText(1, l.Padding) + ")" }

// ReflectionPad2d pads each of the last two dimensions of x, (N, C, H, W) or (C, H, W), with elements mirrored at its
// first and its last, which are not repeated.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.ReflectionPad2d.html)
type ReflectionPad2d struct {
	Padding []int
}

// NewReflectionPad2d returns a layer that adds as many elements.
func NewReflectionPad2d(padding ...int) *ReflectionPad2d { return &ReflectionPad2d{Padding: padding} }

// Forward returns the padded x.
func (l *ReflectionPad2d) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	checkPadded(l, 2, x)
	s := sides(l, 2, l.Padding)
	return Report(l, x, x.PadReflect(s[:4]...))
}

// String returns the layer as PyTorch prints it.
func (l *ReflectionPad2d) String() string { return "ReflectionPad2d(" + padText(2, l.Padding) + ")" }

// ReflectionPad3d pads each of the last three dimensions of x, (N, C, D, H, W) or (C, D, H, W), with elements
// mirrored at its first and its last, which are not repeated.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.ReflectionPad3d.html)
type ReflectionPad3d struct {
	Padding []int
}

// NewReflectionPad3d returns a layer that adds as many elements.
func NewReflectionPad3d(padding ...int) *ReflectionPad3d { return &ReflectionPad3d{Padding: padding} }

// Forward returns the padded x.
func (l *ReflectionPad3d) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	checkPadded(l, 3, x)
	s := sides(l, 3, l.Padding)
	return Report(l, x, x.PadReflect(s[:6]...))
}

// String returns the layer as PyTorch prints it.
func (l *ReflectionPad3d) String() string { return "ReflectionPad3d(" + padText(3, l.Padding) + ")" }

// ReplicationPad1d pads the last dimension of x, (N, C, L) or (C, L), with copies of its first and its last element.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.ReplicationPad1d.html)
type ReplicationPad1d struct {
	Padding []int
}

// NewReplicationPad1d returns a layer that adds as many elements.
func NewReplicationPad1d(padding ...int) *ReplicationPad1d {
	return &ReplicationPad1d{Padding: padding}
}

// Forward returns the padded x.
func (l *ReplicationPad1d) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	checkPadded(l, 1, x)
	s := sides(l, 1, l.Padding)
	return Report(l, x, x.PadReplicate(s[:2]...))
}

// String returns the layer as PyTorch prints it.
func (l *ReplicationPad1d) String() string { return "ReplicationPad1d(" + padText(1, l.Padding) + ")" }

// ReplicationPad2d pads each of the last two dimensions of x, (N, C, H, W) or (C, H, W), with copies of its first and
// its last element. (https://docs.pytorch.org/docs/stable/generated/torch.nn.ReplicationPad2d.html)
type ReplicationPad2d struct {
	Padding []int
}

// NewReplicationPad2d returns a layer that adds as many elements.
func NewReplicationPad2d(padding ...int) *ReplicationPad2d {
	return &ReplicationPad2d{Padding: padding}
}

// Forward returns the padded x.
func (l *ReplicationPad2d) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	checkPadded(l, 2, x)
	s := sides(l, 2, l.Padding)
	return Report(l, x, x.PadReplicate(s[:4]...))
}

// String returns the layer as PyTorch prints it.
func (l *ReplicationPad2d) String() string { return "ReplicationPad2d(" + padText(2, l.Padding) + ")" }

// ReplicationPad3d pads each of the last three dimensions of x, (N, C, D, H, W) or (C, D, H, W), with copies of its
// first and its last element. (https://docs.pytorch.org/docs/stable/generated/torch.nn.ReplicationPad3d.html)
type ReplicationPad3d struct {
	Padding []int
}

// NewReplicationPad3d returns a layer that adds as many elements.
func NewReplicationPad3d(padding ...int) *ReplicationPad3d {
	return &ReplicationPad3d{Padding: padding}
}

// Forward returns the padded x.
func (l *ReplicationPad3d) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	checkPadded(l, 3, x)
	s := sides(l, 3, l.Padding)
	return Report(l, x, x.PadReplicate(s[:6]...))
}

// String returns the layer as PyTorch prints it.
func (l *ReplicationPad3d) String() string { return "ReplicationPad3d(" + padText(3, l.Padding) + ")" }

// CircularPad1d pads the last dimension of x, (N, C, L) or (C, L), with elements from its other end.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.CircularPad1d.html)
type CircularPad1d struct {
	Padding []int
}

// NewCircularPad1d returns a layer that adds as many elements.
func NewCircularPad1d(padding ...int) *CircularPad1d { return &CircularPad1d{Padding: padding} }

// Forward returns the padded x.
func (l *CircularPad1d) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	checkPadded(l, 1, x)
	s := sides(l, 1, l.Padding)
	return Report(l, x, x.PadCircular(s[:2]...))
}

// String returns the layer as PyTorch prints it.
func (l *CircularPad1d) String() string { return "CircularPad1d(" + padText(1, l.Padding) + ")" }

// CircularPad2d pads each of the last two dimensions of x, (N, C, H, W) or (C, H, W), with elements from its other end.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.CircularPad2d.html)
type CircularPad2d struct {
	Padding []int
}

// NewCircularPad2d returns a layer that adds as many elements.
func NewCircularPad2d(padding ...int) *CircularPad2d { return &CircularPad2d{Padding: padding} }

// Forward returns the padded x.
func (l *CircularPad2d) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	checkPadded(l, 2, x)
	s := sides(l, 2, l.Padding)
	return Report(l, x, x.PadCircular(s[:4]...))
}

// String returns the layer as PyTorch prints it.
func (l *CircularPad2d) String() string { return "CircularPad2d(" + padText(2, l.Padding) + ")" }

// CircularPad3d pads each of the last three dimensions of x, (N, C, D, H, W) or (C, D, H, W), with elements from its
// other end. (https://docs.pytorch.org/docs/stable/generated/torch.nn.CircularPad3d.html)
type CircularPad3d struct {
	Padding []int
}

// NewCircularPad3d returns a layer that adds as many elements.
func NewCircularPad3d(padding ...int) *CircularPad3d { return &CircularPad3d{Padding: padding} }

// Forward returns the padded x.
func (l *CircularPad3d) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	checkPadded(l, 3, x)
	s := sides(l, 3, l.Padding)
	return Report(l, x, x.PadCircular(s[:6]...))
}

// String returns the layer as PyTorch prints it.
func (l *CircularPad3d) String() string { return "CircularPad3d(" + padText(3, l.Padding) + ")" }
