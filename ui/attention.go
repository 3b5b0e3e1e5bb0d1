package ui

import (
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"sync"

	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/text"
	"github.com/lamina-ml/lamina/ui/figure"
	"github.com/lamina-ml/lamina/ui/samples"
)

// mostTokens is the number of tokens of a text whose attention is shown.
const mostTokens = 96

// reader is a network that reads texts with attention.
type reader struct {
	name    string
	layers  int
	context int
	tok     *text.Tokenizer
	weights func(ids tensor.Tensor) []tensor.Tensor // of each layer, (1, heads, T, T)

	mu    sync.Mutex
	stamp string // of the run's weights
}

// attentionRoutes registers what the view Attention asks: the networks that read texts, and what each token of a text looks at.
func (s *Server) attentionRoutes(r *routes) {
	r.get("readers", func(*http.Request) (any, error) { return s.readers() })
	r.post("look", func(req *http.Request) (any, error) {
		var q struct {
			Reader string `json:"reader"`
			Text   string `json:"text"`
			Layer  int    `json:"layer"`
		}
		if err := decode(req, &q); err != nil {
			return nil, err
		}
		n, err := s.reader(q.Reader)
		if err != nil {
			return nil, err
		}
		return n.look(q.Text, q.Layer)
	})
}

// readerEntry describes a network that can be chosen.
type readerEntry struct {
	Name string `json:"name"`
	Kind string `json:"kind"` // sample, run, folder
}

// sampleReader is the name of the network that the program has.
const sampleReader = "repeat"

func (s *Server) readers() (any, error) {
	list := []readerEntry{}
	for _, folder := range s.config.Models {
		list = append(list, readerEntry{folder, "folder"})
	}
	if s.config.Tasks != nil {
		found, err := runs.List(s.config.Runs)
		if err != nil {
			return nil, err
		}
		for _, run := range found {
			status, err := run.Status()
			if err == nil && status.Task == "language" && (run.Has(runs.BestFile) || run.Has(runs.LastFile)) {
				list = append(list, readerEntry{run.Name(), "run"})
			}
		}
	}
	return map[string]any{"readers": append(list, readerEntry{sampleReader, "sample"})}, nil
}

// languageModel is what a task's model tells if it is a language model.
type languageModel interface {
	GPT2() *models.GPT2
	Tokenizer() *text.Tokenizer
}

// reader returns a network by its name, loaded at the first use. The one that was used last is kept.
func (s *Server) reader(name string) (*reader, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	stamp := s.weightsStamp(name)
	if n := s.lastReader; n != nil && n.name == name && n.stamp == stamp {
		return n, nil
	}
	n, err := s.loadReader(name)
	if err != nil {
		return nil, err
	}
	n.name, n.stamp = name, stamp
	s.lastReader = n
	return n, nil
}

func (s *Server) loadReader(name string) (*reader, error) {
	if name == sampleReader {
		m, err := samples.Repeat()
		if err != nil {
			return nil, err
		}
		return gptReader(m, text.NewCharTokenizer(samples.Letters))
	}
	if slices.Contains(s.config.Models, name) {
		n, err := folderReader(name)
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
	l, ok := m.(languageModel)
	if !ok {
		return nil, fail(http.StatusUnprocessableEntity, "attention.noText", "name", name)
	}
	return gptReader(l.GPT2(), l.Tokenizer())
}

// CheckModel returns an error unless a folder holds a model whose attention the page shows: config.json of type bert or gpt2,
// with weights, as Hugging Face stores it.
func CheckModel(dir string) error {
	_, err := modelType(dir)
	return err
}

func modelType(dir string) (string, error) {
	f, err := models.OpenFolder(dir)
	if err != nil {
		return "", err
	}
	defer f.Close()
	if kind := f.ModelType(); kind == "bert" || kind == "gpt2" {
		return kind, nil
	}
	return "", fmt.Errorf("%s: the model type is %q, want bert or gpt2", filepath.Join(dir, "config.json"), f.ModelType())
}

// folderReader reads a model of a folder with its tokenizer.json.
func folderReader(dir string) (*reader, error) {
	kind, err := modelType(dir)
	if err != nil {
		return nil, err
	}
	tok, err := text.LoadTokenizer(filepath.Join(dir, "tokenizer.json"))
	if err != nil {
		return nil, err
	}
	tok = tok.WithoutPadding()
	if kind == "gpt2" {
		m, err := models.LoadGPT2(dir)
		if err != nil {
			return nil, err
		}
		return gptReader(m, tok)
	}
	m, err := models.LoadBERT(dir)
	if err != nil {
		return nil, err
	}
	nn.Eval(m)
	return &reader{
		tok: tok, layers: len(m.Encoder.Layer), context: m.Embeddings.PositionEmbeddings.Weight.Dim(0),
		weights: func(ids tensor.Tensor) []tensor.Tensor { return m.Attentions(ids, tensor.Tensor{}, tensor.Tensor{}) },
	}, nil
}

func gptReader(m *models.GPT2, tok *text.Tokenizer) (*reader, error) {
	nn.Eval(m)
	t := m.Transformer
	return &reader{tok: tok, layers: len(t.H), context: t.WPE.Weight.Dim(0), weights: t.Attentions}, nil
}

// look returns the tokens of a text and the weights of a layer's heads.
func (n *reader) look(s string, layer int) (any, error) {
	if layer < 0 || layer >= n.layers {
		return nil, fail(http.StatusNotFound, "attention.noLayer", "last", n.layers)
	}
	e := n.tok.Encode(s)
	ids := e.IDs
	most := min(n.context, mostTokens)
	cut := len(ids) > most
	ids = ids[:min(len(ids), most)]
	if len(ids) == 0 {
		return map[string]any{"tokens": []string{}, "heads": []figure.Values{}, "layers": n.layers}, nil
	}
	x, names := make([]int64, len(ids)), make([]string, len(ids))
	for i, id := range ids {
		x[i], names[i] = int64(id), n.tok.DecodeWithSpecial(ids[i:i+1])
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	scope := tensor.NewScope(tensor.CPU())
	scope.SetRecording(false)
	defer scope.Recycle()
	weights := n.weights(tensor.From(x, 1, len(x)).InScope(scope))[layer].Select(0, 0)
	var heads []figure.Values
	for h := range weights.Dim(0) {
		heads = append(heads, weights.Select(0, h).Float32s())
	}
	return map[string]any{"tokens": names, "heads": heads, "layers": n.layers, "cut": cut, "most": most}, nil
}
