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
	"time"

	"github.com/lamina-ml/lamina/internal/readable"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/task/message"
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
	Callbacks []train.Callback // besides the recipe's; the same for all trainings of a cross-validation
	Count     Counter
	NoReport  bool // do not evaluate the finished model, such as for one of many trials

	fold   int    // of a cross-validation, from 1
	refit  int    // the epochs of the second training of a run with training.refit; 0 in all others
	digest string // that the data must have; "" means any
}

// Result is the result of a training.
type Result struct {
	Run     *runs.Run
	History *train.History // nil for a cross-validation, whose folds have one each
	Report  *Report        // nil with Config.NoReport
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
	var p *Problem
	err = WithinMemory(func() (err error) {
		p, err = t.Open(ctx, Opening{c.Recipe, c.Device, run, c.Writer, c.Count, c.refit > 0})
		return err
	})
	if err != nil {
		return nil, err
	}
	if p.Close == nil {
		p.Close = func() error { return nil }
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
	if err := p.fill(c.Recipe); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// fill sets the loss and the metrics that the recipe names, unless the task has others.
func (p *Problem) fill(r *recipe.Recipe) (err error) {
	if p.Loss == nil {
		if p.Loss, p.EvalLoss, err = r.BuildLoss(p.Classes); err != nil {
			return err
		}
	}
	if p.Metrics == nil {
		if p.Metrics, err = r.BuildMetrics(p.Classes); err != nil {
			return err
		}
	}
	if m := r.Training.Monitor; m != "" && m != "loss" && m != "accuracy" && !slices.ContainsFunc(p.Metrics,
		func(x train.Metric) bool { return x.Name() == m }) {
		return r.Errorf("training.monitor", "no metric %q; want loss, accuracy or one of metrics", m)
	}
	return nil
}

// Train trains a new run, or what it consists of: see [CrossValidated] and [Refitted]. If ctx ends, it saves the training
// and returns ctx's error.
func (s *Set) Train(ctx context.Context, c Config) (*Result, error) {
	c.fill()
	if t, ok := s.crossValidated(c.Recipe); ok {
		return s.crossValidate(ctx, &c, t)
	}
	if c.Recipe.Training.Refit {
		return s.refit(ctx, &c)
	}
	p, err := s.open(ctx, &c, nil)
	if err != nil {
		return nil, err
	}
	if err := c.sameData(p); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	run, err := c.createRun()
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	defer run.Unlock()
	if p.Save != nil {
		err = p.Save(run)
	}
	if err == nil {
		err = run.WriteFile(runs.ConfigFile, c.Recipe.YAML())
	}
	if err != nil {
		return &Result{Run: run}, errors.Join(err, p.Close())
	}
	return s.fit(ctx, &c, p, run)
}

// createRun creates the folder of a new run.
func (c *Config) createRun() (*runs.Run, error) {
	if c.Out == "" {
		return runs.CreateNumbered(runs.DefaultFolder, c.Name)
	}
	return runs.Create(c.Out)
}

// sameData returns an error if p has other data than those with which the training of its other parts started.
func (c *Config) sameData(p *Problem) error {
	if c.digest == "" || p.Digest == c.digest {
		return nil
	}
	return changedData(filepath.Dir(c.Out))
}

func changedData(folder string) error {
	return message.Advise(fmt.Errorf("the data have changed since the run %s started", folder), "Restore the files, or start a new run.")
}

// FinishedError says that a run is finished.
type FinishedError struct {
	Folder string
	Epochs int    // the number of epochs: with a larger one it continues; 0 if it cannot continue
	Ended  string // what ended it before, such as [runs.EndedByPatience]; "" nothing
}

func (e *FinishedError) Error() string {
	text := "the run " + e.Folder + " is finished"
	if e.Ended != "" {
		text += ": its " + e.Ended + " ended it"
	}
	return text
}

// Resume continues the training in a folder. epochs is the new number of epochs, 0 for the configured one: a finished
// run continues if it is larger, and one that a time limit or a callback ended if epochs is 0. c.Recipe is ignored.
func (s *Set) Resume(ctx context.Context, folder string, epochs int, c Config) (*Result, error) {
	run, err := runs.Open(folder)
	if err != nil {
		return nil, err
	}
	if err := run.Lock(); err != nil {
		return nil, err
	}
	defer run.Unlock()
	if c.Recipe, _, err = s.trainingRecipe(run); err != nil {
		return nil, err
	}
	c.fill()
	if t, ok := s.crossValidated(c.Recipe); ok {
		return s.resumeFolds(ctx, &c, t, run, epochs)
	}
	if c.Recipe.Training.Refit {
		return s.resumeRefit(ctx, &c, run, epochs)
	}
	status, err := run.Status()
	if err != nil {
		return nil, err
	}
	planned := c.Recipe.Training.Epochs
	early := epochs == 0 && (status.Ended == runs.EndedByTimeLimit || status.Ended == runs.EndedByCallback)
	if status.State == runs.Finished && epochs <= planned && !early {
		return nil, &FinishedError{folder, planned, status.Ended}
	}
	if epochs > 0 {
		c.Recipe.Training.Epochs = epochs
	}
	p, err := s.open(ctx, &c, run)
	err = message.Missing(err, "Put them back where they were, or start a new run.")
	if err == nil && status.Digest != "" && p.Digest != status.Digest {
		err = errors.Join(changedData(folder), p.Close())
	}
	if err != nil && status.State == runs.Failed && status.Error != "" && ctx.Err() == nil {
		err = fmt.Errorf("the run %s failed (%s), and cannot go on: %w", folder, status.Error, err)
	}
	if err != nil {
		return nil, err
	}
	if c.Recipe.Training.Epochs != planned {
		if err := run.WriteFile(runs.ConfigFile, c.Recipe.YAML()); err != nil {
			return nil, errors.Join(err, p.Close())
		}
	}
	return s.fit(ctx, &c, p, run)
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
	within    bool // an epoch has begun and not ended
	limit     timeLimit
}

// fit trains the run, from its checkpoint if there is one, and writes its results.
func (s *Set) fit(ctx context.Context, c *Config, p *Problem, run *runs.Run) (*Result, error) {
	se := &session{Config: c, Problem: p, run: run, began: time.Now()}
	var history *train.History
	var report *Report
	err := WithinMemory(func() (err error) {
		history, err = se.train(ctx)
		if err == nil && !c.NoReport {
			report, err = se.report(ctx)
		}
		return err
	})
	for _, cb := range se.callbacks {
		if f, ok := cb.(Finisher); ok {
			err = errors.Join(err, f.Finish(report, err))
		}
	}
	if err == nil {
		err = se.finish(report)
	} else {
		fail(ctx, run, &se.status, err)
	}
	return &Result{run, history, report, se.status}, errors.Join(err, p.Close())
}

// fail records that a training ended with an error.
func fail(ctx context.Context, run *runs.Run, status *runs.Status, err error) {
	status.State = runs.Failed
	if errors.Is(err, context.Canceled) || ctx.Err() != nil {
		status.State = runs.Stopped
	} else {
		status.Error = message.Text(err)
	}
	run.SetStatus(*status)
	run.Append(string(status.State), map[string]any{"error": err.Error()})
}

// train runs the training loop.
func (se *session) train(ctx context.Context) (*train.History, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	r := se.Recipe
	t := r.Training
	if se.refit > 0 {
		t.Epochs, t.Patience, t.TimeLimit, t.KeepBest = se.refit, 0, 0, false
	}
	opt := se.Problem.Optimizer(se.Params)
	se.optimizer = opt
	schedule := r.BuildSchedule(opt, se.steps())
	c := train.Config{
		Train: se.Problem.Train, Validation: se.Validation, Optimizer: opt, Loss: se.Loss, ValidationLoss: se.EvalLoss, Epochs: t.Epochs,
		Schedule: schedule.Epoch, BatchSchedule: schedule.Batch, Plateau: schedule.Plateau,
		Metrics: se.Problem.Metrics, Monitor: t.Monitor, Transform: se.Transform, Generators: se.Generators,
		Accumulate: t.Accumulate, ClipNorm: t.ClipNorm, ClipValue: t.ClipValue, Precision: t.MatmulPrecision(),
		EMA: t.Average, Patience: t.Patience, KeepBest: t.KeepBest,
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
		se.limit.end = se.began.Add(t.TimeLimit)
		se.callbacks = append(se.callbacks, &se.limit)
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
	var unsaved *train.CheckpointError
	if err != nil && se.history == nil && se.run.Has(runs.CheckpointFile) && !errors.As(err, &unsaved) {
		err = message.Advise(err, "Restore %s and %s of this run, or remove %s: then the training begins anew.",
			runs.ConfigFile, runs.CheckpointFile,
			se.run.Path(runs.CheckpointFile))
	}
	se.history = history
	if err == nil {
		err = se.savePart()
	}
	if err == nil && se.ended() == runs.EndedByPatience {
		fmt.Fprintf(se.Writer, "stopped: no better epoch for %d\n", t.Patience)
	}
	if best := history.Best(); err == nil && t.KeepBest && best >= 0 && len(history.Epochs) > 1 {
		e := history.Epochs[best]
		fmt.Fprintf(se.Writer, "best by %s: epoch %d of %d: %v\n", se.measureOf(e), e.Epoch, len(history.Epochs), e)
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
	if se.fold > 1 || se.refit > 0 { // what is the same for all folds, and for both trainings, was printed
		fmt.Fprintf(se.Writer, "%-9s %s\n\n", "run:", se.run.Folder)
		return
	}
	lines := slices.Clone(se.Lines)
	rate := ""
	if o, ok := r.Optimizer.Options.(recipe.Optimizer); ok {
		rate = fmt.Sprintf("%s with learning rate %s (%s), ", r.Optimizer.Name, readable.Number(o.Rate(), 6), r.Schedule.Name)
	}
	epochs := readable.Count(se.epochs(), "epoch")
	if t.Patience > 0 && t.Patience < se.epochs() {
		epochs = fmt.Sprintf("at most %s, patience %d", epochs, t.Patience)
	}
	lines = append(lines, Line{"training", fmt.Sprintf("%s, batches of %d, %sseed %d", epochs, t.Batch, rate, r.Seed)})
	if se.Describe != "" {
		lines = append(lines, Line{"device", se.Describe})
	}
	lines = append(lines, Line{"run", se.run.Folder})
	for _, l := range lines {
		fmt.Fprintf(se.Writer, "%-9s %s\n", l.Name+":", l.Text)
	}
	fmt.Fprintln(se.Writer)
}

// ended returns what ended a finished training before its last epoch, "" if nothing did.
func (se *session) ended() string {
	n, patience := len(se.history.Epochs), se.Recipe.Training.Patience
	switch {
	case n == se.epochs():
		return ""
	case se.limit.reached:
		return runs.EndedByTimeLimit
	case patience > 0 && !se.within && n-1-se.history.Best() >= patience:
		return runs.EndedByPatience
	}
	return runs.EndedByCallback
}

// epochs returns the number of epochs that are trained, at most.
func (se *session) epochs() int {
	if se.refit > 0 {
		return se.refit
	}
	return se.Recipe.Training.Epochs
}

// timeLimit ends a training at a time.
type timeLimit struct {
	end     time.Time
	reached bool
}

func (l *timeLimit) check() error {
	if time.Now().After(l.end) {
		l.reached = true
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
		State: runs.Training, Task: se.Recipe.Task, Started: started, Epoch: old.Epoch, Epochs: se.epochs(), BestEpoch: old.BestEpoch,
		Monitor: se.monitor(), Best: old.Best, Digest: se.Digest,
		Machine: map[string]string{"device": se.Device.String(), "system": runtime.GOOS + "/" + runtime.GOARCH,
			"go": runtime.Version(), "threads": fmt.Sprint(tensor.Threads())},
	}
	if err := se.run.SetStatus(se.status); err != nil {
		return err
	}
	for _, f := range []string{runs.ReportFile, runs.ConfusionFile} { // of a finished run that continues: its weights change
		os.Remove(se.run.Path(f))
	}
	return se.run.Append("start", map[string]any{"epoch": old.Epoch, "machine": se.status.Machine})
}

// monitor returns the name of the measure that decides which epoch is the best.
func (se *session) monitor() string {
	switch m := se.Recipe.Training.Monitor; {
	case se.refit > 0:
		return "loss"
	case m != "":
		return m
	case se.Classes > 0:
		return "accuracy"
	}
	return "loss"
}

// measureOf returns what tells how good an epoch is, in words.
func (se *session) measureOf(e train.Epoch) string {
	measure := se.monitor()
	if math.IsNaN(Measure(e, measure)) { // as in writeResults
		measure = "loss"
	}
	switch {
	case e.Average != nil:
		return "averaged validation " + measure
	case e.Validation != nil:
		return "validation " + measure
	}
	return measure
}

// begin keeps the history that the checkpoint held, and writes its results: a process that was killed after it had saved
// the checkpoint may not have written those of the last epoch.
func (se *session) begin(h *train.History) error {
	se.history = h
	if n := len(h.Epochs); n > 0 {
		se.writeResults(h.Epochs[n-1].Epoch)
	}
	if h.Planned != 0 && h.Planned != se.epochs() {
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
