package recipe

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/lamina-ml/lamina/tensor"
)

// TestSetInLists sets elements of lists: the number of one is a number and nothing else.
func TestSetInLists(t *testing.T) {
	const text = "task: test\nmodel: {layers: [{linear: 4}, {linear: out}]}\n"
	for _, key := range []string{"0x", "0 1", "-1", "2", "", "1.5"} {
		if _, err := decode(t, text, "model.layers."+key+"=relu"); err == nil || !strings.Contains(err.Error(), "model.layers.") {
			t.Errorf("%q: error %v", key, err)
		}
	}
	if r, err := decode(t, text, "model.layers.0.linear=7"); err != nil || !strings.Contains(string(r.YAML()), "out: 7") {
		t.Errorf("error %v", err)
	}
}

// TestDecodeOptionsOrder checks that the mistakes of several options are always listed in the same order.
func TestDecodeOptionsOrder(t *testing.T) {
	texts, want := map[string]string{}, ""
	for i := range 9 {
		name := fmt.Sprintf("option%d", i)
		texts[name] = "1"
		want += name + "\n"
	}
	for range 5 {
		_, err := DecodeOptions(&testModel{}, texts, func(name string) string { return "--" + name })
		got := ""
		for line := range strings.Lines(err.Error()) {
			name, _, _ := strings.Cut(strings.TrimPrefix(line, "--"), ":")
			got += name + "\n"
		}
		if got != want {
			t.Fatalf("the order is\n%s", got)
		}
	}
}

// TestWithoutChoices builds what a recipe does not name.
func TestWithoutChoices(t *testing.T) {
	registry := NewRegistry()
	registry.Add(Tasks, Entry{Name: "bare", Doc: "a task without a recipe"})
	d, err := Parse("bare.yaml", []byte("task: bare\n"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := d.Decode(registry)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.BuildLoss(0); err == nil || !strings.Contains(err.Error(), "there is no loss; want cross-entropy, mse") {
		t.Errorf("error %v", err)
	}
	err = tensor.Try(func() { r.BuildOptimizer(nil) })
	var mistake *tensor.Error
	if !errors.As(err, &mistake) || !strings.Contains(err.Error(), "has no optimizer") {
		t.Errorf("error %v", err)
	}
}

// TestLongTexts checks that a long text in an error is cut between characters.
func TestLongTexts(t *testing.T) {
	for n := range 4 {
		_, err := decode(t, "task: test\ntraining: {epochs: "+strings.Repeat("x", n)+strings.Repeat("层", 40)+"}\n")
		if err == nil || !utf8.ValidString(err.Error()) || strings.Contains(err.Error(), `\x`) || len(err.Error()) > 200 {
			t.Errorf("error %v", err)
		}
	}
}
