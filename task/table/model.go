package table

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tabular"
	"github.com/lamina-ml/lamina/tensor"
)

// builder is implemented by the options of the models.
type builder interface {
	// build returns the network for rows of numbers and codes, whose numbers of values are categories.
	build(g *rng.Torch, numbers int, categories []int, outputs int) (nn.Module, error)
}

func registerModels(r *recipe.Registry) {
	tables := []string{"table"}
	r.Add(recipe.Models,
		recipe.Entry{Name: "mlp", Doc: "fully connected layers with ReLU and dropout", Options: &mlp{}, For: tables},
		recipe.Entry{Name: "linear", Doc: "a linear model: logistic or linear regression", Options: &linear{}, For: tables},
		recipe.LayersEntry(tables...))
}

// build returns the recipe's model.
func build(r *recipe.Recipe, g *rng.Torch, prep *tabular.Preparation) (nn.Module, error) {
	numbers, categories, outputs := prep.Numeric(), prep.Cardinalities(), prep.Outputs()
	switch o := r.Model.Options.(type) {
	case builder:
		return o.build(g, numbers, categories, outputs)
	case *recipe.LayerList:
		n := &network{Embed: embeddings(g, categories), Numbers: numbers}
		var err error
		n.Layers, err = o.Build(g, []int{n.width()}, outputs)
		return n, err
	}
	return nil, fmt.Errorf("no model for tables: %T", r.Model.Options)
}

// describe returns a text such as "12 numbers, 2 embeddings, 5763 parameters".
func describe(model nn.Module) string {
	return fmt.Sprintf("%d parameters", nn.Count(model))
}

type mlp struct {
	Hidden  []int   `yaml:"hidden" default:"[128, 128]" min:"1" max:"65536" flag:"hidden" doc:"features of each hidden layer"`
	Dropout float64 `yaml:"dropout" default:"0.1" min:"0" below:"1" doc:"the part of the hidden features that is set to 0 in training"`
}

func (m *mlp) build(g *rng.Torch, numbers int, categories []int, outputs int) (nn.Module, error) {
	n := &network{Embed: embeddings(g, categories), Numbers: numbers}
	width := n.width()
	for _, h := range m.Hidden {
		n.Layers = append(n.Layers, nn.NewLinear(g, width, h), &nn.ReLU{})
		if m.Dropout > 0 {
			n.Layers = append(n.Layers, nn.NewDropout(g, m.Dropout))
		}
		width = h
	}
	n.Layers = append(n.Layers, nn.NewLinear(g, width, outputs))
	return n, nil
}

type linear struct{}

func (linear) build(g *rng.Torch, numbers int, categories []int, outputs int) (nn.Module, error) {
	return (&mlp{}).build(g, numbers, categories, outputs)
}

// network embeds the codes of a row and applies layers to the numbers and the embeddings.
type network struct {
	Embed   []*nn.Embedding
	Layers  nn.Sequential
	Numbers int
}

// embeddings returns a table for each category. Its vectors have 1.6·n^0.56 numbers for n codes, at most 50: fastai's rule.
func embeddings(g *rng.Torch, categories []int) []*nn.Embedding {
	var tables []*nn.Embedding
	for _, n := range categories {
		tables = append(tables, nn.NewEmbedding(g, n, min(50, int(math.Ceil(1.6*math.Pow(float64(n), 0.56))))))
	}
	return tables
}

// width returns the number of features of the first layer.
func (n *network) width() int {
	w := n.Numbers
	for _, e := range n.Embed {
		w += e.Weight.Shape().Dim(1)
	}
	return w
}

// Forward returns the outputs (N, outputs) of prepared rows (N, numbers + codes).
func (n *network) Forward(x tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(n)
	in := x
	if len(n.Embed) > 0 {
		parts := []tensor.Tensor{x.Narrow(1, 0, n.Numbers)}
		for i, e := range n.Embed {
			parts = append(parts, e.Forward(x.Select(1, n.Numbers+i).Cast(tensor.Int64)))
		}
		in = tensor.Cat(1, parts...)
	}
	return nn.Report(n, x, n.Layers.Forward(in))
}
