package models

import (
	"testing"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// TestAttentions holds for each model that each row of the weights adds up to 1, that a decoder reads nothing that follows,
// and that the weights, applied to the first layer's values, give what its attention gives.
func TestAttentions(t *testing.T) {
	g := rng.NewTorch(1)
	scope := tensor.NewScope(tensor.CPU())
	scope.SetRecording(false) // so that layers release what gradients would need
	defer scope.Recycle()
	ids := tensor.From([]int64{3, 5, 7, 2, 9, 4, 1, 8}, 2, 4).InScope(scope)
	llama := LlamaConfig{Family: "qwen3", Vocabulary: 20, Width: 16, Inner: 24, Layers: 2, Heads: 4, KVHeads: 2,
		HeadSize: 4, Context: 16}.New(g)
	t5 := T5Config{Vocabulary: 20, Width: 12, HeadSize: 4, Inner: 16, Layers: 2, Heads: 3}.New(g)
	vit := ViTConfig{Width: 12, Layers: 2, Heads: 3, Inner: 16, ImageSize: 8, PatchSize: 4}.New(g, 5)
	gpt2 := GPT2Config{Vocabulary: 20, Context: 16, Width: 12, Layers: 2, Heads: 3}.New(g)
	for _, m := range []any{llama, t5, vit, gpt2} {
		nn.Eval(m)
	}
	image := tensor.Options{}.RandN(g, 2, 3, 8, 8).InScope(scope)

	for name, c := range map[string]testedAttention{
		"llama": func() testedAttention {
			x := llama.Model.Layers[0].InputLayerNorm.Forward(llama.Model.EmbedTokens.Forward(ids))
			a := llama.Model.Layers[0].SelfAttn
			cos, sin := llama.Model.angles(tensor.From([]int64{0, 1, 2, 3}, 1, 4))
			v := a.split(a.VProj.Forward(x)) // two query heads share a head of values
			v = tensor.Cat(1, v.Narrow(1, 0, 1), v.Narrow(1, 0, 1), v.Narrow(1, 1, 1), v.Narrow(1, 1, 1))
			return testedAttention{llama.Model.Attentions(ids), 4, true, v, a.OProj, a.Forward(x, cos, sin)}
		}(),
		"t5": func() testedAttention {
			p := t5.Encoder.Block[0].Layer[0]
			x := p.LayerNorm.Forward(t5.Encoder.EmbedTokens.Forward(ids))
			a := p.SelfAttention
			bias := t5.Encoder.biasFor(ids, tensor.Tensor{})
			return testedAttention{t5.Attentions(ids, tensor.Tensor{}), 3, false, a.split(a.V.Forward(x)), a.O,
				a.Forward(x, x, tensor.AttentionConfig{Mask: bias})}
		}(),
		"vit": func() testedAttention {
			x := vit.ViT.Layers[0].LayernormBefore.Forward(vit.ViT.Embeddings.Forward(image))
			a := vit.ViT.Layers[0].Attention
			return testedAttention{vit.ViT.Attentions(image), 3, false, a.split(a.VProj.Forward(x)), a.OProj, a.Forward(x)}
		}(),
		"gpt2": func() testedAttention {
			b := gpt2.Transformer.H[0]
			x := b.LN1.Forward(gpt2.Transformer.embed(ids))
			_, _, v := b.Attn.project(x)
			return testedAttention{gpt2.Transformer.Attentions(ids), 3, true, v, b.Attn.CProj, b.Attn.Forward(x)}
		}(),
	} {
		if len(c.all) != 2 {
			t.Fatalf("%s: %d layers", name, len(c.all))
		}
		size := c.values.Dim(2)
		for i, w := range c.all {
			if w.Shape() != tensor.ShapeOf(2, c.heads, size, size) {
				t.Fatalf("%s, layer %d: %v", name, i, w.Shape())
			}
			if d := w.Sum(3).SubScalar(1).Abs().Max().Item(); d > 1e-6 {
				t.Errorf("%s, layer %d: a row differs from 1 by %v", name, i, d)
			}
			if d := w.Sub(w.Tril(0)).Abs().Max().Item(); c.causal != (d == 0) {
				t.Errorf("%s, layer %d reads what follows with %v", name, i, d)
			}
		}
		y := c.all[0].MatMul(c.values).Transpose(1, 2)
		y = c.out.Forward(y.Reshape(2, size, y.Dim(2)*y.Dim(3)))
		if d := y.Sub(c.result).Abs().Max().Item(); d > 1e-5 { // sums of few terms in another order
			t.Errorf("%s: the attention differs by %v", name, d)
		}
	}
	mask := tensor.From([]int64{1, 1, 1, 1, 1, 1, 0, 0}, 2, 4)
	if d := t5.Attentions(ids, mask)[1].Select(0, 1).Narrow(2, 2, 2).Abs().Max().Item(); d != 0 {
		t.Errorf("t5 reads padding with %v", d)
	}
}

// testedAttention is what a model says of its attentions, and what the first one computes.
type testedAttention struct {
	all    []tensor.Tensor
	heads  int
	causal bool
	values tensor.Tensor // of the first layer, (N, heads, T, size)
	out    nn.Module     // the layer after its attention
	result tensor.Tensor
}
