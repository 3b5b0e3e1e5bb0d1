package models_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/gguf"
	"github.com/lamina-ml/lamina/models"
)

// TestStopTokens reads the tokens that end a text, from the files of Hugging Face and from GGUF metadata.
func TestStopTokens(t *testing.T) {
	for _, c := range []struct {
		config, generation string // "" means no file
		want               []int32
		err                string
	}{
		{`{}`, "", nil, ""},
		{`{"eos_token_id": null}`, "", nil, ""},
		{`{"eos_token_id": 2}`, "", []int32{2}, ""},
		{`{"eos_token_id": [2, 5]}`, `{}`, []int32{2, 5}, ""},
		{`{"eos_token_id": 2}`, `{"eos_token_id": [7, 8]}`, []int32{7, 8}, ""},
		{`{"eos_token_id": "x"}`, "", nil, `config.json: eos_token_id is "x", want a token or a list of tokens`},
		{`{"eos_token_id": 3000000000}`, "", nil, "eos_token_id is 3000000000"},
		{`{}`, "{", nil, "generation_config.json is not JSON"},
	} {
		f := &models.Folder{Dir: t.TempDir(), Config: []byte(c.config)}
		if c.generation != "" {
			if err := os.WriteFile(filepath.Join(f.Dir, "generation_config.json"), []byte(c.generation), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		got, err := f.StopTokens()
		if !slices.Equal(got, c.want) || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s, %s: %v, %v, want %v, %s", c.config, c.generation, got, err, c.want, c.err)
		}
	}
	f, err := gguf.Open(ggufWith(t, map[string]any{"tokenizer.ggml.eos_token_id": uint32(2),
		"tokenizer.ggml.eot_token_id": uint32(5), "tokenizer.ggml.eom_token_id": uint32(2)}))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, err := models.StopTokensFromGGUF(f); !slices.Equal(got, []int32{2, 5}) || err != nil {
		t.Errorf("%v, %v", got, err)
	}
}
