package table

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tabular"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/tensor"
)

// builder is implemented by the options of the models.
type builder interface {
	// build returns the network for rows of these columns.
	build(g *rng.Torch, in models.TabularInputs, outputs int, classes bool) nn.Module

	// atLeast returns a number of parameters that the network surely has: those of its large layers. It is a float64, which
	// no size overflows.
	atLeast(in models.TabularInputs, outputs int) float64
}

func (m *mlp) atLeast(in models.TabularInputs, outputs int) float64 {
	n, width := embedded(in, m.Bins)
	for _, hidden := range m.Hidden {
		n += width * float64(hidden)
		width = float64(hidden)
	}
	return n + float64(m.Members)*width*float64(outputs)
}

func (m *resnet) atLeast(in models.TabularInputs, outputs int) float64 {
	n, width := embedded(in, m.Bins)
	w := float64(m.Width)
	return n + width*w + float64(m.Blocks)*4*w*w + w*float64(outputs)
}

func (m *ftTransformer) atLeast(in models.TabularInputs, outputs int) float64 {
	tokens := float64(in.Numbers) * float64(1+m.Bins)
	for _, codes := range in.Categories {
		tokens += float64(codes)
	}
	w := float64(m.Width)
	return tokens*w + float64(m.Blocks)*7*w*w + w*float64(outputs)
}

func (linear) atLeast(in models.TabularInputs, outputs int) float64 {
	n := in.Numbers
	for _, codes := range in.Categories {
		n += codes
	}
	return float64(n) * float64(outputs)
}

// embedded returns the number of parameters of the columns' embeddings (see [models.TabularInputs]), at least, and that of
// the features that they give.
func embedded(in models.TabularInputs, bins int) (parameters, width float64) {
	width = float64(in.Numbers)
	if bins > 0 {
		const size = 8
		width *= size
		parameters = width * float64(2+bins)
	}
	for _, codes := range in.Categories {
		size := float64(models.EmbeddingSize(codes))
		width += size
		parameters += float64(codes) * size
	}
	return parameters, width
}

// inputs returns what the networks need to know of the columns.
func inputs(prep *tabular.Preparation) models.TabularInputs {
	return models.TabularInputs{Numbers: prep.Numeric(), Categories: prep.Cardinalities()}
}

// checkSize returns an error if the file of weights is too small for the recipe's model, before the model is allocated.
func checkSize(path string, r *recipe.Recipe, prep *tabular.Preparation) error {
	switch o := r.Model.Options.(type) {
	case builder:
		n := min(o.atLeast(inputs(prep), prep.Outputs()), math.MaxInt32)
		return task.CheckSize(path, r.Model.Name, int(n))
	case *recipe.LayerList:
		n, err := o.Parameters([]int{max(1, prep.Numeric())}, prep.Outputs()) // categories add more
		if err != nil {
			return err
		}
		return task.CheckSize(path, r.Model.Name, n)
	}
	return nil
}

func registerModels(r *recipe.Registry) {
	tables := []string{"table"}
	r.Add(recipe.Models,
		recipe.Entry{Name: "mlp",
			Doc: "several networks of fully connected layers, trained at once and averaged (TabM-mini)", Options: &mlp{}, For: tables},
		recipe.Entry{Name: "resnet", Doc: "fully connected layers with residual sums and batch norm", Options: &resnet{}, For: tables},
		recipe.Entry{Name: "ft-transformer", Doc: "attention between the columns: accurate, and slow",
			Options: &ftTransformer{}, For: tables},
		recipe.Entry{Name: "linear", Doc: "a linear model: logistic or linear regression", Options: &linear{}, For: tables},
		recipe.LayersEntry(tables...))
}

// build returns the recipe's model.
func build(r *recipe.Recipe, g *rng.Torch, prep *tabular.Preparation) (m nn.Module, err error) {
	in := inputs(prep)
	switch o := r.Model.Options.(type) {
	case builder:
		if err := task.CheckParameters(r.Model.Name, o.atLeast(in, prep.Outputs())); err != nil {
			return nil, err
		}
		err = tensor.Try(func() { m = o.build(g, in, prep.Outputs(), prep.Classes() != nil) })
		return m, err
	case *recipe.LayerList:
		n := &network{Embed: embeddings(g, in.Categories), Numbers: in.Numbers}
		n.Layers, err = o.Build(g, []int{n.width()}, prep.Outputs())
		return n, err
	}
	return nil, fmt.Errorf("no model for tables: %T", r.Model.Options)
}

// fitBins sets the edges of a model's bins to quantiles of the training rows, of at most 16,384 of them.
func fitBins(model nn.Module, set *tabular.Rows) error {
	const most = 1 << 14
	binned, ok := model.(interface{ FitBins(x tensor.Tensor) })
	if !ok || set.Len() == 0 {
		return nil
	}
	rows := make([]int64, min(most, set.Len()))
	for i := range rows {
		rows[i] = int64(i * set.Len() / len(rows))
	}
	loader := data.NewLoader(data.NewSubset(set, rows), data.LoaderConfig{BatchSize: len(rows)})
	for batch := range loader.Batches(data.NoGrad) {
		binned.FitBins(batch.X)
	}
	return loader.Err()
}

// encoded returns in with an encoding of its numbers.
func encoded(in models.TabularInputs, bins int, clip float64) models.TabularInputs {
	in.Bins, in.Clip = bins, clip
	return in
}

type mlp struct {
	Hidden  []int   `yaml:"hidden" default:"[128, 128]" min:"1" max:"65536" flag:"hidden" doc:"features of each hidden layer"`
	Dropout float64 `yaml:"dropout" default:"0.1" min:"0" below:"1" flag:"dropout" doc:"the part of the hidden features that is set to 0 in training"`
	Members int     `yaml:"members" default:"16" min:"1" max:"256" doc:"networks that are trained at once; their mean predicts"`
	Bins    int     `yaml:"bins" default:"16" min:"0" max:"1024" doc:"numbers are encoded piecewise linearly in so many bins of equally many rows; 0 means not"`
	Clip    float64 `yaml:"clip" default:"3" min:"0" doc:"numbers are limited smoothly to so many standard deviations; 0 means not"`
}

func (m *mlp) build(g *rng.Torch, in models.TabularInputs, outputs int, classes bool) nn.Module {
	c := models.TabularMLPConfig{Hidden: m.Hidden, Dropout: orZero(m.Dropout), Members: m.Members, Classes: classes}
	if len(m.Hidden) == 0 {
		c.Hidden = []int{}
	}
	return c.New(g, encoded(in, m.Bins, m.Clip), outputs)
}

type resnet struct {
	Blocks  int     `yaml:"blocks" default:"2" min:"1" max:"1000" doc:"residual sums"`
	Width   int     `yaml:"width" default:"192" min:"1" max:"65536" flag:"width" doc:"features between the blocks; twice as many inside"`
	Dropout float64 `yaml:"dropout" default:"0.15" min:"0" below:"1" flag:"dropout" doc:"the part of the features inside a block that is set to 0 in training"`
	Bins    int     `yaml:"bins" default:"16" min:"0" max:"1024" doc:"numbers are encoded piecewise linearly in so many bins of equally many rows; 0 means not"`
	Clip    float64 `yaml:"clip" default:"3" min:"0" doc:"numbers are limited smoothly to so many standard deviations; 0 means not"`
}

func (m *resnet) build(g *rng.Torch, in models.TabularInputs, outputs int, _ bool) nn.Module {
	return models.TabularResNetConfig{Blocks: m.Blocks, Width: m.Width, Dropout: orZero(m.Dropout)}.New(g,
		encoded(in, m.Bins, m.Clip), outputs)
}

type ftTransformer struct {
	Blocks           int     `yaml:"blocks" default:"3" min:"1" max:"1000" doc:"layers of attention"`
	Width            int     `yaml:"width" default:"64" min:"1" max:"65536" flag:"width" doc:"features of a column's token, a multiple of heads"`
	Heads            int     `yaml:"heads" default:"8" min:"1" max:"1024" flag:"heads" doc:"heads of attention"`
	AttentionDropout float64 `yaml:"attention_dropout" default:"0.2" min:"0" below:"1" doc:"the part of attention's weights that is set to 0 in training"`
	Dropout          float64 `yaml:"dropout" default:"0.1" min:"0" below:"1" flag:"dropout" doc:"the part of the hidden features that is set to 0 in training"`
	Bins             int     `yaml:"bins" default:"0" min:"0" max:"1024" doc:"numbers are encoded piecewise linearly in so many bins of equally many rows; 0 means not"`
	Clip             float64 `yaml:"clip" default:"3" min:"0" doc:"numbers are limited smoothly to so many standard deviations; 0 means not"`
}

func (m *ftTransformer) build(g *rng.Torch, in models.TabularInputs, outputs int, _ bool) nn.Module {
	c := models.FTTransformerConfig{Blocks: m.Blocks, Width: m.Width, Heads: m.Heads,
		AttentionDropout: orZero(m.AttentionDropout), Dropout: orZero(m.Dropout)}
	return c.New(g, encoded(in, m.Bins, m.Clip), outputs)
}

type linear struct{}

func (linear) build(g *rng.Torch, in models.TabularInputs, outputs int, _ bool) nn.Module {
	return models.NewTabularLinear(g, in, outputs)
}

// orZero returns p as a field of a config of package models, where 0 means the default.
func orZero(p float64) float64 {
	if p == 0 {
		return nn.Zero
	}
	return p
}

// network embeds the codes of a row and applies layers to the numbers and the embeddings.
type network struct {
	Embed   []*nn.Embedding
	Layers  nn.Sequential
	Numbers int
}

// embeddings returns a table for each category, with vectors of the size that [models.EmbeddingSize] gives.
func embeddings(g *rng.Torch, categories []int) []*nn.Embedding {
	var tables []*nn.Embedding
	for _, n := range categories {
		tables = append(tables, nn.NewEmbedding(g, n, models.EmbeddingSize(n)))
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
