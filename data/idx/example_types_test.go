package idx_test

import (
	"fmt"

	"github.com/lamina-ml/lamina/data/idx"
)

// Array elements of any type that the format knows; the type follows from the slice.
func ExampleElement() {
	fmt.Println(idx.New([]int32{1, 2, 3}).Type, idx.New([]float64{0.5}).Type)
	// Output: int32 float64
}
