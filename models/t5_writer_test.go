package models_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/lamina-ml/lamina/generate"
	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

func smallT5() *models.T5 {
	m := models.T5Config{Vocabulary: 50, Width: 24, HeadSize: 6, Inner: 40, Layers: 2, Heads: 3, Buckets: 8,
		MaxDistance: 12}.New(rng.NewTorch(0))
	nn.Eval(m)
	return m
}

// TestT5Writer compares logits computed with a cache, one token or several at a time, with those of the whole result,
// for texts with and without padding and results longer than the largest distance with a bias.
func TestT5Writer(t *testing.T) {
	m := smallT5()
	nn.Cast(m, tensor.Float64)
	texts, none := numbers(18, 7, 50, 2, 9), tensor.Tensor{}
	padded := tensor.From([]int64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0}, 2, 9)
	target := numbers(60, 11, 50, 2, 30)
	for _, mask := range []tensor.Tensor{none, padded} {
		want := m.Forward(texts, mask, target)
		w := m.Read(texts, mask)
		for _, step := range []int{1, 4, 7, 30} {
			cache := w.NewCache(2, 30)
			for at := 0; at < 30; at += step {
				n := min(step, 30-at)
				got := tensor.NoGrad(target.Narrow(1, at, n),
					func(ids tensor.Tensor) tensor.Tensor { return w.Next(ids, none, none, cache) })
				if d := got.Sub(want.Select(1, at+n-1)).Abs().Max().Item(); !(d <= 1e-12) {
					t.Fatalf("mask %v, steps of %d: the logits after token %d differ by %v", mask.Defined(), step, at+n-1, d)
				}
			}
		}
	}
}

// TestT5Generate compares texts generated with the cache, alone, in a batch and by a search with one beam, with the most
// probable tokens of the whole results.
func TestT5Generate(t *testing.T) {
	m := smallT5()
	texts, none := numbers(18, 7, 50, 2, 9), tensor.Tensor{}
	c := generate.Config{MaxTokens: 20}
	batch, err := generate.Batch(m.Read(texts, none), [][]int32{{0}, {0}}, c)
	if err != nil {
		t.Fatal(err)
	}
	for i, got := range batch {
		text := texts.Narrow(0, i, 1)
		ids := []int64{0}
		var want []int32
		for range 20 {
			logits := m.Forward(text, none, tensor.From(ids, 1, len(ids)))
			next := logits.Select(1, len(ids)-1).ArgMax(1).Int64s()[0]
			ids, want = append(ids, next), append(want, int32(next))
		}
		var alone []int32
		for token, err := range generate.Tokens(m.Read(text, none), []int32{0}, c) {
			if err != nil {
				t.Fatal(err)
			}
			alone = append(alone, token)
		}
		beams, err := generate.BeamSearch(m.Read(text, none), []int32{0}, generate.BeamConfig{Beams: 1}, c)
		if err != nil {
			t.Fatal(err)
		}
		for how, got := range map[string][]int32{"batch": got, "alone": alone, "one beam": beams[0].Tokens} {
			if !slices.Equal(got, want) {
				t.Errorf("text %d, %s: %v, want %v", i, how, got, want)
			}
		}
	}
	if _, err := generate.BeamSearch(m.Read(texts.Narrow(0, 0, 1), none), []int32{0}, generate.BeamConfig{Beams: 3}, c); err != nil {
		t.Error(err) // three results of one text
	}
}

// A steady step of T5's generation allocates nothing on the Go heap.
func TestT5WriterAllocatesNothing(t *testing.T) {
	m := smallT5()
	w := m.Read(numbers(9, 7, 50, 1, 9), tensor.Tensor{})
	cache := w.NewCache(1, 64)
	s, token := tensor.NewScope(tensor.CPU()), tensor.From([]int64{3}, 1, 1)
	s.SetRecording(false)
	step := func() {
		if cache.Len() == 64 {
			cache.Truncate(32)
		}
		w.Next(token.InScope(s), tensor.Tensor{}, tensor.Tensor{}, cache)
		s.Recycle()
	}
	for range 100 {
		step()
	}
	if n := testing.AllocsPerRun(64, step); n > 0 {
		t.Errorf("a step allocates %v times", n)
	}
}

// A text's result, token by token.
func ExampleT5Writer() {
	m := models.T5Config{Vocabulary: 100, Width: 32, HeadSize: 8, Inner: 64, Layers: 2, Heads: 4}.New(rng.NewTorch(1))
	nn.Eval(m)
	w := m.Read(tensor.From([]int64{5, 6, 7, 1}, 1, 4), tensor.Tensor{})
	n := 0
	for _, err := range generate.Tokens(w, []int32{0}, generate.Config{MaxTokens: 8}) { // 0 is the token for padding
		if err != nil {
			fmt.Println(err)
			return
		}
		n++
	}
	fmt.Println(n, "tokens")
	// Output: 8 tokens
}
