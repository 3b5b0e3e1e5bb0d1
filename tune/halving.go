package tune

import (
	"cmp"
	"slices"
)

// Halving is asynchronous successive halving: a trial is stopped after MinEpochs·Factorⁱ epochs, i = 0, 1, 2, …, unless
// its measure there is among the best 1/Factor of all trials that came so far. The first trial at such an epoch always
// continues.
//
// Source: L. Li et al., A System for Massively Parallel Hyperparameter Tuning, 2020 (ASHA, in the form that stops
// trials instead of pausing them).
type Halving struct {
	MinEpochs int // 0 means 1
	Factor    int // 0 means 3
}

// stops reports whether a trial that has reported the measures of its epochs is to be stopped, with the trials of the
// study, of which it is one.
func (h Halving) stops(reports []float64, trials []Trial, maximize bool) bool {
	epoch := len(reports)
	factor := max(cmp.Or(h.Factor, 3), 2)
	rung := max(cmp.Or(h.MinEpochs, 1), 1)
	for rung < epoch {
		rung *= factor
	}
	if rung != epoch {
		return false
	}
	var values []float64
	for _, t := range trials {
		if len(t.Reports) >= epoch {
			values = append(values, t.Reports[epoch-1])
		}
	}
	slices.Sort(values)
	keep := max(len(values)/factor, 1)
	if maximize {
		return reports[epoch-1] < values[len(values)-keep]
	}
	return reports[epoch-1] > values[keep-1]
}
