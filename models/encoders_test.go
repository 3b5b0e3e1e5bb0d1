package models_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// numbers returns the whole numbers i·step mod n for i < count.
func numbers(count, step, n int, dims ...int) tensor.Tensor {
	list := make([]int64, count)
	for i := range list {
		list[i] = int64(i * step % n)
	}
	return tensor.From(list, dims...)
}

// An encoderCase is a network of testdata/torch/encoders.py: its results as one vector, and its loss of that.
type encoderCase struct {
	make    func(g *rng.Torch) any
	outputs func(m any, dt tensor.DType) tensor.Tensor
	loss    func(y tensor.Tensor) tensor.Tensor
}

func encoderCases() map[string]encoderCase {
	ids, types := numbers(24, 7, 50, 2, 12), numbers(24, 1, 3, 2, 12)
	mask := tensor.FromAs(tensor.Options{DType: tensor.Int64}, []int64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
		1, 1, 1, 1, 1, 0, 0, 0}, 2, 12)
	none := tensor.Tensor{}
	small := models.BERTConfig{Vocabulary: 50, Width: 24, Layers: 2, Heads: 3, Inner: 40, Context: 16, Types: 3}
	three := 3
	other := small
	other.Activation, other.Eps, other.PaddingIndex = "relu", 1e-3, &three
	ramp := func(y tensor.Tensor) tensor.Tensor {
		return y.Mul(tensor.Options{DType: y.DType()}.Linspace(-1, 1, y.Len())).Sum()
	}
	classes := func(target tensor.Tensor) func(y tensor.Tensor) tensor.Tensor {
		return func(y tensor.Tensor) tensor.Tensor {
			return nn.CrossEntropy(y.Reshape(target.Len(), -1), target.Flatten(0))
		}
	}
	pixels := make([]float32, 2*2*12*12)
	for i := range pixels {
		pixels[i] = float32(math.Sin(float64(i) * 0.37))
	}
	vit := models.ViTConfig{Width: 24, Layers: 2, Heads: 3, Inner: 40, ImageSize: 12, PatchSize: 4, Channels: 2}
	bare := vit
	bare.Activation, bare.QKVBias = "relu", new(bool)
	logits := func(m any, dt tensor.DType) tensor.Tensor {
		return m.(*models.ViT).Forward(tensor.From(pixels, 2, 2, 12, 12).Cast(dt)).Flatten(0)
	}
	target := numbers(14, 5, 50, 2, 7)
	t5 := models.T5Config{Vocabulary: 50, Width: 24, HeadSize: 6, Inner: 40, Layers: 2, Heads: 3, Buckets: 8, MaxDistance: 12}
	gated := t5
	gated.FeedForward, gated.DecoderLayers, gated.Tied = "gated-gelu", 1, new(bool)
	scores := func(m any, _ tensor.DType) tensor.Tensor {
		return m.(*models.T5).Forward(ids, mask, target).Flatten(0)
	}
	return map[string]encoderCase{
		"t5":               {func(g *rng.Torch) any { return t5.New(g) }, scores, classes(target)},
		"t5 gated":         {func(g *rng.Torch) any { return gated.New(g) }, scores, classes(target)},
		"vit":              {func(g *rng.Torch) any { return vit.New(g, 5) }, logits, classes(tensor.From([]int64{1, 3}))},
		"vit without bias": {func(g *rng.Torch) any { return bare.New(g, 5) }, logits, classes(tensor.From([]int64{1, 3}))},
		"bert": {func(g *rng.Torch) any { return small.New(g) }, func(m any, _ tensor.DType) tensor.Tensor {
			hidden, pooled := m.(*models.BERT).Forward(ids, mask, types)
			return tensor.Cat(0, hidden.Flatten(0), pooled.Flatten(0))
		}, ramp},
		"bert without mask": {func(g *rng.Torch) any { return small.New(g) }, func(m any, _ tensor.DType) tensor.Tensor {
			hidden, _ := m.(*models.BERT).Forward(ids, none, none)
			return hidden.Flatten(0)
		}, ramp},
		"bert masked": {func(g *rng.Torch) any { return small.NewMaskedLM(g) }, func(m any, _ tensor.DType) tensor.Tensor {
			return m.(*models.BERTForMaskedLM).Forward(ids, mask, types).Flatten(0)
		}, classes(ids)},
		"bert classifier": {func(g *rng.Torch) any { return other.NewSequenceClassification(g, 4) },
			func(m any, _ tensor.DType) tensor.Tensor {
				return m.(*models.BERTForSequenceClassification).Forward(ids, mask, types).Flatten(0)
			}, classes(tensor.From([]int64{2, 0}))},
	}
}

// TestEncoders compares initial weights, float32 results and, in float64, loss and gradients with Hugging Face's.
func TestEncoders(t *testing.T) {
	b, err := os.ReadFile("../testdata/torch/encoders.json")
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]struct {
		Initial, Gradients map[string]float64
		Outputs            []float64
		Tolerance, Loss    float64
	}
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	cases := encoderCases()
	if len(cases) != len(want) {
		t.Errorf("%d networks, want %d", len(cases), len(want))
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			want := want[name]
			near := func(what string, got, want, tol float64) {
				t.Helper()
				if d := math.Abs(got - want); !(d <= tol*math.Max(1, math.Abs(want))) {
					t.Errorf("%s is %v, want %v (tolerance %v)", what, got, want, tol)
				}
			}
			m := c.make(rng.NewTorch(0))
			state := nn.StateDict(m)
			if len(state) != len(want.Initial) {
				t.Errorf("the state has %d tensors, want %d", len(state), len(want.Initial))
			}
			for _, p := range state {
				norm64, ok := want.Initial[p.Name]
				if !ok {
					t.Errorf("%s is not in Hugging Face's state", p.Name)
				}
				near("the norm of the initial "+p.Name, norm(p.Tensor), norm64, 1e-6)
			}
			nn.Eval(m)
			got := c.outputs(m, tensor.Float32).Float32s()
			if len(got) != len(want.Outputs) {
				t.Fatalf("%d results, want %d", len(got), len(want.Outputs))
			}
			for i, v := range got {
				near("a result", float64(v), want.Outputs[i], want.Tolerance)
			}
			nn.Cast(m, tensor.Float64)
			loss := c.loss(c.outputs(m, tensor.Float64))
			near("the loss", loss.Item(), want.Loss, 1e-10)
			loss.Backward()
			for _, p := range nn.NamedParameters(m) {
				if g, ok := want.Gradients[p.Name]; ok {
					near("the norm of the gradient of "+p.Name, norm(p.Tensor.Grad()), g, 1e-9)
				} else if p.Tensor.Grad().Defined() && norm(p.Tensor.Grad()) != 0 {
					t.Errorf("%s has a gradient", p.Name)
				}
			}
		})
	}
}

// TestEmbed compares embeddings, which leave out padding, with the means of all tokens' features.
func TestEmbed(t *testing.T) {
	m := models.BERTConfig{Vocabulary: 50, Width: 24, Layers: 2, Heads: 3, Inner: 40, Context: 16}.New(rng.NewTorch(1))
	nn.Eval(m)
	ids := numbers(24, 7, 50, 4, 6)
	for _, lengths := range [][]int64{{6, 6, 6, 6}, {3, 6, 1, 2}, {0, 2, 0, 5}, {0, 0, 0, 0}} {
		kept := make([]int64, 24)
		for i, n := range lengths {
			for j := range n {
				kept[6*i+int(j)] = 1
			}
		}
		mask := tensor.From(kept, 4, 6)
		got := m.Embed(ids, mask)
		hidden, _ := m.Forward(ids, mask, tensor.Tensor{})
		for i, n := range lengths {
			want := make([]float64, 24)
			length := 0.0
			if n > 0 {
				want = hidden.Select(0, i).Narrow(0, 0, int(n)).Mean(0).Float64s()
				for _, v := range want {
					length += v * v
				}
			}
			for j, v := range got.Select(0, i).Float64s() {
				if w := want[j] / max(math.Sqrt(length), 1e-12); !(math.Abs(v-w) <= 1e-6) {
					t.Fatalf("lengths %v: element %d of text %d is %v, want %v", lengths, j, i, v, w)
				}
			}
		}
	}
	if d := m.Embed(ids, tensor.Tensor{}).Sub(m.Embed(ids, ids.OnesLike())).Abs().Max().Item(); !(d <= 1e-6) {
		t.Errorf("without a mask the embeddings differ by %v", d)
	}
}
