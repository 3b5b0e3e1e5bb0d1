package inputfile

import (
	"errors"
	"fmt"
	"os"
)

// FormatError is an error about the contents of a file. A package has one that it exports, such as safetensors.ErrFormat,
// and its others, which Errorf makes, match that one without having its text in their messages.
type FormatError struct {
	text string
	kind *FormatError // the exported error
}

// NewFormatError returns the error that a package exports.
func NewFormatError(text string) *FormatError { return &FormatError{text: text} }

// Errorf returns an error with a text of its own that matches e.
func (e *FormatError) Errorf(format string, args ...any) error {
	return &FormatError{fmt.Sprintf(format, args...), e}
}

// Error returns the text.
func (e *FormatError) Error() string { return e.text }

// Is reports whether target is the exported error of e's package.
func (e *FormatError) Is(target error) bool { return e.kind != nil && target == e.kind }

// Open is the function Open, and returns the file's size, too. The error matches e if the file is not a regular one.
func (e *FormatError) Open(path string) (f *os.File, size int64, err error) {
	f, err = Open(path)
	if errors.Is(err, ErrNotRegular) {
		return nil, 0, e.Errorf("%v", err)
	} else if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, info.Size(), nil
}
