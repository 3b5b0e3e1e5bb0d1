package main

import (
	"fmt"
	"io"
	"runtime/metrics"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/train"
)

// newReporter returns a reporter with a progress bar if stdout and stderr are terminals, and with plain lines
// otherwise. Call done when the training has ended, also after an error.
func newReporter(stdout, stderr io.Writer) (r train.Reporter, done func()) {
	lines := train.Lines(stdout)
	if isTerminal(stdout) && isTerminal(stderr) {
		l := &barReporter{lines: lines, w: stderr}
		return l, l.clear
	}
	return lines, func() {}
}

// newCounter returns a counter that draws a progress bar if w is a terminal.
func newCounter(w io.Writer) task.Counter {
	if !isTerminal(w) {
		return task.NoCount
	}
	return func(n int, what string) (count, end func()) {
		bar := progressbar.NewOptions(n, progressbar.OptionSetWriter(w), progressbar.OptionShowCount(),
			progressbar.OptionSetDescription(what),
			progressbar.OptionClearOnFinish(), progressbar.OptionSetWidth(20), progressbar.OptionSetPredictTime(true),
			progressbar.OptionUseANSICodes(true), progressbar.OptionThrottle(100*time.Millisecond))
		return func() { bar.Add(1) }, func() { bar.Clear() }
	}
}

// barReporter draws a progress bar for the current epoch, and prints a line for each finished epoch.
type barReporter struct {
	lines   train.Reporter
	w       io.Writer
	bar     *progressbar.ProgressBar
	began   time.Time // of the bar
	drawn   time.Time
	steps   int     // since drawn
	samples int     // since began
	mean    float64 // moving average of the loss
	memory  []metrics.Sample
}

func (l *barReporter) Step(p train.Progress) {
	now := time.Now()
	if l.bar == nil {
		l.mean, l.began, l.samples = p.Loss, now, 0
		l.bar = progressbar.NewOptions(p.Steps,
			progressbar.OptionSetWriter(l.w), progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(),
			progressbar.OptionSetWidth(20),
			progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false), progressbar.OptionUseANSICodes(true))
		l.bar.Set(p.Step - 1)
	} else {
		l.samples += p.Samples
	}
	l.mean += 0.02 * (p.Loss - l.mean) // the losses of single steps vary too much to be readable
	l.steps++
	if now.Sub(l.drawn) > 100*time.Millisecond || p.Step == p.Steps {
		l.bar.Describe(l.describe(now, p))
		l.bar.Add(l.steps)
		l.drawn, l.steps = now, 0
	}
}

// describe returns a text such as "epoch 2/5  loss 0.1234  24000 samples/s  1m20s left  412 MiB".
func (l *barReporter) describe(now time.Time, p train.Progress) string {
	text := fmt.Sprintf("epoch %d/%d  loss %.4f", p.Epoch, p.Epochs, l.mean)
	if took := now.Sub(l.began); took > time.Second/2 {
		text += fmt.Sprintf("  %.0f samples/s  %s left", float64(l.samples)/took.Seconds(), p.Remaining(took))
	}
	return text + "  " + memoryText(l.bytes())
}

// memoryText returns a number of bytes such as "35 MiB" or "1.4 GiB".
func memoryText(bytes uint64) string {
	if bytes < 1<<30 {
		return fmt.Sprintf("%d MiB", bytes>>20)
	}
	return fmt.Sprintf("%.1f GiB", float64(bytes)/(1<<30))
}

// bytes returns the memory that the program holds.
func (l *barReporter) bytes() uint64 {
	if l.memory == nil {
		l.memory = []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	}
	metrics.Read(l.memory)
	return l.memory[0].Value.Uint64() - l.memory[1].Value.Uint64()
}

func (l *barReporter) Epoch(e train.Epoch, epochs int) {
	l.clear()
	l.lines.Epoch(e, epochs)
}

// clear removes the bar from the terminal.
func (l *barReporter) clear() {
	if l.bar != nil {
		l.bar.Clear()
		l.bar, l.steps = nil, 0
	}
}
