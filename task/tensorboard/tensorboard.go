// Package tensorboard is the callback that writes a training to TensorBoard's event files in the run's folder: the
// losses, the learning rate and the metrics as curves, weights and gradients as histograms, the model as a graph, the
// confusion matrix and the curves as pictures, configuration and report as texts, and the hyperparameters, by which
// TensorBoard compares the runs of a folder:
//
//	tensorboard --logdir runs
package tensorboard

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/tbevents"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
)

// Register adds the callback to a registry.
func Register(r *recipe.Registry) {
	r.Add(recipe.Callbacks, recipe.Entry{
		Name: "tensorboard", Doc: "write TensorBoard's event files to the run's folder", Options: &Options{},
	})
}

// Options are those of the callback.
type Options struct {
	Every      int  `yaml:"every" default:"10" min:"1" max:"1e9" doc:"steps between two points of the training loss"`
	Histograms bool `yaml:"histograms" default:"true" doc:"histograms of weights and gradients after each epoch; after about 50 of them in a longer training"`
	Graph      bool `yaml:"graph" default:"true" doc:"the model's layers as a graph"`
}

// New returns the callback for a training.
func (o *Options) New(s *task.Session) (train.Callback, error) {
	return &callback{Options: *o, session: s, steps: s.Problem.Train.Len()}, nil
}

// callback writes the events. The file is made at the first step, whose number says which events of earlier files a
// resumed training repeats.
type callback struct {
	Options
	session *task.Session
	w       *tbevents.Writer
	steps   int // of an epoch; −1 if it is not known
	epochs  int // of the training
	before  int64
	step    int64 // of all epochs
	loss    float64
	losses  int
}

// AfterStep writes the mean loss since the last point.
func (c *callback) AfterStep(p train.Progress) error {
	if c.w == nil {
		if err := c.begin(p.Epoch, int64(p.Step)); err != nil {
			return err
		}
	}
	c.step, c.epochs = c.before+int64(p.Step), p.Epochs
	c.loss += p.Loss
	c.losses++
	if c.step%int64(c.Every) != 0 {
		return nil
	}
	mean := c.loss / float64(c.losses)
	c.loss, c.losses = 0, 0
	if err := c.w.Scalar("loss/step", mean, c.step); err != nil {
		return err
	}
	return c.w.Scalar("lr", c.session.Optimizer.LR(), c.step)
}

// begin makes the file before the events of a step of an epoch, and before the first step describes the training.
func (c *callback) begin(epoch int, step int64) (err error) {
	dir := c.session.Run.Folder
	if c.before, err = c.stepsBefore(epoch); err != nil {
		return err
	}
	if c.w, err = tbevents.Create(dir, c.before+step); err != nil || c.before+step > 1 {
		return err
	}
	if err := c.w.Text("config", "```yaml\n"+string(c.session.Recipe.YAML())+"```", 0); err != nil {
		return err
	}
	if err := c.w.HParams(hyperparameters(c.session.Recipe)); err != nil {
		return err
	}
	if nodes := c.graph(); c.Graph && nodes != nil {
		return c.w.Graph(nodes)
	}
	return nil
}

// stepsBefore returns the number of steps in the epochs before one. If the loader does not know them, earlier files do.
func (c *callback) stepsBefore(epoch int) (int64, error) {
	if c.steps >= 0 || epoch == 1 {
		return int64(epoch-1) * int64(max(c.steps, 0)), nil
	}
	curves, err := tbevents.ReadScalars(c.session.Run.Folder)
	for _, p := range curves["epoch"] {
		if int(p.Value) == epoch-1 {
			return p.Step, err
		}
	}
	return 0, err
}

// hyperparameters returns the settings of a recipe that runs are compared by: all but those of the data's place.
func hyperparameters(r *recipe.Recipe) map[string]any {
	all := map[string]any{}
	for _, v := range r.Values() {
		group, _, _ := strings.Cut(v.Path, ".")
		if group == "callbacks" || group == "metrics" || group == "search" || v.Path == "data.path" || v.Text == "" || len(v.Text) > 200 {
			continue
		}
		if x, err := strconv.ParseFloat(v.Text, 64); err == nil {
			all[v.Path] = x
		} else if b, err := strconv.ParseBool(v.Text); err == nil {
			all[v.Path] = b
		} else {
			all[v.Path] = v.Text
		}
	}
	return all
}

// graph returns the graph of the model for the first training sample; nil if that cannot be computed.
func (c *callback) graph() (nodes []tbevents.Node) {
	p := c.session.Problem
	if _, ok := p.Model.(train.BatchModel); ok || p.Train.Dataset() == nil {
		return nil // it reads more than one input, or the training is over a stream
	}
	p.First(func(b data.Batch) {
		if tensor.Try(func() { nodes = tbevents.GraphOf(p.Model, b.X) }) != nil {
			nodes = nil
		}
	})
	nn.Train(p.Model)
	return nodes
}

// AfterEpoch writes the results of the epoch, and the histograms.
func (c *callback) AfterEpoch(e train.Epoch) error {
	if c.w == nil { // a training that was stopped between an epoch's last step and its end
		if err := c.begin(e.Epoch, int64(max(c.steps, 0))+1); err != nil {
			return err
		}
		c.step = c.before + int64(max(c.steps, 0))
	}
	scalars := map[string]float64{"loss/train": e.Loss, "epoch": float64(e.Epoch), "seconds": e.Seconds}
	add := func(where string, r *train.Result) {
		if r == nil {
			return
		}
		scalars["loss/"+where] = r.Loss
		if r.Total > 0 {
			scalars["accuracy/"+where] = r.Accuracy()
		}
		for name, v := range r.Metrics {
			scalars[name+"/"+where] = v
		}
	}
	add("validation", e.Validation)
	add("average", e.Average)
	for _, tag := range slices.Sorted(maps.Keys(scalars)) {
		if err := c.w.Scalar(tag, scalars[tag], c.step); err != nil {
			return err
		}
	}
	c.before = c.step
	const most = 50
	every := (c.epochs + most - 1) / most
	if !c.Histograms || every > 1 && (e.Epoch-1)%every != 0 && e.Epoch != c.epochs {
		return nil
	}
	for _, p := range nn.NamedParameters(c.session.Problem.Weights) {
		if !p.Tensor.DType().IsFloat() {
			continue
		}
		if err := c.w.Histogram("weights/"+p.Name, histogram(p.Tensor.Detach()), c.step); err != nil {
			return err
		}
		if g := p.Tensor.Grad(); g.Defined() {
			if err := c.w.Histogram("gradients/"+p.Name, histogram(g), c.step); err != nil {
				return err
			}
		}
	}
	return nil
}

// histogram counts at most 16384 elements of x, which lie at equal distances.
func histogram(x tensor.Tensor) tbevents.Histogram {
	const most = 1 << 14
	x = x.Flatten(0)
	if step := (x.Dim(0) + most - 1) / most; step > 1 {
		x = x.Index(tensor.Slice(0, tensor.None, step))
	}
	return tbevents.NewHistogram(x.Cast(tensor.Float64).Float64s())
}

// Finish writes the report and its pictures, and ends the session.
func (c *callback) Finish(report *task.Report, failed error) error {
	if c.w == nil {
		return nil
	}
	status := tbevents.StatusSuccess
	if failed != nil {
		status = tbevents.StatusFailure
	}
	err := c.w.EndSession(status)
	if report != nil && err == nil {
		err = c.report(report)
	}
	if closed := c.w.Close(); err == nil {
		err = closed
	}
	return err
}

func (c *callback) report(report *task.Report) error {
	part := cmp.Or(report.Part, "test")
	for _, name := range slices.Sorted(maps.Keys(report.Metrics)) {
		if err := c.w.Scalar(name+"/"+part, report.Metrics[name], c.step); err != nil {
			return err
		}
	}
	text := strings.TrimSpace(report.Summary())
	if report.Text != "" {
		text += "\n\n```\n" + report.Text + "\n```"
	}
	if err := c.w.Text("report", text, c.step); err != nil {
		return err
	}
	if m, ok := report.Matrix(); ok {
		return c.w.Image("confusion", m.Picture().Image(), c.step)
	}
	return nil
}
