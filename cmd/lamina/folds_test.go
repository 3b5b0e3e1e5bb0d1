//go:build unix

package main

import (
	"bufio"
	"bytes"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// TestFolds interrupts a cross-validation, resumes it, and uses its networks together.
func TestFolds(t *testing.T) {
	folder := t.TempDir()
	args := []string{"train", "iris", "--folds", "3", "--epochs", "25", "--set", "model.members=1"}
	must(t, folder, append(args, "--out", "whole")...)
	cmd := tool(folder, append(args, "--out", "cv")...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var errs bytes.Buffer
	cmd.Stderr = &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "fold 2 of 3") {
			cmd.Process.Signal(syscall.SIGINT)
		}
	}
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
		t.Fatalf("exit code %d after an interrupt\n%s", code, &errs)
	}
	says(t, errs.String(), "The training is saved. To resume it: lamina resume cv")
	mustFail(t, exitFailed, folder, []string{"predict", "cv", "iris"}, "not finished", "lamina resume cv")
	text := must(t, folder, "resume", "cv")
	says(t, text, "fold 3 of 3", "\nspecies: accuracy 0.", "mean ± standard deviation of 3 folds",
		"lamina evaluate cv --report", "lamina predict cv iris",
		filepath.Join("cv", "report.txt")+": the measures of each fold",
		filepath.Join("cv", "out_of_fold.csv")+": the prediction of each row")
	if strings.Contains(text, "\n\n\n") {
		t.Errorf("there are two blank lines:\n%s", text)
	}
	for _, file := range []string{"out_of_fold.csv", "report.txt"} {
		if !bytes.Equal(read(t, filepath.Join(folder, "cv", file)), read(t, filepath.Join(folder, "whole", file))) {
			t.Errorf("%s differs from that of a training that was not interrupted", file)
		}
	}
	_, written, code := call(t, folder, "predict", "cv", "iris", "--out", "iris.parquet")
	if code != exitOK || !strings.Contains(written, "150 predictions written to iris.parquet") {
		t.Errorf("%d, %s", code, written)
	}
	says(t, must(t, folder, "data", "convert", "iris.parquet", "iris.csv"), "150 rows written to iris.csv")
	says(t, string(read(t, filepath.Join(folder, "iris.csv"))), "predicted_species,probability_setosa")
	says(t, must(t, folder, "evaluate", "cv"), "mean ± standard deviation of 3 folds")
	says(t, must(t, folder, "evaluate", "cv", "--data", "iris.csv", "--report"), "of 150 given rows right", "precision")
	mustFail(t, exitFailed, folder, []string{"summary", "cv"}, "it has 3 networks", "Name one of them: cv/fold-1")
	says(t, must(t, folder, "summary", "cv/fold-1"), "cv/fold-1: task table")
	mustFail(t, exitFailed, folder, []string{"resume", "cv"}, "is finished")
	mustFail(t, exitFailed, folder, []string{"tune", "iris", "--folds", "3"}, "leave out folds")
	mustFail(t, exitUsage, folder, []string{"train", "mnist", "--folds", "3"}, "--folds has no meaning for the task digits, only for table")
	mustFail(t, exitUsage, folder, []string{"train", "mnist", "--refit"}, "the task digits cannot train on its validation data")
}

// TestFoldsAsNextStep trains on a few rows, and takes the first step that is suggested then: a cross-validation with the
// same settings.
func TestFoldsAsNextStep(t *testing.T) {
	folder := t.TempDir()
	ownData(t, folder)
	out := must(t, folder, "train", "houses.csv", "--target", "price", "--epochs", "2", "--set", "model.members=2")
	next := regexp.MustCompile(`only 12 test rows: with folds, each row is tested once\n\nNext:\n  lamina (train --config \S+ --folds 5)\n`).FindStringSubmatch(out)
	if next == nil {
		t.Fatalf("the output is\n%s", out)
	}
	out = must(t, folder, strings.Fields(next[1])...)
	says(t, out, "training: 2 epochs, ", filepath.Join("runs", "houses-002", "fold-5"))
	if config := string(read(t, filepath.Join(folder, "runs", "houses-002", "fold-5",
		"config.yaml"))); !strings.Contains(config, "members: 2") {
		t.Errorf("the configuration is\n%s", config)
	}
}
