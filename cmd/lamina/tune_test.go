package main

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/task/search"
	"github.com/lamina-ml/lamina/tbevents"
	"github.com/lamina-ml/lamina/tune"
)

// tuned are the arguments of a small search.
var tuned = []string{"tune", "mnist", "--data", "digits", "--epochs", "3", "--trials", "5", "--search", "optimizer.lr=log:1e-4..1e-1",
	"--search", "model.hidden=[8],[8,8]", "--out", "search"}

func TestTune(t *testing.T) {
	folder := t.TempDir()
	small(t, filepath.Join(folder, "digits"))
	out := must(t, folder, tuned...)
	says(t, out, "search:   model.hidden=[8],[8,8]\n          optimizer.lr=log:0.0001..0.1\n", "trial-000 (1/5): ", "trial-004 (5/5): ",
		"rank  trial  value", "Next:\n  lamina evaluate search"+string(filepath.Separator)+"trial-00")
	_, trials, err := tune.Read(filepath.Join(folder, "search", search.StudyFile))
	if err != nil || len(trials) != 5 {
		t.Fatalf("%d trials, %v", len(trials), err)
	}
	best := tune.Rank(trials, true)[0]
	if best.Value < 0.3 {
		t.Errorf("the best trial is %+v", best)
	}

	// The printed commands work, and the best configuration repeats the best trial.
	next := regexp.MustCompile(`(?m)^  lamina (.*)$`).FindAllStringSubmatch(out, -1)
	if len(next) != 2 {
		t.Fatalf("%d commands in\n%s", len(next), out)
	}
	for _, n := range next {
		must(t, folder, strings.Fields(n[1])...)
	}
	run, err := runs.Open(filepath.Join(folder, "runs", "digits-001"))
	if err != nil {
		t.Fatal(err)
	}
	if status, err := run.Status(); err != nil || status.Best != best.Value {
		t.Errorf("trained again, the best is %v, %v; want %v", status.Best, err, best.Value)
	}

	// A finished search is not repeated, and goes on with more trials.
	says(t, must(t, folder, tuned...), "rank  trial")
	more := append(append([]string{}, tuned...), "--trials", "6", "--parallel", "2", "--no-pruning")
	says(t, must(t, folder, more...), "trial-005 (6/6): ")

	// Ranges in a configuration.
	write(t, filepath.Join(folder, "c.yaml"),
		[]byte("task: digits\ndata: {path: digits}\nsearch: {training.batch: '16,32', optimizer.lr: 0.001..0.01}\n"))
	says(t, must(t, folder, "tune", "--config", "c.yaml", "--epochs", "1", "--trials", "1", "--hidden", "8"),
		"search:   optimizer.lr=0.001..0.01\n          training.batch=16,32\n", filepath.Join("runs", "tune-digits"))
	mustFail(t, exitFailed, folder, append(append([]string{}, tuned...), "--seed", "2"), "other settings", "--out")
	for _, wrong := range [][]string{
		{"--search optimizer.lrr=1..2", "did you mean \"lr\"?"},
		{"--search optimizer.lr=9", "leaves nothing to search"},
		{"--search lr", "want NAME=RANGE"},
		{"--trials 0", "want 1 to"},
		{"--parallel 0", "want 1 to"},
		{"--sampler grid", "want tpe or random"},
	} {
		mustFail(t, exitUsage, folder, append([]string{"tune", "mnist", "--data", "digits"}, strings.Fields(wrong[0])...), wrong[1])
	}
}

func TestLRFind(t *testing.T) {
	folder := t.TempDir()
	small(t, filepath.Join(folder, "digits"))
	out := must(t, folder, "lrfind", "mnist", "--data", "digits", "--hidden", "16")
	next := regexp.MustCompile(`Next:\n  lamina (train mnist --data digits --hidden 16 --set optimizer.lr=\S+)\n`).FindStringSubmatch(out)
	if next == nil {
		t.Fatalf("no command in\n%s", out)
	}
	must(t, folder, append(strings.Fields(next[1]), "--epochs", "1", "--out", "run")...)
	folderHolds(t, folder, "digits", "lrfind-mnist.png", "run")
	mustFail(t, exitUsage, folder, []string{"lrfind", "mnist", "--low", "1", "--high", "0.1"}, "--low 1 --high 0.1")
	mustFail(t, exitUsage, folder, []string{"lrfind", "mnist", "--rates", "3"}, "--rates 3")

	curves, err := tbevents.ReadScalars(filepath.Join(folder, "run"))
	if err != nil || len(curves["loss/train"]) != 1 {
		t.Errorf("curves %v, %v", curves, err)
	}
}

// TestTuneSaysWhichFlag: a setting that does not exist is told as that of --search, and a command for runs names the
// trials of a search.
func TestTuneSaysWhichFlag(t *testing.T) {
	folder := t.TempDir()
	ownData(t, folder)
	tune := []string{"tune", "houses.csv", "--target", "price", "--epochs", "1", "--trials", "1", "--out", "search", "--search"}
	mustFail(t, exitUsage, folder, append(tune, "optimizer.rate=0.1..0.2"), `--search optimizer.rate=`, `no "rate"`)
	must(t, folder, append(tune, "model.dropout=0.1..0.2")...)
	for _, command := range []string{"evaluate", "resume", "summary"} {
		mustFail(t, exitFailed, folder, []string{command, "search"}, "search is not a run", "The folder holds runs. Name one of them, such as search/trial-000.")
	}
}
