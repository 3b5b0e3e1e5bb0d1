package bag

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/lamina-ml/lamina/internal/pool"
)

// problem returns bags of up to 90 indices, more than are summed at a time, some of them empty.
func problem(mode Mode, weighted bool) *Problem[float32] {
	dice := rand.New(rand.NewPCG(1, 2))
	draw := func(n int) Array[float32] {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(dice.NormFloat64())
		}
		return Array[float32]{X: x}
	}
	p := &Problem[float32]{Mode: mode, Bags: 40, Count: 700, Size: 70, Padding: 3}
	for b := range p.Bags {
		p.Starts = append(p.Starts, int64(len(p.Index)))
		for range dice.IntN(90) * (b % 3) / 2 {
			p.Index = append(p.Index, int64(dice.IntN(p.Count)*dice.IntN(2)))
		}
	}
	p.Table, p.Out = draw(p.Count*p.Size), draw(p.Bags*p.Size)
	if weighted {
		p.Weights = draw(len(p.Index))
	}
	if mode == Max {
		p.Chosen = make([]int32, p.Bags*p.Size)
	}
	return p
}

// TestThreads compares all bits of results computed with different numbers of threads.
func TestThreads(t *testing.T) {
	defer pool.SetThreads(pool.Threads())
	for _, mode := range []Mode{Mean, Sum, Max} {
		run := func(threads int) *Problem[float32] {
			pool.SetThreads(threads)
			p := problem(mode, mode == Sum)
			Forward(p)
			if mode == Sum {
				WeightsGradient(p)
			}
			Gradient(p)
			return p
		}
		want := run(1)
		for _, n := range []int{2, 3, 7} {
			got := run(n)
			if !slices.Equal(got.Out.X, want.Out.X) || !slices.Equal(got.Table.X, want.Table.X) ||
				!slices.Equal(got.Weights.X, want.Weights.X) {
				t.Errorf("mode %d: %d threads give other bits than one", mode, n)
			}
		}
	}
}

func TestAllocations(t *testing.T) {
	for _, mode := range []Mode{Mean, Sum, Max} {
		p := problem(mode, mode == Sum)
		if n := testing.AllocsPerRun(5, func() { Forward(p); Gradient(p) }); n > 0 {
			t.Errorf("mode %d: %v allocations", mode, n)
		}
	}
}
