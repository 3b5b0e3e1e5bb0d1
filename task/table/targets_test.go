package table

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/internal/tasktest"
	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/tabular"
	"github.com/lamina-ml/lamina/task"
)

// TestSeveralTargetsResumeAndRepeat continues a run with a number and a class as targets, and repeats it from the
// configuration that it wrote.
func TestSeveralTargetsResumeAndRepeat(t *testing.T) {
	path := write(t)
	first := trained(t, "data.path="+path, "data.target=y,big", "training.epochs=2")
	set := task.NewSet(Task{})
	more, err := set.Resume(context.Background(), first.Run.Folder, 3, task.Config{})
	if err != nil || len(more.History.Epochs) != 3 {
		t.Fatalf("resumed: %v", err)
	}
	doc, err := recipe.ReadFile(first.Run.Path(runs.ConfigFile))
	if err != nil {
		t.Fatal(err)
	}
	r, err := doc.Decode(set.Registry)
	if err != nil {
		t.Fatal(err)
	}
	again, err := set.Train(context.Background(), task.Config{Recipe: r, Out: filepath.Join(t.TempDir(), "again")})
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range more.History.Epochs {
		if got := again.History.Epochs[i].Loss; got != e.Loss {
			t.Errorf("epoch %d: loss %v, repeated %v", i, e.Loss, got)
		}
	}
}

// TestMetricsOfTargets compares the metrics of the epoch that is kept with those of the report on the same rows.
func TestMetricsOfTargets(t *testing.T) {
	path := write(t)
	r := trained(t, "data.path="+path, "data.target=y,big", "training.epochs=4", "data.test=0",
		"metrics=[rmse,accuracy,r2]", "training.monitor=rmse_y")
	best := r.History.Epochs[r.History.Best()]
	for _, name := range []string{"rmse_y", "r2_y", "accuracy_big"} {
		got, ok := task.Measure(best, name), r.Report.Metrics[name]
		if !(math.Abs(got-ok) <= 1e-9*math.Abs(ok)) {
			t.Errorf("%s is %v in the best epoch, %v in the report", name, got, ok)
		}
	}
	scaled := filepath.Join(t.TempDir(), "scaled.csv")
	var s strings.Builder
	s.WriteString("x,y\n")
	for i := range 100 {
		x := i * 37 % 101
		fmt.Fprintf(&s, "%d,%d\n", x, 1000*x)
	}
	if err := os.WriteFile(scaled, []byte(s.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	r = trained(t, "data.path="+scaled, "data.target=y", "training.epochs=2", "data.test=0", "metrics=[rmse]")
	best = r.History.Epochs[r.History.Best()]
	if got, want := task.Measure(best, "rmse"), r.Report.Metrics["rmse"]; !(math.Abs(got-want) <= 1e-9*want) || want < 100 {
		t.Errorf("rmse is %v in the best epoch, %v in the report", got, want)
	}
	for _, c := range []struct {
		values []string
		want   string
	}{
		{[]string{"data.target=y", "metrics=[rmse,f1]"}, "f1 is for classes, and the target is a number"},
		{[]string{"data.target=big,color", "metrics=[accuracy,rmse]"}, "rmse is for numbers, and the target is a class"},
		{[]string{"data.target=y,big", "loss=mse"}, "want joint"},
		{[]string{"data.target=y", "loss=joint"}, "joint is for several targets, some with classes; want mse"},
		{[]string{"data.target=big", "loss=joint"}, "want cross-entropy"},
	} {
		_, err := try(t, append([]string{"data.path=" + path, "training.epochs=1"}, c.values...)...)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: error %v, want %s", c.values, err, c.want)
		}
	}
}

// TestChangedTable evaluates a run whose table has grown: divided again, rows of the training would be test rows.
func TestChangedTable(t *testing.T) {
	path := write(t)
	r := trained(t, "data.path="+path, "data.target=y", "training.epochs=1")
	if _, err := command(t, r.Run.Folder, "evaluate", &evaluateOptions{}); err != nil {
		t.Fatal(err)
	}
	rows, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(rows, "400,0.5,red,p50,2025-01-01,0.5,false\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := command(t, r.Run.Folder, "evaluate", &evaluateOptions{}); err == nil ||
		!strings.Contains(err.Error(), "have changed since the training") {
		t.Errorf("evaluated on other rows: %v", err)
	}
	if _, err := command(t, r.Run.Folder, "evaluate", &evaluateOptions{Data: path}); err != nil {
		t.Errorf("evaluated on a file: %v", err)
	}
}

// opened returns the first lines of a training.
func opened(t *testing.T, values ...string) string {
	t.Helper()
	set := task.NewSet(Task{})
	r, err := tasktest.Decode(set, values...)
	if err != nil {
		t.Fatal(err)
	}
	p, err := set.Open(context.Background(), task.Config{Recipe: r})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	return fmt.Sprint(p.Lines)
}

// TestRowsWithoutTarget counts them whether the split is stratified, which leaves them out itself, or not.
func TestRowsWithoutTarget(t *testing.T) {
	var s strings.Builder
	s.WriteString("x,kind,size\n")
	for i := range 100 {
		kind, size := []string{"a", "b"}[i%2], fmt.Sprint(i*i)
		if i%10 == 3 {
			kind, size = "", ""
		}
		fmt.Fprintf(&s, "%d,%s,%s\n", i*37%101, kind, size)
	}
	path := filepath.Join(t.TempDir(), "gaps.csv")
	if err := os.WriteFile(path, []byte(s.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, values := range [][]string{{"data.target=kind"}, {"data.target=kind", "data.split=random"},
		{"data.target=kind", "data.folds=3"}, {"data.target=size"}, {"data.target=kind,size"}} {
		if text := opened(t, append(values, "data.path="+path)...); !strings.Contains(text, "; 10 rows without ") {
			t.Errorf("%v: %s", values, text)
		}
	}
	r := trained(t, "data.path="+path, "data.target=kind", "training.epochs=1")
	_, notes, err := tasktest.Command(task.NewSet(Task{}), r.Run.Folder, "evaluate", &evaluateOptions{Data: path})
	if want := "10 rows without kind are left out\n"; err != nil || notes != want {
		t.Errorf("evaluate says %q, %v, want %q", notes, err, want)
	}
}

// TestColumnsThatDivide: the column of the groups and that of the times are no features, unless the user says so.
func TestColumnsThatDivide(t *testing.T) {
	path := write(t)
	for _, c := range []struct {
		column, reason string
		values         []string
	}{{"who", "rows are grouped by it", []string{"data.group=who"}}, {"day", "rows are divided by it", []string{"data.time=day"}}} {
		features := func(values ...string) string {
			r, err := tasktest.Decode(task.NewSet(Task{}), append(values, "data.path="+path, "data.target=y")...)
			if err != nil {
				t.Fatal(err)
			}
			p, err := newProblem(context.Background(), r)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, f := range p.schema.Features() {
				names = append(names, f.Name)
			}
			return fmt.Sprint(names)
		}
		if got := features(c.values...); strings.Contains(got, c.column) {
			t.Errorf("%v: the features are %s", c.values, got)
		}
		if got := features(append(c.values, "data.columns={who: category, day: time}")...); !strings.Contains(got, c.column) {
			t.Errorf("%v, and named: the features are %s", c.values, got)
		}
		if text := opened(t, append(c.values, "data.path="+path, "data.target=y")...); !strings.Contains(text, c.column+" ("+c.reason+")") {
			t.Errorf("%v: %s", c.values, text)
		}
	}
}

// TestDigitsOfPredictions predicts numbers that are large beside their spread, and reads rows from a reader with the run's
// options.
func TestDigitsOfPredictions(t *testing.T) {
	for _, c := range []struct {
		mean, std, output float64
		want              string
	}{{1.7e9, 100, 1.234567, "1700000123.4567"}, {0, 1, 0.123456789, "0.123457"}, {2e5, 8e4, 2.39, "391200"}} {
		target := jointTarget{ColumnPreparation: &tabular.ColumnPreparation{Kind: tabular.Number, Mean: c.mean, Std: c.std}}
		if got := target.appendCells(nil, []float64{target.Value(c.output)}, false)[0]; got != c.want {
			t.Errorf("a prediction is %s, want %s", got, c.want)
		}
	}
	rows := "a;b;c\n" + strings.Repeat("1;2;3\n4;5;7\n7;8;20\n", 10)
	path := filepath.Join(t.TempDir(), "semicolons.csv")
	if err := os.WriteFile(path, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	m := &Model{data: dataOptions{Comma: ";", Header: "no"}}
	for _, name := range []string{path, "-"} {
		src, err := m.rows(name, strings.NewReader(rows))
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(src.Columns()); got != "[column1 column2 column3]" {
			t.Errorf("%s: the columns are %s", name, got)
		}
	}
}
