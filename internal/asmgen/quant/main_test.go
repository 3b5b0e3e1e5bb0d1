package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const folder = "../../kernel/quant"

// TestOutput checks that the committed files are the generator's output.
func TestOutput(t *testing.T) {
	list := files()
	for name, text := range list {
		committed, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(committed, text) {
			t.Errorf("%s differs from the generator's output: run go generate ./internal/kernel/quant", name)
		}
	}
	names, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err == nil && strings.HasPrefix(string(text), generated) && list[filepath.Base(name)] == nil {
			t.Errorf("%s is marked as generated, but the generator does not write it", name)
		}
	}
}
