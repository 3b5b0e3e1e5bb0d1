package ui

import (
	"image"
	"math"
	"net/http"
	"slices"

	dataimage "github.com/lamina-ml/lamina/data/image"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/ui/figure"
	"github.com/lamina-ml/lamina/ui/samples"
	"github.com/lamina-ml/lamina/vision/digits"
	"github.com/lamina-ml/lamina/vision/explain"
)

// Bounds of what a client may ask of a network.
const (
	maxUpload = 16 << 20
	maxInk    = 512 // pixels of a side of the pad
)

// insideRoutes registers what the view Inside asks: the networks, what all layers compute for an input, one neuron, and how
// the answer depends on the input.
func (s *Server) insideRoutes(r *routes) {
	r.get("networks", func(*http.Request) (any, error) { return s.listNetworks() })
	r.get("network/{network}", func(req *http.Request) (any, error) {
		n, done, err := s.network(req.PathValue("network"))
		if err != nil {
			return nil, err
		}
		defer done()
		return n, nil
	})
	r.post("look", func(req *http.Request) (any, error) {
		var q lookRequest
		if err := decode(req, &q); err != nil {
			return nil, err
		}
		return s.look(q)
	})
	r.upload("picture/{network}", maxUpload, func(req *http.Request) (any, error) {
		n, done, err := s.network(req.PathValue("network"))
		if err != nil {
			return nil, err
		}
		defer done()
		m, err := dataimage.Read(req.Body)
		if err != nil {
			return nil, fail(http.StatusUnprocessableEntity, "inside.noPicture", "reason", err.Error())
		}
		if n.picture == nil {
			return nil, fail(http.StatusUnprocessableEntity, "inside.takesNone")
		}
		n.mu.Lock()
		defer n.mu.Unlock()
		x, err := n.picture(m)
		if err != nil {
			return nil, err
		}
		return look(n, x, -1)
	})
	r.post("neuron", func(req *http.Request) (any, error) {
		var q struct {
			Network string        `json:"network"`
			Pixels  figure.Values `json:"pixels"`
			Layer   int           `json:"layer"`
			Index   []int         `json:"index"`
		}
		if err := decode(req, &q); err != nil {
			return nil, err
		}
		n, done, err := s.networkFor(q.Network, q.Pixels)
		if err != nil {
			return nil, err
		}
		defer done()
		n.mu.Lock()
		defer n.mu.Unlock()
		neuron, ok := figure.NeuronOf(n.model, n.input(q.Pixels), q.Layer, q.Index...)
		if !ok {
			return nil, fail(http.StatusNotFound, "inside.noNeuron")
		}
		if !finite(neuron.Bias, neuron.Sum, neuron.Output) {
			return nil, fail(http.StatusUnprocessableEntity, "inside.notFinite")
		}
		return neuron, nil
	})
	r.post("why", func(req *http.Request) (any, error) {
		var q struct {
			Network string        `json:"network"`
			Pixels  figure.Values `json:"pixels"`
			Class   int           `json:"class"`
			How     string        `json:"how"`
		}
		if err := decode(req, &q); err != nil {
			return nil, err
		}
		n, done, err := s.networkFor(q.Network, q.Pixels)
		if err != nil {
			return nil, err
		}
		defer done()
		return n.why(q.Pixels, q.Class, q.How)
	})
}

// listNetworks returns the names of the networks: those of the program, then the runs'.
func (s *Server) listNetworks() (any, error) {
	type entry struct {
		Name string `json:"name"`
		Run  bool   `json:"run"`
	}
	var list []entry
	for _, n := range samples.Networks {
		list = append(list, entry{n.Name, false})
	}
	if s.config.Tasks != nil {
		found, err := s.list()
		if err != nil {
			return nil, err
		}
		for _, run := range found {
			if s.shows(run, task.Inside) {
				list = append(list, entry{s.nameOf(run), true})
			}
		}
	}
	return map[string]any{"networks": list}, nil
}

// networkFor returns a network if x is an input of it.
func (s *Server) networkFor(name string, x []float32) (n *network, done func(), err error) {
	n, done, err = s.network(name)
	if err == nil && len(x) != n.size() {
		done()
		return nil, nil, fail(http.StatusBadRequest, "inside.size", "got", len(x), "want", n.size())
	}
	return n, done, err
}

// lookRequest names the input that a network looks at, in one of three ways.
type lookRequest struct {
	Network string        `json:"network"`
	Sample  *int          `json:"sample"` // number of a test sample
	Pixels  figure.Values `json:"pixels"` // the input itself
	Ink     *struct {     // what was drawn on the pad, white on black
		Width  int    `json:"width"`
		Height int    `json:"height"`
		Gray   []byte `json:"gray"`
	} `json:"ink"`
}

// lookReply is what all layers compute for an input.
type lookReply struct {
	Pixels        figure.Values   `json:"pixels"`
	Label         int             `json:"label"` // the right class; −1 if it is not known
	Columns       []figure.Column `json:"columns"`
	Probabilities []float32       `json:"probabilities"` // of the classes
	Number        *numberReply    `json:"number,omitempty"`
}

// numberReply is the result of a network whose result is a number, in the number's own unit.
type numberReply struct {
	Name  string      `json:"name"`
	Value runs.Number `json:"value"`
	Truth runs.Number `json:"truth"` // NaN if it is not known
}

func (s *Server) look(q lookRequest) (any, error) {
	n, done, err := s.network(q.Network)
	if err != nil {
		return nil, err
	}
	defer done()
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case q.Sample != nil:
		if i := *q.Sample; i < 0 || i >= n.Samples {
			return nil, fail(http.StatusNotFound, "inside.noSample", "number", *q.Sample, "last", n.Samples-1)
		}
		x, label, err := n.sample(*q.Sample)
		if err != nil {
			return nil, err
		}
		reply, err := look(n, x, label)
		if err == nil && reply.Number != nil {
			var truth float64
			truth, err = n.truth(*q.Sample)
			reply.Number.Truth = runs.Number(truth)
		}
		return reply, err
	case q.Ink != nil:
		w, h := q.Ink.Width, q.Ink.Height
		if !n.Draw || w < 1 || h < 1 || w > maxInk || h > maxInk || len(q.Ink.Gray) != w*h {
			return nil, fail(http.StatusBadRequest, "inside.size", "got", len(q.Ink.Gray), "want", w*h)
		}
		return look(n, digits.Frame(&image.Gray{Pix: q.Ink.Gray, Stride: w, Rect: image.Rect(0, 0, w, h)}, n.Shape[len(n.Shape)-1]), -1)
	}
	if len(q.Pixels) != n.size() {
		return nil, fail(http.StatusBadRequest, "inside.size", "got", len(q.Pixels), "want", n.size())
	}
	return look(n, q.Pixels, -1)
}

func look(n *network, pixels []float32, label int) (*lookReply, error) {
	x := n.input(pixels)
	reply := &lookReply{Pixels: pixels, Label: label, Columns: figure.Columns(n.model, x)}
	if len(n.Classes) > 0 {
		reply.Probabilities = n.probabilities(x)
		if !finite(reply.Probabilities...) {
			return nil, fail(http.StatusUnprocessableEntity, "inside.notFinite")
		}
	}
	if n.number != nil {
		nn.Eval(n.model)
		y := n.number.Value(tensor.NoGrad(x, n.model.Forward).Item())
		if !finite(y) {
			return nil, fail(http.StatusUnprocessableEntity, "inside.notFinite")
		}
		reply.Number = &numberReply{Name: n.number.Name, Value: runs.Number(y), Truth: runs.Number(math.NaN())}
	}
	return reply, nil
}

// finite reports whether no value is NaN or an infinity, as those are that a diverged network computes.
func finite[T float32 | float64](values ...T) bool {
	return !slices.ContainsFunc(values, func(v T) bool { return math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) })
}

// why returns how the score of a class depends on the parts of the input.
func (n *network) why(pixels []float32, class int, how string) (any, error) {
	if class < 0 || class >= len(n.Classes) {
		return nil, fail(http.StatusBadRequest, "inside.noClass")
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	x := n.input(pixels)
	var heat tensor.Tensor
	err := tensor.Try(func() {
		switch how {
		case "saliency":
			heat = explain.Saliency(n.model, x, class).Select(0, 0)
		case "smoothgrad":
			heat = explain.SmoothGrad(n.model, x, class, explain.SmoothGradConfig{}).Select(0, 0)
		case "gradcam":
			heat = explain.GradCAM(n.model, x, class, explain.GradCAMConfig{}).Select(0, 0)
		case "occlusion":
			heat = explain.Occlusion(n.model, x, class, explain.OcclusionConfig{})
		}
	})
	if err != nil || !heat.Defined() {
		return nil, fail(http.StatusUnprocessableEntity, "inside.noWhy")
	}
	if heat.Rank() == 3 { // channels
		heat = heat.Max(0)
	}
	dims := heat.Shape().Dims()
	return map[string]any{"shape": dims, "values": figure.Values(heat.Float32s())}, nil
}
