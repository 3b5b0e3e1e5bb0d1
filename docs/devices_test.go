package docs

import (
	"fmt"
	"log"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

func Example_device() {
	device := tensor.BestDevice() // an accelerator if this program has one, else the CPU

	model := nn.NewLinear(rng.NewTorch(42), 4, 2)
	opt := optim.NewAdam(nn.Parameters(model), optim.AdamConfig{})
	nn.To(model, device) // the optimizer's parameters stay valid

	set := data.NewTensorDataset(tensor.Ones(6, 4), tensor.Zeros(6, 2))
	loader := data.NewLoader(set, data.LoaderConfig{BatchSize: 3, Device: device}) // batches are on the model's device
	for batch := range loader.Batches() {
		loss := nn.MSE(model.Forward(batch.X), batch.Y)
		opt.ZeroGrad()
		loss.Backward()
		opt.Step()
	}

	x := tensor.Ones(1, 4).To(device) // your own tensor
	y := tensor.NoGrad(x, model.Forward)
	fmt.Println(y.Device() == device, y.Shape())
	// Output: true (1, 2)
}

func Example_deviceByName() {
	device, err := tensor.OpenDevice("cpu") // for example from a flag
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(device, device == tensor.CPU())
	// Output: cpu true
}

func Example_threads() {
	defer tensor.SetThreads(tensor.Threads())
	g := rng.NewTorch(1)
	a, b := tensor.Options{}.RandN(g, 300, 400), tensor.Options{}.RandN(g, 400, 500)

	tensor.SetThreads(1)
	alone := a.MatMul(b)
	tensor.SetThreads(4)
	fmt.Println(alone.Equal(a.MatMul(b)).All().Item() == 1) // the same bits
	// Output: true
}
