package ui

import (
	"math"
	"slices"

	"github.com/lamina-ml/lamina/rng"
)

const (
	playgroundSamples = 400
	playgroundReach   = 6.0 // coordinates are between −6 and 6
)

// sample is a point of the plane with its target: 1 or 0 (a class), or a number between −1 and 1 (regression).
type sample struct{ x, y, target float64 }

// playgroundData lists the sets of data: a name, whether the target is a class, and how to draw the i-th of n samples
// from uniform numbers between 0 and 1 and normal ones.
var playgroundData = []struct {
	name    string
	classes bool
	draw    func(i, n int, uniform, normal func() float64) sample
}{
	{"circle", true, func(i, n int, uniform, _ func() float64) sample {
		r, target := 2.4*math.Sqrt(uniform()), 1.0
		if i%2 == 1 {
			r, target = 3.6+1.6*uniform(), 0
		}
		angle := 2 * math.Pi * uniform()
		return sample{r * math.Cos(angle), r * math.Sin(angle), target}
	}},
	{"xor", true, func(_, _ int, uniform, _ func() float64) sample {
		side := func() float64 { // between 0.3 and 5.2, of either sign
			v := 2*uniform() - 1
			return math.Copysign(0.3+4.9*math.Abs(v), v)
		}
		s := sample{x: side(), y: side()}
		if s.x*s.y > 0 {
			s.target = 1
		}
		return s
	}},
	{"gauss", true, func(i, _ int, _, normal func() float64) sample {
		center := 2.2
		if i%2 == 1 {
			center = -2.2
		}
		return sample{center + 0.8*normal(), center + 0.8*normal(), float64(1 - i%2)}
	}},
	{"spiral", true, func(i, n int, _, _ func() float64) sample {
		along := (float64(i/2) + 0.5) / float64(n/2) // from the center to the end
		angle := 3.4*math.Pi*along + math.Pi*float64(i%2)
		r := 0.3 + 5*along
		return sample{r * math.Sin(angle), r * math.Cos(angle), float64(1 - i%2)}
	}},
	{"plane", false, func(_, _ int, uniform, _ func() float64) sample {
		x, y := 5.5*(2*uniform()-1), 5.5*(2*uniform()-1)
		return sample{x, y, (x + y) / 11}
	}},
	{"hills", false, func(_, _ int, uniform, _ func() float64) sample {
		x, y := 5.5*(2*uniform()-1), 5.5*(2*uniform()-1)
		hill := func(cx, cy float64) float64 { return math.Exp(-((x-cx)*(x-cx) + (y-cy)*(y-cy)) / 4) }
		target := hill(-3, 3) + hill(3, 3) + hill(0, -3.2) - hill(0, 3) - hill(-3.4, -2.4) - hill(3.4, -2.4)
		return sample{x, y, max(-1, min(1, target))}
	}},
}

// findData returns the index of a set of data, or −1.
func findData(name string) int {
	return slices.IndexFunc(playgroundData, func(d struct {
		name    string
		classes bool
		draw    func(i, n int, uniform, normal func() float64) sample
	}) bool {
		return d.name == name
	})
}

// drawSamples draws the samples of c in a random order. Noise moves the points of classes, and the targets of a
// regression.
func drawSamples(c *settings) []sample {
	g := rng.NewTorch(c.Seed)
	one := make([]float64, 1)
	uniform := func() float64 { g.Uniform64(one, 0, 1); return one[0] }
	normal := func() float64 { g.Normal64(one, 0, 1); return one[0] }
	d := playgroundData[findData(c.Data)]
	samples := make([]sample, playgroundSamples)
	for i := range samples {
		s := d.draw(i, len(samples), uniform, normal)
		if d.classes {
			s.x += 2 * c.Noise * normal()
			s.y += 2 * c.Noise * normal()
		} else {
			s.target += c.Noise * normal()
		}
		s.x = max(-playgroundReach, min(playgroundReach, s.x))
		s.y = max(-playgroundReach, min(playgroundReach, s.y))
		samples[i] = s
	}
	order := make([]int64, len(samples))
	g.Randperm(order)
	shuffled := make([]sample, len(samples))
	for i, from := range order {
		shuffled[i] = samples[from]
	}
	return shuffled
}

// playgroundInputs lists the features that may be inputs of the network.
var playgroundInputs = []struct {
	name string
	f    func(x, y float64) float64
}{
	{"x", func(x, _ float64) float64 { return x }},
	{"y", func(_, y float64) float64 { return y }},
	{"x2", func(x, _ float64) float64 { return x * x }},
	{"y2", func(_, y float64) float64 { return y * y }},
	{"xy", func(x, y float64) float64 { return x * y }},
	{"sinx", func(x, _ float64) float64 { return math.Sin(x) }},
	{"siny", func(_, y float64) float64 { return math.Sin(y) }},
}
