package text

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
)

// TrainConfig describes how TrainBPE trains. Its zero value trains GPT-2's kind of tokenizer: byte-level, with all
// 256 bytes as first tokens.
type TrainConfig struct {
	// Like is a tokenizer whose normalizer, pre-tokenizer, template and decoder the new one gets; nil means
	// ByteLevel. Its model must be BPE, whose settings (unknown token, prefix, suffix, bytes) the new model gets.
	Like      *Tokenizer
	ByteLevel ByteLevelConfig // used if Like is nil

	Special       []string // special tokens, which get the first ids: "<|endoftext|>"
	MinFrequency  int      // how often a pair must occur to be merged; 0 means no limit
	LimitAlphabet int      // most characters that become tokens, the most frequent ones; 0 means no limit
	// characters that become tokens even if they do not occur. With ByteLevel these are the 256 bytes
	Alphabet       []rune
	MaxTokenLength int // most characters of a token; 0 means no limit
}

// TrainBPE trains byte-pair encoding (Sennrich, Haddow and Birch 2016, https://arxiv.org/abs/1508.07909) on a text,
// and returns a tokenizer with at most vocabSize tokens: it merges the most frequent pair of neighbouring tokens
// until there are so many. Of equally frequent pairs it merges the one with the smaller ids. The text is read line by
// line; words do not cross lines. The merges are those of Python's BpeTrainer, where that is deterministic. It
// returns the reader's errors, and an error for settings that do not fit.
func TrainBPE(r io.Reader, vocabSize int, c TrainConfig) (*Tokenizer, error) {
	like := c.Like
	model := bpe{}
	if like == nil {
		k := &core{specs: byteLevelSpecs(c.ByteLevel)}
		k.model, _ = newBPE(&vocabulary{ids: map[string]int32{}}, nil, bpe{}, "")
		var err error
		if like, err = k.build("", "", nil); err != nil {
			return nil, err
		}
		model.whole = c.ByteLevel.IgnoreMerges
		c.Alphabet = slices.Concat(c.Alphabet, byteAlphabet[:])
	} else if m, ok := like.model.(*bpe); ok {
		model = bpe{unknown: m.unknown, prefix: m.prefix, suffix: m.suffix, fuseUnknown: m.fuseUnknown,
			byteFallback: m.byteFallback, whole: m.whole}
	} else {
		return nil, errors.New("text: TrainConfig.Like is not a BPE tokenizer")
	}
	if vocabSize < 1 || vocabSize > math.MaxInt32 || c.MinFrequency < 0 || c.LimitAlphabet < 0 || c.MaxTokenLength < 0 {
		return nil, fmt.Errorf("text: vocabSize %d, MinFrequency %d, LimitAlphabet %d, MaxTokenLength %d: "+
			"want a size ≥ 1 and numbers ≥ 0",
			vocabSize, c.MinFrequency, c.LimitAlphabet, c.MaxTokenLength)
	}
	t := &trainer{TrainConfig: c, prefix: model.prefix, suffix: model.suffix, ids: map[string]int32{},
		words: map[string]int{}}
	if err := t.count(r, like.core); err != nil {
		return nil, err
	}
	t.begin()
	t.merge(vocabSize)

	v, err := listVocabulary(t.tokens)
	if err != nil {
		return nil, fmt.Errorf("text: %w", err)
	}
	m, err := newBPE(v, t.merges, model, model.unknown)
	if err != nil {
		return nil, fmt.Errorf("text: %w", err)
	}
	added := make([]AddedToken, len(c.Special))
	for i, s := range c.Special {
		added[i] = AddedToken{Content: s, Special: true}
	}
	k := &core{model: m, specs: like.specs}
	if c.Like == nil {
		return k.build(c.ByteLevel.BOS, c.ByteLevel.EOS, slices.Concat(added, c.ByteLevel.Added))
	}
	return k.build("", "", added)
}

// trainer counts words and merges pairs of tokens.
type trainer struct {
	TrainConfig
	prefix, suffix string
	words          map[string]int // how often each word occurs
	ids            map[string]int32
	tokens         []string
	merges         [][2]string

	spelled []trainWord
	pairs   *hashTable // the index of a pair's frequency in counts
	counts  []int
	fresh   map[uint64][]int32 // pairs that arose or became more frequent, and the words where they did
	queue   []pairEntry
}

// trainWord is a word as tokens, and how often it occurs.
type trainWord struct {
	ids   []int32
	sizes []int32 // characters of each token
	n     int
}

// pairEntry is a pair in the queue: its key, how often it occurred when it was put there, and the words that it is in.
type pairEntry struct {
	key   uint64
	count int
	words []int32
}

// count counts the words of the text.
func (t *trainer) count(r io.Reader, c *core) error {
	k := &core{normalizer: c.normalizer, preTokenizer: c.preTokenizer, added: c.added}
	if m, ok := c.model.(*bpe); ok && m.raw { // the words are characters of byteAlphabet, as in the file
		k.preTokenizer = byteLevel{}
		if c.preTokenizer != nil {
			k.preTokenizer = sequencePreTokenizer{c.preTokenizer, byteLevel{}}
		}
	}
	add := func(b []byte) { t.words[string(b)]++ }
	w := &work{}
	lines := bufio.NewReaderSize(r, 1<<16)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			k.each(w, []byte(line), c.needsPlaces, func() {
				for _, p := range w.pieces {
					add(w.n.text[p.Start:p.End])
				}
			}, func(n *normalized, _ int32, start, end int) { add(n.text[start:end]) })
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("text: reading the text: %w", err)
		}
	}
}

// add returns the id of a token, a new one if need be.
func (t *trainer) add(token string) int32 {
	id, ok := t.ids[token]
	if !ok {
		id = int32(len(t.tokens))
		t.ids[token] = id
		t.tokens = append(t.tokens, token)
	}
	return id
}

// begin makes special tokens and characters tokens, and spells the words with them.
func (t *trainer) begin() {
	for _, s := range t.Special {
		t.add(s)
	}
	frequency := map[rune]int{}
	for word, n := range t.words {
		for _, c := range word {
			frequency[c] += n
		}
	}
	for _, c := range t.Alphabet {
		frequency[c] = math.MaxInt
	}
	chars := make([]rune, 0, len(frequency))
	for c := range frequency {
		chars = append(chars, c)
	}
	slices.SortFunc(chars, func(a, b rune) int {
		return cmp.Or(cmp.Compare(frequency[b], frequency[a]), cmp.Compare(a, b))
	})
	if t.LimitAlphabet > 0 && len(chars) > t.LimitAlphabet {
		chars = chars[:t.LimitAlphabet]
	}
	slices.Sort(chars)
	for _, c := range chars {
		t.add(string(c))
	}
	words := make([]string, 0, len(t.words))
	for word := range t.words {
		words = append(words, word)
	}
	slices.Sort(words) // the ids of tokens with prefix or suffix depend on the order
	for _, word := range words {
		t.spelled = append(t.spelled, t.spell(word))
	}
	t.pairs = newHashTable(0)
	t.fresh = map[uint64][]int32{}
	for i, w := range t.spelled {
		for k := range len(w.ids) - 1 {
			t.change(w.ids[k], w.ids[k+1], w.n, int32(i))
		}
	}
	t.enqueue()
}

// spell returns the characters of a word that are tokens.
func (t *trainer) spell(word string) trainWord {
	w := trainWord{n: t.words[word]}
	chars := []rune(word)
	for i, c := range chars {
		s := string(c)
		if _, ok := t.ids[s]; !ok {
			continue
		}
		if i > 0 {
			s = t.prefix + s
		}
		if i == len(chars)-1 {
			s += t.suffix
		}
		w.ids, w.sizes = append(w.ids, t.add(s)), append(w.sizes, 1)
	}
	return w
}

// change adds n to the frequency of a pair. If n is positive the pair is noted as fresh in that word.
func (t *trainer) change(a, b int32, n int, word int32) {
	key := pairKey(a, b)
	at := t.pairs.get(key)
	if at < 0 {
		at = int32(len(t.counts))
		t.counts = append(t.counts, 0)
		t.pairs.set(key, at)
	}
	t.counts[at] += n
	if n <= 0 {
		return
	}
	if list := t.fresh[key]; len(list) == 0 || list[len(list)-1] != word {
		t.fresh[key] = append(list, word)
	}
}

// enqueue puts the fresh pairs into the queue.
func (t *trainer) enqueue() {
	for key, words := range t.fresh {
		if n := t.counts[t.pairs.get(key)]; n > 0 {
			t.push(pairEntry{key, n, words})
		}
	}
	clear(t.fresh)
}

// merge merges pairs until there are size tokens.
func (t *trainer) merge(size int) {
	most := t.MaxTokenLength
	if most == 0 {
		most = math.MaxInt
	}
	for len(t.tokens) < size && len(t.queue) > 0 {
		top := t.pop()
		if n := t.counts[t.pairs.get(top.key)]; n != top.count {
			if top.count = n; n > 0 {
				t.push(top)
			}
			continue
		}
		if top.count < max(t.MinFrequency, 1) {
			break
		}
		a, b := int32(top.key>>32), int32(uint32(top.key))
		right := t.tokens[b]
		if len(right) >= len(t.prefix) && right[:len(t.prefix)] == t.prefix {
			right = right[len(t.prefix):]
		}
		to := t.add(t.tokens[a] + right)
		t.merges = append(t.merges, [2]string{t.tokens[a], t.tokens[b]})
		for _, i := range top.words {
			t.mergeWord(i, a, b, to, most)
		}
		t.enqueue()
	}
}

// mergeWord replaces the pair a, b by the token to in a word. Pairs with it of most characters and more are not
// counted.
func (t *trainer) mergeWord(word, a, b, to int32, most int) {
	w := &t.spelled[word]
	ids, sizes := w.ids[:0], w.sizes[:0]
	for i := 0; i < len(w.ids); i++ {
		if w.ids[i] != a || i+1 == len(w.ids) || w.ids[i+1] != b {
			ids, sizes = append(ids, w.ids[i]), append(sizes, w.sizes[i])
			continue
		}
		size := w.sizes[i] + w.sizes[i+1]
		if k := len(ids); k > 0 {
			t.change(ids[k-1], a, -w.n, word)
			if int(sizes[k-1]+size) < most {
				t.change(ids[k-1], to, w.n, word)
			}
		}
		if i+2 < len(w.ids) {
			t.change(b, w.ids[i+2], -w.n, word)
			if int(w.sizes[i+2]+size) < most {
				t.change(to, w.ids[i+2], w.n, word)
			}
		}
		ids, sizes = append(ids, to), append(sizes, size)
		i++
	}
	w.ids, w.sizes = ids, sizes
}

// before reports whether a is merged before b.
func before(a, b *pairEntry) bool {
	if a.count != b.count {
		return a.count > b.count
	}
	return a.key < b.key
}

func (t *trainer) push(e pairEntry) {
	q := append(t.queue, e)
	for i := len(q) - 1; i > 0; {
		up := (i - 1) / 2
		if !before(&q[i], &q[up]) {
			break
		}
		q[i], q[up] = q[up], q[i]
		i = up
	}
	t.queue = q
}

func (t *trainer) pop() pairEntry {
	q := t.queue
	top, last := q[0], len(q)-1
	q[0], q[last] = q[last], pairEntry{}
	q = q[:last]
	for i := 0; ; {
		c := 2*i + 1
		if c >= len(q) {
			break
		}
		if c+1 < len(q) && before(&q[c+1], &q[c]) {
			c++
		}
		if !before(&q[c], &q[i]) {
			break
		}
		q[i], q[c] = q[c], q[i]
		i = c
	}
	t.queue = q
	return top
}
