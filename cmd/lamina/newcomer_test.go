package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFoldersWithoutPictures trains on folders that hold nothing to train on: the errors say what should be in them.
func TestFoldersWithoutPictures(t *testing.T) {
	folder := t.TempDir()
	if err := os.MkdirAll(filepath.Join(folder, "empty"), 0o777); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(folder, "tables", "houses.csv"), []byte("size,price\n1,2\n"))
	want := "folder with the name of the class, such as " + filepath.Join("empty", "cats")
	mustFail(t, exitFailed, folder, []string{"train", "empty"},
		"the folder empty is empty: there is nothing to train on", want, "IDX files")
	mustFail(t, exitFailed, folder, []string{"train", "tables"}, "the folder tables has no folders with pictures",
		"To train on the file in it: lamina train "+filepath.Join("tables", "houses.csv"))
}

// TestShortPaths trains on a file that is given by a relative path: no message shows an absolute one.
func TestShortPaths(t *testing.T) {
	folder := t.TempDir()
	ownData(t, folder)
	for _, args := range [][]string{
		{"train", "houses.csv", "--target", "price", "--epochs", "1"}, {"train", "shapes", "--epochs", "1"},
		{"evaluate", filepath.Join("runs", "houses-001")},
		{"train", "reviews.csv", "--text", "body", "--target", "label", "--epochs", "1"},
		{"train", "houses.csv", "--target", "price", "--epochs", "1", "--folds", "2"},
		{"train", "mytext.txt", "--epochs", "1", "--steps", "2", "--width", "16", "--heads", "2"},
		{"data", "inspect", "houses.csv"}, {"config", "explain", "houses.csv", "--target", "price"},
		{"config", "init", "shapes"}, {"train", "houses.csv"}, {"train", "houses.csv", "--target", "prize"},
	} {
		out, errs, _ := call(t, folder, args...)
		if strings.Contains(out+errs, folder) {
			t.Errorf("lamina %s shows an absolute path:\n%s%s", strings.Join(args, " "), out, errs)
		}
	}
	os.MkdirAll(filepath.Join(folder, "elsewhere"), 0o777)
	run := filepath.Join("..", "runs", "houses-001")
	must(t, filepath.Join(folder, "elsewhere"), "evaluate", run) // the run keeps the absolute path
	if err := os.Remove(filepath.Join(folder, "houses.csv")); err != nil {
		t.Fatal(err)
	}
	mustFail(t, exitFailed, filepath.Join(folder, "elsewhere"), []string{"evaluate", run},
		`there is no file "`+filepath.Join("..", "houses.csv")+`"`)
}

// TestSummaryOfTargets lists the layers of networks before a training.
func TestSummaryOfTargets(t *testing.T) {
	folder := t.TempDir()
	ownData(t, folder)
	says(t, must(t, folder, "summary", "mnist", "--model", "cnn"), "Conv2d", "171,378 parameters",
		"before a training on mnist: task digits, model cnn")
	says(t, must(t, folder, "summary", "houses.csv", "--target", "price", "--hidden", "24"), "Linear", "(1, 16, 24)")
	says(t, must(t, folder, "summary", "shapes"), "Conv2d", "task images")
	says(t, must(t, folder, "summary", "reviews.csv", "--text", "body", "--target", "label"), "task texts")
	says(t, must(t, folder, "summary", "mytext.txt", "--layers", "2"), "transformer.h.1")
	must(t, folder, "train", "houses.csv", "--target", "price", "--epochs", "1", "--out", "run")
	says(t, must(t, folder, "summary", "run"), "Linear", "epoch 1 of 1")
	mustFail(t, exitUsage, folder, []string{"summary", "run", "--hidden", "3"},
		"--hidden has no meaning for run: a run has its configuration")
	mustFail(t, exitFailed, folder, []string{"summary", "houses.csv"}, "which column of houses.csv is to be predicted?", "--target price")
	mustFail(t, exitFailed, folder, []string{"summary", "nowhere", "--hidden", "3"}, "nowhere is not a run")
	if _, err := os.Stat(filepath.Join(folder, "runs")); err == nil {
		t.Error("summary made a run")
	}
}

// TestShowOfTablesAndTexts draws runs of tables and of texts without naming a row or a text.
func TestShowOfTablesAndTexts(t *testing.T) {
	folder := t.TempDir()
	ownData(t, folder)
	must(t, folder, "train", "houses.csv", "--target", "price", "--epochs", "2", "--out", "houses")
	checkShown(t, folder, must(t, folder, "show", "houses"), "houses/show", []string{"curves.png", "importance.png", "predictions.png"})
	must(t, folder, "train", "houses.csv", "--target", "district,price", "--epochs", "1", "--out", "both")
	checkShown(t, folder, must(t, folder, "show", "both", "--out", "seen", "--data", "houses.csv"), "seen",
		[]string{"curves.png", "importance-1.png", "confusion-1.png", "importance-2.png", "predictions-2.png"})
	mustFail(t, exitUsage, folder, []string{"show", "houses", "3"}, `there are too many arguments, from "3" on; usage: lamina show RUN`)

	must(t, folder, "train", "reviews.csv", "--text", "body", "--target", "label", "--epochs", "2", "--out", "reviews")
	out := must(t, folder, "show", "reviews")
	checkShown(t, folder, out, "reviews/show", []string{"curves.png", "confusion.png"})
	says(t, out, "To see which words of a text speak for its class: lamina show reviews '")
	mustFail(t, exitUsage, folder, []string{"show", "reviews", "--class", "good"}, "--class needs a text")
}

// TestSchemaSaysWhereItIs writes the schema to a file: the command says so, and how an editor finds it.
func TestSchemaSaysWhereItIs(t *testing.T) {
	folder := t.TempDir()
	says(t, must(t, folder, "config", "schema", "--out", "s.json"), "The JSON schema is written to s.json",
		"# yaml-language-server: $schema=s.json")
	if must(t, folder, "config", "schema") != string(read(t, filepath.Join(folder, "s.json"))) {
		t.Error("the schemas differ")
	}
}

// TestOneErrorForAFlag checks that a list with two wrong values has one error.
func TestOneErrorForAFlag(t *testing.T) {
	_, errs, code := call(t, t.TempDir(), "train", "mnist", "--hidden", "a,b")
	if want := "lamina: --hidden a,b: \"a\" is not a whole number; want a whole number from 1 to 1e9\nSee 'lamina train --help'.\n"; code != exitUsage || errs != want {
		t.Errorf("exit code %d:\n%swant\n%s", code, errs, want)
	}
}

// TestHintsForTables trains on tables: the next steps predict new rows, not those that were trained on, and a column of
// texts has a task of its own.
func TestHintsForTables(t *testing.T) {
	folder := t.TempDir()
	ownData(t, folder)
	out := must(t, folder, "train", "houses.csv", "--target", "price", "--epochs", "1", "--out", "run")
	says(t, out, "lamina predict run new.csv")
	if strings.Contains(out, "--text") {
		t.Errorf("the table has no texts:\n%s", out)
	}
	says(t, must(t, folder, "train", "houses.csv", "--target", "price", "--epochs", "1", "--folds", "2", "--out", "cv"),
		"lamina predict cv new.csv")
	says(t, must(t, folder, "train", "iris", "--epochs", "1", "--out", "iris-run"), "lamina predict iris-run iris")
	reviews := "body,label\n"
	words := strings.Fields("a lovely warm film with dull gray songs and bright old stars that never sing")
	for i := range 60 {
		reviews += strings.Join([]string{words[i%14], words[i*3%14], words[i/14], words[(i*5+2)%14], words[i*7%14]},
			" ") + []string{",good\n", ",bad\n"}[i%2]
	}
	write(t, filepath.Join(folder, "distinct.csv"), []byte(reviews))
	says(t, must(t, folder, "train", "distinct.csv", "--target", "label", "--epochs", "1", "--out", "words"),
		"texts:    body holds texts; to train on their words alone: lamina train distinct.csv --text body --target label")
}
