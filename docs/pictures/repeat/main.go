// Repeat trains the transformer of docs/long-range.md, which repeats ten letters, and writes its weights to the file
// that is named. It takes a few seconds.
//
//	go run ./docs/pictures/repeat docs/testdata/repeat.safetensors
package main

import (
	"fmt"
	"log"
	"os"

	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/tensor"
)

const letters, length = 8, 10

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: repeat weights.safetensors")
	}
	g := rng.NewTorch(1)
	model := models.GPT2Config{
		Vocabulary: letters, Context: 2 * length, Width: 32, Layers: 2, Heads: 2,
		ResidualDropout: nn.Zero, EmbeddingDropout: nn.Zero, AttentionDropout: nn.Zero,
	}.New(g)
	opt := optim.NewAdamW(nn.Parameters(model), optim.AdamWConfig{LR: 3e-3})
	s := tensor.NewScope(tensor.CPU())
	for step := range 1000 {
		first := make([]int64, 64*length)
		g.Randint(first, 0, letters)
		x := tensor.From(first, 64, length).InScope(s)
		ids := tensor.Cat(1, x, x)
		scores := model.Forward(ids.Narrow(1, 0, 2*length-1)).Narrow(1, length-1, length).Reshape(-1, letters)
		loss := nn.CrossEntropy(scores, x.Reshape(-1))
		opt.ZeroGrad()
		loss.Backward()
		opt.Step()
		if step%100 == 99 {
			fmt.Printf("step %d: loss %.4f\n", step+1, loss.Item())
		}
		s.Recycle()
	}
	if err := safetensors.SaveModel(os.Args[1], model); err != nil {
		log.Fatal(err)
	}
}
