package docs

import (
	"fmt"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
)

func Example_meanSquaredError() {
	pred := tensor.From([]float32{2.5, 0.0, 2.1, 7.8, 1.5, 3.0, 4.4, 5.1, 6.0, 0.3}) // y′ of 10 samples
	y := tensor.From([]float32{3.0, -0.5, 2.0, 7.5, 1.0, 3.0, 4.0, 5.5, 6.0, 0.0})

	byHand := pred.Sub(y).Square().Mean() // 1/n Σ (y′ᵢ − yᵢ)²
	loss := nn.MSE(pred, y)
	fmt.Println(byHand, loss)
	// Output: tensor(0.1260) tensor(0.1260)
}

func Example_logarithm() {
	for _, p := range []float64{0.9, 0.5, 0.1, 0.01} { // the predicted probability of the true class
		x := tensor.Scalar(p).SetRequiresGrad(true)
		loss := x.Log().Neg() // −log p
		loss.Backward()
		fmt.Printf("p %.2f: −log p = %.3f, slope %7.2f; (1 − p)² = %.3f, slope %.2f\n",
			p, loss.Item(), x.Grad().Item(), (1-p)*(1-p), -2*(1-p))
	}
	// Output:
	// p 0.90: −log p = 0.105, slope   -1.11; (1 − p)² = 0.010, slope -0.20
	// p 0.50: −log p = 0.693, slope   -2.00; (1 − p)² = 0.250, slope -1.00
	// p 0.10: −log p = 2.303, slope  -10.00; (1 − p)² = 0.810, slope -1.80
	// p 0.01: −log p = 4.605, slope -100.00; (1 − p)² = 0.980, slope -1.98
}

func Example_crossEntropy() {
	scores := tensor.From([]float32{2, 0, -1, 4, 1, 1}, 2, 3) // (N, C), the output of the last layer
	classes := tensor.From([]int64{0, 2})                     // (N,), the true class of each sample

	y := classes.OneHot(3).Cast(tensor.Float32) // 1 for the true class, else 0
	p := scores.Softmax(1)
	byHand := y.Mul(p.Log()).Sum(1).Neg().Mean() // −1/n Σᵢ Σ_c y_ic·log p_ic
	loss := nn.CrossEntropy(scores, classes)
	fmt.Println(byHand, loss)
	// Output: tensor(1.6324) tensor(1.6324)
}

func Example_crossEntropyGradient() {
	scores := tensor.From([]float32{2, 0, -1, 4, 1, 1}, 2, 3).SetRequiresGrad(true)
	classes := tensor.From([]int64{0, 2})

	nn.CrossEntropy(scores, classes).Backward()
	byHand := scores.Detach().Softmax(1).Sub(classes.OneHot(3)).DivScalar(2) // (p − y)/n
	fmt.Println(scores.Grad())
	fmt.Println(byHand)
	// Output:
	// tensor([[-0.0781,  0.0571,  0.0210],
	//         [ 0.4547,  0.0226, -0.4774]])
	// tensor([[-0.0781,  0.0571,  0.0210],
	//         [ 0.4547,  0.0226, -0.4774]])
}

func Example_binaryCrossEntropy() {
	z := tensor.From([]float32{3, -1, 0.5}) // one score per sample
	y := tensor.From([]float32{1, 0, 0})    // the targets: yes, no, no

	p := z.Sigmoid()
	one := p.OnesLike()
	byHand := y.Mul(p.Log()).Add(one.Sub(y).Mul(one.Sub(p).Log())).Neg().Mean() // −1/n Σ y·log p + (1 − y)·log(1 − p)
	fmt.Println(byHand)
	fmt.Println(nn.BCE(p, y))
	fmt.Println(nn.BCEWithLogits(z, y)) // from the scores: accurate for large scores too

	twoClasses := tensor.Stack(1, z.ZerosLike(), z) // scores 0 for "no" and z for "yes"
	fmt.Println(nn.CrossEntropy(twoClasses, y.Cast(tensor.Int64)))
	// Output:
	// tensor(0.4453)
	// tensor(0.4453)
	// tensor(0.4453)
	// tensor(0.4453)
}

func Example_lossSettings() {
	scores := tensor.From([]float32{2, 0, -1, 4, 1, 1}, 2, 3)
	classes := tensor.From([]int64{0, 2})

	fmt.Println(nn.CrossEntropyLoss{Reduction: nn.None}.Forward(scores, classes))
	fmt.Println(nn.CrossEntropyLoss{LabelSmoothing: 0.1}.Forward(scores, classes))
	fmt.Println(nn.HuberLoss{Delta: 0.5}.Forward(tensor.From([]float32{0, 3}), tensor.From([]float32{0.1, 0})))
	// Output:
	// tensor([0.1698, 3.0949])
	// tensor(1.6657)
	// tensor(0.6900)
}
