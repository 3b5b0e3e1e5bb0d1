package recipe

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/rng"
)

type testData struct {
	Path    string            `yaml:"path"`
	Split   float64           `yaml:"split" default:"0.1" min:"0" below:"1" doc:"held out"`
	Kind    string            `yaml:"kind" default:"auto" enum:"auto,fast,slow"`
	Columns map[string]string `yaml:"columns"`
	Uses    map[string]string `yaml:"uses" enum:"text,drop"`
	Limits  struct {
		Low int `yaml:"low" default:"3"`
	} `yaml:"limits"`
}

func (d *testData) Check() error {
	if d.Kind == "fast" && d.Split == 0.5 {
		return &Error{Path: "split", Msg: "fast data are not split"}
	}
	return nil
}

type testModel struct {
	Hidden []int `yaml:"hidden" default:"[8, 4]" min:"1" flag:"hidden"`
	Wide   bool  `yaml:"wide"`
}

// testRegistry has a task "test" with the models small and large.
func testRegistry() *Registry {
	r := NewRegistry()
	r.Add(Tasks, Entry{Name: "test", Doc: "a task", Options: &testData{},
		Recipe: "model: small\nloss: mse\noptimizer: {name: adam, lr: 0.01}\ntraining: {epochs: 3}\n"})
	r.Add(Models, Entry{Name: "small", Doc: "a model", Options: &testModel{}, For: []string{"test"}},
		Entry{Name: "large", Doc: "a larger model", Options: &testModel{}, For: []string{"test"},
			Recipe: "training: {epochs: 7, average: 0.9}\noptimizer: {lr: 0.02}\n"},
		LayersEntry("test"))
	return r
}

func decode(t *testing.T, text string, sets ...string) (*Recipe, error) {
	t.Helper()
	d, err := Parse("c.yaml", []byte(text))
	if err != nil {
		return nil, err
	}
	for _, s := range sets {
		path, value, _ := strings.Cut(s, "=")
		if err := d.Set(path, value, "--set "+s); err != nil {
			return nil, err
		}
	}
	return d.Decode(testRegistry())
}

// TestMistakes checks that the error of each wrong configuration names the place and what would be accepted.
func TestMistakes(t *testing.T) {
	for _, c := range []struct {
		text string
		set  string
		want []string
	}{
		{"", "", []string{"there is no task; want test"}},
		{"task: tset", "", []string{`c.yaml:1:7: task: no task "tset" (did you mean "test"?)`}},
		{"task: test\noptimizr: adam", "", []string{`c.yaml:2:1: optimizr: a configuration has no "optimizr" (did you mean "optimizer"?)`}},
		{"task: test\noptimizer: {name: adam,\n  rate: 1}", "", []string{`c.yaml:3:3: optimizer.rate: optimizer adam has no "rate"`, "lr"}},
		{"task: test\noptimizer: {lr: fast}", "",
			[]string{`c.yaml:2:17: optimizer.lr: "fast" is not a number; want a number above 0 and below 1e6`}},
		{"task: test\noptimizer: {lr: .nan}", "", []string{"c.yaml:2:17", "is not a number"}},
		{"task: test\noptimizer: sdg", "", []string{`no optimizer "sdg" (did you mean "sgd"?)`}},
		{"task: test\ntraining: {epochs: 1.5}", "", []string{"c.yaml:2:20", "is not a whole number"}},
		{"task: test\ntraining: {epochs: 0}", "", []string{"out of range; want a whole number from 1 to 1e9"}},
		{"task: test\ntraining: 5", "", []string{"c.yaml:2:11: training: \"5\" is not a mapping"}},
		{"task: test\ntraining: {epochs: 1, epochs: 2}", "", []string{"c.yaml:2:23"}},
		{"task: test\ntraining: {on_nan: rollbak}", "", []string{`(did you mean "rollback"?); want stop or rollback`}},
		{"task: test\ntraining: {time_limit: soon}", "", []string{`"soon" is not a time; want a time such as 90s, 10m or 2h`}},
		{"task: test\ntraining: {keep_best: perhaps}", "", []string{"neither true nor false"}},
		{"task: test\ndata: {split: 1}", "", []string{"c.yaml:2:15: data.split", "want a number of at least 0 and below 1"}},
		{"task: test\ndata: [1, 2]", "", []string{"c.yaml:2:7: data", "want keys with values"}},
		{"task: test\nmodel: {name: small, hidden: [4, x]}", "", []string{"c.yaml:2:34: model.hidden.1"}},
		{"task: test\nmodel: {layers: [{linear: 4}, rleu]}", "",
			[]string{`c.yaml:2:31: model.layers.1: no layer "rleu" (did you mean "relu"?)`}},
		{"task: test\nmodel: {layers: [{dropout: {p: 2}}]}", "", []string{"c.yaml:2:32: model.layers.0.p"}},
		{"task: test\nmetrics: [f1, {name: f1, average: all}]", "", []string{"metrics.1.average", "macro, micro or weighted"}},
		{"task: test\noptimizer:", "", []string{"c.yaml:2:12: optimizer: there is no value"}},
		{"task: test\nmodel: &a small", "", []string{"c.yaml:2:8", "anchors"}},
		{"task: [\n", "", []string{"c.yaml:1:7: \"[\" is not closed; want \"]\""}},
		{"optimizer: {lr: 0.1\nseed: 1", "", []string{`c.yaml:1:12: "{" is not closed; want "}"`}},
		{"training: [1, 2", "", []string{`c.yaml:1:11: "[" is not closed; want "]"`}},
		{"data: {path: a}}", "", []string{`c.yaml:1:16: "}" closes nothing`}},
		{"data: {path: [a}", "", []string{`c.yaml:1:16: "}" does not close the "[" of line 1; want "]"`}},
		{"training:\n\tepochs: 3", "", []string{"c.yaml:2:1: a tab indents the line; want spaces"}},
		{"training:\n  epochs: 3\n batch: 4", "", []string{"c.yaml:3:2: no key above has the indentation"}},
		{"training:\n  epochs: 3\n    batch: 4", "",
			[]string{"c.yaml:3:5: the line is indented below epochs, which has the value 3 already"}},
		{"training:\n  epochs 3\n  batch: 4", "", []string{`c.yaml:2:3: "epochs 3" has no colon; want "key: value"`}},
		{"model:\n  layers:\n  - linear: 3\n  relu", "",
			[]string{`c.yaml:4:3: "relu" has no colon; want "key: value", or "- value" in a list`}},
		{"data: \"a\nseed: 1", "", []string{`c.yaml:1:7: the text that begins here has no closing "`}},
		{"data: 'it''s", "", []string{"c.yaml:1:7: the text that begins here has no closing '"}},
		{"data: a: b", "", []string{`c.yaml:1:8: a second colon; want "key: value", and quotation marks`}},
		{"data: @x", "", []string{"c.yaml:1:7: a text that begins with @ needs quotation marks"}},
		{"- a\nseed: 1", "", []string{"c.yaml:2:1: keys and the items of a list have the same indentation"}},
		{"training: {epochs: 3,, batch: 4}", "", []string{"c.yaml:1:22: want {key: value, key: value}", "one comma"}},
		{"task: test\ntask: test", "", []string{`c.yaml:2:1: the key "task" appears twice, first at 1:1`}},
		{"a\n", "", []string{"c.yaml:1:1", "want keys with values"}},
		{"task: test\n---\ntask: test\n", "", []string{"c.yaml:3:", "second"}},
		{strings.Repeat("[", 5000), "", []string{"c.yaml:1:1", "nested"}},
		{"task: test", "optimizer.lr=-1", []string{"--set optimizer.lr=-1: out of range; want a number above 0"}},
		{"task: test", "optimizer.nesterov=true", []string{`optimizer adam has no "nesterov"`}},
		{"task: test\nmodel: {layers: [relu]}", "model.layers.3=relu", []string{"model.layers has 1 values"}},
		{"task: test\noptimizer: {name: adam, betas: [0.9]}", "", []string{"betas are two numbers"}},
		{"task: test", "data.uses.zip=dorp", []string{`--set data.uses.zip=dorp: not known (did you mean "drop"?); want text or drop`}},
		{"task: test\ndata: {uses: {zip: dorp}}", "", []string{`c.yaml:2:20: data.uses.zip: "dorp" is not known (did you mean "drop"?)`}},
		{"task: test", "data.limts.low=1", []string{`--set data.limts.low=1: data has no "limts" (did you mean "limits"?)`}},
		{"task: test", "data.limits.lo=1", []string{`--set data.limits.lo=1: data.limits has no "lo" (did you mean "low"?)`}},
		{"task: test", "optimizer.nam=sgd", []string{`optimizer adam has no "nam" (did you mean "name"?)`}},
		{"task: test", "lr=1", []string{`a configuration has no "lr" (did you mean "optimizer.lr"?)`}},
		{"task: test", "batch=1", []string{`a configuration has no "batch" (did you mean "training.batch"?)`}},
		{"task: test", "split=1", []string{`a configuration has no "split" (did you mean "data.split"?)`}},
		{"task: test\ndata: {kind: fast, split: 0.5}", "", []string{"c.yaml:2:27: data.split: fast data are not split"}},
	} {
		var sets []string
		if c.set != "" {
			sets = []string{c.set}
		}
		_, err := decode(t, c.text, sets...)
		if err == nil {
			t.Errorf("%q %s: no error", c.text[:min(len(c.text), 80)], c.set)
			continue
		}
		for _, w := range c.want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%q %s: the error is\n%v\nwithout %q", c.text[:min(len(c.text), 80)], c.set, err, w)
			}
		}
	}
}

// TestOneErrorForAList: a list that is written as one text has one error, however many of its values are wrong.
func TestOneErrorForAList(t *testing.T) {
	const want = `--set model.hidden=a,b: "a" is not a whole number; want a whole number of at least 1`
	if _, err := decode(t, "task: test", "model.hidden=a,b"); err == nil || err.Error() != want {
		t.Errorf("the error is\n%v\nwant\n%s", err, want)
	}
}

// TestLayers checks which values count: those that are set, the model's, the task's, the defaults; and their origins.
func TestLayers(t *testing.T) {
	r, err := decode(t, "task: test\nmodel: large\ndata: {columns: {zip: drop}}\n", "optimizer.weight_decay=0.1")
	if err != nil {
		t.Fatal(err)
	}
	o := r.Optimizer.Options.(*adam)
	if r.Training.Epochs != 7 || r.Training.Average != 0.9 || o.LR != 0.02 || o.WeightDecay != 0.1 ||
		r.Training.Batch != 64 || r.Loss.Name != "mse" {
		t.Errorf("the values are\n%s", r.YAML())
	}
	for path, want := range map[string]string{
		"training.epochs": "preset of model large", "optimizer.lr": "preset of model large",
		"loss.name": "default of test", "training.batch": "default",
		"model.name": "c.yaml:2:8", "optimizer.weight_decay": "--set optimizer.weight_decay=0.1",
		"data.columns": "c.yaml:3:18", "data.columns.zip": "c.yaml:3:23",
	} {
		if got := r.Origin(path).String(); got != want {
			t.Errorf("%s is from %q, want %q", path, got, want)
		}
	}
	if r.Given("training.epochs") || !r.Given("optimizer.weight_decay") || !r.Given("optimizer") || r.Given("loss") {
		t.Error("Given is wrong")
	}
	// Another optimizer has its own defaults.
	if r, err = decode(t, "task: test\nmodel: large\n", "optimizer=sgd"); err != nil {
		t.Fatal(err)
	}
	if o := r.Optimizer.Options.(*sgd); o.LR != 0.01 || o.Momentum != 0.9 {
		t.Errorf("SGD has %+v", o)
	}
	// A name alone, and then an option of it.
	if r, err = decode(t, "task: test\noptimizer: sgd\n", "optimizer.lr=0.5", "model.hidden=3,2"); err != nil {
		t.Fatal(err)
	}
	if o, m := r.Optimizer.Options.(*sgd), r.Model.Options.(*testModel); o.LR != 0.5 || !reflect.DeepEqual(m.Hidden, []int{3, 2}) {
		t.Errorf("%+v %+v", o, m)
	}
	r.Default("training.epochs", "9", "the data")
	r.Default("optimizer.lr", "9", "the data") // the user set it
	if r.Training.Epochs != 9 || r.Origin("training.epochs").Source != "the data" || r.Optimizer.Options.(*sgd).LR != 0.5 {
		t.Error("Default is wrong")
	}
	// The path of the data alone.
	if r, err = decode(t, "task: test\ndata: a.csv\n", "data.split=0.3"); err != nil ||
		r.Data.(*testData).Path != "a.csv" || r.Data.(*testData).Split != 0.3 {
		t.Errorf("the data are %+v, %v", r, err)
	}
	if r, err = decode(t, "task: test\ndata: {split: 0.3}\n", "data=b.csv"); err != nil ||
		r.Data.(*testData).Path != "b.csv" || r.Data.(*testData).Split != 0.3 {
		t.Errorf("the data are %+v, %v", r, err)
	}
	d := NewDocument()
	if err := d.SetEnvironment([]string{"HOME=/", "LAMINA_SET_task=test", "LAMINA_SET_optimizer__lr=0.25"}); err != nil {
		t.Fatal(err)
	}
	if r, err = d.Decode(testRegistry()); err != nil || r.Optimizer.Options.(*adam).LR != 0.25 ||
		r.Origin("optimizer.lr").String() != "LAMINA_SET_optimizer__lr" {
		t.Errorf("the environment: %v", err)
	}
	const want = "LAMINA_SET_training_time_limit: two underscores separate names; want LAMINA_SET_training__time_limit"
	if err := d.SetEnvironment([]string{"LAMINA_SET_training_time_limit=1m"}); err == nil || err.Error() != want {
		t.Errorf("one underscore: %v, want %s", err, want)
	}
	if err := d.SetEnvironment([]string{"LAMINA_SET_training__time_limit=1m"}); err != nil {
		t.Error(err)
	}
}

// TestRoundTrip writes a recipe and reads it: with and without comments all values stay.
func TestRoundTrip(t *testing.T) {
	texts := []string{
		"task: test",
		"task: test\nseed: 18446744073709551615\ndata: {path: 'a: b #c', columns: {\"x, y\": \"true\", n: \"\", \"1\": \"0x1\"}}\nmodel: {layers: [{linear: 5}, relu, {dropout: 0.25}, {conv2d: {out: 3, kernel: 5}}, linear]}\n" +
			"metrics: [accuracy, {name: f1, average: micro}]\ntraining: {time_limit: 90m, clip_norm: 1e-7}",
	}
	for _, text := range texts {
		r, err := decode(t, text)
		if err != nil {
			t.Fatal(err)
		}
		for _, written := range [][]byte{r.YAML(), r.Commented()} {
			again, err := decode(t, string(written))
			if err != nil {
				t.Fatalf("%v\n%s", err, written)
			}
			if !bytes.Equal(again.YAML(), r.YAML()) || again.Training != r.Training || again.Seed != r.Seed {
				t.Errorf("the recipe\n%s\nis read as\n%s", written, again.YAML())
			}
			want := map[string]string{"x, y": "true", "n": "", "1": "0x1"}
			if d := again.Data.(*testData); d.Path != "" && (d.Path != "a: b #c" || !reflect.DeepEqual(d.Columns, want)) {
				t.Errorf("the data are %+v", d)
			}
		}
	}
}

// TestEntries builds every entry of the registry with its default options.
func TestEntries(t *testing.T) {
	g := rng.NewTorch(1)
	r := testRegistry()
	for _, e := range r.Entries(Optimizers, "") {
		c, err := r.Choose(Optimizers, e.Name, "")
		if err != nil {
			t.Fatal(err)
		}
		var opt optim.Optimizer
		for _, s := range r.Entries(Schedules, "") {
			model := nn.NewLinear(g, 3, 2)
			opt = c.Options.(Optimizer).New(nn.Parameters(model))
			if opt.LR() != c.Options.(Optimizer).Rate() {
				t.Errorf("%s: rate %v", e.Name, opt.LR())
			}
			sc, _ := r.Choose(Schedules, s.Name, "")
			for _, steps := range []int{4, -1} {
				made := sc.Options.(Schedule).New(opt, c.Options.(Optimizer).Rate(), steps, 3)
				for range 12 {
					if made.Batch != nil {
						made.Batch.Step()
					}
				}
				for range 3 {
					if made.Epoch != nil {
						made.Epoch.Step()
					}
				}
				if lr := opt.LR(); !(lr >= 0 && lr <= 1) {
					t.Errorf("%s with %s: the last rate is %v", e.Name, s.Name, lr)
				}
			}
		}
	}
	for _, k := range []Kind{Optimizers, Schedules, Losses, Metrics, Layers} {
		for _, e := range r.Entries(k, "") {
			if e.Doc == "" {
				t.Errorf("%s %s has no documentation", k, e.Name)
			}
			for _, o := range Options(e.Options) {
				if o.Doc == "" {
					t.Errorf("%s %s: option %s has no documentation", k, e.Name, o.Name)
				}
			}
		}
	}
}

// TestLayerList builds a list of layers, and lists that do not fit.
func TestLayerList(t *testing.T) {
	r, err := decode(t, "task: test\nmodel: {layers: [{conv2d: 4}, batch-norm, relu, max-pool, flatten, {linear: 6}, layer-norm, gelu, {linear: out}]}")
	if err != nil {
		t.Fatal(err)
	}
	l := r.Model.Options.(*LayerList)
	model, err := l.Build(rng.NewTorch(1), []int{1, 8, 8}, 3)
	if err != nil {
		t.Fatal(err)
	}
	if n := nn.Count(model); n != (9+1)*4+2*4+(4*9+1)*6+2*6+(6+1)*3 {
		t.Errorf("%d parameters:\n%v", n, model)
	}
	for text, want := range map[string]string{
		"[{linear: 4}]":                          "model.layers: the last layer gives (4) for each sample, want (3)",
		"[{conv2d: 4}]":                          "model.layers.0: conv2d: a sample has the shape (5); want channels",
		"[{linear: 1000000}, {linear: 1000000}]": "model.layers.1: linear: 1000000×1000000 weights are too many",
		"[{linear: 30000}, {linear: 30000}, {linear: 30000}]": "model.layers.2: linear: the model would have more than",
		"[linear, {layer-norm: }, flatten, {linear: 2}]":      "gives (2)",
	} {
		r, err := decode(t, "task: test\nmodel: {layers: "+text+"}")
		if err != nil {
			t.Fatal(err)
		}
		if _, err = r.Model.Options.(*LayerList).Build(rng.NewTorch(1), []int{5}, 3); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %v, want %s", text, err, want)
		}
	}
}

// TestSchema checks that the schema is JSON and has every key of a complete recipe.
func TestSchema(t *testing.T) {
	var s struct {
		Properties map[string]map[string]any
		Defs       map[string]map[string]any `json:"$defs"`
	}
	if err := json.Unmarshal(testRegistry().Schema(), &s); err != nil {
		t.Fatal(err)
	}
	for _, o := range Options(&Recipe{}) {
		if s.Properties[o.Name] == nil {
			t.Errorf("the schema has no %s", o.Name)
		}
	}
	text, _ := json.Marshal(s.Defs["optimizer"])
	for _, part := range []string{`"adamw"`, `"weight_decay"`, `"exclusiveMinimum":0`} {
		if !strings.Contains(string(text), part) {
			t.Errorf("the schema of optimizers has no %s", part)
		}
	}
}

// TestMetricThatDoesNotFit names its place, whatever its number.
func TestMetricThatDoesNotFit(t *testing.T) {
	r, err := decode(t, "task: test\nmetrics: [rmse, mae, r2, rmse, mae, r2, rmse, mae, r2, rmse, mae,\n  accuracy]")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.BuildMetrics(0); err == nil || !strings.Contains(err.Error(), "c.yaml:3:3: metrics.11: accuracy is for classes") {
		t.Errorf("the error is %v", err)
	}
}

// TestLossesOfTargets: a loss that is not for the target is an error, where computing it would panic.
func TestLossesOfTargets(t *testing.T) {
	for _, name := range testRegistry().Names(Losses, "test") {
		r, err := decode(t, "task: test\nloss: "+name)
		if err != nil {
			t.Fatal(err)
		}
		for _, classes := range []int{0, 3} {
			loss, evaluation, err := r.BuildLoss(classes)
			if fits := (name == "cross-entropy") == (classes > 0); fits != (err == nil) || fits != (loss != nil && evaluation != nil) {
				t.Errorf("%s of %d classes: %v, %v, %v", name, classes, loss, evaluation, err)
			} else if !fits && !strings.Contains(err.Error(), "c.yaml:2:7: loss: "+name+" is for") {
				t.Errorf("%s of %d classes: %v", name, classes, err)
			}
		}
	}
}

// TestMetricsOfManyClasses: a metric of pairs of classes does not take memory that the data do not justify.
func TestMetricsOfManyClasses(t *testing.T) {
	r, err := decode(t, "task: test\nmetrics: [accuracy]")
	if err != nil {
		t.Fatal(err)
	}
	if list, err := r.BuildMetrics(1 << 30); err != nil || len(list) != 1 {
		t.Errorf("accuracy: %v", err)
	}
	for _, name := range []string{"precision", "recall", "f1"} {
		if r, err = decode(t, "task: test\nmetrics: ["+name+"]"); err != nil {
			t.Fatal(err)
		}
		if _, err := r.BuildMetrics(1 << 30); err == nil ||
			!strings.Contains(err.Error(), "metrics.0: "+name+" is for at most 4096 classes") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReadFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "large.yaml")
	if err := os.WriteFile(path, bytes.Repeat([]byte("# \n"), maxFile), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadFile(path); err == nil || !strings.Contains(err.Error(), "large.yaml has more than") {
		t.Errorf("the error is %v", err)
	}
	if _, err := ReadFile(filepath.Dir(path)); err == nil {
		t.Error("a folder was read")
	}
}

// FuzzParse reads arbitrary texts: it must return, and what it accepts must be written so that it is read again.
func FuzzParse(f *testing.F) {
	f.Add("task: test\nmodel: {name: small, hidden: [1, 2]}\n")
	f.Add("task: test\nmodel: {layers: [{linear: 64}, relu, {dropout: 0.1}, {linear: out}]}\n")
	f.Add("task: test\ndata:\n  path: |\n    x\n  columns: {a: b}\ntraining: {time_limit: 1h}\n")
	f.Add("- - - - a")
	f.Add("? a\n: b")
	f.Add("a: *b\n<<: {}")
	r := testRegistry()
	f.Fuzz(func(t *testing.T, text string) {
		d, err := Parse("x.yaml", []byte(text))
		if err != nil {
			return
		}
		rec, err := d.Decode(r)
		if err != nil {
			return
		}
		again, err := Parse("y.yaml", rec.YAML())
		if err != nil {
			t.Fatalf("%v\n%s", err, rec.YAML())
		}
		second, err := again.Decode(r)
		if err != nil || !bytes.Equal(second.YAML(), rec.YAML()) {
			t.Fatalf("%v\n%s", err, rec.YAML())
		}
	})
}
