package docs

import (
	"fmt"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/data/image"
	"github.com/lamina-ml/lamina/data/mnist"
	"github.com/lamina-ml/lamina/tensor"
)

func Example_image() {
	digits, err := mnist.Test()
	if err != nil {
		panic(err)
	}
	picture := digits.Image(11) // an image.Image of Go's standard library, 28×28

	gray := image.Gray(picture, 28) // 784 numbers: 0 is black, 1 is white
	fmt.Printf("row 12: %.1f\n", gray[12*28:13*28])

	x := tensor.From(gray, 1, 28, 28)
	a := x.Flatten(1) // the rows one after another: a₀, a₁, …, a₇₈₃
	fmt.Println(x.Shape(), "→", a.Shape(), "shows a", digits.Labels[11])
	// Output:
	// row 12: [0.0 0.0 0.0 0.0 0.0 0.0 0.0 0.4 1.0 0.6 0.0 0.0 0.1 0.5 1.0 1.0 0.9 0.5 0.1 0.0 0.0 0.7 1.0 0.2 0.0 0.0 0.0 0.0]
	// (1, 28, 28) → (1, 784) shows a 6
}

func Example_normalize() {
	pixels := []uint8{0, 51, 102, 255} // as in a file
	fmt.Println(tensor.From(pixels).DivScalar(255))
	// Output: tensor([0.0000, 0.2000, 0.4000, 1.0000])
}

func Example_loader() {
	set, err := mnist.TestSet()
	if err != nil {
		panic(err)
	}
	loader := data.NewLoader(set, data.LoaderConfig{BatchSize: 64})
	for batch := range loader.Batches() {
		fmt.Println(batch.X.Shape(), batch.Y.Narrow(0, 0, 12).Int64s())
		fmt.Println(batch.X.Reshape(-1, 1, 28, 28).Shape()) // for a convolution
		break
	}
	// Output:
	// (64, 784) [7 2 1 0 4 1 4 9 5 9 0 6]
	// (64, 1, 28, 28)
}
