package bench

import (
	"math"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// transformer trains the prediction of random next tokens. Its sizes are batch, length, features, heads, vocabulary
// size.
var transformer = sized([]Size{{4, 16, 32, 2, 65}, {8, 64, 128, 4, 256}, {8, 128, 384, 6, 1000}},
	train("transformer block, AdamW", 10, randomData{
		func(d Size, g *rng.Torch) data.Dataset {
			o := tensor.Options{DType: tensor.Int64}
			return data.NewTensorDataset(o.RandInt(g, 0, int64(d[4]), d[0]*batches, d[1]), o.RandInt(g, 0, int64(d[4]), d[0]*batches, d[1]))
		}, `
x, y = torch.randint(0, d[4], (d[0] * 16, d[1])), torch.randint(0, d[4], (d[0] * 16, d[1]))
`,
	}, func(d Size, g *rng.Torch) (nn.Module, optim.Optimizer) {
		length, width, tokens := d[1], d[2], d[4]
		model := &decoder{
			Tokens: nn.NewEmbedding(g, tokens, width), Places: nn.NewEmbedding(g, length, width),
			Norm1: nn.NewLayerNorm(width), QKV: nn.NewLinear(g, width, 3*width), Project: nn.NewLinear(g, width, width),
			Norm2: nn.NewLayerNorm(width), Widen: nn.NewLinear(g, width, 4*width), Narrow: nn.NewLinear(g, 4*width, width),
			Head: nn.NewLinear(g, width, tokens),
			Mask: tensor.Ones(length, length).Triu(1).Cast(tensor.Bool), Range: tensor.Arange(length), heads: d[3],
		}
		return model, optim.NewAdamW(nn.Parameters(model), optim.AdamWConfig{})
	}, `
class Decoder(nn.Module):
    def __init__(self, length, width, heads, tokens):
        super().__init__()
        self.tokens, self.places = nn.Embedding(tokens, width), nn.Embedding(length, width)
        self.norm1, self.qkv, self.project = nn.LayerNorm(width), nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.norm2, self.widen, self.narrow = nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.head, self.heads = nn.Linear(width, tokens), heads
        self.register_buffer("mask", torch.ones(length, length).triu(1).bool())
        self.register_buffer("range", torch.arange(length))

    def forward(self, tokens):
        x = self.tokens(tokens) + self.places(self.range)
        b, t, c = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(b, t, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        scores = (q @ k.transpose(-2, -1) * (c // self.heads) ** -0.5).masked_fill(self.mask, float("-inf"))
        x = x + self.project((scores.softmax(-1) @ v).transpose(1, 2).reshape(b, t, c))
        x = x + self.narrow(F.gelu(self.widen(self.norm2(x))))
        return self.head(x).flatten(0, 1)

model = Decoder(*d[1:])
opt = torch.optim.AdamW(model.parameters(), **form)
`))

// sized returns w with the given sizes.
func sized(sizes []Size, w Benchmark) Benchmark {
	w.Sizes = sizes
	return w
}

// decoder is a causal language model: embedding, one transformer block, scores of the next token.
type decoder struct {
	Tokens, Places *nn.Embedding
	Norm1          *nn.LayerNorm
	QKV, Project   *nn.Linear
	Norm2          *nn.LayerNorm
	Widen, Narrow  *nn.Linear
	Head           *nn.Linear
	Mask           tensor.Tensor `nn:",buffer"` // true for later positions, (T, T)
	Range          tensor.Tensor `nn:",buffer"` // 0 … T−1
	heads          int
}

// Forward returns the scores of the next token at each position: (B, T) → (B·T, tokens).
func (m *decoder) Forward(tokens tensor.Tensor) tensor.Tensor {
	x := m.Tokens.Forward(tokens).Add(m.Places.Forward(m.Range)) // (B, T, C)
	b, t, c := x.Dim(0), x.Dim(1), x.Dim(2)
	size := c / m.heads
	qkv := m.QKV.Forward(m.Norm1.Forward(x)).Reshape(b, t, 3, m.heads, size).Permute(2, 0, 3, 1, 4) // (3, B, H, T, C/H)
	q, k, v := qkv.Select(0, 0), qkv.Select(0, 1), qkv.Select(0, 2)
	scores := q.MatMul(k.Transpose(-2, -1)).MulScalar(1/math.Sqrt(float64(size))).MaskedFill(m.Mask, math.Inf(-1)) // (B, H, T, T)
	mixed := scores.Softmax(-1).MatMul(v).Transpose(1, 2).Reshape(b, t, c)
	x = x.Add(m.Project.Forward(mixed))
	x = x.Add(m.Narrow.Forward(m.Widen.Forward(m.Norm2.Forward(x)).GELU()))
	return m.Head.Forward(x).Reshape(b*t, m.Head.Weight.Dim(0))
}
