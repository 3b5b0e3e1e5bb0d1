package text

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestTrainBPE compares the vocabulary and the merges with those of PyPI tokenizers.
func TestTrainBPE(t *testing.T) {
	corpus, err := os.ReadFile(filepath.Join(goldenFolder, "corpus.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		size   int
		config TrainConfig
	}{
		"train_bytes":     {900, TrainConfig{Special: []string{"<|endoftext|>"}}},
		"train_frequency": {5000, TrainConfig{ByteLevel: ByteLevelConfig{Pattern: PatternLlama3}, MinFrequency: 4}},
		"train_suffix":    {500, TrainConfig{Like: load(t, "train_suffix"), Special: []string{"<unk>"}}},
		"train_long":      {400, TrainConfig{Like: load(t, "train_long"), Special: []string{"<unk>"}, MaxTokenLength: 5}},
	} {
		want := load(t, name)
		got, err := TrainBPE(strings.NewReader(string(corpus)), c.size, c.config)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		a, b := got.model.(*bpe), want.model.(*bpe)
		if name == "train_suffix" { // there the ids of characters with the suffix depend on the order of a hash table, and so do ties
			for _, v := range []*vocabulary{a.vocabulary, b.vocabulary} {
				v.tokens = slices.DeleteFunc(slices.Clone(v.tokens),
					func(s string) bool { return utf8.RuneCountInString(strings.TrimSuffix(s, "</w>")) > 1 })
				slices.Sort(v.tokens)
			}
			if len(a.merges) != len(b.merges) || !slices.Equal(a.vocabulary.tokens, b.vocabulary.tokens) {
				t.Errorf("%s: %d merges and characters %q, want %d and %q", name, len(a.merges), a.vocabulary.tokens,
					len(b.merges), b.vocabulary.tokens)
			}
			continue
		}
		if !slices.Equal(a.vocabulary.tokens, b.vocabulary.tokens) {
			t.Errorf("%s: %d tokens, want %d; they differ from %d on", name, len(a.vocabulary.tokens), len(b.vocabulary.tokens),
				difference(a.vocabulary.tokens, b.vocabulary.tokens))
		}
		if !slices.Equal(a.merges, b.merges) {
			t.Errorf("%s: %d merges, want %d; they differ from %d on", name, len(a.merges), len(b.merges), difference(a.merges, b.merges))
		}
	}
}

func difference[T comparable](a, b []T) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}
