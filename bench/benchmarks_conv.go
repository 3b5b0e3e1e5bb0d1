package bench

import (
	"fmt"

	"github.com/lamina-ml/lamina/tensor"
)

// convolution has layers of well-known networks, with a batch of 1, 8 and 32. PyTorch's images and weights are NCHW
// or channels-last, whichever is faster.
var convolution = Family{Name: "convolution", Benchmarks: convolutions()}

// A convLayer is a convolution of square images with square windows.
type convLayer struct {
	name                                           string
	in, out, kernel, stride, padding, size, groups int
}

var convLayers = []convLayer{
	{"7×7/2 of 3 channels", 3, 64, 7, 2, 3, 224, 1},
	{"3×3 of 64 channels", 64, 64, 3, 1, 1, 56, 1},
	{"3×3 of 128 channels", 128, 128, 3, 1, 1, 28, 1},
	{"3×3 of 256 channels", 256, 256, 3, 1, 1, 14, 1},
	{"3×3 of 512 channels", 512, 512, 3, 1, 1, 7, 1},
	{"3×3/2, 64 to 128 channels", 64, 128, 3, 2, 1, 56, 1},
	{"1×1, 64 to 256 channels", 64, 256, 1, 1, 0, 56, 1},
	{"1×1, 1024 to 256 channels", 1024, 256, 1, 1, 0, 14, 1},
	{"1×1, 24 to 144 channels", 24, 144, 1, 1, 0, 56, 1},
	{"depthwise 3×3", 144, 144, 3, 1, 1, 56, 144},
	{"depthwise 3×3/2", 240, 240, 3, 2, 1, 28, 240},
	{"3×3, 1 to 32 channels", 1, 32, 3, 1, 0, 28, 1},
	{"3×3, 32 to 64 channels", 32, 64, 3, 1, 0, 26, 1},
}

// convolutions returns two benchmarks for each layer: the forward pass with bias, and it with the gradients of image
// and weight.
func convolutions() (list []Benchmark) {
	for _, l := range convLayers {
		o := tensor.ConvOptions{Stride: []int{l.stride}, Padding: []int{l.padding}, Groups: l.groups}
		for _, gradients := range []bool{false, true} {
			b := Benchmark{
				Name:      l.name,
				Tolerance: 1e-4, // sums of up to 800,000 products
				Op:        func(in []T) T { return tensor.Conv2d(in[0], in[1], in[2], o) },
				Torch:     fmt.Sprintf("F.conv2d(a, b, c, %d, %d, groups=%d)", l.stride, l.padding, l.groups),
				Setup:     "a, b = a.contiguous(memory_format=layout), b.contiguous(memory_format=layout)\n",
				Forms:     layouts,
				Inputs: func(d Size) []Input {
					x, w := normal(d...), normal(l.out, l.in/l.groups, l.kernel, l.kernel)
					if gradients {
						x, w = x.leaf(), w.leaf()
					}
					return []Input{x, w, normal(l.out)}
				},
			}
			if gradients {
				b.Name += ", gradients"
			}
			for _, n := range []int{1, 8, 32} {
				b.Sizes = append(b.Sizes, Size{n, l.in, l.size, l.size})
			}
			list = append(list, b)
		}
	}
	return list
}
