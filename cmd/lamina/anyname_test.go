package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestTablesOfAnyName: with --target, a file is read as a table whatever the end of its name.
func TestTablesOfAnyName(t *testing.T) {
	folder := t.TempDir()
	ownData(t, folder)
	for from, to := range map[string]string{"houses.csv": "houses.txt", "reviews.csv": "reviews.dat"} {
		if err := os.Rename(filepath.Join(folder, from), filepath.Join(folder, to)); err != nil {
			t.Fatal(err)
		}
	}
	says(t, must(t, folder, "train", "houses.txt", "--target", "price", "--epochs", "1", "--out", "run"), "price, a number", "predict run new.txt")
	must(t, folder, "predict", "run", "houses.txt")
	says(t, must(t, folder, "train", "reviews.dat", "--text", "body", "--target", "label", "--epochs", "1", "--out", "words"), "network:  bag")
	says(t, must(t, folder, "train", "mytext.txt", "--epochs", "1", "--set", "data.steps=1", "--context", "8", "--out", "text"), "network:  gpt")
	mustFail(t, exitUsage, folder, []string{"train", "reviews.dat"}, "no task trains on reviews.dat", "--target COLUMN if a table is in it")
}
