package text

import (
	"fmt"
	"math"
)

// vocabulary maps tokens to ids and back.
type vocabulary struct {
	ids    map[string]int32
	tokens []string // by id; "" where an id is not used
	used   []bool   // by id
}

// newVocabulary returns the vocabulary of a map. It refuses ids that would need much more memory than the map.
func newVocabulary(ids map[string]int32) (*vocabulary, error) {
	v := &vocabulary{ids: ids}
	limit := min(16*len(ids)+1<<16, math.MaxInt32)
	last := int32(-1)
	for token, id := range ids {
		if id < 0 || int(id) >= limit {
			return nil, fmt.Errorf("the id of token %q is %d, want 0 to %d with %d tokens", token, id, limit-1,
				len(ids))
		}
		last = max(last, id)
	}
	v.tokens, v.used = make([]string, last+1), make([]bool, last+1)
	for token, id := range ids {
		if v.used[id] {
			return nil, fmt.Errorf("tokens %q and %q both have the id %d", v.tokens[id], token, id)
		}
		v.tokens[id], v.used[id] = token, true
	}
	return v, nil
}

// listVocabulary returns the vocabulary whose ids are the indices of tokens.
func listVocabulary(tokens []string) (*vocabulary, error) {
	v := &vocabulary{ids: make(map[string]int32, len(tokens)), tokens: tokens, used: make([]bool, len(tokens))}
	for i, token := range tokens {
		if j, ok := v.ids[token]; ok {
			return nil, fmt.Errorf("token %q has the ids %d and %d", token, j, i)
		}
		v.ids[token], v.used[i] = int32(i), true
	}
	return v, nil
}

func (v *vocabulary) id(token string) (int32, bool) {
	id, ok := v.ids[token]
	return id, ok
}

func (v *vocabulary) token(id int32) (string, bool) {
	if id < 0 || int(id) >= len(v.tokens) || !v.used[id] {
		return "", false
	}
	return v.tokens[id], true
}

// size returns the number of tokens.
func (v *vocabulary) size() int { return len(v.ids) }
