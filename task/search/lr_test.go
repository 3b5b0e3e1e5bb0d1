package search

import (
	"bytes"
	"testing"

	"github.com/lamina-ml/lamina/internal/tasktest"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/table"
	"github.com/lamina-ml/lamina/train"
)

func TestFindLR(t *testing.T) {
	c := config(t, "", "optimizer.name=sgd")
	r, err := c.Recipe(nil)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := FindLR(t.Context(), c.Set, task.Config{Recipe: r}, train.LRConfig{High: 1000})
	if err != nil {
		t.Fatal(err)
	}
	if lr, ok := curve.Suggestion(); !ok || lr < 1e-3 || lr > 10 {
		t.Errorf("suggestion %v, %v", lr, ok)
	}
	picture := LRCurves(curve)
	if n := len(picture.Panels[0].Series); n != 3 {
		t.Errorf("%d series", n)
	}
	var b bytes.Buffer
	if err := picture.Picture().WritePNG(&b); err != nil || b.Len() == 0 {
		t.Errorf("%d bytes, %v", b.Len(), err)
	}
	if n := len(LRCurves(&train.LRCurve{}).Panels[0].Series); n != 2 {
		t.Errorf("%d series without a suggestion", n)
	}
}

// TestFindLROfTables checks the suggestions for networks of tables. On the table cars all rates from 0.001 to 0.03 train about
// equally well, and 0.0001 is too small. The residual network has batch normalization.
func TestFindLROfTables(t *testing.T) {
	set := task.NewSet(table.Task{})
	for _, model := range []string{"mlp", "resnet"} {
		r := tasktest.Recipe(set, "data.path=cars", "data.target=mpg", "model="+model)
		curve, err := FindLR(t.Context(), set, task.Config{Recipe: r}, train.LRConfig{})
		if err != nil {
			t.Fatal(err)
		}
		if lr, ok := curve.Suggestion(); !ok || lr < 1e-3 || lr > 0.03 {
			t.Errorf("%s: suggestion %v, want 0.001 to 0.03", model, lr)
		}
	}
}
