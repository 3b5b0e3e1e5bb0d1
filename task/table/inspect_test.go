package table

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/internal/tasktest"
	"github.com/lamina-ml/lamina/task"
)

// lineOf returns the text of the line that a training or an inspection prints under a name.
func lineOf(t *testing.T, out, name string) string {
	t.Helper()
	for line := range strings.Lines(out) {
		if text, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(text)
		}
	}
	t.Errorf("there is no line %s in %s", name, out)
	return ""
}

// described returns what the training says of the targets, and what inspect does.
func described(t *testing.T, values ...string) (training, inspection string) {
	t.Helper()
	set := task.NewSet(Task{})
	r, err := tasktest.Decode(set, values...)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := (Task{}).Inspect(t.Context(), &out, task.Opening{Recipe: r}); err != nil {
		t.Fatal(err)
	}
	p, err := set.Open(t.Context(), task.Config{Recipe: r})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for _, l := range p.Lines {
		if l.Name == "target" {
			training = l.Text
		}
	}
	return training, lineOf(t, out.String(), "target")
}

// TestTargetIsExplained reads what is said of numbers as a target: why they are classes or a quantity, and how to choose.
func TestTargetIsExplained(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shop.csv")
	var s strings.Builder
	s.WriteString("x,visits,steps,price,sold,kind\n")
	for i := range 100 {
		fmt.Fprintf(&s, "%d,%d,%d,%d.5,%d,%s\n", i*37%101, i%16, i%30, i, i%2, []string{"a", "b", "c"}[i%3])
	}
	if err := os.WriteFile(path, []byte(s.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		values []string
		want   string
	}{
		{[]string{"data.target=visits"},
			"visits, 16 classes (it has at most 20 different whole numbers; for a quantity: --set data.columns.visits=number)"},
		{[]string{"data.target=visits", "data.columns={visits: number}"}, "visits, a number"},
		{[]string{"data.target=steps"},
			"steps, a number (it has more than 20 different values; for classes: --set data.columns.steps=category)"},
		{[]string{"data.target=steps", "data.columns={steps: category}"}, "steps, 30 classes"},
		{[]string{"data.target=price"}, "price, a number"},
		{[]string{"data.target=sold"}, "sold, 2 classes"},
		{[]string{"data.target=kind"}, "kind, 3 classes"},
	} {
		training, inspection := described(t, append(c.values, "data.path="+path)...)
		if training != c.want || inspection != c.want {
			t.Errorf("%v: the training says %q, inspect %q, want %q", c.values, training, inspection, c.want)
		}
	}
}
