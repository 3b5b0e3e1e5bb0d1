package table

import (
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/internal/tasktest"
	"github.com/lamina-ml/lamina/task"
)

// TestOrderOfMistakes names several columns that do not exist: it is always the first of them that the error names.
func TestOrderOfMistakes(t *testing.T) {
	path := write(t)
	for range 8 {
		r := tasktest.Recipe(task.NewSet(Task{}), "data.path="+path, "data.target=y",
			"data.columns={c3: drop, c1: drop, c5: drop, c2: number, c4: drop}")
		if _, err := newProblem(t.Context(), r); err == nil || !strings.Contains(err.Error(), `no column "c1"`) {
			t.Fatalf("error %v", err)
		}
	}
}
