package task

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sort"
	"time"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/plots"
	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
)

// Config says how [Set.Train] trains.
type Config struct {
	Recipe    *recipe.Recipe
	Out       string // the run's folder; "" means runs/NAME-001 or the next unused number
	Name      string // NAME; "" means the task's name
	Device    tensor.Device
	Describe  string           // the device in words, such as "cpu, 2 threads"
	Writer    io.Writer        // for the lines before and after the training; nil means none
	Reporter  train.Reporter   // nil means none
	Callbacks []train.Callback // besides the recipe's
	Count     func(n int, what string) (count, end func())
	NoReport  bool // do not evaluate the finished model, such as for one of many trials
}

// Result is the result of a training.
type Result struct {
	Run     *runs.Run
	History *train.History
	Report  *Report // nil with Config.NoReport
	Status  runs.Status
}

// Open checks a recipe's data and builds its problem, without a run. The recipe gets the values that the task chose.
func (s *Set) Open(ctx context.Context, c Config) (*Problem, error) {
	c.fill()
	return s.open(ctx, &c, nil)
}

func (c *Config) fill() {
	if c.Writer == nil {
		c.Writer = io.Discard
	}
	if c.Count == nil {
		c.Count = NoCount
	}
	if c.Device == (tensor.Device{}) {
		c.Device = tensor.CPU()
	}
	if c.Name == "" {
		c.Name = c.Recipe.Task
	}
}

func (s *Set) open(ctx context.Context, c *Config, run *runs.Run) (*Problem, error) {
	t, err := s.Task(c.Recipe.Task)
	if err != nil {
		return nil, err
	}
	p, err := t.Open(ctx, Opening{c.Recipe, c.Device, run, c.Writer, c.Count})
	if err != nil {
		return nil, err
	}
	if p.Weights == nil {
		p.Weights = p.Model
	}
	if p.Params == nil {
		p.Params = nn.Parameters(p.Model)
	}
	if p.Optimizer == nil {
		p.Optimizer = c.Recipe.BuildOptimizer
	}
	if p.Loss == nil {
		p.Loss, p.EvalLoss = c.Recipe.BuildLoss()
	}
	if p.Metrics == nil {
		if p.Metrics, err = c.Recipe.BuildMetrics(p.Classes); err != nil {
			return nil, err
		}
	}
	if m := c.Recipe.Training.Monitor; m != "" && m != "loss" && m != "accuracy" && !slices.ContainsFunc(p.Metrics, func(x train.Metric) bool { return x.Name() == m }) {
		return nil, c.Recipe.Errorf("training.monitor", "no metric %q; want loss, accuracy or one of metrics", m)
	}
	return p, nil
}

// Train trains a new run. If ctx ends, it saves the training and returns ctx's error.
func (s *Set) Train(ctx context.Context, c Config) (*Result, error) {
	c.fill()
	p, err := s.open(ctx, &c, nil)
	if err != nil {
		return nil, err
	}
	run, err := runs.Create(c.Out, c.Name)
	if err != nil {
		return nil, errors.Join(err, p.close())
	}
	defer run.Unlock()
	if p.Save != nil {
		err = p.Save(run)
	}
	if err == nil {
		err = run.WriteFile(runs.ConfigFile, c.Recipe.YAML())
	}
	if err != nil {
		return &Result{Run: run}, errors.Join(err, p.close())
	}
	return s.fit(ctx, &c, p, run)
}

// FinishedError says that a run is finished.
type FinishedError struct{ Folder string }

func (e *FinishedError) Error() string { return "the run " + e.Folder + " is finished" }

// Resume continues the training in a folder. epochs is the new number of epochs, 0 for the configured one: a finished
// run continues if it is larger. c.Recipe is ignored.
func (s *Set) Resume(ctx context.Context, folder string, epochs int, c Config) (*Result, error) {
	run, err := runs.Open(folder)
	if err != nil {
		return nil, err
	}
	if err := run.Lock(); err != nil {
		return nil, err
	}
	defer run.Unlock()
	if c.Recipe, _, err = s.ReadRecipe(run); err != nil {
		return nil, err
	}
	c.fill()
	status, err := run.Status()
	if err != nil {
		return nil, err
	}
	planned := c.Recipe.Training.Epochs
	if status.State == runs.Finished && epochs <= planned {
		return nil, &FinishedError{folder}
	}
	if epochs > 0 {
		c.Recipe.Training.Epochs = epochs
	}
	p, err := s.open(ctx, &c, run)
	if err != nil {
		return nil, err
	}
	if c.Recipe.Training.Epochs != planned {
		if err := run.WriteFile(runs.ConfigFile, c.Recipe.YAML()); err != nil {
			return nil, errors.Join(err, p.close())
		}
	}
	return s.fit(ctx, &c, p, run)
}

func (p *Problem) close() error {
	if p.Close == nil {
		return nil
	}
	return p.Close()
}

// session is a running training.
type session struct {
	*Config
	*Problem
	run       *runs.Run
	status    runs.Status
	optimizer optim.Optimizer
	history   *train.History
	callbacks []train.Callback
	began     time.Time
}

// fit trains the run, from its checkpoint if there is one, and writes its results.
func (s *Set) fit(ctx context.Context, c *Config, p *Problem, run *runs.Run) (*Result, error) {
	se := &session{Config: c, Problem: p, run: run, began: time.Now()}
	history, err := se.train(ctx)
	var report *Report
	if err == nil && !c.NoReport {
		report, err = se.report(ctx)
	}
	for _, cb := range se.callbacks {
		if f, ok := cb.(Finisher); ok {
			err = errors.Join(err, f.Finish(report, err))
		}
	}
	if err == nil {
		err = se.finish(report)
	} else {
		se.status.State = runs.Failed
		if errors.Is(err, context.Canceled) || ctx.Err() != nil {
			se.status.State = runs.Stopped
		} else {
			se.status.Error = err.Error()
		}
		run.SetStatus(se.status)
		run.Append(string(se.status.State), map[string]any{"error": err.Error()})
	}
	return &Result{run, history, report, se.status}, errors.Join(err, p.close())
}

// train runs the training loop.
func (se *session) train(ctx context.Context) (*train.History, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	r := se.Recipe
	t := r.Training
	opt := se.Problem.Optimizer(se.Params)
	se.optimizer = opt
	schedule := r.BuildSchedule(opt, se.steps())
	c := train.Config{
		Train: se.Problem.Train, Test: se.Validation, Optimizer: opt, Loss: se.Loss, TestLoss: se.EvalLoss, Epochs: t.Epochs,
		Schedule: schedule.Epoch, BatchSchedule: schedule.Batch, Plateau: schedule.Plateau,
		Metrics: se.Problem.Metrics, Monitor: t.Monitor, Transform: se.Transform, Generators: se.Generators,
		Accumulate: t.Accumulate, ClipNorm: t.ClipNorm, ClipValue: t.ClipValue, EMA: t.Average, Patience: t.Patience, KeepBest: t.KeepBest,
		Checkpoint: se.run.Path(runs.CheckpointFile), CheckpointEvery: t.Checkpoint, Resume: true,
		Settings: settings(r) + se.Digest, Begin: se.begin, Weights: se.save, Reporter: reporter{se},
	}
	session := &Session{Run: se.run, Recipe: r, Problem: se.Problem, Optimizer: opt}
	if err := se.startStatus(session); err != nil {
		return nil, err
	}
	for i, choice := range r.Callbacks {
		cb, err := choice.Options.(Callback).New(session)
		if err != nil {
			return nil, r.Errorf(fmt.Sprintf("callbacks.%d", i), "%v", err)
		}
		se.callbacks = append(se.callbacks, cb)
	}
	se.callbacks = append(se.callbacks, se.Config.Callbacks...)
	if t.TimeLimit > 0 {
		se.callbacks = append(se.callbacks, &timeLimit{se.began.Add(t.TimeLimit)})
	}
	c.Callbacks = append(slices.Clip(se.callbacks), newLive(session, stop))
	if t.OnNaN == "rollback" {
		c.Rollbacks = maxRollbacks
		c.OnRollback = func(err error, factor float64) {
			fmt.Fprintf(se.Writer, "%v; going back to the last checkpoint, with the learning rate × %v\n", err, factor)
			se.run.Append("rollback", map[string]any{"error": err.Error(), "factor": factor})
		}
	}
	se.head()
	history, err := train.Fit(ctx, se.Model, c)
	se.history = history
	if best := history.Best(); err == nil && t.KeepBest && best >= 0 && len(history.Epochs) > 1 {
		fmt.Fprintf(se.Writer, "the best of %d epochs is %d: %s\n", len(history.Epochs), history.Epochs[best].Epoch, EpochText(history.Epochs[best]))
	}
	return history, err
}

// maxRollbacks limits how often a training goes back after a loss that is not finite.
const maxRollbacks = 5

// settings returns what must be equal for a training to resume: the recipe without what may change.
func settings(r *recipe.Recipe) string {
	same := *r
	same.Training.Epochs, same.Training.Patience, same.Training.TimeLimit, same.Training.Workers = 0, 0, 0, 0
	same.Training.Checkpoint, same.Callbacks, same.Search = 0, nil, nil
	return string(same.YAML())
}

// head prints what is trained, and how.
func (se *session) head() {
	r, t := se.Recipe, se.Recipe.Training
	lines := slices.Clone(se.Lines)
	rate := ""
	if o, ok := r.Optimizer.Options.(recipe.Optimizer); ok {
		rate = fmt.Sprintf("%s with learning rate %v (%s), ", r.Optimizer.Name, o.Rate(), r.Schedule.Name)
	}
	lines = append(lines, Line{"training", fmt.Sprintf("%d epochs, batches of %d, %sseed %d", t.Epochs, t.Batch, rate, r.Seed)})
	if se.Describe != "" {
		lines = append(lines, Line{"device", se.Describe})
	}
	lines = append(lines, Line{"run", se.run.Folder})
	for _, l := range lines {
		fmt.Fprintf(se.Writer, "%-9s %s\n", l.Name+":", l.Text)
	}
	fmt.Fprintln(se.Writer)
}

// timeLimit ends a training at a time.
type timeLimit struct{ end time.Time }

func (l *timeLimit) check() error {
	if time.Now().After(l.end) {
		return train.ErrStop
	}
	return nil
}

func (l *timeLimit) AfterStep(train.Progress) error { return l.check() }
func (l *timeLimit) AfterEpoch(train.Epoch) error   { return l.check() }

func (se *session) startStatus(session *Session) error {
	old, err := se.run.Status()
	if err != nil {
		return err
	}
	session.Resumed = old.Epoch
	started := old.Started
	if started.IsZero() {
		started = time.Now().UTC().Truncate(time.Millisecond)
	}
	se.status = runs.Status{
		State: runs.Training, Task: se.Recipe.Task, Started: started, Epoch: old.Epoch, Epochs: se.Recipe.Training.Epochs, BestEpoch: old.BestEpoch,
		Monitor: se.monitor(), Best: old.Best,
		Machine: map[string]string{"device": se.Device.String(), "system": runtime.GOOS + "/" + runtime.GOARCH, "go": runtime.Version(), "threads": fmt.Sprint(tensor.Threads())},
	}
	if err := se.run.SetStatus(se.status); err != nil {
		return err
	}
	return se.run.Append("start", map[string]any{"epoch": old.Epoch, "machine": se.status.Machine})
}

// monitor returns the name of the measure that decides which epoch is the best.
func (se *session) monitor() string {
	switch m := se.Recipe.Training.Monitor; {
	case m != "":
		return m
	case se.Classes > 0:
		return "accuracy"
	}
	return "loss"
}

// begin keeps the history that the checkpoint held, and writes its results: a process that was killed after it had saved
// the checkpoint may not have written those of the last epoch.
func (se *session) begin(h *train.History) error {
	se.history = h
	if n := len(h.Epochs); n > 0 {
		se.writeResults(h.Epochs[n-1].Epoch)
	}
	if h.Planned != 0 && h.Planned != se.Recipe.Training.Epochs {
		se.reschedule(h)
	}
	return nil
}

// steps returns the number of the optimizer's steps in an epoch, −1 if it is not known.
func (se *session) steps() int {
	n, group := se.Train.Len(), se.Recipe.Training.Accumulate
	if n < 0 {
		return -1
	}
	return (n + group - 1) / group
}

// reschedule sets the rates that the schedule has at this point of a training whose number of epochs was changed: most
// schedules change the rate by a factor, so a finished one would continue with the rate at its end.
func (se *session) reschedule(h *train.History) {
	twin := se.Problem.Optimizer(se.Params)
	schedule := se.Recipe.BuildSchedule(twin, se.steps())
	if schedule.Batch != nil {
		group := se.Recipe.Training.Accumulate
		for range len(h.Epochs)*se.steps() + (len(h.Losses)-len(h.Epochs)*se.Train.Len())/group {
			schedule.Batch.Step()
		}
	}
	if schedule.Epoch != nil {
		for range h.Epochs {
			schedule.Epoch.Step()
		}
	}
	if schedule.Batch == nil && schedule.Epoch == nil || schedule.Batch != nil && se.steps() < 0 {
		return
	}
	for i, g := range twin.Groups() {
		own := se.optimizer.Groups()[i]
		own.SetLR(g.LR())
		if m, ok := g.Momentum(); ok {
			own.SetMomentum(m)
		}
	}
}

// writeResults writes the table of the results and the status after an epoch. The checkpoint has all of this: a file that
// could not be written, such as on a full disk, does not end the training.
func (se *session) writeResults(epoch int) {
	se.run.WriteResults(results(se.history))
	se.status.Epoch = epoch
	if best := se.history.Best(); best >= 0 {
		b := se.history.Epochs[best]
		se.status.BestEpoch, se.status.Best = b.Epoch, Measure(b, se.status.Monitor)
		if math.IsNaN(se.status.Best) { // nothing is evaluated, or the targets are not classes
			se.status.Monitor, se.status.Best = "loss", Measure(b, "loss")
		}
	}
	se.run.SetStatus(se.status)
}

// save writes the weights after an epoch.
func (se *session) save(e train.Epoch, best bool) error {
	files := []string{runs.LastFile}
	if best {
		files = []string{runs.BestFile, runs.LastFile}
	}
	for _, f := range files {
		if err := os.MkdirAll(filepath.Dir(se.run.Path(f)), 0o777); err != nil {
			return err
		}
		if err := safetensors.SaveModel(se.run.Path(f), se.Problem.Weights); err != nil {
			return &train.CheckpointError{Path: se.run.Path(f), Err: err}
		}
	}
	return nil
}

// reporter passes the progress on, and writes the results of each epoch.
type reporter struct{ *session }

func (r reporter) Step(p train.Progress) {
	if r.Reporter != nil {
		r.Reporter.Step(p)
	}
}

func (r reporter) Epoch(e train.Epoch, epochs int) {
	if r.Reporter != nil {
		r.Reporter.Epoch(e, epochs)
	}
	if r.AfterEpoch != nil {
		r.AfterEpoch(r.Writer, e)
	}
	r.run.Append("epoch", values(e))
	r.writeResults(e.Epoch)
}

// Measure returns the value of a measure in an epoch: "loss", "accuracy" or the name of a metric, on the validation data
// if there are any, with averaged weights if there are; NaN if it is not known.
func Measure(e train.Epoch, name string) float64 {
	r := e.Average
	if r == nil {
		r = e.Test
	}
	switch {
	case r == nil && name == "loss":
		return e.Loss
	case r == nil:
		return math.NaN()
	case name == "loss":
		return r.Loss
	case name == "accuracy" && r.Total > 0:
		return r.Accuracy()
	}
	if v, ok := r.Metrics[name]; ok {
		return v
	}
	return math.NaN()
}

// values returns the numbers of an epoch by their names in results.csv.
func values(e train.Epoch) map[string]any {
	v := map[string]any{"epoch": e.Epoch, "loss": e.Loss, "lr": e.LR, "seconds": e.Seconds}
	add := func(prefix string, r *train.Result) {
		if r == nil {
			return
		}
		v[prefix+"loss"] = r.Loss
		if r.Total > 0 {
			v[prefix+"accuracy"] = r.Accuracy()
		}
		for name, x := range r.Metrics {
			v[prefix+name] = x
		}
	}
	add("validation_", e.Test)
	add("average_", e.Average)
	return v
}

// results returns the table of results.csv.
func results(h *train.History) runs.Results {
	t := runs.Results{Names: []string{"epoch", "loss", "lr", "seconds"}}
	var more []string
	for _, e := range h.Epochs {
		for name := range values(e) {
			if !slices.Contains(t.Names, name) && !slices.Contains(more, name) {
				more = append(more, name)
			}
		}
	}
	sort.Sort(sort.Reverse(sort.StringSlice(more))) // validation before average
	t.Names = append(t.Names, more...)
	for _, e := range h.Epochs {
		v := values(e)
		row := make([]float64, len(t.Names))
		for i, name := range t.Names {
			switch x := v[name].(type) {
			case int:
				row[i] = float64(x)
			case float64:
				row[i] = x
			default:
				row[i] = math.NaN()
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// report evaluates the trained model.
func (se *session) report(ctx context.Context) (*Report, error) {
	if se.Problem.Finish == nil {
		return &Report{}, nil
	}
	nn.Eval(se.Model)
	return se.Problem.Finish(ctx, se.run, se.history)
}

// finish writes the files of a finished training, the status last.
func (se *session) finish(report *Report) error {
	if !se.run.Has(runs.LastFile) || !se.run.Has(runs.BestFile) { // a time limit within the first epoch
		if err := se.save(train.Epoch{}, true); err != nil {
			return err
		}
	}
	if report != nil {
		if err := se.writeReport(report); err != nil {
			return err
		}
		se.status.Metrics, se.status.Verdict = report.Metrics, report.Verdict
	}
	se.status.State = runs.Finished
	metrics := map[string]runs.Number{}
	for name, v := range se.status.Metrics {
		metrics[name] = runs.Number(v)
	}
	if err := se.run.Append("finished", map[string]any{"metrics": metrics, "verdict": se.status.Verdict}); err != nil {
		return err
	}
	return se.run.SetStatus(se.status)
}

// writeReport writes report.txt and the pictures.
func (se *session) writeReport(report *Report) error {
	text := report.Verdict + "\n"
	if report.Text != "" {
		text += "\n" + report.Text
	}
	if err := se.run.WriteFile(runs.ReportFile, []byte(text)); err != nil {
		return err
	}
	if len(se.history.Epochs) > 0 {
		if err := se.run.Write(runs.CurvesFile, Curves(results(se.history)).Picture().WritePNG); err != nil {
			return err
		}
	}
	if report.Confusion != nil && report.Confusion.Total() > 0 && report.Confusion.Classes() <= 100 {
		picture := plots.Confusion{Title: "Confusion matrix", Matrix: report.Confusion, Names: report.Names}.Picture()
		return se.run.Write(runs.ConfusionFile, picture.WritePNG)
	}
	return nil
}
