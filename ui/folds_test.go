package ui

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/internal/tasktest"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/table"
)

// TestFolds looks at a cross-validation, whose folds are runs in its folder, and at a run that was trained twice.
func TestFolds(t *testing.T) {
	tasks := task.NewSet(table.Task{})
	folder := t.TempDir()
	for name, value := range map[string]string{"cv": "data.folds=2", "twice": "training.refit=true"} {
		r := tasktest.Recipe(tasks, value, "data.path=iris", "data.target=species", "training.epochs=2")
		if _, err := tasks.Train(t.Context(), task.Config{Recipe: r, Out: filepath.Join(folder, name)}); err != nil {
			t.Fatal(err)
		}
	}
	_, url := serving(t, Config{Runs: folder, Tasks: tasks})
	var reply cardsReply
	nextEvent(t, url+"/api/runs/follow", &reply, func() bool { return true })
	names := map[string]card{}
	order := ""
	for _, c := range reply.Cards {
		names[c.Name] = c
		order += c.Name + " "
	}
	if !strings.Contains(order, "cv cv/fold-1 cv/fold-2 ") || !strings.Contains(order, "twice twice/selection ") || len(reply.Cards) != 5 {
		t.Errorf("the cards are %s", order)
	}
	if c := names["cv"]; c.Folds != 2 || c.Fold != 2 || !strings.Contains(c.Verdict, "standard deviation of 2 folds") {
		t.Errorf("%+v", c)
	}
	if c := names["cv/fold-2"]; c.Folds != 0 || c.Epochs != 2 || len(c.Curve) != 2 {
		t.Errorf("%+v", c)
	}
	var curves struct{ Runs []runCurves }
	post(t, url+"/api/runs/curves", map[string]any{"runs": []string{"cv/fold-1", "cv/fold-2", "cv", "twice/selection"}}, &curves)
	if len(curves.Runs) != 4 || len(curves.Runs[1].Rows) != 2 || curves.Runs[1].Name != "cv/fold-2" {
		t.Errorf("%d curves: %+v", len(curves.Runs), curves.Runs)
	}
	if status, text := ask(t, "GET", url+"/api/inside/network/cv%2Ffold-1", "", nil); status != 200 ||
		!strings.Contains(text, "sepal_length") {
		t.Errorf("the network of a fold: %d %s", status, text)
	}
	if status, text := ask(t, "GET", url+"/api/inside/networks", "", nil); status != 200 ||
		!strings.Contains(text, `"cv/fold-2"`) || strings.Contains(text, `"cv"`) {
		t.Errorf("the networks: %d %s", status, text)
	}
	if status, text := ask(t, "GET", url+"/api/training/tested/cv", "", nil); status == 200 ||
		!strings.Contains(text, "it has 2 networks") {
		t.Errorf("the test of a cross-validation: %d %s", status, text)
	}
	for _, name := range []string{"cv%2F..", "cv%2Fweights", "..%2Fcv", "cv%2Ffold-1%2F..", "cv%2Ffold-9"} {
		if status, _ := ask(t, "GET", url+"/api/training/tested/"+name, "", nil); status != 404 {
			t.Errorf("%s: status %d, want 404", name, status)
		}
	}
}
