package writing_test

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
	"github.com/lamina-ml/lamina/task/writing"
	"github.com/lamina-ml/lamina/tensor"
)

// trained trains a small model in a temporary folder and returns it.
func trained() *writing.Writer {
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "abc.txt")
	if err := os.WriteFile(path, []byte(strings.Repeat("abc", 400)), 0o666); err != nil {
		log.Fatal(err)
	}
	set := task.NewSet(language.Task{})
	res, err := tasktest.Train(set, folder, "data.path="+path, "data.steps=40",
		"model={context: 8, width: 16, layers: 1, heads: 2}", "training.epochs=2")
	if err != nil {
		log.Fatal(err)
	}
	m, _, err := set.Load(context.Background(), res.Run.Folder, "", tensor.CPU())
	if err != nil {
		log.Fatal(err)
	}
	return m.(*language.Model).Writer()
}

func ExampleWriter() {
	w := trained()
	ids, err := w.Tokens("ab")
	if err != nil {
		log.Fatal(err)
	}
	c := writing.NewGeneration(7)
	c.Sample = false // always the most probable token
	if err := c.Write(os.Stdout, w, ids); err != nil {
		log.Fatal(err)
	}
	fmt.Println()
	// Output: cabcabc
}

func ExampleGeneration() {
	c := writing.NewGeneration(100)
	fmt.Println(c.Length, c.Temperature)
	// Output: 100 0.8
}
