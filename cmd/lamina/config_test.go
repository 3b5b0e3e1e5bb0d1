package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/data/idx"
	"github.com/lamina-ml/lamina/runs"
)

// TestConfig writes a configuration, changes it in all ways, and trains with it: the weights are those of a training with
// flags.
func TestConfig(t *testing.T) {
	folder := t.TempDir()
	small(t, filepath.Join(folder, "digits"))
	flags := []string{"--hidden", "8", "--epochs", "2", "--optimizer", "sgd", "--lr", "0.05"}
	out := must(t, folder, append([]string{"config", "init", "digits", "--out", "c.yaml"}, flags...)...)
	says(t, out, "c.yaml", "lamina.schema.json", "lamina train --config c.yaml")
	text := string(read(t, filepath.Join(folder, "c.yaml")))
	says(t, text, "# yaml-language-server: $schema=lamina.schema.json\n", "hidden: [8]  ",
		"# features of each hidden layer", "prepare: resize")
	var schema map[string]any
	if err := json.Unmarshal(read(t, filepath.Join(folder, "lamina.schema.json")), &schema); err != nil || schema["$schema"] == nil {
		t.Errorf("the schema: %v", err)
	}
	mustFail(t, exitFailed, folder, []string{"config", "init", "digits", "--out", "c.yaml"}, "c.yaml exists", "--force")
	says(t, must(t, folder, "config", "init", "digits", "--out", "-"), "task: digits")
	says(t, must(t, folder, "config", "schema", "--out", "-"), "$schema")

	must(t, folder, append([]string{"train", "digits", "--out", "flags"}, flags...)...)
	must(t, folder, "train", "--config", "c.yaml", "--out", "config")
	must(t, folder, "train", "--config", filepath.Join("flags", configFile), "--out", "again")
	weights := read(t, filepath.Join(folder, "flags", bestFile))
	for _, run := range []string{"config", "again"} {
		if !bytes.Equal(read(t, filepath.Join(folder, run, bestFile)), weights) {
			t.Errorf("the weights of %s differ", run)
		}
	}

	cmd := tool(folder, "config", "explain", "--config", "c.yaml", "--set", "training.batch=32", "--lr", "0.1")
	cmd.Env = append(cmd.Env, "LAMINA_SET_seed=9", "LAMINA_SET_optimizer__lr=7")
	stdout, errs, code := finish(t, cmd)
	if code != exitOK {
		t.Fatal(errs)
	}
	values := map[string]string{}
	for _, line := range strings.Split(stdout, "\n") {
		if f := strings.Fields(line); len(f) > 2 {
			values[f[0]] = strings.Join(f[1:], " ")
		}
	}
	for path, want := range map[string]string{
		"training.batch": "32 --set training.batch=32", "seed": "9 LAMINA_SET_seed", "optimizer.lr": "0.1 --lr 0.1",
		"optimizer.name": "sgd c.yaml:",
		"model.hidden":   "[8] c.yaml:",
	} {
		if got := values[path]; !strings.HasPrefix(got, want) {
			t.Errorf("%s is explained as %q, want %q", path, got, want)
		}
	}
	says(t, must(t, folder, "config", "explain", "mnist", "--model", "cnn"), "preset of model cnn", "0.995")

	write(t, filepath.Join(folder, "wrong.yaml"), []byte(strings.Replace(text, "momentum:", "momentun:", 1)))
	mustFail(t, exitFailed, folder, []string{"train", "--config", "wrong.yaml"}, "wrong.yaml:",
		`has no "momentun" (did you mean "momentum"?)`)
	mustFail(t, exitFailed, folder, []string{"train", "--config", "nowhere.yaml"}, "nowhere.yaml")
	mustFail(t, exitUsage, folder, []string{"config", "explain"}, "a target or --config")
	cmd = tool(folder, "train", "mnist")
	cmd.Env = append(cmd.Env, "LAMINA_SET_training__epochs=none")
	if _, errs, code := finish(t, cmd); code != exitUsage {
		t.Errorf("exit code %d", code)
	} else {
		says(t, errs, "LAMINA_SET_training__epochs: training.epochs: \"none\" is not a whole number")
	}
	for _, name := range []string{"table", "language"} { // outlines
		says(t, must(t, folder, "config", "init", name), "task: "+name, "chosen for the data")
	}
}

// TestMoreEpochs trains a finished run for more epochs.
func TestMoreEpochs(t *testing.T) {
	folder := t.TempDir()
	small(t, filepath.Join(folder, "digits"))
	arguments := []string{"train", "digits", "--hidden", "8", "--schedule", "constant", "--out"}
	must(t, folder, append(arguments, "run", "--epochs", "2")...)
	mustFail(t, exitFailed, folder, []string{"resume", "run"}, "is finished", "lamina resume run --epochs 4")
	says(t, must(t, folder, "resume", "run", "--epochs", "4"), "epoch 3/4", "epoch 4/4")
	must(t, folder, append(arguments, "four", "--epochs", "4")...)
	last := filepath.FromSlash(runs.LastFile)
	if !bytes.Equal(read(t, filepath.Join(folder, "run", last)), read(t, filepath.Join(folder, "four", last))) {
		t.Error("the weights differ")
	}
}

// TestOldRun opens a run that an older version wrote.
func TestOldRun(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(folder, "old", "config.json"), []byte(`{"format": 1, "task": "mnist", "model": {"size": 28}}`))
	write(t, filepath.Join(folder, "old", "model.safetensors"), []byte("x"))
	for _, command := range []string{"evaluate", "summary", "resume", "generate", "show"} {
		mustFail(t, exitFailed, folder, []string{command, "old"}, "an older version of Lamina wrote it")
	}
}

// TestData describes and checks digits.
func TestData(t *testing.T) {
	folder := t.TempDir()
	small(t, filepath.Join(folder, "digits"))
	says(t, must(t, folder, "data", "list"), "digits: ", "  mnist ", "language: ")
	says(t, must(t, folder, "data", "inspect", "digits"), "600 training digits and 200 test digits of 28×28 pixels",
		"class  training  test")
	says(t, must(t, folder, "data", "lint", "digits"), "nothing looks wrong")
	table := "id,x,y\n"
	for i := range 40 {
		table += fmt.Sprintf("H%d,%d,%d.5\n", i, i%7, i*i)
	}
	write(t, filepath.Join(folder, "t.csv"), []byte(table))
	says(t, must(t, folder, "data", "lint", "t.csv", "--target", "y"), "nothing looks wrong\nnote: id: almost every value is different")
	path := filepath.Join(folder, "digits", "train-images-idx3-ubyte")
	b := read(t, path)
	copy(b[16+784:], b[16:16+784]) // digit 1 becomes digit 0, which has another label
	clear(b[16+2*784 : 16+3*784])
	write(t, path, b)
	labels := make([]byte, 200)
	writeIDX(t, filepath.Join(folder, "digits", "t10k-labels-idx1-ubyte"), idx.New(labels))
	out, _, code := call(t, folder, "data", "lint", "digits")
	if code != exitFailed {
		t.Errorf("exit code %d", code)
	}
	says(t, out, "training digits 0 and 1 are equal, and labelled 5 and 0", "training digit 2 is empty", "class 9 has no test digit")
}

// TestOptions lists entries and options.
func TestOptions(t *testing.T) {
	folder := t.TempDir()
	says(t, must(t, folder, "config", "options"), "optimizer\n  adam ", "  one-cycle ", "digits ")
	says(t, must(t, folder, "config", "options", "optimizer", "adamw"), "weight_decay", "(default 0.01)", "a number of at least 0")
	says(t, must(t, folder, "config", "options", "model", "cnn"), "no options", "unless they are set:", "epochs: 10")
	says(t, must(t, folder, "config", "options", "training"), "patience", "time_limit")
	mustFail(t, exitUsage, folder, []string{"config", "options", "optimiser"}, `did you mean "optimizer"?`)
	mustFail(t, exitUsage, folder, []string{"config", "options", "optimizer", "adm"}, `did you mean "adam"?`)
}

// TestTimeLimit ends a training by its time limit: resume says how to evaluate it and continues it.
func TestTimeLimit(t *testing.T) {
	folder := t.TempDir()
	small(t, filepath.Join(folder, "digits"))
	must(t, folder, "train", "digits", "--hidden", "8", "--epochs", "2", "--set", "training.time_limit=1ns", "--out", "run")
	mustFail(t, exitFailed, folder, []string{"resume", "run", "--epochs", "2"}, "is finished: its time limit ended it",
		"Continue it: lamina resume run\n")
	must(t, folder, "resume", "run")
}
