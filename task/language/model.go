package language

import (
	"fmt"

	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/task"
)

// gpt holds the options of the model: a transformer that writes text.
type gpt struct {
	Context int     `yaml:"context" default:"64" min:"2" max:"65536" flag:"context" doc:"how many tokens the network sees"`
	Layers  int     `yaml:"layers" default:"4" min:"1" max:"1000" flag:"layers" doc:"layers"`
	Width   int     `yaml:"width" default:"128" min:"1" max:"32768" flag:"width" doc:"numbers for each token"`
	Heads   int     `yaml:"heads" default:"4" min:"1" max:"32768" flag:"heads" doc:"attention heads of each layer"`
	Dropout float64 `yaml:"dropout" default:"0" min:"0" below:"1" flag:"dropout" doc:"part of the numbers that training sets to 0; for small texts 0.1 to 0.2"`
}

// Check returns an error if the heads do not divide the width.
func (m *gpt) Check() error {
	if m.Width%m.Heads != 0 {
		return fmt.Errorf("a width of %d and %d heads, want a width that the number of heads divides", m.Width, m.Heads)
	}
	_, err := m.parameters(1)
	return err
}

// parameters returns the number of parameters for a vocabulary, or an error if there are too many.
func (m *gpt) parameters(vocabulary int) (int, error) {
	if vocabulary < 1 || vocabulary > 1_000_000 {
		return 0, fmt.Errorf("a vocabulary of %d tokens, want 1 to 1,000,000", vocabulary)
	}
	n := (vocabulary+m.Context+2)*m.Width + m.Layers*(12*m.Width*m.Width+13*m.Width)
	if n > task.MaxParameters {
		return 0, fmt.Errorf("the model %s has more than a billion parameters, which is the limit", m.describe(vocabulary))
	}
	return n, nil
}

// describe returns a text such as "gpt, 4 layers of 128 with 4 heads, context 64, 65 tokens".
func (m *gpt) describe(vocabulary int) string {
	return fmt.Sprintf("gpt, %d layers of %d with %d heads, context %d, %d tokens", m.Layers, m.Width, m.Heads, m.Context, vocabulary)
}

// build returns the model with weights drawn from g.
func (m *gpt) build(g *rng.Torch, vocabulary int) *models.GPT2 {
	dropout := m.Dropout
	if dropout == 0 {
		dropout = nn.Zero
	}
	return models.GPT2Config{
		Vocabulary: vocabulary, Context: m.Context, Width: m.Width, Layers: m.Layers, Heads: m.Heads,
		ResidualDropout: dropout, EmbeddingDropout: dropout, AttentionDropout: dropout,
	}.New(g)
}

// huggingFace has the sizes with Hugging Face's names: config.json of an exported folder, which models.LoadGPT2 reads,
// and Hugging Face's from_pretrained in Python.
type huggingFace struct {
	ModelType     string   `json:"model_type"`
	Architectures []string `json:"architectures"`
	Vocabulary    int      `json:"vocab_size"`
	Context       int      `json:"n_positions"`
	Width         int      `json:"n_embd"`
	Layers        int      `json:"n_layer"`
	Heads         int      `json:"n_head"`
	Dropout       float64  `json:"resid_pdrop"`
	Embedding     float64  `json:"embd_pdrop"`
	Attention     float64  `json:"attn_pdrop"`
	BOS           *int     `json:"bos_token_id"` // none
	EOS           *int     `json:"eos_token_id"`
}

// huggingFace returns the sizes with Hugging Face's names.
func (m *gpt) huggingFace(vocabulary int) huggingFace {
	return huggingFace{
		ModelType: "gpt2", Architectures: []string{"GPT2LMHeadModel"}, Vocabulary: vocabulary, Context: m.Context,
		Width: m.Width, Layers: m.Layers,
		Heads: m.Heads, Dropout: m.Dropout, Embedding: m.Dropout, Attention: m.Dropout,
	}
}
