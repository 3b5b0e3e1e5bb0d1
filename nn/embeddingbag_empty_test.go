package nn_test

import (
	"testing"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// TestEmptyBags trains on a batch without an index: the results are 0, and so is the gradient, as in PyTorch.
func TestEmptyBags(t *testing.T) {
	for _, mode := range []nn.BagMode{nn.BagMean, nn.BagSum, nn.BagMax} {
		for _, c := range []struct {
			index   tensor.Tensor
			offsets []int
			bags    int
		}{
			{tensor.From([]int64{}, 0), []int{0, 0}, 2},
			{tensor.From([]int64{}, 2, 0), nil, 2},
			{tensor.From([]int64{}, 0, 3), nil, 0},
		} {
			l := nn.EmbeddingBagConfig{Mode: mode}.New(rng.NewTorch(0), 4, 3)
			y := l.Forward(c.index, c.offsets, tensor.Tensor{})
			if y.Shape() != tensor.ShapeOf(c.bags, 3) || y.Abs().Sum().Float64s()[0] != 0 {
				t.Errorf("%v of %v: %v", mode, c.index.Shape(), y)
			}
			if err := tensor.Try(func() { y.Sum().Backward() }); err != nil {
				t.Errorf("%v of %v: %v", mode, c.index.Shape(), err)
			} else if g := l.Weight.Grad(); !g.Defined() || g.Abs().Sum().Float64s()[0] != 0 {
				t.Errorf("%v of %v: the gradient is %v", mode, c.index.Shape(), g)
			}
		}
	}
}
