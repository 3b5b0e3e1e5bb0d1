package docs

import (
	"context"
	"log"
	"strings"

	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/tensor"
)

// trainRun does what `lamina train` does with settings such as data.path=houses.csv.
func trainRun(folder string, settings ...string) {
	document := recipe.NewDocument()
	for _, s := range settings {
		key, value, _ := strings.Cut(s, "=")
		if err := document.Set(key, value, "the page"); err != nil {
			log.Fatal(err)
		}
	}
	configuration, err := document.Decode(tasks.Registry)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := tasks.Train(context.Background(), task.Config{Recipe: configuration, Out: folder, Device: tensor.CPU()}); err != nil {
		log.Fatal(err)
	}
}
