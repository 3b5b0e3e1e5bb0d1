package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
)

// TestFilesAreKept writes predictions and tables to files that exist, to the input, and in formats that there are not.
func TestFilesAreKept(t *testing.T) {
	folder := t.TempDir()
	ownData(t, folder)
	must(t, folder, "train", "houses.csv", "--target", "price", "--epochs", "1", "--out", "run")
	cmd := tool(folder, "evaluate", "run", "--data", "-")
	cmd.Stdin = strings.NewReader("price,size,district\n200000,60,east\n250000,70,west\n")
	if out, errs, code := finish(t, cmd); code != exitOK || !strings.Contains(out, "on 2 given rows") {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
	houses := read(t, filepath.Join(folder, "houses.csv"))
	mustFail(t, exitFailed, folder, []string{"predict", "run", "houses.csv", "--out", "houses.csv"},
		"houses.csv is the file that is read", "another name")
	mustFail(t, exitFailed, folder, []string{"predict", "run", "houses.csv", "--out", "reviews.csv"}, "reviews.csv exists", "--force")
	mustFail(t, exitUsage, folder, []string{"predict", "run", "houses.csv", "--out", "p.xlsx"}, `no format has the ending ".xlsx"`)
	mustFail(t, exitFailed, folder, []string{"data", "convert", "houses.csv", "houses.csv"}, "houses.csv is the file that is read")
	mustFail(t, exitFailed, folder, []string{"data", "convert", "houses.csv", "reviews.csv"}, "reviews.csv exists", "--force")
	if !bytes.Equal(houses, read(t, filepath.Join(folder, "houses.csv"))) {
		t.Error("houses.csv has changed")
	}
	for range 2 {
		_, errs, code := call(t, folder, "predict", "run", "houses.csv", "--out", "p.jsonl", "--force")
		if code != exitOK || !strings.Contains(errs, "60 predictions written to p.jsonl") {
			t.Errorf("exit code %d: %s", code, errs)
		}
	}
	if text := string(read(t, filepath.Join(folder, "p.jsonl"))); strings.Count(text, "\n") != 60 ||
		!strings.HasPrefix(text, `{"id":"H0","district":"east","size":`) {
		t.Errorf("%.300s", text)
	}
	says(t, must(t, folder, "data", "convert", "p.jsonl", "reviews.csv", "--force"), "60 rows written to reviews.csv")
}
