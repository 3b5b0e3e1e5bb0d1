// Predict loads the model that train saved, and predicts in several goroutines.
package main

import (
	"fmt"
	"log"
	"os"
	"sync"

	"example.com/outside"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
)

func main() {
	log.SetFlags(0)
	model := outside.NewModel(rng.NewTorch(0))
	if err := safetensors.LoadModel(os.Args[1], model); err != nil {
		log.Fatal(err)
	}
	nn.Eval(model)
	points := tensor.From([]float32{0.25, 0.43, -0.25, -0.43, -0.5, 0.07, 0.5, -0.07}, 4, 2)
	classes := make([][]int64, 4)
	var wg sync.WaitGroup
	for i := range classes {
		wg.Go(func() { classes[i] = train.Predict(model, points) })
	}
	wg.Wait()
	fmt.Println(classes)
}
