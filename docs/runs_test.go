package docs

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"

	"github.com/lamina-ml/lamina/data/idx"
	"github.com/lamina-ml/lamina/data/mnist"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/digits"
	"github.com/lamina-ml/lamina/task/images"
	"github.com/lamina-ml/lamina/task/language"
	"github.com/lamina-ml/lamina/task/table"
	"github.com/lamina-ml/lamina/task/texts"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
)

// enterDigits creates a folder with some digits as IDX files and makes it the current folder. leave returns to the former
// one.
func enterDigits() (leave func()) {
	before, err := os.Getwd()
	if err != nil {
		log.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "digits")
	if err != nil {
		log.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "mydigits"), 0o777); err != nil {
		log.Fatal(err)
	}
	save := func(name string, a *idx.Array) {
		f, err := os.Create(filepath.Join(dir, "mydigits", name))
		if err != nil {
			log.Fatal(err)
		}
		defer f.Close()
		if err := idx.Write(f, a); err != nil {
			log.Fatal(err)
		}
	}
	d, err := mnist.Test()
	if err != nil {
		log.Fatal(err)
	}
	const n, all = 1200, 1400
	save("train-images-idx3-ubyte", idx.New(d.Images[:n*784], n, 28, 28))
	save("train-labels-idx1-ubyte", idx.New(d.Labels[:n]))
	save("t10k-images-idx3-ubyte", idx.New(d.Images[n*784:all*784], all-n, 28, 28))
	save("t10k-labels-idx1-ubyte", idx.New(d.Labels[n:all]))
	if err := os.Chdir(dir); err != nil {
		log.Fatal(err)
	}
	return func() {
		if err := os.Chdir(before); err != nil {
			log.Fatal(err)
		}
		os.RemoveAll(dir)
	}
}

// tasks are those whose configurations the pages show.
var tasks = task.NewSet(digits.Task{}, texts.Task{}, images.Task{}, table.Task{}, language.Task{})

// yamlOf returns the first configuration on a page.
func yamlOf(page string) []byte {
	text, err := os.ReadFile(page)
	if err != nil {
		log.Fatal(err)
	}
	for _, m := range fence.FindAllSubmatch(text, -1) {
		if string(m[1]) == "yaml" {
			return m[2]
		}
	}
	log.Fatalf("%s has no configuration", page)
	return nil
}

func Example_runs() {
	text := yamlOf("runs.md")
	leave := enterDigits()
	defer leave()
	if err := os.WriteFile("digits.yaml", text, 0o666); err != nil {
		log.Fatal(err)
	}

	ctx := context.Background()
	tasks := task.NewSet(digits.Task{}, texts.Task{}, images.Task{}, table.Task{}, language.Task{})

	document, err := recipe.ReadFile("digits.yaml")
	if err != nil {
		log.Fatal(err)
	}
	if err := document.Set("model.hidden", "32", "a flag"); err != nil {
		log.Fatal(err)
	}
	configuration, err := document.Decode(tasks.Registry)
	if err != nil {
		log.Fatal(err)
	}
	result, err := tasks.Train(ctx, task.Config{Recipe: configuration, Out: "runs/mydigits", Device: tensor.CPU()})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Status.State, "in", result.Run.Folder)

	list, err := runs.List("runs")
	if err != nil {
		log.Fatal(err)
	}
	for _, run := range list {
		status, err := run.Status()
		if err != nil {
			log.Fatal(err)
		}
		results, err := run.Results()
		if err != nil {
			log.Fatal(err)
		}
		loss := results.Column("loss")
		fmt.Println(run.Name(), status.Task, len(loss), "epochs, the loss fell:", loss[len(loss)-1] < loss[0])
	}

	loaded, call, err := tasks.Load(ctx, "runs/mydigits", "best", tensor.CPU())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(call.Recipe.Task, loaded.(task.Classifier).Classes())

	test, err := mnist.Test()
	if err != nil {
		log.Fatal(err)
	}
	x := tensor.From(test.Float32(), test.Len(), 784).Narrow(0, 1200, 200)
	right := 0
	for i, class := range train.Predict(loaded.Module(), x) {
		if class == int64(test.Labels[1200+i]) {
			right++
		}
	}
	fmt.Println("more than 3 of 4 are right:", right > 150)

	run, err := runs.Open("runs/mydigits")
	if err != nil {
		log.Fatal(err)
	}
	g := rng.NewTorch(0)
	model := nn.Sequential{nn.NewLinear(g, 784, 32), &nn.ReLU{}, nn.NewLinear(g, 32, 10)}
	if err := safetensors.LoadModel(run.Path(runs.BestFile), model); err != nil {
		log.Fatal(err)
	}
	fmt.Println(model.Forward(x).Equal(loaded.Module().Forward(x)).All())

	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var pixels []float32
		err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16)).Decode(&pixels)
		if err != nil || len(pixels) != 784 {
			http.Error(w, "want a list of 784 numbers from 0 to 1", http.StatusBadRequest)
			return
		}
		best := task.Answers(loaded.Module(), tensor.From(pixels, 1, 784))[0]
		fmt.Fprintf(w, "%d, probability %.2f", best.Class, best.Probability)
	})

	server := httptest.NewServer(handler) // a program calls http.ListenAndServe("localhost:8080", handler)
	defer server.Close()
	body, err := json.Marshal(x.Select(0, 3))
	if err != nil {
		log.Fatal(err)
	}
	reply, err := http.Post(server.URL, "application/json", bytes.NewReader(body))
	if err != nil {
		log.Fatal(err)
	}
	defer reply.Body.Close()
	answer, err := io.ReadAll(reply.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(reply.Status, "a", string(answer[:1]), "and it is a", test.Labels[1203])
	// Output:
	// finished in runs/mydigits
	// mydigits digits 4 epochs, the loss fell: true
	// digits [0 1 2 3 4 5 6 7 8 9]
	// more than 3 of 4 are right: true
	// tensor(true)
	// 200 OK a 0 and it is a 0
}

func Example_wrongRecipe() {
	tasks := task.NewSet(digits.Task{}, texts.Task{}, images.Task{}, table.Task{}, language.Task{})
	for _, text := range []string{
		"task: digits\noptimiser: {name: adam}\n",
		"task: digits\noptimizer: {name: adamw, lr: fast}\n",
		"task: digits\nmodel: {name: cnm}\n",
	} {
		document, err := recipe.Parse("digits.yaml", []byte(text))
		if err == nil {
			_, err = document.Decode(tasks.Registry)
		}
		mistake, _, _ := strings.Cut(err.Error(), ";") // then comes a list of what is possible
		fmt.Println(mistake)
	}
	// Output:
	// digits.yaml:2:1: optimiser: a configuration has no "optimiser" (did you mean "optimizer"?)
	// digits.yaml:2:30: optimizer.lr: "fast" is not a number
	// digits.yaml:2:15: model: no model "cnm" (did you mean "cnn"?)
}
