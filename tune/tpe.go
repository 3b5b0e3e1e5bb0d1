package tune

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// TPE is the tree-structured Parzen estimator. It divides the earlier trials into the best tenth and the others,
// estimates the densities l(x) and g(x) of both with a kernel around each trial's values, draws candidates from l and
// takes the one with the largest l(x)/g(x), which has the largest expected improvement. The kernels cover all
// parameters without a condition together; a parameter with a condition has kernels of its own.
//
// Failed trials count as the worst, and running ones too, so that parallel trials differ. The defaults are Optuna's.
//
// Source: J. Bergstra, R. Bardenet, Y. Bengio, B. Kégl, Algorithms for Hyper-Parameter Optimization, 2011; S. Watanabe,
// Tree-Structured Parzen Estimator: Understanding Its Algorithm Components, 2023.
type TPE struct {
	Startup    int // trials with random values before the first estimate; 0 means 10
	Candidates int // 0 means 24
}

// Suggest returns the best of the candidates, or random values for the first trials.
func (t TPE) Suggest(space Space, ranked []Trial, r *rand.Rand) Values {
	finished := 0
	for finished < len(ranked) && ranked[finished].State != Running {
		finished++
	}
	if finished < cmp.Or(t.Startup, 10) {
		return Random{}.Suggest(space, nil, r)
	}
	v := Values{}
	var joint Space
	for _, p := range space {
		if p.If == "" {
			joint = append(joint, p)
		}
	}
	t.suggest(joint, ranked, r, v)
	for _, p := range space {
		if p.If != "" && p.holds(v) {
			t.suggest(Space{p}, ranked, r, v)
		}
	}
	return v
}

// suggest adds values for params, estimated from the trials that have them, to v.
func (t TPE) suggest(params Space, ranked []Trial, r *rand.Rand, v Values) {
	var past []Trial
	finished := 0
	for _, trial := range ranked {
		if _, ok := trial.Values[params[0].Name]; ok {
			past = append(past, trial)
			if trial.State != Running {
				finished++
			}
		}
	}
	best := min(int(math.Ceil(0.1*float64(finished))), 25)
	good, bad := newParzen(params, past[:best]), newParzen(params, past[best:])
	var chosen []float64
	highest := math.Inf(-1)
	for range cmp.Or(t.Candidates, 24) {
		x := good.sample(r)
		if ratio := good.logDensity(x) - bad.logDensity(x); chosen == nil || ratio > highest {
			chosen, highest = x, ratio
		}
	}
	for i, p := range params {
		v[p.Name] = p.value(chosen[i])
	}
}

// parzen is a density over the coordinates of params: a mixture of kernels around trials, and one over the whole space
// (the prior). A kernel is a product over the parameters: a normal distribution cut at the range's ends, or for choices
// the trial's choice with most of the weight.
type parzen struct {
	params  Space
	weights []float64   // of the kernels, the prior's last; they sum to 1
	centers [][]float64 // for each kernel and parameter
	widths  [][]float64 // standard deviations; not used for choices
	masses  [][]float64 // the part of the normal distribution within the range
}

func newParzen(params Space, trials []Trial) *parzen {
	trials = slices.Clone(trials)
	slices.SortFunc(trials, func(a, b Trial) int { return cmp.Compare(a.Number, b.Number) })
	n := len(trials)
	d := &parzen{params: params, weights: trialWeights(n)}
	for range n + 1 {
		d.centers = append(d.centers, make([]float64, len(params)))
		d.widths = append(d.widths, make([]float64, len(params)))
		d.masses = append(d.masses, make([]float64, len(params)))
	}
	for i, p := range params {
		low, high := p.low(), p.high()
		xs := make([]float64, n)
		for k, trial := range trials {
			xs[k] = p.coordinate(trial.Values[p.Name])
			d.centers[k][i] = xs[k]
		}
		for k, w := range kernelWidths(xs, low, high) {
			d.widths[k][i] = w
		}
		d.centers[n][i], d.widths[n][i] = (low+high)/2, high-low
		for k, center := range d.centers {
			width := d.widths[k][i]
			d.masses[k][i] = normalCDF((high-center[i])/width) - normalCDF((low-center[i])/width)
		}
	}
	return d
}

// trialWeights returns the weights of n trials in the order of their numbers, and of the prior: 1, except that old
// trials beyond the last 25 count less.
func trialWeights(n int) []float64 {
	weights := make([]float64, n+1)
	sum := 0.0
	for i := range weights {
		weights[i] = 1
		if old := n - 25; i < old && old > 1 {
			weights[i] = 1/float64(n) + (1-1/float64(n))*float64(i)/float64(old-1)
		}
		sum += weights[i]
	}
	for i := range weights {
		weights[i] /= sum
	}
	return weights
}

// kernelWidths returns for each of xs the larger distance to a neighbor, between a fraction of the range and the whole.
// The ends of the range are neighbors only of a single x.
func kernelWidths(xs []float64, low, high float64) []float64 {
	n := len(xs)
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(xs[a], xs[b]) })
	widths := make([]float64, n)
	smallest := (high - low) / min(100, float64(n+2))
	for i, k := range order {
		var left, right float64
		switch {
		case n == 1:
			left, right = xs[k]-low, high-xs[k]
		case i == 0:
			right = xs[order[1]] - xs[k]
		case i == n-1:
			left = xs[k] - xs[order[i-1]]
		default:
			left, right = xs[k]-xs[order[i-1]], xs[order[i+1]]-xs[k]
		}
		widths[k] = min(max(left, right, smallest), high-low)
	}
	return widths
}

// sample returns the coordinates of a point drawn from the density.
func (d *parzen) sample(r *rand.Rand) []float64 {
	u, kernel := r.Float64(), 0
	for kernel < len(d.weights)-1 && u >= d.weights[kernel] {
		u -= d.weights[kernel]
		kernel++
	}
	x := make([]float64, len(d.params))
	for i, p := range d.params {
		u := r.Float64()
		if n := len(p.Choices); n > 0 {
			for c := range n {
				x[i] = float64(c)
				if u -= d.choice(kernel, i, c); u < 0 {
					break
				}
			}
			continue
		}
		center, width := d.centers[kernel][i], d.widths[kernel][i]
		below := normalCDF((p.low() - center) / width)
		x[i] = min(max(center+width*normalQuantile(below+u*d.masses[kernel][i]), p.low()), p.high())
		if p.Int { // the density of a whole number is that of all coordinates that are rounded to it
			x[i] = p.coordinate(p.value(x[i]))
		}
	}
	return x
}

// choice returns the probability of choice c of parameter i in a kernel: one of all trials and the prior is spread over
// all choices.
func (d *parzen) choice(kernel, i, c int) float64 {
	n, kernels := float64(len(d.params[i].Choices)), float64(len(d.weights))
	if kernel == len(d.weights)-1 {
		return 1 / n
	}
	weight := 1 / kernels
	if int(d.centers[kernel][i]) == c {
		weight++
	}
	return weight / (1 + n/kernels)
}

// logDensity returns the logarithm of the density at x; for whole numbers and choices it is a probability.
func (d *parzen) logDensity(x []float64) float64 {
	logs := make([]float64, len(d.weights))
	for k := range logs {
		logs[k] = math.Log(d.weights[k])
		for i, p := range d.params {
			if len(p.Choices) > 0 {
				logs[k] += math.Log(d.choice(k, i, int(x[i])))
				continue
			}
			center, width, mass := d.centers[k][i], d.widths[k][i], d.masses[k][i]
			if p.Int {
				v := x[i]
				if p.Log {
					v = math.Exp(v)
				}
				above, below := p.scale(math.Round(v)+0.5), p.scale(math.Round(v)-0.5)
				logs[k] += math.Log((normalCDF((above-center)/width)-normalCDF((below-center)/width))/mass + 1e-300)
				continue
			}
			z := (x[i] - center) / width
			logs[k] -= z*z/2 + math.Log(width*math.Sqrt(2*math.Pi)*mass)
		}
	}
	highest := slices.Max(logs)
	sum := 0.0
	for _, l := range logs {
		sum += math.Exp(l - highest)
	}
	return highest + math.Log(sum)
}

func normalCDF(z float64) float64      { return math.Erfc(-z/math.Sqrt2) / 2 }
func normalQuantile(p float64) float64 { return -math.Sqrt2 * math.Erfcinv(2*p) }
