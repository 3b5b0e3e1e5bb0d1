package images

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/internal/tasktest"
	"github.com/lamina-ml/lamina/task"
)

func TestInspectAndLint(t *testing.T) {
	path := shapes(t, 20)
	set := task.NewSet(Task{})
	opening := task.Opening{Recipe: tasktest.Recipe(set, "data.path="+path), Count: task.NoCount}
	var out bytes.Buffer
	if err := (Task{}).Inspect(context.Background(), &out, opening); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"40 colored pictures in 2 classes, up to 20 pixels a side", "ring         20"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	if problems, _, err := (Task{}).Lint(context.Background(), opening); err != nil || len(problems) > 0 {
		t.Errorf("%v %q", err, problems)
	}
	content, err := os.ReadFile(filepath.Join(path, "disc", "004.png"))
	if err != nil {
		t.Fatal(err)
	}
	os.WriteFile(filepath.Join(path, "ring", "copy.png"), content, 0o666)
	os.WriteFile(filepath.Join(path, "disc", "again.png"), content, 0o666)
	os.WriteFile(filepath.Join(path, "disc", "half.png"), content[:len(content)/2], 0o666)
	os.WriteFile(filepath.Join(path, "disc", "notes.txt"), nil, 0o666)
	os.Remove(filepath.Join(path, "ring", "001.png"))
	os.Remove(filepath.Join(path, "ring", "002.png"))
	problems, notes, err := (Task{}).Lint(context.Background(), opening)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(append(problems, notes...), "\n")
	for _, want := range []string{"half.png", "the same picture as", "the same picture is in the class",
		"the class ring has 19 pictures", "notes.txt: no picture"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if len(problems) != 4 || len(notes) != 1 {
		t.Errorf("%d problems and %d notes, want 4 and 1:\n%s", len(problems), len(notes), text)
	}
}
