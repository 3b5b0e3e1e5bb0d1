package main

import (
	"bytes"
	"io"
	"os"
	"sync"
	"unicode"

	"golang.org/x/term"
)

// output is standard output. It keeps the first error, so that the program fails if it could not write (for example
// on a full disk). Names and cells of a file may hold control characters: a terminal must not obey them.
type output struct {
	w        io.Writer
	terminal bool
	mu       sync.Mutex
	e        error
}

func (o *output) Write(p []byte) (int, error) {
	text := p
	if o.terminal {
		text = printable(p)
	}
	n, err := o.w.Write(text)
	if err == nil {
		n = len(p)
	}
	if err != nil {
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.e == nil {
			o.e = err
		}
	}
	return n, err
}

// printable returns p with a mark in the place of every control character except line ends and tabs.
func printable(p []byte) []byte {
	return bytes.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' && r != '\r' {
			return unicode.ReplacementChar
		}
		return r
	}, p)
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
