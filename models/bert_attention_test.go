package models

import (
	"testing"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// TestBERTAttentions holds that the weights, applied to a layer's values, give the result of its attention.
func TestBERTAttentions(t *testing.T) {
	m := BERTConfig{Vocabulary: 20, Width: 12, Layers: 2, Heads: 3, Inner: 16, Context: 8}.New(rng.NewTorch(1))
	nn.Eval(m)
	ids := tensor.From([]int64{3, 5, 7, 2, 9, 4, 0, 0}, 2, 4)
	mask := tensor.From([]int64{1, 1, 1, 1, 1, 1, 0, 0}, 2, 4)
	all := m.Attentions(ids, mask, tensor.Tensor{})
	if len(all) != 2 {
		t.Fatalf("%d layers", len(all))
	}
	x := m.Embeddings.forward(ids, tensor.Tensor{}, packing{})
	visible := keyMask("bert", ids, mask)
	for i, w := range all {
		if w.Shape() != tensor.ShapeOf(2, 3, 4, 4) {
			t.Fatalf("layer %d: %v", i, w.Shape())
		}
		a := m.Encoder.Layer[i].Attention.Self
		y := w.MatMul(a.split(a.Value.Forward(x))).Transpose(1, 2).Reshape(2, 4, 12)
		if d := y.Sub(a.forward(x, visible, packing{})).Abs().Max().Item(); d > 1e-6 { // sums of 4 terms below 1 in another order
			t.Errorf("layer %d differs by %v", i, d)
		}
		if d := w.Select(0, 1).Narrow(2, 2, 2).Abs().Max().Item(); d != 0 {
			t.Errorf("layer %d reads padding with %v", i, d)
		}
		x = m.Encoder.Layer[i].forward(x, visible, packing{})
	}
}
