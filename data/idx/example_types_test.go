package idx_test

import (
	"fmt"

	"github.com/lamina-ml/lamina/data/idx"
)

// The element type follows from the slice's type.
func ExampleElement() {
	fmt.Println(idx.New([]int32{1, 2, 3}).Type, idx.New([]float64{0.5}).Type)
	// Output: int32 float64
}
