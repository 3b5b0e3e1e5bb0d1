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

// TestAttentionDropout compares the kernel with dropout with the ops that are used for a mask with a gradient: results,
// first and second gradients, and the generator's next number.
func TestAttentionDropout(t *testing.T) {
	o := tensor.Options{DType: tensor.Float64}
	for _, causal := range []bool{false, true} {
		var want []tensor.Tensor
		for _, fused := range []bool{false, true} {
			g := rng.NewTorch(1)
			q := o.RandN(g, 2, 4, 37, 5).SetRequiresGrad(true)
			k := o.RandN(g, 2, 2, 41, 5).SetRequiresGrad(true)
			v := o.RandN(g, 2, 2, 41, 3).SetRequiresGrad(true)
			c := tensor.AttentionConfig{Causal: causal, Dropout: 0.3, Generator: rng.NewTorch(3), GroupedQueries: true}
			if !fused {
				c.Mask = o.Zeros(37, 41).SetRequiresGrad(true)
			}
			y := tensor.ScaledDotProductAttention(q, k, v, c)
			first := tensor.Gradient(y.Square().Sum(), []tensor.Tensor{q, k, v}, true)
			sum := first[0].Square().Sum().Add(first[1].Square().Sum()).Add(first[2].Square().Sum())
			second := tensor.Gradient(sum, []tensor.Tensor{q, k, v}, false)
			got := append(append([]tensor.Tensor{y}, first...), second...)
			got = append(got, o.Rand(c.Generator, 1))
			for i, w := range want {
				if d := got[i].Sub(w).Abs().Max().Item(); !(d <= 1e-12*max(1, w.Abs().Max().Item())) {
					t.Errorf("causal %v: result %d differs by %v", causal, i, d)
				}
			}
			want = got
		}
	}
}

// TestAttentionDropoutMemory: a step of attention with dropout needs one bit for each weight.
func TestAttentionDropoutMemory(t *testing.T) {
	const n = 2048
	x := tensor.Options{}.RandN(rng.NewTorch(1), 1, 1, n, 16).SetRequiresGrad(true)
	s := tensor.NewScope(tensor.CPU())
	y := x.InScope(s)
	tensor.ScaledDotProductAttention(y, y, y, tensor.AttentionConfig{Dropout: 0.1, Generator: rng.NewTorch(2)}).Sum().Backward()
	if most := n*n/8 + 20*x.Len()*4; s.Bytes() > most {
		t.Errorf("the step needs %d bytes, more than %d", s.Bytes(), most)
	}
	s.Recycle()
}
