package recipe_test

import (
	"fmt"
	"log"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// shapes are the options of a task's data.
type shapes struct {
	Path string `yaml:"path" doc:"a folder"`
}

// registry returns a registry with a task whose models are lists of layers.
func registry() *recipe.Registry {
	r := recipe.NewRegistry()
	r.Add(recipe.Tasks, recipe.Entry{Name: "shapes", Doc: "names shapes", Options: &shapes{},
		Recipe: "loss: cross-entropy\noptimizer: adam\nmetrics: [f1]\n"})
	r.Add(recipe.Models, recipe.LayersEntry("shapes"))
	return r
}

// decoded returns the recipe of a text.
func decoded(text string) *recipe.Recipe {
	d, err := recipe.Parse("shapes.yaml", []byte("task: shapes\n"+text))
	if err != nil {
		log.Fatal(err)
	}
	r, err := d.Decode(registry())
	if err != nil {
		log.Fatal(err)
	}
	return r
}

func ExampleRecipe() {
	r := decoded("optimizer: {lr: 0.01}\n")
	fmt.Println(r.Optimizer.Name, r.Origin("optimizer.lr"), r.Given("training.epochs"))
	// Output: adam shapes.yaml:2:17 false
}

func ExampleDocument() {
	d := recipe.NewDocument()
	d.Set("task", "shapes", "--task shapes")
	d.Set("training.epochs", "none", "--epochs none")
	_, err := d.Decode(registry())
	fmt.Println(err)
	// Output: --epochs none: not a whole number; want a whole number from 1 to 1e9
}

func ExampleTraining() {
	fmt.Println(decoded("training: {epochs: 20, batch: 128}").Training.Batch)
	// Output: 128
}

func ExampleRegistry() {
	fmt.Println(registry().Names(recipe.Schedules, "shapes"))
	// Output: [constant cosine linear one-cycle step exponential plateau]
}

func ExampleEntry() {
	e, _ := registry().Lookup(recipe.Optimizers, "adamw", "")
	fmt.Println(e.Doc)
	// Output: Adam with weight decay apart from the gradient
}

func ExampleKind() {
	fmt.Println(recipe.Optimizers)
	// Output: optimizer
}

func ExampleOption() {
	for _, o := range recipe.Options(&shapes{}) {
		fmt.Printf("%s: %s; %s\n", o.Name, o.Doc, o.Wants())
	}
	// Output: path: a folder; a text
}

func ExampleChoice() {
	c, err := registry().Choose(recipe.Losses, "huber", "shapes")
	fmt.Println(c.Name, err)
	// Output: huber <nil>
}

func ExampleValue() {
	for _, v := range decoded("").Values()[:3] {
		fmt.Println(v.Path, v.Text, v.Origin)
	}
	// Output:
	// task shapes shapes.yaml:1:7
	// seed 1 default
	// data.path "" default
}

func ExampleOrigin() {
	fmt.Println(recipe.Origin{Source: "shapes.yaml", Line: 3, Column: 5})
	// Output: shapes.yaml:3:5
}

func ExampleError() {
	fmt.Println(&recipe.Error{Origin: recipe.Origin{Source: "shapes.yaml", Line: 3, Column: 5}, Path: "data.path",
		Msg: "there is no such folder"})
	// Output: shapes.yaml:3:5: data.path: there is no such folder
}

func ExampleOptimizer() {
	o := decoded("optimizer: {name: sgd, lr: 0.1}").Optimizer.Options.(recipe.Optimizer)
	var opt optim.Optimizer = o.New([]tensor.Tensor{tensor.Zeros(2)})
	fmt.Println(o.Rate(), opt.LR())
	// Output: 0.1 0.1
}

func ExampleSchedule() {
	r := decoded("schedule: {name: linear, final: 0.5}\ntraining: {epochs: 2}")
	opt := r.BuildOptimizer([]tensor.Tensor{tensor.Zeros(2)})
	s := r.BuildSchedule(opt, 10)
	for range 20 {
		s.Batch.Step()
	}
	fmt.Printf("%.4f\n", opt.LR())
	// Output: 0.0005
}

func ExampleScheduled() {
	r := decoded("schedule: plateau")
	s := r.BuildSchedule(r.BuildOptimizer([]tensor.Tensor{tensor.Zeros(2)}), 10)
	fmt.Println(s.Batch == nil, s.Epoch == nil, s.Plateau != nil)
	// Output: true true true
}

func ExampleLoss() {
	training, evaluation, _ := decoded("loss: {name: cross-entropy, label_smoothing: 0.1}").BuildLoss(10)
	scores, target := tensor.From([]float32{3, 0}, 1, 2), tensor.From([]int64{0})
	fmt.Println(training.Forward(scores, target), evaluation.Forward(scores, target))
	// Output: tensor(0.1986) tensor(0.0486)
}

func ExampleMetric() {
	list, err := decoded("metrics: [accuracy]").BuildMetrics(2)
	if err != nil {
		log.Fatal(err)
	}
	list[0].Add(tensor.From([]float32{0, 1, 1, 0}, 2, 2), tensor.From([]int64{1, 1}))
	fmt.Println(list[0].Name(), list[0].Value())
	// Output: accuracy 0.5
}

func ExampleLayerList() {
	l := decoded("model: {layers: [{linear: 8}, relu, {linear: out}]}").Model.Options.(*recipe.LayerList)
	model, err := l.Build(rng.NewTorch(1), []int{4}, 3)
	fmt.Println(nn.Count(model), err)
	// Output: 67 <nil>
}

func ExampleLayer() {
	l := decoded("model: {layers: [{conv2d: {out: 4, kernel: 5}}]}").Model.Options.(*recipe.LayerList)
	_, shape, err := l.Layers[0].Options.(recipe.Layer).New(rng.NewTorch(1), []int{1, 28, 28}, 10)
	fmt.Println(shape, err)
	// Output: [4 24 24] <nil>
}

func ExampleSize() {
	fmt.Println(recipe.Out, recipe.Size(64))
	// Output: -1 64
}
