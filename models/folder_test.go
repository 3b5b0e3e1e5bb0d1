package models_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/tensor"
)

const smallBERT = `{"model_type": "bert", "vocab_size": 20, "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 12,
	"max_position_embeddings": 10, "hidden_dropout_prob": 0, "attention_probs_dropout_prob": 0.5, "layer_norm_eps": 1e-12, "architectures": ["BertModel"]}`

// folderOf writes a folder with config.json and the given tensors.
func folderOf(t *testing.T, config string, tensors map[string]tensor.Tensor) string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "config.json"), config)
	if tensors != nil {
		if err := safetensors.Save(filepath.Join(dir, "model.safetensors"), tensors, nil); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// stateOf returns a model's tensors, each once, with a prefix, in a type.
func stateOf(model any, prefix string, dt tensor.DType) map[string]tensor.Tensor {
	state, seen := map[string]tensor.Tensor{}, map[tensor.Tensor]bool{}
	for _, p := range nn.StateDict(model) {
		if !seen[p.Tensor] {
			state[prefix+p.Name] = p.Tensor.Data().Cast(dt)
		}
		seen[p.Tensor] = true
	}
	return state
}

func smallModel(g *rng.Torch) *models.BERT {
	return models.BERTConfig{Vocabulary: 20, Width: 8, Layers: 1, Heads: 2, Inner: 12, Context: 10, Dropout: nn.Zero,
		AttentionDropout: 0.5}.New(g)
}

// TestFolder reads models from one file and from shards, with and without the prefix of a head, in 16 and 32 bits.
func TestFolder(t *testing.T) {
	ids := numbers(6, 3, 20, 2, 3)
	m := smallModel(rng.NewTorch(7))
	nn.Eval(m)
	want, _ := m.Forward(ids, tensor.Tensor{}, tensor.Tensor{})
	same := func(name, dir string, tol float64) {
		t.Helper()
		got, err := models.LoadBERT(dir)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		y, _ := got.Forward(ids, tensor.Tensor{}, tensor.Tensor{})
		if d := y.Sub(want).Abs().Max().Item(); !(d <= tol) {
			t.Errorf("%s: the results differ by %v", name, d)
		}
		if got.Embeddings.Dropout.P != 0 || got.Embeddings.Dropout.Training() {
			t.Errorf("%s: dropout %v, training %v", name, got.Embeddings.Dropout.P, got.Embeddings.Dropout.Training())
		}
	}
	state := stateOf(m, "", tensor.Float32)
	same("one file", folderOf(t, smallBERT, state), 0)
	same("a prefix", folderOf(t, smallBERT, stateOf(m, "bert.", tensor.Float32)), 0)
	same("bfloat16", folderOf(t, smallBERT, stateOf(m, "", tensor.BFloat16)), 0.1)
	same("float16", folderOf(t, smallBERT, stateOf(m, "", tensor.Float16)), 0.01)
	old := map[string]tensor.Tensor{"cls.other": tensor.Ones(3), "embeddings.position_ids": tensor.Arange(10)}
	for k, v := range state {
		k = strings.NewReplacer("LayerNorm.weight", "LayerNorm.gamma", "LayerNorm.bias", "LayerNorm.beta").Replace(k)
		old[k] = v
	}
	same("old names and other heads", folderOf(t, smallBERT, old), 0)

	shards := folderOf(t, smallBERT, nil)
	parts := [2]map[string]tensor.Tensor{{}, {}}
	index := map[string]string{}
	files := []string{"model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"}
	for i, k := range sortedKeys(state) {
		parts[i%2][k] = state[k]
		index[k] = files[i%2]
	}
	for i, name := range files {
		if err := safetensors.Save(filepath.Join(shards, name), parts[i], nil); err != nil {
			t.Fatal(err)
		}
	}
	text, _ := json.Marshal(map[string]any{"metadata": map[string]int{"total_size": 1}, "weight_map": index})
	indexPath := filepath.Join(shards, "model.safetensors.index.json")
	write(t, indexPath, string(text))
	same("shards", shards, 0)

	fails := func(name, dir string, texts ...string) {
		t.Helper()
		_, err := models.LoadBERT(dir)
		if err == nil {
			t.Errorf("%s: no error", name)
			return
		}
		for _, want := range texts {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q lacks %q", name, err, want)
			}
		}
	}
	if err := os.Remove(filepath.Join(shards, files[1])); err != nil {
		t.Fatal(err)
	}
	fails("a missing shard", shards, files[1], "index.json")
	write(t, indexPath, `{"weight_map": {"x": "../secret.safetensors"}}`)
	fails("a file outside the folder", shards, "../secret.safetensors", "want the name of a file in the index's folder")
	write(t, indexPath, `{"weight_map": {"x": "`+files[0]+`"}}`)
	fails("a tensor that a shard lacks", shards, "has no tensor")

	fails("no config", t.TempDir(), "config.json")
	fails("no weights", folderOf(t, smallBERT, nil), "neither model.safetensors nor model.safetensors.index.json")
	fails("not JSON", folderOf(t, "{", state), "config.json is not JSON")
	fails("a list", folderOf(t, "[1]", state), "config.json", "a JSON array, want an object")
	fails("a text as size", folderOf(t, `{"vocab_size": "many"}`, state), "config.json", "vocab_size")
	fails("a size beyond integers", folderOf(t, `{"vocab_size": 1e300}`, state), "config.json", "vocab_size")
	for _, key := range []string{"vocab_size", "hidden_size", "num_hidden_layers", "intermediate_size",
		"max_position_embeddings", "type_vocab_size"} {
		var c map[string]any
		json.Unmarshal([]byte(smallBERT), &c)
		c[key] = int64(1) << 40
		text, _ := json.Marshal(c)
		fails("a large "+key, folderOf(t, string(text), state), "config.json describes a model of", "but the weights have 876")
		c[key] = -3
		text, _ = json.Marshal(c)
		fails("a negative "+key, folderOf(t, string(text), state), "config.json: ")
	}
	fails("heads", folderOf(t, strings.Replace(smallBERT, `heads": 2`, `heads": 3`, 1), state),
		"a width of 8 cannot be split among 3 heads")
	fails("an activation", folderOf(t, strings.Replace(smallBERT, `{`, `{"hidden_act": "mish",`, 1), state), `no activation "mish"`)
	fails("dropout", folderOf(t, strings.Replace(smallBERT, `prob": 0.5`, `prob": 7`, 1), state), "a dropout probability is 7")
	fails("another vocabulary", folderOf(t, strings.Replace(smallBERT, `vocab_size": 20`, `vocab_size": 21`, 1), state),
		"the weights do not fit config.json", "embeddings.word_embeddings.weight", "(20, 8)", "(21, 8)")
	fewer := map[string]tensor.Tensor{}
	for k, v := range state {
		if !strings.Contains(k, "output.dense.bias") {
			fewer[k] = v
		}
	}
	dir := folderOf(t, smallBERT, fewer)
	fails("missing keys", dir, "missing: encoder.layer.0.attention.output.dense.bias, encoder.layer.0.output.dense.bias")
	_, err := models.LoadBERT(dir)
	var bad *nn.StateError
	if !errors.As(err, &bad) || len(bad.Missing) != 2 {
		t.Errorf("the error is no StateError with two keys: %v", err)
	}
	fails("no safetensors", func() string {
		dir := folderOf(t, smallBERT, nil)
		write(t, filepath.Join(dir, "model.safetensors"), "no weights at all")
		return dir
	}(), "model.safetensors")
	if _, err := models.LoadBERTForSequenceClassification(folderOf(t, smallBERT, state)); err == nil ||
		!strings.Contains(err.Error(), "no classifier") {
		t.Errorf("a model without classifier: %v", err)
	}
	if _, err := models.LoadBERTForMaskedLM(folderOf(t, smallBERT, state)); err == nil ||
		!strings.Contains(err.Error(), "missing: cls.predictions") {
		t.Errorf("a model without its head: %v", err)
	}
}

// TestFolderHeads reads the models with heads.
func TestFolderHeads(t *testing.T) {
	c := models.BERTConfig{Vocabulary: 20, Width: 8, Layers: 1, Heads: 2, Inner: 12, Context: 10}
	classifier := c.NewSequenceClassification(rng.NewTorch(3), 5)
	got, err := models.LoadBERTForSequenceClassification(folderOf(t, smallBERT, stateOf(classifier, "", tensor.Float32)))
	if err != nil || got.Classifier.Weight.Sub(classifier.Classifier.Weight).Abs().Max().Item() != 0 {
		t.Errorf("a classifier: %v", err)
	}
	masked := c.NewMaskedLM(rng.NewTorch(3))
	head, err := models.LoadBERTForMaskedLM(folderOf(t, smallBERT, stateOf(masked, "", tensor.Float32)))
	if err != nil || head.Cls.Predictions.Decoder.Weight != head.BERT.Embeddings.WordEmbeddings.Weight {
		t.Errorf("a language model: %v", err)
	}
	base, err := models.LoadBERT(folderOf(t, smallBERT, stateOf(masked, "", tensor.Float32)))
	if err != nil || base.Pooler != nil {
		t.Errorf("the base of a language model: %v", err)
	}
}

func sortedKeys(m map[string]tensor.Tensor) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// TestFolderOfOtherModels reads a ViT, with the names of older files too, and a T5 with and without its own output
// layer.
func TestFolderOfOtherModels(t *testing.T) {
	const vit = `{"model_type": "vit", "hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 12, "image_size": 8, "patch_size": 4}`
	m := models.ViTConfig{Width: 8, Layers: 2, Heads: 2, Inner: 12, ImageSize: 8, PatchSize: 4}.New(rng.NewTorch(3), 5)
	nn.Eval(m)
	state, older := stateOf(m, "", tensor.Float32), map[string]tensor.Tensor{}
	for k, v := range state {
		k = strings.NewReplacer("vit.layers.", "vit.encoder.layer.", "attention.q_proj", "attention.attention.query",
			"attention.k_proj", "attention.attention.key",
			"attention.v_proj", "attention.attention.value", "attention.o_proj", "attention.output.dense", "mlp.fc1",
			"intermediate.dense", "mlp.fc2", "output.dense").Replace(k)
		older[k] = v
	}
	x := tensor.Options{}.RandN(rng.NewTorch(4), 2, 3, 8, 8)
	for name, s := range map[string]map[string]tensor.Tensor{"new names": state, "old names": older} {
		got, err := models.LoadViT(folderOf(t, vit, s))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if d := got.Forward(x).Sub(m.Forward(x)).Abs().Max().Item(); d != 0 {
			t.Errorf("%s: the logits differ by %v", name, d)
		}
	}
	if _, err := models.LoadViT(folderOf(t, strings.Replace(vit, `image_size": 8`, `image_size": 1000000000`, 1),
		state)); err == nil || !strings.Contains(err.Error(), "describes a model of") {
		t.Errorf("a large image: %v", err)
	}

	const t5 = `{"model_type": "t5", "vocab_size": 20, "d_model": 8, "d_kv": 4, "d_ff": 12, "num_layers": 1, "num_heads": 2, "tie_word_embeddings": %v}`
	for _, tied := range []bool{true, false} {
		c := models.T5Config{Vocabulary: 20, Width: 8, HeadSize: 4, Inner: 12, Layers: 1, Heads: 2, Tied: &tied, Untied: !tied}
		m := c.New(rng.NewTorch(5))
		nn.Eval(m)
		got, err := models.LoadT5(folderOf(t, fmt.Sprintf(t5, tied), stateOf(m, "", tensor.Float32)))
		if err != nil {
			t.Errorf("tied %v: %v", tied, err)
			continue
		}
		ids, none := numbers(6, 3, 20, 2, 3), tensor.Tensor{}
		if d := got.Forward(ids, none, ids).Sub(m.Forward(ids, none, ids)).Abs().Max().Item(); d != 0 {
			t.Errorf("tied %v: the logits differ by %v", tied, d)
		}
	}
	if _, err := models.LoadT5(folderOf(t, `{"relative_attention_num_buckets": 1}`, state)); err == nil ||
		!strings.Contains(err.Error(), "1 buckets") {
		t.Errorf("buckets: %v", err)
	}
}
