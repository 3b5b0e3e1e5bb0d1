// Package texts is the task of sorting texts into classes: the rows of a table with a column of texts and a column of
// classes.
package texts

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/internal/readable"
	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/tabular/parquet"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/message"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/text"
	"github.com/lamina-ml/lamina/train"
)

// Task is the task "texts".
type Task struct{}

// Name returns "texts".
func (Task) Name() string { return "texts" }

// dataOptions are the options of the data.
type dataOptions struct {
	Path       string  `yaml:"path" flag:"data" doc:"a table with a row for each text: CSV, TSV, JSON lines or Parquet"`
	Text       string  `yaml:"text" flag:"text" doc:"the column of the texts"`
	Target     string  `yaml:"target" flag:"target" doc:"the column of the classes"`
	Length     int     `yaml:"length" default:"256" min:"1" max:"8192" flag:"length" doc:"the most tokens that are read of a text"`
	Vocabulary int     `yaml:"vocabulary" default:"20000" min:"100" max:"1e6" flag:"vocabulary" doc:"the most tokens of a new tokenizer"`
	Validation float64 `yaml:"validation" default:"0.15" above:"0" max:"0.5" doc:"the part of the texts that chooses the best epoch"`
	Test       float64 `yaml:"test" default:"0.15" min:"0" max:"0.5" doc:"the part of the texts that is tested at the end"`
}

// Check returns an error if the parts leave nothing to train.
func (d *dataOptions) Check() error {
	if d.Validation+d.Test >= 1 {
		return fmt.Errorf("validation %v and test %v leave no texts to train", d.Validation, d.Test)
	}
	return nil
}

// Register adds the task and its models.
func (Task) Register(r *recipe.Registry) {
	r.Add(recipe.Tasks, recipe.Entry{Name: "texts", Doc: "sorts texts into classes", Options: &dataOptions{}, Recipe: `
model: bag
loss: cross-entropy
optimizer: adamw
schedule: cosine
training: {batch: 32, clip_norm: 1}
metrics: [f1]
`})
	registerModels(r)
}

// Recognize accepts tables, whatever the file is called, of which the user named the column of the texts.
func (Task) Recognize(t task.Target) (map[string]string, bool) {
	if t.Folder || t.Given == nil || !t.Given("data.text") || !t.Exists && !parquet.IsTable(t.Path) {
		return nil, false
	}
	return map[string]string{"data.path": t.Path}, true
}

// preparation is what a run needs besides the weights and the tokenizer: preparation.json.
type preparation struct {
	Classes []string           `json:"classes"`
	Text    string             `json:"text"`   // the column of the texts
	Target  string             `json:"target"` // the column of the classes
	Length  int                `json:"length"`
	BERT    *models.BERTConfig `json:"bert,omitempty"`
	Digest  string             `json:"digest"` // of the texts and their classes
}

// The files of a run.
const (
	preparationFile = "preparation.json"
	tokenizerFile   = "tokenizer.json"
)

// complete returns an error if the file or one of the columns is not named.
func (d *dataOptions) complete(r *recipe.Recipe) error {
	for _, option := range []struct{ path, value, what string }{
		{"data.path", d.Path, "file"}, {"data.text", d.Text, "column of the texts: use --text"},
		{"data.target", d.Target, "column of the classes: use --target"},
	} {
		if option.value == "" {
			return r.Errorf(option.path, "there is no %s", option.what)
		}
	}
	return nil
}

// Open reads the texts and builds the network.
func (Task) Open(ctx context.Context, o task.Opening) (*task.Problem, error) {
	r := o.Recipe
	d := r.Data.(*dataOptions)
	if err := d.complete(r); err != nil {
		return nil, err
	}
	var err error
	if d.Path, err = filepath.Abs(d.Path); err != nil { // a resumed run must find it from another working directory too
		return nil, err
	}
	all, err := read(ctx, message.ShortPath(d.Path), d.Text, d.Target, nil)
	if err != nil {
		return nil, err
	}
	sets, err := all.split(*d, r.Seed)
	if err != nil {
		return nil, err
	}
	p := preparation{Classes: all.classes, Text: d.Text, Target: d.Target, Length: d.Length, Digest: all.digest()}
	if o.Run != nil {
		var old preparation
		if err := o.Run.ReadJSON(preparationFile, &old); err != nil {
			return nil, err
		}
		if old.Digest != p.Digest {
			return nil, message.Advise(fmt.Errorf("the texts in %s are not those that the run %s started with", all.path, o.Run.Folder),
				"Restore the file, or start a new run.")
		}
	}
	g := r.NewGenerator()
	net, tok, err := open(r.Model, g, &p, sets[0], d.Vocabulary)
	if err != nil {
		return nil, r.Errorf("model", "%v", err)
	}
	nn.To(net, o.Device)
	out, err := problem(o, p, net, tok, sets, g)
	if err == nil && all.left > 0 {
		out.Lines = append(out.Lines,
			task.Line{Name: "left out", Text: readable.Count(all.left, "row") + " without a text or without a class"})
	}
	return out, err
}

// problem returns the problem of texts that have been read.
func problem(o task.Opening, p preparation, net nn.Module, tok *text.Tokenizer, sets []*text.TextList,
	g *rng.Torch) (*task.Problem, error) {
	r := o.Recipe
	m := &Model{network: net, tokenizer: tok, device: o.Device, data: *r.Data.(*dataOptions), preparation: p, recipe: r,
		batch: r.Training.Batch, seed: r.Seed}
	padded := text.NewPadded(sets[0], m.padded())
	lengths, err := padded.Lengths()
	if err != nil {
		return nil, err
	}
	out := &task.Problem{
		// Texts of similar length share a batch, so little is padded.
		Train: data.NewLoader(padded, data.LoaderConfig{BatchSampler: &text.BucketSampler{Lengths: lengths, BatchSize: r.Training.Batch},
			RNG: g, Device: o.Device, Workers: r.Training.Workers}),
		Validation: m.loader(sets[1]), Model: net, Classes: len(p.Classes), Digest: p.Digest,
		Lines: []task.Line{
			{Name: "network", Text: fmt.Sprintf("%s, %d tokens, %d parameters", r.Model.Name, tok.VocabSize(), nn.Count(net))},
			{Name: "data", Text: fmt.Sprintf("%d classes (%s); %d texts to train, %d to choose the best epoch, %d to test", len(p.Classes), task.Some(p.Classes),
				sets[0].Len(), sets[1].Len(), sets[2].Len())},
		},
		Save: func(run *runs.Run) error {
			if err := tok.Save(run.Path(tokenizerFile)); err != nil {
				return err
			}
			return run.WriteJSON(preparationFile, p)
		},
	}
	out.Finish = func(ctx context.Context, run *runs.Run, _ *train.History) (*task.Report, error) {
		test, part := tested(sets)
		report, err := m.evaluate(ctx, test, part)
		if err != nil {
			return nil, err
		}
		report.Part = part
		report.Next = [][]string{{"predict", "RUN", excerpt(test.Texts[0])}, {"show", "RUN", excerpt(test.Texts[0])},
			{"evaluate", "RUN", "--report"}}
		return report, nil
	}
	return out, nil
}

// excerpt returns the first words of a text, on one line.
func excerpt(s string) string {
	words := strings.Fields(s)
	return strings.Join(words[:min(len(words), 8)], " ")
}

// Views returns the view of attention for the networks that have some.
func (Task) Views(r *recipe.Recipe) []task.View {
	switch r.Model.Options.(type) {
	case *transformer, *bert:
		return []task.View{task.Attention}
	}
	return nil
}

// Load reads the network of a run.
func (Task) Load(ctx context.Context, o task.Loading) (task.Model, error) {
	m := &Model{device: o.Device, recipe: o.Recipe, data: *o.Recipe.Data.(*dataOptions), batch: o.Recipe.Training.Batch,
		seed: o.Recipe.Seed}
	if err := o.Run.ReadJSON(preparationFile, &m.preparation); err != nil {
		return nil, err
	}
	p, path := m.preparation, o.Run.Path(preparationFile)
	if len(p.Classes) < 2 || len(p.Classes) > task.MaxClasses || p.Length < 1 {
		return nil, fmt.Errorf("%s: %d classes and %d tokens, want 2 to %d classes and at least 1 token", path,
			len(p.Classes), p.Length, task.MaxClasses)
	}
	var err error
	if m.tokenizer, err = text.LoadTokenizer(o.Run.Path(tokenizerFile)); err != nil {
		return nil, err
	}
	info, err := os.Stat(o.Weights)
	if err != nil {
		return nil, err
	}
	if m.network, err = build(o.Recipe.Model, rng.NewTorch(0), p, m.tokenizer, info.Size()); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := safetensors.LoadModel(o.Weights, m.network); err != nil {
		return nil, fmt.Errorf("the model %s: %w", o.Recipe.Model.Name, err)
	}
	nn.To(m.network, o.Device)
	return m, nil
}

// Model is the network of a run.
type Model struct {
	network     nn.Module
	tokenizer   *text.Tokenizer
	device      tensor.Device
	recipe      *recipe.Recipe
	data        dataOptions
	preparation preparation
	batch       int
	seed        uint64
}

// Module returns the network, for token ids (N, T) that are padded with the id of [PAD].
func (m *Model) Module() nn.Module { return m.network }

// Example returns a text of padding, for summaries.
func (m *Model) Example() []any {
	return []any{tensor.Full(float64(paddingOf(m.tokenizer)), 1, min(16, m.preparation.Length)).Cast(tensor.Int64)}
}

// Classes returns the names of the classes.
func (m *Model) Classes() []string { return m.preparation.Classes }

// Tokenizer returns what makes token ids of a text.
func (m *Model) Tokenizer() *text.Tokenizer { return m.padded() }

// BERT returns the encoder of the network; nil if the network has none.
func (m *Model) BERT() *models.BERT {
	if c, ok := m.network.(*classifier); ok {
		return c.BERT
	}
	return nil
}

// padded returns the tokenizer, cutting and padding texts.
func (m *Model) padded() *text.Tokenizer {
	truncated := m.tokenizer.WithTruncation(text.Truncation{MaxLength: m.preparation.Length})
	return truncated.WithPadding(text.Padding{ID: paddingOf(m.tokenizer), Token: "[PAD]"})
}

// paddingOf returns the id of the padding.
func paddingOf(t *text.Tokenizer) int32 {
	id, _ := t.TokenID("[PAD]") // 0, if there is none
	return id
}

// loader returns a loader of texts, in order.
func (m *Model) loader(texts text.Texts) *data.Loader {
	return data.NewLoader(text.NewPadded(texts, m.padded()), data.LoaderConfig{BatchSize: m.batch, Device: m.device})
}

// TestData returns the texts that the run tested.
func (m *Model) TestData(ctx context.Context) (data.Dataset, error) {
	set, _, err := m.testSet(ctx, "")
	if err != nil {
		return nil, err
	}
	return text.NewPadded(set, m.padded()), nil
}

// tested returns the test texts, and their name in reports; those of the validation if there are no others.
func tested(sets []*text.TextList) (set *text.TextList, part string) {
	if sets[2].Len() == 0 {
		return sets[1], "validation"
	}
	return sets[2], "test"
}

// testSet returns the test texts of the run's data, or all texts in another file, and their name in reports.
func (m *Model) testSet(ctx context.Context, path string) (set *text.TextList, part string, err error) {
	p := m.preparation
	if path != "" {
		all, err := read(ctx, path, p.Text, p.Target, p.Classes)
		if err != nil {
			return nil, "", err
		}
		return &text.TextList{Texts: all.texts, Labels: ints(all.labels)}, "given", nil
	}
	all, err := read(ctx, message.ShortPath(m.data.Path), p.Text, p.Target, nil)
	if err != nil {
		return nil, "", message.Missing(err, "Put the file back, or name a file of texts with --data.")
	}
	if all.digest() != p.Digest {
		return nil, "", message.Advise(fmt.Errorf("the texts in %s have changed since the training", all.path),
			"Name the file of the test texts with --data.")
	}
	sets, err := all.split(m.data, m.seed)
	if err != nil {
		return nil, "", err
	}
	set, part = tested(sets)
	return set, part, nil
}

// evaluate evaluates the network on texts, which are called part, such as "test".
func (m *Model) evaluate(ctx context.Context, set *text.TextList, part string) (*task.Report, error) {
	return task.EvaluateClasses(ctx, m.network, m.loader(set), m.Classes(), part+" texts", m.recipe)
}
