// Finetune teaches a BERT to sort texts into classes. The texts and their classes are two columns of CSV files.
//
//	go run ./examples/finetune --model all-MiniLM-L6-v2 train.csv test.csv
//
// The folder of --model has config.json, model.safetensors and tokenizer.json, as Hugging Face stores a BERT. Without
// --model a small BERT is trained from the beginning; its tokenizer knows the words of the training texts. With
// --lora 8 only adapters of rank 8 and the classifier are trained.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"os/signal"
	"path/filepath"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/optim/sched"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/text"
	"github.com/lamina-ml/lamina/train"
)

// settings are the flags of the command line.
type settings struct {
	model, out  string
	columns     text.CSVConfig
	epochs      int
	batch       int
	lora        int
	lr          float64
	length      int // the most tokens of a text
	train, test string
}

// Classifier is a BERT with a classifier. Its input are token ids, padded with the id Padding.
type Classifier struct {
	*models.BERTForSequenceClassification
	Padding int32
}

// Forward maps token ids (N, T) to a score for each class, (N, classes).
func (c *Classifier) Forward(ids tensor.Tensor) tensor.Tensor {
	mask := ids.NotEqualScalar(float64(c.Padding)).Cast(tensor.Int64)
	return c.BERTForSequenceClassification.Forward(ids, mask, tensor.Tensor{})
}

// load returns the model of a folder with a new classifier, and its tokenizer.
func load(dir string, classes int) (*Classifier, *text.Tokenizer, error) {
	tok, err := text.LoadTokenizer(filepath.Join(dir, "tokenizer.json"))
	if err != nil {
		return nil, nil, err
	}
	bert, err := models.LoadBERT(dir)
	if err != nil {
		return nil, nil, err
	}
	if bert.Pooler == nil {
		return nil, nil, fmt.Errorf("%s: the model has no pooler, so it gives no features of a text", dir)
	}
	g := rng.NewTorch(1)
	head := nn.NewLinear(g, bert.Pooler.Dense.Weight.Dim(0), classes)
	return newClassifier(&models.BERTForSequenceClassification{BERT: bert, Dropout: nn.NewDropout(g, 0.1), Classifier: head}, tok), tok, nil
}

// small returns a BERT of two layers with initial weights, and a tokenizer that knows the words of the texts.
func small(texts text.Texts, length, classes int) (*Classifier, *text.Tokenizer, error) {
	tokens, err := text.WordVocabulary(texts, 5000)
	if err != nil {
		return nil, nil, err
	}
	tok, err := text.NewWordPiece(tokens, true)
	if err != nil {
		return nil, nil, err
	}
	c := models.BERTConfig{Vocabulary: len(tokens), Context: length, Width: 64, Inner: 128, Layers: 2, Heads: 4}
	return newClassifier(c.NewSequenceClassification(rng.NewTorch(1), classes), tok), tok, nil
}

func newClassifier(m *models.BERTForSequenceClassification, tok *text.Tokenizer) *Classifier {
	id, _ := tok.TokenID("[PAD]") // 0, if there is none
	return &Classifier{m, id}
}

// warmUp returns a schedule whose rate rises from 0 for a tenth of the steps, then falls to 0 along half a cosine.
func warmUp(opt optim.Optimizer, steps int) *sched.Schedule {
	rise := max(steps/10, 1)
	return sched.NewLambdaLR(opt, func(step int) float64 {
		if step < rise {
			return float64(step+1) / float64(rise)
		}
		return (1 + math.Cos(math.Pi*float64(step-rise)/float64(max(steps-rise, 1)))) / 2
	})
}

// run trains and returns the result for the test texts.
func run(ctx context.Context, w io.Writer, s settings) (train.Result, error) {
	texts, err := text.OpenCSV(s.train, s.columns)
	if err != nil {
		return train.Result{}, err
	}
	defer texts.Close()
	s.columns.Classes = texts.Classes()
	unseen, err := text.OpenCSV(s.test, s.columns)
	if err != nil {
		return train.Result{}, err
	}
	defer unseen.Close()

	var model *Classifier
	var tok *text.Tokenizer
	if s.model != "" {
		model, tok, err = load(s.model, len(texts.Classes()))
	} else {
		model, tok, err = small(texts, s.length, len(texts.Classes()))
	}
	if err != nil {
		return train.Result{}, err
	}
	tok = tok.WithTruncation(text.Truncation{MaxLength: s.length}).WithPadding(text.Padding{ID: model.Padding, Token: "[PAD]"})
	batches := text.NewPadded(texts, tok)
	lengths, err := batches.Lengths()
	if err != nil {
		return train.Result{}, err
	}
	// Texts of similar length share a batch, so little is padded.
	loader := data.NewLoader(batches, data.LoaderConfig{BatchSampler: &text.BucketSampler{Lengths: lengths,
		BatchSize: s.batch}, RNG: rng.NewTorch(2)})
	tests := data.NewLoader(text.NewPadded(unseen, tok), data.LoaderConfig{BatchSize: s.batch})

	if s.lora > 0 {
		nn.AddLoRA(rng.NewTorch(3), model, nn.LoRAConfig{Rank: s.lora, Alpha: float64(2 * s.lora), Targets: []string{"query", "value"}})
		nn.Unfreeze(model.Classifier)
		nn.Unfreeze(model.BERT.Pooler)
	}
	opt := optim.NewAdamW(nn.Parameters(model), optim.AdamWConfig{LR: s.lr})
	steps := s.epochs * loader.Len()
	fmt.Fprintf(w, "%d texts, %d classes, %d parameters\n", texts.Len(), len(texts.Classes()), nn.Count(model))
	if _, err := train.Fit(ctx, model, train.Config{
		Train: loader, Validation: tests, Loss: nn.CrossEntropyLoss{}, Epochs: s.epochs,
		Optimizer: opt, BatchSchedule: warmUp(opt, steps), ClipNorm: 1,
		Reporter: train.Lines(w),
	}); err != nil {
		return train.Result{}, err
	}
	nn.MergeLoRA(model)
	if s.out != "" {
		if err := safetensors.SaveModel(s.out, model); err != nil {
			return train.Result{}, err
		}
	}
	return train.Evaluate(ctx, model, tests, nn.CrossEntropyLoss{})
}

func main() {
	s := settings{}
	flag.StringVar(&s.model, "model", "", "folder of a BERT in Hugging Face's layout; empty: a small BERT with initial weights")
	flag.StringVar(&s.out, "out", "", "file for the trained weights, such as model.safetensors")
	flag.StringVar(&s.columns.Text, "text", "text", "column of the texts")
	flag.StringVar(&s.columns.Label, "label", "label", "column of the classes")
	flag.IntVar(&s.epochs, "epochs", 3, "passes over the training texts")
	flag.IntVar(&s.batch, "batch", 32, "texts in a batch")
	flag.IntVar(&s.lora, "lora", 0, "rank of adapters that are trained instead of the weights; 0: the weights")
	flag.IntVar(&s.length, "length", 128, "most tokens of a text")
	flag.Float64Var(&s.lr, "lr", 1e-4, "highest learning rate")
	flag.Parse()
	if flag.NArg() != 2 {
		fmt.Fprintln(os.Stderr, "usage: finetune [flags] TRAIN.csv TEST.csv")
		flag.PrintDefaults()
		os.Exit(2)
	}
	s.train, s.test = flag.Arg(0), flag.Arg(1)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	result, err := run(ctx, os.Stdout, s)
	if err != nil {
		fmt.Fprintln(os.Stderr, "finetune:", err)
		os.Exit(1)
	}
	fmt.Printf("%.1f%% of the test texts are right\n", 100*result.Accuracy())
}
