// Package language is the task of training a language model on a text: it learns to predict each token from those before
// it, and then writes such texts.
package language

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/message"
	"github.com/lamina-ml/lamina/task/writing"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/text"
	"github.com/lamina-ml/lamina/train"
)

// Task is the task "language".
type Task struct{}

// Name returns "language".
func (Task) Name() string { return "language" }

// dataOptions are the options of the data.
type dataOptions struct {
	Path       string  `yaml:"path" doc:"a text in UTF-8"`
	Tokens     string  `yaml:"tokens" default:"chars" enum:"chars,bpe" flag:"tokens" doc:"what the network reads and writes: chars, or bpe (frequent parts of words)"`
	Vocabulary int     `yaml:"vocabulary" default:"1024" min:"257" max:"1e6" flag:"vocabulary" doc:"the most tokens of bpe"`
	Steps      int     `yaml:"steps" default:"250" min:"1" max:"1e9" flag:"steps" doc:"training steps of an epoch; after each epoch the network is tested and writes a sample"`
	Validation float64 `yaml:"validation" default:"0.1" above:"0" max:"0.5" doc:"the part of the text, at its end, that is not trained on"`
}

// The values of tokens.
const (
	charTokens = "chars" // each character of the text is a token
	bpeTokens  = "bpe"   // byte-pair encoding, trained on the text
)

// Register adds the task and its model.
func (Task) Register(r *recipe.Registry) {
	r.Add(recipe.Tasks, recipe.Entry{Name: "language", Doc: "a language model that writes texts like the one in a file",
		Options: &dataOptions{}, Recipe: `
model: gpt
loss: cross-entropy
optimizer: {name: adamw, betas: [0.9, 0.99], weight_decay: 0.1, decay: matrices}
schedule: {name: cosine, final: 0.1}
training: {epochs: 8, batch: 12, clip_norm: 1, monitor: loss}
`})
	r.Add(recipe.Models, recipe.Entry{Name: "gpt", Doc: "a transformer with the layers of GPT-2", Options: &gpt{},
		For: []string{"language"}})
}

// Recognize accepts texts.
func (Task) Recognize(t task.Target) (map[string]string, bool) {
	switch strings.ToLower(filepath.Ext(t.Path)) {
	case ".txt", ".text", ".md":
		return map[string]string{"data.path": t.Path}, !t.Folder
	}
	return nil, false
}

// tokenizerFile is the file of a run that holds its tokenizer.
const tokenizerFile = "tokenizer.json"

// preparation is preparation.json: the digest of the text.
type preparation struct {
	Digest string `json:"digest"`
}

const preparationFile = "preparation.json"

// Open reads the text and builds the network.
func (Task) Open(ctx context.Context, o task.Opening) (*task.Problem, error) {
	r := o.Recipe
	d, m := r.Data.(*dataOptions), r.Model.Options.(*gpt)
	if d.Path == "" {
		return nil, r.Errorf("data.path", "there is no text; want the path of a file")
	}
	if o := r.Origin("data.vocabulary"); d.Tokens != bpeTokens && r.Given("data.vocabulary") &&
		o.Line == 0 { // a written configuration has it
		return nil, r.Errorf("data.vocabulary", "the vocabulary of tokens %s is that of the text; it is for tokens %s", d.Tokens, bpeTokens)
	}
	if d.Steps > 1_000_000_000/r.Training.Epochs {
		return nil, r.Errorf("data.steps", "%d steps in each of %d epochs, want at most a billion in all", d.Steps, r.Training.Epochs)
	}
	if m.Width > 128 {
		r.Default("optimizer.lr", strconv.FormatFloat(4e-3*128/float64(m.Width), 'g', -1, 64), fmt.Sprintf("model.width %d", m.Width))
	} else {
		r.Default("optimizer.lr", "0.004", "default of language")
	}
	r.Default("schedule.warmup", strconv.Itoa(min(100, (r.Training.Epochs*d.Steps+9)/10)), "a tenth of the steps, at most 100")
	abs, err := filepath.Abs(d.Path) // a resumed run must find it from another working directory too
	if err != nil {
		return nil, err
	}
	tok, content, p, err := prepare(ctx, o, d)
	d.Path = abs
	if err != nil {
		return nil, err
	}
	vocabulary := tok.VocabSize()
	if _, err := m.parameters(vocabulary); err != nil {
		return nil, err
	}
	trained, heldOut, err := split(tok, content, d.Validation, m.Context)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", message.ShortPath(d.Path), err)
	}
	for i, c := range r.Metrics { // the others keep the scores of all tokens, or a matrix of all pairs of tokens
		if c.Name != "accuracy" {
			return nil, r.Errorf(fmt.Sprintf("metrics.%d", i),
				"%s is for few classes, and a language model chooses among all tokens; want accuracy", c.Name)
		}
	}
	g := r.NewGenerator()
	gpt := m.build(g, vocabulary)
	model := &net{gpt}
	nn.To(model, o.Device)
	sample := sampler{gpt, tok, r.Seed, o.Device}
	return &task.Problem{
		Train: data.NewLoader(text.NewWindows(text.IDs(trained), m.Context, text.WindowsConfig{Samples: d.Steps * r.Training.Batch}),
			data.LoaderConfig{BatchSize: r.Training.Batch, RNG: g, Device: o.Device, Workers: r.Training.Workers}),
		Validation: inOrder(heldOut, m.Context, o.Device), Model: model, Weights: gpt, Classes: vocabulary,
		Lines: []task.Line{
			{Name: "network", Text: fmt.Sprintf("%s: %d parameters", m.describe(vocabulary), nn.Count(gpt))},
			{Name: "data", Text: fmt.Sprintf("%d tokens of %s, %d of them to train on, in epochs of %d steps",
				len(trained)+len(heldOut), message.ShortPath(d.Path), len(trained), d.Steps)},
		},
		Save: func(run *runs.Run) error {
			return errors.Join(run.WriteJSON(preparationFile, p), tok.Save(run.Path(tokenizerFile)))
		},
		AfterEpoch: sample.write,
		Finish: func(ctx context.Context, run *runs.Run, _ *train.History) (*task.Report, error) {
			report, err := evaluated(ctx, model, inOrder(heldOut, m.Context, o.Device))
			if err != nil {
				return nil, err
			}
			report.Next = [][]string{{"generate", "RUN"}}
			if words := strings.Fields(tok.Decode(trained[:min(len(trained), 100)])); len(words) > 2 {
				beginning := strings.Join(words[:2], " ")
				report.Next = append(report.Next, []string{"generate", "RUN", "--prompt", beginning}, []string{"show", "RUN", beginning})
			}
			return report, nil
		},
	}, nil
}

// prepare returns the tokenizer and the text: for a new run the tokenizer is made from the text. Byte-pair encoding learns
// from the part to train on; the characters are those of the whole text, so that there is a token for each.
func prepare(ctx context.Context, o task.Opening, d *dataOptions) (tok *text.Tokenizer, content string, p preparation, err error) {
	if o.Run != nil {
		if err = o.Run.ReadJSON(preparationFile, &p); err != nil {
			return
		}
		if content, err = readRunText(o.Run, d.Path, p.Digest, "Restore the file, or start a new run."); err != nil {
			return
		}
		tok, err = text.LoadTokenizer(o.Run.Path(tokenizerFile))
		return
	}
	if content, p.Digest, err = readText(d.Path); err != nil {
		return
	}
	if d.Tokens == bpeTokens {
		fmt.Fprintln(o.Log, "training the tokenizer")
		trained, _ := divide(content, d.Validation)
		tok, err = text.TrainBPE(untilEnd{ctx, strings.NewReader(trained)}, d.Vocabulary, text.TrainConfig{})
		return
	}
	return text.NewCharTokenizer(content), content, p, nil
}

// untilEnd is a reader that returns the context's error once that has ended: a tokenizer may read a large text for
// long.
type untilEnd struct {
	ctx context.Context
	r   io.Reader
}

func (u untilEnd) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(p)
}

// divide returns the part of a text to train on, and the one that is held out: a part of its characters, at its end.
func divide(content string, part float64) (trained, heldOut string) {
	n := utf8.RuneCountInString(content)
	n -= int(float64(n) * part)
	for i := range content {
		if n == 0 {
			return content[:i], content[i:]
		}
		n--
	}
	return content, ""
}

// split returns the tokens to train on and those that are held out. Both must fill the context.
func split(tok *text.Tokenizer, content string, part float64, context int) (trained, heldOut []int32, err error) {
	first, last := divide(content, part)
	trained, heldOut = tok.AppendIDs(nil, first), tok.AppendIDs(nil, last)
	if min(len(trained), len(heldOut)) <= context {
		return nil, nil, message.Advise(
			fmt.Errorf("the text has %d tokens, of which the last %v%% are held out; a context of %d tokens needs at least %d",
				len(trained)+len(heldOut), math.Round(1000*part)/10, context, int(math.Ceil(float64(context+1)/min(part, 1-part)))),
			"Take a longer text, some 100,000 characters or more, or a smaller --context.")
	}
	return trained, heldOut, nil
}

// net is a language model whose scores have the classes in dimension 1, where the loss expects them.
type net struct{ Model nn.Module }

// Forward maps token ids (N, T) to logits (N, vocabulary, T).
func (m *net) Forward(ids tensor.Tensor) tensor.Tensor { return m.Model.Forward(ids).Transpose(1, 2) }

// inOrder returns a loader of tokens, in windows that follow each other.
func inOrder(ids []int32, context int, device tensor.Device) *data.Loader {
	return data.NewLoader(text.NewWindows(text.IDs(ids), context, text.WindowsConfig{InOrder: true}),
		data.LoaderConfig{BatchSize: max(1, 4096/context), Device: device})
}

// evaluated returns the loss on validation tokens, with a verdict such as "loss 1.8800 (perplexity 6.55) on 111488 validation
// tokens, 44.1% predicted right". There are no others for a test.
func evaluated(ctx context.Context, model nn.Module, heldOut *data.Loader) (*task.Report, error) {
	r, err := train.Evaluate(ctx, model, heldOut, nn.CrossEntropyLoss{})
	if err != nil {
		return nil, err
	}
	return &task.Report{
		Verdict: fmt.Sprintf("loss %.4f (perplexity %.2f) on %d validation tokens, %.1f%% predicted right", r.Loss,
			math.Exp(r.Loss), r.Total, 100*r.Accuracy()),
		Part:    "validation",
		Metrics: map[string]float64{"loss": r.Loss, "perplexity": math.Exp(r.Loss), "accuracy": r.Accuracy()},
	}, nil
}

// sampler writes a sample of what the network writes after each epoch.
type sampler struct {
	model  *models.GPT2
	tok    *text.Tokenizer
	seed   uint64
	device tensor.Device
}

func (s sampler) write(out io.Writer, e train.Epoch) {
	c := writing.NewGeneration(200)
	c.Seed, c.Device = s.seed, s.device
	var b strings.Builder
	nn.Eval(s.model)
	w := &writing.Writer{Model: s.model, Tokenizer: s.tok, Vocabulary: s.tok.VocabSize()}
	ids, err := w.Tokens("")
	if err == nil {
		err = c.Write(&b, w, ids)
	}
	perplexity := math.Exp(task.Measure(e, "loss"))
	if err != nil { // the training goes on
		fmt.Fprintf(out, "perplexity %.2f; there is no sample: %v\n\n", perplexity, err)
		return
	}
	text := "  " + strings.ReplaceAll(strings.TrimSpace(b.String()), "\n", "\n  ")
	fmt.Fprintf(out, "perplexity %.2f; a sample:\n%s\n\n", perplexity, text)
}

// Model is the language model of a run.
type Model struct {
	network    *models.GPT2
	tok        *text.Tokenizer
	device     tensor.Device
	data       dataOptions
	options    gpt
	vocabulary int
}

// Views returns the view of attention.
func (Task) Views(*recipe.Recipe) []task.View { return []task.View{task.Attention} }

// Load reads the language model of a run.
func (Task) Load(ctx context.Context, o task.Loading) (task.Model, error) {
	m := &Model{device: o.Device, data: *o.Recipe.Data.(*dataOptions), options: *o.Recipe.Model.Options.(*gpt)}
	var err error
	if m.tok, err = text.LoadTokenizer(o.Run.Path(tokenizerFile)); err != nil {
		return nil, err
	}
	m.vocabulary = m.tok.VocabSize()
	n, err := m.options.parameters(m.vocabulary)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.Run.Path(runs.ConfigFile), err)
	}
	name := m.options.describe(m.vocabulary)
	if err := task.CheckSize(o.Weights, name, n); err != nil {
		return nil, err
	}
	m.network = m.options.build(rng.NewTorch(0), m.vocabulary)
	if err := safetensors.LoadModel(o.Weights, m.network); err != nil {
		return nil, fmt.Errorf("the model %s: %w", name, err)
	}
	nn.To(m.network, o.Device)
	return m, nil
}

// Module returns the network, for token ids (N, T).
func (m *Model) Module() nn.Module { return m.network }

// GPT2 returns the network.
func (m *Model) GPT2() *models.GPT2 { return m.network }

// Tokenizer returns the tokenizer.
func (m *Model) Tokenizer() *text.Tokenizer { return m.tok }

// Writer returns the model as one that writes.
func (m *Model) Writer() *writing.Writer {
	return &writing.Writer{Model: m.network, Tokenizer: m.tok, Vocabulary: m.vocabulary}
}

// Example returns an input of the network, for a summary.
func (m *Model) Example() []any {
	return []any{tensor.Zeros(1, m.options.Context).Cast(tensor.Int64)}
}
