package task

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"

	"github.com/lamina-ml/lamina/internal/readable"
	"github.com/lamina-ml/lamina/tensor"
)

// AdvisedError is an error with advice for the user: what to do, such as a command.
type AdvisedError struct {
	Err    error
	Advice string
}

func (e *AdvisedError) Error() string { return e.Err.Error() }
func (e *AdvisedError) Unwrap() error { return e.Err }

// Advise returns err with advice.
func Advise(err error, format string, args ...any) error {
	return &AdvisedError{err, fmt.Sprintf(format, args...)}
}

// UsageError is an error in what the user typed.
type UsageError struct{ Err error }

func (e *UsageError) Error() string { return e.Err.Error() }
func (e *UsageError) Unwrap() error { return e.Err }

// Usagef returns a UsageError.
func Usagef(format string, args ...any) error { return &UsageError{fmt.Errorf(format, args...)} }

// packageName is the name of a package before an error: it says nothing to people.
var packageName = regexp.MustCompile(`^(image|folder|tabular|parquet|text|idx|safetensors|torchfile|gguf|recipe|runs): `)

// Text returns an error in words for people: without the names of packages, with "there is no file" for a file that does
// not exist, without what could change a terminal, and not longer than a screen.
func Text(err error) string {
	text := err.Error()
	var file *fs.PathError
	if errors.As(err, &file) && errors.Is(file, fs.ErrNotExist) {
		text = strings.Replace(text, file.Error(), fmt.Sprintf("there is no file %q", file.Path), 1)
	}
	for packageName.MatchString(text) {
		text = packageName.ReplaceAllString(text, "")
	}
	return readable.Message(text)
}

// ErrReported is returned by commands whose errors have already been printed.
var ErrReported = errors.New("reported")

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
			err = Advise(p, "A smaller model needs less memory, and so do smaller batches (training.batch) and smaller inputs.")
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
