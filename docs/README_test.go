package docs

import (
	"fmt"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// The smallest training: it needs every import that the index names.
func Example() {
	x := tensor.From([]float32{0, 1, 2, 3}, 4, 1)
	model := nn.NewLinear(rng.NewTorch(1), 1, 1)
	opt := optim.NewSGD(nn.Parameters(model), optim.SGDConfig{LR: 0.1})
	loader := data.NewLoader(data.NewTensorDataset(x, x.MulScalar(2)), data.LoaderConfig{BatchSize: 4})
	for range 200 {
		for batch := range loader.Batches() {
			loss := nn.MSE(model.Forward(batch.X), batch.Y)
			opt.ZeroGrad()
			loss.Backward()
			opt.Step()
		}
	}
	fmt.Printf("%.2f\n", model.Forward(tensor.From([]float32{10}, 1, 1)).Item())
	// Output: 20.00
}
