// Package bench measures Lamina: matrix products, elementwise work, training steps, predictions, and the limits of the machine
// beside them. `lamina bench` shows its figures; compare.py in this folder runs it and PyTorch in turn.
package bench

import (
	"slices"
	"time"

	"github.com/lamina-ml/lamina/internal/kernel/cpu"
)

// A Work is one thing to measure.
type Work struct {
	Name   string
	Amount float64 // of Unit in one run; 0 where the time itself is the figure
	Unit   string  // "FLOP" or "B"; empty for a time
	// Setup prepares and returns the work, which does n runs, and a number that says what came out (a loss after the runs so far): a
	// fast run that computes something else counts for nothing.
	Setup func() (run func(n int), result func() float64)
}

// A Figure is the result of a measurement.
type Figure struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"seconds"` // of one run, the median of several
	Rate    float64 `json:"rate,omitempty"`
	Unit    string  `json:"unit,omitempty"` // of Rate, such as "FLOP/s"
	Result  float64 `json:"result,omitempty"`
}

// Measure runs w for about the given time in each of several rounds and returns the median. The first round warms up.
func Measure(w Work, rounds int, each time.Duration) Figure {
	run, result := w.Setup()
	n := 1
	for {
		start := time.Now()
		run(n)
		if took := time.Since(start); took > each/2 || n > 1<<30 {
			break
		} else if took > each/1000 {
			n = int(float64(n)*float64(each)/float64(took)) + 1
		} else {
			n *= 100
		}
	}
	times := make([]float64, rounds)
	for i := range times {
		start := time.Now()
		run(n)
		times[i] = time.Since(start).Seconds() / float64(n)
	}
	slices.Sort(times)
	f := Figure{Name: w.Name, Seconds: times[rounds/2]}
	if w.Unit != "" {
		f.Rate, f.Unit = w.Amount/f.Seconds, w.Unit+"/s"
	}
	if result != nil {
		f.Result = result()
	}
	return f
}

// ISA names the instruction set that the kernels use.
func ISA() string { return cpu.ISA().String() }
