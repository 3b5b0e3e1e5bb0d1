package cpu

import (
	"math/rand/v2"
	"testing"

	"github.com/lamina-ml/lamina/internal/device"
)

// TestSkip checks that skip(k) has the effect of k calls of next.
func TestSkip(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		a := &device.Array{Rank: 1 + r.IntN(4)}
		for i := range a.Rank {
			a.Dims[i], a.Strides[i] = 1+r.IntN(5), 1+r.IntN(100)
		}
		a.Refresh()
		steps, skips := plan(a, a, nil, nil), plan(a, a, nil, nil)
		for steps.left > 0 {
			k := r.IntN(steps.left + 1)
			for range k {
				steps.next()
			}
			if skips.skip(k); steps.left > 0 && steps != skips {
				t.Fatalf("%v, strides %v: skipping %d leads to %+v, want %+v", a.Dims[:a.Rank], a.Strides[:a.Rank], k,
					skips, steps)
			}
		}
	}
}
