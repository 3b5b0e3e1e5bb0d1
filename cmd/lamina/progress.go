package main

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/lamina-ml/lamina/train"
)

// newReporter returns a reporter with a live line where a person looks at a terminal, and one of plain lines elsewhere. Call done
// when the training has ended, however it did.
func newReporter(stdout, stderr io.Writer) (r train.Reporter, done func()) {
	lines := train.Lines(stdout)
	if isTerminal(stdout) && isTerminal(stderr) {
		l := &live{lines: lines, w: stderr}
		return l, l.clear
	}
	return lines, func() {}
}

// live draws a bar for the epoch under way; a finished epoch leaves its line.
type live struct {
	lines train.Reporter
	w     io.Writer
	bar   *progressbar.ProgressBar
	drawn time.Time
	steps int // since then
	mean  float64
}

func (l *live) Step(p train.Progress) {
	if l.bar == nil {
		l.mean = p.Loss
		l.bar = progressbar.NewOptions(p.Steps,
			progressbar.OptionSetWriter(l.w), progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString("steps"),
			progressbar.OptionClearOnFinish(), progressbar.OptionSetWidth(20), progressbar.OptionSetPredictTime(true), progressbar.OptionUseANSICodes(true))
		l.bar.Set(p.Step - 1)
	}
	l.mean += 0.02 * (p.Loss - l.mean) // single steps jump too much to be read
	l.steps++
	if now := time.Now(); now.Sub(l.drawn) > 100*time.Millisecond || p.Step == p.Steps {
		l.bar.Describe(fmt.Sprintf("epoch %d/%d  loss %.4f", p.Epoch, p.Epochs, l.mean))
		l.bar.Add(l.steps)
		l.drawn, l.steps = now, 0
	}
}

func (l *live) Epoch(e train.Epoch, epochs int) {
	l.clear()
	l.lines.Epoch(e, epochs)
}

// clear takes the bar off the terminal.
func (l *live) clear() {
	if l.bar != nil {
		l.bar.Clear()
		l.bar, l.steps = nil, 0
	}
}
