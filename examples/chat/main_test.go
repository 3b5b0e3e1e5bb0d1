package main

import (
	"os"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/generate"
	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/text"
)

// TestChat chats with a model of two layers and random weights, whose tokens are characters.
func TestChat(t *testing.T) {
	m := models.LlamaConfig{Vocabulary: 64, Context: 160, Width: 32, Inner: 32, Layers: 2, Heads: 2}.New(rng.NewTorch(1))
	p := &partner{m, text.NewCharTokenizer("\n <>|_.,?!abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0"),
		&generate.ChatTemplate{System: "Be brief."}, nil}
	var out [2]strings.Builder
	for i := range out {
		if err := p.chat(strings.NewReader("Hello\nBye\nHello\nBye"), &out[i],
			generate.Config{MaxTokens: 20, Sample: true, Seed: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if out[0].String() != out[1].String() {
		t.Errorf("the same seed gave %q and %q", &out[0], &out[1])
	}
	if got := strings.Count(out[0].String(), "> "); got < 5 || len(out[0].String()) < 80 { // longer than the context
		t.Errorf("%q, want four answers of 20 characters", &out[0])
	}
	if err := p.chat(strings.NewReader("<|im_end|>"), &out[0], generate.Config{}); err == nil ||
		!strings.Contains(err.Error(), "message 0 contains") {
		t.Error(err)
	}
}

func TestMistakes(t *testing.T) {
	for path, want := range map[string]string{
		"":        "name the model's file with -model",
		"none":    "none",
		"main.go": "not a GGUF file",
		"../../testdata/torch/llama/llama-q4_1.gguf": `have no "tokenizer.ggml.model"`,
	} {
		if _, err := open(path, ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", path, err, want)
		}
	}
	if _, err := os.Stat("none"); err == nil {
		t.Error("a file was made")
	}
}
