package task_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
)

// stopper ends a context after some steps.
type stopper struct {
	after int
	stop  func()
	err   error // returned after that step
}

func (s *stopper) AfterStep(train.Progress) error {
	if s.after--; s.after == 0 {
		s.stop()
		return s.err
	}
	return nil
}
func (*stopper) AfterEpoch(train.Epoch) error { return nil }

func read(t *testing.T, run *runs.Run, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(run.Path(file))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestResume stops trainings at many steps and resumes them: weights and results are those of a training that was not
// stopped, also with an average of the weights, a schedule by steps and gradients of several batches.
func TestResume(t *testing.T) {
	set := task.NewSet(parity{})
	values := []string{"training.epochs", "5", "training.average", "0.9", "schedule", "one-cycle",
		"training.accumulate", "3", "optimizer", "adam"}
	whole, err := set.Train(t.Context(), task.Config{Recipe: parityRecipe(set, values...), Out: filepath.Join(t.TempDir(), "whole")})
	if err != nil {
		t.Fatal(err)
	}
	for _, after := range []int{1, 2, 3, 5, 8, 14} {
		ctx, cancel := context.WithCancel(t.Context())
		out := filepath.Join(t.TempDir(), "parts")
		res, err := set.Train(ctx, task.Config{Recipe: parityRecipe(set, values...), Out: out,
			Callbacks: []train.Callback{&stopper{after: after, stop: cancel}}})
		if !errors.Is(err, context.Canceled) || res.Status.State != runs.Stopped {
			t.Fatalf("step %d: %v, %s", after, err, res.Status.State)
		}
		if status, err := res.Run.Status(); err != nil || status.State != runs.Stopped {
			t.Errorf("the status is %v, %v", status, err)
		}
		res, err = set.Resume(t.Context(), out, 0, task.Config{})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range []string{runs.BestFile, runs.LastFile, runs.ConfigFile} {
			if !bytes.Equal(read(t, res.Run, f), read(t, whole.Run, f)) {
				t.Errorf("stopped after step %d: %s differs", after, f)
			}
		}
		a, _ := res.Run.Results()
		b, _ := whole.Run.Results()
		for _, column := range []string{"epoch", "loss", "lr", "validation_loss", "validation_f1", "average_accuracy"} {
			if x, y := a.Column(column), b.Column(column); len(y) != 5 || !slices.Equal(x, y) {
				t.Errorf("stopped after step %d: %s is %v, want %v", after, column, x, y)
			}
		}
	}
}

// TestMoreEpochs continues a finished run: with a constant rate the result is that of a training of as many epochs.
func TestMoreEpochs(t *testing.T) {
	set := task.NewSet(parity{})
	out := filepath.Join(t.TempDir(), "run")
	first, err := set.Train(t.Context(), task.Config{Recipe: parityRecipe(set, "training.epochs", "3"), Out: out})
	if err != nil {
		t.Fatal(err)
	}
	more, err := set.Resume(t.Context(), out, 6, task.Config{})
	if err != nil {
		t.Fatal(err)
	}
	want, err := set.Train(t.Context(), task.Config{Recipe: parityRecipe(set, "training.epochs", "6"),
		Out: filepath.Join(t.TempDir(), "six")})
	if err != nil {
		t.Fatal(err)
	}
	if len(first.History.Epochs) != 3 || len(more.History.Epochs) != 6 || !bytes.Equal(read(t, more.Run, runs.LastFile),
		read(t, want.Run, runs.LastFile)) {
		t.Error("the continued training differs")
	}
	if r, _, err := set.ReadRecipe(more.Run); err != nil || r.Training.Epochs != 6 {
		t.Errorf("the configuration has %d epochs, %v", r.Training.Epochs, err)
	}
	var finished *task.FinishedError
	if _, err := set.Resume(t.Context(), out, 6, task.Config{}); !errors.As(err, &finished) {
		t.Errorf("the error is %v", err)
	}
}

// TestStopAfterMoreEpochs continues a finished run and stops it: the report on the weights before is gone.
func TestStopAfterMoreEpochs(t *testing.T) {
	set := task.NewSet(parity{})
	out := filepath.Join(t.TempDir(), "run")
	res, err := set.Train(t.Context(), task.Config{Recipe: parityRecipe(set), Out: out})
	if err != nil || !res.Run.Has(runs.ReportFile) || !res.Run.Has(runs.ConfusionFile) {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	res, err = set.Resume(ctx, out, 8, task.Config{Callbacks: []train.Callback{&stopper{after: 9, stop: cancel}}})
	if !errors.Is(err, context.Canceled) || res.Run.Has(runs.ReportFile) || res.Run.Has(runs.ConfusionFile) {
		t.Errorf("%v; the run still has a report", err)
	}
	if res, err = set.Resume(t.Context(), out, 0, task.Config{}); err != nil || !res.Run.Has(runs.ReportFile) ||
		len(res.History.Epochs) != 8 {
		t.Errorf("%v", err)
	}
}

// TestMoreEpochsOfSchedules continues finished runs with schedules that end with the training: the later rates are those of
// a training with so many epochs from the start.
func TestMoreEpochsOfSchedules(t *testing.T) {
	set := task.NewSet(parity{})
	for _, schedule := range []string{"cosine", "one-cycle", "{name: cosine, warmup: 5}", "exponential", "linear"} {
		values := []string{"schedule", schedule, "training.accumulate", "3"}
		out := filepath.Join(t.TempDir(), "run")
		if _, err := set.Train(t.Context(),
			task.Config{Recipe: parityRecipe(set, append(values, "training.epochs", "3")...), Out: out}); err != nil {
			t.Fatal(err)
		}
		more, err := set.Resume(t.Context(), out, 6, task.Config{})
		if err != nil {
			t.Fatal(err)
		}
		want, err := set.Train(t.Context(),
			task.Config{Recipe: parityRecipe(set, append(values, "training.epochs", "6")...), Out: filepath.Join(t.TempDir(), "six")})
		if err != nil {
			t.Fatal(err)
		}
		a, _ := more.Run.Results()
		b, _ := want.Run.Results()
		if x, y := a.Column("lr"), b.Column("lr"); len(x) != 6 || !slices.Equal(x[3:], y[3:]) {
			t.Errorf("%s: the rates are %v, want %v from epoch 4 on", schedule, x, y)
		}
	}
}

// TestRepeat trains with the configuration that a run wrote.
func TestRepeat(t *testing.T) {
	set := task.NewSet(parity{})
	a, err := set.Train(t.Context(), task.Config{Recipe: parityRecipe(set, "seed", "5", "schedule", "cosine"),
		Out: filepath.Join(t.TempDir(), "a")})
	if err != nil {
		t.Fatal(err)
	}
	r, _, err := set.ReadRecipe(a.Run)
	if err != nil {
		t.Fatal(err)
	}
	b, err := set.Train(t.Context(), task.Config{Recipe: r, Out: filepath.Join(t.TempDir(), "b")})
	if err != nil || !bytes.Equal(read(t, a.Run, runs.BestFile), read(t, b.Run, runs.BestFile)) ||
		!bytes.Equal(read(t, a.Run, runs.ConfigFile), read(t, b.Run, runs.ConfigFile)) {
		t.Errorf("the repeated training differs, %v", err)
	}
}

// TestStops ends trainings early: by a time limit, by patience, and by a callback.
func TestStops(t *testing.T) {
	set := task.NewSet(parity{})
	begin := time.Now()
	res, err := set.Train(t.Context(), task.Config{Recipe: parityRecipe(set, "training.epochs", "1000000",
		"training.time_limit", "300ms"), Out: filepath.Join(t.TempDir(), "limit")})
	if err != nil || res.Status.State != runs.Finished || time.Since(begin) > 20*time.Second || !res.Run.Has(runs.ReportFile) {
		t.Errorf("the time limit: %v, %+v", err, res.Status)
	}
	if res, err = set.Train(t.Context(), task.Config{Recipe: parityRecipe(set, "training.epochs", "1000000",
		"training.time_limit", "1ns"), Out: filepath.Join(t.TempDir(), "none")}); err != nil || !res.Run.Has(runs.BestFile) {
		t.Errorf("a time limit in the first epoch: %v", err)
	}
	if res, err = set.Train(t.Context(), task.Config{Recipe: parityRecipe(set, "training.epochs", "10000",
		"training.patience", "3", "optimizer.lr", "1e-30"), Out: filepath.Join(t.TempDir(), "patience")}); err != nil ||
		len(res.History.Epochs) != 4 {
		t.Errorf("patience: %d epochs, %v", len(res.History.Epochs), err)
	}
}

// TestReportOfAPartialEpoch ends trainings within an epoch: the report is about the weights that the run saves.
func TestReportOfAPartialEpoch(t *testing.T) {
	set := task.NewSet(reported{})
	for _, keep := range []string{"true", "false"} {
		for _, average := range []string{"0", "0.9"} {
			for _, after := range []int{3, 20} { // in the first epoch of 8 steps, and in the third
				res, err := set.Train(t.Context(), task.Config{
					Recipe:    parityRecipe(set, "training.keep_best", keep, "training.average", average),
					Out:       filepath.Join(t.TempDir(), "run"),
					Callbacks: []train.Callback{&stopper{after: after, stop: func() {}, err: train.ErrStop}},
				})
				if err != nil || res.Status.State != runs.Finished {
					t.Fatalf("%v, %+v", err, res.Status)
				}
				if len(res.History.Losses) != after {
					t.Fatalf("%d steps", len(res.History.Losses))
				}
				m, _, err := set.Load(t.Context(), res.Run.Folder, "", tensor.CPU())
				if err != nil {
					t.Fatal(err)
				}
				if got := outputs(m.Module()); got != res.Status.Verdict {
					t.Errorf("keep_best %s, average %s, %d steps: the saved network returns %s, the reported one %s",
						keep, average, after, got, res.Status.Verdict)
				}
			}
		}
	}
}

// reported is the task whose report is what the network returns for a point.
type reported struct{ parity }

func (b reported) Open(ctx context.Context, o task.Opening) (*task.Problem, error) {
	p, err := b.parity.Open(ctx, o)
	if err == nil {
		p.Finish = func(context.Context, *runs.Run, *train.History) (*task.Report, error) {
			return &task.Report{Verdict: outputs(p.Model)}, nil
		}
	}
	return p, err
}

func outputs(net nn.Module) string {
	return fmt.Sprint(net.Forward(tensor.From([]float32{0.3, 0.7}, 1, 2)).Float32s())
}

// TestEnded checks that a run tells what ended it before its last epoch, and that one that a time limit ended continues.
func TestEnded(t *testing.T) {
	set := task.NewSet(parity{})
	for _, c := range []struct {
		values    []string
		callbacks []train.Callback
		ended     string
		continues bool
	}{
		{[]string{"training.time_limit", "1ns"}, nil, runs.EndedByTimeLimit, true},
		{[]string{"training.patience", "1", "optimizer.lr", "1e-30"}, nil, runs.EndedByPatience, false},
		{nil, []train.Callback{&stopper{after: 3, stop: func() {}, err: train.ErrStop}}, runs.EndedByCallback, true},
		{nil, nil, "", false},
	} {
		out := filepath.Join(t.TempDir(), "run")
		res, err := set.Train(t.Context(), task.Config{Recipe: parityRecipe(set, c.values...), Out: out, Callbacks: c.callbacks})
		if err != nil || res.Status.State != runs.Finished || res.Status.Ended != c.ended {
			t.Errorf("%v: %v, %+v", c.values, err, res.Status)
			continue
		}
		before := len(res.History.Losses)
		var finished *task.FinishedError
		_, err = set.Resume(t.Context(), out, 4, task.Config{}) // as a search continues its trials
		if !errors.As(err, &finished) || finished.Epochs != 4 || finished.Ended != c.ended {
			t.Errorf("%v: with as many epochs: %v", c.values, err)
		}
		res, err = set.Resume(t.Context(), out, 0, task.Config{})
		switch {
		case c.continues && (err != nil || len(res.History.Losses) <= before):
			t.Errorf("%v: it does not continue: %v", c.values, err)
		case !c.continues && !errors.As(err, &finished):
			t.Errorf("%v: it continues: %v", c.values, err)
		}
	}
}

// TestDiverge trains with a rate that gives infinite losses: it stops, or goes back with half the rate, also if it is
// resumed.
func TestDiverge(t *testing.T) {
	set := task.NewSet(parity{})
	values := []string{"data.far", "1e18", "optimizer.lr", "1e5", "model.layers", "[{linear: 8}, relu, {linear: 8}, relu, {linear: out}]"}
	res, err := set.Train(t.Context(), task.Config{Recipe: parityRecipe(set, values...), Out: filepath.Join(t.TempDir(), "stop")})
	var loss *train.LossError
	if !errors.As(err, &loss) || res.Status.State != runs.Failed || res.Status.Error == "" {
		t.Errorf("the error is %v, the status %+v", err, res.Status)
	}
	var out strings.Builder
	_, err = set.Train(t.Context(),
		task.Config{Recipe: parityRecipe(set, append(values, "training.on_nan", "rollback")...),
			Out: filepath.Join(t.TempDir(), "back"), Writer: &out})
	if !errors.As(err, &loss) || strings.Count(out.String(), "going back") != 5 {
		t.Errorf("the error is %v, the output\n%s", err, &out)
	}
}

// TestMistakes opens folders that are not usable.
func TestMistakes(t *testing.T) {
	set := task.NewSet(parity{})
	folder := t.TempDir()
	write := func(path, text string) {
		path = filepath.Join(folder, path)
		os.MkdirAll(filepath.Dir(path), 0o777)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("old/config.json", `{"format": 1, "task": "mnist"}`)
	write("old/model.safetensors", "x")
	write("other/config.yaml", "task: tables\n")
	write("full/file.txt", "mine")
	write("empty/config.yaml", "task: parity\n")
	for name, want := range map[string]string{
		"nowhere": "there is no such folder", "old": "an older version of Lamina wrote it",
		"other": `no task "tables"; want parity`, "full": "no file config.yaml", "empty": "no weights yet",
	} {
		if _, _, err := set.Load(t.Context(), filepath.Join(folder, name), "", task.Config{}.Device); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %v", name, err)
		}
	}
	var exists *runs.ExistsError
	if _, err := set.Train(t.Context(), task.Config{Recipe: parityRecipe(set),
		Out: filepath.Join(folder, "full")}); !errors.As(err, &exists) {
		t.Errorf("the error is %v", err)
	}
	if entries, _ := os.ReadDir(filepath.Join(folder, "full")); len(entries) != 1 {
		t.Errorf("the folder has %v", entries)
	}
	if _, err := set.Open(t.Context(), task.Config{Recipe: parityRecipe(set, "training.monitor", "f2")}); err == nil ||
		!strings.Contains(err.Error(), `no metric "f2"`) {
		t.Errorf("the error is %v", err)
	}
	if _, err := set.Open(t.Context(), task.Config{Recipe: parityRecipe(set, "metrics", "[rmse]")}); err == nil ||
		!strings.Contains(err.Error(), "metrics.0: rmse is for numbers") {
		t.Errorf("the error is %v", err)
	}
}

// TestMonitor lets the F1 score decide which epoch is the best.
func TestMonitor(t *testing.T) {
	set := task.NewSet(parity{})
	res, err := set.Train(t.Context(),
		task.Config{Recipe: parityRecipe(set, "training.monitor", "f1", "training.epochs", "20"), Out: filepath.Join(t.TempDir(), "run")})
	if err != nil {
		t.Fatal(err)
	}
	best := math.Inf(-1)
	for _, e := range res.History.Epochs {
		best = max(best, task.Measure(e, "f1"))
	}
	if res.Status.Best != best || res.Status.Monitor != "f1" || best <= 0 {
		t.Errorf("the status is %+v, the largest F1 %v", res.Status, best)
	}
}

// TestLines checks the lines that a training prints.
func TestLines(t *testing.T) {
	set := task.NewSet(parity{})
	var out strings.Builder
	out.WriteString("\n")
	_, err := set.Train(t.Context(), task.Config{Recipe: parityRecipe(set), Out: filepath.Join(t.TempDir(), "run"),
		Writer: &out, Reporter: train.Lines(&out), Describe: "a machine"})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\ndata:     64 points\n", "\ndevice:   a machine\n",
		"\ntraining: 4 epochs, batches of 8, sgd with learning rate 0.5 (constant), seed 1\n", "\nepoch 1/4: loss 0.",
		", validation loss 0.", ", f1 0."} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("there is no %q in\n%s", want, &out)
		}
	}
}

// TestBestLine reads what a training says of its best epoch: by which measure it is the best, and what ended the training.
func TestBestLine(t *testing.T) {
	set := task.NewSet(parity{})
	for _, c := range []struct {
		values []string
		want   []string
	}{
		{nil, []string{`\nbest by validation accuracy: epoch \d of 4: loss 0\.`}},
		{[]string{"training.monitor", "loss"}, []string{`\nbest by validation loss: epoch \d of 4: loss `}},
		{[]string{"training.monitor", "f1", "training.average", "0.5"}, []string{`\nbest by averaged validation f1: epoch \d of 4: loss `}},
		{[]string{"training.patience", "1", "optimizer.lr", "1e-30"}, []string{`\ntraining: at most 4 epochs, patience 1, batches of 8, `,
			`\nstopped: no better epoch for 1\nbest by validation accuracy: epoch 1 of 2: `}},
		{[]string{"training.patience", "1", "optimizer.lr", "1e-30", "training.keep_best", "false"},
			[]string{`\nstopped: no better epoch for 1\n$`}},
	} {
		var out strings.Builder
		_, err := set.Train(t.Context(), task.Config{Recipe: parityRecipe(set, c.values...),
			Out: filepath.Join(t.TempDir(), "run"), Writer: &out, Reporter: train.Lines(&out)})
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range c.want {
			if !regexp.MustCompile(want).MatchString(out.String()) {
				t.Errorf("%v: there is no %s in\n%s", c.values, want, &out)
			}
		}
	}
	var out strings.Builder
	set = task.NewSet(blind{})
	if _, err := set.Train(t.Context(), task.Config{Recipe: parityRecipe(set), Out: filepath.Join(t.TempDir(), "run"),
		Writer: &out}); err != nil || !strings.Contains(out.String(), "best by loss: epoch ") {
		t.Errorf("without validation data: %v\n%s", err, &out)
	}
}

// TestNoValidation trains without validation data: the training loss decides.
func TestNoValidation(t *testing.T) {
	set := task.NewSet(blind{})
	res, err := set.Train(t.Context(), task.Config{Recipe: parityRecipe(set), Out: filepath.Join(t.TempDir(), "run")})
	if err != nil {
		t.Fatal(err)
	}
	if s := res.Status; s.State != runs.Finished || s.Monitor != "loss" || !(s.Best > 0) || s.BestEpoch == 0 {
		t.Errorf("the status is %+v", s)
	}
}

// blind is the task without validation data, whose report has a metric that is not finite.
type blind struct{ parity }

func (b blind) Open(ctx context.Context, o task.Opening) (*task.Problem, error) {
	p, err := b.parity.Open(ctx, o)
	if err == nil {
		p.Validation = nil
		p.Finish = func(context.Context, *runs.Run, *train.History) (*task.Report, error) {
			return &task.Report{Metrics: map[string]float64{"r2": math.NaN()}}, nil
		}
	}
	return p, err
}
