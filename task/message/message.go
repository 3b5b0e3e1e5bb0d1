// Package message words errors and command lines for people: errors with advice, errors in what was typed, errors
// without the names of packages, and commands that can be pasted into a shell.
package message

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"

	"github.com/lamina-ml/lamina/internal/readable"
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

// Missing adds advice to an error of reading the data of a run if a file of them does not exist, such as one that was
// moved. Another error, and nil, stays as it is.
func Missing(err error, advice string) error {
	var missing *missingError
	if !errors.Is(err, fs.ErrNotExist) || errors.As(err, &missing) {
		return err
	}
	return &AdvisedError{&missingError{err}, advice}
}

type missingError struct{ err error }

func (e *missingError) Error() string { return "the data of the training are missing: " + Text(e.err) }
func (e *missingError) Unwrap() error { return e.err }

// UsageError is an error in what the user typed.
type UsageError struct{ Err error }

func (e *UsageError) Error() string { return e.Err.Error() }
func (e *UsageError) Unwrap() error { return e.Err }

// Usagef returns a UsageError.
func Usagef(format string, args ...any) error { return &UsageError{fmt.Errorf(format, args...)} }

// packageName is the name of a package before an error: it says nothing to people.
var packageName = regexp.MustCompile(`^(data|folder|generate|gguf|idx|image|imageset|mnist|models|npy|parquet|recipe|runs|` +
	`safetensors|tabular|text|tokenizer|torchfile|train|tune|vision): `)

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
