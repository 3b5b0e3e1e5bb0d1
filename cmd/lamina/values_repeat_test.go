package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRepeatedFlags: a flag for a list that is given twice has the values of both; none is lost without a word.
func TestRepeatedFlags(t *testing.T) {
	folder := t.TempDir()
	ownData(t, folder)
	out := must(t, folder, "train", "houses.csv", "--target", "price", "--target=[size]", "--hidden", "8", "--hidden", "4",
		"--epochs", "2", "--epochs", "1", "--out", "run")
	if !strings.Contains(out, "size, a number; price, a number") {
		t.Errorf("want two targets:\n%s", out)
	}
	text, err := os.ReadFile(filepath.Join(folder, "run", "config.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	says(t, string(text), "target: [price, size]", "hidden: [8, 4]", "epochs: 1")
}

// TestFlagsNameTasks: a flag that has a meaning for some tasks names them in the help, and one for all does not.
func TestFlagsNameTasks(t *testing.T) {
	folder := t.TempDir()
	help := strings.Join(strings.Fields(must(t, folder, "train", "--help")), " ")
	says(t, help, "--freeze images: train the last layer only", "--folds number table: cross-validation",
		"--epochs number passes over", "--hidden numbers digits, table: features of each hidden layer")
	says(t, strings.Join(strings.Fields(must(t, folder, "evaluate", "--help")), " "), "--confusion string digits, images, texts: draw")
	ownData(t, folder)
	says(t, must(t, folder, "config", "explain", "houses.csv", "--target", "price", "--dropout", "0.25"), "--dropout 0.25")
}

func TestRunName(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "pets")
	if err := os.MkdirAll(filepath.Join(folder, "cats"), 0o777); err != nil {
		t.Fatal(err)
	}
	t.Chdir(filepath.Join(folder, "cats"))
	for target, want := range map[string]string{".": "cats", "..": "pets", "./": "cats", "../": "pets", "a/houses.csv": "houses", "pets/": "pets", ".csv": "table",
		"iris": "iris", string(filepath.Separator): "table"} {
		if got := runName(target, "table"); got != want {
			t.Errorf("%s: %q, want %q", target, got, want)
		}
	}
}
