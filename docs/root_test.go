package docs

import (
	"fmt"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

type FourLayerNN struct{ FC1, FC2, FC3, FC4 *nn.Linear }

func (m *FourLayerNN) Forward(x tensor.Tensor) tensor.Tensor {
	x = m.FC1.Forward(x).ReLU()
	x = m.FC2.Forward(x).ReLU()
	x = m.FC3.Forward(x).ReLU()
	return m.FC4.Forward(x)
}

// The code of the repository's README.md.
func Example_rootReadme() {
	device := tensor.BestDevice() // an accelerator if this program has one, else "cpu"

	g := rng.NewTorch(42)
	x, y := tensor.Options{}.RandN(g, 64, 100), tensor.Options{}.RandInt(g, 0, 10, 64)
	linear := func(in, out int) *nn.Linear { return nn.NewLinear(g, in, out) }
	model := &FourLayerNN{linear(100, 128), linear(128, 64), linear(64, 32), linear(32, 10)}
	nn.To(model, device)
	opt := optim.NewAdam(nn.Parameters(model), optim.AdamConfig{})
	loader := data.NewLoader(data.NewTensorDataset(x, y), data.LoaderConfig{BatchSize: 32, Device: device})

	before := nn.CrossEntropy(model.Forward(x.To(device)), y.To(device)).Item()
	for batch := range loader.Batches() {
		loss := nn.CrossEntropy(model.Forward(batch.X), batch.Y)
		opt.ZeroGrad()
		loss.Backward()
		opt.Step()
	}
	fmt.Println(nn.CrossEntropy(model.Forward(x.To(device)), y.To(device)).Item() < before)
	// Output: true
}
