package nn_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// TestAttentionGradCheck checks gradients and second derivatives of attention with masks.
func TestAttentionGradCheck(t *testing.T) {
	g := rng.NewTorch(3)
	randn := func(dims ...int) tensor.Tensor { return f64.RandN(g, dims...).SetRequiresGrad(true) }
	l := nn.MultiheadAttentionConfig{KDim: 3, VDim: 5, AddBiasKV: true, AddZeroAttn: true, DType: tensor.Float64}.New(g, 4, 2)
	self := nn.MultiheadAttentionConfig{BatchFirst: true, DType: tensor.Float64}.New(g, 4, 2)
	padding := tensor.FromBools([]bool{false, false, true, false, true, true}, 2, 3)
	mask := nn.AttentionMask{KeyPadding: padding, Causal: true}
	for name, c := range map[string]struct {
		f func(x []tensor.Tensor) tensor.Tensor
		x []tensor.Tensor
	}{
		"other keys": {func(x []tensor.Tensor) tensor.Tensor { return l.Forward(x[0], x[1], x[2], mask) },
			[]tensor.Tensor{randn(2, 2, 4), randn(3, 2, 3), randn(3, 2, 5)}},
		"weights": {func(x []tensor.Tensor) tensor.Tensor {
			_, w := l.ForwardWeights(x[0], x[1], x[2], mask, false)
			return w
		}, []tensor.Tensor{randn(2, 2, 4), randn(3, 2, 3), randn(3, 2, 5)}},
		"self": {func(x []tensor.Tensor) tensor.Tensor {
			self.InProjWeight, self.InProjBias = x[1], x[2]
			return self.Forward(x[0], x[0], x[0], mask)
		}, []tensor.Tensor{randn(2, 3, 4), randn(12, 4), randn(12)}},
		"an added mask": {func(x []tensor.Tensor) tensor.Tensor {
			return self.Forward(x[0], x[0], x[0], nn.AttentionMask{Mask: x[1], KeyPadding: padding})
		}, []tensor.Tensor{randn(2, 3, 4), randn(3, 3)}},
	} {
		for _, second := range []bool{false, true} {
			if err := tensor.GradCheck(c.f, c.x, tensor.GradCheckOptions{Second: second}); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// TestAttentionStepsAllocateNothing checks that a step of training and one of prediction allocate nothing.
func TestAttentionStepsAllocateNothing(t *testing.T) {
	g := rng.NewTorch(1)
	layer := nn.TransformerLayerConfig{FeedForward: 8, BatchFirst: true}
	encoder := nn.NewTransformerEncoder(layer.NewEncoder(g, 4, 2), 2, nn.NewLayerNorm(4))
	decoder := nn.NewTransformerDecoder(layer.NewDecoder(g, 4, 2), 2, nil)
	weighted := nn.MultiheadAttentionConfig{AddBiasKV: true, AddZeroAttn: true, Dropout: 0.1}.New(g, 4, 2)
	x := tensor.Options{}.RandN(g, 2, 3, 4)
	padding := tensor.FromBools([]bool{false, false, true, false, false, false}, 2, 3)
	s := tensor.NewScope(tensor.CPU())
	forward := func() tensor.Tensor {
		x := x.InScope(s)
		m := nn.AttentionMask{KeyPadding: padding, Causal: true}
		y, w := weighted.ForwardWeights(x.Transpose(0, 1), x.Transpose(0, 1), x.Transpose(0, 1), m, false)
		y = decoder.Forward(y.Transpose(0, 1), encoder.Forward(x, m), m, nn.AttentionMask{KeyPadding: padding})
		return y.Square().Mean().Add(w.Square().Mean())
	}
	model := []any{encoder, decoder, weighted}
	if n := allocations(func() {
		s.Recycle()
		loss := forward()
		for _, p := range [...]tensor.Tensor{encoder.Layers[0].Linear1.Weight, weighted.BiasK} {
			p.ZeroGrad()
		}
		loss.Backward()
	}); n != 0 {
		t.Errorf("%v allocations in a step of training", n)
	}
	nn.Eval(model)
	s.Recycle()
	s.SetRecording(false)
	if n := allocations(func() {
		s.Recycle()
		forward()
	}); n != 0 {
		t.Errorf("%v allocations in a step of prediction", n)
	}
}

// TestHiddenKeys checks queries that see no key, sequences without positions, and causal attention with and without a
// mask.
func TestHiddenKeys(t *testing.T) {
	for _, d := range devices {
		g := rng.NewTorch(2)
		l := nn.MultiheadAttentionConfig{BatchFirst: true}.New(g, 4, 2)
		l.OutProj.Bias.Data().FillInPlace(0.5)
		nn.To(l, d)
		x := tensor.Options{}.RandN(g, 2, 3, 4).To(d)
		all := nn.AttentionMask{KeyPadding: tensor.FromBools([]bool{false, false, false, true, true, true}, 2, 3).To(d)}
		y := l.Forward(x, x, x, all)
		z, w := l.ForwardWeights(x, x, x, all, true)
		for i := range 12 {
			if a, b := y.Select(0, 1).Float64s()[i], z.Select(0, 1).Float64s()[i]; a != 0.5 || b != 0.5 {
				t.Fatalf("queries that see no key give %v and %v, not the bias", a, b)
			}
		}
		if sum := w.Select(0, 1).Sum().Item(); sum != 0 || w.Select(0, 0).Sum().Item() < 5.9 {
			t.Errorf("the weights of hidden keys sum to %v", sum)
		}
		for _, shape := range [][2]int{{0, 3}, {3, 0}, {0, 0}} {
			q, k := x.NewZeros(2, shape[0], 4), x.NewZeros(2, shape[1], 4)
			y := l.Forward(q, k, k, nn.AttentionMask{})
			z, w := l.ForwardWeights(q, k, k, nn.AttentionMask{}, false)
			if y.Shape() != q.Shape() || z.Shape() != q.Shape() || w.Shape() != tensor.ShapeOf(2, shape[0], shape[1]) {
				t.Errorf("%v queries and keys: results of %v and %v, weights of %v", shape, y.Shape(), z.Shape(), w.Shape())
			}
			if y.Len() > 0 && (y.Max().Item() != 0.5 || z.Max().Item() != 0.5) {
				t.Errorf("without keys: %v and %v", y, z)
			}
		}
		added := nn.MultiheadAttentionConfig{AddBiasKV: true, BatchFirst: true}.New(g, 4, 2)
		nn.To(added, d)
		mask := nn.GenerateSquareSubsequentMask(3).To(d)
		for _, l := range []*nn.MultiheadAttention{l, added} {
			a, b := l.Forward(x, x, x, nn.AttentionMask{Causal: true}), l.Forward(x, x, x, nn.AttentionMask{Mask: mask})
			if diff := a.Sub(b).Abs().Max().Item(); !(diff < 1e-6) {
				t.Errorf("causal attention differs from that with a mask by %v", diff)
			}
		}
	}
}

// TestTransformerMistakes checks the texts of errors.
func TestTransformerMistakes(t *testing.T) {
	g := rng.NewTorch(1)
	l := nn.NewMultiheadAttention(g, 4, 2)
	x, flat := tensor.Ones(3, 2, 4), tensor.Ones(4)
	forward := func(q, k, v tensor.Tensor, m nn.AttentionMask) func() { return func() { l.Forward(q, k, v, m) } }
	none := nn.AttentionMask{}
	for want, f := range map[string]func(){
		"multi_head_attention: the generator is nil: create one with rng.NewTorch":                                                                   func() { nn.NewMultiheadAttention(nil, 4, 2) },
		"multi_head_attention: the size 4 and the number of heads 3 must be positive, and the second must divide the first":                          func() { nn.NewMultiheadAttention(g, 4, 3) },
		"multi_head_attention: KDim and VDim must not be negative, and Dropout must be between 0 and 1, not 0, 0 and 2":                              func() { nn.MultiheadAttentionConfig{Dropout: 2}.New(g, 4, 2) },
		"multihead_attention: the layer is nil: create a *nn.MultiheadAttention":                                                                     func() { (*nn.MultiheadAttention)(nil).Forward(x, x, x, none) },
		"multi_head_attention: the layer lacks weights: create the layer with its New function":                                                      func() { (&nn.MultiheadAttention{}).Forward(x, x, x, none) },
		"multi_head_attention: query, key and value must all be (L, N, E), or (N, L, E) with BatchFirst, or (L, E): (4,) × (4,) × (4,)":              forward(flat, flat, flat, none),
		"multi_head_attention: the last dimensions must be 4, 4 and 4, batches equal, and keys as many as values: (3, 2, 4) × (3, 2, 5) × (3, 2, 4)": forward(x, tensor.Ones(3, 2, 5), x, none),
		"multi_head_attention: the last dimensions must be 4, 4 and 4, batches equal, and keys as many as values: (3, 2, 4) × (3, 2, 4) × (2, 2, 4)": forward(x, x, tensor.Ones(2, 2, 4), none),
		"multi_head_attention: the last dimensions must be 4, 4 and 4, batches equal, and keys as many as values: (3, 2, 4) × (3, 1, 4) × (3, 1, 4)": forward(x, tensor.Ones(3, 1, 4), tensor.Ones(3, 1, 4), none),
		"multi_head_attention: Mask must be boolean or floating point and (3, 3), not float32: (2, 3)":                                               forward(x, x, x, nn.AttentionMask{Mask: tensor.Ones(2, 3)}),
		"multi_head_attention: Mask must be boolean or floating point and (4, 3, 3), not float32: (2, 3, 3)":                                         forward(x, x, x, nn.AttentionMask{Mask: tensor.Ones(2, 3, 3)}),
		"multi_head_attention: Mask must be boolean or floating point and (3, 3), not int64: (3, 3)":                                                 forward(x, x, x, nn.AttentionMask{Mask: tensor.Arange(9).Cast(tensor.Int64).Reshape(3, 3)}),
		"multi_head_attention: KeyPadding must be boolean or floating point and (2, 3), not float32: (3, 2)":                                         forward(x, x, x, nn.AttentionMask{KeyPadding: tensor.Ones(3, 2)}),
		"transformer_encoder: the number of layers must not be negative, not -1": func() {
			nn.NewTransformerEncoder(nn.NewTransformerEncoderLayer(g, 4, 2), -1, nil)
		},
		"transformer_decoder: the number of layers must not be negative, not -1": func() {
			nn.NewTransformerDecoder(nn.NewTransformerDecoderLayer(g, 4, 2), -1, nil)
		},
		"transformer_encoder_layer: the layer is nil: create a *nn.TransformerEncoderLayer": func() { (*nn.TransformerEncoderLayer)(nil).Forward(x, none) },
		"transformer: the layer is nil: create a *nn.Transformer":                           func() { (*nn.Transformer)(nil).Forward(x, x, nn.TransformerMasks{}) },
	} {
		if err := tensor.Try(f); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	enc := nn.NewTransformerEncoder(nn.NewTransformerEncoderLayer(g, 4, 2), 2, nil)
	err := nn.Locate(enc, tensor.Try(func() { enc.Forward(tensor.Ones(3, 2, 5), none) }))
	if err == nil || !strings.HasSuffix(err.Error(), "in model.layers.0.self_attn") {
		t.Errorf("the error has no path: %v", err)
	}
}

// TestTransformerReports checks that each layer reports its inputs and results once, and the counts of a summary.
func TestTransformerReports(t *testing.T) {
	g := rng.NewTorch(1)
	model := nn.TransformerConfig{EncoderLayers: 1, DecoderLayers: 1, Layer: nn.TransformerLayerConfig{FeedForward: 8}}.New(g, 4, 2)
	x := tensor.Ones(3, 2, 4)
	table := nn.SummaryOf(model, x, x, nn.TransformerMasks{})
	for _, r := range table.Rows {
		if r.Unseen {
			t.Errorf("%s does not report", r.Path)
		}
	}
	// One attention: projections 4·(3·2·4)·3, products 2·(2·3·3·4); its result's projection 6·16. Three of them, and
	// two feed-forward layers of 2·6·4·8.
	if want := 3*(4*24*3+2*72+96) + 2*2*6*4*8; table.Total.MultiplyAdds != want {
		t.Errorf("%d multiply-adds, want %d", table.Total.MultiplyAdds, want)
	}
	l := nn.NewMultiheadAttention(g, 4, 2)
	s := tensor.NewScope(tensor.CPU())
	var seen []string
	s.Observe(func(layer any, in, out []tensor.Tensor) {
		seen = append(seen, fmt.Sprintf("%T %d %d", layer, len(in), len(out)))
	})
	q := x.InScope(s)
	l.ForwardWeights(q, q, q, nn.AttentionMask{KeyPadding: tensor.FromBools(make([]bool, 6), 2, 3)}, true)
	if got := strings.Join(seen, ", "); got != "*nn.Linear 1 1, *nn.MultiheadAttention 4 2" {
		t.Errorf("reports: %s", got)
	}
	if text := nn.Sprint(nn.NewTransformerEncoderLayer(g, 4, 2)); !strings.Contains(text,
		"(self_attn): MultiheadAttention(") || !strings.Contains(text, "(dropout2): Dropout(p=0.1)") {
		t.Errorf("an encoder layer prints as\n%s", text)
	}
}

// TestCopiesShareTheGenerator checks that layers of an encoder begin equal, are trained apart and draw from one
// generator.
func TestCopiesShareTheGenerator(t *testing.T) {
	g := rng.NewTorch(1)
	layer := nn.NewTransformerEncoderLayer(g, 4, 2)
	enc := nn.NewTransformerEncoder(layer, 2, nil)
	a, b := enc.Layers[0], enc.Layers[1]
	if len(nn.Generators(enc)) != 1 || nn.Generators(enc)[0] != g || a.Linear1.Weight == b.Linear1.Weight ||
		a.Linear1.Weight == layer.Linear1.Weight {
		t.Error("the copies share weights, or have generators of their own")
	}
	if math.Abs(a.Linear1.Weight.Sub(b.Linear1.Weight).Abs().Max().Item()) != 0 || !a.Linear1.Weight.RequiresGrad() {
		t.Error("the copies begin with other weights, or are not trained")
	}
}
