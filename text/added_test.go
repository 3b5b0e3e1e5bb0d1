package text

import (
	"slices"
	"strings"
	"testing"
)

// TestAddedTokensWithTheSameText: of added tokens that the normalizer makes equal, the first one is found, in each load.
func TestAddedTokensWithTheSameText(t *testing.T) {
	const file = `{"added_tokens": [{"id": 1, "content": "[NEW]", "normalized": true},
		{"id": 2, "content": "[new]", "normalized": true}, {"id": 3, "content": "[New]", "normalized": true}],
		"normalizer": {"type": "Lowercase"},
		"model": {"type": "WordLevel", "vocab": {"<unk>": 0}, "unk_token": "<unk>"}}`
	for range 20 {
		tok, err := ReadTokenizer(strings.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		if got := tok.AppendIDs(nil, "[new][NEW] [New]"); !slices.Equal(got, []int32{1, 1, 0, 1}) {
			t.Fatalf("ids %v, want 1 for each of the tokens", got)
		}
	}
}
