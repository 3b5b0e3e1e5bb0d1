package table

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/internal/tasktest"
	"github.com/lamina-ml/lamina/tabular"
	"github.com/lamina-ml/lamina/task"
)

// TestDates: train says how it reads dates of which both orders are possible, and data.dates chooses.
func TestDates(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.csv")
	content := "day,y\n"
	for i := range 60 {
		content += fmt.Sprintf("%d/%d/2024,%d.5\n", i%12+1, i%11+1, i%7)
	}
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
	const line = "day: read as month/day/year, though day/month/year fits too (--set data.dates=dmy)"
	for dates, want := range map[string]struct {
		layout string
		lines  int
	}{"auto": {"1/2/2006", 1}, "mdy": {"1/2/2006", 0}, "dmy": {"2/1/2006", 0}} {
		set := task.NewSet(Task{})
		values := []string{"data.path=" + path, "data.target=y", "data.dates=" + dates, "training.epochs=1"}
		p, err := set.Open(t.Context(), task.Config{Recipe: tasktest.Recipe(set, values...)})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(fmt.Sprint(p.Lines), line); got != want.lines {
			t.Errorf("%s: the lines are %v", dates, p.Lines)
		}
		p.Close()
		res, err := tasktest.Train(set, filepath.Join(t.TempDir(), "run"), values...)
		if err != nil {
			t.Fatal(err)
		}
		var prep tabular.Preparation
		if err := res.Run.ReadJSON(preparationFile, &prep); err != nil || prep.Columns[0].Layout != want.layout {
			t.Errorf("%s: the layout is %+v, %v", dates, prep.Columns[0], err)
		}
	}
}
