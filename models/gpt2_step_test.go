package models_test

import (
	"testing"

	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// A steady training step of GPT-2 allocates nothing on the Go heap.
func TestGPT2StepAllocatesNothing(t *testing.T) {
	m := models.GPT2Config{Vocabulary: 11, Context: 8, Width: 8, Layers: 1, Heads: 2}.New(rng.NewTorch(1))
	ids := tensor.From([]int64{1, 2, 3, 4}, 1, 4)
	s := tensor.NewScope(tensor.CPU())
	step := func() {
		m.Forward(ids.InScope(s)).Sum().Backward()
		s.Recycle()
	}
	step()
	step()
	if n := testing.AllocsPerRun(10, step); n > 0 {
		t.Errorf("%v allocations in a step", n)
	}
}
