package models_test

import (
	"testing"

	"github.com/lamina-ml/lamina/generate"
	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// TestNextTokens compares logits computed with a cache, one token or several at a time, with those of the whole
// sequence.
func TestNextTokens(t *testing.T) {
	gpt2 := models.GPT2Config{Vocabulary: 50, Context: 16, Width: 24, Layers: 2, Heads: 3}.New(rng.NewTorch(0))
	llama := models.LlamaConfig{Vocabulary: 50, Context: 16, Width: 24, Inner: 40, Layers: 2, Heads: 6, KVHeads: 2,
		Family: "qwen3", HeadSize: 8}.New(rng.NewTorch(0))
	ids := numbers(32, 7, 50, 2, 16)
	positions := ids.OnesLike().CumSum(1).SubScalar(1)
	for name, m := range map[string]interface {
		generate.Model
		nn.Module
	}{"gpt2": gpt2, "llama": llama} {
		nn.Eval(m)
		nn.Cast(m, tensor.Float64)
		want := m.Forward(ids)
		for _, step := range []int{1, 3, 5, 16} {
			cache := m.NewCache(2, 16)
			for at := 0; at < 16; at += step {
				n := min(step, 16-at)
				got := tensor.NoGrad(ids.Narrow(1, at, n), func(part tensor.Tensor) tensor.Tensor {
					return m.Next(part, positions.Narrow(1, at, n), tensor.Tensor{}, cache)
				})
				if d := got.Sub(want.Select(1, at+n-1)).Abs().Max().Item(); !(d <= 1e-12) {
					t.Fatalf("%s, steps of %d: the logits after token %d differ by %v", name, step, at+n-1, d)
				}
			}
		}
	}
}
