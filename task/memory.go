package task

import (
	"errors"
	"fmt"
	"os"

	"github.com/lamina-ml/lamina/task/message"
	"github.com/lamina-ml/lamina/tensor"
)

// MaxParameters limits the weights of a model to 4 GB. A training takes four to six times as much.
const MaxParameters = 1_000_000_000

// CheckParameters returns an error for a model of more than MaxParameters, before it is allocated: a typing error in a
// configuration is not to exhaust the memory.
func CheckParameters(model string, parameters float64) error {
	if parameters > MaxParameters {
		return fmt.Errorf("the model %s would have %.2g parameters, want at most a billion", model, parameters)
	}
	return nil
}

// WithinMemory calls f, and makes an error with advice of a panic about a model or a batch that needs more memory than
// there is.
func WithinMemory(f func() error) (err error) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case *tensor.Error:
			if !errors.Is(p, tensor.ErrOutOfMemory) {
				panic(p)
			}
			err = message.Advise(p, "A smaller model needs less memory, and so do smaller batches (training.batch) and smaller inputs.")
		default:
			panic(p)
		}
	}()
	return f()
}

// CheckSize returns an error if a file of weights is too small for a model of some parameters, before the model is
// allocated: a configuration may name any size.
func CheckSize(path, model string, parameters int) error {
	info, err := os.Stat(path)
	if err == nil && info.Size()/4 < int64(parameters) {
		err = fmt.Errorf("%s: %d bytes are too few for the model %s: the file is truncated, or it belongs to another run", path, info.Size(), model)
	}
	return err
}
