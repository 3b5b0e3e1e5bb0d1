package train

import (
	"fmt"
	"io"
	"time"
)

// Reporter receives the progress of a training. Its methods are called between steps and should be fast. Step should
// not allocate.
type Reporter interface {
	// Step is called after each step.
	Step(p Progress)
	// Epoch is called after each epoch and its evaluation.
	Epoch(e Epoch, epochs int)
}

// Progress is one step of a training. Numbers count from 1.
type Progress struct {
	Epoch, Epochs int
	Step, Steps   int     // in the epoch; Steps is −1 for a stream of unknown length
	Samples       int     // in the step's batch
	Loss          float64 // of the step's batch
}

// Epoch is the result of one pass over the data.
type Epoch struct {
	Epoch      int     `json:"epoch"`             // counted from 1
	Loss       float64 `json:"loss"`              // over all samples during training; see [Loss]
	LR         float64 `json:"lr"`                // the learning rate at the end of the epoch
	Validation *Result `json:"test,omitempty"`    // on Config.Validation; the name in checkpoints is older
	Average    *Result `json:"average,omitempty"` // with the averaged weights; see Config.EMA
	Seconds    float64 `json:"seconds"`           // for the steps, not the evaluation
}

// result returns the result by which epochs are compared; nil without an evaluation.
func (e Epoch) result() *Result {
	if e.Average != nil {
		return e.Average
	}
	return e.Validation
}

// String returns a line such as "loss 0.1234, validation loss 0.1100, validation accuracy 96.72%, 1.8 s".
func (e Epoch) String() string {
	s := fmt.Sprintf("loss %.4f", e.Loss)
	if e.Validation != nil {
		s += fmt.Sprintf(", validation loss %.4f", e.Validation.Loss)
		if e.Validation.Total > 0 {
			s += fmt.Sprintf(", validation accuracy %.2f%%", 100*e.Validation.Accuracy())
		}
	}
	if e.Average != nil {
		s += fmt.Sprintf(", averaged: validation loss %.4f", e.Average.Loss)
		if e.Average.Total > 0 {
			s += fmt.Sprintf(", validation accuracy %.2f%%", 100*e.Average.Accuracy())
		}
	}
	return s + fmt.Sprintf(", %.1f s", e.Seconds)
}

// Lines returns a reporter for files, pipes and CI logs. It writes one line per epoch, and one every 10 seconds within
// an epoch.
func Lines(w io.Writer) Reporter { return &lineReporter{w: w, last: time.Now()} }

type lineReporter struct {
	w    io.Writer
	last time.Time // of the last line
}

// lineInterval is the time between two lines of one epoch.
const lineInterval = 10 * time.Second

func (l *lineReporter) Step(p Progress) {
	if now := time.Now(); now.Sub(l.last) >= lineInterval && p.Step != p.Steps {
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
