package generate

import (
	"errors"
	"math"
	"slices"

	"github.com/lamina-ml/lamina/internal/defaults"
	"github.com/lamina-ml/lamina/internal/kernel/vec"
	"github.com/lamina-ml/lamina/rng"
)

// A processor chooses the tokens of one sequence. Its steps are the LogitsProcessors of Hugging Face, in their order.
type processor struct {
	config *Config
	rng    *rng.Torch

	probs  []float32
	kept   []int32 // tokens that may be drawn, for top-p
	top    []float32
	marked []bool // tokens that the penalty was applied to
	drawn  [1]int64
	order  func(a, b int32) int // compare, as a value that is made once
}

func newProcessor(c *Config, g *rng.Torch) *processor {
	p := &processor{config: c, rng: g}
	p.order = p.compare
	return p
}

// errNaN is returned if the model's logits are not numbers.
var errNaN = errors.New("generate: the model's logits are NaN")

// errInfinite is returned if no distribution can be made of the logits.
var errInfinite = errors.New("generate: the largest logit, divided by the repetition penalty and the temperature, is infinite")

// choose returns the next token. It changes the logits.
func (p *processor) choose(logits []float32, history []int32) (int32, error) {
	c := p.config
	if r := defaults.Float(c.RepetitionPenalty, 1); r != 1 {
		p.penalize(logits, history, float32(r))
	}
	if slices.ContainsFunc(logits, isNaN) {
		return 0, errNaN
	}
	if !c.Sample {
		return int32(vec.ArgMax(logits)), nil
	}
	if err := p.warp(logits); err != nil {
		return 0, err
	}
	p.softmax(logits)
	p.rng.Multinomial32(p.drawn[:], p.probs, 1, false)
	return int32(p.drawn[0]), nil
}

func isNaN(v float32) bool { return v != v }

// warp changes the logits as the options of sampling say.
func (p *processor) warp(logits []float32) error {
	c := p.config
	if t := defaults.Float(c.Temperature, 1); t != 1 {
		for i := range logits {
			logits[i] /= float32(t)
		}
	}
	if best := vec.MaxOf(logits); best-best != 0 { // infinite, or NaN after a division of 0 by 0
		return errInfinite
	}
	if c.TopK > 0 && c.TopK < len(logits) {
		p.topK(logits, c.TopK)
	}
	if c.TopP > 0 && c.TopP < 1 {
		p.topP(logits, float32(c.TopP))
	}
	if c.MinP > 0 {
		p.minP(logits, float32(c.MinP))
	}
	return nil
}

var negativeInfinity = float32(math.Inf(-1))

// penalize divides the logits of the tokens that occurred by r, or multiplies negative ones by r.
// (https://arxiv.org/abs/1909.05858)
func (p *processor) penalize(logits []float32, history []int32, r float32) {
	if p.marked == nil {
		p.marked = make([]bool, len(logits))
	}
	for _, token := range history {
		if token < 0 || int(token) >= len(logits) || p.marked[token] {
			continue
		}
		p.marked[token] = true
		if logits[token] < 0 {
			logits[token] *= r
		} else {
			logits[token] /= r
		}
	}
	for _, token := range history {
		if token >= 0 && int(token) < len(logits) {
			p.marked[token] = false
		}
	}
}

// topK sets all logits below the k-th largest to −∞.
func (p *processor) topK(logits []float32, k int) {
	p.top = append(p.top[:0], logits[:k]...)
	slices.Sort(p.top) // the k largest so far
	for _, v := range logits[k:] {
		if v <= p.top[0] {
			continue
		}
		at, _ := slices.BinarySearch(p.top, v)
		copy(p.top, p.top[1:at])
		p.top[at-1] = v
	}
	for i, v := range logits {
		if v < p.top[0] {
			logits[i] = negativeInfinity
		}
	}
}

// topP sets the logits of the least probable tokens, whose probabilities sum up to at most 1 − keep, to −∞. The most
// probable one stays. (https://arxiv.org/abs/1904.09751)
func (p *processor) topP(logits []float32, keep float32) {
	p.softmax(logits)
	// Tokens below an equal share of what is dropped are dropped in any case, so only the others need to be sorted.
	share := (1 - keep) / float32(len(logits))
	sum := float32(0)
	p.kept = p.kept[:0]
	for i, v := range p.probs {
		if v < share {
			sum += v
			logits[i] = negativeInfinity
		} else {
			p.kept = append(p.kept, int32(i))
		}
	}
	slices.SortFunc(p.kept, p.order)
	for _, i := range p.kept[:len(p.kept)-1] {
		if sum += p.probs[i]; sum > 1-keep {
			break
		}
		logits[i] = negativeInfinity
	}
}

// compare orders tokens by their probability, and equal ones by their number.
func (p *processor) compare(a, b int32) int {
	switch pa, pb := p.probs[a], p.probs[b]; {
	case pa < pb:
		return -1
	case pa > pb:
		return 1
	}
	return int(a - b)
}

// minP sets the logits of tokens whose probability is below least times the largest one to −∞.
// (https://arxiv.org/abs/2407.01082)
func (p *processor) minP(logits []float32, least float32) {
	p.softmax(logits)
	best := vec.ArgMax(logits)
	for i, v := range p.probs {
		if v < least*p.probs[best] && i != best {
			logits[i] = negativeInfinity
		}
	}
}

// softmax sets probs to the probabilities of the logits.
func (p *processor) softmax(logits []float32) {
	if p.probs == nil {
		p.probs = make([]float32, len(logits))
	}
	vec.Softmax(p.probs, logits, len(logits))
}
