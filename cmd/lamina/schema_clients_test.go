//go:build clients

package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/internal/clients"
)

// TestSchemaValidates checks configurations with the jsonschema package of Python: the schema accepts those that
// `config init` writes and short forms, and finds mistakes.
func TestSchemaValidates(t *testing.T) {
	folder := t.TempDir()
	must(t, folder, "config", "schema", "--out", "schema.json")
	args := []string{filepath.Join(folder, "schema.json")}
	add := func(text string) {
		path := filepath.Join(folder, fmt.Sprint(len(args), ".yaml"))
		write(t, path, []byte(text))
		args = append(args, path)
	}
	for _, c := range []string{"mnist", "mnist --model cnn", "iris", "cars --target mpg", "table", "language", "images", "texts"} {
		add(must(t, folder, append([]string{"config", "init"}, strings.Fields(c)...)...))
	}
	for _, text := range []string{
		"task: digits\nmodel: {layers: [{linear: 64}, relu, {dropout: 0.1}, {conv2d: {out: 4, kernel: 5}}, {linear: out}]}",
		"task: digits\noptimizer: {lr: 0.1}\nschedule: {name: cosine, warmup: 10}", "model: cnn",
		"data: houses.csv\nmetrics: [f1, {name: f1, average: micro}]\ntraining: {time_limit: 10m}",
	} {
		add(text)
	}
	valid := len(args) - 1
	for _, text := range []string{
		"task: digit", "optimizr: adam", "optimizer: {name: adam, rate: 1}", "training: {epochs: 0}", "training: {epoch: 1}", "model: cnm",
		"model: {layers: [{linear: 64}, rleu]}", "schedule: {name: cosine, warm: 1}", "optimizer: {name: sgd, lr: fast}", "metrics: [f2]",
	} {
		add(text)
	}
	lines := strings.Split(strings.TrimSpace(clients.Run(t, "valid_configurations.py", args...)), "\n")
	if len(lines) != len(args)-1 {
		t.Fatalf("%d answers for %d files", len(lines), len(args)-1)
	}
	for i, line := range lines {
		if (line == "valid") != (i < valid) {
			t.Errorf("%s\nis %s", read(t, args[i+1]), line)
		}
	}
}
