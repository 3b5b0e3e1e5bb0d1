package table

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/internal/tasktest"
	"github.com/lamina-ml/lamina/task"
)

// TestEarlierPredictions trains on a table with the columns of an earlier prediction: they are no features, unless the
// user says what they are. Lint notes them.
func TestEarlierPredictions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "houses.csv")
	text := "size,sold,predicted_sold,probability_yes,probability_no\n"
	for i := range 60 {
		sold := []string{"yes", "no"}[i%2]
		text += fmt.Sprintf("%d,%s,%s,0.%d,0.%d\n", i*i%37, sold, sold, 50+i%7, 30+i%5)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	set := task.NewSet(Task{})
	lines := func(values ...string) string {
		t.Helper()
		p, err := set.Open(t.Context(), task.Config{Recipe: tasktest.Recipe(set, append(values, "data.path="+path)...)})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		return fmt.Sprint(p.Lines)
	}
	if got := lines("data.target=sold"); !strings.Contains(got, "{columns 1 number}") ||
		!strings.Contains(got, "predicted_sold (by its name a prediction of sold)") ||
		!strings.Contains(got, "probability_yes (by its name a part of a prediction)") {
		t.Error(got)
	}
	if got := lines("data.target=sold", "data.columns.predicted_sold=category",
		"data.columns.probability_yes=number"); !strings.Contains(got, "2 numbers, 1 category") {
		t.Error(got)
	}
	if got := lines("data.target=size"); strings.Contains(got, "dropped") { // they are predictions of another column
		t.Error(got)
	}
	faults, notes, err := Task{}.Lint(t.Context(),
		task.Opening{Recipe: tasktest.Recipe(set, "data.path="+path, "data.target=sold"), Count: task.NoCount})
	if err != nil || !slices.Contains(notes, "predicted_sold: by its name a prediction of sold; it is dropped") ||
		strings.Contains(strings.Join(faults, " "), "predicted_sold") {
		t.Errorf("%v\n%q\n%q", err, faults, notes)
	}
}
