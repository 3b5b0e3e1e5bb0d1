package task

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/lamina-ml/lamina/train"
)

// EpochText returns the results of an epoch in a line, such as "loss 0.1234, validation loss 0.1100, accuracy 96.72%".
func EpochText(e train.Epoch) string {
	text := fmt.Sprintf("loss %.4f", e.Loss)
	add := func(prefix string, r *train.Result) {
		if r == nil {
			return
		}
		text += fmt.Sprintf(", %sloss %.4f", prefix, r.Loss)
		if r.Total > 0 {
			text += fmt.Sprintf(", accuracy %.2f%%", 100*r.Accuracy())
		}
		var names []string
		for name := range r.Metrics {
			if name != "accuracy" {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		for _, name := range names {
			text += fmt.Sprintf(", %s %.4g", name, r.Metrics[name])
		}
	}
	add("validation ", e.Test)
	add("averaged: validation ", e.Average)
	return text
}

// manyEpochs is the number above which short epochs have no line of their own.
const manyEpochs = 30

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
		fmt.Fprintf(l.w, "epoch %d/%d, %s: loss %.4f%s%s\n", p.Epoch, p.Epochs, step, p.Loss, l.rate(now), rest)
	}
}

// rate returns a text such as ", 24000 samples/s", "" if it is not known.
func (l *lines) rate(now time.Time) string {
	if s := now.Sub(l.began).Seconds(); s > 0 && l.samples > 0 {
		return fmt.Sprintf(", %.3g samples/s", float64(l.samples)/s)
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
	fmt.Fprintf(l.w, "epoch %d/%d: %s, %.1f s%s\n", e.Epoch, epochs, EpochText(e), e.Seconds, rate)
}

// round returns a rate with three digits, without an exponent.
func round(v float64) string {
	unit := 1.0
	for v/unit >= 1000 {
		unit *= 10
	}
	return strings.TrimSuffix(fmt.Sprintf("%.0f", float64(int(v/unit+0.5))*unit), ".")
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
