package recipe

import "testing"

// TestClone changes everything in a copy of a recipe: the recipe stays what it was, with the origins of its values.
func TestClone(t *testing.T) {
	r, err := decode(t, "task: test\ndata: {columns: {a: b}}\nmodel: {name: large, hidden: [3, 4]}\nmetrics: [accuracy]\nsearch: {optimizer.lr: 0.1..0.2}\n")
	if err != nil {
		t.Fatal(err)
	}
	before := string(r.YAML())
	c := r.Clone()
	if string(c.YAML()) != before || !c.Given("model.hidden") || c.Given("training.epochs") || c.registry != r.registry {
		t.Errorf("the copy is\n%s\nwant\n%s", c.YAML(), before)
	}
	c.Data.(*testData).Columns["a"] = "c"
	c.Data.(*testData).Limits.Low = 9
	c.Model.Options.(*testModel).Hidden[0] = 9
	c.Metrics[0].Name = "f1"
	c.Search["optimizer.lr"] = "1..2"
	c.Training.Epochs = 99
	c.Default("optimizer.lr", "0.5", "the test")
	c.Infer("training.epochs", "the test")
	if got := string(r.YAML()); got != before {
		t.Errorf("the recipe became\n%s\nwant\n%s", got, before)
	}
	if o := r.Origin("training.epochs"); o.Source == "the test" || c.Origin("training.epochs").Source != "the test" {
		t.Errorf("the origin is %+v", o)
	}
}
