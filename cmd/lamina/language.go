package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/lamina-ml/lamina/internal/inputfile"
	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/text"
)

// languageTask is the task of a run that trains a language model.
const languageTask = "language"

// tokenizerFile is the file of a language model's run that holds its tokenizer.
const tokenizerFile = "tokenizer.json"

// gpt is the value of --model for a language model.
const gpt = "gpt"

// The values of --tokens.
const (
	charTokens = "chars" // each character of the text is a token
	bpeTokens  = "bpe"   // byte-pair encoding, trained on the text
)

// languageConfig holds everything that determines a run of a language model.
type languageConfig struct {
	Format      int              `json:"format"` // of this file
	Task        string           `json:"task"`
	Model       languageModel    `json:"model"`
	Training    languageSettings `json:"training"`
	huggingFace                  // so that a run is a model's folder in Hugging Face's layout too
}

// huggingFace has the sizes with Hugging Face's names: models.LoadGPT2 reads a run, and so does Hugging Face's
// from_pretrained in Python.
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

// sizes returns the sizes with Hugging Face's names.
func (m languageModel) sizes() huggingFace {
	return huggingFace{
		ModelType: "gpt2", Architectures: []string{"GPT2LMHeadModel"}, Vocabulary: m.Vocabulary, Context: m.Context, Width: m.Width, Layers: m.Layers,
		Heads: m.Heads, Dropout: m.Dropout, Embedding: m.Dropout, Attention: m.Dropout,
	}
}

// languageModel holds the sizes of a language model.
type languageModel struct {
	Name       string  `json:"name"` // gpt
	Vocabulary int     `json:"vocabulary"`
	Context    int     `json:"context"`
	Width      int     `json:"width"`
	Layers     int     `json:"layers"`
	Heads      int     `json:"heads"`
	Dropout    float64 `json:"dropout"`
}

// languageSettings holds the settings of a language model's training.
type languageSettings struct {
	Data       string  `json:"data"`   // the text file
	Digest     string  `json:"digest"` // of its content
	Tokens     string  `json:"tokens"` // chars or bpe
	MostTokens int     `json:"mostTokens,omitempty"`
	Epochs     int     `json:"epochs"`
	Steps      int     `json:"steps"` // per epoch
	Batch      int     `json:"batch"`
	LR         float64 `json:"lr"`
	Seed       uint64  `json:"seed"`
}

// check returns an error if a setting from the flags, or from the file of a resumed run, is invalid.
func (s languageSettings) check() error {
	switch {
	case s.Tokens != charTokens && s.Tokens != bpeTokens:
		return fmt.Errorf("no tokens %q, want %s or %s", s.Tokens, charTokens, bpeTokens)
	case s.Tokens == bpeTokens && (s.MostTokens < 257 || s.MostTokens > 1_000_000):
		return fmt.Errorf("a vocabulary of %d tokens, want 257 to 1,000,000", s.MostTokens)
	case s.Epochs < 1:
		return fmt.Errorf("%d epochs, want at least 1", s.Epochs)
	case s.Steps < 1 || s.Steps > 1_000_000_000/s.Epochs:
		return fmt.Errorf("%d steps in each of %d epochs, want at least 1, and at most a billion in all", s.Steps, s.Epochs)
	case s.Batch < 1 || s.Batch > 1<<20:
		return fmt.Errorf("batches of %d texts, want 1 to %d", s.Batch, 1<<20)
	case !(s.LR > 0 && s.LR < 1e6):
		return fmt.Errorf("learning rate %v, want a number above 0 and below 1e6", s.LR)
	}
	return nil
}

// parameters returns the number of parameters, or an error for an invalid size.
func (m languageModel) parameters() (int, error) {
	switch {
	case m.Name != gpt:
		return 0, fmt.Errorf("no model %q, want %s", m.Name, gpt)
	case m.Vocabulary < 1 || m.Vocabulary > 1_000_000:
		return 0, fmt.Errorf("a vocabulary of %d tokens, want 1 to 1,000,000", m.Vocabulary)
	case m.Context < 2 || m.Context > 1<<16:
		return 0, fmt.Errorf("a context of %d tokens, want 2 to %d", m.Context, 1<<16)
	case m.Layers < 1 || m.Layers > 1000:
		return 0, fmt.Errorf("%d layers, want 1 to 1000", m.Layers)
	case m.Width < 1 || m.Width > 1<<15 || m.Heads < 1 || m.Width%m.Heads != 0:
		return 0, fmt.Errorf("a width of %d and %d heads, want a width of 1 to %d that the number of heads divides", m.Width, m.Heads, 1<<15)
	case !(m.Dropout >= 0 && m.Dropout < 1):
		return 0, fmt.Errorf("dropout %v, want a number from 0 and below 1", m.Dropout)
	}
	n := (m.Vocabulary+m.Context+2)*m.Width + m.Layers*(12*m.Width*m.Width+13*m.Width)
	if n > maxParameters {
		return 0, fmt.Errorf("the model %s has more than a billion parameters, which is the limit", m)
	}
	return n, nil
}

// String returns a text such as "gpt, 4 layers of 128 with 4 heads, context 64, 65 tokens".
func (m languageModel) String() string {
	return fmt.Sprintf("%s, %d layers of %d with %d heads, context %d, %d tokens", m.Name, m.Layers, m.Width, m.Heads, m.Context, m.Vocabulary)
}

// build returns the model with weights drawn from g.
func (m languageModel) build(g *rng.Torch) *models.GPT2 {
	dropout := m.Dropout
	if dropout == 0 {
		dropout = nn.Zero
	}
	return models.GPT2Config{
		Vocabulary: m.Vocabulary, Context: m.Context, Width: m.Width, Layers: m.Layers, Heads: m.Heads,
		ResidualDropout: dropout, EmbeddingDropout: dropout, AttentionDropout: dropout,
	}.New(g)
}

// taskOf returns the task of a run.
func taskOf(folder string) (string, error) {
	var c struct {
		Format int    `json:"format"`
		Task   string `json:"task"`
	}
	path := filepath.Join(folder, configFile)
	err := readJSON(path, &c)
	if errors.Is(err, fs.ErrNotExist) {
		return "", errorWithAdvice{fmt.Errorf("%s is not a run: it has no file %s", folder, configFile),
			"A run is a folder that 'lamina train' has written, such as runs/mnist-001."}
	}
	if err == nil && c.Format != configFormat {
		err = fmt.Errorf("%s: format is %d, want %d", path, c.Format, configFormat)
	}
	return c.Task, err
}

// openLanguageConfig reads the configuration of a language model's run.
func openLanguageConfig(folder string) (languageConfig, error) {
	var c languageConfig
	task, err := taskOf(folder)
	if err != nil {
		return c, err
	}
	path := filepath.Join(folder, configFile)
	if task != languageTask {
		return c, fmt.Errorf("%s: the task is %q, not a language model", path, task)
	}
	if err := readJSON(path, &c); err != nil {
		return c, err
	}
	if _, err := c.Model.parameters(); err != nil {
		return c, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// openLanguageRun reads the configuration, the tokenizer and the model of a finished run of a language model.
func openLanguageRun(folder string, d tensor.Device) (languageConfig, *text.Tokenizer, *models.GPT2, error) {
	c, err := openLanguageConfig(folder)
	if err != nil {
		return c, nil, nil, err
	}
	path := filepath.Join(folder, modelFile)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil, nil, errorWithAdvice{fmt.Errorf("the run %s is not finished: it has no file %s", folder, modelFile),
			"Resume its training: " + resumeCommand(folder)}
	}
	if err != nil {
		return c, nil, nil, err
	}
	if n, _ := c.Model.parameters(); info.Size() < 4*int64(n) { // before allocating a model of the configuration's size
		return c, nil, nil, fmt.Errorf("%s: %d bytes are too few for the model %s: the file is truncated, or it belongs to another run",
			path, info.Size(), c.Model)
	}
	tok, err := openRunTokenizer(folder, c.Model)
	if err != nil {
		return c, nil, nil, err
	}
	model := c.Model.build(rng.NewTorch(0))
	if err := safetensors.LoadModel(path, model); err != nil {
		return c, nil, nil, fmt.Errorf("the model %s: %w", c.Model, err)
	}
	nn.To(model, d)
	return c, tok, model, nil
}

// openRunTokenizer reads a run's tokenizer, which must have the model's vocabulary.
func openRunTokenizer(folder string, m languageModel) (*text.Tokenizer, error) {
	path := filepath.Join(folder, tokenizerFile)
	tok, err := text.LoadTokenizer(path)
	if err != nil {
		return nil, err
	}
	if n := tok.VocabSize(); n != m.Vocabulary {
		return nil, fmt.Errorf("%s: it has %d tokens, the model %d", path, n, m.Vocabulary)
	}
	return tok, nil
}

// maxText limits the size of a text, whose tokens are kept in memory.
const maxText = 1 << 30

// readText reads a text file and returns its content, without a byte order mark, and the digest of the file.
func readText(path string) (content, digest string, err error) {
	f, err := inputfile.Open(path)
	if err != nil {
		return "", "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxText+1))
	if err != nil {
		return "", "", err
	}
	if len(b) > maxText {
		return "", "", fmt.Errorf("%s has more than %d bytes, which is the limit", path, maxText)
	}
	if len(b) == 0 {
		return "", "", fmt.Errorf("%s is empty, want a text", path)
	}
	if i := invalidUTF8(b); i >= 0 {
		return "", "", fmt.Errorf("%s is not a text in UTF-8: byte %d is not part of a character", path, i+1)
	}
	sum := sha256.Sum256(b)
	content = strings.TrimPrefix(string(b), "\ufeff") // editors write a byte order mark
	if content == "" {
		return "", "", fmt.Errorf("%s is empty but for a byte order mark, want a text", path)
	}
	return content, hex.EncodeToString(sum[:]), nil
}

// readRunText reads the text that a run is trained on. If the file is missing or another one, the error comes with
// advice.
func readRunText(folder string, s languageSettings, advice string) (string, error) {
	content, digest, err := readText(s.Data)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", errorWithAdvice{fmt.Errorf("the text of the run %s is missing: %w", folder, err), advice}
	case err == nil && digest != s.Digest:
		return "", errorWithAdvice{fmt.Errorf("the text in %s is not the one that the run %s was trained on", s.Data, folder), advice}
	}
	return content, err
}

// invalidUTF8 returns the index of the first byte that is no part of a valid character, −1 if there is none.
func invalidUTF8(b []byte) int {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}
