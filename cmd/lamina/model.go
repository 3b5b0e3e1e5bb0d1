package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
)

// architecture describes a classifier of square grayscale images.
type architecture struct {
	Name    string `json:"name,omitempty"`   // mlp, which is meant by "" too, or cnn
	Size    int    `json:"size"`             // images have size×size pixels
	Hidden  []int  `json:"hidden,omitempty"` // features of each hidden layer of an mlp
	Classes int    `json:"classes"`          // number of classes
}

// The values of --model.
const (
	mlp = "mlp" // fully connected layers
	cnn = "cnn" // convolutional layers
)

// maxConvolved limits the size of the images of a cnn, whose first fully connected layer grows with it.
const maxConvolved = 256

// maxParameters limits the weights to 4 GB, so that a typing error does not exhaust the memory.
const maxParameters = 1_000_000_000

// sizes returns the widths of all layers, input and output included.
func (a architecture) sizes() []int {
	sizes := append([]int{a.Size * a.Size}, a.Hidden...)
	return append(sizes, a.Classes)
}

// parameters returns the number of parameters, or an error for an invalid size.
func (a architecture) parameters() (int, error) {
	if a.Size < 4 || a.Size > 4096 || a.Classes < 2 || a.Classes > 1_000_000 {
		return 0, fmt.Errorf("images of %d×%d pixels and %d classes, want 4 to 4096 pixels and 2 to 1,000,000 classes",
			a.Size, a.Size, a.Classes)
	}
	if a.Name == cnn {
		if a.Size < 16 || a.Size > maxConvolved {
			return 0, fmt.Errorf("images of %d×%d pixels, want 16 to %d for a convolutional network", a.Size, a.Size, maxConvolved)
		}
		return nn.Count(a.build(rng.NewTorch(0))), nil
	}
	if a.Name != "" && a.Name != mlp {
		return 0, fmt.Errorf("no model %q, want %s or %s", a.Name, mlp, cnn)
	}
	sizes := a.sizes()
	total := 0
	for i, out := range sizes[1:] {
		in := sizes[i]
		if out < 1 || out > maxParameters {
			return 0, fmt.Errorf("a layer of %d features, want 1 to %d", out, maxParameters)
		}
		if in+1 > (maxParameters-total)/out {
			return 0, fmt.Errorf("the model %s has more than a billion parameters, which is the limit", a)
		}
		total += (in + 1) * out
	}
	return total, nil
}

// String returns a text such as "784-128-64-10".
func (a architecture) String() string {
	if a.Name == cnn {
		return fmt.Sprintf("convolutional, images of %d×%d, %d classes", a.Size, a.Size, a.Classes)
	}
	return join(a.sizes(), "-")
}

// join returns the sizes as text, separated by sep.
func join(sizes []int, sep string) string {
	var parts []string
	for _, n := range sizes {
		parts = append(parts, strconv.Itoa(n))
	}
	return strings.Join(parts, sep)
}

// build returns the model with weights drawn from g. An mlp has Linear and ReLU for each hidden layer, then Linear to
// the scores.
func (a architecture) build(g *rng.Torch) nn.Sequential {
	if a.Name == cnn {
		return models.NewDigitsNet(g, a.Size, a.Classes)
	}
	sizes := a.sizes()
	var model nn.Sequential
	for i, out := range sizes[1:] {
		if i > 0 {
			model = append(model, &nn.ReLU{})
		}
		model = append(model, nn.NewLinear(g, sizes[i], out))
	}
	return model
}
