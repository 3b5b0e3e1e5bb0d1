// Package table is the task of predicting columns of a table: classes or numbers.
package table

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/internal/readable"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/tabular"
	"github.com/lamina-ml/lamina/tabular/parquet"
	"github.com/lamina-ml/lamina/tabular/samples"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/message"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
)

// Task is the task "table".
type Task struct{}

// Name returns "table".
func (Task) Name() string { return "table" }

// dataOptions are the options of the data.
type dataOptions struct {
	Path       string            `yaml:"path" flag:"data" doc:"a file (CSV, TSV, JSON lines, each also with .gz, or Parquet), or a table that the program contains: iris, penguins, cars"`
	Target     []string          `yaml:"target" flag:"target" doc:"the columns to predict"`
	Columns    map[string]string `yaml:"columns" enum:"number,category,boolean,time,text,drop" doc:"kinds of columns that are not to be inferred"`
	Test       float64           `yaml:"test" default:"0.2" min:"0" max:"0.9" doc:"the part of the rows for the test of the finished model"`
	Validation float64           `yaml:"validation" default:"0.1" min:"0" max:"0.9" doc:"the part of the rows that chooses the best epoch"`
	Split      string            `yaml:"split" default:"auto" enum:"auto,random,stratified" doc:"how rows are divided: stratified keeps the proportions of the classes; auto does that for one target with classes"`
	Group      string            `yaml:"group" doc:"a column: rows with an equal value, such as those of a patient, stay together"`
	Time       string            `yaml:"time" doc:"a column: the earliest rows train, the latest are the test"`
	Folds      int               `yaml:"folds" min:"0" max:"200" flag:"folds" doc:"cross-validation: divide the rows into so many parts, and train a network for each, which is tested on that part (instead of test); 0 means none"`
	Fold       int               `yaml:"fold" min:"0" max:"200" doc:"train the network of this fold alone, from 1; 0 means all"`
	Scaling    string            `yaml:"scaling" default:"standard" enum:"standard,quantile-normal,quantile-uniform,none" doc:"how numbers are scaled"`
	Missing    string            `yaml:"missing" default:"mean" enum:"mean,median" doc:"what replaces missing numbers"`
	OneHot     int               `yaml:"one_hot" default:"10" min:"-1" max:"10000" doc:"categories with at most so many values become one-hot, others embeddings; -1 means none"`
	Balanced   bool              `yaml:"balanced" doc:"rare classes count as much as frequent ones"`
	Comma      string            `yaml:"comma" doc:"the character between cells; empty means recognized"`
	Dates      string            `yaml:"dates" default:"auto" enum:"auto,mdy,dmy" doc:"dates such as 3/4/2025 are month/day/year (mdy) or day/month/year (dmy), where both fit a whole column; auto means mdy, with a warning"`
	Header     string            `yaml:"header" default:"auto" enum:"auto,yes,no" doc:"whether the first line names the columns"`
}

// Check returns an error for options that exclude each other.
func (d *dataOptions) Check() error {
	wrong := func(option, format string, args ...any) error {
		return &recipe.Error{Path: option, Msg: fmt.Sprintf(format, args...)}
	}
	switch {
	case d.Group != "" && d.Time != "":
		return wrong("time", "data.group and data.time exclude each other")
	case d.Folds == 1:
		return wrong("folds", "1 fold leaves no rows for training: want at least 2")
	case d.Fold > d.Folds:
		return wrong("fold", "there is no fold %d of %d: want 1 to data.folds, or 0 for all", d.Fold, d.Folds)
	case d.Folds > 0 && d.Time != "":
		return wrong("folds", "data.folds and data.time exclude each other")
	case d.Test+d.Validation >= 1:
		return wrong("test", "the parts %v for the test and %v for validation leave no rows for training", d.Test, d.Validation)
	case len(d.Comma) > 1:
		return wrong("comma", "%q, want one character", d.Comma)
	}
	return nil
}

// Register adds the task and its models.
func (Task) Register(r *recipe.Registry) {
	r.Add(recipe.Tasks, recipe.Entry{Name: "table",
		Doc: "predicts columns of a table from the other ones: classes or numbers", Options: &dataOptions{}, Recipe: `
model: mlp
optimizer: {name: adamw, lr: 0.003}
training: {clip_norm: 1, monitor: loss}
`})
	r.Add(recipe.Losses, recipe.Entry{Name: "joint",
		Doc:     "for several targets, some with classes: the sum of their cross-entropies and squared errors",
		Options: &joint{}, For: []string{"table"}})
	registerModels(r)
}

// Recognize accepts files of tables, files of any name if the user named the target, and the names of the sample
// tables.
func (Task) Recognize(t task.Target) (map[string]string, bool) {
	if s, ok := samples.Find(t.Path); ok && !t.Exists {
		values := map[string]string{"data.path": s.Name}
		if !t.Given("data.target") {
			values["data.target"] = s.Target
		}
		return values, true
	}
	if t.Folder || t.Given("data.text") {
		return nil, false
	}
	return map[string]string{"data.path": t.Path}, parquet.IsTable(t.Path) || t.Exists && t.Given("data.target")
}

// open opens the table that the options name.
func (d *dataOptions) open(path string) (tabular.Source, error) {
	if _, ok := samples.Find(path); ok {
		if _, err := os.Stat(path); err != nil {
			return samples.Open(path)
		}
	}
	return parquet.OpenTable(path, d.reading())
}

// inspect describes the columns of a table.
func (d *dataOptions) inspect(ctx context.Context, src tabular.Source) (*tabular.Profile, error) {
	p, err := tabular.Inspect(ctx, src)
	if err == nil && (d.Dates == "dmy" || d.Dates == "mdy") {
		p.SetDayFirst(d.Dates == "dmy")
	}
	return p, err
}

// reading returns how the file is read.
func (d *dataOptions) reading() tabular.Options {
	o := tabular.Options{Header: d.Header == "yes", NoHeader: d.Header == "no"}
	if d.Comma != "" {
		o.Comma = d.Comma[0]
	}
	return o
}

// preparationFile holds a run's tabular.Preparation.
const preparationFile = "preparation.json"

// problem is what Open finds out about a table.
type problem struct {
	*dataOptions
	src     tabular.Source
	profile *tabular.Profile
	schema  *tabular.Schema
	parts   tabular.Parts // 0 train, 1 validation, 2 test
	folds   tabular.Parts // the fold of each row, from 0; Unused for rows that are in no test
}

const (
	trainPart = iota
	validationPart
	testPart
)

// newProblem reads the table: columns, targets, parts.
func newProblem(ctx context.Context, r *recipe.Recipe) (*problem, error) {
	p := &problem{dataOptions: r.Data.(*dataOptions)}
	if p.Path == "" {
		return nil, r.Errorf("data.path", "no table is named, want a file")
	}
	if _, ok := samples.Find(p.Path); !ok {
		abs, err := filepath.Abs(p.Path) // a resumed run must find it from another working directory too
		if err != nil {
			return nil, err
		}
		p.Path = abs
	}
	var err error
	if p.src, err = p.open(message.ShortPath(p.Path)); err != nil {
		return nil, err
	}
	if p.profile, err = p.inspect(ctx, p.src); err != nil {
		return nil, err
	}
	if len(p.Target) == 0 {
		names := p.src.Columns()
		return nil, message.Advise(fmt.Errorf("which column of %s is to be predicted? Its columns are %s", p.src.Name(),
			strings.Join(names, ", ")),
			"Name it: --target %s", names[len(names)-1])
	}
	if err := p.chooseSchema(r); err != nil {
		return nil, err
	}
	if p.profile.Rows < 5 {
		return nil, fmt.Errorf("%s has %s, want at least 5", p.src.Name(), readable.Count(p.profile.Rows, "row"))
	}
	p.parts, err = p.split(ctx, r)
	return p, err
}

// chooseSchema sets what each column is: a target, a feature, or dropped for a reason.
func (p *problem) chooseSchema(r *recipe.Recipe) error {
	for _, target := range p.Target {
		if err := p.has(r, "data.target", target); err != nil {
			return err
		}
	}
	for _, column := range slices.Sorted(maps.Keys(p.Columns)) { // so that of several mistakes it is always the same
		if err := p.has(r, "data.columns."+column, column); err != nil {
			return err
		}
	}
	config, err := p.schemaConfig()
	if err != nil {
		return r.Errorf("data.columns", "%v", err)
	}
	reasons := map[string]string{}
	for name, reason := range earlierPredictions(p.src.Columns(), p.Target) {
		if config.Kinds[name] == tabular.Unknown && !slices.Contains(p.Target, name) {
			config.Kinds[name], reasons[name] = tabular.Drop, reason
		}
	}
	for _, c := range []struct{ path, column, reason string }{{"data.group", p.Group, "rows are grouped by it"},
		{"data.time", p.Time, "rows are divided by it"}} {
		if c.column == "" {
			continue
		}
		if err := p.has(r, c.path, c.column); err != nil {
			return err
		}
		if config.Kinds[c.column] == tabular.Unknown && !slices.Contains(p.Target, c.column) {
			config.Kinds[c.column], reasons[c.column] = tabular.Drop, c.reason
		}
	}
	if p.schema, err = p.profile.Schema(config); err != nil {
		return err
	}
	for i := range p.schema.Columns {
		if reason, ok := reasons[p.schema.Columns[i].Name]; ok {
			p.schema.Columns[i].Reason = reason
		}
	}
	return checkFeatures(p.schema, p.profile)
}

// has returns an error if the table has no column of a name, which is the value at a path of the recipe or its last part.
func (p *problem) has(r *recipe.Recipe, path, name string) error {
	var missing *tabular.Error
	if _, err := tabular.FindColumn(p.src, name); errors.As(err, &missing) {
		return r.Errorf(path, "%s: %s", missing.File, missing.Msg)
	}
	return nil
}

// split divides the rows into those for training, validation and test.
func (p *problem) split(ctx context.Context, r *recipe.Recipe) (tabular.Parts, error) {
	rows, seed := p.profile.Rows, r.Seed
	fractions := []float64{1 - p.Validation - p.Test, p.Validation, p.Test}
	if p.Time != "" {
		times, err := tabular.Times(ctx, p.src, *p.profile.Column(p.Time))
		if err != nil {
			return nil, err
		}
		return tabular.SplitByTime(times, fractions...), nil
	}
	var codes []int32
	var err error
	var folds, parts func() tabular.Parts
	switch {
	case p.Group != "":
		if codes, _, err = tabular.Classes(ctx, p.src, p.Group, true); err != nil {
			return nil, err
		}
		folds = func() tabular.Parts { return tabular.KFoldGrouped(codes, p.Folds) }
		parts = func() tabular.Parts { return tabular.SplitGrouped(codes, seed, fractions...) }
	case p.Split == "stratified" || p.Split == "auto" && len(p.Target) == 1 && p.targetKind(p.Target[0]) == tabular.Category:
		if codes, _, err = tabular.Classes(ctx, p.src, p.Target[0], false); err != nil {
			return nil, err
		}
		folds = func() tabular.Parts { return tabular.KFoldStratified(codes, seed, p.Folds) }
		parts = func() tabular.Parts { return tabular.SplitStratified(codes, seed, fractions...) }
	default:
		folds = func() tabular.Parts { return tabular.KFold(rows, seed, p.Folds) }
		parts = func() tabular.Parts { return tabular.SplitRandom(rows, seed, fractions...) }
	}
	if p.Folds == 0 {
		return parts(), nil
	}
	p.folds = folds()
	for k := range p.Folds {
		if p.folds.Count(k) == 0 {
			return nil, r.Errorf("data.folds", "%d folds are too many: fold %d has no rows", p.Folds, k+1)
		}
	}
	of := parts()
	if p.Group != "" {
		codes = nil // they are not classes
	}
	return p.foldParts(of, codes), nil
}

func (p *problem) targetKind(name string) tabular.Kind {
	i := slices.IndexFunc(p.schema.Columns, func(c tabular.Column) bool { return c.Name == name })
	return p.schema.Columns[i].Kind
}

// digest identifies a table by what is known of its columns.
func (p *problem) digest() string {
	profile := *p.profile
	profile.File = ""
	text, err := json.Marshal(profile)
	if err != nil {
		text = []byte(profile.String())
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

// Open reads the table, prepares it and builds the network.
func (Task) Open(ctx context.Context, o task.Opening) (*task.Problem, error) {
	r := o.Recipe
	p, err := newProblem(ctx, r)
	if err != nil {
		return nil, err
	}
	if o.Refit {
		for i, k := range p.parts {
			if k == validationPart {
				p.parts[i] = trainPart
			}
		}
	}
	prep := &tabular.Preparation{}
	if o.Run != nil {
		err = o.Run.ReadJSON(preparationFile, prep)
	} else {
		prep, err = tabular.Fit(ctx, p.src, p.schema, p.parts.Is(trainPart), tabular.PreparationConfig{
			Scaling: tabular.Scaling(p.Scaling), Median: p.Missing == "median", OneHot: p.OneHot})
	}
	if err != nil {
		return nil, err
	}
	sets, err := prep.Load(ctx, p.src, p.parts, tabular.LoadConfig{Parts: testPart + 1})
	if err != nil {
		return nil, err
	}
	closeAll := func() (err error) {
		for _, s := range sets {
			if e := s.Close(); err == nil {
				err = e
			}
		}
		return err
	}
	problem, err := p.build(o, prep, sets)
	if err != nil {
		closeAll()
		return nil, err
	}
	problem.Close = closeAll
	return problem, nil
}

func (p *problem) build(o task.Opening, prep *tabular.Preparation, sets []*tabular.Rows) (*task.Problem, error) {
	r := o.Recipe
	sizes(r, sets[trainPart].Len())
	g := r.NewGenerator()
	model, err := build(r, g, prep)
	if err != nil {
		return nil, r.Errorf("model", "%v", err)
	}
	if err := fitBins(model, sets[trainPart]); err != nil {
		return nil, err
	}
	nn.To(model, o.Device)
	problem := &task.Problem{
		Model: model, Digest: p.digest(), Classes: len(prep.Classes()),
		Train: data.NewLoader(sets[trainPart], data.LoaderConfig{BatchSize: r.Training.Batch, Sampler: sets[trainPart].Shuffle(), RNG: g,
			Workers: r.Training.Workers, Device: o.Device}),
		Save:  func(run *runs.Run) error { return run.WriteJSON(preparationFile, prep) },
		Lines: p.lines(prep, sets, model),
	}
	if sets[validationPart].Len() > 0 {
		problem.Validation = evaluationLoader(sets[validationPart], o.Device)
	}
	if err := setLoss(problem, r, prep, p.Balanced); err != nil {
		return nil, err
	}
	if problem.Metrics, err = targetMetrics(r, prep); err != nil {
		return nil, err
	}
	m := &Model{network: model, prep: prep, device: o.Device, data: *p.dataOptions, recipe: r}
	problem.Finish = func(ctx context.Context, _ *runs.Run, _ *train.History) (*task.Report, error) {
		set, name := sets[testPart], "test"
		if set.Len() == 0 {
			set, name = sets[validationPart], "validation"
		}
		if set.Len() == 0 {
			set, name = sets[trainPart], "training"
		}
		report, err := m.report(ctx, set, name, true)
		if err != nil {
			return nil, err
		}
		report.Part = name
		report.Next = [][]string{{"evaluate", "RUN", "--report"}, {"show", "RUN"}, {"predict", "RUN", p.newRows()}}
		folds := min(5, p.profile.Rows)
		if p.Group != "" {
			folds = min(folds, p.profile.Column(p.Group).Distinct)
		}
		if n := set.Len(); n < fewTestRows && p.Folds == 0 && p.Time == "" && folds > 1 {
			report.Notes = append(report.Notes, fmt.Sprintf("only %s: with folds, each row is tested once", readable.Count(n, name+" row")))
			report.Next = append([][]string{{"train", "--config", "RUN/" + runs.ConfigFile, "--folds", strconv.Itoa(folds)}}, report.Next...)
		}
		return report, nil
	}
	return problem, nil
}

// fewTestRows is the number of test rows below which a cross-validation is suggested: with fewer, an accuracy of 90% is
// uncertain by at least ±6%, twice its standard error.
const fewTestRows = 100

// sizes sets what depends on the number of training rows, unless the user did: batches, epochs, members, bins. Small tables
// get more members, which are cheap there. Patience is at least 16 epochs and 400 steps: the losses of a few validation
// rows vary much, and a best epoch that comes too early costs more than some seconds.
func sizes(r *recipe.Recipe, rows int) {
	batch, epochs, members := 32, 300, 16
	switch {
	case rows >= 1_000_000:
		batch, epochs, members = 4096, 5, 1
		r.Default("model.bins", "0", "speed for many rows")
	case rows >= 100_000:
		batch, epochs, members = 1024, 20, 4
	case rows >= 10_000:
		batch, epochs, members = 256, 60, 8
	case rows >= 2_000:
		batch, epochs, members = 128, 150, 8
	}
	source := fmt.Sprintf("%d training rows", rows)
	number := func(path string, n int) { r.Default(path, strconv.Itoa(n), source) }
	number("training.batch", batch)
	number("training.epochs", epochs)
	number("model.members", members)
	steps := max(1, rows/r.Training.Batch)
	number("training.patience", max(16, (400+steps-1)/steps))
	if rows >= 100_000 {
		number("training.workers", 2)
	}
}

func evaluationLoader(set data.Dataset, device tensor.Device) *data.Loader {
	return data.NewLoader(set, data.LoaderConfig{BatchSize: 1024, Device: device})
}

// Model is the network of a run with the preparation of its rows.
type Model struct {
	network nn.Module
	prep    *tabular.Preparation
	device  tensor.Device
	data    dataOptions
	recipe  *recipe.Recipe
	digest  string // of the table that the run was trained on
}

// Views returns the view of layers and neurons.
func (Task) Views(*recipe.Recipe) []task.View { return []task.View{task.Inside} }

// Load reads the network of a run.
func (Task) Load(_ context.Context, o task.Loading) (task.Model, error) {
	m := &Model{prep: &tabular.Preparation{}, device: o.Device, data: *o.Recipe.Data.(*dataOptions), recipe: o.Recipe}
	if err := o.Run.ReadJSON(preparationFile, m.prep); err != nil {
		return nil, err
	}
	status, err := o.Run.Status()
	if err != nil {
		return nil, err
	}
	m.digest = status.Digest
	if err := checkSize(o.Weights, o.Recipe, m.prep); err != nil {
		return nil, err
	}
	network, err := build(o.Recipe, rng.NewTorch(0), m.prep)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.Run.Path(runs.ConfigFile), err)
	}
	if err := safetensors.LoadModel(o.Weights, network); err != nil {
		return nil, fmt.Errorf("the model of %s: %w", o.Run.Path(runs.ConfigFile), err)
	}
	nn.Eval(network)
	nn.To(network, o.Device)
	m.network = network
	return m, nil
}

// Module returns the network, for prepared rows (N, features).
func (m *Model) Module() nn.Module { return m.network }

// Example returns a prepared row, for summaries.
func (m *Model) Example() []any {
	return []any{tensor.Zeros(1, m.prep.Numeric()+len(m.prep.Cardinalities()))}
}

// Classes returns the names of the classes, nil for numbers and several targets.
func (m *Model) Classes() []string { return m.prep.Classes() }

// Preparation returns the preparation of the rows.
func (m *Model) Preparation() *tabular.Preparation { return m.prep }

// TestData returns the prepared test rows of the run's table.
func (m *Model) TestData(ctx context.Context) (data.Dataset, error) {
	set, _, err := m.testRows(ctx)
	if err != nil {
		return nil, err
	}
	return set, nil
}

// testRows reads the test rows of the run's table, without any those for validation, or else those of the training, and
// says which. A changed table would be divided otherwise: its test rows may be ones that the training has seen.
func (m *Model) testRows(ctx context.Context) (set *tabular.Rows, name string, err error) {
	p, err := newProblem(ctx, m.recipe)
	if err != nil {
		return nil, "", message.Missing(err, "Put the file back, or name a file of rows with --data.")
	}
	if m.digest != "" && p.digest() != m.digest {
		return nil, "", message.Advise(fmt.Errorf("the rows of %s have changed since the training", p.src.Name()),
			"Name the file of the test rows with --data.")
	}
	refit := m.recipe.Training.Refit
	names := map[uint8]string{testPart: "test", validationPart: "validation", trainPart: "training"}
	for _, part := range []uint8{testPart, validationPart, trainPart} { // as the report of the training
		parts := make(tabular.Parts, len(p.parts))
		for i, k := range p.parts {
			if refit && k == validationPart { // was trained on
				k = trainPart
			}
			if k != part {
				parts[i] = tabular.Unused
			}
		}
		if parts.Count(0) == 0 {
			continue
		}
		sets, err := m.prep.Load(ctx, p.src, parts, tabular.LoadConfig{})
		if err != nil {
			return nil, "", err
		}
		if sets[0].Len() > 0 {
			return sets[0], names[part], nil
		}
		sets[0].Close()
	}
	return nil, "", fmt.Errorf("there are no rows with a target in %s", p.src.Name())
}
