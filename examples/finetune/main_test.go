package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/safetensors"
)

// reviews writes a CSV file of n reviews. Each has one "not", either before the judgement or before something else,
// so that words without their order do not tell the class.
func reviews(t *testing.T, name string, seed uint64, n int) string {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	pick := func(words string) string {
		list := strings.Fields(words)
		return list[r.IntN(len(list))]
	}
	var b strings.Builder
	b.WriteString("label,text\n")
	for range n {
		good, negated := r.IntN(2) == 1, r.IntN(2) == 1
		judgement := pick("bad dull poor awful slow weak")
		if good {
			judgement = pick("good fine great lovely clever funny")
		}
		not, other := "", "not "
		if negated {
			not, other = "not ", ""
		}
		label := "negative"
		if good != negated {
			label = "positive"
		}
		first := fmt.Sprintf("The %s was %s%s", pick("film book play song game"), not, judgement)
		second := fmt.Sprintf("I was %sat %s", other, pick("home work school sea"))
		if r.IntN(2) == 0 {
			first, second = second, first
		}
		fmt.Fprintf(&b, "%s,\"%s, %s.\"\n", label, first, second)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestRun trains a BERT of two layers until it understands "not".
func TestRun(t *testing.T) {
	var log strings.Builder
	s := settings{epochs: 8, batch: 32, lr: 2e-3, length: 32}
	s.train, s.test = reviews(t, "train.csv", 1, 1500), reviews(t, "test.csv", 2, 300)
	s.out = filepath.Join(t.TempDir(), "model.safetensors")
	result, err := run(context.Background(), &log, s)
	if err != nil {
		t.Fatal(err)
	}
	if result.Accuracy() < 0.97 || result.Total != 300 {
		t.Errorf("%v of %d test texts are right, want 97%%\n%s", result.Accuracy(), result.Total, log.String())
	}
	t.Log(log.String())
	c, err := safetensors.Load(s.out)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Tensor("bert.encoder.layer.1.attention.self.query.weight"); err != nil {
		t.Error(err)
	}
}

// Mistakes in the files are errors that name the file and the line.
func TestMistakes(t *testing.T) {
	good := reviews(t, "train.csv", 1, 8)
	bad := filepath.Join(t.TempDir(), "test.csv")
	if err := os.WriteFile(bad, []byte("label,text\npositive,good\nboring,\"so, so\"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		s    settings
		want []string
	}{
		{settings{train: good, test: bad}, []string{bad, "line 3", `"boring"`}},
		{settings{train: bad + "x", test: bad}, []string{bad + "x"}},
		{settings{train: good, test: good, model: t.TempDir()}, []string{"tokenizer.json"}},
	} {
		_, err := run(context.Background(), &strings.Builder{}, c.s)
		if err == nil {
			t.Errorf("%+v: no error", c.s)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%v does not name %s", err, want)
			}
		}
	}
}
