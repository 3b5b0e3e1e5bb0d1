package ui

import (
	"net/http"
	"slices"
	"strconv"

	dataimage "github.com/lamina-ml/lamina/data/image"
	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/ui/figure"
)

// maxTokens is the number of tokens of a text whose attention is shown.
const maxTokens = 96

// attentionRoutes registers what the view Attention asks: the networks that read texts or pictures, and what each token of a
// text, or each patch of a picture, looks at.
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
		n, done, err := s.reader(q.Reader)
		if err != nil {
			return nil, err
		}
		defer done()
		return n.look(q.Text, q.Layer)
	})
	r.upload("picture/{reader}/{layer}", maxUpload, func(req *http.Request) (any, error) {
		n, done, err := s.reader(req.PathValue("reader"))
		if err != nil {
			return nil, err
		}
		defer done()
		m, err := dataimage.Read(req.Body)
		if err != nil {
			return nil, fail(http.StatusUnprocessableEntity, "inside.noPicture", "reason", err.Error())
		}
		layer, err := strconv.Atoi(req.PathValue("layer"))
		if err != nil {
			layer = -1
		}
		return n.lookAt(m, layer)
	})
}

// readerEntry describes a network that can be chosen.
type readerEntry struct {
	Name     string `json:"name"`
	Kind     string `json:"kind"` // sample, run, folder
	Pictures bool   `json:"pictures"`
}

// sampleReader is the name of the network that the program has.
const sampleReader = "repeat"

func (s *Server) readers() (any, error) {
	list := []readerEntry{}
	for _, path := range s.config.Models {
		kind, _ := modelType(path)
		list = append(list, readerEntry{path, "folder", kind == "vit"})
	}
	if s.config.Tasks != nil {
		found, err := s.list()
		if err != nil {
			return nil, err
		}
		for _, run := range found {
			if s.shows(run, task.Attention) {
				list = append(list, readerEntry{s.nameOf(run), "run", false})
			}
		}
	}
	return map[string]any{"readers": append(list, readerEntry{sampleReader, "sample", false})}, nil
}

// shows reports whether a view of the page shows the network of a run: it is trained, and its task says so.
func (s *Server) shows(run *runs.Run, view task.View) bool {
	status, err := run.Status()
	if err != nil || !run.Has(runs.BestFile) && !run.Has(runs.LastFile) {
		return false
	}
	t, err := s.config.Tasks.Task(status.Task)
	if err != nil {
		return false
	}
	viewed, ok := t.(task.Viewed)
	if !ok {
		return false
	}
	r, _, err := s.config.Tasks.ReadRecipe(run)
	return err == nil && slices.Contains(viewed.Views(r), view)
}

// reader returns a network by its name, loaded at the first use. The one that was used last is kept. The caller calls
// done after it has used the network.
func (s *Server) reader(name string) (n *reader, done func(), err error) {
	return s.lastReader.use(name, s.weightsStamp(name))
}

// look returns the tokens of a text and the weights of a layer's heads.
func (n *reader) look(s string, layer int) (any, error) {
	if n.weights == nil {
		return nil, fail(http.StatusUnprocessableEntity, "attention.wantsPicture")
	}
	if layer < 0 || layer >= n.layers {
		return nil, fail(http.StatusNotFound, "attention.noLayer", "last", n.layers)
	}
	e := n.tok.Encode(s)
	ids := e.IDs
	most := min(n.context, maxTokens)
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
	return map[string]any{"tokens": names, "heads": headsOf(weights), "layers": n.layers, "cut": cut, "most": most}, nil
}

// headsOf returns the weights (heads, T, T) of each head.
func headsOf(weights tensor.Tensor) (heads []figure.Values) {
	for h := range weights.Dim(0) {
		heads = append(heads, weights.Select(0, h).Float32s())
	}
	return heads
}
