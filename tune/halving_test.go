package tune

import (
	"context"
	"math"
	"path/filepath"
	"testing"
)

func TestHalvingStops(t *testing.T) {
	trial := func(reports ...float64) Trial { return Trial{Reports: reports} }
	trials := []Trial{trial(1), trial(5, 5, 5), trial(2), trial(3, 3, 3), trial(4), trial(6)}
	h := Halving{}
	for _, test := range []struct {
		reports  []float64
		maximize bool
		want     bool
	}{
		{[]float64{1}, false, false}, // the best 2 of 6 continue
		{[]float64{2}, false, false},
		{[]float64{3}, false, true},
		{[]float64{6}, true, false},
		{[]float64{5}, true, false},
		{[]float64{4}, true, true},
		{[]float64{9, 9}, false, false}, // no rung
		{[]float64{3, 3, 3}, false, false},
		{[]float64{5, 5, 5}, false, true},
		{[]float64{5, 5, 5}, true, false},
	} {
		if got := h.stops(test.reports, trials, test.maximize); got != test.want {
			t.Errorf("%v, maximize %v: %v", test.reports, test.maximize, got)
		}
	}
	if (Halving{MinEpochs: 2, Factor: 2}).stops([]float64{9}, trials, false) {
		t.Error("stopped before MinEpochs")
	}
}

// TestHalvingSaves checks that a search with halving trains far fewer epochs and finds a value as good.
func TestHalvingSaves(t *testing.T) {
	spent := func(h *Halving) (epochs int, best float64) {
		s, err := Open(filepath.Join(t.TempDir(), "study"), Config{Space: spaceOf(t, "lr=log:1e-5..1.0"), Seed: 2, Halving: h})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		err = s.Run(t.Context(), 40, 1, func(_ context.Context, a *Attempt) (float64, error) {
			final := distance(number(a.Values, "lr"))
			for epoch := 1; epoch <= 27; epoch++ {
				epochs++
				if stop, err := a.Report(epoch, final+1/float64(epoch)); err != nil {
					return 0, err
				} else if stop {
					return 0, ErrPruned
				}
			}
			return final, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		trials, err := s.Trials()
		if err != nil {
			t.Fatal(err)
		}
		return epochs, Rank(trials, false)[0].Value
	}
	all, best := spent(nil)
	some, found := spent(&Halving{})
	if some > all/2 || found > best+0.05 {
		t.Errorf("%d of %d epochs; value %.3g, without halving %.3g", some, all, found, best)
	}
}

// distance is the square of lr's distance from 3e-3, in powers of 10.
func distance(lr float64) float64 {
	d := math.Log10(lr / 3e-3)
	return d * d
}
