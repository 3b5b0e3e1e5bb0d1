package ui

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
)

// Bounds of what the view Training shows.
const (
	maxTested   = 20_000 // test samples that are classified
	maxClasses  = 50     // of a confusion matrix
	maxCell     = 60     // samples behind a cell
	maxMistakes = 48
	maxCounts   = 120 // histograms over time
	maxLayers   = 64  // parameters with histograms
)

// trainingRoutes registers what the view Training asks: a run as it is now, its histograms, its mistakes, and what it shall do.
func (s *Server) trainingRoutes(r *routes) {
	r.events("runs", s.followRuns)
	r.events("follow/{run}", s.followRun)
	r.get("histograms/{run}", func(req *http.Request) (any, error) {
		run, err := s.run(req.PathValue("run"))
		if err != nil {
			return nil, err
		}
		h, err := run.Histograms()
		if err != nil {
			return nil, err
		}
		return map[string]any{"histograms": thinned(h)}, nil
	})
	r.post("control/{run}", func(req *http.Request) (any, error) {
		var c runs.Control
		if err := decode(req, &c); err != nil {
			return nil, err
		}
		if c.LR < 0 || c.LR > 1 {
			return nil, fail(http.StatusBadRequest, "training.factor")
		}
		run, err := s.run(req.PathValue("run"))
		if err != nil {
			return nil, err
		}
		if !run.Locked() {
			return nil, fail(http.StatusConflict, "training.ended", "name", s.nameOf(run))
		}
		return nil, run.SetControl(c)
	})
	r.get("tested/{run}", func(req *http.Request) (any, error) {
		t, err := s.tested(req.Context(), req.PathValue("run"))
		if err != nil {
			return nil, err
		}
		return t.reply(), nil
	})
	r.get("cell/{run}/{target}/{predicted}", func(req *http.Request) (any, error) {
		t, err := s.tested(req.Context(), req.PathValue("run"))
		if err != nil {
			return nil, err
		}
		target, err := strconv.Atoi(req.PathValue("target"))
		predicted, err2 := strconv.Atoi(req.PathValue("predicted"))
		if err := errors.Join(err, err2); err != nil {
			return nil, &failure{Status: http.StatusBadRequest, Text: err.Error()}
		}
		return map[string]any{"samples": t.cell(target, predicted)}, nil
	})
	r.file("picture/{run}/{index}", s.samplePicture)
}

// followRun sends the state of a run, and again when it has changed.
func (s *Server) followRun(req *http.Request, out *stream) error {
	last, training := "", false
	for {
		run, err := s.run(req.PathValue("run"))
		if err != nil {
			return err
		}
		stamp := stampOf(run) + fmt.Sprint(run.Modified(runs.StepsFile).UnixNano())
		// A killed training leaves no trace but its lock.
		if stamp != last || training && !run.Locked() {
			last = stamp
			state := s.trainingState(run)
			training = state.State == string(runs.Training)
			if err := out.send("state", state); err != nil {
				return nil
			}
		}
		if !sleep(req, pollEvery) {
			return nil
		}
	}
}

// samplePicture writes a test sample of a run as a picture.
func (s *Server) samplePicture(w http.ResponseWriter, req *http.Request) error {
	n, done, err := s.network(req.PathValue("run"))
	if err != nil {
		return err
	}
	defer done()
	i, err := strconv.Atoi(req.PathValue("index"))
	if err != nil || i < 0 || i >= n.Samples {
		return fail(http.StatusNotFound, "inside.noSample", "number", req.PathValue("index"), "last", n.Samples-1)
	}
	x, _, err := n.sample(i)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "image/png")
	w.Header().Set("Cache-Control", "private, max-age=60")
	return png.Encode(w, n.draw(x))
}

// draw returns an input as a picture.
func (n *network) draw(x []float32) image.Image {
	h, w := n.Shape[1], n.Shape[2]
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	gray := func(v float32) uint8 {
		return uint8(255*min(1, max(0, (float64(v)-n.Low)/(n.High-n.Low))) + 0.5)
	}
	for i := range h * w {
		c := color.NRGBA{A: 255}
		if n.Shape[0] == 3 {
			c.R, c.G, c.B = gray(x[i]), gray(x[h*w+i]), gray(x[2*h*w+i])
		} else {
			c.R = gray(x[i])
			c.G, c.B = c.R, c.R
		}
		m.SetNRGBA(i%w, i/w, c)
	}
	return m
}

// trainingState is a run as it is now.
type trainingState struct {
	runCurves
	Folder string     `json:"folder"`
	Last   *runs.Step `json:"last"` // the last step that was reported
	// when the last histograms were written, so that they are asked for when there are new ones
	Counted int64 `json:"counted"`
}

func (s *Server) trainingState(run *runs.Run) trainingState {
	c := s.curves(run)
	return trainingState{runCurves: c, Folder: run.Folder, Last: c.last, Counted: run.Modified(runs.HistogramsFile).UnixMicro()}
}

// thinned returns at most maxCounts of the histograms, the last among them, of at most maxLayers parameters.
func thinned(h []runs.Histograms) []runs.Histograms {
	out := []runs.Histograms{}
	step := max(1, (len(h)+maxCounts-1)/maxCounts)
	for i := (len(h) - 1) % step; i >= 0 && i < len(h); i += step {
		h[i].Parameters = h[i].Parameters[:min(len(h[i].Parameters), maxLayers)]
		out = append(out, h[i])
	}
	return out
}

// testedRun is what a run's network answers on its test data.
type testedRun struct {
	stamp    string
	names    []string
	answers  []answer
	all      int  // samples of the test data
	pictures bool // whether the samples are pictures
	inside   bool // whether the view Inside shows what the network does with them
}

// answer is the network's for one sample.
type answer struct {
	Index       int     `json:"index"`
	Target      int     `json:"target"`
	Predicted   int     `json:"predicted"`
	Probability float32 `json:"probability"` // of the predicted class
}

// tests holds the last run that was tested, and lets one client test at a time.
type tests struct {
	mu   sync.Mutex
	name string
	last *testedRun
}

// tested classifies a run's test data, or returns what it found before if the weights are the same.
func (s *Server) tested(ctx context.Context, name string) (*testedRun, error) {
	run, err := s.run(name)
	if err != nil {
		return nil, err
	}
	s.tests.mu.Lock()
	defer s.tests.mu.Unlock()
	stamp := s.weightsStamp(name)
	if t := s.tests.last; t != nil && s.tests.name == name && t.stamp == stamp {
		return t, nil
	}
	if s.config.Tasks == nil {
		return nil, fail(http.StatusUnprocessableEntity, "training.noTest")
	}
	m, err := s.loadModel(run)
	if err != nil {
		return nil, err
	}
	classifier, ok := m.(task.Classifier)
	source, known := m.(task.Tested)
	if !ok || !known {
		return nil, fail(http.StatusUnprocessableEntity, "training.noTest")
	}
	set, err := source.TestData(ctx)
	if err != nil {
		return nil, fail(http.StatusUnprocessableEntity, "inside.notLoaded", "name", name, "reason", err.Error())
	}
	if c, ok := set.(io.Closer); ok {
		defer c.Close()
	}
	t := &testedRun{stamp: stamp, names: classifier.Classes(), all: set.Len()}
	if n, done, err := s.network(name); err == nil {
		t.pictures, t.inside = len(n.Fields) == 0, true
		done()
	}
	if err := t.classify(ctx, m, set); err != nil {
		return nil, err
	}
	s.tests.name, s.tests.last = name, t
	return t, nil
}

// classify sets the answers to the first samples of the test data.
func (t *testedRun) classify(ctx context.Context, m task.Model, set data.Dataset) error {
	if f := set.Fields(); len(f) < 2 || f[1].DType != tensor.Int64 || f[1].Shape.Size() != 1 {
		return fail(http.StatusUnprocessableEntity, "training.noTest")
	}
	temperature := 1.0
	if m, ok := m.(tempered); ok {
		temperature = m.Temperature()
	}
	if set.Len() > maxTested {
		first := make([]int64, maxTested)
		for i := range first {
			first[i] = int64(i)
		}
		set = data.NewSubset(set, first)
	}
	add := train.MetricFunc(func(pred, y tensor.Tensor) {
		p := pred.DivScalar(temperature).Softmax(1)
		best, at := p.Max(1).Float32s(), p.ArgMax(1).Int64s()
		for i, target := range y.Int64s() {
			t.answers = append(t.answers, answer{len(t.answers), int(target), int(at[i]), best[i]})
		}
	})
	_, err := train.Evaluate(ctx, m.Module(), data.NewLoader(set, data.LoaderConfig{BatchSize: 250}), nn.CrossEntropyLoss{}, add)
	if err != nil && ctx.Err() == nil { // such as one that tells that the loss is NaN
		return fail(http.StatusUnprocessableEntity, "training.notTested", "reason", err.Error())
	}
	return err
}

// reply returns the confusion matrix and the wrong answers with the highest probabilities.
func (t *testedRun) reply() any {
	k := len(t.names)
	matrix := make([][]int, k)
	for i := range matrix {
		matrix[i] = make([]int, k)
	}
	var wrong []answer
	right := 0
	for _, a := range t.answers {
		if a.Target < 0 || a.Target >= k || a.Predicted >= k {
			continue
		}
		matrix[a.Target][a.Predicted]++
		if a.Target == a.Predicted {
			right++
		} else {
			wrong = append(wrong, a)
		}
	}
	sortBySureness(wrong)
	if k > maxClasses {
		matrix = nil
	}
	return map[string]any{
		"names": t.names, "matrix": matrix, "mistakes": slices.Clip(wrong[:min(len(wrong), maxMistakes)]),
		"right": right, "wrong": len(wrong),
		"tested": len(t.answers), "all": t.all, "pictures": t.pictures, "inside": t.inside,
	}
}

// cell returns the samples of a class that were read as another one, or as itself, the surest answers first.
func (t *testedRun) cell(target, predicted int) []answer {
	found := []answer{}
	for _, a := range t.answers {
		if a.Target == target && a.Predicted == predicted {
			found = append(found, a)
		}
	}
	sortBySureness(found)
	return found[:min(len(found), maxCell)]
}

func sortBySureness(list []answer) {
	slices.SortStableFunc(list, func(a, b answer) int { return cmp.Compare(b.Probability, a.Probability) })
}
