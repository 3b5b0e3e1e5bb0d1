package nn

import (
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// SwiGLU is the feed-forward layer of Llama:
//
//	y = down(SiLU(gate(x))·up(x))        (…, E) → (…, E)
//
// Its keys are those of Hugging Face's models. The layers are *Linear, or *QuantizedLinear in a model whose weights
// stay in blocks. (https://arxiv.org/abs/2002.05202)
type SwiGLU struct {
	GateProj, UpProj Module // (…, E) → (…, hidden)
	DownProj         Module // (…, hidden) → (…, E)
}

// SwiGLUConfig holds the options of a SwiGLU.
type SwiGLUConfig struct {
	Bias  bool
	DType tensor.DType
}

// NewSwiGLU returns a layer with hidden inner features and without biases, drawn from g as Linear draws them.
func NewSwiGLU(g *rng.Torch, size, hidden int) *SwiGLU { return SwiGLUConfig{}.New(g, size, hidden) }

// New returns a layer; see [NewSwiGLU].
func (c SwiGLUConfig) New(g *rng.Torch, size, hidden int) *SwiGLU {
	checkGenerator("SwiGLU", g)
	checkSize("SwiGLU", "size", size)
	checkSize("SwiGLU", "hidden", hidden)
	linear := LinearConfig{NoBias: !c.Bias, DType: c.DType}
	return &SwiGLU{
		GateProj: linear.New(g, size, hidden),
		UpProj:   linear.New(g, size, hidden),
		DownProj: linear.New(g, hidden, size),
	}
}

// Forward returns down(SiLU(gate(x))·up(x)).
func (l *SwiGLU) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	c := tensor.NewChain(x)
	y := c.Next(l.GateProj.Forward(x).SiLU().Mul(l.UpProj.Forward(x)))
	return Report(l, x, c.Next(l.DownProj.Forward(y)))
}
