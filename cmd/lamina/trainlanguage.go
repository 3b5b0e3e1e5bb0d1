package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/optim/sched"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/text"
	"github.com/lamina-ml/lamina/train"
)

// languageFlags holds the flags of a language model's training.
type languageFlags struct {
	model  languageModel
	train  languageSettings
	out    string
	resume string
	where  computing
}

func newLanguageFlags() *languageFlags {
	return &languageFlags{
		model: languageModel{Context: 64, Width: 128, Layers: 4, Heads: 4},
		train: languageSettings{Tokens: charTokens, MostTokens: 1024, Epochs: 8, Steps: 250, Batch: 12, Seed: 1},
	}
}

func (l *languageFlags) add(f *pflag.FlagSet) {
	f.StringVar(&l.model.Name, "model", "", "network: gpt, a transformer that writes text")
	f.StringVar(&l.train.Tokens, "tokens", l.train.Tokens, "what the network reads and writes: chars, or bpe (frequent parts of words)")
	f.IntVar(&l.train.MostTokens, "vocabulary", l.train.MostTokens, "the most tokens of --tokens bpe")
	f.IntVar(&l.model.Context, "context", l.model.Context, "how many tokens the network sees")
	f.IntVar(&l.model.Layers, "layers", l.model.Layers, "layers")
	f.IntVar(&l.model.Width, "width", l.model.Width, "numbers for each token")
	f.IntVar(&l.model.Heads, "heads", l.model.Heads, "attention heads of each layer")
	f.Float64Var(&l.model.Dropout, "dropout", l.model.Dropout, "part of the numbers that training sets to 0; for small texts 0.1 to 0.2")
	f.IntVar(&l.train.Epochs, "epochs", l.train.Epochs, "epochs; after each the network is tested and writes a sample")
	f.IntVar(&l.train.Steps, "steps", l.train.Steps, "training steps of an epoch")
	f.IntVar(&l.train.Batch, "batch", l.train.Batch, "pieces of the text in a step")
	f.Float64Var(&l.train.LR, "lr", l.train.LR, "highest learning rate, after a warm-up; it falls to a tenth (default 0.004\nfor a width of 128, and less for a larger one)")
	f.Uint64Var(&l.train.Seed, "seed", l.train.Seed, "seed of the random numbers: the same seed gives the same network, bit for bit")
	f.StringVar(&l.out, "out", "", "folder for the run (default runs/NAME-001, or the next unused number)")
	f.StringVar(&l.resume, "resume", "", "resume the unfinished run of a language model in this folder, with its settings")
	l.where.add(f)
}

// heldOutText is the part of the text, at its end, that is not trained on.
const heldOutText = 10

// start starts a new run with the text in path.
func (l *languageFlags) start(cmd *cobra.Command, path string) error {
	if l.model.Name == "" {
		l.model.Name = gpt
	}
	if filepath.Ext(path) == "" && !has(filepath.Dir(path), filepath.Base(path)) { // such as cifar
		return usagef("there is no task and no file %q; use: lamina train mnist, or lamina train FILE.txt", path)
	}
	if !cmd.Flags().Changed("lr") {
		l.train.LR = 4e-3 * 128 / float64(max(128, l.model.Width))
	}
	if err := l.train.check(); err != nil {
		return usageError{err}
	}
	if cmd.Flags().Changed("vocabulary") && l.train.Tokens != bpeTokens {
		return usagef("--vocabulary is for --tokens %s", bpeTokens)
	}
	check := l.model
	check.Vocabulary = 1 // before the text is read
	if _, err := check.parameters(); err != nil {
		return usageError{err}
	}
	device, err := l.where.open()
	if err != nil {
		return err
	}
	if l.train.Data, err = filepath.Abs(path); err != nil { // a resumed run must find it from another working directory too
		return err
	}
	content, digest, err := readText(path)
	if err != nil {
		return err
	}
	l.train.Digest = digest
	tok := text.NewCharTokenizer(content)
	if l.train.Tokens == bpeTokens {
		fmt.Fprintln(cmd.OutOrStdout(), "training the tokenizer")
		if tok, err = text.TrainBPE(strings.NewReader(content), l.train.MostTokens, text.TrainConfig{}); err != nil {
			return err
		}
	} else {
		l.train.MostTokens = 0
	}
	l.model.Vocabulary = tok.VocabSize()
	if _, err := l.model.parameters(); err != nil {
		return err
	}
	ids := tok.AppendIDs(nil, content)
	if _, _, err := l.model.split(ids); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	graceful.Store(true)
	name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	folder, lock, err := newRunFolder(l.out, name)
	if err != nil {
		return err
	}
	defer lock.Release()
	if err := tok.Save(filepath.Join(folder, tokenizerFile)); err != nil {
		return err
	}
	c := languageConfig{Format: configFormat, Task: languageTask, Model: l.model, Training: l.train, huggingFace: l.model.sizes()}
	if err := writeJSON(filepath.Join(folder, configFile), c); err != nil {
		return err
	}
	return trainLanguage(cmd, &l.where, device, folder, c, tok, ids)
}

// resumeRun resumes a run.
func (l *languageFlags) resumeRun(cmd *cobra.Command) error {
	folder := l.resume
	if err := checkResume(cmd, folder); err != nil {
		return err
	}
	if task, err := taskOf(folder); err == nil && task != languageTask {
		return resumeMNIST(cmd, &l.where, folder)
	}
	c, err := openLanguageConfig(folder)
	if err != nil {
		return err
	}
	path := filepath.Join(folder, configFile)
	if err := c.Training.check(); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	lock, err := lockUnfinished(folder)
	if err != nil {
		return err
	}
	defer lock.Release()
	device, err := l.where.open()
	if err != nil {
		return err
	}
	tok, err := openRunTokenizer(folder, c.Model)
	if err != nil {
		return err
	}
	content, err := readRunText(folder, c.Training, "Restore the file, or start a new run.")
	if err != nil {
		return err
	}
	graceful.Store(true)
	return trainLanguage(cmd, &l.where, device, folder, c, tok, tok.AppendIDs(nil, content))
}

// split returns the tokens to train on and those that are held out. Both must fill the context.
func (m languageModel) split(ids []int32) (trained, heldOut []int32, err error) {
	n := len(ids) - len(ids)/heldOutText
	if n <= m.Context || len(ids)-n <= m.Context {
		return nil, nil, fmt.Errorf("the text has %d tokens, of which the last %dth is held out; a context of %d tokens needs at least %d",
			len(ids), heldOutText, m.Context, heldOutText*(m.Context+1))
	}
	return ids[:n], ids[n:], nil
}

// trainLanguage trains the run in folder, from its checkpoint if there is one, and writes its results.
func trainLanguage(cmd *cobra.Command, where *computing, device tensor.Device, folder string, c languageConfig, tok *text.Tokenizer, ids []int32) error {
	w, s := cmd.OutOrStdout(), c.Training
	trained, heldOut, err := c.Model.split(ids)
	if err != nil {
		return fmt.Errorf("%s: %w", s.Data, err)
	}
	g := rng.NewTorch(s.Seed)
	gpt := c.Model.build(g)
	model := &languageNet{gpt}
	nn.To(model, device)
	trainLoader := data.NewLoader(text.NewWindows(text.IDs(trained), c.Model.Context, text.WindowsConfig{Samples: s.Steps * s.Batch}),
		data.LoaderConfig{BatchSize: s.Batch, RNG: g, Device: device})
	testLoader := heldOutLoader(heldOut, c.Model, device)
	optimizer := languageOptimizer(model, s.LR)
	settings, err := json.Marshal(c)
	if err != nil {
		return err
	}
	steps := s.Epochs * s.Steps
	warmup := min(100, (steps+9)/10)
	fit := train.Config{
		Train: trainLoader, Test: testLoader, Optimizer: optimizer, Loss: nn.CrossEntropyLoss{}, Epochs: s.Epochs, ClipNorm: 1,
		BatchSchedule: sched.NewSequential([]*sched.Schedule{
			sched.NewLinearLR(optimizer, 1/float64(warmup), 1, warmup), sched.NewCosineAnnealingLR(optimizer, max(1, steps-warmup), s.LR/10),
		}, []int{warmup}),
		Checkpoint: filepath.Join(folder, checkpointFile), Resume: true, Settings: string(settings),
	}
	reporter, done := newReporter(w, cmd.ErrOrStderr())
	fit.Reporter = &sampler{reporter, w, gpt, tok, s.Seed, device}
	fmt.Fprintf(w, "network:  %v: %d parameters\n", c.Model, nn.Count(model))
	fmt.Fprintf(w, "data:     %d tokens of %s, %d of them to train on\n", len(ids), s.Data, len(trained))
	fmt.Fprintf(w, "training: %d epochs of %d steps, batches of %d, learning rate %v, seed %d\n", s.Epochs, s.Steps, s.Batch, s.LR, s.Seed)
	fmt.Fprintf(w, "device:   %s\n", where.describe(device))
	fmt.Fprintf(w, "run:      %s\n\n", folder)

	history, err := train.Fit(cmd.Context(), model, fit)
	done()
	if err != nil {
		return errorWithAdvice{err, advice(err, folder)}
	}
	r := resultsOf(history, device)
	if err := finishRun(folder, gpt, r); err != nil {
		return err
	}
	run := pathArgument(folder)
	fmt.Fprintf(w, "%s\n\nNext:\n  %s\n", languageVerdict(r.Test), commandLine("generate", run))
	if words := strings.Fields(tok.Decode(ids[:min(len(ids), 100)])); len(words) > 2 {
		beginning := strings.Join(words[:2], " ")
		fmt.Fprintf(w, "  %s\n  %s\n", commandLine("generate", run, "--prompt", beginning), commandLine("show", run, beginning))
	}
	return nil
}

// languageNet is a language model whose scores have the classes in dimension 1, where the loss expects them.
type languageNet struct{ Model nn.Module }

// Forward maps token ids (N, T) to logits (N, vocabulary, T).
func (m *languageNet) Forward(ids tensor.Tensor) tensor.Tensor {
	return m.Model.Forward(ids).Transpose(1, 2)
}

// heldOutLoader returns a loader of all held-out tokens, in windows that follow each other.
func heldOutLoader(ids []int32, m languageModel, device tensor.Device) *data.Loader {
	return data.NewLoader(text.NewWindows(text.IDs(ids), m.Context, text.WindowsConfig{InOrder: true}), data.LoaderConfig{BatchSize: max(1, 4096/m.Context), Device: device})
}

// languageOptimizer returns AdamW with a weight decay of 0.1 for matrices, and none for biases and norms.
func languageOptimizer(model nn.Module, lr float64) *optim.AdamW {
	var matrices, vectors []tensor.Tensor
	for _, p := range nn.Parameters(model) {
		if p.Rank() > 1 {
			matrices = append(matrices, p)
		} else {
			vectors = append(vectors, p)
		}
	}
	opt := optim.NewAdamW(matrices, optim.AdamWConfig{LR: lr, Beta2: 0.99, WeightDecay: 0.1})
	opt.AddGroup(vectors, optim.AdamWConfig{LR: lr, Beta2: 0.99, WeightDecay: optim.Zero})
	return opt
}

// languageVerdict returns a line such as "loss 1.8800 (perplexity 6.55) on 111488 held-out tokens, 44.1% predicted
// right".
func languageVerdict(r train.Result) string {
	return fmt.Sprintf("loss %.4f (perplexity %.2f) on %d held-out tokens, %.1f%% predicted right", r.Loss, math.Exp(r.Loss), r.Total, 100*r.Accuracy())
}

// sampler reports the progress of a training and writes a sample of what the network writes after each epoch.
type sampler struct {
	train.Reporter
	w      io.Writer
	model  *models.GPT2
	tok    *text.Tokenizer
	seed   uint64
	device tensor.Device
}

// Epoch reports an epoch.
func (s *sampler) Epoch(e train.Epoch, epochs int) {
	s.Reporter.Epoch(e, epochs)
	c := newGeneration(200)
	c.Seed, c.Device = s.seed, s.device
	var b strings.Builder
	nn.Eval(s.model)
	w := &writer{model: s.model, tokenizer: s.tok, vocabulary: s.tok.VocabSize()}
	ids, err := w.tokens("")
	if err == nil {
		err = c.write(&b, w, ids)
	}
	if err != nil { // the training goes on
		fmt.Fprintf(s.w, "perplexity %.2f; there is no sample: %v\n\n", math.Exp(e.Test.Loss), err)
		return
	}
	fmt.Fprintf(s.w, "perplexity %.2f; a sample:\n%s\n\n", math.Exp(e.Test.Loss), indent(strings.TrimSpace(b.String())))
}

// indent returns the lines of a text with two spaces before each.
func indent(s string) string { return "  " + strings.ReplaceAll(s, "\n", "\n  ") }
