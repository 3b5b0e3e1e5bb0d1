package texts

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	nninit "github.com/lamina-ml/lamina/nn/init"
	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/text"
)

// bag are the options of the network of word vectors.
type bag struct {
	Width   int     `yaml:"width" default:"64" min:"1" max:"4096" flag:"width" doc:"numbers for each word"`
	Pairs   int     `yaml:"pairs" default:"65536" min:"0" max:"1e7" doc:"vectors for pairs of neighboring words, which share them by a hash; 0 means none"`
	Dropout float64 `yaml:"dropout" default:"0.3" min:"0" below:"1" flag:"dropout" doc:"part of the numbers that training sets to 0"`
}

// transformer are the options of a small BERT with initial weights.
type transformer struct {
	Width   int     `yaml:"width" default:"64" min:"1" max:"4096" flag:"width" doc:"numbers for each token"`
	Layers  int     `yaml:"layers" default:"2" min:"1" max:"100" flag:"layers" doc:"layers"`
	Heads   int     `yaml:"heads" default:"4" min:"1" max:"256" flag:"heads" doc:"attention heads of a layer"`
	Dropout float64 `yaml:"dropout" default:"0.1" min:"0" below:"1" flag:"dropout" doc:"part of the numbers that training sets to 0"`
}

// bert are the options of a pretrained BERT.
type bert struct {
	Weights string `yaml:"weights" flag:"weights" doc:"a folder of a BERT in Hugging Face's layout, such as all-MiniLM-L6-v2"`
	LoRA    int    `yaml:"lora" min:"0" max:"1024" flag:"lora" doc:"rank of adapters that are trained instead of the weights; 0 trains the weights"`
}

func registerModels(r *recipe.Registry) {
	only := []string{"texts"}
	r.Add(recipe.Models,
		recipe.Entry{Name: "bag", Doc: "the mean of the vectors of a text's words and pairs of words", Options: &bag{}, For: only, Recipe: `
optimizer: {name: adamw, lr: 0.005}
training: {epochs: 10}
`},
		recipe.Entry{Name: "transformer", Doc: "a small transformer with initial weights, for many texts",
			Options: &transformer{}, For: only, Recipe: `
optimizer: {name: adamw, lr: 0.0005}
schedule: {name: cosine, warmup: 100}
training: {epochs: 10}
`},
		recipe.Entry{Name: "bert", Doc: "a pretrained BERT from a folder of weights", Options: &bert{}, For: only, Recipe: `
optimizer: {name: adamw, lr: 0.0001}
schedule: {name: cosine, warmup: 50}
training: {epochs: 3}
`})
}

// bagNet scores the classes of a text by the mean of its words' vectors and of the vectors of pairs of neighboring words,
// which share a table by a hash.
//
//	y = W·dropout(mean(words) + mean(pairs)) + b;  (N, T) int64 → (N, classes)
//
// (A. Joulin et al., "Bag of tricks for efficient text classification", 2017)
type bagNet struct {
	Words   *nn.EmbeddingBag
	Pairs   *nn.EmbeddingBag // nil for none
	Dropout *nn.Dropout
	Linear  *nn.Linear
	Padding int32 `nn:"-"`
}

// newBag returns a network for a number of tokens. pairs is the number of vectors for pairs of words.
func newBag(g *rng.Torch, tokens, pairs, width, classes int, dropout float64, padding int32) *bagNet {
	m := &bagNet{Words: nn.NewEmbeddingBag(g, tokens, width), Padding: padding}
	index := int(padding)
	m.Words.PaddingIndex = &index
	nninit.Normal(g, m.Words.Weight, 0, 0.1)
	if pairs > 0 {
		zero := 0
		m.Pairs = nn.NewEmbeddingBag(g, pairs+1, width)
		m.Pairs.PaddingIndex = &zero // pairs with padding
		nninit.Normal(g, m.Pairs.Weight, 0, 0.1)
	}
	m.Dropout, m.Linear = nn.NewDropout(g, dropout), nn.NewLinear(g, width, classes)
	return m
}

// Forward returns the scores of texts (N, T).
func (m *bagNet) Forward(ids tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(m)
	x := m.Words.Forward(ids, nil, tensor.Tensor{})
	if n := ids.Dim(1) - 1; m.Pairs != nil && n > 0 {
		x = x.Add(m.Pairs.Forward(m.pairs(ids.Narrow(1, 0, n), ids.Narrow(1, 1, n)), nil, tensor.Tensor{}))
	}
	return m.Linear.Forward(m.Dropout.Forward(x))
}

// pairs returns the rows of pairs of tokens in the table: 0 for padding, else 1 + (31337·a + b) mod pairs.
func (m *bagNet) pairs(a, b tensor.Tensor) tensor.Tensor {
	count := float64(m.Pairs.Weight.Dim(0) - 1)
	hash := a.MulScalar(31337).Add(b).RemainderScalar(count).AddScalar(1)
	return hash.Mul(b.NotEqualScalar(float64(m.Padding)).Cast(tensor.Int64))
}

// classifier is a BERT with a classifier, for token ids that are padded.
type classifier struct {
	*models.BERTForSequenceClassification
	padding int32
}

// Forward returns the scores of texts (N, T).
func (c *classifier) Forward(ids tensor.Tensor) tensor.Tensor {
	mask := ids.NotEqualScalar(float64(c.padding)).Cast(tensor.Int64)
	return c.BERTForSequenceClassification.Forward(ids, mask, tensor.Tensor{})
}

// open returns the network of a new training and its tokenizer, and sets what p needs to know about them.
func open(c recipe.Choice, g *rng.Torch, p *preparation, texts text.Texts, vocabulary int) (nn.Module, *text.Tokenizer, error) {
	switch o := c.Options.(type) {
	case *bert:
		return pretrained(o, g, p)
	case *transformer:
		if o.Width%o.Heads != 0 {
			return nil, nil, fmt.Errorf("a width of %d and %d heads, want a width that the number of heads divides", o.Width, o.Heads)
		}
	}
	tokens, err := text.WordVocabulary(texts, vocabulary)
	if err != nil {
		return nil, nil, err
	}
	tok, err := text.NewWordPiece(tokens, true)
	if err != nil {
		return nil, nil, err
	}
	if o, ok := c.Options.(*transformer); ok {
		dropout := o.Dropout
		if dropout == 0 {
			dropout = nn.Zero
		}
		p.BERT = &models.BERTConfig{Vocabulary: tok.VocabSize(), Context: p.Length, Width: o.Width, Inner: 4 * o.Width,
			Layers: o.Layers, Heads: o.Heads, Dropout: dropout, AttentionDropout: dropout}
	}
	net, err := build(c, g, *p, tok, -1)
	return net, tok, err
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// pretrained returns the network of a folder with a new classifier.
func pretrained(o *bert, g *rng.Torch, p *preparation) (nn.Module, *text.Tokenizer, error) {
	if o.Weights == "" {
		return nil, nil, fmt.Errorf("bert needs a folder of weights: use --weights")
	}
	if info, err := os.Stat(o.Weights); err != nil || !info.IsDir() {
		return nil, nil, fmt.Errorf("there is no folder %q of weights: see --weights", o.Weights)
	}
	if !exists(filepath.Join(o.Weights, "tokenizer.json")) {
		return nil, nil, fmt.Errorf("the folder %q has no tokenizer.json", o.Weights)
	}
	var err error
	if o.Weights, err = filepath.Abs(o.Weights); err != nil {
		return nil, nil, err
	}
	tok, err := text.LoadTokenizer(filepath.Join(o.Weights, "tokenizer.json"))
	if err != nil {
		return nil, nil, err
	}
	folder, err := models.OpenFolder(o.Weights)
	if err != nil {
		return nil, nil, err
	}
	defer folder.Close()
	p.BERT = &models.BERTConfig{}
	if err := folder.ReadConfig(p.BERT); err != nil {
		return nil, nil, err
	}
	m, err := models.LoadBERT(o.Weights)
	if err != nil {
		return nil, nil, err
	}
	if m.Pooler == nil {
		return nil, nil, fmt.Errorf("%s: the model has no pooler, so it gives no features of a text", o.Weights)
	}
	width := m.Pooler.Dense.Weight.Dim(0)
	if context := p.BERT.Context; context > 0 {
		p.Length = min(p.Length, context)
	}
	network := &models.BERTForSequenceClassification{BERT: m, Dropout: nn.NewDropout(g, 0.1),
		Classifier: nn.NewLinear(g, width, len(p.Classes))}
	net := &classifier{network, paddingOf(tok)}
	adapt(net, o, g)
	return net, tok, nil
}

// adapt adds adapters.
func adapt(net *classifier, o *bert, g *rng.Torch) {
	if o.LoRA > 0 {
		nn.AddLoRA(g, net, nn.LoRAConfig{Rank: o.LoRA, Alpha: float64(2 * o.LoRA), Targets: []string{"query", "value"}})
		nn.Unfreeze(net.Classifier)
		nn.Unfreeze(net.BERT.Pooler)
	}
}

// build returns the network of a run. size is that of the file with its weights, which bounds what is allocated; −1 if
// there is none.
func build(c recipe.Choice, g *rng.Torch, p preparation, tok *text.Tokenizer, size int64) (net nn.Module, err error) {
	fits := func(parameters float64) error {
		if size >= 0 && parameters > float64(size)/2 {
			return fmt.Errorf("the model %s would have %.0f parameters, more than the file of weights holds", c.Name, parameters)
		}
		return task.CheckParameters(c.Name, parameters)
	}
	switch o := c.Options.(type) {
	case *bag:
		if err := fits(float64(tok.VocabSize()+o.Pairs) * float64(o.Width)); err != nil {
			return nil, err
		}
		return newBag(g, tok.VocabSize(), o.Pairs, o.Width, len(p.Classes), o.Dropout, paddingOf(tok)), nil
	case *transformer, *bert:
		if p.BERT == nil {
			return nil, fmt.Errorf("the sizes of the BERT are missing")
		}
		b := *p.BERT
		if b.Vocabulary == 0 {
			b.Vocabulary = 30522
		}
		width, inner, layers := float64(b.Width), float64(b.Inner), float64(b.Layers)
		if err := fits(float64(b.Vocabulary+b.Context)*width + layers*(4*width*width+2*width*inner)); err != nil {
			return nil, err
		}
		if caught := tensor.Try(func() {
			m := &classifier{b.NewSequenceClassification(g, len(p.Classes)), paddingOf(tok)}
			if o, ok := o.(*bert); ok {
				adapt(m, o, g)
			}
			net = m
		}); caught != nil {
			return nil, caught
		}
		return net, nil
	}
	return nil, fmt.Errorf("no model %q", c.Name)
}
