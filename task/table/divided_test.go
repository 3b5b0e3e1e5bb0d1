package table

import (
	"context"
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
	"github.com/lamina-ml/lamina/tensor"
)

// looked returns what a training finds out about a table.
func looked(t *testing.T, values ...string) *problem {
	t.Helper()
	p, err := newProblem(context.Background(), tasktest.Recipe(task.NewSet(Task{}), values...))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestDivisions checks the rows of each part: groups are in one part, later rows are in a later part, folds are disjoint
// and together all rows.
func TestDivisions(t *testing.T) {
	path := write(t)
	p := looked(t, "data.path="+path, "data.target=y", "data.group=who")
	groups, _, err := tabular.Classes(context.Background(), p.src, "who", true)
	if err != nil {
		t.Fatal(err)
	}
	of := map[int32]uint8{}
	for i, g := range groups {
		if k, ok := of[g]; ok && k != p.parts[i] {
			t.Fatalf("group %d is in the parts %d and %d", g, k, p.parts[i])
		}
		of[g] = p.parts[i]
	}
	checkSizes(t, p.parts, 280, 40, 80, 8)

	p = looked(t, "data.path="+path, "data.target=y", "data.time=day")
	times, err := tabular.Times(context.Background(), p.src, *p.profile.Column("day"))
	if err != nil {
		t.Fatal(err)
	}
	first, last := [3]float64{math.Inf(1), math.Inf(1), math.Inf(1)}, [3]float64{}
	for i, k := range p.parts {
		first[k], last[k] = min(first[k], times[i]), max(last[k], times[i])
	}
	if last[trainPart] > first[validationPart] || last[validationPart] > first[testPart] {
		t.Errorf("the parts begin at %v and end at %v", first, last)
	}
	checkSizes(t, p.parts, 280, 40, 80, 0)

	for _, grouping := range []string{"", "who"} {
		tested := make([]int, 400)
		for _, fold := range []string{"1", "2", "3", "4"} {
			p := looked(t, "data.path="+path, "data.target=y", "data.folds=4", "data.fold="+fold, "data.group="+grouping)
			for i, k := range p.parts {
				if k == testPart {
					tested[i]++
				}
			}
			checkSizes(t, p.parts, 263, 37, 100, 20)
		}
		for i, n := range tested {
			if n != 1 {
				t.Fatalf("groups %q: row %d is tested in %d folds", grouping, i, n)
			}
		}
	}
}

// checkSizes compares the sizes of the parts with those expected.
func checkSizes(t *testing.T, parts tabular.Parts, training, validation, test, tolerance int) {
	t.Helper()
	for k, want := range []int{training, validation, test} {
		if got := parts.Count(k); got < want-tolerance || got > want+tolerance {
			t.Errorf("part %d has %d rows, want %d", k, got, want)
		}
	}
}

// TestOptionsOfPreparation trains with other options, and looks at what they change.
func TestOptionsOfPreparation(t *testing.T) {
	path := write(t)
	load := func(values ...string) (*Model, *task.Result) {
		r := trained(t, append(values, "data.path="+path, "training.epochs=2")...)
		m, _, err := task.NewSet(Task{}).Load(context.Background(), r.Run.Folder, "", tensor.CPU())
		if err != nil {
			t.Fatal(err)
		}
		return m.(*Model), r
	}
	column := func(m *Model, name string) *tabular.ColumnPreparation {
		for _, c := range m.prep.Columns {
			if c.Name == name {
				return c
			}
		}
		t.Fatalf("no column %s", name)
		return nil
	}
	mean, _ := load("data.target=y")
	m, _ := load("data.target=y", "data.scaling=quantile-normal", "data.missing=median")
	if x := column(m, "x"); x.Scaling != tabular.QuantileNormal || len(x.Quantiles) < 100 || x.Fill == column(mean, "x").Fill {
		t.Errorf("quantile scaling and medians: %+v", x)
	}
	if color := column(mean, "color"); color.Encoding != tabular.OneHot {
		t.Errorf("three colors are encoded as %v", color.Encoding)
	}
	m, _ = load("data.target=y", "data.one_hot=-1", "model=linear")
	if color := column(m, "color"); color.Encoding != tabular.Index {
		t.Errorf("without one-hot encoding three colors are encoded as %v", color.Encoding)
	}
	m, _ = load("data.target=y", "data.one_hot=-1", "model={name: layers, layers: [{linear: 16}, relu, {linear: out}]}")
	if n := m.network.(*network); len(n.Embed) == 0 || len(n.Layers) != 3 {
		t.Errorf("%d embeddings and %d layers", len(n.Embed), len(n.Layers))
	}
	for part, values := range map[string][]string{ // without test rows, others are reported and evaluated
		"on 400 training rows":  {"data.target=y", "data.validation=0", "data.test=0"},
		"on 40 validation rows": {"data.target=y", "data.test=0"},
		"on 400 training rows ": {"data.target=y", "data.test=0", "training.refit=true"},
	} {
		_, r := load(values...)
		text, err := command(t, r.Run.Folder, "evaluate", &evaluateOptions{})
		if err != nil || !strings.Contains(r.Report.Verdict, part) || !strings.HasPrefix(text, r.Report.Verdict) {
			t.Errorf("%q: the training reports %q, evaluate %q, %v", values, r.Report.Verdict, text, err)
		}
	}
	_, r := load("data.target=big", "data.balanced=true", "data.split=stratified")
	text, err := recipe.ReadFile(r.Run.Path(runs.ConfigFile))
	if err != nil || text.Get("loss") != "cross-entropy" {
		t.Errorf("a balanced training has the loss %q, %v", text.Get("loss"), err)
	}
}

// TestBalancedLoss compares a wrong row of a rare class with one of a frequent class.
func TestBalancedLoss(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rare.csv")
	if err := os.WriteFile(path, []byte("x,kind\n"+strings.Repeat("1.5,a\n2.5,a\n3.5,a\n1.5,a\n2.5,b\n", 20)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, balanced := range []string{"false", "true"} {
		set := task.NewSet(Task{})
		p, err := set.Open(context.Background(),
			task.Config{Recipe: tasktest.Recipe(set, "data.path="+path, "data.target=kind", "data.balanced="+balanced)})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		loss := func(a, b float32) float64 { // of a row of each class, whose scores are (a, 0) and (b, 0)
			return p.Loss.Forward(tensor.From([]float32{a, 0, b, 0}, 2, 2), tensor.From([]int64{0, 1})).Item()
		}
		rare, frequent := loss(3, 3), loss(-3, -3) // the row of the rare class is wrong, or the other one
		if balanced == "true" && !(rare > 2*frequent) || balanced == "false" && math.Abs(rare-frequent) > 1e-6 {
			t.Errorf("balanced %s: the loss of a wrong row of the rare class is %v, of the frequent class %v", balanced, rare, frequent)
		}
	}
}
