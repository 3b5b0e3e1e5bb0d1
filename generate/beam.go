package generate

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/lamina-ml/lamina/internal/defaults"
	"github.com/lamina-ml/lamina/internal/kernel/vec"
	"github.com/lamina-ml/lamina/tensor"
)

// BeamConfig holds the options of beam search.
type BeamConfig struct {
	Beams         int     // sequences that are followed; 0 means 4
	LengthPenalty float64 // the exponent of the length that scores are divided by; 0 means 1, nn.Zero none
	Return        int     // sequences that are returned; 0 means 1
}

// Beam is a sequence that a beam search found.
type Beam struct {
	Tokens []int32 // the new tokens
	// the sum of the logarithms of their probabilities, divided by their number to the power of LengthPenalty
	Score float64
}

// BeamSearch returns the best continuations of a prompt that a search with several beams finds, the best one first. A
// stop token ends a sequence; it counts in its score and is not returned. Of c it uses MaxTokens, StopTokens,
// RepetitionPenalty, Precision and Device; the options of sampling, and StopTexts, are an error.
func BeamSearch(m Model, prompt []int32, b BeamConfig, c Config) ([]Beam, error) {
	k, count := defaults.Int(b.Beams, 4), defaults.Int(b.Return, 1)
	if k < 1 || count < 1 || count > k {
		return nil, fmt.Errorf("generate: %d beams of which %d are returned, want 1 or more beams and no more results than beams", k, count)
	}
	if c.Sample || c.Temperature != 0 || c.TopK != 0 || c.TopP != 0 || c.MinP != 0 {
		return nil, fmt.Errorf("generate: beam search takes no options of sampling, want Sample, Temperature, TopK, TopP and MinP unset")
	}
	prompts := make([][]int32, k)
	for i := range prompts {
		prompts[i] = prompt
	}
	g, err := start(m, prompts, c)
	if err != nil {
		return nil, err
	}
	s := &search{g: g, beams: k, power: defaults.Float(b.LengthPenalty, 1), prompt: len(prompt),
		scores: make([]float64, k)}
	for i := range s.scores[1:] {
		s.scores[1+i] = -1e9 // all beams are the same at first
	}
	length := 0
	for ; length < g.most && !s.done(length); length++ {
		if err := s.step(length + 1); err != nil {
			return nil, err
		}
	}
	if !s.done(length) {
		for i, h := range g.history {
			s.finish(h[len(prompt):], s.scores[i], length)
		}
	}
	return s.found[:min(count, len(s.found))], nil
}

// A search is the state of a beam search.
type search struct {
	g      *generator
	beams  int
	power  float64
	prompt int
	scores []float64 // of each beam: the sum of logarithms
	found  []Beam    // that ended, the best first, at most beams
}

// A candidate is a beam with one more token.
type candidate struct {
	beam  int
	token int32
	score float64
}

// finish adds a sequence that ended after length tokens, if it is among the best.
func (s *search) finish(tokens []int32, score float64, length int) {
	score /= math.Pow(float64(length), s.power)
	if len(s.found) == s.beams && score <= s.found[s.beams-1].Score {
		return
	}
	s.found = append(s.found, Beam{slices.Clone(tokens), score})
	slices.SortStableFunc(s.found, func(a, b Beam) int { return cmp.Compare(b.Score, a.Score) })
	s.found = s.found[:min(len(s.found), s.beams)]
}

// done reports whether no beam can become better than the sequences that were found.
func (s *search) done(length int) bool {
	if len(s.found) < s.beams || length == 0 {
		return false
	}
	return s.found[s.beams-1].Score >= slices.Max(s.scores)/math.Pow(float64(length), s.power)
}

// step extends all beams by one token, to the given length.
func (s *search) step(length int) error {
	g, k := s.g, s.beams
	if err := tensor.Try(g.compute); err != nil {
		return fmt.Errorf("generate: %w", err)
	}
	size := len(g.logits) / k
	most := max(2, 1+len(g.config.StopTokens)) * k
	var best []candidate // the best first, so many that k of them do not end
	for beam := range k {
		logits := g.logits[beam*size:][:size]
		vec.LogSoftmax(logits, logits, size)
		if r := defaults.Float(g.config.RepetitionPenalty, 1); r != 1 {
			g.processors[beam].penalize(logits, g.history[beam], float32(r))
		}
		if slices.ContainsFunc(logits, isNaN) { // also where the largest logit was infinite
			return errNaN
		}
		for token, v := range logits {
			c := candidate{beam, int32(token), s.scores[beam] + float64(v)}
			if len(best) == most && c.score <= best[most-1].score {
				continue
			}
			at, _ := slices.BinarySearchFunc(best, c, func(a, b candidate) int {
				if a.score >= b.score {
					return -1
				}
				return 1
			})
			best = slices.Insert(best, at, c)
			best = best[:min(len(best), most)]
		}
	}
	var next []candidate
	for rank, c := range best {
		if slices.Contains(g.config.StopTokens, c.token) {
			if rank < k {
				s.finish(g.history[c.beam][s.prompt:], c.score, length)
			}
			continue
		}
		if next = append(next, c); len(next) == k {
			break
		}
	}
	if len(next) < k {
		return fmt.Errorf("generate: %d tokens are too few for %d beams", size, k)
	}
	return s.follow(next)
}

// follow makes the candidates the beams.
func (s *search) follow(next []candidate) error {
	g := s.g
	index := make([]int64, s.beams)
	history := make([][]int32, s.beams)
	g.ids, g.positions = g.ids[:0], g.positions[:0]
	for i, c := range next {
		index[i] = int64(c.beam)
		history[i] = append(slices.Clone(g.history[c.beam]), c.token)
		s.scores[i] = c.score
		g.ids = append(g.ids, int64(c.token))
		g.positions = append(g.positions, int64(g.cache.Len()))
	}
	g.history = history
	err := tensor.Try(func() {
		defer g.scope.Recycle()
		i := g.scope.Empty(tensor.Int64, s.beams)
		tensor.SetFrom(i, index)
		g.cache.Reorder(i)
	})
	if err != nil {
		return fmt.Errorf("generate: %w", err)
	}
	return nil
}
