package train

import (
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/lamina-ml/lamina/internal/readable"
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
	LR         float64 `json:"lr"`                // the mean learning rate of the optimizer's steps
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

// String returns the results in a line, such as "loss 0.1234, validation loss 0.1100, accuracy 96.72%". If the weights are
// averaged, the validation results are those of the averages.
func (e Epoch) String() string {
	text := "loss " + measureText(e.Loss)
	r, prefix := e.result(), ""
	if r == nil {
		return text
	}
	if e.Average != nil {
		prefix = "averaged: "
	}
	text += fmt.Sprintf(", %svalidation loss %s", prefix, measureText(r.Loss))
	if r.Total > 0 {
		text += fmt.Sprintf(", accuracy %.2f%%", 100*r.Accuracy())
	}
	for _, name := range slices.Sorted(maps.Keys(r.Metrics)) {
		if name != "accuracy" {
			text += fmt.Sprintf(", %s %s", name, measureText(r.Metrics[name]))
		}
	}
	return text
}

// measureText returns a loss or a metric with four decimals, or with two digits if it is small, and four if it is large.
func measureText(v float64) string {
	if size := math.Abs(v); size >= 0.001 && size < 1000 || v == 0 {
		return fmt.Sprintf("%.4f", v)
	}
	if math.Abs(v) < 0.001 {
		return readable.Number(v, 2)
	}
	return readable.Number(v, 4)
}

// manyEpochs is the number above which short epochs have no line of their own.
const manyEpochs = 30

// columns is the width within which a line for an epoch ends with its time and rate.
const columns = 100

// Lines returns a reporter for files, pipes and CI logs. It writes a line for each epoch (with more than 30 epochs at
// most two a second), and one every 10 seconds within an epoch.
func Lines(w io.Writer) Reporter { return &lines{w: w, last: time.Now()} }

// lineInterval is the time between two lines of one epoch.
const lineInterval = 10 * time.Second

type lines struct {
	w       io.Writer
	last    time.Time // of the last line
	epoch   time.Time // of the last line of an epoch
	began   time.Time // of the first step of the epoch that was seen
	samples int       // since then
}

// Step is the method of [Reporter].
func (l *lines) Step(p Progress) {
	now := time.Now()
	if l.began.IsZero() {
		l.began = now
	} else {
		l.samples += p.Samples
	}
	if now.Sub(l.last) >= lineInterval && p.Step != p.Steps {
		l.last = now
		step := fmt.Sprintf("step %d", p.Step)
		rest := ""
		if p.Steps >= 0 {
			step += fmt.Sprintf("/%d", p.Steps)
			rest = ", " + p.Remaining(now.Sub(l.began)) + " left"
		}
		fmt.Fprintf(l.w, "epoch %d/%d, %s: loss %s%s%s\n", p.Epoch, p.Epochs, step, measureText(p.Loss), l.rate(now), rest)
	}
}

// rate returns a text such as ", 24000 samples/s", "" if it is not known.
func (l *lines) rate(now time.Time) string {
	if s := now.Sub(l.began).Seconds(); s > 0 && l.samples > 0 {
		return fmt.Sprintf(", %s samples/s", round(float64(l.samples)/s))
	}
	return ""
}

// Epoch is the method of [Reporter].
func (l *lines) Epoch(e Epoch, epochs int) {
	l.last = time.Now()
	rate := ""
	if e.Seconds > 0 && l.samples > 0 {
		rate = fmt.Sprintf(", %s samples/s", round(float64(l.samples)/e.Seconds))
	}
	l.began, l.samples = time.Time{}, 0
	if epochs > manyEpochs && e.Epoch != epochs && e.Epoch > 3 && time.Since(l.epoch) < time.Second/2 {
		return
	}
	l.epoch = time.Now()
	line := fmt.Sprintf("epoch %d/%d: %v", e.Epoch, epochs, e)
	for _, part := range []string{fmt.Sprintf(", %.1f s", e.Seconds), rate} {
		if len(line)+len(part) <= columns {
			line += part
		}
	}
	fmt.Fprintln(l.w, line)
}

// round returns a rate with three digits, without an exponent.
func round(v float64) string {
	if v < 100 {
		return readable.Number(v, 2)
	}
	unit := 1.0
	for v/unit >= 1000 {
		unit *= 10
	}
	return fmt.Sprintf("%.0f", float64(int(v/unit+0.5))*unit)
}

// Remaining estimates the time that the rest of the training takes, such as "1m20s", if the steps of the epoch took the time
// took; "?" if the length of an epoch is not known.
func (p Progress) Remaining(took time.Duration) string {
	if p.Step == 0 || p.Steps < 0 {
		return "?"
	}
	left := time.Duration(float64(took) / float64(p.Step) * float64((p.Epochs-p.Epoch+1)*p.Steps-p.Step))
	if left < time.Minute {
		return left.Round(time.Second).String()
	}
	return strings.TrimSuffix(left.Round(time.Minute).String(), "0s")
}
