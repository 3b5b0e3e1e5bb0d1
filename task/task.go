// Package task trains networks as configurations describe it. A [Task] is a kind of training: digits, pictures, tables,
// texts, language models. It reads the data and builds the model; what is common to all (the run's folder, the training
// loop, callbacks, logs, reports, resuming) is in this package, once.
//
//	tasks := task.NewSet(table.Task{})                      // the kinds of trainings that the program has
//	document, err := recipe.ReadFile("houses.yaml")
//	configuration, err := document.Decode(tasks.Registry)
//	result, err := tasks.Train(ctx, task.Config{Recipe: configuration, Out: "runs/houses", Device: tensor.CPU()})
//	model, call, err := tasks.Load(ctx, "runs/houses", "best", tensor.CPU()) // in this or another program
//
// docs/runs.md explains runs, and docs/your-tables.md, your-pictures.md and text.md predict with the models that Load
// returns.
package task

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/metrics"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/task/message"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
)

// Task is a kind of training.
type Task interface {
	// Name is the value of `task` in a configuration.
	Name() string

	// Register adds the task's entry, whose options are those of `data`, and its models and what else a
	// configuration can choose. `data` has an option path, which is the target of `lamina train`. The entry's Recipe holds
	// the values that the task trains well with, at least model, loss and optimizer, or Open chooses them.
	Register(r *recipe.Registry)

	// Recognize reports whether the task trains on a target of `lamina train`, such as a file, and returns the values of
	// the configuration that follow from it, such as {"data.path": "houses.csv"}.
	Recognize(t Target) (values map[string]string, ok bool)

	// Open reads the data and builds the model. It sets the values of the recipe that depend on the data (see
	// [recipe.Recipe.Infer] and Choose), and makes paths absolute, so that a run resumes from another folder. The same
	// recipe must give the same problem, bit for bit. It writes nothing: Problem.Save does.
	Open(ctx context.Context, o Opening) (*Problem, error)

	// Load reads the model of a run and the preparation of its inputs. The weights are those of o.Weights.
	Load(ctx context.Context, o Loading) (Model, error)

	// Commands returns what the commands do with runs of the task.
	Commands() []Command
}

// Target is the argument of `lamina train`.
type Target struct {
	Path   string
	Folder bool // it is a folder
	Exists bool
	Given  func(path string) bool // whether the user set a value, such as data.text
}

// Opening is what [Task].Open gets.
type Opening struct {
	Recipe *recipe.Recipe
	Device tensor.Device
	Run    *runs.Run // of a training that continues: its preparation is to be read, not made anew; else nil
	Log    io.Writer // for lines such as "training the tokenizer"; never nil
	Count  Counter   // shows progress of long preparations; never nil

	// Refit asks for a problem whose training data are those for training and those for validation, and that has no
	// validation data: see [Refitted].
	Refit bool
}

// Problem is what a training trains: data, model, loss.
type Problem struct {
	Train      *data.Loader
	Validation *data.Loader // evaluated after each epoch; decides which epoch is the best; nil means none
	Model      nn.Module    // on the device; may implement [train.BatchModel]
	Weights    any          // whose state dict is saved; nil means Model
	Classes    int          // for metrics; 0 if the target is a number

	Loss, EvalLoss train.Loss                                   // nil means the recipe's
	Optimizer      func(params []tensor.Tensor) optim.Optimizer // nil means the recipe's
	Params         []tensor.Tensor                              // to train; nil means all parameters of Model
	Metrics        []train.Metric                               // nil means the recipe's
	Transform      func(b data.Batch) data.Batch                // see [train.Config]
	Generators     []*rng.Torch                                 // see [train.Config]

	Lines  []Line // describe the problem, printed before the training
	Digest string // of the data: a training resumes only with the same

	// Save writes what the task needs to load the run, such as the preparation of the data, before the training begins. It
	// may be nil.
	Save func(run *runs.Run) error

	// AfterEpoch is called after each epoch's line was printed, such as to write a sample. It may be nil.
	AfterEpoch func(w io.Writer, e train.Epoch)

	// Finish evaluates the trained model, whose weights are the best, on the test data. It may write files of the task to
	// the run.
	Finish func(ctx context.Context, run *runs.Run, h *train.History) (*Report, error)

	// Close frees what Open opened. A task may leave it nil; [Set.Open] sets it then.
	Close func() error
}

// First calls use with a batch of the first training sample, and reports whether there is one.
func (p *Problem) First(use func(b data.Batch)) bool {
	if p.Train.Dataset() == nil { // a stream
		for b := range p.Train.Batches() {
			use(b)
			return true
		}
		return false
	}
	config := p.Train.Config()
	config.BatchSize, config.Shuffle, config.Sampler, config.BatchSampler, config.RNG, config.Workers = 1, false, nil, nil, nil, 0
	config.DropLast = false
	set := p.Train.Dataset()
	first := make([]int64, min(set.Len(), 1024)) // more than one, for a loader that leaves out samples it cannot read
	for i := range first {
		first[i] = int64(i)
	}
	for b := range data.NewLoader(data.NewSubset(set, first), config).Batches() {
		use(b)
		return true
	}
	return false
}

// Line is a line such as "data:     55000 training digits".
type Line struct{ Name, Text string }

// Report says what a trained model can do.
type Report struct {
	Verdict   string             // a line
	Notes     []string           // lines on what is wrong with the result
	Metrics   map[string]float64 // on the data that Part names
	Part      string             // what was measured: "test" (also ""), or "validation" or "training" if there are no test data
	Text      string             // of report.txt: tables and explanations
	Confusion *metrics.ConfusionMatrix
	Of        string     // the name of what is predicted, before the measures of a cross-validation; "" for none
	Names     []string   // of the classes, for the confusion matrix; nil means their numbers
	Next      [][]string // the arguments of commands to try next, such as {"predict", "RUN", "photo.png"}; RUN stands for the folder
	Files     []Line     // files in the run's folder that are worth a look, and what they have
}

// Summary returns the verdict and the notes, each in a line.
func (r *Report) Summary() string {
	return strings.Join(append([]string{r.Verdict}, r.Notes...), "\n") + "\n"
}

// Loading is what [Task].Load gets.
type Loading struct {
	Run     *runs.Run
	Recipe  *recipe.Recipe
	Device  tensor.Device
	Weights string // the path of the file with the weights
}

// Model is a trained model with the preparation of its inputs.
type Model interface {
	Module() nn.Module // in evaluation mode, on the device
}

// Classifier is implemented by models whose results are classes.
type Classifier interface {
	Model
	Classes() []string // their names, in the order of the model's results
}

// Tested is implemented by models whose run knows its test data.
type Tested interface {
	Model
	// TestData returns the test data. The caller closes a dataset that is an io.Closer.
	TestData(ctx context.Context) (data.Dataset, error)
}

// Command is what a command of the tool, such as `lamina predict`, does with runs of a task.
type Command struct {
	Name    string // evaluate, predict, show
	Args    string // such as "IMAGE..."; "" for none
	Short   string // what it does
	Options any    // a pointer to a struct with tags as those of [recipe.Entry]; each option is a flag; nil means none
	Run     func(ctx context.Context, m Model, c Call) error

	// Folds does the same with the models of a cross-validation; nil means that the command needs a single model.
	Folds func(ctx context.Context, folds []Model, c Call) error
}

// Call is a use of a [Command].
type Call struct {
	Run     *runs.Run
	Recipe  *recipe.Recipe
	Device  tensor.Device
	Args    []string
	Options any // of the type of Command.Options
	In      io.Reader
	Out     io.Writer
	Err     io.Writer
	Count   Counter
}

// Callback is implemented by the options of a callback.
type Callback interface {
	// New returns the callback for a training.
	New(s *Session) (train.Callback, error)
}

// Finisher is implemented by callbacks that need to know how the training ended. report is nil after an error.
type Finisher interface {
	Finish(report *Report, err error) error
}

// Session is a running training, as callbacks see it.
type Session struct {
	Run       *runs.Run
	Recipe    *recipe.Recipe
	Problem   *Problem
	Optimizer optim.Optimizer
	Resumed   int // epochs that were complete when this session began
}

// Set is a set of tasks with their registry.
type Set struct {
	Registry *recipe.Registry
	tasks    []Task
}

// NewSet returns a set of tasks. A target that several recognize is for the first.
func NewSet(tasks ...Task) *Set {
	s := &Set{recipe.NewRegistry(), tasks}
	for _, t := range tasks {
		t.Register(s.Registry)
	}
	return s
}

// Tasks returns the tasks.
func (s *Set) Tasks() []Task { return s.tasks }

// Task returns the task of a name.
func (s *Set) Task(name string) (Task, error) {
	for _, t := range s.tasks {
		if t.Name() == name {
			return t, nil
		}
	}
	return nil, fmt.Errorf("no task %q", name)
}

// ReadRecipe reads the configuration of a run, and finds its task. Without a training, a program does not need the
// callbacks of the run: those of a configuration with a callback that the registry does not have are left out.
func (s *Set) ReadRecipe(run *runs.Run) (*recipe.Recipe, Task, error) {
	r, t, err := s.trainingRecipe(run)
	if err != nil {
		if d, e := recipe.ReadFile(run.Path(runs.ConfigFile)); e == nil && d.Set("callbacks", "[]", "a run that is read") == nil {
			if r, e := d.Decode(s.Registry); e == nil {
				t, err := s.Task(r.Task)
				return r, t, err
			}
		}
	}
	return r, t, err
}

// trainingRecipe is [Set.ReadRecipe] for a training that goes on: it needs all callbacks.
func (s *Set) trainingRecipe(run *runs.Run) (*recipe.Recipe, Task, error) {
	path := run.Path(runs.ConfigFile)
	d, err := recipe.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	r, err := d.Decode(s.Registry)
	if err != nil {
		if !strings.Contains(err.Error(), path) { // it is about what is not in the file
			err = fmt.Errorf("%s: %w", path, err)
		}
		return nil, nil, err
	}
	t, err := s.Task(r.Task)
	return r, t, err
}

// UnfinishedError says that a run has no weights yet.
type UnfinishedError struct {
	Folder string
	Cause  string // the error with which its training failed; "" if it was stopped, or goes on
}

func (e *UnfinishedError) Error() string {
	if e.Cause != "" {
		return "the run " + e.Folder + " failed, and has no weights: " + e.Cause
	}
	return "the run " + e.Folder + " is not finished: it has no weights yet"
}

// Load opens the run in a folder and reads its model. weights is "best", "last" or "" for the better one that exists.
func (s *Set) Load(ctx context.Context, folder, weights string, d tensor.Device) (Model, Call, error) {
	run, err := runs.Open(folder)
	if err != nil {
		return nil, Call{}, err
	}
	r, t, err := s.ReadRecipe(run)
	if err != nil {
		return nil, Call{}, err
	}
	if n := s.Folds(r); n > 0 {
		return nil, Call{}, &FoldsError{folder, n}
	}
	file := runs.BestFile
	switch {
	case weights == "last" || weights == "" && !r.Training.KeepBest:
		file = runs.LastFile
	case weights != "" && weights != "best":
		return nil, Call{}, fmt.Errorf("no weights %q; want best or last", weights)
	}
	if !run.Has(file) {
		return nil, Call{}, withoutWeights(run, file)
	}
	var m Model
	err = WithinMemory(func() (err error) {
		m, err = t.Load(ctx, Loading{run, r, d, run.Path(file)})
		return err
	})
	var advised *message.AdvisedError
	if err != nil && ctx.Err() == nil && !errors.As(err, &advised) {
		err = message.Advise(err, "If a file of the run was lost, changed or damaged, restore it; else train again.")
	}
	if err != nil {
		return nil, Call{}, err
	}
	nn.Eval(m.Module())
	return m, newCall(run, r, d), nil
}

// newCall returns a call without arguments, which reads and writes nothing.
func newCall(run *runs.Run, r *recipe.Recipe, d tensor.Device) Call {
	return Call{Run: run, Recipe: r, Device: d, In: strings.NewReader(""), Out: io.Discard, Err: io.Discard, Count: NoCount}
}

// unfinished returns the error of a run that is not finished.
func unfinished(run *runs.Run) error {
	status, err := run.Status()
	if err != nil || status.State != runs.Failed {
		return &UnfinishedError{Folder: run.Folder}
	}
	return &UnfinishedError{run.Folder, cmp.Or(status.Error, "for an unknown reason")}
}

// withoutWeights returns the error of a run that lacks a file of weights.
func withoutWeights(run *runs.Run, file string) error {
	if status, err := run.Status(); err != nil || status.State != runs.Finished {
		return unfinished(run)
	}
	err := fmt.Errorf("the run is finished, and its file %s is missing", run.Path(file))
	for name, other := range map[string]string{"best": runs.BestFile, "last": runs.LastFile} {
		if run.Has(other) {
			return message.Advise(err, "Restore the file, or use the run's other weights with --weights %s.", name)
		}
	}
	return message.Advise(err, "Restore the file, or train again.")
}

// Counter shows the progress of a preparation with n parts; what names it, such as "drawing photographs". count is called
// after each part, perhaps by several goroutines, and end in the end.
type Counter func(n int, what string) (count, end func())

// NoCount is a [Counter] that shows nothing.
func NoCount(int, string) (count, end func()) { return func() {}, func() {} }

// Replace returns the arguments of a command with the folder in the place of RUN, also in RUN/FILE.
func Replace(args []string, folder string) []string {
	folder = message.PathArgument(folder)
	out := make([]string, len(args))
	for i, a := range args {
		if out[i] = a; a == "RUN" {
			out[i] = folder
		} else if file, ok := strings.CutPrefix(a, "RUN/"); ok {
			out[i] = filepath.Join(folder, file)
		}
	}
	return out
}

// View is a view of the page that looks into a network.
type View string

const (
	Inside    View = "inside"    // layers and neurons, for pictures and rows of tables
	Attention View = "attention" // the weights of attention, for texts
)

// Viewed is implemented by tasks whose networks the page shows.
type Viewed interface {
	// Views returns the views that show a network of the recipe.
	Views(r *recipe.Recipe) []View
}

// Sampled is implemented by tasks with data that the program contains.
type Sampled interface {
	// Samples returns the names that `lamina train` takes, and a line about each.
	Samples() []Line
}

// Inspector is implemented by tasks that describe and check data, for `lamina data inspect` and `lamina data lint`.
type Inspector interface {
	// Inspect describes the data.
	Inspect(ctx context.Context, w io.Writer, o Opening) error
	// Lint returns what looks wrong in the data, one line each, and notes: what a training takes care of itself, such as
	// leaving out a column of ids.
	Lint(ctx context.Context, o Opening) (faults, notes []string, err error)
}
