package models

import (
	"math"
	"slices"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// NumberEmbeddings embeds each of d numbers as a vector: a linear function, and with bins a piecewise linear one,
//
//	yⱼ = xⱼ·wⱼ + bⱼ + Σₜ eⱼₜ·vⱼₜ,   eⱼₜ = min(1, max(0, (xⱼ − aⱼₜ)/(aⱼₜ₊₁ − aⱼₜ)))        (N, d) → (N, d, size)
//
// where aⱼ₀ < aⱼ₁ < … are the edges of number j's bins. The network learns any function of one number quickly so,
// which is what a multilayer perceptron is worst at. Without bins it is the FT-Transformer's LinearEmbeddings.
// (Gorishniy et al., "On embeddings for numerical features in tabular deep learning", 2022,
// https://arxiv.org/abs/2203.05556)
type NumberEmbeddings struct {
	Weight, Bias tensor.Tensor // (d, size): w and b
	Bins         tensor.Tensor // (d, bins, size): v, first 0; undefined without bins

	// (d, bins): a bin's lower edge, and 1 divided by its width, 0 for a bin without width
	Lower, Scale tensor.Tensor `nn:",buffer"`
}

// newNumberEmbeddings returns embeddings drawn from g, uniform in ±1/√size. The edges are the quantiles of the standard
// normal distribution.
func newNumberEmbeddings(g *rng.Torch, d, bins, size int) *NumberEmbeddings {
	bound := 1 / math.Sqrt(float64(size))
	m := &NumberEmbeddings{
		Weight: tensor.Options{}.Uniform(g, -bound, bound, d, size).SetRequiresGrad(true),
		Bias:   tensor.Options{}.Uniform(g, -bound, bound, d, size).SetRequiresGrad(true),
	}
	if bins == 0 {
		return m
	}
	m.Bins = tensor.Zeros(d, bins, size).SetRequiresGrad(true)
	m.Lower, m.Scale = tensor.Zeros(d, bins), tensor.Zeros(d, bins)
	edges := make([]float32, bins+1)
	for i := range edges {
		p := (float64(i) + 0.5) / float64(bins+1)
		edges[i] = float32(math.Sqrt2 * math.Erfinv(2*p-1))
	}
	for j := range d {
		m.setEdges(j, edges)
	}
	return m
}

// Forward maps numbers (N, d) to their embeddings (N, d, size).
func (m *NumberEmbeddings) Forward(x tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(m)
	x3 := x.Unsqueeze(2) // (N, d, 1)
	y := x3.Mul(m.Weight).Add(m.Bias)
	if m.Bins.Defined() {
		e := x3.Sub(m.Lower).Mul(m.Scale).Clamp(0, 1) // (N, d, bins)
		y = y.Add(e.Transpose(0, 1).MatMul(m.Bins).Transpose(0, 1))
	}
	return nn.Report(m, x, y)
}

// setEdges sets the edges of number j's bins. Bins beyond them have no width.
func (m *NumberEmbeddings) setEdges(j int, edges []float32) {
	bins := m.Lower.Dim(1)
	lower, scale := make([]float32, bins), make([]float32, bins)
	for t := range len(edges) - 1 {
		lower[t], scale[t] = edges[t], 1/(edges[t+1]-edges[t])
	}
	m.Lower.Select(0, j).CopyFrom(tensor.From(lower, bins))
	m.Scale.Select(0, j).CopyFrom(tensor.From(scale, bins))
}

// fit makes the edges of all bins quantiles of numbers (N, d). Equal quantiles are one edge.
func (m *NumberEmbeddings) fit(numbers tensor.Tensor) {
	if m == nil || !m.Bins.Defined() {
		return
	}
	for j := range numbers.Dim(1) {
		m.setEdges(j, quantiles(numbers.Select(1, j).Float32s(), m.Lower.Dim(1)))
	}
}

// quantiles returns the different values among the n+1 quantiles 0, 1/n, …, 1 of x, which it sorts, each a value of
// x. A value that is not finite is left out. One value alone gets a second edge.
func quantiles(x []float32, n int) []float32 {
	x = slices.DeleteFunc(x, func(v float32) bool { return v-v != 0 })
	slices.Sort(x)
	if len(x) == 0 {
		x = []float32{0}
	}
	edges := make([]float32, 0, n+1)
	for i := range n + 1 {
		edges = append(edges, x[i*(len(x)-1)/n])
	}
	if edges = slices.Compact(edges); len(edges) == 1 {
		edges = append(edges, edges[0]+1)
	}
	return edges
}
