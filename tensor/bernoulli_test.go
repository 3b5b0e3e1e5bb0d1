package tensor_test

import (
	"slices"
	"testing"

	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// BernoulliLike draws in the order of memory, as PyTorch does: torch.manual_seed(1); F.dropout(torch.ones(3, 4).t(), 0.5).
func TestBernoulliOfViews(t *testing.T) {
	x := tensor.Ones(3, 4).Transpose(0, 1)
	got := x.BernoulliLike(rng.NewTorch(1), 0.5)
	want := []float32{1, 0, 0, 1, 1, 1, 1, 1, 0, 1, 0, 1}
	if !slices.Equal(got.Float32s(), want) || got.Shape() != x.Shape() {
		t.Errorf("a transposed tensor: %v, want %v", got.Float32s(), want)
	}
	// A part of a tensor has gaps: its elements are drawn row by row.
	part := tensor.Ones(4, 6).Narrow(1, 0, 3)
	if got, want := part.BernoulliLike(rng.NewTorch(1), 0.5), tensor.Ones(4, 3).BernoulliLike(rng.NewTorch(1), 0.5); !slices.Equal(got.Float32s(), want.Float32s()) {
		t.Errorf("a part: %v, want %v", got, want)
	}
	y := tensor.Ones(2, 1, 3).Permute(2, 0, 1)
	if got, want := y.BernoulliLike(rng.NewTorch(1), 0.5), tensor.Ones(2, 3).BernoulliLike(rng.NewTorch(1), 0.5).Transpose(0, 1); !slices.Equal(got.Float32s(), want.Float32s()) {
		t.Errorf("with a dimension of size 1: %v, want %v", got, want)
	}
}
