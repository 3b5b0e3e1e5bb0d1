package message

import (
	"errors"
	"fmt"
	"os"
	"testing"
)

func TestText(t *testing.T) {
	_, missing := os.Open("none.png")
	for _, c := range []struct {
		err  error
		want string
	}{
		{fmt.Errorf("image: %w", missing), `there is no file "none.png"`},
		{fmt.Errorf("model.weights: %w", missing), `model.weights: there is no file "none.png"`},
		{errors.New("tabular: houses.csv: row 3: want a number"), "houses.csv: row 3: want a number"},
		{errors.New("models: gguf: small.gguf: not valid GGUF"), "small.gguf: not valid GGUF"},
		{errors.New("generate: the model's logits are NaN"), "the model's logits are NaN"},
		{errors.New("images: 3"), "images: 3"},
	} {
		if got := Text(c.err); got != c.want {
			t.Errorf("%v is told as %q, want %q", c.err, got, c.want)
		}
	}
}

func TestMissing(t *testing.T) {
	_, absent := os.Open("houses.csv")
	err := Missing(fmt.Errorf("tabular: %w", absent), "Put it back.")
	var advised *AdvisedError
	if want := `the data of the training are missing: there is no file "houses.csv"`; !errors.As(err, &advised) ||
		Text(err) != want || advised.Advice != "Put it back." || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v, want %s", err, want)
	}
	if again := Missing(fmt.Errorf("a run: %w", err), "Other advice."); !errors.As(again, &advised) || advised.Advice != "Put it back." {
		t.Errorf("a second call: %v", again)
	}
	for _, err := range []error{nil, errors.New("broken")} {
		if got := Missing(err, "Put it back."); got != err {
			t.Errorf("%v becomes %v", err, got)
		}
	}
}
