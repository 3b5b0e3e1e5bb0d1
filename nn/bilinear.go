package nn

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// Bilinear is a layer with two inputs that is linear in each:
//
//	yₖ = x₁ᵀ·Wₖ·x₂ + bₖ        (…, in1), (…, in2) → (…, out)
//
// Because it takes two inputs, it does not implement [Module].
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.Bilinear.html)
type Bilinear struct {
	Weight tensor.Tensor // (out, in1, in2)
	Bias   tensor.Tensor // (out,); undefined if the layer has no bias
}

// BilinearConfig holds the options of a Bilinear. The zero value is PyTorch's default.
type BilinearConfig struct {
	NoBias bool
	DType  tensor.DType
}

// NewBilinear returns a layer whose weight and bias are drawn from g, uniform in ±1/√in1, with the same values as
// PyTorch.
func NewBilinear(g *rng.Torch, in1, in2, out int) *Bilinear {
	return BilinearConfig{}.New(g, in1, in2, out)
}

// New returns a layer for inputs of the given sizes; see [NewBilinear].
func (c BilinearConfig) New(g *rng.Torch, in1, in2, out int) *Bilinear {
	checkGenerator("bilinear", g)
	if in1 < 1 {
		fail("bilinear", nil, fmt.Sprintf("in1 must be at least 1, not %d", in1))
	}
	checkSize("bilinear", "in2", in2)
	checkSize("bilinear", "out", out)
	o := tensor.Options{DType: c.DType}
	bound := 1 / math.Sqrt(float64(in1))
	l := &Bilinear{Weight: symmetric(g, o, bound, out, in1, in2)}
	if !c.NoBias {
		l.Bias = symmetric(g, o, bound, out)
	}
	return l
}

// Forward returns x₁ᵀ·W·x₂ + b. It panics if the inputs' last dimensions are not in1 and in2, if their other
// dimensions differ, or if an input's type is not the weight's.
func (l *Bilinear) Forward(x1, x2 tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	checkWeighted("bilinear", l, l.Weight)
	w, b := l.Weight, l.Bias
	if w.Rank() != 3 {
		fail("bilinear", l, "the weight must have the shape (out, in1, in2)", w.Shape())
	}
	if b.Defined() && (b.Shape() != tensor.ShapeOf(w.Dim(0)) || b.DType() != w.DType()) {
		fail("bilinear", l, fmt.Sprintf("a %s bias does not fit the %s weight", b.DType(), w.DType()), b.Shape(),
			w.Shape())
	}
	if x1.DType() != w.DType() || x2.DType() != w.DType() {
		fail("bilinear", l, fmt.Sprintf("the inputs are %s and %s, the weight %s", x1.DType(), x2.DType(), w.DType()),
			x1.Shape(), x2.Shape(), w.Shape())
	}
	out, in1, in2 := w.Dim(0), w.Dim(1), w.Dim(2)
	if x1.Rank() == 0 || x2.Rank() != x1.Rank() || x1.Dim(-1) != in1 || x2.Shape() != x1.Shape().With(-1, in2) {
		fail("bilinear", l, "the inputs must be (…, in1) and (…, in2) with equal leading dimensions",
			x1.Shape(), x2.Shape(), w.Shape())
	}
	rows := 1
	for i := range x1.Rank() - 1 {
		rows *= x1.Dim(i)
	}
	// x₁·W for all k in one product, (rows, out, in2), then the product with x₂ for each row.
	y := x1.Reshape(rows, in1).MatMul(w.InScopeOf(x1).Transpose(0, 1).Reshape(in1, out*in2)).Reshape(rows, out, in2)
	y = y.MatMul(x2.Reshape(rows, in2, 1)).ReshapeTo(x1.Shape().With(-1, out))
	if b.Defined() {
		y = y.Add(b)
	}
	return reported(l, y, x1, x2)
}

// MultiplyAdds returns the number of multiply-adds of Forward.
func (l *Bilinear) MultiplyAdds(inputs, outputs []tensor.Shape) int {
	return outputs[0].Size() * l.Weight.Dim(2) * (l.Weight.Dim(1) + 1)
}
