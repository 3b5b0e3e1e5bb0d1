package nn_test

import (
	"fmt"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// docs/from-pytorch.md shows the body of this example beside the same program in Python, which prints the same numbers.
func Example_fromPyTorch() {
	g := rng.NewTorch(42)
	x := tensor.Options{}.RandN(g, 96, 4)
	y := x.Slice(1, 0, 3, 1).ArgMax(1)
	model := nn.Sequential{nn.NewLinear(g, 4, 16), &nn.ReLU{}, nn.NewLinear(g, 16, 3)}
	opt := optim.NewAdam(nn.Parameters(model), optim.AdamConfig{LR: 0.01})
	loader := data.NewLoader(data.NewTensorDataset(x, y), data.LoaderConfig{BatchSize: 32})
	for range 5 {
		total := 0.0
		for batch := range loader.Batches() {
			loss := nn.CrossEntropy(model.Forward(batch.X), batch.Y)
			opt.ZeroGrad()
			loss.Backward()
			opt.Step()
			total += loss.Item()
		}
		fmt.Printf("%.4f\n", total/float64(loader.Len()))
	}
	// Output:
	// 1.0166
	// 0.9361
	// 0.8661
	// 0.8040
	// 0.7462
}
