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

// TestCloneDocument sets values in a copy of a configuration: the configuration stays what it was.
func TestCloneDocument(t *testing.T) {
	const text = "task: test\nmodel: {layers: [{linear: 4}, {linear: out}]}\noptimizer: adam\nsearch: {a: b}\n"
	d, err := Parse("c.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	decoded := func(d *Document) string {
		r, err := d.Decode(testRegistry())
		if err != nil {
			t.Fatal(err)
		}
		return string(r.YAML())
	}
	before, c := decoded(d), d.Clone()
	if decoded(c) != before {
		t.Errorf("the copy is\n%s", decoded(c))
	}
	for path, value := range map[string]string{"model.layers.0.linear": "7", "optimizer.lr": "0.5", "search.a": "c", "training.epochs": "9"} {
		if err := c.Set(path, value, "--set"); err != nil {
			t.Fatal(err)
		}
	}
	if decoded(d) != before || decoded(c) == before {
		t.Errorf("it became\n%s", decoded(d))
	}
}
