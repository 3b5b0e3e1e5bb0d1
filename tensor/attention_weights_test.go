package tensor_test

import (
	"math"
	"testing"

	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// AttentionWeights·value is ScaledDotProductAttention, with dropout, with masks that hide NaN scores, and in 16 bits.
func TestAttentionWeights(t *testing.T) {
	g := rng.NewTorch(1)
	o := tensor.Options{}
	q, k, v := o.RandN(g, 2, 4, 3, 5), o.RandN(g, 2, 2, 6, 5), o.RandN(g, 2, 2, 6, 5)
	hidden := tensor.Zeros(3, 6)
	hidden.Narrow(1, 2, 1).FillInPlace(math.Inf(-1))
	hidden.Narrow(0, 0, 1).FillInPlace(math.Inf(-1))
	bad := k.Clone()
	bad.Narrow(2, 2, 1).FillInPlace(math.NaN())
	for name, c := range map[string]struct {
		key tensor.Tensor
		dt  tensor.DType
		tol float64
		tensor.AttentionConfig
	}{
		"plain":      {k, tensor.Float32, 1e-5, tensor.AttentionConfig{}},
		"causal":     {k, tensor.Float32, 1e-5, tensor.AttentionConfig{Causal: true, Scale: 0.3}},
		"dropout":    {k, tensor.Float32, 1e-5, tensor.AttentionConfig{Dropout: 0.5}},
		"NaN hidden": {bad, tensor.Float32, 1e-5, tensor.AttentionConfig{Mask: hidden}},
		"bfloat16":   {k, tensor.BFloat16, 0.02, tensor.AttentionConfig{Mask: hidden}},
	} {
		c.GroupedQueries = true
		q, k, v := q.Cast(c.dt), c.key.Cast(c.dt), v.Cast(c.dt)
		c.Generator = rng.NewTorch(3)
		w := tensor.AttentionWeights(q, k, c.AttentionConfig)
		c.Generator = rng.NewTorch(3)
		want := tensor.ScaledDotProductAttention(q, k, v, c.AttentionConfig)
		got := w.MatMul(v.RepeatInterleave(2, 1))
		if d := got.Sub(want).Abs().Max().Item(); !(d < c.tol) || w.DType() != c.dt {
			t.Errorf("%s: weights·values and attention differ by %v", name, d)
		}
	}
}
