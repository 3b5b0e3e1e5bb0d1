package language

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/internal/tasktest"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/message"
)

// TestTokenizerOfTheTrainingPart: byte-pair encoding does not learn the words of the part that is held out, and the
// characters of that part are known.
func TestTokenizerOfTheTrainingPart(t *testing.T) {
	const unseen = "quux"
	content := strings.Repeat("the cat sat on a mat. ", 200) + strings.Repeat(unseen+" ", 80)
	path := filepath.Join(t.TempDir(), "words.txt")
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, tokens := range []string{bpeTokens, charTokens} {
		r := tasktest.Recipe(task.NewSet(Task{}), "data.path="+path, "data.tokens="+tokens, "data.vocabulary=400", "data.validation=0.1")
		d := r.Data.(*dataOptions)
		tok, content, _, err := prepare(t.Context(), task.Opening{Recipe: r, Log: io.Discard}, d)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(tok.AppendIDs(nil, unseen)); n != len(unseen) {
			t.Errorf("%s: %q has %d tokens", tokens, unseen, n)
		}
		if n := len(tok.AppendIDs(nil, " cat")); tokens == bpeTokens && n != 1 {
			t.Errorf("%s: a word of the training has %d tokens", tokens, n)
		}
		trained, heldOut, err := split(tok, content, d.Validation, 64)
		if err != nil {
			t.Fatal(err)
		}
		if got := tok.Decode(trained) + tok.Decode(heldOut); got != content {
			t.Errorf("%s: the parts are not the text", tokens)
		}
		if tokens == charTokens && len(heldOut) != len(content)/10 {
			t.Errorf("%d of %d characters are held out", len(heldOut), len(content))
		}
	}
}

// TestTokenizerStops ends the training of a tokenizer by its context.
func TestTokenizerStops(t *testing.T) {
	path := filepath.Join(t.TempDir(), "words.txt")
	if err := os.WriteFile(path, []byte(strings.Repeat("the cat sat on a mat. ", 200)), 0o666); err != nil {
		t.Fatal(err)
	}
	r := tasktest.Recipe(task.NewSet(Task{}), "data.path="+path, "data.tokens=bpe", "data.vocabulary=400")
	ctx, end := context.WithCancel(t.Context())
	end()
	_, _, _, err := prepare(ctx, task.Opening{Recipe: r, Log: io.Discard}, r.Data.(*dataOptions))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// TestMetrics: a language model can be measured by the accuracy alone.
func TestMetrics(t *testing.T) {
	path := filepath.Join(t.TempDir(), "abc.txt")
	if err := os.WriteFile(path, []byte(strings.Repeat("abc", 400)), 0o666); err != nil {
		t.Fatal(err)
	}
	set := task.NewSet(Task{})
	small := []string{"data.path=" + path, "data.steps=2", "model={context: 8, width: 16, layers: 1, heads: 2}", "training.epochs=1"}
	for _, name := range []string{"f1", "roc-auc", "rmse"} {
		if _, err := tasktest.Train(set, t.TempDir(), append(small, "metrics=[accuracy,"+name+"]")...); err == nil ||
			!strings.Contains(err.Error(), "want accuracy") {
			t.Errorf("%s: %v", name, err)
		}
	}
	res, err := tasktest.Train(set, t.TempDir(), append(small, "metrics=[accuracy]")...)
	if err != nil {
		t.Fatal(err)
	}
	if e := res.History.Epochs[0]; e.Validation.Metrics["accuracy"] != e.Validation.Accuracy() {
		t.Errorf("accuracies %v and %v", e.Validation.Metrics["accuracy"], e.Validation.Accuracy())
	}
}

func TestDivide(t *testing.T) {
	for _, c := range []struct {
		content string
		part    float64
		want    string
	}{{"0123456789", 0.2, "89"}, {"äöüßäöüß", 0.5, "äöüß"}, {"ab", 0.1, ""}, {"", 0.5, ""}} {
		if first, last := divide(c.content, c.part); last != c.want || first+last != c.content {
			t.Errorf("%q: %q and %q", c.content, first, last)
		}
	}
}

// TestShortText: the error of a text that is too short for the context says what to do.
func TestShortText(t *testing.T) {
	path := filepath.Join(t.TempDir(), "short.txt")
	if err := os.WriteFile(path, []byte("A short text."), 0o666); err != nil {
		t.Fatal(err)
	}
	set := task.NewSet(Task{})
	_, err := set.Open(context.Background(), task.Config{Recipe: tasktest.Recipe(set, "data.path="+path)})
	var advised *message.AdvisedError
	if !errors.As(err, &advised) || !strings.Contains(err.Error(), "needs at least 650") || !strings.Contains(advised.Advice, "smaller --context") {
		t.Errorf("%v", err)
	}
}
