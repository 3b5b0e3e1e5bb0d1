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

// How often a training reports and listens.
const (
	reportEvery  = time.Second
	controlEvery = 500 * time.Millisecond
	countEvery   = 2 * time.Second // histograms
	countShare   = 0.01            // the share of time that histograms may take
	countBins    = 32
	countMost    = 1 << 16 // elements of a parameter that are counted
)

// live lets other processes follow and control a training through files of its run: it appends to StepsFile and
// HistogramsFile and obeys ControlFile. A file that cannot be written does not end the training.
type live struct {
	run   *runs.Run
	model any // whose parameters are counted
	opt   optim.Optimizer
	stop  context.CancelFunc

	began, reported, listened, counted time.Time
	spent                              time.Duration // on histograms
	loss                               float64       // sum since the last report
	steps, samples                     int           // since the last report
	done                               int           // steps of this session
}

func newLive(s *Session, stop context.CancelFunc) *live {
	s.Run.TakeControl() // a request for an earlier training
	now := time.Now()
	return &live{run: s.Run, model: s.Problem.Weights, opt: s.Optimizer, stop: stop, began: now, reported: now, listened: now}
}

// AfterStep is the method of train.Callback.
func (l *live) AfterStep(p train.Progress) error {
	now := time.Now()
	l.loss += p.Loss
	l.steps++
	l.done++
	l.samples += p.Samples
	if since := now.Sub(l.reported); since >= max(reportEvery, now.Sub(l.began)/2000) || l.done == 1 { // at most some thousands of lines
		l.report(p, now, since)
	}
	if due := l.done == 1 || now.Sub(l.counted) >= max(countEvery, now.Sub(l.began)/100); due && l.spent <= time.Duration(countShare*float64(now.Sub(l.began))) {
		l.count(p, now)
	}
	if now.Sub(l.listened) >= controlEvery {
		l.listened = now
		l.obey()
	}
	return nil
}

// AfterEpoch is the method of train.Callback.
func (l *live) AfterEpoch(train.Epoch) error {
	l.reported = time.Now() // the evaluation is not part of the rate
	l.loss, l.steps, l.samples = 0, 0, 0
	return nil
}

func (l *live) report(p train.Progress, now time.Time, since time.Duration) {
	s := runs.Step{
		Time: now.UTC(), Epoch: p.Epoch, Epochs: p.Epochs, Step: p.Step, Steps: p.Steps,
		Loss: runs.Number(l.loss / float64(l.steps)), LR: runs.Number(l.opt.LR()), Rate: runs.Number(float64(l.samples) / since.Seconds()),
	}
	if p.Steps > 0 {
		left := (p.Epochs-p.Epoch)*p.Steps + p.Steps - p.Step
		s.Seconds = runs.Number(now.Sub(l.began).Seconds() / float64(l.done) * float64(left))
	}
	l.run.AppendLine(runs.StepsFile, s)
	l.reported, l.loss, l.steps, l.samples = now, 0, 0, 0
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

// obey does what the control file asks.
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
