package nn_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// A negative size gives an error that names the layer and the argument.
func TestNegativeSizes(t *testing.T) {
	g := rng.NewTorch(1)
	affine, tracking := nn.InstanceNormConfig{Affine: true}, nn.InstanceNormConfig{Tracking: true}
	for _, c := range []struct {
		want string // the error's beginnings, one for each size, separated by semicolons
		good []int
		make func(n []int)
	}{
		{"batch_norm1d: channels", []int{3}, func(n []int) { nn.NewBatchNorm1d(n[0]) }},
		{"batch_norm2d: channels", []int{3}, func(n []int) { nn.NewBatchNorm2d(n[0]) }},
		{"batch_norm3d: channels", []int{3}, func(n []int) { nn.NewBatchNorm3d(n[0]) }},
		{"instance_norm1d: channels", []int{2}, func(n []int) { nn.NewInstanceNorm1d(n[0]) }},
		{"instance_norm2d: channels", []int{2}, func(n []int) { affine.New2d(n[0]) }},
		{"instance_norm3d: channels", []int{2}, func(n []int) { tracking.New3d(n[0]) }},
		{"group_norm: 4 channels cannot be divided into -3; group_norm: channels", []int{2, 4}, func(n []int) { nn.NewGroupNorm(n[0], n[1]) }},
		{"local_response_norm: the number of channels", []int{2}, func(n []int) { nn.NewLocalResponseNorm(n[0]) }},
		{"layer_norm: a dimension; layer_norm: a dimension", []int{2, 3}, func(n []int) { nn.NewLayerNorm(n...) }},
		{"rms_norm: a dimension; rms_norm: a dimension", []int{2, 3}, func(n []int) { nn.NewRMSNorm(n...) }},
		{"linear: in; linear: out", []int{2, 3}, func(n []int) { nn.NewLinear(g, n[0], n[1]) }},
		{"bilinear: in1; bilinear: in2; bilinear: out", []int{2, 3, 4}, func(n []int) { nn.NewBilinear(g, n[0], n[1], n[2]) }},
		{"conv1d: in; conv1d: out; conv1d: the kernel's size", []int{3, 2, 4}, func(n []int) { nn.NewConv1d(g, n[0], n[1], n[2]) }},
		{"conv2d: in; conv2d: out; conv2d: the kernel's size; conv2d: the kernel's size", []int{3, 2, 4, 5}, func(n []int) {
			nn.NewConv2d(g, n[0], n[1], n[2:]...)
		}},
		{"conv3d: in; conv3d: out; conv3d: the kernel's size", []int{3, 2, 4}, func(n []int) { nn.NewConv3d(g, n[0], n[1], n[2]) }},
		{"conv_transpose1d: in; conv_transpose1d: out; conv_transpose1d: the kernel's size", []int{3, 2, 4}, func(n []int) {
			nn.NewConvTranspose1d(g, n[0], n[1], n[2])
		}},
		{"conv_transpose2d: in; conv_transpose2d: out; conv_transpose2d: the kernel's size", []int{3, 2, 4}, func(n []int) {
			nn.NewConvTranspose2d(g, n[0], n[1], n[2])
		}},
		{"conv_transpose3d: in; conv_transpose3d: out; conv_transpose3d: the kernel's size", []int{3, 2, 4}, func(n []int) {
			nn.NewConvTranspose3d(g, n[0], n[1], n[2])
		}},
		{"conv2d: -3 groups", []int{2}, func(n []int) { nn.Conv2dConfig{Groups: n[0]}.New(g, 4, 4, 3) }},
		{"embedding: count; embedding: size", []int{3, 2}, func(n []int) { nn.NewEmbedding(g, n[0], n[1]) }},
		{"embedding_bag: count; embedding_bag: size", []int{3, 2}, func(n []int) { nn.NewEmbeddingBag(g, n[0], n[1]) }},
		{"learned_positions: count; learned_positions: size", []int{3, 2}, func(n []int) { nn.NewLearnedPositions(g, n[0], n[1]) }},
		{"rotary: the number of rotated elements", []int{2}, func(n []int) { nn.NewRotary(n[0]) }},
		{"prelu: channels", []int{2}, func(n []int) { nn.NewPReLU(n[0]) }},
		{"SwiGLU: size; SwiGLU: hidden", []int{2, 3}, func(n []int) { nn.NewSwiGLU(g, n[0], n[1]) }},
		{"rnn: -3 features; rnn: 2 features, -3 hidden", []int{2, 3}, func(n []int) { nn.NewRNN(g, n[0], n[1]) }},
		{"lstm: -3 features; lstm: 2 features, -3 hidden", []int{2, 3}, func(n []int) { nn.NewLSTM(g, n[0], n[1]) }},
		{"gru: -3 features; gru: 2 features, -3 hidden", []int{2, 3}, func(n []int) { nn.NewGRU(g, n[0], n[1]) }},
		{"lstm: 2 features, 3 hidden units and -3 layers", []int{2}, func(n []int) { nn.RecurrentConfig{Layers: n[0]}.NewLSTM(g, 2, 3) }},
		{"rnn_cell: -3 features; rnn_cell: 2 features and -3 hidden", []int{2, 3}, func(n []int) { nn.NewRNNCell(g, n[0], n[1]) }},
		{"lstm_cell: -3 features; lstm_cell: 2 features and -3 hidden", []int{2, 3}, func(n []int) { nn.NewLSTMCell(g, n[0], n[1]) }},
		{"gru_cell: -3 features; gru_cell: 2 features and -3 hidden", []int{2, 3}, func(n []int) { nn.NewGRUCell(g, n[0], n[1]) }},
		{"multi_head_attention: the size; multi_head_attention: the size", []int{4, 2}, func(n []int) {
			nn.NewMultiheadAttention(g, n[0], n[1])
		}},
		{"transformer_encoder_layer: FeedForward", []int{4}, func(n []int) { nn.TransformerLayerConfig{FeedForward: n[0]}.NewEncoder(g, 4, 2) }},
		{"transformer_decoder_layer: FeedForward", []int{4}, func(n []int) { nn.TransformerLayerConfig{FeedForward: n[0]}.NewDecoder(g, 4, 2) }},
		{"transformer_encoder: the number of layers", []int{4}, func(n []int) {
			nn.NewTransformerEncoder(nn.TransformerLayerConfig{FeedForward: 2}.NewEncoder(g, 4, 2), n[0], nil)
		}},
	} {
		c.make(c.good)
		for i, want := range strings.Split(c.want, "; ") {
			n := append([]int(nil), c.good...)
			n[i] = -3
			err := tensor.Try(func() { c.make(n) })
			var typed *tensor.Error
			if !errors.As(err, &typed) || !strings.HasPrefix(err.Error(), want) || !strings.Contains(err.Error(), "-3") {
				t.Errorf("sizes %v: %v, want %s…-3…", n, err, want)
			}
		}
	}
}

// Layers of size 0 exist, as in PyTorch.
func TestSizesOfZero(t *testing.T) {
	g := rng.NewTorch(1)
	for _, c := range []struct {
		layer      any
		parameters int
	}{
		{nn.NewLinear(g, 0, 2), 2}, {nn.NewLinear(g, 2, 0), 0}, {nn.NewBatchNorm2d(0), 0}, {nn.NewGroupNorm(1, 0), 0},
		{nn.NewLayerNorm(0), 0}, {nn.NewRMSNorm(0), 0}, {nn.NewPReLU(0), 0}, {nn.NewConv2d(g, 0, 2, 3), 2},
		{nn.NewConv2d(g, 2, 0, 3), 0}, {nn.NewSwiGLU(g, 0, 2), 0}, {nn.NewEmbedding(g, 0, 2), 0}, {nn.NewEmbedding(g, 2, 0), 0},
		{nn.NewBilinear(g, 2, 2, 0), 0},
	} {
		if n := nn.Count(c.layer); n != c.parameters {
			t.Errorf("%v has %d parameters, want %d", c.layer, n, c.parameters)
		}
	}
}
