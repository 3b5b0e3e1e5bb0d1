package task

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sort"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/train"
)

// writeResults writes the table of the results and the status after an epoch. The checkpoint has all of this: a file that
// could not be written, such as on a full disk, does not end the training.
func (se *session) writeResults(epoch int) {
	se.run.WriteResults(results(se.history))
	se.status.Epoch = epoch
	best := se.history.Best()
	if se.refit > 0 { // nothing tells which epoch is the best: the number of epochs was chosen
		best = len(se.history.Epochs) - 1
	}
	if best >= 0 {
		b := se.history.Epochs[best]
		se.status.BestEpoch, se.status.Best = b.Epoch, Measure(b, se.status.Monitor)
		if math.IsNaN(se.status.Best) { // nothing is evaluated, or the targets are not classes
			se.status.Monitor, se.status.Best = "loss", Measure(b, "loss")
		}
	}
	se.run.SetStatus(se.status)
}

// save writes the weights after an epoch.
func (se *session) save(e train.Epoch, best bool) error {
	files := []string{runs.LastFile}
	if best || se.refit > 0 {
		files = []string{runs.BestFile, runs.LastFile}
	}
	for _, f := range files {
		if err := os.MkdirAll(filepath.Dir(se.run.Path(f)), 0o777); err != nil {
			return err
		}
		if err := safetensors.SaveModel(se.run.Path(f), se.Problem.Weights); err != nil {
			return &train.CheckpointError{Path: se.run.Path(f), Err: err}
		}
	}
	return nil
}

// savePart writes the weights of a training that ended within an epoch, such as by its time limit, if the model has them:
// the report describes the weights that are saved.
func (se *session) savePart() error {
	if !se.within {
		return nil
	}
	switch first := len(se.history.Epochs) == 0; {
	case first:
		return se.save(train.Epoch{}, true)
	case !se.Recipe.Training.KeepBest || se.refit > 0:
		return se.save(train.Epoch{}, false)
	}
	return nil // the model has the weights of the best epoch again
}

// reporter passes the progress on, and writes the results of each epoch.
type reporter struct{ *session }

func (r reporter) Step(p train.Progress) {
	r.within = true
	if r.Reporter != nil {
		r.Reporter.Step(p)
	}
}

func (r reporter) Epoch(e train.Epoch, epochs int) {
	r.within = false
	if r.Reporter != nil {
		r.Reporter.Epoch(e, epochs)
	}
	if r.AfterEpoch != nil {
		r.AfterEpoch(r.Writer, e)
	}
	r.run.Append("epoch", values(e))
	r.writeResults(e.Epoch)
}

// Measure returns the value of a measure in an epoch: "loss", "accuracy" or the name of a metric, on the validation data
// if there are any, with averaged weights if there are; NaN if it is not known.
func Measure(e train.Epoch, name string) float64 {
	r := e.Average
	if r == nil {
		r = e.Validation
	}
	switch {
	case r == nil && name == "loss":
		return e.Loss
	case r == nil:
		return math.NaN()
	case name == "loss":
		return r.Loss
	case name == "accuracy" && r.Total > 0:
		return r.Accuracy()
	}
	if v, ok := r.Metrics[name]; ok {
		return v
	}
	return math.NaN()
}

// values returns the numbers of an epoch by their names in results.csv.
func values(e train.Epoch) map[string]any {
	v := map[string]any{"epoch": e.Epoch, "loss": e.Loss, "lr": e.LR, "seconds": e.Seconds}
	add := func(prefix string, r *train.Result) {
		if r == nil {
			return
		}
		v[prefix+"loss"] = r.Loss
		if r.Total > 0 {
			v[prefix+"accuracy"] = r.Accuracy()
		}
		for name, x := range r.Metrics {
			v[prefix+name] = x
		}
	}
	add("validation_", e.Validation)
	add("average_", e.Average)
	return v
}

// results returns the table of results.csv.
func results(h *train.History) runs.Results {
	t := runs.Results{Names: []string{"epoch", "loss", "lr", "seconds"}}
	var more []string
	for _, e := range h.Epochs {
		for name := range values(e) {
			if !slices.Contains(t.Names, name) && !slices.Contains(more, name) {
				more = append(more, name)
			}
		}
	}
	sort.Sort(sort.Reverse(sort.StringSlice(more))) // validation before average
	t.Names = append(t.Names, more...)
	for _, e := range h.Epochs {
		v := values(e)
		row := make([]float64, len(t.Names))
		for i, name := range t.Names {
			switch x := v[name].(type) {
			case int:
				row[i] = float64(x)
			case float64:
				row[i] = x
			default:
				row[i] = math.NaN()
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// report evaluates the trained model.
func (se *session) report(ctx context.Context) (*Report, error) {
	if se.Problem.Finish == nil {
		return &Report{}, nil
	}
	nn.Eval(se.Model)
	return se.Problem.Finish(ctx, se.run, se.history)
}

// finish writes the files of a finished training, the status last.
func (se *session) finish(report *Report) error {
	if report != nil {
		if err := se.writeReport(report); err != nil {
			return err
		}
		se.status.Metrics, se.status.Verdict = report.metrics(), report.Verdict
	}
	se.status.State, se.status.Ended = runs.Finished, se.ended()
	metrics := map[string]runs.Number{}
	for name, v := range se.status.Metrics {
		metrics[name] = runs.Number(v)
	}
	if err := se.run.Append("finished", map[string]any{"metrics": metrics, "verdict": se.status.Verdict}); err != nil {
		return err
	}
	return se.run.SetStatus(se.status)
}

// metrics returns the metrics with the names that they have in the status of a run: those on other data than the test data
// begin with the part's name.
func (r *Report) metrics() map[string]float64 {
	if r.Part == "" || r.Part == "test" {
		return r.Metrics
	}
	named := map[string]float64{}
	for name, v := range r.Metrics {
		named[r.Part+"_"+name] = v
	}
	return named
}

// writeReport writes report.txt and the pictures.
func (se *session) writeReport(report *Report) error {
	text := report.Summary()
	switch report.Part {
	case "validation":
		text += "These are the validation data, which chose the best epoch: there are no others for a test.\n"
	case "training":
		text += "These are the training data: there are no others for a test.\n"
	}
	if report.Text != "" {
		text += "\n" + report.Text
	}
	if err := se.run.WriteFile(runs.ReportFile, []byte(text)); err != nil {
		return err
	}
	if len(se.history.Epochs) > 0 {
		if err := se.run.Write(runs.CurvesFile, Curves(results(se.history)).Picture().WritePNG); err != nil {
			return err
		}
	}
	return writeConfusion(se.run, report)
}

// writeConfusion draws the confusion matrix of a report that has one.
func writeConfusion(run *runs.Run, report *Report) error {
	if c, ok := report.Matrix(); ok {
		return run.Write(runs.ConfusionFile, c.Picture().WritePNG)
	}
	return nil
}
