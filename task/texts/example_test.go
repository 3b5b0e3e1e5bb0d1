package texts_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/lamina-ml/lamina/internal/tasktest"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/texts"
	"github.com/lamina-ml/lamina/tensor"
)

// trained trains on forty short texts, and returns the run's folder.
func trained(root string, set *task.Set) (string, error) {
	table := "body,label\n" + strings.Repeat("a warm and lovely day,good\na cold and gray day,bad\n", 20)
	path := filepath.Join(root, "days.csv")
	if err := os.WriteFile(path, []byte(table), 0o666); err != nil {
		return "", err
	}
	_, err := tasktest.Train(set, root, "data.path="+path, "data.text=body", "data.target=label", "training.epochs=5")
	return filepath.Join(root, "run"), err
}

func ExampleTask() {
	root, _ := os.MkdirTemp("", "texts")
	defer os.RemoveAll(root)
	run, err := trained(root, task.NewSet(texts.Task{}))
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := os.ReadFile(filepath.Join(run, "report.txt"))
	verdict, _, _ := strings.Cut(string(report), "\n")
	fmt.Println(verdict, err)
	// Output: 6 of 6 test texts correct: 100.0% (always “bad”: 50.0%), f1 1 <nil>
}

func ExampleModel() {
	root, _ := os.MkdirTemp("", "texts")
	defer os.RemoveAll(root)
	set := task.NewSet(texts.Task{})
	run, err := trained(root, set)
	if err != nil {
		fmt.Println(err)
		return
	}
	loaded, _, err := set.Load(context.Background(), run, "best", tensor.CPU())
	if err != nil {
		fmt.Println(err)
		return
	}
	m := loaded.(*texts.Model)
	ids := m.Tokenizer().Encode("a lovely warm day").IDs
	x := make([]int64, len(ids))
	for i, id := range ids {
		x[i] = int64(id)
	}
	best := task.Answers(m.Module(), tensor.From(x, 1, len(x)))[0]
	fmt.Println(m.Classes()[best.Class])
	// Output: good
}
