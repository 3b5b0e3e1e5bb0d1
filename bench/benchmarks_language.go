package bench

import (
	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// languageModels trains whole language models to predict random next tokens. Their sizes are batch, length, features,
// heads, layers, vocabulary.
var languageModels = Family{
	Name: "language models",
	Benchmarks: []Benchmark{
		sized([]Size{{2, 16, 32, 2, 2, 65}, {16, 64, 128, 4, 4, 65}, {12, 256, 384, 6, 6, 65}}, train("GPT-2, AdamW", 3, randomData{
			func(d Size, g *rng.Torch) data.Dataset {
				ids := func() T {
					return tensor.Options{DType: tensor.Int64}.RandInt(g, 0, int64(d[5]), d[0]*textBatches, d[1])
				}
				return data.NewTensorDataset(ids(), ids())
			},
			"x, y = torch.randint(0, d[5], (d[0] * 4, d[1])), torch.randint(0, d[5], (d[0] * 4, d[1]))\n",
		}, func(d Size, g *rng.Torch) (nn.Module, optim.Optimizer) {
			m := models.GPT2Config{
				Vocabulary: d[5], Context: d[1], Width: d[2], Heads: d[3], Layers: d[4],
				ResidualDropout: nn.Zero, EmbeddingDropout: nn.Zero, AttentionDropout: nn.Zero,
			}.New(g)
			return &nextTokens{m}, optim.NewAdamW(nn.Parameters(m), optim.AdamWConfig{})
		}, gpt2)),
	},
}

// textBatches is the number of batches in a random text.
const textBatches = 4

// nextTokens is a language model with the scores of all tokens in rows.
type nextTokens struct{ Model nn.Module }

// Forward maps (N, T) to (N·T, vocabulary).
func (m *nextTokens) Forward(ids T) T {
	y := m.Model.Forward(ids)
	return y.Reshape(-1, y.Dim(2))
}

// gpt2 is a GPT-2 in Python, with nn.Linear for Hugging Face's Conv1D. It draws the weights in the same order.
const gpt2 = `
def conv(i, o):
    l = nn.Linear.__new__(nn.Linear)
    nn.Module.__init__(l)
    l.in_features, l.out_features = i, o
    l.weight, l.bias = nn.Parameter(torch.randn(i, o)), nn.Parameter(torch.zeros(o))
    return l

def draw(l, std):
    l.weight.data = nn.init.normal_(torch.empty(l.in_features, l.out_features), std=std).t().contiguous()

class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.ln_1, self.c_attn, self.proj1 = nn.LayerNorm(width), conv(width, 3 * width), conv(width, width)
        self.ln_2, self.c_fc, self.proj2, self.heads = nn.LayerNorm(width), conv(width, 4 * width), conv(4 * width, width), heads

    def forward(self, x):
        b, t, c = x.shape
        q, k, v = self.c_attn(self.ln_1(x)).view(b, t, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        x = x + self.proj1(F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(b, t, c))
        return x + self.proj2(F.gelu(self.c_fc(self.ln_2(x)), approximate="tanh"))

class GPT2(nn.Module):
    def __init__(self, t, c, heads, layers, tokens):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(tokens, c), nn.Embedding(t, c)
        self.h, self.ln_f = nn.ModuleList([Block(c, heads) for _ in range(layers)]), nn.LayerNorm(c)
        nn.init.normal_(self.wte.weight, std=0.02)
        nn.init.normal_(self.wpe.weight, std=0.02)
        for b in self.h:
            for l, r in ((b.c_attn, b.proj1), (b.c_fc, b.proj2)):
                draw(l, 0.02)
                draw(r, 0.02)
                draw(r, 0.02 / (2 * layers) ** 0.5)
        self.lm_head = nn.Linear(c, tokens, bias=False)
        nn.init.normal_(self.lm_head.weight, std=0.02)
        self.lm_head.weight = self.wte.weight

    def forward(self, ids):
        x = self.wte(ids) + self.wpe.weight[:ids.shape[1]]
        for b in self.h:
            x = b(x)
        return self.lm_head(self.ln_f(x)).flatten(0, 1)

model = GPT2(d[1], d[2], d[3], d[4], d[5])
opt = torch.optim.AdamW(model.parameters(), **form)
`
