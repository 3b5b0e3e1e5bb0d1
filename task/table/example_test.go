package table_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/internal/tasktest"
	"github.com/lamina-ml/lamina/tabular"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/table"
	"github.com/lamina-ml/lamina/tensor"
)

// trained trains a network on the table iris in a temporary folder.
func trained() (set *task.Set, folder string) {
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	set = task.NewSet(table.Task{})
	if _, err := tasktest.Train(set, folder, "data.path=iris", "data.target=species", "training.epochs=20"); err != nil {
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

// A program classifies raw rows with a run that `lamina train iris` wrote.
func ExampleModel() {
	set, folder := trained()
	defer os.RemoveAll(folder)
	loaded, _, err := set.Load(context.Background(), filepath.Join(folder, "run"), "best", tensor.CPU())
	if err != nil {
		log.Fatal(err)
	}
	m := loaded.(*table.Model)
	src, err := tabular.FromRecords("flowers", []string{"sepal_length", "sepal_width", "petal_length", "petal_width"},
		[][]string{{"5.1", "3.5", "1.4", "0.2"}, {"6.5", "3.0", "5.8", "2.2"}})
	if err != nil {
		log.Fatal(err)
	}
	rows, err := m.Preparation().Load(context.Background(), src, nil, tabular.LoadConfig{NoTargets: true})
	if err != nil {
		log.Fatal(err)
	}
	for batch := range data.NewLoader(rows[0], data.LoaderConfig{BatchSize: 2}).Batches(data.NoGrad) {
		for _, class := range m.Module().Forward(batch.X).ArgMax(1).Int64s() {
			fmt.Println(m.Classes()[class])
		}
	}
	// Output:
	// setosa
	// virginica
}
