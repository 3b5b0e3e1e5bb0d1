package models_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// TestOutputLayersThatDiffer loads models whose files have an output layer other than the embedding. config.json may
// say that they are tied, as transformers 5 writes it for T5 1.1: it reads the output layer, too.
func TestOutputLayersThatDiffer(t *testing.T) {
	no, none := false, tensor.Tensor{}
	ids := numbers(6, 3, 20, 2, 3)
	configs := map[string]string{
		"t5":    `{"vocab_size": 20, "d_model": 8, "d_kv": 4, "d_ff": 12, "num_layers": 1, "num_heads": 2, "scale_decoder_outputs": false`,
		"gpt2":  `{"vocab_size": 20, "n_positions": 8, "n_embd": 8, "n_layer": 1, "n_head": 2`,
		"bert":  `{"vocab_size": 20, "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 12`,
		"llama": `{"vocab_size": 20, "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 12`,
	}
	g := func() *rng.Torch { return rng.NewTorch(3) }
	made := map[string]any{
		"t5": models.T5Config{Vocabulary: 20, Width: 8, HeadSize: 4, Inner: 12, Layers: 1, Heads: 2, Tied: &no,
			Untied: true}.New(g()),
		"gpt2": models.GPT2Config{Vocabulary: 20, Context: 8, Width: 8, Layers: 1, Heads: 2, Tied: &no}.New(g()),
		"bert": models.BERTConfig{Vocabulary: 20, Width: 8, Layers: 1, Heads: 2, Inner: 12, Tied: &no}.NewMaskedLM(g()),
		"llama": models.LlamaConfig{Vocabulary: 20, Width: 8, Layers: 1, Heads: 2, Inner: 12,
			Tied: &no}.New(g()),
	}
	load := map[string]func(dir string) (any, error){
		"t5":    func(dir string) (any, error) { return models.LoadT5(dir) },
		"gpt2":  func(dir string) (any, error) { return models.LoadGPT2(dir) },
		"bert":  func(dir string) (any, error) { return models.LoadBERTForMaskedLM(dir) },
		"llama": func(dir string) (any, error) { return models.LoadLlama(dir, models.LlamaLoadConfig{}) },
	}
	logits := func(m any) tensor.Tensor {
		nn.Eval(m)
		switch m := m.(type) {
		case *models.T5:
			return m.Forward(ids, none, ids)
		case *models.BERTForMaskedLM:
			return m.Forward(ids, none, none)
		case *models.GPT2:
			return m.Forward(ids)
		}
		return m.(*models.Llama).Forward(ids)
	}
	for name, m := range made {
		for _, tied := range []bool{true, false} {
			dir := folderOf(t, fmt.Sprintf(`%s, "tie_word_embeddings": %v}`, configs[name], tied),
				stateOf(m, "", tensor.Float32))
			got, err := load[name](dir)
			if err != nil {
				t.Errorf("%s, tied %v: %v", name, tied, err)
			} else if d := logits(got).Sub(logits(m)).Abs().Max().Item(); d != 0 {
				t.Errorf("%s, tied %v: the logits differ by %v", name, tied, d)
			}
		}
	}
}

// TestGPT2Scales compares the scales of attention with queries that have them in their weights.
func TestGPT2Scales(t *testing.T) {
	base := models.GPT2Config{Vocabulary: 20, Context: 8, Width: 8, Layers: 2, Heads: 2}
	m := base.New(rng.NewTorch(3))
	nn.Eval(m)
	ids := numbers(10, 3, 20, 2, 5)
	for settings, factors := range map[string][2]float64{
		`"scale_attn_weights": false`:                                          {2, 2},
		`"scale_attn_by_inverse_layer_idx": true`:                              {1, 0.5},
		`"scale_attn_weights": false, "scale_attn_by_inverse_layer_idx": true`: {2, 1},
		`"scale_attn_weights": true, "scale_attn_by_inverse_layer_idx": false`: {1, 1},
		`"scale_attn_weights": null, "reorder_and_upcast_attn": true`:          {1, 1},
	} {
		got, err := models.LoadGPT2(folderOf(t, `{"vocab_size": 20, "n_positions": 8, "n_embd": 8, "n_layer": 2, "n_head": 2, `+
			settings+`}`, stateOf(m, "", tensor.Float32)))
		if err != nil {
			t.Fatal(err)
		}
		want := base.New(rng.NewTorch(3))
		nn.Eval(want)
		for i, b := range want.Transformer.H {
			b.Attn.CAttn.Weight.Data().Narrow(1, 0, 8).MulInPlace(tensor.Full(factors[i], 1))
		}
		if d := got.Forward(ids).Sub(want.Forward(ids)).Abs().Max().Item(); !(d < 1e-6) {
			t.Errorf("%s: the logits differ by %v", settings, d)
		}
	}
}

// TestBERTRefuses holds the settings that BERT would not follow.
func TestBERTRefuses(t *testing.T) {
	m := models.BERTConfig{Vocabulary: 20, Width: 8, Layers: 1, Heads: 2, Inner: 12}.New(rng.NewTorch(3))
	for _, setting := range []string{`"is_decoder": true`, `"position_embedding_type": "relative_key"`} {
		_, err := models.LoadBERT(folderOf(t, `{"vocab_size": 20, "hidden_size": 8, "num_hidden_layers": 1,
			"num_attention_heads": 2, "intermediate_size": 12, `+setting+`}`, stateOf(m, "", tensor.Float32)))
		if name, _, _ := strings.Cut(setting[1:], `"`); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: error %v", setting, err)
		}
	}
}

// TestWrongTypes holds the errors for keys of config.json that have the wrong type.
func TestWrongTypes(t *testing.T) {
	state := map[string]tensor.Tensor{"x": tensor.Zeros(1)}
	for config, want := range map[string]string{
		`{"image_size": [16, 24]}`:    "config.json: image_size is a JSON array, want a whole number",
		`{"hidden_size": 8.5}`:        "config.json: hidden_size is a JSON number 8.5, want a whole number",
		`{"hidden_act": {}}`:          "config.json: hidden_act is a JSON object, want text",
		`{"layer_norm_eps": "small"}`: "config.json: layer_norm_eps is a JSON string, want a number",
		`{"qkv_bias": 1}`:             "config.json: qkv_bias is a JSON number, want true or false",
		`[]`:                          "config.json: the file is a JSON array, want an object",
	} {
		if _, err := models.LoadViT(folderOf(t, config, state)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", config, err, want)
		}
	}
	if _, err := models.LoadBERT(folderOf(t, `{"vocab_size": "x"}`, state)); err == nil ||
		!strings.Contains(err.Error(), "vocab_size is a JSON string, want a whole number") {
		t.Error(err)
	}
}
