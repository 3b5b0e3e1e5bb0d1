package tensor_test

import (
	"slices"
	"testing"

	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// BernoulliLike draws in the order of memory, as PyTorch does: torch.manual_seed(1); F.dropout(torch.ones(3, 4).t(),
// 0.5).
func TestBernoulliOfViews(t *testing.T) {
	x := tensor.Ones(3, 4).Transpose(0, 1)
	got := x.BernoulliLike(rng.NewTorch(1), 0.5)
	want := []float32{1, 0, 0, 1, 1, 1, 1, 1, 0, 1, 0, 1}
	if !slices.Equal(got.Float32s(), want) || got.Shape() != x.Shape() {
		t.Errorf("a transposed tensor: %v, want %v", got.Float32s(), want)
	}
	part := tensor.Ones(4, 6).Narrow(1, 0, 3)
	got = part.BernoulliLike(rng.NewTorch(1), 0.5)
	if want := tensor.Ones(4, 3).BernoulliLike(rng.NewTorch(1), 0.5); !slices.Equal(got.Float32s(), want.Float32s()) {
		t.Errorf("a part: %v, want %v", got, want)
	}
	// With gaps: torch.manual_seed(2); F.dropout(torch.ones(4, 6)[:, ::2].t(), 0.5). With stride 0: the same for
	// torch.ones(3, 1).expand(3, 4).
	for _, c := range []struct {
		x    tensor.Tensor
		want []float32
	}{
		{tensor.Ones(4, 6).Slice(1, 0, 6, 2).T(), []float32{0, 0, 1, 1, 1, 0, 1, 1, 0, 0, 0, 0}},
		{tensor.Ones(3, 1).Expand(3, 4), []float32{0, 1, 0, 0, 0, 0, 1, 1, 0, 1, 1, 0}},
	} {
		if got := c.x.BernoulliLike(rng.NewTorch(2), 0.5); !slices.Equal(got.Float32s(), c.want) {
			t.Errorf("a view: %v, want %v", got, c.want)
		}
	}
	y := tensor.Ones(2, 1, 3).Permute(2, 0, 1)
	got = y.BernoulliLike(rng.NewTorch(1), 0.5)
	if want := tensor.Ones(2, 3).BernoulliLike(rng.NewTorch(1), 0.5).Transpose(0, 1); !slices.Equal(got.Float32s(), want.Float32s()) {
		t.Errorf("with a dimension of size 1: %v, want %v", got, want)
	}
}
