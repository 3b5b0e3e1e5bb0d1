package bench

import (
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
)

// pooling has the sizes of images: (N, C, H, W). All benchmarks include the gradient. PyTorch's images are NCHW or channels-last, whichever
// is faster.
var pooling = Family{
	Name:   "pooling",
	Sizes:  []Size{{2, 8, 28, 28}, {32, 64, 56, 56}, {64, 128, 28, 28}},
	Inputs: oneLeaf,
	Benchmarks: []Benchmark{
		pooled("max pooling 2×2", nn.NewMaxPool2d(2), "F.max_pool2d(a, 2)"),
		pooled("max pooling 3×3, stride 2", &nn.MaxPool2d{Kernel: []int{3}, Stride: []int{2}, Padding: []int{1}},
			"F.max_pool2d(a, 3, 2, 1)",
			Size{2, 8, 28, 28}, Size{32, 64, 112, 112}, Size{32, 64, 56, 56}),
		pooled("average pooling 2×2", nn.NewAvgPool2d(2), "F.avg_pool2d(a, 2)"),
		pooled("global average pooling", nn.NewAdaptiveAvgPool2d(1), "F.adaptive_avg_pool2d(a, 1)", Size{2, 8, 7, 7},
			Size{32, 512, 7, 7}, Size{32, 1280, 7, 7}),
		pooled("upsampling ×2, nearest", nn.NewUpsample(2), "F.interpolate(a, scale_factor=2)", images...),
		pooled("upsampling ×2, bilinear", &nn.Upsample{Scale: []float64{2}, Mode: "bilinear"},
			"F.interpolate(a, scale_factor=2, mode='bilinear')", images...),
		pooled("upsampling ×2, bicubic", &nn.Upsample{Scale: []float64{2}, Mode: "bicubic"},
			"F.interpolate(a, scale_factor=2, mode='bicubic')", images...),
	},
}

var images = []Size{{1, 3, 28, 28}, {8, 64, 56, 56}, {1, 3, 224, 224}}

// pooled makes a benchmark of a layer.
func pooled(name string, layer nn.Module, torch string, sizes ...Size) Benchmark {
	return Benchmark{
		Name: name, Sizes: sizes, Torch: torch,
		Op:    unary(func(x tensor.Tensor) tensor.Tensor { return layer.Forward(x) }),
		Setup: "a = a.contiguous(memory_format=layout)\n",
		Forms: []string{"layout = torch.contiguous_format", "layout = torch.channels_last"},
	}
}
