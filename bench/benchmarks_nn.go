package bench

import (
	"math"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
)

// linear returns x·wᵀ + b.
func linear(x, w, b T) T { return (&nn.Linear{Weight: w, Bias: b}).Forward(x) }

// classification has the sizes: rows, classes.
var classification = Family{
	Name:  "softmax, cross-entropy",
	Sizes: []Size{{32, 10}, {128, 1000}, {1024, 4096}},
	Inputs: func(d Size) []Input {
		return []Input{normal(d...).leaf(), integers(d[1], d[0])}
	},
	Benchmarks: []Benchmark{
		{Name: "softmax", Inputs: one, Op: unary(func(x T) T { return x.Softmax(1) }), Torch: "torch.softmax(a, 1, out=y)"},
		{Name: "log-softmax", Inputs: one, Op: unary(func(x T) T { return x.LogSoftmax(1) }), Torch: "torch.log_softmax(a, 1)"},
		{Name: "softmax, gradients", Inputs: oneLeaf, Op: unary(func(x T) T { return x.Softmax(1) }), Torch: "torch.softmax(a, 1)"},
		{Name: "log-softmax, gradients", Inputs: oneLeaf, Op: unary(func(x T) T { return x.LogSoftmax(1) }),
			Torch: "torch.log_softmax(a, 1)"},
		{Name: "softmax of each column, gradients", Inputs: oneLeaf, Op: unary(func(x T) T { return x.Softmax(0) }),
			Torch: "torch.softmax(a, 0)"},
		{Name: "cross-entropy", Op: binary(nn.CrossEntropy), Torch: "F.cross_entropy(a, b)"},
		{Name: "cross-entropy, label smoothing", Op: binary(nn.CrossEntropyLoss{LabelSmoothing: 0.1}.Forward),
			Torch: "F.cross_entropy(a, b, label_smoothing=0.1)"},
		{Name: "cross-entropy, class weights", Inputs: func(d Size) []Input {
			return []Input{normal(d...).leaf(), integers(d[1], d[0]), uniform(0.5, 2, d[1])}
		}, Op: func(in []T) T { return nn.CrossEntropyLoss{Weight: in[2]}.Forward(in[0], in[1]) }, Torch: "F.cross_entropy(a, b, c)"},
		{Name: "cross-entropy, probabilities", Inputs: func(d Size) []Input { return []Input{normal(d...).leaf(), simplex(d...)} },
			Op: binary(nn.CrossEntropy), Torch: "F.cross_entropy(a, b)"},
		{Name: "NLL", Inputs: func(d Size) []Input { return []Input{logSimplex(d...).leaf(), integers(d[1], d[0])} },
			Op: binary(nn.NLL), Torch: "F.nll_loss(a, b)"},
	},
}

// norms has the sizes: rows, normalized features.
var norms = Family{
	Name:  "norms",
	Sizes: []Size{{32, 128}, {512, 768}, {4096, 1024}},
	Benchmarks: []Benchmark{
		{Name: "layer norm", Inputs: func(d Size) []Input { return []Input{normal(d...), normal(d[1]), normal(d[1])} },
			Op: layerNorm, Torch: "F.layer_norm(a, (d[1],), b, c)"},
		{Name: "layer norm, gradients", Inputs: func(d Size) []Input {
			return []Input{normal(d...).leaf(), normal(d[1]).leaf(), normal(d[1]).leaf()}
		}, Op: layerNorm, Torch: "F.layer_norm(a, (d[1],), b, c)"},
		{Name: "RMS norm", Inputs: func(d Size) []Input { return []Input{normal(d...), normal(d[1])} },
			Op: func(in []T) T { return (&nn.RMSNorm{Weight: in[1]}).Forward(in[0]) }, Torch: "F.rms_norm(a, (d[1],), b)"},
		{Name: "RMS norm, gradients", Inputs: func(d Size) []Input { return []Input{normal(d...).leaf(), normal(d[1]).leaf()} },
			Op: func(in []T) T { return (&nn.RMSNorm{Weight: in[1]}).Forward(in[0]) }, Torch: "F.rms_norm(a, (d[1],), b)"},
	},
}

func layerNorm(in []T) T { return (&nn.LayerNorm{Weight: in[1], Bias: in[2]}).Forward(in[0]) }

// activations includes the gradients, except for benchmarks named forward.
var activations = Family{Name: "activations", Sizes: vectors, Inputs: oneLeaf, Benchmarks: []Benchmark{
	{Name: "relu", Op: unary(T.ReLU), Torch: "F.relu(a)"},
	{Name: "leaky relu", Op: unary((&nn.LeakyReLU{}).Forward), Torch: "F.leaky_relu(a)"},
	{Name: "prelu", Inputs: func(d Size) []Input { return []Input{normal(d...).leaf(), uniform(0.1, 0.4, 1).leaf()} },
		Op: binary(T.PReLU), Torch: "F.prelu(a, b)"},
	{Name: "elu", Op: unary((&nn.ELU{}).Forward), Torch: "F.elu(a)"},
	{Name: "selu", Op: unary(T.SELU), Torch: "F.selu(a)"},
	{Name: "celu", Op: unary((&nn.CELU{}).Forward), Torch: "F.celu(a)"},
	{Name: "gelu", Op: unary(T.GELU), Torch: "F.gelu(a)"},
	{Name: "gelu, tanh", Op: unary(T.GELUTanh), Torch: "F.gelu(a, approximate='tanh')"},
	{Name: "silu", Op: unary(T.SiLU), Torch: "F.silu(a)"},
	{Name: "mish", Op: unary(T.Mish), Torch: "F.mish(a)"},
	{Name: "softplus", Op: unary((&nn.Softplus{}).Forward), Torch: "F.softplus(a)"},
	{Name: "softsign", Op: unary(T.Softsign), Torch: "F.softsign(a)"},
	{Name: "hardtanh", Op: unary((&nn.Hardtanh{}).Forward), Torch: "F.hardtanh(a)"},
	{Name: "hardswish", Op: unary(T.Hardswish), Torch: "F.hardswish(a)"},
	{Name: "log-sigmoid", Op: unary(T.LogSigmoid), Torch: "F.logsigmoid(a)"},
	{Name: "sigmoid", Op: unary(T.Sigmoid), Torch: "torch.sigmoid(a)"},
	{Name: "tanh", Op: unary(T.Tanh), Torch: "torch.tanh(a)"},
	{Name: "glu", Sizes: matrices, Op: unary(func(x T) T { return x.GLU(-1) }), Torch: "F.glu(a)"},
	{Name: "relu, forward", Inputs: one, Op: unary(T.ReLU), Torch: "torch.clamp_min(a, 0, out=y)"},
	{Name: "elu, forward", Inputs: one, Op: unary((&nn.ELU{}).Forward), Torch: "torch._C._nn.elu(a, out=y)"},
	{Name: "gelu, forward", Inputs: one, Op: unary(T.GELU), Torch: "torch._C._nn.gelu(a, out=y)"},
	{Name: "silu, forward", Inputs: one, Op: unary(T.SiLU), Torch: "torch._C._nn.silu(a, out=y)"},
	{Name: "mish, forward", Inputs: one, Op: unary(T.Mish), Torch: "torch._C._nn.mish(a, out=y)"},
	{Name: "softplus, forward", Inputs: one, Op: unary((&nn.Softplus{}).Forward), Torch: "torch._C._nn.softplus(a, out=y)"},
}}

// losses includes the gradient of the prediction.
var losses = Family{
	Name: "losses", Sizes: vectors,
	Inputs: func(d Size) []Input { return []Input{normal(d...).leaf(), normal(d...)} },
	Benchmarks: []Benchmark{
		{Name: "MSE", Op: binary(nn.MSE), Torch: "F.mse_loss(a, b)"},
		{Name: "L1", Op: binary(nn.L1), Torch: "F.l1_loss(a, b)"},
		{Name: "smooth L1", Op: binary(nn.SmoothL1Loss{}.Forward), Torch: "F.smooth_l1_loss(a, b)"},
		{Name: "Huber", Op: binary(nn.HuberLoss{}.Forward), Torch: "F.huber_loss(a, b)"},
		{Name: "BCE", Inputs: func(d Size) []Input { return []Input{uniform(0.01, 0.99, d...).leaf(), uniform(0, 1, d...)} },
			Op: binary(nn.BCE), Torch: "F.binary_cross_entropy(a, b)"},
		{Name: "BCE with logits", Inputs: func(d Size) []Input { return []Input{normal(d...).leaf(), uniform(0, 1, d...)} },
			Op: binary(nn.BCEWithLogits), Torch: "F.binary_cross_entropy_with_logits(a, b)"},
		{Name: "KL divergence", Sizes: matrices, Inputs: func(d Size) []Input { return []Input{logSimplex(d...).leaf(), simplex(d...)} },
			Op: binary(nn.KLDivLoss{BatchMean: true}.Forward), Torch: "F.kl_div(a, b, reduction='batchmean')"},
		{Name: "hinge embedding", Inputs: func(d Size) []Input { return []Input{normal(d...).leaf(), signs(d...)} },
			Op: binary(nn.HingeEmbeddingLoss{}.Forward), Torch: "F.hinge_embedding_loss(a, b)"},
		{Name: "margin ranking", Inputs: func(d Size) []Input { return []Input{normal(d...).leaf(), normal(d...).leaf(), signs(d...)} },
			Op: func(in []T) T { return nn.MarginRankingLoss{}.Forward(in[0], in[1], in[2]) }, Torch: "F.margin_ranking_loss(a, b, c)"},
		{Name: "cosine embedding", Sizes: matrices,
			Inputs: func(d Size) []Input { return []Input{normal(d...).leaf(), normal(d...).leaf(), signs(d[0])} },
			Op:     func(in []T) T { return nn.CosineEmbeddingLoss{}.Forward(in[0], in[1], in[2]) },
			Torch:  "F.cosine_embedding_loss(a, b, c)"},
		{Name: "triplet margin", Sizes: matrices, Inputs: func(d Size) []Input {
			return []Input{normal(d...).leaf(), normal(d...).leaf(), normal(d...).leaf()}
		}, Op: func(in []T) T { return nn.TripletMarginLoss{}.Forward(in[0], in[1], in[2]) }, Torch: "F.triplet_margin_loss(a, b, c)"},
		{Name: "multi-class margin", Sizes: []Size{{32, 10}, {128, 1000}, {1024, 4096}}, Inputs: func(d Size) []Input {
			return []Input{normal(d...).leaf(), integers(d[1], d[0])}
		}, Op: binary(nn.MultiMarginLoss{}.Forward), Torch: "F.multi_margin_loss(a, b)"},
	},
}

var contractions = Family{Name: "einsum, attention", Benchmarks: []Benchmark{
	{Name: "batched product", Sizes: []Size{{16, 16, 16}, {32, 64, 64}, {48, 256, 256}}, Tolerance: 1e-4,
		Inputs: func(d Size) []Input { return []Input{normal(d...), normal(d...)} }, Op: binary(T.MatMul), Torch: "torch.bmm(a, b, out=y)",
		FLOPs: func(d Size) float64 { return product(d) * float64(d[2]) }},
	{Name: "einsum bij,bjk→bik, gradients", Sizes: []Size{{16, 16, 16}, {32, 64, 64}, {48, 256, 256}}, Tolerance: 1e-4,
		Inputs: func(d Size) []Input { return []Input{normal(d...).leaf(), normal(d...).leaf()} },
		Op:     func(in []T) T { return tensor.Einsum("bij,bjk->bik", in...) }, Torch: "torch.einsum('bij,bjk->bik', a, b)"},
	{Name: "einsum bthd,bshd→bhts", Sizes: heads, Tolerance: 1e-4,
		Inputs: func(d Size) []Input { return []Input{normal(d[0], d[2], d[1], d[3]), normal(d[0], d[2], d[1], d[3])} },
		Op:     func(in []T) T { return tensor.Einsum("bthd,bshd->bhts", in...) }, Torch: "torch.einsum('bthd,bshd->bhts', a, b)"},
	{Name: "attention by hand", Sizes: heads, Tolerance: 1e-4,
		Inputs: func(d Size) []Input { return []Input{normal(d...), normal(d...), normal(d...)} }, Op: attention,
		Torch: "torch.softmax(a @ b.transpose(-2, -1) * d[3] ** -0.5, -1) @ c"},
	{Name: "attention by hand, gradients", Sizes: heads, Tolerance: 1e-4,
		Inputs: func(d Size) []Input { return []Input{normal(d...).leaf(), normal(d...).leaf(), normal(d...).leaf()} }, Op: attention,
		Torch: "torch.softmax(a @ b.transpose(-2, -1) * d[3] ** -0.5, -1) @ c"},
	{Name: "outer product", Sizes: []Size{{64, 64}, {512, 512}, {2048, 2048}},
		Inputs: func(d Size) []Input { return []Input{normal(d[0]), normal(d[1])} },
		Op:     binary(T.Outer), Torch: "torch.outer(a, b, out=y)"},
}}

// heads lists sizes of attention: batch, heads, length, features per head.
var heads = []Size{{2, 2, 16, 32}, {4, 8, 64, 64}, {4, 12, 256, 64}}

func attention(in []T) T {
	q, k, v := in[0], in[1], in[2]
	scores := q.MatMul(k.Transpose(-2, -1)).MulScalar(1 / math.Sqrt(float64(q.Dim(-1))))
	return scores.Softmax(-1).MatMul(v)
}
