// Package generate continues sequences of tokens with a language model: greedily, by sampling, or by beam search.
//
//	for piece, err := range generate.Text(model, tokenizer, "Once upon a time", generate.Config{MaxTokens: 100}) {
//		…
//		fmt.Print(piece)
//	}
//
// Options and the order in which they change the scores are those of Hugging Face's generate, and so are sampled
// tokens for the same seed and settings. Some defaults differ: 256 new tokens instead of 20, sampling from all tokens
// instead of the 50 most probable ones, and 4 beams instead of 1.
// (https://huggingface.co/docs/transformers/main_classes/text_generation)
package generate

import (
	"fmt"
	"iter"
	"math"
	"slices"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// Model is a language model with a cache of keys and values, such as a *models.Llama.
type Model interface {
	// NewCache returns an empty cache for batch sequences of up to capacity tokens.
	NewCache(batch, capacity int) *nn.KVCache
	// Next computes the tokens ids (N, T) that follow those in the cache, adds them to it, and returns the logits
	// (N, vocabulary) for the token after the last one. positions (N, T) are int64. mask is boolean (N, 1, T, S) for the
	// S tokens of the cache including the new ones, true where a token may see another; an undefined mask lets each
	// token see all before it.
	Next(ids, positions, mask tensor.Tensor, cache *nn.KVCache) tensor.Tensor
	// Context returns the most tokens of a sequence that the model computes.
	Context() int
}

// Config holds the options of generation. The zero value chooses the most probable token at each step.
type Config struct {
	MaxTokens  int      // new tokens at most; 0 means 256; the model's context may end a sequence before
	StopTokens []int32  // tokens that end a sequence, such as the end of the text; they are not returned
	StopTexts  []string // texts that end it, for Text; they are not returned

	Sample            bool    // draw the token from the distribution
	Temperature       float64 // divides the logits; 0 means 1
	TopK              int     // keep the K most probable tokens; 0 means all
	TopP              float64 // keep the most probable tokens whose probabilities sum up to P; 0 means 1, all
	MinP              float64 // drop tokens less probable than MinP times the most probable one
	RepetitionPenalty float64 // divides the logits of tokens that occurred, or multiplies negative ones; 0 means 1
	Seed              uint64  // of the draws, as in torch.manual_seed; sequence i of a batch has Seed + i

	// Precision of float32 products: with [tensor.Medium], quantized weights may be multiplied by inputs of 8 bits.
	// The zero value is tensor.Highest.
	Precision tensor.Precision
	Device    tensor.Device // of the model
}

// check returns an error if a setting is out of range.
func (c *Config) check() error {
	for _, s := range []struct {
		name   string
		ok     bool
		value  any
		accept string
	}{
		{"MaxTokens", c.MaxTokens >= 0 && c.MaxTokens <= math.MaxInt32, c.MaxTokens, "0 to 2147483647"},
		{"Temperature", c.Temperature >= 0, c.Temperature, "0 (which means 1) or more"},
		{"TopK", c.TopK >= 0, c.TopK, "0 (all) or more"},
		{"TopP", c.TopP >= 0 && c.TopP <= 1, c.TopP, "0 to 1"},
		{"MinP", c.MinP >= 0 && c.MinP <= 1, c.MinP, "0 to 1"},
		{"RepetitionPenalty", c.RepetitionPenalty >= 0, c.RepetitionPenalty, "0 (which means 1) or more"},
		{"Precision", c.Precision <= tensor.Medium, c.Precision, "Highest, High or Medium"},
	} {
		if !s.ok {
			return fmt.Errorf("generate: %s is %v, want %s", s.name, s.value, s.accept)
		}
	}
	if slices.Contains(c.StopTexts, "") {
		return fmt.Errorf("generate: a text of StopTexts is empty")
	}
	return nil
}

func (c *Config) maxTokens() int {
	if c.MaxTokens == 0 {
		return 256
	}
	return c.MaxTokens
}

// Tokens continues a prompt. It yields the new tokens one by one, until a stop token, MaxTokens, or the end of the
// model's context; an error ends the sequence. A prompt longer than the context is an error, and so are StopTexts,
// which need [Text]. A steady step allocates nothing.
func Tokens(m Model, prompt []int32, c Config) iter.Seq2[int32, error] {
	return func(yield func(int32, error) bool) {
		g, err := start(m, [][]int32{prompt}, c)
		if err != nil {
			yield(0, err)
			return
		}
		for range g.most {
			if err := g.step(); err != nil {
				yield(0, err)
				return
			}
			if g.ended[0] || !yield(g.next[0], nil) {
				return
			}
		}
	}
}

// Batch continues several prompts together, and returns the new tokens of each. The prompts may have different
// lengths: shorter ones are padded on the left, and the padding is hidden. Each result is that of its prompt alone;
// see [Tokens].
func Batch(m Model, prompts [][]int32, c Config) ([][]int32, error) {
	if len(prompts) == 0 {
		return nil, nil
	}
	g, err := start(m, prompts, c)
	if err != nil {
		return nil, err
	}
	out := make([][]int32, len(prompts))
	for range g.most {
		if err := g.step(); err != nil {
			return nil, err
		}
		all := true
		for i, token := range g.next {
			if !g.ended[i] {
				out[i] = append(out[i], token)
				all = false
			}
		}
		if all {
			break
		}
	}
	return out, nil
}

// A generator holds the state of a batch of sequences. All its memory is reused from step to step.
type generator struct {
	config Config
	model  Model
	cache  *nn.KVCache
	scope  *tensor.Scope
	most   int // new tokens of a sequence

	padding []int     // of each sequence, on the left
	history [][]int32 // the tokens of each sequence so far, for the repetition penalty
	next    []int32   // the newest tokens
	ended   []bool    // the sequences that met a stop token, or filled the context

	ids, positions []int64 // of the next call
	seen           []byte  // its mask
	logits         []float32
	processors     []*processor
	compute        func() // computes the logits
}

// start prepares generation. Its prompts are computed by the first step.
func start(m Model, prompts [][]int32, c Config) (*generator, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if len(c.StopTexts) > 0 {
		return nil, fmt.Errorf("generate: StopTexts is %q, which only Text looks for; want StopTokens", c.StopTexts)
	}
	g := &generator{config: c, model: m, scope: tensor.NewScope(c.Device), next: make([]int32, len(prompts)),
		ended: make([]bool, len(prompts))}
	g.scope.SetRecording(false)
	g.scope.SetFloat32MatmulPrecision(c.Precision)
	context, longest := m.Context(), 0
	for i, p := range prompts {
		if len(p) == 0 {
			return nil, fmt.Errorf("generate: prompt %d has no tokens", i)
		}
		if len(p) > context {
			return nil, fmt.Errorf("generate: prompt %d has %d tokens, want at most %d, the model's context", i,
				len(p), context)
		}
		longest = max(longest, len(p))
		g.most = max(g.most, min(c.maxTokens(), context-len(p)+1)) // the last one is not computed
	}
	if err := tensor.Try(func() { g.cache = m.NewCache(len(prompts), longest+g.most-1) }); err != nil {
		return nil, fmt.Errorf("generate: %w", err)
	}
	for i, p := range prompts {
		pad := longest - len(p)
		g.padding = append(g.padding, pad)
		g.history = append(g.history, append(make([]int32, 0, len(p)+g.most), p...))
		g.processors = append(g.processors, newProcessor(&g.config, rng.NewTorch(c.Seed+uint64(i))))
		for t := range longest {
			g.ids = append(g.ids, int64(p[max(0, t-pad)]))
			g.positions = append(g.positions, int64(max(0, t-pad)))
		}
	}
	g.compute = g.forward
	return g, nil
}

// forward computes the logits of all sequences for the token after ids.
func (g *generator) forward() {
	defer g.scope.Recycle()
	n := len(g.next)
	t := len(g.ids) / n
	ids, positions := g.scope.Empty(tensor.Int64, n, t), g.scope.Empty(tensor.Int64, n, t)
	tensor.SetFrom(ids, g.ids)
	tensor.SetFrom(positions, g.positions)
	y := g.model.Next(ids, positions, g.mask(n, t), g.cache)
	if y.DType() != tensor.Float32 {
		y = y.Cast(tensor.Float32)
	}
	if g.logits == nil {
		g.logits = make([]float32, y.Len())
	}
	tensor.CopyTo(g.logits, y)
}

// mask returns what each of t new tokens sees, or an undefined tensor if no sequence is padded.
func (g *generator) mask(n, t int) (mask tensor.Tensor) {
	if slices.Max(g.padding) == 0 {
		return mask
	}
	before := g.cache.Len()
	g.seen = g.seen[:0]
	for _, pad := range g.padding {
		for i := range t {
			for key := range before + t {
				if key >= pad && key <= before+i {
					g.seen = append(g.seen, 1)
				} else {
					g.seen = append(g.seen, 0)
				}
			}
		}
	}
	mask = g.scope.Empty(tensor.Bool, n, 1, t, before+t)
	tensor.SetBytes(mask, g.seen)
	return mask
}

// step chooses the next token of each sequence, and prepares the call that follows.
func (g *generator) step() error {
	if err := tensor.Try(g.compute); err != nil {
		return fmt.Errorf("generate: %w", err)
	}
	size := len(g.logits) / len(g.next)
	context := g.model.Context()
	g.ids = g.ids[:0]
	for i := range g.next {
		g.ended[i] = g.ended[i] || len(g.history[i]) > context
		if !g.ended[i] {
			token, err := g.processors[i].choose(g.logits[i*size:][:size], g.history[i])
			if err != nil {
				return err
			}
			g.next[i] = token
			g.ended[i] = slices.Contains(g.config.StopTokens, g.next[i])
			g.history[i] = append(g.history[i], g.next[i])
		}
		g.ids = append(g.ids, int64(g.next[i]))
	}
	g.positions = g.positions[:0]
	for _, pad := range g.padding {
		// an ended sequence stays in the context
		g.positions = append(g.positions, int64(min(g.cache.Len()-pad, context-1)))
	}
	return nil
}
