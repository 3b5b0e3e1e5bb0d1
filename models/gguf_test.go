package models_test

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/gguf"
	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
)

// ggufWith writes the GGUF file llama-f32 with more metadata, and returns its path. Values are uint32, float32, bool,
// string and []string.
func ggufWith(t *testing.T, metadata map[string]any) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(llamaFolder, "llama-f32.gguf"))
	if err != nil {
		t.Fatal(err)
	}
	le := binary.LittleEndian
	var more []byte
	text := func(s string) { more = append(le.AppendUint64(more, uint64(len(s))), s...) }
	for key, value := range metadata {
		text(key)
		switch v := value.(type) {
		case uint32:
			more = le.AppendUint32(le.AppendUint32(more, 4), v)
		case float32:
			more = le.AppendUint32(le.AppendUint32(more, 6), math.Float32bits(v))
		case bool:
			more = append(le.AppendUint32(more, 7), map[bool]byte{true: 1}[v])
		case string:
			more = le.AppendUint32(more, 8)
			text(v)
		case []string:
			more = le.AppendUint64(le.AppendUint32(le.AppendUint32(more, 9), 8), uint64(len(v)))
			for _, s := range v {
				text(s)
			}
		}
	}
	const header, align = 24, 32
	text("padding") // the data must stay aligned
	more = le.AppendUint32(more, 8)
	text(strings.Repeat("x", align-(len(more)+8)%align))
	le.PutUint64(b[16:], le.Uint64(b[16:])+uint64(len(metadata))+1)
	path := filepath.Join(t.TempDir(), "model.gguf")
	if err := os.WriteFile(path, slices.Concat(b[:header], more, b[header:]), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestGGUFScaling checks what the metadata of the rotary scaling mean, and that unknown ones are refused.
func TestGGUFScaling(t *testing.T) {
	for _, c := range []struct {
		metadata map[string]any
		want     nn.RotaryScaling
		err      string
	}{
		{map[string]any{}, nn.RotaryScaling{}, ""},
		{map[string]any{"llama.rope.scaling.factor": float32(2)}, nn.RotaryScaling{Type: "linear", Factor: 2,
			OriginalMaxPositions: 64}, ""},
		{map[string]any{"llama.rope.scale_linear": float32(4)}, nn.RotaryScaling{Type: "linear", Factor: 4, OriginalMaxPositions: 64}, ""},
		{map[string]any{"llama.rope.scaling.type": "yarn", "llama.rope.scaling.factor": float32(2),
			"llama.rope.scaling.original_context_length": uint32(32),
			"llama.rope.scaling.yarn_beta_fast":          float32(16), "llama.rope.scaling.finetuned": true},
			nn.RotaryScaling{Type: "yarn", Factor: 2, OriginalMaxPositions: 32, BetaFast: 16}, ""},
		{map[string]any{"llama.rope.scaling.type": "longrope"}, nn.RotaryScaling{}, `the rotary scaling "longrope" is not supported`},
		{map[string]any{"llama.rope.scaling.yarn_log_multiplier": float32(0.1)}, nn.RotaryScaling{},
			`"llama.rope.scaling.yarn_log_multiplier" of the rotary scaling`},
	} {
		m, err := models.LoadLlama(ggufWith(t, c.metadata), models.LlamaLoadConfig{})
		if c.err != "" || err != nil {
			if err == nil || c.err == "" || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%v: %v, want %s", c.metadata, err, c.err)
			}
			continue
		}
		got := m.Config().Scaling
		if got.Type != c.want.Type || got.Factor != c.want.Factor ||
			got.OriginalMaxPositions != c.want.OriginalMaxPositions || got.BetaFast != c.want.BetaFast {
			t.Errorf("%v: %+v, want %+v", c.metadata, got, c.want)
		}
	}
}

// TestGGUFErrorsNameTheFile checks that errors of this package and of package gguf name the file, once.
func TestGGUFErrorsNameTheFile(t *testing.T) {
	for _, c := range []struct {
		metadata map[string]any
		call     func(f *gguf.File) error
	}{
		{map[string]any{"llama.expert_count": uint32(4)}, func(f *gguf.File) error {
			_, err := models.LlamaFromGGUF(f, models.LlamaLoadConfig{})
			return err
		}},
		{map[string]any{"llama.expert_count": "x"}, func(f *gguf.File) error {
			_, err := models.LoadLlama(f.Path(), models.LlamaLoadConfig{})
			return err
		}},
		{map[string]any{"tokenizer.ggml.model": "unigram", "tokenizer.ggml.tokens": []string{"a"}}, func(f *gguf.File) error {
			_, err := models.TokenizerFromGGUF(f)
			return err
		}},
		{map[string]any{}, func(f *gguf.File) error {
			_, err := models.TokenizerFromGGUF(f)
			return err
		}},
		{map[string]any{"tokenizer.ggml.eos_token_id": uint32(3e9)}, func(f *gguf.File) error {
			_, err := models.StopTokensFromGGUF(f)
			return err
		}},
	} {
		f, err := gguf.Open(ggufWith(t, c.metadata))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := c.call(f); err == nil || strings.Count(err.Error(), f.Path()) != 1 {
			t.Errorf("%v: %v, want an error that names the file once", c.metadata, err)
		}
	}
}

// TestGGUFSpecialTokens checks that no token is added at the beginning of a text if the file names none.
func TestGGUFSpecialTokens(t *testing.T) {
	const prefix = "tokenizer.ggml."
	tokens := []string{"<unk>", "<s>"}
	for b := range 256 {
		if b >= '!' && b <= '~' {
			tokens = append(tokens, string(rune(b)))
		}
	}
	for _, c := range []struct {
		more map[string]any
		want []int32
		err  string
	}{
		{map[string]any{}, []int32{66}, ""},
		{map[string]any{prefix + "bos_token_id": uint32(1)}, []int32{66}, ""}, // byte-level BPE adds none by default
		{map[string]any{prefix + "bos_token_id": uint32(1), prefix + "add_bos_token": true}, []int32{1, 66}, ""},
		{map[string]any{prefix + "add_bos_token": true}, nil, `no "tokenizer.ggml.bos_token_id"`},
		{map[string]any{prefix + "add_bos_token": true, prefix + "bos_token_id": uint32(4000)}, nil, `bos_token_id is 4000`},
	} {
		metadata := map[string]any{prefix + "model": "gpt2", prefix + "pre": "default", prefix + "tokens": tokens,
			prefix + "merges": []string{"a b"}}
		metadata[prefix+"tokens"] = append(slices.Clone(tokens), "ab")
		for key, v := range c.more {
			metadata[key] = v
		}
		f, err := gguf.Open(ggufWith(t, metadata))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		tok, err := models.TokenizerFromGGUF(f)
		if c.err != "" || err != nil {
			if err == nil || c.err == "" || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%v: %v, want %s", c.more, err, c.err)
			}
			continue
		}
		if got := tok.Encode("a").IDs; !slices.Equal(got, c.want) {
			t.Errorf("%v: the ids of a are %v, want %v", c.more, got, c.want)
		}
	}
}

// TestLoadedLlama checks that models are in evaluation mode, that weights outside blocks are trainable, and that a
// cache has the type in which a model computes, so that it generates in each.
func TestLoadedLlama(t *testing.T) {
	for name, trained := range map[string]bool{"bf16": true, "llama-f32.gguf": true, "llama-q4_1.gguf": false} {
		for _, o := range []models.LlamaLoadConfig{{}, {Dequantize: true, DType: tensor.BFloat16},
			{Dequantize: true, DType: tensor.Float64}} {
			m, err := models.LoadLlama(filepath.Join(llamaFolder, name), o)
			if err != nil {
				t.Fatal(err)
			}
			norm := m.Model.Norm.Weight
			if !norm.RequiresGrad() {
				t.Errorf("%s, %+v: the norms are frozen", name, o)
			}
			e, float := m.Model.EmbedTokens.(*nn.Embedding)
			if float != (trained || o.Dequantize) || float && !e.Weight.RequiresGrad() {
				t.Errorf("%s, %+v: the embedding is %v", name, o, m.Model.EmbedTokens)
			}
			if norm.DType() != o.DType {
				t.Errorf("%s, %+v: the weights are %v", name, o, norm.DType())
			}
			if cache := m.NewCache(1, 8); cache.Keys[0].DType() != o.DType {
				t.Errorf("%s, %+v: the cache is %v", name, o, cache.Keys[0].DType())
			}
			// The tokens with a cache are those of the whole sequence without one.
			got := greedyTokens(m, 6)
			ids := llamaIDs().Narrow(0, 0, 1).Narrow(1, 0, 5)
			for i := range 6 {
				logits := tensor.NoGrad(ids, m.Forward)
				last := logits.Narrow(1, ids.Dim(1)-1, 1).Cast(tensor.Float32).Reshape(-1)
				best, chosen := last.Max().Item(), float64(last.Float32s()[got[i]])
				if tolerance := map[bool]float64{true: 0.05}[o.DType == tensor.BFloat16]; best-chosen > tolerance {
					t.Errorf("%s, %+v: token %d is %d with the logit %v, the best has %v", name, o, i, got[i], chosen, best)
				}
				ids = tensor.Cat(1, ids, tensor.From([]int64{int64(got[i])}, 1, 1))
			}
		}
	}
}

// TestLlamaConfigJSON reads the rotary settings of a config.json, in the forms of two versions, and refuses what it
// does not know.
func TestLlamaConfigJSON(t *testing.T) {
	for text, want := range map[string]string{
		`{"rope_theta": 5e5, "rope_scaling": {"type": "linear", "factor": 2}}`:                          "",
		`{"rope_parameters": {"rope_theta": 5e5, "rope_type": "linear", "factor": 2}}`:                  "",
		`{"rope_theta": 5e5, "rope_scaling": {"type": "linear", "factor": 2, "mrope_section": [1, 2]}}`: `unknown field "mrope_section"`,
		`{"rope_parameters": {"rope_type": "linear", "factor": 2, "partial_rotary_factor": 0.5}}`:       "partial_rotary_factor is 0.5",
		`{"partial_rotary_factor": 0.25}`:                                                               "partial_rotary_factor is 0.25",
		`{"sliding_window": 16}`:                                                                        "sliding_window is 16",
	} {
		var c models.LlamaConfig
		err := (&models.Folder{Dir: "here", Config: []byte(text)}).ReadConfig(&c)
		if want != "" || err != nil {
			if err == nil || want == "" || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %s", text, err, want)
			}
			continue
		}
		if c.RopeBase != 5e5 || c.Scaling.Type != "linear" || c.Scaling.Factor != 2 {
			t.Errorf("%s: base %v, %+v", text, c.RopeBase, c.Scaling)
		}
	}
}
