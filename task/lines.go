package task

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/lamina-ml/lamina/internal/readable"
	"github.com/lamina-ml/lamina/train"
)

// EpochText returns the results of an epoch in a line, such as "loss 0.1234, validation loss 0.1100, accuracy 96.72%". If
// the weights are averaged, the validation is that of the averaged ones, which are saved.
func EpochText(e train.Epoch) string {
	text := "loss " + lossText(e.Loss)
	r, prefix := e.Validation, ""
	if e.Average != nil {
		r, prefix = e.Average, "averaged: "
	}
	if r == nil {
		return text
	}
	text += fmt.Sprintf(", %svalidation loss %s", prefix, lossText(r.Loss))
	if r.Total > 0 {
		text += fmt.Sprintf(", accuracy %.2f%%", 100*r.Accuracy())
	}
	for _, name := range slices.Sorted(maps.Keys(r.Metrics)) {
		if name != "accuracy" {
			text += fmt.Sprintf(", %s %s", name, readable.Number(r.Metrics[name], 4))
		}
	}
	return text
}

// lossText returns a loss with four decimals, or with four digits if it is small or large.
func lossText(v float64) string {
	if v >= 0.001 && v < 1000 || v == 0 {
		return fmt.Sprintf("%.4f", v)
	}
	return readable.Number(v, 4)
}

// manyEpochs is the number above which short epochs have no line of their own.
const manyEpochs = 30

// columns is the width within which a line for an epoch ends with its time and rate.
const columns = 100

// NewLines returns a reporter for files, pipes and CI logs. It writes a line for each epoch (with more than 30 epochs at
// most two a second), and one every 10 seconds within an epoch.
func NewLines(w io.Writer) train.Reporter { return &lines{w: w, last: time.Now()} }

type lines struct {
	w       io.Writer
	last    time.Time // of the last line
	epoch   time.Time // of the last line of an epoch
	began   time.Time // of the first step of the epoch that was seen
	samples int       // since then
}

// Step is the method of [train.Reporter].
func (l *lines) Step(p train.Progress) {
	now := time.Now()
	if l.began.IsZero() {
		l.began = now
	} else {
		l.samples += p.Samples
	}
	if now.Sub(l.last) >= 10*time.Second && p.Step != p.Steps {
		l.last = now
		step := fmt.Sprintf("step %d", p.Step)
		rest := ""
		if p.Steps >= 0 {
			step += fmt.Sprintf("/%d", p.Steps)
			rest = ", " + Remaining(now.Sub(l.began), p) + " left"
		}
		fmt.Fprintf(l.w, "epoch %d/%d, %s: loss %s%s%s\n", p.Epoch, p.Epochs, step, lossText(p.Loss), l.rate(now), rest)
	}
}

// rate returns a text such as ", 24000 samples/s", "" if it is not known.
func (l *lines) rate(now time.Time) string {
	if s := now.Sub(l.began).Seconds(); s > 0 && l.samples > 0 {
		return fmt.Sprintf(", %s samples/s", round(float64(l.samples)/s))
	}
	return ""
}

// Epoch is the method of [train.Reporter].
func (l *lines) Epoch(e train.Epoch, epochs int) {
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
	line := fmt.Sprintf("epoch %d/%d: %s", e.Epoch, epochs, EpochText(e))
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

// Remaining estimates the time that the rest of a training takes, after so many of its epoch's steps took a time.
func Remaining(took time.Duration, p train.Progress) string {
	if p.Step == 0 || p.Steps < 0 {
		return "?"
	}
	left := time.Duration(float64(took) / float64(p.Step) * float64((p.Epochs-p.Epoch+1)*p.Steps-p.Step))
	if left < time.Minute {
		return left.Round(time.Second).String()
	}
	return strings.TrimSuffix(left.Round(time.Minute).String(), "0s")
}
