package main

import (
	"bytes"
	"io"
	"os"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"
)

// output is standard output. It keeps the first error, so that the program fails if it could not write (for example
// on a full disk). Names and cells of a file may hold control characters: a terminal must not obey them.
type output struct {
	w        io.Writer
	terminal bool
	mu       sync.Mutex
	rest     []byte // the beginning of a character, whose end the next Write has
	e        error
}

// Write writes p, for a terminal without control characters. A buffered writer may cut p within a character.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	text := p
	if o.terminal {
		text = append(o.rest, p...)
		whole := len(text) - cutCharacter(text)
		o.rest = bytes.Clone(text[whole:])
		text = printable(text[:whole])
	}
	n, err := o.w.Write(text)
	if err == nil {
		return len(p), nil
	}
	if o.e == nil {
		o.e = err
	}
	return min(n, len(p)), err
}

// cutCharacter returns the number of bytes at the end of p that are the beginning of a character.
func cutCharacter(p []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(p); n++ {
		if end := p[len(p)-n:]; utf8.RuneStart(end[0]) {
			if utf8.FullRune(end) {
				return 0
			}
			return n
		}
	}
	return 0
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
