package bench

import (
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
)

// channelNorms has the sizes of images: batch, channels, height, width.
var channelNorms = Family{
	Name:  "norms of channels",
	Sizes: []Size{{8, 16, 8, 8}, {32, 64, 56, 56}, {32, 512, 7, 7}},
	Inputs: func(d Size) []Input {
		return []Input{normal(d...).leaf(), normal(d[1]).leaf(), normal(d[1]).leaf()}
	},
	Benchmarks: []Benchmark{
		{Name: "batch norm, gradients", Op: batchNorm(tensor.NoActivation), Torch: "F.batch_norm(a, None, None, b, c, True)"},
		{Name: "batch norm and relu, gradients", Op: batchNorm(tensor.ReLU), Torch: "F.relu(F.batch_norm(a, None, None, b, c, True))"},
		{Name: "batch norm, evaluation", Inputs: func(d Size) []Input { return []Input{normal(d...), uniform(0.5, 2, d[1]), normal(d[1])} },
			Op: func(in []T) T {
				return tensor.BatchNorm(in[0], in[2], in[1], in[1], in[2], false, 0, 1e-5, tensor.NoActivation)
			},
			Torch: "F.batch_norm(a, c, b, b, c)"},
		{Name: "group norm, gradients", Op: func(in []T) T { return tensor.GroupNorm(in[0], 8, in[1], in[2], 1e-5) },
			Torch: "F.group_norm(a, 8, b, c)"},
		{Name: "instance norm, gradients", Op: func(in []T) T { return tensor.InstanceNorm(in[0], T{}, T{}, in[1], in[2], true, 0, 1e-5) },
			Torch: "F.instance_norm(a, None, None, b, c)"},
		{Name: "batch norm of features, gradients", Sizes: []Size{{32, 128}, {512, 768}, {4096, 1024}}, Op: func(in []T) T {
			return (&nn.BatchNorm1d{BatchNorm: nn.BatchNorm{Weight: in[1], Bias: in[2]}}).Forward(in[0])
		}, Torch: "F.batch_norm(a, None, None, b, c, True)"},
	},
}

func batchNorm(act tensor.Activation) func(in []T) T {
	return func(in []T) T { return tensor.BatchNorm(in[0], T{}, T{}, in[1], in[2], true, 0, 1e-5, act) }
}
