package checkpoint_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train/checkpoint"
)

// Read the progress of a training without restoring it.
func ExamplePosition() {
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "checkpoint.safetensors")

	_, training := newTraining(8)
	at := checkpoint.Position{Epoch: 2, Step: 30, Losses: []float64{0.7, 0.5}, Notes: json.RawMessage(`{"by":"hand"}`)}
	if err := checkpoint.Save(path, training, at); err != nil {
		panic(err)
	}

	at, err = checkpoint.ReadPosition(path)
	fmt.Println(at.Epoch, at.Step, string(at.Notes), err)
	// Output: 2 30 {"by":"hand"} <nil>
}

// The generators are part of a training: after Load they draw the same numbers again.
func ExampleTraining() {
	g := rng.NewTorch(1)
	model := nn.NewLinear(g, 3, 2)
	training := &checkpoint.Training{
		Model:      model,
		Optimizer:  optim.NewAdam(nn.Parameters(model), optim.AdamConfig{}),
		Generators: []*rng.Torch{g},
	}

	before, err := training.States()
	if err != nil {
		panic(err)
	}
	first := tensor.Options{}.RandN(g, 2)
	if err := training.SetStates(before); err != nil {
		panic(err)
	}
	fmt.Println(first.Equal(tensor.Options{}.RandN(g, 2)))
	// Output: tensor([true, true])
}
