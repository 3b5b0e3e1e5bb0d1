package nn

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// Bilinear is linear in each of two inputs:
//
//	yₖ = x₁ᵀ·Wₖ·x₂ + bₖ        (…, in1), (…, in2) → (…, out)
//
// as https://docs.pytorch.org/docs/stable/generated/torch.nn.Bilinear.html has it. It takes two inputs, so it is no [Module].
type Bilinear struct {
	Weight tensor.Tensor // (out, in1, in2)
	Bias   tensor.Tensor // (out,); no tensor where the layer has none
}

// BilinearConfig says how a Bilinear differs from PyTorch's default, which is the zero value.
type BilinearConfig struct {
	NoBias bool
	DType  tensor.DType
}

// NewBilinear returns a layer whose weight and bias are drawn from g, uniform within ±1/√in1, as PyTorch draws them.
func NewBilinear(g *rng.Torch, in1, in2, out int) *Bilinear {
	return BilinearConfig{}.New(g, in1, in2, out)
}

// New returns a layer for inputs of the given sizes; see [NewBilinear].
func (c BilinearConfig) New(g *rng.Torch, in1, in2, out int) *Bilinear {
	checkGenerator("bilinear", g)
	if in1 < 1 {
		fail("bilinear", nil, "the first input has no elements")
	}
	o := tensor.Options{DType: c.DType}
	bound := 1 / math.Sqrt(float64(in1))
	l := &Bilinear{Weight: symmetric(g, o, bound, out, in1, in2)}
	if !c.NoBias {
		l.Bias = symmetric(g, o, bound, out)
	}
	return l
}

// Forward returns x₁ᵀ·W·x₂ + b. It panics where the inputs' last dimensions are not the layer's, the others differ, or a type does.
func (l *Bilinear) Forward(x1, x2 tensor.Tensor) tensor.Tensor {
	defer inLayer(l)
	checkWeighted("bilinear", l, l.Weight)
	w, b := l.Weight, l.Bias
	if w.Rank() != 3 {
		fail("bilinear", l, "the weight must have the shape (out, in1, in2)", w.Shape())
	}
	if b.Defined() && (b.Shape() != tensor.ShapeOf(w.Dim(0)) || b.DType() != w.DType()) {
		fail("bilinear", l, fmt.Sprintf("a %s bias does not fit the %s weight", b.DType(), w.DType()), b.Shape(), w.Shape())
	}
	if x1.DType() != w.DType() || x2.DType() != w.DType() {
		fail("bilinear", l, fmt.Sprintf("the inputs are %s and %s, the weight %s", x1.DType(), x2.DType(), w.DType()),
			x1.Shape(), x2.Shape(), w.Shape())
	}
	out, in1, in2 := w.Dim(0), w.Dim(1), w.Dim(2)
	if x1.Rank() == 0 || x2.Rank() != x1.Rank() || x1.Dim(-1) != in1 || x2.Shape() != x1.Shape().With(-1, in2) {
		fail("bilinear", l, "the inputs do not fit each other and the weight", x1.Shape(), x2.Shape(), w.Shape())
	}
	rows := 1
	for i := range x1.Rank() - 1 {
		rows *= x1.Dim(i)
	}
	// x₁·W for all k at once, (rows, out, in2), then with x₂ row by row.
	y := x1.Reshape(rows, in1).MatMul(beside(w, x1).Transpose(0, 1).Reshape(in1, out*in2)).Reshape(rows, out, in2)
	y = y.MatMul(x2.Reshape(rows, in2, 1)).ReshapeTo(x1.Shape().With(-1, out))
	if b.Defined() {
		y = y.Add(b)
	}
	return reported(l, y, x1, x2)
}

// MultiplyAdds returns how many products Forward adds up.
func (l *Bilinear) MultiplyAdds(inputs, outputs []tensor.Shape) int {
	return outputs[0].Size() * l.Weight.Dim(2) * (l.Weight.Dim(1) + 1)
}
