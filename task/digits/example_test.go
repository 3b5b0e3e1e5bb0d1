package digits_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/lamina-ml/lamina/data/mnist"
	"github.com/lamina-ml/lamina/internal/tasktest"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/digits"
	"github.com/lamina-ml/lamina/tensor"
)

// trained trains a small network in a temporary folder.
func trained() (set *task.Set, folder string) {
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	set = task.NewSet(digits.Task{})
	if _, err := tasktest.Train(set, folder, "model.hidden=[16]", "training.epochs=1"); err != nil {
		log.Fatal(err)
	}
	return set, folder
}

func ExampleTask() {
	set, folder := trained()
	defer os.RemoveAll(folder)
	_, call, err := set.Load(context.Background(), filepath.Join(folder, "run"), "", tensor.CPU())
	if err != nil {
		log.Fatal(err)
	}
	status, err := call.Run.Status()
	fmt.Println(status.State, status.Metrics["accuracy"] > 0.85, err)
	// Output: finished true <nil>
}

// A program reads digits with a run that `lamina train mnist` wrote.
func ExampleModel() {
	set, folder := trained()
	defer os.RemoveAll(folder)
	loaded, _, err := set.Load(context.Background(), filepath.Join(folder, "run"), "best", tensor.CPU())
	if err != nil {
		log.Fatal(err)
	}
	m := loaded.(*digits.Model)
	test, err := mnist.Test()
	if err != nil {
		log.Fatal(err)
	}
	pixels := make([]float32, 28*28)
	for i, p := range test.Images[:len(pixels)] {
		pixels[i] = float32(p) / 255
	}
	best := 0
	probabilities := m.Classify(pixels, 1)
	for class, p := range probabilities {
		if p > probabilities[best] {
			best = class
		}
	}
	fmt.Println(len(m.Classes()), "classes, this is a", best)
	// Output: 10 classes, this is a 7
}
