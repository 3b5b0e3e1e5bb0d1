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

	"github.com/lamina-ml/lamina/internal/readable"
	"github.com/lamina-ml/lamina/internal/tasktest"
	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/tabular"
	"github.com/lamina-ml/lamina/tabular/parquet"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/tensor"
)

// readCSV returns the rows of a CSV file as maps by the names of the columns.
func readCSV(t *testing.T, path string) (rows []map[string]string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines[1:] {
		row := map[string]string{}
		for i, name := range lines[0] {
			row[name] = l[i]
		}
		rows = append(rows, row)
	}
	return rows
}

func readText(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-5*(1+math.Abs(b)) }

func TestCrossValidation(t *testing.T) {
	path := write(t)
	table := readCSV(t, path)
	for _, c := range []struct {
		name    string
		targets []string
		set     []string
	}{
		{"classes", []string{"big"}, nil},
		{"a number", []string{"y"}, []string{"optimizer.lr=0.01"}},
		{"groups", []string{"big"}, []string{"data.group=who"}},
		{"several targets", []string{"y", "big"}, []string{"training.refit=true"}},
	} {
		set := append([]string{"data.path=" + path, "data.target=" + strings.Join(c.targets, ","), "data.folds=3",
			"training.epochs=3", "model.members=2",
			"data.columns={day: drop, id: drop}"}, c.set...)
		r := trained(t, set...)
		rows := readCSV(t, r.Run.Path(outOfFoldFile))
		if len(rows) != len(table) {
			t.Errorf("%s: %d predictions, want %d", c.name, len(rows), len(table))
			continue
		}
		folds := map[string]int{}
		foldOf := map[string]string{} // of the groups
		for i, row := range rows {
			folds[row["fold"]]++
			if row["row"] != strconv.Itoa(i+1) {
				t.Fatalf("%s: row %s, want %d", c.name, row["row"], i+1)
			}
			if who := table[i]["who"]; c.name == "groups" && foldOf[who] != "" && foldOf[who] != row["fold"] {
				t.Errorf("%s is in the folds %s and %s", who, foldOf[who], row["fold"])
			} else {
				foldOf[who] = row["fold"]
			}
		}
		for k, n := range folds {
			if n < 120 || n > 150 {
				t.Errorf("%s: fold %s has %d rows", c.name, k, n)
			}
		}
		for _, target := range c.targets {
			key, prefix := "", "probability_"
			if len(c.targets) > 1 {
				key, prefix = "_"+target, "probability_"+target+"_"
			}
			// The metrics of each fold are those of its predictions, and the run's are their means.
			right, squares := map[string]float64{}, map[string]float64{}
			for i, row := range rows {
				truth := row[target]
				if truth != table[i][target] {
					w, _ := strconv.ParseFloat(table[i][target], 64)
					if g, err := strconv.ParseFloat(truth, 64); err != nil || g != w {
						t.Fatalf("%s: row %d: truth %q, want %q", c.name, i+1, truth, table[i][target])
					}
				}
				if target == "big" {
					if row["predicted_"+target] == truth {
						right[row["fold"]]++
					}
					p, _ := strconv.ParseFloat(row[prefix+"true"], 64)
					if q, _ := strconv.ParseFloat(row[prefix+"false"], 64); !near(p+q, 1) || p > q != (row["predicted_"+target] == "true") {
						t.Fatalf("%s: row %d: %v", c.name, i+1, row)
					}
					continue
				}
				a, _ := strconv.ParseFloat(truth, 64)
				b, err := strconv.ParseFloat(row["predicted_"+target], 64)
				if err != nil {
					t.Fatal(err)
				}
				squares[row["fold"]] += (a - b) * (a - b)
			}
			name := map[string]string{"big": "accuracy", "y": "rmse"}[target] + key
			mean, values := 0.0, []float64{}
			for k := 1; k <= 3; k++ {
				fold, err := runs.Open(task.FoldFolder(r.Run.Folder, k, 3))
				if err != nil {
					t.Fatal(err)
				}
				status, err := fold.Status()
				if err != nil {
					t.Fatal(err)
				}
				n := strconv.Itoa(k)
				v := right[n] / float64(folds[n])
				if target == "y" {
					v = math.Sqrt(squares[n] / float64(folds[n]))
				}
				if !near(status.Metrics[name], v) {
					t.Errorf("%s: fold %d: %s is %v, its predictions say %v", c.name, k, name, status.Metrics[name], v)
				}
				mean += v / 3
				values = append(values, v)
			}
			std := 0.0
			for _, v := range values {
				std += (v - mean) * (v - mean) / 2
			}
			if m := r.Status.Metrics; !near(m[name], mean) || !near(m[name+"_std"], math.Sqrt(std)) {
				t.Errorf("%s: %v, want %s %v ± %v", c.name, m, name, mean, math.Sqrt(std))
			}
			if text := readText(t, r.Run.Path(runs.ReportFile)); !strings.Contains(text,
				fmt.Sprintf("%s %s ± %s", strings.Replace(name, "r2", "R²", 1), readable.Number(mean, 4),
					readable.Number(math.Sqrt(std), 2))) {
				t.Errorf("%s: the report is\n%s", c.name, text)
			}
		}
		if lines := readCSV(t, r.Run.Path(task.FoldsFile)); len(lines) != 3 || lines[2]["fold"] != "3" {
			t.Errorf("%s: %v", c.name, lines)
		}
		if info, err := os.Stat(r.Run.Path(runs.CurvesFile)); err != nil || info.Size() < 1000 {
			t.Error(c.name, err)
		}
		if r.Status.State != runs.Finished || r.Status.Folds != 3 || r.Status.Fold != 3 {
			t.Errorf("%s: %+v", c.name, r.Status)
		}
	}
}

// TestRefitWithoutState resumes a training that was killed before it wrote its state.
func TestRefitWithoutState(t *testing.T) {
	set := task.NewSet(Task{})
	values := []string{"data.path=" + write(t), "data.target=y", "training.epochs=2", "model.members=2", "training.refit=true"}
	whole := trained(t, values...)
	folder := filepath.Join(t.TempDir(), "killed")
	if err := os.MkdirAll(filepath.Join(folder, "weights"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, runs.ConfigFile), []byte(readText(t, whole.Run.Path(runs.ConfigFile))),
		0o666); err != nil {
		t.Fatal(err)
	}
	r, err := set.Resume(t.Context(), folder, 0, task.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if readText(t, r.Run.Path(runs.LastFile)) != readText(t, whole.Run.Path(runs.LastFile)) {
		t.Error("the weights differ from those of a training that was not killed")
	}
}

// TestRefit compares a run with training.refit with the two trainings that it consists of.
func TestRefit(t *testing.T) {
	path := write(t)
	values := []string{"data.path=" + path, "data.target=y", "training.epochs=8", "model.members=2",
		"optimizer.lr=0.02", "training.batch=32", "training.patience=100", "model.bins=8"}
	r := trained(t, append(values, "training.refit=true")...)
	plain := trained(t, values...)
	if got := readText(t, r.Run.Path(task.SelectionFolder+"/weights/last.safetensors")); got != readText(t, plain.Run.Path(runs.LastFile)) {
		t.Error("the first training is not the one without refit")
	}
	best := plain.Status.BestEpoch
	if len(r.History.Epochs) != best || r.Status.BestEpoch != best || r.Status.Epochs != best {
		t.Errorf("%d epochs, %+v; want %d", len(r.History.Epochs), r.Status, best)
	}
	// 400 rows: 320 for training and validation.
	var rows struct{ Rows int }
	if err := r.Run.ReadJSON(preparationFile, &rows); err != nil || rows.Rows != 320 {
		t.Errorf("%d rows were prepared, %v", rows.Rows, err)
	}
	// A training without validation rows, of as many epochs, on the same rows.
	same := trained(t, append(values, "data.validation=0", "data.test=0.2", fmt.Sprintf("training.epochs=%d", best),
		"training.keep_best=false", "data.split=random")...)
	if got := readText(t, r.Run.Path(runs.BestFile)); got != readText(t, r.Run.Path(runs.LastFile)) ||
		got != readText(t, same.Run.Path(runs.LastFile)) {
		t.Error("the weights are not those of the second training")
	}
	if got, err := command(t, r.Run.Folder, "evaluate", &evaluateOptions{}); err != nil ||
		strings.TrimSpace(got) != r.Report.Verdict || !strings.Contains(got, "80 test rows") {
		t.Errorf("%s, %v; want %s", got, err, r.Report.Verdict)
	}
}

// again returns the recipe of a run.
func again(t *testing.T, set *task.Set, run *runs.Run) *recipe.Recipe {
	t.Helper()
	r, _, err := set.ReadRecipe(run)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestPredictFolds compares the predictions of a cross-validation's networks together with the mean of those of each.
func TestPredictFolds(t *testing.T) {
	path := write(t)
	run := trained(t, "data.path="+path, "data.target=y,big", "data.folds=2", "training.epochs=3", "model.members=2").Run
	set := task.NewSet(Task{})
	models, call, err := set.LoadFolds(t.Context(), run.Folder, "", tensor.CPU())
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "together.csv")
	call.Args, call.Options = []string{path}, &predictOptions{Out: out, Columns: []string{"none"}}
	if err := predictFolds(t.Context(), models, call); err != nil {
		t.Fatal(err)
	}
	together := readCSV(t, out)
	var each [2][]map[string]string
	for k := range each {
		out := filepath.Join(t.TempDir(), "one.csv")
		if _, err := command(t, task.FoldFolder(run.Folder, k+1, 2), "predict",
			&predictOptions{Out: out, Columns: []string{"none"}}, path); err != nil {
			t.Fatal(err)
		}
		each[k] = readCSV(t, out)
	}
	if len(together) != 400 {
		t.Errorf("%d predictions", len(together))
	}
	for i, row := range together {
		for _, name := range []string{"predicted_y", "probability_big_true"} {
			a, _ := strconv.ParseFloat(each[0][i][name], 64)
			b, _ := strconv.ParseFloat(each[1][i][name], 64)
			if got, err := strconv.ParseFloat(row[name], 64); err != nil || math.Abs(got-(a+b)/2) > 1e-4 {
				t.Fatalf("row %d: %s %v, want the mean of %v and %v", i+1, name, got, a, b)
			}
		}
	}
	// evaluate measures the same predictions.
	right, truths := 0, readCSV(t, path)
	for i, row := range together {
		if row["predicted_big"] == truths[i]["big"] {
			right++
		}
	}
	var verdict bytes.Buffer
	call.Options, call.Out = &evaluateOptions{Data: path}, &verdict
	if err := evaluateFolds(t.Context(), models, call); err != nil || !strings.Contains(verdict.String(),
		fmt.Sprintf("big: %d of 400 given rows right", right)) {
		t.Errorf("%s, %v; want %d right", verdict.String(), err, right)
	}
	verdict.Reset()
	call.Options = &evaluateOptions{}
	if err := evaluateFolds(t.Context(), models, call); err != nil || !strings.Contains(verdict.String(),
		"standard deviation of 2 folds") || strings.Count(verdict.String(), "\n") != 1 {
		t.Errorf("%s, %v", verdict.String(), err)
	}
	var folds *task.FoldsError
	if _, _, err := set.Load(t.Context(), run.Folder, "", tensor.CPU()); !errors.As(err, &folds) || folds.Folds != 2 {
		t.Errorf("the networks as one: %v", err)
	}

	// Parquet has the same predictions.
	file := filepath.Join(t.TempDir(), "together.parquet")
	var notes bytes.Buffer
	call.Options, call.Err = &predictOptions{Out: file, Columns: []string{"who", "day", "x"}}, &notes
	if err := predictFolds(t.Context(), models, call); err != nil || !strings.Contains(notes.String(), "400 predictions written to") {
		t.Fatal(err, notes.String())
	}
	src, err := parquet.OpenTable(file, tabular.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(src.Columns(), " "); got != "who day x predicted_y predicted_big probability_big_false probability_big_true" {
		t.Error(got)
	}
	i, table := 0, readCSV(t, path)
	eachCell(t, src, func(row int, column, cell string) {
		i++
		want, ok := together[row][column]
		if !ok {
			want = table[row][column]
		}
		if g, err := strconv.ParseFloat(cell, 64); err == nil {
			if w, err := strconv.ParseFloat(want, 64); err != nil || math.Abs(g-w) > 1e-4 {
				t.Fatalf("row %d, %s: %s, want %s", row+1, column, cell, want)
			}
		} else if cell != want {
			t.Fatalf("row %d, %s: %s, want %s", row+1, column, cell, want)
		}
	})
	if i != 2800 {
		t.Errorf("%d cells", i)
	}
}

// eachCell calls f for each cell of a table.
func eachCell(t *testing.T, src tabular.Source, f func(row int, column, cell string)) {
	t.Helper()
	r, err := src.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for b := (tabular.Block{}); ; b.First += b.Rows {
		if err := r.Next(&b); err == io.EOF {
			return
		} else if err != nil {
			t.Fatal(err)
		}
		if err := r.Parse(&b); err != nil {
			t.Fatal(err)
		}
		for i := range b.Rows {
			for k, name := range src.Columns() {
				f(b.First+i, name, string(b.Cell(i, k)))
			}
		}
	}
}

// TestRareClasses cross-validates a table with a class of one row, which its fold's network has not seen, and one of
// two.
func TestRareClasses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rare.csv")
	var s strings.Builder
	s.WriteString("x,class\n")
	for i := range 60 {
		class := []string{"a", "b"}[i%2]
		switch i {
		case 7:
			class = "one"
		case 20, 33:
			class = "two"
		}
		fmt.Fprintf(&s, "%d.5,%s\n", i%13, class)
	}
	if err := os.WriteFile(path, []byte(s.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, seed := range []string{"1", "2", "3"} {
		r := trained(t, "data.path="+path, "data.target=class", "data.folds=4", "training.epochs=1", "model.members=1", "seed="+seed)
		rows := readCSV(t, r.Run.Path(outOfFoldFile))
		truths := map[string]int{}
		for _, row := range rows {
			truths[row["class"]]++
		}
		if len(rows) != 60 || truths["one"] != 1 || truths["two"] != 2 {
			t.Errorf("seed %s: %d rows, %v", seed, len(rows), truths)
		}
	}
}

// TestClassOfOneGroup divides a table by groups and by time so that the training rows lack a class: its rows are tested
// and count as wrong.
func TestClassOfOneGroup(t *testing.T) {
	path := filepath.Join(t.TempDir(), "groups.csv")
	var s strings.Builder
	s.WriteString("x,who,year,class\n")
	for i := range 80 {
		class := []string{"a", "b"}[i%2]
		if i >= 72 {
			class = "late"
		}
		fmt.Fprintf(&s, "%d.5,p%d,%d,%s\n", i%13, i/8, 1950+i, class)
	}
	if err := os.WriteFile(path, []byte(s.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	settings := []string{"data.path=" + path, "data.target=class", "training.epochs=1", "model.members=1", "metrics=[roc-auc]"}
	r := trained(t, append(settings, "data.group=who", "data.folds=5")...)
	rows := readCSV(t, r.Run.Path(outOfFoldFile))
	late := 0
	for _, row := range rows {
		if row["class"] == "late" {
			late++
		}
	}
	if len(rows) != 80 || late != 8 || !strings.Contains(readText(t, r.Run.Path(runs.ReportFile)), "late") {
		t.Errorf("%d rows, %d of them late", len(rows), late)
	}
	r = trained(t, append(settings, "data.time=year", "data.test=0.1", "data.balanced=true")...)
	if text := readText(t, r.Run.Path(runs.ReportFile)); !strings.Contains(text, "0 of 8 test rows right") {
		t.Errorf("the report of a split by time: %s", text)
	}
	p, err := newProblem(context.Background(), tasktest.Recipe(task.NewSet(Task{}), append(settings, "data.time=year", "data.test=0.1")...))
	if err != nil {
		t.Fatal(err)
	}
	prep, err := tabular.Fit(context.Background(), p.src, p.schema, p.parts.Is(trainPart), tabular.PreparationConfig{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(untrained(prep)), "[{classes no training row has late of class: rows with that class count as wrong}]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := prep.Targets[0].Weights(); got[2] != 1 || got[0]+got[1] < 1.9 || got[0]+got[1] > 2.1 {
		t.Errorf("weights %v", got)
	}
}

// TestFoldsWithoutTargets cross-validates a table in which values of the target are missing: their rows are left out.
func TestFoldsWithoutTargets(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gaps.csv")
	var s strings.Builder
	s.WriteString("x,size,class\n")
	for i := range 90 {
		size, class := strconv.Itoa(10*i), []string{"a", "b"}[i%2]
		if i%9 == 4 {
			size, class = []string{"", "NA", "?"}[i%3], ""
		}
		fmt.Fprintf(&s, "%d.5,%s,%s\n", i, size, class)
	}
	if err := os.WriteFile(path, []byte(s.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	table := readCSV(t, path)
	for target, other := range map[string]string{"size": "class: drop", "class": "size: drop", "size,class": "x: number"} {
		r := trained(t, "data.path="+path, "data.target="+target, "data.folds=3", "training.epochs=1",
			"model.members=1", "data.columns={"+other+"}")
		rows := readCSV(t, r.Run.Path(outOfFoldFile))
		if len(rows) != 80 {
			t.Errorf("%s: %d rows, want 80", target, len(rows))
		}
		for _, row := range rows {
			i, _ := strconv.Atoi(row["row"])
			for _, name := range strings.Split(target, ",") {
				if row[name] != table[i-1][name] || row[name] == "" {
					t.Fatalf("%s: row %d: %q, want %q", target, i, row[name], table[i-1][name])
				}
			}
		}
		if text := readText(t, r.Run.Path(runs.ReportFile)); !strings.Contains(text, "permutation importance") {
			t.Errorf("%s: the report is\n%s", target, text)
		}
	}
}

func TestFoldErrors(t *testing.T) {
	path := write(t)
	for _, c := range []struct {
		set  []string
		want string
	}{
		{[]string{"data.target=y", "data.folds=60", "data.group=who"}, "60 folds are too many: fold 51 has no rows"},
		{[]string{"data.target=y", "data.folds=3", "data.time=day"}, "data.folds and data.time exclude each other"},
		{[]string{"data.target=y", "data.fold=1"}, "there is no fold 1 of 0"},
		{[]string{"data.target=y", "training.refit=true", "schedule=plateau"}, "which the schedule plateau needs"},
		{[]string{"data.target=y", "training.refit=true", "data.validation=0"}, "no validation data that could be trained on"},
		{[]string{"data.target=nothing", "data.folds=3"}, `there is no column "nothing"`},
	} {
		if _, err := try(t, append([]string{"data.path=" + path, "training.epochs=1"}, c.set...)...); err == nil ||
			!strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: error %v, want %s", c.set, err, c.want)
		}
	}
}

// TestFoldsOfChangedData changes the table between two folds.
func TestFoldsOfChangedData(t *testing.T) {
	path := write(t)
	set := task.NewSet(Task{})
	r, err := tasktest.Decode(set, "data.path="+path, "data.target=big", "data.folds=2", "training.epochs=2", "model.members=1")
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(t.TempDir(), "run")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	log := &stopAtText{text: "fold 2 of 2", stop: stop}
	if _, err := set.Train(ctx, task.Config{Recipe: r, Out: folder, Writer: log}); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	table := readText(t, path)
	if err := os.WriteFile(path, []byte(strings.Replace(table, ",red,", ",green,", 5)), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = set.Resume(t.Context(), folder, 0, task.Config{})
	if err == nil || !strings.Contains(err.Error(), "the data have changed since the run "+folder+" started") {
		t.Errorf("error %v", err)
	}
	if err := os.WriteFile(path, []byte(table), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := set.Resume(t.Context(), folder, 0, task.Config{Writer: &out}); err != nil || strings.Contains(out.String(), "fold-1") {
		t.Errorf("%v\n%s", err, out.String())
	}
}

// stopAtText ends a context when a text is written.
type stopAtText struct {
	text string
	stop func()
}

func (s *stopAtText) Write(p []byte) (int, error) {
	if strings.Contains(string(p), s.text) {
		s.stop()
	}
	return len(p), nil
}

var _ io.Writer = (*stopAtText)(nil)
