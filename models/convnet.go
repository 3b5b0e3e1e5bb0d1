package models

import (
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
)

// NewConvNet returns a plain convolutional network for pictures of at least 8×8 pixels: stages of two 3×3 convolutions,
// each with batch normalization and ReLU, and of max pooling, which halves height and width, until at most 8×8 pixels are
// left. The stages have width, 2·width, 4·width, … filters, at most 8·width. The mean of each channel, dropout of 0.2 and
// a linear layer give the logits. Pictures of more than 64 pixels begin with a stride of 2. Input: (N, channels, size,
// size). The weights are drawn from g. It panics if size is below 8.
func NewConvNet(g *rng.Torch, channels, size, width, classes int) nn.Sequential {
	if size < 8 {
		fail("NewConvNet", "size is %d, want at least 8", size)
	}
	var m nn.Sequential
	in, out, stride := channels, width, 1
	if size > 64 {
		stride = 2
	}
	block := func(stride int) {
		c := nn.Conv2dConfig{NoBias: true, Padding: []int{1}, Stride: []int{stride}}
		m = append(m, c.New(g, in, out, 3), nn.NewBatchNorm2d(out), &nn.ReLU{})
		in = out
	}
	for {
		block(stride)
		size = (size + stride - 1) / stride
		stride = 1
		if size > 32 { // one convolution is enough where pictures are large
			m = append(m, nn.NewMaxPool2d(2))
			size /= 2
			out = min(2*out, 8*width)
			continue
		}
		block(1)
		if size <= 8 {
			break
		}
		m = append(m, nn.NewMaxPool2d(2))
		size /= 2
		out = min(2*out, 8*width)
	}
	return append(m, nn.NewAdaptiveAvgPool2d(1), &nn.Flatten{}, nn.NewDropout(g, 0.2), nn.NewLinear(g, out, classes))
}
