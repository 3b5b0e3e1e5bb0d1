package torchfile_test

import (
	"fmt"
	"log"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/torchfile"
)

// A model takes its weights from a checkpoint that a PyTorch program saved.
func ExampleLoadModel() {
	g := rng.NewTorch(0)
	model := nn.Sequential{nn.NewLinear(g, 4, 3), &nn.ReLU{}, nn.NewLayerNorm(3), nn.NewLinear(g, 3, 2)}
	if err := torchfile.LoadModel("../testdata/torch/torchfile/checkpoint.pt", model, "model_state"); err != nil {
		log.Fatal(err)
	}
	fmt.Println(nn.StateDict(model)[1].Tensor)
	// Output: tensor([-0.2974, -0.1252, -0.2426], requires grad)
}

func ExampleContents() {
	c, err := torchfile.Load("../testdata/torch/torchfile/checkpoint.pt")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(c.Tensors["model_state.3.bias"])
	// Output: tensor([ 0.4123, -0.0604])
}

func ExampleDict() {
	c, err := torchfile.Load("../testdata/torch/torchfile/checkpoint.pt")
	if err != nil {
		log.Fatal(err)
	}
	root := c.Root.(*torchfile.Dict)
	epoch, _ := root.Get("epoch")
	fmt.Println(epoch)
	// Output: 7
}

func ExampleItem() {
	c, err := torchfile.Load("../testdata/torch/torchfile/checkpoint.pt")
	if err != nil {
		log.Fatal(err)
	}
	for _, item := range c.Root.(*torchfile.Dict).Items[:3] {
		fmt.Println(item.Key, item.Value)
	}
	// Output:
	// epoch 7
	// loss 0.25
	// name größer
}

func ExampleObject() {
	c, err := torchfile.Load("../testdata/torch/torchfile/module.pt") // a whole module
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(c.Root.(*torchfile.Object).Class)
	fmt.Println(c.Tensors["1.3.bias"])
	// Output:
	// torch.nn.modules.container.Sequential
	// tensor([ 0.4123, -0.0604])
}
