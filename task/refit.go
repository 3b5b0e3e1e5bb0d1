package task

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/lamina-ml/lamina/runs"
)

// Refitted is implemented by tasks that can train on their validation data, too: see Opening.Refit and training.refit.
//
// A run with training.refit is trained twice. The first training, in the folder [SelectionFolder] of the run's, finds the
// best epoch with the validation data. The second one begins anew, on training and validation data, and ends after so
// many epochs: its weights are the run's.
type Refitted interface {
	Task
	CanRefit()
}

// SelectionFolder is the folder, in that of a run with training.refit, of the training that found the number of epochs.
const SelectionFolder = "selection"

// refit trains a new run with training.refit.
func (s *Set) refit(ctx context.Context, c *Config) (*Result, error) {
	r := c.Recipe
	t, err := s.Task(r.Task)
	if err != nil {
		return nil, err
	}
	switch _, ok := t.(Refitted); {
	case !ok:
		return nil, r.Errorf("training.refit", "the task %s cannot train on its validation data", r.Task)
	case r.Schedule.Name == "plateau":
		return nil, r.Errorf("training.refit", "the second training has no validation data, which the schedule plateau needs")
	}
	first := *c
	first.Recipe = r.Clone()
	first.Recipe.Training.Refit = false
	p, err := s.open(ctx, &first, nil) // chooses the values of the recipe
	if err != nil {
		return nil, err
	}
	if err := p.Close(); err != nil {
		return nil, err
	}
	if p.Validation == nil {
		return nil, r.Errorf("training.refit", "there are no validation data that could be trained on")
	}
	if err := c.sameData(p); err != nil {
		return nil, err
	}
	first.Recipe.Training.Refit = true
	run, err := c.createRun()
	if err != nil {
		return nil, err
	}
	defer run.Unlock()
	if err := run.WriteFile(runs.ConfigFile, first.Recipe.YAML()); err != nil {
		return &Result{Run: run}, err
	}
	status := runs.Status{Task: r.Task, Epochs: first.Recipe.Training.Epochs,
		Started: time.Now().UTC().Truncate(time.Millisecond), Digest: p.Digest}
	return s.trainTwice(ctx, c, run, status)
}

// resumeRefit continues a run with training.refit, whose folder is locked.
func (s *Set) resumeRefit(ctx context.Context, c *Config, run *runs.Run, epochs int) (*Result, error) {
	status, err := run.Status()
	switch {
	case err != nil:
		return nil, err
	case status.State == runs.Finished && epochs <= c.Recipe.Training.Epochs:
		return nil, &FinishedError{Folder: run.Folder}
	case epochs > 0 && epochs != c.Recipe.Training.Epochs:
		return nil, fmt.Errorf("the run %s chooses its number of epochs (training.refit): start a new run instead", run.Folder)
	}
	return s.trainTwice(ctx, c, run, status)
}

// trainTwice makes what is left of both trainings.
func (s *Set) trainTwice(ctx context.Context, c *Config, run *runs.Run, status runs.Status) (*Result, error) {
	if status.State != runs.Training {
		status.State, status.Error = runs.Training, ""
		if err := run.SetStatus(status); err != nil {
			return nil, err
		}
	}
	p, err := s.selected(ctx, c, run, status)
	if err != nil {
		fail(ctx, run, &status, err)
		return &Result{Run: run, Status: status}, err
	}
	return s.fit(ctx, c, p, run)
}

// selected makes the first training, unless it is finished, and returns the problem of the second one, for which it sets
// the configuration.
func (s *Set) selected(ctx context.Context, c *Config, run *runs.Run, status runs.Status) (*Problem, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var err error
	if c.Recipe, _, err = s.trainingRecipe(run); err != nil {
		return nil, err
	}
	first := *c
	first.Recipe = c.Recipe.Clone()
	first.Out = filepath.Join(run.Folder, SelectionFolder)
	first.NoReport = true
	first.digest = status.Digest
	first.Recipe.Training.Refit = false
	first.Callbacks = append(slices.Clone(first.Callbacks), &relay{run: run, stop: stop, within: first.Out})
	_, err = s.trainOrResume(ctx, first)
	var finished *FinishedError
	if err != nil && !errors.As(err, &finished) {
		return nil, err
	}
	selection, err := runs.Open(first.Out)
	if err != nil {
		return nil, err
	}
	chosen, err := selection.Status()
	if err != nil {
		return nil, err
	}
	if c.refit = chosen.Epoch; c.Recipe.Training.KeepBest && chosen.BestEpoch > 0 {
		c.refit = chosen.BestEpoch
	}
	if c.refit == 0 {
		return nil, fmt.Errorf("the training in %s ended within its first epoch, so that it chose no number of epochs", first.Out)
	}
	var opened *runs.Run
	if run.Has(runs.CheckpointFile) { // it continues
		opened = run
	}
	p, err := s.open(ctx, c, opened)
	if err != nil {
		return nil, err
	}
	if status.Digest != "" && p.Digest != status.Digest { // it is empty if the training was killed before it wrote its state
		return nil, errors.Join(changedData(run.Folder), p.Close())
	}
	if opened == nil && p.Save != nil {
		if err := p.Save(run); err != nil {
			return nil, errors.Join(err, p.Close())
		}
	}
	fmt.Fprintf(c.Writer, "\nThe best epoch is %d. A new network trains as many epochs on the validation data, too.\n\n", c.refit)
	return p, nil
}
