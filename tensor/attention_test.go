package tensor_test

import (
	"testing"

	"github.com/lamina-ml/lamina/internal/tensortest"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// selfAttention returns causal attention of queries, keys and values that are views of one projection (batch, length,
// 3, heads, size), with the heads joined: (batch, length, heads·size).
func selfAttention(x tensor.Tensor) tensor.Tensor {
	part := func(i int) tensor.Tensor { return x.Select(2, i).Transpose(1, 2) }
	y := tensor.ScaledDotProductAttention(part(0), part(1), part(2), tensor.AttentionConfig{Causal: true})
	return y.Transpose(1, 2).Flatten(2)
}

// TestAttentionOfViews: attention of views is that of copies, and so is its gradient.
func TestAttentionOfViews(t *testing.T) {
	onDevices(t, func(t *testing.T, o tensor.Options) {
		x := o.RandN(rng.NewTorch(1), 2, 70, 3, 4, 8).SetRequiresGrad(true)
		dy := o.RandN(rng.NewTorch(2), 2, 70, 32)
		copied := x.Detach().Clone().SetRequiresGrad(true)
		selfAttention(x).Mul(dy).Sum().Backward()
		part := func(i int) tensor.Tensor { return copied.Select(2, i).Transpose(1, 2).Contiguous() }
		y := tensor.ScaledDotProductAttention(part(0), part(1), part(2), tensor.AttentionConfig{Causal: true})
		y.Transpose(1, 2).Flatten(2).Mul(dy).Sum().Backward()
		// Sums of the same terms in the same order; 1e-6 allows for another order on other devices.
		if d := x.Grad().Sub(copied.Grad()).Abs().Max().Item(); !(d <= 1e-6) {
			t.Errorf("the gradients differ by %v", d)
		}
	})
}

// TestAttentionOrder: the result's order in memory is PyTorch's, so that the heads are joined without a copy.
func TestAttentionOrder(t *testing.T) {
	x := tensor.Ones(2, 3, 5, 4)
	if y := tensor.ScaledDotProductAttention(x, x, x, tensor.AttentionConfig{}); !y.Transpose(1, 2).IsContiguous() {
		t.Error("(batch, length, heads, size) is not contiguous")
	}
}

// TestAttentionAllocates: a steady step of attention of a projection allocates nothing, whatever its arguments.
func TestAttentionAllocates(t *testing.T) {
	x := tensor.Options{}.RandN(rng.NewTorch(1), 2, 20, 3, 4, 8).SetRequiresGrad(true)
	seen := tensor.Ones(2, 1, 1, 20).Cast(tensor.Bool)
	g := rng.NewTorch(2)
	s := tensor.NewScope(tensor.CPU())
	for name, c := range map[string]tensor.AttentionConfig{
		"causal": {Causal: true}, "masked": {Mask: seen}, "with dropout": {Dropout: 0.2, Generator: g},
	} {
		step := func() {
			x := x.InScope(s)
			part := func(i int) tensor.Tensor { return x.Select(2, i).Transpose(1, 2) }
			tensor.ScaledDotProductAttention(part(0), part(1), part(2), c).Transpose(1, 2).Flatten(2).Sum().Backward()
			s.Recycle()
		}
		step()
		step()
		if n := tensortest.AllocsPerRun(10, step); n > 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
