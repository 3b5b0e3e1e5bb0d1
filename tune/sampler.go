package tune

import "math/rand/v2"

// Sampler chooses the values of the next trial.
type Sampler interface {
	// Suggest returns values for the parameters of space: for each one whose condition holds a value in its range.
	// Ranked are the earlier trials, the best first, with those that run last. It uses no random numbers but those of r.
	Suggest(space Space, ranked []Trial, r *rand.Rand) Values
}

// Random is random search: every trial's values are spread evenly over the space, whatever the earlier results.
//
// Source: J. Bergstra, Y. Bengio, Random Search for Hyper-Parameter Optimization, 2012.
type Random struct{}

// Suggest returns random values.
func (Random) Suggest(space Space, _ []Trial, r *rand.Rand) Values {
	v := Values{}
	for _, p := range space {
		if p.holds(v) {
			v[p.Name] = p.value(p.random(r))
		}
	}
	return v
}
