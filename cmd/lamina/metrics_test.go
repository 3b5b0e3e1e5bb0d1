package main

import (
	"path/filepath"
	"regexp"
	"testing"
)

// TestMetricsOfDigits measures the metrics of the configuration on the test digits.
func TestMetricsOfDigits(t *testing.T) {
	folder := t.TempDir()
	small(t, filepath.Join(folder, "digits"))
	out := must(t, folder, "train", "mnist", "--data", "digits", "--hidden", "16", "--epochs", "1", "--set",
		"metrics=[roc-auc,recall]", "--out", "run")
	verdict := regexp.MustCompile(`\n\d+ of 200 test digits correct: [\d.]+%, roc-auc 0\.\d+, recall 0\.\d+\n`).FindString(out)
	if verdict == "" {
		t.Fatalf("the output is\n%s", out)
	}
	says(t, must(t, folder, "evaluate", "run"), verdict[1:], "\nroc-auc 0.")
}
