package main

import (
	"bytes"
	"errors"
	"testing"
)

func TestPrintable(t *testing.T) {
	got := string(printable([]byte("price \x1b[31m\u009b2J\a€\n\tx\r")))
	if want := "price �[31m�2J�€\n\tx\r"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestCutCharacters writes texts byte by byte to a terminal, as a buffered writer may cut them anywhere.
func TestCutCharacters(t *testing.T) {
	for text, want := range map[string]string{
		"房价 12 €\n":             "房价 12 €\n",
		"🙂\x1b[0m🙂\n":           "🙂�[0m🙂\n",
		"Latin-1: \xe9t\xe9.\n": "Latin-1: �t�.\n",
		"\xf0\x9f\n":            "��\n",
	} {
		for _, size := range []int{1, 2, 3, 4, 5, 100} {
			var b bytes.Buffer
			o := &output{w: &b, terminal: true}
			for p := []byte(text); len(p) > 0; p = p[min(size, len(p)):] {
				if n, err := o.Write(p[:min(size, len(p))]); n != min(size, len(p)) || err != nil {
					t.Fatal(n, err)
				}
			}
			if b.String() != want {
				t.Errorf("in parts of %d bytes: %q, want %q", size, b.String(), want)
			}
		}
	}
	o := &output{w: failing{}, terminal: true}
	if n, err := o.Write([]byte("\x1b\x1b")); n > 2 || err == nil || !errors.Is(o.err(), errFull) {
		t.Errorf("%d bytes, %v, %v", n, err, o.err())
	}
}

var errFull = errors.New("full")

// failing is a writer that takes all and fails.
type failing struct{}

func (failing) Write(p []byte) (int, error) { return len(p), errFull }
