package docs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
)

// trainUntilStopped trains until it is done, or until Ctrl-C or the end of the session, and continues where it stopped.
func trainUntilStopped(path string, epochs int) (done bool, err error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM) // both exist on Windows, too
	defer stop()

	g := rng.NewTorch(1)
	x := tensor.Options{}.RandN(g, 200, 2)
	model := nn.NewLinear(g, 2, 2)
	_, err = train.Fit(ctx, model, train.Config{
		Train:     data.NewLoader(data.NewTensorDataset(x, x.ArgMax(1)), data.LoaderConfig{BatchSize: 20, Shuffle: true, RNG: g}),
		Optimizer: optim.NewAdam(nn.Parameters(model), optim.AdamConfig{}),
		Loss:      nn.CrossEntropyLoss{},
		Epochs:    epochs,

		Checkpoint: path, Resume: true,
	})
	if errors.Is(err, context.Canceled) {
		return false, nil // saved: call the function again to continue
	}
	return err == nil, err
}

func Example_untilStopped() {
	folder, err := os.MkdirTemp("", "lamina")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "training.safetensors") // not folder + "/": on Windows it is \

	fmt.Println(trainUntilStopped(path, 2))
	fmt.Println(trainUntilStopped(path, 5)) // epochs 3 to 5
	// Output:
	// true <nil>
	// true <nil>
}
