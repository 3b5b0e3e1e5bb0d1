// Package samples has trained networks that the page shows before there is a run: they read digits, or repeat letters. The
// program in folder train trains those for digits, docs/pictures/repeat the other.
package samples

import (
	"bytes"
	"embed"
	"fmt"

	"github.com/lamina-ml/lamina/models"
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
	model := n.New(rng.NewTorch(0))
	if err := load(model, n.Name); err != nil {
		return nil, err
	}
	return model, nil
}

// Letters are the tokens of Repeat, in the order of their ids.
const Letters = "abcdefgh"

// Repeat returns a transformer of two layers with two heads each, which has learned to repeat ten letters: of twenty tokens
// the last ten are the first ten again. It is in evaluation mode.
func Repeat() (*models.GPT2, error) {
	model := models.GPT2Config{
		Vocabulary: len(Letters), Context: 20, Width: 32, Layers: 2, Heads: 2,
		ResidualDropout: nn.Zero, EmbeddingDropout: nn.Zero, AttentionDropout: nn.Zero,
	}.New(rng.NewTorch(0))
	if err := load(model, "repeat"); err != nil {
		return nil, err
	}
	return model, nil
}

// load reads the weights of a file into a model.
func load(model any, name string) error {
	raw, err := weights.ReadFile(name + ".safetensors")
	if err != nil {
		return fmt.Errorf("samples: %w", err)
	}
	f, err := safetensors.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return fmt.Errorf("samples: %s: %w", name, err)
	}
	var dict []nn.Named
	for _, key := range f.Names() {
		t, err := f.Tensor(key)
		if err != nil {
			return fmt.Errorf("samples: %s: %w", name, err)
		}
		dict = append(dict, nn.Named{Name: key, Tensor: t})
		if key == "lm_head.weight" { // tied to the embedding: the file stores it once
			dict = append(dict, nn.Named{Name: "transformer.wte.weight", Tensor: t})
		}
	}
	if err := nn.LoadStateDict(model, dict); err != nil {
		return fmt.Errorf("samples: %s: %w", name, err)
	}
	nn.Eval(model)
	return nil
}
