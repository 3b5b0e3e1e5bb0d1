package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/text"
)

// TestTextWithoutNewLines trains on a text of one line, whose network cannot begin with a new line, and runs the
// command that train proposes.
func TestTextWithoutNewLines(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(folder, "line.txt"), []byte(strings.Repeat("to be or not to be ", 50)))
	out := must(t, folder, append([]string{"train", "line.txt", "--out", "run"}, tiny...)...)
	says(t, out, "a sample:", "lamina generate run")
	if text := must(t, folder, "generate", "run", "--length", "30"); len(text) != 31 {
		t.Errorf("it wrote %q, want 30 letters", text)
	}
}

// TestByteOrderMark trains on a text that begins with a byte order mark, which is no character of it, and evaluates
// the run without its text.
func TestByteOrderMark(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(folder, "mark.txt"), []byte("\ufeff"+strings.Repeat("to be or not to be\n", 50)))
	write(t, filepath.Join(folder, "only.txt"), []byte("\ufeff"))
	out := must(t, folder, append([]string{"train", "mark.txt", "--out", "run"}, tiny...)...)
	says(t, out, "network:  gpt, 2 layers of 16 with 2 heads, context 16, 8 tokens")
	if strings.Contains(out, "\ufeff") {
		t.Errorf("the byte order mark is in the output:\n%s", out)
	}
	must(t, folder, "evaluate", "run")
	write(t, filepath.Join(folder, "mark.txt"), []byte("another text"))
	mustFail(t, exitFailed, folder, []string{"evaluate", "run"}, "is not the one that the run run was trained on", "Restore the file.")
	if err := os.Remove(filepath.Join(folder, "mark.txt")); err != nil {
		t.Fatal(err)
	}
	mustFail(t, exitFailed, folder, []string{"evaluate", "run"}, "the data of the training are missing", "mark.txt", "Restore the file.")
	mustFail(t, exitFailed, folder, []string{"train", "only.txt"}, "only.txt is empty but for a byte order mark")
}

// TestHostileSampling samples with settings of which no distribution can be made.
func TestHostileSampling(t *testing.T) {
	folder := t.TempDir()
	verse(t, folder)
	must(t, folder, append([]string{"train", "verse.txt", "--out", "run"}, tiny...)...)
	for _, args := range []string{"--temperature 1e-45", "--repetition-penalty 1e-40",
		"--temperature 1e-45 --top-p 0.5", "--temperature 1e-45 --min-p 0.5"} {
		mustFail(t, exitFailed, folder, append([]string{"generate", "run", "--prompt", "the cat"}, strings.Fields(args)...), "infinite")
	}
}

// TestTokenizerOfAnotherModel lets models write whose tokenizer has more tokens than they have, or that see one token
// only.
func TestTokenizerOfAnotherModel(t *testing.T) {
	folder := t.TempDir()
	for _, c := range []struct {
		vocabulary, context int
		prompt, want        string
	}{
		{3, 16, "abc", ""},
		{3, 16, "abcg", "the token 6, and the model has 3 tokens"},
		{7, 1, "a", ""}, // a context of one token
	} {
		dir := filepath.Join(folder, "model")
		if err := os.MkdirAll(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		m := models.GPT2Config{Vocabulary: c.vocabulary, Context: c.context, Width: 8, Layers: 1, Heads: 2}.New(rng.NewTorch(1))
		if err := safetensors.SaveModel(filepath.Join(dir, "model.safetensors"), m); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, "config.json"),
			fmt.Appendf(nil,
				`{"model_type": "gpt2", "vocab_size": %d, "n_positions": %d, "n_embd": 8, "n_layer": 1, "n_head": 2}`,
				c.vocabulary, c.context))
		if err := text.NewCharTokenizer("abcdefg").Save(filepath.Join(dir, "tokenizer.json")); err != nil {
			t.Fatal(err)
		}
		if args := []string{"generate", "model", "--prompt", c.prompt, "--length", "5"}; c.want != "" {
			mustFail(t, exitFailed, folder, args, c.want)
		} else {
			must(t, folder, args...)
		}
	}
}
