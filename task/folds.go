package task

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lamina-ml/lamina/internal/readable"
	"github.com/lamina-ml/lamina/plots"
	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
)

// CrossValidated is implemented by tasks that divide their data into folds. [Set.Train] trains a recipe that is for all
// folds as a cross-validation: a run whose folder has a run for each fold, fold-1, fold-2, …
type CrossValidated interface {
	Task

	// Folds returns the number of folds if the recipe is for all of them, else 0.
	Folds(r *recipe.Recipe) int

	// SetFold makes r the recipe of fold k, from 1, whose data are the test of that training; 0 means all folds.
	SetFold(r *recipe.Recipe, k int)

	// Collect lets the model of each fold predict the data of that fold, and reports how good all these predictions are
	// together. It may write files of the task to the run.
	Collect(ctx context.Context, run *runs.Run, r *recipe.Recipe, folds []Model) (*Report, error)
}

// FoldsFile is the table of a cross-validation: a line with the results of each fold.
const FoldsFile = "folds.csv"

// FoldFolder returns the folder of fold k, from 1, of a cross-validation of some folds.
func FoldFolder(folder string, k, folds int) string {
	return filepath.Join(folder, fmt.Sprintf("fold-%0*d", len(strconv.Itoa(folds)), k))
}

// Folds returns the number of folds of a recipe that is for a cross-validation, else 0.
func (s *Set) Folds(r *recipe.Recipe) int {
	if t, ok := s.crossValidated(r); ok {
		return t.Folds(r)
	}
	return 0
}

func (s *Set) crossValidated(r *recipe.Recipe) (CrossValidated, bool) {
	t, err := s.Task(r.Task)
	if err != nil {
		return nil, false
	}
	v, ok := t.(CrossValidated)
	return v, ok && v.Folds(r) > 0
}

// FoldsError says that a run is a cross-validation, where a single network is needed.
type FoldsError struct {
	Folder string
	Folds  int
}

func (e *FoldsError) Error() string {
	return fmt.Sprintf("the run %s is a cross-validation: it has %d networks, one for each fold", e.Folder, e.Folds)
}

// LoadFolds reads the models of a cross-validation, as [Set.Load] reads that of one run. They must all be trained.
func (s *Set) LoadFolds(ctx context.Context, folder, weights string, d tensor.Device) ([]Model, Call, error) {
	run, err := runs.Open(folder)
	if err != nil {
		return nil, Call{}, err
	}
	r, _, err := s.ReadRecipe(run)
	if err != nil {
		return nil, Call{}, err
	}
	n := s.Folds(r)
	if n == 0 {
		return nil, Call{}, fmt.Errorf("the run %s is not a cross-validation", folder)
	}
	models, err := s.foldModels(ctx, run, n, weights, d)
	return models, newCall(run, r, d), err
}

func (s *Set) foldModels(ctx context.Context, run *runs.Run, folds int, weights string, d tensor.Device) ([]Model, error) {
	var models []Model
	for k := range folds {
		folder := FoldFolder(run.Folder, k+1, folds)
		if fold, err := runs.Open(folder); err != nil || !fold.Has(runs.LastFile) {
			return nil, unfinished(run)
		}
		m, _, err := s.Load(ctx, folder, weights, d)
		if err != nil {
			return nil, err
		}
		models = append(models, m)
	}
	return models, nil
}

// crossValidate trains a new cross-validation.
func (s *Set) crossValidate(ctx context.Context, c *Config, t CrossValidated) (*Result, error) {
	n := t.Folds(c.Recipe)
	first := *c
	first.Recipe = c.Recipe.Clone()
	t.SetFold(first.Recipe, 1)
	p, err := s.open(ctx, &first, nil) // chooses the values of the recipe: all folds get the same
	if err != nil {
		return nil, err
	}
	if err := p.Close(); err != nil {
		return nil, err
	}
	t.SetFold(first.Recipe, 0)
	run, err := c.createRun()
	if err != nil {
		return nil, err
	}
	defer run.Unlock()
	os.Remove(run.Path(filepath.Dir(runs.BestFile))) // the weights are those of the folds
	if err := run.WriteFile(runs.ConfigFile, first.Recipe.YAML()); err != nil {
		return &Result{Run: run}, err
	}
	status := runs.Status{Task: c.Recipe.Task, Folds: n, Started: time.Now().UTC().Truncate(time.Millisecond), Digest: p.Digest}
	return s.trainFolds(ctx, c, t, run, status)
}

// resumeFolds continues a cross-validation, whose folder is locked.
func (s *Set) resumeFolds(ctx context.Context, c *Config, t CrossValidated, run *runs.Run, epochs int) (*Result, error) {
	status, err := run.Status()
	if err != nil {
		return nil, err
	}
	planned := c.Recipe.Training.Epochs
	if status.State == runs.Finished && epochs <= planned {
		return nil, &FinishedError{run.Folder, planned, ""}
	}
	if epochs > 0 && epochs != planned {
		c.Recipe.Training.Epochs = epochs
		if err := run.WriteFile(runs.ConfigFile, c.Recipe.YAML()); err != nil {
			return nil, err
		}
	}
	return s.trainFolds(ctx, c, t, run, status)
}

// trainFolds trains the folds that are not finished, and reports on all.
func (s *Set) trainFolds(ctx context.Context, c *Config, t CrossValidated, run *runs.Run, status runs.Status) (*Result, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	// The recipe is read from the file also in a new training, so that a resumed one is the same.
	r, _, err := s.trainingRecipe(run)
	if err != nil {
		return nil, err
	}
	n := t.Folds(r)
	status.State, status.Folds, status.Error = runs.Training, n, ""
	status.Metrics, status.Verdict = nil, "" // of a finished run that continues: its weights change
	if err := run.SetStatus(status); err != nil {
		return nil, err
	}
	for _, f := range []string{runs.ReportFile, runs.ConfusionFile, FoldsFile} {
		os.Remove(run.Path(f))
	}
	report, err := s.eachFold(ctx, c, t, run, r, &status, stop)
	if err == nil && report != nil {
		status.Metrics, status.Verdict = report.Metrics, report.Verdict
	}
	if err == nil {
		status.State = runs.Finished
		run.Append("finished", map[string]any{"metrics": status.Metrics, "verdict": status.Verdict})
		err = run.SetStatus(status)
	}
	if err != nil {
		fail(ctx, run, &status, err)
	}
	return &Result{Run: run, Report: report, Status: status}, err
}

func (s *Set) eachFold(ctx context.Context, c *Config, t CrossValidated, run *runs.Run, r *recipe.Recipe,
	status *runs.Status, stop context.CancelFunc) (*Report, error) {
	n := t.Folds(r)
	var folds []*runs.Run
	status.Fold = 0
	for k := 1; k <= n; k++ {
		fold := *c
		fold.Recipe, fold.Out, fold.fold, fold.digest = r.Clone(), FoldFolder(run.Folder, k, n), k, status.Digest
		t.SetFold(fold.Recipe, k)
		fold.Callbacks = append(slices.Clone(c.Callbacks), &relay{run: run, stop: stop, within: fold.Out})
		if k > 1 {
			fmt.Fprintln(c.Writer)
		}
		fmt.Fprintf(c.Writer, "fold %d of %d\n", k, n)
		result, err := s.trainOrResume(ctx, fold)
		var finished *FinishedError
		if err != nil && !errors.As(err, &finished) {
			return nil, fmt.Errorf("fold %d of %d: %w", k, n, err)
		}
		if result == nil {
			result = &Result{}
			if result.Run, err = runs.Open(fold.Out); err == nil {
				result.Status, err = result.Run.Status()
			}
			if err != nil {
				return nil, err
			}
		}
		fmt.Fprintln(c.Writer, result.Status.Verdict)
		folds = append(folds, result.Run)
		status.Fold = k
		if err := run.SetStatus(*status); err != nil {
			return nil, err
		}
	}
	if c.NoReport {
		return nil, nil
	}
	return s.reportFolds(ctx, c, t, run, r, folds)
}

// trainOrResume trains a run in the folder c.Out, or continues the one that is there.
func (s *Set) trainOrResume(ctx context.Context, c Config) (*Result, error) {
	if _, err := runs.Open(c.Out); err == nil {
		return s.Resume(ctx, c.Out, c.Recipe.Training.Epochs, c)
	}
	return s.Train(ctx, c)
}

// relay passes what a run is asked to do on to the training of a run within its folder.
type relay struct {
	run      *runs.Run
	stop     context.CancelFunc
	within   string // the folder of the run within
	listened time.Time
}

// AfterStep is the method of train.Callback.
func (l *relay) AfterStep(train.Progress) error {
	now := time.Now()
	if now.Sub(l.listened) < controlEvery {
		return nil
	}
	l.listened = now
	c, ok := l.run.TakeControl()
	if ok && c.LR > 0 {
		within, err := runs.Open(l.within)
		if err != nil {
			return err
		}
		if err := within.SetControl(runs.Control{LR: c.LR}); err != nil {
			return err
		}
	}
	if ok && c.Stop {
		l.stop()
	}
	return nil
}

// AfterEpoch is the method of train.Callback.
func (l *relay) AfterEpoch(train.Epoch) error { return nil }

// reportFolds writes the files of a finished cross-validation.
func (s *Set) reportFolds(ctx context.Context, c *Config, t CrossValidated, run *runs.Run, r *recipe.Recipe,
	folds []*runs.Run) (*Report, error) {
	models, err := s.foldModels(ctx, run, len(folds), "", c.Device)
	if err != nil {
		return nil, err
	}
	report, err := t.Collect(ctx, run, r, models)
	if err != nil {
		return nil, err
	}
	table, err := readFolds(folds)
	if err != nil {
		return nil, err
	}
	all := report.Verdict
	if report.Verdict, report.Metrics = table.verdict(), table.metrics(); report.Of != "" {
		report.Verdict = report.Of + ": " + report.Verdict
	}
	text := fmt.Sprintf("%s\n%s\nAll predictions together, each by the network that was trained without the row:\n%s\n\n%s", report.Summary(), table, all, report.Text)
	if err := run.WriteFile(runs.ReportFile, []byte(text)); err != nil {
		return nil, err
	}
	report.Notes = append([]string{"all folds together: " + all}, report.Notes...)
	if err := run.Write(FoldsFile, table.csv); err != nil {
		return nil, err
	}
	if err := run.Write(runs.CurvesFile, table.curves().Picture().WritePNG); err != nil {
		return nil, err
	}
	return report, writeConfusion(run, report)
}

// foldTable holds the results of the folds.
type foldTable struct {
	runs     []*runs.Run
	status   []runs.Status
	results  []runs.Results
	measures []string // the names of the metrics
}

func readFolds(folds []*runs.Run) (*foldTable, error) {
	t := &foldTable{runs: folds}
	for _, f := range folds {
		status, err := f.Status()
		if err != nil {
			return nil, err
		}
		results, err := f.Results()
		if err != nil {
			return nil, err
		}
		t.status, t.results = append(t.status, status), append(t.results, results)
		for name := range status.Metrics {
			if !slices.Contains(t.measures, name) {
				t.measures = append(t.measures, name)
			}
		}
	}
	slices.Sort(t.measures)
	return t, nil
}

// value returns a metric of a fold; NaN if it has none.
func (t *foldTable) value(fold int, name string) float64 {
	if v, ok := t.status[fold].Metrics[name]; ok {
		return v
	}
	return math.NaN()
}

// mean returns the mean of a metric over the folds that have it, and the sample standard deviation, which divides by
// n − 1.
func (t *foldTable) mean(name string) (mean, std float64) {
	n := 0.0
	for i := range t.runs {
		if v := t.value(i, name); !math.IsNaN(v) {
			n++
			d := v - mean
			mean += d / n
			std += d * (v - mean)
		}
	}
	if n == 0 {
		return math.NaN(), math.NaN()
	}
	return mean, math.Sqrt(std / max(n-1, 1))
}

func (t *foldTable) verdict() string {
	var parts []string
	for _, name := range t.measures {
		mean, std := t.mean(name)
		parts = append(parts, fmt.Sprintf("%s %s ± %s", printed(name), readable.Number(mean, 4), readable.Number(std, 2)))
	}
	return fmt.Sprintf("%s (mean ± standard deviation of %d folds)", strings.Join(parts, ", "), len(t.runs))
}

// printed returns the name of a metric for people: R² instead of r2.
func printed(name string) string {
	if name == "r2" || strings.HasPrefix(name, "r2_") {
		return "R²" + strings.TrimPrefix(name, "r2")
	}
	return name
}

// metrics returns the means by the names of the metrics, and the standard deviations with _std behind them.
func (t *foldTable) metrics() map[string]float64 {
	m := map[string]float64{}
	for _, name := range t.measures {
		m[name], m[name+"_std"] = t.mean(name)
	}
	return m
}

// String returns the table for people.
func (t *foldTable) String() string {
	var b strings.Builder
	line := func(first, second string, cell func(name string) string) {
		fmt.Fprintf(&b, "%-4s  %10s", first, second)
		for _, name := range t.measures {
			fmt.Fprintf(&b, "  %*s", max(8, len([]rune(name))), cell(name))
		}
		b.WriteByte('\n')
	}
	text := func(v float64) string { return readable.Number(v, 5) }
	line("fold", "best epoch", printed)
	for i, s := range t.status {
		line(strconv.Itoa(i+1), strconv.Itoa(s.BestEpoch), func(name string) string { return text(t.value(i, name)) })
	}
	line("mean", "", func(name string) string { mean, _ := t.mean(name); return text(mean) })
	line("std", "", func(name string) string { _, std := t.mean(name); return text(std) })
	fmt.Fprintf(&b, "std is the standard deviation of the folds around their mean (the sum of squares is divided by %d).\n", max(len(t.runs)-1, 1))
	return b.String()
}

// csv writes a line for each fold.
func (t *foldTable) csv(w io.Writer) error {
	c := csv.NewWriter(w)
	c.Write(slices.Concat([]string{"fold", "epochs", "best_epoch"}, t.measures))
	for i, s := range t.status {
		line := []string{strconv.Itoa(i + 1), strconv.Itoa(s.Epoch), strconv.Itoa(s.BestEpoch)}
		for _, name := range t.measures {
			cell := ""
			if v := t.value(i, name); !math.IsNaN(v) {
				cell = strconv.FormatFloat(v, 'g', -1, 64)
			}
			line = append(line, cell)
		}
		c.Write(line)
	}
	c.Flush()
	return c.Error()
}

// curves shows the folds over each other: the training loss, and the measure that chose the best epochs.
func (t *foldTable) curves() plots.Curves {
	monitor := t.status[0].Monitor
	panel := func(title string, columns ...string) plots.Panel {
		p := plots.Panel{X: "epoch", Y: title}
		for i, results := range t.results {
			for _, name := range columns {
				if y := results.Column(name); y != nil {
					p.Series = append(p.Series, plots.Series{Name: fmt.Sprintf("fold %d", i+1), X: results.Column("epoch"), Y: y})
					break
				}
			}
		}
		return p
	}
	c := plots.Curves{Title: fmt.Sprintf("%d folds", len(t.runs)), Panels: []plots.Panel{panel("training loss", "loss")}}
	if p := panel("validation "+monitor, "average_"+monitor, "validation_"+monitor); len(p.Series) > 0 {
		c.Panels = append(c.Panels, p)
	}
	return c
}
