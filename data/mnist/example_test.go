package mnist_test

import (
	"fmt"
	"log"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/data/mnist"
)

// The first test digit, every second row and column.
func ExampleDigits() {
	d, err := mnist.Test()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d digits of %d×%d, the first is a %d\n", d.Len(), d.Rows, d.Cols, d.Labels[0])
	m := d.Image(0)
	for y := 6; y < d.Rows; y += 2 {
		fmt.Print("|")
		for x := 4; x < d.Cols-4; x += 2 {
			fmt.Print(string(" .+#"[m.GrayAt(x, y).Y/64]))
		}
		fmt.Println("|")
	}
	// Output:
	// 10000 digits of 28×28, the first is a 7
	// |          |
	// | #######+ |
	// |    ... # |
	// |       #. |
	// |       #  |
	// |      #   |
	// |     .#   |
	// |     #    |
	// |    #.    |
	// |    #     |
	// |   .#     |
}

// Batches of normalized images for a convolutional network.
func ExampleSet() {
	set, err := mnist.TestSet()
	if err != nil {
		log.Fatal(err)
	}
	loader := data.NewLoader(set.Images().Normalize(0.1307, 0.3081), data.LoaderConfig{BatchSize: 64})
	for batch := range loader.Batches(data.NoGrad) {
		fmt.Println(loader.Len(), batch.X.Shape(), batch.Y.Int64s()[:10])
		break
	}
	// Output: 157 (64, 1, 28, 28) [7 2 1 0 4 1 4 9 5 9]
}
