package table

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/runs"
)

// rare writes a table of 400 rows, of which every twentieth has the class 1, and says nothing of it but in x, a little; n
// is a number.
func rare(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rare.csv")
	random := rand.New(rand.NewPCG(1, 2))
	var s strings.Builder
	s.WriteString("x,z,event,n\n")
	for i := range 400 {
		event := 0
		if i%20 == 0 {
			event = 1
		}
		x := random.NormFloat64() + float64(event)
		fmt.Fprintf(&s, "%.4f,%.4f,%d,%.4f\n", x, random.NormFloat64(), event, 50+3*x)
	}
	if err := os.WriteFile(path, []byte(s.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestSimplestAnswer trains where one class is rare: the verdict has the simplest answer beside it, the report the metrics
// of the configuration, a class that is never predicted is named, and the importance is not 0.
func TestSimplestAnswer(t *testing.T) {
	path := rare(t)
	values := []string{"data.path=" + path, "data.target=event", "data.columns={n: drop}", "training.epochs=6", "metrics=[roc-auc,recall]"}
	r := trained(t, values...)
	if v := r.Report.Verdict; !strings.HasPrefix(v,
		"event: 76 of 80 test rows right, 95.00% (always “0”: 95.00%), roc-auc 0.") || !strings.HasSuffix(v, ", recall 0.5") {
		t.Errorf("the verdict is %q", v)
	}
	if n := r.Report.Notes; len(n) != 2 ||
		n[0] != "event: never predicted: “1” (4); to count rare classes as much as frequent ones, train with --set data.balanced=true" ||
		n[1] != "only 80 test rows: with folds, each row is tested once" {
		t.Errorf("the notes are %q", n)
	}
	if m := r.Report.Metrics; m["recall"] != 0.5 || !(m["roc-auc"] > 0.5 && m["roc-auc"] <= 1) {
		t.Errorf("the metrics are %v", m)
	}
	text := readText(t, r.Run.Path(runs.ReportFile))
	found := regexp.MustCompile(`by how much the cross-entropy grows .*\nx +(\S+)\n`).FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("x is not the first column in %s", text)
	}
	if worse, err := strconv.ParseFloat(found[1], 64); err != nil || worse <= 0 {
		t.Errorf("the importance of x is %s", found[1])
	}
	evaluated, err := command(t, r.Run.Folder, "evaluate", &evaluateOptions{})
	if want := r.Report.Verdict + "\n" + r.Report.Notes[0] + "\n"; err != nil || evaluated != want {
		t.Errorf("evaluate says %q, %v; want %q", evaluated, err, want)
	}

	r = trained(t, append(values, "data.folds=2")...)
	together := "event: 380 of 400 out-of-fold rows right, 95.00% (always “0”: 95.00%), roc-auc 0."
	if n := r.Report.Notes; len(n) != 2 || !strings.HasPrefix(n[0], "all folds together: "+together) ||
		!strings.HasPrefix(n[1], "event: never predicted: “1” (20)") {
		t.Errorf("the notes of a cross-validation are %q", n)
	}
	text = readText(t, r.Run.Path(runs.ReportFile))
	if !strings.Contains(text, "\n"+together) {
		t.Errorf("the report of a cross-validation is %s", text)
	}

	r = trained(t, append(values, "data.balanced=true")...)
	for _, n := range r.Report.Notes {
		if strings.Contains(n, "balanced") {
			t.Errorf("a balanced training notes %q", n)
		}
	}
}

// TestImportanceOfSeveralTargets has a table of importance, and the simplest answer, for each target.
func TestImportanceOfSeveralTargets(t *testing.T) {
	r := trained(t, "data.path="+rare(t), "data.target=n,event", "training.epochs=8")
	for _, want := range []string{`permutation importance for n: by how much R² falls .*\nx `,
		`permutation importance for event: by how much the cross-entropy grows .*\n[xz] `} {
		if !regexp.MustCompile(want).MatchString(r.Report.Text) {
			t.Errorf("there is no %s in %s", want, r.Report.Text)
		}
	}
	found := regexp.MustCompile(`; n: root mean squared error (\S+), R² (\S+) on 80 test rows \(always the mean: (\S+)\)$`).FindStringSubmatch(r.Report.Verdict)
	if found == nil {
		t.Fatalf("the verdict is %q", r.Report.Verdict)
	}
	var n [3]float64
	for i := range n {
		n[i], _ = strconv.ParseFloat(found[1+i], 64)
	}
	// R² compares with the mean of the test rows, the simplest answer is the mean of the training rows: here they are alike.
	if want := n[2] * math.Sqrt(1-n[1]); math.Abs(n[0]-want) > 0.05*n[2] {
		t.Errorf("the error is %v, and the simplest answer's with R² makes it %v", n[0], want)
	}
}

// TestNext reads what a training says to try next: with few test rows, folds, but not where they have no meaning.
func TestNext(t *testing.T) {
	path := write(t)
	for _, c := range []struct {
		values []string
		folds  bool
	}{
		{[]string{"data.target=y"}, true},
		{[]string{"data.target=y", "data.test=0.5"}, false},
		{[]string{"data.target=y", "data.time=day"}, false},
		{[]string{"data.target=y", "data.folds=10", "data.fold=1"}, false},
	} {
		r := trained(t, append(c.values, "data.path="+path, "training.epochs=1")...)
		first := strings.Join(r.Report.Next[0], " ")
		if few := len(r.Report.Notes) == 1; few != c.folds || c.folds != (first == "train --config RUN/config.yaml --folds 5") {
			t.Errorf("%v: the notes are %q, the first step %q", c.values, r.Report.Notes, first)
		}
	}
}

// TestOneTestRow: one row has no R² and no importance of the columns, and the report says neither.
func TestOneTestRow(t *testing.T) {
	path := filepath.Join(t.TempDir(), "few.csv")
	if err := os.WriteFile(path, []byte("x,y\n1,2.5\n2,3.5\n3,5\n4,5.5\n5,7\n6,8.5\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := trained(t, "data.path="+path, "data.target=y", "training.epochs=1", "model.members=1", "data.columns={x: number}")
	text := readText(t, r.Run.Path(runs.ReportFile))
	if strings.Contains(text, "NaN") || strings.Contains(text, "importance") || !strings.Contains(text, "mean absolute error") {
		t.Errorf("the report is\n%s", text)
	}
	if _, ok := r.Report.Metrics["r2"]; ok {
		t.Errorf("metrics %v", r.Report.Metrics)
	}
	folder := filepath.Dir(r.Run.Path(runs.ReportFile))
	if out, err := command(t, folder, "evaluate", &evaluateOptions{Report: true}); err != nil || strings.Contains(out, "NaN") {
		t.Errorf("%s, %v", out, err)
	}
	pictures := t.TempDir()
	if _, err := command(t, folder, "show", &showOptions{Out: pictures}); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(pictures, "importance.png")); err == nil {
		t.Error("the importance of the columns was drawn for one row")
	}
}
