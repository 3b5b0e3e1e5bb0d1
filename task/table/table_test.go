package table

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/internal/tasktest"
	"github.com/lamina-ml/lamina/tabular/samples"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/message"
	"github.com/lamina-ml/lamina/tensor"
)

// trained trains with some values of the configuration and returns the result.
func trained(t *testing.T, values ...string) *task.Result {
	t.Helper()
	r, err := try(t, values...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func try(t *testing.T, values ...string) (*task.Result, error) {
	t.Helper()
	return tasktest.Train(task.NewSet(Task{}), t.TempDir(), values...)
}

// command runs a command of the task on a run and returns what it wrote.
func command(t *testing.T, folder, name string, options any, args ...string) (string, error) {
	t.Helper()
	out, _, err := tasktest.Command(task.NewSet(Task{}), folder, name, options, args...)
	return out, err
}

func TestSamples(t *testing.T) {
	for _, c := range []struct {
		name, metric string
		least        float64
	}{{"iris", "accuracy", 0.9}, {"penguins", "accuracy", 0.95}, {"cars", "r2", 0.8}} {
		s, _ := samples.Find(c.name)
		values, ok := Task{}.Recognize(task.Target{Path: c.name, Given: func(string) bool { return false }})
		if !ok || values["data.target"] != s.Target {
			t.Errorf("%s is not recognized: %v", c.name, values)
		}
		r := trained(t, "data.path="+c.name, "data.target="+s.Target, "training.epochs=60")
		if got := r.Report.Metrics[c.metric]; !(got >= c.least) {
			t.Errorf("%s: %s %v, want at least %v", c.name, c.metric, got, c.least)
		}
		if !strings.Contains(r.Report.Text, "permutation importance") {
			t.Errorf("%s: the report is %s", c.name, r.Report.Text)
		}
		again, err := command(t, r.Run.Folder, "evaluate", &evaluateOptions{})
		if err != nil || strings.TrimSpace(again) != r.Report.Verdict {
			t.Errorf("%s: evaluate says %q, %v; the report %q", c.name, again, err, r.Report.Verdict)
		}
	}
}

// write writes a table of 400 rows: y is the sum of x and a part that depends on the color; big tells whether y is large.
func write(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "data.csv")
	var s strings.Builder
	s.WriteString("id,x,color,who,day,y,big\n")
	for i := range 400 {
		color := []string{"red", "green", "blue"}[i%3]
		x := math.Sin(float64(i * i))
		y := x + []float64{0, 1, 2}[i%3]
		text := strconv.FormatFloat(x, 'f', 4, 64)
		if i%50 == 7 {
			text = ""
		}
		fmt.Fprintf(&s, "%d,%s,%s,p%d,2025-%02d-%02d,%.4f,%v\n", i, text, color, i/8, 1+i/40, 1+i%28, y, y > 1)
	}
	if err := os.WriteFile(path, []byte(s.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTargetsSplitsAndPredict(t *testing.T) {
	path := write(t)
	r := trained(t, "data.path="+path, "data.target=y,big", "training.epochs=60", "data.columns={day: drop}")
	if m := r.Report.Metrics; !(m["r2_y"] > 0.8 && m["accuracy_big"] > 0.85) {
		t.Errorf("two targets: %v", m)
	}
	raw := filepath.Join(t.TempDir(), "rows.csv")
	if err := os.WriteFile(raw, []byte("who,x,color\np1,0.5,red\np2,-0.5,blue\nnew,0.5,violet\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := command(t, r.Run.Folder, "predict", &predictOptions{Columns: []string{"all"}}, raw)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil || len(rows) != 4 ||
		strings.Join(rows[0], " ") != "who x color predicted_y predicted_big probability_big_false probability_big_true" ||
		strings.Join(rows[3][:3], " ") != "new 0.5 violet" {
		t.Fatalf("predictions %v, %v", rows, err)
	}
	for i, want := range []float64{0.5, 1.5} {
		if got, err := strconv.ParseFloat(rows[1+i][3], 64); err != nil || math.Abs(got-want) > 0.4 {
			t.Errorf("row %d: y %v, want about %v", i, rows[1+i], want)
		}
	}
	if rows[2][4] != "true" || rows[1][4] != "false" {
		t.Errorf("big is %q and %q", rows[1][4], rows[2][4])
	}
	if some, err := command(t, r.Run.Folder, "predict", &predictOptions{Columns: []string{"who"}}, raw); err != nil ||
		!strings.HasPrefix(some, "who,predicted_y,predicted_big,") {
		t.Errorf("one column: %q, %v", some, err)
	}
	if _, err := command(t, r.Run.Folder, "predict", &predictOptions{Columns: []string{"whom"}}, raw); err == nil ||
		!strings.Contains(err.Error(), `did you mean "who"?`) {
		t.Errorf("a column that is not there: %v", err)
	}
	file := filepath.Join(t.TempDir(), "out.csv")
	if _, err := command(t, r.Run.Folder, "predict", &predictOptions{Out: file, Columns: []string{"all"}}, raw); err != nil {
		t.Fatal(err)
	}
	if written, err := os.ReadFile(file); err != nil || string(written) != out {
		t.Errorf("--out wrote %q, %v", written, err)
	}
	if _, err := command(t, r.Run.Folder, "evaluate", &evaluateOptions{Data: path, Report: true}); err != nil {
		t.Error(err)
	}
}

func TestErrors(t *testing.T) {
	path := write(t)
	for _, c := range []struct {
		values []string
		want   string
	}{
		{[]string{"data.target=Y2"}, `there is no column "Y2" (did you mean "y"?)`},
		{nil, "which column of " + path + " is to be predicted? Its columns are id, x, color, who, day, y, big"},
		{[]string{"data.target=y", "data.columns={colour: drop}"}, `there is no column "colour" (did you mean "color"?)`},
		{[]string{"data.target=y", "data.columns={color: colour}"},
			`--set data.columns={color: colour}: "colour" is not known; want number, category, boolean, time, text or drop`},
		{[]string{"data.target=y", "data.columns={color: number}"}, `row 1, column "color": "red" is no number`},
		{[]string{"data.target=y", "data.group=whom"}, `no column "whom"`},
		{[]string{"data.target=y", "loss=cross-entropy"}, "cross-entropy is for classes"},
		{[]string{"data.target=big", "loss=mse"}, "mse is for numbers"},
		{[]string{"data.target=y", "data.balanced=true"}, "only one target with classes"},
		{[]string{"data.target=y", "data.test=0.5", "data.validation=0.5"}, "leave no rows for training"},
		{[]string{"data.target=y", "data.folds=3", "data.fold=4"}, "there is no fold 4 of 3"},
	} {
		_, err := try(t, append([]string{"data.path=" + path, "training.epochs=1"}, c.values...)...)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: error %v, want %s", c.values, err, c.want)
		}
	}
}

func TestSameSeedSameRun(t *testing.T) {
	path := write(t)
	values := []string{"data.path=" + path, "data.target=y", "training.epochs=3"}
	a, b := trained(t, values...), trained(t, values...)
	if a.History.Epochs[2].Loss != b.History.Epochs[2].Loss {
		t.Errorf("losses %v and %v", a.History.Epochs[2].Loss, b.History.Epochs[2].Loss)
	}
}

func TestInspectAndLint(t *testing.T) {
	set := task.NewSet(Task{})
	r, err := tasktest.Decode(set, "data.path="+write(t), "data.target=y")
	if err != nil {
		t.Fatal(err)
	}
	o := task.Opening{Recipe: r, Device: tensor.CPU(), Log: io.Discard, Count: task.NoCount}
	var out bytes.Buffer
	if err := (Task{}).Inspect(context.Background(), &out, o); err != nil || !strings.Contains(out.String(), "400 rows, 7 columns") {
		t.Errorf("inspect wrote %q, %v", out.String(), err)
	}
	faults, notes, err := Task{}.Lint(context.Background(), o)
	if err != nil || len(faults) != 0 || len(notes) != 1 || !strings.Contains(notes[0], "id: it numbers the rows; it is dropped") {
		t.Errorf("lint says %q, %q, %v", faults, notes, err)
	}
	path := filepath.Join(t.TempDir(), "empty.csv")
	content := "id,x,nothing,same,y\n"
	for i := range 30 {
		content += fmt.Sprintf("%d,%d,,1,%d\n", i, i%7, i%5)
	}
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
	for values, want := range map[string]string{"data.columns={}": "nothing: it has no values; it is dropped",
		"data.columns.nothing=drop": ""} {
		if o.Recipe, err = tasktest.Decode(set, "data.path="+path, "data.target=y", values); err != nil {
			t.Fatal(err)
		}
		faults, notes, err := Task{}.Lint(context.Background(), o)
		if err != nil || strings.Join(faults, "\n") != want || len(notes) != 2 {
			t.Errorf("%s: lint says %q, %q, %v", values, faults, notes, err)
		}
	}
	if len((Task{}).Samples()) != 3 {
		t.Errorf("samples %v", Task{}.Samples())
	}
}

// TestWhatIsSaidOfMissingAndChangedData trains on a table with words among numbers, predicts without a column, and resumes
// after the table changed.
func TestWhatIsSaidOfMissingAndChangedData(t *testing.T) {
	var table strings.Builder
	table.WriteString("city,size,price\n")
	for i := range 80 {
		fmt.Fprintf(&table, "%s,%d,%d\n", []string{"Rome", "Oslo"}[i%2], i, 3*i)
	}
	path := filepath.Join(t.TempDir(), "houses.csv")
	if err := os.WriteFile(path, []byte(table.String()+"Rome,12x,36\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	set := task.NewSet(Task{})
	r, err := tasktest.Decode(set, "data.path="+path, "data.target=price", "training.epochs=1")
	if err != nil {
		t.Fatal(err)
	}
	var head bytes.Buffer
	folder := filepath.Join(t.TempDir(), "run")
	if _, err := set.Train(context.Background(), task.Config{Recipe: r, Out: folder, Writer: &head}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`cells such as "12x" in size are no numbers and count as missing`, "columns:  1 number, 1 category"} {
		if !strings.Contains(head.String(), want) {
			t.Errorf("no %q in\n%s", want, head.String())
		}
	}
	rows := filepath.Join(t.TempDir(), "rows.csv")
	if err := os.WriteFile(rows, []byte("city,size\nRome,1\nBern,2\nOslo,3\nBasel,4\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	m, call, err := set.Load(context.Background(), folder, "", tensor.CPU())
	if err != nil {
		t.Fatal(err)
	}
	var notes bytes.Buffer
	call.Args, call.Options, call.Out, call.Err = []string{rows}, &predictOptions{}, io.Discard, &notes
	if err := predict(context.Background(), m, call); err != nil ||
		notes.String() != "city: 2 rows have a value that did not occur in the training\n" {
		t.Errorf("unknown cities: %v, %q", err, notes.String())
	}
	if err := os.WriteFile(rows, []byte("city\nRome\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	var advised *message.AdvisedError
	if _, err := command(t, folder, "predict", &predictOptions{}, rows); !errors.As(err, &advised) ||
		!strings.Contains(advised.Advice, "--set data.columns.size=drop") {
		t.Errorf("rows without a column: %v", err)
	}
	if err := os.WriteFile(path, []byte(table.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := set.Resume(context.Background(), folder, 2, task.Config{}); err == nil ||
		!strings.Contains(err.Error(), "the data have changed") || strings.Count(err.Error(), "\n") > 1 {
		t.Errorf("a table that changed: %v", err)
	}
}
