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
