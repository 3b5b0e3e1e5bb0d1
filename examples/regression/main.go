// Regression is the study notes' example of the mean squared error: four points, a linear function y = w·x + b of two
// variables, the loss and its gradients by formula and by Backward, then gradient descent to convergence.
//
//	∂L/∂w = 2/n Σ (ŷᵢ − yᵢ)·xᵢ      ∂L/∂b = 2/n Σ (ŷᵢ − yᵢ)      W ← W − η ∂L/∂W
//
// The notes' text has these formulas. Their code computes y − ŷ instead of ŷ − y, which reverses the gradient's sign:
// gradient descent would increase the loss. This program uses the formulas and also prints the notes' numbers.
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
)

func run(out io.Writer) {
	X := tensor.From([]float64{1, 2, 2, 3, 3, 4, 4, 5}, 4, 2)   // (N, 2)
	y := tensor.From([]float64{2, 3, 4, 5})                     // (N)
	w := tensor.From([]float64{0.5, 0.5}).SetRequiresGrad(true) // (2)
	b := tensor.Scalar(0.0).SetRequiresGrad(true)
	n := float64(y.Len())

	predict := func() tensor.Tensor { return X.MatMul(w).Add(b) }

	loss := nn.MSE(predict(), y)
	fmt.Fprintln(out, "Mean squared loss:", loss.Item())

	// By formula.
	diff := predict().Detach().Sub(y)
	gradW := X.T().MatMul(diff).MulScalar(2 / n)
	gradB := diff.Mean().MulScalar(2)
	// By back-propagation.
	loss.Backward()

	fmt.Fprintln(out, "                       by formula      by Backward")
	fmt.Fprintf(out, "Gradient of weights:   %-15s %v\n", fmt.Sprint(gradW.Float64s()), w.Grad().Float64s())
	fmt.Fprintf(out, "Gradient of bias:      %-15v %v\n", gradB.Item(), b.Grad().Item())
	fmt.Fprintf(out, "The notes' code has the sign reversed: %v and %v.\n\n", gradW.Neg().Float64s(), -gradB.Item())

	const eta = 0.04
	for step := 0; ; step++ {
		loss = nn.MSE(predict(), y)
		if step%250 == 0 || loss.Item() < 1e-20 {
			fmt.Fprintf(out, "step %5d: loss %.3e, w = [%.6f %.6f], b = %.6f\n",
				step, loss.Item(), w.At(0), w.At(1), b.Item())
		}
		if loss.Item() < 1e-20 {
			break
		}
		w.ZeroGrad()
		b.ZeroGrad()
		loss.Backward()
		w.Data().AddScaledInPlace(-eta, w.Grad()) // W ← W − η ∂L/∂W
		b.Data().AddScaledInPlace(-eta, b.Grad())
	}
	fmt.Fprintf(out, "Predictions: %.6f\n", predict().Float64s())
}

func main() { run(os.Stdout) }
