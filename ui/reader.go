package ui

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/task/writing"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/text"
	"github.com/lamina-ml/lamina/ui/samples"
)

// reader is a network that reads texts or pictures with attention.
type reader struct {
	layers  int
	context int // the most tokens that it reads
	tok     *text.Tokenizer
	weights func(ids tensor.Tensor) []tensor.Tensor // of each layer, (1, heads, T, T); nil if it reads pictures
	vit     *pictureReader                          // nil if it reads texts

	mu sync.Mutex // held while the model computes
}

// What models of tasks tell if their networks read texts with attention.
type (
	languageModel interface {
		GPT2() *models.GPT2
		Tokenizer() *text.Tokenizer
	}
	textModel interface {
		BERT() *models.BERT // nil if the network has none
		Tokenizer() *text.Tokenizer
	}
)

func (s *Server) loadReader(name string) (*reader, error) {
	if name == sampleReader {
		m, err := samples.Repeat()
		if err != nil {
			return nil, err
		}
		return gptReader(m, text.NewCharTokenizer(samples.Letters)), nil
	}
	if slices.Contains(s.config.Models, name) {
		n, err := openReader(name)
		if err != nil {
			err = fail(http.StatusUnprocessableEntity, "inside.notLoaded", "name", name, "reason", err.Error())
		}
		return n, err
	}
	run, err := s.run(name)
	if err != nil || s.config.Tasks == nil {
		return nil, fail(http.StatusNotFound, "inside.unknown", "name", name)
	}
	m, err := s.loadModel(run)
	if err != nil {
		return nil, err
	}
	switch m := m.(type) {
	case languageModel:
		return gptReader(m.GPT2(), m.Tokenizer()), nil
	case textModel:
		if b := m.BERT(); b != nil {
			return bertReader(b, m.Tokenizer().WithoutPadding()), nil
		}
	}
	return nil, fail(http.StatusUnprocessableEntity, "attention.noText", "name", name)
}

// readable lists the model types of config.json whose attention the page shows.
var readable = []string{"bert", "gpt2", "llama", "qwen2", "qwen3", "t5", "vit"}

// CheckModel returns an error unless path is that of a model whose attention the page shows: a folder as Hugging Face
// stores it, with config.json and weights, of a BERT, GPT-2, Llama, Qwen, T5 or ViT; or a GGUF file of a Llama or Qwen.
func CheckModel(path string) error {
	_, err := modelType(path)
	return err
}

func modelType(path string) (string, error) {
	named := strings.EqualFold(filepath.Ext(path), ".gguf")
	info, err := os.Stat(path)
	if err != nil && named {
		return "", err
	}
	if err == nil && !info.IsDir() {
		if named {
			return "gguf", nil
		}
		return "", fmt.Errorf("%s is a file; a model is a folder as Hugging Face stores it, or a GGUF file", path)
	}
	f, err := models.OpenFolder(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	if kind := f.ModelType(); slices.Contains(readable, kind) {
		return kind, nil
	}
	return "", fmt.Errorf("%s: the model type is %q, want %s or %s", filepath.Join(path, "config.json"), f.ModelType(),
		strings.Join(readable[:len(readable)-1], ", "), readable[len(readable)-1])
}

// openReader reads a model with the tokenizer.json of its folder, or a GGUF file.
func openReader(path string) (*reader, error) {
	kind, err := modelType(path)
	if err != nil {
		return nil, err
	}
	switch kind {
	case "vit":
		return newPictureReader(path)
	case "bert", "t5":
		tok, err := text.LoadTokenizer(filepath.Join(path, "tokenizer.json"))
		if err != nil {
			return nil, err
		}
		tok = tok.WithoutPadding()
		if kind == "t5" {
			m, err := models.LoadT5(path)
			if err != nil {
				return nil, err
			}
			return t5Reader(m, tok), nil
		}
		m, err := models.LoadBERT(path)
		if err != nil {
			return nil, err
		}
		return bertReader(m, tok), nil
	}
	w, err := writing.Open(path, tensor.CPU())
	if err != nil {
		return nil, err
	}
	tok := w.Tokenizer.WithoutPadding()
	if m, ok := w.Model.(*models.GPT2); ok {
		return gptReader(m, tok), nil
	}
	m := w.Model.(*models.Llama)
	return &reader{tok: tok, layers: len(m.Model.Layers), context: m.Context(), weights: m.Model.Attentions}, nil
}

func gptReader(m *models.GPT2, tok *text.Tokenizer) *reader {
	nn.Eval(m)
	t := m.Transformer
	return &reader{tok: tok, layers: len(t.H), context: t.WPE.Weight.Dim(0), weights: t.Attentions}
}

func bertReader(m *models.BERT, tok *text.Tokenizer) *reader {
	nn.Eval(m)
	return &reader{
		tok: tok, layers: len(m.Encoder.Layer), context: m.Embeddings.PositionEmbeddings.Weight.Dim(0),
		weights: func(ids tensor.Tensor) []tensor.Tensor { return m.Attentions(ids, tensor.Tensor{}, tensor.Tensor{}) },
	}
}

// t5Reader shows the encoder, which reads the text.
func t5Reader(m *models.T5, tok *text.Tokenizer) *reader {
	return &reader{
		tok: tok, layers: len(m.Encoder.Block), context: maxTokens,
		weights: func(ids tensor.Tensor) []tensor.Tensor { return m.Attentions(ids, tensor.Tensor{}) },
	}
}
