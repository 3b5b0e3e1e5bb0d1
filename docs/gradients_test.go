package docs

import (
	"fmt"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
)

func Example_slope() {
	L := func(w tensor.Tensor) tensor.Tensor { return w.AddScalar(-3).Square() } // (w − 3)²

	w := tensor.Scalar(5.0).SetRequiresGrad(true)
	L(w).Backward()
	fmt.Println("by autograd:   ", w.Grad().Item())

	const h = 1e-3
	up, down := L(tensor.Scalar(5+h)), L(tensor.Scalar(5-h))
	fmt.Printf("by differences: %.6f\n", (up.Item()-down.Item())/(2*h))
	// Output:
	// by autograd:    4
	// by differences: 4.000000
}

func Example_chainByHand() {
	X := tensor.From([]float64{1, 2, 2, 3, 3, 4, 4, 5}, 4, 2) // 4 samples with 2 inputs
	y := tensor.From([]float64{2, 3, 4, 5})                   // the targets
	w := tensor.From([]float64{0.5, 0.5})
	b := tensor.Scalar(0.0)

	// Forward, one operation per line.
	pred := X.MatMul(w).Add(b) // y′ = X·w + b
	d := pred.Sub(y)           // d = y′ − y
	s := d.Square()            // s = d²
	L := s.Mean()              // L = 1/n Σ s
	fmt.Println("loss", L.Item())

	// Backward, the same lines from the last to the first: the gradient so far, times the line's derivative.
	ds := s.OnesLike().DivScalar(4) // ∂L/∂s = 1/n
	dd := ds.Mul(d.MulScalar(2))    // ∂L/∂d = ∂L/∂s · 2d
	dpred := dd                     // ∂L/∂y′ = ∂L/∂d · 1
	dw := X.T().MatMul(dpred)       // ∂L/∂w = Xᵀ·∂L/∂y′
	db := dpred.Sum()               // ∂L/∂b = Σ ∂L/∂y′
	fmt.Println("∂L/∂w", dw.Float64s(), "∂L/∂b", db.Item())
	// Output:
	// loss 0.25
	// ∂L/∂w [-2.5 -3.5] ∂L/∂b -1
}

func Example_chainByTheTape() {
	X := tensor.From([]float64{1, 2, 2, 3, 3, 4, 4, 5}, 4, 2)
	y := tensor.From([]float64{2, 3, 4, 5})
	w := tensor.From([]float64{0.5, 0.5}).SetRequiresGrad(true)
	b := tensor.Scalar(0.0).SetRequiresGrad(true)

	pred := X.MatMul(w).Add(b)
	d := pred.Sub(y)
	s := d.Square()
	L := s.Mean()

	show := func(name string, t tensor.Tensor) {
		t.RegisterHook(func(g tensor.Tensor) tensor.Tensor {
			fmt.Println(name, g.Float64s())
			return g
		})
	}
	show("∂L/∂s ", s)
	show("∂L/∂d ", d)
	show("∂L/∂y′", pred)

	L.Backward()
	fmt.Println("∂L/∂w ", w.Grad().Float64s())
	fmt.Println("∂L/∂b ", b.Grad().Item())
	// Output:
	// ∂L/∂s  [0.25 0.25 0.25 0.25]
	// ∂L/∂d  [-0.25 -0.25 -0.25 -0.25]
	// ∂L/∂y′ [-0.25 -0.25 -0.25 -0.25]
	// ∂L/∂w  [-2.5 -3.5]
	// ∂L/∂b  -1
}

func Example_notesFormula() {
	X := tensor.From([]float64{1, 2, 2, 3, 3, 4, 4, 5}, 4, 2)
	y := tensor.From([]float64{2, 3, 4, 5})
	w := tensor.From([]float64{0.5, 0.5})

	n := float64(y.Len())
	diff := X.MatMul(w).Sub(y)                // y′ − y
	dw := X.T().MatMul(diff).MulScalar(2 / n) // 2/n Σ (y′ᵢ − yᵢ)·aᵢ
	db := diff.Mean().MulScalar(2)            // 2/n Σ (y′ᵢ − yᵢ)
	fmt.Println(dw.Float64s(), db.Item())
	// Output: [-2.5 -3.5] -1
}

func Example_twoLayers() {
	x := tensor.From([]float64{1, 0.5}, 2, 1) // a column
	y := tensor.From([]float64{1}, 1, 1)
	W1 := tensor.From([]float64{0.1, 0.4, -0.3, 0.2}, 2, 2).SetRequiresGrad(true)
	W2 := tensor.From([]float64{0.7, -0.6}, 1, 2).SetRequiresGrad(true)

	z1 := W1.MatMul(x)
	a1 := z1.Sigmoid()
	z2 := W2.MatMul(a1)
	L := z2.Sub(y).Square().Sum()
	L.Backward()

	// By hand, on the same values.
	a1, z2 = a1.Detach(), z2.Detach()
	delta2 := z2.Sub(y).MulScalar(2)                     // δ₂ = 2(z₂ − y)
	dW2 := delta2.MatMul(a1.T())                         // δ₂·a₁ᵀ
	dSigma := a1.Mul(a1.Neg().AddScalar(1))              // σ′(z₁) = a₁(1 − a₁)
	delta1 := W2.Detach().T().MatMul(delta2).Mul(dSigma) // δ₁ = (W₂ᵀ·δ₂) ∘ σ′(z₁)
	dW1 := delta1.MatMul(x.T())                          // δ₁·xᵀ

	fmt.Printf("W2: by hand %.4f, by autograd %.4f\n", dW2.Float64s(), W2.Grad().Float64s())
	fmt.Printf("W1: by hand %.4f, by autograd %.4f\n", dW1.Float64s(), W1.Grad().Float64s())
	// Output:
	// W2: by hand [-0.9972 -0.7815], by autograd [-0.9972 -0.7815]
	// W1: by hand [-0.2971 -0.1485 0.2578 0.1289], by autograd [-0.2971 -0.1485 0.2578 0.1289]
}

func Example_accumulate() {
	w := tensor.Scalar(5.0).SetRequiresGrad(true)
	for range 3 {
		w.Square().Backward() // 2w = 10
		fmt.Print(w.Grad().Item(), " ")
	}
	w.ZeroGrad()
	fmt.Println(w.Grad().Defined())
	// Output: 10 20 30 false
}

func Example_gradCheck() {
	X := tensor.From([]float64{1, 2, 2, 3, 3, 4, 4, 5}, 4, 2)
	y := tensor.From([]float64{2, 3, 4, 5})

	w := tensor.From([]float64{0.5, 0.5}).SetRequiresGrad(true)
	loss := func(xs []tensor.Tensor) tensor.Tensor { return nn.MSE(X.MatMul(xs[0]), y) }
	fmt.Println(tensor.GradCheck(loss, []tensor.Tensor{w}, tensor.GradCheckOptions{}))
	// Output: <nil>
}

func Example_secondDerivative() {
	x := tensor.Scalar(2.0).SetRequiresGrad(true)
	y := x.PowScalar(3)                                           // x³
	first := tensor.Gradient(y, []tensor.Tensor{x}, true)[0]      // 3x²
	second := tensor.Gradient(first, []tensor.Tensor{x}, true)[0] // 6x
	fmt.Println(y.Item(), first.Item(), second.Item())
	// Output: 8 12 12
}
