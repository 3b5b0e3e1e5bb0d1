package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
)

// architecture is a classifier of square grey pictures with fully connected layers.
type architecture struct {
	Size    int   `json:"size"`    // pictures are size×size pixels
	Hidden  []int `json:"hidden"`  // features of each hidden layer
	Classes int   `json:"classes"` // how many scores come out
}

// maxParameters keeps a slip of the finger from taking all memory: 4 GB of weights.
const maxParameters = 1_000_000_000

// sizes returns the widths of all layers, input and output included.
func (a architecture) sizes() []int {
	sizes := append([]int{a.Size * a.Size}, a.Hidden...)
	return append(sizes, a.Classes)
}

// parameters returns how many the model has, or an error where a size makes no sense.
func (a architecture) parameters() (int, error) {
	if a.Size < 4 || a.Size > 4096 || a.Classes < 2 || a.Classes > 1_000_000 {
		return 0, fmt.Errorf("no model has pictures of %d×%d pixels and %d classes", a.Size, a.Size, a.Classes)
	}
	sizes := a.sizes()
	total := 0
	for i, out := range sizes[1:] {
		in := sizes[i]
		if out < 1 || out > maxParameters {
			return 0, fmt.Errorf("a layer cannot have %d features", out)
		}
		if in+1 > (maxParameters-total)/out {
			return 0, fmt.Errorf("the model %s would have more than a billion parameters", a)
		}
		total += (in + 1) * out
	}
	return total, nil
}

// String returns a text such as "784-128-64-10".
func (a architecture) String() string { return join(a.sizes(), "-") }

func join(sizes []int, sep string) string {
	var parts []string
	for _, n := range sizes {
		parts = append(parts, strconv.Itoa(n))
	}
	return strings.Join(parts, sep)
}

// build returns the model, its weights drawn from g: for each hidden layer a linear map and ReLU, then a linear map to the scores.
func (a architecture) build(g *rng.Torch) nn.Sequential {
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
