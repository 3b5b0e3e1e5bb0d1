// Package search looks for the hyperparameters of a training: each trial of package tune is a run of package task, in a
// folder of the search's folder:
//
//	runs/tune-mnist/{search.yaml, study.jsonl, best.yaml, trial-000, trial-001, …}
//
// A search that was killed continues where it was: its trials resume from their checkpoints.
package search

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/lamina-ml/lamina/internal/atomicfile"
	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/message"
	"github.com/lamina-ml/lamina/train"
	"github.com/lamina-ml/lamina/tune"
)

// The files of a search's folder.
const (
	RecipeFile = "search.yaml" // the configuration that the trials vary
	StudyFile  = "study.jsonl"
	BestFile   = "best.yaml" // the configuration of the best trial so far
)

// Config says what is searched, and how.
type Config struct {
	Set    *task.Set
	Folder string

	// Recipe returns the configuration of a trial with the given values; without values the one that the trials vary. It
	// may be called by several goroutines.
	Recipe func(v tune.Values) (*recipe.Recipe, error)

	Space    tune.Space
	Trials   int
	Parallel int           // trials at a time; 0 means 1
	Sampler  tune.Sampler  // nil means TPE
	Halving  *tune.Halving // nil means that each trial trains all its epochs; MinEpochs 0 means 1/27 of them

	// Training has the device and so on. Recipe, Out and NoReport are set for each trial. All trials have its Reporter and
	// its Callbacks, which several goroutines call if Parallel is above 1.
	Training task.Config

	// Begun and Ended are called when a trial begins, or is continued, and when it has ended, one at a time. Nil means
	// nothing.
	Begun, Ended func(t tune.Trial)
}

// Result is the result of a search.
type Result struct {
	Monitor  string // the measure that is compared: "accuracy", "loss" or a metric
	Maximize bool
	Trials   []tune.Trial
	Best     *tune.Trial // nil if no trial has a value
}

// TrialFolder returns the folder of a trial's run.
func TrialFolder(folder string, trial int) string {
	return filepath.Join(folder, fmt.Sprintf("trial-%03d", trial))
}

// OtherError says that a folder has a search with other settings.
type OtherError struct{ Folder string }

func (e *OtherError) Error() string {
	return e.Folder + " has a search with other settings (" + RecipeFile + ")"
}

// Run runs trials until there are as many as c.Trials. If ctx ends, the trials that run are saved, and Run returns ctx's
// error; the next Run continues them. The result has all trials, also with an error.
func Run(ctx context.Context, c Config) (*Result, error) {
	s := &searcher{Config: c}
	if err := s.begin(ctx); err != nil {
		return &s.result, err
	}
	base, err := c.Recipe(nil)
	if err != nil {
		return &s.result, err
	}
	halving := c.Halving
	if halving != nil && halving.MinEpochs == 0 { // so that a trial is compared after 1/27, 1/9 and 1/3 of its epochs
		halving = &tune.Halving{MinEpochs: (s.epochs + 26) / 27, Factor: halving.Factor}
	}
	if err := c.checkStudy(); err != nil {
		return &s.result, err
	}
	study, err := tune.Open(filepath.Join(c.Folder, StudyFile), tune.Config{
		Space: c.Space, Maximize: s.result.Maximize, Seed: base.Seed, Sampler: c.Sampler, Halving: halving,
	})
	if err != nil {
		return &s.result, err
	}
	s.study = study
	err = study.Run(ctx, c.Trials, c.Parallel, s.trial)
	err = errors.Join(err, s.update(), study.Close())
	return &s.result, err
}

// checkStudy returns an error if the folder has trials, and the study that lists them is lost.
func (c *Config) checkStudy() error {
	if _, err := os.Stat(TrialFolder(c.Folder, 0)); err != nil {
		return nil
	}
	path := filepath.Join(c.Folder, StudyFile)
	_, trials, err := tune.Read(path)
	if err == nil && len(trials) == 0 {
		err = fmt.Errorf("%s has no trials, and %s is one", path, TrialFolder(c.Folder, 0))
	}
	if err != nil {
		return message.Advise(err, "Restore the file, or choose another folder with --out.")
	}
	return nil
}

type searcher struct {
	Config
	study  *tune.Study
	mu     sync.Mutex // of the calls of Begun and Ended, and of update
	result Result
	epochs int // of a trial
}

// begin compares the configuration with that of the folder, or writes it, and finds out what is compared.
func (s *searcher) begin(ctx context.Context) error {
	r, err := s.Recipe(nil)
	if err != nil {
		return err
	}
	if s.Set.Folds(r) > 0 || r.Training.Refit {
		return errors.New("a search compares trials by one training each: leave out folds and refit, and use them with the best configuration")
	}
	path := filepath.Join(s.Folder, RecipeFile)
	old, err := os.ReadFile(path)
	switch {
	case err == nil && string(old) != string(r.YAML()):
		return &OtherError{s.Folder}
	case errors.Is(err, fs.ErrNotExist):
		if err := os.MkdirAll(s.Folder, 0o777); err != nil {
			return err
		}
		if err := write(path, r.YAML()); err != nil {
			return err
		}
	case err != nil:
		return err
	}
	training := s.Training
	training.Recipe = r
	p, err := s.Set.Open(ctx, training)
	if err != nil {
		return err
	}
	s.result.Monitor, s.result.Maximize = monitor(r, p)
	s.epochs = r.Training.Epochs
	if p.Validation == nil {
		err = errors.New("the training has no validation data, by which trials could be compared")
	}
	return errors.Join(err, p.Close())
}

// monitor returns the measure that decides which epoch, and which trial, is the best, and whether it is to be large.
func monitor(r *recipe.Recipe, p *task.Problem) (name string, maximize bool) {
	switch name = r.Training.Monitor; {
	case name == "" && p.Classes > 0 || name == "accuracy":
		return "accuracy", true
	case name == "" || name == "loss":
		return "loss", false
	}
	for _, m := range p.Metrics {
		if m.Name() == name {
			return name, m.Maximizes()
		}
	}
	return name, false
}

// trial trains a trial and returns its value.
func (s *searcher) trial(ctx context.Context, a *tune.Attempt) (value float64, err error) {
	s.call(s.Begun, a.Trial)
	value, err = s.train(ctx, a)
	ended := a.Trial
	switch {
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return 0, err
	case errors.Is(err, tune.ErrPruned):
		ended.State, ended.Value = tune.Pruned, ended.Reports[len(ended.Reports)-1]
	case err != nil:
		ended.State, ended.Error = tune.Failed, err.Error()
	default:
		ended.State, ended.Value = tune.Complete, value
		if err := s.keep(ended); err != nil {
			return 0, err
		}
	}
	s.call(s.Ended, ended)
	return value, err
}

func (s *searcher) call(f func(tune.Trial), t tune.Trial) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f != nil {
		f(t)
	}
}

func (s *searcher) train(ctx context.Context, a *tune.Attempt) (float64, error) {
	folder := TrialFolder(s.Folder, a.Number)
	r, err := s.Recipe(a.Values)
	if err != nil {
		return 0, err
	}
	prune := &pruner{attempt: a, monitor: s.result.Monitor, epochs: r.Training.Epochs}
	if n := len(a.Reports); n > 0 { // if it was to be stopped before the process was killed, it is now
		if err := prune.report(n, a.Reports[n-1]); errors.Is(err, train.ErrStop) {
			return 0, tune.ErrPruned
		} else if err != nil {
			return 0, err
		}
	}
	c := s.Training
	c.Recipe, c.Out, c.NoReport = r, folder, true
	c.Callbacks = append([]train.Callback{prune}, c.Callbacks...)
	if _, opened := runs.Open(folder); opened == nil {
		_, err = s.Set.Resume(ctx, folder, r.Training.Epochs, c) // a finished one does not go on, whatever ended it
	} else {
		_, err = s.Set.Train(ctx, c)
	}
	var finished *task.FinishedError
	switch {
	case err != nil && !errors.As(err, &finished):
		return 0, err
	case prune.stopped:
		return 0, tune.ErrPruned
	case len(a.Reports) == 0:
		return 0, errors.New("the training ended within its first epoch")
	case s.result.Maximize:
		return slices.Max(a.Reports), nil
	}
	return slices.Min(a.Reports), nil
}

// pruner reports the epochs of a trial and ends it if the study says so.
type pruner struct {
	attempt *tune.Attempt
	monitor string
	epochs  int
	stopped bool
}

func (p *pruner) AfterStep(train.Progress) error { return nil }

func (p *pruner) AfterEpoch(e train.Epoch) error {
	value := task.Measure(e, p.monitor)
	if math.IsNaN(value) {
		return fmt.Errorf("epoch %d has no %s", e.Epoch, p.monitor)
	}
	return p.report(e.Epoch, value)
}

// report returns train.ErrStop if the trial is to be stopped. After its last epoch it is complete anyway.
func (p *pruner) report(epoch int, value float64) error {
	stop, err := p.attempt.Report(epoch, value)
	if err == nil && stop && epoch < p.epochs {
		p.stopped = true
		return train.ErrStop
	}
	return err
}

// keep writes the configuration of a trial if none is better.
func (s *searcher) keep(t tune.Trial) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	trials, err := s.study.Trials()
	if err != nil {
		return err
	}
	trials[t.Number] = t
	if tune.Rank(trials, s.result.Maximize)[0].Number != t.Number {
		return nil
	}
	return s.writeBest(t)
}

func (s *searcher) writeBest(t tune.Trial) error {
	text, err := os.ReadFile(filepath.Join(TrialFolder(s.Folder, t.Number), runs.ConfigFile))
	if err != nil {
		return err
	}
	return write(filepath.Join(s.Folder, BestFile), text)
}

// update fills in the result, and writes the configuration of the best trial once more: a process that was killed
// between the end of a trial and that may have left an older one.
func (s *searcher) update() (err error) {
	if s.result.Trials, err = s.study.Trials(); err != nil {
		return err
	}
	if ranked := tune.Rank(s.result.Trials, s.result.Maximize); len(ranked) > 0 && ranked[0].State == tune.Complete {
		s.result.Best = &ranked[0]
		return s.writeBest(ranked[0])
	}
	return nil
}

func write(path string, text []byte) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}
