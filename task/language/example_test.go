package language_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/lamina-ml/lamina/internal/tasktest"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/language"
	"github.com/lamina-ml/lamina/tensor"
)

// trained trains a small model in a temporary folder and loads it.
func trained() (m *language.Model, call task.Call, folder string) {
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	path := filepath.Join(folder, "abc.txt")
	if err := os.WriteFile(path, []byte(strings.Repeat("abc", 400)), 0o666); err != nil {
		log.Fatal(err)
	}
	set := task.NewSet(language.Task{})
	if _, err := tasktest.Train(set, folder, "data.path="+path, "data.steps=40",
		"model={context: 8, width: 16, layers: 1, heads: 2}", "training.epochs=2"); err != nil {
		log.Fatal(err)
	}
	loaded, call, err := set.Load(context.Background(), filepath.Join(folder, "run"), "", tensor.CPU())
	if err != nil {
		log.Fatal(err)
	}
	return loaded.(*language.Model), call, folder
}

func ExampleTask() {
	_, call, folder := trained()
	defer os.RemoveAll(folder)
	status, err := call.Run.Status()
	fmt.Println(status.State, status.Metrics["validation_perplexity"] < 1.5, err)
	// Output: finished true <nil>
}

func ExampleModel() {
	m, _, folder := trained()
	defer os.RemoveAll(folder)
	fmt.Println(m.Tokenizer().VocabSize(), "tokens, context", m.GPT2().Context())
	// Output: 3 tokens, context 8
}
