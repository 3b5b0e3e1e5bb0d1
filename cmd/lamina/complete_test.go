package main

import (
	"strings"
	"testing"
)

// TestCompleteModels: --model is completed with the models of the target's task; without a target, each name is there once.
func TestCompleteModels(t *testing.T) {
	folder := t.TempDir()
	ownData(t, folder)
	for _, c := range []struct{ target, with, without string }{
		{"mnist", "cnn", "bert"},
		{"houses.csv", "ft-transformer", "cnn"},
		{"reviews.csv --text body", "bag", "ft-transformer"},
		{"shapes", "resnet18", "mlp"},
		{"", "gpt", ""},
	} {
		out, _, _ := call(t, folder, append(append([]string{"__complete", "train"}, strings.Fields(c.target)...), "--model", "")...)
		count := map[string]int{}
		for line := range strings.Lines(out) {
			name, _, _ := strings.Cut(strings.TrimSpace(line), "\t")
			count[name]++
		}
		if count[c.with] != 1 || count[c.without] != 0 || count["mlp"] > 1 {
			t.Errorf("%s: want %s once and no %s:\n%s", c.target, c.with, c.without, out)
		}
	}
}
