package ui

import (
	"bytes"
	"encoding/json"
	"errors"
	"image"
	"image/png"
	"io/fs"
	"math"
	neturl "net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/text"
	"github.com/lamina-ml/lamina/ui/figure"
)

// TestAttention holds that each row of each head adds up to 1 and reads nothing that follows, and that the sample network
// reads, where it repeats, the letter that comes next.
func TestAttention(t *testing.T) {
	_, url := serving(t, Config{Runs: t.TempDir()})
	var reply struct {
		Tokens []string
		Heads  []figure.Values
		Layers int
		Cut    bool
	}
	q := map[string]any{"reader": "repeat", "text": "cafebadgehcafebadgeh", "layer": 0}
	if status := post(t, url+"/api/attention/look", q, &reply); status != 200 {
		t.Fatalf("status %d", status)
	}
	n := len(reply.Tokens)
	if strings.Join(reply.Tokens, "") != q["text"] || reply.Layers != 2 || len(reply.Heads) != 2 || reply.Cut {
		t.Fatalf("%+v", reply)
	}
	for h, w := range reply.Heads {
		for i := range n {
			sum := 0.0
			for j := range n {
				sum += float64(w[i*n+j])
				if j > i && w[i*n+j] != 0 {
					t.Fatalf("head %d: token %d reads token %d", h, i, j)
				}
			}
			if math.Abs(sum-1) > 1e-5 {
				t.Errorf("head %d: row %d adds up to %v", h, i, sum)
			}
		}
	}
	for i := 10; i < 18; i++ {
		if w := reply.Heads[1][i*n+i-9]; w < 0.5 {
			t.Errorf("token %d reads the letter that comes next with %v", i, w)
		}
	}
	q["text"] = strings.Repeat("abcd", 50)
	if post(t, url+"/api/attention/look", q, &reply); len(reply.Tokens) != 20 || !reply.Cut {
		t.Errorf("%d tokens of a long text", len(reply.Tokens))
	}
	for name, c := range map[string]struct {
		q    map[string]any
		want int
	}{
		"empty": {map[string]any{"reader": "repeat", "text": "", "layer": 0}, 200},
		"none":  {map[string]any{"reader": "repeat", "text": "???", "layer": 0}, 200},
		"layer": {map[string]any{"reader": "repeat", "text": "abc", "layer": 2}, 404},
		"other": {map[string]any{"reader": "/etc", "text": "abc", "layer": 0}, 404},
	} {
		if status := post(t, url+"/api/attention/look", c.q, nil); status != c.want {
			t.Errorf("%s: status %d, want %d", name, status, c.want)
		}
	}
}

// modelFolder writes a model as Hugging Face stores it.
func modelFolder(t *testing.T, config string, model any, tok *text.Tokenizer) string {
	t.Helper()
	dir := t.TempDir()
	state, seen := map[string]tensor.Tensor{}, map[tensor.Tensor]bool{}
	for _, p := range nn.StateDict(model) {
		if !seen[p.Tensor] {
			state[p.Name] = p.Tensor.Data()
		}
		seen[p.Tensor] = true
	}
	err := errors.Join(
		os.WriteFile(filepath.Join(dir, "config.json"), []byte(config), 0o666),
		safetensors.Save(filepath.Join(dir, "model.safetensors"), state, nil),
	)
	if tok != nil {
		err = errors.Join(err, tok.Save(filepath.Join(dir, "tokenizer.json")))
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// vitFolder writes a small Vision Transformer with its first weights.
func vitFolder(t *testing.T) string {
	t.Helper()
	m := models.ViTConfig{Width: 24, Layers: 2, Heads: 4, Inner: 32, ImageSize: 32, PatchSize: 4,
		InitializerRange: 0.3}.New(rng.NewTorch(1), 3)
	return modelFolder(t, `{"model_type": "vit", "hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4,
		"intermediate_size": 32,
		"image_size": 32, "patch_size": 4, "id2label": {"0": "cat", "1": "dog", "2": "owl"}}`, m, nil)
}

// TestAttentionFolders opens models of each kind.
func TestAttentionFolders(t *testing.T) {
	tok, err := text.NewByteLevelBPE([]string{"a", "b", "c"}, nil, text.ByteLevelConfig{})
	if err != nil {
		t.Fatal(err)
	}
	g := rng.NewTorch(1)
	llama := modelFolder(t, `{"model_type": "llama", "vocab_size": 8, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 3,
		"num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 32}`,
		models.LlamaConfig{Vocabulary: 8, Width: 16, Inner: 24, Layers: 3, Heads: 4, KVHeads: 2, Context: 32}.New(g), tok)
	t5 := modelFolder(t, `{"model_type": "t5", "vocab_size": 8, "d_model": 12, "d_kv": 4, "d_ff": 16, "num_layers": 2, "num_heads": 3}`,
		models.T5Config{Vocabulary: 8, Width: 12, HeadSize: 4, Inner: 16, Layers: 2, Heads: 3}.New(g), tok)
	vit := vitFolder(t)
	other := modelFolder(t, `{"model_type": "mamba"}`, nn.NewLinear(g, 1, 1), nil)
	for _, dir := range []string{llama, t5, vit} {
		if err := CheckModel(dir); err != nil {
			t.Error(err)
		}
	}
	if err := CheckModel(other); err == nil || !strings.Contains(err.Error(), `"mamba", want bert, gpt2, llama, qwen2, qwen3, t5 or vit`) {
		t.Errorf("another model: %v", err)
	}
	if err := CheckModel("none.gguf"); !errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), "config.json") {
		t.Errorf("a missing GGUF file: %v", err)
	}
	file := filepath.Join(other, "config.json")
	if err := CheckModel(file); err == nil || !strings.Contains(err.Error(), "is a file") {
		t.Errorf("a file: %v", err)
	}

	_, url := serving(t, Config{Runs: t.TempDir(), Models: []string{llama, t5, vit}})
	var list struct{ Readers []readerEntry }
	_, readers := ask(t, "GET", url+"/api/attention/readers", "", nil)
	if err := json.Unmarshal([]byte(readers), &list); err != nil || len(list.Readers) != 4 || !list.Readers[2].Pictures ||
		list.Readers[0].Pictures {
		t.Errorf("readers %+v", list.Readers)
	}
	for dir, want := range map[string]struct{ layers, heads int }{llama: {3, 4}, t5: {2, 3}} {
		var reply struct {
			Tokens []string
			Heads  []figure.Values
			Layers int
		}
		if status := post(t, url+"/api/attention/look", map[string]any{"reader": dir, "text": "abcab", "layer": 1}, &reply); status != 200 {
			t.Fatalf("status %d", status)
		}
		if strings.Join(reply.Tokens, "") != "abcab" || reply.Layers != want.layers || len(reply.Heads) != want.heads ||
			len(reply.Heads[0]) != 25 {
			t.Errorf("%+v", reply)
		}
	}

	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 40, 20))); err != nil {
		t.Fatal(err)
	}
	at := func(name, layer string) string {
		return url + "/api/attention/picture/" + neturl.PathEscape(name) + "/" + layer
	}
	var seen struct {
		Heads   []figure.Values
		Layers  int
		Patches int
		Answers []pictureAnswer
	}
	status, body := ask(t, "POST", at(vit, "1"), picture.String(), nil)
	if err := json.Unmarshal([]byte(body), &seen); status != 200 || err != nil {
		t.Fatalf("status %d: %s", status, body)
	}
	if seen.Layers != 2 || seen.Patches != 8 || len(seen.Heads) != 4 || len(seen.Heads[0]) != 65*65 ||
		len(seen.Answers) != 3 || len(seen.Answers[0].Name) != 3 {
		t.Errorf("%d layers, %d patches, %d heads, %v", seen.Layers, seen.Patches, len(seen.Heads), seen.Answers)
	}
	for name, c := range map[string]struct {
		url, body string
		want      int
	}{
		"layer":      {at(vit, "2"), picture.String(), 404},
		"no picture": {at(vit, "0"), "text", 422},
		"of texts":   {at(t5, "0"), picture.String(), 422},
	} {
		if status, _ := ask(t, "POST", c.url, c.body, nil); status != c.want {
			t.Errorf("%s: status %d, want %d", name, status, c.want)
		}
	}
	if status := post(t, url+"/api/attention/look", map[string]any{"reader": vit, "text": "a", "layer": 0}, nil); status != 422 {
		t.Errorf("a text for a network that reads pictures: status %d", status)
	}
}
