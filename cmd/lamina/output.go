package main

import (
	"io"
	"os"
	"sync"

	"golang.org/x/term"

	"github.com/lamina-ml/lamina/task"
)

// output is standard output. It keeps the first error, so that the program fails if it could not write (for example
// on a full disk).
type output struct {
	w  io.Writer
	mu sync.Mutex
	e  error
}

func (o *output) Write(p []byte) (int, error) {
	n, err := o.w.Write(p)
	if err != nil {
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.e == nil {
			o.e = err
		}
	}
	return n, err
}

// err returns the first error.
func (o *output) err() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.e
}

// isTerminal reports whether w is a terminal, on which a line can be overwritten.
func isTerminal(w io.Writer) bool {
	if o, ok := w.(*output); ok {
		w = o.w
	}
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// commandLine returns "lamina" with the arguments, quoted for a shell.
func commandLine(args ...string) string { return task.CommandLine(args...) }

// pathArgument returns path in a form that is not parsed as a flag.
func pathArgument(path string) string { return task.PathArgument(path) }
