package models

import (
	"math"

	"github.com/lamina-ml/lamina/internal/defaults"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// TabularMLPConfig holds the options of a TabularMLP. The zero value is one plain network.
type TabularMLPConfig struct {
	Hidden  []int   // features of the hidden layers; nil means 128, 128
	Dropout float64 // after each hidden layer; 0 means 0.1, Zero 0

	// Members is the number of networks that are trained at once and averaged; 0 means 1. See [TabularMLP].
	Members int

	// Classes says that the outputs are logits of classes: then members' probabilities are averaged, not their outputs.
	Classes bool
}

// TabularMLP is a multilayer perceptron for tables:
//
//	x = dropout(ReLU(W·x + b))        for each hidden layer, first of the features
//	y = W·x + b        (N, columns) → (N, outputs)
//
// With several members it is TabM-mini: member k sees the features multiplied by a vector rₖ, and has an output layer
// of its own; all share the hidden layers. In training mode Forward returns the outputs of all members,
// (N, members, outputs), for [MemberLoss]. In evaluation mode it returns their mean or, of classes,
// log(mean of softmax), (N, outputs). The mean is better and more stable than one network, at less cost than that of
// so many.
//
// Keys are those of rtdl_revisiting_models and of tabm. (https://arxiv.org/abs/2106.11959,
// https://arxiv.org/abs/2410.24210)
type TabularMLP struct {
	nn.Mode
	tabularColumns
	Affine *memberScale // nil for one member
	Blocks []*tabularMLPBlock
	Output nn.Module // linear, one or one for each member

	members int
	classes bool
}

type tabularMLPBlock struct {
	Linear  *nn.Linear
	Dropout *nn.Dropout
}

// memberScale multiplies features by a vector for each member: (N, D) → (N, members, D).
type memberScale struct {
	Weight tensor.Tensor // (members, D)
}

// memberOutput is a linear layer for each member: (N, members, D) → (N, members, outputs).
type memberOutput struct {
	Weight tensor.Tensor // (members, D, outputs)
	Bias   tensor.Tensor // (members, outputs)
}

// New returns a network. Its weights are drawn from g as [nn.NewLinear] does, r from the standard normal distribution.
func (c TabularMLPConfig) New(g *rng.Torch, in TabularInputs, outputs int) *TabularMLP {
	if c.Hidden == nil {
		c.Hidden = []int{128, 128}
	}
	m := &TabularMLP{tabularColumns: *newTabularColumns("tabular mlp", g, in, outputs),
		members: defaults.Int(c.Members, 1), classes: c.Classes}
	if m.members < 1 {
		fail("tabular mlp", "%d members, want at least 1", m.members)
	}
	width := m.width()
	if m.members > 1 {
		m.Affine = &memberScale{tensor.Options{}.RandN(g, m.members, width).SetRequiresGrad(true)}
	}
	for _, hidden := range c.Hidden {
		m.Blocks = append(m.Blocks, &tabularMLPBlock{
			Linear:  nn.LinearConfig{Activation: tensor.ReLU}.New(g, width, hidden),
			Dropout: nn.NewDropout(g, defaults.Float(c.Dropout, 0.1)),
		})
		width = hidden
	}
	if m.members == 1 {
		m.Output = nn.NewLinear(g, width, outputs)
		return m
	}
	bound := 1 / math.Sqrt(float64(width))
	m.Output = &memberOutput{
		Weight: tensor.Options{}.Uniform(g, -bound, bound, m.members, width, outputs).SetRequiresGrad(true),
		Bias:   tensor.Options{}.Uniform(g, -bound, bound, m.members, outputs).SetRequiresGrad(true),
	}
	return m
}

// NewTabularMLP returns one plain network with two hidden layers of 128.
func NewTabularMLP(g *rng.Torch, in TabularInputs, outputs int) *TabularMLP {
	return TabularMLPConfig{}.New(g, in, outputs)
}

// Forward maps prepared rows to the outputs; see [TabularInputs] and, for several members, [TabularMLP].
func (m *TabularMLP) Forward(x tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(m)
	y := m.tabularColumns.Forward(x)
	if m.Affine != nil {
		y = m.Affine.Forward(y)
	}
	for _, b := range m.Blocks {
		y = b.Forward(y)
	}
	y = m.Output.Forward(y)
	switch {
	case m.members == 1 || m.Training():
	case m.classes:
		y = y.LogSoftmax(2).LogSumExp(1).SubScalar(math.Log(float64(m.members)))
	default:
		y = y.Mean(1)
	}
	return nn.Report(m, x, y)
}

func (b *tabularMLPBlock) Forward(x tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(b)
	return nn.Report(b, x, b.Dropout.Forward(b.Linear.Forward(x)))
}

func (s *memberScale) Forward(x tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(s)
	return nn.Report(s, x, x.Unsqueeze(1).Mul(s.Weight))
}

func (o *memberOutput) Forward(x tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(o)
	return nn.Report(o, x, x.Transpose(0, 1).MatMul(o.Weight).Transpose(0, 1).Add(o.Bias))
}

// MemberLoss is the loss of a model with several members: the mean of Loss over all of them. A prediction
// (N, outputs) has one member.
type MemberLoss struct {
	Loss interface {
		Forward(pred, target tensor.Tensor) tensor.Tensor
	}
}

// Forward returns the loss of pred (N, members, outputs), or (N, outputs), for targets (N, …).
func (l MemberLoss) Forward(pred, target tensor.Tensor) tensor.Tensor {
	pred, target, _ = eachMember(pred, target)
	return l.Loss.Forward(pred, target)
}

// Divisor returns what the mean over the samples divides by; see package train's Loss.
func (l MemberLoss) Divisor(pred, target tensor.Tensor) (d float64, ok bool) {
	loss, has := l.Loss.(interface {
		Divisor(pred, target tensor.Tensor) (d float64, ok bool)
	})
	if !has {
		return float64(pred.Dim(0)), true
	}
	pred, target, members := eachMember(pred, target)
	d, ok = loss.Divisor(pred, target)
	return d / float64(members), ok
}

// eachMember returns pred (N·members, outputs) and a target for each of its rows.
func eachMember(pred, target tensor.Tensor) (p, t tensor.Tensor, members int) {
	if pred.Rank() != 3 {
		return pred, target, 1
	}
	members = pred.Dim(1)
	return pred.Reshape(-1, pred.Dim(2)), target.RepeatInterleave(members, 0), members
}
