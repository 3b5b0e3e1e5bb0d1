package train

import (
	"fmt"
	"io"
	"time"
)

// Reporter is told how a training gets on. Its methods are called between steps and should be quick; Step should
// allocate nothing.
type Reporter interface {
	// Step is called after each step.
	Step(p Progress)
	// Epoch is called after each pass over the data and the evaluation that follows it.
	Epoch(e Epoch, epochs int)
}

// Progress is one step of a training. Numbers count from 1.
type Progress struct {
	Epoch, Epochs int
	Step, Steps   int     // in the epoch; Steps is −1 for a stream, whose length is not known
	Samples       int     // in the step's batch
	Loss          float64 // of the step's batch
}

// Epoch is the record of one pass over the data.
type Epoch struct {
	Epoch   int     `json:"epoch"` // counted from 1
	Loss    float64 `json:"loss"`  // of all samples, each in its step; see [Loss]
	LR      float64 `json:"lr"`    // the learning rate when it had ended
	Test    *Result `json:"test,omitempty"`
	Seconds float64 `json:"seconds"` // for the steps, without the evaluation
}

// String returns a line such as "loss 0.1234, test loss 0.1100, test accuracy 96.72%, 1.8 s".
func (e Epoch) String() string {
	s := fmt.Sprintf("loss %.4f", e.Loss)
	if e.Test != nil {
		s += fmt.Sprintf(", test loss %.4f", e.Test.Loss)
		if e.Test.Total > 0 {
			s += fmt.Sprintf(", test accuracy %.2f%%", 100*e.Test.Accuracy())
		}
	}
	return s + fmt.Sprintf(", %.1f s", e.Seconds)
}

// Lines returns a reporter that writes a line for each epoch, and one now and then where an epoch takes long. It is
// what suits a file, a pipe or a build server.
func Lines(w io.Writer) Reporter { return &lineReporter{w: w, last: time.Now()} }

type lineReporter struct {
	w    io.Writer
	last time.Time // of the last line
}

// between is how long Lines is silent within an epoch.
const between = 10 * time.Second

func (l *lineReporter) Step(p Progress) {
	if now := time.Now(); now.Sub(l.last) >= between && p.Step != p.Steps {
		l.last = now
		step := fmt.Sprintf("step %d", p.Step)
		if p.Steps >= 0 {
			step += fmt.Sprintf("/%d", p.Steps)
		}
		fmt.Fprintf(l.w, "epoch %d/%d, %s: loss %.4f\n", p.Epoch, p.Epochs, step, p.Loss)
	}
}

func (l *lineReporter) Epoch(e Epoch, epochs int) {
	l.last = time.Now()
	fmt.Fprintf(l.w, "epoch %d/%d: %v\n", e.Epoch, epochs, e)
}
