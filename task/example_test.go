package task_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/metrics"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/message"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
)

// parity is a task: which of two classes a point of the plane belongs to.
type parity struct{}

// points are the options of its data.
type points struct {
	Path  string  `yaml:"path" default:"points"`
	Count int     `yaml:"count" default:"64" min:"2" doc:"points"`
	Far   float64 `yaml:"far" default:"1" doc:"the largest coordinate"`
	Folds int     `yaml:"folds" doc:"parts of a cross-validation"`
	Fold  int     `yaml:"fold" doc:"the part that is the test; 0 means each in turn"`
}

func (parity) Name() string { return "parity" }

func (parity) Register(r *recipe.Registry) {
	r.Add(recipe.Tasks, recipe.Entry{Name: "parity", Doc: "points in two classes", Options: &points{}, Recipe: `
model: {layers: [{linear: 8}, tanh, {linear: out}]}
loss: cross-entropy
optimizer: {name: sgd, lr: 0.5}
training: {epochs: 4, batch: 8}
metrics: [f1]
`})
	r.Add(recipe.Models, recipe.LayersEntry("parity"))
}

func (parity) Recognize(t task.Target) (map[string]string, bool) {
	return map[string]string{"data.path": t.Path}, t.Path == "points"
}

func (parity) Open(_ context.Context, o task.Opening) (*task.Problem, error) {
	r, d := o.Recipe, o.Recipe.Data.(*points)
	g := r.NewGenerator()
	model, err := r.Model.Options.(*recipe.LayerList).Build(g, []int{2}, 2)
	if err != nil {
		return nil, err
	}
	x := tensor.Options{}.Uniform(rng.NewTorch(7), -d.Far, d.Far, d.Count, 2)
	y := make([]int64, d.Count)
	for i := range y {
		if x.At(i, 0)*x.At(i, 1) > 0 {
			y[i] = 1
		}
	}
	all := data.NewTensorDataset(x, tensor.From(y))
	return &task.Problem{
		Train:      data.NewLoader(all, data.LoaderConfig{BatchSize: r.Training.Batch, Shuffle: true, RNG: g}),
		Validation: data.NewLoader(all, data.LoaderConfig{BatchSize: d.Count}),
		Model:      model, Classes: 2,
		Lines: []task.Line{{Name: "data", Text: fmt.Sprint(d.Count, " points")}},
		Save:  func(run *runs.Run) error { return run.WriteJSON("preparation.json", d) },
		Finish: func(ctx context.Context, _ *runs.Run, _ *train.History) (*task.Report, error) {
			m := metrics.NewConfusionMatrix(2)
			for b := range data.NewLoader(all, data.LoaderConfig{BatchSize: d.Count}).Batches(data.NoGrad) {
				m.Add(model.Forward(b.X), b.Y)
			}
			return &task.Report{Verdict: "ready", Metrics: map[string]float64{"accuracy": m.Accuracy()}, Confusion: m,
				Next: [][]string{{"predict", "RUN", "1,1"}}}, nil
		},
	}, nil
}

// parityModel is a trained network.
type parityModel struct{ net nn.Sequential }

func (m parityModel) Module() nn.Module { return m.net }
func (m parityModel) Classes() []string { return []string{"different signs", "equal signs"} }
func (m parityModel) TestData(context.Context) (data.Dataset, error) {
	return data.NewTensorDataset(tensor.Ones(1, 2)), nil
}

func (parity) Load(_ context.Context, o task.Loading) (task.Model, error) {
	net, err := o.Recipe.Model.Options.(*recipe.LayerList).Build(rng.NewTorch(0), []int{2}, 2)
	if err != nil {
		return nil, err
	}
	return parityModel{net}, safetensors.LoadModel(o.Weights, net)
}

// predictOptions are the flags of predict.
type predictOptions struct {
	Upper bool `yaml:"upper" doc:"in capitals"`
}

func (parity) Commands() []task.Command {
	return []task.Command{{Name: "predict", Args: "X,Y", Short: "the class of a point", Options: &predictOptions{}, Run: predict}}
}

func predict(_ context.Context, m task.Model, c task.Call) error {
	var x, y float32
	if _, err := fmt.Sscanf(c.Args[0], "%f,%f", &x, &y); err != nil {
		return message.Usagef("%q is not a point; want two numbers, such as 1,-1", c.Args[0])
	}
	class := m.(task.Classifier).Classes()[train.Predict(m.Module(), tensor.From([]float32{x, y}, 1, 2))[0]]
	if c.Options.(*predictOptions).Upper {
		class = strings.ToUpper(class)
	}
	_, err := fmt.Fprintln(c.Out, class)
	return err
}

func (parity) Views(*recipe.Recipe) []task.View { return []task.View{task.Inside} }

func (parity) Samples() []task.Line {
	return []task.Line{{Name: "points", Text: "points of the plane"}}
}

func (parity) Inspect(_ context.Context, w io.Writer, o task.Opening) error {
	_, err := fmt.Fprintln(w, o.Recipe.Data.(*points).Count, "points")
	return err
}

func (parity) Lint(_ context.Context, o task.Opening) (faults, notes []string, err error) {
	if n := o.Recipe.Data.(*points).Count; n < 10 {
		faults = append(faults, fmt.Sprint(n, " points are few"))
	}
	return faults, nil, nil
}

// parityRecipe returns the configuration of the task with some values changed: paths and values in turn.
func parityRecipe(set *task.Set, values ...string) *recipe.Recipe {
	d := recipe.NewDocument()
	for i := 0; i < len(values); i += 2 {
		if err := d.Set(values[i], values[i+1], "example"); err != nil {
			log.Fatal(err)
		}
	}
	if err := d.Set("task", "parity", "example"); err != nil {
		log.Fatal(err)
	}
	r, err := d.Decode(set.Registry)
	if err != nil {
		log.Fatal(err)
	}
	return r
}

// trained trains a run in a temporary folder, which the caller removes.
func trained(values ...string) (*task.Set, *task.Result) {
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	set := task.NewSet(parity{})
	res, err := set.Train(context.Background(),
		task.Config{Recipe: parityRecipe(set, append(values, "training.epochs", "30")...), Out: filepath.Join(folder, "run")})
	if err != nil {
		log.Fatal(err)
	}
	return set, res
}

func remove(res *task.Result) { os.RemoveAll(filepath.Dir(res.Run.Folder)) }

// A task reads data and builds a model; package task does the rest.
func ExampleTask() {
	set, res := trained()
	defer remove(res)
	fmt.Println(set.Tasks()[0].Name(), res.Status.State, res.Report.Metrics["accuracy"] > 0.9)
	// Output: parity finished true
}

func ExampleSet() {
	set, res := trained()
	defer remove(res)
	m, call, err := set.Load(context.Background(), res.Run.Folder, "best", tensor.CPU())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(call.Recipe.Task, train.Predict(m.Module(), tensor.From([]float32{0.5, 0.5}, 1, 2)))
	// Output: parity [1]
}

func ExampleConfig() {
	set := task.NewSet(parity{})
	p, err := set.Open(context.Background(), task.Config{Recipe: parityRecipe(set, "training.batch", "16")})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(p.Train.Len(), "batches")
	// Output: 4 batches
}

func ExampleResult() {
	_, res := trained()
	defer remove(res)
	results, err := res.Run.Results()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(results.Rows), "epochs:", strings.Join(results.Names[:4], ", "))
	// Output: 30 epochs: epoch, loss, lr, seconds
}

func ExampleTarget() {
	values, ok := parity{}.Recognize(task.Target{Path: "points"})
	fmt.Println(values, ok)
	// Output: map[data.path:points] true
}

func ExampleOpening() {
	set := task.NewSet(parity{})
	p, err := parity{}.Open(context.Background(), task.Opening{Recipe: parityRecipe(set), Device: tensor.CPU(),
		Log: io.Discard, Count: task.NoCount})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(nn.Count(p.Model), "parameters")
	// Output: 42 parameters
}

func ExampleProblem() {
	set := task.NewSet(parity{})
	p, err := set.Open(context.Background(), task.Config{Recipe: parityRecipe(set, "data.count", "20")})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(p.Lines[0], len(p.Params), "parameters to train")
	// Output: {data 20 points} 4 parameters to train
}

func ExampleLine() {
	l := task.Line{Name: "data", Text: "64 points"}
	fmt.Printf("%s: %s\n", l.Name, l.Text)
	// Output: data: 64 points
}

func ExampleReport() {
	r := task.Report{Verdict: "62 of 64 points right", Next: [][]string{{"predict", "RUN", "1,1"}}}
	fmt.Println(r.Verdict, task.Replace(r.Next[0], "runs/points-001"))
	// Output: 62 of 64 points right [predict runs/points-001 1,1]
}

func ExampleLoading() {
	_, res := trained()
	defer remove(res)
	set := task.NewSet(parity{})
	m, err := parity{}.Load(context.Background(), task.Loading{Run: res.Run, Recipe: parityRecipe(set),
		Device: tensor.CPU(), Weights: res.Run.Path(runs.LastFile)})
	fmt.Println(nn.Count(m.Module()), err)
	// Output: 42 <nil>
}

func ExampleModel() {
	var m task.Model = parityModel{nn.Sequential{nn.NewLinear(rng.NewTorch(1), 2, 2)}}
	fmt.Println(nn.Count(m.Module()))
	// Output: 6
}

func ExampleClassifier() {
	var c task.Classifier = parityModel{}
	fmt.Println(c.Classes()[1])
	// Output: equal signs
}

func ExampleTested() {
	var m task.Tested = parityModel{}
	set, err := m.TestData(context.Background())
	fmt.Println(set.Len(), err)
	// Output: 1 <nil>
}

func ExampleCommand() {
	c := parity{}.Commands()[0]
	fmt.Printf("lamina %s RUN %s: %s\n", c.Name, c.Args, c.Short)
	// Output: lamina predict RUN X,Y: the class of a point
}

func ExampleCall() {
	set, res := trained()
	defer remove(res)
	m, call, err := set.Load(context.Background(), res.Run.Folder, "", tensor.CPU())
	if err != nil {
		log.Fatal(err)
	}
	call.Args, call.Options, call.Out = []string{"0.7,-0.6"}, &predictOptions{Upper: true}, os.Stdout
	if err := predict(context.Background(), m, call); err != nil {
		log.Fatal(err)
	}
	// Output: DIFFERENT SIGNS
}

// counter counts the steps of a training. It is an entry of `callbacks` and its callback at once.
type counter struct {
	steps, epochs, resumed int
	end                    string
}

func (c *counter) New(s *task.Session) (train.Callback, error) {
	c.resumed = s.Resumed
	return c, nil
}
func (c *counter) AfterStep(train.Progress) error { c.steps++; return nil }
func (c *counter) AfterEpoch(train.Epoch) error   { c.epochs++; return nil }
func (c *counter) Finish(r *task.Report, err error) error {
	c.end = fmt.Sprint(r.Verdict, " ", err)
	return nil
}

// counting trains with a counter.
func counting() *counter {
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	set := task.NewSet(parity{})
	r := parityRecipe(set)
	c := &counter{}
	r.Callbacks = []recipe.Choice{{Name: "counter", Options: c}}
	if _, err := set.Train(context.Background(), task.Config{Recipe: r, Out: filepath.Join(folder, "run")}); err != nil {
		log.Fatal(err)
	}
	return c
}

func ExampleCallback() {
	c := counting()
	fmt.Println(c.steps, "steps in", c.epochs, "epochs")
	// Output: 32 steps in 4 epochs
}

func ExampleFinisher() {
	fmt.Println(counting().end)
	// Output: ready <nil>
}

func ExampleSession() {
	fmt.Println(counting().resumed, "epochs before")
	// Output: 0 epochs before
}

func ExampleViewed() {
	var t task.Viewed = parity{}
	fmt.Println(t.Views(nil))
	// Output: [inside]
}

func ExampleView() {
	fmt.Println(task.Inside, task.Attention)
	// Output: inside attention
}

func ExampleSampled() {
	var t task.Sampled = parity{}
	fmt.Println(t.Samples()[0].Name)
	// Output: points
}

func ExampleInspector() {
	var t task.Inspector = parity{}
	r := parityRecipe(task.NewSet(parity{}), "data.count", "5")
	faults, notes, err := t.Lint(context.Background(), task.Opening{Recipe: r})
	fmt.Println(faults, len(notes), err)
	// Output: [5 points are few] 0 <nil>
}

func ExampleUnfinishedError() {
	fmt.Println(&task.UnfinishedError{Folder: "runs/points-001"})
	// Output: the run runs/points-001 is not finished: it has no weights yet
}

func ExampleFinishedError() {
	set, res := trained()
	defer remove(res)
	_, err := set.Resume(context.Background(), res.Run.Folder, 0, task.Config{})
	_, finished := err.(*task.FinishedError)
	fmt.Println(finished)
	// Output: true
}

func ExampleAnswer() {
	model := &nn.Linear{Weight: tensor.From([]float32{1, 2, 3}, 3, 1), Bias: tensor.Zeros(3)}
	for _, a := range task.Answers(model, tensor.From([]float32{1}, 1, 1))[:2] {
		fmt.Printf("class %d: %.2f\n", a.Class, a.Probability)
	}
	// Output:
	// class 2: 0.67
	// class 1: 0.24
}

func ExampleCounter() {
	var counter task.Counter = func(n int, what string) (count, end func()) {
		done := 0
		return func() { done++ }, func() { fmt.Printf("%s: %d of %d\n", what, done, n) }
	}
	count, end := counter(2, "reading")
	count()
	end()
	// Output: reading: 1 of 2
}
