package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestCompleteModels: --model is completed with the models of the target's task; without a target, each name is there
// once.
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

// TestCompleteColumns: --target and --text are completed with the columns of the table.
func TestCompleteColumns(t *testing.T) {
	folder := t.TempDir()
	ownData(t, folder)
	write(t, filepath.Join(folder, "rows.jsonl"), []byte(`{"size": 1, "price": 2}`))
	for _, c := range []struct{ args, want string }{
		{"train houses.csv --target", "price"},
		{"tune reviews.csv --text", "body"},
		{"train missing.csv --target", ""},
		{"train rows.jsonl --target", ""},
		{"train --target", ""},
	} {
		out, _, _ := call(t, folder, append(append([]string{"__complete"}, strings.Fields(c.args)...), "")...)
		lines := strings.Split(strings.TrimSpace(out), "\n")
		if found := slices.Contains(lines, c.want); found != (c.want != "") || c.want == "" && len(lines) > 1 {
			t.Errorf("%s: want %q:\n%s", c.args, c.want, out)
		}
	}
}

// TestCompleteTargets: each command that takes a target is completed with the data in the program.
func TestCompleteTargets(t *testing.T) {
	folder := t.TempDir()
	for _, command := range []string{"train", "tune", "lrfind", "summary", "data inspect", "data lint", "config init", "config explain"} {
		out, _, _ := call(t, folder, append(append([]string{"__complete"}, strings.Fields(command)...), "")...)
		if !strings.Contains(out, "\niris\t") {
			t.Errorf("%s: no iris:\n%s", command, out)
		}
	}
}
