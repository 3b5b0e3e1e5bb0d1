package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestMovedData: commands for a run whose data were moved say so, and what can be done.
func TestMovedData(t *testing.T) {
	folder := t.TempDir()
	ownData(t, folder)
	for _, c := range []struct {
		data, flag string
		train      []string
	}{
		{"houses.csv", "name a file of rows with --data", []string{"houses.csv", "--target", "price", "--epochs", "1"}},
		{"reviews.csv", "name a file of texts with --data", []string{"reviews.csv", "--text", "body", "--target", "label", "--epochs", "1"}},
		{"shapes", "name a folder of pictures with --data", []string{"shapes", "--epochs", "1", "--width", "4"}},
	} {
		run := "run-" + c.data
		must(t, folder, append([]string{"train", "--out", run}, c.train...)...)
		if err := os.Rename(filepath.Join(folder, c.data), filepath.Join(folder, "moved")); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{{"evaluate", run}, {"show", run}, {"resume", run, "--epochs", "2"}} {
			_, errs, code := call(t, folder, args...)
			if code != exitFailed {
				t.Errorf("%v: exit code %d", args, code)
			}
			want := c.flag
			if args[0] == "resume" {
				want = "Put them back where they were, or start a new run."
			}
			says(t, errs, `the data of the training are missing: there is no file "`+c.data+`"`, want)
		}
		if err := os.Rename(filepath.Join(folder, "moved"), filepath.Join(folder, c.data)); err != nil {
			t.Fatal(err)
		}
		must(t, folder, "evaluate", run)
	}
}
