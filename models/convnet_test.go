package models_test

import (
	"fmt"
	"testing"

	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

func ExampleNewConvNet() {
	net := models.NewConvNet(rng.NewTorch(1), 3, 64, 16, 5)
	y := net.Forward(tensor.Zeros(2, 3, 64, 64))
	fmt.Println(y.Shape(), nn.Count(net))
	// Output: (2, 5) 292309
}

func TestConvNetSizes(t *testing.T) {
	for _, size := range []int{8, 9, 28, 32, 33, 64, 65, 96, 128, 224, 300} {
		net := models.NewConvNet(rng.NewTorch(1), 1, size, 4, 3)
		if y := net.Forward(tensor.Zeros(2, 1, size, size)); y.Shape() != tensor.ShapeOf(2, 3) {
			t.Errorf("size %d: %v", size, y.Shape())
		}
	}
	if err := tensor.Try(func() { models.NewConvNet(rng.NewTorch(1), 1, 7, 4, 3) }); err == nil {
		t.Error("a network for 7×7 pixels")
	}
}
