package digits

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/task"
)

// mlp holds the options of a network of fully connected layers.
type mlp struct {
	Hidden []int `yaml:"hidden" default:"[256, 128]" min:"1" max:"1e9" flag:"hidden" doc:"features of each hidden layer"`
}

// cnn is a network of convolutional layers. It has no options.
type cnn struct{}

// convnet holds the options of a deeper network of convolutional layers.
type convnet struct {
	Width int `yaml:"width" default:"24" min:"1" max:"256" flag:"width" doc:"filters of the first layer; the later ones have two and four times as many"`
}

// architecture describes the network of a run: a classifier of square grayscale images.
type architecture struct {
	Size    int // images have Size×Size pixels
	Classes int
	model   any // *mlp, *cnn, *convnet or *recipe.LayerList
}

// maxConvolved limits the size of the images of a cnn, whose first fully connected layer grows with it.
const maxConvolved = 256

// sizes returns the widths of all layers of an mlp, input and output included.
func (a architecture) sizes(m *mlp) []int {
	sizes := append([]int{a.Size * a.Size}, m.Hidden...)
	return append(sizes, a.Classes)
}

// check returns an error for an invalid size.
func (a architecture) check() error {
	if a.Size < 4 || a.Size > 4096 || a.Classes < 2 || a.Classes > 1_000_000 {
		return fmt.Errorf("images of %d×%d pixels and %d classes, want 4 to 4096 pixels and 2 to 1,000,000 classes",
			a.Size, a.Size, a.Classes)
	}
	switch m := a.model.(type) {
	case *cnn, *convnet:
		if a.Size < 16 || a.Size > maxConvolved {
			return fmt.Errorf("images of %d×%d pixels, want 16 to %d for a convolutional network", a.Size, a.Size, maxConvolved)
		}
	case *recipe.LayerList:
		_, err := m.Parameters(a.input(m), a.Classes)
		return err
	case *mlp:
		sizes, total := a.sizes(m), 0
		for i, out := range sizes[1:] {
			if sizes[i]+1 > (task.MaxParameters-total)/out {
				return fmt.Errorf("the model %s has more than a billion parameters, which is the limit", a)
			}
			total += (sizes[i] + 1) * out
		}
	}
	return nil
}

// String returns a text such as "784-128-64-10".
func (a architecture) String() string {
	switch m := a.model.(type) {
	case *cnn:
		return fmt.Sprintf("convolutional, images of %d×%d, %d classes", a.Size, a.Size, a.Classes)
	case *convnet:
		return fmt.Sprintf("convnet of width %d, images of %d×%d, %d classes", m.Width, a.Size, a.Size, a.Classes)
	case *mlp:
		return join(a.sizes(m), "-")
	case *recipe.LayerList:
		return fmt.Sprintf("%d layers, images of %d×%d, %d classes", len(m.Layers), a.Size, a.Size, a.Classes)
	}
	return "unknown"
}

// join returns the sizes as text, separated by sep.
func join(sizes []int, sep string) string {
	var parts []string
	for _, n := range sizes {
		parts = append(parts, strconv.Itoa(n))
	}
	return strings.Join(parts, sep)
}

// input returns the shape of the samples that a list of layers gets: rows of pixels, or pictures if its first layer needs
// them.
func (a architecture) input(l *recipe.LayerList) []int {
	if l.Layers[0].Name == "linear" {
		return []int{a.Size * a.Size}
	}
	return []int{1, a.Size, a.Size}
}

// build returns the model with weights drawn from g, for rows of pixels (N, Size·Size). An mlp has Linear and ReLU for
// each hidden layer, then Linear to the scores. A list of layers gets the pictures (1, Size, Size) if its first layer
// needs them.
func (a architecture) build(g *rng.Torch) (nn.Sequential, error) {
	switch m := a.model.(type) {
	case *cnn:
		return models.NewDigitsNet(g, a.Size, a.Classes), nil
	case *convnet:
		return append(nn.Sequential{a.unflatten()}, models.NewConvNet(g, 1, a.Size, m.Width, a.Classes)...), nil
	case *mlp:
		sizes := a.sizes(m)
		var model nn.Sequential
		for i, out := range sizes[1:] {
			if i > 0 {
				model = append(model, &nn.ReLU{})
			}
			model = append(model, nn.NewLinear(g, sizes[i], out))
		}
		return model, nil
	case *recipe.LayerList:
		if m.Layers[0].Name == "linear" {
			return m.Build(g, []int{a.Size * a.Size}, a.Classes)
		}
		layers, err := m.Build(g, []int{1, a.Size, a.Size}, a.Classes)
		return append(nn.Sequential{a.unflatten()}, layers...), err
	}
	return nil, fmt.Errorf("no model of digits has the options %T", a.model)
}

// unflatten makes pictures (1, Size, Size) of rows of pixels.
func (a architecture) unflatten() nn.Module {
	return &nn.Unflatten{Dim: 1, Sizes: []int{1, a.Size, a.Size}}
}
