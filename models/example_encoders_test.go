package models_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/tensor"
)

// The second text has two tokens, the third place is padding.
func ExampleBERT() {
	m := models.BERTConfig{Vocabulary: 100, Width: 32, Layers: 2, Heads: 4, Inner: 64}.New(rng.NewTorch(1))
	nn.Eval(m)
	ids := tensor.From([]int64{2, 50, 3, 2, 3, 0}, 2, 3)
	mask := tensor.From([]int64{1, 1, 1, 1, 1, 0}, 2, 3)
	hidden, pooled := m.Forward(ids, mask, tensor.Tensor{})
	y := m.Embed(ids, mask)
	fmt.Println(hidden.Shape(), pooled.Shape(), y.Shape())
	fmt.Printf("%.4f\n", y.Norm(2, 1).Float32s())
	// Output:
	// (2, 3, 32) (2, 32) (2, 32)
	// [1.0000 1.0000]
}

// The sizes of all-MiniLM-L6-v2.
func ExampleBERTConfig() {
	m := models.BERTConfig{Width: 384, Layers: 6, Inner: 1536}.New(rng.NewTorch(1))
	fmt.Println(nn.Count(m))
	// Output:
	// 22713216
}

func ExampleBERTForMaskedLM() {
	m := models.BERTConfig{Vocabulary: 100, Width: 32, Layers: 2, Heads: 4, Inner: 64}.NewMaskedLM(rng.NewTorch(1))
	logits := m.Forward(tensor.From([]int64{2, 4, 3}, 1, 3), tensor.Tensor{}, tensor.Tensor{})
	fmt.Println(logits.Shape())
	// Output:
	// (1, 3, 100)
}

func ExampleBERTForSequenceClassification() {
	m := models.BERTConfig{Vocabulary: 100, Width: 32, Layers: 2, Heads: 4, Inner: 64}.NewSequenceClassification(rng.NewTorch(1), 3)
	logits := m.Forward(tensor.From([]int64{2, 50, 3}, 1, 3), tensor.Tensor{}, tensor.Tensor{})
	fmt.Println(logits.Shape())
	// Output:
	// (1, 3)
}

// A folder in Hugging Face's layout: the sizes in config.json, the weights in model.safetensors.
func ExampleFolder() {
	dir, err := os.MkdirTemp("", "model")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	m := models.BERTConfig{Vocabulary: 100, Width: 32, Layers: 2, Heads: 4, Inner: 64}.New(rng.NewTorch(1))
	config := `{"model_type": "bert", "vocab_size": 100, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}`
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(config), 0o666); err != nil {
		panic(err)
	}
	if err := safetensors.SaveModel(filepath.Join(dir, "model.safetensors"), m); err != nil {
		panic(err)
	}

	f, err := models.OpenFolder(dir)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	fmt.Println(f.ModelType(), len(f.Weights().Names()))
	loaded, err := models.LoadBERT(dir)
	fmt.Println(nn.Count(loaded), err)
	// Output:
	// bert 39
	// 37856 <nil>
}

func ExampleViT() {
	m := models.ViTConfig{Width: 32, Layers: 2, Heads: 4, Inner: 64, ImageSize: 28, PatchSize: 7, Channels: 1}.New(rng.NewTorch(1), 10)
	x := tensor.Zeros(2, 1, 28, 28)
	fmt.Println(m.Forward(x).Shape())
	// Output:
	// (2, 10)
}

func ExampleViTConfig() {
	fmt.Println(nn.Count(models.ViTConfig{}.New(rng.NewTorch(1), 1000)))
	// Output:
	// 86567656
}

// The features of 16 patches, after those of the image.
func ExampleViTEncoder() {
	m := models.ViTConfig{Width: 32, Layers: 2, Heads: 4, Inner: 64, ImageSize: 28, PatchSize: 7, Channels: 1}.New(rng.NewTorch(1), 10)
	fmt.Println(m.ViT.Forward(tensor.Zeros(2, 1, 28, 28)).Shape())
	// Output:
	// (2, 17, 32)
}

// The scores of each token of the result, which begins with the token for padding.
func ExampleT5() {
	m := models.T5Config{Vocabulary: 100, Width: 32, HeadSize: 8, Inner: 64, Layers: 2, Heads: 4}.New(rng.NewTorch(1))
	nn.Eval(m)
	ids, result := tensor.From([]int64{5, 6, 7, 1}, 1, 4), tensor.From([]int64{0, 8, 9}, 1, 3)
	fmt.Println(m.Forward(ids, tensor.Tensor{}, result).Shape())
	// Output:
	// (1, 3, 100)
}

// The features of T5 1.1: a gated feed-forward layer, and an output layer of its own.
func ExampleT5Config() {
	c := models.T5Config{Vocabulary: 100, Width: 32, HeadSize: 8, Inner: 64, Layers: 2, Heads: 4,
		FeedForward: "gated-gelu", Tied: new(bool), Untied: true}
	m := c.New(rng.NewTorch(1))
	fmt.Println(m.LMHead.Weight == m.Shared.Weight, nn.Count(m))
	// Output:
	// false 56192
}

func ExampleT5Stack() {
	m := models.T5Config{Vocabulary: 100, Width: 32, HeadSize: 8, Inner: 64, Layers: 2, Heads: 4}.New(rng.NewTorch(1))
	fmt.Println(m.Encode(tensor.From([]int64{5, 6, 1, 0}, 1, 4), tensor.From([]int64{1, 1, 1, 0}, 1, 4)).Shape())
	// Output:
	// (1, 4, 32)
}
