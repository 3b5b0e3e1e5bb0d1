package docs

import (
	"fmt"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
)

func Example_softmax() {
	scores := tensor.From([]float32{2, 0, -1, 4, 1, 1}, 2, 3) // 2 samples, 3 classes

	e := scores.Exp()
	byHand := e.Div(e.Sum(1).Unsqueeze(1)) // eˣ, divided by each row's sum
	p := scores.Softmax(1)
	fmt.Println(byHand)
	fmt.Println(p)
	fmt.Printf("%.4f\n", p.Sum(1).Float32s())
	// Output:
	// tensor([[0.8438, 0.1142, 0.0420],
	//         [0.9094, 0.0453, 0.0453]])
	// tensor([[0.8438, 0.1142, 0.0420],
	//         [0.9094, 0.0453, 0.0453]])
	// [1.0000 1.0000]
}

func Example_largeScores() {
	scores := tensor.From([]float32{1000, 999})
	fmt.Println(scores.Exp())
	fmt.Println(scores.Softmax(0))
	// Output:
	// tensor([inf, inf])
	// tensor([0.7311, 0.2689])
}

func Example_argMax() {
	scores := tensor.From([]float32{2, 0, -1, 4, 1, 5}, 2, 3)
	fmt.Println(scores.ArgMax(1), scores.Softmax(1).ArgMax(1))
	// Output: tensor([0, 2]) tensor([0, 2])
}

func Example_predict() {
	model := NewNet(rng.NewTorch(42)) // untrained
	x := tensor.Ones(2, 784)

	fmt.Println(train.Probabilities(model, x).Shape())
	fmt.Println(train.Predict(model, x))
	// Output:
	// (2, 10)
	// [4 4]
}

func Example_outputs() {
	x := tensor.From([]float32{0.3, -1.2})
	layer := &nn.Linear{Weight: tensor.Ones(1, 2), Bias: tensor.Zeros(1)}

	z := layer.Forward(x)
	fmt.Println("a number:     ", z)
	fmt.Println("a probability:", z.Sigmoid())
	// Output:
	// a number:      tensor([-0.9000])
	// a probability: tensor([0.2891])
}
