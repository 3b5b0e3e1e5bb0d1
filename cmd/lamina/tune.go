package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lamina-ml/lamina/internal/readable"
	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/message"
	"github.com/lamina-ml/lamina/task/search"
	"github.com/lamina-ml/lamina/train"
	"github.com/lamina-ml/lamina/tune"
)

// tuning holds the flags of tune.
type tuning struct {
	describing
	where            computing
	ranges           []string
	trials, parallel int
	sampler, out     string
	noPruning        bool
}

func newTune() *cobra.Command {
	var t tuning
	cmd := &cobra.Command{
		Use:   "tune TARGET",
		Short: "Search for the best settings of a training",
		Long: `Search for the best settings of a training: train TARGET many times, each time with other values from given
ranges, and compare the results on the validation data. A range is

  optimizer.lr=log:1e-4..1e-1      numbers on a logarithmic scale
  model.dropout=0.0..0.5           numbers
  model.layers=1..4                whole numbers
  optimizer.name=adam,sgd          choices; model.hidden=[64],[128,64] for lists
  "optimizer.momentum=0.5..0.99 if optimizer.name=sgd"

The configuration (--config) can hold ranges, too, in "search:". Without any, the learning rate, the batch size
and what the model has of hidden sizes, dropout and weight decay are searched, around their values.

Values are chosen by TPE, which learns from the earlier trials, or at random. A trial is stopped if it is not
among the best third of the trials so far, after 1/27, 1/9 and 1/3 of its epochs (successive halving).

The search is a folder, runs/tune-NAME. A search that was interrupted or killed is continued by the same command; so
is a finished one with more --trials. Several processes may work on one search. Each trial is a run.`,
		Example: `  lamina tune mnist
  lamina tune mnist --trials 50 --search optimizer.lr=log:1e-4..1e-1 --search model.hidden=[128],[256,128]
  lamina tune --config houses.yaml --parallel 2`,
		Args: cobra.MaximumNArgs(1),
		RunE: t.run,
	}
	f := cmd.Flags()
	f.StringArrayVar(&t.ranges, "search", nil, "`range` of a setting, such as optimizer.lr=log:1e-4..1e-1; may be repeated")
	f.IntVar(&t.trials, "trials", 20, "number of trials, with those of earlier calls")
	f.IntVar(&t.parallel, "parallel", 1, "trials that train at a time")
	f.StringVar(&t.sampler, "sampler", "tpe", "how values are chosen: tpe or random")
	f.BoolVar(&t.noPruning, "no-pruning", false, "train each trial to its end")
	f.StringVarP(&t.out, "out", "o", "", "folder of the search (default runs/tune-NAME)")
	t.add(cmd)
	t.where.add(f)
	return cmd
}

func (t *tuning) run(cmd *cobra.Command, args []string) error {
	samplers := map[string]tune.Sampler{"tpe": tune.TPE{}, "random": tune.Random{}}
	switch {
	case len(args) == 0 && t.config == "":
		return message.Usagef("tune needs to know what to train on: %s; try: lamina tune mnist", targets)
	case t.trials < 1 || t.trials > 1e6:
		return message.Usagef("--trials %d: want 1 to 1000000", t.trials)
	case t.parallel < 1 || t.parallel > 1024:
		return message.Usagef("--parallel %d: want 1 to 1024", t.parallel)
	case samplers[t.sampler] == nil:
		return message.Usagef("--sampler %s: want tpe or random", t.sampler)
	}
	device, err := t.where.open()
	if err != nil {
		return err
	}
	base, name, err := t.recipe(cmd, args)
	if err != nil {
		return err
	}
	space, err := t.space(base)
	if err != nil {
		return err
	}
	c := search.Config{
		Set: tasks(), Space: space, Trials: t.trials, Parallel: t.parallel, Sampler: samplers[t.sampler], Folder: t.out,
		Recipe:   func(v tune.Values) (*recipe.Recipe, error) { return t.with(cmd, args, v) },
		Training: task.Config{Device: device, Describe: t.where.describe(device)},
	}
	if c.Folder == "" {
		c.Folder = filepath.Join(runs.DefaultFolder, "tune-"+name)
	}
	if !t.noPruning {
		c.Halving = &tune.Halving{}
	}
	first := tune.Random{}.Suggest(space, nil, rand.New(rand.NewPCG(base.Seed, 0)))
	if _, err := c.Recipe(first); err != nil { // a setting that does not exist, or values that it does not accept
		return typed(err)
	}
	graceful.Store(true)
	w := cmd.OutOrStdout()
	for i, p := range space {
		fmt.Fprintf(w, "%-9s %v\n", map[bool]string{true: "search:"}[i == 0], p)
	}
	fmt.Fprintf(w, "%-9s %d, %s%s\n%-9s %s\n\n", "trials:", t.trials, t.sampler,
		map[bool]string{false: ", successive halving"}[t.noPruning], "folder:", c.Folder)
	if t.parallel == 1 && isTerminal(w) && isTerminal(cmd.ErrOrStderr()) {
		bar := &barReporter{lines: noLines{}, w: cmd.ErrOrStderr()}
		c.Training.Reporter = bar
		defer bar.clear()
	}
	c.Ended = func(x tune.Trial) { fmt.Fprintln(w, trialLine(space, x, t.trials)) }
	result, err := search.Run(cmd.Context(), c)
	var other *search.OtherError
	switch {
	case errors.As(err, &other):
		return message.Advise(err, "Choose another folder with --out, or give the settings of that search.")
	case errors.Is(err, context.Canceled):
		return message.Advise(err, "The search is saved. The same command continues it.")
	case err != nil:
		return advised(typed(err))
	}
	return finishTune(w, c, result)
}

// with returns the recipe of a trial: the configuration that the command line describes, with the values of the trial.
// The file of --config was read before the first one, so that all have the same, also if it is edited meanwhile.
func (t *tuning) with(cmd *cobra.Command, args []string, v tune.Values) (*recipe.Recipe, error) {
	d := t.describing
	d.trial = nil
	for _, name := range slices.Sorted(maps.Keys(v)) { // a name such as optimizer.lr follows optimizer.name or belongs to the preset
		d.trial = append(d.trial, name+"="+v[name])
	}
	slices.SortStableFunc(d.trial, func(a, b string) int { return choiceOrder(a) - choiceOrder(b) })
	r, _, err := d.recipe(cmd, args)
	return r, err
}

// choiceOrder orders the names of choices before their options: setting a choice forgets its options.
func choiceOrder(set string) int {
	path, _, _ := strings.Cut(set, "=")
	if strings.HasSuffix(path, ".name") || !strings.Contains(path, ".") {
		return 0
	}
	return 1
}

// space returns the ranges of the flags, those of the configuration that no flag replaces, or else the default ones.
func (t *tuning) space(r *recipe.Recipe) (tune.Space, error) {
	ranges := maps.Clone(r.Search)
	if ranges == nil {
		ranges = map[string]string{}
	}
	for _, text := range t.ranges {
		name, value, ok := strings.Cut(text, "=")
		if !ok {
			return nil, message.Usagef("--search %s: want NAME=RANGE, such as optimizer.lr=log:1e-4..1e-1", text)
		}
		ranges[name] = value
	}
	if len(ranges) == 0 {
		return search.DefaultSpace(r)
	}
	var space tune.Space
	for _, name := range slices.Sorted(maps.Keys(ranges)) {
		p, err := tune.ParseParam(name, ranges[name])
		if err != nil {
			return nil, &message.UsageError{Err: err}
		}
		space = append(space, p)
	}
	space = space.Sorted()
	if err := space.Check(); err != nil {
		return nil, &message.UsageError{Err: err}
	}
	return space, nil
}

// trialLine returns a line such as "trial-002 (3/20): 0.9712 after 5 epochs; optimizer.lr=0.00123".
func trialLine(space tune.Space, x tune.Trial, trials int) string {
	text := ""
	switch x.State {
	case tune.Failed:
		text = "failed: " + x.Error
	case tune.Pruned:
		text = fmt.Sprintf("%s, stopped after %s", readable.Number(x.Value, 5), readable.Count(len(x.Reports), "epoch"))
	default:
		text = fmt.Sprintf("%s after %s", readable.Number(x.Value, 5), readable.Count(len(x.Reports), "epoch"))
	}
	var values []string
	for _, p := range space {
		if v, ok := x.Values[p.Name]; ok {
			values = append(values, p.Name+"="+v)
		}
	}
	return fmt.Sprintf("trial-%03d (%d/%d): %s; %s", x.Number, x.Number+1, trials, text, strings.Join(values, ", "))
}

// finishTune prints the leaderboard and what to do next.
func finishTune(w io.Writer, c search.Config, r *search.Result) error {
	goal := "smallest"
	if r.Maximize {
		goal = "largest"
	}
	after := ""
	if slices.ContainsFunc(r.Trials, func(t tune.Trial) bool { return t.State != tune.Complete }) {
		after = ", then those that were stopped early, whose values are of fewer epochs, and those that failed"
	}
	fmt.Fprintf(w, "\nThe trials that were trained to their end, by the %s validation %s%s:\n\n%s", goal, r.Monitor, after,
		tune.Leaderboard(c.Space, r.Trials, r.Maximize, 10))
	if r.Best == nil {
		return errors.New("no trial was trained to its end")
	}
	best := filepath.Join(c.Folder, search.BestFile)
	fmt.Fprintf(w, "\nThe best configuration: %s\n\nNext:\n", best)
	fmt.Fprintf(w, "  %s\n", message.CommandLine("evaluate", message.PathArgument(search.TrialFolder(c.Folder, r.Best.Number))))
	fmt.Fprintf(w, "  %s\n", message.CommandLine("train", "--config", message.PathArgument(best)))
	return nil
}

// noLines is a reporter that prints nothing.
type noLines struct{}

func (noLines) Step(train.Progress)    {}
func (noLines) Epoch(train.Epoch, int) {}
