package task_test

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/tensor"
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
		{errors.New("images: 3"), "images: 3"},
	} {
		if got := task.Text(c.err); got != c.want {
			t.Errorf("%v is told as %q, want %q", c.err, got, c.want)
		}
	}
}

func TestWithinMemory(t *testing.T) {
	err := task.WithinMemory(func() error {
		tensor.Zeros(1<<22, 1<<22)
		return nil
	})
	var advised *task.AdvisedError
	if !errors.Is(err, tensor.ErrOutOfMemory) || !errors.As(err, &advised) {
		t.Errorf("error %v", err)
	}
	if err := task.WithinMemory(func() error { return os.ErrClosed }); err != os.ErrClosed {
		t.Errorf("error %v", err)
	}
	defer func() {
		if recover() == nil {
			t.Error("a mistake in a program is no error")
		}
	}()
	task.WithinMemory(func() error {
		tensor.Zeros(2).Add(tensor.Zeros(3))
		return nil
	})
}
