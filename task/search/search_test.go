package search

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/internal/tasktest"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/message"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
	"github.com/lamina-ml/lamina/tune"
)

// toy is a task: random points of two classes, which a line almost separates.
type toy struct{}

type toyData struct {
	Path string `yaml:"path" doc:"unused"`
}

type toyModel struct {
	Hidden  []int   `yaml:"hidden" default:"[4]" doc:"sizes"`
	Dropout float64 `yaml:"dropout" default:"0" min:"0" below:"1" doc:"dropout"`
}

func (toy) Name() string { return "toy" }

func (toy) Register(r *recipe.Registry) {
	r.Add(recipe.Tasks, recipe.Entry{Name: "toy", Doc: "points", Options: &toyData{},
		Recipe: "{model: mlp, loss: cross-entropy, optimizer: {name: adam, lr: 0.01}, training: {batch: 8, epochs: 9}}"})
	r.Add(recipe.Models, recipe.Entry{Name: "mlp", Doc: "layers", Options: &toyModel{}, For: []string{"toy"}})
}

func (toy) Recognize(task.Target) (map[string]string, bool)        { return nil, false }
func (toy) Load(context.Context, task.Loading) (task.Model, error) { return nil, errors.New("unused") }
func (toy) Commands() []task.Command                               { return nil }

func (toy) Open(_ context.Context, o task.Opening) (*task.Problem, error) {
	g := o.Recipe.NewGenerator()
	n := 60
	x := tensor.Options{}.RandN(g, n, 2)
	y := make([]int64, n)
	for i := range y {
		if v := x.Float32s(); v[2*i]+v[2*i+1]*v[2*i] > 0 {
			y[i] = 1
		}
	}
	set := data.NewTensorDataset(x, tensor.From(y))
	hidden := o.Recipe.Model.Options.(*toyModel).Hidden[0]
	return &task.Problem{
		Model: nn.Sequential{nn.NewLinear(g, 2, hidden), &nn.Tanh{}, nn.NewLinear(g, hidden, 2)}, Classes: 2,
		Train:      data.NewLoader(set, data.LoaderConfig{BatchSize: o.Recipe.Training.Batch, Shuffle: true, RNG: g}),
		Validation: data.NewLoader(set, data.LoaderConfig{BatchSize: n}),
	}, nil
}

// config returns the configuration of a search in a folder; settings change what the trials vary.
func config(t *testing.T, folder string, settings ...string) Config {
	t.Helper()
	set := task.NewSet(toy{})
	var space tune.Space
	for _, text := range [][2]string{{"optimizer.lr", "log:1e-4..1.0"}, {"model.hidden", "[2],[4],[8]"}} {
		p, err := tune.ParseParam(text[0], text[1])
		if err != nil {
			t.Fatal(err)
		}
		space = append(space, p)
	}
	return Config{Set: set, Folder: folder, Space: space, Trials: 9, Halving: &tune.Halving{},
		Recipe: func(v tune.Values) (*recipe.Recipe, error) {
			values := slices.Clone(settings)
			for path, value := range v {
				values = append(values, path+"="+value)
			}
			return tasktest.Decode(set, values...)
		}}
}

func describe(trials []tune.Trial) (all []string) {
	for _, t := range trials {
		all = append(all, fmt.Sprint(t.Number, t.Values, t.State, t.Value, t.Reports))
	}
	return all
}

// stopAt ends a context after some steps of all trials.
type stopAt struct {
	steps *int
	stop  func()
}

func (s stopAt) AfterStep(train.Progress) error {
	if *s.steps--; *s.steps == 0 {
		s.stop()
	}
	return nil
}

func (s stopAt) AfterEpoch(train.Epoch) error { return nil }

func TestSearch(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "tune")
	c := config(t, folder)
	begun, ended := 0, 0
	c.Begun = func(tune.Trial) { begun++ }
	c.Ended = func(tune.Trial) { ended++ }
	want, err := Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if want.Monitor != "accuracy" || !want.Maximize || len(want.Trials) != 9 || want.Best == nil || begun != 9 || ended != 9 {
		t.Fatalf("%+v, %d begun, %d ended", want, begun, ended)
	}
	pruned := 0
	for _, trial := range want.Trials {
		switch trial.State {
		case tune.Pruned:
			pruned++
		case tune.Complete:
			if len(trial.Reports) != 9 {
				t.Errorf("%+v", trial)
			}
		default:
			t.Errorf("%+v", trial)
		}
	}
	if pruned < 3 {
		t.Errorf("%d trials were pruned", pruned)
	}
	best, err := os.ReadFile(filepath.Join(folder, BestFile))
	if err != nil || !strings.Contains(string(best), "lr: "+want.Best.Values["optimizer.lr"]) {
		t.Errorf("%s, %v; want those of %v", best, err, want.Best.Values)
	}

	// Stopped after every few steps, the search ends with the same trials.
	again := config(t, filepath.Join(t.TempDir(), "tune"))
	for i := 0; ; i++ {
		ctx, stop := context.WithCancel(t.Context())
		steps := 20 + 17*i%60
		again.Training.Callbacks = []train.Callback{stopAt{&steps, stop}}
		got, err := Run(ctx, again)
		stop()
		if err == nil {
			if g, w := describe(got.Trials), describe(want.Trials); !reflect.DeepEqual(g, w) {
				t.Errorf("stopped %d times:\n got %q\nwant %q", i, g, w)
			}
			if i < 5 {
				t.Errorf("it was stopped only %d times", i)
			}
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}

	if _, err := Run(t.Context(), config(t, folder, "training.epochs=3")); !errors.As(err, new(*OtherError)) {
		t.Errorf("other settings: %v", err)
	}
	c.Trials, c.Parallel = 12, 2
	if more, err := Run(t.Context(), c); err != nil || len(more.Trials) != 12 ||
		!reflect.DeepEqual(describe(more.Trials[:9]), describe(want.Trials)) {
		t.Errorf("%d trials, %v", len(more.Trials), err)
	}
}

func TestFailedTrials(t *testing.T) {
	c := config(t, filepath.Join(t.TempDir(), "tune"), "training.epochs=2")
	c.Trials = 6
	p, err := tune.ParseParam("optimizer.lr", "-1.0..1.0") // no configuration accepts a negative rate
	if err != nil {
		t.Fatal(err)
	}
	c.Space = tune.Space{p}
	result, err := Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	failed := 0
	for _, trial := range result.Trials {
		if trial.State == tune.Failed && strings.Contains(trial.Error, "optimizer.lr") {
			failed++
		}
	}
	if failed == 0 || failed == 6 || result.Best == nil {
		t.Errorf("%d failed: %+v", failed, result.Trials)
	}
}

func TestDefaultSpace(t *testing.T) {
	r, err := config(t, "", "model.hidden=[16, 8]").Recipe(nil)
	if err != nil {
		t.Fatal(err)
	}
	space, err := DefaultSpace(r)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, p := range space {
		got[p.Name] = p.Range()
	}
	want := map[string]string{"optimizer.lr": "log:0.0003..0.3", "optimizer.weight_decay": "log:1e-06..0.1", "model.dropout": "0..0.5",
		"model.hidden": "[16,8],[32,16],[16,8,8],[8,4],[16]", "training.batch": "4,8,16"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestTrialFolder(t *testing.T) {
	if got, want := TrialFolder("tune", 7), filepath.Join("tune", "trial-007"); got != want {
		t.Errorf("%s; want %s", got, want)
	}
	if _, err := runs.Open("nowhere"); err == nil {
		t.Error("no error")
	}
}

// TestLostStudy continues a search whose list of trials was removed or damaged: its trials are not mixed with new ones.
func TestLostStudy(t *testing.T) {
	folder := t.TempDir()
	c := config(t, folder)
	c.Trials = 1
	if _, err := Run(context.Background(), c); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, StudyFile)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"empty": {}, "torn": good[:20],
		"header alone": good[:strings.Index(string(good), "\n")+1], "binary": make([]byte, 1000)} {
		if err := os.WriteFile(path, content, 0o666); err != nil {
			t.Fatal(err)
		}
		_, err := Run(context.Background(), c)
		var advised *message.AdvisedError
		if err == nil || !strings.Contains(err.Error(), StudyFile) || !errors.As(err, &advised) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := Run(context.Background(), c); err == nil || !strings.Contains(err.Error(), StudyFile) {
		t.Errorf("absent: error %v", err)
	}
}
