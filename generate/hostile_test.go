package generate

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/rng"
)

// TestUselessLogits chooses among logits of which no distribution can be made: an error, not a panic.
func TestUselessLogits(t *testing.T) {
	inf := float32(math.Inf(1))
	for _, c := range []struct {
		name   string
		config Config
		logits []float32
	}{
		{"a tiny temperature", Config{Temperature: 1e-45}, []float32{1, 2, -3}},
		{"a temperature that is 0 in float32", Config{Temperature: 1e-300}, []float32{1, 0, -3}},
		{"a tiny penalty", Config{RepetitionPenalty: 1e-40}, []float32{1, 2, -3}},
		{"a penalty that is 0 in float32", Config{RepetitionPenalty: 1e-300}, []float32{1, 0, -3}},
		{"an infinite logit", Config{}, []float32{1, inf, -3}},
		{"no probable token", Config{}, []float32{-inf, -inf, -inf}},
		{"an infinite penalty", Config{RepetitionPenalty: math.Inf(1)}, []float32{-inf, inf, -inf}},
	} {
		for _, p := range []Config{{}, {TopP: 0.5}, {MinP: 0.5}, {TopK: 1}} {
			p.Sample, p.Temperature, p.RepetitionPenalty = true, c.config.Temperature, c.config.RepetitionPenalty
			logits := append([]float32(nil), c.logits...)
			if _, err := newProcessor(&p, rng.NewTorch(0)).choose(logits, []int32{0, 1, 2}); err != errNaN && err != errInfinite {
				t.Errorf("%s, %+v: %v", c.name, p, err)
			}
		}
	}
}

// TestMaxTokens asks for more tokens than a cache can have.
func TestMaxTokens(t *testing.T) {
	for most, want := range map[int]string{math.MaxInt: "want 0 to 2147483647", 1 << 32: "want 0 to 2147483647"} {
		for _, err := range Tokens(load(t, "llama-q4_1.gguf"), []int32{1}, Config{MaxTokens: most}) {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Fatalf("%d tokens: %v, want %s", most, err, want)
			}
		}
	}
	g, err := start(models.GPT2Config{Vocabulary: 7, Context: 16, Width: 8, Layers: 1, Heads: 2}.New(rng.NewTorch(1)),
		[][]int32{{1, 2}}, Config{MaxTokens: math.MaxInt32})
	if err != nil || cap(g.history[0]) > 100 {
		t.Errorf("a history of %d tokens for a context of 16: %v", cap(g.history[0]), err)
	}
}

// TestManyStopTokens compares a beam search, of whose best candidates most end, with Hugging Face's.
func TestManyStopTokens(t *testing.T) {
	m := load(t, "bf16")
	c := Config{MaxTokens: 20, RepetitionPenalty: 1.0, StopTokens: []int32{26, 36, 29, 2, 3, 47, 5, 7, 21, 9, 23, 55,
		16, 17, 30, 54, 58, 56, 51, 45, 1, 40, 44, 24}}
	got, err := BeamSearch(m, []int32{44, 8, 63, 0}, BeamConfig{Beams: 5, LengthPenalty: 2.0, Return: 5}, c)
	if err != nil {
		t.Fatal(err)
	}
	want := []Beam{{[]int32{13, 32, 18, 18, 18, 18, 62, 32, 35, 35, 35, 35, 13, 62, 62, 62, 62, 62, 62, 62}, -0.090964},
		{[]int32{13, 32, 18, 18, 18, 18, 62, 32, 35, 35, 35, 35, 13, 62, 62, 62, 62, 62, 62, 0}, -0.092508},
		{[]int32{13, 32, 18, 18, 18, 18, 62, 32, 35, 35, 35, 35, 13, 62, 62, 62, 62, 62, 0, 0}, -0.092755},
		{[]int32{13, 32, 18, 18, 18, 18, 62, 32, 35, 35, 35, 35, 13, 62, 62, 62, 62, 62, 62}, -0.093490},
		{[]int32{13, 32, 18, 18, 18, 18, 62, 32, 35, 35, 35, 35, 13, 62, 62, 62, 62, 18, 18, 18}, -0.094873}}
	for i, w := range want {
		if len(got) != len(want) || !slices.Equal(got[i].Tokens, w.Tokens) || math.Abs(got[i].Score-w.Score) > 1e-4 {
			t.Fatalf("%v, want %v", got, want)
		}
	}
}
