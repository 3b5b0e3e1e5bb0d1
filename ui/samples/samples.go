// Package samples has trained networks that read digits, which the page shows before there is a run. The program in folder
// train trains them.
package samples

import (
	"bytes"
	"embed"
	"fmt"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/safetensors"
)

//go:embed *.safetensors
var weights embed.FS

// Network is a network for images (N, 1, 28, 28) of digits, ink 1 on 0. Its results are the scores (N, 10).
type Network struct {
	Name string                           // of its file, without the ending
	New  func(g *rng.Torch) nn.Sequential // with first weights drawn from g
}

// Networks lists the networks.
var Networks = []Network{
	// The network of the notes: three hidden layers of 64 neurons.
	{"neurons", func(g *rng.Torch) nn.Sequential {
		return nn.Sequential{
			&nn.Flatten{},
			nn.NewLinear(g, 28*28, 64), &nn.ReLU{},
			nn.NewLinear(g, 64, 64), &nn.ReLU{},
			nn.NewLinear(g, 64, 64), &nn.ReLU{},
			nn.NewLinear(g, 64, 10),
		}
	}},
	// Two convolutions: 8 maps of strokes, 16 maps of shapes.
	{"maps", func(g *rng.Torch) nn.Sequential {
		return nn.Sequential{
			nn.NewConv2d(g, 1, 8, 5), &nn.ReLU{}, nn.NewMaxPool2d(2),
			nn.NewConv2d(g, 8, 16, 5), &nn.ReLU{}, nn.NewMaxPool2d(2),
			&nn.Flatten{},
			nn.NewLinear(g, 16*4*4, 10),
		}
	}},
}

// Load returns the trained network in evaluation mode.
func (n Network) Load() (nn.Sequential, error) {
	raw, err := weights.ReadFile(n.Name + ".safetensors")
	if err != nil {
		return nil, fmt.Errorf("samples: %w", err)
	}
	f, err := safetensors.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, fmt.Errorf("samples: %s: %w", n.Name, err)
	}
	var dict []nn.Named
	for _, name := range f.Names() {
		t, err := f.Tensor(name)
		if err != nil {
			return nil, fmt.Errorf("samples: %s: %w", n.Name, err)
		}
		dict = append(dict, nn.Named{Name: name, Tensor: t})
	}
	model := n.New(rng.NewTorch(0))
	if err := nn.LoadStateDict(model, dict); err != nil {
		return nil, fmt.Errorf("samples: %s: %w", n.Name, err)
	}
	nn.Eval(model)
	return model, nil
}
