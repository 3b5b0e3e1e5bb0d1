package models

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/internal/defaults"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// TabularInputs describes the rows of a prepared table (package tabular), the input of the tabular models: x is
// (N, Numbers + len(Categories)), first the numbers, standardized, then for each category its code as a whole number.
type TabularInputs struct {
	Numbers    int
	Categories []int // how many codes each category has: 0, …, n−1

	// Clip limits numbers smoothly to ±Clip, so that outliers do not dominate: x/√(1+(x/Clip)²). 0 means no limit.
	// (https://arxiv.org/abs/2407.04491)
	Clip float64

	// Bins is the number of bins with which each number is encoded piecewise linearly; see [NumberEmbeddings]. 0 means
	// none. NumberSize is the size of a number's embedding then; 0 means 8. (The FT-Transformer's is its width.)
	Bins, NumberSize int
}

// Width returns the number of columns of x.
func (in TabularInputs) Width() int { return in.Numbers + len(in.Categories) }

// EmbeddingSize returns the size of the embedding of a category with n codes by fastai's rule: min(600, round(1.6·n^0.56)).
// (emb_sz_rule in https://docs.fast.ai/tabular.model.html)
func EmbeddingSize(n int) int { return min(600, int(math.RoundToEven(1.6*math.Pow(float64(n), 0.56)))) }

// check panics if the description has no meaning.
func (in TabularInputs) check(op string, outputs int) {
	switch {
	case in.Numbers < 0 || in.Width() == 0:
		fail(op, "the table has %d numbers and %d categories, want at least one column", in.Numbers, len(in.Categories))
	case !(in.Clip >= 0) || in.Bins < 0 || in.NumberSize < 0:
		fail(op, "Clip is %v, Bins %d, NumberSize %d: none may be negative", in.Clip, in.Bins, in.NumberSize)
	case outputs < 1:
		fail(op, "%d outputs, want at least 1", outputs)
	}
	for i, n := range in.Categories {
		if n < 1 {
			fail(op, "category %d has %d codes, want at least 1", i, n)
		}
	}
}

// numbersOf returns the numbers of x (N, width), clipped.
func (in TabularInputs) numbersOf(op string, x tensor.Tensor) tensor.Tensor {
	if x.Rank() != 2 || x.Dim(1) != in.Width() {
		panic(&tensor.Error{Op: op,
			Msg: fmt.Sprintf("the input must be (N, %d): %d numbers and the codes of %d categories", in.Width(),
				in.Numbers, len(in.Categories)),
			Shapes: []tensor.Shape{x.Shape()}})
	}
	x = x.Narrow(1, 0, in.Numbers)
	if in.Clip > 0 {
		x = x.Div(x.MulScalar(1 / in.Clip).Square().AddScalar(1).Sqrt())
	}
	return x
}

// codesOf returns the codes of category i, (N).
func (in TabularInputs) codesOf(x tensor.Tensor, i int) tensor.Tensor {
	return x.Select(1, in.Numbers+i).Cast(tensor.Int64)
}

// onStack is the number of columns whose list of tensors a step does not allocate on the Go heap.
const onStack = 64

// tabularColumns turns a row into features: the numbers, or their embeddings, and the embeddings of the categories.
type tabularColumns struct {
	ContEmbeddings *NumberEmbeddings // nil: the numbers are features themselves
	CatEmbeddings  []*nn.Embedding

	inputs TabularInputs
	op     string
}

func newTabularColumns(op string, g *rng.Torch, in TabularInputs, outputs int) *tabularColumns {
	in.check(op, outputs)
	c := &tabularColumns{inputs: in, op: op}
	if in.Bins > 0 && in.Numbers > 0 {
		c.ContEmbeddings = newNumberEmbeddings(g, in.Numbers, in.Bins, defaults.Int(in.NumberSize, 8))
	}
	for _, n := range in.Categories {
		c.CatEmbeddings = append(c.CatEmbeddings, nn.NewEmbedding(g, n, EmbeddingSize(n)))
	}
	return c
}

// width returns the number of features.
func (c *tabularColumns) width() int {
	n := c.inputs.Numbers
	if c.ContEmbeddings != nil {
		n *= c.ContEmbeddings.Weight.Dim(1)
	}
	for _, e := range c.CatEmbeddings {
		n += e.Weight.Dim(1)
	}
	return n
}

// FitBins makes the edges of all bins quantiles of the numbers in the rows x (N, columns), such as a sample of the
// training rows. It does nothing for a model without bins.
func (c *tabularColumns) FitBins(x tensor.Tensor) { c.ContEmbeddings.fit(c.inputs.numbersOf(c.op, x)) }

// Forward is a part of the models' Forward, and no layer that they report: it has no parameters besides its embeddings.
func (c *tabularColumns) Forward(x tensor.Tensor) tensor.Tensor {
	y := c.inputs.numbersOf(c.op, x)
	if c.ContEmbeddings != nil {
		y = c.ContEmbeddings.Forward(y).Flatten(1)
	}
	if len(c.CatEmbeddings) > 0 {
		parts := append(make([]tensor.Tensor, 0, onStack), y)
		for i, e := range c.CatEmbeddings {
			parts = append(parts, e.Forward(c.inputs.codesOf(x, i)))
		}
		y = tensor.Cat(1, parts...)
	}
	return y
}

// TabularLinear is the linear model of a table: linear regression, or logistic regression if the outputs are logits:
//
//	y = W·numbers + b + Σⱼ Eⱼ[codeⱼ]        (N, columns) → (N, outputs)
//
// where Eⱼ has a row for each code of category j, which is W for the category one-hot. It ignores Bins.
type TabularLinear struct {
	Linear        *nn.Linear
	CatEmbeddings []*nn.Embedding // (codes, outputs), first 0

	inputs TabularInputs
}

// NewTabularLinear returns a linear model. W and b are drawn from g as [nn.NewLinear] does.
func NewTabularLinear(g *rng.Torch, in TabularInputs, outputs int) *TabularLinear {
	in.check("tabular linear", outputs)
	m := &TabularLinear{Linear: nn.NewLinear(g, in.Numbers, outputs), inputs: in}
	for _, n := range in.Categories {
		m.CatEmbeddings = append(m.CatEmbeddings, &nn.Embedding{Weight: tensor.Zeros(n, outputs).SetRequiresGrad(true)})
	}
	return m
}

// Forward maps prepared rows to the outputs; see [TabularInputs].
func (m *TabularLinear) Forward(x tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(m)
	y := m.Linear.Forward(m.inputs.numbersOf("tabular linear", x))
	for i, e := range m.CatEmbeddings {
		y = y.Add(e.Forward(m.inputs.codesOf(x, i)))
	}
	return nn.Report(m, x, y)
}

// TabularResNetConfig holds the options of a TabularResNet. The zero value has the sizes of the paper's default.
type TabularResNetConfig struct {
	Blocks  int     // 0 means 2
	Width   int     // 0 means 192
	Inner   int     // features inside a block; 0 means 2·Width
	Dropout float64 // inside a block; 0 means 0.15, Zero 0
	Output  float64 // dropout of a block's result; 0 means 0
}

// TabularResNet is the ResNet for tables of Gorishniy et al., "Revisiting deep learning models for tabular data"
// (2021):
//
//	x = W·features + b
//	x = x + dropout(W₂·dropout(ReLU(W₁·batchnorm(x) + b₁)) + b₂)        for each block
//	y = W·ReLU(batchnorm(x)) + b        (N, columns) → (N, outputs)
//
// Keys and initial values are those of rtdl_revisiting_models. (https://arxiv.org/abs/2106.11959)
type TabularResNet struct {
	tabularColumns
	InputProjection *nn.Linear
	Blocks          []*tabularResBlock
	Output          *tabularHead
}

type tabularResBlock struct {
	Normalization      *nn.BatchNorm1d
	Linear1, Linear2   *nn.Linear
	Dropout1, Dropout2 *nn.Dropout
}

// tabularHead computes the outputs from the features after the last block.
type tabularHead struct {
	Normalization nn.Module
	Linear        *nn.Linear
}

// New returns a network whose weights are drawn from g.
func (c TabularResNetConfig) New(g *rng.Torch, in TabularInputs, outputs int) *TabularResNet {
	width := defaults.Int(c.Width, 192)
	inner := defaults.Int(c.Inner, 2*width)
	m := &TabularResNet{tabularColumns: *newTabularColumns("tabular resnet", g, in, outputs)}
	m.InputProjection = nn.NewLinear(g, m.width(), width)
	for range defaults.Int(c.Blocks, 2) {
		m.Blocks = append(m.Blocks, &tabularResBlock{
			Normalization: nn.NewBatchNorm1d(width),
			Linear1:       nn.LinearConfig{Activation: tensor.ReLU}.New(g, width, inner),
			Dropout1:      nn.NewDropout(g, defaults.Float(c.Dropout, 0.15)),
			Linear2:       nn.NewLinear(g, inner, width),
			Dropout2:      nn.NewDropout(g, defaults.Float(c.Output, 0)),
		})
	}
	m.Output = &tabularHead{nn.NewBatchNorm1d(width), nn.NewLinear(g, width, outputs)}
	return m
}

// NewTabularResNet returns a network of the paper's default sizes.
func NewTabularResNet(g *rng.Torch, in TabularInputs, outputs int) *TabularResNet {
	return TabularResNetConfig{}.New(g, in, outputs)
}

// Forward maps prepared rows to the outputs; see [TabularInputs].
func (m *TabularResNet) Forward(x tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(m)
	y := m.InputProjection.Forward(m.tabularColumns.Forward(x))
	for _, b := range m.Blocks {
		y = b.Forward(y)
	}
	return nn.Report(m, x, m.Output.Forward(y))
}

func (b *tabularResBlock) Forward(x tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(b)
	y := b.Dropout1.Forward(b.Linear1.Forward(b.Normalization.Forward(x)))
	return nn.Report(b, x, x.Add(b.Dropout2.Forward(b.Linear2.Forward(y))))
}

func (h *tabularHead) Forward(x tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(h)
	return nn.Report(h, x, h.Linear.Forward(h.Normalization.Forward(x).ReLU()))
}
