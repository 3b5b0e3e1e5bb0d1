package tensorboard

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/internal/tasktest"
	"github.com/lamina-ml/lamina/metrics"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/tbevents"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/text"
	"github.com/lamina-ml/lamina/train"
)

// toy is a task: 40 random points of two classes.
type toy struct{}

type toyData struct {
	Path   string `yaml:"path" doc:"unused"`
	Points int    `yaml:"points" default:"40" doc:"number of points"`
	Groups bool   `yaml:"groups" doc:"a sampler makes the batches"`
}

func (toy) Name() string { return "toy" }

func (toy) Register(r *recipe.Registry) {
	r.Add(recipe.Tasks, recipe.Entry{Name: "toy", Doc: "points", Options: &toyData{},
		Recipe: "{model: linear, loss: cross-entropy, optimizer: {name: adam, lr: 0.05}, training: {batch: 4, epochs: 3}, callbacks: [{name: tensorboard, every: 2}]}"})
	r.Add(recipe.Models, recipe.Entry{Name: "linear", Doc: "a layer", For: []string{"toy"}})
	Register(r)
}

func (toy) Recognize(task.Target) (map[string]string, bool)        { return nil, false }
func (toy) Load(context.Context, task.Loading) (task.Model, error) { return nil, errors.New("unused") }
func (toy) Commands() []task.Command                               { return nil }

func (toy) Open(_ context.Context, o task.Opening) (*task.Problem, error) {
	g := o.Recipe.NewGenerator()
	n := o.Recipe.Data.(*toyData).Points
	x := tensor.Options{}.RandN(g, n, 2)
	y := make([]int64, n)
	for i := range y {
		if x.Float32s()[2*i] > 0 {
			y[i] = 1
		}
	}
	set := data.NewTensorDataset(x, tensor.From(y))
	batches := data.LoaderConfig{BatchSize: o.Recipe.Training.Batch, Shuffle: true, RNG: g}
	if o.Recipe.Data.(*toyData).Groups {
		batches = data.LoaderConfig{BatchSampler: &text.BucketSampler{Lengths: make([]int, n), BatchSize: o.Recipe.Training.Batch}, RNG: g}
	}
	return &task.Problem{
		Model: nn.Sequential{nn.NewLinear(g, 2, 3), &nn.Tanh{}, nn.NewLinear(g, 3, 2)}, Classes: 2,
		Train:      data.NewLoader(set, batches),
		Validation: data.NewLoader(set, data.LoaderConfig{BatchSize: 40}),
		Finish: func(context.Context, *runs.Run, *train.History) (*task.Report, error) {
			m := metrics.NewConfusionMatrix(2)
			m.Add(tensor.From([]int64{0, 1, 1}), tensor.From([]int64{0, 1, 0}))
			return &task.Report{Verdict: "good", Text: "a table", Metrics: map[string]float64{"accuracy": 0.75}, Confusion: m}, nil
		},
	}, nil
}

// stopAt ends a context after some steps.
type stopAt struct {
	steps int
	stop  func()
}

func (s *stopAt) AfterStep(train.Progress) error {
	if s.steps--; s.steps == 0 {
		s.stop()
	}
	return nil
}

func (s *stopAt) AfterEpoch(train.Epoch) error { return nil }

// tags returns the data of a run by their tags, with the steps.
func tags(t *testing.T, folder string) map[string][]any {
	t.Helper()
	all := map[string][]any{}
	for e, err := range tbevents.ReadFolder(folder) {
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range e.Values {
			all[v.Tag] = append(all[v.Tag], v.Data)
		}
		if e.Graph != nil {
			all["graph"] = append(all["graph"], e.Graph)
		}
	}
	return all
}

func TestEvents(t *testing.T) {
	set := task.NewSet(toy{})
	folder := t.TempDir() + "/run"
	if _, err := set.Train(t.Context(), task.Config{Recipe: tasktest.Recipe(set), Out: folder}); err != nil {
		t.Fatal(err)
	}
	all := tags(t, folder)
	for tag, n := range map[string]int{"loss/step": 15, "lr": 15, "loss/train": 3, "loss/validation": 3,
		"accuracy/validation": 3, "epoch": 3,
		"weights/0.weight": 3, "gradients/2.bias": 3, "graph": 1, "config": 1, "report": 1, "confusion": 1, "accuracy/test": 1,
		tbevents.HParamsTag: 1, tbevents.SessionEndTag: 1} {
		if len(all[tag]) != n {
			t.Errorf("%d of %s; want %d (%v)", len(all[tag]), tag, n, slices.Sorted(maps.Keys(all)))
		}
	}
	p := all[tbevents.HParamsTag][0].(tbevents.HParams)
	if p.Values["optimizer.lr"] != 0.05 || p.Values["optimizer.name"] != "adam" ||
		p.Values["training.keep_best"] != true || p.Values["training.batch"] != 4.0 {
		t.Errorf("hyperparameters %v", p.Values)
	}
	if text := string(all["config"][0].(tbevents.Text)); !strings.Contains(text, "  lr: 0.05") {
		t.Errorf("config %s", text)
	}
}

// TestLongTraining: histograms are large, so a training of many epochs has those of some of them, and of the first and
// last.
func TestLongTraining(t *testing.T) {
	set := task.NewSet(toy{})
	folder := t.TempDir() + "/run"
	if _, err := set.Train(t.Context(), task.Config{Recipe: tasktest.Recipe(set, "training.epochs=120"), Out: folder}); err != nil {
		t.Fatal(err)
	}
	all := tags(t, folder)
	if n := len(all["loss/train"]); n != 120 {
		t.Errorf("%d losses", n)
	}
	if n := len(all["weights/0.weight"]); n != 41 { // epochs 1, 4, …, 118 and 120
		t.Errorf("%d histograms, want 41", n)
	}
}

// TestResumed stops a training at several steps and resumes it: the curves are those of an uninterrupted one, and the
// model is not changed by the callback.
func TestResumed(t *testing.T) {
	set := task.NewSet(toy{})
	whole := t.TempDir() + "/run"
	want, err := set.Train(t.Context(), task.Config{Recipe: tasktest.Recipe(set), Out: whole})
	if err != nil {
		t.Fatal(err)
	}
	plain := tasktest.Recipe(set)
	plain.Callbacks = nil
	without, err := set.Train(t.Context(), task.Config{Recipe: plain, Out: t.TempDir() + "/run"})
	if err != nil || !slices.Equal(without.History.Losses, want.History.Losses) {
		t.Errorf("losses without the callback %v, with it %v, %v", without.History.Losses, want.History.Losses, err)
	}
	curves, err := tbevents.ReadScalars(whole)
	if err != nil {
		t.Fatal(err)
	}
	for _, steps := range []int{1, 7, 10, 11, 25} {
		folder := t.TempDir() + "/run"
		ctx, stop := context.WithCancel(t.Context())
		_, err := set.Train(ctx, task.Config{Recipe: tasktest.Recipe(set), Out: folder, Callbacks: []train.Callback{&stopAt{steps, stop}}})
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("stopped after %d steps: %v", steps, err)
		}
		if _, err := set.Resume(t.Context(), folder, 0, task.Config{}); err != nil {
			t.Fatal(err)
		}
		got, err := tbevents.ReadScalars(folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, tag := range []string{"loss/train", "loss/validation", "accuracy/test", "lr"} {
			same := slices.EqualFunc(got[tag], curves[tag],
				func(a, b tbevents.Point) bool { return a.Step == b.Step && a.Value == b.Value })
			if !same {
				t.Errorf("stopped after %d steps: %s is\n%v; want\n%v", steps, tag, got[tag], curves[tag])
			}
		}
	}
}

// TestGraphOfGroups writes the graph of a network whose batches a sampler makes, as those of texts.
func TestGraphOfGroups(t *testing.T) {
	set, folder := task.NewSet(toy{}), t.TempDir()+"/run"
	if _, err := set.Train(t.Context(), task.Config{Recipe: tasktest.Recipe(set, "data.groups=true"), Out: folder}); err != nil {
		t.Fatal(err)
	}
	if all := tags(t, folder); len(all["graph"]) != 1 || len(all["loss/step"]) != 15 {
		t.Errorf("%d graphs, %d steps", len(all["graph"]), len(all["loss/step"]))
	}
}
