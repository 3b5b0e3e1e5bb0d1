package task

import (
	"context"
	"math"
	"time"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
	"github.com/lamina-ml/lamina/vision/explain"
)

// How often a training reports and listens. It reports ever more rarely, so that the files of a long training stay small.
const (
	reportEvery  = 100 * time.Millisecond // or 1/200 of the time so far
	controlEvery = 500 * time.Millisecond
	countEvery   = 500 * time.Millisecond // histograms, or 1/100 of the time so far
	countShare   = 0.01                   // the share of time that histograms may take
	countBins    = 32
	countMost    = 1 << 16 // elements of a parameter that are counted
)

// live lets other processes follow and control a training through files of its run: it appends to StepsFile and
// HistogramsFile and obeys what is in ControlFolder. A file that cannot be written does not end the training.
type live struct {
	run   *runs.Run
	model any // whose parameters are counted
	opt   optim.Optimizer
	batch int // samples of a batch
	stop  context.CancelFunc

	began, listened, counted time.Time
	spent                    time.Duration // on histograms
	first, last              moment        // of this session, and of the last report
	loss                     float64       // sum since the last report
	steps                    int           // since the last report
}

// moment is a step and when it ended.
type moment struct {
	train.Progress
	time time.Time
}

// batches returns the number of batches from one moment to a later one, if the length of an epoch is known.
func (m moment) batches(p train.Progress) int { return (p.Epoch-m.Epoch)*p.Steps + p.Step - m.Step }

func newLive(s *Session, stop context.CancelFunc) *live {
	now := time.Now()
	return &live{run: s.Run, model: s.Problem.Weights, opt: s.Optimizer, batch: s.Recipe.Training.Batch, stop: stop,
		began: now, listened: now}
}

// AfterStep is the method of train.Callback.
func (l *live) AfterStep(p train.Progress) error {
	now := time.Now()
	l.loss += p.Loss
	l.steps++
	beginning := l.first.Epoch == 0
	if beginning {
		l.first = moment{p, now}
	}
	if beginning || now.Sub(l.last.time) >= max(reportEvery, now.Sub(l.began)/200) {
		l.report(moment{p, now})
	}
	if due := beginning || now.Sub(l.counted) >= max(countEvery, now.Sub(l.began)/100); due &&
		l.spent <= time.Duration(countShare*float64(now.Sub(l.began))) {
		l.count(p, now)
	}
	if now.Sub(l.listened) >= controlEvery {
		l.listened = now
		l.obey()
	}
	return nil
}

// AfterEpoch is the method of train.Callback. The evaluation is not part of the rate, so the next report begins anew.
func (l *live) AfterEpoch(e train.Epoch) error {
	if l.steps > 0 && l.last.Epoch == e.Epoch {
		l.last.time = time.Now()
		l.last.Step = l.last.Steps
		l.loss, l.steps = 0, 0
	}
	return nil
}

func (l *live) report(m moment) {
	s := runs.Step{
		Time: m.time.UTC(), Epoch: m.Epoch, Epochs: m.Epochs, Step: m.Step, Steps: m.Steps,
		Loss: runs.Number(l.loss / float64(l.steps)), LR: runs.Number(l.opt.LR()),
	}
	if since := m.time.Sub(l.last.time).Seconds(); m.Steps > 0 && l.last.Epoch > 0 && since > 0 {
		s.Rate = runs.Number(float64(l.last.batches(m.Progress)*l.batch) / since)
	}
	if done := l.first.batches(m.Progress); m.Steps > 0 && done > 0 {
		s.Seconds = runs.Number(m.time.Sub(l.first.time).Seconds() / float64(done) * float64((m.Epochs-m.Epoch)*m.Steps+m.Steps-m.Step))
	}
	l.run.AppendLine(runs.StepsFile, s)
	l.last, l.loss, l.steps = m, 0, 0
}

// count writes the histograms of weights and gradients.
func (l *live) count(p train.Progress, now time.Time) {
	l.counted = now
	h := runs.Histograms{Epoch: p.Epoch, Step: p.Step}
	for _, p := range nn.NamedParameters(l.model) {
		if !p.Tensor.DType().IsFloat() {
			continue
		}
		c := runs.ParameterCount{Name: p.Name, Weight: histogram(p.Tensor.Detach())}
		if g := p.Tensor.Grad(); g.Defined() {
			c.Gradient = histogram(g)
		}
		h.Parameters = append(h.Parameters, c)
	}
	l.run.AppendLine(runs.HistogramsFile, h)
	l.spent += time.Since(now)
}

// histogram counts at most countMost elements of x, which lie at equal distances.
func histogram(x tensor.Tensor) runs.Histogram {
	x = x.Flatten(0)
	if step := (x.Dim(0) + countMost - 1) / countMost; step > 1 {
		x = x.Index(tensor.Slice(0, tensor.None, step))
	}
	h := explain.NewHistogram(x, countBins)
	return runs.Histogram{Low: h.Edges[0], High: h.Edges[countBins], Counts: h.Counts}
}

// obey does what the training is asked to do.
func (l *live) obey() {
	c, ok := l.run.TakeControl()
	if !ok {
		return
	}
	if c.LR > 0 && !math.IsInf(c.LR, 0) {
		for _, g := range l.opt.Groups() {
			g.SetLR(g.LR() * c.LR)
			g.SetInitialLR(g.InitialLR() * c.LR) // from which some schedules compute the rate
		}
	}
	l.run.Append("control", map[string]any{"stop": c.Stop, "lr": l.opt.LR()})
	if c.Stop {
		l.stop()
	}
}
