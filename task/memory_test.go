package task_test

import (
	"errors"
	"os"
	"testing"

	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/message"
	"github.com/lamina-ml/lamina/tensor"
)

func TestWithinMemory(t *testing.T) {
	err := task.WithinMemory(func() error {
		tensor.Zeros(1<<22, 1<<22)
		return nil
	})
	var advised *message.AdvisedError
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
