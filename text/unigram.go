package text

import (
	"errors"
	"fmt"
	"math"
	"unicode/utf8"
)

// unigram takes the tokens whose scores (logarithms of probabilities) have the largest sum (SentencePiece's Unigram,
// T5).
type unigram struct {
	vocabulary   *vocabulary
	scores       []float64
	unknownID    int32
	unknownScore float64
	byteFallback bool
	byteIDs      [256]int32 // −1 if a byte has no token
	tokens       *trie
}

func newUnigram(tokens []string, scores []float64, unknownID int, byteFallback bool) (*unigram, error) {
	if unknownID < 0 || unknownID >= len(tokens) {
		return nil, fmt.Errorf("unk_id %d, want 0 to %d", unknownID, len(tokens)-1)
	}
	v := &vocabulary{ids: make(map[string]int32, len(tokens)), tokens: tokens, used: make([]bool, len(tokens))}
	m := &unigram{vocabulary: v, scores: scores, unknownID: int32(unknownID), byteFallback: byteFallback,
		tokens: newTrie()}
	least := math.Inf(1)
	for i, token := range tokens {
		if math.IsNaN(scores[i]) || math.IsInf(scores[i], 0) {
			return nil, errors.New("a score is not finite")
		}
		v.ids[token], v.used[i] = int32(i), true // of equal tokens the last one counts
		if token != "" {
			m.tokens.add(token, int32(i))
		}
		least = min(least, scores[i])
	}
	m.unknownScore = least - 10
	m.byteIDs = byteTokens(v)
	return m, nil
}

// byteTokens returns the ids of the tokens <0x00> to <0xFF>, −1 for those that v lacks.
func byteTokens(v *vocabulary) (ids [256]int32) {
	for b := range ids {
		ids[b] = -1
		if id, ok := v.id(fmt.Sprintf("<0x%02X>", b)); ok {
			ids[b] = id
		}
	}
	return ids
}

func (m *unigram) vocab() *vocabulary { return m.vocabulary }

// pathNode is the best way to a position: the score, where the last token begins (−1: no way yet), and its id.
type pathNode struct {
	score float64
	from  int32
	id    int32
}

func (m *unigram) tokenize(w *work, b []byte, dst []token) []token {
	path := w.path[:0]
	for range len(b) + 1 {
		path = append(path, pathNode{from: -1})
	}
	w.path = path
	reach := func(to int, score float64, from int, id int32) {
		if p := &path[to]; p.from < 0 || score > p.score {
			*p = pathNode{score, int32(from), id}
		}
	}
	for i := 0; i < len(b); {
		_, size := utf8.DecodeRune(b[i:])
		score, single := path[i].score, false
		node := int32(0)
		for k := i; k < len(b); k++ {
			if node = m.tokens.child(node, b[k]); node < 0 {
				break
			}
			if id := m.tokens.vals[node]; id >= 0 {
				reach(k+1, m.scores[id]+score, i, id)
				single = single || k+1 == i+size
			}
		}
		if !single {
			reach(i+size, m.unknownScore+score, i, m.unknownID)
		}
		i += size
	}

	from := len(dst)
	for end := len(b); end > 0; { // backwards; neighbouring unknown characters are one token
		p := path[end]
		start := int(p.from)
		for p.id == m.unknownID && start > 0 && path[start].id == m.unknownID {
			start = int(path[start].from)
		}
		id := p.id
		if id == m.unknownID {
			id = m.spelled(b[start:end])
		}
		if id < 0 {
			for i := end - 1; i >= start; i-- {
				dst = append(dst, token{m.byteIDs[b[i]], int32(start), int32(end)})
			}
		} else {
			dst = append(dst, token{id, int32(start), int32(end)})
		}
		end = start
	}
	for i, j := from, len(dst)-1; i < j; i, j = i+1, j-1 {
		dst[i], dst[j] = dst[j], dst[i]
	}
	return dst
}

// spelled returns the id of unknown characters, or −1 if they become the tokens of their bytes.
func (m *unigram) spelled(b []byte) int32 {
	if id, ok := m.vocabulary.ids[string(b)]; ok {
		return id
	}
	if !m.byteFallback {
		return m.unknownID
	}
	for _, c := range b {
		if m.byteIDs[c] < 0 {
			return m.unknownID
		}
	}
	return -1
}
